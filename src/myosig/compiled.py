"""How kernels are compiled, and the arrays they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first call, without the GIL; cached on disk where there is a place to write."""
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba finds no writable place beside the package nor in the user's cache
        return njit(nogil=True, error_model="numpy")(function)
