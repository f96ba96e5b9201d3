"""A source made of pieces that others hold: each channel has its own, some later than others, some in other places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.recording import Samples


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples of one channel that lie together.

    Attributes
    ----------
    first : int
        Where they stand among the stored samples of the channel.
    count : int
    load : callable
        ``load(start, stop)`` gives its samples start..stop in the channel's unit, one dimension.
    """

    first: int
    count: int
    load: Callable[[int, int], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class PieceSource:
    """Channels as sequences of pieces; NaN where a channel has none."""

    rows: tuple[tuple[Piece, ...], ...]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Stored samples; see `Source`."""
        out = np.full((len(rows), stop - start), np.nan, dtype=np.float32)
        for target, row in zip(out, rows, strict=True):
            for piece in self.rows[row]:
                low, high = max(start, piece.first), min(stop, piece.first + piece.count)
                if low < high:
                    target[low - start : high - start] = piece.load(low - piece.first, high - piece.first)
        return out


@dataclass(frozen=True, slots=True)
class Loaded:
    """`Piece.load` of numbers in memory, scaled when asked for."""

    values: NDArray[Any]
    factor: float = 1.0

    def __call__(self, start: int, stop: int) -> NDArray[Any]:
        """Samples start..stop."""
        return self.values[start:stop] * self.factor
