"""Signals that the tests of artefacts make for themselves: noise, bursts of muscle activity, hearts, hum."""

from __future__ import annotations

import numpy as np

from myosig.channel import Channel
from myosig.recording import Recording
from myosig.samples import MemorySource


def recording(*rows, sfreq, kinds=None, segments=None):
    kinds = kinds or ["emg"] * len(rows)
    channels = [
        Channel(f"{kind} {i}", kind, sfreq, "uV", len(row))
        for i, (kind, row) in enumerate(zip(kinds, rows, strict=True))
    ]
    return Recording(channels, MemorySource(rows), layout=segments)


def cleaned(rec, *, label="emg 0", duration=10.0, artefacts=None):
    from myosig.signals.cleaning import cleaned_blocks

    blocks = cleaned_blocks(rec, [label], duration=duration, artefacts=artefacts)
    return np.concatenate([block.data[0] for block in blocks])


def potentials(n, sfreq, rng, count):
    """`count` motor-unit potentials of 5-12 ms at random places of n samples, RMS 1 over all of them."""
    out = np.zeros(n)
    for at, width in zip(rng.uniform(0, n, count), rng.uniform(0.0010, 0.0022, count) * sfreq, strict=True):
        t = (np.arange(max(0, int(at - 5 * width)), min(n, int(at + 5 * width))) - at) / width
        out[max(0, int(at - 5 * width)) : min(n, int(at + 5 * width))] += (
            rng.normal() * t + 0.7 * rng.normal() * (t * t - 1)
        ) * np.exp(-t * t / 2)
    return out / np.sqrt(np.mean(out**2))


def add_bursts(x, onsets, durations, size, *, sfreq, rng):
    """Add bursts of RMS `size` that differ from each other."""
    for onset, duration in zip(onsets, durations, strict=True):
        first, n = round(onset * sfreq), round(duration * sfreq)
        x[first : first + n] += size * potentials(n, sfreq, rng, max(3, round(duration * 600)))


def beat_times(duration, rng, *, interval=0.8):
    steps = interval * (1 + 0.04 * np.sin(np.arange(2 * duration) * 1.2) + rng.normal(0, 0.02, round(2 * duration)))
    times = np.cumsum(steps)
    return times[times < duration - 0.1]


def heart(n, times, *, sfreq, breath=0.1):
    """An electrocardiogram with R waves of about 1."""
    out = np.zeros(n)
    for when in times:
        first, last = max(0, round((when - 0.3) * sfreq)), min(n, round((when + 0.6) * sfreq))
        t = np.arange(first, last) / sfreq - when
        waves = [(0.1, -0.17, 0.025), (-0.1, -0.026, 0.008), (1, 0, 0.010), (-0.3, 0.027, 0.009), (0.3, 0.27, 0.05)]
        size = 1 + breath * np.sin(2 * np.pi * when / 4.1)
        out[first:last] += size * sum(a * np.exp(-(((t - at) / w) ** 2) / 2) for a, at, w in waves)
    return out


def hum(n, *, sfreq, frequency=50.0, harmonics=((1, 1.0), (3, 0.3))):
    t = np.arange(n) / sfreq
    return sum(a * np.sin(2 * np.pi * h * frequency * t + h) for h, a in harmonics)


def tonic(duration, sfreq, rng, *, level, silences=(), units=20, drive=None):
    """A muscle held tense: steady trains of units of growing size, RMS `level`; and the true edges of the silences."""
    n = round(duration * sfreq)
    out, begins, ends = np.zeros(n), [], []
    for unit in range(units):
        width = rng.uniform(0.0010, 0.0022)
        t = np.arange(-round(5 * width * sfreq), round(5 * width * sfreq) + 1) / sfreq / width
        wave = (rng.normal() * t + 0.7 * rng.normal() * (t * t - 1)) * np.exp(-t * t / 2)
        wave *= 6 ** (unit / max(1, units - 1)) / np.abs(wave).max()
        loud = np.flatnonzero(np.abs(wave) > 0.05 * np.abs(wave).max())
        times = np.cumsum(np.clip(rng.normal(1, 0.2, round(16 * duration)), 0.4, None) / rng.uniform(9, 16))
        for when in times[(times > 0.05) & (times < duration - 0.05)]:
            begin, end = when, when + (loud[-1] + 1 - loud[0]) / sfreq
            if any(end > a and begin < b for a, b in silences) or (drive is not None and drive(when) < unit / units):
                continue
            out[round(when * sfreq) - loud[0] :][: wave.size] += wave
            begins.append(begin)
            ends.append(end)
    out *= level / np.sqrt(np.mean(out[out != 0] ** 2))
    begins, ends = np.sort(begins), np.sort(ends)
    edges = [
        (ends[np.searchsorted(ends, a, side="right") - 1], begins[np.searchsorted(begins, b)]) for a, b in silences
    ]
    return out, np.array(edges).reshape(-1, 2)
