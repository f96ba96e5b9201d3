"""Compiled kernels from the marks to the bursts: power levels, runs, valleys. They call none of the other kernels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from myosig.detect._kernels import F32, F64, I64, Marks, kernel

# -- levels -----------------------------------------------------------------------------------------


@kernel
def levels(z: F32, powers: F64, weight: float, edge: float, change: float) -> Marks:
    """The most likely sequence of power levels (Viterbi), each bin's energy being gamma around its level.

    Level 0 is the noise, of power 1; level k has power ``powers[k]``. A burst's beginning and its end cost `edge`
    nats each, a change of level within it `change`.
    """
    n, m = len(z), len(powers) - 1
    gain = np.empty(m, np.float32)
    offset = np.empty(m, np.float32)
    for s in range(m):
        gain[s] = weight * (1.0 - 1.0 / powers[s + 1])
        offset[s] = weight * math.log(powers[s + 1])
    quiet = np.float32(0)
    score = np.zeros(m, np.float32)
    moved = np.empty((n, m), np.bool_)
    source = np.empty(n, np.uint8)
    ended = np.zeros(n, np.uint8)
    far, near = np.float32(edge), np.float32(change)
    for i in range(n):
        highest = score[0]
        for s in range(1, m):
            highest = max(highest, score[s])
        top = 0
        while score[top] != highest:
            top += 1
        top += 1
        into = quiet - far
        source[i] = 0
        if highest - near > into:
            into = highest - near
            source[i] = top
        if highest - far > quiet:
            ended[i] = top
            quiet = highest - far
        value = z[i]
        for s in range(m):
            moved[i, s] = into > score[s]
            score[s] = max(score[s], into) + (gain[s] * value - offset[s])
        if i % 64 == 63:
            score -= quiet
            quiet = np.float32(0)
    state = 0
    highest = quiet
    for s in range(m):
        if score[s] > highest:
            state, highest = s + 1, score[s]
    path = np.zeros(n, np.uint8)
    for i in range(n - 1, -1, -1):
        path[i] = state
        if state == 0:
            state = ended[i]
        elif moved[i, state - 1]:
            state = source[i]
    return path


@kernel
def segment(
    e: F32,
    noise: F64,
    mark: Marks,
    hop: int,
    grain: int,
    context: int,
    near: int,
    powers: F64,
    weight: float,
    cost: tuple[float, float],
    valley: tuple[float, float, int, float],
    shortest: I64,
    start: int,
    stop: int,
) -> Marks:
    """Level of each bin from `start` to `stop`, hop by hop, in grains of `grain` bins; 0 where nothing is marked.

    Each hop is seen with `context` bins on either side; it is left out where no mark is within `near` bins.
    """
    out = np.zeros(stop - start, np.uint8)
    for a in range(start, stop, hop):
        b = min(a + hop, stop)
        if not mark[max(0, a - near) : b + near].any():
            continue
        left, right = max(0, a - context), min(len(mark), b + context)
        ratio = np.empty((right - left) // grain, np.float32)
        for g in range(len(ratio)):
            i = left + g * grain
            power = noise[min(i // hop, len(noise) - 1)]
            ratio[g] = e[i : i + grain].mean() / power if power > 0 else 1.0
        path = levels(ratio, powers, weight * grain, cost[0], cost[1])
        empty_valleys(path, powers, valley[0], valley[1], valley[2], valley[3], shortest)
        for i in range(a, b):
            g = (i - left) // grain
            if g < len(path):
                out[i - start] = path[g]
    return out


@kernel
def runs(level: Marks, gap: int) -> NDArray[np.int64]:
    """Stretches (start, stop) of levels above 0, joined over fewer than `gap` bins of level 0."""
    out = np.empty((len(level) // 2 + 1, 2), np.int64)
    n, quiet = 0, gap
    for i in range(len(level)):
        if level[i] == 0:
            quiet += 1
            continue
        if quiet >= gap:
            out[n, 0] = i
            n += 1
        out[n - 1, 1] = i + 1
        quiet = 0
    return out[:n]


@kernel
def join(found: I64, part: float, longest: int, look: int) -> I64:
    """Join stretches over gaps that are short beside them.

    A gap is short when it is no longer than `part` of the longer stretch beside it, nor than `longest`; of the
    stretch after it the first `look` bins count.
    """
    out = np.empty_like(found)
    n = 0
    for k in range(len(found)):
        if n > 0:
            before = out[n - 1, 1] - out[n - 1, 0]
            after = min(found[k, 1] - found[k, 0], look)
            if found[k, 0] - out[n - 1, 1] <= min(float(longest), part * max(before, after)):
                out[n - 1, 1] = found[k, 1]
                continue
        out[n] = found[k]
        n += 1
    return out[:n]


@kernel
def highest_before(power: F64, reach: int) -> F64:
    """The largest value among each element and the `reach` before it (a queue of falling values)."""
    n = len(power)
    out = np.empty(n)
    queue = np.empty(n, np.int64)
    head, tail = 0, 0
    for i in range(n):
        while tail > head and power[queue[tail - 1]] <= power[i]:
            tail -= 1
        queue[tail] = i
        tail += 1
        if queue[head] < i - reach:
            head += 1
        out[i] = power[queue[head]]
    return out


@kernel
def empty_valleys(
    level: Marks, powers: F64, depth: float, quiet_depth: float, reach: int, near: float, shortest: I64
) -> None:
    """Set to level 0 the valleys that part bursts.

    A valley lies `depth` (`quiet_depth` within `near` of the noise) below the highest levels within `reach` bins on
    both sides. It parts bursts where it
    lasts ``shortest[0]`` bins, or ``shortest[1]`` bins within `near` of the noise; or ``shortest[2]`` bins when it is
    one of a regular series of such (a run of bursts at one frequency, not the chance gaps of a sparse burst).
    """
    power = powers[level]
    left = highest_before(power, reach)
    right = highest_before(power[::-1].copy(), reach)[::-1]
    valleys = np.empty((len(level) // 2 + 2, 2), np.int64)
    n, start, top = 0, 0, 0.0
    for i in range(len(level) + 1):
        if i < len(level) and power[i] * (quiet_depth if power[i] <= near else depth) <= min(left[i], right[i]):
            top = max(top, power[i])
            continue
        quiet = top <= near
        if i - start >= shortest[1 if quiet else 0]:
            level[start:i] = 0
        if quiet and i - start >= shortest[2]:
            valleys[n] = start, i
            n += 1
        start, top = i + 1, 0.0
    for k in range(1, n - 1):
        before = valleys[k].sum() - valleys[k - 1].sum()
        after = valleys[k + 1].sum() - valleys[k].sum()
        if max(before, after) <= min(2 * shortest[3], 1.3 * min(before, after)):
            for j in range(k - 1, k + 2):
                level[valleys[j, 0] : valleys[j, 1]] = 0
