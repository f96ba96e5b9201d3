"""The detector of one channel, fed piece by piece: all of its state and nothing of files, labels or seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from myosig.detect import (
    _band_kernels as band_kernels,
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
    "cut",
)
NOTHING = np.empty((0, len(COLUMNS)))
TIMES = np.isin(COLUMNS, ("onset", "offset", "peak_time")).astype(np.float64)  # 1 for each of them
SPANS = np.isin(COLUMNS, ("onset_se", "offset_se", "area")).astype(np.float64)
CODE_EDGES = 10.0 ** ((np.arange(d.N_CODES) - d.FLOOR_CODE) / d.PER_BEL)
CODE_VALUES = 10.0 ** ((np.arange(d.N_CODES) + 0.5 - d.FLOOR_CODE) / d.PER_BEL)
CODING = (d.CODE_BINS, d.CODE_STEP, d.PER_BEL * math.log10(2), CODE_EDGES)
MOST = np.maximum(d.CERTAIN, d.CERTAIN * d.CERTAIN_BINS / np.array(d.SCALES))
MODE = (d.QUANTILE, d.QUANTILE_BELOW, d.MODE_REACH, d.MODE_ROUNDS)
PER_HOP = d.HOP_BINS // d.CODE_STEP
JOINING = (np.array(d.GAP), d.COMPARABLE, np.array(d.ALIKE), d.SINGLE, d.PARTING_ODDS)
QUIET = (d.STILL, d.FAR, d.TRIM, d.DIP_DEPTH)
DIP = (d.DIP_DEPTH, d.QUIET_DEPTH, d.DIP_REACH // d.GRAIN_BINS, d.DIP_NEAR)
SCORED = 8  # hops: those that are looked at together, and so many more that they are seldom moved
UNEVEN = (d.UNEVEN_BINS, d.USUALLY_UNEVEN, d.UNEVEN_TRUST)
EDGE_REACH = (d.HALF_BINS, *d.EDGE_ROOM)
RISES = (np.array(d.RISES), d.GRADUAL_COST, d.TENTH, d.TENTH_SPREAD, d.rises())
SETTINGS = {
    "design",
    "ahead",
    "back",
    "band",
    "impulse",
    "estimate",
    "gamma",
    "trigger",
    "beside_flat",
    "measures",
}  # attributes that follow from the arguments


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
        made = self.design
        self.band = (made.taps, made.spacing, made.smooth, made.bin)
        self.impulse = (*made.beside, d.IMPULSE, made.leak)
        self.estimate = (CODE_VALUES, MODE, 0.5 ** (1 / d.seconds_to_hops(d.SPREAD_MEMORY, sfreq)))
        of_noise = (made.steadiness, made.shapes, made.prior, made.mode_power, d.SPREAD_PRIOR)
        self.gamma = (*of_noise, made.normal, made.white, MOST)
        self.beside_flat = -(-(made.halo // made.bin + d.CODE_BINS) // d.CODE_STEP)
        self.trigger = (made.scales, d.CLIP)
        self.measures = (
            np.round(np.array(d.REACH) * sfreq).astype(np.int64),
            (sfreq, d.HIGH_PASS, min(450.0, 0.45 * sfreq), d.SPECTRUM_STEP),
            np.array(d.LIMITS),
        )
        self.center = np.array([d.CENTER_PRIOR, d.CENTER_PRIOR])
        self.low = np.zeros((len(self.design.scales), 2))
        self.codes = Tail(np.int16, (PER_HOP,))
        self.searched = 0
        self.levels = Tail(np.float32)  # noise now and then
        self.heard = np.zeros(d.N_CODES, np.int64)  # how often each code came, but beside a flat line
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
        self.scores = np.zeros((SCORED * d.HOP_BINS // d.GRAIN_BINS + 1, len(d.LEVELS) + 1), np.float32)
        self.counted = (
            d.CODE_BINS // d.CODE_STEP - 1
        )  # codes of the stretch, the first of which are of less than a window
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
        return self._advance(hops * self.design.hop, final=False)

    def _mirror_start(self) -> None:
        known = self.x.rows.copy()
        self.x = Tail(np.float32)
        self.x.append(np.pad(known, (self.design.halo, 0), mode="symmetric"))
        self.fresh = False

    def _unseen(self) -> int:
        """Samples that have their surroundings but no energy yet."""
        return len(self.x) - 2 * self.design.halo - len(self.e) * self.design.bin

    @property
    def floor(self) -> float:
        """Level without any muscle activity, µV RMS, from the quietest windows; NaN where there are none."""
        there = self.heard[1:].cumsum()  # code 0 is a flat line
        if there[-1] == 0:
            return np.nan
        at = 1 + int(np.searchsorted(there, d.QUIETEST * there[-1], side="right"))
        return math.sqrt(CODE_VALUES[at] / d.QUIETEST_POWER)

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
        return self._advance(whole, final=True)

    # -- deciding -----------------------------------------------------------------------------------

    def _advance(self, n: int, *, final: bool) -> Rows:
        """Take the next `n` samples as far as they can be judged by now."""
        self._listen(n, final=final)
        self._segment(final=final)
        return self._finish(final=final)

    def _listen(self, n: int, *, final: bool) -> None:
        """Energies of the samples; noise, ratio and marks of every hop whose surroundings are known."""
        measured, done = len(self.e), len(self.noise)
        self.searched += n
        self.e.grow(n // self.design.bin)
        self.codes.grow(-(-(n // self.design.bin) // d.HOP_BINS))[:] = 0
        first = measured * self.design.bin
        band_kernels.energies(self.x.rows[first:], *self.band, self.e.rows[measured:])
        known = -(-len(self.e) // d.HOP_BINS)
        before = len(self.codes) - known
        lead = min(measured, d.CODE_BINS - d.CODE_STEP)
        codes = self.codes.rows[before:].reshape(-1)[measured // d.CODE_STEP :]
        kernels.log_codes(self.e.rows[measured - lead :], lead, *CODING, codes)
        self._count(before * PER_HOP + len(self.e) // d.CODE_STEP, final=final)
        ready = known if final else max(done, min(known, len(self.e) // d.HOP_BINS - self.ahead))
        bins = min(ready * d.HOP_BINS, len(self.e)) - len(self.mark)
        self.sums.grow(bins)
        self.mark.grow(bins)[:] = 0
        noise = self.noise.grow(ready - done)
        begin = done
        if not self.low.any():  # nothing is known of this channel's noise: look at some of it first
            begin = self._first_live(done, ready)
            self._judge(done, begin)
            if begin < ready:
                self._rehearse(begin)
        self._judge(begin, ready)
        until_kept = -(done + self.base // d.HOP_BINS) % d.REMEMBERED
        self.levels.append(noise[until_kept :: d.REMEMBERED])

    def _count(self, end: int, *, final: bool) -> None:
        """Count those of the codes up to `end` that were not yet and of which it is known what comes after them."""
        reach = self.beside_flat
        start = end - (self.base + len(self.e)) // d.CODE_STEP + self.counted
        stop = end if final else max(start, end - reach)
        self.counted += stop - start
        first = max(0, start - reach)
        codes = self.codes.rows.reshape(-1)[first : min(end, stop + reach)]
        if not codes.all():
            codes = np.where(maximum_filter1d(codes == 0, 2 * reach + 1, mode="constant"), 0, codes)
        self.heard += np.bincount(codes[start - first : stop - first], minlength=d.N_CODES)

    def _first_live(self, first: int, last: int) -> int:
        """The first whole hop in which the line is not flat; `last` where there is none."""
        live = self.e.rows[first * d.HOP_BINS : last * d.HOP_BINS] > 0
        whole = live[: len(live) // d.HOP_BINS * d.HOP_BINS].reshape(-1, d.HOP_BINS).all(axis=1)
        return first + int(whole.argmax()) if whole.any() else last

    def _rehearse(self, first: int) -> None:
        """Learn from hop `first`, and those that may be looked ahead to, without judging them."""
        e = self.e.rows[first * d.HOP_BINS :][: (self.ahead + 1) * d.HOP_BINS]
        hops = -(-len(e) // d.HOP_BINS)
        self._scan(first, e, 0, np.zeros(len(e) + 1), np.zeros(len(e), np.uint8), np.empty(hops))

    def _judge(self, first: int, last: int) -> None:
        """Noise, ratios and marks of the hops from `first` to `last`; learns from them."""
        noise = self.noise.rows[first:last]
        self._scan(first, self.e.rows, first * d.HOP_BINS, self.sums.rows, self.mark.rows, noise)

    def _scan(
        self,
        hop: int,
        e: NDArray[np.float32],
        begin: int,
        sums: NDArray[np.float64],
        mark: NDArray[np.uint8],
        noise: NDArray[np.float64],
    ) -> None:
        """Fill `noise`, one a hop, and `sums` and `mark` from bin `begin` of `e` on, where hop `hop` begins."""
        before = len(self.codes) - -(-len(self.e) // d.HOP_BINS)  # hops that only the noise needs
        last = hop + -(-(len(e) - begin) // d.HOP_BINS)
        kernels.scan(
            e,
            d.HOP_BINS,
            begin,
            self.codes.rows[: before + last],
            (before + hop, self.back, self.ahead),
            self.estimate,
            self.center,
            self.low,
            self.gamma,
            self.trigger,
            sums,
            mark,
            noise,
        )

    def _segment(self, *, final: bool) -> None:
        """Power level of every bin whose surroundings are marked or not for good."""
        start, stop = len(self.level), len(self.mark)
        if not final:
            stop = max(start, (stop - d.SCALES[-1] - d.MARK_BINS) // d.HOP_BINS * d.HOP_BINS)
        if stop <= start:
            return
        followed = level_kernels.segment(
            self.e.rows[: len(self.mark)],
            self.noise.rows,
            self.mark.rows,
            d.HOP_BINS,
            d.GRAIN_BINS,
            d.MARK_BINS,
            d.LEVELS,
            self.design.weight,
            (d.EDGE_COST, d.CHANGE_COST),
            DIP,
            start,
            self.scores,
            self.followed - self.base,
            self.level.grow(stop - start),
        )
        self.followed = followed + self.base

    def _finish(self, *, final: bool) -> Rows:
        """Measure the bursts that have ended; forget what no later one can need."""
        found, following, needed = level_kernels.ended(
            self.level.rows,
            self.sums.rows,
            self.mark.rows,
            (self.e.rows, self.noise.rows, d.HOP_BINS),
            d.LEVELS,
            JOINING,
            QUIET,
            (self.design.weight, d.LEAST_GAIN),
            self.impulse,
            d.EDGE_BINS,
            self.last_end - self.base,
            len(self.e),
            len(self.level) - (0 if final else d.GAP[1] + d.GAP[3]),
        )
        self.last_end = following + self.base  # up to where an offset may lie, so no later onset lies before
        rows = self._measure(found, final=final) if len(found) else NOTHING
        self._forget(needed)
        return rows

    def _measure(self, found: NDArray[np.int64], *, final: bool) -> Rows:
        """The rows of some bursts, but of those that are too short."""
        design = self.design
        whole = len(self.e) * design.bin
        noise = self.noise.rows[np.minimum(found[:, 0] // d.HOP_BINS, len(self.noise) - 1)]
        edges = edge_kernels.edges(self.e.rows, noise, found, design.weight, UNEVEN, EDGE_REACH, RISES)
        about = np.rint(edges[:, :2] * design.bin).astype(np.int64)
        x = self.x.rows[: whole + 2 * design.halo]
        y, spans, begin = band_kernels.condition_spans(
            x, design.taps, design.spacing, design.smooth, about, self.measures[0][0]
        )
        rows = edge_kernels.describe(
            y,
            begin,
            spans,
            design.bin,
            noise,
            edges,
            *self.measures,
            d.LEAST_DURATION * design.sfreq,
            (
                d.CUT_BINS * design.bin if self.base == 0 else -1,
                whole - d.CUT_BINS * design.bin if final else whole + 1,
            ),
        )
        rows += TIMES * (self.origin + self.base * design.bin)
        return np.asarray(rows)

    def _forget(self, oldest: int) -> None:
        """Drop what lies well before the oldest bin that a later burst can need."""
        drop = max(0, oldest - 2 * d.SCALES[-1]) // d.HOP_BINS * d.HOP_BINS
        if drop == 0:
            return
        self.base += drop
        for rows in (self.e, self.sums, self.mark, self.level):
            rows.forget(drop)
        self.x.forget(drop * self.design.bin)
        self.noise.forget(drop // d.HOP_BINS)
        hops_kept = -(-len(self.e) // d.HOP_BINS) + self.back + 1
        self.codes.forget(max(0, len(self.codes) - hops_kept))
