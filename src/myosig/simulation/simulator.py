"""Draw a patient, play the recording, keep the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig._checks import one_of, positive
from myosig.annotations import Annotations
from myosig.channel import MICROVOLT, Channel, Side
from myosig.errors import ParameterError
from myosig.recording import Recording
from myosig.samples import MemorySource
from myosig.simulation import artefacts
from myosig.simulation.amplifier import amplify
from myosig.simulation.bookkeeping import number_jerks, true_waves
from myosig.simulation.brainstem import brainstem
from myosig.simulation.cortical import cortical
from myosig.simulation.difficulty import level
from myosig.simulation.eeg import blinks, play_eeg
from myosig.simulation.emg import play_emg
from myosig.simulation.functional import functional
from myosig.simulation.lookalikes import negative, no_jerks, tremor
from myosig.simulation.montage import choose_montage, eeg_channels, emg_channels
from myosig.simulation.patient import Patient, draw_patient
from myosig.simulation.peripheral import peripheral
from myosig.simulation.plan import Script
from myosig.simulation.sleep import fall_asleep
from myosig.simulation.spinal import propriospinal, segmental
from myosig.simulation.truth import Simulation, Truth

Track = tuple[Channel, NDArray[np.floating]]

SCRIPTS: dict[str, Callable[[Patient], Script]] = {
    "cortical": cortical,
    "brainstem": brainstem,
    "segmental": segmental,
    "propriospinal": propriospinal,
    "peripheral": peripheral,
    "functional": functional,
    "negative": negative,
    "tremor": tremor,
    "none": no_jerks,
}
SIMULATED: tuple[str, ...] = tuple(SCRIPTS)
ECG_MICROVOLT, ECG_NOISE = 900.0, 8.0  # µV: R peak and noise of the ECG channel [M]
LABELS = ("clear", "numbered", "swapped")
# The protocols with which a laboratory would look at each complaint [P]
PROTOCOLS_FOR: dict[str, tuple[str, ...]] = {
    "cortical": ("arms", "hand", "generalised", "whole body"),
    "brainstem": ("generalised", "whole body", "axial"),
    "segmental": ("arms", "axial", "trunk", "legs", "whole body"),
    "propriospinal": ("axial", "trunk", "whole body"),
    "peripheral": ("face", "face", "arms", "hand", "legs"),  # hemifacial spasm is the common form
    "functional": ("arms", "generalised", "whole body", "axial", "trunk", "legs"),
    "negative": ("arms", "hand", "generalised", "whole body"),
    "tremor": ("arms", "hand"),
    "none": ("arms", "hand", "face", "generalised", "whole body", "axial", "trunk", "legs"),
}


def simulate(
    pattern: str,
    *,
    seed: int,
    duration: float = 300.0,
    difficulty: str = "medium",
    sfreq: float = 2000.0,
    n_emg: int = 16,
    n_eeg: int = 8,
    montage: str | None = None,
    labels: str = "clear",
    rate: float | None = None,
    spike_waves: bool = False,
    sleep: bool = False,
) -> Simulation:
    """Simulate a recording of one pattern, with its truth.

    Every parameter of the patient (durations, rhythm, velocity, whether a cortical spike is to be seen ...) is
    drawn from a population that is meant to be wider than the table of likelihoods that the localizer weighs
    with: 3 in 10 cortical patients show no spike, 4 in 10 functional ones no Bereitschaftspotential, and the
    burst durations of the patterns overlap. What was drawn stands in the truth; what each pattern contains, and
    what a simulation cannot show, in ``docs/simulation.md``.

    Parameters
    ----------
    pattern : str
        One of cortical, brainstem, segmental, propriospinal, peripheral, functional, negative, tremor, none.
    seed : int
        The same arguments and seed give the same recording, bit for bit.
    duration : float
        Seconds, at least 10.
    difficulty : {"easy", "medium", "hard"}
        Signal-to-noise ratio, scatter, number of jerks and artefacts.
    sfreq : float
        Rate of EMG and ECG in Hz, at least 500. EEG is sampled at half of it.
    n_emg : int
        2 to 16 EMG channels; with fewer than 16 those of the affected side come first.
    n_eeg : {0, 8, 16, 21}
        EEG channels; 0 = EMG alone.
    montage : str, optional
        A protocol of `myosig.simulation.montage.PROTOCOLS`. Default: drawn among those that suit the complaint.
    labels : {"clear", "numbered", "swapped"}
        "EMG R APB"; or "EMG 1" without muscle and side; or left and right confused.
    rate : float, optional
        Jerks per minute. Default: drawn.
    spike_waves : bool
        Cortical pattern alone: jerks that come with generalised spike-waves.
    sleep : bool
        The patient falls asleep half-way; sleep stages are annotated (the EEG does not show them).

    Returns
    -------
    Simulation
        `recording` (in memory, float32 µV) and `truth`.

    Raises
    ------
    ParameterError
        An argument out of range, or a montage that cannot show the pattern.

    Examples
    --------
    >>> import myosig as ms
    >>> simulation = ms.simulate("propriospinal", seed=1, duration=60)
    >>> simulation.recording
    <Recording 'simulated propriospinal, seed 1': 16 emg, 8 eeg, 1 ecg; 60.0 s in 1 segment(s)>
    >>> 3 <= simulation.truth.velocity <= 16
    True
    """
    one_of("pattern", pattern, SIMULATED)
    one_of("labels", labels, LABELS)
    if positive("duration", duration) < 10 or positive("sfreq", sfreq) < 500:
        raise ParameterError(f"duration must be at least 10 s and sfreq 500 Hz, not {duration!r} and {sfreq!r}")
    if rate is not None:
        positive("rate", rate)
    rng = np.random.default_rng(seed)
    affected: Side = "right" if rng.random() < 0.5 else "left"
    protocol = montage if montage is not None else str(rng.choice(PROTOCOLS_FOR[pattern]))
    place = choose_montage(protocol, n_emg=n_emg, n_eeg=n_eeg, affected=affected)
    patient = draw_patient(place, level(difficulty), duration, rate=rate, spike_waves=spike_waves, rng=rng)
    script = SCRIPTS[pattern](patient)
    if sleep:
        script = fall_asleep(patient, script, pattern)
    tracks, truth_of_emg = _play(patient, script, sfreq, labels)
    truth = Truth(
        pattern=pattern,
        variant=script.variant,
        difficulty=difficulty,
        seed=seed,
        finding=script.finding,
        sign=script.sign,
        velocity=script.velocity,
        origin_mm=script.origin_mm,
        drawn={"montage": protocol, "affected": affected, "labels": labels, **script.drawn},
        **truth_of_emg,
    )
    return Simulation(_recording(tracks, script, name=f"simulated {pattern}, seed {seed}"), truth)


def _play(patient: Patient, script: Script, sfreq: float, labels: str) -> tuple[list[Track], dict[str, Any]]:
    """Every channel with its samples, and the parts of the truth that they hold."""
    rng, montage, duration = patient.rng, patient.montage, patient.duration
    channels = emg_channels(montage, sfreq=sfreq, n_samples=round(duration * sfreq), labels=labels)
    names = tuple(c.label for c in channels)
    played = play_emg(patient, script, names, sfreq)
    waves = (*script.waves, blinks(patient)) if montage.sites else ()
    bursts, jerks, events = number_jerks(played.bursts, true_waves(waves), names, renumber=len(played.silences) == 0)

    beats = artefacts.heart_beats(duration, rng)
    emg = amplify(patient, played, beats, jerks.onset, sfreq)
    slow = sfreq / 2
    heart = ECG_MICROVOLT * artefacts.ecg(
        round(duration * slow), slow, beats, artefacts.heart_view(rng, front=True), rng
    )
    heart += rng.normal(0, ECG_NOISE, heart.size)
    tracks = list(zip(channels, emg, strict=True))
    if montage.sites:
        eeg = play_eeg(patient, waves, script.drive, played.muscles, sfreq, slow)
        tracks += list(zip(eeg_channels(montage, sfreq=slow, n_samples=eeg.shape[1]), eeg, strict=True))
    tracks.append((Channel("ECG", "ecg", slow, MICROVOLT, heart.size, known={"kind": "stated"}), heart))
    truth = {"channels": names, "bursts": bursts, "jerks": jerks, "silences": played.silences, "eeg": events}
    return tracks, truth


def _recording(tracks: Sequence[Track], script: Script, name: str) -> Recording:
    notes = sorted(script.notes)
    return Recording(
        [channel for channel, _ in tracks],
        MemorySource([samples for _, samples in tracks]),
        annotations=Annotations(
            onset=np.array([onset for onset, _, _ in notes]),
            duration=np.array([duration for _, duration, _ in notes]),
            text=np.array([text for _, _, text in notes], dtype=object),
        ),
        name=name,
    )
