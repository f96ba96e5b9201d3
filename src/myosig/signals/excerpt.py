"""The minutes of a very long recording from which its EEG and its tremor are told: drawn at random, jerks first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.intervals import Intervals
from myosig.notebook import ShownFields
from myosig.recording import Recording

# s, and events: averages of more than the longest, or of so many jerks, become no clearer than they need to be, but
# take their memory and time; less than the shortest would leave little for tremor and rest [P]
LONGEST, SHORTEST, ENOUGH = 7200.0, 3600.0, 2000
PIECE = (
    60.0  # s that are drawn together: no shorter, or many epochs would meet an end; no longer, or jerks would be few
)


@dataclass(frozen=True, slots=True)
class Excerpt(ShownFields):
    """What was examined of a recording that was too long to be examined as a whole.

    Attributes
    ----------
    duration, whole : float
        Seconds examined, and recorded.
    n_jerks, all_jerks : int
        Jerks in them.
    seed : int
        Of the draw.
    """

    duration: float
    whole: float
    n_jerks: int
    all_jerks: int
    seed: int

    @property
    def wording(self) -> str:
        """In words."""
        return (
            f"EEG and tremor are told from {self.duration / 3600:.1f} of {self.whole / 3600:.1f} h, minutes drawn at "
            f"random, those with jerks first: {self.n_jerks} of {self.all_jerks} jerks"
        )

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "duration_s": self.duration,
            "of_s": self.whole,
            "n_jerks": self.n_jerks,
            "of_jerks": self.all_jerks,
            "seed": self.seed,
        }


def draw_minutes(recording: Recording, events: NDArray[np.float64], *, seed: int = 0) -> Recording:
    """The recording itself, or one or two hours of it: minutes with events, at random, and others if these are few.

    One hour is enough where it holds `ENOUGH` events. A recording of two hours or less is not cut.

    Parameters
    ----------
    recording : Recording
    events : ndarray of float
        Seconds.
    seed : int

    Returns
    -------
    Recording
        With the minutes as its segments, on the same clock.
    """
    if recording.duration <= LONGEST:
        return recording
    edges = [(np.append(np.arange(start, stop, PIECE), stop)) for start, stop in recording.segments]
    start, stop = (np.concatenate([part[ends] for part in edges]) for ends in (slice(-1), slice(1, None)))
    count = np.searchsorted(events, stop) - np.searchsorted(events, start)
    drawn = np.random.default_rng(seed).permutation(start.size)
    order = drawn[np.argsort(count[drawn] == 0, kind="stable")]
    duration, held = np.cumsum((stop - start)[order]), np.cumsum(count[order])
    chosen = order[(duration <= SHORTEST) | ((duration <= LONGEST) & (held - count[order] < ENOUGH))]
    return recording.within(Intervals.merged(start[chosen], stop[chosen]))
