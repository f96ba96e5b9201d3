"""Find silences in tonic EMG: negative myoclonus."""

from __future__ import annotations

from collections.abc import Iterator
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
from myosig.detect.tonic import N_CODES, STEP, Tonic, find_tonic, floor_power, follow_burst, quiet_codes
from myosig.intervals import Intervals
from myosig.marks import SILENCE, MarkTable, mark_each
from myosig.muscles import are_antagonists
from myosig.recording import Recording
from myosig.signals.bands import with_halo
from myosig.signals.cleaning import Artefacts, cleaned_blocks, find_artefacts
from myosig.signals.excerpt import draw_minutes
from myosig.tables import BoolColumn, FloatColumn, IntColumn
from myosig.threads import in_threads, read_ahead

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[int, float, float, float, bool]  # channel, onset, offset, depth, after a burst

STRETCH = 40.0  # s looked at together
KEPT = 20_000_000  # ms of all channels that are remembered between the two looks: 100 MB with their surroundings
HALO = 6.0  # s of surroundings: a series of silences and the tonic level around it
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
    channels = bursts.channels
    rows: list[Row] = []
    tense: list[list[NDArray[np.float64]]] = [[] for _ in channels]
    known = artefacts if artefacts is not None else find_artefacts(recording.select(kind=("emg", "ecg")))
    for sfreq in sorted({c.sfreq for c in channels if c.sfreq >= LOWEST_RATE}):
        index = [i for i, c in enumerate(channels) if c.sfreq == sfreq]
        some, all_of_it = _looks(recording, [channels[i].label for i in index], sfreq=sfreq, artefacts=known)
        quiet = list(enumerate(_floors(some, bursts.noise[index]).tolist()))
        movers = [[k for k, j in enumerate(index) if _work_together(channels[i], channels[j])] for i in index]
        for stretch in read_ahead(all_of_it):
            tonic = in_threads(partial(stretch.find, weight=design(sfreq).weight), quiet)
            for i, found, others in zip(index, tonic, movers, strict=True):
                tense[i].append(stretch.tense(found))
                rows += [(i, *row) for row in stretch.place(found, others)]
    return _tabulate(rows, [_joined(spans) for spans in tense], bursts)


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """Energies of a stretch with its surroundings, shape (n_channels, n_bins), and which of them are its own."""

    energy: NDArray[np.float32]
    tmin: float
    bin: float  # s
    core: slice

    @property
    def core_steps(self) -> slice:
        return slice(-(-self.core.start // STEP), -(-self.core.stop // STEP))

    def tense(self, found: Tonic) -> NDArray[np.float64]:
        """When the muscle is tonically active within the core, shape (n, 2), seconds."""
        is_tonic = np.concatenate([[False], found.is_tonic[self.core_steps], [False]])
        edges = np.flatnonzero(np.diff(is_tonic.astype(np.int8))).reshape(-1, 2)
        return np.asarray(self.tmin + (edges + self.core_steps.start) * STEP * self.bin)

    def find(self, quiet: tuple[int, float], *, weight: float) -> Tonic:
        """The tonic activity in a row, of which the power without any is known."""
        row, floor = quiet
        return find_tonic(self.energy[row], floor, bin=self.bin, weight=weight)

    def place(self, found: Tonic, movers: list[int]) -> list[tuple[float, float, float, bool]]:
        """Onset and offset in seconds, depth and kind of the silences that begin in the core.

        A positive burst in one of the rows `movers` makes a silence one that follows a burst.
        """
        mine = (found.silences[:, 0] >= self.core.start) & (found.silences[:, 0] < self.core.stop)
        bins = found.silences[mine]
        after = np.zeros(len(bins), bool)
        for row in movers if len(bins) else ():
            after |= follow_burst(self.energy[row], bins[:, 0], bin=self.bin)
        edges = self.tmin + bins * self.bin
        return list(zip(*edges.T.tolist(), found.depth[mine].tolist(), after.tolist(), strict=True))


def _looks(
    recording: Recording, labels: list[str], *, sfreq: float, artefacts: Artefacts
) -> tuple[Iterator[_Stretch], Iterator[_Stretch]]:
    """Stretches from which the floors are told, of two hours of a longer recording, and all; measured once if short."""
    measure = partial(_energies, labels=labels, sfreq=sfreq, artefacts=artefacts)
    if recording.duration * len(labels) * 1e3 <= KEPT:
        kept = list(measure(recording))
        return iter(kept), iter(kept)
    return measure(draw_minutes(recording, np.empty(0))), measure(recording)


def _energies(recording: Recording, *, labels: list[str], sfreq: float, artefacts: Artefacts) -> Iterator[_Stretch]:
    """Mean square of every millisecond in the band of EMG, stretch by stretch; NaN where there is no signal."""
    d = design(sfreq)
    unit = d.bin * d.spacing * STEP
    length, halo = (round(seconds * sfreq / unit) * unit for seconds in (STRETCH, HALO))
    blocks = cleaned_blocks(recording, labels, duration=length / sfreq, artefacts=artefacts)
    for block, data, first in with_halo(read_ahead(blocks), halo):
        energy = np.stack(in_threads(partial(_row_energy, d=d), data))
        core = slice(first // d.bin, min((first + block.data.shape[1]) // d.bin, energy.shape[1]))
        yield _Stretch(energy, block.tmin - first / sfreq, d.bin / sfreq, core)


def _row_energy(x: NDArray[np.float32], d: Design) -> NDArray[np.float32]:
    whole = x.size // d.spacing * d.spacing
    if whole <= d.halo:
        return np.empty(0, np.float32)
    complete = bool(np.isfinite(x.sum()))
    padded = np.pad(x[:whole] if complete else np.nan_to_num(x[:whole]), d.halo, mode="symmetric")
    energy = np.empty(whole // d.bin, np.float32)
    kernels.energies(padded, d.taps, d.spacing, d.smooth, d.bin, energy)
    if not complete:
        energy[~np.isfinite(x[: energy.size * d.bin]).reshape(-1, d.bin).all(axis=1)] = np.nan
    for start, stop in _flat_lines(energy, d):
        energy[start:stop] = np.nan
    return energy


def _flat_lines(energy: NDArray[np.float32], d: Design) -> list[tuple[int, int]]:
    """First bin, and one past the last, of flat lines too long for a silence, with what is smeared into their ends."""
    flat = np.concatenate([[False], energy == 0, [False]])
    reach = d.halo // d.bin
    start, stop = np.flatnonzero(flat[1:] != flat[:-1]).reshape(-1, 2).T + [[-reach], [reach]]
    lasting = stop - start >= FLAT_LINE * d.sfreq / d.bin
    return list(zip(start[lasting].clip(0).tolist(), stop[lasting].tolist(), strict=True))


def _floors(stretches: Iterator[_Stretch], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power of each channel without muscle activity: its quietest windows, or the detector's noise if that is less."""
    codes = np.zeros((noise.size, N_CODES), np.int64)
    for stretch in stretches:
        codes += [quiet_codes(row[stretch.core]) for row in stretch.energy]
    return np.asarray(np.fmin([floor_power(row) for row in codes], noise**2))


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
