"""The header of EDF, EDF+, BDF and BDF+ files, parsed strictly.

What contradicts itself is refused; what is off the standard but certain all the same is kept with a warning.

References
----------
Kemp B, Värri A, Rosa AC, Nielsen KD, Gade J (1992). A simple format for exchange of digitized polygraphic recordings.
Electroencephalogr Clin Neurophysiol 82:391-393. doi:10.1016/0013-4694(92)90009-7
Kemp B, Olivan J (2003). European data format 'plus' (EDF+), an EDF alike standard format for the exchange of
physiological data. Clin Neurophysiol 114:1755-1761. doi:10.1016/S1388-2457(03)00123-8
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime

from myosig.errors import ReadError
from myosig.io.edf_samples import Records
from myosig.io.files import DataFile, warn
from myosig.io.units import decode_unit

EDF_MAGIC = b"0       "
BDF_MAGIC = b"\xffBIOSEMI"
ANNOTATION_LABELS = ("EDF Annotations", "BDF Annotations")
FIRST_YEAR = 85  # two-digit years from 85 on are of the last century (EDF+, 2.1.3.2)
SHORTEST, LONGEST = 1e-7, 1e8  # s; what the eight characters of a record duration can say without an exponent
UNIT = 256  # bytes of the fixed part, and of the part of each signal

SIGNAL_FIELDS = {
    "label": 16,
    "transducer": 80,
    "physical dimension": 8,
    "physical minimum": 8,
    "physical maximum": 8,
    "digital minimum": 8,
    "digital maximum": 8,
    "prefiltering": 80,
    "samples per record": 8,
    "reserved": 32,
}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]*,[0-9]+")
_INTEGER = re.compile(r"[+-]?[0-9]+(\.0*)?")
_TRIPLE = re.compile(r"([0-9]{1,2})[.:/-]([0-9]{1,2})[.:/-]([0-9]{1,2})")
_PLUS_YEAR = re.compile(r"Startdate [0-9]{2}-[A-Za-z]{3}-([0-9]{4})")
_PLUS_NO_DATE = "Startdate X "
_NO_DATE = "01.01.85"


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """One signal of the header.

    Attributes
    ----------
    label, unit, transducer, prefilter : str
        Text fields without padding; any spelling of µ in the unit is ``u``.
    physical : (float, float)
        Physical minimum and maximum; NaN where the field is not a number.
    digital : (int, int)
        Digital minimum and maximum.
    samples : int
        In each data record.
    offset : int
        Where its samples begin, in bytes from the start of the record.
    """

    label: str
    unit: str
    transducer: str
    prefilter: str
    physical: tuple[float, float]
    digital: tuple[int, int]
    samples: int
    offset: int

    @property
    def is_annotations(self) -> bool:
        """Whether it holds time-stamped annotation lists instead of samples."""
        return self.label in ANNOTATION_LABELS


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """What the header says, checked against the size of the file.

    Attributes
    ----------
    file : DataFile
    sample_bytes : int
        2 for EDF, 3 for BDF.
    plus : {"C", "D"} or None
        Continuous or discontinuous EDF+ or BDF+; None for plain EDF and BDF.
    start_time : datetime or None
    n_records : int
        Complete data records that the file holds.
    record_duration : float
        Seconds; 0 in a file that holds annotations only.
    signals : tuple of EdfSignal
        All of them, annotations too.
    """

    file: DataFile
    sample_bytes: int
    plus: str | None
    start_time: datetime | None
    n_records: int
    record_duration: float
    signals: tuple[EdfSignal, ...]

    @property
    def records(self) -> Records:
        """Where the data records lie in the file."""
        size = self.sample_bytes * sum(s.samples for s in self.signals)
        return Records(self.file, UNIT * (len(self.signals) + 1), size)


def read_header(file: DataFile) -> EdfHeader:
    """Parse the header of an EDF or BDF file and check its arithmetic against the size of the file.

    Raises
    ------
    ReadError
        Naming the field, its place in the file and what stood there.

    Warns
    -----
    MyosigWarning
        For what is off the standard, but certain all the same.
    """
    if file.size < UNIT:
        raise ReadError(
            f"the file has {file.size} bytes, less than the {UNIT} that an EDF header begins with", path=file.path
        )
    fixed = _Fields(file, file.read_bytes(0, UNIT))
    sample_bytes = 3 if fixed.raw.startswith(BDF_MAGIC) else 2
    n_signals = fixed.integer("number of signals", 252, 4)
    if n_signals <= 0:
        raise fixed.error("there must be at least one signal", "number of signals", 252, 4)
    if file.size < UNIT * (n_signals + 1):
        raise fixed.error(
            f"the file ends within its own header: {n_signals} signals need {UNIT * (n_signals + 1)} bytes, "
            f"there are {file.size}",
            "number of signals",
            252,
            4,
        )
    duration = fixed.number("record duration", 244, 8)
    if duration and not SHORTEST <= abs(duration) < LONGEST:
        raise fixed.error("the record duration is none that eight digits can state", "record duration", 244, 8)
    fields = _Fields(file, file.read_bytes(UNIT, UNIT * n_signals), start=UNIT, remarks=fixed.remarks)
    signals = _signals(fields, n_signals, sample_bytes)
    if not duration > 0 and not (duration == 0 and all(s.is_annotations for s in signals)):
        raise fixed.error("the duration of a data record must be above 0 s", "record duration", 244, 8)
    plus = re.match(r"[EB]DF\+([CD])", fixed.text(192, 44, "reserved"))
    header = EdfHeader(
        file,
        sample_bytes,
        plus[1] if plus else None,
        _start_time(fixed, is_plus=plus is not None),
        _records_present(fixed, signals, sample_bytes),
        duration,
        signals,
    )
    for remark, where in fixed.remarks.items():
        warn(file.path, f"{remark} in {_listed(where)}")
    return header


@dataclass(slots=True)
class _Fields:
    """The bytes of a header, read field by field."""

    file: DataFile
    raw: bytes
    start: int = 0
    remarks: dict[str, list[str]] = field(default_factory=dict)

    def error(self, message: str, name: str, at: int, width: int) -> ReadError:
        value = self.raw[at : at + width].decode("latin-1").strip(" ")
        return ReadError(message, path=self.file.path, field=name, offset=self.start + at, value=value)

    def remark(self, message: str, name: str) -> None:
        self.remarks.setdefault(message, []).append(name)

    def text(self, at: int, width: int, name: str = "") -> str:
        """A text field, UTF-8 or Latin-1, without padding."""
        raw = self.raw[at : at + width].strip(b" ")
        if b"\0" in raw:
            self.remark("NUL bytes taken as spaces", name)
            raw = raw.replace(b"\0", b" ").strip(b" ")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def number(self, name: str, at: int, width: int) -> float:
        text = self.text(at, width, name)
        if _COMMA_NUMBER.fullmatch(text):
            self.remark("decimal comma read as a point", name)
            text = text.replace(",", ".")
        if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
            raise self.error(f"the {name} is not a finite number", name, at, width)
        return float(text)

    def integer(self, name: str, at: int, width: int) -> int:
        text = self.text(at, width, name)
        if not _INTEGER.fullmatch(text):
            raise self.error(
                f"the {name} is not a whole number (are the fields of the header shifted?)", name, at, width
            )
        return int(text.partition(".")[0])


def _signals(fields: _Fields, n_signals: int, sample_bytes: int) -> tuple[EdfSignal, ...]:
    places, at = {}, 0
    for name, width in SIGNAL_FIELDS.items():
        places[name] = (at, width)
        at += width * n_signals
    signals, offset = [], 0
    for i in range(n_signals):
        where = {name: (at + i * width, width) for name, (at, width) in places.items()}
        signal = _signal(fields, where, number=i, offset=offset, sample_bytes=sample_bytes)
        signals.append(signal)
        offset += sample_bytes * signal.samples
    return tuple(signals)


def _signal(
    fields: _Fields, where: dict[str, tuple[int, int]], *, number: int, offset: int, sample_bytes: int
) -> EdfSignal:
    label = fields.text(*where["label"], f"label of signal {number + 1}")
    of = f"of {label!r}" if label else f"of signal {number + 1}"
    samples = fields.integer(f"samples per record {of}", *where["samples per record"])
    if samples <= 0:
        raise fields.error(
            f"the number of samples per record {of} must be above 0", "samples per record", *where["samples per record"]
        )
    is_annotations = label in ANNOTATION_LABELS
    return EdfSignal(
        label=label,
        unit=_unit(fields, of, *where["physical dimension"]),
        transducer=fields.text(*where["transducer"], f"transducer {of}"),
        prefilter=fields.text(*where["prefiltering"], f"prefiltering {of}"),
        physical=(math.nan, math.nan) if is_annotations else _physical(fields, where, of),
        digital=(0, 0) if is_annotations else _digital(fields, where, of, sample_bytes),
        samples=samples,
        offset=offset,
    )


def _unit(fields: _Fields, of: str, at: int, width: int) -> str:
    raw = fields.raw[at : at + width]
    if b"\0" in raw:
        fields.remark("NUL bytes taken as spaces", f"physical dimension {of}")
    if not raw.isascii():
        fields.remark(f"unit that is not ASCII read as {decode_unit(raw)!r}", f"physical dimension {of}")
    return decode_unit(raw)


def _digital(fields: _Fields, where: dict[str, tuple[int, int]], of: str, sample_bytes: int) -> tuple[int, int]:
    low = fields.integer(f"digital minimum {of}", *where["digital minimum"])
    high = fields.integer(f"digital maximum {of}", *where["digital maximum"])
    if low >= high:
        raise fields.error(
            f"the digital minimum {of} ({low}) is not below its maximum ({high})",
            "digital minimum",
            *where["digital minimum"],
        )
    full = 1 << (8 * sample_bytes - 1)
    if low < -full or high > full:
        raise fields.error(
            f"the digital range {of} ({low} to {high}) is more than {8 * sample_bytes}-bit samples can hold",
            "digital maximum",
            *where["digital maximum"],
        )
    return low, high


def _physical(fields: _Fields, where: dict[str, tuple[int, int]], of: str) -> tuple[float, float]:
    """Physical minimum and maximum, both NaN where one is not a finite number: that matters only if it is needed."""
    try:
        low = fields.number(f"physical minimum {of}", *where["physical minimum"])
        high = fields.number(f"physical maximum {of}", *where["physical maximum"])
    except ReadError:
        return math.nan, math.nan
    return low, high


def _records_present(fixed: _Fields, signals: tuple[EdfSignal, ...], sample_bytes: int) -> int:
    """Complete records, from what is declared and what the file has room for."""
    declared = fixed.integer("number of data records", 236, 8)
    if declared < -1:
        raise fixed.error(
            "the number of data records must be -1 (not known) or above", "number of data records", 236, 8
        )
    start, record_bytes = UNIT * (len(signals) + 1), sample_bytes * sum(s.samples for s in signals)
    held, rest = divmod(fixed.file.size - start, record_bytes)
    _check_header_length(fixed, start, certain=rest == 0 and held == declared)
    if held == 0 and declared != 0:
        raise ReadError(
            f"the file is cut short before the end of its first data record: a record has {record_bytes} bytes, "
            f"after the header there are {rest}",
            path=fixed.file.path,
        )
    if held < declared:
        warn(
            fixed.file.path, f"cut short: {declared} data records are declared, {held} complete ones are there and read"
        )
    elif held > declared >= 0:
        extra = fixed.file.size - start - declared * record_bytes
        warn(fixed.file.path, f"{extra} bytes after the {declared} data records that are declared are not read")
    elif rest:
        warn(fixed.file.path, f"{rest} bytes after the last complete data record are not read")
    return held if declared == -1 else min(held, declared)


def _check_header_length(fixed: _Fields, expected: int, *, certain: bool) -> None:
    """The header states its own length; where that is wrong, the rest must fit to the byte."""
    text = fixed.text(184, 8, "header length")
    if _INTEGER.fullmatch(text) and int(text.partition(".")[0]) == expected:
        return
    message = f"the header says that it is {text!r} bytes long, but it has {expected} for its number of signals"
    if not certain:
        raise fixed.error(message, "header length", 184, 8)
    warn(fixed.file.path, f"{message}; everything else fits, so {expected} is taken")


def _start_time(fixed: _Fields, *, is_plus: bool) -> datetime | None:
    """When the recording began; None where it is not stated, and, with a warning, for a date that cannot be."""
    date, time = fixed.text(168, 8, "start date"), fixed.text(176, 8, "start time")
    recording = fixed.text(88, 80, "recording") + " " if is_plus else ""
    if recording.startswith(_PLUS_NO_DATE) and date == _NO_DATE:
        return None
    try:
        day, month, year = _triple(date)
        return datetime(_full_year(year, recording), month, day, *_triple(time))
    except ValueError:
        warn(fixed.file.path, f"the start {date!r} {time!r} is no date and time; the recording has no start time")
        return None


def _triple(text: str) -> tuple[int, int, int]:
    found = _TRIPLE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]), int(found[2]), int(found[3])


def _full_year(year: int, recording: str) -> int:
    """The year with its century: as EDF+ writes it in the recording field, else by the rule of the clipping date."""
    written = _PLUS_YEAR.match(recording)
    if written is not None and int(written[1]) % 100 == year:
        return int(written[1])
    return year + (1900 if year >= FIRST_YEAR else 2000)


def _listed(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
