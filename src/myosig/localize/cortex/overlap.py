"""Averages of jerks that follow one another too soon: what each of them holds of the responses to the others.

The EEG is taken for a sum: before every trigger its own potential, after every jerk the response to it, and noise.
The average before the triggers then holds the potential, shifted copies of it, and shifted copies of the response to
the jerks before; the average after all jerks likewise. How much of each follows from the times alone (Smith and
Kutas 2015): the number of pairs of jerks at each distance. With that the potential can be told from what the last
jerk left behind, and jerks with neighbours need not be thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve

from myosig.localize.cortex.tracks import Track

RIDGE = 0.003  # of a train's own size: keeps a nearly periodic train solvable [P]
CROWDED = 0.25  # share of jerks with another one inside the epoch from which it is worth showing [P]
SLOWEST = 10.0  # epochs long: slower drift is as good as constant within one [P]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Span:
    """Samples relative to the one that holds the event."""

    first: int
    width: int

    @property
    def stop(self) -> int:
        """The sample after the last."""
        return self.first + self.width

    @property
    def at(self) -> NDArray[np.int64]:
        """Its samples."""
        return np.arange(self.first, self.stop)


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """What the average before the triggers, and below it the average after all jerks, are made of.

    Attributes
    ----------
    own : ndarray of float, shape (before + after, before)
        Each sample of the averages, per unit of the potential before a trigger.
    response : ndarray of float, shape (before + after, after)
        The same, per unit of the response to any jerk.
    noise : ndarray of float, shape (before + after, before + after)
        Covariance of the averages, times the number of triggers, µV².
    """

    own: Floats
    response: Floats
    noise: Floats

    def solve(self, averages: Floats) -> Floats:
        """Potential and response to one jerk, one after the other, from the averages."""
        mixed = np.hstack([self.own, self.response])
        return np.asarray(solve(mixed + RIDGE * np.eye(len(mixed)), averages))


def find_overlap(track: Track, triggers: Floats, jerks: Floats, before: Span, after: Span) -> Overlap:
    """How the averages over `before` at the triggers and over `after` at the jerks overlap.

    Parameters
    ----------
    track : Track
    triggers, jerks : ndarray of float
        Running seconds; the triggers are onsets of some of the jerks.
    before, after : Span
        The second begins where the first ends.
    """
    spans = (before, after)
    n = track.values.size
    size = next_fast_len(n + 2 * (before.width + after.width), real=True)  # no event meets another the long way round
    there = [_events(track, times, Span(0, 1)) for times in (triggers, jerks)]
    kept = [_events(track, times, span) for times, span in zip((triggers, jerks), spans, strict=True)]
    counts = [max(float(train.sum()), 1.0) for train in kept]
    every, averaged = ([rfft(train, size) for train in trains] for trains in (there, kept))
    power = np.abs(rfft(track.deflection(SLOWEST * (before.width + after.width) / track.sfreq), size)) ** 2
    power /= max(1, int((~track.bad).sum()))

    def mixing(a: int, b: int) -> Floats:
        pairs = irfft(np.conj(averaged[a]) * every[b], size)
        usual = counts[a] * there[b].sum() / n  # the track has no mean: nor may what it is made of
        return _toeplitz(pairs - usual, spans[a], spans[b]) / counts[a]

    def covariance(a: int, b: int) -> Floats:
        pairs = irfft(np.conj(averaged[a]) * averaged[b] * power, size)
        return _toeplitz(pairs, spans[a], spans[b]) * counts[0] / (counts[a] * counts[b])

    return Overlap(
        own=np.vstack([mixing(0, 0), mixing(1, 0)]),
        response=np.vstack([mixing(0, 1), mixing(1, 1)]),
        noise=np.block([[covariance(a, b) for b in (0, 1)] for a in (0, 1)]),
    )


def crowded(times: Floats, span: float) -> bool:
    """Whether so many jerks are followed by the next one within `span` seconds that a plain average misleads."""
    return len(times) > 1 and float(np.mean(np.diff(np.sort(times)) < span)) >= CROWDED


def _events(track: Track, times: Floats, span: Span) -> Floats:
    """How many events each sample of the track holds, of those whose epoch is usable; any will do for one sample."""
    at = track.sample_of(times)
    start = at + span.first
    inside = (start >= 0) & (start + span.width <= track.values.size) & (at >= 0) & (at < track.values.size)
    if span.width > 1:
        inside[inside] = track.clear(span.width)[start[inside]]
    return np.bincount(at[inside], minlength=track.values.size).astype(np.float64)


def _toeplitz(values: Floats, rows: Span, columns: Span) -> Floats:
    """The matrix whose elements are those of a circular function of the distance from column to row."""
    return np.asarray(values[(rows.at[:, None] - columns.at) % values.size])
