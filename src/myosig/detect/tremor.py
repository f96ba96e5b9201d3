"""Is there a tremor in the envelope of the EMG, or only a rhythm of separate bursts?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.detect.cycles import UNBROKEN, filtered, find_cycles, in_phase
from myosig.detect.envelope import HIGHEST, Spectrum, read_envelopes, spectrum_of
from myosig.muscles import are_antagonists, atlas
from myosig.notebook import Shown, ShownFields
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts

Floats = NDArray[np.float64]
Muscle = tuple[Channel, list[Floats]]  # with the stretches of its envelope

# Hz: alternating (Holmes) tremor from 2.5 (Deuschl et al. 2022) [V], others from 3 [M], orthostatic to 18 (Bhatia et
# al. 2018) [V]
BAND, SLOWEST = (2.5, 18.0), 3.0
WINDOW = 4.0  # s of a spectrum: resolves 0.25 Hz
MIN_WINDOWS = 3  # independent ones: fewer where a few seconds hold most of the activity [P]
NARROW = 0.5, 0.1  # Hz, and part of the peak frequency, either side that belong to a peak: whichever is more [P]
ALPHA = 0.01
SHARP = 0.2  # part of the power of 1-18 Hz that lies at the peak and its harmonics, above the background [P]
# What tells tremor from rhythmic myoclonus, in nats of its odds; fitted to simulated patients [P]. Bursts of tremor are
# longer than the 10-50 ms of cortical myoclonus (criteria.md 1A) [V2], or so quick that they fill the cycle. Myoclonus
# contracts antagonists together (1A); where it is rhythmic it is slow (segmental: 0.5-3.5 Hz, 1A), and may lie in the
# trunk or beat as one on both sides.
LENGTH, FILLED, LONGER = 0.06, 0.36, 8.0  # s, or part of the cycle, that a burst lasts at even odds; per factor e
SLOW, SLOWER = 4.25, 19.0  # Hz below which myoclonus is rhythmic as well; off per factor e below it
IN_TURN, AS_ONE = 6.5, 6.0  # where antagonists alternate; off where, below SLOW, trunk or both sides beat as one
# Correlation of two muscles at the peak frequency: a sixth of a cycle from beating as one, or in turn [P]
TOGETHER = 0.5
LASTS = 0.5  # of the cycles come in unbroken rows: the repeats of a propriospinal jerk do not go on (1A) [P]
QUICK = 9.0  # Hz from which cortical tremor is a possibility (9-18 Hz, criteria.md 1A) [V]

SLOW_BAND, SLOW_WINDOW = (0.5, 15.0), 10.0  # Hz and s of the rhythm of the envelope, whatever it is: resolves 0.1 Hz
HARMONICS = 4  # the peak and its next three


@dataclass(frozen=True, slots=True)
class EnvelopeRhythm(ShownFields):
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
    unbroken : float or None
        Part of the cycles that come in rows of ten or more.
    alternating, both_sides, with_trunk : bool
        Whether an antagonist is active in turn with it, the same muscle of the other side beats as one with it, and,
        below 4.25 Hz, it or one that beats as one with it is a muscle of the trunk.
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
    unbroken: float | None = None
    alternating: bool = False
    both_sides: bool = False
    with_trunk: bool = False
    stability: float | None = None
    n_windows: float = 0
    channels: tuple[str, ...] = field(default=())
    rhythm: EnvelopeRhythm | None = None

    @property
    def log_odds(self) -> float | None:
        """Natural logarithm of the odds of tremor against rhythmic myoclonus, for cycles like these."""
        if not self.duty or not self.frequency:
            return None
        longer = np.log(self.duty / min(LENGTH * self.frequency, FILLED))
        slower = max(np.log(SLOW / self.frequency), 0.0)
        as_one = slower > 0 and (self.both_sides or self.with_trunk)
        return float(LONGER * longer - SLOWER * slower + IN_TURN * self.alternating - AS_ONE * as_one)

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
            "unbroken": self.unbroken,
            "log_odds": self.log_odds,
            "alternating": self.alternating,
            "both_sides": self.both_sides,
            "with_trunk": self.with_trunk,
            "stability_hz": self.stability,
            "n_windows": self.n_windows,
            "channels": list(self.channels),
            "envelope_rhythm": None if self.rhythm is None else self.rhythm.to_dict(),
        }


def measure_tremor(
    recording: Recording, *, channels: Sequence[str] | None = None, artefacts: Artefacts | None = None
) -> Tremor:
    """Look for tremor in the envelope of every EMG channel.

    The spectrum of the rectified, mean-free EMG must have a peak at 2.5-18 Hz that chance does not put on its
    neighbourhood, that holds, with its harmonics, 20 % of the power, and is no harmonic of a slower one; half of the
    cycles come in unbroken rows of ten. What then beats is tremor where `log_odds` is above zero. Bursts that last
    60 ms, or 0.36 of the cycle, are as likely of tremor as of a rhythmic myoclonus; shorter ones, a frequency below
    4.25 Hz, and there muscles of the trunk, or both sides as one, speak for myoclonus, longer ones and antagonists in
    turn for tremor. Below 3 Hz only antagonists in turn are tremor.

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
    Bhatia et al. 2018, consensus on tremors, doi 10.1002/mds.27121. di Biase et al. 2017, tremor stability index, doi
    10.1093/brain/awx104. Deuschl et al. 2022, the kinds of tremor and their EMG, doi 10.1016/j.clinph.2022.01.004.
    Milanov 2001, which alternate, doi 10.1016/s1388-2457(01)00629-0.

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
        muscles = [
            (recording.channel(label), [s[row].astype(np.float64) for s in envelope.stretches])
            for row, label in enumerate(envelope.labels)
        ]
        for channel, mine in muscles:
            found.append(_look_at(channel, mine, muscles, envelope.rate, len(labels)))
            rhythms.append(_clearest(channel.label, mine, envelope.rate, len(labels)))
    seen = [one for one in found if one.verdict != "not assessable"]
    if not seen:
        return Tremor("not assessable", f"no EMG channel with {MIN_WINDOWS * WINDOW:g} s of activity")
    best = max(seen, key=lambda one: (one.verdict == "present", -(one.p_value or 0.0), one.sharpness or 0.0))
    trembling = tuple(str(one.channel) for one in seen if one.verdict == "present")
    clearest = min((r for r in rhythms if r is not None), key=lambda r: r.p_value, default=None)
    return replace(best, channels=trembling, rhythm=clearest)


def _look_at(channel: Channel, mine: list[Floats], muscles: list[Muscle], rate: float, n_channels: int) -> Tremor:
    label, spectrum = channel.label, spectrum_of(mine, rate, WINDOW)
    n = 0.0 if spectrum is None else spectrum.n_windows
    if spectrum is None or n < MIN_WINDOWS:
        return Tremor("not assessable", f"{label}: {n:.0f} windows of {WINDOW:g} s; {MIN_WINDOWS} are needed")
    peak, p_value = _peak(spectrum, BAND, n_channels)
    sharpness, harmonics = _shape(spectrum, peak)
    waves = filtered(mine, rate, peak)
    cycles = find_cycles(mine, waves, rate)

    def phases(kin: Callable[[Channel, Channel], bool]) -> list[float]:
        return [in_phase(waves, filtered(row, rate, peak)) for other, row in muscles if kin(channel, other)]

    rhythm = Tremor(
        verdict="absent",
        why="",
        channel=label,
        frequency=peak,
        p_value=p_value,
        sharpness=sharpness,
        harmonics=harmonics,
        duty=cycles.duty,
        silence=cycles.silence,
        unbroken=cycles.unbroken,
        alternating=min(phases(_are_antagonists), default=0.0) <= -TOGETHER,
        both_sides=max(phases(_are_homologous), default=0.0) >= TOGETHER,
        with_trunk=peak < SLOW and max(phases(_is_of_trunk), default=0.0) >= TOGETHER,
        stability=cycles.stability,
        n_windows=n,
    )
    objections = list(_objections(rhythm, peak, _fundamental(spectrum, peak)))
    beyond = "< 0.001" if p_value < 0.001 else f"= {p_value:.2g}"
    why = (
        f"{label}: peak of the envelope at {peak:.2f} Hz (p {beyond}) with {100 * sharpness:.0f} % of its power, "
        f"active for {100 * cycles.duty:.0f} % of a cycle{', in turn with an antagonist' * rhythm.alternating}"
    )
    if objections:
        return replace(rhythm, why=f"{why}; no tremor: {'; '.join(objections)}")
    cortical = f"; from {QUICK:g} Hz cortical tremor beats as well, which the EEG tells apart" * (peak >= QUICK)
    return replace(rhythm, verdict="present", why=why + cortical)


def _are_antagonists(one: Channel, other: Channel) -> bool:
    return one.side == other.side and are_antagonists(one.muscle, other.muscle)


def _are_homologous(one: Channel, other: Channel) -> bool:
    return one.muscle is not None and one.muscle == other.muscle and {one.side, other.side} == {"left", "right"}


def _is_of_trunk(_: Channel, other: Channel) -> bool:
    return other.muscle in atlas() and atlas()[other.muscle].region == "trunk"


def _objections(rhythm: Tremor, peak: float, slowest: float) -> Iterator[str]:
    """In words, what speaks against tremor."""
    unbroken, against = rhythm.unbroken or 0.0, -(rhythm.log_odds or 0.0)
    if (rhythm.p_value or 0.0) >= ALPHA:
        yield "chance puts such a peak there"
    if (rhythm.sharpness or 0.0) < SHARP:
        yield f"a peak of tremor holds {100 * SHARP:.0f} % of the power"
    if slowest < peak:
        yield f"it is a harmonic of {slowest:.2f} Hz"
    if unbroken < LASTS:
        yield f"only {100 * unbroken:.0f} % of the cycles come in rows of {UNBROKEN}"
    if peak < SLOWEST and not rhythm.alternating:
        yield f"below {SLOWEST:g} Hz only antagonists in turn make a tremor"
    if against >= 0:
        how = ", both sides as one" * rhythm.both_sides + ", with the trunk" * rhythm.with_trunk
        yield f"bursts of {1000 * (rhythm.duty or 0.0) / peak:.0f} ms{how} are likelier of a rhythmic myoclonus"


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
