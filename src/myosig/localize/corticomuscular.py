"""Do EEG and EMG, or two muscles, share a rhythm, and which of them leads?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from myosig.channel import Channel
from myosig.localize.coherence import Coherence, measure_coherence
from myosig.localize.cortex.potential import in_ms
from myosig.localize.delay import Delay, fit_delay
from myosig.muscles import atlas
from myosig.notebook import Shown
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts

BAND = (8.0, 30.0)  # Hz: van Rootselaar et al. 2006, doi 10.1002/mds.20703 [V]
DELAY_BAND = (8.0, 60.0)  # Hz in which a delay is fitted [P]
ALPHA = 0.05  # corrected over bins and pairs
MIN_SEGMENTS = 20  # criteria.md 4, gates [P]
MIN_ACTIVE = 20.0  # s of muscle activity before coherence may be called absent: a still muscle shows nothing [P]
MIN_RATE = 125.0  # Hz: carries the band twice over [P]
SHORTEST = 0.005  # s from the motor cortex to any muscle: 7-10 ms to the face (criteria.md 1C), less its error [P]
EARLY, LATE = 0.012, 0.015  # s about the conduction time (criteria.md 3E: hand 12-25, leg 18-42 ms) [M]


@dataclass(frozen=True, slots=True, eq=False)
class SharedRhythm(Shown):
    """Coherence between EEG and EMG (corticomuscular) or between muscles (intermuscular).

    Attributes
    ----------
    verdict : {"present", "not leading", "absent", "not assessable"}
        Between muscles, `present` where two are coherent. Between EEG and EMG, `present` only where the EEG leads by
        a time that the way from cortex to muscle takes; `not leading` where they are coherent and it does not, as
        when the EEG holds muscle, or what the movement feels like.
    why : str
    x, y : str or None
        The pair with the largest coherence, EEG first.
    frequency, coherence, limit : float or None
        Hz, peak, and the corrected limit at that pair.
    delay : Delay or None
        Of y after x; None where too few neighbouring bins are coherent.
    leads : bool or None
        Whether x leads: the interval of the delay lies above 0 (True) or below (False). None = cannot be told.
    plausible : bool or None
        Whether the delay fits the conduction time from cortex to muscle.
    n : int
        Stretches of one second.
    spectra : Coherence or None
    """

    verdict: str
    why: str
    x: str | None = None
    y: str | None = None
    frequency: float | None = None
    coherence: float | None = None
    limit: float | None = None
    delay: Delay | None = None
    leads: bool | None = None
    plausible: bool | None = None
    n: int = 0
    spectra: Coherence | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "x": self.x,
            "y": self.y,
            "frequency_hz": self.frequency,
            "coherence": self.coherence,
            "limit": self.limit,
            "delay_ms": in_ms(self.delay.seconds) if self.delay else None,
            "delay_interval_ms": [in_ms(t) for t in self.delay.interval] if self.delay else None,
            "delay_band_hz": list(self.delay.band) if self.delay else None,
            "leads": self.leads,
            "plausible": self.plausible,
            "n": self.n,
        }


def find_shared_rhythms(
    recording: Recording, *, active: Mapping[str, float] | None = None, artefacts: Artefacts | None = None
) -> tuple[SharedRhythm, SharedRhythm]:
    """Corticomuscular and intermuscular coherence in 8-30 Hz: every EEG channel, and every muscle, with every muscle.

    Parameters
    ----------
    recording : Recording
    active : mapping of str to float, optional
        For how many seconds each muscle was tense or jerked. Left out where the EMG is known to be active.
    artefacts : Artefacts, optional
        From `myosig.signals.cleaning.find_artefacts`, where it was called already.

    Returns
    -------
    corticomuscular, intermuscular : SharedRhythm
        Coherent where the largest coherence exceeds the limit that independent signals exceed in one of twenty
        recordings, corrected over all bins and pairs; what that means for the verdict, see `SharedRhythm`.
        `not assessable` with fewer than 20 seconds, where it cannot be told who leads, and, instead of `absent`, where
        no muscle was active for 20 seconds.

    References
    ----------
    Halliday et al. 1995, doi 10.1016/S0079-6107(96)00009-0; van Rootselaar et al. 2006, doi 10.1002/mds.20703.
    """
    brain, muscles = _fast(recording, "eeg"), _fast(recording, "emg")
    if not muscles:
        nothing = SharedRhythm("not assessable", f"no EMG channel of at least {MIN_RATE:g} Hz")
        return nothing, nothing
    spectra = measure_coherence(recording, [*brain, *muscles], muscles, artefacts=artefacts)
    n, longest = len(brain), max((active or {}).values(), default=0.0 if active is not None else np.inf)
    found = _corticomuscular(spectra.take(range(n))), _intermuscular(spectra.take(range(n, n + len(muscles))))
    return _unless_still(found[0], longest), _unless_still(found[1], longest)


def _unless_still(found: SharedRhythm, active: float) -> SharedRhythm:
    """No coherence is no sign of anything where the muscles were hardly active."""
    if found.verdict != "absent" or active >= MIN_ACTIVE:
        return found
    why = f"{found.why}; but no muscle was active for more than {active:.0f} s, and {MIN_ACTIVE:.0f} s would tell"
    return replace(found, verdict="not assessable", why=why)


def _corticomuscular(spectra: Coherence) -> SharedRhythm:
    if not spectra.x:
        return SharedRhythm("not assessable", f"no EEG channel of at least {MIN_RATE:g} Hz")
    return _directed(_judge(spectra, np.ones(spectra.n.shape, dtype=bool)))


def _intermuscular(spectra: Coherence) -> SharedRhythm:
    if len(spectra.y) < 2:
        return SharedRhythm("not assessable", f"fewer than two EMG channels of at least {MIN_RATE:g} Hz")
    return _judge(spectra, np.triu(np.ones(spectra.n.shape, dtype=bool), k=1))


def _fast(recording: Recording, kind: str) -> Sequence[str]:
    return [c.label for c in recording.channels if c.kind == kind and c.sfreq >= MIN_RATE]


def _judge(spectra: Coherence, pairs: np.ndarray) -> SharedRhythm:
    assessable = pairs & (spectra.n >= MIN_SEGMENTS)
    if not assessable.any():
        n = int(spectra.n[pairs].max())
        return SharedRhythm("not assessable", f"{n} usable seconds; at least {MIN_SEGMENTS} are needed", n=n)
    band = spectra.select(*BAND)
    limits = band.limit(ALPHA, looks=int(assessable.sum()) * band.frequencies.size)
    excess = np.where(assessable[..., None], np.nan_to_num(band.coherence) / limits[..., None], 0.0)
    row, column, at = (int(k) for k in np.unravel_index(int(excess.argmax()), excess.shape))
    peak, limit = float(np.nan_to_num(band.coherence[row, column, at])), float(limits[row, column])
    x, y = spectra.x[row], spectra.y[column]
    n = int(spectra.n[row, column])
    numbers = f"{peak:.3f} at {band.frequencies[at]:g} Hz, corrected limit {limit:.3f}, n = {n} s"
    found = SharedRhythm(
        verdict="absent",
        why=f"largest coherence in {BAND[0]:g}-{BAND[1]:g} Hz: {numbers}",
        x=x.label,
        y=y.label,
        frequency=float(band.frequencies[at]),
        coherence=peak,
        limit=limit,
        n=n,
        spectra=spectra,
    )
    if excess.max() <= 1:
        return found
    delay = fit_delay(spectra.select(*DELAY_BAND), row, column)
    leads = None if delay is None or delay.interval[0] <= 0 <= delay.interval[1] else delay.seconds > 0
    why = f"{x.label} and {y.label} are coherent: {numbers}; {_direction(delay, x.label)}"
    return replace(found, verdict="present", why=why, delay=delay, leads=leads)


def _directed(found: SharedRhythm) -> SharedRhythm:
    """Coherence of EEG and EMG counts as present only where the EEG leads by what the way to the muscle takes."""
    if found.verdict != "present" or found.spectra is None:
        return found
    if found.delay is None:
        return replace(found, verdict="not assessable", why=f"{found.why}: who leads cannot be told")
    muscle = next(c for c in found.spectra.y if c.label == found.y)
    (low, high), (soonest, latest) = found.delay.interval, _conduction(muscle)
    plausible = high >= soonest and low <= latest
    found = replace(found, plausible=plausible)
    if plausible and low > 0:
        return found
    way = (
        f"{1000 * soonest:.0f} to {1000 * latest:.0f} ms" if np.isfinite(latest) else f"{1000 * soonest:.0f} ms or more"
    )
    if high < soonest:
        why = f"{found.why}; the way from the cortex takes {way}: no sign of a cortical source"
        return replace(found, verdict="not leading", why=why)
    why = f"{found.why}: too uncertain, or too long, for the {way} that the way from the cortex takes"
    return replace(found, verdict="not assessable", why=why)


def _conduction(muscle: Channel) -> tuple[float, float]:
    """Shortest and longest delay that the way from the cortex explains, seconds."""
    if muscle.muscle not in atlas():
        return SHORTEST, np.inf
    mep = atlas()[muscle.muscle].mep
    return max(mep - EARLY, SHORTEST), mep + LATE


def _direction(delay: Delay | None, leader: str) -> str:
    if delay is None:
        return "too few neighbouring bins are coherent for a delay"
    low, high = (1000 * t for t in delay.interval)
    verb = "leads" if low > 0 else "lags" if high < 0 else "neither leads nor lags for certain"
    return f"{leader} {verb}, delay {1000 * delay.seconds:.1f} ms ({low:.1f} to {high:.1f})"
