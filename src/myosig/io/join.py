"""Recordings made at the same time by several devices, on one clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.intervals import Intervals
from myosig.io.describe import unique_labels
from myosig.io.files import warn
from myosig.recording import Recording
from myosig.samples import Samples
from myosig.timeline import stored

MOVED = 1e-3  # of a sample; a signal moved by less to stand on the common clock is not worth a warning
ALIKE = 3  # decimals of a second to which onsets of the same mark agree


def join(recordings: Sequence[Recording], starts: Sequence[float], *, name: str, path: Path | None) -> Recording:
    """Several recordings as one.

    0 s is where the first of them starts. The grid of samples is that of the slowest signal, so that a signal between
    two points of it is moved by at most half a sample of its own, shorter, step.

    Parameters
    ----------
    recordings : sequence of Recording
    starts : sequence of float
        When 0 s of each was, in seconds on a common clock.
    name : str
    path : Path or None

    Warns
    -----
    MyosigWarning
        If a signal had to be moved, or labels were given twice.
    """
    layout = _layout(recordings, starts)
    shifts = [start - float(layout.start[0]) if len(layout) else 0.0 for start in starts]
    layout = Intervals(layout.start - layout.start[:1], layout.stop - layout.start[:1])
    labels = unique_labels([c.label for r in recordings for c in r.channels], path)
    channels: list[Channel] = []
    rows: list[tuple[int, int, float]] = []
    placed: dict[tuple[int, float], tuple[Part, ...]] = {}
    for member, (recording, shift) in enumerate(zip(recordings, shifts, strict=True)):
        for row, channel in enumerate(recording.channels):
            key = member, channel.sfreq
            if key not in placed:
                placed[key] = _parts(recording, channel.sfreq, shift, layout, path)
            channels.append(
                replace(channel, label=labels[len(channels)], n_samples=_count(placed[key], channel.n_samples))
            )
            rows.append((member, row, channel.sfreq))
    start_times = [r.start_time for r in recordings if r.start_time is not None]
    return Recording(
        channels,
        JoinedSource(tuple(recordings), tuple(rows), placed),
        layout=layout,
        annotations=_annotations(recordings, shifts),
        start_time=min(start_times, default=None),
        name=name,
        path=path,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Samples of one rate of a member that follow each other: stored ones of it, and their place in the whole."""

    place: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class JoinedSource:
    """Channels of several recordings; NaN where a channel has none.

    Attributes
    ----------
    members : tuple of Recording
    rows : tuple of (int, int, float)
        Of each channel: the member, its row there, its rate.
    parts : dict
        (member, rate) -> where its samples are.
    """

    members: tuple[Recording, ...]
    rows: tuple[tuple[int, int, float], ...]
    parts: dict[tuple[int, float], tuple[Part, ...]]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Stored samples; see `Source`."""
        out = np.full((len(rows), stop - start), np.nan, dtype=np.float32)
        keys = [(self.rows[row][0], self.rows[row][2]) for row in rows]
        for key in dict.fromkeys(keys):
            here = [i for i, other in enumerate(keys) if other == key]
            theirs = [self.rows[rows[i]][1] for i in here]
            member = self.members[key[0]]
            for part in self.parts[key]:
                low, high = max(start, part.place), min(stop, part.place + part.count)
                if low < high:
                    begin = part.first + low - part.place
                    out[here, low - start : high - start] = member.read_stored(theirs, begin, begin + high - low)
        return out


def _layout(recordings: Sequence[Recording], shifts: Sequence[float]) -> Intervals:
    """Wherever any of them has data; each stretch begins on the grid of the slowest signal that it holds."""
    start = np.concatenate([r.segments.start + shift for r, shift in zip(recordings, shifts, strict=True)])
    stop = np.concatenate([r.segments.stop + shift for r, shift in zip(recordings, shifts, strict=True)])
    rates = [min((c.sfreq for c in r.channels), default=math.inf) for r in recordings]
    rate = np.repeat(rates, [len(r.segments) for r in recordings])
    begins, before = [], -math.inf
    whole = Intervals.merged(start, stop)
    for low, high in whole:
        inside = np.flatnonzero((start >= low) & (start < high))
        slowest = inside[np.argmin(rate[inside])]
        steps = math.ceil((start[slowest] - low) * rate[slowest] - MOVED) if np.isfinite(rate[slowest]) else 0
        begins.append(max(before, start[slowest] - steps / rate[slowest]) if steps else low)
        before = high
    return Intervals(begins, whole.stop)


def _parts(recording: Recording, sfreq: float, shift: float, layout: Intervals, path: Path | None) -> tuple[Part, ...]:
    longest = max(c.n_samples for c in recording.channels if c.sfreq == sfreq)
    times, first, last = stored(recording.layout, recording.segments, sfreq, longest)
    at = np.searchsorted(layout.start, times + shift + 0.5 / sfreq, side="right") - 1
    before = np.concatenate([[0], np.cumsum(np.rint((layout.stop - layout.start) * sfreq))])[at]
    exact = (times + shift - layout.start[at]) * sfreq
    moved = np.abs(exact - np.rint(exact)).max(initial=0.0)
    if moved > MOVED:
        warn(path, f"the {sfreq:g} Hz channels of {recording.name} are moved by {1000 * moved / sfreq:.2g} ms")
    places = (before + np.rint(exact)).astype(int)
    return tuple(
        Part(place, begin, end - begin)
        for place, begin, end in zip(places.tolist(), first.tolist(), last.tolist(), strict=True)
    )


def _count(parts: Sequence[Part], n_samples: int) -> int:
    """Stored samples of a channel in the whole, to its last one."""
    return max((p.place + min(p.count, n_samples - p.first) for p in parts if p.first < n_samples), default=0)


def _annotations(recordings: Sequence[Recording], shifts: Sequence[float]) -> Annotations:
    """All of them by onset; what two recordings say alike stands once."""
    found: dict[tuple[float, str], tuple[float, float, str]] = {}
    for recording, shift in zip(recordings, shifts, strict=True):
        notes = recording.annotations
        for onset, duration, text in zip(notes.onset.tolist(), notes.duration.tolist(), notes.text, strict=True):
            found.setdefault((round(onset + shift, ALIKE), text), (onset + shift, duration, text))
    rows = sorted(found.values(), key=lambda row: row[0])
    if not rows:
        return Annotations.empty()
    columns = list(zip(*rows, strict=True))
    return Annotations(np.array(columns[0]), np.array(columns[1]), np.array(columns[2], dtype=object))
