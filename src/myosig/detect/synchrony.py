"""How closely do the muscles move together?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.recording import Channel

WINDOW = 0.1  # s: the lags within one jerk, slow propriospinal spread included (criteria.md 2D) [P]
NEAREST_SHIFT, FARTHEST_SHIFT = 1.0, 20.0  # s: surrogates stay in the same stretch of time, beyond one jerk [P]
MIN_COINCIDENCES = 6  # a 95 % interval of a median from order statistics needs six [D]
MIN_BURSTS = 10  # per channel, else a pair is not tested [P]


@dataclass(frozen=True, slots=True, eq=False)
class Synchrony:
    """Pairwise timing of the bursts of all channels; every matrix has shape (n_channels, n_channels).

    Attributes
    ----------
    channels : tuple of Channel
    n : ndarray of int
        Coincidences of each pair: onsets whose nearest onset in the other channel lies within `window`.
    lag, lag_low, lag_high : ndarray of float
        Median onset of the column's channel minus that of the row's, seconds, with its 95 % interval; NaN
        where n is too small.
    jitter : ndarray of float
        Robust standard deviation of the lag, seconds.
    expected : ndarray of float
        Coincidences expected by chance, from surrogates that keep each train's rhythm.
    p_value : ndarray of float
        Of the coincidence, corrected over pairs (false discovery rate); NaN where it was not tested.
    window : float
        Largest lag that counts as a coincidence, seconds.
    seed : int
        Kept for the record: the surrogates are all shifts on a grid, nothing is drawn at random.
    """

    channels: tuple[Channel, ...]
    n: NDArray[np.int64]
    lag: NDArray[np.float64]
    lag_low: NDArray[np.float64]
    lag_high: NDArray[np.float64]
    jitter: NDArray[np.float64]
    expected: NDArray[np.float64]
    p_value: NDArray[np.float64]
    window: float
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it: one entry for each pair that was tested."""
        rows, columns = np.nonzero(np.triu(np.isfinite(self.p_value), 1))
        return {
            "window_ms": 1000 * self.window,
            "n_pairs_tested": int(rows.size),
            "pairs": [self._pair(int(i), int(j)) for i, j in zip(rows, columns, strict=True)],
        }

    def _pair(self, i: int, j: int) -> dict[str, Any]:
        def ms(matrix: NDArray[np.float64]) -> float | None:
            return 1000 * float(matrix[i, j]) if np.isfinite(matrix[i, j]) else None

        return {
            "first": self.channels[i].label,
            "second": self.channels[j].label,
            "n": int(self.n[i, j]),
            "expected": float(self.expected[i, j]),
            "p_value": float(self.p_value[i, j]),
            "lag_ms": ms(self.lag),
            "lag_interval_ms": [ms(self.lag_low), ms(self.lag_high)] if ms(self.lag) is not None else None,
            "jitter_ms": ms(self.jitter),
        }


def measure_synchrony(bursts: Bursts, *, seed: int = 0) -> Synchrony:
    """Measure lag, jitter and coincidence beyond chance for all pairs of channels.

    A burst coincides with another channel when that has an onset within 100 ms. Chance is what the same two trains
    show when one is shifted against the other by 1 to 20 s either way: each keeps its own rhythm.

    Parameters
    ----------
    bursts : Bursts
        Suspect bursts (cross-talk, ECG) are left out.
    seed : int
        Recorded in the result.

    Returns
    -------
    Synchrony

    Examples
    --------
    >>> import myosig as ms
    >>> sync = ms.measure_synchrony(ms.detect_bursts(ms.simulate("segmental", seed=1, duration=60).recording))
    >>> sync.lag.shape == (len(sync.channels), len(sync.channels))
    True
    """
    clean = bursts[bursts.suspect == ""]
    trains = [np.sort(clean.onset[clean.channel == i]) for i in range(len(bursts.channels))]
    count = len(trains)
    shape = (count, count)
    result = {name: np.full(shape, np.nan) for name in ("lag", "lag_low", "lag_high", "jitter", "expected", "p_value")}
    n = np.zeros(shape, dtype=np.int64)
    for i in range(count):
        for j in range(i + 1, count):
            lags = _nearest_lags(trains[i], trains[j])
            n[i, j] = n[j, i] = lags.size
            _fill_lags(result, lags, i, j)
            if min(trains[i].size, trains[j].size) >= MIN_BURSTS:
                _fill_chance(result, trains[i], trains[j], int(lags.size), i, j)
    result["p_value"] = _corrected(result["p_value"])
    return Synchrony(bursts.channels, n, **result, window=WINDOW, seed=seed)


def _nearest_lags(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Second minus first for onsets that are each other's nearest, within the window."""
    if not (first.size and second.size):
        return np.empty(0)
    to_second = _nearest(second, first)
    mutual = _nearest(first, second[to_second]) == np.arange(first.size)
    lags: NDArray[np.float64] = second[to_second[mutual]] - first[mutual]
    return lags[np.abs(lags) <= WINDOW]


def _nearest(sorted_times: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.int64]:
    after = np.clip(np.searchsorted(sorted_times, times), 1, max(sorted_times.size - 1, 1))
    before = after - 1
    after = np.minimum(after, sorted_times.size - 1)
    nearer = times - sorted_times[before] <= sorted_times[after] - times
    return np.where(nearer, before, after)


def _fill_lags(result: dict[str, NDArray[np.float64]], lags: NDArray[np.float64], i: int, j: int) -> None:
    if lags.size < MIN_COINCIDENCES:
        return
    from scipy.stats import binom

    ordered = np.sort(lags)
    low = max(int(binom.ppf(0.025, lags.size, 0.5)) - 1, 0)
    middle = float(np.median(ordered))
    values = {"lag": middle, "lag_low": ordered[low], "lag_high": ordered[lags.size - 1 - low]}
    for name, value in values.items():
        result[name][i, j] = value
    result["lag"][j, i] = -middle
    result["lag_low"][j, i], result["lag_high"][j, i] = -values["lag_high"], -values["lag_low"]
    result["jitter"][i, j] = result["jitter"][j, i] = 1.4826 * float(np.median(np.abs(lags - middle)))


def _fill_chance(
    result: dict[str, NDArray[np.float64]],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    seen: int,
    i: int,
    j: int,
) -> None:
    steps = np.arange(NEAREST_SHIFT, FARTHEST_SHIFT, 2 * WINDOW)
    shifts = np.concatenate([-steps, steps])
    counts = _pairs_near_shifts(first, second, shifts)
    result["expected"][i, j] = result["expected"][j, i] = float(np.mean(counts))
    result["p_value"][i, j] = result["p_value"][j, i] = _count_p(seen, float(np.mean(counts)), float(np.var(counts)))


def _pairs_near_shifts(
    first: NDArray[np.float64], second: NDArray[np.float64], shifts: NDArray[np.float64]
) -> NDArray[np.int64]:
    """For each shift, the onsets of the sparser train that have one of the other within the window."""
    few, many = (first, second) if first.size <= second.size else (second, first)
    moved = few[:, None] + shifts
    low = np.searchsorted(many, moved - WINDOW)
    high = np.searchsorted(many, moved + WINDOW, side="right")
    return np.asarray(np.sum(high > low, axis=0))


def _count_p(seen: int, mean: float, variance: float) -> float:
    """P(count >= seen) for a count of that mean and variance: Poisson, or negative binomial where it varies more."""
    from scipy.stats import nbinom, poisson

    mean = max(mean, 1e-3)
    if variance <= mean:
        return float(poisson.sf(seen - 1, mean))
    return float(nbinom.sf(seen - 1, mean**2 / (variance - mean), mean / variance))


def _corrected(p_value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini and Hochberg's correction over the pairs that were tested."""
    from scipy.stats import false_discovery_control

    rows, columns = np.nonzero(np.triu(np.isfinite(p_value), 1))
    if rows.size == 0:
        return p_value
    corrected = false_discovery_control(p_value[rows, columns])
    out = np.full_like(p_value, np.nan)
    out[rows, columns] = out[columns, rows] = corrected
    return out
