"""Compiled kernels from the marks to the bursts: levels, runs, gaps. They call none of the other kernels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from myosig.detect._kernels import F32, F64, I64, Marks, kernel

# -- levels -----------------------------------------------------------------------------------------
# The most likely sequence of power levels (Viterbi), each step's energy being gamma around its level. Level 0 is the
# noise, of power 1. A row of scores holds, before each step, the best score of a sequence that ends in level 0, in
# level 1, ..., and last the best of those above 0; sequences are read from the scores afterwards.


@kernel
def follow(z: F32, powers: F64, weight: float, edge: float, change: float, scores: F32) -> None:
    """Fill the rows of `scores` after the first, which is given; one step of `z` leads from each to the next.

    A burst's beginning and its end cost `edge` nats each, a change of level within it `change`. Scores are relative
    to noise alone, so the first row may be 0; what all levels have in common is taken off now and then.
    """
    m = len(powers) - 1
    gain, offset = np.empty(m, np.float32), np.empty(m, np.float32)
    for s in range(m):
        gain[s] = weight * (1.0 - 1.0 / powers[s + 1])
        offset[s] = weight * math.log(powers[s + 1])
    far, near = np.float32(edge), np.float32(change)
    for i in range(len(z)):
        if i % 64 == 0:
            scores[i] -= scores[i, 0]
        before, after = scores[i], scores[i + 1]
        quiet, highest, value = before[0], before[m + 1], z[i]
        enter = max(quiet - far, highest - near)
        after[0] = max(quiet, highest - far)
        top = np.float32(-np.inf)
        for s in range(m):
            score = max(before[s + 1], enter) + (gain[s] * value - offset[s])
            after[s + 1] = score
            top = max(top, score)
        after[m + 1] = top


@kernel
def trace(scores: F32, edge: float, change: float) -> Marks:
    """The most likely level of each step, from its `scores` and those of the steps after it."""
    m = scores.shape[1] - 2
    far, near = np.float32(edge), np.float32(change)
    path = np.empty(len(scores) - 1, np.uint8)
    state = int(np.argmax(scores[-1, : m + 1]))
    for i in range(len(path) - 1, -1, -1):
        path[i] = state
        row = scores[i]
        quiet, highest = row[0], row[m + 1]
        if state == 0 and highest - far > quiet:
            state = 1 + int(np.argmax(row[1 : m + 1]))
        elif state > 0 and max(quiet - far, highest - near) > row[state]:
            state = 1 + int(np.argmax(row[1 : m + 1])) if highest - near > quiet - far else 0
    return path


@kernel
def levels(z: F32, powers: F64, weight: float, edge: float, change: float) -> Marks:
    """The most likely sequence of power levels of a stretch, of which the first may be any."""
    scores = np.zeros((len(z) + 1, len(powers) + 1), np.float32)
    follow(z, powers, weight, edge, change, scores)
    path: Marks = trace(scores, edge, change)
    return path


@kernel
def segment(
    e: F32,
    noise: F64,
    mark: Marks,
    hop: int,
    grain: int,
    near: int,
    powers: F64,
    weight: float,
    cost: tuple[float, float],
    dip: tuple[float, float, int, float],
    start: int,
    stop: int,
    scores: F32,
    followed: int,
) -> tuple[Marks, int]:
    """Level of each bin from `start` to `stop`, hop by hop, in grains of `grain` bins; 0 where nothing is marked.

    Each hop is seen with the one after it, and with all before it that are marked in a row and one more; it is left
    out where no mark is within `near` bins. `scores` (see above) has a row for every grain from a hop before `start`
    to a hop after `stop`, of which those before bin `followed` are known; returns the levels and the new `followed`.
    """
    out = np.zeros(stop - start, np.uint8)
    origin = start - hop
    for a in range(start, stop, hop):
        b = min(a + hop, stop)
        if not mark[max(0, a - near) : b + near].any():
            continue
        left, right = max(0, a - hop), min(len(mark), b + hop)
        if followed < left:
            followed = left
            scores[(left - origin) // grain] = 0
        ratio = np.empty((right - followed) // grain, np.float32)
        for g in range(len(ratio)):
            i = followed + g * grain
            power = noise[min(i // hop, len(noise) - 1)]
            total = np.float32(0)
            for j in range(i, i + grain):
                total += e[j]
            ratio[g] = total / (grain * power) if power > 0 else 1.0
        first, last = (followed - origin) // grain, (right - origin) // grain
        follow(ratio, powers, weight * grain, cost[0], cost[1], scores[first : last + 1])
        followed = right
        path = trace(scores[(left - origin) // grain : last + 1], cost[0], cost[1])
        empty_dips(path, powers, dip[0], dip[1], dip[2], dip[3])
        for i in range(a, b):
            g = (i - left) // grain
            if g < len(path):
                out[i - start] = path[g]
    return out, followed


@kernel
def runs(level: Marks) -> NDArray[np.int64]:
    """Stretches (start, stop) of levels above 0."""
    out = np.empty((len(level) // 2 + 1, 2), np.int64)
    n = 0
    for i in range(len(level)):
        if level[i] == 0:
            continue
        if i == 0 or level[i - 1] == 0:
            out[n, 0] = i
            n += 1
        out[n - 1, 1] = i + 1
    return out[:n]


@kernel
def without_impulses(
    e: F32, noise: F64, hop: int, found: I64, beside: tuple[int, int], most: float, leak: float
) -> F64:
    """Mean ratio to the noise of each stretch (start, stop), in which an impulse counts for little.

    A bin counts at most `most` times the largest of those ``beside`` (from, to) bins from it on either side. Where the
    largest excess over that is, the part `leak` of it is taken off every bin: what the band-pass makes of an impulse
    farther away.
    """
    out = np.zeros(len(found))
    near = np.empty(0)
    for k in range(len(found)):
        first, n = found[k, 0], found[k, 1] - found[k, 0]
        if len(near) < n:
            near = np.empty(n)
        excess = 0.0
        for i in range(n):
            near[i] = 0.0
            for j in range(beside[0], beside[1] + 1):
                near[i] = max(near[i], e[max(first + i - j, 0)], e[min(first + i + j, len(e) - 1)])
            excess = max(excess, e[first + i] - most * near[i])
        for i in range(n):
            power = noise[min((first + i) // hop, len(noise) - 1)]
            if power > 0:
                rest = min(e[first + i] - leak * excess, most * (near[i] - leak * excess))
                out[k] += max(rest, 0.0) / (power * n)
    return out


@kernel
def odds_alike(x: F64, spread: float, shift: float) -> float:
    """Log odds that lengths are alike rather than up to chance, whatever their scale.

    Alike: log-normal of standard deviation `spread`. Up to chance: `shift` and an exponential, as the gaps of a
    Poisson train and, beyond one potential, its stretches without a gap. The prior of either scale is flat in its log.
    """
    n = len(x)
    mean, total, excess = 0.0, 0.0, 0.0
    for v in x:
        mean += math.log(v) / n
        total += math.log(v)
        excess += max(v - shift, 1.0)
    square = 0.0
    for v in x:
        square += (math.log(v) - mean) ** 2
    alike = -0.5 * ((n - 1) * math.log(2 * math.pi * spread**2) + math.log(n) + square / spread**2) - total
    return alike - (math.lgamma(n) - n * math.log(excess))


@kernel
def parts(found: I64, k: int, gap: I64, comparable: float, spread: F64, single: float, odds: float) -> bool:
    """Whether the gap before stretch `k` parts two bursts: one of a run of bursts, or of the sparse potentials of one.

    Of the stretches within ``gap[2]`` bins before and ``gap[3]`` after, joined over what is shorter than the part
    `comparable` of this gap: a run has bursts alike and gaps alike (log-normal, `spread`), no gap far below
    its longest burst.
    """
    width = found[k, 0] - found[k - 1, 1]
    begin, end = found[k - 1, 1] - gap[2], found[k, 0] + gap[3]
    first, last = k - 1, k
    while first > 0 and found[first, 0] - found[first - 1, 1] < gap[1] and found[first - 1, 1] > begin:
        first -= 1
    while last + 1 < len(found) and found[last + 1, 0] - found[last, 1] < gap[1] and found[last + 1, 0] < end:
        last += 1
    gaps, pieces = np.empty(last - first), np.empty(last - first + 1)
    n, start = 0, max(found[first, 0], begin)
    for j in range(first, last + 1):
        if j < last and found[j + 1, 0] - found[j, 1] < comparable * width:
            continue
        pieces[n] = max(float(min(found[j, 1], end) - start), single)
        if j < last:
            gaps[n] = found[j + 1, 0] - found[j, 1]
            start = found[j + 1, 0]
            n += 1
    if n == 1 and pieces[:2].max() <= 2.0 * single:
        return False
    evidence = odds_alike(gaps[:n], spread[0], 0.0) + odds_alike(pieces[: n + 1], spread[1], single - 2.0)
    return bool(evidence - 3.0 * math.log(pieces[: n + 1].max() / width) > odds)


@kernel
def join(found: I64, still: Marks, gap: I64, comparable: float, spread: F64, single: float, odds: float) -> I64:
    """Join stretches over the gaps that do not part them: shorter than ``gap[0]`` bins, not still, or not as `parts` has it.

    A still gap of ``gap[1]`` bins always parts; `still` says it of the gap before each stretch.
    """
    out = np.empty_like(found)
    n = 0
    for k in range(len(found)):
        width = found[k, 0] - found[k - 1, 1] if k > 0 else gap[1]
        parting = k == 0 or (width >= gap[0] and still[k] != 0)
        if not parting or (width < gap[1] and not parts(found, k, gap, comparable, spread, single, odds)):
            out[n - 1, 1] = found[k, 1]
        else:
            out[n] = found[k]
            n += 1
    return out[:n]


@kernel
def highest_before(power: F64, reach: int) -> F64:
    """The largest value among each element and the `reach` before it.

    These are the end of one block of ``reach + 1`` elements and the beginning of the next.
    """
    n = len(power)
    out, ending = power.copy(), power.copy()
    for first in range(0, n, reach + 1):
        last = min(first + reach, n - 1)
        for i in range(last - 1, first - 1, -1):
            ending[i] = max(ending[i], ending[i + 1])
        for i in range(first + 1, last + 1):
            out[i] = max(out[i], out[i - 1])
    for i in range(reach, n):
        out[i] = max(out[i], ending[i - reach])
    return out


@kernel
def empty_dips(level: Marks, powers: F64, depth: float, quiet_depth: float, reach: int, near: float) -> None:
    """Set to level 0 what lies `depth` below the highest levels within `reach` on both sides.

    Within `near` of the noise `quiet_depth` is enough.
    """
    power = powers[level]
    if power.max() < min(depth, quiet_depth):
        return
    left = highest_before(power, reach)
    right = highest_before(power[::-1].copy(), reach)[::-1]
    for i in range(len(level)):
        if power[i] * (quiet_depth if power[i] <= near else depth) <= min(left[i], right[i]):
            level[i] = 0
