"""Compiled kernels of what belongs together: volleys, and pairs of bursts. They call none of the burst kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.compiled import F64, I64, kernel

# -- bursts that belong together ----------------------------------------------------------------------


@kernel
def volleys(
    onset: F64,
    offset: F64,
    channel: I64,
    related: NDArray[np.bool_],
    silence: float,
    repeat: float,
    fragment: float,
    most: int,
) -> I64:
    """Number the volleys that bursts, sorted by onset, belong to.

    A burst joins the volley with the latest burst among those in which a related muscle has fallen silent at
    most `silence` ago. A muscle comes again in a volley only within `repeat` of the volley's last onset, or
    within `fragment` of its own last offset, and at most `most` times.
    """
    n_channels = related.shape[0]
    n_open = 32  # volleys that overlap in time; more than any recording shows
    number = np.empty(onset.size, dtype=np.int64)
    name = np.full(n_open, -1)
    latest = np.full(n_open, -np.inf)
    quiet = np.full(n_open, -np.inf)
    last_off = np.full((n_open, n_channels), -np.inf)
    times = np.zeros((n_open, n_channels), dtype=np.int64)
    n = 0
    for j in range(onset.size):
        c, t = channel[j], onset[j]
        best = -1
        for v in range(n_open):
            if t - quiet[v] > silence:
                continue
            far = t - latest[v] > repeat and t - last_off[v, c] > fragment
            if times[v, c] > 0 and (far or times[v, c] >= most):
                continue
            if best >= 0 and latest[v] <= latest[best]:
                continue
            for other in range(n_channels):
                if related[c, other] and t - last_off[v, other] <= silence:
                    best = v
                    break
        if best < 0:
            best = int(np.argmin(latest))
            name[best] = n
            n += 1
            last_off[best], times[best], quiet[best] = -np.inf, 0, -np.inf
        number[j] = name[best]
        latest[best] = t
        last_off[best, c] = max(last_off[best, c], offset[j])
        quiet[best] = max(quiet[best], offset[j])
        times[best, c] += 1
    return number


@kernel
def pair_up(onset: F64, channel: I64, n_channels: int, window: float) -> tuple[I64, I64]:
    """Pairs of bursts of two channels that follow each other in their common train, at most `window` apart.

    `onset` is sorted. Of two pairs that share a burst the closer one stays. Returns the indices of the bursts of the
    lower and of the higher channel.
    """
    most = (np.arange(onset.size) - np.searchsorted(onset, onset - window)).sum()
    early = np.empty(most, dtype=np.int64)
    late = np.empty(most, dtype=np.int64)
    stays = np.ones(most, dtype=np.bool_)
    newest = np.full((n_channels, n_channels), -1)
    seen = np.full(n_channels, -1)
    n = 0
    for i in range(onset.size):
        j = i - 1
        while j >= 0 and onset[i] - onset[j] <= window and channel[j] != channel[i]:
            a, b = min(channel[i], channel[j]), max(channel[i], channel[j])
            if seen[channel[j]] != i:
                seen[channel[j]] = i
                early[n], late[n] = j, i
                last = newest[a, b]
                if last >= 0 and late[last] == j:
                    closer = onset[i] - onset[j] < onset[late[last]] - onset[early[last]]
                    stays[last if closer else n] = False
                newest[a, b] = n
                n += 1
            j -= 1
    early, late = early[:n][stays[:n]], late[:n][stays[:n]]
    ahead = channel[early] < channel[late]
    return np.where(ahead, early, late), np.where(ahead, late, early)


@kernel
def count_pairs(onset: F64, channel: I64, n_channels: int, window: float) -> I64:
    """How many pairs `pair_up` finds, by lower (row) and higher (column) channel; quicker than to make them."""
    count = np.zeros((n_channels, n_channels), dtype=np.int64)
    later = np.full((n_channels, n_channels), -1)
    apart = np.zeros((n_channels, n_channels))
    counted = np.zeros((n_channels, n_channels), dtype=np.bool_)
    seen = np.full(n_channels, -1)
    for i in range(onset.size):
        j = i - 1
        while j >= 0 and onset[i] - onset[j] <= window and channel[j] != channel[i]:
            a, b = min(channel[i], channel[j]), max(channel[i], channel[j])
            if seen[channel[j]] != i:
                seen[channel[j]] = i
                gap = onset[i] - onset[j]
                shared = later[a, b] == j
                closer = not shared or gap < apart[a, b]
                if shared and closer and counted[a, b]:
                    count[a, b] -= 1
                count[a, b] += closer
                later[a, b], apart[a, b], counted[a, b] = i, gap, closer
            j -= 1
    return count
