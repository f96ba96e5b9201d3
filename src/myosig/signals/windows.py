"""What each second of each channel looks like: enough to tell where it is missing, flat, clipped or disturbed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.channel import MICROVOLT
from myosig.intervals import Intervals
from myosig.recording import Recording
from myosig.samples import Samples
from myosig.threads import in_threads

Mask = NDArray[np.bool_]
Values = NDArray[np.float32]

WINDOW = 1.0  # s
SHORTEST = 0.25  # s of what is left at the end of a block, to be judged as a window
FEWEST = 8  # samples of a window: in fewer every signal is flat
BLOCK = 30.0  # s read at a time: whole windows
GROUP = 8  # channels that a thread looks at together
JUDGED = frozenset({"emg", "eeg", "eog", "ecg", "acc", "resp"})
PIECE = 0.025  # s of one mean: what is slower than 20 Hz shows in them

FLAT = 0.2  # µV peak to peak in a second: electrodes and amplifiers alone have more noise [M]
AT_LIMIT = 1e-3  # of the range between the limits: this near to one is at it
LEVELS = 20  # smallest steps that the signal must span: a run at an extreme of fewer is coarse sampling, not clipping
POP = 25.0  # jump within 50 ms over the usual jump of the channel [P]
POP_ALONE = 3.0  # the jump over those just before and after: movement takes longer
SETTLING = 2  # s that an electrode takes to settle after a pop
SLOW_RISE = 10.0  # slow power of a second over the channel's usual, and over the fast power there, for movement [P]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """One channel second by second; every array has shape (n_windows,).

    Attributes
    ----------
    tmin, stop : ndarray of float
        Seconds.
    missing : ndarray of bool
        Some samples are missing; then the other columns say nothing.
    low, high : ndarray of float32
        Extremes.
    top_run, bottom_run : ndarray of bool
        Several samples in a row are at the extreme, in a signal that is not just coarse.
    slow, fast : ndarray of float32
        Power below and above about 20 Hz.
    jump : ndarray of float32
        Largest change within 50 ms of means over 25 ms.
    alone : ndarray of bool
        That jump stands far above those beside it.
    """

    tmin: NDArray[np.float64]
    stop: NDArray[np.float64]
    missing: Mask
    low: Values
    high: Values
    top_run: Mask
    bottom_run: Mask
    slow: Values
    fast: Values
    jump: Values
    alone: Mask

    def flat(self, unit: str) -> Mask:
        """Where there is no signal: less than any electrode's noise, for a voltage; else no change at all."""
        return np.asarray(~self.missing & (self.high - self.low <= (FLAT if unit == MICROVOLT else 0.0)))

    def clipped(self, limits: tuple[float, float] | None) -> Mask:
        """Where it stays at the limits of the amplifier, or at extremes that it never passes."""
        there = ~self.missing
        if not there.any():
            return there
        bottom, top = limits if limits is not None else (float(self.low[there].min()), float(self.high[there].max()))
        near = AT_LIMIT * (top - bottom)
        clips = (self.top_run & (self.high >= top - near)) | (self.bottom_run & (self.low <= bottom + near))
        return np.asarray(there & clips)

    def pops(self) -> Mask:
        """Where the electrode jumped."""
        usual = np.median(self.jump[~self.missing]) if not self.missing.all() else np.inf
        return np.asarray(~self.missing & self.alone & (self.jump > POP * usual) & (usual > 0))

    def movement(self, kind: str) -> Mask:
        """Where an EMG channel is swept by slow waves."""
        if kind != "emg" or self.missing.all():
            return np.zeros(self.missing.shape, bool)
        usual = np.median(self.slow[~self.missing])
        settling = np.convolve(self.pops(), np.ones(1 + SETTLING))[: self.missing.size] > 0
        return np.asarray(~self.missing & (self.slow > SLOW_RISE * np.maximum(usual, self.fast)) & ~settling)

    def stretches(self, mask: Mask) -> Intervals:
        """The windows of a mask, joined."""
        return Intervals.merged(self.tmin[mask], self.stop[mask])


def look(recording: Recording) -> dict[str, Windows]:
    """Look at every second of every channel that can be judged; one pass over the recording."""
    judged = [c for c in recording.channels if c.kind in JUDGED and c.sfreq * WINDOW >= FEWEST]
    alike = [[c.label for c in judged if c.sfreq == sfreq] for sfreq in sorted({c.sfreq for c in judged})]
    groups = [labels[k : k + GROUP] for labels in alike for k in range(0, len(labels), GROUP)]
    return {label: seen for part in in_threads(partial(_look_at_some, recording), groups) for label, seen in part}


def _look_at_some(recording: Recording, labels: Sequence[str]) -> list[tuple[str, Windows]]:
    """Channels of one rate."""
    sfreq = recording.channel(labels[0]).sfreq
    length = max(1, round(WINDOW * sfreq))
    blocks = [
        _look_at(block.data[:, at : at + whole], block.tmin + at / sfreq, sfreq, size)
        for block in recording.blocks(labels, duration=round(BLOCK / WINDOW) * length / sfreq)
        for at, whole, size in _cut(block.data.shape[1], length)
    ]
    if not blocks:
        return []
    columns = {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in blocks[0]}
    return [
        (label, Windows(**{name: values if values.ndim == 1 else values[row] for name, values in columns.items()}))
        for row, label in enumerate(labels)
    ]


def _cut(n: int, length: int) -> Iterable[tuple[int, int, int]]:
    """(start, samples, window length): the whole windows of a block, and what is left as one shorter window."""
    whole = n // length * length
    left = n - whole
    parts = [(0, whole, length)] if whole else []
    return [*parts, (whole, left, left)] if left >= SHORTEST / WINDOW * length else parts


def _look_at(data: Samples, tmin: float, sfreq: float, length: int) -> dict[str, NDArray[Any]]:
    """The columns of `Windows` for a block of whole windows, each (n_channels, n_windows), times (n_windows,)."""
    x = data.reshape(len(data), -1, length)
    missing = ~np.isfinite(x.sum(axis=2))
    x = np.where(missing[:, :, None], np.float32(0), x) if missing.any() else x
    low, high = x.min(axis=2), x.max(axis=2)
    slow, fast, jump, alone = _slow_parts(x, max(1, round(PIECE * sfreq)))
    start = tmin + np.arange(x.shape[1]) * length / sfreq
    return {
        "tmin": start,
        "stop": start + length / sfreq,
        "missing": missing,
        "low": low,
        "high": high,
        "top_run": _stays_at(x, high),
        "bottom_run": _stays_at(x, low),
        "slow": slow,
        "fast": fast,
        "jump": jump,
        "alone": alone,
    }


def _stays_at(x: Samples, extreme: Values) -> Mask:
    """Whether three samples in a row are at the extreme of their window, in a signal of many levels."""
    at = x == extreme[:, :, None]
    run = at[:, :, 2:] & at[:, :, 1:-1] & at[:, :, :-2]
    stays = run.any(axis=2)
    for channel, window in np.argwhere(stays):
        steps = np.diff(np.unique(x[channel, window]))
        stays[channel, window] = steps.size > 0 and np.ptp(x[channel, window]) >= LEVELS * steps.min()
    return np.asarray(stays)


def _slow_parts(x: Samples, piece: int) -> tuple[Values, Values, Values, Mask]:
    """Slow power, fast power, the largest jump, and whether it stands alone."""
    n = x.shape[2] // piece
    if n < 8:
        nothing = np.zeros(x.shape[:2], np.float32)
        return nothing, nothing, nothing, nothing.astype(bool)
    pieces = x[:, :, : n * piece].reshape(*x.shape[:2], n, piece)
    means = pieces @ np.full(piece, 1 / piece, np.float32)
    slow = means.var(axis=2)
    rest = pieces - means[..., None]
    fast = np.einsum("cwnk,cwnk->cw", rest, rest) / np.float32(n * piece)
    row = means.reshape(len(x), -1)  # windows follow one another, so a jump may lie where two meet
    jumps = np.pad(np.abs(row[:, 2:] - row[:, :-2]), ((0, 0), (1, 1)))
    beside = np.maximum(np.pad(jumps, ((0, 0), (2, 0)))[:, :-2], np.pad(jumps, ((0, 0), (0, 2)))[:, 2:])
    largest = jumps.reshape(means.shape).argmax(axis=2)[:, :, None]
    jump, around = (np.take_along_axis(part.reshape(means.shape), largest, axis=2)[:, :, 0] for part in (jumps, beside))
    return slow, fast, jump, jump > POP_ALONE * around
