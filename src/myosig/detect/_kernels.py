"""Compiled kernels from the samples to the marks: band-pass, energy, noise, trigger.

Arrays and sample counts in, arrays out; no seconds, no names, no NaN. Each has a twin written from its definition in
``tests/naive.py``. Kernels that call each other share a file, because numba's disk cache does not notice an edit in
another one: this file, `_level_kernels.py` (from the marks to the bursts) and `_edge_kernels.py` (from a burst to its
edges and measures) call none of the others'. Nothing is compiled at import.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Marks = NDArray[np.uint8]

ROOM = 1.15  # a shape this much below that of white noise is still within its error


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first call, without the GIL; cached on disk where there is a place to write."""
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba finds no writable place beside the package nor in the user's cache
        return njit(nogil=True, error_model="numpy")(function)


# -- filter and energy ------------------------------------------------------------------------------


@kernel
def condition(x: F32, taps: F32, spacing: int, smooth: F32) -> F32:
    """Zero-phase band-pass: subtract a smooth baseline, then average over a short triangle.

    The baseline is known at knots `spacing` samples apart: the mean of `x` weighted with a triangle
    around each knot, smoothed with `taps`, and joined by straight lines. `x` carries
    ``spacing * (len(taps) // 2 + 2)`` samples more than are returned, on either side.
    """
    half = len(taps) // 2
    n = len(x) - 2 * spacing * (half + 2)
    n_cells = len(x) // spacing
    ramp = (np.arange(spacing) / np.float32(spacing * spacing)).astype(np.float32)
    rising = np.empty(n_cells, np.float32)
    falling = np.empty(n_cells, np.float32)
    for k in range(n_cells):
        late, all_ = np.float32(0), np.float32(0)
        for d in range(spacing):
            late += ramp[d] * x[k * spacing + d]
            all_ += x[k * spacing + d]
        rising[k] = late
        falling[k] = all_ / np.float32(spacing) - late
    means = rising[:-1] + falling[1:]
    base = np.zeros(len(means) - 2 * half, np.float32)
    for t in range(2 * half + 1):
        for k in range(len(base)):
            base[k] += taps[t] * means[k + t]
    rest = np.empty((len(base) - 1) * spacing, np.float32)
    shift = spacing * (half + 1)
    for d in range(spacing):
        part = np.float32(d) / np.float32(spacing)
        for k in range(len(base) - 1):
            rest[k * spacing + d] = x[shift + k * spacing + d] - (base[k] + part * (base[k + 1] - base[k]))
    first = spacing - len(smooth) // 2
    y = np.zeros(n, np.float32)
    for t in range(len(smooth)):
        for i in range(n):
            y[i] += smooth[t] * rest[first + t + i]
    return y


@kernel
def bin_energy(y: F32, width: int) -> F32:
    """Mean square of every `width` samples."""
    n = len(y) // width
    e = np.zeros(n, np.float32)
    for b in range(n):
        total = np.float32(0)
        for d in range(width):
            total += y[b * width + d] * y[b * width + d]
        e[b] = total / np.float32(width)
    return e


# -- noise ------------------------------------------------------------------------------------------


@kernel
def log_codes(e: F32, lead: int, width: int, step: int, per_bel: int, floor: int, n_codes: int) -> NDArray[np.int16]:
    """Mean energy of windows of `width` bins that end every `step` bins after bin `lead`, on a logarithmic scale.

    A window that would begin before `e` is shortened; the code of no energy at all is 0.
    """
    n = (len(e) - lead) // step
    codes = np.zeros(n, np.int16)
    for k in range(n):
        stop = lead + (k + 1) * step
        start = max(0, stop - width)
        total = np.float64(0)
        for i in range(start, stop):
            total += e[i]
        if total > 0:
            code = math.floor(math.log10(total / (stop - start)) * per_bel) + floor
            codes[k] = min(max(code, 1), n_codes - 1)
    return codes


@kernel
def noise_power(histogram: I32, values: F64, quantile: float, start: float, limit: float, rounds: int) -> Any:
    """Mean of the lowest mode of a histogram of energies; 0 where it is empty.

    Starts from a low quantile divided by `start` (what that quantile of noise of power 1 is), then takes the
    mean of what lies below `limit` times the estimate, again and again.
    """
    total = histogram[1:].sum()
    if total == 0:
        return 0.0
    first = 1
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
def exceed(z: F32, start: int, scales: I32, thresholds: F64, mark: Marks) -> F64:
    """Mark every window of every scale that ends after bin `start` and whose mean is above its threshold.

    Returns the running sums of `z`, from 0.
    """
    n = len(z)
    sums = np.empty(n + 1, np.float64)
    total = 0.0
    sums[0] = 0.0
    for i in range(n):
        total += z[i]
        sums[i + 1] = total
    for k in range(len(scales)):
        width = scales[k]
        limit = thresholds[k] * width
        first = max(start + 1, width)
        step = width // 5 + 1
        covered = 0
        for i in range(first, n + 1, step):
            last = min(i + step - 1, n)
            if sums[last] - sums[i - width] <= limit:  # holds every window that ends from i to last
                continue
            for j in range(i, last + 1):
                if sums[j] - sums[j - width] > limit:
                    mark[max(covered, j - width) : j] = 1
                    covered = j
    return sums


@kernel
def learn(sums: F64, start: int, mark: Marks, scales: I32, center: F64, low: F64) -> None:
    """Add what the bins from `start` on tell about noise.

    `center` (2) gathers how many bins are not marked and the sum of their ratios; `low` (n_scales, 2) how many
    windows, one after the other, lie below the mean of noise and the sum of their squared distances from it.
    """
    n = len(mark)
    quiet, total = 0, 0.0
    for i in range(start, n):
        if mark[i] == 0:
            quiet += 1
            total += sums[i + 1] - sums[i]
    center[0] += quiet
    center[1] += total
    mean = center[1] / center[0]
    for k in range(len(scales)):
        width = scales[k]
        for i in range(n, max(start, width - 1), -width):
            short = 1.0 - (sums[i] - sums[i - width]) / (width * mean)
            if short > 0:
                low[k, 0] += 1.0
                low[k, 1] += short * short


@kernel
def gamma_shapes(low: F64, spread: F64, shapes: F64, prior: F64, weight: float) -> F64:
    """Shape of the gamma noise at each scale, read from its spread below the mean.

    `spread` (falling) is what `low` measures for noise of shape `shapes` (rising); `prior` the spread of white
    noise, which counts as `weight` windows.
    """
    out = np.empty(len(low))
    for k in range(len(low)):
        measured = (low[k, 1] + weight * prior[k]) / (low[k, 0] + weight)
        before, at = 0, len(spread) - 1
        while at - before > 1:
            middle = (before + at) // 2
            if spread[middle] > measured:
                before = middle
            else:
                at = middle
        part = (spread[before] - measured) / (spread[before] - spread[at])
        out[k] = shapes[before] + min(max(part, 0.0), 1.0) * (shapes[at] - shapes[before])
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
        least *= min(1.0, ROOM * least / white[k]) ** doubt
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
    span: NDArray[np.int64],
    histogram: I32,
    values: F64,
    mode: F64,
    center: F64,
    low: F64,
    tail: tuple[F64, F64, F64, F64, float, F64, F64, float, F64],
    scales: I32,
    clip: float,
    z: F32,
    mark: Marks,
    noise: F64,
) -> None:
    """Noise, ratio to the noise and marks of the hops that start at bin `first` of `e`.

    `codes` (hops, per hop) are the logarithmic energies of all hops in memory; `span` rows (start, stop) say
    which of them make up the noise of each hop. Fills `z`, `mark` (like `e`) and `noise` (one a hop).
    """
    begin, end = 0, 0
    longest = scales[-1]
    for h in range(len(noise)):
        while end < span[h, 1]:
            for c in codes[end]:
                histogram[c] += 1
            end += 1
        while begin < span[h, 0]:
            for c in codes[begin]:
                histogram[c] -= 1
            begin += 1
        shape = gamma_shapes(low, tail[0], tail[1], tail[2], tail[4])
        mean = center[1] / center[0]
        power = noise_power(histogram, values, mode[0], mode[1], mode[2], int(mode[3]))
        power /= np.interp(shape[2], tail[1], tail[3])
        noise[h] = power * mean
        inverse = np.float32(1.0 / power if power > 0 else 0.0)
        start = first + h * hop
        stop = min(start + hop, len(e))
        limits = gamma_limits(shape, tail[6], scales, tail[5], tail[7], tail[8]) * mean
        top = np.float32(max(clip, HEADROOM * limits.max()))  # else nothing could pass a threshold above the clip
        for i in range(start, stop):
            z[i] = min(e[i] * inverse, top)
        back = max(0, start - longest)
        sums = exceed(z[back:stop], start - back, scales, limits, mark[back:stop])
        learn(sums, start - back, mark[back:stop], scales, center, low)
        center *= mode[4]
        low *= mode[4]
