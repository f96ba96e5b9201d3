"""Find every burst of every EMG channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myosig.recording import Channel, Recording
from myosig.tables import BoolColumn, EventTable, FloatColumn, IntColumn, TextColumn

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Bursts(EventTable):
    """Bursts of all channels, sorted by onset.

    Attributes
    ----------
    channel : ndarray of int, shape (n,)
        Index into `channels`.
    onset, offset : ndarray of float, shape (n,)
        Seconds. An offset is the end of the last potential.
    onset_se, offset_se : ndarray of float
        Standard error of either edge in seconds; NaN where it could not be estimated.
    peak_time : ndarray of float
        Seconds, of the largest absolute value.
    amplitude : ndarray of float
        Peak to peak, µV.
    rms : ndarray of float
        µV between onset and offset.
    area : ndarray of float
        Rectified area, µV·s.
    snr : ndarray of float
        dB: RMS of the burst over RMS of the channel's noise at that time.
    median_frequency : ndarray of float
        Hz; NaN for bursts too short to tell.
    cut : ndarray of bool
        The burst touches the edge of a segment: its onset or offset is not its own.
    suspect : ndarray of object
        ``""``, or why the burst may not be this muscle's: ``"cross-talk"``, ``"ecg"``.
    n_peaks : ndarray of int
        Number of separate potentials; 1 = a single potential (fasciculation-like), not a burst.
    channels : tuple of Channel
        The channels that were searched, also those without bursts.
    noise : ndarray of float, shape (n_channels,)
        Median noise level of each channel, µV RMS in the detection band; NaN where nothing was searched.
    searched : ndarray of float, shape (n_channels,)
        Seconds of data searched in each channel: what every rate is a rate over.
    """

    channel: IntColumn
    onset: FloatColumn
    offset: FloatColumn
    onset_se: FloatColumn
    offset_se: FloatColumn
    peak_time: FloatColumn
    amplitude: FloatColumn
    rms: FloatColumn
    area: FloatColumn
    snr: FloatColumn
    median_frequency: FloatColumn
    cut: BoolColumn
    suspect: TextColumn
    n_peaks: IntColumn
    channels: tuple[Channel, ...]
    noise: NDArray[np.float64]
    searched: NDArray[np.float64]

    @property
    def duration(self) -> NDArray[np.float64]:
        """Offset minus onset, seconds."""
        return self.offset - self.onset

    @property
    def labels(self) -> NDArray[np.object_]:
        """The channel label of each burst."""
        return np.array([c.label for c in self.channels], dtype=object)[self.channel]

    def to_frame(self) -> pd.DataFrame:
        """One row a burst, with the label, muscle and side of its channel."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in self.column_types()}
        described = {
            "channel": self.labels,
            "muscle": [self.channels[i].muscle for i in self.channel],
            "side": [self.channels[i].side for i in self.channel],
        }
        return pd.DataFrame({"onset": self.onset, "duration": self.duration} | columns | described)


def detect_bursts(recording: Recording) -> Bursts:
    """Find every burst of every EMG channel of a recording."""
    raise NotImplementedError
