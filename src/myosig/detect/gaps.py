"""Where the gaps between events fall into short and long ones: a rule learnt from the events themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KERNEL = 0.15  # standard deviation of the smoothing of gaps, in natural-log units [P]
PULL = 2.0  # gaps that have to lie at the usual limit before another place is preferred, per unit of ln² [P]
GRID = 64
SURE, FEW = 10, 4  # short intervals from which a void of twice, or of three times, their length is believed [P]
TOLERATED = 0.1  # part of the short intervals that may lie in the void [P]


def quietest(gaps: Floats, *, low: float, high: float, usual: float) -> float:
    """The limit between `low` and `high` with the fewest gaps of about its length, near `usual` where it is a draw.

    Parameters
    ----------
    gaps : ndarray of float
        Any number of gaps; those that are not positive do not count.
    low, high, usual : float
        In the unit of the gaps.

    Examples
    --------
    >>> import numpy as np
    >>> round(quietest(np.array([0.02, 0.025, 0.1, 0.1, 0.11, 0.09, 0.1]), low=0.03, high=0.15, usual=0.1), 2)
    0.06
    """
    grid = np.geomspace(low, high, GRID)
    logs = np.log(gaps[gaps > 0])
    crowd = np.exp(-0.5 * ((np.log(grid)[:, None] - logs) / KERNEL) ** 2).sum(axis=1)
    return float(grid[np.argmin(crowd + PULL * np.log(grid / usual) ** 2)])


def short_limit(intervals: Floats, *, longest: float) -> float | None:
    """What divides short intervals from long ones; None where they are of one kind.

    Chance does not leave a wide void behind many short intervals: where the density of intervals does not rise,
    as many are expected between a and 2a as below a. So the short ones are believed if at most a tenth as many as
    below a lie between a and 2a (10 intervals or more), or none between a and 3a (4 or more).

    Parameters
    ----------
    intervals : ndarray of float
    longest : float
        Short intervals are shorter than this.

    Examples
    --------
    >>> import numpy as np
    >>> round(short_limit(np.array([0.3, 0.31, 0.29, 0.3, 5.0, 4.0, 0.3, 6.0]), longest=1.2), 2)
    1.11
    >>> short_limit(np.array([0.3, 0.31, 0.29, 0.3, 0.5, 0.6, 0.9, 2.0]), longest=1.2)
    """
    x = np.sort(intervals)
    below = np.arange(1, x.size + 1)
    beyond = np.searchsorted(x, np.where(below >= SURE, 2, 3) * x)
    allowed = np.where(below >= SURE, TOLERATED * below, 0)
    void = (below >= FEW) & (x > 0) & (x <= longest) & (beyond - below <= allowed) & (beyond < x.size)
    if not void.any():
        return None
    candidates = np.flatnonzero(void)
    at = candidates[np.argmax(x[beyond[candidates]] / x[candidates])]
    return float(np.sqrt(x[at] * x[beyond[at]]))
