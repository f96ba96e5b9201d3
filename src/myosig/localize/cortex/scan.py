"""Look for a waveform in jerk-locked averages, and hold the largest finding against sham triggers.

The noise of an EEG channel is far from white: most of it is slow. The detector here is the best linear one
for a known waveform b in noise of known covariance S (a matched filter after whitening),

    z = sqrt(n) b' S^-1 y / sqrt(b' S^-1 b),

where y is the average of n epochs and S the autocovariance of the channel, taken from the whole recording.
A constant, and where asked a slope, is projected out; where jerks follow one another too soon, so is what the last ones
left behind (see `myosig.localize.cortex.overlap`). A bank of waveforms (shapes, widths, positions) is tried on every
channel and muscle, and only the largest |z| of all of these looks counts: it is compared with the largest
|z| of the same looks at each set of sham triggers, which gives one p-value corrected for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import cho_factor, cho_solve, toeplitz

from myosig.localize._epoch_kernels import sum_windows
from myosig.localize.cortex.overlap import SLOWEST, Span, find_overlap
from myosig.localize.cortex.power import sizes_needed
from myosig.localize.cortex.sham import Shams
from myosig.localize.cortex.tracks import Track
from myosig.threads import in_threads

LOADING = 1e-4  # white noise added to the covariance, as a share of the variance: keeps it invertible
NUISANCE = 1e4  # variance of the constant and the slope, in units of the channel's variance
TINY = 1e-30  # keeps a waveform that lies outside the epoch from dividing by zero
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is looked for at one train of triggers.

    Attributes
    ----------
    times : ndarray of float, shape (n,)
        Triggers, running seconds.
    bank : callable
        Gives, for a sampling rate, the first sample of the epoch relative to the sample that holds the
        trigger, and the waveforms of unit amplitude on it, shape (n_samples, n_waveforms). All questions
        of a scan have equally many waveforms.
    detrend : bool
        Whether a slope over the epoch says nothing and is projected out like a constant.
    jerks : ndarray of float, shape (m,)
        All jerks, running seconds.
    response : float
        How long each is felt, seconds, where the responses to those before a trigger have to be told from the
        waveform; 0 where they do not.
    """

    times: Floats
    bank: Callable[[float], tuple[int, Floats]]
    detrend: bool = True
    jerks: Floats = field(default_factory=lambda: np.empty(0))
    response: float = 0.0

    @property
    def trains(self) -> list[Floats]:
        """The triggers and, where responses overlap, all jerks; shape (1, n) each, as `averages` takes them."""
        return [train[None] for train in (self.times, self.jerks)[: 1 + (self.response > 0)]]

    def spans(self, rate: float) -> tuple[Span, ...]:
        """The samples averaged before the triggers and, where responses overlap, from there on after all jerks."""
        first, bank = self.bank(rate)
        before = Span(first, len(bank))
        if not self.response:
            return (before,)
        return before, Span(before.stop, math.ceil(self.response * rate) - before.stop)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One waveform bank on one channel.

    Attributes
    ----------
    weights : ndarray of float, shape (n_samples, n_waveforms)
        Of the samples of all averages, one after the other.
        Whitened waveforms, scaled so that noise projects with variance 1 / n.
    amplitude_noise : ndarray of float, shape (n_waveforms,)
        Standard deviation of the amplitude estimated from a single epoch, µV.
    bank : ndarray of float, shape (n_samples, n_waveforms)
        What the averages hold of each waveform of unit amplitude.
    """

    weights: Floats
    amplitude_noise: Floats
    bank: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """The result of looking for a bank of waveforms.

    Attributes
    ----------
    z : ndarray of float, shape (n_trains, n_channels, n_waveforms)
        Deviations from the shams' spread; 0 where a train left no usable epoch.
    amplitude : ndarray of float, same shape
        Size of the waveform, µV.
    noise : ndarray of float, same shape
        Standard deviation of a single epoch's amplitude, µV, from the shams.
    n : ndarray of int, shape (n_trains, n_channels)
        Epochs averaged.
    sign : {-1, 0, 1}
        Which amplitudes count; 0 = both.
    sham_max : ndarray of float, shape (n_shams,)
        Largest |z| that counts, of each sham.
    """

    z: Floats
    amplitude: Floats
    noise: Floats
    n: NDArray[np.int64]
    sign: int
    sham_max: Floats

    @property
    def best(self) -> tuple[int, int, int]:
        """Train, channel and waveform of the largest |z| that counts."""
        train, channel, waveform = np.unravel_index(int(np.argmax(counting(self.z, self.sign))), self.z.shape)
        return int(train), int(channel), int(waveform)

    @property
    def fullest(self) -> tuple[int, int, int]:
        """Train and channel with the most epochs, and the largest |z| that counts among its waveforms."""
        train, channel = np.unravel_index(int(np.argmax(self.n)), self.n.shape)
        return int(train), int(channel), int(np.argmax(counting(self.z[train, channel], self.sign)))

    @property
    def p_value(self) -> float:
        """Share of the shams, with the observation counted among them, that are at least as large."""
        return float((1 + np.sum(self.sham_max >= counting(self.z, self.sign).max())) / (1 + self.sham_max.size))

    @property
    def threshold(self) -> float:
        """The |z| that one sham in twenty exceeds."""
        return float(np.quantile(self.sham_max, 0.95))


def autocovariance(track: Track, lags: int) -> Floats:
    """Autocovariance of a channel at lags 0 ... lags - 1, µV², from its usable samples, slower drift taken off."""
    x = track.deflection(SLOWEST * lags / track.sfreq).astype(np.float64)
    usable = max(1, int((~track.bad).sum()))
    size = next_fast_len(x.size + lags, real=True)  # zeros between the ends: no sample meets itself the long way round
    return irfft(np.abs(rfft(x, size)) ** 2, size)[:lags] / usable


def whiten(covariance: Floats, bank: Floats, *, detrend: bool) -> Look:
    """Matched filters for the waveforms of a bank, given the autocovariance from lag 0 on."""
    width = bank.shape[0]
    return _matched(toeplitz(covariance[:width]), bank, _levels(width, detrend=detrend))


def _levels(width: int, *, detrend: bool) -> Floats:
    """A constant and, where asked, a slope: they say nothing."""
    return np.stack([np.ones(width), np.linspace(-1, 1, width)], axis=1)[:, : 1 + detrend]


def look_for(track: Track, question: Question, covariance: Floats | None = None) -> Look:
    """Matched filters for the waveforms of a question in a channel, whose autocovariance may be given."""
    _, bank = question.bank(track.sfreq)
    if not question.response:
        known = autocovariance(track, len(bank)) if covariance is None else covariance
        return whiten(known, bank, detrend=question.detrend)
    before, after = question.spans(track.sfreq)
    mixed = find_overlap(track, question.times, question.jerks, before, after)
    levels = np.pad(_levels(before.width, detrend=question.detrend), ((0, after.width), (0, 0)))
    return _matched(mixed.noise, mixed.own @ bank, np.hstack([levels, mixed.response]))


def _matched(noise: Floats, bank: Floats, nuisance: Floats) -> Look:
    """Matched filters for waveforms in noise of that covariance, blind to the nuisance waveforms."""
    blind = LOADING * np.eye(len(noise)) + NUISANCE * nuisance @ nuisance.T
    solved = cho_solve(cho_factor(noise + noise[0, 0] * blind), bank)
    gain = np.sqrt(np.maximum(np.einsum("wk,wk->k", bank, solved), TINY))
    return Look(solved / gain, 1 / gain, bank)


def averages(track: Track, spans: Sequence[Span], trains: Sequence[Floats]) -> tuple[Floats, NDArray[np.int64]]:
    """The averages over each span at its trains, side by side, and how many epochs the first rests on.

    Parameters
    ----------
    track : Track
    spans : sequence of Span
    trains : sequence of ndarray, shape (n_trains, n_events)
        Running seconds; one array for each span.
    """
    parts = [epoch_sums(track, times, span.first, span.width) for span, times in zip(spans, trains, strict=True)]
    return np.hstack([sums / np.maximum(counts, 1)[:, None] for sums, counts in parts]), parts[0][1]


def epoch_sums(track: Track, times: Floats, first: int, width: int) -> tuple[Floats, NDArray[np.int64]]:
    """Sum of the usable epochs of each train, and how many there were.

    Parameters
    ----------
    track : Track
    times : ndarray of float, shape (n_trains, n_triggers)
        Running seconds.
    first, width : int
        First sample of the epoch relative to the sample that holds the trigger, and samples.
    """
    if track.values.size < width:
        return np.zeros((len(times), width)), np.zeros(len(times), dtype=np.int64)
    sums, counts = sum_windows(track.values, track.clear(width), track.sample_of(times) + first, width)
    return sums, counts


def epochs(track: Track, times: Floats, first: int, width: int) -> Floats:
    """The usable epochs of one train, shape (n, width), µV."""
    if track.values.size < width:
        return np.empty((0, width))
    clear = track.clear(width)
    start = track.sample_of(times) + first
    start = start[(start >= 0) & (start < clear.size)]
    return sliding_window_view(track.values, width)[start[clear[start]]].astype(np.float64)


def scan(
    tracks: Sequence[Track], questions: Sequence[Question], shams: Shams, *, sign: int = 0, least: int = 1
) -> Scan:
    """Ask every question in every channel.

    Parameters
    ----------
    tracks : sequence of Track
    questions : sequence of Question
    shams : Shams
        Applied alike to all questions and channels.
    sign : {-1, 0, 1}
        Count only negative, or only positive, amplitudes; 0 = both.
    least : int
        Epochs that a train must leave in a channel, else it says nothing there.
    """
    moved = [_moved(question, shams) for question in questions]
    looked = in_threads(lambda track: _scan_track(track, questions, moved, sign, least), tracks)
    z, amplitude, noise, n, sham_max = (np.stack(parts, axis=1) for parts in zip(*looked, strict=True))
    return Scan(z, amplitude, noise, n, sign, sham_max.max(axis=1))


def _scan_track(
    track: Track, questions: Sequence[Question], moved: Sequence[list[Floats]], sign: int, least: int
) -> tuple[Floats, Floats, Floats, NDArray[np.int64], Floats]:
    """z, amplitude and noise, shape (n_questions, n_waveforms), epochs, and the largest |z| of each sham."""
    covariance = autocovariance(track, max(question.spans(track.sfreq)[0].width for question in questions))
    rows, counted = [], []
    sham_max = np.full(len(moved[0][0]) - 1, -np.inf)
    for question, trains in zip(questions, moved, strict=True):
        look = look_for(track, question, covariance)
        z, spread, n = _deviations(track, question, trains, look)
        if n < least:
            z[0] = 0
        sham_max = np.maximum(sham_max, counting(z[1:], sign).max(axis=1))
        amplitude = z[0] * spread * look.amplitude_noise / np.sqrt(max(n, 1))
        rows.append((z[0], amplitude, look.amplitude_noise * spread))
        counted.append(n)
    z, amplitude, noise = np.stack(rows, axis=1)
    return z, amplitude, noise, np.array(counted, dtype=np.int64), sham_max


def _deviations(track: Track, question: Question, trains: Sequence[Floats], look: Look) -> tuple[Floats, Floats, int]:
    """What the looks give at the first of the trains and at each sham, over the shams' spread, shape (1 + n_shams, k).

    With that spread, in units of what is expected of the noise, and the epochs at the first train.
    """
    means, counts = averages(track, question.spans(track.sfreq), trains)
    score = means @ look.weights * np.sqrt(counts)[:, None]
    spread = np.maximum(np.sqrt(np.mean(score[1:] ** 2, axis=0)), TINY)
    return score / spread, spread, int(counts[0])


def sizes_that_would_show(track: Track, question: Question, shams: Shams, found: Scan) -> Floats:
    """How large a potential would have had to be in that channel: for each waveform, on the noise at each sham, µV."""
    look = look_for(track, question)
    z, spread, n = _deviations(track, question, _moved(question, shams), look)
    gain = look.bank.T @ look.weights * np.sqrt(n) / spread
    if found.sign:  # only these amplitudes count
        gain = np.maximum(gain, 0)
    return sizes_needed(z[1:] * (found.sign or 1), gain, found.threshold)


def _moved(question: Question, shams: Shams) -> list[Floats]:
    """The triggers, and all jerks where they matter: as they are, and displaced by each sham."""
    return [np.concatenate([train, shams.apply(train[0])]) for train in question.trains]


def counting(z: Floats, sign: int) -> Floats:
    """The size of a deviation: either way, or only in the direction that counts."""
    return np.abs(z) if sign == 0 else sign * z
