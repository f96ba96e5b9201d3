"""Do the jerks follow stimuli: how surely, how late, and do they habituate?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, fisher_exact

from myosig.detect.jerks import Jerks
from myosig.localize.conditions import MIN_DURATION, is_state, median_limits
from myosig.notebook import Shown
from myosig.recording import Channel, Recording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_STIMULI = 10  # of one kind [P]
CODE_BITS = 0xFF  # of a trigger word: the eight lines that BioSemi and most stimulators use
MOST_CODES = 32  # different codes; a channel with more is no trigger channel [P]
BLOCK = 60.0  # s read at a time
LATEST = 0.5  # s after the stimulus: startle 20-150 ms, functional jerks mostly beyond 100 ms (criteria.md 1C, 2A) [V]
SURROGATES = 499
ALPHA = 0.05


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
        }


def measure_reflexes(recording: Recording, jerks: Jerks, *, seed: int = 0) -> tuple[Reflex, ...]:
    """Look for jerks after every kind of stimulus that is annotated, or triggered, at least ten times.

    Parameters
    ----------
    recording : Recording
        Annotations shorter than a second that name no state are stimuli, and so are the codes of trigger channels
        (see `read_triggers`).
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


def read_triggers(recording: Recording) -> dict[str, Floats]:
    """When each code begins in the trigger channels (kind ``"stim"``, as the Status channel of BDF).

    A code is what the lowest eight bits of the channel's whole number become when they change to a value that is
    neither 0 nor the channel's most frequent one. A channel that holds no whole numbers, or more than 32 codes, is no
    trigger channel.

    Returns
    -------
    dict of str to ndarray of float
        Times in seconds by channel and code, as ``"Status 3"``.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> word = np.zeros((1, 3000))
    >>> word[0, 1000:1010] = 0x10003
    >>> rec = ms.from_array(word, sfreq=1000, labels=["Status"], unit="uV")
    >>> {name: times.tolist() for name, times in read_triggers(rec).items()}
    {'Status 3': [1.0]}
    """
    trains: dict[str, Floats] = {}
    for channel in recording.select(kind="stim").channels:
        times, codes = _code_starts(recording, channel)
        kinds = np.unique(codes)
        if kinds.size <= MOST_CODES:
            trains |= {f"{channel.label} {code}": times[codes == code] for code in kinds.tolist()}
    return trains


def _code_starts(recording: Recording, channel: Channel) -> tuple[Floats, Ints]:
    """When each code begins, and which; empty where the channel holds no whole numbers."""
    times, codes = [np.empty(0)], [np.empty(0, dtype=np.int64)]
    held, lasting = 0, np.zeros(CODE_BITS + 1, dtype=np.int64)
    for block in recording.blocks([channel.label], duration=BLOCK):
        word = np.nan_to_num(block.data[0].astype(np.float64))
        if not np.array_equal(word, np.rint(word)):
            return times[0], codes[0]
        code = word.astype(np.int64) & CODE_BITS
        before = np.concatenate([[0 if block.is_first else held], code[:-1]])
        at = np.flatnonzero((code != before) & (code != 0))
        times.append(block.tmin + at / channel.sfreq)
        codes.append(code[at])
        held = int(code[-1])
        lasting += np.bincount(code, minlength=lasting.size)
    found = np.concatenate(codes)
    begins = found != lasting.argmax()
    return np.concatenate(times)[begins], found[begins]


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
        habituation_p=float(fisher_exact(np.array([[first, third - first], [last, third - last]])).pvalue),
    )


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
