"""Do EEG discharges and jerks go together more often than by chance?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from myosig.detect.jerks import Jerks
from myosig.localize.cortex.discharges import Discharges, find_discharges
from myosig.localize.cortex.potential import ALPHA
from myosig.localize.cortex.scan import Floats
from myosig.localize.cortex.sham import N_SHAMS, can_displace, draw_shams
from myosig.localize.cortex.tracks import LARGE, Clock, Track, read_tracks
from myosig.notebook import Shown
from myosig.recording import Recording

MIN_RATE = 100.0  # Hz
WINDOW = 0.15  # s before the jerk: 20-70 ms [M], 50-85 ms in CJD (criteria.md 1A) [V], and some room [P]
AWAY = 1.0  # s between a sham jerk and the jerk
MIN_JERKS = 20  # below that no coincidence is not absence [P]
MIN_COINCIDENT = 3  # one or two prove nothing, however rare discharges are [P]
LAG_RANGE, LAG_BIN = 0.5, 0.025  # s, of the histogram
N_BAND_SHAMS = 200  # enough for a 95 % band


@dataclass(frozen=True, slots=True, eq=False)
class Cooccurrence(Shown):
    """Coincidence of EEG discharges with jerks.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
        Whether they coincide beyond chance.
    why : str
    n_discharges, n_jerks : int
    n_coincident : int or None
        Jerks with a discharge in the window.
    expected : float or None
        The same at sham triggers, mean.
    p_value : float or None
    jerks_with_discharge, discharges_with_jerk : float or None
        Shares, 0 to 1.
    jerks_interval : (float, float) or None
        95 % interval of the share of jerks with a discharge.
    lag : float or None
        Median time from discharge to jerk in the coincidences, seconds.
    generalised : bool or None
        Whether most coincident discharges are generalised; None where there are none.
    lag_edges, lag_counts, lag_expected, lag_high : ndarray or None
        Histogram of the time from discharge to jerk, seconds, its mean and 97.5 % under the null.
    discharges : Discharges or None
    """

    verdict: str
    why: str
    n_discharges: int = 0
    n_jerks: int = 0
    n_coincident: int | None = None
    expected: float | None = None
    p_value: float | None = None
    jerks_with_discharge: float | None = None
    jerks_interval: tuple[float, float] | None = None
    discharges_with_jerk: float | None = None
    lag: float | None = None
    generalised: bool | None = None
    lag_edges: NDArray[np.float64] | None = None
    lag_counts: NDArray[np.int64] | None = None
    lag_expected: NDArray[np.float64] | None = None
    lag_high: NDArray[np.float64] | None = None
    discharges: Discharges | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "n_discharges": self.n_discharges,
            "n_jerks": self.n_jerks,
            "n_coincident": self.n_coincident,
            "expected": self.expected,
            "p_value": self.p_value,
            "jerks_with_discharge": self.jerks_with_discharge,
            "jerks_interval": list(self.jerks_interval) if self.jerks_interval else None,
            "discharges_with_jerk": self.discharges_with_jerk,
            "lag_ms": None if self.lag is None else self.lag * 1000,
            "generalised": self.generalised,
        }


def measure_cooccurrence(
    recording: Recording, jerks: Jerks, *, tracks: Sequence[Track] | None = None, seed: int = 0
) -> Cooccurrence:
    """Count how often an EEG discharge comes just before a jerk, and how often it would by chance.

    The discharges are found without looking at the EMG. A jerk coincides when a discharge peaks in the 150 ms
    before it. Chance is the count at sham jerks, which keep the intervals between jerks, against the discharges
    as they are, which keep theirs.

    Parameters
    ----------
    recording : Recording
    jerks : Jerks
    tracks : sequence of Track, optional
        The EEG as `read_tracks` reads it, where that was done already.
    seed : int

    Returns
    -------
    Cooccurrence
        `present` if p < 0.05 with at least 3 coincidences; else `absent` with at least 20 jerks; else
        `not assessable`.
    """
    known = tracks if tracks is not None else read_tracks(recording)
    alike = [t.in_spite_of(LARGE) for t in known if t.sfreq >= MIN_RATE and t.sfreq == known[0].sfreq]
    if not alike:
        why = f"no EEG channel with usable signal of at least {MIN_RATE:g} Hz"
        return Cooccurrence("not assessable", why, n_jerks=len(jerks))
    discharges = find_discharges(alike)
    clock = Clock.of(recording)
    if not len(jerks) or not can_displace(clock.duration, away=AWAY):
        why = "no jerks" if not len(jerks) else "the recording is too short for sham jerks"
        return Cooccurrence("not assessable", why, n_discharges=len(discharges), n_jerks=len(jerks))
    times = clock.running(jerks.onset)
    shams = draw_shams(times[0], times[-1], clock.duration, away=AWAY, n=N_SHAMS, seed=seed)
    return _judge(discharges, times, shams.apply(times))


def _judge(discharges: Discharges, times: Floats, moved: Floats) -> Cooccurrence:
    spikes = discharges.time
    lag = _lag_of_nearest(spikes, times)
    hit = _coincides(lag)
    chance = np.array([_coincides(_lag_of_nearest(spikes, sham)).sum() for sham in moved])
    n_hit, n = int(hit.sum()), len(times)
    p_value = float((1 + np.sum(chance >= n_hit)) / (1 + chance.size))
    with_jerk = _coincides(_lag_of_nearest(-times[::-1], -spikes))  # time reversed: the next jerk after each
    exact = binomtest(n_hit, n).proportion_ci(0.95, method="exact")
    edges = np.arange(-LAG_RANGE, LAG_RANGE + LAG_BIN / 2, LAG_BIN)
    null = np.stack([_histogram(spikes, sham, edges) for sham in moved[:N_BAND_SHAMS]])
    what = _kinds(discharges, spikes, times[hit])
    counts = (
        f"{n_hit} of {n} jerks have a discharge in the {1000 * WINDOW:.0f} ms before them "
        f"({chance.mean():.1f} by chance, p = {p_value:.3f}; 95 % interval {100 * exact.low:.1f}-"
        f"{100 * exact.high:.1f} % of jerks); {len(spikes)} discharges in all"
    )
    present = p_value < ALPHA and n_hit >= MIN_COINCIDENT
    verdict = "present" if present else "absent" if n >= MIN_JERKS else "not assessable"
    few = "" if n >= MIN_JERKS or present else f"; fewer than {MIN_JERKS} jerks"
    return Cooccurrence(
        verdict=verdict,
        why=counts + (f", the coincident ones {what[0]}" if present else "") + few,
        n_discharges=len(spikes),
        n_jerks=n,
        n_coincident=n_hit,
        expected=float(chance.mean()),
        p_value=p_value,
        jerks_with_discharge=n_hit / n,
        jerks_interval=(float(exact.low), float(exact.high)),
        discharges_with_jerk=float(with_jerk.mean()) if len(spikes) else None,
        lag=float(np.median(lag[hit])) if n_hit else None,
        generalised=what[1],
        lag_edges=edges,
        lag_counts=_histogram(spikes, times, edges),
        lag_expected=null.mean(axis=0),
        lag_high=np.quantile(null, 0.975, axis=0),
        discharges=discharges,
    )


def _lag_of_nearest(spikes: Floats, times: Floats) -> Floats:
    """Seconds from the last spike at or before each time to that time; infinity where there is none."""
    at = np.searchsorted(spikes, times, side="right") - 1
    before = np.concatenate([spikes, [-np.inf]])[at] if len(spikes) else np.full(len(times), -np.inf)
    return np.asarray(times - before)


def _coincides(lag: Floats) -> NDArray[np.bool_]:
    return np.asarray((lag >= 0) & (lag <= WINDOW))


def _histogram(spikes: Floats, times: Floats, edges: Floats) -> NDArray[np.int64]:
    """Times from discharges to jerks, all pairs within reach."""
    first = np.searchsorted(times, spikes + edges[0])
    last = np.searchsorted(times, spikes + edges[-1])
    lags = [times[a:b] - s for s, a, b in zip(spikes, first, last, strict=True)]
    return np.asarray(np.histogram(np.concatenate(lags) if lags else [], edges)[0], dtype=np.int64)


def _kinds(discharges: Discharges, spikes: Floats, jerks: Floats) -> tuple[str, bool | None]:
    """What most coincident discharges are, in words, and whether they are generalised."""
    if not jerks.size:
        return "", None
    chosen = discharges[np.unique(np.searchsorted(spikes, jerks, side="right") - 1)]
    wide = bool(chosen.generalised.mean() > 0.5)
    shape = "polyspike" if (chosen.n_spikes > 1).mean() > 0.5 else "spike"
    wave = "-waves" if chosen.wave.mean() > 0.5 else "s"
    return f"mostly {'generalised' if wide else 'focal'} {shape}{wave}", wide
