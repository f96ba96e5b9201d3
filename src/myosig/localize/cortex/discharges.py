"""Spikes, spike-waves and polyspike-waves in the EEG, found without looking at the EMG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.signal import find_peaks, oaconvolve

from myosig.localize.cortex.montage import hemisphere
from myosig.localize.cortex.scan import Floats, autocovariance, whiten
from myosig.localize.cortex.tracks import Track
from myosig.tables import BoolColumn, EventTable, FloatColumn, IntColumn, TextColumn
from myosig.threads import in_threads

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
MUSCLE_REACH, SPARED = 0.5, 0.1  # s before a spike that are searched for muscle, and spared for its own slopes [P]
CLEAR_AFTER = 0.04  # s after a spike that must be free of artefact: its jerk may begin then [P]
MUSCLE_RATIO = 3.0  # times the usual fast activity [P]
MUSCLE_SHARE = 1 / 3  # of the electrodes [P]
MEDIAN_OF_MEAN = 0.845  # median over mean of the absolute value of a Gaussian
# What looks like a spike to a filter that is too short to see the rest of it: each is held against the spike [P]
LOOK = 0.4  # s about the peak that are looked at
SLOW_WAVES = (0.16, 0.24, 0.36, 0.6)  # s: vertex waves 0.1-0.25, blinks 0.2-0.4, K-complexes 0.5 and longer [M]
SHIFTS = np.arange(-0.024, 0.025, 0.008)  # s by which a wave may lie beside the peak
RHYTHMS = np.arange(7.0, 16.6, 0.75)  # Hz: alpha, and spindles of 11-16 Hz [M]
TRAINS = (0.4, 0.8)  # s, of alpha and spindles


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
    `myosig.localize.cortex.scan`), and a spike is a peak of at least six times the noise level of the surrounding
    seconds in any channel. It must fit better, in the 0.4 s on either side, than the waves of 160 to 600 ms that vertex
    waves, K-complexes and blinks are, and than trains of 7 to 16 Hz, as of alpha and spindles. A spike that follows on
    fast activity of three times the usual size, in that electrode or in a third of all, is taken for muscle; muscle
    after it may be the jerk.
    """
    if not tracks:
        return _table([])
    sizes = np.stack(in_threads(_sharpness, tracks))
    spread = maximum_filter1d(sizes, 2 * round(TOGETHER * tracks[0].sfreq) + 1, axis=1)
    top = sizes.max(axis=0)
    peaks, _ = find_peaks(top, height=THRESHOLD, distance=max(1, round(TOGETHER * tracks[0].sfreq)))
    largest = sizes[:, peaks].argmax(axis=0)
    if not peaks.size:
        return _table([])
    restless = np.stack([_restless(track)[peaks] for track in tracks])
    muscle = restless[largest, np.arange(peaks.size)] | (restless.mean(axis=0) >= MUSCLE_SHARE)
    return _events(tracks, peaks[~muscle & _sharper_than_waves(tracks, peaks, largest)], sizes, spread)


def _sharpness(track: Track) -> NDArray[np.float32]:
    """Size of the best-fitting spike at each sample, in local noise SDs; 0 where bad."""
    half = round(HALF_WINDOW * track.sfreq)
    times = np.arange(-half, half + 1) / track.sfreq
    bank = np.stack([_bump(times, width) for width in WIDTHS], axis=1)
    look = whiten(autocovariance(track, times.size), bank, detrend=True)
    signal = track.deflection(2.0)
    kernels = look.weights[::-1].T.astype(np.float32)
    fits = np.abs(np.stack([oaconvolve(signal, kernel, mode="same") for kernel in kernels]))
    fits = fits / np.stack([_level(fit, track) for fit in fits])
    reach = half + round(CLEAR_AFTER * track.sfreq) + 1  # from `half` samples before each one to some after it
    near_bad = maximum_filter1d(track.bad, reach, origin=half - reach // 2)
    return np.where(near_bad, 0, fits.max(axis=0)).astype(np.float32)


def _sharper_than_waves(
    tracks: Sequence[Track], peaks: NDArray[np.int64], largest: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Whether each peak, in its largest channel, is fitted better by a spike than by a slow wave or a rhythm."""
    sharper = np.zeros(peaks.size, dtype=bool)
    for c in np.unique(largest):
        mine = largest == c
        sharper[mine] = _spike_fits_best(tracks[c], peaks[mine])
    return sharper


def _spike_fits_best(track: Track, peaks: NDArray[np.int64]) -> NDArray[np.bool_]:
    half = round(LOOK * track.sfreq)
    times = np.arange(-half, half + 1) / track.sfreq
    signal = np.pad(track.deflection(LEVEL_WINDOW), half)
    epochs = signal[peaks[:, None] + np.arange(2 * half + 1)].astype(np.float64)
    covariance = autocovariance(track, times.size)

    def fit(bank: list[Floats]) -> Floats:
        return np.asarray(epochs @ whiten(covariance, np.stack(bank, axis=1), detrend=True).weights)

    spikes = fit([_bump(times - shift, width) for width in WIDTHS for shift in SHIFTS])
    waves = fit([_bump(times - shift, width) for width in SLOW_WAVES for shift in SHIFTS])
    trains = [(frequency, length) for frequency in RHYTHMS for length in TRAINS]
    even, odd = (
        fit([_bump(times, 2 * length) * turn(2 * np.pi * frequency * times) for frequency, length in trains])
        for turn in (np.cos, np.sin)
    )
    rivals = np.concatenate([np.abs(waves), np.hypot(even, odd)], axis=1)
    return np.asarray(np.abs(spikes).max(axis=1) > rivals.max(axis=1))


def _bump(times: Floats, width: float) -> Floats:
    """A raised cosine of that width about 0."""
    return np.where(np.abs(times) < width / 2, np.cos(np.pi * times / width) ** 2, 0.0)


def _restless(track: Track) -> NDArray[np.bool_]:
    """Whether the 0.4 s that end 100 ms before each sample are full of muscle."""
    rough = np.abs(np.diff(np.where(track.bad, 0, track.values), n=2, prepend=0, append=0))
    width, spared = (round(reach * track.sfreq) for reach in (MUSCLE_REACH - SPARED, SPARED))
    total = np.concatenate([np.zeros(width + spared), np.cumsum(rough)])
    recent = (total[width:] - total[:-width])[: rough.size] / width
    usual = float(np.median(rough[~track.bad])) if (~track.bad).any() else 0.0
    return np.asarray(recent > MUSCLE_RATIO * usual / MEDIAN_OF_MEAN)


def _level(fit: Floats, track: Track) -> Floats:
    """Noise SD around each sample, from the median of |fit| in pieces of 5 s."""
    n = max(1, fit.size // max(1, round(LEVEL_WINDOW * track.sfreq)))
    size = fit.size // n
    bad = track.bad[: n * size].reshape(n, size)
    ordered = np.sort(np.where(bad, np.inf, fit[: n * size].reshape(n, size)), axis=1)  # what is bad comes last
    count = size - bad.sum(axis=1)
    levels = ordered[np.arange(n), count // 2]
    enough = count > size // 4
    usual = np.median(levels[enough]) if enough.any() else 1.0
    levels = np.where(enough, np.maximum(levels, LARGEST_FALL * usual), usual)
    return np.asarray(np.interp(np.arange(fit.size), (np.arange(n) + 0.5) * size, levels) / 0.6745)


def _events(
    tracks: Sequence[Track], peaks: NDArray[np.int64], sizes: NDArray[np.float32], spread: NDArray[np.float32]
) -> Discharges:
    """Join spikes that follow one another into one discharge each."""
    rate = tracks[0].sfreq
    groups = np.split(peaks, np.flatnonzero(np.diff(peaks) > ONE_EVENT * rate) + 1) if peaks.size else []
    slow = cache(lambda c: _slow_wave(tracks[c]))
    rows = []
    for group in groups:
        heights = sizes[:, group].max(axis=0)
        peak = group[np.argmax(heights)]
        spikes = group[heights >= SPIKE_OF_EVENT * heights.max()]
        c = int(sizes[:, peak].argmax())
        taking_part = spread[:, peak] >= TAKES_PART
        sides = {hemisphere(t.channel) for t, part in zip(tracks, taking_part, strict=True) if part}
        everywhere = bool(taking_part.mean() >= GENERALISED and {"left", "right"} <= sides)
        wave = abs(float(slow(c)[spikes[-1]])) >= WAVE_SIZE
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
