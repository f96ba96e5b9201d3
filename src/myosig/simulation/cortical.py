"""Cortical myoclonus: brief bursts that run down the motor strip, often with a spike before them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.eeg import rhythm
from myosig.simulation.patient import Patient
from myosig.simulation.plan import Drive, PlannedBursts, Script, Waves, plan_bursts, plan_waves

Floats = NDArray[np.float64]

SPIKE_SEEN = 0.7  # of clinical cortical cases (Latorre 2023) [V2]
FORMS = {"focal": 0.45, "multifocal": 0.3, "generalised": 0.25}  # [P]
POSTURE = 0.4  # of patients are recorded while they hold the affected limb up [P]
COHERENT = 0.7  # of those show corticomuscular coherence at 8-30 Hz (7 of 7 in van Rootselaar 2006, shrunk) [P]
RUNS = 0.35  # of patients whose bursts come in runs (Brown & Marsden 1996: usual) [P]
# Regions in the order of the motor strip, and how likely a focus is: face and distal limbs (criteria.md 1A) [V], [P]
STRIP = {"cranial": 0, "neck": 1, "arm": 1, "trunk": 2, "leg": 3}
FOCUS = {"cranial": 1.5, "neck": 0.2, "arm": 1.0, "trunk": 0.1, "leg": 0.8}
DISTAL = frozenset({"APB", "FDI", "ADM", "ECR", "FCR", "EDC", "TA", "EDB"})
CORTICAL_SITE = {"left": {"arm": "C4", "cranial": "C4"}, "right": {"arm": "C3", "cranial": "C3"}}  # legs: Cz


def cortical(patient: Patient) -> Script:
    """Draw a patient with cortical myoclonus.

    Mean duration 15-65 ms (mostly 20-60), a visible spike in 70 % of patients, a few contiguous muscles or all of
    them, the other side later by the transcallosal delay, runs of bursts 18-30 or 50-80 ms apart in a third.
    """
    rng = patient.rng
    form = "generalised" if patient.spike_waves else str(rng.choice(list(FORMS), p=list(FORMS.values())))
    discharge = patient.jerk_times(gap=0.45)
    focus = _foci(patient, form, discharge.size)
    onset = discharge[:, None] + _latencies(patient, form, focus)
    mean = float(np.clip(rng.normal(*((0.045, 0.014) if form == "generalised" else (0.033, 0.011))), 0.015, 0.065))
    bursts, run = _bursts(patient, onset, mean)
    waves = _discharges(patient, form, discharge, focus)
    held = _posture(patient, int(focus[0])) if patient.chance(POSTURE) else None
    drive = _drive(patient, held, int(focus[0])) if held is not None and patient.chance(COHERENT) else None
    return Script(
        finding="myoclonus",
        sign="positive",
        variant=form,
        bursts=bursts,
        tonic=held,
        waves=waves,
        drive=drive,
        drawn={
            "mean_burst_s": mean,
            "eeg": waves[0].kind if waves else None,
            "run": run,
            "posture": held is not None,
            "coherence": drive is not None,
        },
    )


def _foci(patient: Patient, form: str, n: int) -> NDArray[np.int64]:
    """The channel whose cortical field discharges first, for each jerk."""
    montage, rng = patient.montage, patient.rng
    weight = np.array([FOCUS[m.region] * (3 if m.abbreviation in DISTAL else 1) for m in montage.muscles])
    affected = montage.on(montage.affected)
    if form == "multifocal":
        weight = weight * np.where(affected, 2.0, 1.0)
        return rng.choice(weight.size, n, p=weight / weight.sum())
    weight = weight * affected
    return np.full(n, rng.choice(weight.size, p=weight / weight.sum()))


def _latencies(patient: Patient, form: str, focus: NDArray[np.int64]) -> Floats:
    """From the discharge at the focus to the EMG of each channel, seconds; NaN = not in this jerk."""
    montage, rng = patient.montage, patient.rng
    strip = np.array([STRIP[m.region] for m in montage.muscles])
    other_side = np.array(montage.sides)[focus][:, None] != np.array(montage.sides)[None]
    steps = np.abs(strip[focus][:, None] - strip[None])
    apart = np.abs(patient.position_mm[focus][:, None] - patient.position_mm[None])
    if form == "generalised":
        probability = np.where(other_side, 0.85, 0.92) * np.where(steps == 0, 1, 0.95)
    else:
        near = np.where(steps == 0, np.where(apart < 50, 0.92, 0.5), np.where(steps == 1, 0.12, 0.03))
        probability = near * np.where(other_side, rng.choice([0.0, 0.5]), 1.0)
    probability[np.arange(focus.size), focus] = 1.0
    strip_delay = steps * rng.uniform(0.002, 0.006)  # slow spread within the motor strip (Brown 1991) [V], value [M]
    crossing = np.where(other_side, rng.uniform(0.008, 0.013), 0.0)  # transcallosal, about 10 ms [M]
    jitter = patient.scatter(0.0015, probability.shape)
    latency = patient.mep[None] + strip_delay + crossing + jitter
    return np.where(rng.random(probability.shape) < probability, latency, np.nan)


def _bursts(patient: Patient, onset: Floats, mean: float) -> tuple[PlannedBursts, str]:
    """One burst for each onset, or a short run of them."""
    rng = patient.rng
    jerk = np.arange(onset.shape[0])[:, None, None]
    most = 5 if patient.chance(RUNS) else 1
    fast = most > 1 and patient.chance(0.5)
    interval = rng.uniform(0.018, 0.03) if fast else rng.uniform(0.05, 0.08)
    if most > 1:  # several bursts fit into a run only if they are brief
        mean = min(mean, 0.5 * interval)
    repeats = rng.integers(1, most + 1, (onset.shape[0], 1, 1))
    order = np.arange(most)
    times = np.where(order < repeats, onset[:, :, None] + order * interval, np.nan)
    times = times + np.where(order > 0, patient.scatter(0.001, times.shape), 0)
    duration = patient.durations(mean, 0.2, times.shape, low=0.008, high=2.5 * mean)
    channel = np.arange(onset.shape[1])[None, :, None]
    run = "none" if most == 1 else "20 ms apart" if fast else "50-80 ms apart"
    return plan_bursts(channel, times, duration, jerk=jerk, loudness=-1.5 * order), run


def _discharges(patient: Patient, form: str, time: Floats, focus: NDArray[np.int64]) -> tuple[Waves, ...]:
    """Spikes over the focus, or generalised spike-waves, where this patient has them."""
    rng, montage = patient.rng, patient.montage
    jerk = np.arange(time.size)
    if patient.spike_waves or (form == "generalised" and patient.chance(0.4)):
        size = rng.uniform(60, 180) * rng.lognormal(0, 0.25, time.size)
        at = time - rng.uniform(0.01, 0.045) + patient.scatter(0.003, time.shape)  # 20-70 ms before the EMG [M]
        return (plan_waves("spike-wave", "Fz", at, size, jerk=jerk),)
    if not patient.chance(SPIKE_SEEN):
        return ()
    size = patient.between(*patient.difficulty.spike) * rng.lognormal(0, 0.3, time.size)
    at = time + patient.scatter(0.001, time.shape)
    site = np.array([CORTICAL_SITE[montage.sides[f]].get(montage.muscles[f].region, "Cz") for f in focus])
    return tuple(
        plan_waves("premyoclonic spike", str(s), at[site == s], size[site == s], jerk=jerk[site == s])
        for s in np.unique(site)
    )


def _posture(patient: Patient, focus: int) -> Floats:
    """Tonic activity, dB above the noise, of the muscles of the limb that holds the focus; NaN elsewhere."""
    montage, rng = patient.montage, patient.rng
    limb = montage.in_region(montage.muscles[focus].region) & montage.on(montage.sides[focus])
    return np.where(limb, rng.uniform(4, 10, limb.size), np.nan)


def _drive(patient: Patient, held: Floats, focus: int) -> Drive:
    """A rhythm of 10-28 Hz of the focus that the tensed muscles follow after their conduction times."""
    montage, rng = patient.montage, patient.rng
    sfreq = 1000.0
    wave = rhythm(round(patient.duration * sfreq), sfreq, (rng.uniform(10, 28), 1.0), rng)
    site = CORTICAL_SITE[montage.sides[focus]].get(montage.muscles[focus].region, "Cz")
    delay = np.where(np.isfinite(held), patient.mep, np.nan)
    return Drive(wave, sfreq, site, rng.uniform(2.5, 7.0), delay, rng.uniform(0.6, 1.0))
