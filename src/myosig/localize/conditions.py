"""How often do the jerks come, by what the annotations say: sleep stage, posture, task?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom

from myosig.detect.jerks import Jerks
from myosig.detect.silences import Silences
from myosig.intervals import Intervals
from myosig.localize.states import annotated_states
from myosig.notebook import Shown
from myosig.recording import Recording

TENSE, AT_REST = "tense muscle", "the same muscles at rest"
MIN_TENSE = 10.0  # s of either, for a muscle to be compared with itself [P]
ALPHA = 0.05
ABSENT_BELOW = 0.25  # upper limit of the rate ratio with which "absent" may be said [P]
COUNT_WINDOWS = (20.0, 60.0, 120.0)  # s over which counts are compared for overdispersion: clusters, slow waves [P]
MIN_WINDOWS = 8  # degrees of freedom, for a longer window to count [P]


@dataclass(frozen=True, slots=True)
class Condition(Shown):
    """Rate, and size of the bursts, of the jerks under one condition against the rest of the recording.

    Attributes
    ----------
    label : str
        What the annotation says; sleep stages as wake, N1, N2, N3, REM, and "sleep" for all of sleep.
    duration : float
        Seconds of data.
    n_jerks : int
    rate_per_min : float
    ratio, ratio_interval : float or None, (float, float) or None
        Rate here over the rate in the rest, with its 95 % interval; None where there is no rest, or no jerk.
        An upper end of None has no bound (no jerk in the rest).
    n_elsewhere, elsewhere : int, float
        Jerks and seconds of the rest.
    n_bursts : int
    verdict : {"absent", "less", "same", "more", "not assessable"}
        Absent: no jerk, and enough time to exclude a quarter of the rate elsewhere.
    reference : str
        What the rest is.
    amplitude, amplitude_interval : float or None, (float, float) or None
        Median peak-to-peak amplitude of the bursts of these jerks, µV, with its 95 % interval (of order statistics).
    burst_duration, burst_duration_interval : float or None, (float, float) or None
        Likewise their duration, seconds.
    """

    label: str
    duration: float
    n_jerks: int
    rate_per_min: float
    ratio: float | None
    ratio_interval: tuple[float, float | None] | None
    n_elsewhere: int
    elsewhere: float
    n_bursts: int
    verdict: str
    reference: str
    amplitude: float | None = None
    amplitude_interval: tuple[float, float] | None = None
    burst_duration: float | None = None
    burst_duration_interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "label": self.label,
            "duration_s": self.duration,
            "n_jerks": self.n_jerks,
            "rate_per_min": self.rate_per_min,
            "ratio": self.ratio,
            "ratio_interval": None if self.ratio_interval is None else list(self.ratio_interval),
            "n_elsewhere": self.n_elsewhere,
            "elsewhere_s": self.elsewhere,
            "n_bursts": self.n_bursts,
            "verdict": self.verdict,
            "reference": self.reference,
            "amplitude_uv": self.amplitude,
            "amplitude_interval_uv": _listed(self.amplitude_interval),
            "burst_duration_ms": None if self.burst_duration is None else 1000 * self.burst_duration,
            "burst_duration_interval_ms": _listed(self.burst_duration_interval, 1000),
        }


def _listed(interval: tuple[float, float] | None, factor: float = 1.0) -> list[float] | None:
    return None if interval is None else [factor * value for value in interval]


def measure_conditions(
    recording: Recording, jerks: Jerks, *, silences: Silences | None = None
) -> tuple[Condition, ...]:
    """Rates of jerks by annotation, and in tense muscles against relaxed ones.

    Parameters
    ----------
    recording : Recording
        Its annotations of some duration are the conditions, what is marked as switched on and off, and codes that a
        trigger channel holds for a second or longer; texts that mean one sleep stage are one condition (see `states`).
    jerks : Jerks
    silences : Silences, optional
        Say when each muscle was tense, and so give the condition "tense muscle": action against rest. Its seconds and
        its jerks are those of single muscles, added up. In a tense muscle fewer of the small jerks are seen, so that
        its rate is a lower limit.

    Returns
    -------
    tuple of Condition
        In the order of their first appearance, "tense muscle" last; empty without any.

    Examples
    --------
    >>> import myosig as ms
    >>> sim = ms.simulate("segmental", seed=1, duration=120, n_eeg=0, sleep=True)
    >>> jerks = ms.group_jerks(ms.detect_bursts(sim.recording))
    >>> from myosig.localize.conditions import measure_conditions
    >>> [c.label for c in measure_conditions(sim.recording, jerks)]
    ['wake', 'N2', 'sleep']
    """
    states = annotated_states(recording)
    whole = recording.segments
    out = []
    for label, times in states.items():
        awake = label == "sleep" and "wake" in states
        rest = states["wake"] if awake else whole.difference(times)
        out.append(_compare(label, times, rest, "wakefulness" if awake else "rest of the recording", jerks))
    tense = None if silences is None else _tense_against_relaxed(recording, jerks, silences)
    return (*out, tense) if tense is not None else tuple(out)


def _tense_against_relaxed(recording: Recording, jerks: Jerks, silences: Silences) -> Condition | None:
    """Each muscle that is now tense, now relaxed, compared with itself; None where there is none."""
    n, m, duration, rest, spreads = 0, 0, 0.0, 0.0, []
    chosen = np.zeros(len(jerks.bursts), dtype=bool)
    for channel, tense in enumerate(silences.tense):
        relaxed = recording.segments.difference(tense)
        onset = jerks.onset + jerks.latency[:, channel]
        if min(tense.duration, relaxed.duration) < MIN_TENSE or not np.isfinite(onset).any():
            continue
        n, m = n + int(tense.contains(onset).sum()), m + int(relaxed.contains(onset).sum())
        duration, rest = duration + tense.duration, rest + relaxed.duration
        spreads.append(_dispersion(jerks, tense, relaxed))
        chosen |= (jerks.bursts.channel == channel) & tense.contains(jerks.bursts.onset)
    if duration == 0:
        return None
    together = float(np.isfinite(jerks.latency).sum(axis=1).mean())  # the muscles of a jerk do not count one by one
    ratio, interval = rate_ratio(n, duration, m, rest, together * float(np.mean(spreads)))
    return Condition(
        label=TENSE,
        duration=duration,
        n_jerks=n,
        rate_per_min=60 * n / duration,
        ratio=ratio,
        ratio_interval=interval,
        n_elsewhere=m,
        elsewhere=rest,
        n_bursts=int((chosen & (jerks.member >= 0)).sum()),
        verdict=_verdict(n, interval),
        reference=AT_REST,
        **_sizes(jerks, chosen),
    )


def _sizes(jerks: Jerks, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """Amplitude and duration of the whole bursts of jerks among the chosen ones, with their intervals."""
    bursts = jerks.bursts
    whole = chosen & (jerks.member >= 0) & ~bursts.cut
    if not whole.any():
        return {}
    amplitude, duration = bursts.amplitude[whole], bursts.duration[whole]
    return {
        "amplitude": float(np.median(amplitude)),
        "amplitude_interval": median_limits(amplitude),
        "burst_duration": float(np.median(duration)),
        "burst_duration_interval": median_limits(duration),
    }


def median_limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the median from order statistics; the extremes below six values."""
    ordered = np.sort(values)
    rank = max(int(binom.ppf(ALPHA / 2, ordered.size, 0.5)) - 1, 0)
    return float(ordered[rank]), float(ordered[ordered.size - 1 - rank])


def _compare(label: str, times: Intervals, rest: Intervals, reference: str, jerks: Jerks) -> Condition:
    here, there = times.contains(jerks.onset), rest.contains(jerks.onset)
    n, m = int(here.sum()), int(there.sum())
    ratio, interval = rate_ratio(n, times.duration, m, rest.duration, _dispersion(jerks, times, rest))
    return Condition(
        label=label,
        duration=times.duration,
        n_jerks=n,
        rate_per_min=60 * n / times.duration,
        ratio=ratio,
        ratio_interval=interval,
        n_elsewhere=m,
        elsewhere=rest.duration,
        n_bursts=int(jerks.n_bursts[here].sum()),
        verdict=_verdict(n, interval),
        reference=reference,
        **_sizes(jerks, times.contains(jerks.bursts.onset)),
    )


def rate_ratio(
    n: int, duration: float, m: int, rest: float, dispersion: float = 1.0
) -> tuple[float | None, tuple[float, float | None] | None]:
    """Ratio of two rates with its 95 % interval: exact for Poisson counts, wider where they are overdispersed.

    Given all n + m events, those of the first are binomial (Clopper & Pearson 1934); events that come in clusters
    count as fewer. Without an event in the rest there is no ratio and no upper limit; with next to none no upper limit.
    """
    if n + m == 0 or rest <= 0 or duration <= 0:
        return None, None
    a, b = n / dispersion, m / dispersion
    scale = rest / duration
    low = float(beta.ppf(ALPHA / 2, a, b + 1)) if n else 0.0
    below_high = float(beta.ppf(ALPHA / 2, b, a + 1)) if m else 0.0  # 1 - the upper limit, which rounds to 1
    highest = (1 - below_high) / below_high * scale if below_high > np.finfo(float).eps else None
    return n / m * scale if m else None, (low / (1 - low) * scale, highest)


def _dispersion(jerks: Jerks, *states: Intervals) -> float:
    """Variance over mean of counts within each state, in the windows that show most; at least 1."""
    found = [1.0]
    for window in COUNT_WINDOWS:
        squares, freedom = 0.0, 0
        for state in states:
            counts = _counts(jerks, state, window)
            if counts.size > 1 and counts.mean() > 0:
                squares += float(np.sum((counts - counts.mean()) ** 2) / counts.mean())
                freedom += counts.size - 1
        if freedom >= MIN_WINDOWS or (freedom and window == COUNT_WINDOWS[0]):
            found.append(squares / freedom)
    return max(found)


def _counts(jerks: Jerks, state: Intervals, window: float) -> NDArray[np.int64]:
    """Jerks in every whole window of a state."""
    edges = [np.arange(a, b - window + 1e-9, window) for a, b in state]
    starts = np.concatenate([*edges, np.empty(0)])
    return np.asarray(np.searchsorted(jerks.onset, starts + window) - np.searchsorted(jerks.onset, starts))


def _verdict(n: int, interval: tuple[float, float | None] | None) -> str:
    if interval is None:
        return "not assessable"
    low, high = interval[0], np.inf if interval[1] is None else interval[1]
    if n == 0:
        return "absent" if high <= ABSENT_BELOW else "not assessable"
    if high < 1:
        return "less"
    return "more" if low > 1 else "same"
