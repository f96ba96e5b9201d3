"""Short windows spread evenly over a recording: enough to find what is there all the time, at little cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from myosig.intervals import Intervals
from myosig.recording import Recording
from myosig.samples import Block

WINDOW = 8.0  # s: eight heart beats, and lines resolved to 1/8 Hz
WINDOWS = 8  # 64 s: about seventy heart beats [P]


def survey(recording: Recording, labels: Sequence[str]) -> Iterator[Block]:
    """Windows of `WINDOW` seconds, at most `WINDOWS`, evenly spread over the data; all of a short recording.

    Parameters
    ----------
    recording : Recording
    labels : sequence of str
        Channels of one rate.

    Yields
    ------
    Block
        Shorter than a window at the end of a segment.
    """
    total = sum(max(1, round((stop - start) / WINDOW)) for start, stop in recording.segments)
    step = max(1.0, total / WINDOWS)
    number, wanted, starts, stops = 0, step / 2, [], []
    for start, stop in recording.segments:
        for k in range(max(1, round((stop - start) / WINDOW))):
            if number + 1 > wanted:
                starts.append(start + k * WINDOW)
                stops.append(min(stop, starts[-1] + WINDOW))
                wanted += step
            number += 1
    return recording.within(Intervals(starts, stops)).blocks(labels, duration=2 * WINDOW)
