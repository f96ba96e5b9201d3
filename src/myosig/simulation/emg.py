"""The EMG of a simulated patient: every burst, on tonic activity where there is some."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.simulation import artefacts, motor_units
from myosig.simulation.lookalikes import fasciculations, voluntary
from myosig.simulation.patient import Patient
from myosig.simulation.plan import PlannedBursts, Script, join
from myosig.simulation.tonic import casual_tonic, play_tonic
from myosig.simulation.truth import TrueBursts, TrueSilences

Floats = NDArray[np.float64]
Signals = NDArray[np.float32]

WEAKEST = 2.0  # dB: no burst is put in that is weaker against its channel's noise


@dataclass(frozen=True, slots=True, eq=False)
class PlayedEmg:
    """EMG in µV without artefacts, and what is true of it."""

    muscles: Signals
    noise: Floats
    bursts: TrueBursts
    silences: TrueSilences


def other_movements(patient: Patient, script: Script) -> PlannedBursts:
    """The script's bursts and, beside them, what everybody does: fidgeting and a fasciculation now and then."""
    busy = patient.difficulty.variability
    minutes = patient.duration / 60
    fidgets = patient.rng.poisson(0.2 * minutes * (busy >= 1) * busy) if script.finding == "myoclonus" else 0
    return join([script.bursts, voluntary(patient, fidgets), fasciculations(patient, patient.rng.uniform(0, 1) * busy)])


def play_emg(patient: Patient, script: Script, labels: tuple[str, ...], sfreq: float) -> PlayedEmg:
    """Play every burst and all tonic activity."""
    rng, difficulty = patient.rng, patient.difficulty
    n_channels, n_samples = len(labels), round(patient.duration * sfreq)
    units = motor_units.draw_units(n_channels, sfreq, rng)
    noise = rng.uniform(*artefacts.NOISE, n_channels)
    tonic = script.tonic if script.tonic is not None else casual_tonic(n_channels, difficulty.tonic, rng)
    emg, silences = play_tonic(patient, script, units, noise * 10 ** (tonic / 20), labels, n_samples)
    floor = noise * np.sqrt(1 + np.nan_to_num(10 ** (tonic / 10)))

    bursts = other_movements(patient, script)
    if len(bursts) == 0:
        return PlayedEmg(emg, noise, _no_bursts(), silences)
    played = motor_units.play(bursts, motor_units.fire(bursts, units, rng), units)
    usual = rng.uniform(*difficulty.snr, n_channels)
    snr = usual[bursts.channel] + bursts.loudness + rng.normal(0, difficulty.snr_spread, len(bursts))
    snr = np.maximum(snr, WEAKEST)
    gain = floor[bursts.channel] * 10 ** (snr / 20) / played.rms
    motor_units.add_bursts(emg, bursts.channel, played, gain)
    truth = TrueBursts(
        channel=np.array(labels, dtype=object)[bursts.channel],
        onset=played.onset / sfreq,
        offset=played.offset / sfreq,
        jerk=bursts.jerk,
        snr=snr,
        kind=bursts.kind,
    )
    inside = (played.onset >= 0) & (played.offset <= n_samples)
    return PlayedEmg(emg, noise, truth[inside][np.argsort(truth.onset[inside], kind="stable")], silences)


def _no_bursts() -> TrueBursts:
    none, text = np.empty(0), np.empty(0, dtype=object)
    return TrueBursts(channel=text, onset=none, offset=none, jerk=np.empty(0, dtype=np.int64), snr=none, kind=text)
