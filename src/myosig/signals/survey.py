"""Short windows spread evenly over a recording: enough to find what is there all the time, at little cost."""

from __future__ import annotations

from collections.abc import Sequence

from myosig.intervals import Intervals
from myosig.recording import Recording
from myosig.samples import Block
from myosig.threads import in_threads

WINDOW = 8.0  # s: eight heart beats, and lines resolved to 1/8 Hz
WINDOWS = 8  # 64 s: about seventy heart beats [P]


def survey(recording: Recording, labels: Sequence[str]) -> list[Block]:
    """Windows of `WINDOW` seconds, at most `WINDOWS`, evenly spread over the data; all of a short recording.

    Parameters
    ----------
    recording : Recording
    labels : sequence of str
        Channels of one rate.

    Returns
    -------
    list of Block
        Each first and last of its segment; shorter than a window at the end of one.
    """
    total = sum(max(1, round((stop - start) / WINDOW)) for start, stop in recording.segments)
    step = max(1.0, total / WINDOWS)
    number, wanted, windows = 0, step / 2, []
    for start, stop in recording.segments:
        for k in range(max(1, round((stop - start) / WINDOW))):
            if number + 1 > wanted:
                begin = start + k * WINDOW
                windows.append(recording.within(Intervals([begin], [min(stop, begin + WINDOW)])))
                wanted += step
            number += 1
    return [
        block
        for blocks in in_threads(lambda one: [*one.blocks(labels, duration=2 * WINDOW)], windows)
        for block in blocks
    ]
