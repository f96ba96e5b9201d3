"""Muscles that are held tense: steady firing, a common drive from the cortex, silences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.simulation import motor_units
from myosig.simulation.patient import Patient
from myosig.simulation.plan import Drive, Hush, Script
from myosig.simulation.truth import TrueSilences

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Signals = NDArray[np.float32]

CASUAL = (0.0, 6.0)  # dB above the noise: a muscle that is not quite at rest [P]
Edge = tuple[str, float, float, int]  # label, start and end of a silence, its number


def casual_tonic(n_channels: int, probability: float, rng: np.random.Generator) -> Floats:
    """Tonic activity of muscles that are not quite at rest, dB above the noise; NaN = at rest."""
    return np.where(rng.random(n_channels) < probability, rng.uniform(*CASUAL, n_channels), np.nan)


def play_tonic(
    patient: Patient,
    script: Script,
    units: motor_units.Units,
    level: Floats,
    labels: tuple[str, ...],
    n_samples: int,
) -> tuple[Signals, TrueSilences]:
    """Tonic activity at `level` µV RMS (NaN = none) in each channel, with the script's silences cut into it."""
    emg = np.zeros((level.size, n_samples), dtype=np.float32)
    cut: list[Edge] = []
    for channel in np.flatnonzero(np.isfinite(level)).tolist():
        tension = _tension(patient, held=script.hush is not None)
        unit, times = motor_units.tonic_discharges(tension, patient.duration, patient.rng)
        keep = _driven(script.drive, channel, times, patient.rng)
        if script.hush is not None:
            survives, edges = _silence(script.hush, channel, unit, times, units, labels[channel])
            keep &= survives
            cut += edges
        wave = motor_units.play_train(channel, unit[keep], times[keep], units, n_samples)
        loudness = np.sqrt(np.mean(wave[wave != 0] ** 2)) if wave.any() else 1.0
        emg[channel] = wave * (level[channel] / loudness)
    return emg, _table(cut)


def _tension(patient: Patient, *, held: bool) -> Floats:
    """How tense a muscle is over time, 0-1: steady where a posture is held, else wandering."""
    rng = patient.rng
    n = max(4, int(patient.duration / 10))
    if held:
        return np.clip(0.9 + 0.05 * rng.normal(size=n), 0.7, 1.0)
    return np.clip(rng.uniform(0.3, 0.8) + 0.15 * rng.normal(size=n), 0.05, 1.0)


def _driven(drive: Drive | None, channel: int, times: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which discharges a rhythmic drive lets through: more when it is high, a conduction time before."""
    if drive is None or not np.isfinite(drive.delay[channel]):
        return np.ones(times.size, dtype=bool)
    wave = np.interp(times - drive.delay[channel], np.arange(drive.wave.size) / drive.sfreq, drive.wave)
    survival = 1 - drive.depth / 2 * (1 - np.clip(wave / 1.5, -1, 1))
    return np.asarray(rng.random(times.size) < survival)


def _silence(
    hush: Hush, channel: int, unit: Ints, times: Floats, units: motor_units.Units, label: str
) -> tuple[NDArray[np.bool_], list[Edge]]:
    """Which discharges survive the silences, and where each silence truly begins and ends."""
    mine = np.flatnonzero(hush.channel == channel)
    ends = times + ((units.end - units.begin)[channel] / units.sfreq)[unit]
    keep = np.ones(times.size, dtype=bool)
    for start, length in zip(hush.onset[mine], hush.duration[mine], strict=True):
        keep &= ~((ends > start) & (times < start + length))
    begins, ends = np.sort(times[keep]), np.sort(ends[keep])
    before = np.searchsorted(ends, hush.onset[mine], side="right") - 1
    after = np.searchsorted(begins, hush.onset[mine] + hush.duration[mine])
    edges = [
        (label, float(ends[i]), float(begins[j]), int(number))
        for i, j, number in zip(before, after, hush.jerk[mine], strict=True)
        if i >= 0 and j < begins.size
    ]
    return keep, edges


def _table(cut: list[Edge]) -> TrueSilences:
    cut.sort(key=lambda edge: edge[1])
    return TrueSilences(
        channel=np.array([edge[0] for edge in cut], dtype=object),
        onset=np.array([edge[1] for edge in cut]),
        offset=np.array([edge[2] for edge in cut]),
        jerk=np.array([edge[3] for edge in cut], dtype=np.int64),
    )
