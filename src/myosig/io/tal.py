"""Time-stamped annotation lists (TALs) of EDF+ and BDF+: read and written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from myosig.recording import Annotations

END, TEXT, DURATION = b"\0", b"\x14", b"\x15"
CONTROL = "\0\x14\x15"  # characters that structure a list, so that no text may hold them
_STAMP = re.compile(rb"([+-][0-9]+(?:[.,][0-9]*)?)(?:\x15([0-9]+(?:[.,][0-9]*)?))?")
DECIMALS = 9  # a nanosecond: no recorder's clock is finer


@dataclass(slots=True)
class TalReader:
    """Collects the lists of all records, first of one annotation signal, then of the next.

    Attributes
    ----------
    record_onset : list of float
        Onset of each data record, from the list that the first annotation signal begins it with; NaN where
        that is missing.
    problems : dict of str to int
        What was damaged, and how often.
    """

    record_onset: list[float] = field(default_factory=list)
    problems: dict[str, int] = field(default_factory=dict)
    _events: list[tuple[float, float, str]] = field(default_factory=list)

    def read_record(self, raw: bytes, *, keeps_time: bool) -> None:
        """Take in the bytes of one annotation signal in one data record."""
        lists = iter(raw.rstrip(END).split(END))  # most of it is padding
        if keeps_time:
            first = next(lists)
            stamp = _STAMP.match(first)
            is_clock = stamp is not None and first.startswith(TEXT * 2, stamp.end())
            self.record_onset.append(_seconds(stamp[1]) if stamp is not None and is_clock else math.nan)
            self._read_list(first)
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
        if stamp is None or not raw.startswith(TEXT, stamp.end()) or not math.isfinite(_seconds(stamp[1])):
            self._note("left out: no readable time")
            return
        if not raw.endswith(TEXT):
            self._note("kept, though cut short")
        if b"," in stamp[0]:
            self._note("with a decimal comma")
        onset, duration = _seconds(stamp[1]), _seconds(stamp[2] or b"0")
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
    return float(raw.replace(b",", b"."))


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
