"""What the codes of trigger channels say: when each begins, and how long it is held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.intervals import Intervals
from myosig.recording import Recording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CODE_BITS = 0xFF  # of a trigger word: the eight lines that BioSemi and most stimulators use
MOST_CODES = 32  # different codes; a channel with more is no trigger channel [P]
BLOCK = 60.0  # s read at a time


def read_codes(recording: Recording) -> dict[str, Intervals]:
    """When each code is on in the trigger channels (kind ``"stim"``, as the Status channel of BDF).

    A code is what the lowest eight bits of the channel's whole number become when they change to a value that is
    neither 0 nor the channel's most frequent one. A channel that holds no whole numbers, or more than 32 codes, is no
    trigger channel.

    Returns
    -------
    dict of str to Intervals
        Seconds, by channel and code, as ``"Status 3"``. A code ends where another begins, or the data do.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> word = np.zeros((1, 3000))
    >>> word[0, 1000:1010] = 0x10003
    >>> rec = ms.from_array(word, sfreq=1000, labels=["Status"], unit="uV")
    >>> {name: list(on) for name, on in read_codes(rec).items()}
    {'Status 3': [(1.0, 1.01)]}
    """
    found: dict[str, Intervals] = {}
    for channel in recording.select(kind="stim").channels:
        start, stop, code = _spans(recording, channel)
        kinds = np.unique(code)
        if kinds.size <= MOST_CODES:
            found |= {f"{channel.label} {k}": Intervals(start[code == k], stop[code == k]) for k in kinds.tolist()}
    return found


def read_triggers(recording: Recording) -> dict[str, Floats]:
    """When each code of `read_codes` begins, seconds."""
    return {name: on.start for name, on in read_codes(recording).items()}


def _spans(recording: Recording, channel: Channel) -> tuple[Floats, Floats, Ints]:
    """Start, stop and code of every stretch of one code; empty where the channel holds no whole numbers."""
    starts, stops, codes = [np.empty(0)], [np.empty(0)], [np.empty(0, dtype=np.int64)]
    lasting, held, until = np.zeros(CODE_BITS + 1, dtype=np.int64), 0, 0.0
    for block in recording.blocks([channel.label], duration=BLOCK):
        word = np.nan_to_num(block.data[0].astype(np.float64))
        if not np.array_equal(word, np.rint(word)):
            return starts[0], stops[0], codes[0]
        code = word.astype(np.int64) & CODE_BITS
        if block.is_first:
            stops.append(np.array([until] if held else []))
            held = 0
        at = np.flatnonzero(np.diff(code, prepend=held))
        time, before = block.tmin + at / channel.sfreq, np.concatenate([[held], code])[at]
        starts.append(time[code[at] != 0])
        codes.append(code[at][code[at] != 0])
        stops.append(time[before != 0])
        held, until = int(code[-1]), block.tmin + code.size / channel.sfreq
        lasting += np.bincount(code, minlength=lasting.size)
    stops.append(np.array([until] if held else []))
    found = np.concatenate(codes)
    counts = found != lasting.argmax()
    return np.concatenate(starts)[counts], np.concatenate(stops)[counts], found[counts]
