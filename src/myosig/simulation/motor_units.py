"""EMG as trains of motor-unit action potentials.

A potential is a short sum of Hermite-Gauss functions (Lo Conte, Merletti & Sandri 1994, doi 10.1109/10.335852):
5-15 ms long, of two to four phases. A muscle has twenty units under its electrodes whose sizes are spread
exponentially and which are recruited in the order of size (Fuglevand, Winter & Patla 1993,
doi 10.1152/jn.1993.70.6.2470).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.plan import PlannedBursts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNITS = 20  # motor units that one pair of surface electrodes sees well [P]
TRAINS = 3  # units of each size that fire in a steady contraction: its pattern is full, without gaps [P]
SIZE_RANGE = 6.0  # largest over smallest potential that one electrode sees [P]; Fuglevand 1993: 100 in a whole muscle
WIDTH = (0.0008, 0.0020)  # s, scale of the Gaussian: potentials of about 5-12 ms
SUPPORT = 0.05  # a potential begins and ends where it passes this part of its peak
AUDIBLE = 0.10  # the burst begins with the first potential of at least this part of its peak (issue 4) [P]
INTERVAL_CV = 0.2  # of a unit's discharges [M]
RISE, FALL = (0.02, 0.25), (0.05, 0.4)  # part of a burst over which units are recruited, and fall out again [P]
CHUNK = 100_000  # discharges played at once, so that memory stays small


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The potentials of every muscle.

    Attributes
    ----------
    shape : ndarray of float, shape (n_channels, UNITS, n_samples)
        Potentials; units in order of size.
    peak : ndarray of float, shape (n_channels, UNITS)
    begin, end : ndarray of int, shape (n_channels, UNITS)
        First sample, and one past the last, of each potential.
    sfreq : float
    """

    shape: Floats
    peak: Floats
    begin: Ints
    end: Ints
    sfreq: float


@dataclass(frozen=True, slots=True, eq=False)
class Discharges:
    """Single discharges: which burst, which unit, at which sample after the burst's onset."""

    burst: Ints
    unit: Ints
    sample: Ints


@dataclass(frozen=True, slots=True, eq=False)
class PlayedBursts:
    """Bursts as samples, one after the other in `samples`.

    Attributes
    ----------
    samples : ndarray of float
    first : ndarray of int, shape (n + 1,)
        Where each burst's samples begin in `samples`.
    start : ndarray of int, shape (n,)
        At which sample of the recording.
    onset, offset : ndarray of int, shape (n,)
        True edges, samples of the recording.
    rms : ndarray of float
        Between the edges.
    """

    samples: Floats
    first: Ints
    start: Ints
    onset: Ints
    offset: Ints
    rms: Floats


def draw_units(n_channels: int, sfreq: float, rng: np.random.Generator) -> Units:
    """Draw the potentials of every muscle."""
    half = int(np.ceil(4.5 * WIDTH[1] * sfreq))
    width = rng.uniform(*WIDTH, (n_channels, UNITS, 1))
    t = np.arange(-half, half + 1) / sfreq / width
    weight = rng.normal(size=(3, n_channels, UNITS, 1)) * np.array([1.0, 0.6, 0.2])[:, None, None, None]
    weight[0] = np.where(np.abs(weight[0]) < 0.5, 0.5 * np.sign(weight[0]), weight[0])  # mostly biphasic
    shape = (weight[0] * t + weight[1] * (t**2 - 1) + weight[2] * (t**3 - 3 * t)) * np.exp(-(t**2) / 2)
    size = SIZE_RANGE ** (np.arange(UNITS) / (UNITS - 1)) * rng.lognormal(0, 0.2, (n_channels, UNITS))
    shape *= (size / np.abs(shape).max(axis=2))[:, :, None]
    loud = np.abs(shape) > SUPPORT * size[:, :, None]
    return Units(shape, size, loud.argmax(axis=2), shape.shape[2] - loud[:, :, ::-1].argmax(axis=2), sfreq)


def fire(bursts: PlannedBursts, units: Units, rng: np.random.Generator) -> Discharges:
    """Let the units of every burst discharge.

    Middle-sized units open and close the burst, so that its edges are heard; of the others the larger ones join
    later and leave earlier.
    """
    taking = bursts.units[:, None]
    opener, closer = UNITS - (bursts.units + 1) // 2, UNITS - (bursts.units + 2) // 3
    closing = (units.end - units.begin)[bursts.channel, closer] / units.sfreq
    span = np.maximum(bursts.duration - closing, 0.0)
    rank = (np.arange(UNITS) - (UNITS - taking)) / np.maximum(taking - 1, 1)
    join = span[:, None] * rank * rng.uniform(*RISE, (len(bursts), 1))
    leave = span[:, None] * (1 - rank * rng.uniform(*FALL, (len(bursts), 1)))
    inner = _renewals(np.where(rank < 0, np.inf, join), leave, bursts.interval, rng)

    every, long = np.arange(len(bursts)), np.flatnonzero(span > 0)
    burst = np.concatenate([every, long, inner[0]])
    unit = np.concatenate([opener, closer[long], inner[1]])
    times = np.concatenate([np.zeros(every.size), span[long], inner[2]])
    return Discharges(burst, unit, np.round(times * units.sfreq).astype(np.int64))


def _renewals(join: Floats, leave: Floats, interval: Floats, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Burst, unit and time of the discharges of units that fire at an interval from when they join until they leave."""
    need = np.ceil(((leave - join) / interval[:, None]).max(axis=1, initial=0) * 1.5).astype(np.int64) + 1
    parts = []
    for rows in np.array_split(np.argsort(need, kind="stable"), min(16, need.size)):  # alike in length, to save memory
        start, stop, step = join[rows], leave[rows], interval[rows, None]
        wait = rng.uniform(0, 1, start.shape) * np.minimum(step, np.maximum(stop - start, 0))
        steps = np.clip(rng.normal(1, INTERVAL_CV, (*start.shape, need[rows].max())), 0.4, None) * step[:, :, None]
        steps[:, :, 0] = 0
        times = (start + wait)[:, :, None] + np.cumsum(steps, axis=2)
        burst, unit, shot = np.nonzero(times <= stop[:, :, None])
        parts.append((rows[burst], unit, times[burst, unit, shot]))
    burst, unit, when = (np.concatenate(column) for column in zip(*parts, strict=True))
    return burst, unit, when


def play(bursts: PlannedBursts, discharges: Discharges, units: Units) -> PlayedBursts:
    """Add up the potentials of every burst and find its true edges."""
    length = units.shape.shape[2]
    channel = bursts.channel[discharges.burst]
    last = np.zeros(len(bursts), dtype=np.int64)
    np.maximum.at(last, discharges.burst, discharges.sample)
    first = np.concatenate([[0], np.cumsum(last + length)])
    place = first[discharges.burst] + discharges.sample
    samples = _overlay(place, units.shape, channel, discharges.unit, int(first[-1]))

    peak = np.maximum.reduceat(np.abs(samples), first[:-1])
    heard = units.peak[channel, discharges.unit] >= AUDIBLE * peak[discharges.burst]
    onset, offset = first[1:].copy(), first[:-1].copy()
    np.minimum.at(onset, discharges.burst[heard], (place + units.begin[channel, discharges.unit])[heard])
    np.maximum.at(offset, discharges.burst[heard], (place + units.end[channel, discharges.unit])[heard])
    energy = np.concatenate([[0.0], np.cumsum(samples**2)])
    rms = np.sqrt((energy[offset] - energy[onset]) / (offset - onset))

    # The planned onset is that of the burst's first potential, not of the template around it.
    lead = np.full(len(bursts), length)
    np.minimum.at(lead, discharges.burst, discharges.sample + units.begin[channel, discharges.unit])
    start = np.round(bursts.onset * units.sfreq).astype(np.int64) - lead
    return PlayedBursts(samples, first, start, onset - first[:-1] + start, offset - first[:-1] + start, rms)


def add_bursts(emg: NDArray[np.float32], channel: Ints, played: PlayedBursts, gain: Floats) -> None:
    """Add every burst, times its gain, to its channel; what sticks out of the recording is cut off."""
    total = emg.shape[1]
    for k in range(len(channel)):
        begin, end = played.start[k], played.start[k] + played.first[k + 1] - played.first[k]
        low, high = max(begin, 0), min(end, total)
        if low < high:
            piece = played.samples[played.first[k] + low - begin : played.first[k] + high - begin]
            emg[channel[k], low:high] += (gain[k] * piece).astype(np.float32)


def tonic_discharges(drive: Floats, duration: float, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Units and times (s) of the discharges of one muscle that is held tense, in no order.

    Parameters
    ----------
    drive : ndarray of float, shape (n,)
        0 (rest) to 1 (all units recruited), equally spaced over the duration.
    """
    size = np.repeat(np.arange(UNITS), TRAINS)
    rate = rng.uniform(9, 16, size.size)  # Hz, steady moderate contraction [M]
    most = int(duration * 16 * 1.2) + 2
    steps = np.clip(rng.normal(1, INTERVAL_CV, (size.size, most)), 0.4, None) / rate[:, None]
    times = np.cumsum(steps, axis=1) - rng.uniform(0, 1, (size.size, 1)) / rate[:, None]
    level = np.interp(times, np.linspace(0, duration, drive.size), drive)
    train, shot = np.nonzero((times >= 0) & (times < duration) & (level > (size / UNITS)[:, None]))
    return size[train], times[train, shot]


def play_train(channel: int, unit: Ints, times: Floats, units: Units, n_samples: int) -> Floats:
    """The signal of one muscle from the units and times of its discharges; a potential begins at its time."""
    place = np.round(times * units.sfreq).astype(np.int64) - units.begin[channel, unit]
    margin = units.shape.shape[2]
    channels = np.full(unit.size, channel)
    return _overlay(place + margin, units.shape, channels, unit, n_samples + 2 * margin)[margin:-margin]


def _overlay(place: Ints, shape: Floats, channel: Ints, unit: Ints, n_samples: int) -> Floats:
    """Sum of potentials whose templates begin at given samples."""
    out = np.zeros(n_samples)
    within = np.arange(shape.shape[2])
    for k in range(0, place.size, CHUNK):
        piece = slice(k, k + CHUNK)
        at = (place[piece, None] + within).ravel()
        out += np.bincount(at, weights=shape[channel[piece], unit[piece]].ravel(), minlength=n_samples)
    return out
