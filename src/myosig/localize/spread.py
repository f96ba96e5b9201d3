"""In which order, and how fast, does a jerk spread along the cord?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.detect.jerks import Jerks
from myosig.localize.antagonists import AntagonistPair, measure_antagonists
from myosig.localize.conduction import Travel, central_times, fit_travel
from myosig.localize.order import agreement, clear_orders, typical_lags
from myosig.notebook import Shown

Floats = NDArray[np.float64]

MIN_JERKS = 5  # with a muscle, before it has a lag [P]
MIN_SHARE = 0.1  # of the jerks in which a muscle takes part, before it belongs to the pattern [P]
ALPHA = 0.05
SCATTERED = 0.007  # s beyond the errors of marking: more than the jitter of an organic jerk (to 5 ms) explains [P]
AGREES = 0.3  # Kendall's W below which an order that scatters is inconsistent [P]
NO_ORDER = "speed not resolvable: the order of the muscles changes from jerk to jerk"
MIN_SIDE_JERKS = 10  # pairs of onsets of homologous muscles [P]


@dataclass(frozen=True, slots=True, eq=False)
class Spread(Shown):
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
        Share of clear pair orders (more than 5 ms apart) that agree with those of the other jerks (0.5 = chance),
        and the p of `concordance` against random orders.
    direction : {"simultaneous", "descending", "ascending", "both ways", "inconsistent", "not assessable"}
    origin_mm, origin_interval : float or None
        Level of origin along the cord, mm from the top of C1. Where the jerk may go one way only, the interval reaches
        to the end of the cord, or the pons, on the other side: it may have begun beyond the first muscle.
    velocity, velocity_interval : float or None, (float, float) or None
        m/s along the cord, peripheral conduction removed; None where it cannot be resolved.
    velocity_up, velocity_down : float or None
        The same above and below the origin, each fitted by itself.
    velocity_up_interval, velocity_down_interval : (float, float) or None
        Of these; both None where the jerk does not go that way far enough, or may do so at once.
    resolvable : bool
    why : str
        Why the speed can or cannot be resolved (criteria.md 2D), in words with the numbers.
    side_lag, side_lag_interval, side_lag_n : float or None, (float, float) or None, int
        Right minus left onset of homologous muscles, seconds.
    jitter : float or None
        Robust standard deviation of single onsets around the typical lags, seconds.
    scatter : float or None
        What is left of it without the errors of marking (the standard errors of the onsets).
    n_jerks : int
        Jerks with at least two of the channels.
    concordance : float or None
        Kendall's W of the orders of all jerks, 0-1.
    velocity_at_least : float or None
        The lowest speed that the onsets allow (lower 95 % limit), also where the speed itself cannot be resolved.
    antagonists : tuple of AntagonistPair
        Pairs of antagonists: together, alternating or triphasic.
    seed : int

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> spread = ms.measure_spread(ms.group_jerks(ms.detect_bursts(recording)))
    >>> spread.velocity is None  # two or three segments are too few levels for a speed
    True
    """

    channels: tuple[Channel, ...]
    lag: NDArray[np.float64]
    lag_low: NDArray[np.float64]
    lag_high: NDArray[np.float64]
    n: NDArray[np.int64]
    stability: float | None = None
    stability_p: float | None = None
    direction: str = "not assessable"
    origin_mm: float | None = None
    origin_interval: tuple[float, float] | None = None
    velocity: float | None = None
    velocity_interval: tuple[float, float] | None = None
    velocity_up: float | None = None
    velocity_down: float | None = None
    resolvable: bool = False
    why: str = ""
    side_lag: float | None = None
    side_lag_interval: tuple[float, float] | None = None
    side_lag_n: int = 0
    jitter: float | None = None
    scatter: float | None = None
    n_jerks: int = 0
    concordance: float | None = None
    velocity_at_least: float | None = None
    antagonists: tuple[AntagonistPair, ...] = ()
    seed: int = 0
    velocity_up_interval: tuple[float, float] | None = None
    velocity_down_interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        labels = [c.label for c in self.channels]
        return {
            "order": labels,
            "lags_ms": dict(zip(labels, (1000 * self.lag).tolist(), strict=True)),
            "lag_intervals_ms": {
                label: [1000 * low, 1000 * high]
                for label, low, high in zip(labels, self.lag_low.tolist(), self.lag_high.tolist(), strict=True)
            },
            "n": dict(zip(labels, self.n.tolist(), strict=True)),
            "n_jerks": self.n_jerks,
            "stability": self.stability,
            "stability_p": self.stability_p,
            "concordance": self.concordance,
            "jitter_ms": _milli(self.jitter),
            "scatter_ms": _milli(self.scatter),
            "direction": self.direction,
            "origin_mm": self.origin_mm,
            "origin_interval": _pair(self.origin_interval),
            "velocity_m_s": self.velocity,
            "velocity_interval": _pair(self.velocity_interval),
            "velocity_up_m_s": self.velocity_up,
            "velocity_up_interval": _pair(self.velocity_up_interval),
            "velocity_down_m_s": self.velocity_down,
            "velocity_down_interval": _pair(self.velocity_down_interval),
            "velocity_at_least_m_s": self.velocity_at_least,
            "resolvable": self.resolvable,
            "why": self.why,
            "side_lag_ms": _milli(self.side_lag),
            "side_lag_interval_ms": _pair(self.side_lag_interval, 1000),
            "side_lag_n": self.side_lag_n,
            "antagonists": [pair.to_dict() for pair in self.antagonists],
            "seed": self.seed,
        }


def measure_spread(jerks: Jerks, *, seed: int = 0) -> Spread:
    """Measure order, level of origin and conduction velocity over all jerks.

    The typical lag of each muscle is fitted to all jerks at once, so that a muscle that is missing from some does not
    shift the others. From it the conduction time from root to muscle is taken off (atlas; for L4-S2 also 2 ms of cauda
    equina), and what is left is fitted with a level of origin and a speed above and below it (criteria.md 2C).

    Parameters
    ----------
    jerks : Jerks
    seed : int
        Of the permutations and of the bootstrap.

    Returns
    -------
    Spread
        Direction `not assessable` with fewer than two muscles or five jerks. A speed is given only where the jerks keep
        an order, and the central onsets differ by three standard errors or more, over at least three levels and 150 mm.

    References
    ----------
    Brown et al. (1994), doi 10.1002/mds.870090511; van der Salm et al. (2010), doi 10.1007/s00415-010-5531-6: order and
    speed of propriospinal myoclonus.

    Examples
    --------
    >>> import myosig as ms
    >>> sim = ms.simulate("propriospinal", seed=3, duration=120, n_eeg=0)
    >>> ms.measure_spread(ms.group_jerks(ms.detect_bursts(sim.recording))).n_jerks > 0
    True
    """
    n = jerks.recruited.sum(axis=0)
    chosen = np.flatnonzero(n >= max(MIN_JERKS, MIN_SHARE * len(jerks)))
    latency = jerks.latency[:, chosen]
    latency = latency[np.isfinite(latency).sum(axis=1) >= 2]
    accompanied = np.isfinite(latency).any(axis=0)  # a muscle that always jerks by itself has no lag
    chosen, latency = chosen[accompanied], latency[:, accompanied]
    if chosen.size < 2 or len(latency) < MIN_JERKS:
        return _not_assessable(jerks, chosen, len(latency), seed)
    lags = typical_lags(latency)
    scatter = beyond_marking(lags.jitter, onset_error(jerks))
    concordance, p_value = agreement(latency, lags.lag, seed=seed)
    channels = [jerks.channels[i] for i in chosen]
    keeps_order = scatter <= SCATTERED or (concordance >= AGREES and p_value < ALPHA)
    travel = fit_travel(central_times(channels, lags), seed=seed) if keeps_order else Travel("inconsistent", NO_ORDER)
    side_lag, side_interval, side_n = _side_lag(jerks)
    order = np.argsort(lags.lag, kind="stable")
    width = 1.96 * np.hypot(lags.error, lags.error[order[0]]) * (np.arange(chosen.size) != order[0])
    return Spread(
        channels=tuple(channels[i] for i in order),
        lag=lags.lag[order],
        lag_low=(lags.lag - width)[order],
        lag_high=(lags.lag + width)[order],
        n=n[chosen][order],
        stability=clear_orders(latency),
        stability_p=p_value,
        **asdict(travel),
        resolvable=travel.velocity is not None,
        side_lag=side_lag,
        side_lag_interval=side_interval,
        side_lag_n=side_n,
        jitter=lags.jitter,
        scatter=scatter,
        n_jerks=len(latency),
        concordance=concordance,
        antagonists=measure_antagonists(jerks),
        seed=seed,
    )


def onset_error(jerks: Jerks) -> float:
    """Typical standard error of the onsets of the bursts of jerks, seconds; 0 where none was estimated."""
    known = jerks.bursts.onset_se[jerks.member >= 0]
    known = known[np.isfinite(known)]
    return float(np.median(known)) if known.size else 0.0


def beyond_marking(apart: float, error: float) -> float:
    """What is left of a scatter when the errors of marking, which add to it as squares, are taken off."""
    return float(np.sqrt(max(apart**2 - error**2, 0.0)))


def _not_assessable(jerks: Jerks, chosen: NDArray[np.int64], n_jerks: int, seed: int) -> Spread:
    why = (
        f"an order needs 2 muscles that take part often enough and {MIN_JERKS} jerks of several; "
        f"there are {chosen.size} and {n_jerks}"
    )
    channels = tuple(jerks.channels[i] for i in chosen) if chosen.size == 1 else ()
    zero = np.zeros(len(channels))
    n = jerks.recruited.sum(axis=0)[chosen] if channels else np.empty(0, dtype=np.int64)
    return Spread(channels, zero, zero, zero, n, why=why, n_jerks=n_jerks, seed=seed)


def _side_lag(jerks: Jerks) -> tuple[float | None, tuple[float, float] | None, int]:
    """Median of right minus left of homologous muscles, its interval from order statistics, and n."""
    from scipy.stats import binom

    pieces = [jerks.latency[:, r] - jerks.latency[:, left] for left, r in homologous(jerks.channels)]
    lag = np.sort(np.concatenate([*pieces, np.empty(0)]))
    lag = lag[np.isfinite(lag)]
    n = lag.size
    if n < MIN_SIDE_JERKS:
        return None, None, n
    rank = int(binom.ppf(0.025, n, 0.5))
    return float(np.median(lag)), (float(lag[max(rank - 1, 0)]), float(lag[n - rank])), n


def homologous(channels: tuple[Channel, ...]) -> list[tuple[int, int]]:
    """Left and right channel of each muscle that is recorded on both sides at the same segments."""
    return [
        (i, j)
        for i, one in enumerate(channels)
        for j, other in enumerate(channels)
        if (one.side, other.side) == ("left", "right")
        and one.muscle is not None
        and (one.muscle, one.segments) == (other.muscle, other.segments)
    ]


def _milli(seconds: float | None) -> float | None:
    return None if seconds is None else 1000 * seconds


def _pair(interval: tuple[float, float] | None, factor: float = 1.0) -> list[float] | None:
    return None if interval is None else [factor * interval[0], factor * interval[1]]
