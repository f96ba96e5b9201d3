"""Envelopes of a whole recording, small enough to travel inside the report."""

from __future__ import annotations

import base64
import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.channel import MICROVOLT, Channel
from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.detect.silences import Silences
from myosig.recording import Recording

BUDGET_BYTES = 4_000_000  # of envelope in a report: even if it did not compress, the file stays under 8 MB
FINEST_BIN = 0.001  # s; bursts last 10 ms and more, a screen has 2000 columns
COARSEST_BIN = 0.005  # s that still shows a burst as such
DETAIL_BIN = 0.002  # s, around the jerks of a recording that is too long to have fine bins everywhere
DETAIL_BEFORE, DETAIL_LENGTH = 0.25, 1.0  # s: a slow propriospinal jerk needs ~0.3 s
BLOCK_SECONDS = 60.0
SCALE_QUANTILE = 0.999  # a rare artefact may leave the scale; the traces must not be flat because of it
SHOWN_KINDS = ("emg", "eeg", "ecg")
FULL = 127  # largest value of the int8 in which envelopes are stored; -128 = no data
MISSING = -128
TICK = 1e-4  # s: onsets are not known better
MOST_MARKS = 100_000  # bursts or silences drawn one by one; a day of dense bursts has millions
ON_THE_EDGE = 1e-6  # bins: a sample that rounding puts just before the edge of its bin belongs behind it

Envelope = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Smallest and largest value of each channel in equal bins, over the whole recording and finer around jerks.

    Attributes
    ----------
    channels : tuple of Channel
    tmin, bin : float
        Start of the first bin and length of each, seconds.
    low, high : ndarray of int8, shape (n_channels, n_bins)
        Less the middle, in units of `scale` / 127; -128 = no data.
    middle, scale : ndarray of float, shape (n_channels,)
        In each channel's unit.
    detail_tmin : ndarray of float, shape (n_details,)
        Starts of the stretches of `DETAIL_LENGTH` that are there in bins of `DETAIL_BIN` as well; none where the bins
        are as fine anyway.
    detail_low, detail_high : ndarray of int8, shape (n_details, n_channels, n_detail_bins)
    """

    channels: tuple[Channel, ...]
    tmin: float
    bin: float
    low: Envelope
    high: Envelope
    middle: NDArray[np.float64]
    scale: NDArray[np.float64]
    detail_tmin: NDArray[np.float64]
    detail_low: Envelope
    detail_high: Envelope


def make_overview(
    recording: Recording, events: NDArray[np.float64] | None = None, *, budget: int = BUDGET_BYTES
) -> Overview:
    """Envelope every EMG, EEG and ECG channel, or where there is none every voltage, as finely as the budget allows.

    Where that is not fine enough to show a burst, half of the budget goes to the surroundings of as many events (times
    in seconds, in order) as it holds, spread evenly over the recording.
    """
    understood = tuple(c for c in recording.channels if c.kind in SHOWN_KINDS)
    channels = understood or tuple(c for c in recording.channels if c.unit == MICROVOLT)
    cells = 2 * len(channels)
    span = recording.tmax - recording.tmin
    coarse = events is not None and events.size > 0 and span * cells > budget * COARSEST_BIN
    share = budget // 2 if coarse else budget
    width = max(FINEST_BIN, span * cells / share) if channels else FINEST_BIN
    low, high = _envelopes(recording, channels, recording.tmin, width, max(1, math.ceil(span / width)))
    middle, scale = _scales(low, high)
    most = share // max(1, cells * round(DETAIL_LENGTH / DETAIL_BIN))
    starts = _detailed(events, most) if coarse and events is not None else np.empty(0)
    details = [_detail(recording, channels, float(start)) for start in starts]
    fine = np.array(details).reshape(len(details), 2, len(channels), round(DETAIL_LENGTH / DETAIL_BIN))
    return Overview(
        channels,
        recording.tmin,
        width,
        _quantise(low, middle, scale),
        _quantise(high, middle, scale),
        middle,
        scale,
        starts,
        _quantise(fine[:, 0], middle, scale),
        _quantise(fine[:, 1], middle, scale),
    )


def _detailed(events: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Starts of the stretches around at most `count` events, evenly spread over their number."""
    chosen = np.unique(np.linspace(0, events.size - 1, min(count, events.size)).astype(int))
    return np.asarray(events[chosen] - DETAIL_BEFORE)


def _detail(recording: Recording, channels: tuple[Channel, ...], start: float) -> NDArray[np.float32]:
    tmin, tmax = max(start, recording.tmin), min(start + DETAIL_LENGTH, recording.tmax)
    around = recording.crop(tmin, tmax)
    return np.stack(_envelopes(around, channels, start, DETAIL_BIN, round(DETAIL_LENGTH / DETAIL_BIN)))


def _envelopes(
    recording: Recording, channels: tuple[Channel, ...], tmin: float, width: float, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Smallest and largest value of each channel in `count` bins from `tmin` on; NaN = no data."""
    low = np.full((len(channels), count), np.nan, dtype=np.float32)
    high = low.copy()
    for row, channel in enumerate(channels):
        for block in recording.blocks([channel.label], duration=BLOCK_SECONDS):
            samples = block.data[0]
            at, starts = _bins(block.tmin - tmin, samples.size, channel.sfreq, width, count)
            low[row, at] = np.fmin(low[row, at], np.fmin.reduceat(samples, starts))
            high[row, at] = np.fmax(high[row, at], np.fmax.reduceat(samples, starts))
    return low, high


def _bins(begin: float, n: int, sfreq: float, width: float, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The bins of `width` seconds in which some of n samples from a time on lie, and the first sample of each."""
    ends = (begin + np.array([0, n - 1]) / sfreq) / width + ON_THE_EDGE
    first, last = np.clip(ends.astype(np.int64), 0, count - 1)
    at = np.arange(first, last + 1)
    starts = np.ceil(((at - ON_THE_EDGE) * width - begin) * sfreq).astype(np.int64).clip(0, n)
    starts[0] = 0
    filled = np.diff(starts, append=n) > 0
    return at[filled], starts[filled]


def _scales(low: NDArray[np.float32], high: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle, scale = np.zeros(low.shape[0]), np.ones(low.shape[0])
    for row in range(low.shape[0]):
        there = np.isfinite(low[row])
        if there.any():
            middle[row] = np.median((low[row, there] + high[row, there]) / 2)
            reach = np.maximum(high[row, there] - middle[row], middle[row] - low[row, there])
            scale[row] = max(float(np.quantile(reach, SCALE_QUANTILE)), 1e-9)
    return middle, scale


def _quantise(values: NDArray[np.float32], middle: NDArray[np.float64], scale: NDArray[np.float64]) -> Envelope:
    steps = np.clip(np.rint(FULL * (values - middle[:, None]) / scale[:, None]), -FULL, FULL)
    return np.where(np.isfinite(steps), steps, MISSING).astype(np.int8)


def viewer_data(
    overview: Overview, jerks: Jerks, silences: Silences, events: NDArray[np.float64], *, look_at: float
) -> dict[str, Any]:
    """What the viewer script reads: arrays deflated, as base64, little-endian; times from the start of the recording.

    It first shows `look_at` (s), or the nearest event that is there in fine bins.
    """
    fine = overview.detail_tmin + DETAIL_BEFORE
    look_at = float(fine[np.argmin(np.abs(fine - look_at))]) if fine.size else look_at
    return {
        "channels": [
            {"label": c.label, "kind": c.kind, "unit": "µV" if c.unit == MICROVOLT else c.unit, "scale": float(scale)}
            for c, scale in zip(overview.channels, overview.scale, strict=True)
        ],
        "tmin": overview.tmin,
        "bin": overview.bin,
        "bins": int(overview.low.shape[1]),
        "lookAt": look_at - overview.tmin,
        "low": _packed(overview.low),
        "high": _packed(overview.high),
        "detailBin": DETAIL_BIN,
        "detailBins": int(overview.detail_low.shape[2]),
        "detailStart": _packed((overview.detail_tmin - overview.tmin).astype("<f8")),
        "detailLow": _packed(overview.detail_low),
        "detailHigh": _packed(overview.detail_high),
        "bursts": _marks(overview, jerks.bursts),
        "silences": _marks(overview, silences),
        "tick": TICK,
        "goTo": _ticks((fine if fine.size else events) - overview.tmin),
        "jerkOnset": _ticks(jerks.onset[:: 1 + len(jerks) // MOST_MARKS] - overview.tmin),
    }


def _marks(overview: Overview, events: Bursts | Silences) -> dict[str, str]:
    """Row, onset and offset of the events of the channels that are shown."""
    row_of = {c.label: i for i, c in enumerate(overview.channels)}
    place = np.array([row_of.get(c.label, -1) for c in events.channels], dtype=np.int64)
    row = place[events.channel]
    order = np.lexsort((events.onset, row))
    order = order[row[order] >= 0]
    marks = row[order], events.onset[order] - overview.tmin, events.offset[order] - overview.tmin
    row, onset, offset = marks if order.size <= MOST_MARKS else _fewer(overview, *marks)
    return {"row": _packed(row.astype("<i4")), "onset": _ticks(onset), "offset": _ticks(offset)}


def _fewer(
    overview: Overview, row: NDArray[np.int64], onset: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Marks joined where the outline cannot tell them apart; as they are where the traces are there in fine bins."""
    starts = overview.detail_tmin - overview.tmin
    before = np.searchsorted(starts, offset, side="right")
    near = (before > 0) & (onset < (starts[before - 1] if starts.size else -np.inf) + DETAIL_LENGTH)
    gap = overview.bin
    while True:
        begins = np.concatenate([[True], (np.diff(row) > 0) | (onset[1:] - offset[:-1] > gap)])
        if begins.sum() <= MOST_MARKS:
            break
        gap *= 2
    ends = np.concatenate([begins[1:], [True]])
    joined = (row[begins], onset[begins], offset[ends])
    return tuple(np.concatenate([a, b[near]]) for a, b in zip(joined, (row, onset, offset), strict=True))  # type: ignore[return-value]


def _ticks(times: NDArray[np.float64]) -> str:
    """Times as whole numbers of `TICK`, which deflate far better than floats."""
    return _packed(np.rint(times / TICK).astype("<i4"))


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode("ascii")
