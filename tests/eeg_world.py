"""Small made-up worlds for the EEG side: coloured noise with spikes, and jerks that are simply stated."""

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from myosig.channel import Channel
from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.recording import Recording

ELECTRODES = ("F3", "F4", "C3", "Cz", "C4", "O1", "O2", "Pz")


@dataclass
class Arrays:
    """A source: one array a channel."""

    rows: list

    def read(self, rows, start, stop):
        return np.stack([self.rows[r][start:stop] for r in rows]).astype(np.float32)


def pink(rng, n, sfreq, *, sd=10.0, exponent=1.5, alpha=3.0):
    """1/f^exponent noise above 0.5 Hz with an alpha rhythm, of that standard deviation in µV."""
    size = next_fast_len(n, real=True)
    f = np.fft.rfftfreq(size, 1 / sfreq)
    shape = np.where(f > 0, np.maximum(f, 0.5) ** (-exponent / 2), 0)
    shape = shape + alpha * np.exp(-0.5 * ((f - 10) / 0.7) ** 2) * 10 ** (-exponent / 2)
    x = irfft(shape.astype(np.float32) * rfft(rng.standard_normal(size, dtype=np.float32)), size)[:n]
    return x * (sd / x.std())


def eeg(rng, duration, sfreq, n_channels, *, sd=10.0, shared=0.6):
    """Channels that share part of their noise, shape (n_channels, n)."""
    n = round(duration * sfreq)
    common = pink(rng, n, sfreq, sd=sd)
    own = np.stack([pink(rng, n, sfreq, sd=sd) for _ in range(n_channels)])
    return np.sqrt(shared) * common + np.sqrt(1 - shared) * own


def spike(t, width=0.02):
    """Positive, then negative: peak at 0."""
    return np.exp(-0.5 * (t / (width / 4)) ** 2) - 0.7 * np.exp(-0.5 * ((t - width) / (width / 2.5)) ** 2)


def add_at(x, sfreq, times, wave, amplitude):
    """Add a waveform, a function of seconds from each time, to one channel."""
    for t in times:
        first = max(0, int((t - 0.3) * sfreq))
        last = min(x.size, int((t + 0.5) * sfreq))
        x[first:last] += amplitude * wave(np.arange(first, last) / sfreq - t)


def onsets(rng, n, interval, cv, start=3.0):
    """A train with that mean interval and coefficient of variation (gamma intervals)."""
    if cv == 0:
        return start + rng.uniform(0, interval) + interval * np.arange(n)
    shape = 1 / cv**2
    return start + np.cumsum(np.maximum(rng.gamma(shape, interval / shape, n), 0.05))


def channels(
    duration,
    *,
    eeg_rate=500.0,
    electrodes=ELECTRODES,
    emg=(("abductor pollicis brevis", "right"),),
    emg_rate=1000.0,
    **more,
):
    """EEG channels followed by EMG channels."""
    brain = [Channel(f"EEG {e}", "eeg", eeg_rate, "uV", round(duration * eeg_rate), site=e, **more) for e in electrodes]
    muscles = [
        Channel(f"EMG {m} {s}", "emg", emg_rate, "uV", round(duration * emg_rate), muscle=m, side=s) for m, s in emg
    ]
    return brain + muscles


def recording(brain, chans, emg=None):
    """A recording of EEG rows, and EMG rows or silence."""
    rest = chans[len(brain) :]
    muscle = emg if emg is not None else [np.zeros(c.n_samples, np.float32) for c in rest]
    return Recording(chans, Arrays([*brain, *muscle]), name="world")


def make_jerks(times, emg_channels, *, lags=(0.0,), duration=0.03, se=0.001):
    """Jerks at those times in which every muscle fires, each at its lag; lags may differ from jerk to jerk."""
    times = np.asarray(times, float)
    k, m = len(times), len(emg_channels)
    lags = np.broadcast_to(np.asarray(lags, float), (k, m))
    order = np.argsort((times[:, None] + lags).ravel(), kind="stable")
    onset = (times[:, None] + lags).ravel()[order]
    channel = np.tile(np.arange(m), k)[order]
    member = np.repeat(np.arange(k), m)[order]
    n = k * m
    bursts = Bursts(
        channel=channel,
        onset=onset,
        offset=onset + duration,
        onset_se=np.full(n, se),
        offset_se=np.full(n, se),
        peak_time=onset + duration / 2,
        amplitude=np.full(n, 300.0),
        rms=np.full(n, 80.0),
        area=np.full(n, 2.0),
        snr=np.full(n, 20.0),
        median_frequency=np.full(n, 100.0),
        cut=np.zeros(n, bool),
        suspect=np.full(n, "", dtype=object),
        n_peaks=np.full(n, 4),
        channels=tuple(emg_channels),
        noise=np.full(m, 3.0),
        searched=np.full(m, emg_channels[0].n_samples / emg_channels[0].sfreq if m else 0.0),
    )
    first = lags.min(axis=1, initial=np.inf if m else 0.0)
    return Jerks(
        onset=times + first,
        offset=times + lags.max(axis=1, initial=0.0) + duration,
        lead=lags.argmin(axis=1) if m else np.zeros(k, int),
        latency=lags - first[:, None],
        n_bursts=np.full(k, m),
        number=np.arange(k),
        bursts=bursts,
        member=member,
        n_volleys=np.ones(k, dtype=int),
        volley=member,
        silence_limit=0.1,
        repeat_limit=None,
    )
