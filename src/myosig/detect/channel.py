"""The detector of one channel, fed piece by piece: all of its state and nothing of files, labels or seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.detect import (
    _edge_kernels as edge_kernels,
    _kernels as kernels,
    _level_kernels as level_kernels,
    design as d,
)

Row = NDArray[np.float64]
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
CODE_VALUES = 10.0 ** ((np.arange(d.N_CODES) + 0.5 - d.FLOOR_CODE) / d.PER_BEL)
MOST = np.maximum(d.CERTAIN, d.CERTAIN * d.CERTAIN_BINS / np.array(d.SCALES))
MODE = np.array([d.QUANTILE, d.QUANTILE_POWER, d.MODE_LIMIT, d.MODE_ROUNDS])


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
        self.codes = np.zeros((0, d.HOP_BINS // d.CODE_STEP), np.int16)
        self.searched = 0
        self.levels: list[float] = []
        self._begin(0)

    def _begin(self, sample: int) -> None:
        """Start a contiguous stretch at a sample of the channel."""
        self.origin = sample  # of bin 0
        self.raw = np.empty(0, np.float32)  # samples not yet conditioned, with their halo
        self.fresh = True  # the stretch has no sample yet
        self.base = 0  # bin at which the buffers begin; always on a hop
        self.y = np.empty(0, np.float32)
        self.e = np.empty(0, np.float32)
        self.z = np.empty(0, np.float32)
        self.mark = np.empty(0, np.uint8)
        self.noise = np.empty(0)
        self.level = np.empty(0, np.uint8)
        self.past = len(self.codes)  # hops of earlier stretches in `codes`
        self.last_end = 0  # bin where the burst before ended

    # -- feeding ------------------------------------------------------------------------------------

    def push(self, x: NDArray[np.float32]) -> list[Row]:
        """Take the next samples of the stretch; give the bursts that are certain by now."""
        self.raw = np.concatenate([self.raw, x])
        if self.fresh and len(self.raw) > self.design.halo:
            self.raw = np.concatenate([self.raw[: self.design.halo][::-1], self.raw])
            self.fresh = False
        hops = 0 if self.fresh else (len(self.raw) - 2 * self.design.halo) // self.design.hop
        if hops <= 0:
            return []
        self._condition(hops * self.design.hop)
        return self._advance(final=False)

    def flush(self, next_sample: int) -> list[Row]:
        """End the stretch; the next one starts at `next_sample`."""
        rows = self._end()
        self._begin(next_sample)
        return rows

    def _end(self) -> list[Row]:
        step = self.design.spacing
        halo = self.design.halo
        left = len(self.raw) - (0 if self.fresh else halo)
        whole = left // step * step
        if len(self.e) == 0 and whole == 0:
            return []
        if self.fresh:
            self.raw = np.pad(self.raw, (halo, 0), mode="symmetric")
        self.raw = np.pad(self.raw, (0, halo + step), mode="symmetric")
        self._condition(whole)
        return self._advance(final=True)

    def _condition(self, n: int) -> None:
        design = self.design
        y = kernels.condition(self.raw[: n + 2 * design.halo], design.taps, design.spacing, design.smooth)
        e = kernels.bin_energy(y, design.bin)
        self.raw = self.raw[n:]
        self.searched += n
        self.y = np.concatenate([self.y, y])
        lead = min(len(self.e), d.CODE_BINS - d.CODE_STEP)
        self.e = np.concatenate([self.e, e])
        per_hop = d.HOP_BINS // d.CODE_STEP
        recent = self.e[len(self.e) - len(e) - lead :]
        codes = kernels.log_codes(recent, lead, d.CODE_BINS, d.CODE_STEP, d.PER_BEL, d.FLOOR_CODE, d.N_CODES)
        rows = -(-len(e) // d.HOP_BINS)
        padded = np.zeros(rows * per_hop, np.int16)
        padded[: len(codes)] = codes
        self.codes = np.concatenate([self.codes, padded.reshape(rows, per_hop)])

    # -- deciding -----------------------------------------------------------------------------------

    def _advance(self, *, final: bool) -> list[Row]:
        self._scan(final=final)
        self._segment(final=final)
        rows = self._finish(final=final)
        self._forget()
        return rows

    def _scan(self, *, final: bool) -> None:
        """Noise, ratio and marks of every hop whose surroundings are known."""
        known = -(-len(self.e) // d.HOP_BINS)
        done = -(-len(self.z) // d.HOP_BINS)
        ready = known if final else min(known, len(self.e) // d.HOP_BINS - self.ahead)
        if ready <= done:
            return
        start = done * d.HOP_BINS
        stop = min(ready * d.HOP_BINS, len(self.e))
        at = np.arange(done, ready) + self.base // d.HOP_BINS
        offset = len(self.codes) - (self.base // d.HOP_BINS + known)  # row in `codes` of the stretch's hop 0
        span = np.stack([at + offset - self.back, at + offset + self.ahead + 1], axis=1).clip(0, len(self.codes))
        first_row = int(span[0, 0])
        clipped = np.concatenate([self.z, np.empty(stop - start, np.float32)])
        mark = np.concatenate([self.mark, np.zeros(stop - start, np.uint8)])
        noise = np.empty(ready - done)
        design = self.design
        kernels.scan(
            self.e[:stop],
            d.HOP_BINS,
            start,
            self.codes[first_row:],
            span - first_row,
            np.zeros(d.N_CODES, np.int32),
            CODE_VALUES,
            np.array([*MODE, self.decay]),
            self.center,
            self.low,
            (
                design.spread,
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
            clipped,
            mark,
            noise,
        )
        self.z, self.mark, self.noise = clipped, mark, np.concatenate([self.noise, noise])
        self.levels.extend(noise.tolist())

    def _segment(self, *, final: bool) -> None:
        """Power level of every bin whose surroundings are marked or not for good."""
        start = len(self.level)
        stop = (
            len(self.z) if final else max(start, (len(self.z) - d.SCALES[-1] - d.MARK_BINS) // d.HOP_BINS * d.HOP_BINS)
        )
        if stop <= start:
            return
        level = level_kernels.segment(
            self.e[: len(self.z)],
            self.noise,
            self.mark,
            d.HOP_BINS,
            d.GRAIN_BINS,
            d.CONTEXT_BINS,
            d.MARK_BINS,
            d.LEVELS,
            self.design.weight,
            (d.EDGE_COST, d.CHANGE_COST),
            (d.DIP_DEPTH, d.QUIET_DEPTH, d.DIP_REACH // d.GRAIN_BINS, d.DIP_NEAR),
            start,
            stop,
        )
        self.level = np.concatenate([self.level, level])

    def _finish(self, *, final: bool) -> list[Row]:
        """Describe the bursts that have ended."""
        start = max(self.last_end - self.base, 0)
        found = self._runs()
        middle = (found[1:, 0] + found[:-1, 1]) // 2
        first = np.maximum(np.concatenate([[start], middle]), found[:, 0] - d.EDGE_BINS)
        last = np.minimum(np.concatenate([middle, [len(self.e)]]), found[:, 1] + d.EDGE_BINS)
        ended = found[:, 1] <= len(self.level) - (0 if final else d.GAP[1] + d.GAP[3])
        found = np.column_stack([found, first, last])[ended]
        if len(found) == 0:
            return []
        keep = np.array([self._holds(a, b) for a, b in found[:, :2]])
        total = len(self.e)
        self.last_end = int(found[-1, 1]) + self.base
        rows = self._describe(found[keep])
        rows = rows[rows[:, 1] - rows[:, 0] >= d.LEAST_DURATION * self.design.sfreq]
        cut = np.zeros(len(rows))
        cut[(rows[:, 0] <= d.CUT_BINS * self.design.bin) & (self.base == 0)] = 1
        if final:
            cut[rows[:, 1] >= (total - d.CUT_BINS) * self.design.bin] = 1
        rows[:, [0, 1, 4]] += self.origin + self.base * self.design.bin
        return list(np.column_stack([rows, cut]))

    def _runs(self) -> NDArray[np.int64]:
        """Bins (start, stop) of the bursts after the last one that ended."""
        pieces = level_kernels.runs(self.level)
        found = level_kernels.join(pieces, np.array(d.GAP), d.COMPARABLE, np.array(d.ALIKE), d.SINGLE, d.PARTING_ODDS)
        return np.asarray(found[found[:, 0] >= self.last_end - self.base])

    def _holds(self, start: int, stop: int) -> bool:
        """Whether a run is marked by the trigger and stands out by itself."""
        mean = float(self.z[start:stop].mean())
        gain = (stop - start) * self.design.weight * (mean - 1 - np.log(max(mean, 1.0)))
        return bool(self.mark[start:stop].any()) and mean > 1 and gain >= d.LEAST_GAIN

    def _describe(self, found: NDArray[np.int64]) -> NDArray[np.float64]:
        sfreq = self.design.sfreq
        high = min(450.0, 0.45 * sfreq)
        reach = np.round(np.array(d.REACH) * sfreq).astype(np.int64)
        return np.asarray(
            edge_kernels.describe(
                self.y,
                self.noise,
                d.HOP_BINS,
                self.design.bin,
                found,
                d.LEVELS,
                self.design.weight / self.design.bin,
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
        self.e, self.z = self.e[drop:], self.z[drop:]
        self.mark, self.level = self.mark[drop:], self.level[drop:]
        self.y = self.y[drop * self.design.bin :]
        self.noise = self.noise[drop // d.HOP_BINS :]
        hops_kept = -(-len(self.e) // d.HOP_BINS) + self.back + 1
        self.codes = self.codes[-hops_kept:]
