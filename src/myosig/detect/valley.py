"""The valley between two kinds of interval, where a recording shows one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BANDWIDTH = 0.07  # decades: intervals within 17 % of one another blur into one mode [P]
DEEP = 0.3  # a valley is lower than this part of the lower of the two modes beside it [P]
FEWEST = 5  # intervals on either side, else there is no telling [P]
SMALLEST_PART = 0.1  # of all intervals on either side [P]
STEP = 0.01  # decades


def find_valley(intervals: NDArray[np.float64], low: float, high: float) -> float | None:
    """Where the density of log intervals has a deep minimum between `low` and `high`.

    Parameters
    ----------
    intervals : ndarray of float, shape (n,)
        Seconds; those that are not positive are left out.
    low, high : float
        Where the minimum may lie, seconds.

    Returns
    -------
    float or None
        The middle of the deepest stretch, or None where there is no valley or too few intervals on one side.
    """
    positive = intervals[intervals > 0]
    if positive.size < 2 * FEWEST:
        return None
    grid, density = _density(np.log10(positive))
    inside = (grid >= np.log10(low)) & (grid <= np.log10(high))
    if not inside.any():
        return None
    at = _middle_of_minimum(density, inside)
    left, right = density[:at].max(initial=0.0), density[at + 1 :].max(initial=0.0)
    below = int(np.sum(positive < 10 ** grid[at]))
    fewest = max(FEWEST, SMALLEST_PART * positive.size)
    if density[at] > DEEP * min(left, right) or min(below, positive.size - below) < fewest:
        return None
    return float(10 ** grid[at])


def _density(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    edges = np.arange(logs.min() - 4 * BANDWIDTH, logs.max() + 4 * BANDWIDTH + STEP, STEP)
    counts = np.histogram(logs, edges)[0].astype(float)
    reach = np.arange(-4 * BANDWIDTH, 4 * BANDWIDTH + STEP / 2, STEP)
    density = np.convolve(counts, np.exp(-0.5 * (reach / BANDWIDTH) ** 2), mode="same")
    return (edges[:-1] + edges[1:]) / 2, density


def _middle_of_minimum(density: NDArray[np.float64], inside: NDArray[np.bool_]) -> int:
    """Middle of the longest run of grid points at (nearly) the smallest density inside the range."""
    floor = density[inside].min() + 0.01 * density.max()
    flat = inside & (density <= floor)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(int)))
    starts, stops = edges[::2], edges[1::2]
    longest = int(np.argmax(stops - starts))
    return int((starts[longest] + stops[longest] - 1) // 2)
