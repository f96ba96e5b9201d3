"""Signals of a size that no electrode gives: the unit of their numbers is another one than stated."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from myosig.channel import MICROVOLT, Channel
from myosig.errors import MyosigWarning, listed
from myosig.recording import Recording
from myosig.samples import Block

WINDOW = 1.0  # s
SMALLEST = 1.0  # µV peak to peak within a second: amplifiers alone give several times that [P]
LARGEST = 5e4  # µV: ten times the largest contraction, and most movement [P]


def implausible_sizes(windows: Sequence[Block], channels: Sequence[Channel]) -> dict[str, float]:
    """Channels that are never as large as noise, or always larger than any muscle or brain.

    Parameters
    ----------
    windows : sequence of Block
        See `survey.survey`.
    channels : sequence of Channel
        Those of the windows.

    Returns
    -------
    dict of str to float
        Label -> the usual peak-to-peak amplitude of a second, in µV; of the largest second where all are too small.
        Channels without any signal (constant, missing) are none of them.
    """
    length = max(1, round(WINDOW * channels[0].sfreq))
    spans = np.hstack([np.empty((len(channels), 0), np.float32), *(_spans(window.data, length) for window in windows)])
    usual = {c.label: _implausible(row) for c, row in zip(channels, spans, strict=True) if c.unit == MICROVOLT}
    return {label: size for label, size in usual.items() if size}


def _spans(data: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Peak to peak of each whole window, (n_channels, n_windows)."""
    windows = data[:, : data.shape[1] // length * length].reshape(len(data), -1, length)
    return np.asarray(np.ptp(windows, axis=2))


def _implausible(spans: NDArray[np.float32]) -> float | None:
    there = spans[np.isfinite(spans) & (spans > 0)]
    if there.size and (usual := float(np.median(there))) > LARGEST:
        return usual
    if there.size and (largest := float(there.max())) < SMALLEST:
        return largest
    return None


def warn_of_sizes(recording: Recording, sizes: Mapping[str, float]) -> None:
    """Say which channels are too large or too small, and what to type."""
    for what, example, labels in (
        ("more than any muscle or brain gives", "uV", [label for label, size in sizes.items() if size > LARGEST]),
        ("less than any amplifier's noise", "V", [label for label, size in sizes.items() if size < SMALLEST]),
    ):
        if labels:
            warnings.warn(
                f"{recording.name}: {listed(labels)}: {sizes[labels[0]]:.2g} µV peak to peak in a "
                f"second, {what}. State the unit that the numbers in the file have (uV, mV, V or nV), "
                f"e.g. units={{{labels[0]!r}: {example!r}}}",
                MyosigWarning,
                stacklevel=4,
            )
