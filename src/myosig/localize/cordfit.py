"""Origin and speed of a volley along the cord, from typical lags of muscles at known levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERIPHERAL_ERROR = (
    0.002  # s for each muscle: the atlas is good to that, however many jerks there are (criteria.md 2D [D])
)
LEVEL_ERROR_MM = 10.0  # a muscle's motoneurons are spread over segments: half a thoracic segment [P]
CRANIAL_ERROR_MM = 15.0  # brainstem nuclei lie 30-60 mm above C1 (criteria.md 2C [M])
MIN_LEVELS = 3
MIN_RANGE_MM = 150.0  # criteria.md, gates: three muscles over 150 mm
RESOLVED = 3.0  # the delay along the cord over its standard error (criteria.md 2C, rule 4)
ORIGIN_STEP_MM = 5.0
END_MM = 40.0  # an origin nearer than this to the first or last level is the end of the fitted stretch [P]
HUBER = 1.5  # residuals beyond 1.5 standard errors weigh less: a mislabelled muscle must not make the speed
LEVEL_MM = 15.0  # muscles nearer than this share a level: about one cervical segment


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Cord position (mm), conduction from there to the muscle (s), and whether a cranial nerve supplies it."""

    position: NDArray[np.float64]
    conduction: NDArray[np.float64]
    cranial: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CordFit:
    """What `fit_cord` found; None for what could not be had."""

    direction: str
    why: str
    origin: float | None = None
    origin_interval: tuple[float, float] | None = None
    velocity: float | None = None
    velocity_interval: tuple[float, float] | None = None
    velocity_up: float | None = None
    velocity_down: float | None = None
    velocity_at_least: float | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    """Central onset against distance from one origin: cost, slope (s/mm) and its standard error."""

    origin: float
    cost: float
    slope: float
    error: float


def fit_cord(places: Places, lag: NDArray[np.float64], lag_error: NDArray[np.float64]) -> CordFit:
    """Fit origin and speed to typical lags.

    Parameters
    ----------
    places : Places
    lag, lag_error : ndarray of float, shape (n_channels,)
        Typical onsets and their standard errors over jerks, seconds.

    Returns
    -------
    CordFit
    """
    known = np.isfinite(places.position) & np.isfinite(places.conduction) & np.isfinite(lag)
    x, t = places.position[known], (lag - places.conduction)[known]
    sigma = np.hypot(lag_error[known], PERIPHERAL_ERROR)
    levels = _count_levels(x)
    reach = float(np.ptp(x)) if x.size else 0.0
    if levels < 2:
        return CordFit(
            "not assessable" if levels == 0 else "simultaneous", f"{levels} known level(s) of the cord took part"
        )
    lines = [_fit_line(x, t, sigma, places.cranial[known], float(origin)) for origin in _origins(x)]
    best = min(lines, key=lambda line: line.cost)
    delay, delay_error = best.slope * reach, best.error * reach
    fastest = 1e-3 / (best.slope + 1.96 * best.error) if best.slope + 1.96 * best.error > 0 else None
    measured = f"delay {1000 * delay:.1f} ± {1000 * delay_error:.1f} ms over {reach:.0f} mm and {levels} levels"
    if levels < MIN_LEVELS or reach < MIN_RANGE_MM:
        need = f"speed not resolvable: {measured}; {MIN_LEVELS} levels over {MIN_RANGE_MM:.0f} mm are needed"
        return CordFit(_direction(best, x, resolved=delay > RESOLVED * delay_error), need)
    if delay < RESOLVED * delay_error:
        why = f"speed not resolvable: {measured}; a delay of {RESOLVED:g} standard errors is needed"
        return CordFit("simultaneous", why, velocity_at_least=fastest)
    origin_interval = _origin_interval(lines, best)
    up, down = _one_sided(x, t, sigma, best.origin, above=True), _one_sided(x, t, sigma, best.origin, above=False)
    return CordFit(
        direction=_direction(best, x, resolved=True),
        why=f"speed resolved: {measured}, at least {RESOLVED:g} standard errors",
        origin=best.origin,
        origin_interval=origin_interval,
        velocity=1e-3 / best.slope,
        velocity_interval=_velocity_interval(lines, best),
        velocity_up=up,
        velocity_down=down,
        velocity_at_least=fastest,
    )


def _origins(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.arange(x.min(), x.max() + ORIGIN_STEP_MM, ORIGIN_STEP_MM, dtype=np.float64)


def _count_levels(x: NDArray[np.float64]) -> int:
    ordered = np.sort(x)
    return 0 if ordered.size == 0 else 1 + int(np.sum(np.diff(ordered) > LEVEL_MM))


def _fit_line(
    x: NDArray[np.float64],
    t: NDArray[np.float64],
    sigma: NDArray[np.float64],
    cranial: NDArray[np.bool_],
    origin: float,
) -> _Line:
    """Robust weighted line t = a + slope * |x - origin|, slope not negative; cost is Huber's."""
    distance = np.abs(x - origin)
    slope, error, residual = 0.0, np.inf, t - np.median(t)
    spread = sigma
    for _ in range(4):  # reweighting and the error of the levels both settle within a few rounds
        spread = np.hypot(sigma, np.where(cranial, CRANIAL_ERROR_MM, LEVEL_ERROR_MM) * slope)
        pull = np.abs(residual) / spread
        weight = np.where(pull > HUBER, HUBER / np.maximum(pull, 1e-12), 1.0) / spread**2
        middle_x, middle_t = np.average(distance, weights=weight), np.average(t, weights=weight)
        moment = float(np.sum(weight * (distance - middle_x) ** 2))
        if moment <= 0:
            return _Line(origin, np.inf, 0.0, np.inf)
        slope = max(0.0, float(np.sum(weight * (distance - middle_x) * (t - middle_t)) / moment))
        error = float(moment**-0.5)
        residual = t - middle_t - slope * (distance - middle_x)
    return _Line(origin, _huber(residual / spread), slope, error)


def _huber(z: NDArray[np.float64]) -> float:
    big = np.abs(z)
    return float(np.sum(np.where(big <= HUBER, 0.5 * z**2, HUBER * (big - 0.5 * HUBER))))


def _origin_interval(lines: list[_Line], best: _Line) -> tuple[float, float]:
    """Origins whose cost is within the 95 % limit of the profile likelihood (1.92 for one parameter)."""
    near = [line.origin for line in lines if line.cost <= best.cost + 1.92]
    return min(near), max(near)


def _velocity_interval(lines: list[_Line], best: _Line) -> tuple[float, float] | None:
    """95 % interval over all origins that the data allow, so that not knowing the origin counts."""
    near = [line for line in lines if line.cost <= best.cost + 1.92 and np.isfinite(line.error)]
    steepest = max(line.slope + 1.96 * line.error for line in near)
    flattest = min(line.slope - 1.96 * line.error for line in [best])
    gentlest = min([flattest, *(line.slope for line in near if line.slope > 0)])
    return (1e-3 / steepest, 1e-3 / gentlest) if gentlest > 0 else None


def _one_sided(
    x: NDArray[np.float64], t: NDArray[np.float64], sigma: NDArray[np.float64], origin: float, *, above: bool
) -> float | None:
    """Speed on one side of the origin, where that side alone resolves it."""
    side = x <= origin + END_MM / 2 if above else x >= origin - END_MM / 2
    if _count_levels(x[side]) < 2 or float(np.ptp(x[side])) < MIN_RANGE_MM / 2:
        return None
    line = _fit_line(x[side], t[side], sigma[side], np.zeros(int(side.sum()), dtype=bool), origin)
    return 1e-3 / line.slope if line.slope > RESOLVED * line.error else None


def _direction(best: _Line, x: NDArray[np.float64], *, resolved: bool) -> str:
    if not resolved:
        return "simultaneous"
    if best.origin <= x.min() + END_MM:
        return "descending"
    return "ascending" if best.origin >= x.max() - END_MM else "both ways"
