"""Rates by sleep stage, posture and task: ratios with intervals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from myosig.detect.jerks import Jerks
from myosig.intervals import Intervals
from myosig.recording import Recording

MIN_DURATION = 1.0  # s: shorter annotations are points in time (stimuli, comments), not states [P]
COUNT_BIN = 10.0  # s: bins in which overdispersion of the counts is measured [P]
CONFIDENCE = 0.95

# Labels of sleep stages as laboratories write them (AASM and Rechtschaffen & Kales).
STAGES: tuple[tuple[str, str], ...] = (
    (r"(sleep )?(stage )?(w|wake|awake|wakefulness|wach)", "wake"),
    (r"(sleep )?(stage )?(n1|1|s1)", "N1"),
    (r"(sleep )?(stage )?(n2|2|s2)", "N2"),
    (r"(sleep )?(stage )?(n3|3|4|s3|s4|n4|sws)", "N3"),
    (r"(sleep )?(stage )?(r|rem)", "REM"),
)
ASLEEP = frozenset({"N1", "N2", "N3", "REM"})


@dataclass(frozen=True, slots=True)
class Condition:
    """How often jerks came while an annotation lasted, against all other time.

    Attributes
    ----------
    label : str
        Text of the annotation; sleep stages as wake, N1, N2, N3, REM, and "sleep" for all of sleep.
    duration : float
        Seconds of recording under it.
    n_jerks : int
    rate_per_min : float or None
        None without exposure.
    ratio, ratio_interval : float or None, (float, float) or None
        Rate over the rate in all other time, with 95 % interval widened for overdispersion; None where there was no
        other time or no jerk outside. An upper end of None means it has no bound.
    n_elsewhere, elsewhere : int, float
        Jerks and seconds outside the condition.
    """

    label: str
    duration: float
    n_jerks: int
    rate_per_min: float | None
    ratio: float | None
    ratio_interval: tuple[float, float | None] | None
    n_elsewhere: int
    elsewhere: float

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "label": self.label,
            "duration_s": self.duration,
            "n_jerks": self.n_jerks,
            "rate_per_min": self.rate_per_min,
            "ratio": self.ratio,
            "ratio_interval": list(self.ratio_interval) if self.ratio_interval else None,
            "n_elsewhere": self.n_elsewhere,
            "elsewhere_s": self.elsewhere,
        }


def measure_conditions(recording: Recording, jerks: Jerks) -> tuple[Condition, ...]:
    """Rate of jerks under each annotation that lasts at least a second, against all other time.

    Parameters
    ----------
    recording : Recording
    jerks : Jerks

    Returns
    -------
    tuple of Condition
        In the order of first appearance; sleep stages of any spelling are put together, and "sleep" is added when
        there is any.

    Notes
    -----
    The interval is that of two Poisson counts given their sum (Clopper and Pearson), on counts divided by the
    overdispersion found in bins of 10 s (at least 1).

    References
    ----------
    .. [1] Clopper CJ, Pearson ES (1934). Biometrika 26:404. doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> import myosig as ms
    >>> made = ms.simulate("none", seed=1, duration=20)
    >>> ms.localize.conditions.measure_conditions(made.recording, ms.group_jerks(ms.detect_bursts(made.recording)))
    ()
    """
    stretches = _stretches_by_label(recording)
    if ASLEEP & set(stretches):
        asleep = [stretches[label] for label in sorted(ASLEEP & set(stretches))]
        together = asleep[0]
        for more in asleep[1:]:
            together = together.union(more)
        stretches["sleep"] = together
    return tuple(_compare(recording, jerks, label, when) for label, when in stretches.items())


def canonical_label(text: str) -> str:
    """The name of a sleep stage, or the text itself without outer blanks."""
    plain = re.sub(r"\s+", " ", text.strip().lower().replace("_", " ").replace("-", " "))
    return next((name for pattern, name in STAGES if re.fullmatch(pattern, plain)), text.strip())


def _stretches_by_label(recording: Recording) -> dict[str, Intervals]:
    notes = recording.annotations
    lasting = notes[notes.duration >= MIN_DURATION]
    labels = np.array([canonical_label(str(text)) for text in lasting.text], dtype=object)
    found = {}
    for label in dict.fromkeys(labels):
        mine = labels == label
        when = Intervals.merged(lasting.onset[mine], lasting.onset[mine] + lasting.duration[mine])
        found[label] = when.intersect(recording.segments)
    return {label: when for label, when in found.items() if len(when)}


def _compare(recording: Recording, jerks: Jerks, label: str, when: Intervals) -> Condition:
    elsewhere = recording.segments.difference(when)
    inside = int(when.contains(jerks.onset).sum())
    outside = int(elsewhere.contains(jerks.onset).sum())
    ratio, interval = _rate_ratio(
        inside, when.duration, outside, elsewhere.duration, _overdispersion(jerks, when, elsewhere)
    )
    rate = 60 * inside / when.duration
    return Condition(label, when.duration, inside, rate, ratio, interval, outside, elsewhere.duration)


def _overdispersion(jerks: Jerks, *states: Intervals) -> float:
    """Variance over mean of the counts in bins, pooled over states; 1 for a Poisson process, never less."""
    excess, freedom = 0.0, 0
    for state in states:
        counts = np.array(
            [np.sum((jerks.onset >= t) & (jerks.onset < t + COUNT_BIN)) for a, b in state for t in _bins(a, b)]
        )
        if counts.size > 1 and counts.mean() > 0:
            excess += float(np.sum((counts - counts.mean()) ** 2) / counts.mean())
            freedom += counts.size - 1
    return max(1.0, excess / freedom) if freedom else 1.0


def _bins(start: float, stop: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.arange(start, stop - COUNT_BIN + 1e-9, COUNT_BIN)


def _rate_ratio(
    inside: int, time_inside: float, outside: int, time_outside: float, dispersion: float
) -> tuple[float | None, tuple[float, float | None] | None]:
    if time_outside <= 0 or inside + outside == 0:
        return None, None
    from scipy.stats import beta

    a, b, tail = inside / dispersion, outside / dispersion, (1 - CONFIDENCE) / 2
    low = beta.ppf(tail, a, b + 1) if inside else 0.0
    high = beta.ppf(1 - tail, a + 1, b) if outside else 1.0
    times = time_outside / time_inside
    ratio = inside / outside * times if outside else None
    return ratio, (float(low / (1 - low) * times), float(high / (1 - high) * times) if high < 1 else None)
