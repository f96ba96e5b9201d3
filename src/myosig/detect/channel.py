"""The detector of one channel, fed piece by piece: all of its state and nothing of files, labels or seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect import (
    _edge_kernels as edge_kernels,
    _kernels as kernels,
    _level_kernels as level_kernels,
    design as d,
)
from myosig.detect.tail import Tail

Rows = NDArray[np.float64]
COLUMNS = (
    "onset",
    "offset",
    "onset_se",
    "offset_se",
    "peak_time",
    "amplitude",
    "rms",
    "area",
    "snr",
    "median_frequency",
    "n_peaks",
    "noise",
    "energy",
    "cut",
)
NOTHING = np.empty((0, len(COLUMNS)))
CODE_VALUES = 10.0 ** ((np.arange(d.N_CODES) + 0.5 - d.FLOOR_CODE) / d.PER_BEL)
MOST = np.maximum(d.CERTAIN, d.CERTAIN * d.CERTAIN_BINS / np.array(d.SCALES))
MODE = (d.QUANTILE, d.QUANTILE_POWER, d.MODE_LIMIT, d.MODE_ROUNDS)
PER_HOP = d.HOP_BINS // d.CODE_STEP
SETTINGS = ("design", "ahead", "back", "decay")  # attributes that follow from the arguments


class ChannelDetector:
    """Finds the bursts of one channel in a stream of finite samples.

    Parameters
    ----------
    sfreq : float
        Samples per second.
    ahead : float
        Seconds that the noise estimate may look ahead; what is found is given out that much later.
    """

    def __init__(self, sfreq: float, *, ahead: float) -> None:
        self.design = d.design(sfreq)
        self.ahead = d.seconds_to_hops(ahead, sfreq)
        self.back = d.seconds_to_hops(d.NOISE_REACH, sfreq)
        self.decay = 0.5 ** (1 / d.seconds_to_hops(d.SPREAD_MEMORY, sfreq))
        self.center = np.array([d.CENTER_PRIOR, d.CENTER_PRIOR])
        self.low = np.zeros((len(self.design.scales), 2))
        self.codes = Tail(np.int16, (PER_HOP,))
        self.searched = 0
        self.levels = Tail(np.float32)  # noise now and then
        self._begin(0)

    def _begin(self, sample: int) -> None:
        """Start a contiguous stretch at a sample of the channel."""
        self.origin = sample  # of bin 0
        self.base = 0  # bin at which the arrays begin; always on a hop
        self.x = Tail(np.float32)  # samples from `halo` before it on, the first of a stretch mirrored
        self.fresh = True  # the stretch has no sample yet
        self.e = Tail(np.float32)
        self.sums = Tail(np.float64)  # running sums of the ratio to the noise, one more than bins
        self.sums.append(np.zeros(1))
        self.mark = Tail(np.uint8)
        self.noise = Tail(np.float64)
        self.level = Tail(np.uint8)
        self.scores = np.zeros((2 * d.HOP_BINS // d.GRAIN_BINS + 1, len(d.LEVELS) + 1), np.float32)
        self.followed = -1  # bin up to which they are known
        self.last_end = 0  # bin where the burst before ended

    # -- on disk ------------------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[Any]]:
        """What changes while it is fed, as named arrays, for `restore`."""
        changing = {name: value for name, value in vars(self).items() if name not in SETTINGS}
        return {name: np.asarray(v.rows if isinstance(v, Tail) else v) for name, v in changing.items()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a `state` of a detector of the same rate; ValueError where an array is of another kind."""
        for name, now in self.state().items():
            then = np.asarray(state[name])
            if then.dtype.kind != now.dtype.kind or then.ndim != now.ndim or then.shape[1:] != now.shape[1:]:
                raise ValueError(f"{name} is {then.dtype} of shape {then.shape}")
            kept = getattr(self, name)
            if isinstance(kept, Tail):
                kept.forget(len(kept))
                kept.append(then)
            else:
                setattr(self, name, then.copy() if isinstance(kept, np.ndarray) else type(kept)(then.tolist()))

    # -- feeding ------------------------------------------------------------------------------------

    def push(self, x: NDArray[np.float32]) -> Rows:
        """Take the next samples of the stretch; give the bursts that are certain by now."""
        self.x.append(x)
        if self.fresh and len(self.x) > self.design.halo:
            self._mirror_start()
        hops = 0 if self.fresh else self._unseen() // self.design.hop
        if hops <= 0:
            return NOTHING
        self._measure(hops * self.design.hop)
        return self._advance(final=False)

    def _mirror_start(self) -> None:
        known = self.x.rows.copy()
        self.x = Tail(np.float32)
        self.x.append(np.pad(known, (self.design.halo, 0), mode="symmetric"))
        self.fresh = False

    def _unseen(self) -> int:
        """Samples that have their surroundings but no energy yet."""
        return len(self.x) - 2 * self.design.halo - len(self.e) * self.design.bin

    def flush(self, next_sample: int) -> Rows:
        """End the stretch; the next one starts at `next_sample`."""
        rows = self._end()
        self._begin(next_sample)
        return rows

    def _end(self) -> Rows:
        design = self.design
        whole = (len(self.x) if self.fresh else self._unseen() + design.halo) // design.spacing * design.spacing
        if len(self.e) == 0 and whole == 0:
            return NOTHING
        if self.fresh:
            self._mirror_start()
        wanted = design.halo + design.spacing
        self.x.append(np.pad(self.x.rows[-wanted:], (0, wanted), mode="symmetric")[-wanted:])
        self._measure(whole)
        return self._advance(final=True)

    def _measure(self, n: int) -> None:
        """Energies of the next `n` samples, and their codes."""
        design = self.design
        begin = len(self.e) * design.bin
        x = self.x.rows[begin : begin + n + 2 * design.halo]
        e = kernels.energies(x, design.taps, design.spacing, design.smooth, design.bin)
        self.searched += n
        lead = min(len(self.e), d.CODE_BINS - d.CODE_STEP)
        self.e.append(e)
        recent = self.e.rows[len(self.e) - len(e) - lead :]
        codes = kernels.log_codes(recent, lead, d.CODE_BINS, d.CODE_STEP, d.PER_BEL, d.FLOOR_CODE, d.N_CODES)
        room = self.codes.grow(-(-len(e) // d.HOP_BINS)).reshape(-1)
        room[: len(codes)], room[len(codes) :] = codes, 0

    # -- deciding -----------------------------------------------------------------------------------

    def _advance(self, *, final: bool) -> Rows:
        self._scan(final=final)
        self._segment(final=final)
        rows = self._finish(final=final)
        self._forget()
        return rows

    def _scan(self, *, final: bool) -> None:
        """Noise, ratio and marks of every hop whose surroundings are known."""
        known = -(-len(self.e) // d.HOP_BINS)
        done = len(self.noise)
        ready = known if final else min(known, len(self.e) // d.HOP_BINS - self.ahead)
        if ready <= done:
            return
        start, stop = done * d.HOP_BINS, min(ready * d.HOP_BINS, len(self.e))
        hop = np.arange(done, ready) + len(self.codes) - known  # rows in `codes`
        span = np.stack([hop - self.back, hop + self.ahead + 1], axis=1).clip(0, len(self.codes))
        first_row = int(span[0, 0])
        self.sums.grow(stop - start)
        self.mark.grow(stop - start)[:] = 0
        noise = self.noise.grow(ready - done)
        design = self.design
        kernels.scan(
            self.e.rows[:stop],
            d.HOP_BINS,
            start,
            self.codes.rows[first_row:],
            span - first_row,
            np.zeros(d.N_CODES, np.int32),
            CODE_VALUES,
            MODE,
            self.decay,
            self.center,
            self.low,
            (
                design.steadiness,
                design.shapes,
                design.prior,
                design.cut_mean,
                d.SPREAD_PRIOR,
                design.normal,
                design.white,
                d.DOUBT,
                MOST,
            ),
            design.scales,
            d.CLIP,
            self.sums.rows,
            self.mark.rows,
            noise,
        )
        number = np.arange(done, ready) + self.base // d.HOP_BINS
        self.levels.append(noise[number % d.REMEMBERED == 0])

    def _segment(self, *, final: bool) -> None:
        """Power level of every bin whose surroundings are marked or not for good."""
        start, stop = len(self.level), len(self.mark)
        if not final:
            stop = max(start, (stop - d.SCALES[-1] - d.MARK_BINS) // d.HOP_BINS * d.HOP_BINS)
        if stop <= start:
            return
        room = -(-(stop - start) // d.GRAIN_BINS)
        scores = np.empty((len(self.scores) + room, self.scores.shape[1]), np.float32)
        scores[: len(self.scores)] = self.scores
        level, followed = level_kernels.segment(
            self.e.rows[: len(self.mark)],
            self.noise.rows,
            self.mark.rows,
            d.HOP_BINS,
            d.GRAIN_BINS,
            d.MARK_BINS,
            d.LEVELS,
            self.design.weight,
            (d.EDGE_COST, d.CHANGE_COST),
            (d.DIP_DEPTH, d.QUIET_DEPTH, d.DIP_REACH // d.GRAIN_BINS, d.DIP_NEAR),
            start,
            stop,
            scores,
            self.followed - self.base,
        )
        self.scores, self.followed = scores[room:].copy(), followed + self.base
        self.level.append(level)

    def _finish(self, *, final: bool) -> Rows:
        """Describe the bursts that have ended."""
        start = max(self.last_end - self.base, 0)
        found = self._runs()
        middle = (found[1:, 0] + found[:-1, 1]) // 2
        first = np.maximum(np.concatenate([[start], middle]), found[:, 0] - d.EDGE_BINS)
        last = np.minimum(np.concatenate([middle, [len(self.e)]]), found[:, 1] + d.EDGE_BINS)
        ended = found[:, 1] <= len(self.level) - (0 if final else d.GAP[1] + d.GAP[3])
        found = np.column_stack([found, first, last])[ended]
        if len(found) == 0:
            return NOTHING
        self.last_end = int(found[-1, 3]) + self.base  # up to where its offset may lie: no later onset lies before
        rows = self._describe(found[self._hold(found[:, :2])])
        rows = rows[rows[:, 1] - rows[:, 0] >= d.LEAST_DURATION * self.design.sfreq]
        cut = (rows[:, 0] <= d.CUT_BINS * self.design.bin) & (self.base == 0)
        if final:
            cut |= rows[:, 1] >= (len(self.e) - d.CUT_BINS) * self.design.bin
        rows[:, [0, 1, 4]] += self.origin + self.base * self.design.bin
        return np.column_stack([rows, cut])

    def _runs(self) -> NDArray[np.int64]:
        """Bins (start, stop) of the bursts after the last one that ended."""
        pieces = level_kernels.runs(self.level.rows)
        still = self._still(pieces)
        found = level_kernels.join(pieces, still, np.array(d.GAP), d.COMPARABLE, np.array(d.ALIKE), d.SINGLE, d.PARTING_ODDS)
        return np.asarray(found[found[:, 0] >= self.last_end - self.base])

    def _still(self, pieces: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Whether the gap before each piece is as quiet as noise, or far below what is on both sides."""
        if len(pieces) == 0:
            return np.zeros(0, np.uint8)
        gap = np.stack([np.r_[pieces[0, 0], pieces[:-1, 1]], pieces[:, 0]], axis=1)
        trim = np.minimum(d.TRIM, np.diff(gap, axis=1) // 3)
        gap = gap + trim * [1, -1]
        length = np.maximum(np.diff(gap, axis=1).ravel(), 1)
        mean = np.maximum(np.diff(self.sums.rows[gap], axis=1).ravel() / length, 1)
        gain = length * self.design.weight * (mean - 1 - np.log(mean))
        level = d.LEVELS[np.maximum.reduceat(self.level.rows, pieces[:, 0])]
        beside = np.minimum(level, np.r_[level[0], level[:-1]])
        return ((gain < d.STILL) | (length > d.FAR) | (mean * d.DIP_DEPTH < beside)).astype(np.uint8)

    def _hold(self, found: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each run is marked by the trigger and stands out by itself."""
        length = np.diff(found, axis=1).ravel()
        mean = level_kernels.without_impulses(self.e.rows, self.noise.rows, d.HOP_BINS, found, self.design.beside, d.IMPULSE, self.design.leak)
        gain = length * self.design.weight * (mean - 1 - np.log(np.maximum(mean, 1)))
        marked = np.diff(np.searchsorted(np.flatnonzero(self.mark.rows.view(np.bool_)), found), axis=1).ravel() > 0
        return np.asarray(marked & (mean > 1) & (gain >= d.LEAST_GAIN))

    def _describe(self, found: NDArray[np.int64]) -> NDArray[np.float64]:
        sfreq = self.design.sfreq
        high = min(450.0, 0.45 * sfreq)
        reach = np.round(np.array(d.REACH) * sfreq).astype(np.int64)
        design = self.design
        spans = found[:, 2:] * design.bin + [-reach[1], reach[1]]  # where an edge may be walked to
        x = self.x.rows[: len(self.e) * design.bin + 2 * design.halo]
        y = kernels.condition_within(x, design.taps, design.spacing, design.smooth, spans.clip(0, None))
        return np.asarray(
            edge_kernels.describe(
                y,
                self.noise.rows,
                d.HOP_BINS,
                design.bin,
                found,
                d.LEVELS,
                design.weight / design.bin,
                reach,
                np.array(d.OUTWARDS) * np.array([1.0, sfreq, 1.0, sfreq, sfreq]),
                (sfreq, d.HIGH_PASS, high, d.SPECTRUM_STEP),
                np.array(d.LIMITS),
            )
        )

    def _forget(self) -> None:
        """Drop what no later burst can need."""
        open_runs = self._runs()
        oldest = len(self.level)
        if len(open_runs):
            oldest = int(open_runs[0, 0])
        drop = max(0, min(oldest, len(self.level)) - 2 * d.SCALES[-1]) // d.HOP_BINS * d.HOP_BINS
        if drop == 0:
            return
        self.base += drop
        for rows in (self.e, self.sums, self.mark, self.level):
            rows.forget(drop)
        self.x.forget(drop * self.design.bin)
        self.noise.forget(drop // d.HOP_BINS)
        hops_kept = -(-len(self.e) // d.HOP_BINS) + self.back + 1
        self.codes.forget(max(0, len(self.codes) - hops_kept))
