"""Envelopes of a whole recording, small enough to travel inside the report."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.recording import Channel, Recording

BUDGET_BYTES = 4_000_000  # of envelope in a report: with base64 and pictures the file stays under 8 MB
FINEST_BIN = 0.001  # s; bursts last 10 ms and more, a screen has 2000 columns
BLOCK_SECONDS = 60.0
SCALE_QUANTILE = 0.999  # a rare artefact may leave the scale; the traces must not be flat because of it
SHOWN_KINDS = ("emg", "eeg", "ecg")
FULL = 127  # largest value of the int8 in which envelopes are stored; -128 = no data
MISSING = -128
ON_THE_EDGE = 1e-6  # bins: a sample that rounding puts just before the edge of its bin belongs behind it


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Smallest and largest value of each channel in equal bins over the whole recording.

    Attributes
    ----------
    channels : tuple of Channel
    tmin, bin : float
        Start of the first bin and length of each, seconds.
    low, high : ndarray of int8, shape (n_channels, n_bins)
        In units of `scale` / 127; -128 = no data.
    scale : ndarray of float, shape (n_channels,)
        In each channel's unit.
    """

    channels: tuple[Channel, ...]
    tmin: float
    bin: float
    low: NDArray[np.int8]
    high: NDArray[np.int8]
    scale: NDArray[np.float64]


def make_overview(recording: Recording, *, budget: int = BUDGET_BYTES) -> Overview:
    """Envelope every EMG, EEG and ECG channel with the finest bins that the budget allows."""
    channels = tuple(c for c in recording.channels if c.kind in SHOWN_KINDS)
    span = recording.tmax - recording.tmin
    width = max(FINEST_BIN, 2 * span * len(channels) / budget)
    count = max(1, math.ceil(span / width))
    low = np.full((len(channels), count), np.nan, dtype=np.float32)
    high = low.copy()
    for row, channel in enumerate(channels):
        _envelope(recording, channel, width, low[row], high[row])
    middle, scale = _scales(low, high)
    return Overview(
        channels, recording.tmin, width, _quantise(low - middle, scale), _quantise(high - middle, scale), scale
    )


def _envelope(
    recording: Recording, channel: Channel, width: float, low: NDArray[np.float32], high: NDArray[np.float32]
) -> None:
    for block in recording.blocks([channel.label], duration=BLOCK_SECONDS):
        samples = block.data[0]
        times = block.tmin - recording.tmin + np.arange(samples.size) / channel.sfreq
        bins = np.minimum((times / width + ON_THE_EDGE).astype(np.int64), low.size - 1)
        starts = np.flatnonzero(np.concatenate([[True], np.diff(bins) > 0]))
        at = bins[starts]
        low[at] = np.fmin(low[at], np.fmin.reduceat(samples, starts))
        high[at] = np.fmax(high[at], np.fmax.reduceat(samples, starts))


def _scales(low: NDArray[np.float32], high: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    middle, scale = np.zeros((low.shape[0], 1), dtype=np.float32), np.ones(low.shape[0])
    for row in range(low.shape[0]):
        there = np.isfinite(low[row])
        if there.any():
            middle[row] = np.median((low[row, there] + high[row, there]) / 2)
            reach = np.maximum(high[row, there] - middle[row], middle[row] - low[row, there])
            scale[row] = max(float(np.quantile(reach, SCALE_QUANTILE)), 1e-9)
    return middle, scale


def _quantise(values: NDArray[np.float32], scale: NDArray[np.float64]) -> NDArray[np.int8]:
    steps = np.clip(np.rint(FULL * values / scale[:, None]), -FULL, FULL)
    return np.where(np.isfinite(steps), steps, MISSING).astype(np.int8)


def viewer_data(overview: Overview, bursts: Bursts, *, look_at: float) -> dict[str, Any]:
    """What the report's viewer script reads: arrays as base64, little-endian; `look_at` (s) is shown first."""
    index_of = {c.label: i for i, c in enumerate(overview.channels)}
    rows = np.array([index_of.get(label, -1) for label in bursts.labels], dtype=np.int32)
    return {
        "channels": [
            {"label": c.label, "kind": c.kind, "unit": c.unit, "scale": float(scale)}
            for c, scale in zip(overview.channels, overview.scale, strict=True)
        ],
        "tmin": overview.tmin,
        "bin": overview.bin,
        "lookAt": look_at - overview.tmin,
        "bins": int(overview.low.shape[1]),
        "low": _base64(overview.low),
        "high": _base64(overview.high),
        "burstRow": _base64(rows[rows >= 0].astype("<i4")),
        "burstOnset": _base64((bursts.onset[rows >= 0] - overview.tmin).astype("<f8")),
        "burstOffset": _base64((bursts.offset[rows >= 0] - overview.tmin).astype("<f8")),
    }


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
