"""Cleaned samples asked for in order of time, with no more of them in memory than were asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts, cleaned_blocks


class Feed:
    """Channels of one rate, without line noise and heart beats, read from front to back.

    Parameters
    ----------
    recording : Recording
    labels : sequence of str
        Channels of one rate.
    artefacts : Artefacts
    duration : float
        Seconds that are read at a time.
    """

    def __init__(self, recording: Recording, labels: Sequence[str], artefacts: Artefacts, *, duration: float) -> None:
        self._blocks = cleaned_blocks(recording, labels, duration=duration, artefacts=artefacts)
        self._sfreq = recording.channel(labels[0]).sfreq
        self._tmin = -np.inf
        self._data = np.empty((len(labels), 0), dtype=np.float32)

    def cut(self, starts: NDArray[np.float64], size: int) -> NDArray[np.float32]:
        """Stretches of `size` samples, shape (n_channels, n_starts, size), NaN where there are not enough.

        The starts lie in one segment, and not before those of an earlier call.
        """
        self._advance(float(starts[0]), float(starts[-1]) + size / self._sfreq)
        missing = size - self._data.shape[1]
        if missing > 0:
            self._data = np.pad(self._data, ((0, 0), (0, missing)), constant_values=np.nan)
        at = np.rint((starts - self._tmin) * self._sfreq).astype(int)
        at = np.clip(at, 0, self._data.shape[1] - size)
        return np.asarray(self._data[:, at[:, None] + np.arange(size)])

    def _advance(self, start: float, stop: float) -> None:
        """Drop what lies before `start`, and read on to `stop`."""
        while self._tmin + (self._data.shape[1] + 0.5) / self._sfreq < stop or self._data.shape[1] == 0:
            block = next(self._blocks, None)
            if block is None:
                break
            if block.is_first or self._data.shape[1] == 0:
                self._tmin, self._data = block.tmin, block.data
            else:
                self._data = np.concatenate([self._data, block.data], axis=1)
            self._drop_before(start)

    def _drop_before(self, start: float) -> None:
        n = int(np.clip(np.floor((start - self._tmin) * self._sfreq), 0, self._data.shape[1]))
        self._tmin, self._data = self._tmin + n / self._sfreq, self._data[:, n:]
