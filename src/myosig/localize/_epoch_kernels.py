"""Compiled kernels of jerk-locked averaging."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.compiled import F32, F64, I64, kernel


@kernel
def sum_windows(values: F32, start: I64, usable: NDArray[np.bool_], width: int) -> F64:
    """Sum of the usable windows of `width` samples from each start, shape (n_trains, width); starts: (n_trains, n)."""
    sums = np.zeros((start.shape[0], width))
    for k in range(start.shape[0]):
        for j in range(start.shape[1]):
            if usable[k, j]:
                first = start[k, j]
                for i in range(width):
                    sums[k, i] += values[first + i]
    return sums
