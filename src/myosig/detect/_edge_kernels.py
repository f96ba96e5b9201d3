"""Compiled kernels from a burst to its edges and measures. They call none of the other kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.compiled import F32, F64, I64, kernel

NEGLIGIBLE = 20.0  # nats: what is less likely by this much does not matter

# -- edges ------------------------------------------------------------------------------------------


@kernel
def change_point(y: F32, noise: float, powers: F64, weight: float) -> tuple[float, float]:
    """Where noise of power `noise` turns into something louder: mean and standard deviation, in samples.

    The distribution of the change under a flat prior, with the most likely of the `powers` after it for each place.
    """
    n, m = len(y), len(powers) - 1
    gain, offset, above = np.empty(m), np.empty(m), np.empty(m)
    for s in range(m):
        gain[s], offset[s] = weight * (1.0 - 1.0 / powers[s + 1]) / noise, weight * math.log(powers[s + 1])
        above[s] = (
            (offset[s] - offset[s - 1]) / (gain[s] - gain[s - 1]) if s > 0 else 0.0
        )  # mean from which it is likelier
    best = np.empty(n)
    energy, s = 0.0, 0  # the most likely power after one sample is near that after the next
    for i in range(n - 1, -1, -1):
        energy += np.float64(y[i]) * y[i]
        left = float(n - i)
        while s + 1 < m and energy > above[s + 1] * left:
            s += 1
        while energy < above[s] * left:
            s -= 1
        best[i] = gain[s] * energy - offset[s] * left
    top = best.max()
    mass, mean, square = 0.0, 0.0, 0.0
    for i in range(n):
        if best[i] > top - NEGLIGIBLE:
            p = math.exp(np.float32(best[i] - top))
            mass += p
            mean += i * p
            square += i * i * p
    mean /= mass
    return mean, math.sqrt(max(square / mass - mean * mean, 0.0))


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
def standard_error(deviation: float, outwards: F64) -> Any:
    """Standard error of an edge from the deviation that the likelihood gives it; see `OUTWARDS` in design.py."""
    return math.hypot(outwards[2] * deviation, outwards[3]) * (1.0 + deviation / outwards[4])


@kernel
def describe(
    samples: F32,
    begin: I64,
    spans: I64,
    noises: tuple[F64, int, int],
    found: NDArray[np.int64],
    powers: F64,
    weight: float,
    reach: I64,
    outwards: F64,
    spectrum: tuple[float, float, float, float],
    limits: F64,
    shortest: float,
    cut: tuple[int, int],
) -> F64:
    """One row a burst of at least `shortest` samples: edges with their errors in samples, and what it is like.

    As `COLUMNS` in channel.py. One that begins no later than sample ``cut[0]`` or ends at ``cut[1]`` or later is cut.

    Of burst k, `samples` from ``begin[k]`` on are the band-passed ones from ``spans[k, 0]`` to ``spans[k, 1]``.
    `found` (n, 4) holds for each burst its first and last bin and how far its edges may move outwards;
    `noises` the noise power of each hop, the bins of a hop and the samples of a bin; `reach` the samples inside a burst
    that its edges are estimated from, and the samples over which a potential may rise; `limits` the part of the peak
    that the first potential must have, the part that counts as a potential of its own, and its ratio to the noise.
    """
    noise, hop, width = noises
    out = np.empty((len(found), 12))
    n = 0
    for k in range(len(found)):
        origin = spans[k, 0]
        y = samples[begin[k] : begin[k] + spans[k, 1] - origin]
        start, stop = found[k, 0] * width - origin, found[k, 1] * width - origin
        power = noise[min(found[k, 0] // hop, len(noise) - 1)]
        inside = min(stop - start, reach[0])
        first, last = found[k, 2] * width - origin, found[k, 3] * width - origin
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
        onset = max(foot(y, first_above(y, onset, peak_at, 1, least), 1, sd, reach[1]), first)
        offset = min(foot(y, first_above(y, offset - 1, peak_at, -1, least), -1, sd, reach[1]) + 1, last)
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
        potentials = count_potentials(body, threshold, reach[2])
        if potentials == 1 and (count_phases(body, threshold) > limits[3] or offset - onset > reach[3]):
            potentials = 2
        middle = body[max(0, peak_at - onset - reach[4]) : peak_at - onset + reach[4]]
        out[n, 0] = origin + onset
        out[n, 1] = origin + offset
        out[n, 2] = onset_error
        out[n, 3] = offset_error
        out[n, 4] = origin + peak_at
        out[n, 5] = highest - lowest
        out[n, 6] = math.sqrt(energy / len(body))
        out[n, 7] = area
        out[n, 8] = 10.0 * math.log10(energy / len(body) / power)
        enough = len(body) >= reach[5]
        out[n, 9] = median_frequency(middle, spectrum[0], spectrum[1], spectrum[2], spectrum[3]) if enough else math.nan
        out[n, 10] = potentials
        out[n, 11] = origin + onset <= cut[0] or origin + offset >= cut[1]
        n += 1
    return out[:n]
