"""How kernels are compiled, and the arrays they take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
# The default of an argument belongs to a kernel's signature: with this one, an edit of any kernel compiles it anew
SOURCES = crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("_*kernels.py"))))


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first call, without the GIL; cached on disk where there is a place to write."""
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba finds no writable place beside the package nor in the user's cache
        return njit(nogil=True, error_model="numpy")(function)
