"""Bursts that are none: the potentials of a few motor units that fire on and on, singly and in chance clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myosig.detect.design import CERTAIN, CERTAIN_BINS
from myosig.recording import Recording
from myosig.signals.bands import bandpass

if TYPE_CHECKING:
    from myosig.detect.bursts import Bursts

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

ROW = 21  # events that are looked at together
WITHIN = 4.0  # s that they take at most: 5 a second, for longer than a run of jerks lasts [P]
POTENTIAL = 0.02  # s: events no longer than a potential, on average, or [M: 5-15 ms, and what the band-pass adds]
UNEVEN = (
    0.8  # standard deviations of the logarithms of their gaps and lengths, together: .3 to .7 in tremor [D: simulated]
)
SHORTEST = 0.004  # s, of a gap
AROUND, CONTEXT = 0.005, 0.1  # s on either side of a peak that are compared, and that the filter sees
BAND = (30.0, 450.0)  # Hz
ALIKE = 0.95  # correlation with another event of the row: potentials of one unit [D: simulated, see SHARE]
SHARE = 0.55  # of events that are like another: 1 to .66 where one to five units fire, .42 at most in other bursts [D]
CERTAIN_TIME = 1e-3 * CERTAIN * CERTAIN_BINS  # s at the power of the firing: that energy is certain, as over the noise


def without_tonic_firing(recording: Recording, bursts: Bursts) -> Bursts:
    """Leave out long rows of close events whose largest potentials recur: a muscle of a few units that is tense.

    Parameters
    ----------
    recording : Recording
    bursts : Bursts
        Of the same recording.

    Returns
    -------
    Bursts
        Of such rows only events with `CERTAIN` times the power of the row for 56 ms, or that energy in less time.
        Even rows of longer events are tremor, whatever their potentials.
    """
    gone = np.zeros(len(bursts), bool)
    for number, channel in enumerate(bursts.channels):
        rows = np.flatnonzero(bursts.channel == number)
        if rows.size < ROW:
            continue
        onset, offset = bursts.onset[rows], bursts.offset[rows]
        close = _is_close(onset, offset)
        rows = rows[close & ~_is_certain(onset, offset, bursts.rms[rows] ** 2)]
        if rows.size >= ROW:
            waves = _potentials(recording, channel.label, channel.sfreq, bursts.peak_time[rows])
            gone[rows] = _in_rows(_sums(_recur(waves).astype(float), ROW) > SHARE * ROW)
    return bursts[~gone] if gone.any() else bursts


def _is_close(onset: Floats, offset: Floats) -> Truths:
    """Which events are in a row that is dense, and of potentials or uneven."""
    length = np.log(offset - onset)
    gaps = np.log(np.maximum(onset[1:] - offset[:-1], SHORTEST))
    uneven = _spread(gaps, ROW - 1) + _spread(length, ROW) > UNEVEN
    short = _sums(length, ROW) < ROW * np.log(POTENTIAL)
    return _in_rows((offset[ROW - 1 :] - onset[: 1 - ROW] <= WITHIN) & (uneven | short))


def _is_certain(onset: Floats, offset: Floats, power: Floats) -> Truths:
    """Which events stand out of the row around them."""
    energy = power * (offset - onset)
    around = np.clip(np.arange(onset.size) - ROW // 2, 0, onset.size - ROW)
    others = _sums(energy, ROW)[around] - energy
    return np.asarray(energy * (offset[around + ROW - 1] - onset[around]) > CERTAIN_TIME * others)


def _potentials(recording: Recording, label: str, sfreq: float, peak: Floats) -> Floats:
    """The largest potential of each event, of norm 1; zeros at the edge of the data."""
    half = round(AROUND * sfreq)
    waves = np.zeros((peak.size, 2 * half + 1))
    for wave, time in zip(waves, peak.tolist(), strict=True):
        begin = max(time - CONTEXT, recording.tmin)
        x = np.nan_to_num(recording.read(label, begin, time + CONTEXT))
        middle = round((time - begin) * sfreq)
        near = bandpass(x, (BAND[0], min(BAND[1], 0.45 * sfreq)), sfreq=sfreq)[
            max(middle - half, 0) : middle + half + 1
        ]
        if near.size == wave.size:
            wave[:] = near / max(float(np.linalg.norm(near)), 1e-12)
    return waves


def _recur(waves: Floats) -> Truths:
    """Which are like one of those in the same row."""
    found = np.zeros(len(waves), bool)
    for apart in range(1, ROW):
        alike = np.einsum("ij,ij->i", waves[apart:], waves[:-apart]) > ALIKE
        found[apart:] |= alike
        found[:-apart] |= alike
    return found


def _in_rows(whole: Truths) -> Truths:
    """Which events are in one of the rows, each of `ROW` in order, that are true."""
    return np.convolve(whole, np.ones(ROW)) > 0.5


def _spread(x: Floats, n: int) -> Floats:
    """Standard deviation of every `n` values in order."""
    return np.sqrt(np.maximum(_sums(x**2, n) / n - (_sums(x, n) / n) ** 2, 0))


def _sums(x: Floats, n: int) -> Floats:
    """Of every `n` values in order."""
    total = np.concatenate([[0.0], np.cumsum(x)])
    return np.asarray(total[n:] - total[:-n])
