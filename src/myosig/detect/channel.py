"""The detector of one channel, fed piece by piece: all of its state and nothing of files, labels or seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect import design as d
from myosig.detect._channel_kernels import advance
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
SETTINGS = {"design", "reach", "settings"}  # attributes that follow from the arguments


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
        self.reach = (d.seconds_to_hops(d.NOISE_REACH, sfreq), d.seconds_to_hops(ahead, sfreq))
        self.settings = _settings(sfreq)
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
        )  # codes of the stretch, of which the first are of less than a window
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
        judged, ends = len(self.noise), (self.base == 0, final)
        before = self.base // d.CODE_STEP  # codes of the stretch that are forgotten
        filled = (len(self.e), self.counted - before, judged, len(self.level))
        known = (*filled, self.followed - self.base, self.last_end - self.base)
        self._grow(n // self.design.bin, final=final)
        stream = (self.x, self.e, self.codes, self.noise, self.sums, self.mark, self.level)
        rows, counted, followed, following, needed = advance(
            tuple(tail.rows for tail in stream),
            known,
            ends,
            (self.center, self.low, self.heard),
            self.scores,
            d.HOP_BINS,
            self.reach,
            *self.settings,
        )
        self.searched += n
        self.counted = counted + before
        self.followed, self.last_end = followed + self.base, following + self.base
        until_kept = -(judged + self.base // d.HOP_BINS) % d.REMEMBERED
        self.levels.append(self.noise.rows[judged + until_kept :: d.REMEMBERED])
        rows += TIMES * (self.origin + self.base * self.design.bin)
        self._forget(needed)
        return np.asarray(rows)

    def _grow(self, bins: int, *, final: bool) -> None:
        """Room for so many more energies, and for what can be said of them and those before."""
        hops = -(-bins // d.HOP_BINS)
        self.e.grow(bins)
        self.codes.grow(hops)[:] = 0
        done = len(self.noise)
        ready = -(-len(self.e) // d.HOP_BINS) if final else max(done, len(self.e) // d.HOP_BINS - self.reach[1])
        self.noise.grow(ready - done)
        marked = min(ready * d.HOP_BINS, len(self.e)) - len(self.mark)
        self.sums.grow(marked)
        self.mark.grow(marked)[:] = 0
        clear = len(self.mark)
        if not final:  # later ones may still mark what is near
            clear = (clear - d.SCALES[-1] - d.MARK_BINS) // d.HOP_BINS * d.HOP_BINS
        self.level.grow(max(0, clear - len(self.level)))

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
        hops_kept = -(-len(self.e) // d.HOP_BINS) + self.reach[0] + 1
        self.codes.forget(max(0, len(self.codes) - hops_kept))


@cache
def _settings(sfreq: float) -> tuple[Any, ...]:
    """What `advance` has to know at a rate: for listening, judging, levelling, ending and describing."""
    made = d.design(sfreq)
    band = (made.taps, made.spacing, made.smooth, made.bin)
    estimate = (CODE_VALUES, MODE, 0.5 ** (1 / d.seconds_to_hops(d.SPREAD_MEMORY, sfreq)))
    noise = (made.steadiness, made.shapes, made.prior, made.mode_power, d.SPREAD_PRIOR)
    gamma = (*noise, made.normal, made.white, MOST)
    impulse = (*made.beside, d.IMPULSE, made.leak)
    standing, wait = (made.weight, d.LEAST_GAIN), d.GAP[1] + d.GAP[3]
    reach = np.round(np.array(d.REACH) * sfreq).astype(np.int64)
    spectrum = (sfreq, d.HIGH_PASS, min(450.0, 0.45 * sfreq), d.SPECTRUM_STEP)
    measures = (reach, spectrum, np.array(d.LIMITS), d.LEAST_DURATION * sfreq, d.CUT_BINS * made.bin)
    return (
        (band, CODING, -(-(made.halo // made.bin + d.CODE_BINS) // d.CODE_STEP)),
        (estimate, gamma, (made.scales, d.CLIP)),
        (d.GRAIN_BINS, d.MARK_BINS, d.LEVELS, made.weight, (d.EDGE_COST, d.CHANGE_COST), DIP),
        (d.LEVELS, JOINING, QUIET, standing, impulse, d.EDGE_BINS, wait),
        (made.weight, UNEVEN, EDGE_REACH, RISES, *measures),
    )
