"""Compiled kernels from the samples to the marks: band-pass, energy, noise, trigger.

Arrays and sample counts in, arrays out; no seconds, no names, no NaN. Each has a twin written from its definition in
``tests/naive.py``. Kernels that call each other share a file, because numba's disk cache does not notice an edit in
another one: this file, `_level_kernels.py` (from the marks to the bursts) and `_edge_kernels.py` (from a burst to its
edges and measures) call none of the others'. Nothing is compiled at import.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.compiled import F32, F64, I32, I64, kernel

Marks = NDArray[np.uint8]

ROOM = 1.15  # a shape this much below that of white noise is still within its error


# -- filter and energy ------------------------------------------------------------------------------
# The samples are laid out by their place within a cell, a row for each, so that every loop runs along a row over many
# cells. No sum runs along a row: what a sample becomes does not depend on where a stretch was cut.

CELLS = 512  # cells filtered together: few enough to stay in the fastest cache


@kernel
def by_phase(x: F32, spacing: int) -> F32:
    """Sample d of every cell of `spacing` samples in row d."""
    rows = np.empty((spacing, len(x) // spacing), np.float32)
    for d in range(spacing):
        row = rows[d]
        for k in range(len(row)):
            row[k] = x[k * spacing + d]
    return rows


@kernel
def baseline(rows: F32, taps: F32) -> F32:
    """Smooth baseline at knots between the cells: means weighted with a triangle, smoothed with symmetric `taps`."""
    spacing, half = len(rows), len(taps) // 2
    means = np.zeros(rows.shape[1] - 1, np.float32)
    for d in range(spacing):
        late = np.float32(d) / np.float32(spacing * spacing)
        early = np.float32(1) / np.float32(spacing) - late
        row = rows[d]
        for k in range(len(means)):
            means[k] += late * row[k] + early * row[k + 1]
    base = np.empty(len(means) - 2 * half, np.float32)
    middle = means[half:]
    for k in range(len(base)):
        base[k] = taps[half] * middle[k]
    for t in range(half):
        left, right = means[t:], means[2 * half - t :]
        for k in range(len(base)):
            base[k] += taps[t] * (left[k] + right[k])
    return base


@kernel
def above_baseline(rows: F32, first: int, base: F32) -> F32:
    """What the cells from `first` on, between the knots of `base`, have above the straight lines that join these."""
    spacing = len(rows)
    out = np.empty((spacing, len(base) - 1), np.float32)
    for d in range(spacing):
        part = np.float32(d) / np.float32(spacing)
        row, rest = rows[d, first:], out[d]
        for k in range(len(rest)):
            rest[k] = row[k] - (base[k] + part * (base[k + 1] - base[k]))
    return out


@kernel
def smoothed(rows: F32, smooth: F32) -> F32:
    """Weighted mean of the samples around each, of all cells but the first and the last."""
    spacing, reach = len(rows), len(smooth) // 2
    out = np.zeros((spacing, rows.shape[1] - 2), np.float32)
    for d in range(spacing):
        y = out[d]
        for t in range(len(smooth)):
            place = d + t - reach + spacing
            row = rows[place % spacing, place // spacing :]
            for k in range(len(y)):
                y[k] += smooth[t] * row[k]
    return out


@kernel
def pass_band(x: F32, taps: F32, spacing: int, smooth: F32) -> F32:
    """Zero-phase band-pass of whole cells: subtract a smooth baseline, then average over a short triangle.

    The baseline is known at knots `spacing` samples apart: the mean of `x` weighted with a triangle
    around each knot, smoothed with `taps`, and joined by straight lines. `x` carries
    ``len(taps) // 2 + 2`` cells more than are returned, on either side; sample d of every cell comes in row d.
    """
    rows = by_phase(x, spacing)
    rest = above_baseline(rows, len(taps) // 2 + 1, baseline(rows, taps))
    y: F32 = smoothed(rest, smooth)
    return y


@kernel
def fill(y: F32, x: F32, taps: F32, spacing: int, smooth: F32) -> None:
    """Band-passed samples of `x` without the surroundings that `pass_band` needs into `y`, whole cells."""
    halo = len(taps) // 2 + 2
    for first in range(0, len(y), CELLS * spacing):
        last = min(first + CELLS * spacing, len(y))
        rows = pass_band(x[first : last + 2 * halo * spacing], taps, spacing, smooth)
        for d in range(spacing):
            row, out = rows[d], y[first + d : last]
            for k in range(len(row)):
                out[k * spacing] = row[k]


@kernel
def condition(x: F32, taps: F32, spacing: int, smooth: F32) -> F32:
    """All band-passed samples of `x` but the surroundings that `pass_band` needs."""
    y = np.empty(len(x) - 2 * spacing * (len(taps) // 2 + 2), np.float32)
    fill(y, x, taps, spacing, smooth)
    return y


@kernel
def condition_spans(x: F32, taps: F32, spacing: int, smooth: F32, spans: I64) -> tuple[F32, I64]:
    """As `condition`, but of some `spans` (start, stop) of samples only.

    Returns the cells that each span touches, one span after the other, and where in them each begins:
    ``y[begin[k] + i]`` is sample ``spans[k, 0] + i`` of all.
    """
    halo = 2 * (len(taps) // 2 + 2) * spacing
    cells = np.empty_like(spans)
    place = np.zeros(len(spans) + 1, np.int64)
    for k in range(len(spans)):
        cells[k, 0] = spans[k, 0] // spacing * spacing
        cells[k, 1] = min(-(-spans[k, 1] // spacing) * spacing, len(x) - halo)
        place[k + 1] = place[k] + cells[k, 1] - cells[k, 0]
    y = np.empty(place[-1], np.float32)
    for k in range(len(spans)):
        fill(y[place[k] : place[k + 1]], x[cells[k, 0] : cells[k, 1] + halo], taps, spacing, smooth)
    return y, place[:-1] + spans[:, 0] - cells[:, 0]


@kernel
def energies(x: F32, taps: F32, spacing: int, smooth: F32, width: int) -> F32:
    """Mean square of every `width` band-passed samples; `spacing` is a multiple of `width`."""
    halo = len(taps) // 2 + 2
    bins = spacing // width
    n = len(x) // spacing - 2 * halo
    e = np.empty(n * bins, np.float32)
    total = np.empty(CELLS, np.float32)
    for first in range(0, n, CELLS):
        count = min(CELLS, n - first)
        rows = pass_band(x[first * spacing : (first + count + 2 * halo) * spacing], taps, spacing, smooth)
        for b in range(bins):
            total[:] = 0
            for d in range(b * width, (b + 1) * width):
                row = rows[d]
                for k in range(count):
                    total[k] += row[k] * row[k]
            out = e[first * bins + b :]
            for k in range(count):
                out[k * bins] = total[k] / np.float32(width)
    return e


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
    skipped = lead // step
    mean = np.empty(len(steps) - skipped, np.float32)
    for k in range(len(mean)):
        first = max(0, skipped + k + 1 - width // step)
        total = np.float32(0)
        for j in range(first, skipped + k + 1):
            total += steps[j]
        mean[k] = total / ((skipped + k + 1 - first) * step)
    bits = mean.view(np.int32)  # of a number: nearly its logarithm
    last, lowest = len(edges) - 1, 127.0 + math.log2(edges[0])
    for k in range(len(mean)):
        code = min(max(int((bits[k] / 2.0**23 - lowest) * per_octave), 1), last)
        while code < last and mean[k] >= edges[code + 1]:
            code += 1
        while code > 1 and mean[k] < edges[code]:
            code -= 1
        codes[k] = code if mean[k] > 0 else 0


@kernel
def noise_power(
    histogram: I32, total: int, first: int, values: F64, quantile: float, start: float, limit: float, rounds: int
) -> Any:
    """Mean of the lowest mode of a histogram of `total` energies, of which none is below `first`; 0 where it is empty.

    Starts from a low quantile divided by `start` (what that quantile of noise of power 1 is), then takes the
    mean of what lies below `limit` times the estimate, again and again.
    """
    if total == 0:
        return 0.0
    while histogram[first] == 0:
        first += 1
    at = first
    seen = histogram[at]
    while seen <= quantile * total:
        at += 1
        seen += histogram[at]
    power = values[at] / start
    for _ in range(rounds):
        weight, count = 0.0, 0
        for c in range(first, len(values)):
            if values[c] >= limit * power and count > 0:
                break
            weight += histogram[c] * values[c]
            count += histogram[c]
        power = weight / count
    return power


# -- trigger ----------------------------------------------------------------------------------------


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
def exceed(sums: F64, start: int, scales: I32, thresholds: F64, mark: Marks) -> bool:
    """Mark every window of every scale that ends after bin `start` and whose mean is above its threshold.

    `sums` are the running sums of the bins, one more than there are bins. Says whether there was such a window.
    """
    n = len(mark)
    found = False
    for k in range(len(scales) - 1, -1, -1):
        width, limit = scales[k], thresholds[k] * scales[k]
        first = max(start + 1, width)
        late, early = sums[first : n + 1], sums[first - width : n + 1 - width]
        loud = False
        for i in range(len(late)):  # without a way out, so that many are looked at together
            loud |= late[i] - early[i] > limit
        if not loud:
            continue
        found = True
        covered = 0
        for j in range(first, n + 1):
            if sums[j] - sums[j - width] > limit:
                for m in range(max(covered, j - width), j):
                    mark[m] = 1
                covered = j
        if all_of(mark):  # nothing is left to the shorter ones
            break
    return found


@kernel
def learn(sums: F64, start: int, mark: Marks, scales: I32, center: F64, low: F64) -> None:
    """Add what the bins from `start` on tell about noise.

    `center` (2) gathers how many bins are not marked and the sum of their ratios; `low` (n_scales, 2) how many
    windows, one after the other, lie below the mean of noise and the sum of their squared distances from it.
    """
    n = len(mark)
    at = start
    disturbed = any_of(mark[start:])
    while at < n:
        begin = at
        while disturbed and at < n and mark[at] == 0:
            at += 1
        at = at if disturbed else n
        center[0] += at - begin
        center[1] += sums[at] - sums[begin]
        while at < n and mark[at] != 0:
            at += 1
    mean = center[1] / center[0]
    for k in range(len(scales)):
        width = scales[k]
        part = 1.0 / (width * mean)
        for i in range(n, max(start, width - 1), -width):
            short = 1.0 - (sums[i] - sums[i - width]) * part
            if short > 0:
                low[k, 0] += 1.0
                low[k, 1] += short * short


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
def gamma_limits(shape: F64, white: F64, scales: I32, normal: F64, doubt: float, most: F64) -> F64:
    """Thresholds on the mean of gamma noise at the standard normal deviates `normal` (Wilson and Hilferty 1931).

    Impulses show in the spread of longer windows first: a scale is taken to be no steadier than the two above it.
    The further a shape lies below that of white noise, the heavier a tail than gamma's is allowed for: the shape is
    lowered by the power `doubt` of their ratio. No threshold is above `most`.
    """
    out = np.empty(len(shape))
    for k in range(len(shape)):
        least = shape[k]
        for j in range(k + 1, min(k + 3, len(shape))):
            least = min(least, shape[j] * scales[k] / scales[j])
        if ROOM * least < white[k]:
            least *= (ROOM * least / white[k]) ** doubt
        limit = (1.0 - 1.0 / (9.0 * least) + normal[k] / (3.0 * math.sqrt(least))) ** 3
        out[k] = min(limit, most[k])
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
    estimate: tuple[F64, tuple[float, float, float, int], float],
    center: F64,
    low: F64,
    gamma: tuple[F64, F64, F64, F64, float, F64, F64, float, F64],
    trigger: tuple[I32, float],
    sums: F64,
    mark: Marks,
    noise: F64,
) -> None:
    """Noise, ratio to the noise and marks of the hops that start at bin `first` of `e`.

    `codes` (hops, per hop) are the logarithmic energies of all hops in memory; the first hop is row ``around[0]``
    of them, and the noise of each comes from ``around[1]`` rows before it to ``around[2]`` after it. Fills the
    running sums of the ratio (one more than there are bins; the one at `first` is given), `mark` (like `e`) and
    `noise` (one a hop).
    """
    row, back, ahead = around
    values, mode, memory = estimate
    scales, clip = trigger
    begin, end = max(0, row - back), max(0, row - back)
    histogram = np.zeros(len(values), np.int32)
    total, lowest = 0, len(values)
    steadiness, shapes, prior, cut_mean, weight, normal, white, doubt, most = gamma
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
        power /= cut_mean[at] + part * (cut_mean[at + 1] - cut_mean[at])
        noise[h] = power * mean
        inverse = np.float32(1.0 / power if power > 0 else 0.0)
        start = first + h * hop
        stop = min(start + hop, len(e))
        limits = gamma_limits(shape, white, scales, normal, doubt, most) * mean
        top = np.float32(max(clip, HEADROOM * limits.max()))  # else nothing could pass a threshold above the clip
        running = sums[start]
        for i in range(start, stop):
            running += min(e[i] * inverse, top)
            sums[i + 1] = running
        reach = max(0, start - longest)
        exceed(sums[reach : stop + 1], start - reach, scales, limits, mark[reach:stop])
        learn(sums[reach : stop + 1], start - reach, mark[reach:stop], scales, center, low)
        center *= memory
        low *= memory


PIECE = 16  # hops listened to together: few enough to stay in the second cache


@kernel
def listen(
    x: F32,
    band: tuple[F32, int, F32, int],
    e: F32,
    measured: int,
    coding: tuple[int, int, float, F64],
    codes: NDArray[np.int16],
    before: int,
    hop: int,
    around: tuple[int, int],
    estimate: tuple[F64, tuple[float, float, float, int], float],
    center: F64,
    low: F64,
    gamma: tuple[F64, F64, F64, F64, float, F64, F64, float, F64],
    trigger: tuple[I32, float],
    sums: F64,
    mark: Marks,
    noise: F64,
    scanned: int,
) -> None:
    """From samples to marks, a few hops at a time so that they stay in the cache.

    `x` begins with the surroundings of bin 0. Of `e` the first `measured` bins are known and of `noise` the first
    `scanned` hops, with `mark` and `sums`; all are filled to their ends. `codes` has `before` rows more than hops.
    """
    taps, spacing, smooth, width = band
    span, step, per_octave, edges = coding
    halo = 2 * (len(taps) // 2 + 2) * spacing
    flat = codes[before:].reshape(-1)
    first = measured
    while scanned < len(noise) or first < len(e):
        last = min(first + PIECE * hop, len(e))
        if first < last:
            e[first:last] = energies(x[first * width : last * width + halo], taps, spacing, smooth, width)
            lead = min(first, span - step)
            log_codes(e[first - lead : last], lead, span, step, per_octave, edges, flat[first // step :])
        ready = len(noise) if last == len(e) else min(last // hop - around[1], len(noise))
        if ready > scanned:
            at, new = (before + scanned, around[0], around[1]), noise[scanned:ready]
            scan(e, hop, scanned * hop, codes, at, estimate, center, low, gamma, trigger, sums, mark, new)
            scanned = ready
        first = last
