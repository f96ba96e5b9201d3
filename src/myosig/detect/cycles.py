"""The cycles of an envelope at one frequency: what they are like, how long they go on, how they lie to another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Floats = NDArray[np.float64]

AWAY = 0.35  # part of the frequency either side that the cycles are filtered to [P]
POINTS = 32  # of a mean cycle
STRONG, CLEAR = 0.5, 0.3  # of the size of the upper tenth: cycles that are measured, and that are there at all [P]
# Cycles in a row: jerks are repeated up to eight times (`volleys.MOST_REPEATS`), and filtering adds some [P]
UNBROKEN = 10
ACTIVE = 0.15  # of the height of the mean cycle, above which the muscle is active [P]


@dataclass(frozen=True, slots=True, eq=False)
class Cycles:
    """The cycles of one muscle.

    Attributes
    ----------
    mean : ndarray of float, shape (32,)
        Envelope against phase, over the strong cycles.
    stability : float or None
        Interquartile range of the change of frequency from cycle to cycle, Hz.
    unbroken : float
        Part of the clear cycles that come in rows of ten or more.
    """

    mean: Floats
    stability: float | None
    unbroken: float

    @property
    def duty(self) -> float:
        """Part of the cycle in which the muscle is active."""
        low, high = np.quantile(self.mean, [0.1, 0.95]).tolist()
        return float(np.mean(self.mean > low + ACTIVE * (high - low)))

    @property
    def silence(self) -> float:
        """The lowest over the highest point; near 0 where the muscle is silent between bursts."""
        return float(self.mean.min() / self.mean.max()) if self.mean.max() > 0 else 1.0


def find_cycles(stretches: Sequence[Floats], waves: Sequence[Floats], rate: float) -> Cycles:
    """Part an envelope at the upward zero crossings of its wave, and average.

    Parameters
    ----------
    stretches : sequence of ndarray
        Of the envelope, `rate` bins a second.
    waves : sequence of ndarray
        The same stretches from `filtered`.
    rate : float
    """
    starts = [_upward(wave) for wave in waves]
    sizes = [_sizes(wave, start) for wave, start in zip(waves, starts, strict=True)]
    largest = float(np.quantile(np.concatenate([*sizes, [0.0]]), 0.9))
    rows, changes, counts = [np.empty((0, POINTS))], [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for envelope, start, size in zip(stretches, starts, sizes, strict=True):
        length, strong = np.diff(start), size >= STRONG * largest
        phase = start[:-1][strong, None] + length[strong, None] * np.arange(POINTS) / POINTS
        rows.append(np.interp(phase, np.arange(envelope.size), envelope))
        changes.append(np.diff(rate / length)[strong[1:] & strong[:-1]])
        counts.append(_in_a_row(size >= CLEAR * largest))
    cycles, change, count = (np.concatenate(pieces) for pieces in (rows, changes, counts))
    return Cycles(
        mean=cycles.mean(axis=0) if len(cycles) else np.ones(POINTS),
        stability=float(np.subtract(*np.quantile(change, [0.75, 0.25]))) if change.size else None,
        unbroken=float(count[count >= UNBROKEN].sum() / max(count.sum(), 1)),
    )


def filtered(stretches: Sequence[Floats], rate: float, frequency: float) -> list[Floats]:
    """Each stretch of an envelope around a frequency; empty where it lasts less than a second."""
    sos = butter(2, [(1 - AWAY) * frequency, (1 + AWAY) * frequency], btype="bandpass", fs=rate, output="sos")
    return [sosfiltfilt(sos, s) if s.size >= rate else np.empty(0) for s in stretches]


def in_phase(waves: Sequence[Floats], others: Sequence[Floats]) -> float:
    """Correlation of the waves of two muscles: 1 where they beat together, -1 where in turn; 0 without a wave."""
    one, other = np.concatenate([*waves, np.empty(0)]), np.concatenate([*others, np.empty(0)])
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 0 else 0.0


def _upward(wave: Floats) -> Floats:
    """Where the wave crosses zero upwards, in bins."""
    up = np.flatnonzero((wave[:-1] <= 0) & (wave[1:] > 0))
    return up - wave[up] / (wave[up + 1] - wave[up])


def _sizes(wave: Floats, start: Floats) -> Floats:
    """The largest excursion in each cycle."""
    if start.size < 2:
        return np.empty(0)
    return np.asarray(np.maximum.reduceat(np.abs(wave), start.astype(int))[:-1])


def _in_a_row(there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of the rows of true values."""
    edge = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]])))
    return edge[1::2] - edge[::2]
