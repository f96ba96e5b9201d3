"""From seconds to samples and back: where the samples of a layout with gaps lie, at one rate."""

from __future__ import annotations

import math

import numpy as np

from myosig.errors import ParameterError
from myosig.intervals import Intervals
from myosig.tables import FloatColumn, IntColumn

EDGE = 1e-3  # of a sample: a time this close to a sample means that sample (decimal times are rounded)


def window(layout: Intervals, sfreq: float, low: float, high: float) -> tuple[float, int]:
    """Time of the first sample at or after `low`, and how many samples there are before `high`.

    Sample times are those of the stretch in which `low` lies, or of the one before it.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ParameterError(f"tmin must not be after tmax, and both finite, not {low!r} and {high!r}")
    at = int(np.searchsorted(layout.start, low + EDGE / sfreq, side="right")) - 1
    origin = float(layout.start[max(at, 0)]) if len(layout) else 0.0
    begin = origin + math.ceil((low - origin) * sfreq - EDGE) / sfreq
    return begin, max(0, math.ceil((high - begin) * sfreq - EDGE))


def stored(
    layout: Intervals, visible: Intervals, sfreq: float, n_samples: int
) -> tuple[FloatColumn, IntColumn, IntColumn]:
    """Of each visible segment: time of its first sample, where that is stored, and where its last one ends.

    Parameters
    ----------
    layout : Intervals
        Stretches that the stored samples fill one after the other.
    visible : Intervals
        Parts of these.
    sfreq : float
    n_samples : int
        Samples that are stored; fewer than the layout has room for where a channel ended early.
    """
    lengths = np.rint((layout.stop - layout.start) * sfreq).astype(np.int64)
    last = np.minimum(np.cumsum(lengths), n_samples)
    at = np.searchsorted(layout.start, visible.start + EDGE / sfreq, side="right") - 1
    t0, first = layout.start[at], (np.cumsum(lengths) - lengths)[at]
    skipped = _samples_before(visible.start - t0, sfreq)
    stop = np.minimum(last[at], first + _samples_before(visible.stop - t0, sfreq))
    return t0 + skipped / sfreq, first + skipped, np.maximum(stop, first + skipped)


def pieces(
    segments: tuple[FloatColumn, IntColumn, IntColumn], sfreq: float, begin: float, count: int
) -> tuple[IntColumn, IntColumn, IntColumn]:
    """Of each piece of `stored` segments that lies in a window: place in the window, first stored sample, end."""
    t0, first, last = segments
    at = np.rint((t0 - begin) * sfreq).astype(np.int64)
    start = first + np.maximum(0, -at)
    stop = np.minimum(last, first + count - at)
    there = start < stop
    return np.maximum(0, at)[there], start[there], stop[there]


def _samples_before(seconds: FloatColumn, sfreq: float) -> IntColumn:
    """How many samples of a stretch lie before a time, counted from its start."""
    return np.ceil(seconds * sfreq - EDGE).astype(np.int64)
