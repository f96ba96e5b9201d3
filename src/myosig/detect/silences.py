"""Find silences in tonic EMG: negative myoclonus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.recording import Channel, Recording
from myosig.tables import BoolColumn, EventTable, FloatColumn, IntColumn


@dataclass(frozen=True, slots=True, eq=False)
class Silences(EventTable):
    """Silences of 50-500 ms in tonic activity, sorted by onset.

    Attributes
    ----------
    channel : ndarray of int, shape (n,)
        Index into `channels`.
    onset, offset : ndarray of float
        Seconds.
    depth : ndarray of float
        dB: RMS of the tonic activity around over RMS within the silence.
    after_burst : ndarray of bool
        The silence follows a positive burst in the same muscle or its antagonist: not "pure".
    channels : tuple of Channel
    tonic : ndarray of float, shape (n_channels,)
        Seconds of tonic activity in each channel in which a silence could have been seen.
    """

    channel: IntColumn
    onset: FloatColumn
    offset: FloatColumn
    depth: FloatColumn
    after_burst: BoolColumn
    channels: tuple[Channel, ...]
    tonic: NDArray[np.float64]

    @property
    def duration(self) -> NDArray[np.float64]:
        """Offset minus onset, seconds."""
        return self.offset - self.onset


def detect_silences(recording: Recording, bursts: Bursts) -> Silences:
    """Find silences in the tonic activity of every EMG channel."""
    raise NotImplementedError
