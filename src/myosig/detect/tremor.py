"""Is there a tremor in the envelope of the EMG, or only a rhythm of separate bursts?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from myosig.detect.envelope import HIGHEST, Spectrum, read_envelopes, spectrum_of
from myosig.notebook import Shown
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts

Floats = NDArray[np.float64]

BAND = (3.0, 15.0)  # Hz: rest tremor from 3, cortical and enhanced physiological tremor below 15; [M]
WINDOW = 4.0  # s of a spectrum: resolves 0.25 Hz
MIN_WINDOWS = 3  # independent ones: fewer where a few seconds hold most of the activity [P]
NARROW = 0.5  # Hz either side that belong to a peak [P]
ALPHA = 0.01
SHARP = 0.18  # part of the power of 1-30 Hz that lies at the peak and its harmonics, above the background [P]
SLOWEST = 3.5  # Hz: below, a rhythm of bursts is not called tremor on the EMG alone (criteria.md 1A: segmental) [P]
DUTY = 0.17  # of a cycle above half of the mean envelope: 0.19 in a wrist tremor of 4.3 Hz; 20 ms at 8 Hz is 0.16 [P]
QUICK = 9.0  # Hz from which cortical tremor is a possibility (9-18 Hz, criteria.md 1A) [V]
AWAY = 0.35  # part of the peak frequency either side that the cycles are filtered to [P]
CYCLE_POINTS = 32

SLOW_BAND, SLOW_WINDOW = (0.5, 15.0), 10.0  # Hz and s of the rhythm of the envelope, whatever it is: resolves 0.1 Hz
HARMONICS = 4  # the peak and its next three


@dataclass(frozen=True, slots=True)
class EnvelopeRhythm:
    """The peak that stands out most from the spectrum of an EMG envelope, and its harmonics.

    Attributes
    ----------
    channel : str
    frequency : float
        Hz.
    p_value : float
        Of so high a peak over its neighbourhood, corrected over frequencies and channels.
    harmonics : tuple of (float, float)
        Two, three and four times the frequency, Hz, and the p of a peak there: sharp bursts have them, a sine not.
    n_windows : float
    """

    channel: str
    frequency: float
    p_value: float
    harmonics: tuple[tuple[float, float], ...]
    n_windows: float

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "channel": self.channel,
            "frequency_hz": self.frequency,
            "p_value": self.p_value,
            "harmonics": [{"frequency_hz": frequency, "p_value": p} for frequency, p in self.harmonics],
            "n_windows": self.n_windows,
        }


@dataclass(frozen=True, slots=True)
class Tremor(Shown):
    """Tremor in the envelopes of the EMG.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    channel : str or None
        The channel with the sharpest peak; the measures below are those of it.
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
    n_windows : float
        Independent windows that the spectrum is worth.
    channels : tuple of str
        All channels with tremor.
    rhythm : EnvelopeRhythm or None
        The clearest rhythm of any envelope at 0.5-15 Hz, tremor or not; None with less than 30 s of data.
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
    n_windows: float = 0
    channels: tuple[str, ...] = field(default=())
    rhythm: EnvelopeRhythm | None = None

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
            "channels": list(self.channels),
            "envelope_rhythm": None if self.rhythm is None else self.rhythm.to_dict(),
        }


def measure_tremor(
    recording: Recording, *, channels: Sequence[str] | None = None, artefacts: Artefacts | None = None
) -> Tremor:
    """Look for tremor in the envelope of every EMG channel.

    The spectrum of the rectified, mean-free EMG must have a peak at 3-15 Hz that chance does not put on its
    neighbourhood and that holds, with its harmonics, 18 % of the power. It is tremor where it is not slower than
    3.5 Hz, nor the harmonic of a slower rhythm, and the mean cycle is above half of its height for at least 17 % of
    the time: a rhythm of brief bursts with silence between is rhythmic myoclonus.

    Parameters
    ----------
    recording : Recording
    channels : sequence of str, optional
        Default: all of kind ``"emg"``.
    artefacts : Artefacts, optional
        From `find_artefacts`, where it was called already.

    Returns
    -------
    Tremor
        Of the channel with the sharpest peak. `not assessable` without 12 s of EMG.

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
    found, rhythms = [], []
    for envelope in read_envelopes(recording, labels, artefacts=artefacts):
        for row, label in enumerate(envelope.labels):
            stretches = [s[row].astype(np.float64) for s in envelope.stretches]
            found.append(_look_at(label, stretches, envelope.rate, len(labels)))
            rhythms.append(_clearest(label, stretches, envelope.rate, len(labels)))
    seen = [one for one in found if one.verdict != "not assessable"]
    if not seen:
        return Tremor("not assessable", f"no EMG channel with {MIN_WINDOWS * WINDOW:g} s of activity")
    best = max(seen, key=lambda one: (one.verdict == "present", -(one.p_value or 0.0), one.sharpness or 0.0))
    trembling = tuple(str(one.channel) for one in seen if one.verdict == "present")
    clearest = min((r for r in rhythms if r is not None), key=lambda r: r.p_value, default=None)
    return replace(best, channels=trembling, rhythm=clearest)


def _look_at(label: str, stretches: list[Floats], rate: float, n_channels: int) -> Tremor:
    spectrum = spectrum_of(stretches, rate, WINDOW)
    n = 0.0 if spectrum is None else spectrum.n_windows
    if spectrum is None or n < MIN_WINDOWS:
        return Tremor("not assessable", f"{label}: {n:.0f} windows of {WINDOW:g} s; {MIN_WINDOWS} are needed")
    peak, p_value = _peak(spectrum, BAND, n_channels)
    sharpness, harmonics = _shape(spectrum, peak)
    cycle, stability = _mean_cycle(stretches, rate, peak)
    duty, silence = _duty(cycle)
    slowest = _fundamental(spectrum, peak)
    present = p_value < ALPHA and sharpness >= SHARP and slowest >= SLOWEST and duty >= DUTY
    beyond = "< 0.001" if p_value < 0.001 else f"= {p_value:.2g}"
    why = (
        f"{label}: peak of the envelope at {peak:.2f} Hz (p {beyond}) with {100 * sharpness:.0f} % of its power "
        f"(tremor {100 * SHARP:.0f} %), {100 * duty:.0f} % of a cycle above half height (tremor {100 * DUTY:.0f} %)"
    )
    if slowest < peak:
        why += f"; it is a harmonic of {slowest:.2f} Hz"
    if present and peak >= QUICK:
        why += f"; from {QUICK:g} Hz cortical tremor beats as well, which the EEG tells apart"
    verdict = "present" if present else "absent"
    return Tremor(verdict, why, label, peak, p_value, sharpness, harmonics, duty, silence, stability, n)


def _clearest(label: str, stretches: list[Floats], rate: float, n_channels: int) -> EnvelopeRhythm | None:
    """The rhythm of one channel, with a p for each harmonic by itself."""
    spectrum = spectrum_of(stretches, rate, SLOW_WINDOW)
    if spectrum is None or spectrum.n_windows < MIN_WINDOWS:
        return None
    peak, p_value = _peak(spectrum, SLOW_BAND, n_channels)
    excess, step = spectrum.power / spectrum.background, float(spectrum.frequency[1])
    harmonics = []
    for k in range(2, HARMONICS + 1):
        near = np.flatnonzero(np.abs(spectrum.frequency - k * peak) <= k * step / 2)
        if k * peak <= HIGHEST and near.size:
            harmonics.append((k * peak, spectrum.chance(float(excess[near].max()), near.size)))
    return EnvelopeRhythm(label, peak, p_value, tuple(harmonics), spectrum.n_windows)


def _peak(spectrum: Spectrum, band: tuple[float, float], n_channels: int) -> tuple[float, float]:
    """Where the spectrum stands out most from its neighbourhood within the band, and how unlikely that is."""
    inside = np.flatnonzero((spectrum.frequency >= band[0]) & (spectrum.frequency <= band[1]))
    excess = (spectrum.power / spectrum.background)[inside]
    at = inside[int(np.argmax(excess))]
    near = slice(at - 1, at + 2)
    weights = spectrum.power[near] if spectrum.power[near].any() else None
    frequency = float(np.average(spectrum.frequency[near], weights=weights))
    return frequency, spectrum.chance(float(excess.max()), inside.size * n_channels)


def _fundamental(spectrum: Spectrum, peak: float) -> float:
    """The lowest of a half, third and quarter of the peak frequency that stands out; the peak where none does."""
    for k in (4, 3, 2):
        near = np.flatnonzero(np.abs(spectrum.frequency - peak / k) <= spectrum.frequency[1] / 2)
        excess = float((spectrum.power / spectrum.background)[near].max())
        if spectrum.chance(excess, 3 * near.size) < ALPHA:
            return peak / k
    return peak


def _shape(spectrum: Spectrum, peak: float) -> tuple[float, float]:
    """Part of the power in the peak and its harmonics, and power at twice over power at once the frequency.

    Only power above the background counts as theirs.
    """
    frequency, power = spectrum.frequency, np.maximum(spectrum.power - spectrum.background, 0)
    whole = spectrum.power[(frequency >= 1) & (frequency <= HIGHEST)].sum()
    parts = [power[np.abs(frequency - k * peak) <= NARROW].sum() for k in range(1, int(HIGHEST / peak) + 1)]
    if whole <= 0 or parts[0] <= 0:
        return 0.0, 0.0
    return float(sum(parts) / whole), float(parts[1] / parts[0]) if len(parts) > 1 else 0.0


def _mean_cycle(stretches: list[Floats], rate: float, peak: float) -> tuple[Floats, float | None]:
    """Envelope against phase over all strong cycles, and the spread of the change of frequency between cycles."""
    sos = butter(2, [(1 - AWAY) * peak, (1 + AWAY) * peak], btype="bandpass", fs=rate, output="sos")
    rows, changes = [np.empty((0, CYCLE_POINTS))], [np.empty(0)]
    for envelope in stretches:
        if envelope.size < rate:
            continue
        wave = sosfiltfilt(sos, envelope)
        up = np.flatnonzero((wave[:-1] <= 0) & (wave[1:] > 0))
        crossing = up - wave[up] / (wave[up + 1] - wave[up])
        strong, length = _strong(wave, up), np.diff(crossing)
        phase = crossing[:-1][strong, None] + length[strong, None] * np.arange(CYCLE_POINTS) / CYCLE_POINTS
        rows.append(np.interp(phase, np.arange(envelope.size), envelope))
        changes.append(np.diff(rate / length)[strong[1:] & strong[:-1]])
    cycles, change = np.concatenate(rows), np.concatenate(changes)
    cycle = np.median(cycles, axis=0) if len(cycles) else np.ones(CYCLE_POINTS)
    return cycle, float(np.subtract(*np.quantile(change, [0.75, 0.25]))) if change.size else None


def _strong(wave: Floats, up: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Cycles of at least half the size of the upper tenth: the muscle does not shake all the time."""
    if up.size < 2:
        return np.zeros(max(up.size - 1, 0), dtype=bool)
    size = np.maximum.reduceat(np.abs(wave), up)[:-1]
    return np.asarray(size >= 0.5 * np.quantile(size, 0.9))


def _duty(cycle: Floats) -> tuple[float, float]:
    low, high = float(cycle.min()), float(cycle.max())
    return float(np.mean(cycle > (low + high) / 2)), low / high if high > 0 else 1.0
