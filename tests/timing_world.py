"""Made-up tables of bursts for the tests of timing."""

import numpy as np

from myosig.channel import Channel
from myosig.detect.bursts import Bursts
from myosig.detect.jerks import group_jerks
from myosig.muscles import atlas, muscle


def channel(name, side="right", sfreq=2000.0):
    """A channel of the muscle with that name or abbreviation."""
    known = muscle(name)
    return Channel(
        label=f"EMG {side[0].upper()} {known.abbreviation}",
        kind="emg",
        sfreq=sfreq,
        unit="uV",
        n_samples=0,
        muscle=known.name,
        side=side,
        segments=atlas()[known.name].segments,
    )


def table(channels, which, onset, duration=0.05, *, n_peaks=5, suspect="", span=None, onset_se=0.002):
    """Bursts with those channel numbers, onsets and durations, sorted."""
    which, onset, duration, n_peaks = np.broadcast_arrays(which, np.asarray(onset, float), duration, n_peaks)
    order = np.lexsort((which, onset))
    which, onset, duration, n_peaks = (np.asarray(a)[order] for a in (which, onset, duration, n_peaks))
    n = onset.size
    flat = dict.fromkeys(("amplitude", "rms", "area", "snr", "median_frequency"), np.full(n, 100.0))
    length = span if span is not None else float(onset.max(initial=0)) + 1
    return Bursts(
        channel=which,
        onset=onset,
        offset=onset + duration,
        onset_se=np.full(n, onset_se),
        offset_se=np.full(n, onset_se),
        peak_time=onset + duration / 2,
        **flat,
        cut=np.zeros(n, bool),
        suspect=np.full(n, suspect, dtype=object),
        n_peaks=n_peaks,
        channels=tuple(channels),
        noise=np.full(len(channels), 5.0),
        searched=np.full(len(channels), length),
    )


def volleys(channels, times, latency, duration=0.05, *, scatter=0.0, rng=None, **rest):
    """One burst of every channel at each time plus its latency; NaN latencies are left out."""
    latency = np.broadcast_to(np.asarray(latency, float), (len(times), len(channels)))
    onset = np.asarray(times, float)[:, None] + latency
    if scatter:
        onset = onset + rng.normal(0, scatter, onset.shape)
    keep = np.isfinite(onset)
    which = np.broadcast_to(np.arange(len(channels)), onset.shape)
    return table(channels, which[keep], onset[keep], np.broadcast_to(duration, onset.shape)[keep], **rest)


def grouped(*args, **rest):
    """Jerks of `volleys`."""
    return group_jerks(volleys(*args, **rest))


def random_times(n, mean, rng, *, refractory=0.0):
    """A random train: intervals exponential beyond a refractory time."""
    return 5 + np.cumsum(refractory + rng.exponential(mean - refractory, n))


def true_bursts(truth, recording, *, rng, onset_error=0.003, missed=0.0):
    """The true bursts of a simulation as a detector with that error would have found them, and their true jerks."""
    b = truth.bursts[rng.random(len(truth.bursts)) >= missed]
    labels = list(truth.channels)
    onset = b.onset + rng.normal(0, onset_error, len(b))
    duration = np.maximum(b.offset - b.onset, 0.004)
    order = np.argsort(onset, kind="stable")
    which = np.array([labels.index(c) for c in b.channel], dtype=int)
    n_peaks = np.where(b.kind == "fasciculation", 1, 5)
    channels = [recording.channel(label) for label in labels]
    bursts = table(
        channels, which[order], onset[order], duration[order], n_peaks=n_peaks[order], span=recording.duration
    )
    return bursts, b.jerk[order]


def share_right(member, jerk):
    """Share of true jerks whose bursts, and no others, form one group."""
    true = [np.flatnonzero(jerk == j) for j in np.unique(jerk[jerk >= 0])]
    right = sum(
        member[rows[0]] >= 0 and np.array_equal(np.flatnonzero(member == member[rows[0]]), rows) for rows in true
    )
    return right, len(true)
