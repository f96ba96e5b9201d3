"""Where samples are kept, and the pieces that they are handed out in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Source(Protocol):
    """Where the samples are. A source stores, for each channel, its samples without gaps."""

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Samples start..stop (in the channel's unit, µV for voltages) of channels of one rate.

        Returns a new, C-contiguous float32 array of shape (len(rows), stop - start). The caller
        guarantees 0 <= start <= stop <= n_samples of each row. Called from several threads at once.
        """
        ...


class MemorySource:
    """Samples held in memory: one array a channel, in its unit; float32 arrays are not copied."""

    def __init__(self, rows: Sequence[NDArray[np.floating]]) -> None:
        self._rows = [np.asarray(row, dtype=np.float32) for row in rows]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """A copy of the samples; see `Source`."""
        return np.stack([self._rows[row][start:stop] for row in rows])


@dataclass(frozen=True, slots=True)
class Block:
    """A contiguous piece of some channels of one rate, without gaps.

    Attributes
    ----------
    tmin : float
        Time of the first sample in seconds.
    data : ndarray of float32, shape (n_channels, n_samples)
    segment : int
        Which of `Recording.segments` it lies in.
    is_first, is_last : bool
        Whether it begins, or ends, that segment.
    """

    tmin: float
    data: Samples
    segment: int
    is_first: bool
    is_last: bool
