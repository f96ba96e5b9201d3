"""Bursts and jerks while they come: chunks of a stream in order, on one clock, into the detector."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from myosig.channel import MICROVOLT, Channel
from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks, group_jerks
from myosig.detect.stream import LATENCY, BurstDetector
from myosig.detect.volleys import LONGEST_REPEAT
from myosig.errors import ReadError
from myosig.samples import Samples
from myosig.storage import write_json

JITTER = 0.02  # s by which a time stamp may be off before samples are taken as lost or sent twice [D: LSL dejitters]
FOLLOW = 0.02  # share of the deviation of each chunk by which our clock follows that of the sender
MOST_LOST = 60.0  # s: after a longer silence, or a longer step of its clock, the stream is another one
MEMORY = 600.0  # s of bursts from which the grouping learns


class Chunk(NamedTuple):
    """Samples as they came: the sender's time of the first, in seconds, and data in µV, (n_channels, n)."""

    time: float
    data: Samples


@dataclass(slots=True)
class Delivery:
    """What became of the samples of a stream.

    Attributes
    ----------
    received : int
        Samples used.
    lost : int
        Samples that never came, or came too late; they are missing data.
    late : int
        Of the lost ones, those that came after their successors.
    repeated : int
        Samples that came a second time, and were dropped.
    drift : float
        Seconds by which the sender's clock went ahead of its stated rate.
    """

    received: int = 0
    lost: int = 0
    late: int = 0
    repeated: int = 0
    drift: float = 0.0


@dataclass(frozen=True, slots=True)
class News:
    """What is certain since the last: bursts and jerks that have ended, seconds of stream, and the delivery so far."""

    bursts: Bursts
    jerks: Jerks
    time: float
    delivery: Delivery


def follow(
    chunks: Iterable[Chunk],
    channels: Sequence[Channel],
    *,
    ahead: float = 0.0,
    record: str | os.PathLike[str] | None = None,
) -> Iterator[News]:
    """Detect bursts and jerks in a stream of chunks.

    Parameters
    ----------
    chunks : iterable of Chunk
        Late, lost and repeated samples are told by their times, and counted.
    channels : sequence of Channel
        EMG channels of one rate, as `BurstDetector` takes them.
    ahead : float
        See `BurstDetector`.
    record : path, optional
        Also write the samples, as ``NAME.bin`` (float32) with its layout in ``NAME.bin.json``, for `read`.

    Yields
    ------
    News
        For each chunk that brought something, and once more at the end. A burst comes out at most ``1 + ahead``
        seconds after its end, a jerk when no further volley can belong to it (1.2 s later).

    Raises
    ------
    ReadError
        If the stream jumps by more than a minute.
    """
    detector = BurstDetector(channels, ahead=ahead)
    sfreq = channels[0].sfreq
    order, reported = _Order(sfreq), 0.0
    recent = _Recent(detector.push(np.empty((len(channels), 0), np.float32)))
    with ExitStack() as stack:
        file = None if record is None else stack.enter_context(_recording(Path(record), channels))
        for chunk in chunks:
            data = order.place(chunk)
            if not data.shape[1]:
                continue
            if file is not None:
                file.write(np.ascontiguousarray(data.T, dtype="<f4").tobytes())
            bursts = recent.add(detector.push(data), order.position / sfreq)
            certain = order.position / sfreq - LATENCY - ahead - LONGEST_REPEAT
            jerks = recent.jerks(reported, certain)
            reported = max([reported, *jerks.offset.tolist()])
            yield News(bursts, jerks, order.position / sfreq, replace(order.delivery))
    bursts = recent.add(detector.flush(), order.position / sfreq)
    yield News(bursts, recent.jerks(reported, np.inf), order.position / sfreq, replace(order.delivery))


class _Order:
    """Puts chunks in order: what is lost becomes NaN, what came before is dropped."""

    def __init__(self, sfreq: float) -> None:
        self.sfreq = sfreq
        self.position = 0  # samples placed
        self.origin: float | None = None  # the sender's time of sample 0, as it drifts
        self.delivery = Delivery()
        self.gaps: list[tuple[int, int]] = []

    def place(self, chunk: Chunk) -> Samples:
        """What the chunk adds to the stream, after what is missing before it."""
        data, n = chunk.data, chunk.data.shape[1]
        if self.origin is None:
            self.origin = chunk.time
        due = (chunk.time - self.origin) * self.sfreq
        off = due - self.position
        if abs(off) <= JITTER * self.sfreq:
            self.origin += FOLLOW * off / self.sfreq
            self.delivery.drift += FOLLOW * off / self.sfreq
            missing = 0
        else:
            missing = round(off)
        if abs(missing) > MOST_LOST * self.sfreq:
            raise ReadError(f"the stream jumps by {off / self.sfreq:.0f} s; start anew")
        if missing < 0:
            self._count_old(self.position + missing, min(n, -missing))
            data = data[:, -missing:]
        elif missing:
            self.gaps.append((self.position, self.position + missing))
            self.delivery.lost += missing
            data = np.pad(data, ((0, 0), (missing, 0)), constant_values=np.nan)
        self.position += data.shape[1]
        self.delivery.received += data.shape[1] - max(0, missing)
        return data

    def _count_old(self, start: int, n: int) -> None:
        """Samples that are late where there is a gap, and repeated elsewhere."""
        late = sum(max(0, min(start + n, stop) - max(start, begin)) for begin, stop in self.gaps)
        self.delivery.late += late
        self.delivery.repeated += n - late


class _Recent:
    """The bursts of the last minutes, grouped again as they come."""

    def __init__(self, nothing: Bursts) -> None:
        self.bursts = nothing

    def add(self, new: Bursts, now: float) -> Bursts:
        """Take new bursts, forget old ones; give the new ones back."""
        both: dict[str, Any] = {
            name: np.concatenate([getattr(self.bursts, name), getattr(new, name)]) for name in new.column_types()
        }
        order = np.lexsort((both["channel"], both["onset"]))
        keep = order[both["onset"][order] > now - MEMORY]
        self.bursts = replace(new, **{name: column[keep] for name, column in both.items()})
        return new

    def jerks(self, after: float, before: float) -> Jerks:
        """Jerks that begin after a time and end before another."""
        jerks = group_jerks(self.bursts)
        return jerks[(jerks.onset > after) & (jerks.offset < before)]


def _recording(path: Path, channels: Sequence[Channel]) -> BinaryIO:
    layout = {
        "dtype": "<f4", "order": "samples", "sfreq": channels[0].sfreq, "unit": MICROVOLT,
        "labels": [channel.label for channel in channels],
    }  # fmt: skip
    file = path.with_suffix(".bin").open("xb")  # never over another recording
    write_json(layout, path.with_suffix(".bin.json"))
    return file


def stream(
    name: str, *, unit: str, ahead: float = 0.0, record: str | os.PathLike[str] | None = None, timeout: float = 10.0
) -> Iterator[News]:
    """Detect bursts and jerks in a stream of Lab Streaming Layer (LSL), until it ends.

    Parameters
    ----------
    name : str
        Name of the LSL stream. Channels are understood by their labels; those that are EMG are searched.
    unit : {"uV", "mV", "V"}
        Of its samples, which LSL does not say reliably.
    ahead, record
        See `follow`.
    timeout : float
        Seconds to wait for the stream to appear, and for samples before it counts as ended.

    Yields
    ------
    News

    Raises
    ------
    MissingExtraError
        Without the package ``mne-lsl`` (extra ``lsl``).
    ParameterError
        If there is no such stream, or it has no EMG channel.
    """
    from myosig.io.lsl import open_stream

    channels, chunks = open_stream(name, unit=unit, timeout=timeout)
    return follow((Chunk(*chunk) for chunk in chunks), channels, ahead=ahead, record=record)
