"""Arrays that grow at their end and are forgotten from their beginning."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


class Tail(Generic[T]):
    """The last rows of a stream. Appending and forgetting move memory seldom, so both cost no more than the rows.

    Parameters
    ----------
    dtype : type
    shape : tuple of int
        Of one row.

    Examples
    --------
    >>> import numpy as np
    >>> tail = Tail(np.float32)
    >>> tail.append(np.array([1, 2, 3]))
    >>> tail.grow(2)[:] = 5
    >>> tail.forget(2)
    >>> tail.rows
    array([3., 5., 5.], dtype=float32)
    """

    def __init__(self, dtype: type[T], shape: tuple[int, ...] = ()) -> None:
        self._store: NDArray[T] = np.empty((0, *shape), dtype)
        self._start = self._stop = 0

    def __len__(self) -> int:
        return self._stop - self._start

    @property
    def rows(self) -> NDArray[T]:
        """All rows, not copied: true until the next `grow`."""
        return self._store[self._start : self._stop]

    def grow(self, n: int) -> NDArray[T]:
        """Room for `n` more rows, to be filled by the caller."""
        if self._stop + n > len(self._store):
            self._move(len(self) + n)
        self._stop += n
        return self._store[self._stop - n : self._stop]

    def append(self, rows: NDArray[Any]) -> None:
        """Take rows over."""
        self.grow(len(rows))[...] = rows

    def forget(self, n: int) -> None:
        """Drop the first `n` rows."""
        self._start += n

    def _move(self, needed: int) -> None:
        """To the beginning of the store, of one twice as large as needed where two thirds of it would be filled."""
        rows = self.rows
        if 3 * needed > 2 * len(self._store):
            self._store = np.empty((2 * needed, *rows.shape[1:]), rows.dtype)
        self._store[: len(rows)] = rows
        self._start, self._stop = 0, len(rows)
