"""Tonic activity of one channel, and the silences in it, from its energies millisecond by millisecond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect import _kernels as kernels

Floats = NDArray[np.float64]
Energies = NDArray[np.float32]
Ints = NDArray[np.int64]

STEP = 10  # bins (ms) of one step of level and occupancy
AROUND = 201  # steps over which the tonic level is the median: one second on either side
MEDIAN_POWER = 1.15  # mean over median of the power of an interference pattern in 10 ms [D: gamma, shape 2.5]
ABOVE_FLOOR = 10**0.5  # tonic activity is at least 5 dB above the channel's quietest 40 ms [P]
SILENT = 0.25  # part of the tonic power below which a muscle is silent: 6 dB [P]
OCCUPIED = 0.7  # part of the time around that must not be silent [P]: tremor is in burst a half to two thirds of it

SHORTEST, LONGEST = 50, 500  # bins: the useful range of negative myoclonus [V: NM wearables 2023; ILAE: below 500 ms]
FLANK = 100  # bins before and after in which the activity must be there at once
FLANK_POWER = 0.35  # part of the tonic power that must be there [P]: a contraction that ramps down has less
SEPARATE = 250  # bins of activity that part two silences of one series [P]: flaps come at 3-5/s [V2]
BOUNDED = 300  # bins of activity that bound a silence, or a series of them [P]
LONGEST_SERIES = 6  # more silences in a row are the pauses of a tremor [P]
SHORT_GAP = 20  # bins from which a gap between potentials is one
NATURAL = 5000  # bins on either side in which the muscle's own gaps are counted
BY_CHANCE = 0.05  # silences that the muscle's own gaps may bring about there
BURST_WITHIN = 60  # bins before a silence in which a positive burst makes it post-burst [P]
BURST_WIDTH = 20  # bins
BURST_POWER = 5.0  # times the tonic power over that width: 7 dB

QUIET_STEPS = 4  # steps of the windows whose quietest are the floor: 40 ms fit into a silence
QUIETEST = 0.0005  # part of all windows
QUIETEST_POWER = 0.55  # power of that part of noise, over its mean [D: gamma, shape 17 to 9]
PER_BEL = 20  # codes of 0.5 dB
FIRST_CODE = -200  # 1e-10 µV²
N_CODES = 600

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
    after_burst : ndarray of bool, shape (n,)
        A positive burst comes right before.
    is_tonic : ndarray of bool
        For each step of 10 ms.
    """

    silences: Ints
    depth: Floats
    after_burst: NDArray[np.bool_]
    is_tonic: NDArray[np.bool_]


def quiet_codes(energy: Energies) -> Ints:
    """How often each level (0.5 dB) of 40 ms occurs, shape (N_CODES,)."""
    steps = _steps(energy)
    if steps.size < QUIET_STEPS:
        return np.zeros(N_CODES, np.int64)
    mean = np.convolve(steps, np.full(QUIET_STEPS, 1 / QUIET_STEPS), mode="valid")
    codes = np.floor(np.log10(np.maximum(mean, 1e-12)) * PER_BEL).astype(np.int64) - FIRST_CODE
    return np.bincount(codes.clip(0, N_CODES - 1), minlength=N_CODES)


def floor_power(codes: Ints) -> float:
    """Power of the channel without any muscle activity, from its quietest windows; 0 where there are none."""
    if codes.sum() == 0:
        return 0.0
    at = int(np.searchsorted(np.cumsum(codes), QUIETEST * codes.sum(), side="right"))
    return float(10 ** ((at + 0.5 + FIRST_CODE) / PER_BEL) / QUIETEST_POWER)


def find_tonic(energy: Energies, floor: float, *, weight: float) -> Tonic:
    """Find the tonic activity of a stretch and the silences in it.

    Parameters
    ----------
    energy : ndarray of float32, shape (n_bins,)
        Mean square of every millisecond, µV²; NaN where samples are missing.
    floor : float
        µV², from `floor_power`.
    weight : float
        Half the degrees of freedom of the noise in one bin.
    """
    steps = _steps(energy)
    if steps.size < AROUND // 2:
        return Tonic(np.empty((0, 2), np.int64), np.empty(0), np.empty(0, bool), np.zeros(steps.size, bool))
    level, occupied = _level(steps)
    is_tonic = (level > ABOVE_FLOOR * floor) & (occupied >= OCCUPIED)
    found = _silences(energy, level, _low_runs(energy, level, floor, weight), is_tonic)
    inside = np.array([_mean(energy, a, b) for a, b in found])
    around = _at(level, found.mean(axis=1))
    burst = np.array([_follows_burst(energy, a, p) for a, p in zip(found[:, 0], around, strict=True)], dtype=bool)
    return Tonic(found, 10 * np.log10(around / np.maximum(inside, 1e-12)), burst, is_tonic)


def _steps(energy: Energies) -> Floats:
    n = energy.size // STEP
    return np.nan_to_num(energy[: n * STEP]).reshape(n, STEP).mean(axis=1, dtype=np.float64)


def _level(steps: Floats) -> tuple[Floats, Floats]:
    """Tonic power around each step, and the part of the time around that is not silent."""
    from scipy.ndimage import median_filter, uniform_filter1d

    level = MEDIAN_POWER * median_filter(steps, AROUND, mode="nearest")
    loud = (steps > SILENT * level).astype(np.float64)
    return np.asarray(level), np.asarray(uniform_filter1d(loud, AROUND, mode="nearest"))


def _at(level: Floats, bins: Floats | Ints) -> Floats:
    return np.asarray(level[(np.asarray(bins) / STEP).astype(np.int64).clip(0, level.size - 1)])


def _mean(energy: Energies, start: int, stop: int) -> float:
    part = energy[max(start, 0) : stop]
    return float(part.mean()) if part.size else 0.0


def _low_runs(energy: Energies, level: Floats, floor: float, weight: float) -> Ints:
    """Runs of bins that the most likely sequence of levels puts well below the tonic level."""
    base = max(floor, DEEPEST * float(np.median(level)), 1e-12)
    path = kernels.levels((np.nan_to_num(energy) / base).astype(np.float32), POWERS, weight, LEVEL_CHANGE)
    low = POWERS[path] * base < SILENT * np.repeat(level, STEP)[np.minimum(np.arange(path.size), level.size * STEP - 1)]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], low, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def _silences(energy: Energies, level: Floats, low: Ints, is_tonic: NDArray[np.bool_]) -> Ints:
    """Those low runs that are silences of negative myoclonus."""
    length = low[:, 1] - low[:, 0]
    pauses = low[length >= SHORTEST]
    fits = np.array([_fits(energy, a, b, level, is_tonic) for a, b in pauses], dtype=bool)
    fits &= _bounded(pauses, energy.size)
    fits[fits] = [_beyond_chance(low, a, b) for a, b in pauses[fits]]
    return pauses[fits]


def _fits(energy: Energies, start: int, stop: int, level: Floats, is_tonic: NDArray[np.bool_]) -> bool:
    """Whether a pause is short enough, lies in tonic activity, begins and ends at once, and nothing is missing."""
    middle = (start + stop) // 2
    power = FLANK_POWER * level[min(middle // STEP, level.size - 1)]
    return bool(
        stop - start <= LONGEST
        and is_tonic[min(middle // STEP, level.size - 1)]
        and start >= FLANK
        and stop + FLANK <= energy.size
        and _mean(energy, start - FLANK, start) >= power  # NaN is not
        and _mean(energy, stop, stop + FLANK) >= power
        and np.isfinite(_mean(energy, start, stop))
    )


def _bounded(pauses: Ints, end: int) -> NDArray[np.bool_]:
    """Whether the series that each pause belongs to is short, and bounded by activity on both sides."""
    gap = np.diff(np.concatenate([[0], pauses.ravel(), [end]]).reshape(-1, 2), axis=1).ravel()
    first = np.flatnonzero(np.concatenate([[True], gap[1:-1] >= SEPARATE])) if len(pauses) else np.empty(0, np.int64)
    last = np.concatenate([first[1:], [len(pauses)]])
    good = np.zeros(len(pauses), bool)
    for a, b in zip(first, last, strict=True) if len(pauses) else ():
        good[a:b] = b - a <= LONGEST_SERIES and gap[a] >= BOUNDED and gap[b] >= BOUNDED
    return good


def _beyond_chance(low: Ints, start: int, stop: int) -> bool:
    """Whether a pause is longer than the muscle's own gaps between potentials can explain.

    Their lengths are taken to fall off exponentially, as those of a Poisson train do.
    """
    length = low[:, 1] - low[:, 0]
    near = (low[:, 0] > start - NATURAL) & (low[:, 1] < stop + NATURAL)
    gaps = length[near & (length >= SHORT_GAP) & (length < SHORTEST)]
    if gaps.size == 0:
        return True
    excess = float(np.mean(gaps - SHORT_GAP)) + 1.0
    return bool(gaps.size * np.exp(-(stop - start - SHORT_GAP) / excess) < BY_CHANCE)


def _follows_burst(energy: Energies, start: int, power: float) -> bool:
    before = energy[max(0, start - BURST_WITHIN - BURST_WIDTH) : start]
    if before.size < BURST_WIDTH:
        return False
    return bool(np.convolve(before, np.full(BURST_WIDTH, 1 / BURST_WIDTH), mode="valid").max() > BURST_POWER * power)
