"""What shall happen in a simulated recording: the script that a pattern writes and that EMG and EEG then play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myosig.simulation.truth import NO_JERK
from myosig.tables import EventTable, FloatColumn, IntColumn, TextColumn

UNIT_INTERVAL = 0.025  # s between discharges of one unit in a brief strong contraction: 40 Hz [M]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PlannedBursts(EventTable):
    """Bursts to be played.

    Attributes
    ----------
    channel : ndarray of int, shape (n,)
    onset, duration : ndarray of float
        Seconds, from the first potential's beginning to the last one's end.
    loudness : ndarray of float
        dB above (below) what is usual in the channel.
    interval : ndarray of float
        Mean time between two discharges of one unit, seconds.
    units : ndarray of int
        How many units take part.
    jerk : ndarray of int
    kind : ndarray of object
    """

    channel: IntColumn
    onset: FloatColumn
    duration: FloatColumn
    loudness: FloatColumn
    interval: FloatColumn
    units: IntColumn
    jerk: IntColumn
    kind: TextColumn


def plan_bursts(
    channel: ArrayLike,
    onset: ArrayLike,
    duration: ArrayLike,
    *,
    jerk: ArrayLike = NO_JERK,
    loudness: ArrayLike = 0.0,
    interval: ArrayLike = UNIT_INTERVAL,
    units: ArrayLike = 20,
    kind: str = "jerk",
) -> PlannedBursts:
    """A table of planned bursts from arrays of one shape (scalars are repeated); NaN onsets are left out."""
    columns = np.broadcast_arrays(channel, onset, duration, loudness, interval, units, jerk)
    keep = np.isfinite(columns[1]).ravel()
    flat = [np.asarray(c).ravel()[keep] for c in columns]
    names = ("channel", "onset", "duration", "loudness", "interval", "units", "jerk")
    return PlannedBursts(**dict(zip(names, flat, strict=True)), kind=np.full(keep.sum(), kind, dtype=object))


def join(tables: Sequence[PlannedBursts]) -> PlannedBursts:
    """All rows of several tables, sorted by onset."""
    names = PlannedBursts.column_types()
    whole = PlannedBursts(**{name: np.concatenate([getattr(t, name) for t in tables]) for name in names})
    return whole[np.argsort(whole.onset, kind="stable")]


@dataclass(frozen=True, slots=True, eq=False)
class Hush:
    """Silences to be cut into tonic activity: arrays of one length."""

    channel: NDArray[np.int64]
    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    jerk: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A rhythm of the motor cortex that tensed muscles follow.

    Attributes
    ----------
    wave : ndarray of float, shape (n,)
        The rhythm, unit variance, at `sfreq` samples a second.
    sfreq : float
    site : str
        Electrode over its field.
    amplitude : float
        µV RMS there.
    delay : ndarray of float, shape (n_channels,)
        Conduction time to each muscle that follows, seconds; NaN = does not follow.
    depth : float
        Part of the muscle's discharges that the rhythm shifts, 0-1.
    """

    wave: NDArray[np.float64]
    sfreq: float
    site: str
    amplitude: float
    delay: NDArray[np.float64]
    depth: float


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """EEG events of one kind at one site.

    Attributes
    ----------
    kind, site : str
        As in `TrueEegEvents`.
    time, amplitude : ndarray of float, shape (n,)
    span : ndarray of float, shape (n,)
        Seconds from the onset of a slow potential, or of a desynchronisation, to the movement; 0 for the others.
    jerk : ndarray of int, shape (n,)
    """

    kind: str
    site: str
    time: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    span: NDArray[np.float64]
    jerk: NDArray[np.int64]


def plan_waves(
    kind: str, site: str, time: ArrayLike, amplitude: ArrayLike, *, span: ArrayLike = 0.0, jerk: ArrayLike = NO_JERK
) -> Waves:
    """EEG events from arrays of one shape (scalars are repeated)."""
    t, a, s, j = np.broadcast_arrays(np.asarray(time, dtype=float), amplitude, span, jerk)
    return Waves(kind, site, t, a.astype(float), s.astype(float), j.astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """Everything that a pattern decided.

    Attributes
    ----------
    bursts : PlannedBursts
    hush : Hush or None
        Only in negative myoclonus.
    tonic : ndarray of float, shape (n_channels,), or None
        Tonic activity in dB above the noise; NaN = none. None = as the difficulty has it.
    waves : tuple of Waves
    drive : Drive or None
    notes : tuple of (onset, duration, text)
        Annotations.
    """

    finding: str
    variant: str
    bursts: PlannedBursts
    sign: str | None = None
    hush: Hush | None = None
    tonic: NDArray[np.float64] | None = None
    waves: tuple[Waves, ...] = ()
    drive: Drive | None = None
    notes: tuple[tuple[float, float, str], ...] = ()
    velocity: float | None = None
    origin_mm: float | None = None
    drawn: Mapping[str, object] = field(default_factory=dict)
