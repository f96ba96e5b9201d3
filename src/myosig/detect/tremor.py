"""Is there a tremor in the envelope of the EMG, or only a rhythm of separate bursts?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from myosig.channel import Channel
from myosig.detect.envelope import HIGHEST, Spectrum, read_envelopes, spectrum_of
from myosig.muscles import antagonists
from myosig.notebook import Shown
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts

Floats = NDArray[np.float64]

BAND = (3.0, 15.0)  # Hz: rest tremor from 3, cortical and enhanced physiological tremor below 15; [M]
WINDOW = 4.0  # s of a spectrum: resolves 0.25 Hz
MIN_WINDOWS = 3  # independent ones: fewer where a few seconds hold most of the activity [P]
NARROW = 0.5, 0.1  # Hz, and part of the peak frequency, either side that belong to a peak: whichever is more [P]
ALPHA = 0.01
SHARP = 0.2  # part of the power of 1-15 Hz that lies at the peak and its harmonics, above the background [P]
ACTIVE = 0.15  # of the height of the mean cycle, above which the muscle is active [P]
# A burst of tremor is 58 ms or 0.3 of its cycle (0.28 in a wrist tremor of 4.3 Hz). Below 4.25 Hz, where rhythmic
# myoclonus beats as well (criteria.md 1A: 0.5-3.5 Hz, bursts of 50-500 ms), it fills more of it: 0.55 at 3.5 Hz [P]
SHORTEST_BURST, MOST_NEEDED = 0.058, 0.3
SLOW, STEEPNESS = 4.25, 0.4  # Hz, and part of a cycle for each Hz below
LEAST = 0.2  # of a cycle, where antagonists alternate: myoclonus contracts them together (criteria.md 1A) [P]
IN_TURN = -0.5  # correlation of antagonists at the peak frequency: at most a sixth of a cycle from alternating [P]
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
        Part of the power of the envelope (1-15 Hz) at the peak and its harmonics.
    harmonics : float or None
        Power at twice the frequency over that at the frequency: small for the nearly sinusoidal envelope of tremor.
    duty : float or None
        Part of the mean cycle above 15 % of its height.
    silence : float or None
        Lowest over highest point of the mean cycle: near 0 where the muscle is silent between bursts.
    alternating : bool
        Whether an antagonist is active in turn with it.
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
    alternating: bool = False
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
            "alternating": self.alternating,
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
    neighbourhood, that holds, with its harmonics, 20 % of the power, and is not the harmonic of a slower rhythm. It is
    tremor where an antagonist alternates with the muscle, or the muscle is active for enough of each cycle: 0.3 of it
    or 58 ms, and more below 4.25 Hz (0.55 at 3.5 Hz). A slow rhythm of brief bursts with silence between is rhythmic
    myoclonus, however regular.

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
        muscles = [recording.channel(label) for label in envelope.labels]
        rows = [[s[row].astype(np.float64) for s in envelope.stretches] for row in range(len(muscles))]
        for channel, mine in zip(muscles, rows, strict=True):
            against = [row for other, row in zip(muscles, rows, strict=True) if _are_antagonists(channel, other)]
            found.append(_look_at(channel.label, mine, against, envelope.rate, len(labels)))
            rhythms.append(_clearest(channel.label, mine, envelope.rate, len(labels)))
    seen = [one for one in found if one.verdict != "not assessable"]
    if not seen:
        return Tremor("not assessable", f"no EMG channel with {MIN_WINDOWS * WINDOW:g} s of activity")
    best = max(seen, key=lambda one: (one.verdict == "present", -(one.p_value or 0.0), one.sharpness or 0.0))
    trembling = tuple(str(one.channel) for one in seen if one.verdict == "present")
    clearest = min((r for r in rhythms if r is not None), key=lambda r: r.p_value, default=None)
    return replace(best, channels=trembling, rhythm=clearest)


def _are_antagonists(one: Channel, other: Channel) -> bool:
    return one.side == other.side and any({one.muscle, other.muscle} == {*names} for names in antagonists())


def _look_at(label: str, stretches: list[Floats], against: list[list[Floats]], rate: float, n_channels: int) -> Tremor:
    spectrum = spectrum_of(stretches, rate, WINDOW)
    n = 0.0 if spectrum is None else spectrum.n_windows
    if spectrum is None or n < MIN_WINDOWS:
        return Tremor("not assessable", f"{label}: {n:.0f} windows of {WINDOW:g} s; {MIN_WINDOWS} are needed")
    peak, p_value = _peak(spectrum, BAND, n_channels)
    sharpness, harmonics = _shape(spectrum, peak)
    slowest = _fundamental(spectrum, peak)
    waves = _waves(stretches, rate, peak)
    cycle, stability = _mean_cycle(stretches, waves, rate)
    duty, silence = _duty(cycle)
    alternating = any(_in_turn(waves, _waves(other, rate, peak)) for other in against)
    needed = LEAST if alternating else _needed(peak)
    present = p_value < ALPHA and sharpness >= SHARP and slowest == peak and duty >= needed
    beyond = "< 0.001" if p_value < 0.001 else f"= {p_value:.2g}"
    why = (
        f"{label}: peak of the envelope at {peak:.2f} Hz (p {beyond}) with {100 * sharpness:.0f} % of its power "
        f"(tremor {100 * SHARP:.0f} %), active for {100 * duty:.0f} % of a cycle (tremor of this frequency"
        f"{' in alternating antagonists' * alternating} {100 * needed:.0f} %)"
    )
    if slowest < peak:
        why += f"; it is a harmonic of {slowest:.2f} Hz"
    if present and peak >= QUICK:
        why += f"; from {QUICK:g} Hz cortical tremor beats as well, which the EEG tells apart"
    verdict = "present" if present else "absent"
    return Tremor(verdict, why, label, peak, p_value, sharpness, harmonics, duty, silence, alternating, stability, n)


def _needed(frequency: float) -> float:
    """The part of a cycle that a burst of tremor of that frequency fills at least."""
    return min(SHORTEST_BURST * max(frequency, SLOW), MOST_NEEDED) + STEEPNESS * max(SLOW - frequency, 0)


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
    whole = spectrum.power[(frequency >= 1) & (frequency <= BAND[1])].sum()
    near = max(NARROW[0], NARROW[1] * peak)
    within = int(BAND[1] / peak)  # harmonics of the band, the first being the peak
    parts = [power[np.abs(frequency - k * peak) <= near].sum() for k in range(1, max(within, 2) + 1)]
    if whole <= 0 or parts[0] <= 0:
        return 0.0, 0.0
    return float(sum(parts[:within]) / whole), float(parts[1] / parts[0])


def _waves(stretches: list[Floats], rate: float, peak: float) -> list[Floats]:
    """Each envelope around the peak frequency; empty where it lasts less than a second."""
    sos = butter(2, [(1 - AWAY) * peak, (1 + AWAY) * peak], btype="bandpass", fs=rate, output="sos")
    return [sosfiltfilt(sos, s) if s.size >= rate else np.empty(0) for s in stretches]


def _in_turn(waves: list[Floats], others: list[Floats]) -> bool:
    """Whether two muscles of one joint are active alternately, at the frequency that both were filtered to."""
    one, other = np.concatenate(waves), np.concatenate(others)
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return bool(size > 0 and one @ other <= IN_TURN * size)


def _mean_cycle(stretches: list[Floats], waves: list[Floats], rate: float) -> tuple[Floats, float | None]:
    """Envelope against phase over all strong cycles, and the spread of the change of frequency between cycles."""
    rows, changes = [np.empty((0, CYCLE_POINTS))], [np.empty(0)]
    for envelope, wave in zip(stretches, waves, strict=True):
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
    """Part of the cycle in which the muscle is active, and the lowest over the highest point."""
    low, high = np.quantile(cycle, [0.1, 0.95]).tolist()
    active = float(np.mean(cycle > low + ACTIVE * (high - low)))
    return active, float(cycle.min() / cycle.max()) if cycle.max() > 0 else 1.0
