"""Intervals: sorted, disjoint, half-open stretches of time in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myosig.errors import ParameterError

Floats = NDArray[np.float64]


def readonly_floats(values: ArrayLike) -> Floats:
    """Copy `values` into a read-only float64 array."""
    array = np.array(values, dtype=np.float64, ndmin=1)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Sorted, disjoint, half-open intervals [start, stop) in seconds.

    Parameters
    ----------
    start, stop : array_like of float, shape (n,)
        Where each interval begins and ends. They must be finite, each start before its stop, and no
        interval may begin before the one ahead of it has ended. Two intervals may touch.

    Raises
    ------
    ParameterError
        If the intervals are not finite, not sorted, empty or overlapping. Nothing is repaired here:
        `Intervals.merged` does that when asked.

    Examples
    --------
    >>> a = Intervals([0, 5], [2, 9])
    >>> a.intersect(Intervals([1], [6]))
    Intervals([1, 2), [5, 6))
    >>> a.duration
    6.0
    """

    start: Floats
    stop: Floats

    def __init__(self, start: ArrayLike = (), stop: ArrayLike = ()) -> None:
        first, last = readonly_floats(start), readonly_floats(stop)
        _check(first, last)
        object.__setattr__(self, "start", first)
        object.__setattr__(self, "stop", last)

    @classmethod
    def merged(cls, start: ArrayLike, stop: ArrayLike) -> Intervals:
        """Sort what is given, join what overlaps or touches, and drop what is empty.

        Parameters
        ----------
        start, stop : array_like of float, shape (n,)

        Returns
        -------
        Intervals

        Raises
        ------
        ParameterError
            If a value is not finite, or there are more of the one than of the other.
        """
        first, last = readonly_floats(start), readonly_floats(stop)
        order = np.argsort(first, kind="stable")
        order = order[last[order] > first[order]]
        if order.size == 0:
            return cls()
        first, last = first[order], np.maximum.accumulate(last[order])
        begins = np.concatenate([[True], first[1:] > last[:-1]])
        return cls(first[begins], last[np.concatenate([begins[1:], [True]])])

    def __len__(self) -> int:
        return int(self.start.size)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return zip(self.start.tolist(), self.stop.tolist(), strict=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Intervals):
            return NotImplemented
        return bool(np.array_equal(self.start, other.start) and np.array_equal(self.stop, other.stop))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Intervals({', '.join(f'[{a:g}, {b:g})' for a, b in self)})"

    @property
    def duration(self) -> float:
        """Summed length of all intervals in seconds."""
        return float(np.sum(self.stop - self.start))

    def contains(self, times: ArrayLike) -> NDArray[np.bool_]:
        """Whether each time lies in an interval; NaN lies in none.

        Parameters
        ----------
        times : array_like of float
            Seconds, of any shape.

        Returns
        -------
        ndarray of bool
            Of the same shape.

        Examples
        --------
        >>> Intervals([0, 5], [1, 6]).contains([0.5, 1.0, 5.0]).tolist()
        [True, False, True]
        """
        when = np.asarray(times, dtype=np.float64)
        if len(self) == 0:
            return np.zeros(when.shape, dtype=bool)
        at = np.clip(np.searchsorted(self.start, when, side="right") - 1, 0, None)
        return (when >= self.start[at]) & (when < self.stop[at])

    def intersect(self, other: Intervals) -> Intervals:
        """What lies in both.

        Examples
        --------
        >>> list(Intervals([0, 5], [3, 6]).intersect(Intervals([2], [8])))
        [(2.0, 3.0), (5.0, 6.0)]
        """
        starts, stops = [], []
        i = j = 0
        while i < len(self) and j < len(other):
            low = max(self.start[i], other.start[j])
            high = min(self.stop[i], other.stop[j])
            if low < high:
                starts.append(low)
                stops.append(high)
            if self.stop[i] <= other.stop[j]:
                i += 1
            else:
                j += 1
        return Intervals(starts, stops)

    def union(self, other: Intervals) -> Intervals:
        """What lies in either; touching intervals become one.

        Examples
        --------
        >>> list(Intervals([0], [3]).union(Intervals([3, 5], [4, 6])))
        [(0.0, 4.0), (5.0, 6.0)]
        """
        return Intervals.merged(np.concatenate([self.start, other.start]), np.concatenate([self.stop, other.stop]))

    def difference(self, other: Intervals) -> Intervals:
        """What lies in this one and not in the other.

        Examples
        --------
        >>> list(Intervals([0], [3]).difference(Intervals([1], [2])))
        [(0.0, 1.0), (2.0, 3.0)]
        """
        edges_start = np.concatenate([[-np.inf], other.stop])
        edges_stop = np.concatenate([other.start, [np.inf]])
        low = self.start.min(initial=0.0) - 1.0
        high = self.stop.max(initial=0.0) + 1.0
        return self.intersect(Intervals.merged(np.clip(edges_start, low, high), np.clip(edges_stop, low, high)))

    def drop_short(self, duration: float) -> Intervals:
        """Keep what lasts at least `duration` seconds.

        Examples
        --------
        >>> list(Intervals([0, 5], [3, 5.5]).drop_short(1.0))
        [(0.0, 3.0)]
        """
        keep = self.stop - self.start >= duration
        return Intervals(self.start[keep], self.stop[keep])


def _check(start: Floats, stop: Floats) -> None:
    if start.ndim != 1 or start.shape != stop.shape:
        raise ParameterError(
            f"intervals need as many starts as stops in one dimension, not {start.shape} and {stop.shape}"
        )
    if not (np.isfinite(start).all() and np.isfinite(stop).all()):
        raise ParameterError("intervals must be finite; drop NaN and infinity first")
    if (start >= stop).any():
        at = int(np.argmax(start >= stop))
        raise ParameterError(f"interval {at} starts at {start[at]:g} s, not before it stops at {stop[at]:g} s")
    if (start[1:] < stop[:-1]).any():
        at = int(np.argmax(start[1:] < stop[:-1])) + 1
        raise ParameterError(
            f"interval {at} starts at {start[at]:g} s, before interval {at - 1} ends at {stop[at - 1]:g} s; "
            "sort them, or join them with Intervals.merged(start, stop)"
        )
