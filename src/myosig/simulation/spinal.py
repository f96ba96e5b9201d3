"""Spinal myoclonus: of one segment and its neighbours, and propriospinal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.muscles import SEGMENTS
from myosig.simulation.patient import Patient
from myosig.simulation.plan import Script, plan_bursts

Floats = NDArray[np.float64]

NEIGHBOURS = 1.6  # segments to either side that jerk with the level: it and its neighbours (Gündüz) [V]
RHYTHMIC = 0.85  # of patients with segmental myoclonus [P]
BOTH_SIDES = 0.4  # of patients with segmental myoclonus [P]
LUMBAR_ORIGIN = 0.15  # of propriospinal patients (Montagna 1997b: thoracic or lumbar) [P]
REPETITIVE = 0.5  # of propriospinal patients jerk with repeated bursts, 1-7 Hz (Brown 1994) [P]
ALTERNATING = 0.2  # of those: rectus against paraspinals (3 of 8 in Brown 1994) [P]


def segmental(patient: Patient) -> Script:
    """Draw a patient with segmental spinal myoclonus.

    Mean duration 30-450 ms, mostly rhythmic at 0.4-4 Hz with little scatter, all muscles of two or three
    segments at once, no cranial muscle.
    """
    rng = patient.rng
    level = _level(patient)
    near = np.abs(_segment_number(patient) - level) <= NEIGHBOURS
    both = patient.chance(BOTH_SIDES)
    side = np.ones(near.size, bool) if both else patient.montage.on(patient.montage.affected)
    rhythmic = patient.chance(RHYTHMIC)
    frequency = patient.rate / 60 if patient.rate else patient.between(0.4, 4.0)
    cv = rng.uniform(0.05, 0.2)
    bouts = patient.chance(0.4)
    time = patient.rhythmic_times(frequency, cv, bouts=bouts) if rhythmic else patient.jerk_times(gap=0.8)
    joins = patient.takes_part(np.where(near & side, 0.97, 0.0), time.size)
    onset = np.where(joins, time[:, None] + patient.root + patient.scatter(0.0025, joins.shape), np.nan)
    longest = 0.6 / frequency if rhythmic else 0.5
    mean = float(patient.around(0.12, 0.6, 0.03, min(0.45, longest)))
    duration = patient.durations(mean, 0.15, onset.shape, low=0.02, high=min(1.0, 1.2 * longest))
    return Script(
        finding="myoclonus",
        sign="positive",
        variant="rhythmic" if rhythmic else "irregular",
        bursts=plan_bursts(np.arange(onset.shape[1]), onset, duration, jerk=np.arange(time.size)[:, None]),
        drawn={
            "mean_burst_s": mean,
            "level": SEGMENTS[round(level)],
            "both_sides": both,
            "frequency_hz": frequency if rhythmic else None,
            "cv": cv if rhythmic else None,
        },
    )


def propriospinal(patient: Patient) -> Script:
    """Draw a patient with propriospinal myoclonus.

    Up and down the cord from T4-T11 (or L1-L3) at 3-16 m/s in a fixed order, on both sides, no cranial muscle;
    bursts of 30-300 ms, in half of the patients repeated at 1-7 Hz within a jerk.
    """
    rng = patient.rng
    origin = rng.uniform(354, 379) if patient.chance(LUMBAR_ORIGIN) else rng.uniform(166, 321)
    velocity = patient.between(3, 16)
    repetitive = patient.chance(REPETITIVE)
    interval = 1 / patient.between(1.2, 6.5)
    mean = float(patient.around(0.1, 0.45, 0.03, 0.6 * interval if repetitive else 0.3))
    time = _propriospinal_times(patient, 5.5 * interval if repetitive else 1.2)
    away = np.abs(patient.position_mm - origin)
    reach = rng.uniform(150, 450)
    joins = patient.takes_part(_propriospinal_part(patient, away, reach), time.size)
    latency = away / 1000 / velocity + patient.root + patient.scatter(0.003, joins.shape)
    first = np.where(joins, time[:, None] + latency, np.nan)
    most = 5 if repetitive else 1
    repeats = rng.integers(1, most + 1, (time.size, 1, 1))
    order = np.arange(most)
    onset = np.where(order < repeats, first[:, :, None] + order * interval, np.nan)
    onset = onset + np.where(order > 0, patient.scatter(0.05 * interval, (time.size, 1, most)), 0)
    alternating = repetitive and patient.chance(ALTERNATING)
    if alternating:
        paraspinal = np.array(["paraspinal" in m.name for m in patient.montage.muscles])
        onset = onset + (0.5 * interval * paraspinal)[:, None]
    duration = patient.durations(mean, 0.2, onset.shape, low=0.025, high=0.5)
    return Script(
        finding="myoclonus",
        sign="positive",
        variant="repetitive" if repetitive else "single bursts",
        bursts=plan_bursts(
            np.arange(onset.shape[1])[:, None], onset, duration, jerk=np.arange(time.size)[:, None, None]
        ),
        velocity=velocity,
        origin_mm=origin,
        drawn={
            "mean_burst_s": mean,
            "reach_mm": reach,
            "repeat_interval_s": interval if repetitive else None,
            "alternating": alternating,
        },
    )


def _level(patient: Patient) -> float:
    """A cord segment (its number from C1) that supplies a recorded muscle of the affected side, with a neighbour."""
    montage, number = patient.montage, _segment_number(patient)
    candidates = number[~montage.in_region("cranial") & montage.on(montage.affected)]
    near = (np.abs(candidates[:, None] - candidates[None]) <= NEIGHBOURS).sum(axis=1)
    return float(patient.rng.choice(candidates[near >= min(2, near.max())]))


def _segment_number(patient: Patient) -> Floats:
    """Middle of the dominant segments of each channel, counted from C1 = 0; -99 above the cord."""
    return np.array(
        [np.mean([SEGMENTS.index(s) if s in SEGMENTS else -99 for s in m.dominant]) for m in patient.montage.muscles]
    )


def _propriospinal_times(patient: Patient, longest: float) -> Floats:
    """Jerks at random, or, as in 4 of 5 patients of Montagna 1997b at rest, nearly rhythmic (here 4 of 10)."""
    gap = longest + 1.0
    if patient.rate is None and patient.chance(0.4):
        slowest = patient.rng.uniform(1.3, 2.5) * gap
        return patient.rhythmic_times(1 / slowest, patient.rng.uniform(0.12, 0.25), bouts=False)
    return patient.jerk_times(0.5, gap=gap)


def _propriospinal_part(patient: Patient, away: Floats, reach: float) -> Floats:
    """How likely each channel joins: surely within reach, less beyond, never a cranial muscle."""
    beyond = np.maximum(away - reach, 0) / 100
    return np.where(patient.montage.in_region("cranial"), 0.0, 0.96 * np.exp(-beyond))
