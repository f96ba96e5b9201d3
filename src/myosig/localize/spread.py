"""In which order, and how fast, does a jerk spread along the cord?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.jerks import Jerks
from myosig.localize.cordfit import CordFit, Places, fit_cord
from myosig.muscles import atlas
from myosig.recording import Channel

MIN_JERKS = 5  # in which a muscle takes part, else its place in the order is not given [P]
MIN_SHARE = 0.15  # of the jerks, likewise [P]
N_BOOTSTRAP = 200
N_PERMUTATIONS = 200
MOST_JERKS = 300  # looked at for the stability of the order; more do not change it, only the time it takes
CLEAR_LAG = 0.005  # s: two onsets nearer than this have no order; marking error is 4 ms a channel (criteria.md 2D [D])
INCONSISTENT_JITTER = 0.006  # s: more than marking (4 ms) and synaptic jitter together explain [P]
INCONSISTENT_AGREEMENT = 0.75  # of clear pair orders: half is chance, organic generators are near 1 [P]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Recruitment over all jerks.

    Attributes
    ----------
    channels : tuple of Channel
        The channels that took part often enough, in order of recruitment.
    lag, lag_low, lag_high : ndarray of float, shape (n_channels,)
        Typical onset after the first muscle, seconds, with its 95 % interval.
    n : ndarray of int
        Jerks in which each channel took part.
    stability, stability_p : float or None
        Share of clear pair orders that agree with the typical order, each jerk against the order of the others
        (0.5 = chance), and its p against jerks whose latencies are shuffled.
    direction : {"simultaneous", "descending", "ascending", "both ways", "inconsistent", "not assessable"}
    origin_mm, origin_interval : float or None
        Level of origin along the cord, mm from the top of C1.
    velocity, velocity_interval : float or None, (float, float) or None
        m/s along the cord, peripheral conduction removed; None where it cannot be resolved.
    velocity_up, velocity_down : float or None
        The same above and below the origin.
    resolvable : bool
    why : str
        Why the speed can or cannot be resolved (criteria.md 2D), in words with the numbers.
    side_lag, side_lag_interval, side_lag_n : float or None, (float, float) or None, int
        Right minus left onset of homologous muscles, seconds.
    velocity_at_least : float or None
        Lower end of what the speed can be, also where the speed itself is not resolved, m/s.
    jitter : float or None
        Robust standard deviation of the lags from jerk to jerk, seconds.
    n_jerks : int
        Jerks with at least two of the channels.
    seed : int
    """

    channels: tuple[Channel, ...]
    lag: NDArray[np.float64]
    lag_low: NDArray[np.float64]
    lag_high: NDArray[np.float64]
    n: NDArray[np.int64]
    stability: float | None
    stability_p: float | None
    direction: str
    origin_mm: float | None
    origin_interval: tuple[float, float] | None
    velocity: float | None
    velocity_interval: tuple[float, float] | None
    velocity_up: float | None
    velocity_down: float | None
    resolvable: bool
    why: str
    side_lag: float | None
    side_lag_interval: tuple[float, float] | None
    side_lag_n: int
    velocity_at_least: float | None = None
    jitter: float | None = None
    n_jerks: int = 0
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        labels = [c.label for c in self.channels]
        ends = zip(self.lag_low.tolist(), self.lag_high.tolist(), strict=True)
        return {
            "order": labels,
            "lags_ms": dict(zip(labels, (1000 * self.lag).tolist(), strict=True)),
            "lag_intervals_ms": {label: [1000 * a, 1000 * b] for label, (a, b) in zip(labels, ends, strict=True)},
            "n": dict(zip(labels, self.n.tolist(), strict=True)),
            "n_jerks": self.n_jerks,
            "stability": self.stability,
            "stability_p": self.stability_p,
            "jitter_ms": None if self.jitter is None else 1000 * self.jitter,
            "direction": self.direction,
            "origin_mm": self.origin_mm,
            "origin_interval": list(self.origin_interval) if self.origin_interval else None,
            "velocity_m_s": self.velocity,
            "velocity_interval": list(self.velocity_interval) if self.velocity_interval else None,
            "velocity_up_m_s": self.velocity_up,
            "velocity_down_m_s": self.velocity_down,
            "velocity_at_least_m_s": self.velocity_at_least,
            "resolvable": self.resolvable,
            "why": self.why,
            "side_lag_ms": None if self.side_lag is None else 1000 * self.side_lag,
            "side_lag_interval_ms": [1000 * v for v in self.side_lag_interval] if self.side_lag_interval else None,
            "side_lag_n": self.side_lag_n,
            "seed": self.seed,
        }


def measure_spread(jerks: Jerks, *, seed: int = 0) -> Spread:
    """Measure order, level of origin and conduction velocity over all jerks.

    Typical lags come from medians taken alternately over jerks and muscles, so that a muscle which is missing from
    some jerks does not shift the others. The time from root to muscle (atlas) is subtracted before the speed is
    fitted: central onset = t0 + distance from the origin / speed. The error of that time, 2 ms for each muscle, does
    not shrink with the number of jerks and is part of every interval.

    Parameters
    ----------
    jerks : Jerks
    seed : int
        Of bootstrap and permutations.

    Returns
    -------
    Spread
        Direction ``not assessable`` below two muscles with five jerks each; no speed below three levels over 150 mm,
        or where the delay along the cord is less than three times its standard error.

    References
    ----------
    .. [1] Brown P et al. (1994). Mov Disord 9. doi:10.1002/mds.870090511
    .. [2] Groppa S et al. (2012). Clin Neurophysiol 123:858. doi:10.1016/j.clinph.2012.01.010

    Examples
    --------
    >>> import myosig as ms
    >>> jerks = ms.group_jerks(ms.detect_bursts(ms.simulate("none", seed=1, duration=20).recording))
    >>> ms.measure_spread(jerks).direction
    'not assessable'
    """
    rng = np.random.default_rng(seed)
    side = _side_lag(jerks)
    used = _often_enough(jerks)
    latency = jerks.latency[:, used]
    latency = latency[np.isfinite(latency).sum(axis=1) >= 2]
    if used.size < 2 or len(latency) < MIN_JERKS:
        return _not_assessable(side, len(latency), seed)
    lag = typical_lags(latency)
    draws = np.array([typical_lags(latency[rng.integers(0, len(latency), len(latency))]) for _ in range(N_BOOTSTRAP)])
    low, high = np.nanpercentile(draws, [2.5, 97.5], axis=0)
    stability, stability_p = _stability(latency[:: max(1, len(latency) // MOST_JERKS)], rng)
    jitter = _jitter(latency, lag)
    channels = [jerks.channels[i] for i in used]
    fit = fit_cord(_places(channels), lag, np.nanstd(draws, axis=0))
    order = np.argsort(lag, kind="stable")
    first = lag[order[0]]
    return Spread(
        channels=tuple(channels[i] for i in order),
        lag=lag[order] - first,
        lag_low=low[order] - first,
        lag_high=high[order] - first,
        n=np.isfinite(latency).sum(axis=0)[order],
        stability=stability,
        stability_p=stability_p,
        direction=_direction(fit, jitter, stability),
        origin_mm=fit.origin,
        origin_interval=fit.origin_interval,
        velocity=fit.velocity,
        velocity_interval=fit.velocity_interval,
        velocity_up=fit.velocity_up,
        velocity_down=fit.velocity_down,
        resolvable=fit.velocity is not None,
        why=fit.why,
        velocity_at_least=fit.velocity_at_least,
        jitter=jitter,
        n_jerks=len(latency),
        seed=seed,
        **side,
    )


def typical_lags(latency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Typical onset of each muscle, shape (n_channels,), from latencies with NaN where a muscle was not recruited.

    Medians over muscles and over jerks alternate (median polish) until they settle.
    """
    start = _median(latency, axis=1)[:, None]
    for _ in range(3):  # more rounds change the lags by less than a tenth of a millisecond
        lag = _median(latency - start, axis=0)
        start = _median(latency - lag, axis=1)[:, None]
    return lag


def _median(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Median of what is not NaN along one axis; NaN where there is nothing. Sorting puts NaN last, so this is quick."""
    ordered = np.sort(values, axis=axis)
    count = np.isfinite(values).sum(axis=axis, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=axis)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[axis] - 1), axis=axis)
    return np.squeeze(np.where(count > 0, (low + high) / 2, np.nan), axis=axis)


def _often_enough(jerks: Jerks) -> NDArray[np.int64]:
    took_part = jerks.recruited.sum(axis=0)
    return np.flatnonzero((took_part >= MIN_JERKS) & (took_part >= MIN_SHARE * len(jerks)))


def _places(channels: list[Channel]) -> Places:
    """Where each channel's motoneurons lie, and how long from there to the muscle; NaN where that is not known."""
    muscles = [atlas().get(c.muscle or "") for c in channels]
    return Places(
        position=np.array([c.position_mm for c in channels]),
        conduction=np.array([m.peripheral_conduction if m is not None else np.nan for m in muscles]),
        cranial=np.array([m is not None and m.is_cranial for m in muscles]),
    )


def _stability(latency: NDArray[np.float64], rng: np.random.Generator) -> tuple[float | None, float | None]:
    """Share of clear pair orders that agree with those of the other jerks, and its p against shuffled jerks."""
    seen = _agreement(latency)
    if seen is None:
        return None, None
    at_least = 0
    for _ in range(N_PERMUTATIONS):
        shuffled = _agreement(_shuffled_rows(latency, rng))
        at_least += shuffled is not None and shuffled >= seen
    return seen, (1 + at_least) / (1 + N_PERMUTATIONS)


def _agreement(latency: NDArray[np.float64]) -> float | None:
    difference = latency[:, :, None] - latency[:, None, :]
    sign = np.where(np.abs(difference) > CLEAR_LAG, np.sign(difference), 0.0)
    sign = np.where(np.isfinite(difference), sign, 0.0)
    others = np.sign(sign.sum(axis=0, keepdims=True) - sign)  # what the other jerks say of the pair
    clear = (sign != 0) & (others != 0)
    return float(np.mean(sign[clear] == others[clear])) if clear.sum() >= 2 * MIN_JERKS else None


def _shuffled_rows(latency: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Each jerk keeps its muscles and its latencies, but who had which is drawn anew."""
    out = latency.copy()
    for row in out:
        there = np.isfinite(row)
        row[there] = rng.permutation(row[there])
    return out


def _jitter(latency: NDArray[np.float64], lag: NDArray[np.float64]) -> float:
    residual = latency - lag
    residual -= _median(residual, axis=1)[:, None]
    return 1.4826 * float(np.nanmedian(np.abs(residual)))


def _direction(fit: CordFit, jitter: float, stability: float | None) -> str:
    if jitter > INCONSISTENT_JITTER and (stability is None or stability < INCONSISTENT_AGREEMENT):
        return "inconsistent"
    return fit.direction


def _side_lag(jerks: Jerks) -> dict[str, Any]:
    """Right minus left onset over all homologous pairs and all jerks in which both took part."""
    rights = {c.muscle: i for i, c in enumerate(jerks.channels) if c.muscle and c.side == "right"}
    lefts = {c.muscle: i for i, c in enumerate(jerks.channels) if c.muscle and c.side == "left"}
    pairs = [(rights[m], lefts[m]) for m in rights if m in lefts]
    lags = np.concatenate([jerks.latency[:, r] - jerks.latency[:, left] for r, left in pairs]) if pairs else np.empty(0)
    lags = np.sort(lags[np.isfinite(lags)])
    if lags.size < MIN_JERKS + 1:
        return {"side_lag": None, "side_lag_interval": None, "side_lag_n": int(lags.size)}
    from scipy.stats import binom

    low = max(int(binom.ppf(0.025, lags.size, 0.5)) - 1, 0)
    ends = (float(lags[low]), float(lags[lags.size - 1 - low]))
    return {"side_lag": float(np.median(lags)), "side_lag_interval": ends, "side_lag_n": int(lags.size)}


def _not_assessable(side: dict[str, Any], n_jerks: int, seed: int) -> Spread:
    none = np.empty(0)
    return Spread(
        channels=(),
        lag=none,
        lag_low=none,
        lag_high=none,
        n=np.empty(0, dtype=np.int64),
        stability=None,
        stability_p=None,
        direction="not assessable",
        origin_mm=None,
        origin_interval=None,
        velocity=None,
        velocity_interval=None,
        velocity_up=None,
        velocity_down=None,
        resolvable=False,
        why=f"order needs two muscles that jerk together at least {MIN_JERKS} times; there are {n_jerks} such jerks",
        n_jerks=n_jerks,
        seed=seed,
        **side,
    )
