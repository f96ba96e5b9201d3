"""Volleys, and which of them repeat within one jerk: rules that group bursts, sorted by onset, into jerks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from myosig.detect import _timing_kernels
from myosig.detect.gaps import quietest, short_limit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LONGEST_REPEAT = 1.2  # s between volleys of one jerk: propriospinal bursts repeat at 1-7 Hz (Brown 1994) [V]
LARGE = 0.5  # of the muscles of the upper quarter of volleys, for a volley to tell how jerks repeat [P]
MOST_REPEATS = 8  # bursts of one muscle in a jerk; more is a train of jerks [P]
TRAIN_SHARE = 0.05  # of volleys that may lie in longer runs before all count as jerks of their own [P]
SILENCE = (0.03, 0.15)  # s of silence within a volley: 150 ms is 430 mm at 3 m/s, the slowest propriospinal [D]
USUAL_SILENCE = 0.1  # s, where the recording does not say [P]
FRAGMENT = 0.035  # s of silence that may be a hole in one burst [P]
REPEAT = 0.1  # s after which a muscle does not come again in a volley: cortical runs are 20 ms, or 50-80 ms, apart [V]


def find_volleys(onset: Floats, offset: Floats, channel: Ints, related: NDArray[np.bool_]) -> tuple[Ints, float]:
    """Number the volleys of related muscles without a pause, and tell the silence that ends one, seconds."""
    silence = quietest(_silences(onset, offset), low=SILENCE[0], high=SILENCE[1], usual=USUAL_SILENCE)
    volley = _timing_kernels.volleys(onset, offset, channel, related, silence, REPEAT, FRAGMENT, MOST_REPEATS)
    return _part_repeats(onset, channel, volley), silence


def join_repeats(onset: Floats, channel: Ints, volley: Ints, related: NDArray[np.bool_]) -> tuple[Ints, float | None]:
    """For each volley the first volley of its jerk, and the interval within which volleys repeat, if they do."""
    member = _who_takes_part(channel, volley, len(related))
    interval, before = _intervals_before(onset, volley, member, related)
    limit = _repeat_limit(_between_large(onset, volley, member, related), interval, before, member)
    return _chain(interval, before, limit), limit


def _silences(onset: Floats, offset: Floats) -> Floats:
    """From the latest offset so far to each onset; not positive where bursts overlap."""
    return onset[1:] - np.maximum.accumulate(offset)[:-1]


def _part_repeats(onset: Floats, channel: Ints, volley: Ints) -> Ints:
    """Part a volley where, after a pause, most of its muscles come again: one of them was not seen to fall silent."""
    order = np.argsort(volley, kind="stable")
    pause = np.diff(onset[order]) > REPEAT
    begins = np.diff(volley[order], prepend=-1, append=-1) != 0
    edge = np.flatnonzero(begins | np.concatenate([[False], pause, [False]]))
    out = volley.copy()
    before: set[int] = set()
    for low, high in pairwise(edge.tolist()):
        piece = order[low:high]
        muscles = set(channel[piece].tolist())
        if begins[low]:
            number, before = volley[piece[0]], muscles
        elif len(before & muscles) >= max(2, len(before) / 2):
            number, before = out.size + low, muscles
        else:
            before |= muscles
        out[piece] = number
    return renumber(out)


def run_together(onset: Floats, offset: Floats, channel: Ints, volley: Ints, first: Ints) -> NDArray[np.bool_]:
    """Bursts in which those of two jerks ran together: the other muscles come again meanwhile, and without this one."""
    member = _who_takes_part(channel, volley, int(channel.max(initial=-1)) + 1)
    start = np.full(len(member), np.inf)
    np.minimum.at(start, volley, onset)
    half = float(np.median(offset - onset)) / 2 if onset.size else 0.0
    order = np.argsort(start, kind="stable")
    low = np.searchsorted(start[order], onset + REPEAT)
    high = np.searchsorted(start[order], offset - half)
    out = np.zeros(onset.size, dtype=bool)
    for i in np.flatnonzero(high > low).tolist():
        others = member[volley[i]].sum() - 1
        for w in order[low[i] : high[i]].tolist():
            again = (member[volley[i]] & member[w]).sum() >= max(1, others / 2)
            out[i] |= again and not member[w, channel[i]] and first[w] != first[volley[i]]
    return out


def more_than_a_potential(volley: Ints, channel: Ints, n_peaks: Ints) -> NDArray[np.bool_]:
    """For each volley, whether it holds a burst of several potentials, or potentials of several muscles."""
    n = int(volley.max(initial=-1)) + 1
    burst = np.zeros(n, dtype=bool)
    np.logical_or.at(burst, volley, n_peaks > 1)
    muscles = np.unique(np.stack([volley, channel]), axis=1)[0]
    return burst | (np.bincount(muscles, minlength=n) > 1)


def _who_takes_part(channel: Ints, volley: Ints, n_channels: int) -> NDArray[np.bool_]:
    member = np.zeros((int(volley.max(initial=-1)) + 1, n_channels), dtype=bool)
    member[volley, channel] = True
    return member


def _intervals_before(
    onset: Floats, volley: Ints, member: NDArray[np.bool_], related: NDArray[np.bool_]
) -> tuple[Floats, Ints]:
    """Time since the latest earlier volley of related muscles, and which it is; infinity and -1 for none."""
    n = len(member)
    start = np.full(n, np.inf)
    np.minimum.at(start, volley, onset)
    number = np.where(member, np.arange(n)[:, None], -1)
    latest = np.maximum.accumulate(np.concatenate([np.full((1, len(related)), -1), number]), axis=0)[:-1]
    before = np.where(member @ related, latest, -1).max(axis=1, initial=-1)
    return np.where(before >= 0, start - start[before], np.inf) if n else start, before


def _between_large(onset: Floats, volley: Ints, member: NDArray[np.bool_], related: NDArray[np.bool_]) -> Floats:
    """Intervals between volleys of many muscles: a stray burst between two jerks must not hide how they repeat."""
    if not len(member):
        return np.empty(0)
    size = member.sum(axis=1)
    large = size >= LARGE * np.quantile(size, 0.75)
    chosen = large[volley]
    interval, _ = _intervals_before(onset[chosen], renumber(volley[chosen]), member[large], related)
    return interval[np.isfinite(interval)]


def _repeat_limit(between_large: Floats, interval: Floats, before: Ints, member: NDArray[np.bool_]) -> float | None:
    """The interval that divides repeats within a jerk from the next jerk, if there are such repeats."""
    limit = short_limit(interval[np.isfinite(interval)], longest=LONGEST_REPEAT)
    limit = limit if limit is not None else short_limit(between_large, longest=LONGEST_REPEAT)
    if limit is None:
        return None
    repeats = np.zeros(member.shape, dtype=np.int64)
    np.add.at(repeats, _chain(interval, before, limit), member)
    longest = repeats.max(axis=1)[repeats.any(axis=1)]
    in_trains = longest[longest > MOST_REPEATS].sum()
    return limit if in_trains <= TRAIN_SHARE * longest.sum() else None


def _chain(interval: Floats, before: Ints, limit: float | None) -> Ints:
    """For each volley, the first volley of its jerk."""
    first = np.arange(interval.size)
    for v in np.flatnonzero(interval <= limit) if limit is not None else ():
        first[v] = first[before[v]]
    return first


def renumber(number: Ints) -> Ints:
    """The same groups, numbered 0, 1, ... in the order of their first member."""
    _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[inverse]
