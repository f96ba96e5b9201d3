"""The typical lag of each muscle over all jerks, and how well single jerks agree with their common order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]

ROUNDS = 20  # of the two-way fit; it settles in three to six
MEDIAN_COST = 1.2533  # standard error of a median over that of a mean, for normal deviates
MAD_TO_SD = 1.4826
PERMUTATIONS = 199
CLEAR = 0.005  # s: marking errs by 4 ms a channel (criteria.md 2D), so that nearer onsets have no order [D]
MIN_ORDERS = 10
MOST_JERKS = 300  # evenly chosen, whose orders are compared: more do not change the answer


@dataclass(frozen=True, slots=True, eq=False)
class Lags:
    """Typical onsets.

    Attributes
    ----------
    lag : ndarray of float, shape (n_channels,)
        Seconds after the first.
    error : ndarray of float
        Standard error of each, seconds.
    n : ndarray of int
        Onsets of each.
    jitter : float
        Robust standard deviation of single onsets around the typical lags, seconds.
    """

    lag: Floats
    error: Floats
    n: NDArray[np.int64]
    jitter: float


def typical_lags(latency: Floats) -> Lags:
    """Fit onset = jerk + lag of the muscle by medians.

    Parameters
    ----------
    latency : ndarray of float, shape (n_jerks, n_channels)
        Seconds; NaN = not recruited. At least two muscles in each jerk, and one jerk for each muscle.
    """
    lag = np.zeros(latency.shape[1])
    start = np.zeros((len(latency), 1))
    for _ in range(ROUNDS):
        start = np.nanmedian(latency - lag, axis=1, keepdims=True)
        new = np.nanmedian(latency - start, axis=0)
        settled = np.abs(new - lag).max() < 1e-6
        lag = new
        if settled:
            break
    residual = latency - start - lag
    n = np.isfinite(latency).sum(axis=0)
    each = MAD_TO_SD * np.nanmedian(np.abs(residual), axis=0)
    jitter = _jitter(latency, lag)
    error = MEDIAN_COST * np.maximum(each, jitter / 2) / np.sqrt(n)
    return Lags(lag - lag.min(), error, n, jitter)


def _jitter(latency: Floats, lag: Floats) -> float:
    """From the differences of two muscles in a jerk, which owe nothing to the fit of its start."""
    shifted = _some(latency) - lag
    first, second = np.triu_indices(lag.size, 1)
    apart = np.abs(shifted[:, first] - shifted[:, second])
    return float(MAD_TO_SD * np.nanmedian(apart) / np.sqrt(2))


def agreement(latency: Floats, lag: Floats, *, seed: int) -> tuple[float, float]:
    """Kendall's W of the orders of all jerks, and its p against random orders.

    With muscles missing from some jerks: the variance between muscles of their mean ranks, over what it would be if
    every jerk kept the common order of those that took part. With none missing it is Kendall's W.

    Parameters
    ----------
    latency : ndarray of float, shape (n_jerks, n_channels)
    lag : ndarray of float, shape (n_channels,)
        The common order.
    seed : int

    References
    ----------
    Kendall & Babington Smith 1939, doi 10.1214/aoms/1177732186.
    """
    taken = _some(latency)
    there = np.isfinite(taken)
    found, best = _between(taken), _between(np.where(there, lag, np.nan))
    rng = np.random.default_rng(seed)
    chance = [_between(np.where(there, rng.random(taken.shape), np.nan)) for _ in range(PERMUTATIONS)]
    p_value = (1 + np.sum(np.array(chance) >= found)) / (1 + PERMUTATIONS)
    concordance = min(found / best, 1.0) if best > 0 else 0.0  # muscles that all tie have no order
    return float(concordance), float(p_value)


def _between(latency: Floats) -> float:
    """Variance between muscles of their ranks: sum of n times the square of the mean rank, around each jerk's mean."""
    there = np.isfinite(latency)
    rank = rankdata(np.where(there, latency, np.inf), axis=1)  # ties share their mean rank
    centred = np.where(there, rank - (there.sum(axis=1, keepdims=True) + 1) / 2, 0.0)
    return float(np.sum(centred.sum(axis=0) ** 2 / np.maximum(there.sum(axis=0), 1)))


def clear_orders(latency: Floats) -> float | None:
    """Share of pairs of onsets more than 5 ms apart whose order is that of most other jerks; None below ten pairs."""
    taken = _some(latency)
    apart = taken[:, :, None] - taken[:, None, :]
    sign = np.where(np.abs(apart) > CLEAR, np.sign(apart), 0.0)
    others = np.sign(sign.sum(axis=0) - sign)
    clear = np.triu((sign != 0) & (others != 0), 1)
    return float(np.mean(sign[clear] == others[clear])) if clear.sum() >= MIN_ORDERS else None


def _some(latency: Floats) -> Floats:
    rows = np.linspace(0, len(latency) - 1, min(len(latency), MOST_JERKS)).round().astype(int)
    return np.asarray(latency[rows])
