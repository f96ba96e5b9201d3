"""Everything the EEG has to say about the jerks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.detect.silences import Silences
from myosig.intervals import Intervals
from myosig.localize.cooccurrence import Cooccurrence, measure_cooccurrence
from myosig.localize.cortex.desynchronisation import Desynchronisation, find_desynchronisation
from myosig.localize.cortex.montage import reference_of
from myosig.localize.cortex.posterior import AlphaRhythm, measure_alpha
from myosig.localize.cortex.potential import Potential, SlowPotential
from myosig.localize.cortex.premyoclonic import MIN_JERKS_ABSENT, find_premyoclonic_potential
from myosig.localize.cortex.reference import AS_RECORDED, rereferenced
from myosig.localize.cortex.slow import find_slow_potential
from myosig.localize.cortex.tracks import read_tracks
from myosig.localize.corticomuscular import SharedRhythm, find_shared_rhythms
from myosig.localize.states import annotated_states
from myosig.notebook import Shown
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts, find_artefacts

WORDS = ("reference", "state", "correlate")


@dataclass(frozen=True, slots=True, eq=False)
class EegFindings(Shown):
    """The EEG side of a recording; each part says itself where it could not be assessed.

    Attributes
    ----------
    premyoclonic_potential : Potential
    slow_potential : SlowPotential
    desynchronisation : Desynchronisation
    corticomuscular, intermuscular : SharedRhythm
    cooccurrence : Cooccurrence
    alpha : AlphaRhythm
    reference : str
        Of the EEG, in words.
    state : str
        Which jerks were averaged: those of wakefulness or of sleep, where that is annotated.

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> eeg = ms.study_eeg(recording, ms.group_jerks(ms.detect_bursts(recording)))
    >>> eeg.premyoclonic_potential.verdict  # there is no EEG in it
    'not assessable'
    """

    premyoclonic_potential: Potential
    slow_potential: SlowPotential
    desynchronisation: Desynchronisation
    corticomuscular: SharedRhythm
    intermuscular: SharedRhythm
    cooccurrence: Cooccurrence
    alpha: AlphaRhythm
    reference: str = "not stated"
    state: str = "sleep not annotated; all jerks together"

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        words = {name: getattr(self, name) for name in WORDS}
        return {name: getattr(self, name).to_dict() for name in self.__dataclass_fields__ if name not in words} | words

    @property
    def correlate(self) -> str:
        """Was there, or was there not, an EEG correlate while the jerks went on, and how small a one was excluded?"""
        locked, spikes = self.premyoclonic_potential, self.cooccurrence
        seen = [part.verdict for part in (locked, spikes)]
        if "present" in seen:
            answer = "The jerks have an EEG correlate."
        elif seen == ["absent", "absent"]:
            answer = "The jerks went on without an EEG correlate."
        else:
            answer = "Whether the jerks have an EEG correlate cannot be told."
        return (
            f"{answer} Jerk-locked potential {locked.verdict}: {locked.why}. EEG discharges before the jerks "
            f"{spikes.verdict}: {spikes.why}. EEG {self.reference}; {self.state}."
        )


def study_eeg(
    recording: Recording,
    jerks: Jerks,
    *,
    silences: Silences | None = None,
    reference: str = AS_RECORDED,
    artefacts: Artefacts | None = None,
    seed: int = 0,
) -> EegFindings:
    """Examine the EEG of a recording for whatever goes with its jerks.

    Parameters
    ----------
    recording : Recording
        With or without EEG, with or without EMG.
    jerks : Jerks
        As found in the EMG of that recording; may be empty.
    silences : Silences, optional
        Say when the muscles were tense. Where they neither were nor jerked, coherence cannot be called absent.
    reference : str
        "as recorded", "average", or the label of an EEG channel: see `myosig.localize.cortex.reference.rereferenced`.
    artefacts : Artefacts, optional
        From `myosig.signals.cleaning.find_artefacts`, where it was called already.
    seed : int
        Of sham triggers and bootstraps.

    Returns
    -------
    EegFindings
        Always; a part that could not be assessed says why, and what would settle it.

    Raises
    ------
    ParameterError
        If the reference is none that the EEG allows.

    References
    ----------
    Barrett (1992), J Clin Neurophysiol 9:495: the average before the jerk. Shibasaki and Hallett (2006),
    doi 10.1016/j.clinph.2006.04.025: the slow potential. Halliday et al. (1995), doi 10.1016/S0079-6107(96)00009-0:
    coherence.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rec = ms.from_array(np.zeros((1, 20_000)), sfreq=1000, labels=["EMG R APB"], unit="uV")
    >>> ms.study_eeg(rec, ms.group_jerks(ms.detect_bursts(rec))).premyoclonic_potential.why
    'no EEG channel; record C3, Cz, C4 with the EMG'
    """
    if reference != AS_RECORDED:
        recording, artefacts = rereferenced(recording, reference), None  # the line noise is another one
    known = artefacts if artefacts is not None else find_artefacts(recording)
    tracks = read_tracks(recording, artefacts=known)
    corticomuscular, intermuscular = find_shared_rhythms(
        recording, active=muscle_activity(recording, jerks.bursts, silences), artefacts=known
    )
    averaged, state = jerks_of_one_state(recording, jerks)
    brain = [c for c in recording.channels if c.kind == "eeg"]
    return EegFindings(
        premyoclonic_potential=find_premyoclonic_potential(recording, averaged, tracks=tracks, seed=seed),
        slow_potential=find_slow_potential(recording, averaged, tracks=tracks, seed=seed),
        desynchronisation=find_desynchronisation(recording, averaged, tracks=tracks, seed=seed),
        corticomuscular=corticomuscular,
        intermuscular=intermuscular,
        cooccurrence=measure_cooccurrence(recording, jerks, tracks=tracks, seed=seed),
        alpha=measure_alpha(recording, tracks=tracks),
        reference=reference_of(brain) if brain else "not recorded",
        state=state,
    )


def muscle_activity(recording: Recording, bursts: Bursts, silences: Silences | None) -> dict[str, float]:
    """For how many seconds of the recording each muscle was tense or jerked."""
    tense = {} if silences is None else dict(zip((c.label for c in silences.channels), silences.tense, strict=False))
    active = {}
    for number, channel in enumerate(bursts.channels):
        own = bursts.channel == number
        jerking = Intervals.merged(bursts.onset[own], bursts.offset[own])
        busy = jerking.union(tense.get(channel.label, Intervals()))
        active[channel.label] = busy.intersect(recording.segments).duration
    return active


def jerks_of_one_state(recording: Recording, jerks: Jerks) -> tuple[Jerks, str]:
    """The jerks of wakefulness, or those of sleep where these are more and the others too few; in words.

    Sleep has other waves and other sources of jerks: the two are not averaged together.
    """
    sleep = annotated_states(recording).get("sleep")
    if sleep is None:
        return jerks, "sleep not annotated; all jerks together"
    asleep = sleep.contains(jerks.onset)
    n_asleep, n_awake = int(asleep.sum()), int((~asleep).sum())
    if n_awake >= min(n_asleep, MIN_JERKS_ABSENT):
        return jerks[~asleep], f"averages of {n_awake} jerks of wakefulness, not of {n_asleep} of sleep"
    return jerks[asleep], f"averages of {n_asleep} jerks of sleep, not of {n_awake} of wakefulness"
