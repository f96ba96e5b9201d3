"""Functional jerks: like voluntary movements, changing from jerk to jerk, prepared by the cortex."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.patient import Patient
from myosig.simulation.plan import PlannedBursts, Script, Waves, join, plan_bursts, plan_waves

Floats = NDArray[np.float64]

READINESS = 0.6  # of patients: 25-86 % across centres (criteria.md 3D) [V]
DESYNCHRONISATION = 0.65  # Meppelink 2016 [V]
IMITATES_PROPRIOSPINAL = 0.15  # of patients with axial jerks: 1 - .846 in Erro 2013 [D]
TRIPHASIC = 0.4  # of patients [P]
PAIRS = (("FCR", "ECR"), ("BB", "TRI"), ("TA", "GAS"), ("RF", "HAM"), ("RAu", "TPSm"), ("RAl", "LPS"))


def functional(patient: Patient) -> Script:
    """Draw a patient with functional jerks.

    Mean duration 35-400 ms; order, side and duration change from jerk to jerk (except in 15 % of axial cases, who
    imitate a propriospinal order); a Bereitschaftspotential in 60 % and a loss of beta in 65 % of patients.
    """
    axial = patient.montage.protocol in ("axial", "trunk", "whole body")
    imitates = axial and patient.chance(IMITATES_PROPRIOSPINAL)
    time = patient.jerk_times(0.6, gap=2.7)
    latency = _imitated(patient, time.size) if imitates else _inconsistent(patient, time.size)
    onset = time[:, None] + patient.root + latency
    mean = float(patient.around(0.11, 0.55, 0.035, 0.4))
    duration = patient.durations(mean, 0.35, onset.shape, low=0.03, high=1.0)
    jerk = np.arange(time.size)[:, None]
    bursts = plan_bursts(np.arange(onset.shape[1]), onset, duration, jerk=jerk)
    triphasic = not imitates and patient.chance(TRIPHASIC)
    if triphasic:
        bursts = join([bursts, *_triphasic(patient, onset, duration)])
    first = np.nanmin(onset, axis=1)
    waves = _preparation(patient, first)
    return Script(
        finding="myoclonus",
        sign="positive",
        variant="imitates propriospinal" if imitates else "inconsistent",
        bursts=bursts,
        waves=waves,
        drawn={"mean_burst_s": mean, "triphasic": triphasic, "eeg": sorted({w.kind for w in waves})},
    )


def _inconsistent(patient: Patient, n: int) -> Floats:
    """Latencies in an order, and with muscles and a side, that change from jerk to jerk."""
    rng, montage = patient.rng, patient.montage
    regions = sorted({m.region for m in montage.muscles})
    favourite = np.array([m.region for m in montage.muscles]) == rng.choice(regions)
    part = np.where(favourite, 0.85, rng.uniform(0.1, 0.5)) * np.ones((n, 1))
    one_sided = rng.random(n) < rng.uniform(0.2, 0.8)
    side = np.where(rng.random(n) < 0.7, montage.affected, "left" if montage.affected == "right" else "right")
    off = one_sided[:, None] & (np.array(montage.sides)[None] != side[:, None])
    joins = rng.random(part.shape) < np.where(off, 0.03, part)
    joins[np.arange(n), rng.choice(np.flatnonzero(favourite), n)] = True
    spread = patient.between(0.012, 0.06)
    return np.where(joins, np.abs(rng.normal(0, spread, joins.shape)), np.nan)


def _imitated(patient: Patient, n: int) -> Floats:
    """The order of propriospinal myoclonus, as healthy volunteers can show it (Kang & Sohn 2006) [V]."""
    rng = patient.rng
    away = np.abs(patient.position_mm - rng.uniform(166, 321)) / 1000
    cranial = patient.montage.in_region("cranial")
    joins = patient.takes_part(np.where(cranial, 0.11, 0.9), n)  # face in 4 of 35 axial cases [V]
    joins[np.arange(n), np.argmin(away + cranial)] = True
    return np.where(joins, away / patient.between(4, 14) + patient.scatter(0.008, joins.shape), np.nan)


def _triphasic(patient: Patient, onset: Floats, duration: Floats) -> list[PlannedBursts]:
    """Antagonist and second agonist bursts in half of the jerks, as in a ballistic voluntary movement."""
    names = [m.abbreviation for m in patient.montage.muscles]
    sides = patient.montage.sides
    jerk = np.arange(onset.shape[0])
    extra = []
    for agonist, antagonist in PAIRS:
        for i in (k for k, name in enumerate(names) if name == agonist):
            other = [k for k, name in enumerate(names) if name == antagonist and sides[k] == sides[i]]
            moves = np.where(patient.rng.random(jerk.size) < 0.5, onset[:, i], np.nan)
            size = duration[:, i]
            extra += [plan_bursts(k, moves + 0.9 * size, 0.8 * size, jerk=jerk) for k in other]
            if other:
                extra.append(plan_bursts(i, moves + 1.8 * size, 0.7 * size, jerk=jerk, loudness=-3.0))
    return extra


def _preparation(patient: Patient, first: Floats) -> tuple[Waves, ...]:
    """What the cortex does before the jerk, where this patient shows it."""
    rng, n = patient.rng, first.size
    jerk = np.arange(n)
    waves = []
    if patient.chance(READINESS):
        span = np.clip(rng.uniform(1.0, 2.0) * rng.lognormal(0, 0.15, n), 0.7, 2.5)
        size = rng.uniform(5, 12) * rng.lognormal(0, 0.4, n)
        waves.append(plan_waves("readiness potential", "Cz", first - span, size, span=span, jerk=jerk))
    if patient.chance(DESYNCHRONISATION):
        span = rng.uniform(0.8, 1.6, n)
        lost = np.clip(rng.uniform(0.35, 0.7) + rng.normal(0, 0.1, n), 0.1, 0.9)
        waves.append(plan_waves("desynchronisation", "Cz", first - span, lost, span=span, jerk=jerk))
    return tuple(waves)
