"""What a recording holds beside the muscles: noise, hum, drift, heart beats, movement, pops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from myosig.muscles import Muscle

Floats = NDArray[np.float64]
Signals = NDArray[np.float32]

NOISE = (2.0, 6.0)  # µV RMS of electrodes, amplifier and distant muscles in the band of surface EMG [P]
PINK_BELOW, PINK_GAIN = 60.0, 1.0  # Hz, and how much: twice the amplitude at the lowest frequencies [P]
COLOURED = 1.22  # RMS of that noise between 20 and 450 Hz against white noise, seen at 2 kHz
HEART_RATE = (55.0, 95.0)  # beats per minute at rest [M]
# Waves of a heart beat: amplitude against R, delay after R in s, width in s [M]
HEART_WAVES = {
    "P": (0.12, -0.17, 0.025),
    "Q": (-0.12, -0.025, 0.008),
    "R": (1.0, 0.0, 0.011),
    "S": (-0.25, 0.026, 0.009),
    "T": (0.28, 0.27, 0.055),
}
# How much of the ECG a channel sees, against the trunk [M]: limbs hardly any.
ECG_SHARE = {"trunk": 1.0, "neck": 0.25, "leg": 0.08, "arm": 0.1, "cranial": 0.03}
TRUNK_LIKE = frozenset({"PECc", "PECs", "SA", "LD"})  # on the chest wall although they move the arm


def coloured_noise(
    shape: tuple[int, int], sfreq: float, exponent: float, rng: np.random.Generator, *, corner: float = 1.0
) -> Signals:
    """Noise of unit variance whose power falls as 1/f**exponent above `corner` Hz and is level below it."""
    n = fft.next_fast_len(shape[1], real=True)
    spectrum = fft.rfft(rng.standard_normal((shape[0], n), dtype=np.float32), axis=1)
    frequency = np.maximum(fft.rfftfreq(n, 1 / sfreq), corner)
    spectrum *= (frequency / corner).astype(np.float32) ** (-exponent / 2)
    noise = fft.irfft(spectrum, n, axis=1)[:, : shape[1]]
    return np.asarray(noise / noise.std(axis=1, keepdims=True), dtype=np.float32)


def electrode_noise(
    shape: tuple[int, int], sfreq: float, level: Floats, unsteady: float, rng: np.random.Generator
) -> Signals:
    """White noise that rises below 60 Hz, at about `level` µV RMS between 20 and 450 Hz in each channel.

    `unsteady` is how much the level wanders over minutes: 0.3 = by 30 %.
    """
    inside = (min(450.0, sfreq / 2) - 20.0) / (sfreq / 2)  # part of the white noise that lies in the band
    white = rng.standard_normal(shape, dtype=np.float32)
    pole = np.float32(np.exp(-2 * np.pi * PINK_BELOW / sfreq))
    slow = signal.lfilter(np.array([1 - pole]), np.array([1, -pole]), white, axis=1)
    noise = np.asarray((white + PINK_GAIN * slow) / (COLOURED * np.sqrt(inside)), dtype=np.float32)
    knots = max(3, int(shape[1] / sfreq / 60))
    walk = np.exp(unsteady * rng.standard_normal((shape[0], knots)))
    at = np.linspace(0, knots - 1, shape[1])
    for row, (steps, usual) in enumerate(zip(walk, level, strict=True)):
        noise[row] *= usual * np.interp(at, np.arange(knots), steps)
    return noise


def hum(shape: tuple[int, int], sfreq: float, level: Floats, rng: np.random.Generator) -> Signals:
    """Line noise at 50 or 60 Hz with odd harmonics, slowly swelling; each channel has its own phase."""
    line = rng.choice([50.0, 60.0]) + rng.normal(0, 0.01)
    t = np.arange(shape[1]) / sfreq
    swell = 1 + 0.3 * np.sin(2 * np.pi * t / rng.uniform(20, 90))
    phase = rng.uniform(0, 2 * np.pi, shape[0])
    shares = [(1, 1.0), (3, rng.uniform(0, 0.4)), (5, rng.uniform(0, 0.2))]
    out = np.zeros(shape, dtype=np.float32)
    for weight, wave in ((np.cos(phase), np.cos), (np.sin(phase), np.sin)):
        heard = [share * wave(2 * np.pi * k * line * t) for k, share in shares if k * line < sfreq / 2]
        out += np.outer(level * weight, swell * np.sum(heard, axis=0)).astype(np.float32)
    return out


def drift(shape: tuple[int, int], sfreq: float, level: Floats, rng: np.random.Generator) -> Signals:
    """Slow wandering of the baseline, below about 1 Hz."""
    knots = max(8, int(shape[1] / sfreq))
    walk = np.cumsum(rng.normal(size=(shape[0], knots)), axis=1)
    walk = (walk - walk.mean(axis=1, keepdims=True)) / walk.std(axis=1, keepdims=True) * level[:, None]
    at = np.linspace(0, knots - 1, shape[1])
    return np.stack([np.interp(at, np.arange(knots), row) for row in walk]).astype(np.float32)


def heart_beats(duration: float, rng: np.random.Generator) -> Floats:
    """Times of the R peaks, with breathing and slow variability in the intervals."""
    mean = 60 / rng.uniform(*HEART_RATE)
    n = int(duration / mean * 1.3) + 4
    breathing = 0.03 * np.sin(2 * np.pi * np.arange(n) * mean / rng.uniform(3.5, 5))
    beats = np.cumsum(mean * (1 + breathing + rng.normal(0, 0.015, n))) - rng.uniform(0, mean)
    return beats[beats < duration]


def heart_view(rng: np.random.Generator, *, front: bool) -> Floats:
    """The five waves of a beat as one pair of electrodes sees them: amplitudes of P, Q, R, S, T."""
    seen = np.array([wave[0] for wave in HEART_WAVES.values()])
    if front:
        return np.asarray(seen * rng.lognormal(0, 0.2, 5))
    return np.asarray(seen * rng.choice([-1, 1], 5) * rng.uniform(0.2, 1.0, 5))


def ecg(n_samples: int, sfreq: float, beats: Floats, view: Floats, rng: np.random.Generator) -> Floats:
    """An electrocardiogram whose R peaks come at `beats` (seconds)."""
    before = round(0.25 * sfreq)
    t = np.arange(-before, round(0.5 * sfreq)) / sfreq
    places = HEART_WAVES.values()
    beat = np.sum([a * np.exp(-(((t - at) / w) ** 2) / 2) for a, (_, at, w) in zip(view, places, strict=True)], axis=0)
    train = np.zeros(n_samples + before)
    peaks = np.round(beats[beats >= 0] * sfreq).astype(np.int64)
    peaks = peaks[peaks < n_samples]
    train[peaks] = rng.normal(1, 0.05, peaks.size)
    return np.asarray(signal.oaconvolve(train, beat)[before : before + n_samples])


def ecg_share(muscles: Sequence[Muscle]) -> Floats:
    """How much of the ECG each muscle's channel sees, against the trunk."""
    return np.array([1.0 if m.abbreviation in TRUNK_LIKE else ECG_SHARE[m.region] for m in muscles])


def movement(n_samples: int, sfreq: float, times: Floats, amplitude: Floats, rng: np.random.Generator) -> Floats:
    """Slow deflections (below 15 Hz) after each time: electrodes that are shaken by the jerk."""
    out = np.zeros(n_samples)
    t = np.arange(round(0.5 * sfreq)) / sfreq
    for when, size in zip(times, amplitude, strict=True):
        begin = round(when * sfreq)
        if not 0 <= begin < n_samples:
            continue
        frequency, decay = rng.uniform(2, 8), rng.uniform(0.06, 0.15)
        wave = size * np.sin(2 * np.pi * frequency * t) * np.exp(-t / decay) * (1 - np.exp(-t / 0.03))
        out[begin : begin + t.size] += wave[: n_samples - begin]
    return out


def add_pop(trace: Signals, sfreq: float, rng: np.random.Generator) -> None:
    """A loose electrode: a sudden step of either sign that dies away, at a random time of one channel."""
    begin = int(rng.integers(trace.size))
    t = np.arange(min(trace.size - begin, round(1.5 * sfreq))) / sfreq
    trace[begin : begin + t.size] += rng.choice([-1, 1]) * rng.uniform(100, 600) * np.exp(-t / rng.uniform(0.02, 0.3))
