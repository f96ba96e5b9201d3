"""The search through channels of one rate: pieces without gaps to each channel's detector, rows back in seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.channel import COLUMNS, SPANS, TIMES, ChannelDetector, Rows
from myosig.detect.tail import Tail
from myosig.samples import Samples

WORTH_A_THREAD = 10_000  # samples: below, handing them to a thread costs more than searching them


@dataclass(slots=True)
class Found:
    """What was found in one channel: rows of COLUMNS in seconds and µV, noise and floor in µV RMS, seconds searched."""

    rows: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, len(COLUMNS))))
    noise: float = np.nan
    floor: float = np.nan
    searched: float = 0.0


class Search:
    """Feeds the channels of one rate, each cut at its missing samples."""

    def __init__(self, sfreq: float, n_channels: int, *, ahead: float) -> None:
        self.sfreq = sfreq
        self.units = 1 + (TIMES + SPANS) * (sfreq - 1)  # of the columns: samples in a second where they count samples
        self.detectors = [ChannelDetector(sfreq, ahead=ahead) for _ in range(n_channels)]
        self.rows = [_no_rows() for _ in range(n_channels)]
        self.tmin = 0.0
        self.position = 0  # samples of the segment so far
        self.pool = ThreadPoolExecutor(min(n_channels, os.cpu_count() or 1))
        self.busy: list[Future[None]] = []  # a search of each channel, of the last block

    def push(self, data: Samples, tmin: float, *, is_first: bool) -> None:
        """Take the next block, shape (n_channels, n_samples); `is_first` begins a segment at `tmin`.

        Returns once the block before it is searched, so that no thread waits for the slowest channel of a block.
        """
        if is_first:
            self._end()
            self.tmin, self.position = tmin, 0
        before, self.busy = self.busy, []
        for k, x in enumerate(data if data.size >= WORTH_A_THREAD else ()):
            self.busy.append(self.pool.submit(self._feed, k, x, self.position, before[k] if before else None))
        _wait_for(before)
        for k, x in enumerate(() if self.busy else data):
            self._feed(k, x, self.position)
        self.position += data.shape[1]

    def _end(self) -> None:
        """End the segment."""
        _wait_for(self.busy)
        _wait_for([self.pool.submit(self._flush, k, 0) for k in range(len(self.detectors))])

    def finish(self) -> list[Found]:
        """End the last segment; what was found in each channel and not yet taken."""
        self._end()
        self.pool.shutdown()
        return self.take()

    def take(self) -> list[Found]:
        """What was found in each channel since this was last asked."""
        _wait_for(self.busy)
        return [self._take(k) for k in range(len(self.detectors))]

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything but the threads and what was not yet taken, as named arrays, for `restore`."""
        _wait_for(self.busy)
        own = {"tmin": np.array(self.tmin), "position": np.array(self.position)}
        parts = [(k, d.state()) for k, d in enumerate(self.detectors)]
        return own | {f"{k}.{name}": value for k, part in parts for name, value in part.items()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a `state`; KeyError or ValueError where it is none."""
        self.tmin, self.position = float(state["tmin"]), int(state["position"])
        for k, detector in enumerate(self.detectors):
            detector.restore({name: state[f"{k}.{name}"] for name in detector.state()})

    def _feed(self, k: int, x: Samples, position: int, before: Future[None] | None = None) -> None:
        if before is not None:
            before.result()
        for start, stop in finite_runs(x):
            if start > 0:
                self._flush(k, position + start)
            self._keep(k, self.detectors[k].push(x[start:stop]))
        if len(x) and not np.isfinite(x[-1]):
            self._flush(k, position + len(x))

    def _flush(self, k: int, next_sample: int) -> None:
        self._keep(k, self.detectors[k].flush(next_sample))

    def _keep(self, k: int, rows: Rows) -> None:
        if len(rows):
            rows /= self.units
            rows += TIMES * self.tmin
            self.rows[k].append(rows)

    def _take(self, k: int) -> Found:
        detector, rows = self.detectors[k], self.rows[k].rows
        self.rows[k] = _no_rows()
        levels = detector.levels.rows[detector.levels.rows > 0]
        noise = float(np.sqrt(np.median(levels))) if levels.size else np.nan
        return Found(rows, noise, float(np.fmin(detector.floor, noise)), detector.searched / self.sfreq)


def _no_rows() -> Tail[np.float64]:
    return Tail(np.float64, (len(COLUMNS),))


def _wait_for(searches: list[Future[None]]) -> None:
    for search in searches:
        search.result()


def finite_runs(x: Samples) -> Iterator[tuple[int, int]]:
    """(start, stop) of each run of finite samples."""
    if np.isfinite(x.sum()):  # in nearly every block nothing is missing
        yield from [(0, len(x))] if len(x) else []
        return
    finite = np.isfinite(x)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
