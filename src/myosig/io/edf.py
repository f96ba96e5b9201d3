"""EDF, EDF+C, EDF+D, BDF and BDF+: every signal at its own rate, read from the disk when asked."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np

from myosig.annotations import Annotations
from myosig.channel import Channel, Kind
from myosig.errors import ReadError
from myosig.intervals import Intervals
from myosig.io.describe import NEEDS_VOLTAGE, Statement, identify, unique_labels, voltage_scale
from myosig.io.edf_header import BDF_MAGIC, EDF_MAGIC, EdfHeader, EdfSignal, read_header
from myosig.io.edf_samples import EdfSource, StoredChannel, is_trigger_word
from myosig.io.files import DataFile, warn
from myosig.io.prefilter import read_prefilter
from myosig.io.stated import Stated
from myosig.io.tal import TalReader
from myosig.recording import Recording
from myosig.tables import FloatColumn

CLOCK_JITTER = 0.010  # s; EDF+C states that its records follow each other, and some writers round their clock
MOST_ANNOTATIONS = 16 << 20  # bytes of one annotation signal in a data record; recorders write some hundred
COUNT = "count"  # unit of a channel whose scale the file does not give


def is_edf(file: DataFile) -> bool:
    """Whether a file begins as EDF or BDF does."""
    head = file.read_bytes(0, len(EDF_MAGIC))
    return head.startswith(BDF_MAGIC) or head.replace(b"\0", b" ") == EDF_MAGIC


def read_edf(file: DataFile, stated: Stated) -> Recording:
    """Open an EDF, EDF+, BDF or BDF+ file; samples stay on disk until they are asked for.

    Parameters
    ----------
    file : DataFile
    stated : Stated
        What the caller states of its channels.

    Returns
    -------
    Recording
        0 s is the start of the first data record. Gaps of EDF+D lie between its segments.

    Raises
    ------
    ReadError
        If the file contradicts itself, or the scale of an EMG or EEG channel is not known.
    """
    stated.refuse(file.path, "sfreq", "unit", "labels", "layout", "variable")
    statements = stated.statements
    header = read_header(file)
    onsets, annotations = read_annotations(header)
    origin = float(onsets[0]) if len(onsets) else 0.0
    places = [i for i, s in enumerate(header.signals) if not s.is_annotations]
    labels = unique_labels([header.signals[i].label for i in places], header.file.path)
    statements.check_used(header.file.path, [*labels, *(header.signals[i].label for i in places)])
    made = [
        _channel(header, header.signals[i], label, statements.about(label, header.signals[i].label))
        for i, label in zip(places, labels, strict=True)
    ]
    coarse = [channel.label for channel, stored in made if _is_coarse(channel, stored)]
    if coarse:
        warn(
            header.file.path,
            f"{', '.join(coarse)}: so far from 0 that float32 holds the steps of the stored numbers only coarsely",
        )
    start = header.start_time
    return Recording(
        [channel for channel, _ in made],
        EdfSource(header.records, header.sample_bytes, tuple(stored for _, stored in made)),
        layout=_layout(header, onsets) if places else Intervals(),
        annotations=_shifted(annotations, origin),
        start_time=start + timedelta(seconds=origin) if start is not None else None,
        name=header.file.path.name,
        path=header.file.path,
    )


# -- channels and their scale -----------------------------------------------------------------------------


def _channel(header: EdfHeader, signal: EdfSignal, label: str, statement: Statement) -> tuple[Channel, StoredChannel]:
    about = identify(signal.label, statement)
    stored, unit, limits = _scale(header, signal, label, about["kind"], statement.unit or signal.unit)
    highpass, lowpass = read_prefilter(signal.prefilter)
    channel = Channel(
        label=label,
        sfreq=signal.samples / header.record_duration,
        unit=unit,
        n_samples=signal.samples * header.n_records,
        highpass=highpass,
        lowpass=lowpass,
        limits=limits,
        original_label=signal.label,
        **about,
    )
    return channel, stored


def _scale(
    header: EdfHeader, signal: EdfSignal, label: str, kind: Kind, unit: str
) -> tuple[StoredChannel, str, tuple[float, float] | None]:
    """How stored numbers become values, their unit, and the smallest and largest value that can be stored."""
    if header.sample_bytes == 3 and kind == "stim" and is_trigger_word(signal.label, signal.unit):
        return StoredChannel(signal.offset, signal.samples, unsigned=True), "", None
    path = header.file.path
    factor, unit = voltage_scale(unit, label=label, kind=kind, path=path)
    (low, high), (least, most) = signal.physical, signal.digital
    gain = factor * (high - low) / (most - least)
    bias = factor * low - least * gain
    if not _is_usable(gain, bias):
        if kind in NEEDS_VOLTAGE:
            raise ReadError(
                f"the physical minimum and maximum of {label!r} ({low:g} and {high:g}) give no scale; if it is not "
                f"{kind.upper()}, say so: channels={{{label!r}: 'misc'}}",
                path=path,
                field="physical minimum",
            )
        warn(path, f"the physical minimum and maximum of {label!r} give no scale; its samples are stored numbers")
        return StoredChannel(signal.offset, signal.samples), COUNT, None
    stored = StoredChannel(signal.offset, signal.samples, gain, bias if abs(bias) > 1e-6 * abs(gain) else 0.0)
    ends = stored.value(least), stored.value(most)
    return stored, unit, (min(ends), max(ends))


def _is_coarse(channel: Channel, stored: StoredChannel) -> bool:
    """Whether the values lie so far from 0 that float32 rounds them by more than two steps of the stored numbers."""
    furthest = max(map(abs, channel.limits), default=0.0) if channel.limits is not None else 0.0
    return bool(np.spacing(np.float32(furthest)) > 4 * abs(stored.gain))


def _is_usable(gain: float, bias: float) -> bool:
    """Whether a scale exists and float32 can hold it."""
    most = float(np.finfo(np.float32).max) / 2**25  # so that a 24-bit number times the gain stays finite
    return math.isfinite(gain) and math.isfinite(bias) and 1e-30 < abs(gain) < most and abs(bias) < most


# -- time -------------------------------------------------------------------------------------------------


def read_annotations(header: EdfHeader) -> tuple[FloatColumn, Annotations]:
    """Onset of each data record (empty where the file gives none), and all annotations, on the clock of the header."""
    signals = [s for s in header.signals if s.is_annotations]
    if not signals:
        if header.plus == "D":
            raise ReadError(
                "the file says that it has gaps (EDF+D), but has no annotation signal to say where",
                path=header.file.path,
            )
        if header.plus == "C":
            warn(header.file.path, "the file says that it is EDF+ or BDF+, but it has no annotation signal")
        return np.empty(0), Annotations.empty()
    reader = TalReader()
    for number, signal in enumerate(signals):
        size = signal.samples * header.sample_bytes
        if size > MOST_ANNOTATIONS:
            raise ReadError(
                f"an annotation signal of {size} bytes in every data record is more than any recorder writes",
                path=header.file.path,
                field="samples per record",
            )
        for raw in header.records.each(header.n_records, signal.offset, signal.offset + size):
            reader.read_record(raw, keeps_time=number == 0)
    for problem, count in reader.problems.items():
        warn(header.file.path, f"damaged annotations: {count} {problem}")
    return _record_onsets(header, np.array(reader.record_onset)), reader.annotations()


def _record_onsets(header: EdfHeader, onsets: FloatColumn) -> FloatColumn:
    """Onsets without gaps in them: a record that does not say when it begins follows the one before."""
    known = np.isfinite(onsets)
    if known.all():
        return onsets
    missing = np.flatnonzero(~known)
    if header.plus == "D":
        raise ReadError(
            f"data record {missing[0]} does not say when it begins, which a file with gaps (EDF+D) must",
            path=header.file.path,
            field="annotations",
        )
    warn(
        header.file.path,
        f"{len(missing)} data records do not say when they begin; each is taken to follow the one before",
    )
    numbers = np.arange(len(onsets))
    first = int(np.argmax(known))  # 0 where none is known
    before = np.maximum.accumulate(np.where(known, numbers, first))
    filled: FloatColumn = np.where(known, onsets, 0.0)[before] + (numbers - before) * header.record_duration
    return filled


def _layout(header: EdfHeader, onsets: FloatColumn) -> Intervals:
    """The stretches in which record follows record; 0 s is the start of the first."""
    duration, n = header.record_duration, header.n_records
    if not len(onsets):
        return Intervals([0.0], [n * duration]) if n else Intervals()
    half_sample = duration / (2 * max(s.samples for s in header.signals if not s.is_annotations))
    tolerance = half_sample if header.plus == "D" else max(half_sample, CLOCK_JITTER)
    first = _stretches(header, onsets, tolerance)
    if len(first) > 1 and header.plus != "D":
        warn(
            header.file.path,
            f"the file says that it has no gaps, but its record clock shows {len(first) - 1}; they are kept",
        )
    starts = onsets[first] - onsets[0]
    return Intervals(starts, starts + np.diff([*first, n]) * duration)


def _stretches(header: EdfHeader, onsets: FloatColumn, tolerance: float) -> list[int]:
    """The first record of each stretch: the first of all, and each that begins later than the one before has ended.

    In a file that is said to have gaps the clock is exact, and a record is held against the first of its stretch.
    """
    drift = onsets - np.arange(len(onsets)) * header.record_duration
    if np.ptp(drift) <= tolerance:
        return [0]
    first, reference = [0], float(drift[0])
    for record in (np.flatnonzero(np.diff(drift)) + 1).tolist():
        late = float(drift[record]) - reference
        if late < -tolerance:
            raise ReadError(
                f"data record {record} begins at {onsets[record]:g} s, before the one ahead of it has ended "
                f"({onsets[record] - late:g} s)",
                path=header.file.path,
                field="annotations",
            )
        if late > tolerance:
            first.append(record)
        if late > tolerance or header.plus != "D":
            reference = float(drift[record])
    return first


def _shifted(annotations: Annotations, origin: float) -> Annotations:
    return Annotations(onset=annotations.onset - origin, duration=annotations.duration, text=annotations.text)
