"""Is it rhythmic, and at what frequency?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks

MIN_INTERVALS = 20  # fewer cannot tell rhythm from chance [P, criteria.md 3C]
RHYTHMIC_CV = 0.3  # [P, criteria.md 3C]
REGULAR_CV = 0.15  # [P, criteria.md 3C]
PAUSE = 3.0  # times the median: a longer interval separates two runs [P]
CENTRAL = (0.5, 1.5)  # times the median: outside, an event was missed or is extra [P]
CENTRAL_SHARE = 0.6  # of the intervals within runs that must be central [P]
N_SURROGATES = 1000
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Rhythm of a train of events.

    Attributes
    ----------
    verdict : {"rhythmic", "irregular", "not assessable"}
    why : str
        The rule that decided, in words with the numbers.
    frequency, frequency_interval : float and (float, float) or None
        Hz; only where rhythmic.
    cv : float or None
        Coefficient of variation of the intervals within runs, missed and extra events left out.
    n_intervals : int
        Intervals within runs.
    p_value : float or None
        Of so small a CV in random trains with the same rate and the same shortest interval.
    cv2 : float or None
        Mean local variation of successive intervals, 2|a-b|/(a+b): 1 for random, 0 for regular trains; it does not
        mind a slow drift of the rate.
    drift : float or None
        Change of the frequency over the recording, Hz per minute; only where rhythmic.
    n_runs : int
    events_per_run, rate_within_runs : float or None
        Median number of events of a run, and their median rate in Hz.
    seed : int
    """

    verdict: str
    why: str
    frequency: float | None
    frequency_interval: tuple[float, float] | None
    cv: float | None
    n_intervals: int
    p_value: float | None
    cv2: float | None = None
    drift: float | None = None
    n_runs: int = 0
    events_per_run: float | None = None
    rate_within_runs: float | None = None
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "frequency_hz": self.frequency,
            "frequency_interval": list(self.frequency_interval) if self.frequency_interval else None,
            "cv": self.cv,
            "cv2": self.cv2,
            "n_intervals": self.n_intervals,
            "p_value": self.p_value,
            "drift_hz_per_min": self.drift,
            "n_runs": self.n_runs,
            "events_per_run": self.events_per_run,
            "rate_within_runs_hz": self.rate_within_runs,
            "seed": self.seed,
        }


def measure_rhythm(events: Bursts | Jerks, *, seed: int = 0) -> Rhythm:
    """Measure the rhythm of a train of jerks, or of the bursts of the busiest channel.

    A pause of more than three times the median interval separates runs. Within runs the train is rhythmic when at
    least 60 % of the intervals lie within half the median of it, their coefficient of variation is under 0.3, and so
    small a coefficient is rarer than 5 % in random trains of the same rate and the same shortest interval.

    Parameters
    ----------
    events : Bursts or Jerks
    seed : int
        Of the random trains.

    Returns
    -------
    Rhythm
        ``not assessable`` below 20 intervals.

    References
    ----------
    .. [1] Holt GR et al. (1996). Comparison of discharge variability in vitro and in vivo in cat visual cortex
       neurons (CV2). J Neurophysiol 75:1806. doi:10.1152/jn.1996.75.5.1806

    Examples
    --------
    >>> import myosig as ms
    >>> jerks = ms.group_jerks(ms.detect_bursts(ms.simulate("none", seed=1, duration=20).recording))
    >>> ms.measure_rhythm(jerks).verdict
    'not assessable'
    """
    onset = _train(events)
    intervals = np.diff(onset)
    within = _within_runs(intervals)
    runs = _describe_runs(intervals)
    if within.size < MIN_INTERVALS:
        why = f"{within.size} intervals within runs; at least {MIN_INTERVALS} are needed"
        return Rhythm("not assessable", why, None, None, None, int(within.size), None, seed=seed, **runs)
    share, cv = _regularity(within)
    p_value = _chance(within, cv, seed)
    rhythmic = share >= CENTRAL_SHARE and cv < RHYTHMIC_CV and p_value < ALPHA
    why = (
        f"CV of the intervals {cv:.2f} (rhythmic < {RHYTHMIC_CV}, regular < {REGULAR_CV}), {100 * share:.0f} % of "
        f"{within.size} intervals within half the median (needed {100 * CENTRAL_SHARE:.0f} %), p = {p_value:.3f} "
        "against random trains with the same shortest interval"
    )
    middle = float(np.median(_central(within)))
    return Rhythm(
        verdict="rhythmic" if rhythmic else "irregular",
        why=why,
        frequency=1 / middle if rhythmic else None,
        frequency_interval=_frequency_interval(_central(within)) if rhythmic else None,
        cv=cv,
        n_intervals=int(within.size),
        p_value=p_value,
        cv2=_cv2(intervals),
        drift=_drift(onset, middle) if rhythmic else None,
        seed=seed,
        **runs,
    )


def _train(events: Bursts | Jerks) -> NDArray[np.float64]:
    if isinstance(events, Jerks):
        return events.onset
    counts = np.bincount(events.channel, minlength=len(events.channels))
    return events.onset[events.channel == np.argmax(counts)] if len(events) else events.onset


def _within_runs(intervals: NDArray[np.float64]) -> NDArray[np.float64]:
    return intervals[intervals <= PAUSE * np.median(intervals)] if intervals.size else intervals


def _central(intervals: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = intervals / np.median(intervals)
    return intervals[(ratio >= CENTRAL[0]) & (ratio <= CENTRAL[1])]


def _regularity(intervals: NDArray[np.float64]) -> tuple[float, float]:
    """Share of central intervals, and their coefficient of variation."""
    central = _central(intervals)
    return central.size / intervals.size, float(np.std(central, ddof=1) / np.mean(central)) if central.size > 1 else 1.0


def _chance(intervals: NDArray[np.float64], cv: float, seed: int) -> float:
    """How often a random train (exponential intervals after a refractory period) looks as regular."""
    rng = np.random.default_rng(seed)
    refractory = float(np.quantile(intervals, 1 / intervals.size))
    mean = max(float(np.mean(intervals)) - refractory, 1e-9)
    random = refractory + rng.exponential(mean, (N_SURROGATES, intervals.size))
    as_regular = sum(_regularity(_within_runs(train))[1] <= cv for train in random)
    return (1 + as_regular) / (1 + N_SURROGATES)


def _frequency_interval(intervals: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the median, from order statistics."""
    from scipy.stats import binom

    ordered = np.sort(intervals)
    low = int(binom.ppf(0.025, ordered.size, 0.5))
    high = min(int(binom.ppf(0.975, ordered.size, 0.5)), ordered.size - 1)
    return float(1 / ordered[high]), float(1 / ordered[max(low - 1, 0)])


def _cv2(intervals: NDArray[np.float64]) -> float | None:
    if intervals.size < 2:
        return None
    first, second = intervals[:-1], intervals[1:]
    return float(np.mean(2 * np.abs(first - second) / (first + second)))


def _drift(onset: NDArray[np.float64], middle: float) -> float | None:
    """Slope of the instantaneous frequency by Theil and Sen, over central intervals."""
    from scipy.stats import theilslopes

    intervals = np.diff(onset)
    ratio = intervals / middle
    keep = np.flatnonzero((ratio >= CENTRAL[0]) & (ratio <= CENTRAL[1]))
    thin = keep[:: max(1, keep.size // 500)]  # Theil-Sen looks at all pairs; 500 points are plenty for a slope
    return float(60 * theilslopes(1 / intervals[thin], onset[thin]).slope) if thin.size > 1 else None


def _describe_runs(intervals: NDArray[np.float64]) -> dict[str, Any]:
    if intervals.size == 0:
        return {"n_runs": 0, "events_per_run": None, "rate_within_runs": None}
    pauses = intervals > PAUSE * np.median(intervals)
    lengths = np.diff(np.concatenate([[-1], np.flatnonzero(pauses), [intervals.size]]))
    return {
        "n_runs": int(lengths.size),
        "events_per_run": float(np.median(lengths)),
        "rate_within_runs": float(1 / np.median(intervals[~pauses])),
    }
