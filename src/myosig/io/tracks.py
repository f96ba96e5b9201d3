"""From what a file reader found to a Recording: signals that each have a rate, a unit and places in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.channel import Channel, Kind
from myosig.errors import ReadError
from myosig.intervals import Intervals
from myosig.io.describe import NOTHING, Statement, Statements, identify, unique_labels, voltage_scale
from myosig.io.files import warn
from myosig.recording import Recording
from myosig.samples import Samples

Load = Callable[[int, int], NDArray[Any]]
MOVED = 1e-3  # of a sample; a signal moved by less to stand on the common clock is not worth a warning


@dataclass(frozen=True, slots=True)
class Span:
    """Samples of one signal that follow each other.

    Attributes
    ----------
    start : float
        Time of the first in seconds.
    count : int
    load : callable
        ``load(start, stop)`` gives the numbers start..stop of the span as the file has them, one dimension.
    """

    start: float
    count: int
    load: Load


@dataclass(frozen=True, slots=True)
class Track:
    """One signal of a file.

    Attributes
    ----------
    label : str
    sfreq : float
    unit : str
        Of the numbers in the file.
    spans : sequence of Span
        In order of time.
    noted : Statement
        What the file states of it; the user's statements win.
    kind_hint : str or None
        Kind that the file gives to a whole group of signals: it wins over the label unless it is ``eeg``, which many
        programs give to whatever they do not know.
    original_label : str
        Default: the label.
    highpass, lowpass : float or None
    """

    label: str
    sfreq: float
    unit: str
    spans: Sequence[Span]
    noted: Statement = NOTHING
    kind_hint: Kind | None = None
    original_label: str = ""
    highpass: float | None = None
    lowpass: float | None = None


def assemble(
    tracks: Sequence[Track],
    *,
    statements: Statements,
    path: Path | None,
    name: str,
    layout: Intervals | None = None,
    annotations: Annotations | None = None,
    start_time: datetime | None = None,
) -> Recording:
    """A recording of signals that may start and end at different times.

    A signal that starts between two samples of the clock is moved to the nearer one, by at most half a sample, and that
    is said. What a signal lacks of the stretches reads as NaN.

    Parameters
    ----------
    tracks : sequence of Track
    statements : Statements
        What the user states.
    path : Path or None
    name : str
    layout : Intervals, optional
        The stretches of the recording; each span lies in one. Default: wherever any signal has samples.
    """
    if not any(span.count > 0 for track in tracks for span in track.spans):
        raise ReadError("there is no regularly sampled signal in it, or none with a sample", path=path)
    labels = unique_labels([t.label for t in tracks], path)
    statements.check_used(path, labels)
    where = layout if layout is not None else _covered(tracks)
    made = [
        _channel(track, label, statements.about(label, track.label), where, path)
        for track, label in zip(tracks, labels, strict=True)
    ]
    _warn_of_moves(tracks, where, path)
    return Recording(
        [channel for channel, _ in made],
        TrackSource(tuple(pieces for _, pieces in made)),
        layout=where,
        annotations=annotations,
        start_time=start_time,
        name=name,
        path=path,
    )


def with_hint(statement: Statement, label: str, hint: Kind | None) -> Statement:
    """The statement, with a kind that the file gives; ``eeg`` yields to a label that says something else."""
    if hint is None or statement.kind is not None or statement.muscle is not None:
        return statement
    if hint == "eeg" and identify(label)["kind"] not in ("eeg", "misc"):
        return statement
    return replace(statement, kind=hint)


def merged(first: Statement, second: Statement) -> Statement:
    """What the first states, and what the second states beside it."""
    values = {f.name: getattr(first, f.name) for f in fields(Statement)}
    return replace(second, **{name: value for name, value in values.items() if value is not None})


def in_memory(values: NDArray[Any]) -> Load:
    """`Span.load` of numbers that are already there."""
    return _InMemory(values)


@dataclass(frozen=True, slots=True)
class _InMemory:
    values: NDArray[Any]

    def __call__(self, start: int, stop: int) -> NDArray[Any]:
        return self.values[start:stop]


# -- samples ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """A span in its place among the stored samples of a channel."""

    first: int
    count: int
    load: Load
    factor: float


@dataclass(frozen=True, slots=True)
class TrackSource:
    """Channels as sequences of pieces; NaN where a channel has none."""

    rows: tuple[tuple[Piece, ...], ...]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Stored samples; see `Source`."""
        out = np.full((len(rows), stop - start), np.nan, dtype=np.float32)
        for target, row in zip(out, rows, strict=True):
            for piece in self.rows[row]:
                low, high = max(start, piece.first), min(stop, piece.first + piece.count)
                if low < high:
                    loaded = piece.load(low - piece.first, high - piece.first)
                    target[low - start : high - start] = loaded * piece.factor
        return out


# -- places -----------------------------------------------------------------------------------------------------


def _covered(tracks: Sequence[Track]) -> Intervals:
    """Where any signal has samples, from that of the earliest on."""
    spans = [(s.start, s.start + s.count / t.sfreq) for t in tracks for s in t.spans if s.count]
    return Intervals.merged([start for start, _ in spans], [stop for _, stop in spans])


def _stretch_of(span: Span, sfreq: float, layout: Intervals) -> int:
    return max(0, int(np.searchsorted(layout.start, span.start + 0.5 / sfreq, side="right")) - 1)


def _place(span: Span, sfreq: float, layout: Intervals) -> int:
    """Where the span begins among the stored samples of its channel."""
    at = _stretch_of(span, sfreq, layout)
    before = sum(round((stop - start) * sfreq) for start, stop in list(layout)[:at])
    return before + round((span.start - float(layout.start[at])) * sfreq)


def _channel(
    track: Track, label: str, stated: Statement, layout: Intervals, path: Path | None
) -> tuple[Channel, tuple[Piece, ...]]:
    statement = with_hint(merged(stated, track.noted), track.label, track.kind_hint)
    about = identify(track.label, statement)
    factor, unit = voltage_scale(stated.unit or track.unit, label=label, kind=about["kind"], path=path)
    pieces = tuple(Piece(_place(s, track.sfreq, layout), s.count, s.load, factor) for s in track.spans if s.count > 0)
    channel = Channel(
        label=label,
        sfreq=track.sfreq,
        unit=unit,
        n_samples=max((p.first + p.count for p in pieces), default=0),
        highpass=track.highpass,
        lowpass=track.lowpass,
        original_label=track.original_label or track.label,
        **about,
    )
    return channel, pieces


def _warn_of_moves(tracks: Sequence[Track], layout: Intervals, path: Path | None) -> None:
    moves: dict[str, float] = {}
    for track in tracks:
        for span in track.spans:
            at = (span.start - float(layout.start[_stretch_of(span, track.sfreq, layout)])) * track.sfreq
            moves[track.label] = max(moves.get(track.label, 0.0), abs(at - round(at)))
    moved = [t for t in tracks if moves.get(t.label, 0.0) > MOVED]
    if moved:
        most = max(moves[t.label] / t.sfreq for t in moved) * 1000
        warn(path, f"{', '.join(t.label for t in moved)}: moved by up to {most:.2g} ms onto the common clock")
