"""From onsets in muscles to a level of origin and a speed along the cord, with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from myosig.channel import Channel
from myosig.localize.order import Lags
from myosig.muscles import atlas

Floats = NDArray[np.float64]

NERVE_ERROR, NERVE_PART = 0.002, 0.15  # of a time from root to muscle: 2 ms or 15 %, whichever is larger (2B) [M]
CORD_ERROR_MM, BRAINSTEM_ERROR_MM = 10.0, 15.0  # of a level: half a segment [P]; motor nuclei above C1 (2B) [M]
MIN_LEVELS, MIN_EXTENT_MM, MIN_RATE = 3, 150.0, 1000.0  # criteria.md 4, gates [P], [V]
RESOLVED = 3.0  # standard errors by which central onsets must differ (criteria.md 2C, rule 4) [P]
TWO_SPEEDS = 2.0  # added to chi-squared for the second speed (Akaike 1974) [D]
CORD_SCALE = 0.05  # of the length of the cord between people: 430-450 mm, 472 in the template (criteria.md 2C) [V]
ARM_MM = 40.0  # of levels on one side of the origin, before the jerk goes that way [P]
HIGHEST_MM, LOWEST_MM = -60.0, 418.0  # from the pons to S3 (criteria.md 2C) [D]
STEP_MM = 5.0
BLINK = "orbicularis oculi"  # its blink is a reflex of its own before the startle (Brown 1991) [V]: not in the fit
BOOTSTRAPS = 300
HUBER = 2.0  # residuals beyond so many standard errors weigh less: a wrong muscle must not make the speed
OTHER = 8.0  # standard errors beyond which a muscle plays another part, as antagonists that take turns do [P]
REWEIGHTS = 5


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
        Standard error of the onset and of the peripheral conduction, seconds.
    level_error_mm : ndarray of float
    sfreq : float
        Of the slowest channel.
    """

    position_mm: Floats
    time: Floats
    error: Floats
    level_error_mm: Floats
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
    velocity_up_interval: tuple[float, float] | None = None
    velocity_down_interval: tuple[float, float] | None = None
    velocity_at_least: float | None = None


def central_times(channels: Sequence[Channel], lags: Lags) -> CentralTimes:
    """Take the peripheral conduction off, and average muscles of one level (left and right)."""
    position = np.array([c.position_mm for c in channels])
    muscles = [atlas().get(c.muscle or "") for c in channels]
    root = np.array([np.nan if m is None else m.peripheral_conduction for m in muscles])
    known = np.isfinite(position) & np.isfinite(root) & np.array([c.muscle != BLINK for c in channels])
    names = np.array([c.muscle if c.muscle is not None else "" for c in channels], dtype=object)
    levels = sorted({(position[i], names[i]) for i in np.flatnonzero(known)})
    time, error = np.empty(len(levels)), np.empty(len(levels))
    for k, (mm, name) in enumerate(levels):
        rows = np.flatnonzero(known & (position == mm) & (names == name))
        weight = 1 / lags.error[rows] ** 2 if (lags.error[rows] > 0).all() else np.ones(rows.size)
        time[k] = np.average(lags.lag[rows] - root[rows], weights=weight)
        marking = np.sqrt(1 / weight.sum()) if (lags.error[rows] > 0).all() else 0.0
        nerve = max(NERVE_ERROR, NERVE_PART * root[rows[0]])
        error[k] = np.hypot(marking, nerve)
    position = np.array([mm for mm, _ in levels])
    wrong_by = np.where(position < 0, BRAINSTEM_ERROR_MM, CORD_ERROR_MM)
    return CentralTimes(position, time, error, wrong_by, min((c.sfreq for c in channels), default=0.0))


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Best origin (mm) and slowness (s/m) up and down the cord for each row of times, and the errors it used."""

    origin: Floats
    up: Floats
    down: Floats
    cost: float
    error: Floats


def fit_travel(times: CentralTimes, *, seed: int) -> Travel:
    """Fit a level of origin and the speed above and below it.

    One speed for both ways and a speed for each are both fitted, and weighed by how well they do for their number of
    parameters (Akaike weights): the better one gives the numbers, both give the intervals. Where there are two
    speeds, the speed is that of the longer way.
    """
    refusal = _refuse(times)
    if refusal is not None:
        return Travel("simultaneous" if _all_at_once(times) else "not assessable", refusal)
    rng = np.random.default_rng(seed)
    noise = np.concatenate([np.zeros((1, times.time.size)), rng.standard_normal((BOOTSTRAPS, times.time.size))])
    one, two = _robust_fit(times, noise, two=False), _robust_fit(times, noise, two=True)
    return _describe(times, _average(one, two), two)


def _average(one: _Fit, two: _Fit) -> _Fit:
    """The better fit first, then draws of both by their weights."""
    share = 1 / (1 + np.exp((one.cost - two.cost - TWO_SPEEDS) / 2))
    k = 1 + round(share * BOOTSTRAPS)
    best = one if share >= 0.5 else two
    origin, up, down = (
        np.concatenate([getattr(best, name)[:1], getattr(one, name)[1:k], getattr(two, name)[k:]])
        for name in ("origin", "up", "down")
    )
    return _Fit(origin, up, down, best.cost, best.error)


def _describe(times: CentralTimes, fit: _Fit, two: _Fit) -> Travel:
    x, origin = times.position_mm, float(fit.origin[0])
    above, below = max(origin - float(x.min()), 0.0), max(float(x.max()) - origin, 0.0)
    slowness, reach = (fit.down, below) if below >= above else (fit.up, above)
    low, high = np.quantile(slowness[1:], [0.025, 0.975])
    at_least = float(1 / high) if high > 0 else None
    certainty = float(slowness[0]) / _slowness_error(times, fit, origin)
    numbers = f"{slowness[0] * reach:.1f} ms along {reach:.0f} mm of cord, {certainty:.1f} standard errors"
    resolved = certainty >= RESOLVED and low > 0
    ways = _direction(fit, above, below)
    if not resolved:
        why = f"speed not resolvable: {numbers} ({RESOLVED:g} are needed)"
        return Travel("simultaneous" if fit.up[0] == fit.down[0] else ways, why, velocity_at_least=at_least)
    first, last = np.quantile(fit.origin[1:], [0.025, 0.975])
    first = HIGHEST_MM if min(first, origin) - x.min() < ARM_MM else first  # beyond the first muscle nothing shows it
    last = LOWEST_MM if x.max() - max(last, origin) < ARM_MM else last
    scale = 1.96 * CORD_SCALE * abs(origin) + STEP_MM / 2
    velocity_up, up_interval = _speed(above, two.up, fit.up)
    velocity_down, down_interval = _speed(below, two.down, fit.down)
    return Travel(
        direction=ways,
        why=f"speed resolvable: {numbers}",
        origin_mm=origin,
        origin_interval=(
            origin - float(np.hypot(origin - min(first, origin), scale)),
            origin + float(np.hypot(max(last, origin) - origin, scale)),
        ),
        velocity=float(1 / slowness[0]),
        velocity_interval=(float(1 / high), float(1 / low)),
        velocity_up=velocity_up,
        velocity_down=velocity_down,
        velocity_up_interval=up_interval,
        velocity_down_interval=down_interval,
        velocity_at_least=at_least,
    )


def _speed(reach: float, own: Floats, draws: Floats) -> tuple[float | None, tuple[float, float] | None]:
    """m/s one way, as fitted for that way alone, with its interval; None where the way is short or may be at once."""
    low, high = np.quantile(draws[1:], [0.025, 0.975])
    if reach < ARM_MM or low <= 0 or own[0] <= 0:
        return None, None
    low, high = min(low, own[0]), max(high, own[0])
    return float(1 / own[0]), (float(1 / high), float(1 / low))


def _refuse(times: CentralTimes) -> str | None:
    n, extent = times.position_mm.size, float(np.ptp(times.position_mm)) if times.position_mm.size else 0.0
    if n < MIN_LEVELS or extent < MIN_EXTENT_MM:
        return (
            f"speed not resolvable: known levels of muscles: {n}, over {extent:.0f} mm; "
            f"{MIN_LEVELS} over {MIN_EXTENT_MM:.0f} mm are needed"
        )
    if times.sfreq < MIN_RATE:
        return f"speed not resolvable: EMG at {times.sfreq:g} Hz; order and speed need {MIN_RATE:g} Hz"
    return None


def _all_at_once(times: CentralTimes) -> bool:
    """Whether the central onsets differ by no more than their errors explain."""
    if times.time.size < 2:
        return False
    w = 1 / times.error**2
    misfit = float(np.sum(w * (times.time - np.average(times.time, weights=w)) ** 2))
    return misfit <= float(chi2.ppf(0.95, times.time.size - 1))


def _robust_fit(times: CentralTimes, noise: Floats, *, two: bool) -> _Fit:
    """Fit with errors that grow with the slowness (a level is known to 10 mm) and for muscles far from the fit."""
    x, t = times.position_mm, times.time
    error, residual = times.error, np.zeros(t.size)
    for _ in range(REWEIGHTS):
        origin, slowness, expected = _search(x, t[None], error, two=two)
        residual = t - expected[0]
        level = times.level_error_mm / 1000 * np.where(x < origin[0], slowness[0, 0], slowness[0, 1])
        plain = np.hypot(times.error, level)
        z = np.abs(residual) / plain
        error = plain * np.sqrt(np.maximum(z / HUBER, 1)) * np.maximum(z / OTHER, 1)
    cost = float(np.sum(np.where(z <= HUBER, z**2, 2 * HUBER * z - HUBER**2)) + np.sum(2 * np.log(plain)))
    origin, slowness, _ = _search(x, t + error * noise, error, two=two)
    return _Fit(origin, slowness[:, 0], slowness[:, 1], cost, error)


def _search(x: Floats, t: Floats, error: Floats, *, two: bool) -> tuple[Floats, Floats, Floats]:
    """For each row of times the best origin of a grid, its slowness up and down, and the times it expects."""
    best = np.full(len(t), np.inf)
    origin, slowness, expected = np.zeros(len(t)), np.zeros((len(t), 2)), np.zeros_like(t)
    for place in np.arange(max(x.min(), HIGHEST_MM), x.max() + STEP_MM, STEP_MM):
        up, down = np.maximum(place - x, 0) / 1000, np.maximum(x - place, 0) / 1000
        for ways in _designs(up, down, two=two):
            design = np.concatenate([np.ones((x.size, 1)), ways], axis=1)
            coefficient = (t / error) @ np.linalg.pinv(design / error[:, None]).T
            fitted = coefficient @ design.T
            cost = np.sum(((t - fitted) / error) ** 2, axis=1)
            better = (cost < best) & (coefficient[:, 1:] >= 0).all(axis=1)
            best[better], origin[better], expected[better] = cost[better], place, fitted[better]
            slowness[better] = (coefficient[:, 1:] @ _both_ways(ways))[better]
    return origin, slowness, expected


def _designs(up: Floats, down: Floats, *, two: bool) -> list[Floats]:
    """Columns whose slowness is fitted: one for both ways, or one for each; or for one way alone, the other instant."""
    if not two:
        return [(up + down)[:, None]]
    return [np.stack([up, down], axis=1), np.stack([up, 0 * up], axis=1), np.stack([0 * down, down], axis=1)]


def _both_ways(ways: Floats) -> Floats:
    """From the coefficients of a design to the slowness up and down."""
    return np.ones((1, 2)) if ways.shape[1] == 1 else np.eye(2)


def _slowness_error(times: CentralTimes, fit: _Fit, origin: float) -> float:
    """Standard error of the slowness (s/m) at this origin, of the way that the speed is taken from."""
    x = times.position_mm
    same = fit.up[0] == fit.down[0]
    mine = (
        np.ones(x.size, dtype=bool) if same else (x >= origin if x.max() - origin >= origin - x.min() else x <= origin)
    )
    away, w = np.abs(x - origin)[mine] / 1000, 1 / fit.error[mine] ** 2
    return float(1 / np.sqrt(max(np.sum(w * (away - np.average(away, weights=w)) ** 2), 1e-12)))


def _direction(fit: _Fit, above: float, below: float) -> str:
    up, down = above >= ARM_MM and fit.up[0] > 0, below >= ARM_MM and fit.down[0] > 0
    if up and down:
        return "both ways"
    return "ascending" if up else "descending" if down else "simultaneous"
