"""Spikes, spike-waves and polyspike-waves in the EEG, found without looking at the EMG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import find_peaks, oaconvolve

from myosig.localize.montage import hemisphere, region
from myosig.localize.scan import Floats, autocovariance, whiten
from myosig.localize.tracks import Track
from myosig.tables import BoolColumn, EventTable, FloatColumn, IntColumn, TextColumn

WIDTHS = (0.03, 0.05, 0.08)  # s: a spike lasts 20 to 70 ms; the widest stands for a sharp wave
HALF_WINDOW = 0.125  # s about the spike from which the background is predicted [P]
THRESHOLD = 6.0  # noise SDs: Gaussian noise reaches that once in many hours of 20 channels [D]
TAKES_PART = 3.5  # noise SDs from which another electrode counts as taking part [P]
TOGETHER = 0.03  # s: spikes of two electrodes within that are one [P]
ONE_EVENT = 0.25  # s: spikes closer than that are one polyspike [P]
SPIKE_OF_EVENT = 0.6  # of the largest: smaller peaks of the filter beside it are its own side lobes [P]
LEVEL_WINDOW = 5.0  # s over which the noise level is followed
LARGEST_FALL = 0.5  # the local level is taken for no less than that share of the usual one [P]
GENERALISED = 0.5  # share of electrodes, on both sides (ACNS 2021 leaves the share open) [P]
WAVE = (0.10, 0.30)  # s after the spike in which a slow wave is looked for [P]
WAVE_SIZE = 2.5  # noise SDs of the slow wave [P]
MUSCLE_REACH, SPARED = 0.5, 0.1  # s about a spike that are searched for muscle, and spared for its own slopes [P]
MUSCLE_RATIO = 3.0  # times the usual fast activity [P]
MUSCLE_SHARE = 1 / 3  # of the electrodes [P]
MEDIAN_OF_MEAN = 0.845  # median over mean of the absolute value of a Gaussian
FRONTOPOLAR = frozenset({"FP"})  # where blinks are largest


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Discharges(EventTable):
    """EEG discharges, sorted by time.

    Attributes
    ----------
    time : ndarray of float, shape (n,)
        Of the first spike's peak, running seconds (gaps closed up).
    size : ndarray of float
        Of the largest spike, in noise standard deviations.
    channel : ndarray of object
        Electrode of the largest spike.
    n_spikes : ndarray of int
        More than one = polyspike.
    wave : ndarray of bool
        A slow wave follows.
    generalised : ndarray of bool
        At least half of the electrodes, on both sides, take part.
    """

    time: FloatColumn
    size: FloatColumn
    channel: TextColumn
    n_spikes: IntColumn
    wave: BoolColumn
    generalised: BoolColumn


def find_discharges(tracks: Sequence[Track]) -> Discharges:
    """Find spikes in EEG tracks of one rate.

    Every channel is run through matched filters for single-phase waves of 30 to 80 ms in its own noise (see
    `myosig.localize.scan`), and a spike is a peak of at least six times the noise level of the surrounding
    seconds in any channel. A wide wave that is largest at a frontopolar electrode is taken for a blink, and a spike
    amid fast activity of three times the usual size, in that electrode or in a third of all, for muscle.
    """
    if not tracks:
        return _table([])
    size, width = zip(*(_sharpness(track) for track in tracks), strict=True)
    sizes, widths = np.stack(size), np.stack(width)
    spread = maximum_filter1d(sizes, 2 * round(TOGETHER * tracks[0].sfreq) + 1, axis=1)
    top = sizes.max(axis=0)
    peaks, _ = find_peaks(top, height=THRESHOLD, distance=max(1, round(TOGETHER * tracks[0].sfreq)))
    largest = sizes[:, peaks].argmax(axis=0)
    blink = [
        region(tracks[c].channel) in FRONTOPOLAR and widths[c, p] == len(WIDTHS) - 1
        for p, c in zip(peaks, largest, strict=True)
    ]
    restless = np.stack([_restless(track)[peaks] for track in tracks])
    muscle = restless[largest, np.arange(peaks.size)] | (restless.mean(axis=0) >= MUSCLE_SHARE)
    return _events(tracks, peaks[~(np.array(blink, dtype=bool) | muscle)], sizes, spread)


def _sharpness(track: Track) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Size of the best-fitting spike at each sample, in local noise SDs, and which width fitted; 0 where bad."""
    half = round(HALF_WINDOW * track.sfreq)
    times = np.arange(-half, half + 1) / track.sfreq
    bank = np.stack([np.cos(np.pi * times / w) ** 2 * (np.abs(times) < w / 2) for w in WIDTHS], axis=1)
    look = whiten(autocovariance(track, times.size), bank, detrend=True)
    signal = track.deflection(2.0)
    kernels = look.weights[::-1].T.astype(np.float32)
    fits = np.abs(np.stack([oaconvolve(signal, kernel, mode="same") for kernel in kernels]))
    fits = fits / np.stack([_level(fit, track) for fit in fits])
    near_bad = maximum_filter1d(track.bad, 2 * half + 1)
    best = fits.max(axis=0)
    return np.where(near_bad, 0, best).astype(np.float32), fits.argmax(axis=0).astype(np.int8)


def _restless(track: Track) -> NDArray[np.bool_]:
    """Whether the half second on either side of each sample, 100 ms next to it left out, is full of muscle."""
    rough = np.abs(np.diff(np.where(track.bad, 0, track.values), n=2, prepend=0, append=0))
    wide, near = (round(2 * reach * track.sfreq) + 1 for reach in (MUSCLE_REACH, SPARED))
    total = wide * uniform_filter1d(rough, wide, mode="nearest") - near * uniform_filter1d(rough, near, mode="nearest")
    usual = float(np.median(rough[~track.bad])) if (~track.bad).any() else 0.0
    return np.asarray(total / (wide - near) > MUSCLE_RATIO * usual / MEDIAN_OF_MEAN)


def _level(fit: Floats, track: Track) -> Floats:
    """Noise SD around each sample, from the median of |fit| in pieces of 5 s."""
    size = max(1, round(LEVEL_WINDOW * track.sfreq))
    n = max(1, fit.size // size)
    edges = np.linspace(0, fit.size, n + 1).astype(int)
    usable = ~track.bad
    usual = np.median(fit[usable]) if usable.any() else 1.0
    pieces = [fit[a:b][usable[a:b]] for a, b in pairwise(edges)]
    levels = np.array([np.median(p) if p.size > size // 4 else usual for p in pieces])
    middles = (edges[:-1] + edges[1:]) / 2
    return np.asarray(np.interp(np.arange(fit.size), middles, np.maximum(levels, LARGEST_FALL * usual)) / 0.6745)


def _events(
    tracks: Sequence[Track], peaks: NDArray[np.int64], sizes: NDArray[np.float32], spread: NDArray[np.float32]
) -> Discharges:
    """Join spikes that follow one another into one discharge each."""
    rate = tracks[0].sfreq
    groups = np.split(peaks, np.flatnonzero(np.diff(peaks) > ONE_EVENT * rate) + 1) if peaks.size else []
    slow = [_slow_wave(track) for track in tracks]
    rows = []
    for group in groups:
        heights = sizes[:, group].max(axis=0)
        peak = group[np.argmax(heights)]
        spikes = group[heights >= SPIKE_OF_EVENT * heights.max()]
        c = int(sizes[:, peak].argmax())
        taking_part = spread[:, peak] >= TAKES_PART
        sides = {hemisphere(t.channel) for t, part in zip(tracks, taking_part, strict=True) if part}
        everywhere = bool(taking_part.mean() >= GENERALISED and {"left", "right"} <= sides)
        wave = abs(float(slow[c][spikes[-1]])) >= WAVE_SIZE
        rows.append((spikes[0] / rate, float(sizes[c, peak]), tracks[c].channel.label, spikes.size, wave, everywhere))
    return _table(rows)


def _slow_wave(track: Track) -> Floats:
    """Mean from 100 to 300 ms after each sample less that before it, in robust SDs."""
    total = np.concatenate([[0.0], np.cumsum(track.deflection(10.0), dtype=np.float64)])
    n = track.values.size
    at = np.arange(n)
    near, far = round(WAVE[0] * track.sfreq), round(WAVE[1] * track.sfreq)
    after = total[np.clip(at + far, 0, n)] - total[np.clip(at + near, 0, n)]
    before = total[np.clip(at - near, 0, n)] - total[np.clip(at - far, 0, n)]
    step = after - before
    scale = np.median(np.abs(step)) / 0.6745
    return np.asarray(step / scale if scale > 0 else np.zeros(n))


def _table(rows: list[tuple[float, float, str, int, bool, bool]]) -> Discharges:
    time, size, channel, n_spikes, wave, generalised = zip(*rows, strict=True) if rows else ((),) * 6
    return Discharges(time, size, channel, n_spikes, wave, generalised)  # type: ignore[arg-type]
