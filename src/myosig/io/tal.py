"""Time-stamped annotation lists (TALs) of EDF+ and BDF+: read and written."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from myosig.annotations import Annotations

END, TEXT, DURATION = b"\0", b"\x14", b"\x15"
CONTROL = "\0\x14\x15"  # characters that structure a list, so that no text may hold them
_STAMP = re.compile(rb"([+-][0-9]+(?:[.,][0-9]*)?)(?:\x15([0-9]+(?:[.,][0-9]*)?))?")
LATEST = 1e10  # s (three centuries): beyond, double precision no longer tells samples apart
DECIMALS = 9  # a nanosecond: no recorder's clock is finer


@dataclass(slots=True)
class TalReader:
    """Collects the lists of all records, first of one annotation signal, then of the next.

    Attributes
    ----------
    record_onset : array of float
        Onset of each data record, from the list that the first annotation signal begins it with; NaN where
        that is missing.
    problems : dict of str to int
        What was damaged, and how often.
    """

    record_onset: array[float] = field(default_factory=lambda: array("d"))
    problems: dict[str, int] = field(default_factory=dict)
    _events: list[tuple[float, float, str]] = field(default_factory=list)

    def read_record(self, raw: bytes, *, keeps_time: bool) -> None:
        """Take in the bytes of one annotation signal in one data record."""
        lists = raw.rstrip(END).split(END)  # most of it is padding
        if keeps_time:
            stamp = _STAMP.match(lists[0])
            is_clock = stamp is not None and lists[0].startswith(TEXT * 2, stamp.end())
            self.record_onset.append(_seconds(stamp[1]) if stamp is not None and is_clock else math.nan)
            if stamp is not None and len(lists[0]) == stamp.end() + 2:
                del lists[0]  # no more than the clock
        for one in lists:
            self._read_list(one)

    def annotations(self) -> Annotations:
        """All annotations by onset; those of one time keep the order of the file."""
        events = sorted(self._events, key=lambda event: event[0])
        return Annotations(
            onset=np.array([e[0] for e in events]),
            duration=np.array([e[1] for e in events]),
            text=np.array([e[2] for e in events], dtype=object),
        )

    def _read_list(self, raw: bytes) -> None:
        if not raw:
            return
        stamp = _STAMP.match(raw)
        onset, duration = (_seconds(stamp[1]), _seconds(stamp[2] or b"0")) if stamp is not None else (math.nan, 0.0)
        if stamp is None or not raw.startswith(TEXT, stamp.end()) or not math.isfinite(onset + duration):
            self._note("left out: no readable time")
            return
        if not raw.endswith(TEXT):
            self._note("kept, though cut short")
        if b"," in stamp[0]:
            self._note("with a decimal comma")
        self._events += [(onset, duration, self._decode(text)) for text in raw[stamp.end() :].split(TEXT) if text]

    def _decode(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self._note("read as Latin-1, not being UTF-8")
            return raw.decode("latin-1")

    def _note(self, problem: str) -> None:
        self.problems[problem] = self.problems.get(problem, 0) + 1


def _seconds(raw: bytes) -> float:
    """The number; NaN where it is too large to be a time of a recording."""
    value = float(raw.replace(b",", b"."))
    return value if abs(value) < LATEST else math.nan


def split_list(raw: bytes) -> tuple[bytes, list[bytes]] | None:
    """The stamp of a list (onset and duration) and its texts; None where it cannot be read."""
    stamp = _STAMP.match(raw)
    if stamp is None or not raw.startswith(TEXT, stamp.end()):
        return None
    return stamp[0], raw[stamp.end() + 1 :].removesuffix(TEXT).split(TEXT)


def clock_tal(onset: float) -> bytes:
    """The list that opens a data record and says when it begins."""
    return _stamp(onset) + TEXT * 2 + END


def annotation_tals(annotations: Annotations) -> Iterator[bytes]:
    """One list for each annotation."""
    rows: Iterable[tuple[float, float, str]] = zip(
        annotations.onset.tolist(), annotations.duration.tolist(), annotations.text.tolist(), strict=True
    )
    for onset, duration, text in rows:
        lasting = DURATION + _decimal(duration) if duration > 0 else b""
        yield _stamp(onset) + lasting + TEXT + text.encode("utf-8") + TEXT + END


def _stamp(onset: float) -> bytes:
    return (b"-" if onset < 0 else b"+") + _decimal(abs(onset))


def _decimal(value: float) -> bytes:
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return text.encode("ascii")
