"""Pre-jerk beta desynchronisation: a loss of beta power over the sensorimotor cortex before the jerk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import ifft, next_fast_len, rfft

from myosig.detect.jerks import Jerks
from myosig.localize.cortex.montage import is_central
from myosig.localize.cortex.overlap import Span, find_overlap
from myosig.localize.cortex.power import usual_sizes
from myosig.localize.cortex.scan import Floats, Question, averages
from myosig.localize.cortex.search import quiet_trains, search
from myosig.localize.cortex.tracks import HEART, Track, read_tracks
from myosig.localize.cortex.triggers import Triggers
from myosig.notebook import Shown
from myosig.recording import Recording

EEG_RATE = 125.0  # EEG samples a second that beta needs
RATE = 10.0  # power values a second: power is smoothed over some 50 ms
BANDS = ((13.0, 20.0), (20.0, 30.0), (30.0, 45.0))  # Hz: 10-45, high beta 38 (Meppelink et al. 2016) [V]
BASELINE = (-2.7, -2.0)  # s before the jerk; -3 to -2 in Meppelink et al. [V], less what the last jerk still moves [P]
STARTS = (1.5, 1.0, 0.5)  # s before the jerk from which power may be low
CLOSE = 0.1  # s before the jerk that are left out: reach of the smoothing, and of the first muscle's potentials
ISOLATION = 1.0  # s without another burst before the jerk; what earlier ones left behind is told apart [P]
FROM_LONG = 3.5  # s after a burst of more than half a second: the baseline, and 0.8 s of movement before it [P]
RESPONSE = 3.0  # s for which a jerk is felt in beta power: the loss during movement, and the rebound after it [M]
AWAY = 4.0  # s between a sham and its jerk
MIN_JERKS = 20  # criteria.md 4, gates [P]
MIN_JERKS_ABSENT = 40  # criteria.md 4, gates [P]
MAX_MUSCLES = 4  # the muscles with the most isolated jerks
USUAL_DB = 1.0  # a loss of 20 %, for the number of jerks that would settle it [P]
CLEAR_DB = 2.0  # a loss of 37 %: where even that would be missed, nothing seen is not absence [P]
SIZES = usual_sizes(1.0, 3.0)  # dB: losses of 20 to 50 % [P]
FREQUENCIES = np.arange(8.0, 47.0, 2.0)  # Hz, of the time-frequency map
MAP_WINDOW = (-3.0, 1.0)  # s


@dataclass(frozen=True, slots=True, eq=False)
class Desynchronisation(Shown):
    """Loss of beta power over the sensorimotor cortex before the jerk.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    channel, muscle : str or None
        Where the loss is largest, or the most jerks could be averaged.
    band : (float, float) or None
        Hz, in which the loss is largest.
    start : float or None
        Seconds before the jerk from which power is low.
    change : float or None
        Power before the jerk over power in the baseline, less 1: -0.3 is a loss of 30 %.
    p_value : float or None
        Against sham triggers, corrected over bands, spans, electrodes and muscles.
    n : int
        Jerks averaged.
    required : int or None
        Jerks needed to see a loss of 20 %.
    power : float or None
        The chance that a loss of usual size would have been called present; see `Potential`.
    times, frequencies : ndarray or None
        Seconds from the onset; Hz.
    map : ndarray or None, shape (n_frequencies, n_times)
        Mean power about one jerk alone over that in the baseline, dB, in the channel.
    """

    verdict: str
    why: str
    channel: str | None = None
    muscle: str | None = None
    band: tuple[float, float] | None = None
    start: float | None = None
    change: float | None = None
    p_value: float | None = None
    n: int = 0
    required: int | None = None
    power: float | None = None
    times: NDArray[np.float64] | None = None
    frequencies: NDArray[np.float64] | None = None
    map: NDArray[np.float64] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "channel": self.channel,
            "muscle": self.muscle,
            "band_hz": list(self.band) if self.band else None,
            "start_ms": None if self.start is None else self.start * 1000,
            "change": self.change,
            "p_value": self.p_value,
            "n": self.n,
            "required_jerks": self.required,
            "power": self.power,
        }


def find_desynchronisation(
    recording: Recording, jerks: Jerks, *, tracks: Sequence[Track] | None = None, seed: int = 0
) -> Desynchronisation:
    """Look for a loss of beta power in the 1.5 s before the jerk.

    The power of each central electrode in three bands (13-45 Hz) is taken in dB ten times a second and averaged
    at the burst onsets of jerks with a second of quiet before them; the response to the jerks before those, 3 s long,
    is told apart as in `myosig.localize.cortex.slow`. A drop that begins 1.5, 1 or 0.5 s before
    the jerk is fitted against the level from -2.7 s on; the largest over bands, beginnings, electrodes and muscles
    is held against the same at sham triggers.

    Parameters
    ----------
    recording : Recording
    jerks : Jerks
    tracks : sequence of Track, optional
        The EEG as `read_tracks` reads it, where that was done already.
    seed : int

    Returns
    -------
    Desynchronisation
        `present` if p < 0.05 with at least 20 jerks; else `absent` with at least 40, and as many as a loss of 37 %
        needs to be seen; else `not assessable`.

    References
    ----------
    Meppelink et al. 2016, doi 10.1016/j.parkreldis.2016.07.010; Pfurtscheller and Lopes da Silva 1999,
    doi 10.1016/S1388-2457(99)00141-8.
    """
    trains, n, obstacle = quiet_trains(
        recording,
        jerks,
        isolation=ISOLATION,
        from_long=FROM_LONG,
        away=AWAY,
        least=MIN_JERKS,
        wanted=MIN_JERKS_ABSENT,
        most=MAX_MUSCLES,
    )
    if obstacle:
        return Desynchronisation("not assessable", obstacle, n=n)
    known = tracks if tracks is not None else read_tracks(recording)
    fast = [t for t in (track.in_spite_of(HEART).at_rate(EEG_RATE) for track in known) if t.sfreq / 2 > BANDS[-1][1]]
    central = [t for t in fast if is_central(t.channel)]
    if not central:
        why = f"no central EEG electrode with usable signal and a rate above {2 * BANDS[-1][1]:g} Hz"
        return Desynchronisation("not assessable", why, n=n)
    return _decide(recording, central, trains, seed)


def band_power(track: Track, low: float, high: float) -> Track:
    """Power in a band, dB, `RATE` times a second.

    The squared size of the analytic signal after a Gaussian band-pass with half its height at the edges of the band.
    """
    width = (high - low) / 2 / math.sqrt(2 * math.log(2))
    size = next_fast_len(track.values.size + round(track.sfreq), real=True)
    spectrum = rfft(track.deflection(1.0), size)
    one_sided = np.zeros(size, dtype=np.complex64)
    frequency = np.arange(spectrum.size) * track.sfreq / size
    one_sided[: spectrum.size] = spectrum * np.exp(-(((frequency - (low + high) / 2) / width) ** 2) / 2)
    every = max(1, round(track.sfreq / RATE))
    n = track.values.size // every
    power = (np.abs(ifft(one_sided)[: n * every]) ** 2).reshape(n, every).mean(axis=1)
    reason = track.reason[: n * every].reshape(n, every).max(axis=1)
    bad = reason > 0
    floor = float(np.median(power[~bad])) * 1e-3 if (~bad).any() else 1.0
    level = 10 * np.log10(np.maximum(power, floor))
    values = np.where(bad, 0, level - (level[~bad].mean() if (~bad).any() else 0)).astype(np.float32)
    return Track(track.channel, track.sfreq / every, values, reason)


def _drops(triggers: Triggers, rate: float) -> tuple[int, Floats]:
    """Steps down that last until the jerk."""
    first = math.floor((BASELINE[0] - triggers.lead) * rate)
    stop = -math.ceil((triggers.lead + CLOSE) * rate - 1e-6)
    before = -(np.arange(first, stop) + 0.5) / rate
    return first, np.stack([np.where(before <= start + triggers.lead, 1.0, 0.0) for start in STARTS], axis=1)


def _decide(recording: Recording, central: Sequence[Track], trains: Sequence[Triggers], seed: int) -> Desynchronisation:
    powers = [band_power(track, *band) for track in central for band in BANDS]
    found = search(recording, powers, trains, _drops, away=AWAY, least=MIN_JERKS, sign=-1, response=RESPONSE, seed=seed)
    track, band = central[found.where // len(BANDS)], BANDS[found.where % len(BANDS)]
    n, start = found.n, STARTS[found.wave]
    change = float(10 ** (found.amplitude / 10) - 1)
    required = found.required(USUAL_DB)
    times, picture = _time_frequency(track, found.question)
    numbers = f"n = {n} jerks, p = {found.p_value:.3f}"
    result = Desynchronisation(
        verdict="absent",
        why=f"no loss of beta power beyond that at sham triggers, {numbers}; a loss of 20 % needs {required} jerks",
        channel=track.channel.label,
        muscle=found.train.channel.label,
        p_value=found.p_value,
        n=n,
        required=required,
        power=found.power(SIZES),
        times=times,
        frequencies=FREQUENCIES,
        map=picture,
    )
    if not found.significant:
        low = n < max(MIN_JERKS_ABSENT, found.required(CLEAR_DB))
        if n < MIN_JERKS:
            why = f"{n} of {len(found.train)} epochs are free of artefacts"
            return replace(result, verdict="not assessable", why=why, required=None, power=None)
        return replace(result, verdict="not assessable", why=f"low power: {result.why}") if low else result
    doubt = found.restless
    why = (
        f"{band[0]:g}-{band[1]:g} Hz at {track.channel.label} changes by {100 * change:.0f} % in the last "
        f"{start:g} s before the jerk, {numbers}"
    )
    result = replace(result, verdict="present", why=why, band=band, start=start, change=change)
    return replace(result, verdict="not assessable", why=f"{why}; {doubt}", power=None) if doubt else result


def _time_frequency(track: Track, question: Question) -> tuple[Floats, Floats]:
    """Mean power about one jerk alone over the baseline, dB, shape (n_frequencies, n_times)."""
    rows = []
    for frequency in FREQUENCIES:
        power = band_power(track, frequency - 2, frequency + 2)
        reach = math.ceil(-MAP_WINDOW[0] * power.sfreq)
        before, after = Span(-reach, reach), Span(0, math.ceil(RESPONSE * power.sfreq))
        means, _ = averages(power, (before, after), question.trains)
        rows.append(find_overlap(power, question.times, question.jerks, before, after).solve(means[0]))
    times = np.asarray(np.arange(before.first, after.stop) / power.sfreq)
    shown, base = times < MAP_WINDOW[1], (times >= BASELINE[0]) & (times < BASELINE[1])
    picture = np.stack(rows)
    return times[shown], (picture - picture[:, base].mean(axis=1, keepdims=True))[:, shown]
