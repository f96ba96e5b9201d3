"""A patient who falls asleep half-way through the recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from myosig.simulation.patient import Patient
from myosig.simulation.plan import Hush, Script, Waves
from myosig.simulation.truth import NO_JERK

EPOCH = 30.0  # s, of sleep scoring
# How likely the jerks of each pattern go on in sleep: above the guesses of criteria.md 4B, so that they can fail [P]
PERSISTS = {
    "cortical": 0.25,
    "brainstem": 0.15,
    "segmental": 0.6,
    "propriospinal": 0.15,
    "peripheral": 0.7,
    "functional": 0.03,
    "negative": 0.05,
    "tremor": 0.03,
    "none": 0.0,
}
LEFT_OVER = {True: (0.4, 1.0), False: (0.0, 0.05)}  # rate in sleep against awake, where they go on and where not [P]


def fall_asleep(patient: Patient, script: Script, pattern: str) -> Script:
    """The script with sleep stages from W to N2, and with the jerks that are left in sleep."""
    rng = patient.rng
    bedtime = EPOCH * round(patient.duration / 2 / EPOCH)
    persists = patient.chance(PERSISTS[pattern])
    left = rng.uniform(*LEFT_OVER[persists])
    time = {int(j): t for j, t in zip(script.bursts.jerk[::-1], script.bursts.onset[::-1], strict=True)}
    if script.hush is not None:
        time |= {int(j): t for j, t in zip(script.hush.jerk[::-1], script.hush.onset[::-1], strict=True)}
    gone = np.array([j for j, t in time.items() if j != NO_JERK and t > bedtime and rng.random() > left], dtype=int)
    bursts = script.bursts
    movement = np.isin(bursts.kind, ["tremor", "voluntary"]) & (bursts.onset > bedtime) & (not persists)
    stages = [
        (EPOCH * k, EPOCH, f"Sleep stage {'W' if EPOCH * k < bedtime else 'N2'}") for k in range(_epochs(patient))
    ]
    return replace(
        script,
        bursts=bursts[~np.isin(bursts.jerk, gone) & ~movement],
        hush=None if script.hush is None else _hush_without(script.hush, gone),
        waves=tuple(_waves_without(w, gone) for w in script.waves),
        notes=(*script.notes, *stages),
        drawn={**script.drawn, "asleep_from_s": bedtime, "rate_in_sleep": left},
    )


def _epochs(patient: Patient) -> int:
    return int(patient.duration // EPOCH)


def _hush_without(hush: Hush, gone: np.ndarray) -> Hush:
    keep = ~np.isin(hush.jerk, gone)
    return Hush(hush.channel[keep], hush.onset[keep], hush.duration[keep], hush.jerk[keep])


def _waves_without(waves: Waves, gone: np.ndarray) -> Waves:
    keep = ~np.isin(waves.jerk, gone) | (waves.jerk == NO_JERK)
    return Waves(waves.kind, waves.site, waves.time[keep], waves.amplitude[keep], waves.span[keep], waves.jerk[keep])
