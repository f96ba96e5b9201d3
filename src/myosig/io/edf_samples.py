"""Samples of EDF and BDF files: 16- and 24-bit numbers on disk to float32 in memory, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import FileIO

import numpy as np
from numpy.typing import NDArray

from myosig.io.files import DataFile
from myosig.samples import Samples

Bytes = NDArray[np.uint8]
TILE_BYTES = 1 << 20  # read and decoded at a time: small enough to stay in the cache of a core
SHORT_RECORD = 1 << 12  # bytes of a record that is read whole, though only a part of it is wanted
LEAD = 1  # bytes before the first sample in a buffer, so that a 24-bit number is the upper part of 32 bits


@dataclass(frozen=True, slots=True)
class Records:
    """The data records of a file, as bytes."""

    file: DataFile
    start: int
    record_bytes: int

    def read(self, file: FileIO, record: int, count: int, low: int, high: int, into: Bytes) -> None:
        """Bytes low..high of each of `count` records into a buffer, after `LEAD` meaningless bytes."""
        width = high - low
        view = memoryview(into.data)[LEAD : LEAD + count * width]
        place = self.start + record * self.record_bytes + low
        if count == 1 or width == self.record_bytes:
            self.file.fill(file, place, view)
            return
        for i in range(count):
            self.file.fill(file, place + i * self.record_bytes, view[i * width : (i + 1) * width])

    def each(self, count: int, low: int, high: int) -> Iterator[bytes]:
        """Bytes low..high of each of the first `count` records; records that are short are read many at a time."""
        width, span = high - low, self.record_bytes if self.record_bytes <= SHORT_RECORD else high - low
        begin = low if span == self.record_bytes else 0
        most = max(1, TILE_BYTES // span)
        buffer = np.empty(LEAD + min(most, count) * span, dtype=np.uint8)
        with self.file.opened() as file:
            for record in range(0, count, most):
                here = min(most, count - record)
                self.read(file, record, here, low - begin, low - begin + span, buffer)
                tile = buffer[LEAD : LEAD + here * span].tobytes()
                for start in range(begin, begin + here * span, span):
                    yield tile[start : start + width]


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """Where the samples of a channel lie in a data record, and how a stored number becomes a value."""

    offset: int
    samples: int
    gain: float = 1.0
    bias: float = 0.0
    unsigned: bool = False

    def value(self, stored: int) -> float:
        """What a stored number reads as, rounded as `EdfSource.read` rounds it."""
        return float(np.float32(stored) * np.float32(self.gain) + np.float32(self.bias))


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows first..last of a request, whose channels lie side by side in the file and are stored alike."""

    first: int
    last: int
    offset: int
    samples: int
    unsigned: bool
    gain: Samples
    bias: Samples


@dataclass(frozen=True, slots=True)
class EdfSource:
    """Samples of an EDF (2 bytes) or BDF (3 bytes) file; safe to read from several threads and processes."""

    records: Records
    sample_bytes: int
    channels: tuple[StoredChannel, ...]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Samples start..stop of channels of one rate; see `samples.Source`."""
        out = np.empty((len(rows), stop - start), dtype=np.float32)
        if not out.size:
            return out
        runs = self._runs([self.channels[row] for row in rows])
        low = min(run.offset for run in runs)
        high = max(run.offset + (run.last - run.first) * run.samples * self.sample_bytes for run in runs)
        if 2 * (high - low) > self.records.record_bytes:  # one read of all is faster than one a record
            low, high = 0, self.records.record_bytes
        n_records = -(-stop // runs[0].samples) - start // runs[0].samples
        buffer = np.empty(LEAD + min(TILE_BYTES, n_records * (high - low)), dtype=np.uint8)
        at = 0
        with self.records.file.opened() as file:
            for record, count, skip, take in self._pieces(start, stop, runs[0].samples, high - low):
                part = out[:, at : at + count * take]
                at += count * take
                if take == runs[0].samples:
                    self.records.read(file, record, count, low, high, buffer)
                    for run in runs:
                        self._decode(buffer, run.offset - low, high - low, run, part)
                else:
                    self._read_within(file, record, skip, take, runs, buffer, part)
        return out

    def _runs(self, channels: Sequence[StoredChannel]) -> list[_Run]:
        runs, first = [], 0
        for i in range(1, len(channels) + 1):
            if i < len(channels) and self._beside(channels[i - 1], channels[i]):
                continue
            these = channels[first:i]
            gain = np.array([[c.gain] for c in these], dtype=np.float32)
            bias = np.array([[c.bias] for c in these], dtype=np.float32)
            runs.append(_Run(first, i, these[0].offset, these[0].samples, these[0].unsigned, gain, bias))
            first = i
        return runs

    def _beside(self, one: StoredChannel, other: StoredChannel) -> bool:
        return other.offset == one.offset + one.samples * self.sample_bytes and other.unsigned == one.unsigned

    def _pieces(self, start: int, stop: int, samples: int, span: int) -> Iterator[tuple[int, int, int, int]]:
        """(record, how many records, samples to skip, samples to take): whole records where that fits a tile."""
        while start < stop:
            record, skip = divmod(start, samples)
            if skip == 0 and stop - start >= samples and span <= TILE_BYTES:
                count, take = min((stop - start) // samples, TILE_BYTES // span), samples
            else:
                count, take = 1, min(samples - skip, stop - start, TILE_BYTES // self.sample_bytes)
            yield record, count, skip, take
            start += count * take

    def _read_within(
        self, file: FileIO, record: int, skip: int, take: int, runs: Sequence[_Run], buffer: Bytes, out: Samples
    ) -> None:
        """Part of one record, channel by channel, so that a huge record is never in memory whole."""
        for run in runs:
            for i in range(run.last - run.first):
                low = run.offset + (i * run.samples + skip) * self.sample_bytes
                high = low + take * self.sample_bytes
                row = run.first + i
                one = _Run(row, row + 1, low, take, run.unsigned, run.gain[i : i + 1], run.bias[i : i + 1])
                self.records.read(file, record, 1, low, high, buffer)
                self._decode(buffer, 0, high - low, one, out)

    def _decode(self, buffer: Bytes, offset: int, stride: int, run: _Run, out: Samples) -> None:
        """Numbers of one run into its rows of `out`; in the buffer, record follows record every `stride` bytes."""
        rows = run.last - run.first
        count = out.shape[1] // run.samples
        shape = (count, rows, run.samples)
        strides = (stride, run.samples * self.sample_bytes, self.sample_bytes)
        target = out[run.first : run.last].reshape(rows, count, run.samples).transpose(1, 0, 2)
        if self.sample_bytes == 2:
            target[...] = np.ndarray(shape, "<i2", buffer, LEAD + offset, strides)
        else:
            wide = np.ndarray(shape, "<u4" if run.unsigned else "<i4", buffer, LEAD + offset - 1, strides)
            target[...] = np.right_shift(wide, 8)
        if not run.unsigned:
            target *= run.gain
            if run.bias.any():
                target += run.bias


def is_trigger_word(label: str, unit: str) -> bool:
    """Whether a 24-bit trigger channel holds the words of a BioSemi amplifier: whole numbers, no sign, no scale."""
    return label.casefold() == "status" or unit == "Boolean"
