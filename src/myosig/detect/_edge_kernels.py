"""Compiled kernels from a burst to its edges and measures. They call none of the other kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from myosig.compiled import F32, F64, I64, kernel

FINE = 8  # a gradual edge is tried at places this part of its length apart
Model = tuple[F64, F64, F64, F64]
Rises = tuple[F64, float, float, float, Model]
NEGLIGIBLE = 20.0  # nats: what is less likely by this much does not matter

# -- edges ------------------------------------------------------------------------------------------


@kernel
def unevenness(z: F64, window: int, usual: float, trust: float) -> float:
    """Squared coefficient of variation of the energies `z` in windows of `window` bins, a trend left out.

    From successive differences (von Neumann et al. 1941, doi:10.1214/aoms/1177731746); the `usual` value counts as
    `trust` pairs of windows.
    """
    before, difference, size, n = 0.0, 0.0, 0.0, -1
    for start in range(0, len(z) - window + 1, window):
        now = z[start : start + window].mean()
        if n >= 0:
            difference += (now - before) ** 2
            size += now**2 + before**2
        before = now
        n += 1
    share = trust * usual / (1.0 + usual)
    if n > 0:
        share = (share + n * difference / size) / (trust + n)
    else:
        share /= trust
    return share / (1.0 - share)


@kernel
def half_passed(z: F64) -> int:
    """Bin by which half of what exceeds the noise (1) has passed."""
    whole = 0.0
    for v in z:
        whole += max(v - 1.0, 0.0)
    seen = 0.0
    for i in range(len(z)):
        seen += max(z[i] - 1.0, 0.0)
        if 2.0 * seen >= whole:
            return i
    return len(z) - 1


@kernel
def rise_scores(total: F64, first: int, apart: int, length: int, weight: float, model: Model, out: F64) -> None:
    """Fill `out` with the nats by which a rise over `length` bins from bin `first`, `first + apart`, ... beats noise.

    `total` are the running sums of the ratios to the noise; the model is that of `rise`.
    """
    shape, slope, log, border = model
    n, whole = len(total) - 1, len(shape) - 1
    steps = whole if length > 0 else 0
    size, bound, paid = 0.0, np.zeros(steps + 1, np.int64), np.zeros(len(log))
    for j in range(steps):
        bound[j + 1] = length * (j + 1) // steps
        size += (bound[j + 1] - bound[j]) * shape[j]
        for s in range(len(log)):
            paid[s] += log[s, j] * (bound[j + 1] - bound[j])
    s = 0
    for k in range(len(out)):
        i = first + k * apart
        after = n - i - length
        excess, room = total[n] - total[i] - (n - i), size + after
        while s < len(border) and excess > border[s] * room:
            s += 1
        while s > 0 and excess < border[s - 1] * room:
            s -= 1
        nats = slope[s, whole] * (total[n] - total[i + length]) - log[s, whole] * after - paid[s]
        before = total[i]
        for j in range(steps):
            now = total[i + bound[j + 1]]
            nats += slope[s, j] * (now - before)
            before = now
        out[k] = weight * nats


@kernel
def likely(score: F64) -> tuple[int, int]:
    """From the first to after the last that is not negligible beside the highest."""
    least, first, last = score.max() - NEGLIGIBLE, 0, len(score)
    while score[first] < least:
        first += 1
    while score[last - 1] < least:
        last -= 1
    return first, last


@kernel
def rise(z: F64, inside: int, weight: float, rises: Rises) -> Any:
    """Where noise (power 1) turns into something louder: median and standard error of its place, in bins.

    `rises` is (parts, cost, tenth, spread, model). Beforehand every place is as likely; the change is sudden, or, for
    `cost` nats, gradual over one of `parts` (ascending, the first 0) times the `inside` bins, where it spans a likely
    place of a sudden one. The edge is where the amplitude has reached a tenth: at the part `tenth` of the rise, give
    or take `spread`.

    `model` is (shape, slope, log, border): a rise has steps of equal length; ``shape[j]`` is the part of the power
    reached in step j, the last that after the rise. Of some powers the one is taken that is nearest to what the energy
    from there on gives (`border` lies between two of them, less 1): a row of `slope`, 1 - 1/power in each step, and
    `log`, its logarithm.
    """
    parts, cost, tenth, spread, model = rises
    n = len(z)
    total, scores, mass = np.zeros(n + 1), np.empty(n), np.zeros(n + 2)
    for i in range(n):
        total[i + 1] = total[i] + z[i]
    top, square = -np.inf, 0.0  # mass and square are relative to the highest score so far
    begin, end = 0, n
    for r in range(len(parts)):
        length = round(parts[r] * inside)
        apart = max(1, length // FINE)
        first, last = max(begin - length, 0) // apart * apart, min(end, n - max(length, 1) + 1)
        score = scores[: max(0, -(-(last - first) // apart))]
        rise_scores(total, first, apart, length, weight, model, score)
        if r == 0:
            begin, end = likely(score)
        price = cost - math.log(apart) if r > 0 else 0.0
        highest = top
        for v in score:
            highest = max(highest, v - price)
        if highest > top:
            mass *= math.exp(top - highest)
            square *= math.exp(top - highest)
            top = highest
        at, part = first + int(tenth * length), tenth * length - int(tenth * length)
        for k in range(len(score)):
            if score[k] - price > top - NEGLIGIBLE:
                p = math.exp(score[k] - price - top)
                mass[at + k * apart] += p * (1.0 - part)
                mass[at + k * apart + 1] += p * part
                square += p * (spread * length) ** 2
    return centre(mass, square)


@kernel
def centre(mass: F64, square: float) -> Any:
    """Median of a place, and the root of the mean squared distance from it; `square` is what each adds by itself."""
    whole = mass.sum()
    k, seen = 0, mass[0]
    while seen < 0.5 * whole:
        k += 1
        seen += mass[k]
    median = k + 0.5 - (seen - 0.5 * whole) / mass[k]
    for i in range(len(mass)):
        square += mass[i] * (i - median) ** 2
    return median, math.sqrt(square / whole)


@kernel
def edges(
    e: F32,
    noise: F64,
    found: I64,
    weight: float,
    uneven: tuple[int, float, float],
    reach: tuple[int, int, int],
    model: Rises,
) -> F64:
    """Rows of onset, offset and their standard errors, in bins, of bursts in the energies `e`.

    `found` (n, 4) holds for each its first and last bin and how far its edges may move, `noise` the power of the
    noise. Each edge is estimated from ``reach[0]`` bins at most of its half of the burst (by energy) and ``reach[1]``
    times as many and ``reach[2]`` outside, with a likelihood as much weaker than that of white noise (`weight` nats a
    bin) as the burst's energy is less steady (`uneven`, as in `unevenness`): quasi-likelihood (Wedderburn 1974,
    doi:10.1093/biomet/61.3.439).
    """
    out = np.empty((len(found), 4))
    for k in range(len(found)):
        first, last = found[k, 2], found[k, 3]
        start, stop = found[k, 0] - first, found[k, 1] - first
        z = e[first:last] / noise[k]
        half = start + half_passed(z[start:stop])
        steady = 1.0 / (uneven[0] * unevenness(z[start:stop], uneven[0], uneven[1], uneven[2]))
        nats = min(weight, steady)
        inside = min(half + 1 - start, reach[0])
        begin = max(0, start - reach[1] * inside - reach[2])
        at, error = rise(z[begin : start + inside], inside, nats, model)
        out[k, 0], out[k, 2] = first + begin + at, math.hypot(error, 1.0)
        inside = min(stop - half, reach[0])
        end = min(len(z), stop + reach[1] * inside + reach[2])
        at, error = rise(z[stop - inside : end][::-1], inside, nats, model)
        out[k, 1], out[k, 3] = first + end - at, math.hypot(error, 1.0)
    return out


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
        above = abs(y[i]) >= limit
        n += above and i - last > apart
        last = i if above else last
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
    coefficient, a, b = np.empty(n), np.zeros(n), np.zeros(n)
    turn = 2.0 * math.cos(2.0 * math.pi * step / sfreq)  # from one cosine to the next
    coefficient[0] = 2.0 * math.cos(2.0 * math.pi * low / sfreq)
    coefficient[1:2] = 2.0 * math.cos(2.0 * math.pi * (low + step) / sfreq)
    for k in range(2, n):
        coefficient[k] = turn * coefficient[k - 1] - coefficient[k - 2]
    whole = len(y) // 4 * 4
    for i in range(0, whole, 4):  # four samples at a time
        u, v, w, x = y[i], y[i + 1], y[i + 2], y[i + 3]
        for k in range(n):
            one = u + coefficient[k] * a[k] - b[k]
            two = v + coefficient[k] * one - a[k]
            b[k] = w + coefficient[k] * two - one
            a[k] = x + coefficient[k] * b[k] - two
    for v in y[whole:]:
        for k in range(n):
            a[k], b[k] = v + coefficient[k] * a[k] - b[k], a[k]
    power = a * a + b * b - coefficient * a * b
    half = 0.5 * power.sum()
    seen = 0.0
    for k in range(n):
        if seen + power[k] >= half:
            return low + (k - 0.5 + (half - seen) / power[k]) * step
        seen += power[k]
    return math.nan


@kernel
def describe(
    samples: F32,
    begin: I64,
    spans: I64,
    width: int,
    noise: F64,
    edge: F64,
    reach: I64,
    spectrum: tuple[float, float, float, float],
    limits: F64,
    shortest: float,
    cut: tuple[int, int],
) -> F64:
    """One row a burst of at least `shortest` samples: edges with their errors in samples, and what it is like.

    As `COLUMNS` in channel.py. One that begins no later than sample ``cut[0]`` or ends at ``cut[1]`` or later is cut.

    Of burst k, `samples` from ``begin[k]`` on are the band-passed ones from ``spans[k, 0]`` to ``spans[k, 1]``;
    ``noise[k]`` is the power of the noise and ``edge[k]`` its onset, offset and their standard errors in bins of
    `width` samples. `reach` holds samples: over which a potential may rise, between two potentials, of the longest
    single one, on either side of the peak for a spectrum, of the shortest burst with one; `limits` the part of the peak
    that the first potential must have, the part that counts as a potential of its own, and its ratio to the noise.
    """
    out = np.empty((len(edge), 12))
    n = 0
    for k in range(len(edge)):
        origin = spans[k, 0]
        y = samples[begin[k] : begin[k] + spans[k, 1] - origin]
        power = noise[k]
        onset, offset = round(edge[k, 0] * width) - origin, round(edge[k, 1] * width) - origin
        offset = max(offset, onset + 1)
        peak_at = onset
        for i in range(onset, offset):
            if abs(y[i]) > abs(y[peak_at]):
                peak_at = i
        peak = abs(y[peak_at])
        sd = math.sqrt(power)
        least = limits[0] * peak
        onset = max(foot(y, first_above(y, onset, peak_at, 1, least), 1, sd, reach[0]), 0)
        offset = min(foot(y, first_above(y, offset - 1, peak_at, -1, least), -1, sd, reach[0]) + 1, len(y))
        if offset - onset < shortest:
            continue
        body = y[onset:offset]
        energy, area = 0.0, 0.0
        lowest, highest = np.inf, -np.inf
        for v in body:
            energy += v * v
            area += abs(v)
            lowest, highest = min(lowest, v), max(highest, v)
        threshold = max(limits[1] * peak, limits[2] * sd)
        potentials = count_potentials(body, threshold, reach[1])
        if potentials == 1 and (count_phases(body, threshold) > limits[3] or offset - onset > reach[2]):
            potentials = 2
        middle = body[max(0, peak_at - onset - reach[3]) : peak_at - onset + reach[3]]
        out[n, 0] = origin + onset
        out[n, 1] = origin + offset
        out[n, 2] = edge[k, 2] * width
        out[n, 3] = edge[k, 3] * width
        out[n, 4] = origin + peak_at
        out[n, 5] = highest - lowest
        out[n, 6] = math.sqrt(energy / len(body))
        out[n, 7] = area
        out[n, 8] = 10.0 * math.log10(energy / len(body) / power)
        enough = len(body) >= reach[4]
        out[n, 9] = median_frequency(middle, spectrum[0], spectrum[1], spectrum[2], spectrum[3]) if enough else math.nan
        out[n, 10] = potentials
        out[n, 11] = origin + onset <= cut[0] or origin + offset >= cut[1]
        n += 1
    return out[:n]
