"""Do the jerks follow stimuli: how surely, how late, and do they habituate?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, fisher_exact

from myosig.detect.jerks import Jerks
from myosig.localize.codes import read_triggers
from myosig.localize.conditions import median_limits
from myosig.localize.states import MIN_DURATION, is_state
from myosig.notebook import Shown
from myosig.recording import Recording

Floats = NDArray[np.float64]

MIN_STIMULI = 10  # of one kind [P]
LATEST = 0.5  # s after the stimulus: startle 20-150 ms, functional jerks mostly beyond 100 ms (criteria.md 1C, 2A) [V]
SURROGATES = 499
ALPHA = 0.05
DRAWS = 4000  # of two shares, for the interval of their ratio
LEAST_KEPT = 0.5  # of the first share in the last third, for a reflex that does not habituate [P]


@dataclass(frozen=True, slots=True)
class Reflex(Shown):
    """Jerks after stimuli of one kind.

    Attributes
    ----------
    stimulus : str
        Text of the annotations, numbers at their end left out.
    n : int
        Stimuli.
    probability, probability_interval : float, (float, float)
        Share of stimuli with a jerk within 0.5 s, and its 95 % interval (Clopper & Pearson 1934).
    expected : float
        The share that chance gives: the same stimuli shifted against the jerks.
    p_value : float
    locked : bool
        More jerks than chance gives (p < 0.05).
    latency, latency_interval, latency_spread : float or None, (float, float) or None, float or None
        Median from stimulus to jerk with its 95 % interval, and the interquartile range, seconds; only where locked.
    first_third, last_third, habituation_p : float or None
        Share of the first and of the last third of the stimuli that were followed, and the p of their difference.
    habituation : {"habituates", "persists", "grows", "not assessable"}
        Habituates or grows: the shares differ (p < 0.05). Persists: the last third keeps at least half of the share of
        the first, by the lower end of `kept_interval`. Not assessable: neither, or not locked to the stimuli.
    kept, kept_interval : float or None, (float, float) or None
        Share of the last third over that of the first (None where that is 0), and its 95 % interval; only where locked.
    """

    stimulus: str
    n: int
    probability: float
    probability_interval: tuple[float, float]
    expected: float
    p_value: float
    locked: bool
    latency: float | None
    latency_interval: tuple[float, float] | None
    latency_spread: float | None
    first_third: float
    last_third: float
    habituation_p: float
    habituation: str = "not assessable"
    kept: float | None = None
    kept_interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        low_high = self.latency_interval
        return {
            "stimulus": self.stimulus,
            "n": self.n,
            "probability": self.probability,
            "probability_interval": list(self.probability_interval),
            "expected": self.expected,
            "p_value": self.p_value,
            "locked": self.locked,
            "latency_ms": None if self.latency is None else 1000 * self.latency,
            "latency_interval_ms": None if low_high is None else [1000 * value for value in low_high],
            "latency_spread_ms": None if self.latency_spread is None else 1000 * self.latency_spread,
            "first_third": self.first_third,
            "last_third": self.last_third,
            "habituation_p": self.habituation_p,
            "habituation": self.habituation,
            "kept": self.kept,
            "kept_interval": None if self.kept_interval is None else list(self.kept_interval),
        }


def measure_reflexes(recording: Recording, jerks: Jerks, *, seed: int = 0) -> tuple[Reflex, ...]:
    """Look for jerks after every kind of stimulus that is annotated, or triggered, at least ten times.

    Parameters
    ----------
    recording : Recording
        Annotations shorter than a second that name no state are stimuli, and so are the codes of trigger channels
        (see `codes.read_triggers`).
    jerks : Jerks
    seed : int
        Of the shifts.

    Returns
    -------
    tuple of Reflex
        Empty without stimuli.

    Examples
    --------
    >>> import myosig as ms
    >>> from myosig.localize.reflex import measure_reflexes
    >>> sim = ms.simulate("none", seed=1, duration=20, n_eeg=0)
    >>> measure_reflexes(sim.recording, ms.group_jerks(ms.detect_bursts(sim.recording)))
    ()
    """
    notes = recording.annotations
    points = [
        (time, re.sub(r"[\s#:_-]*\d+$", "", str(text).strip()))
        for time, length, text in zip(notes.onset.tolist(), notes.duration.tolist(), notes.text, strict=True)
        if length < MIN_DURATION and not is_state(str(text))
    ]
    kinds = dict.fromkeys(text for _, text in points)
    trains = {kind: np.sort([time for time, text in points if text == kind]) for kind in kinds}
    trains |= read_triggers(recording)
    return tuple(_look(kind, times, jerks, seed) for kind, times in trains.items() if times.size >= MIN_STIMULI)


def _look(kind: str, times: Floats, jerks: Jerks, seed: int) -> Reflex:
    onset = np.sort(jerks.onset)
    latency = _latency(times, onset)
    followed = np.isfinite(latency)
    n, k = times.size, int(followed.sum())
    chance = _by_chance(times, onset, seed)
    p_value = float((1 + np.sum(chance >= followed.mean())) / (1 + SURROGATES))
    locked = p_value < ALPHA
    third = n // 3
    first, last = int(followed[:third].sum()), int(followed[-third:].sum())
    low, high = median_limits(latency[followed]) if locked else (None, None)
    quartiles = np.quantile(latency[followed], [0.25, 0.5, 0.75]) if locked else None
    differ = float(fisher_exact(np.array([[first, third - first], [last, third - last]])).pvalue)
    kept, kept_interval = _kept(first, last, third, seed) if locked else (None, None)
    return Reflex(
        stimulus=kind,
        n=n,
        probability=k / n,
        probability_interval=(
            float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0,
            float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0,
        ),
        expected=float(chance.mean()),
        p_value=p_value,
        locked=locked,
        latency=None if quartiles is None else float(quartiles[1]),
        latency_interval=None if low is None or high is None else (low, high),
        latency_spread=None if quartiles is None else float(quartiles[2] - quartiles[0]),
        first_third=first / third,
        last_third=last / third,
        habituation_p=differ,
        habituation=_habituation(first, last, differ, kept_interval),
        kept=kept,
        kept_interval=kept_interval,
    )


def _kept(first: int, last: int, n: int, seed: int) -> tuple[float | None, tuple[float, float] | None]:
    """Ratio of two shares of n, with the 95 % interval that Jeffreys' prior on both gives; None where none followed."""
    if first + last == 0:
        return None, None
    rng = np.random.default_rng(seed)
    before, after = (rng.beta(k + 0.5, n - k + 0.5, DRAWS) for k in (first, last))
    low, high = np.quantile(after / before, [0.025, 0.975])
    return last / first if first else None, (float(low), float(high))


def _habituation(first: int, last: int, p_value: float, kept: tuple[float, float] | None) -> str:
    if kept is None:
        return "not assessable"
    if p_value < ALPHA:
        return "habituates" if last < first else "grows"
    return "persists" if kept[0] >= LEAST_KEPT else "not assessable"


def _latency(times: Floats, onset: Floats) -> Floats:
    """From each stimulus to the next jerk; NaN where it is later than 0.5 s."""
    if onset.size == 0:
        return np.full(times.size, np.nan)
    after = np.searchsorted(onset, times)
    wait = onset[np.minimum(after, onset.size - 1)] - times
    return np.where((after < onset.size) & (wait <= LATEST), wait, np.nan)


def _by_chance(times: Floats, onset: Floats, seed: int) -> Floats:
    """Share of stimuli that are followed when their train is shifted, wrapped around its ends."""
    rng = np.random.default_rng(seed)
    start = min(times[0], onset[0] if onset.size else np.inf)
    length = max(times[-1], onset[-1] if onset.size else -np.inf) - start + LATEST
    shifts = rng.uniform(2 * LATEST, max(length - 2 * LATEST, 3 * LATEST), SURROGATES)
    return np.array([np.isfinite(_latency(start + (times - start + by) % length, onset)).mean() for by in shifts])
