"""The world that burst detectors are scored on: bursts of motor-unit potentials in noise, with their truth.

It shares nothing with `myosig.simulation`. A burst is a train of potentials of random shape, size, rate and
envelope; its truth is where the first potential of at least 10 % of the burst's peak begins and where the last
one ends, a potential being there while it exceeds 5 % of its own peak. SNR is the RMS of the burst in that window
over the RMS of the noise, both in 20-450 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt, sosfiltfilt

FINE = 10_000.0  # Hz at which potentials are drawn
DURATIONS = (0.012, 0.025, 0.05, 0.1, 0.2, 0.4)
BAND = (20.0, 450.0)
# P, Q, R, S and T: height, place after the R peak and width in s
HEART_WAVES = ((0.12, -0.17, 0.025), (-0.15, -0.025, 0.008), (1, 0, 0.009), (-0.3, 0.027, 0.01), (0.3, 0.27, 0.05))
Signal = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """One channel: the signal in µV, its rate, and the true (onset, offset) of every burst in seconds."""

    x: Signal
    sfreq: float
    onset: Signal
    offset: Signal


def potential(rng: np.random.Generator) -> Signal:
    """One motor-unit potential at FINE, peak 1: a derivative of a skewed Gaussian, 3-12 ms long."""
    width = rng.uniform(0.5e-3, 1.6e-3)
    order = rng.choice([1, 2, 2, 3])
    t = np.arange(-10e-3, 10e-3, 1 / FINE)
    u = t / (width * np.where(t < 0, 1.0, rng.uniform(1.0, 1.8)))
    shape = [-u, u**2 - 1, -(u**3) + 3 * u][order - 1] * np.exp(-(u**2) / 2)
    shape *= rng.choice([-1, 1])
    present = np.flatnonzero(np.abs(shape) > 0.05 * np.abs(shape).max())
    shape = shape[present[0] : present[-1] + 1]
    return shape / np.abs(shape).max()


def envelope(kind: str, u: Signal) -> Signal:
    """Relative drive at each moment 0..1 of a burst."""
    return {
        "flat": np.ones_like(u),
        "ramp": 0.15 + 0.85 * u,
        "decay": np.exp(-2.0 * u),
        "hump": 0.2 + 0.8 * np.sin(np.pi * u),
    }[kind]


def burst(rng: np.random.Generator, duration: float, *, kinds: tuple[str, ...], rate: tuple[float, float]) -> Signal:
    """One burst at FINE, of any size; it fills its array from the first potential to the end of the last."""
    n = round(duration * FINE)
    out = np.zeros(n)
    units = [potential(rng) for _ in range(rng.integers(3, 12))]
    units = [w for w in units if len(w) < n] or [units[0][: n - 1]]
    size = rng.lognormal(0, 0.5, len(units))
    count = max(2, rng.poisson(rng.uniform(*rate) * duration))
    kind = str(rng.choice(kinds))
    at = np.concatenate([[0.0, 1.0], rng.uniform(0, 1, count - 2)])
    for u in at:
        k = rng.integers(len(units))
        w = units[k] * size[k] * envelope(kind, np.array([u]))[0] * rng.lognormal(0, 0.2)
        start = round(u * (n - len(w)))
        out[start : start + len(w)] += w
    return out


def true_edges(b: Signal) -> tuple[int, int]:
    """First and last sample of at least 10 % of the peak, walked down the flank to 5 % of that potential or a turn."""
    size = np.abs(b)
    large = np.flatnonzero(size >= 0.1 * size.max())
    first, last = int(large[0]), int(large[-1])
    while first > 0 and 0.005 * size.max() < size[first - 1] < size[first]:
        first -= 1
    while last < len(b) - 1 and 0.005 * size.max() < size[last + 1] < size[last]:
        last += 1
    return first, last + 1


def noise(rng: np.random.Generator, n: int, sfreq: float, kind: str) -> Signal:
    """Noise of RMS 1 in 20-450 Hz: white, coloured, heavy-tailed, or the interference of a tonic contraction."""
    if kind == "white":
        x = rng.normal(size=n)
    elif kind == "pink":
        b, a = [0.049922, -0.095993, 0.050613, -0.004408], [1, -2.494956, 2.017265, -0.522190]
        x = lfilter(b, a, rng.normal(size=n)) + 0.02 * rng.normal(size=n)
    elif kind == "muffled":
        x = sosfilt(butter(2, min(150.0, 0.4 * sfreq), fs=sfreq, output="sos"), rng.normal(size=n))
    elif kind == "laplace":
        x = rng.laplace(size=n)
    elif kind == "tonic":
        x = tonic(rng, n, sfreq)
    else:
        x = rng.standard_t(float(kind.removeprefix("t")), size=n)
    return x / rms(in_band(x, sfreq))


def tonic(rng: np.random.Generator, n: int, sfreq: float) -> Signal:
    """Eight to twenty motor units firing at 8-15 Hz, and a little white noise."""
    fine = np.zeros(round(n / sfreq * FINE) + 400)
    for _ in range(rng.integers(8, 20)):
        w = potential(rng) * rng.lognormal(0, 0.5)
        interval = rng.uniform(1 / 15, 1 / 8)
        times = np.cumsum(interval * np.maximum(0.3, 1 + 0.15 * rng.normal(size=int(n / sfreq / interval) + 20)))
        for t in times[times < n / sfreq]:
            at = int(t * FINE)
            fine[at : at + len(w)] += w
    x = resample(fine, sfreq)[:n]
    return x + 0.2 * rms(x) * rng.normal(size=n)


def resample(x: Signal, sfreq: float) -> Signal:
    """From FINE to `sfreq`, zero phase."""
    if sfreq >= FINE:
        return x
    y = sosfiltfilt(butter(4, 0.4 * sfreq, fs=FINE, output="sos"), x)
    return np.interp(np.arange(int(len(x) * sfreq / FINE)) / sfreq, np.arange(len(x)) / FINE, y)


def in_band(x: Signal, sfreq: float) -> Signal:
    """20-450 Hz, or as far as the rate allows."""
    high = min(BAND[1], 0.45 * sfreq)
    return sosfiltfilt(butter(4, (BAND[0], high), "bandpass", fs=sfreq, output="sos"), x)


def rms(x: Signal) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(x))))


def world(
    seed: int,
    snr_db: float,
    *,
    n_bursts: int = 120,
    sfreq: float = 2000.0,
    noise_kind: str = "white",
    kinds: tuple[str, ...] = ("flat", "ramp", "decay", "hump"),
    rate: tuple[float, float] = (150.0, 900.0),
    spacing: float = 1.5,
    gain: float = 5.0,
) -> World:
    """A channel with bursts of all DURATIONS in equal parts, in random order, `spacing` s apart and jittered."""
    rng = np.random.default_rng(seed)
    n = round((n_bursts + 2) * spacing * sfreq)
    durations = rng.permutation(np.resize(DURATIONS, n_bursts))
    clean = np.zeros(n)
    edges = np.empty((n_bursts, 2))
    lead = round(0.2 * FINE)
    for k, duration in enumerate(durations):
        fine = np.pad(burst(rng, duration, kinds=kinds, rate=rate), lead)
        first, last = true_edges(fine[lead:-lead])
        shape = resample(fine, sfreq)
        at = round(((k + 1) * spacing + rng.uniform(0, 0.4 * spacing)) * sfreq)
        a, b = (lead + np.array([first, last])) / FINE
        window = in_band(shape, sfreq)[round(a * sfreq) : max(round(b * sfreq), round(a * sfreq) + 1)]
        clean[at : at + len(shape)] += shape / rms(window) * 10 ** (snr_db / 20)
        edges[k] = at / sfreq + a, at / sfreq + b
    return World(gain * (clean + noise(rng, n, sfreq, noise_kind)), sfreq, edges[:, 0], edges[:, 1])


def with_heart(w: World, seed: int) -> World:
    """The same channel with the heart in it: 75 beats a minute that breathing moves, R waves as large as the bursts.

    The R wave is 2.5 times the RMS of the bursts: about where their largest potentials reach.
    """
    rng = np.random.default_rng((seed, 1))
    beat = np.cumsum(0.8 * rng.normal(1, 0.04, round(len(w.x) / w.sfreq)))
    time = np.arange(len(w.x)) / w.sfreq
    loud = np.concatenate(
        [w.x[round(a * w.sfreq) : round(b * w.sfreq)] for a, b in zip(w.onset, w.offset, strict=True)]
    )
    height = 2.5 * rms(loud)
    heart = np.zeros(len(w.x))
    for when in beat[(beat > 0.3) & (beat < len(w.x) / w.sfreq - 0.5)]:
        near = slice(round((when - 0.3) * w.sfreq), round((when + 0.5) * w.sfreq))
        t = time[near] - when
        for size, at, width in HEART_WAVES:
            heart[near] += (1 + 0.1 * np.sin(1.5 * when)) * size * np.exp(-(((t - at) / width) ** 2) / 2)
    return World(w.x + height * heart, w.sfreq, w.onset, w.offset)


@dataclass(frozen=True)
class Score:
    """How well found bursts fit the true ones."""

    f1: float
    false: int
    missed: int
    onset: Signal  # found minus true, seconds, of the matched
    offset: Signal
    which: NDArray[np.int64]  # row found for each true burst, -1 = missed


def score(true: tuple[Signal, Signal], found: tuple[Signal, Signal], *, least: float = 0.0) -> Score:
    """Match one to one, the largest overlap first; `least` is the overlap over the longer of the two."""
    pairs = []
    start = np.searchsorted(found[1], true[0])
    for i, j0 in enumerate(start):
        for j in range(max(0, j0 - 1), min(len(found[0]), j0 + 60)):
            if found[0][j] >= true[1][i]:
                break
            common = min(true[1][i], found[1][j]) - max(true[0][i], found[0][j])
            longer = max(true[1][i] - true[0][i], found[1][j] - found[0][j])
            if common > 0 and common >= least * longer:
                pairs.append((common / longer, i, j))
    which = np.full(len(true[0]), -1)
    used = np.zeros(len(found[0]), bool)
    for _, i, j in sorted(pairs, reverse=True):
        if which[i] < 0 and not used[j]:
            which[i], used[j] = j, True
    hit = which >= 0
    n = int(hit.sum())
    f1 = 2 * n / max(len(true[0]) + len(found[0]), 1)
    return Score(
        f1,
        len(found[0]) - n,
        len(true[0]) - n,
        found[0][which[hit]] - true[0][hit],
        found[1][which[hit]] - true[1][hit],
        which,
    )
