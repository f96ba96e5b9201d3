"""Compiled kernels: arrays and sample counts in, arrays out; no seconds, no names, no NaN.

Each has a twin written from its definition in ``tests/naive.py``. They live in one file because numba's
disk cache does not notice an edit in another file. Nothing is compiled at import.
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
NEGLIGIBLE = 20.0  # nats: what is less likely by this much does not matter


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


# -- edges ------------------------------------------------------------------------------------------


@kernel
def change_point(y: F32, noise: float, powers: F64, weight: float) -> tuple[float, float]:
    """Where noise of power `noise` turns into something louder: mean and standard deviation, in samples.

    The distribution of the change under a flat prior, with the most likely of the `powers` after it for each place.
    """
    n = len(y)
    best = np.full(n, -np.inf)
    for s in range(1, len(powers)):
        score = 0.0
        gain, offset = weight * (1.0 - 1.0 / powers[s]) / noise, weight * math.log(powers[s])
        for i in range(n - 1, -1, -1):
            score += gain * y[i] * y[i] - offset
            best[i] = max(best[i], score)
    top = best.max()
    mass, mean, square = 0.0, 0.0, 0.0
    for i in range(n):
        if best[i] > top - NEGLIGIBLE:
            p = math.exp(best[i] - top)
            mass += p
            mean += i * p
            square += i * i * p
    mean /= mass
    return mean, math.sqrt(max(square / mass - mean * mean, 0.0))


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


# -- what a burst is like ---------------------------------------------------------------------------


@kernel
def foot(y: F32, at: int, step: int, limit: float, reach: int) -> int:
    """Walk down the flank of a potential from sample `at`: stop at a turn, a change of sign or below `limit`."""
    for _ in range(reach):
        following = at - step
        if following < 0 or following >= len(y):
            break
        if abs(y[following]) >= abs(y[at]) or y[following] * y[at] <= 0 or abs(y[at]) < limit:
            break
        at = following
    return at


@kernel
def first_above(y: F32, start: int, stop: int, step: int, limit: float) -> int:
    """First sample from `start` towards `stop` of at least `limit`, either sign; `start` where there is none."""
    for i in range(start, stop, step):
        if abs(y[i]) >= limit:
            return i
    return start


@kernel
def count_potentials(y: F32, limit: float, apart: int) -> int:
    """Groups of samples above `limit` (either sign) that are more than `apart` samples from one another."""
    n, last = 0, -apart - 1
    for i in range(len(y)):
        if abs(y[i]) >= limit:
            if i - last > apart:
                n += 1
            last = i
    return n


@kernel
def count_phases(y: F32, limit: float) -> int:
    """Changes of sign between samples above `limit`, and one."""
    n, sign = 0, 0
    for i in range(len(y)):
        if abs(y[i]) >= limit:
            now = 1 if y[i] > 0 else -1
            if now != sign:
                n += 1
            sign = now
    return n


@kernel
def median_frequency(y: F32, sfreq: float, low: float, high: float, step: float) -> Any:
    """Frequency in Hz below which half of the power between `low` and `high` lies (Goertzel's recursion)."""
    n = int((high - low) / step) + 1
    coefficient = np.empty(n)
    for k in range(n):
        coefficient[k] = 2.0 * math.cos(2.0 * math.pi * (low + k * step) / sfreq)
    a, b = np.zeros(n), np.zeros(n)
    for v in y:
        for k in range(n):
            now = v + coefficient[k] * a[k] - b[k]
            b[k] = a[k]
            a[k] = now
    power = a * a + b * b - coefficient * a * b
    half = 0.5 * power.sum()
    seen = 0.0
    for k in range(n):
        if seen + power[k] >= half:
            return low + (k - 0.5 + (half - seen) / power[k]) * step
        seen += power[k]
    return math.nan


@kernel
def standard_error(deviation: float, outwards: F64) -> Any:
    """Standard error of an edge from the deviation that the likelihood gives it; see `OUTWARDS` in design.py."""
    return math.hypot(outwards[2] * deviation, outwards[3]) * (1.0 + deviation / outwards[4])


@kernel
def describe(
    y: F32,
    noise: F64,
    hop: int,
    width: int,
    found: NDArray[np.int64],
    powers: F64,
    weight: float,
    reach: I64,
    outwards: F64,
    spectrum: tuple[float, float, float, float],
    limits: F64,
) -> F64:
    """One row a burst: edges with their errors in samples, and what it is like (see `COLUMNS` in channel.py).

    `found` (n, 4) holds for each burst its first and last bin and how far its edges may move outwards;
    `noise` the noise power of each hop of `hop` bins; `reach` the samples inside a burst that its edges are
    estimated from, and the samples over which a potential may rise; `limits` the part of the peak that the
    first potential must have, the part that counts as a potential of its own, and its ratio to the noise.
    """
    out = np.empty((len(found), 13))
    for k in range(len(found)):
        start, stop = found[k, 0] * width, found[k, 1] * width
        power = noise[min(found[k, 0] // hop, len(noise) - 1)]
        inside = min(stop - start, reach[0])
        first, last = found[k, 2] * width, found[k, 3] * width
        at, deviation = change_point(y[first : start + inside], power, powers, weight)
        onset = first + max(0, round(at - outwards[0] * max(0.0, deviation - outwards[1])))
        onset_error = standard_error(deviation, outwards)
        at, deviation = change_point(y[stop - inside : last][::-1], power, powers, weight)
        offset = last - max(0, round(at - outwards[0] * max(0.0, deviation - outwards[1])))
        offset_error = standard_error(deviation, outwards)
        if offset <= onset:
            onset, offset = start, stop
        peak_at = onset
        for i in range(onset, offset):
            if abs(y[i]) > abs(y[peak_at]):
                peak_at = i
        peak = abs(y[peak_at])
        sd = math.sqrt(power)
        least = limits[0] * peak
        onset = foot(y, first_above(y, onset, peak_at, 1, least), 1, sd, reach[1])
        offset = foot(y, first_above(y, offset - 1, peak_at, -1, least), -1, sd, reach[1]) + 1
        body = y[onset:offset]
        energy, area = 0.0, 0.0
        lowest, highest = np.inf, -np.inf
        for v in body:
            energy += v * v
            area += abs(v)
            lowest, highest = min(lowest, v), max(highest, v)
        threshold = max(limits[1] * peak, limits[2] * sd)
        potentials = count_potentials(body, threshold, reach[2])
        if potentials == 1 and (count_phases(body, threshold) > limits[3] or offset - onset > reach[3]):
            potentials = 2
        middle = body[max(0, peak_at - onset - reach[4]) : peak_at - onset + reach[4]]
        out[k, 0] = onset
        out[k, 1] = offset
        out[k, 2] = onset_error
        out[k, 3] = offset_error
        out[k, 4] = peak_at
        out[k, 5] = highest - lowest
        out[k, 6] = math.sqrt(energy / len(body))
        out[k, 7] = area
        out[k, 8] = 10.0 * math.log10(energy / len(body) / power)
        enough = len(body) >= reach[5]
        out[k, 9] = median_frequency(middle, spectrum[0], spectrum[1], spectrum[2], spectrum[3]) if enough else math.nan
        out[k, 10] = potentials
        out[k, 11] = power
        out[k, 12] = energy
    return out
