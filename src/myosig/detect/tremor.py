"""Is there a tremor in the envelope of the EMG, or only a rhythm of separate bursts?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.signal import butter, sosfiltfilt, welch
from scipy.stats import chi2

from myosig.filters import cleaned_blocks
from myosig.recording import Recording

Floats = NDArray[np.float64]

RATE = 100.0  # Hz of the envelope: twice the third harmonic of the fastest tremor, and room
BLOCK = 30.0  # s read at a time
BAND = (3.0, 15.0)  # Hz: rest tremor from 3, cortical and enhanced physiological tremor below 15; [M]
WINDOW = 4.0  # s of a spectrum: resolves 0.25 Hz
MIN_WINDOWS = 5  # non-overlapping, with activity [P]
NEIGHBOURHOOD = 4.0  # Hz over which the background of a peak is taken [P]
NARROW = 0.5  # Hz either side that belong to a peak [P]
ALPHA = 0.01
SHARP = 0.25  # part of the power of 1-30 Hz that lies at the peak and its harmonics [P]
SLOWEST = 3.5  # Hz: below, a rhythm of bursts is not called tremor on the EMG alone (criteria.md 1A: segmental) [P]
DUTY = 0.15  # of a cycle above half of the mean envelope: 0.19 in a tremor of 4.3 Hz; a 30 ms burst at 4 Hz has 0.1 [P]
AWAY = 0.35  # part of the peak frequency either side that the cycles are filtered to [P]


@dataclass(frozen=True, slots=True)
class Tremor:
    """Tremor of one EMG channel.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    channel : str or None
        The channel with the sharpest peak.
    frequency : float or None
        Of the peak, Hz.
    p_value : float or None
        Of so high a peak over its neighbourhood, corrected over frequencies and channels.
    sharpness : float or None
        Part of the power of the envelope (1-30 Hz) at the peak and its harmonics.
    harmonics : float or None
        Power at twice the frequency over that at the frequency: small for the nearly sinusoidal envelope of tremor.
    duty : float or None
        Part of the mean cycle above half of its height.
    silence : float or None
        Lowest over highest point of the mean cycle: near 0 where the muscle is silent between bursts.
    stability : float or None
        Interquartile range of the change of frequency from cycle to cycle, Hz (di Biase et al. 2017).
    n_windows : int
    """

    verdict: str
    why: str
    channel: str | None = None
    frequency: float | None = None
    p_value: float | None = None
    sharpness: float | None = None
    harmonics: float | None = None
    duty: float | None = None
    silence: float | None = None
    stability: float | None = None
    n_windows: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "channel": self.channel,
            "frequency_hz": self.frequency,
            "p_value": self.p_value,
            "sharpness": self.sharpness,
            "harmonics": self.harmonics,
            "duty": self.duty,
            "silence": self.silence,
            "stability_hz": self.stability,
            "n_windows": self.n_windows,
        }


def measure_tremor(recording: Recording, *, channels: Sequence[str] | None = None) -> Tremor:
    """Look for tremor in the envelope of every EMG channel.

    The spectrum of the rectified, mean-free EMG must have a peak at 3-15 Hz that chance does not put on its
    neighbourhood and that holds, with its harmonics, a quarter of the power. It is tremor where it is not slower than
    3.5 Hz and the mean cycle is above half of its height for at least 15 % of the time: a rhythm of brief bursts with
    silence between is rhythmic myoclonus.

    Parameters
    ----------
    recording : Recording
    channels : sequence of str, optional
        Default: all of kind ``"emg"``.

    Returns
    -------
    Tremor
        Of the channel with the sharpest peak. `not assessable` without 20 s of EMG.

    References
    ----------
    di Biase et al. 2017, tremor stability index, doi 10.1093/brain/awx104.

    Examples
    --------
    >>> import myosig as ms
    >>> from myosig.detect.tremor import measure_tremor
    >>> measure_tremor(ms.simulate("tremor", seed=2, duration=60, n_eeg=0).recording).verdict
    'present'
    """
    labels = [c.label for c in recording.channels if c.kind == "emg"] if channels is None else list(channels)
    labels = [label for label in labels if recording.channel(label).sfreq >= RATE]
    found = [_look_at(label, envelopes(recording, label), len(labels)) for label in labels]
    seen = [one for one in found if one.verdict != "not assessable"]
    if not seen:
        return Tremor("not assessable", f"no EMG channel with {MIN_WINDOWS * WINDOW:g} s of data")
    return max(seen, key=lambda one: (one.verdict == "present", one.sharpness or 0.0))


def envelopes(recording: Recording, label: str) -> list[Floats]:
    """Mean absolute EMG in bins of 10 ms, one array for each stretch without a gap."""
    step = round(recording.channel(label).sfreq / RATE)
    pieces: list[list[Floats]] = []
    left = np.empty(0, dtype=np.float32)
    for block in cleaned_blocks(recording, [label], duration=BLOCK):
        if block.is_first:
            pieces.append([])
            left = np.empty(0, dtype=np.float32)
        samples = np.concatenate([left, block.data[0]])
        whole = samples.size // step * step
        bins = np.abs(np.nan_to_num(samples[:whole])).reshape(-1, step)
        pieces[-1].append(bins.mean(axis=1, dtype=np.float64))
        left = samples[whole:]
    return [np.concatenate(piece) for piece in pieces]


def _look_at(label: str, stretches: list[Floats], n_channels: int) -> Tremor:
    size = int(WINDOW * RATE)
    long = [s for s in stretches if s.size >= size]
    n = sum(s.size // size for s in long)
    if n < MIN_WINDOWS:
        return Tremor("not assessable", f"{label}: {n} windows of {WINDOW:g} s; {MIN_WINDOWS} are needed")
    frequency, power = _spectrum(long, size)
    peak, p_value = _peak(frequency, power, n, n_channels)
    sharpness, harmonics = _shape(frequency, power, peak)
    cycle, stability = _mean_cycle(long, peak)
    duty, silence = _duty(cycle)
    present = p_value < ALPHA and sharpness >= SHARP and peak >= SLOWEST and duty >= DUTY
    why = (
        f"{label}: peak of the envelope at {peak:.2f} Hz (p = {p_value:.2g}) with {100 * sharpness:.0f} % of its power "
        f"(tremor {100 * SHARP:.0f} %), {100 * duty:.0f} % of a cycle above half height (tremor {100 * DUTY:.0f} %)"
    )
    verdict = "present" if present else "absent"
    return Tremor(verdict, why, label, peak, p_value, sharpness, harmonics, duty, silence, stability, n)


def _spectrum(stretches: list[Floats], size: int) -> tuple[Floats, Floats]:
    """Mean over windows, so that long stretches count more."""
    spectra = [welch(s, RATE, nperseg=size, noverlap=size // 2) for s in stretches]
    weights = [s.size for s in stretches]
    return spectra[0][0], np.average([power for _, power in spectra], axis=0, weights=weights)


def _peak(frequency: Floats, power: Floats, n: int, n_channels: int) -> tuple[float, float]:
    """Where the spectrum stands out most from its neighbourhood within the band, and how unlikely that is.

    A mean of n periodograms over its expectation is chi-squared with 2 n degrees of freedom.
    """
    background = median_filter(power, round(NEIGHBOURHOOD * WINDOW) | 1)
    inside = np.flatnonzero((frequency >= BAND[0]) & (frequency <= BAND[1]))
    excess = power[inside] / np.maximum(background[inside], 1e-30)
    at = inside[int(np.argmax(excess * (power[inside] > 0)))]
    near = slice(at - 1, at + 2)
    looks = inside.size * n_channels
    p_value = min(1.0, looks * float(chi2.sf(2 * n * excess.max(), 2 * n)))
    return float(np.average(frequency[near], weights=power[near])), p_value


def _shape(frequency: Floats, power: Floats, peak: float) -> tuple[float, float]:
    """Part of the power at the peak and its harmonics, and power at twice over power at once the frequency."""
    whole = power[(frequency >= 1) & (frequency <= 30)].sum()
    parts = [power[np.abs(frequency - k * peak) <= NARROW].sum() for k in range(1, int(30 / peak) + 1)]
    second = parts[1] if len(parts) > 1 else 0.0
    return float(sum(parts) / whole), float(second / parts[0])


def _mean_cycle(stretches: list[Floats], peak: float) -> tuple[Floats, float | None]:
    """Envelope against phase over all cycles, 32 points, and the spread of the change of frequency between cycles."""
    sos = butter(2, [(1 - AWAY) * peak, (1 + AWAY) * peak], btype="bandpass", fs=RATE, output="sos")
    rows, changes = [], []
    for envelope in stretches:
        wave = sosfiltfilt(sos, envelope)
        up = np.flatnonzero((wave[:-1] <= 0) & (wave[1:] > 0))
        crossing = up - wave[up] / (wave[up + 1] - wave[up])
        strong = _strong(wave, up)
        length = np.diff(crossing)
        rows += [
            np.interp(c + d * np.arange(32) / 32, np.arange(envelope.size), envelope)
            for c, d, keep in zip(crossing[:-1], length, strong, strict=True)
            if keep
        ]
        changes.append(np.diff(RATE / length)[strong[1:] & strong[:-1]])
    if not rows:
        return np.ones(32), None
    change = np.concatenate(changes)
    quartiles = np.quantile(change, [0.25, 0.75]) if change.size else None
    return np.median(rows, axis=0), None if quartiles is None else float(quartiles[1] - quartiles[0])


def _strong(wave: Floats, up: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Cycles of at least half the size of the upper tenth: the muscle does not shake all the time."""
    if up.size < 2:
        return np.zeros(max(up.size - 1, 0), dtype=bool)
    size = np.maximum.reduceat(np.abs(wave), up)[:-1]
    return np.asarray(size >= 0.5 * np.quantile(size, 0.9))


def _duty(cycle: Floats) -> tuple[float, float]:
    low, high = float(cycle.min()), float(cycle.max())
    return float(np.mean(cycle > (low + high) / 2)), low / high if high > 0 else 1.0
