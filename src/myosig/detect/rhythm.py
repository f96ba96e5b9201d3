"""Is it rhythmic, and at what frequency?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid
from scipy.ndimage import median_filter
from scipy.stats import t

from myosig.detect.bursts import Bursts
from myosig.detect.gaps import short_limit
from myosig.detect.jerks import Jerks
from myosig.notebook import Shown

Floats = NDArray[np.float64]

MIN_INTERVALS = 20  # criteria.md 3C [P]
RHYTHMIC_CV = 0.3  # criteria.md 3C [P]
ALPHA = 0.05
SURROGATES = 499
RECOVERY = 3.0  # mean waits over which a random train becomes ready again, after its shortest interval [P]
LONGEST_REST = 0.8  # of the mean interval, in a random train: what keeps still for longer has a rhythm [P]
LONGEST_WAIT = 40.0  # in mean waits: it never comes to that
MOST_INTERVALS = 300  # of a surrogate train; a longer one would only make the null narrower
PAUSE = 2.5  # times the median interval: a longer one ends a run [P]
DRIFT_WINDOW = 31  # intervals over which the frequency may drift [P]
NORMAL_IQR = 1.349  # interquartile range of a standard normal distribution
ASTRAY = 2.5  # nats that an event between the beats, or a beat without event, costs: about one in ten [P]
BREAK = 8.0  # nats that a step which no number of cycles explains costs [P]
MOST_CYCLES, MOST_BETWEEN = 3, 3  # that a step may span, and events between beats that it may leave out [P]
SCATTER = (0.01, 0.25)  # limits of the standard deviation of a cycle while beats are looked for, of the cycle [P]
ROUNDS = 4  # in which the cycle settles
BATCH, BATCHES = 15, (4, 20)  # cycles in each of the stretches whose means tell how sure the mean is; how many [P]
MOST_MEMORY = 0.95  # of the autocorrelation of neighbouring stretches
SIDE_PEAK = 0.15  # half width, in periods, of the side peak of the autocorrelation [P]


@dataclass(frozen=True, slots=True)
class Rhythm(Shown):
    """Rhythm of a train of events.

    Attributes
    ----------
    verdict : {"rhythmic", "irregular", "not assessable"}
    why : str
        The rule that decided, in words with the numbers.
    frequency, frequency_interval : float and (float, float) or None
        Hz; only where rhythmic.
    cv : float or None
        Coefficient of variation of the intervals within runs, slow drift taken out: interquartile range over
        1.349 medians, which a missed or an extra event in ten does not move.
    n_intervals : int
        Within runs.
    p_value : float or None
        Of so small a `cv` in a random train with the same shortest and mean interval.
    cv2, lv : float or None
        Local variation of neighbouring intervals: CV2 (Holt et al. 1996) and LV (Shinomoto et al. 2003). A random
        train has 1 and 1.
    side_peak : float or None
        Events one period after an event, over what a train without rhythm would have there.
    drift, drift_interval : float and (float, float) or None
        Change of the frequency, Hz a minute; only where rhythmic.
    n_runs : int
        Runs of at least two events; 0 where the intervals do not divide into short and long ones.
    events_per_run, rate_within_runs : float or None
        Median number of events of those runs, and 1 / median interval within them, Hz.
    run_limit : float or None
        The interval that divides runs, seconds.
    seed : int

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> rhythm = ms.measure_rhythm(ms.detect_bursts(recording))
    >>> rhythm.verdict in ("rhythmic", "irregular", "not assessable")
    True
    """

    verdict: str
    why: str
    frequency: float | None
    frequency_interval: tuple[float, float] | None
    cv: float | None
    n_intervals: int
    p_value: float | None
    cv2: float | None = None
    lv: float | None = None
    side_peak: float | None = None
    drift: float | None = None
    drift_interval: tuple[float, float] | None = None
    n_runs: int = 0
    events_per_run: float | None = None
    rate_within_runs: float | None = None
    run_limit: float | None = None
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "frequency_hz": self.frequency,
            "frequency_interval": None if self.frequency_interval is None else list(self.frequency_interval),
            "cv": self.cv,
            "n_intervals": self.n_intervals,
            "p_value": self.p_value,
            "cv2": self.cv2,
            "lv": self.lv,
            "side_peak": self.side_peak,
            "drift_hz_per_min": self.drift,
            "drift_interval": None if self.drift_interval is None else list(self.drift_interval),
            "n_runs": self.n_runs,
            "events_per_run": self.events_per_run,
            "rate_within_runs_hz": self.rate_within_runs,
            "seed": self.seed,
        }


def measure_rhythm(events: Bursts | Jerks, *, seed: int = 0) -> Rhythm:
    """Measure the rhythm of jerks, or of the bursts of the busiest channel.

    Rhythmic are events whose intervals within runs vary by less than 30 % and by less than those of a random train
    would: one in which, after the shortest interval seen, the next event becomes steadily likelier. At least 20
    intervals are needed (criteria.md 3C).

    Parameters
    ----------
    events : Jerks or Bursts
        Of bursts, those of the channel that has most are taken.
    seed : int
        Of the random trains.

    Returns
    -------
    Rhythm

    References
    ----------
    Holt, Softky, Koch & Douglas 1996, doi 10.1152/jn.1996.75.5.1806. Shinomoto, Shima & Tanji 2003,
    doi 10.1162/089976603322518759. Kendall 1954 (bias of an autocorrelation), doi 10.1093/biomet/41.3-4.403.

    Examples
    --------
    >>> import myosig as ms
    >>> sim = ms.simulate("segmental", seed=3, duration=60, n_eeg=0)
    >>> ms.measure_rhythm(ms.group_jerks(ms.detect_bursts(sim.recording))).verdict in ("rhythmic", "irregular")
    True
    """
    return rhythm_of(_train(events), seed=seed)


def rhythm_of(onset: Floats, *, seed: int = 0) -> Rhythm:
    """Measure the rhythm of events at these times (seconds); those at the same time are one."""
    onset = np.unique(onset)
    interval = _within_runs(onset)
    runs = find_runs(onset)
    if interval.size < MIN_INTERVALS:
        why = f"{interval.size} intervals within runs; at least {MIN_INTERVALS} are needed"
        return Rhythm("not assessable", why, None, None, None, interval.size, None, seed=seed, **runs)
    cv = float(_robust_cv(interval[None])[0])
    p_value = _chance_of(cv, interval, seed)
    rhythmic = cv < RHYTHMIC_CV and p_value < ALPHA
    cycle, middle = _cycles(onset, float(np.median(interval)), cv) if rhythmic else (interval, interval)
    frequency, spread = _frequency(cycle) if rhythmic else (None, None)
    drift, drift_interval = _drift(cycle, middle) if rhythmic else (None, None)
    limits = f"CV {cv:.2f} (rhythmic below {RHYTHMIC_CV:g}), p = {p_value:.3f} against a random train"
    return Rhythm(
        verdict="rhythmic" if rhythmic else "irregular",
        why=f"{limits}, n = {interval.size} intervals",
        frequency=frequency,
        frequency_interval=spread,
        cv=cv,
        n_intervals=interval.size,
        p_value=p_value,
        cv2=float(np.mean(_local(np.diff(onset)))),
        lv=float(3 / 4 * np.mean(_local(np.diff(onset)) ** 2)),
        side_peak=_side_peak(onset, float(np.median(interval))),
        drift=drift,
        drift_interval=drift_interval,
        seed=seed,
        **runs,
    )


def find_runs(onset: Floats) -> dict[str, Any]:
    """The fields of `Rhythm` about runs: events divided at long intervals, where there are short and long ones."""
    interval = np.diff(onset)
    limit = short_limit(interval, longest=float(interval.max(initial=0)))
    if limit is None:
        return {}
    sizes = np.diff(np.flatnonzero(np.concatenate([[True], interval > limit, [True]])))
    return {
        "n_runs": int(np.sum(sizes > 1)),
        "events_per_run": float(np.median(sizes[sizes > 1])),
        "rate_within_runs": float(1 / np.median(interval[interval <= limit])),
        "run_limit": limit,
    }


def _train(events: Bursts | Jerks) -> Floats:
    if isinstance(events, Jerks):
        return np.sort(events.onset)
    if len(events) == 0:
        return np.empty(0)
    busiest = np.bincount(events.channel).argmax()
    return np.sort(events.onset[events.channel == busiest])


def _within_runs(onset: Floats) -> Floats:
    """Intervals that are no pauses."""
    interval = np.diff(onset)
    return interval[interval <= PAUSE * np.median(interval)] if interval.size else interval


def _robust_cv(interval: Floats) -> Floats:
    """Spread of the intervals around their slow drift, for each row."""
    relative = interval / _slow_drift(interval)
    low, middle, high = np.quantile(relative, [0.25, 0.5, 0.75], axis=1)
    return np.asarray((high - low) / NORMAL_IQR / middle)


def _slow_drift(interval: Floats) -> Floats:
    """Running median of each row."""
    window = min(DRIFT_WINDOW, interval.shape[-1] // 2 * 2 - 1)
    return np.asarray(median_filter(interval, (1, window), mode="nearest"))


def _chance_of(cv: float, interval: Floats, seed: int) -> float:
    """How often a random train with a refractory time has so small a CV.

    After the refractory time the train recovers: the risk of the next event rises as 1 - exp(-time / 3 mean waits).
    Refractory time and mean wait are those that give the shortest and the mean interval.
    """
    n, shortest, mean = min(interval.size, MOST_INTERVALS), float(interval.min()), float(interval.mean())
    wait = _waits(np.random.default_rng(seed).exponential(size=(SURROGATES, n)))
    rest = mean - (mean - shortest) / (1 - float(wait.min(axis=1).mean()))
    rest = float(np.clip(rest, 0, LONGEST_REST * mean))
    return float((1 + np.sum(_robust_cv(rest + (mean - rest) * wait) <= cv)) / (1 + SURROGATES))


def _waits(risk: Floats) -> Floats:
    """When events that take so much cumulated risk come, in mean waits."""
    time = np.linspace(0, LONGEST_WAIT, 4001)
    cumulated = time - RECOVERY * (1 - np.exp(-time / RECOVERY))
    return np.asarray(np.interp(risk, cumulated, time) / trapezoid(np.exp(-cumulated), time))


def _cycles(onset: Floats, period: float, cv: float) -> tuple[Floats, Floats]:
    """Length and middle of the cycles between the beats among the events, seconds; a missed beat is stepped over.

    An event that falls between two beats would otherwise count as two short cycles, and make the rhythm faster.
    """
    interval, scatter = np.diff(onset), cv
    steady = np.concatenate([[0.0], np.cumsum(period * interval / _slow_drift(interval[None])[0])])
    for _ in range(ROUNDS):
        beats = _beats(steady, period, period * float(np.clip(scatter, *SCATTER)))
        step = np.diff(steady[beats])
        count = np.rint(step / period)
        whole = (count >= 1) & (count <= MOST_CYCLES)
        period = float(step[whole].sum() / count[whole].sum())
        scatter = float(np.std(step[whole] - count[whole] * period) / period)
    beat = onset[beats]
    return np.diff(beat)[whole] / count[whole], ((beat[1:] + beat[:-1]) / 2)[whole]


def _beats(onset: Floats, period: float, deviation: float) -> list[int]:
    """The events that form the most likely train of beats, if cycles vary normally (dynamic programming)."""
    cost, before = [0.0] * onset.size, [-1] * onset.size
    times = onset.tolist()
    for j in range(1, len(times)):
        steps = []
        for i in range(max(0, j - 1 - MOST_BETWEEN), j):
            step = times[j] - times[i]
            count = min(max(round(step / period), 1), MOST_CYCLES)
            misfit = (step - count * period) ** 2 / (2 * count * deviation**2) + ASTRAY * (count - 1)
            steps.append((cost[i] + min(misfit, BREAK) + ASTRAY * (j - i - 1), i))
        cost[j], before[j] = min(steps)
    chain = [len(times) - 1]
    while before[chain[-1]] >= 0:
        chain.append(before[chain[-1]])
    return chain[::-1]


def _frequency(cycle: Floats) -> tuple[float, tuple[float, float]]:
    """Of the mean cycle, with its 95 % interval, from means of stretches."""
    mean, means = float(cycle.mean()), _stretches(cycle)
    error = float(np.std(means, ddof=1)) / np.sqrt(means.size) * _memory(means - means.mean(), means.size - 1)
    return 1 / mean, (1 / (mean + error), 1 / max(mean - error, mean / (2 * MOST_INTERVALS)))


def _drift(cycles: Floats, middle: Floats) -> tuple[float, tuple[float, float]]:
    """Slope of the frequency over time, Hz a minute, from means of stretches."""
    rate, minute = 1 / _stretches(cycles), _stretches(middle) / 60
    slope, start = np.polyfit(minute, rate, 1)
    deviation, freedom = rate - start - slope * minute, rate.size - 2
    error = np.sqrt(np.mean(deviation**2) / (freedom * np.var(minute))) * _memory(deviation, freedom)
    return float(slope), (float(slope - error), float(slope + error))


def _stretches(values: Floats) -> Floats:
    n = int(np.clip(values.size // BATCH, *BATCHES))
    return np.array([part.mean() for part in np.array_split(values, n)])


def _memory(deviation: Floats, freedom: int) -> float:
    """By what to multiply a standard error for its 95 % limit, where neighbouring deviations are alike.

    They are taken as autoregressive: their correlation as found, with its bias (Kendall 1954) taken out, and half of
    its standard error added, as too short a memory costs more than too long a one.
    """
    n, power = deviation.size, float(np.sum(deviation**2))
    alike = float(np.sum(deviation[1:] * deviation[:-1])) / power if power > 0 else 0.0
    alike = float(np.clip(alike + (1 + 4 * alike) / n + 0.5 / np.sqrt(n), 0, MOST_MEMORY))
    more = (1 + alike) / (1 - alike)
    return float(t.ppf(0.975, max(freedom / more, 1)) * np.sqrt(more))


def _local(interval: Floats) -> Floats:
    """2 |difference| / sum of neighbouring intervals."""
    return np.asarray(2 * np.abs(np.diff(interval)) / (interval[1:] + interval[:-1]))


def _side_peak(onset: Floats, period: float) -> float:
    """Mean number of events one period (within 15 %) after an event, over the mean number in as wide a window."""
    near = np.searchsorted(onset, onset + (1 + SIDE_PEAK) * period) - np.searchsorted(
        onset, onset + (1 - SIDE_PEAK) * period
    )
    around = np.searchsorted(onset, onset + (1 + 0.5) * period) - np.searchsorted(onset, onset + (1 - 0.5) * period)
    return float(near.mean() / max(2 * SIDE_PEAK * around.mean(), 1e-12))
