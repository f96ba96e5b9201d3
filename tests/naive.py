"""Twins of the kernels, written from their definitions: slow, plain, float64."""

import itertools
import math

import numpy as np


def condition(x, taps, spacing, smooth):
    x = np.asarray(x, dtype=np.float64)
    knots = range(spacing, len(x) - spacing + 1, spacing)
    hat = 1 - np.abs(np.arange(-spacing, spacing)) / spacing
    means = np.array([hat @ x[k - spacing : k + spacing] / spacing for k in knots])
    base = np.convolve(means, taps[::-1], "valid")
    place = np.array(list(knots))[len(taps) // 2 : len(taps) // 2 + len(base)]
    rest = x - np.interp(np.arange(len(x)), place, base)
    half, halo = len(smooth) // 2, spacing * (len(taps) // 2 + 2)
    return np.array([smooth @ rest[i - half : i + half + 1] for i in range(halo, len(x) - halo)])


def energies(x, taps, spacing, smooth, width, rounding):
    mean = np.square(condition(x, taps, spacing, smooth)).reshape(-1, width).mean(axis=1)
    halo = spacing * (len(taps) // 2 + 2)
    level = np.asarray(x, dtype=np.float64)[halo : len(x) - halo : width]
    return np.where(mean > (rounding * level) ** 2, mean, 0)


def log_codes(e, lead, width, step, per_bel, floor, n_codes):
    codes = []
    for stop in range(lead + step, len(e) + 1, step):
        mean = np.mean(np.asarray(e, dtype=np.float64)[max(0, stop - width) : stop])
        code = math.floor(math.log10(mean) * per_bel) + floor if mean > 0 else 0
        codes.append(min(max(code, 1), n_codes - 1) if mean > 0 else 0)
    return np.array(codes)


def count_codes(codes, first, last, reach, n_codes):
    kept = [c for i, c in enumerate(codes[first:last], first) if np.all(codes[max(0, i - reach) : i + reach + 1])]
    return np.bincount(kept, minlength=n_codes)


def marks(z, start, scales, thresholds):
    mark = np.zeros(len(z), bool)
    for width, limit in zip(scales, thresholds, strict=True):
        for stop in range(max(start + 1, width), len(z) + 1):
            if np.sum(z[stop - width : stop], dtype=np.float64) > limit * width:
                mark[stop - width : stop] = True
    return mark


def path_score(path, z, powers, weight, edge, change):
    """Log-likelihood of a sequence of levels over that of noise alone, minus its changes (the first level is free)."""
    power = np.asarray(powers)[path]
    score = np.sum(weight * ((1 - 1 / power) * z - np.log(power)))
    for before, after in itertools.pairwise(path):
        if before != after:
            score -= edge if 0 in (before, after) else change
    return score


def runs(level):
    found = []
    for i in np.flatnonzero(level):
        if found and i == found[-1][1]:
            found[-1][1] = i + 1
        else:
            found.append([i, i + 1])
    return np.array(found).reshape(-1, 2)


def odds_alike(x, spread, shift):
    """With the scale's flat prior integrated numerically."""
    scale = np.geomspace(1e-3, 1e7, 40_001)
    step = math.log(scale[1] / scale[0])
    alike, chance = 0.0, 0.0
    for v in x:
        alike = alike - np.log(v * spread * math.sqrt(2 * math.pi)) - np.log(v / scale) ** 2 / (2 * spread**2)
        chance = chance - np.log(scale) - max(v - shift, 1.0) / scale
    return float(np.log(np.sum(np.exp(alike)) * step) - np.log(np.sum(np.exp(chance)) * step))


def parting_odds(found, k, gap, comparable, spread, single):
    width = found[k][0] - found[k - 1][1]
    begin, end = found[k - 1][1] - gap[2], found[k][0] + gap[3]
    first, last = k - 1, k
    while first > 0 and found[first][0] - found[first - 1][1] < gap[1] and found[first - 1][1] > begin:
        first -= 1
    while last + 1 < len(found) and found[last + 1][0] - found[last][1] < gap[1] and found[last + 1][0] < end:
        last += 1
    seen = [[max(a, begin), min(b, end)] for a, b in found[first : last + 1]]
    pieces = seen[:1]
    for a, b in seen[1:]:
        if a - pieces[-1][1] < comparable * width:
            pieces[-1][1] = b
        else:
            pieces.append([a, b])
    gaps = [float(b[0] - a[1]) for a, b in itertools.pairwise(pieces)]
    lengths = [max(float(b - a), single) for a, b in pieces]
    if len(lengths) == 2 and max(lengths) <= 2 * single:
        return -math.inf
    odds = odds_alike(gaps, spread[0], comparable * width) + odds_alike(lengths, spread[1], single - 2)
    return odds - 3 * math.log(np.median(lengths) / width)


def mean_without_impulses(e, noise, hop, start, stop, impulse):
    near, far, most, leak = impulse
    place = np.arange(start, stop)
    lag = np.concatenate([-np.arange(near, far + 1), np.arange(near, far + 1)])
    beside = e[(place[:, None] + lag).clip(0, len(e) - 1)].max(axis=1)
    power = noise[np.minimum(place // hop, len(noise) - 1)]
    rest = math.sqrt(max(leak * max(np.max(e[place] - most * beside), 0) - power[0], 0))
    own, other = ((np.sqrt(x) - rest).clip(0) ** 2 for x in (e[place], beside))
    return float(np.mean(np.minimum(own, most * other) / power))


def nats(mean, n, weight):
    return n * weight * (mean - 1 - math.log(mean)) if mean > 1 else 0.0


def still_gaps(found, level, powers, sums, weight, quiet):
    out = [True]
    for (a, b), (c, d) in itertools.pairwise(found):
        trim = min(quiet[2], (c - b) // 3)
        mean = (sums[c - trim] - sums[b + trim]) / (c - b - 2 * trim)
        beside = max(powers[level[a:b].max()], powers[level[c:d].max()])
        silent = nats(mean, c - b - 2 * trim, weight) < quiet[0] or mean * quiet[3] < beside
        out.append(c - b > quiet[1] or silent)
    return np.array(out)


def dips(level, powers, depth, quiet_depth, reach, near):
    power = np.asarray(powers)[level]
    out = np.zeros(len(level), bool)
    for i in np.flatnonzero(level):
        highest = min(power[max(0, i - reach) : i + 1].max(), power[i : i + reach + 1].max())
        out[i] = power[i] * (quiet_depth if power[i] <= near else depth) <= highest
    return out


def rise(z, inside, weight, parts, cost, shape, levels):
    start, length, log_p = [], [], []
    for part in parts:
        whole = round(part * inside)
        apart = max(1, whole // 8)
        for i in range(0, len(z) - max(whole, 1) + 1, apart):
            ratio = np.zeros(len(z))
            ratio[i:] = 1
            for j in range(len(shape) - 1):
                ratio[i + whole * j // (len(shape) - 1) : i + whole * (j + 1) // (len(shape) - 1)] = shape[j]
            power = 1 + max(np.sum(z[i:] - 1) / np.sum(ratio), 1e-9)
            level = levels[np.argmin(np.abs(np.log(levels) - np.log(power)))]
            model = 1 + (level - 1) * ratio
            start.append(i)
            length.append(whole)
            log_p.append(weight * np.sum((1 - 1 / model) * z - np.log(model)) - (part > 0) * (cost - np.log(apart)))
    return np.array(start), np.array(length), np.exp(np.array(log_p) - max(log_p))


def median_frequency(y, sfreq, low, high, step):
    frequencies = np.arange(low, high + 1e-9, step)
    t = np.arange(len(y)) / sfreq
    power = np.array([abs(np.sum(y * np.exp(-2j * np.pi * f * t))) ** 2 for f in frequencies])
    seen = np.concatenate([[0], np.cumsum(power)])
    edges = low - step / 2 + step * np.arange(len(seen))
    return np.interp(seen[-1] / 2, seen, edges)


def sum_windows(values, clear, start, width):
    usable = [[s for s in row if 0 <= s < len(clear) and clear[s]] for row in start]
    sums = [sum((values[s : s + width] for s in row), np.zeros(width)) for row in usable]
    return np.array(sums), np.array([len(row) for row in usable])


def rectified(stretches, width):
    size = [
        [
            abs(v - np.mean(x[np.clip(np.arange(i - width // 2, i + (width + 1) // 2), 0, len(x) - 1)]))
            for i, v in enumerate(x)
        ]
        for x in np.asarray(stretches, dtype=float)
    ]
    return np.array(size) - np.mean(size, axis=1, keepdims=True)
