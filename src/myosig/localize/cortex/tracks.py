"""EEG on one running clock: block means at a rate that is enough for the question, and where they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from myosig.channel import Channel
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts, cleaned_blocks, find_artefacts
from myosig.signals.heart import find_beats

RATE = 250.0  # means a second: a spike of 20 ms has its energy below 100 Hz [P]
BLOCK = 60.0  # s of samples in memory at full rate
LARGE_UV = 150.0  # larger deflections are mostly artefacts; 100 is usual, 150 for giant spikes (criteria.md 3D) [P]
BROKEN_UV = 500.0  # no EEG, not even a generalised spike-wave (100-400 µV), is as large [M]
EOG_UV = 150.0  # a blink; the eye movement reaches all of the frontal EEG [P]
ARTEFACT_PAD = 0.1  # s after an artefact in which the amplifier and the electrode settle [P]
BASELINE = 2.0  # s about which the level is the median, from which a deflection is measured
FAST_STEP = 0.002  # s between the three samples whose second difference is the fast activity: 80-250 Hz, muscle
MUSCLE_WINDOW = 0.05  # s over which fast activity is averaged [P]
MUSCLE_RATIO = 5.0  # times the usual fast activity: muscle in the EEG channel [P]
HEART_UV = 15.0  # peak to peak of the mean heart beat, as large as the EEG, from which beats are left out [P]
LEAST_BEATS = 30  # below that the mean beat is mostly noise [P]
HEART_REACH = (0.04, 0.06)  # s before and after the R peak: the QRS complex [M]
FLAT_UV = 1e-6  # a channel that varies less holds no EEG
MAX_BAD = 0.5  # a channel that is artefact for more than half of the time is left out [P]

# Why a sample cannot be used, by its code; where two causes meet, the later one counts.
REASONS = ("", f"above {LARGE_UV:g} µV", "eye movement", "heart beat", "muscle", f"above {BROKEN_UV:g} µV", "gap")
LARGE, EYE, HEART, MUSCLE, BROKEN, GAP = range(1, len(REASONS))

Floats32 = NDArray[np.float32]
Codes = NDArray[np.uint8]


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
        """Seconds recorded up to each time; of one in a gap, up to the gap."""
        at = np.clip(np.searchsorted(self.start, times, side="right") - 1, 0, None)
        ends = np.append(self.before[1:], self.duration)
        return np.asarray(np.clip(self.before[at] + times - self.start[at], self.before[at], ends[at]))


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
    reason : ndarray of uint8, shape (n,)
        Why a sample cannot be used, as an index of `REASONS`: 0 where it can.
    """

    channel: Channel
    sfreq: float
    values: Floats32
    reason: Codes

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Gap, seam between segments, or artefact."""
        return np.asarray(self.reason > 0)

    def sample_of(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        """The sample that holds each running time: epochs counted from it are centred on the trigger on average.

        A sample of the recording stands for half an interval either side of it, a mean for all of its samples.
        """
        return np.floor(times * self.sfreq + 0.5 * self.sfreq / self.channel.sfreq + 1e-6).astype(np.int64)

    def clear(self, width: int) -> NDArray[np.bool_]:
        """Whether the `width` samples from each sample on are all usable, shape (n - width + 1,)."""
        count = np.concatenate([[0], np.cumsum(self.bad)])
        return np.asarray(count[width:] == count[:-width])

    def worst(self, starts: NDArray[np.int64], width: int) -> Codes:
        """The gravest reason within `width` samples from each start; beyond the ends there is a gap."""
        at = starts[:, None] + np.arange(width)
        inside = (at >= 0) & (at < self.reason.size)
        codes = np.where(inside, self.reason[np.clip(at, 0, max(self.reason.size - 1, 0))], np.uint8(GAP))
        return np.asarray(codes.max(axis=1, initial=0))

    def deflection(self, baseline: float) -> Floats32:
        """Values less their running mean over so many seconds, 0 where bad: for measuring noise."""
        drift = uniform_filter1d(self.values, max(1, round(baseline * self.sfreq)), mode="nearest")
        return np.where(self.bad, np.float32(0), self.values - drift)

    def in_spite_of(self, code: int) -> Track:
        """The same with what was marked for one reason, as an index of `REASONS`, taken for usable."""
        return replace(self, reason=np.where(self.reason == code, np.uint8(0), self.reason))

    def at_rate(self, rate: float) -> Track:
        """The same with fewer means, at least `rate` a second."""
        every = _every(self.sfreq, rate)
        n = self.values.size // every
        values = self.values[: n * every].reshape(n, every).mean(axis=1)
        return Track(self.channel, self.sfreq / every, values, self.reason[: n * every].reshape(n, every).max(axis=1))


def read_tracks(recording: Recording, *, rate: float = RATE, artefacts: Artefacts | None = None) -> list[Track]:
    """Read every EEG channel as block means of at least `rate` a second (its own rate where that is lower).

    A block mean is a filter of finite, short support: unlike a steep low-pass it cannot carry an artefact
    that follows the jerk onset to before it by more than one block. Line noise is removed where there is any.
    What is artefact is judged at each channel's own rate, and only ever extended forwards in time.

    Parameters
    ----------
    recording : Recording
    rate : float
    artefacts : Artefacts, optional
        From `myosig.signals.cleaning.find_artefacts`, where it was called already.

    Returns
    -------
    list of Track
        Without channels that are flat, or artefact for more than half of the time.
    """
    brain = recording.select(kind="eeg")
    if not brain.channels:
        return []
    known = artefacts if artefacts is not None else find_artefacts(recording.select(kind=("eeg", "eog", "ecg")))
    blinks, beats = _blinks(recording), _beats(recording, known)
    tracks = [t for labels in _by_rate(brain) for t in _read_group(recording, labels, rate, known, blinks, beats)]
    return [t for t in tracks if t.values.size and t.bad.mean() <= MAX_BAD and np.ptp(t.values[~t.bad]) > FLAT_UV]


def _by_rate(recording: Recording) -> list[list[str]]:
    rates = dict.fromkeys(c.sfreq for c in recording.channels)
    return [[c.label for c in recording.channels if c.sfreq == rate] for rate in rates]


def _every(sfreq: float, rate: float) -> int:
    """How many samples make one mean."""
    return max(1, int(sfreq / rate + 1e-9))


def _read_group(
    recording: Recording,
    labels: Sequence[str],
    rate: float,
    artefacts: Artefacts,
    blinks: NDArray[np.float64],
    beats: NDArray[np.float64],
) -> list[Track]:
    sfreq = recording.channel(labels[0]).sfreq
    every = _every(sfreq, rate)
    means, fast = _reduce(recording, labels, every, artefacts)
    track_rate = sfreq / every
    n = means.shape[1]
    seams, eyes = _seams(recording, track_rate, n), _and_after(_mark(blinks, (0, 0), track_rate, n), track_rate)
    heart = _mark(beats, HEART_REACH, track_rate, n)
    tracks = []
    for label, row, rough in zip(labels, means, fast, strict=True):
        missing = ~np.isfinite(row)
        values = np.where(missing, np.float32(0), row - np.float32(np.nanmean(row) if not missing.all() else 0))
        size = np.abs(values - _level(values, track_rate))
        causes = {
            LARGE: _and_after(size > LARGE_UV, track_rate),
            EYE: eyes,
            MUSCLE: _muscle(rough, missing, track_rate),
            BROKEN: _and_after(size > BROKEN_UV, track_rate),
        }
        beat = _mean_beat(values, beats, track_rate)
        if np.ptp(beat) > HEART_UV:
            _subtract_beats(values, beat, beats, track_rate)
            causes[HEART] = heart
        reason = np.zeros(n, np.uint8)
        for code, where in sorted({**causes, GAP: missing | seams}.items()):
            reason[where] = code
        tracks.append(Track(recording.channel(label), track_rate, values, reason))
    return tracks


def _reduce(recording: Recording, labels: Sequence[str], every: int, artefacts: Artefacts) -> tuple[Floats32, Floats32]:
    """Means, and the RMS of the fast activity, of every `every` samples, segments one after the other."""
    sfreq = recording.channel(labels[0]).sfreq
    duration = every * max(1, round(BLOCK * sfreq / every)) / sfreq
    step = max(1, round(FAST_STEP * sfreq))
    means, fast = [np.empty((len(labels), 0), np.float32)], [np.empty((len(labels), 0), np.float32)]
    for block in cleaned_blocks(recording, labels, duration=duration, artefacts=artefacts):
        n = block.data.shape[1] // every
        data = block.data[:, : n * every]
        rough = np.zeros_like(data)
        # Backward differences: what follows a sample does not count.
        rough[:, 2 * step :] = data[:, 2 * step :] - 2 * data[:, step:-step] + data[:, : -2 * step]
        rough = rough.reshape(len(labels), n, every)
        means.append(data.reshape(len(labels), n, every).mean(axis=2))
        fast.append(np.sqrt(np.einsum("cnk,cnk->cn", rough, rough) / every))
    return np.concatenate(means, axis=1), np.concatenate(fast, axis=1)


def _seams(recording: Recording, rate: float, n: int) -> NDArray[np.bool_]:
    """The last sample of each segment: a window that holds it would reach into the next one."""
    ends = np.floor(np.cumsum(recording.segments.stop - recording.segments.start) * rate + 1e-6).astype(int)
    bad = np.zeros(n, dtype=bool)
    bad[np.clip(ends - 1, 0, max(n - 1, 0))[:n]] = True
    return bad


def _level(values: Floats32, rate: float) -> NDArray[np.float64]:
    """The running median of about two seconds: a movement artefact after the jerk must not move what is before it."""
    size = max(1, min(values.size, round(BASELINE / 4 * rate)))
    n = values.size // size
    middles = median_filter(np.median(values[: n * size].reshape(n, size), axis=1), 5, mode="nearest")
    return np.interp(np.arange(values.size), (np.arange(n) + 0.5) * size, middles)


def _muscle(fast: Floats32, missing: NDArray[np.bool_], rate: float) -> NDArray[np.bool_]:
    """Where the fast activity of the last 50 ms is several times the usual."""
    usual = float(np.median(fast[~missing])) if (~missing).any() else 0.0
    width = max(1, round(MUSCLE_WINDOW * rate))
    power = np.nan_to_num(fast.astype(np.float64)) ** 2
    recent = uniform_filter1d(power, width, origin=(width - 1) // 2, mode="nearest")
    return _and_after(recent > (MUSCLE_RATIO * usual) ** 2 if usual > 0 else np.zeros(fast.size, bool), rate)


def _and_after(bad: NDArray[np.bool_], rate: float) -> NDArray[np.bool_]:
    """Extend each artefact forwards only: what follows a jerk must not cost the EEG before it."""
    pad = round(ARTEFACT_PAD * rate)
    return np.asarray(maximum_filter1d(bad, pad + 1, origin=pad // 2, mode="constant"), dtype=bool)


def _mark(times: NDArray[np.float64], reach: tuple[float, float], rate: float, n: int) -> NDArray[np.bool_]:
    """The samples from `reach` before to `reach` after some running times."""
    edges = np.zeros(n + 1, dtype=np.int64)
    np.add.at(edges, np.clip(((times - reach[0]) * rate).astype(int), 0, n), 1)
    np.add.at(edges, np.clip(((times + reach[1]) * rate).astype(int) + 1, 0, n), -1)
    return np.asarray(np.cumsum(edges)[:n] > 0)


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


def _beats(recording: Recording, artefacts: Artefacts) -> NDArray[np.float64]:
    """Running times of the heart beats, from the ECG or the EMG."""
    beats = artefacts.heart.beats if artefacts.heart is not None else find_beats(recording)
    return Clock.of(recording).running(beats[recording.segments.contains(beats)])


def _mean_beat(values: Floats32, beats: NDArray[np.float64], rate: float) -> Floats32:
    """The median wave about the R peak less its ends' level, µV; zeros with too few beats to tell it from the EEG."""
    waves = values[_around_beats(values.size, beats, rate)]
    if len(waves) < LEAST_BEATS:
        return np.zeros(waves.shape[1], np.float32)
    wave = np.median(waves, axis=0)
    return np.asarray(wave - (wave[0] + wave[-1]) / 2, dtype=np.float32)


def _subtract_beats(values: Floats32, beat: Floats32, beats: NDArray[np.float64], rate: float) -> None:
    """Take the mean beat out of the values: what is left is too small to matter to slow potentials and power."""
    values[_around_beats(values.size, beats, rate)] -= beat


def _around_beats(n: int, beats: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    """The samples about each whole beat, shape (n_beats, n_samples)."""
    before, after = (round(reach * rate) for reach in HEART_REACH)
    at = np.floor(beats * rate).astype(np.int64)
    at = at[(at >= before) & (at + after < n)]
    return np.asarray(at[:, None] + np.arange(-before, after + 1))
