"""The jerk-locked average of the EEG, for the eye and for the figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.localize.cortex.montage import reference_of
from myosig.localize.cortex.overlap import Span, crowded, find_overlap
from myosig.localize.cortex.scan import Floats, averages, epoch_sums
from myosig.localize.cortex.sham import Shams
from myosig.localize.cortex.tracks import REASONS, Clock, Track
from myosig.localize.cortex.triggers import Triggers
from myosig.notebook import Shown
from myosig.recording import Recording

SPIKE_FREQUENCY = 25.0  # Hz: a spike of 40 ms, for the attenuation by jitter (criteria.md 3D) [D]
CURVES = ("times", "mean", "plus_minus", "sham_low", "sham_high", "deconvolved", "trials")
N_BAND_SHAMS = 200  # enough for a 95 % band


@dataclass(frozen=True, slots=True, eq=False)
class Backaverage(Shown):
    """EEG averaged at the burst onsets of one muscle.

    Attributes
    ----------
    channels : tuple of Channel
        EEG channels of one rate.
    trigger : str
        Label of the EMG channel whose onsets are time zero.
    times : ndarray of float, shape (n_times,)
        Seconds from the EMG onset.
    mean, plus_minus : ndarray of float, shape (n_channels, n_times)
        Average and ± average (noise estimate), µV.
    sham_low, sham_high : ndarray of float, shape (n_channels, n_times)
        Pointwise 2.5 % and 97.5 % of averages at sham triggers, µV.
    n : int
        Epochs averaged, in the channel of interest.
    rejected : mapping of str to int
        Jerks left out, by reason.
    reference : str
    seed : int
    split_half : float or None
        Correlation between the averages of odd and even jerks before the onset, in the channel of interest.
    jitter : float or None
        Standard error of the trigger times, seconds; None where it is not known.
    attenuation : float or None
        Share of a 25 Hz potential that this jitter leaves in the average.
    deconvolved : ndarray of float or None, shape (n_channels, n_times)
        The response to one jerk alone, by regression on all jerks, where a quarter of them are followed by the next
        one within as long as the epoch reaches back; µV. None where they are not.
    channel : str
        Label of the channel of interest.
    trials : ndarray of float or None, shape (n, n_times)
        The epochs of that channel, less their baseline, µV.
    """

    channels: tuple[Channel, ...]
    trigger: str
    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    plus_minus: NDArray[np.float64]
    sham_low: NDArray[np.float64]
    sham_high: NDArray[np.float64]
    n: int
    rejected: Mapping[str, int]
    reference: str
    seed: int
    split_half: float | None = None
    jitter: float | None = None
    attenuation: float | None = None
    deconvolved: NDArray[np.float64] | None = None
    channel: str = ""
    trials: NDArray[np.float64] | None = None

    @property
    def left_out(self) -> str:
        """What was left out, in words."""
        return ", ".join(f"{reason} ({n})" for reason, n in self.rejected.items() if n) or "none"

    def to_dict(self) -> dict[str, Any]:
        """Everything but the curves, as `analysis.json` holds it."""
        return {
            "channels": [c.label for c in self.channels],
            "trigger": self.trigger,
            "n": self.n,
            "rejected": dict(self.rejected),
            "reference": self.reference,
            "split_half": self.split_half,
            "jitter_ms": None if self.jitter is None else self.jitter * 1000,
            "attenuation": self.attenuation,
            "seed": self.seed,
        }


def jitter_attenuation(jitter: float, frequency: float = SPIKE_FREQUENCY) -> float:
    """Share of an oscillation that survives averaging with Gaussian trigger jitter: exp(-(2 pi f s)^2 / 2)."""
    return math.exp(-((2 * math.pi * frequency * jitter) ** 2) / 2)


def average(
    recording: Recording,
    tracks: Sequence[Track],
    triggers: Triggers,
    shams: Shams,
    *,
    window: tuple[float, float],
    baseline: tuple[float, float],
    channel: str,
    seed: int,
    until: float = 0.0,
) -> Backaverage:
    """Average, at their own rate, all EEG channels that share the rate of one.

    Parameters
    ----------
    tracks : sequence of Track
        Say which epochs are usable, and give the sham band.
    window, baseline : (float, float)
        Epoch, and the part of it whose mean is subtracted; seconds from the onset.
    until : float
        Up to there, in seconds from the onset, an epoch must be free of artefacts.
    channel : str
        The channel of interest: its rejected epochs and split-half correlation are reported.
    """
    sfreq = recording.channel(channel).sfreq
    shown = [track for track in tracks if track.channel.sfreq == sfreq]
    running = Clock.of(recording).running(triggers.times)
    obstacles = np.stack([_obstacles(track, running, window[0], until) for track in shown])
    usable = obstacles == 0
    times = (
        math.floor(window[0] * sfreq) + np.arange(math.ceil((window[1] - window[0]) * sfreq), dtype=np.float64) + 0.5
    ) / sfreq
    base = (times >= baseline[0]) & (times < baseline[1])
    at = [track.channel.label for track in shown].index(channel)
    mean, plus_minus, trials = _sum_epochs(recording, shown, triggers.times, usable, times, base, at)
    low, high = _sham_band(shown, shams.apply(running)[:N_BAND_SHAMS], times, baseline)
    everyone = Clock.of(recording).running(triggers.neighbours)
    return Backaverage(
        channels=tuple(track.channel for track in shown),
        trigger=triggers.channel.label,
        times=times,
        mean=mean,
        plus_minus=plus_minus,
        sham_low=low,
        sham_high=high,
        n=len(trials),
        rejected={**triggers.rejected, **_counts(obstacles[at])},
        reference=reference_of(track.channel for track in shown),
        seed=seed,
        split_half=split_half(trials[:, times < 0]),
        jitter=triggers.jitter,
        attenuation=None if triggers.jitter is None else jitter_attenuation(triggers.jitter),
        deconvolved=_untangled(shown, running, everyone, times, base),
        channel=channel,
        trials=trials,
    )


def _counts(obstacles: NDArray[np.uint8]) -> dict[str, int]:
    """Epochs left out, by the reason; those that the EEG was searched for are named also where there were none."""
    return {f"EEG: {reason}": int(np.sum(obstacles == code)) for code, reason in enumerate(REASONS) if code}


def thinned(average: Backaverage, rate: float) -> Backaverage:
    """The same curves as means of neighbouring samples, about `rate` a second: a low-pass, to look at slow ones."""
    every = max(1, round(1 / (average.times[1] - average.times[0]) / rate))
    size = average.times.size // every

    def reduce(curves: Floats) -> Floats:
        return np.asarray(curves[..., : size * every].reshape(*curves.shape[:-1], size, every).mean(axis=-1))

    curves: dict[str, Any] = {
        name: reduce(getattr(average, name)) for name in CURVES if getattr(average, name) is not None
    }
    return replace(average, **curves)


def split_half(trials: Floats) -> float | None:
    """Correlation between the averages of odd and even epochs; None with fewer than four, or without signal."""
    if len(trials) < 4:
        return None
    odd, even = trials[::2].mean(axis=0), trials[1::2].mean(axis=0)
    return float(np.corrcoef(odd, even)[0, 1]) if np.ptp(odd) > 0 and np.ptp(even) > 0 else None


def _untangled(
    shown: Sequence[Track], triggers: Floats, jerks: Floats, times: Floats, base: NDArray[np.bool_]
) -> Floats | None:
    """The response to one jerk alone at the times of the average, less its baseline; None where jerks lie apart."""
    reach = -float(times[0])
    if not crowded(jerks, reach):
        return None
    rows = []
    for track in shown:
        length = math.ceil(reach * track.sfreq)
        before, after = Span(-length, length), Span(0, length)
        means, _ = averages(track, (before, after), (triggers[None], jerks[None]))
        alone = find_overlap(track, triggers, jerks, before, after).solve(means[0])
        rows.append(np.interp(times, np.arange(-length, length) / track.sfreq, alone))
    curves = np.stack(rows)
    return np.asarray(curves - curves[:, base].mean(axis=1, keepdims=True))


def _obstacles(track: Track, running: Floats, tmin: float, until: float) -> NDArray[np.uint8]:
    """The reason for which each epoch cannot be used from tmin to `until`, as an index of `REASONS`; 0 if it can."""
    first = math.floor(tmin * track.sfreq)
    return track.worst(track.sample_of(running) + first, math.ceil(until * track.sfreq) - first)


def _sum_epochs(
    recording: Recording,
    shown: Sequence[Track],
    onsets: Floats,
    usable: NDArray[np.bool_],
    times: Floats,
    base: NDArray[np.bool_],
    at: int,
) -> tuple[Floats, Floats, Floats]:
    """Average and ± average of every channel, and the epochs of one."""
    labels = [track.channel.label for track in shown]
    sfreq = shown[0].channel.sfreq
    total = np.zeros((2, len(labels), times.size))
    count = np.zeros(len(labels), dtype=np.int64)
    trials = []
    for onset, use in zip(onsets, usable.T, strict=True):
        # The first sample lies up to one interval after the start of the epoch: half of one on average.
        begin = onset + times[0] - 0.5 / sfreq
        epoch = np.nan_to_num(recording.read(labels, begin, begin + (times.size + 0.5) / sfreq)[:, : times.size])
        epoch = (epoch - epoch[:, base].mean(axis=1, keepdims=True)).astype(np.float64)
        total += np.stack([epoch, np.where(count % 2, -1.0, 1.0)[:, None] * epoch]) * use[:, None]
        count += use
        if use[at]:
            trials.append(epoch[at])
    mean, plus_minus = total / np.maximum(count, 1)[:, None]
    return mean, plus_minus, np.array(trials).reshape(-1, times.size)


def _sham_band(
    shown: Sequence[Track], moved: Floats, times: Floats, baseline: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Pointwise 95 % band of sham averages, from the block means, at the times of the average."""
    bands = []
    for track in shown:
        first, stop = math.floor(times[0] * track.sfreq), math.ceil(times[-1] * track.sfreq) + 1
        sums, counts = epoch_sums(track, moved, first, stop - first)
        coarse = np.arange(first, stop) / track.sfreq
        curves = sums / np.maximum(counts, 1)[:, None]
        curves -= curves[:, (coarse >= baseline[0]) & (coarse < baseline[1])].mean(axis=1, keepdims=True)
        bands.append([np.interp(times, coarse, row) for row in np.quantile(curves, [0.025, 0.975], axis=0)])
    low, high = np.swapaxes(bands, 0, 1)
    return low, high
