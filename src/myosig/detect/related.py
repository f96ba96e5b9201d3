"""Which muscles move together more often than their rates let expect?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.detect import _timing_kernels

# s: one volley of the cortex, of a root, of slow spread along the cord; muscles that take turns at 1-7 Hz [P]
WINDOWS = np.array([0.02, 0.06, 0.2, 0.5])
VOLLEY = 2  # index of the longest window of one volley
SHIFTS = (1.31, 2.17, 3.59, 5.83, 9.41)  # s by which trains are shifted against each other: no multiples [P]
ENOUGH = 5.0  # coincidences expected by chance below which nothing is said against a relation [P]
BEYOND = 3.0  # standard deviations of a Poisson count [P]


def related_channels(onset: NDArray[np.float64], channel: NDArray[np.int64], n_channels: int) -> NDArray[np.bool_]:
    """Pairs of channels whose bursts may belong together, shape (n_channels, n_channels).

    Two channels are unrelated only where chance alone would bring together at least five of their bursts and no
    more than chance brings are together, in windows of 20, 60, 200 and 500 ms. Chance is what remains when one train
    is shifted against the other.

    Parameters
    ----------
    onset : ndarray of float, shape (n,)
        Seconds, sorted.
    channel : ndarray of int, shape (n,)
    n_channels : int
    """
    if onset.size == 0:
        return np.ones((n_channels, n_channels), dtype=bool)
    count = _coincidences(onset, channel, n_channels)
    expected = np.mean([_shifted(onset, channel, n_channels, shift) for shift in SHIFTS], axis=0)
    beyond = (count > expected + BEYOND * np.sqrt(expected + 1)).any(axis=0)
    related = beyond | (expected[VOLLEY] < ENOUGH)
    np.fill_diagonal(related, True)
    return np.asarray(related)


def _coincidences(onset: NDArray[np.float64], channel: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Pairs of bursts of two channels within each window; shape (n_windows, n, n), symmetric."""
    first, second = _timing_kernels.pair_up(onset, channel, n, WINDOWS[-1])
    code = channel[first] * n + channel[second]
    apart = np.abs(onset[second] - onset[first])
    count = np.stack([np.bincount(code[apart <= w], minlength=n * n).reshape(n, n) for w in WINDOWS])
    return np.asarray(count + count.transpose(0, 2, 1))


def _shifted(
    onset: NDArray[np.float64], channel: NDArray[np.int64], n_channels: int, shift: float
) -> NDArray[np.int64]:
    """Coincidences when channel k is shifted by k times `shift`, wrapped around the ends."""
    low, length = onset[0], onset[-1] - onset[0] + shift
    moved = low + (onset - low + channel * shift) % length
    order = np.argsort(moved, kind="stable")
    return _coincidences(moved[order], channel[order], n_channels)
