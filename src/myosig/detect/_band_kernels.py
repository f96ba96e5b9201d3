"""Compiled kernels from the samples to their energies in the band of EMG. They call none of the other kernels."""

from __future__ import annotations

import numpy as np

from myosig.compiled import F32, I64, kernel

# The samples are laid out by their place within a cell, a row for each, so that every loop runs along a row over many
# cells. No sum runs along a row: what a sample becomes does not depend on where a stretch was cut.

CELLS = 512  # cells filtered together: few enough to stay in the fastest cache
ROUNDING = 1e-6  # of a constant value, more than float32 arithmetic leaves of it in the band (its step is 1.2e-7) [D]


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
def condition_spans(x: F32, taps: F32, spacing: int, smooth: F32, spans: I64, reach: int) -> tuple[F32, I64, I64]:
    """As `condition`, but of some `spans` (start, stop) of samples only, each longer by `reach` on either side.

    Returns the cells that each span touches, one span after the other, the longer spans, and where each begins:
    ``y[begin[k] + i]`` is sample ``spans[k, 0] + i`` of all.
    """
    halo = 2 * (len(taps) // 2 + 2) * spacing
    whole = len(x) - halo
    wide, cells = np.empty_like(spans), np.empty_like(spans)
    place = np.zeros(len(spans) + 1, np.int64)
    for k in range(len(spans)):
        wide[k] = (max(spans[k, 0] - reach, 0), min(spans[k, 1] + reach, whole))
        cells[k, 0] = wide[k, 0] // spacing * spacing
        cells[k, 1] = min(-(-wide[k, 1] // spacing) * spacing, whole)
        place[k + 1] = place[k] + cells[k, 1] - cells[k, 0]
    y = np.empty(place[-1], np.float32)
    for k in range(len(spans)):
        fill(y[place[k] : place[k + 1]], x[cells[k, 0] : cells[k, 1] + halo], taps, spacing, smooth)
    return y, wide, place[:-1] + wide[:, 0] - cells[:, 0]


@kernel
def energies(x: F32, taps: F32, spacing: int, smooth: F32, width: int, e: F32) -> None:
    """Fill `e` with the mean square of every `width` band-passed samples; `spacing` is a multiple of `width`.

    What rounding leaves of a flat line is no energy: 0.
    """
    halo = len(taps) // 2 + 2
    bins = spacing // width
    n = len(e) // bins
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
            out, at = e[first * bins + b :], (first + halo) * spacing + b * width
            for k in range(count):
                mean, rest = total[k] / np.float32(width), np.float32(ROUNDING) * x[at + k * spacing]
                out[k * bins] = mean if mean > rest * rest else np.float32(0)
