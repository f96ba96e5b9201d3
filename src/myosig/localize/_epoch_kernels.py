"""Compiled kernels of jerk-locked averaging and of coherence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.compiled import F32, F64, I64, kernel


@kernel
def sum_windows(values: F32, clear: NDArray[np.bool_], start: I64, width: int) -> tuple[F64, I64]:
    """Sums of the windows of `width` samples from each start that is clear, and how many there were.

    Starts: (n_trains, n); sums: (n_trains, width). Windows that reach over the ends do not count.
    """
    sums, counts = np.zeros((start.shape[0], width)), np.zeros(start.shape[0], np.int64)
    for k in range(start.shape[0]):
        total = sums[k]
        for first in start[k]:
            if 0 <= first < clear.size and clear[first]:
                counts[k] += 1
                window = values[first : first + width]
                for i in range(width):
                    total[i] += window[i]
    return sums, counts


@kernel
def rectified(stretches: F32, width: int) -> F64:
    """The size of each stretch less its running mean over `width` samples, that size's mean taken off.

    Stretches: (n_stretches, n_samples), each continued beyond its ends by its first and last sample.
    """
    n = stretches.shape[1]
    out = np.empty(stretches.shape)
    behind, ahead = width // 2, (width - 1) // 2
    for k in range(stretches.shape[0]):
        x, y = stretches[k], out[k]
        total = float(x[0]) * behind
        for i in range(ahead):
            total += x[min(i, n - 1)]
        size = 0.0
        for i in range(n):
            total += x[min(i + ahead, n - 1)]
            y[i] = abs(x[i] - total / width)
            total -= x[max(i - behind, 0)]
            size += y[i]
        for i in range(n):
            y[i] -= size / n
    return out
