"""The posterior alpha rhythm, as context for the state of the brain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from scipy.signal import periodogram

from myosig.intervals import Intervals
from myosig.localize.cortex.montage import hemisphere, is_posterior, region
from myosig.localize.cortex.scan import Floats
from myosig.localize.cortex.tracks import Clock, Track, read_tracks
from myosig.localize.states import annotated_states
from myosig.notebook import Shown
from myosig.recording import Recording

MIN_RATE = 50.0  # Hz
BAND = (7.5, 13.0)  # Hz
STRETCH = 2.0  # s
MIN_SECONDS = 20
STANDS_OUT = 2.0  # times the background [P]
PEAK_WIDTH = 1.5  # Hz either side that count as the peak [P]
ASYMMETRY = 0.5  # the smaller side has less than half of the larger: asymmetric, as laboratories have it [M]
CLOSED = re.compile(r"eyes? closed", re.IGNORECASE)
OPEN = re.compile(r"eyes? open", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AlphaRhythm(Shown):
    """Posterior alpha.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    frequency : float or None
        Of the peak, Hz.
    amplitude : float or None
        Peak to peak of a sine with the power of the peak, µV, in the larger side.
    left, right : float or None
        The same by side.
    symmetric : bool or None
        Whether the smaller side has at least half the amplitude of the larger.
    n : int
        Seconds.
    """

    verdict: str
    why: str
    frequency: float | None = None
    amplitude: float | None = None
    left: float | None = None
    right: float | None = None
    symmetric: bool | None = None
    n: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "frequency_hz": self.frequency,
            "amplitude_uv": self.amplitude,
            "left_uv": self.left,
            "right_uv": self.right,
            "symmetric": self.symmetric,
            "n": self.n,
        }


def measure_alpha(recording: Recording, *, tracks: Sequence[Track] | None = None) -> AlphaRhythm:
    """Peak, amplitude and symmetry of the posterior alpha rhythm.

    From the stretches that annotations call eyes closed, where there are any, else awake, else from all that they do
    not call sleep or eyes open. The rhythm is present where the median spectrum of an occipital (else parietal)
    electrode stands out at 7.5-13 Hz to twice the line through its neighbourhood.

    Returns
    -------
    AlphaRhythm
        `not assessable` without a posterior electrode or with less than 20 s.
    """
    quiet, state = quiet_wakefulness(recording)
    known = tracks if tracks is not None else read_tracks(recording)
    posterior = [t for t in known if is_posterior(t.channel) and t.sfreq >= MIN_RATE]
    occipital = [t for t in posterior if region(t.channel) == "O"] or posterior
    if not occipital:
        return AlphaRhythm("not assessable", "no posterior electrode (O1, O2) with usable signal")
    spectra = [_spectrum(t, Clock.of(recording), quiet) for t in occipital]
    n = min(seconds for _, _, seconds in spectra)
    if n < MIN_SECONDS:
        return AlphaRhythm("not assessable", f"{n} usable seconds ({state}); at least {MIN_SECONDS} are needed", n=n)
    return _describe(occipital, spectra, n, state)


def quiet_wakefulness(recording: Recording) -> tuple[Intervals, str]:
    """When annotations say that the eyes are closed, else awake, else neither asleep nor eyes open; that in words."""
    states = annotated_states(recording)
    closed, opened = (
        reduce(Intervals.union, (times for label, times in states.items() if word.match(label)), Intervals())
        for word in (CLOSED, OPEN)
    )
    asleep = states.get("sleep", Intervals())
    if len(closed):
        return closed.difference(asleep), "eyes closed as annotated"
    quiet = states.get("wake", recording.segments).difference(asleep).difference(opened)
    return quiet, "awake as annotated" if {"wake", "sleep"} & set(states) else "state not stated"


def _spectrum(track: Track, clock: Clock, quiet: Intervals) -> tuple[Floats, Floats, int]:
    """Frequencies, median power density (µV²/Hz) over stretches of 2 s, and the seconds used."""
    size = round(STRETCH * track.sfreq)
    n = track.values.size // size
    cut = track.values[: n * size].reshape(n, size)
    use = ~track.bad[: n * size].reshape(n, size).any(axis=1)
    inside = Intervals.merged(clock.running(quiet.start), clock.running(quiet.stop))
    use &= inside.contains((np.arange(n) + 0.5) * STRETCH)
    if not use.any():
        return np.empty(0), np.empty(0), 0
    frequency, power = periodogram(cut[use], track.sfreq, window="hann", axis=1)
    return frequency, np.median(power, axis=0) / np.log(2), int(use.sum() * STRETCH)


def _describe(
    tracks: Sequence[Track], spectra: Sequence[tuple[Floats, Floats, int]], n: int, state: str
) -> AlphaRhythm:
    peaks = [_peak(frequency, power) for frequency, power, _ in spectra]
    best = max(peaks, key=lambda peak: peak[1])
    if best[2] < STANDS_OUT:
        why = f"no peak at {BAND[0]:g}-{BAND[1]:g} Hz stands out, n = {n} s ({state})"
        return AlphaRhythm("absent", why, n=n)
    side = {
        name: max((p[1] for p, t in zip(peaks, tracks, strict=True) if hemisphere(t.channel) == name), default=None)
        for name in ("left", "right")
    }
    both = [s for s in side.values() if s is not None]
    symmetric = min(both) >= ASYMMETRY * max(both) if len(both) == 2 else None
    words = {True: "symmetric", False: "asymmetric", None: "symmetry cannot be told"}[symmetric]
    why = f"{best[0]:.1f} Hz, {best[1]:.0f} µV peak to peak, {words}, n = {n} s ({state})"
    return AlphaRhythm("present", why, best[0], best[1], side["left"], side["right"], symmetric, n)


def _peak(frequency: Floats, power: Floats) -> tuple[float, float, float]:
    """Frequency, peak-to-peak amplitude, and height over the background of the largest peak in the alpha band."""
    beside = ((frequency >= 4) & (frequency < 7)) | ((frequency > 14) & (frequency <= 20))
    slope, constant = np.polyfit(np.log(frequency[beside]), np.log(power[beside]), 1)
    band = (frequency >= BAND[0]) & (frequency <= BAND[1])
    background = np.exp(constant + slope * np.log(frequency[band]))
    top = int(np.argmax(power[band] / background))
    near = np.abs(frequency[band] - frequency[band][top]) <= PEAK_WIDTH
    excess = np.clip(power[band][near] - background[near], 0, None).sum() * (frequency[1] - frequency[0])
    centre = float(np.average(frequency[band][near], weights=power[band][near]))
    return centre, float(2 * np.sqrt(2 * excess)), float(power[band][top] / background[top])
