"""Brainstem myoclonus: reticular reflex, and startle (hyperekplexia)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.patient import Patient
from myosig.simulation.plan import Script, Waves, plan_bursts, plan_waves

Floats = NDArray[np.float64]

STARTLE = 0.25  # of the patients; the likelihood table of criteria.md 4B has reticular reflex myoclonus alone [P]
# Proximal more than distal (criteria.md 1A) [V]; probabilities [P]
TAKES_PART = {"cranial": 0.85, "neck": 0.98, "arm": 0.9, "trunk": 0.9, "leg": 0.85}
INTRINSIC = frozenset({"APB", "FDI", "ADM", "EDB", "AH"})


def brainstem(patient: Patient) -> Script:
    """Draw a patient with brainstem myoclonus."""
    return _startle(patient) if patient.chance(STARTLE) else _reticular_reflex(patient)


def _reticular_reflex(patient: Patient) -> Script:
    """SCM and trapezius first, then up (slowly, through the brainstem) and down (fast, bulbospinal), on both sides.

    Mean duration 15-110 ms; every third patient jerks to taps; in a fifth, EEG spikes follow the jerk loosely.
    """
    rng = patient.rng
    origin = rng.uniform(-20, 5)
    velocity = patient.between(30, 65)
    time = patient.jerk_times(0.8, gap=1.0)
    central = _central_delay(patient, origin, down=velocity, up=rng.uniform(3, 8))
    probability = np.array([TAKES_PART[m.region] for m in patient.montage.muscles])
    joins = patient.takes_part(probability, time.size)
    latency = central + patient.root + patient.scatter(0.002, joins.shape)
    onset = np.where(joins, time[:, None] + latency, np.nan)
    mean = float(np.clip(rng.normal(0.045, 0.018), 0.015, 0.11))
    duration = patient.durations(mean, 0.25, onset.shape, low=0.01, high=3 * mean)
    reflex = patient.chance(1 / 3)
    return Script(
        finding="myoclonus",
        sign="positive",
        variant="reticular reflex",
        bursts=plan_bursts(np.arange(onset.shape[1]), onset, duration, jerk=np.arange(time.size)[:, None]),
        waves=_loose_spikes(patient, time) if patient.chance(0.2) else (),
        notes=tuple((float(t), 0.0, "tap") for t in time - rng.uniform(0.02, 0.035)) if reflex else (),
        velocity=velocity,
        origin_mm=origin,
        drawn={"mean_burst_s": mean, "stimulus": reflex},
    )


def _startle(patient: Patient) -> Script:
    """A blink, then SCM, then down slowly, hand and foot muscles late; to sounds; bursts longer than 100 ms."""
    rng = patient.rng
    velocity = patient.between(4, 11)
    origin = rng.uniform(-20, 5)
    time = patient.jerk_times(0.5, gap=2.5)
    names = [m.abbreviation for m in patient.montage.muscles]
    central = _central_delay(patient, origin, down=velocity, up=rng.uniform(4, 8))
    central += np.isin(names, list(INTRINSIC)) * rng.uniform(0.01, 0.025)
    central -= np.isin(names, ["OOc"]) * rng.uniform(0.02, 0.035)  # blink 30 ms, SCM 55 ms (Bisdorff 1994) [V]
    probability = np.array([TAKES_PART[m.region] for m in patient.montage.muscles]) - 0.1
    joins = patient.takes_part(probability, time.size)
    onset = np.where(joins, time[:, None] + central + patient.root + patient.scatter(0.004, joins.shape), np.nan)
    mean = float(patient.around(0.16, 0.35, 0.1, 0.4))
    duration = patient.durations(mean, 0.3, onset.shape, low=0.06, high=0.8)
    return Script(
        finding="myoclonus",
        sign="positive",
        variant="startle",
        bursts=plan_bursts(np.arange(onset.shape[1]), onset, duration, jerk=np.arange(time.size)[:, None]),
        notes=tuple((float(t), 0.0, "sound") for t in time - rng.uniform(0.045, 0.055)),
        velocity=velocity,
        origin_mm=origin,
        drawn={"mean_burst_s": mean, "stimulus": True},
    )


def _central_delay(patient: Patient, origin: float, *, down: float, up: float) -> Floats:
    """Seconds from the origin to the motoneurons of each channel, at one speed (m/s) down the cord and another up."""
    away = (patient.position_mm - origin) / 1000
    return np.where(away > 0, away / down, -away / up)


def _loose_spikes(patient: Patient, time: Floats) -> tuple[Waves, ...]:
    """EEG spikes that follow the jerk and are not locked to it (Hallett 1977) [M]."""
    late = time + patient.rng.normal(0.03, 0.02, time.size)
    size = patient.between(*patient.difficulty.spike) * patient.rng.lognormal(0, 0.3, time.size)
    return (plan_waves("loose spike", "Cz", late, size, jerk=np.arange(time.size)),)
