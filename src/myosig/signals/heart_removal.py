"""Heart beats taken out of the EMG by a template that follows the beat."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from myosig.samples import Block, Samples
from myosig.signals.bands import with_halo, zero_filled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BEFORE, AFTER = 0.2, 0.4  # s around the R peak that are subtracted: P to T wave
TAPER = 0.04  # s over which the template fades at its ends
BASELINE = 0.06  # s, two moving averages of this width are the baseline: what is subtracted is above about 8 Hz
NEIGHBOURS = 15.0  # s on either side from which beats make up the template of a beat
HALO = 18.0  # s: NEIGHBOURS and what the waves at their ends need
SLOT = 0.025  # s of one weight: a burst spoils the slots that it covers, not the beat
GAIN_SPREAD = 0.15  # breathing moves the size of the R peak by about this [M]
SHIFT_SPREAD = 0.001  # s by which a beat is usually placed wrongly
MOST_SHIFT = 0.004  # s by which it is moved at most
LEAST_POWER = 1e-9  # µV²: keeps the weight of a flat line finite
LEAST_BEATS = 6  # in reach of a beat; fewer make no template


def remove_heart(blocks: Iterator[Block], rows: Sequence[int], beats: Floats, *, sfreq: float) -> Iterator[Block]:
    """Subtract the heart beats from some rows of a stream of blocks, in place.

    The template of a beat is the mean of the beats within 15 s, each part of each weighted by how little
    else happens there; its size and place are fitted to the beat, and the less so the louder the muscle is.

    Parameters
    ----------
    blocks : iterator of Block
        All but the last of a segment equally long, and longer than `HALO`.
    rows : sequence of int
        Those that hold the heart.
    beats : ndarray of float, shape (n_beats,)
        Times in seconds.
    sfreq : float

    Yields
    ------
    Block
    """
    halo = round(HALO * sfreq)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for block, data, first in with_halo(blocks, halo, rows):
            tmin = block.tmin - first / sfreq
            low, high = np.searchsorted(beats, [tmin, tmin + data.shape[1] / sfreq])
            at = np.round((beats[low:high] - tmin) * sfreq).astype(np.int64)
            if at.size >= LEAST_BEATS:
                keep = (first, first + block.data.shape[1])
                waves = pool.map(lambda x, a=at, k=keep: heart_wave(x, a, sfreq=sfreq, keep=k), data)
                for row, wave in zip(rows, waves, strict=True):
                    block.data[row] -= wave[slice(*keep)]
            yield block


def heart_wave(x: Samples, at: Ints, *, sfreq: float, keep: tuple[int, int]) -> Samples:
    """What the heart adds to a stretch of one channel, in the samples of `keep` (not all of it elsewhere)."""
    before, after = round(BEFORE * sfreq), round(AFTER * sfreq)
    after = min(after, max(before, int(0.7 * np.median(np.diff(at)))))
    slot = round(SLOT * sfreq)
    width = -(-(before + after) // slot) * slot
    margin = width + slot
    signal = np.pad(_above_baseline(x, sfreq), margin)
    at = at + margin - before
    waves = _cut(signal, at, width)
    typical = _mean(waves, _weights(waves, slot), slot)
    at = at + _moves(waves, typical, round(MOST_SHIFT * sfreq))
    waves = _cut(signal, at, width)
    noise = _weights(waves - typical, slot)
    mine = np.flatnonzero((at + width > keep[0] + margin) & (at < keep[1] + margin))
    near = (np.abs(at[mine, None] - at) <= NEIGHBOURS * sfreq).astype(np.float32)
    spread = np.repeat(noise, slot, axis=1)
    template = (near @ (spread * waves)) / np.repeat(near @ noise, slot, axis=1)
    fitted = _fitted(waves[mine], template, spread[mine], sfreq) * _taper(width, round(TAPER * sfreq))
    out = np.zeros(signal.size, np.float32)
    for start, wave in zip(at[mine], fitted, strict=True):
        out[start : start + width] += wave
    return out[margin : margin + x.size]


def _cut(signal: Samples, at: Ints, width: int) -> Samples:
    return np.asarray(np.lib.stride_tricks.sliding_window_view(signal, width)[at])


def _weights(rest: Samples, slot: int) -> Samples:
    """Weight of each slot of each wave, shape (n, n_slots): one over the power there and the usual power."""
    power = np.square(rest).reshape(len(rest), -1, slot).mean(axis=2)
    return np.asarray(1 / (power + np.median(power, axis=0) + LEAST_POWER), dtype=np.float32)


def _mean(waves: Samples, weights: Samples, slot: int) -> Samples:
    total = np.einsum("nsk,ns->sk", waves.reshape(len(waves), -1, slot), weights)
    return np.asarray((total / weights.sum(axis=0)[:, None]).ravel())


def _moves(waves: Samples, typical: Samples, most: int) -> Ints:
    """By how many samples each beat should move to fit the typical one best: one step of Gauss and Newton."""
    slope = np.gradient(typical).astype(np.float32)
    shift = (waves - typical) @ slope / max(float(slope @ slope), LEAST_POWER)
    return -np.round(shift).clip(-most, most).astype(np.int64)


def _above_baseline(x: Samples, sfreq: float) -> Samples:
    from scipy.ndimage import uniform_filter1d

    size = round(BASELINE * sfreq)
    signal = zero_filled(x)
    once = uniform_filter1d(signal, size, mode="nearest")
    return np.asarray(signal - uniform_filter1d(once, size, mode="nearest"))


def _fitted(waves: Samples, template: Samples, weight: Samples, sfreq: float) -> Samples:
    """Each template scaled and moved to its beat: least squares with the usual size and place as the prior."""
    slope = np.gradient(template, axis=1).astype(np.float32)
    rest = waves - template
    by_size, by_place = weight * template, weight * slope
    a = (by_size * template).sum(axis=1) + 1 / GAIN_SPREAD**2
    b = (by_size * slope).sum(axis=1)
    c = (by_place * slope).sum(axis=1) + 1 / (SHIFT_SPREAD * sfreq) ** 2
    p, q = (by_size * rest).sum(axis=1), (by_place * rest).sum(axis=1)
    gain, shift = (c * p - b * q) / (a * c - b * b), (a * q - b * p) / (a * c - b * b)
    return np.asarray(template * (1 + gain[:, None]) + slope * shift[:, None])


def _taper(width: int, fade: int) -> Samples:
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    flat = np.ones(width, np.float32)
    flat[:fade], flat[-fade:] = ramp, ramp[::-1]
    return flat
