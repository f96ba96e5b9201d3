"""Writing EDF+ and BDF+: every channel at its own rate, gaps and annotations kept, nothing clipped.

The writer is our own because it must keep what the libraries for this format do not: gaps (EDF+D), in constant memory.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.errors import MyosigWarning, ParameterError
from myosig.io.edf_header import BDF_MAGIC, EDF_MAGIC, SIGNAL_FIELDS, UNIT
from myosig.io.edf_plan import Plan, plan_records
from myosig.io.edf_scale import StoredScale, choose_scale
from myosig.io.tal import CONTROL, annotation_tals, clock_tal
from myosig.recording import Recording
from myosig.samples import Samples
from myosig.storage import whole_file

SAMPLE_BYTES = {".edf": 2, ".bdf": 3}
CHUNK_BYTES = 4 << 20  # of file written at a time
YEARS = range(1985, 2085)  # that a two-digit year can name (EDF+, 2.1.3.2)
NO_DATE = ("01.01.85", "00.00.00", "Startdate X X X X")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def write_edf(recording: Recording, path: str | os.PathLike[str]) -> None:
    """Write a recording as EDF+ (16 bit) or BDF+ (24 bit), by the suffix of the path.

    The file appears under its name only when it is complete. Its clock starts at the first sample. What the format
    cannot hold, it does not get: no patient, and muscle, side and segments only as far as the labels tell them.

    Parameters
    ----------
    recording : Recording
        Gaps become those of EDF+D (BDF+D). Channels keep their rates.
    path : path
        Ending in ``.edf`` or ``.bdf``.

    Raises
    ------
    ParameterError
        If the format cannot hold the recording: NaN or infinite samples, no common length of a data record for the
        rates, trigger words beyond the bits of a sample, a start before 1985 or after 2084.

    Warns
    -----
    MyosigWarning
        If a label is shortened, a rate rounded, an end cut that does not fill a data record, or values are stored
        in coarse steps.

    Notes
    -----
    Each channel gets the range of its limits or, where these are unknown or much wider than what is there, of its own
    values with a tenth to spare: a value differs from what is read back by at most half a step, which is
    range / 65535 (EDF) or range / 16777215 (BDF).

    Examples
    --------
    >>> import numpy as np, myosig as ms, tempfile, pathlib
    >>> rec = ms.from_array(np.sin(np.arange(2000))[None], sfreq=1000, labels=["EMG R APB"], unit="uV")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.write_edf(rec, pathlib.Path(folder, "sine.edf"))
    ...     ms.read(pathlib.Path(folder, "sine.edf"))
    <Recording 'sine.edf': 1 emg; 2.0 s in 1 segment(s)>
    """
    target = Path(path)
    sample_bytes = SAMPLE_BYTES.get(target.suffix.lower())
    if sample_bytes is None:
        raise ParameterError(f"the path must end in {' or '.join(SAMPLE_BYTES)}, not {target.name!r}")
    plan = plan_records(recording)
    scales = _scales(recording, plan, sample_bytes)
    origin, start = _clock(recording, plan)
    notes = recording.annotations
    clocks = [clock_tal(onset - origin) for onset in plan.onsets()]
    marks = Marks.pack(Annotations(notes.onset - origin, notes.duration, notes.text), clocks, sample_bytes)
    header = _header(recording, plan, scales, sample_bytes, start, marks.width // sample_bytes)
    with whole_file(target) as temporary, temporary.open("wb") as file:
        file.write(header)
        _write_records(file, recording, plan, scales, sample_bytes, marks)


# -- header -----------------------------------------------------------------------------------------------


def _header(
    recording: Recording,
    plan: Plan,
    scales: Sequence[StoredScale],
    sample_bytes: int,
    start: datetime | None,
    annotation_samples: int,
) -> bytes:
    form = "EDF" if sample_bytes == 2 else "BDF"
    date, time, startdate = start_fields(start)
    fixed = [
        (EDF_MAGIC if sample_bytes == 2 else BDF_MAGIC).decode("latin-1"),
        f"{'X X X X':80}{startdate:80}{date}{time}",
        f"{UNIT * (len(recording.channels) + 2):<8d}",
        f"{form}+{'D' if len(plan.stretches) > 1 else 'C':<40}",
        f"{plan.n_records:<8d}{plan.duration_text:8}{len(recording.channels) + 1:<4d}",
    ]
    rows = [
        _signal_fields(channel, label, scale, samples)
        for channel, label, scale, samples in zip(
            recording.channels, _short_labels(recording), scales, plan.samples, strict=True
        )
    ]
    full = 1 << (8 * sample_bytes - 1)
    rows.append((f"{form} Annotations", "", "", "-1", "1", str(-full), str(full - 1), "", str(annotation_samples), ""))
    parts = [
        row[column].encode("utf-8").ljust(width) for column, width in enumerate(SIGNAL_FIELDS.values()) for row in rows
    ]
    return "".join(fixed).encode("latin-1") + b"".join(parts)


def _signal_fields(channel: Channel, label: str, scale: StoredScale, samples: int) -> tuple[str, ...]:
    if len(channel.unit.encode("utf-8")) > SIGNAL_FIELDS["physical dimension"]:
        raise ParameterError(
            f"the unit {channel.unit!r} of {channel.label!r} is longer than the 8 bytes that EDF has for it"
        )
    corners = [("HP", channel.highpass), ("LP", channel.lowpass)]
    prefilter = " ".join(f"{name}:{value:g}Hz" for name, value in corners if value is not None)
    low, high = scale.digital
    return (
        label,
        "",
        scale.unit,
        scale.physical_text[0],
        scale.physical_text[1],
        str(low),
        str(high),
        prefilter,
        str(samples),
        "",
    )


def _short_labels(recording: Recording) -> list[str]:
    """Labels of at most 16 bytes."""
    most = SIGNAL_FIELDS["label"]
    short = [label.encode("utf-8")[:most].decode("utf-8", "ignore") for label in recording.labels]
    changed = [f"{a!r} as {b!r}" for a, b in zip(recording.labels, short, strict=True) if a != b]
    if len(set(short)) != len(short):
        raise ParameterError(
            f"EDF has 16 bytes for a label, and within these some labels are alike: {', '.join(changed)}; "
            "rename the channels (recording.with_channels)"
        )
    if changed:
        warnings.warn(f"labels are written shortened: {', '.join(changed)}", MyosigWarning, stacklevel=3)
    return short


def _clock(recording: Recording, plan: Plan) -> tuple[float, datetime | None]:
    """Time on the recording's clock at which that of the file begins (a whole second of the day), and that start."""
    begin = plan.stretches[0].tmin if plan.stretches else 0.0
    if recording.start_time is None:
        return begin, None
    first = recording.start_time + timedelta(seconds=begin)
    if first.year not in YEARS:
        raise ParameterError(
            f"EDF+ can name the years {YEARS[0]} to {YEARS[-1]}, but the recording starts in {first.year}"
        )
    whole = first.replace(microsecond=0)
    return begin - (first - whole).total_seconds(), whole


def start_fields(start: datetime | None) -> tuple[str, str, str]:
    """Date, time and recording field of a header that names nobody."""
    if start is None:
        return NO_DATE
    written = f"Startdate {start.day:02d}-{MONTHS[start.month - 1]}-{start.year} X X X"
    return f"{start:%d.%m.%y}", f"{start:%H.%M.%S}", written


# -- annotations ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Marks:
    """Annotation bytes of each data record, and how many bytes each has."""

    records: Sequence[bytes]
    clocks: Sequence[bytes]
    width: int

    @classmethod
    def pack(cls, annotations: Annotations, clocks: Sequence[bytes], sample_bytes: int) -> Marks:
        """Lay the annotations, in order, into the data records, each as narrow as that allows.

        `clocks` is what each record begins with: its own time, or nothing where another signal tells it.
        """
        lists = list(annotation_tals(_checked(annotations)))
        room = max([len(one) for one in lists] + [math.ceil(sum(map(len, lists)) / len(clocks))])
        while (packed := _packed(lists, room, len(clocks))) is None:
            room += room // 4 + 1
        samples = math.ceil((max(map(len, clocks)) + room) / sample_bytes)
        return cls(packed, clocks, max(1, samples) * sample_bytes)

    def bytes_of(self, record: int) -> bytes:
        """Clock and annotations of one record, padded."""
        extra = self.records[record] if record < len(self.records) else b""
        return (self.clocks[record] + extra).ljust(self.width, b"\0")


def _packed(lists: Sequence[bytes], room: int, most: int) -> list[bytes] | None:
    records = [b""]
    for one in lists:
        if len(records[-1]) + len(one) > room:
            records.append(b"")
        records[-1] += one
    return records if len(records) <= most else None


def _checked(annotations: Annotations) -> Annotations:
    for onset, text in zip(annotations.onset.tolist(), annotations.text.tolist(), strict=True):
        if any(sign in text for sign in CONTROL):
            raise ParameterError(f"the annotation {text!r} at {onset:g} s has characters that EDF+ uses as separators")
    if not (np.isfinite(annotations.onset).all() and np.isfinite(annotations.duration).all()):
        raise ParameterError("annotations must have finite onsets and durations to be written")
    return annotations


# -- samples ----------------------------------------------------------------------------------------------


def _scales(recording: Recording, plan: Plan, sample_bytes: int) -> list[StoredScale]:
    low = np.full(len(recording.channels), np.inf)
    high = np.full(len(recording.channels), -np.inf)
    whole = np.ones(len(recording.channels), dtype=bool)
    for _, rows, data in _chunks(recording, plan, sample_bytes):
        _check_finite(recording, rows, data)
        low[rows] = np.minimum(low[rows], data.min(axis=(1, 2)))
        high[rows] = np.maximum(high[rows], data.max(axis=(1, 2)))
        whole[rows] &= (data == np.rint(data)).all(axis=(1, 2))
    return [
        choose_scale(channel, low=float(low[i]), high=float(high[i]), whole=bool(whole[i]), sample_bytes=sample_bytes)
        for i, channel in enumerate(recording.channels)
    ]


def _check_finite(recording: Recording, rows: list[int], data: Samples) -> None:
    bad = ~np.isfinite(data).all(axis=(1, 2))
    if bad.any():
        label = recording.channels[rows[int(np.argmax(bad))]].label
        raise ParameterError(
            f"{label!r} has samples that are NaN or infinite, which EDF cannot hold; "
            "leave the channel out (recording.select) or crop to where it has samples (recording.crop)"
        )


def _chunks(recording: Recording, plan: Plan, sample_bytes: int) -> Iterator[tuple[slice, list[int], Samples]]:
    """(records, channels, samples as (channel, record, sample in the record)), group by group of one rate."""
    step = max(1, CHUNK_BYTES // (sample_bytes * sum(plan.samples) or 1))
    for stretch in plan.stretches:
        for first in range(0, stretch.n_records, step):
            count = min(step, stretch.n_records - first)
            records = slice(stretch.first + first, stretch.first + first + count)
            for rows in plan.groups:
                samples = plan.samples[rows[0]]
                sfreq = recording.channels[rows[0]].sfreq
                tmin = stretch.tmin + first * samples / sfreq
                data = recording.read([recording.labels[i] for i in rows], tmin, tmin + count * samples / sfreq)
                yield records, rows, data.reshape(len(rows), count, samples)


def _write_records(
    file: BinaryIO,
    recording: Recording,
    plan: Plan,
    scales: Sequence[StoredScale],
    sample_bytes: int,
    marks: Marks,
) -> None:
    width = marks.width
    offsets = np.concatenate([[0], np.cumsum(plan.samples)]).astype(int) * sample_bytes
    if not plan.groups:
        file.writelines(marks.bytes_of(record) for record in range(plan.n_records))
    for records, rows, data in _chunks(recording, plan, sample_bytes):
        if rows is plan.groups[0]:
            block = np.empty((records.stop - records.start, int(offsets[-1]) + width), dtype=np.uint8)
        for i, samples in zip(rows, data, strict=True):
            block[:, offsets[i] : offsets[i + 1]] = _as_bytes(scales[i].stored(samples), sample_bytes)
        if rows is plan.groups[-1]:
            lists = b"".join(marks.bytes_of(record) for record in range(records.start, records.stop))
            block[:, offsets[-1] :] = np.frombuffer(lists, dtype=np.uint8).reshape(-1, width)
            file.write(block.tobytes())


def _as_bytes(stored: NDArray[np.int32], sample_bytes: int) -> NDArray[np.uint8]:
    """The low bytes of each number, record by record."""
    quads = np.ascontiguousarray(stored, dtype="<i4").view(np.uint8).reshape(*stored.shape, 4)
    return quads[..., :sample_bytes].reshape(len(stored), -1)
