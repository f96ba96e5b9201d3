"""Is it rhythmic, and at what frequency?"""

from __future__ import annotations

from dataclasses import dataclass

from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks


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
        Coefficient of variation of the intervals within runs.
    n_intervals : int
    p_value : float or None
        Of the regularity against shuffled intervals.
    """

    verdict: str
    why: str
    frequency: float | None
    frequency_interval: tuple[float, float] | None
    cv: float | None
    n_intervals: int
    p_value: float | None


def measure_rhythm(events: Bursts | Jerks, *, seed: int = 0) -> Rhythm:
    """Measure the rhythm of bursts or jerks."""
    raise NotImplementedError
