"""Tonic activity of one channel, and the silences in it, from its energies millisecond by millisecond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect import _level_kernels as kernels
from myosig.signals.bands import zero_filled

Floats = NDArray[np.float64]
Energies = NDArray[np.float32]
Ints = NDArray[np.int64]

STEP = 10  # bins of one step of level and occupancy: 10 ms
AROUND = 1.0  # s on either side over which the tonic level is the median
MEDIAN_POWER = 1.15  # mean over median of the power of an interference pattern in 10 ms [D: gamma, shape 2.5]
ABOVE_FLOOR = 10**0.5  # tonic activity is at least 5 dB above the channel's quietest 30 ms [P]
SILENT = 0.25  # part of the tonic power below which a muscle is silent: 6 dB [P]
OCCUPIED = 0.75  # part of the time around that must not be silent [P]: tremor is in burst a half to two thirds of it

UNEVEN = 4.0  # 80 % quantile of the power in 10 ms over the tonic power; interference patterns have about 2 [D]

SHORTEST, LONGEST = 0.05, 0.5  # s, the useful range of negative myoclonus [V: NM wearables 2023; ILAE: below 0.5]
FLANK = 0.06  # s before and after, in which the activity must be there at once
FLANK_POWER = (0.45, 0.6)  # of the tonic power: the lower flank, and both (geometric mean). True silences have 0.6
# and 0.8 or more in 99 of 100, contractions that ramp down and up again 0.3 and 0.45 in the middle [D: simulated]
BESIDE = (0.1, 0.3)  # s of unbroken activity on either side, the shorter and the longer [P]: flaps come at 3-5/s [V2]
PAUSES, PAUSES_WITHIN = 6, 2.0  # more pauses (of 0.05 s or longer) within so many s either side: a tremor [P]
SHORT_GAP = 0.02  # s from which a gap between potentials is one
NATURAL = 5.0  # s on either side in which the muscle's own gaps are counted
BY_CHANCE = 0.05  # silences that the muscle's own gaps may bring about there
BURST_WITHIN = 0.06  # s before a silence in which a positive burst makes it post-burst [P]
BURST_WIDTH = 0.02  # s
BURST_POWER = 8.0  # times the tonic power over that width: 9 dB

POWERS = 2.0 ** np.arange(0, 20)  # levels, of the floor
LEVEL_CHANGE = 7.0  # nats that a change of level costs, as in `design.LEVEL_CHANGE`
DEEPEST = 1e-3  # a floor lower than this part of the usual power tells nothing more


@dataclass(frozen=True, slots=True, eq=False)
class Tonic:
    """What one stretch of a channel holds.

    Attributes
    ----------
    silences : ndarray of int, shape (n, 2)
        First bin, and one past the last.
    depth : ndarray of float, shape (n,)
        dB below the tonic activity.
    is_tonic : ndarray of bool
        For each step of 10 ms.
    """

    silences: Ints
    depth: Floats
    is_tonic: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """Energies, and the tonic power around each step."""

    energy: Energies
    level: Floats
    bin: float  # s

    def bins(self, seconds: float) -> int:
        return round(seconds / self.bin)

    def power(self, start: int, stop: int) -> float:
        """Mean between two bins; NaN where it leaves the data or samples are missing."""
        return float(self.energy[start:stop].mean()) if 0 <= start < stop <= self.energy.size else np.nan

    def at(self, where: Ints | Floats) -> Ints:
        """The step of each bin."""
        return (np.asarray(where) // STEP).astype(np.int64).clip(0, self.level.size - 1)


def find_tonic(energy: Energies, floor: float, *, bin: float, weight: float) -> Tonic:
    """Find the tonic activity of a stretch and the silences in it.

    Parameters
    ----------
    energy : ndarray of float32, shape (n_bins,)
        Mean square of every bin, µV²; NaN where samples are missing.
    floor : float
        µV², of the channel without any muscle activity.
    bin : float
        Seconds of one bin, about a millisecond.
    weight : float
        Half the degrees of freedom of the noise in one bin.
    """
    steps = _steps(zero_filled(energy))
    nothing = Tonic(np.empty((0, 2), np.int64), np.empty(0), np.zeros(steps.size, bool))
    width = 1 + 2 * round(AROUND / (STEP * bin))
    if steps.size * STEP * bin < 2 * AROUND or not _exceeds(steps, ABOVE_FLOOR * floor / MEDIAN_POWER, width):
        return nothing
    s = _Stretch(energy, _level(steps, width), bin)
    is_tonic = s.level > ABOVE_FLOOR * floor
    is_tonic &= _is_even(s, steps)
    if not is_tonic.any():
        return nothing
    low = _low_runs(s, floor, weight)
    is_tonic &= _occupied(s, low) >= OCCUPIED
    found = _silences(s, low, is_tonic)
    inside = np.array([s.power(a, b) for a, b in found])
    around = s.level[s.at(found.mean(axis=1))]
    return Tonic(found, 10 * np.log10(around / np.maximum(inside, 1e-12)), is_tonic)


def follow_burst(energy: Energies, starts: Ints, *, bin: float) -> NDArray[np.bool_]:
    """Whether a short positive burst, well above what is usual around, comes right before each bin of `starts`."""
    steps = _steps(zero_filled(energy))
    s = _Stretch(energy, _level(steps, 1 + 2 * round(AROUND / (STEP * bin))), bin)
    width = s.bins(BURST_WIDTH)
    after = np.zeros(starts.size, bool)
    for k, start in enumerate(starts):
        before = energy[max(0, start - s.bins(BURST_WITHIN) - width) : start]
        if before.size >= width:
            means = np.convolve(before, np.full(width, 1 / width), mode="valid")
            after[k] = means.max() > BURST_POWER * s.level[s.at(start)]
    return after


def _steps(energy: Energies) -> Floats:
    n = energy.size // STEP
    return np.asarray(energy[: n * STEP].reshape(n, STEP).mean(axis=1, dtype=np.float64))


def _level(steps: Floats, width: int) -> Floats:
    from scipy.ndimage import median_filter

    return np.asarray(MEDIAN_POWER * median_filter(steps, width, mode="nearest"))


def _exceeds(steps: Floats, power: float, width: int) -> bool:
    """Whether the running median of `_level` is anywhere above a power, told without it: it seldom is."""
    above = steps > power
    if np.count_nonzero(above) <= width // 2 and not (above[0] or above[-1]):
        return False
    count = np.pad(above, width // 2, mode="edge").cumsum()
    return bool((count[width:] - count[:-width]).max(initial=int(count[width - 1])) > width // 2)


def _is_even(s: _Stretch, steps: Floats) -> NDArray[np.bool_]:
    """Whether the louder fifth of the time around each step is not far above its middle, as it is in bursts."""
    from scipy.ndimage import percentile_filter

    louder = percentile_filter(steps, 80, 1 + 2 * s.bins(AROUND) // STEP, mode="nearest")
    return np.asarray(louder <= UNEVEN * s.level)


def _occupied(s: _Stretch, low: Ints) -> Floats:
    """Part of the time around each step that is not in a pause."""
    from scipy.ndimage import uniform_filter1d

    change = np.zeros(s.level.size + 1)
    for start, stop in s.at(low[np.diff(low, axis=1).ravel() >= s.bins(SHORTEST)]):
        change[start] -= 1
        change[stop] += 1
    return np.asarray(uniform_filter1d(1 + np.cumsum(change)[:-1], 1 + 2 * s.bins(AROUND) // STEP, mode="nearest"))


def _low_runs(s: _Stretch, floor: float, weight: float) -> Ints:
    """Runs of bins that the most likely sequence of levels puts well below the tonic level, shape (n, 2)."""
    base = max(floor, DEEPEST * float(np.median(s.level)), 1e-12)
    ratio = (zero_filled(s.energy) / base).astype(np.float32)
    useful = POWERS[: 1 + int(np.searchsorted(POWERS, ratio.max()))]  # one above all energies fits best of those
    power = useful[kernels.levels(ratio, useful, weight, LEVEL_CHANGE, LEVEL_CHANGE)] * base
    low = power < SILENT * s.level[s.at(np.arange(power.size))]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], low, [False]]).astype(np.int8)))
    return np.asarray(edges.reshape(-1, 2))


def _silences(s: _Stretch, low: Ints, is_tonic: NDArray[np.bool_]) -> Ints:
    """Those low runs that are silences of negative myoclonus."""
    length = np.diff(low, axis=1).ravel()
    candidate = (length >= s.bins(SHORTEST)) & (length <= s.bins(LONGEST)) & is_tonic[s.at(low.mean(axis=1))]
    return np.array(
        [
            run
            for run in low[candidate]
            if _is_abrupt(s, *run) and _is_single(s, low, *run) and _is_beyond_chance(s, low, *run)
        ],
        dtype=np.int64,
    ).reshape(-1, 2)


def _is_abrupt(s: _Stretch, start: int, stop: int) -> bool:
    """Whether the full activity is there right before and after, and no sample between is missing."""
    flank = s.bins(FLANK)
    level = s.level[s.at(np.array((start + stop) // 2))]
    before, after = s.power(start - flank, start) / level, s.power(stop, stop + flank) / level
    lower, both = FLANK_POWER
    return bool(min(before, after) >= lower and before * after >= both**2 and np.isfinite(s.power(start, stop)))


def _is_single(s: _Stretch, low: Ints, start: int, stop: int) -> bool:
    """Whether it lies in activity that is unbroken beside it, and is not one of a tremor's many pauses."""
    pauses = low[np.diff(low, axis=1).ravel() >= s.bins(SHORTEST)]
    within = s.bins(PAUSES_WITHIN)
    near = (pauses[:, 1] > start - within) & (pauses[:, 0] < stop + within)
    before = start - max((b for b in pauses[:, 1] if b < start), default=0)
    after = min((a for a in pauses[:, 0] if a >= stop), default=s.energy.size) - stop
    shorter, longer = (s.bins(seconds) for seconds in BESIDE)
    return bool(near.sum() <= PAUSES and min(before, after) >= shorter and max(before, after) >= longer)


def _is_beyond_chance(s: _Stretch, low: Ints, start: int, stop: int) -> bool:
    """Whether a pause is longer than the muscle's own gaps between potentials can explain.

    Their lengths are taken to fall off exponentially, as those of a Poisson train do.
    """
    length = np.diff(low, axis=1).ravel()
    near = (low[:, 0] > start - s.bins(NATURAL)) & (low[:, 1] < stop + s.bins(NATURAL))
    gaps = length[near & (length >= s.bins(SHORT_GAP)) & (length < s.bins(SHORTEST))] - s.bins(SHORT_GAP)
    if gaps.size == 0:
        return True
    excess = float(gaps.mean()) + 1.0
    return bool(gaps.size * np.exp(-(stop - start - s.bins(SHORT_GAP)) / excess) < BY_CHANCE)
