"""Compiled kernels from the energies to the marks: noise and trigger.

Arrays and sample counts in, arrays out; no seconds, no names, no NaN. Each has a twin written from its definition in
``tests/naive.py``. `_band_kernels.py` (from the samples to the energies), this file, `_level_kernels.py` (from the
marks to the bursts) and `_edge_kernels.py` (from a burst to its edges and measures) call none of the others' kernels,
because numba's disk cache does not notice an edit in another file; `_channel_kernels.py` calls them all, and knows.
Nothing is compiled at import.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.compiled import F32, F64, I32, I64, kernel

Marks = NDArray[np.uint8]

SETTLED = 0.05  # codes: a mode that moves no more than that stays


# -- noise ------------------------------------------------------------------------------------------


@kernel
def log_codes(
    e: F32, lead: int, width: int, step: int, per_octave: float, edges: F64, codes: NDArray[np.int16]
) -> None:
    """Fill `codes` with the mean energy of windows of `width` bins that end every `step` bins after bin `lead`.

    A code stands for energies from its one of the `edges` to the next, of which there are `per_octave` for each
    doubling; that of no energy at all is 0. `width` and `lead` are multiples of `step`. A window that would begin
    before `e` is shortened.
    """
    steps = np.empty(len(e) // step, np.float32)
    for k in range(len(steps)):
        total = np.float32(0)
        for i in range(step):
            total += e[k * step + i]
        steps[k] = total
    skipped, whole = lead // step, width // step
    mean = np.zeros(len(steps) - skipped, np.float32)
    for j in range(whole):
        missing = max(0, whole - 1 - j - skipped)  # windows that begin before `e`
        row = steps[max(0, skipped + 1 - whole + j) :]
        for k in range(len(mean) - missing):
            mean[missing + k] += row[k]
    last, lowest = len(edges) - 1, 127.0 + math.log2(edges[0])
    for k in range(len(mean)):
        mean[k] /= np.float32(min(whole, skipped + k + 1) * step)
    bits = mean.view(np.int32)  # of a number: nearly its logarithm, from below
    for k in range(len(mean)):
        code = min(max(int((bits[k] / 2.0**23 - lowest) * per_octave), 1), last - 1)
        code += mean[k] >= edges[code + 1]
        code -= mean[k] < edges[code] and code > 1
        codes[k] = code if mean[k] > 0 else 0


@kernel
def count_codes(codes: NDArray[np.int16], first: int, last: int, reach: int, heard: I64) -> None:
    """Add to `heard` how often each code comes from place `first` to `last`, but not within `reach` of a flat line."""
    seen, flat = max(0, first - reach), -reach - 1
    for i in range(first, last):
        while seen < min(i + reach + 1, len(codes)):
            flat = flat if codes[seen] else seen
            seen += 1
        heard[codes[i]] += i - flat > reach


@kernel
def noise_power(
    histogram: I32, total: int, first: int, values: F64, quantile: float, start: float, reach: int, rounds: int
) -> Any:
    """Lowest mode of a histogram of `total` logarithmic energies, of which none is below `first`; 0 where it is empty.

    From a low quantile and `start` codes more it climbs to the mean code of those within `reach`, again and again
    (mean shift): of one broad mode it finds the middle, and of two the lower. For gamma noise of any shape the
    logarithm is most often that of the mean.
    """
    if total == 0:
        return 0.0
    at = first
    seen = histogram[at]
    while seen <= quantile * total:
        at += 1
        seen += histogram[at]
    mode = at + start
    for _ in range(rounds):
        before, weight, count = mode, 0.0, 0
        middle = round(mode)
        for c in range(max(middle - reach, first), min(middle + reach + 1, len(values))):
            weight += histogram[c] * c
            count += histogram[c]
        mode = weight / count
        if abs(mode - before) < SETTLED:
            break
    return values[0] * (values[1] / values[0]) ** mode


# -- trigger ----------------------------------------------------------------------------------------

LOOK = 8  # bins from one look for loud windows to the next: few windows pass that are none


@kernel
def any_of(mark: Marks) -> bool:
    """Whether any is set; without a way out, so that many are looked at together."""
    seen = np.uint8(0)
    for m in mark:
        seen |= m
    return bool(seen)


@kernel
def all_of(mark: Marks) -> bool:
    """Whether all are set."""
    seen = np.uint8(1)
    for m in mark:
        seen &= m
    return bool(seen)


@kernel
def some_exceed(sums: F64, start: int, scales: I32, thresholds: F64) -> int:
    """Up to which scale a window that ends after bin `start` may have a mean above its threshold; 0: none.

    Looked at only every `LOOK` bins, at the sums of so many more bins that every window in between lies within.
    """
    n, ends = len(sums) - 1, -(-(len(sums) - 1 - start) // LOOK)
    before = -(-(scales[-1] + LOOK - 1) // LOOK)
    seen = np.empty(before + ends)
    for i in range(len(seen)):
        seen[i] = sums[min(max(start + (i + 1 - before) * LOOK, 0), n)]
    late = seen[before:]
    for k in range(len(scales) - 1, -1, -1):
        early, limit = seen[before - -(-(scales[k] + LOOK - 1) // LOOK) :], thresholds[k] * scales[k]
        loud = False
        for i in range(ends):  # without a way out, so that many are looked at together
            loud |= late[i] - early[i] > limit
        if loud:
            return k + 1
    return 0


@kernel
def exceed(sums: F64, start: int, scales: I32, thresholds: F64, mark: Marks) -> None:
    """Mark every window of every scale that ends after bin `start` and whose mean is above its threshold.

    `sums` are the running sums of the bins, which are not negative, one more than there are bins.
    """
    n = len(mark)
    for k in range(some_exceed(sums, start, scales, thresholds) - 1, -1, -1):
        width, limit = scales[k], thresholds[k] * scales[k]
        first = max(start + 1, width)
        late, early = sums[first : n + 1], sums[first - width : n + 1 - width]
        loud = 0
        for i in range(len(late)):
            loud += late[i] - early[i] > limit
        covered = 0
        for i in range(len(late) if 0 < loud < len(late) else 0):
            if late[i] - early[i] > limit:
                for m in range(max(covered, first + i - width), first + i):
                    mark[m] = 1
                covered = first + i
        if loud == len(late):
            mark[first - width :] = 1
        if all_of(mark):  # nothing is left to the shorter ones
            break


@kernel
def learn(sums: F64, start: int, mark: Marks, scales: I32, center: F64, low: F64) -> None:
    """Add what the bins from `start` on tell about noise.

    `center` (2) gathers how many bins are not marked and the sum of their ratios; `low` (n_scales, 2) how many
    windows, one after the other, lie below the mean of noise and the sum of their squared distances from it.
    """
    n = len(mark)
    quiet = not any_of(mark[start:])
    at = n if all_of(mark[start:]) else start
    while at < n:
        begin = at
        while not quiet and at < n and mark[at] == 0:
            at += 1
        at = n if quiet else at
        center[0] += at - begin
        center[1] += sums[at] - sums[begin]
        while at < n and mark[at] != 0:
            at += 1
    mean = center[1] / center[0]
    for k in range(len(scales)):
        width = scales[k]
        part = 1.0 / (width * mean)
        count, squares = 0, 0.0
        for i in range(n, max(start, width - 1), -width):
            short = max(1.0 - (sums[i] - sums[i - width]) * part, 0.0)
            count += short > 0
            squares += short * short
        low[k, 0] += count
        low[k, 1] += squares


@kernel
def fade(center: F64, low: F64, memory: float) -> None:
    """Let what was learned count for the part `memory` of what it did."""
    for i in range(len(center)):
        center[i] *= memory
    for k in range(len(low)):
        low[k, 0] *= memory
        low[k, 1] *= memory


@kernel
def place_in(x: float, rising: F64, guess: int) -> tuple[int, float]:
    """Where a value lies among rising ones: the row before it and the part of the way to the next, from 0 to 1."""
    at = guess
    while at > 0 and rising[at] >= x:
        at -= 1
    while at < len(rising) - 2 and rising[at + 1] < x:
        at += 1
    return at, min(max((x - rising[at]) / (rising[at + 1] - rising[at]), 0.0), 1.0)


@kernel
def gamma_shapes(low: F64, steadiness: F64, shapes: F64, prior: F64, weight: float, rows: I64) -> F64:
    """Shape of the gamma noise at each scale, read from its spread below the mean.

    `steadiness` is one over what `low` measures for noise of shape `shapes` (both rising); `prior` the spread of
    white noise, which counts as `weight` windows; `rows` where each scale was found in `shapes`, and is found now.
    """
    out = np.empty(len(low))
    for k in range(len(low)):
        at, part = place_in((low[k, 0] + weight) / (low[k, 1] + weight * prior[k]), steadiness, rows[k])
        rows[k] = at
        out[k] = shapes[at] + part * (shapes[at + 1] - shapes[at])
    return out


@kernel
def gamma_limits(mean: float, shape: F64, white: F64, scales: I32, normal: F64, most: F64) -> F64:
    """Thresholds on means of gamma noise at the standard normal deviates `normal` (Wilson and Hilferty 1931).

    Impulses show in the spread of longer windows first: a scale is taken to be no steadier than the two above it.
    The further a shape lies below that of white noise, the heavier a tail than gamma's is allowed for: the shape is
    lowered by their ratio once more. `mean` is that of the noise; no threshold is above `most` times it.
    """
    out = np.empty(len(shape))
    for k in range(len(shape)):
        least = shape[k]
        for j in range(k + 1, min(k + 3, len(shape))):
            least = min(least, shape[j] * scales[k] / scales[j])
        least *= min(least / white[k], 1.0)
        limit = (1.0 - 1.0 / (9.0 * least) + normal[k] / (3.0 * math.sqrt(least))) ** 3
        out[k] = mean * min(limit, most[k])
    return out


# -- one channel, hop by hop ------------------------------------------------------------------------


HEADROOM = 1.5  # times the highest threshold: bins may reach it, but one impulse in ten bins stays far below [P]


@kernel
def scan(
    e: F32,
    hop: int,
    first: int,
    codes: NDArray[np.int16],
    around: tuple[int, int, int],
    estimate: tuple[F64, tuple[float, float, int, int], float],
    center: F64,
    low: F64,
    gamma: tuple[F64, F64, F64, F64, float, F64, F64, F64],
    trigger: tuple[I32, float],
    sums: F64,
    mark: Marks,
    noise: F64,
) -> None:
    """Noise, ratio to the noise and marks of the hops that start at bin `first` of `e`.

    `codes` (hops, per hop) are the logarithmic energies of all hops in memory; the first hop is row ``around[0]``
    of them, and the noise of each comes from ``around[1]`` rows before it to ``around[2]`` after it. Fills the
    running sums of the ratio (one more than there are bins; the one at `first` is given), `mark` (like `e`) and
    `noise` (one a hop). A flat line, of energy 0, is no noise: nothing is learned
    from its hop, and it counts as noise does on average.
    """
    row, back, ahead = around
    values, mode, memory = estimate
    scales, clip = trigger
    begin, end = max(0, row - back), max(0, row - back)
    histogram = np.zeros(len(values), np.int32)
    total, lowest = 0, len(values)
    steadiness, shapes, prior, mode_power, weight, normal, white, most = gamma
    longest = scales[-1]
    rows = np.zeros(len(scales), np.int64)
    for h in range(len(noise)):
        while end < min(row + h + ahead + 1, len(codes)):
            for c in codes[end]:
                if c > 0:
                    histogram[c] += 1
                    total += 1
                    lowest = min(lowest, c)
            end += 1
        while begin < row + h - back:
            for c in codes[begin]:
                if c > 0:
                    histogram[c] -= 1
                    total -= 1
            begin += 1
        shape = gamma_shapes(low, steadiness, shapes, prior, weight, rows)
        at, part = place_in(shape[2], shapes, rows[2])
        mean = center[1] / center[0]
        power = noise_power(histogram, total, lowest, values, mode[0], mode[1], mode[2], mode[3])
        power /= mode_power[at] + part * (mode_power[at + 1] - mode_power[at])
        noise[h] = power * mean
        inverse = np.float32(1.0 / power if power > 0 else 0.0)
        start = first + h * hop
        stop = min(start + hop, len(e))
        limits = gamma_limits(mean, shape, white, scales, normal, most)
        top = np.float32(max(clip, HEADROOM * limits.max()))  # else nothing could pass a threshold above the clip
        running, flat = sums[start], power == 0
        for i in range(start, stop):
            flat |= e[i] == 0
            running += min(e[i] * inverse, top) if e[i] > 0 else mean
            sums[i + 1] = running
        reach = max(0, start - longest)
        exceed(sums[reach : stop + 1], start - reach, scales, limits, mark[reach:stop])
        if not flat:
            learn(sums[reach : stop + 1], start - reach, mark[reach:stop], scales, center, low)
            fade(center, low, memory)
