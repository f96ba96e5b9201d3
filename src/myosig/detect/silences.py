"""Find silences in tonic EMG: negative myoclonus."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.detect import _band_kernels as kernels
from myosig.detect.bursts import LOWEST_RATE, Bursts
from myosig.detect.design import Design, design
from myosig.detect.sweep import Stretch, mirrored, sweep
from myosig.detect.tonic import STEP, Tonic, find_tonic, follow_burst
from myosig.intervals import Intervals
from myosig.marks import SILENCE, MarkTable, mark_each
from myosig.muscles import are_antagonists
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts
from myosig.tables import BoolColumn, FloatColumn, IntColumn
from myosig.threads import in_threads

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[int, float, float, float, bool]  # channel, onset, offset, depth, after a burst

FLAT_LINE = 1.0  # s of a flat line that is no silence, which is at most half as long, but no signal [P]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Silences(MarkTable):
    """Silences of 50-500 ms in tonic activity, sorted by onset.

    Attributes
    ----------
    channel : ndarray of int, shape (n,)
        Index into `channels`.
    onset, offset : ndarray of float
        Seconds.
    depth : ndarray of float
        dB: RMS of the tonic activity around over RMS within the silence.
    after_burst : ndarray of bool
        The silence follows a positive burst in the same muscle or its antagonist: not "pure".
    channels : tuple of Channel
    tonic : ndarray of float, shape (n_channels,)
        Seconds of tonic activity in each channel in which a silence could have been seen.
    tense : tuple of Intervals
        When that was, for each channel; empty where it was not measured.

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> silences = ms.detect_silences(recording, ms.detect_bursts(recording))
    >>> silences.summary()["n"]
    0
    """

    channel: IntColumn
    onset: FloatColumn
    offset: FloatColumn
    depth: FloatColumn
    after_burst: BoolColumn
    channels: tuple[Channel, ...]
    tonic: NDArray[np.float64]
    tense: tuple[Intervals, ...] = ()

    @property
    def duration(self) -> NDArray[np.float64]:
        """Offset minus onset, seconds."""
        return self.offset - self.onset

    @property
    def labels(self) -> NDArray[np.object_]:
        """The channel label of each silence."""
        return np.array([c.label for c in self.channels], dtype=object)[self.channel]

    def to_table(self) -> pd.DataFrame:
        """As `silences.tsv` holds it: onset, duration, channel, then the rest."""
        frame = self.to_frame().drop(columns=["onset", "offset", "channel"])
        for name, values in (("channel", self.labels), ("duration", self.duration), ("onset", self.onset)):
            frame.insert(0, name, values)
        return frame

    def summary(self) -> dict[str, Any]:
        """As `analysis.json` sums them up; the events themselves stand in `silences.tsv`."""
        muscles = np.unique(self.channel)
        tense = float(self.tonic[muscles].sum())  # of the muscles that have silences
        return {
            "n": len(self),
            "n_after_burst": int(self.after_burst.sum()),
            "duration_ms": 1000 * float(np.median(self.duration)) if len(self) else None,
            "depth_db": float(np.median(self.depth)) if len(self) else None,
            "muscles": [self.channels[i].label for i in muscles],
            "tonic_s": float(self.tonic.sum()),
            "per_min": 60 * len(self) / tense if tense > 0 else None,
        }

    def to_marks(self) -> Annotations:
        """As annotations of myosig: ``silence@@EMG R ECR``."""
        return mark_each(SILENCE, self.onset, self.offset, self.labels, [""] * len(self))


def detect_silences(recording: Recording, bursts: Bursts, *, artefacts: Artefacts | None = None) -> Silences:
    """Find silences in the tonic activity of every EMG channel that was searched for bursts.

    A silence lasts 50 to 500 ms, lies at least 6 dB below the tonic activity around it, begins and ends at once,
    and is longer than the gaps that the muscle leaves between its potentials anyway. Pauses of tremor (more than
    six in four seconds), gaps between bursts on a quiet baseline, and the end of a contraction are none.

    Parameters
    ----------
    recording : Recording
    bursts : Bursts
        Of the same recording.
    artefacts : Artefacts, optional
        Line noise and heart beats to remove, from `signals.cleaning.find_artefacts`. Default: looked for here.

    Returns
    -------
    Silences
        Empty, with `tonic` 0, where no muscle is tense: then negative myoclonus is not assessable.

    References
    ----------
    Rubboli & Tassinari (2006), doi 10.1016/j.neucli.2006.12.001: a pure silence is not preceded by a burst.
    Negative myoclonus with wearables (2023), doi 10.1016/j.clinph.2023.10.005: durations of 50 to 500 ms.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rng = np.random.default_rng(1)
    >>> emg = rng.normal(0, 60, 40_000)
    >>> emg[20_000:20_200] = 0
    >>> rec = ms.from_array(emg[None] + rng.normal(0, 5, 40_000), sfreq=2000, labels=["EMG R ECR"], unit="uV")
    >>> silences = ms.detect_silences(rec, ms.detect_bursts(rec))
    >>> silences.onset.round(2).tolist(), silences.duration.round(2).tolist()
    ([10.0], [0.1])
    """
    search = SilenceSearch(bursts)
    sweep(recording, [search], artefacts=artefacts)
    return search.found()


class SilenceSearch:
    """Looks for silences stretch by stretch (`sweep`)."""

    def __init__(self, bursts: Bursts) -> None:
        self._bursts = bursts
        self._index = {channel.label: i for i, channel in enumerate(bursts.channels)}
        self._floor = (bursts.floor if bursts.floor.size else bursts.noise) ** 2
        self._movers = [[j for j, b in enumerate(bursts.channels) if _work_together(a, b)] for a in bursts.channels]
        self._rows: list[Row] = []
        self._tense: list[list[NDArray[np.float64]]] = [[] for _ in bursts.channels]

    def wanted(self, sfreq: float) -> list[str]:
        """All channels that were searched for bursts."""
        return [c.label for c in self._bursts.channels if c.sfreq == sfreq >= LOWEST_RATE]

    def look(self, stretch: Stretch) -> None:
        """Keep what begins in the core of a stretch."""
        index = [self._index[label] for label in stretch.labels]
        seen = in_threads(partial(_look_at, stretch, self._floor[index]), range(len(index)))
        energy = {i: row for i, (row, _) in zip(index, seen, strict=True)}
        for i, (_, found) in zip(index, seen, strict=True):
            if found.is_tonic.any():
                self._tense[i].append(_tense(stretch, found))
                movers = [energy[j] for j in self._movers[i] if j in energy]
                self._rows += [(i, *row) for row in _place(stretch, found, movers)]

    def found(self) -> Silences:
        """All silences."""
        return _tabulate(self._rows, [_joined(spans) for spans in self._tense], self._bursts)


def _look_at(stretch: Stretch, floor: NDArray[np.float64], row: int) -> tuple[NDArray[np.float32], Tonic]:
    """Mean square of every millisecond of a row in the band of EMG, NaN where there is no signal, and what it holds."""
    d = design(stretch.sfreq)
    energy = _row_energy(stretch.data[row], d)
    return energy, find_tonic(energy, float(floor[row]), bin=d.bin / d.sfreq, weight=d.weight)


def _tense(stretch: Stretch, found: Tonic) -> NDArray[np.float64]:
    """When the muscle is tonically active within the core, shape (n, 2), seconds."""
    step = design(stretch.sfreq).bin * STEP
    core = slice(-(-stretch.core.start // step), -(-stretch.core.stop // step))
    is_tonic = np.concatenate([[False], found.is_tonic[core], [False]])
    edges = np.flatnonzero(np.diff(is_tonic.astype(np.int8))).reshape(-1, 2)
    return np.asarray(stretch.tmin + (edges + core.start) * step / stretch.sfreq)


def _place(stretch: Stretch, found: Tonic, movers: list[NDArray[np.float32]]) -> list[tuple[float, float, float, bool]]:
    """Onset and offset in seconds, depth and kind of the silences that begin in the core.

    A positive burst in one of the energies `movers` makes a silence one that follows a burst.
    """
    d = design(stretch.sfreq)
    begin = found.silences[:, 0] * d.bin
    mine = (begin >= stretch.core.start) & (begin < stretch.core.stop)
    bins = found.silences[mine]
    after = np.zeros(len(bins), bool)
    for energy in movers if len(bins) else ():
        after |= follow_burst(energy, bins[:, 0], bin=d.bin / d.sfreq)
    edges = stretch.tmin + bins * (d.bin / d.sfreq)
    return list(zip(*edges.T.tolist(), found.depth[mine].tolist(), after.tolist(), strict=True))


def _row_energy(x: NDArray[np.float32], d: Design) -> NDArray[np.float32]:
    padded = mirrored(x, d)
    energy = np.empty(max(padded.size - 2 * d.halo, 0) // d.bin, np.float32)
    if energy.size:
        kernels.energies(padded, d.taps, d.spacing, d.smooth, d.bin, energy)
    if not np.isfinite(x.sum()):
        energy[~np.isfinite(x[: energy.size * d.bin]).reshape(-1, d.bin).all(axis=1)] = np.nan
    for start, stop in () if energy.all() else _flat_lines(energy, d):
        energy[start:stop] = np.nan
    return energy


def _flat_lines(energy: NDArray[np.float32], d: Design) -> list[tuple[int, int]]:
    """First bin, and one past the last, of flat lines too long for a silence, with what is smeared into their ends."""
    flat = np.concatenate([[False], energy == 0, [False]])
    reach = d.halo // d.bin
    start, stop = np.flatnonzero(flat[1:] != flat[:-1]).reshape(-1, 2).T + [[-reach], [reach]]
    lasting = stop - start >= FLAT_LINE * d.sfreq / d.bin
    return list(zip(start[lasting].clip(0).tolist(), stop[lasting].tolist(), strict=True))


def _tabulate(rows: list[tuple[int, float, float, float, bool]], tense: list[Intervals], bursts: Bursts) -> Silences:
    rows.sort(key=lambda row: (row[1], row[0]))
    channel, onset, offset, depth, after = (list(column) for column in zip(*rows, strict=True)) if rows else [[]] * 5
    return Silences(
        channel=np.array(channel, dtype=np.int64),
        onset=np.array(onset),
        offset=np.array(offset),
        depth=np.array(depth),
        after_burst=np.array(after, dtype=bool),
        channels=bursts.channels,
        tonic=np.array([times.duration for times in tense]),
        tense=tuple(tense),
    )


def _joined(spans: list[NDArray[np.float64]]) -> Intervals:
    """Stretches that follow each other at once are one."""
    return Intervals.merged(*np.concatenate([np.empty((0, 2)), *spans]).T)


def _work_together(a: Channel, b: Channel) -> bool:
    """Whether b is the same muscle as a, or its antagonist."""
    same = a.muscle is not None and a.muscle == b.muscle
    return a.label == b.label or (a.side == b.side and (same or are_antagonists(a.muscle, b.muscle)))
