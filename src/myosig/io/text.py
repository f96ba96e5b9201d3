"""Tables of text (CSV, TSV, columns of numbers): the rate is stated, or read from a time column and checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myosig.errors import ReadError
from myosig.io.files import DataFile, warn
from myosig.io.raw import scaled
from myosig.io.stated import Stated, describe_channels
from myosig.recording import Recording
from myosig.samples import MemorySource

SNIFFED = 64 << 10  # bytes in which the first row of numbers must be found
COMMENTS = ("#", "%", "//")
SEPARATORS = ("\t", ";", ",")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf)", re.IGNORECASE)
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?")
_TIME = re.compile(r"(?:time|t|timestamps?|zeit)[ _]*[\[(]?(s|sec|seconds?|ms|us|µs|μs)?[\])]?", re.IGNORECASE)
_UNIT = re.compile(r"(.*\S)\s*[\[(]([^\[\]()]*)[\])]")
_SECONDS = {"ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6}
STEP_TOLERANCE = 0.5  # of a step: a lost sample makes a step twice as long
RATE_TOLERANCE = 0.01  # by which a stated rate and a time column may differ


@dataclass(frozen=True, slots=True)
class _Form:
    """How a table is written: lines before the numbers, column names, separator (None = blanks), decimal comma."""

    skip: int
    names: tuple[str, ...] | None
    n_columns: int
    separator: str | None
    comma: bool


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is a table of numbers."""
    try:
        lines = _decoded(head[:SNIFFED]).splitlines()
        return _form(lines[:-1] if len(head) >= SNIFFED else lines) is not None  # the last line may be cut
    except UnicodeDecodeError:
        return False


def read_text(file: DataFile, stated: Stated) -> Recording:
    """A table of numbers, one row a sample; column names and units in brackets are taken from its first line."""
    stated.refuse(file.path, "layout", "variable")
    text = _decoded(file.read_bytes())
    lines = text.splitlines()
    form = _form(lines)
    if form is None:
        raise ReadError("the file is not a table of numbers", path=file.path)
    if not text.endswith(("\n", "\r")):
        warn(file.path, "the last line has no line end, as if the file were cut short; its last number may be wrong")
    table = _numbers(file, lines, form)
    names = _names(file.path, form, stated)
    at = next((i for i, name in enumerate(names) if _TIME.fullmatch(name.strip())), None)
    sfreq = stated.sfreq if at is None else _rate(file.path, names[at], table[:, at], form.skip, stated.sfreq)
    rate = Stated(stated.statements, sfreq=sfreq).rate(file.path)
    signals = [i for i in range(form.n_columns) if i != at and not _is_row_number(names[i], table[:, i])]
    labelled = [_split_unit(names[i]) for i in signals]
    channels, factors = describe_channels(
        [label for label, _ in labelled],
        [stated.unit or unit for _, unit in labelled],
        sfreq=rate,
        n_samples=len(table),
        statements=stated.statements,
        path=file.path,
    )
    rows = [scaled(table[:, i], factor).astype(np.float32) for i, factor in zip(signals, factors, strict=True)]
    return Recording(channels, MemorySource(rows), name=file.path.name, path=file.path)


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "ignore")
    if b"\0" in raw:
        raise UnicodeDecodeError("text", raw, raw.index(b"\0"), raw.index(b"\0") + 1, "NUL byte")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _form(lines: Sequence[str]) -> _Form | None:
    """The form of a table: comments and blank lines, perhaps a line of names, then numbers."""
    header = None
    for number, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith(COMMENTS):
            continue
        separator = next((s for s in SEPARATORS if s in line), None)
        fields = line.strip("\r\n").split(separator)
        comma = separator != "," and any(_COMMA_NUMBER.fullmatch(field.strip()) for field in fields)
        if all(_NUMBER.fullmatch(field.strip().replace(",", "." if comma else ",")) for field in fields):
            names = None if header is None else _split_header(header, separator, len(fields))
            fits = names is None or len(names) == len(fields)
            return _Form(number, names, len(fields), separator, comma) if fits else None
        if header is not None or not any(c.isalpha() for c in line):
            return None
        header = line
    return None


def _split_header(line: str, separator: str | None, n_columns: int) -> tuple[str, ...]:
    fields = [line] if n_columns == 1 else line.split(separator)
    return tuple(field.strip().strip('"') for field in fields)


def _numbers(file: DataFile, lines: Sequence[str], form: _Form) -> NDArray[np.float64]:
    """The rows as numbers; each must have as many as the first."""
    rows = [line.replace(",", ".") if form.comma else line for line in lines[form.skip :] if line.strip()]
    try:
        return np.loadtxt(rows, delimiter=form.separator, comments=None, ndmin=2)
    except ValueError as error:
        raise ReadError(f"not all lines from {form.skip + 1} on are numbers: {error}", path=file.path) from None


def _names(path: Path, form: _Form, stated: Stated) -> tuple[str, ...]:
    """Names of all columns; stated labels replace those of the file, of all columns or of all but the time."""
    if form.names is None:
        return stated.names(path, form.n_columns)
    if stated.labels is None:
        return form.names
    times = [name for name in form.names if _TIME.fullmatch(name)]
    if times and len(stated.labels) == form.n_columns - 1:
        labels = iter(stated.names(path))
        return tuple(name if name in times[:1] else next(labels) for name in form.names)
    return stated.names(path, form.n_columns)


def _is_row_number(name: str, column: NDArray[np.float64]) -> bool:
    """Whether it is the nameless index that pandas writes before the columns of a table."""
    return not name and np.array_equal(column, np.arange(len(column)))


def _split_unit(name: str) -> tuple[str, str | None]:
    """``EMG R APB (mV)`` -> label and unit."""
    found = _UNIT.fullmatch(name)
    return (found[1], found[2]) if found else (name, None)


def _rate(path: Path, name: str, times: NDArray[np.float64], skipped: int, stated: float | None) -> float:
    """Samples per second of a time column (seconds, unless its name says ms or µs)."""
    found = _TIME.fullmatch(name.strip())
    seconds = times * _SECONDS.get((found[1] or "").lower() if found else "", 1.0)
    if len(seconds) < 2:
        raise ReadError("a time column of one row gives no rate", path=path, field=name)
    measured = (len(seconds) - 1) / (seconds[-1] - seconds[0]) if seconds[-1] > seconds[0] else 0.0
    if stated is not None:
        if not abs(measured - stated) <= RATE_TOLERANCE * stated:
            raise ReadError(
                f"the stated rate of {stated:g} Hz contradicts the time column, which has {measured:g} rows a second",
                path=path,
                field=name,
            )
        return stated
    steps = np.diff(seconds) * measured
    wrong = ~(np.abs(steps - 1) < STEP_TOLERANCE)
    if wrong.any():
        row = int(np.argmax(wrong)) + 1
        raise ReadError(
            f"the time column is not even: from {times[row - 1]:g} to {times[row]:g} in row {skipped + row + 1}, "
            f"where the mean step is {(times[-1] - times[0]) / (len(times) - 1):g}; "
            "if only its digits are too few, state sfreq",
            path=path,
            field=name,
        )
    whole = float(round(measured))  # meant, where the column fits it to within half a sample at its end
    return whole if abs(whole - measured) * (len(seconds) - 1) <= STEP_TOLERANCE * measured else measured
