"""EEG on one running clock: block means at a rate that is enough for the question, and where they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from myosig.recording import Channel, Recording

BLOCK = 60.0  # s of samples in memory at full rate
REJECT_UV = 150.0  # larger deflections are artefacts; 100 is usual, 150 spares giant spikes (criteria.md 3D) [P]
EOG_UV = 150.0  # a blink; the eye movement reaches all of the frontal EEG [P]
ARTEFACT_PAD = 0.1  # s after an artefact in which the amplifier and the electrode settle [P]
BASELINE = 2.0  # s of the running mean from which a deflection is measured
MUSCLE_WINDOW = 0.05  # s over which fast activity is averaged [P]
MUSCLE_RATIO = 5.0  # times the usual fast activity: muscle in the EEG channel [P]
FLAT_UV = 1e-6  # a channel that varies less holds no EEG
MAX_BAD = 0.5  # a channel that is artefact for more than half of the time is left out [P]


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Recorded time with the gaps closed up.

    Attributes
    ----------
    start, before : ndarray of float, shape (n_segments,)
        When each segment starts, and how much was recorded before it, seconds.
    duration : float
        Seconds recorded in all.
    """

    start: NDArray[np.float64]
    before: NDArray[np.float64]
    duration: float

    @classmethod
    def of(cls, recording: Recording) -> Clock:
        """The clock of a recording."""
        length = recording.segments.stop - recording.segments.start
        return cls(recording.segments.start, np.cumsum(length) - length, float(length.sum()))

    def running(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds recorded up to each time."""
        at = np.clip(np.searchsorted(self.start, times, side="right") - 1, 0, None)
        return self.before[at] + times - self.start[at]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One EEG channel on the running clock.

    Attributes
    ----------
    channel : Channel
    sfreq : float
        Means a second.
    values : ndarray of float32, shape (n,)
        Block means, µV; 0 where there are no data.
    bad : ndarray of bool, shape (n,)
        Gap, seam between segments, or artefact.
    """

    channel: Channel
    sfreq: float
    values: NDArray[np.float32]
    bad: NDArray[np.bool_]

    def sample_of(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        """The sample that holds each running time: epochs counted from it are centred on the trigger on average.

        A sample of the recording stands for half an interval either side of it, a mean for all of its samples.
        """
        return np.floor(times * self.sfreq + 0.5 * self.sfreq / self.channel.sfreq + 1e-6).astype(np.int64)

    def clear(self, width: int) -> NDArray[np.bool_]:
        """Whether the `width` samples from each sample on are all usable, shape (n - width + 1,)."""
        count = np.concatenate([[0], np.cumsum(self.bad)])
        return np.asarray(count[width:] == count[:-width])

    def deflection(self, baseline: float) -> NDArray[np.float32]:
        """Values less their running mean over so many seconds, 0 where bad: for measuring noise."""
        drift = uniform_filter1d(self.values, max(1, round(baseline * self.sfreq)), mode="nearest")
        return np.where(self.bad, np.float32(0), self.values - drift)


def read_tracks(recording: Recording, *, rate: float) -> list[Track]:
    """Read every EEG channel as block means of at least `rate` a second (its own rate where that is lower).

    A block mean is a filter of finite, short support: unlike a steep low-pass it cannot carry an artefact
    that follows the jerk onset to before it by more than one block.
    """
    blinks = _blinks(recording)
    tracks = []
    for labels in _by_rate(recording.select(kind="eeg")):
        tracks += _read_group(recording, labels, rate, blinks)
    return [t for t in tracks if t.bad.size and t.bad.mean() <= MAX_BAD and np.ptp(t.values[~t.bad]) > FLAT_UV]


def _by_rate(recording: Recording) -> list[list[str]]:
    rates = dict.fromkeys(c.sfreq for c in recording.channels)
    return [[c.label for c in recording.channels if c.sfreq == rate] for rate in rates]


def _read_group(recording: Recording, labels: Sequence[str], rate: float, blinks: NDArray[np.float64]) -> list[Track]:
    sfreq = recording.channel(labels[0]).sfreq
    every = max(1, int(sfreq / rate + 1e-9))
    means, fast = _reduce(recording, labels, every)
    track_rate = sfreq / every
    seams = _seams(recording, track_rate, means.shape[1])
    bad_blink = _mark(blinks, track_rate, means.shape[1])
    tracks = []
    for k, label in enumerate(labels):
        missing = ~np.isfinite(means[k])
        values = np.where(
            missing, np.float32(0), means[k] - np.float32(np.nanmean(means[k]) if not missing.all() else 0)
        )
        artefact = _artefacts(values, fast[k], missing, track_rate)
        tracks.append(Track(recording.channel(label), track_rate, values, missing | seams | bad_blink | artefact))
    return tracks


def _reduce(recording: Recording, labels: Sequence[str], every: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Means, and standard deviations within the block, of every `every` samples, segments one after the other."""
    sfreq = recording.channel(labels[0]).sfreq
    duration = every * max(1, round(BLOCK * sfreq / every)) / sfreq
    means, fast = [np.empty((len(labels), 0), np.float32)], [np.empty((len(labels), 0), np.float32)]
    for block in recording.blocks(labels, duration=duration):
        n = block.data.shape[1] // every
        cut = block.data[:, : n * every].reshape(len(labels), n, every)
        mean = cut.mean(axis=2)
        within = cut - mean[..., None]
        means.append(mean)
        fast.append(np.sqrt(np.einsum("cnk,cnk->cn", within, within) / every))
    return np.concatenate(means, axis=1), np.concatenate(fast, axis=1)


def _seams(recording: Recording, rate: float, n: int) -> NDArray[np.bool_]:
    """The last sample of each segment: a window that holds it would reach into the next one."""
    ends = np.floor(np.cumsum(recording.segments.stop - recording.segments.start) * rate + 1e-6).astype(int)
    bad = np.zeros(n, dtype=bool)
    bad[np.clip(ends - 1, 0, max(n - 1, 0))[:n]] = True
    return bad


def _artefacts(
    values: NDArray[np.float32], fast: NDArray[np.float32], missing: NDArray[np.bool_], rate: float
) -> NDArray[np.bool_]:
    drift = uniform_filter1d(values, max(1, round(BASELINE * rate)), mode="nearest")
    large = np.abs(values - drift) > REJECT_UV
    usual = float(np.median(fast[~missing])) if (~missing).any() else 0.0
    smooth = uniform_filter1d(np.nan_to_num(fast), max(1, round(MUSCLE_WINDOW * rate)), mode="nearest")
    muscle = smooth > MUSCLE_RATIO * usual if usual > 0 else np.zeros_like(large)
    return _and_after(large | muscle, rate)


def _and_after(bad: NDArray[np.bool_], rate: float) -> NDArray[np.bool_]:
    """Extend each artefact forwards only: what follows a jerk must not cost the EEG before it."""
    pad = round(ARTEFACT_PAD * rate)
    return np.asarray(maximum_filter1d(bad, pad + 1, origin=pad // 2, mode="constant"), dtype=bool)


def _blinks(recording: Recording) -> NDArray[np.float64]:
    """Running times at which the EOG deflects as in a blink."""
    times = [np.empty(0)]
    clock = Clock.of(recording)
    for labels in _by_rate(recording.select(kind="eog")):
        sfreq = recording.channel(labels[0]).sfreq
        for block in recording.blocks(labels, duration=BLOCK, overlap=BASELINE):
            drift = uniform_filter1d(block.data, max(1, round(BASELINE * sfreq)), axis=1, mode="nearest")
            hit = (np.abs(block.data - drift) > EOG_UV).any(axis=0)
            times.append(clock.running(block.tmin + np.flatnonzero(hit) / sfreq))
    return np.concatenate(times)


def _mark(times: NDArray[np.float64], rate: float, n: int) -> NDArray[np.bool_]:
    bad = np.zeros(n, dtype=bool)
    if times.size and n:
        bad[np.clip((times * rate).astype(int), 0, n - 1)] = True
    return _and_after(bad, rate)
