"""From onsets in muscles to a level of origin and a speed along the cord, with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.localize.order import Lags
from myosig.muscles import CORD_LENGTH_MM, atlas
from myosig.recording import Channel

Floats = NDArray[np.float64]

NERVE_ERROR, NERVE_PART = 0.002, 0.15  # of a time from root to muscle: 2 ms or 15 %, whichever is larger (2B) [M]
CORD_ERROR_MM, BRAINSTEM_ERROR_MM = 10.0, 15.0  # of a level: half a segment [P]; motor nuclei above C1 (2B) [M]
SLOW = 10.0  # m/s at which an error of level is turned into one of time [P]
MIN_LEVELS, MIN_EXTENT_MM, MIN_RATE = 3, 150.0, 1000.0  # criteria.md 4, gates [P], [V]
RESOLVED = 3.0  # standard errors by which central onsets must differ (criteria.md 2C, rule 4) [P]
ARM_MM = 60.0  # of levels on one side of the origin, before that side has a speed of its own [P]
STEP_MM = 5.0
BOOTSTRAPS = 400
HUBER = 2.0  # residuals beyond so many standard errors weigh less
REWEIGHTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class CentralTimes:
    """When each level of the cord was reached.

    Attributes
    ----------
    position_mm : ndarray of float, shape (n_levels,)
        Sorted, from the top of C1.
    time : ndarray of float
        Seconds; only differences mean something.
    error : ndarray of float
        Standard error, seconds: of the onset, of the peripheral conduction and of the level.
    sfreq : float
        Of the slowest channel.
    """

    position_mm: Floats
    time: Floats
    error: Floats
    sfreq: float


@dataclass(frozen=True, slots=True)
class Travel:
    """What `fit_travel` finds; the fields are those of `Spread`."""

    direction: str
    why: str
    origin_mm: float | None = None
    origin_interval: tuple[float, float] | None = None
    velocity: float | None = None
    velocity_interval: tuple[float, float] | None = None
    velocity_up: float | None = None
    velocity_down: float | None = None
    velocity_at_least: float | None = None


def central_times(channels: Sequence[Channel], lags: Lags) -> CentralTimes:
    """Take the peripheral conduction off, and average muscles of one level (left and right)."""
    position = np.array([c.position_mm for c in channels])
    muscles = [atlas().get(c.muscle or "") for c in channels]
    root = np.array([np.nan if m is None else m.peripheral_conduction for m in muscles])
    known = np.isfinite(position) & np.isfinite(root)
    names = np.array([c.muscle if c.muscle is not None else "" for c in channels], dtype=object)
    levels = sorted({(position[i], names[i]) for i in np.flatnonzero(known)})
    time, error = np.empty(len(levels)), np.empty(len(levels))
    for k, (mm, name) in enumerate(levels):
        rows = np.flatnonzero(known & (position == mm) & (names == name))
        weight = 1 / lags.error[rows] ** 2 if (lags.error[rows] > 0).all() else np.ones(rows.size)
        time[k] = np.average(lags.lag[rows] - root[rows], weights=weight)
        marking = np.sqrt(1 / weight.sum()) if (lags.error[rows] > 0).all() else 0.0
        nerve = max(NERVE_ERROR, NERVE_PART * root[rows[0]])
        level = (BRAINSTEM_ERROR_MM if mm < 0 else CORD_ERROR_MM) / 1000 / SLOW
        error[k] = np.sqrt(marking**2 + nerve**2 + level**2)
    sfreq = min((c.sfreq for c in channels), default=0.0)
    return CentralTimes(np.array([mm for mm, _ in levels]), time, error, sfreq)


def fit_travel(times: CentralTimes, *, seed: int) -> Travel:
    """Fit a level of origin and the slowness (s/m) above and below it."""
    x, t, error = times.position_mm, times.time, times.error
    refusal = _refuse(times)
    if refusal is not None:
        return Travel("not assessable", refusal)
    error = _discount_outliers(x, t, error)
    rng = np.random.default_rng(seed)
    draws = t[None] + error * np.concatenate([np.zeros((1, x.size)), rng.standard_normal((BOOTSTRAPS, x.size))])
    origin, slowness = _fit(x, draws, error)
    gap, gap_error = _spread_in_time(x, t, error, origin[0], slowness[0])
    low, high = np.quantile(slowness[1:], [0.025, 0.975])
    at_least = float(1 / high) if high > 0 else None
    numbers = f"central onsets {1000 * gap:.1f} ms apart over {np.ptp(x):.0f} mm, {gap / gap_error:.1f} standard errors"
    if gap < RESOLVED * gap_error or low <= 0:
        return Travel("simultaneous", f"speed not resolvable: {numbers} (3 are needed)", velocity_at_least=at_least)
    edge = np.quantile(origin[1:], [0.025, 0.975])
    return Travel(
        direction=_direction(x, origin[0]),
        why=f"speed resolvable: {numbers}",
        origin_mm=float(origin[0]),
        origin_interval=(float(edge[0]), float(edge[1])),
        velocity=float(1 / slowness[0]),
        velocity_interval=(float(1 / high), float(1 / low)),
        velocity_up=_arm(x, t, error, origin[0], up=True),
        velocity_down=_arm(x, t, error, origin[0], up=False),
        velocity_at_least=at_least,
    )


def _refuse(times: CentralTimes) -> str | None:
    n, extent = times.position_mm.size, float(np.ptp(times.position_mm)) if times.position_mm.size else 0.0
    if n < MIN_LEVELS or extent < MIN_EXTENT_MM:
        return f"{n} known level(s) over {extent:.0f} mm; a speed needs {MIN_LEVELS} over {MIN_EXTENT_MM:.0f} mm"
    if times.sfreq < MIN_RATE:
        return f"EMG at {times.sfreq:g} Hz; order and speed need {MIN_RATE:g} Hz"
    return None


def _grid(x: Floats) -> Floats:
    return np.arange(max(x.min(), -60.0), min(x.max(), CORD_LENGTH_MM) + STEP_MM, STEP_MM)


def _fit(x: Floats, t: Floats, error: Floats) -> tuple[Floats, Floats]:
    """For each row of times, the origin (mm) with the smallest misfit and the slowness (s/m) both ways from it."""
    grid = _grid(x)
    away = np.abs(x - grid[:, None]) / 1000
    w = 1 / error**2
    mean_away = away @ w / w.sum()
    centred = away - mean_away[:, None]
    late = t - (t @ w / w.sum())[:, None]
    power = np.maximum((centred**2) @ w, 1e-12)
    slope = (late * w) @ centred.T / power
    gain = np.where(slope > 0, slope**2 * power, 0.0)
    best = gain.argmax(axis=1)
    return grid[best], np.take_along_axis(np.maximum(slope, 0), best[:, None], axis=1)[:, 0]


def _discount_outliers(x: Floats, t: Floats, error: Floats) -> Floats:
    """Larger errors for muscles that lie far from the common fit (Huber weights)."""
    own = error
    for _ in range(REWEIGHTS):
        origin, slowness = _fit(x, t[None], own)
        expected = slowness[0] * np.abs(x - origin[0]) / 1000
        residual = t - expected
        residual -= np.median(residual)
        own = error * np.sqrt(np.maximum(np.abs(residual) / error / HUBER, 1))
    return own


def _spread_in_time(x: Floats, t: Floats, error: Floats, origin: float, slowness: float) -> tuple[float, float]:
    """Fitted time between the nearest and the farthest level, and its standard error."""
    away = np.abs(x - origin) / 1000
    w = 1 / error**2
    power = np.sum(w * (away - np.average(away, weights=w)) ** 2)
    return float(slowness * np.ptp(away)), float(np.ptp(away) / np.sqrt(max(power, 1e-12)))


def _arm(x: Floats, t: Floats, error: Floats, origin: float, *, up: bool) -> float | None:
    """m/s on one side of the origin; None where there are too few levels or no slowness."""
    side = (x <= origin + STEP_MM) if up else (x >= origin - STEP_MM)
    if side.sum() < 2 or np.ptp(x[side]) < ARM_MM:
        return None
    slope = np.polyfit(np.abs(x[side] - origin) / 1000, t[side], 1, w=1 / error[side])[0]
    return float(1 / slope) if slope > 0 else None


def _direction(x: Floats, origin: float) -> str:
    if (x < origin - ARM_MM).any() and (x > origin + ARM_MM).any():
        return "both ways"
    return "descending" if np.mean(x > origin) > 0.5 else "ascending"
