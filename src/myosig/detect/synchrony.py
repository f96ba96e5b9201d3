"""How closely do the muscles move together?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from myosig.channel import Channel
from myosig.detect import _timing_kernels
from myosig.detect.bursts import Bursts
from myosig.muscles import atlas
from myosig.notebook import Shown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW = 0.1  # s: the lag of slow spread from the abdomen to neck or leg (criteria.md 2D, 5 m/s: 50 ms), twice [P]
SURROGATES = 99  # the smallest p-value is 1 in 100
THREADS = 2  # the surrogates do not depend on it
LEAST_APART, REACH = 0.25, 5.0  # s: beyond the window and a lag, within one state or one bout [P]
MIN_BURSTS = 10  # of either channel, for a test [P]
MIN_COINCIDENCES = 10  # for a lag with its interval [P]
MAD_TO_SD = 1.4826
ALPHA = 0.05
PAIR_ERROR = 1.96 * 0.0028  # s: of the difference of two conduction times from root to muscle (criteria.md 2D) [D]


@dataclass(frozen=True, slots=True, eq=False)
class Synchrony(Shown):
    """Pairwise timing of the bursts of all channels; every matrix has shape (n_channels, n_channels).

    Attributes
    ----------
    channels : tuple of Channel
    n : ndarray of int
        Coincidences of each pair: bursts of the row's channel with one of the column's within `window`, each used
        once. On the diagonal the bursts of each channel.
    lag, lag_low, lag_high : ndarray of float
        Median onset of the column's channel minus that of the row's, seconds, with its 95 % interval (of order
        statistics); NaN where n is too small.
    jitter : ndarray of float
        Robust standard deviation of the lag, seconds.
    expected : ndarray of float
        Coincidences expected by chance, from surrogates that keep each train's rhythm.
    p_value : ndarray of float
        Of the coincidence, corrected over pairs; NaN where it was not tested.
    window : float
        Largest lag that counts as a coincidence, seconds.
    seed : int

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> synchrony = ms.measure_synchrony(ms.detect_bursts(recording))
    >>> synchrony.lag.shape
    (6, 6)
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
            "seed": self.seed,
            "n_pairs_tested": int(rows.size),
            "pairs": [self._pair(int(i), int(j)) for i, j in zip(rows, columns, strict=True)],
        }

    def _pair(self, i: int, j: int) -> dict[str, Any]:
        lag, low, high, jitter = (
            1000 * float(m[i, j]) if np.isfinite(m[i, j]) else None
            for m in (self.lag, self.lag_low, self.lag_high, self.jitter)
        )
        return {
            "first": self.channels[i].label,
            "second": self.channels[j].label,
            "n": int(self.n[i, j]),
            "expected": float(self.expected[i, j]),
            "p_value": float(self.p_value[i, j]),
            "lag_ms": lag,
            "lag_interval_ms": None if lag is None else [low, high],
            "jitter_ms": jitter,
            "drive": self.drive(i, j),
        }

    def drive(self, i: int, j: int) -> str | None:
        """Whether two muscles are driven in common or one after the other.

        Parameters
        ----------
        i, j : int
            Positions in `channels`.

        Returns
        -------
        {"common", "sequential"} or None
            Common where the conduction from root to muscle explains their lag, sequential where the whole interval of
            the lag lies beyond it. None where they do not coincide beyond chance, or a muscle is not known.
        """
        muscles = [atlas().get(self.channels[k].muscle or "") for k in (i, j)]
        if muscles[0] is None or muscles[1] is None or not self.p_value[i, j] < ALPHA or np.isnan(self.lag[i, j]):
            return None
        explained = muscles[1].peripheral_conduction - muscles[0].peripheral_conduction
        low, high = float(self.lag_low[i, j]) - PAIR_ERROR, float(self.lag_high[i, j]) + PAIR_ERROR
        return "common" if low <= explained <= high else "sequential"


def measure_synchrony(bursts: Bursts, *, seed: int = 0) -> Synchrony:
    """Measure lag, jitter and coincidence beyond chance for all pairs of channels.

    Chance is what remains when each train as a whole is shifted by up to 5 s (21 s for 64 channels), at random and at
    least 0.2 s from any other (what leaves at one end comes in at the other). The intervals of every train stay, and
    so do slow changes of rate that all trains share; what the muscles have in common within the window is gone. The
    p-value is corrected over pairs by the largest deviation in each surrogate.

    Parameters
    ----------
    bursts : Bursts
        Suspect bursts (cross-talk, heart beats) are left out.
    seed : int
        Of the surrogates.

    Returns
    -------
    Synchrony
        NaN where two channels have too few bursts together to tell, and on the diagonal.

    References
    ----------
    Pipa, Wheeler, Singer and Nikolic (2008), doi 10.1007/s10827-007-0065-3: trains shifted as a whole. Nichols and
    Holmes (2002), doi 10.1002/hbm.1058: correction by the largest deviation.

    Examples
    --------
    >>> import myosig as ms
    >>> sim = ms.simulate("segmental", seed=3, duration=60, n_eeg=0)
    >>> ms.measure_synchrony(ms.detect_bursts(sim.recording)).n.shape
    (16, 16)
    """
    keep = bursts.suspect == ""
    onset, channel, k = bursts.onset[keep], bursts.channel[keep], len(bursts.channels)
    first, second = _timing_kernels.pair_up(onset, channel, k, WINDOW)
    code = channel[first] * k + channel[second]
    lag, low, high, jitter = _lags(code, onset[second] - onset[first], k)
    n = _symmetric(np.bincount(code, minlength=k * k).reshape(k, k))
    expected, p_value = _against_chance(n, onset, channel, k, seed)
    np.fill_diagonal(n, np.bincount(channel, minlength=k))
    return Synchrony(bursts.channels, n, lag, low, high, jitter, expected, p_value, WINDOW, seed)


def _against_chance(n: Ints, onset: Floats, channel: Ints, k: int, seed: int) -> tuple[Floats, Floats]:
    """Expected coincidences and the p-value of those found, both symmetric with NaN on the diagonal."""
    rng = np.random.default_rng(seed)
    shift = _shifts(k, rng)
    start, length = (onset[0], np.ptp(onset) + WINDOW) if onset.size else (0.0, 1.0)
    with ThreadPoolExecutor(THREADS) as pool:
        moved = ((onset - start + by[channel]) % length for by in shift)
        chance = np.stack(list(pool.map(lambda times: _surrogate(times, channel, k), moved)))
    expected = chance.mean(axis=0)
    # Measured on one scale with the surrogates, the counts found are one draw among them: with a scale from the
    # surrogates alone, trains in clusters, whose counts are heavy-tailed, would stand out too often
    counts = np.concatenate([n[None], chance])
    # Poisson counts vary by at least the square root of their mean; a few surrogates may show less
    spread = np.sqrt(np.maximum(counts.var(axis=0), expected + 1))
    deviation = (counts - counts.mean(axis=0)) / spread
    largest = deviation[1:].max(axis=(1, 2), initial=-np.inf)
    p_value = (1 + np.sum(largest[:, None, None] >= deviation[0], axis=0)) / (1 + SURROGATES)
    bursts = np.bincount(channel, minlength=k)
    p_value = np.where(np.minimum.outer(bursts, bursts) >= MIN_BURSTS, p_value, np.nan)
    np.fill_diagonal(p_value, np.nan)
    np.fill_diagonal(expected, np.nan)
    return expected, p_value


def _shifts(k: int, rng: np.random.Generator) -> Floats:
    """Shifts of the trains in each surrogate, shape (SURROGATES, k), seconds.

    No two trains of one surrogate are shifted alike, or what they have in common would stay.
    """
    places = np.sort(rng.uniform(0, REACH, (SURROGATES, k)), axis=1) + LEAST_APART * np.arange(k)
    return rng.permuted(places, axis=1)


def _surrogate(onset: Floats, channel: Ints, k: int) -> Ints:
    """Coincidences of all pairs of shifted trains."""
    order = np.argsort(onset, kind="stable")
    return _symmetric(_timing_kernels.count_pairs(onset[order], channel[order], k, WINDOW))


def _lags(code: Ints, lag: Floats, k: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Median, limits and robust spread of the lags of each pair (row < column given), made antisymmetric."""
    out = np.full((4, k, k), np.nan)
    order = np.lexsort((lag, code))
    pairs, start, count = np.unique(code[order], return_index=True, return_counts=True)
    for pair, begin, n in zip(pairs.tolist(), start.tolist(), count.tolist(), strict=True):
        if n < MIN_COINCIDENCES:
            continue
        values = lag[order[begin : begin + n]]
        row, column = divmod(pair, k)
        rank = int(binom.ppf(0.025, n, 0.5))
        middle = float(np.median(values))
        spread = MAD_TO_SD * float(np.median(np.abs(values - middle)))
        low, high = float(values[max(rank - 1, 0)]), float(values[min(n - rank, n - 1)])
        out[:, row, column] = middle, low, high, spread
        out[:, column, row] = -middle, -high, -low, spread
    return out[0], out[1], out[2], out[3]


def _symmetric(upper: Ints) -> Ints:
    return np.asarray(upper + upper.T)
