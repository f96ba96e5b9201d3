"""CSV of Delsys EMGworks: EMG and inertial channels of different rates side by side, each with its own time column."""

from __future__ import annotations

import math
import re
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from myosig.errors import ReadError
from myosig.io.files import DataFile, warn
from myosig.io.stated import Stated
from myosig.io.tracks import Span, Track, assemble, in_memory
from myosig.recording import Recording

CHANNEL = re.compile(
    r"Label: (?P<label>.*?) Sampling frequency: (?P<sfreq>\S+) Number of points: (?P<count>\d+) "
    r"start: (?P<start>\S+) Unit: (?P<unit>.*?) Domain Unit: (?P<domain>\S+)"
)
JITTER = 0.5  # samples; the time column is rounded, and more than this is no constant rate


def is_trigno(head: bytes) -> bool:
    """Whether the file begins as EMGworks writes its CSV."""
    return CHANNEL.match(head[:500].decode("latin-1")) is not None


def read_trigno(file: DataFile, stated: Stated) -> Recording:
    """Read a CSV file of Delsys EMGworks; every channel keeps its own rate.

    Raises
    ------
    ReadError
        If header and table contradict each other, or a time column is not that of a constant rate.

    Warns
    -----
    MyosigWarning
        If the table holds fewer samples than the header says.
    """
    stated.refuse(file.path, "sfreq", "unit", "labels", "layout", "variable")
    lines = _text(file).splitlines()
    heads = [
        match for line in takewhile(lambda line: line.startswith("Label:"), lines) if (match := CHANNEL.match(line))
    ]
    at = next((i for i, line in enumerate(lines) if line.startswith("X[")), None)
    if at is None:
        raise ReadError("there is no line with column names (X[s], ...) after the description", path=file.path)
    table = _table(file, at)
    if table.shape[1] < 2 * len(heads):
        raise ReadError(
            f"the header describes {len(heads)} channels, but the table has {table.shape[1]} columns, not two for each",
            path=file.path,
        )
    tracks = [_track(head, table[:, 2 * i], table[:, 2 * i + 1], file) for i, head in enumerate(heads)]
    short = [t.label for t, h in zip(tracks, heads, strict=True) if t.spans[0].count < int(h["count"])]
    if short:
        warn(
            file.path,
            f"the file is cut: {len(short)} channels have fewer samples than its header says ({short[0]} ...)",
        )
    return assemble(tracks, statements=stated.statements, path=file.path, name=file.path.name)


def _text(file: DataFile) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _table(file: DataFile, header_line: int) -> NDArray[np.float64]:
    import pandas as pd

    try:
        with file.opened() as stream:
            frame = pd.read_csv(stream, skiprows=header_line + 1, header=None, dtype=np.float64, encoding="latin-1")
    except (ValueError, pd.errors.ParserError) as error:
        raise ReadError(f"the table is not all numbers: {error}", path=file.path) from error
    return frame.to_numpy()


def _track(head: re.Match[str], times: NDArray[np.float64], values: NDArray[np.float64], file: DataFile) -> Track:
    label = head["label"].strip()
    sfreq, start = (_number(head[key], label, file) for key in ("sfreq", "start"))
    if sfreq <= 0:
        raise ReadError(f"the rate of {label!r} is not above 0", path=file.path, field=label, value=head["sfreq"])
    there = np.isfinite(times)
    count = min(int(np.count_nonzero(there)), int(head["count"]))
    if not there[:count].all():
        raise ReadError(f"the time column of {label!r} has holes", path=file.path, field=label)
    sfreq = _checked_rate(times[:count], sfreq, label, file)
    return Track(label=label, sfreq=sfreq, unit=head["unit"], spans=[Span(start, count, in_memory(values[:count]))])


def _number(text: str, label: str, file: DataFile) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ReadError(f"the description of {label!r} holds {text!r}, where a number must be", path=file.path)
    return value


def _checked_rate(times: NDArray[np.float64], sfreq: float, label: str, file: DataFile) -> float:
    """The rate of the header (7 digits), held against the time column."""
    expected = times[0] + np.arange(len(times)) / sfreq if len(times) else times
    off = np.abs(times - expected) * sfreq
    if len(times) and off.max() > JITTER:
        raise ReadError(
            f"the time column of {label!r} does not run at the {sfreq:g} Hz that the header says "
            f"(sample {int(np.argmax(off))} is {off.max():.1f} samples off)",
            path=file.path,
            field=label,
        )
    return sfreq
