"""What is not a positive jerk: negative myoclonus, tremor, no jerks at all; and what everybody does besides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.cortical import CORTICAL_SITE
from myosig.simulation.motor_units import TRAINS
from myosig.simulation.patient import Patient
from myosig.simulation.plan import Hush, PlannedBursts, Script, plan_bursts, plan_waves

Floats = NDArray[np.float64]

VOLUNTARY_INTERVAL = 0.08 / TRAINS  # s: 12 Hz in a moderate voluntary contraction [M], several units of each size


def negative(patient: Patient) -> Script:
    """Draw a patient with negative myoclonus: silences of 50-400 ms in tensed muscles of one or both arms (or legs).

    In 40 % a cortical spike comes 20-50 ms before the silence; in a quarter a brief burst precedes some silences.
    """
    rng, montage = patient.rng, patient.montage
    limb = "arm" if montage.in_region("arm").sum() >= 2 else "leg"
    both = patient.chance(0.5)
    held = montage.in_region(limb) & (montage.on(montage.affected) | both)
    time = patient.jerk_times(gap=0.9)
    joins = patient.takes_part(np.where(held, 0.92, 0.0), time.size)
    onset = np.where(joins, time[:, None] + patient.root + patient.scatter(0.002, joins.shape), np.nan)
    mean = patient.between(0.06, 0.25)
    length = patient.durations(mean, 0.25, (time.size, 1), low=0.05, high=0.45)
    length = np.clip(length * rng.lognormal(0, 0.05, onset.shape), 0.05, 0.45)
    jerk, channel = np.nonzero(np.isfinite(onset))
    low, high = patient.difficulty.snr
    tonic = np.where(held, rng.uniform(low, high - 3, held.size), np.nan)
    preceded = patient.chance(0.25)
    before = np.where(rng.random(time.size)[:, None] < 0.4 * preceded, onset - 0.025, np.nan)
    bursts = plan_bursts(np.arange(held.size), before, 0.022, jerk=np.arange(time.size)[:, None])
    spike = patient.chance(0.4)
    size = patient.between(*patient.difficulty.spike) * rng.lognormal(0, 0.3, time.size)
    at = time - rng.uniform(0.005, 0.03) + patient.scatter(0.002, time.shape)
    site = CORTICAL_SITE[montage.affected].get(limb, "Cz")
    return Script(
        finding="myoclonus",
        sign="negative",
        variant="post-burst" if preceded else "pure",
        bursts=bursts,
        hush=Hush(channel, onset[jerk, channel], length[jerk, channel], jerk),
        tonic=tonic,
        waves=(plan_waves("premyoclonic spike", site, at, size, jerk=np.arange(time.size)),) if spike else (),
        drawn={"mean_silence_s": mean, "both_sides": both, "eeg": "premyoclonic spike" if spike else None},
    )


def tremor(patient: Patient) -> Script:
    """Draw a patient with tremor: 3.5-11 Hz, bursts 40-65 % of the time, flexors and extensors together or in turn."""
    rng, montage = patient.rng, patient.montage
    frequency = patient.rate / 60 if patient.rate else patient.between(3.5, 11)
    duty, cv = rng.uniform(0.4, 0.65), rng.uniform(0.03, 0.1)
    limb = "arm" if montage.in_region("arm").sum() >= 2 else "leg"
    shaking = np.flatnonzero(montage.in_region(limb) & montage.on(montage.affected))
    shaking = np.sort(rng.permutation(shaking)[: rng.integers(2, 5)])
    time = patient.rhythmic_times(frequency, cv, bouts=patient.chance(0.3))
    alternating = patient.chance(0.5)
    phase = (np.arange(shaking.size) % 2) * 0.5 * alternating
    onset = time[:, None] + phase / frequency + rng.normal(0, 0.04 / frequency, (time.size, shaking.size))
    duration = duty / frequency * rng.lognormal(0, 0.1, onset.shape)
    swell = 3 * np.sin(2 * np.pi * time / rng.uniform(5, 20) + rng.uniform(0, 6))[:, None]
    return Script(
        finding="tremor",
        variant="alternating" if alternating else "synchronous",
        bursts=plan_bursts(shaking, onset, duration, loudness=swell, interval=0.035, kind="tremor"),
        drawn={"frequency_hz": frequency, "duty": duty, "cv": cv},
    )


def no_jerks(patient: Patient) -> Script:
    """Draw somebody without jerks, who moves at will now and then and may have fasciculations."""
    movements = voluntary(patient, int(patient.rng.integers(0, 9)))
    return Script(finding="none", variant="at rest" if len(movements) == 0 else "moves at will", bursts=movements)


def voluntary(patient: Patient, n: int) -> PlannedBursts:
    """Slow voluntary contractions of 0.8-4 s of several muscles of one limb or of the trunk."""
    rng, montage = patient.rng, patient.montage
    regions = sorted({m.region for m in montage.muscles})
    time = rng.uniform(1, patient.duration - 5, n)
    region, side = rng.choice(regions, n), rng.choice(["left", "right"], n)
    mine = np.array([m.region for m in montage.muscles])[None] == region[:, None]
    mine &= (np.array(montage.sides)[None] == side[:, None]) & (rng.random(mine.shape) < 0.7)
    onset = np.where(mine, time[:, None] + rng.normal(0, 0.15, mine.shape), np.nan)
    duration = rng.uniform(0.8, 4, (n, 1)) * rng.lognormal(0, 0.1, mine.shape)
    return plan_bursts(
        np.arange(mine.shape[1]), onset, duration, loudness=-4.0, interval=VOLUNTARY_INTERVAL, kind="voluntary"
    )


def fasciculations(patient: Patient, per_minute: float) -> PlannedBursts:
    """Single potentials of single units at random."""
    rng = patient.rng
    n = rng.poisson(per_minute * patient.duration / 60)
    channel = rng.integers(0, len(patient.montage.muscles), n)
    time = rng.uniform(0.1, patient.duration - 0.1, n)
    return plan_bursts(channel, time, 0.0, units=1, loudness=rng.normal(-3, 3, n), kind="fasciculation")
