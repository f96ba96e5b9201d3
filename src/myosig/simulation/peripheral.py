"""Peripheral myoclonus: hemifacial spasm, and jerks of one other nerve or root."""

from __future__ import annotations

import numpy as np

from myosig.errors import ParameterError
from myosig.simulation.patient import Patient
from myosig.simulation.plan import UNIT_INTERVAL, Script, plan_bursts

HIGH_FREQUENCY = (150.0, 400.0)  # Hz within a burst of hemifacial spasm; 250-350 in Nielsen 1984 [V]
TONIC_RUNS = 0.1  # of the jerks at most [P]
HIGH_FREQUENCY_ELSEWHERE = 0.6  # of patients with another nerve fire as fast [P]


def peripheral(patient: Patient) -> Script:
    """Draw a patient whose jerks come from one nerve of one side.

    All its muscles within a millisecond or two after their conduction times; bursts of 10-300 ms, in which one to
    four units fire at 150-400 Hz (always in hemifacial spasm, in 60 % elsewhere); tonic runs among the brief bursts.
    """
    rng = patient.rng
    nerve = _nerve(patient)
    facial = nerve == "facial"
    mine = np.array([m.nerve == nerve for m in patient.montage.muscles])
    mine &= patient.montage.on(patient.montage.affected)
    fast = facial or patient.chance(HIGH_FREQUENCY_ELSEWHERE)
    time = patient.jerk_times(1.5, gap=0.5)
    joins = patient.takes_part(np.where(mine, 0.95, 0.0), time.size)
    onset = np.where(joins, time[:, None] + patient.root + patient.scatter(0.0006, joins.shape), np.nan)
    mean = float(patient.around(0.035, 0.5, 0.012, 0.15) if facial else patient.around(0.06, 0.6, 0.015, 0.3))
    gaps = np.diff(time, append=patient.duration)
    tonic = (rng.random(time.size) < rng.uniform(0, TONIC_RUNS)) & (gaps > 1.0)
    length = np.where(
        tonic, rng.uniform(0.3, 0.8, time.size), patient.durations(mean, 0.35, time.shape, low=0.01, high=0.4)
    )
    duration = length[:, None] * rng.lognormal(0, 0.08, onset.shape)
    interval = 1 / patient.between(*HIGH_FREQUENCY) if fast else UNIT_INTERVAL
    units = int(rng.integers(1, 5)) if fast else 10
    return Script(
        finding="myoclonus",
        sign="positive",
        variant="hemifacial spasm" if facial else f"{nerve} nerve",
        bursts=plan_bursts(
            np.arange(onset.shape[1]),
            onset,
            duration,
            jerk=np.arange(time.size)[:, None],
            interval=interval,
            units=units,
        ),
        drawn={
            "mean_burst_s": mean,
            "nerve": nerve,
            "within_burst_hz": 1 / interval if fast else None,
            "tonic_runs": int(tonic.sum()),
        },
    )


def _nerve(patient: Patient) -> str:
    """The facial nerve where it is recorded well, else a nerve with at least two recorded muscles."""
    montage = patient.montage
    affected = montage.on(montage.affected)
    names = [m.nerve for m, mine in zip(montage.muscles, affected, strict=True) if mine]
    if names.count("facial") >= 3:
        return "facial"
    candidates = sorted({n for n in names if names.count(n) >= 2 and "rami" not in n and n != "intercostal"})
    if not candidates:
        raise ParameterError(
            f"the montage {montage.protocol!r} records no two muscles of one nerve, so that no peripheral jerk can be "
            "shown on it; use 'face', 'arms', 'hand' or 'legs'"
        )
    return str(patient.rng.choice(candidates))
