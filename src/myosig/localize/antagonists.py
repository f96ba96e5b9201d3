"""Do antagonists jerk together, in turn, or one after the other as in a voluntary movement?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.jerks import Jerks
from myosig.muscles import antagonists
from myosig.notebook import Shown

MIN_JERKS = 10  # in which both take part [P]
OVERLAP = 0.5  # of the shorter burst, from which two bursts are together [P]
SHARE = 0.25  # of jerks with an agonist-antagonist-agonist sequence that make the pattern triphasic [P]
PAUSE = 0.06  # s: in a ballistic movement each burst follows the other at once [P]
MOST_JERKS = 500  # evenly chosen


@dataclass(frozen=True, slots=True)
class AntagonistPair(Shown):
    """How two antagonists take part in the jerks.

    Attributes
    ----------
    first, second : str
        Labels.
    relation : {"together", "alternating", "triphasic", "not assessable"}
    n : int
        Jerks in which both take part.
    lag : float or None
        Median onset of the second minus that of the first, seconds.
    overlap : float or None
        Share of those jerks in which their first bursts overlap by half of the shorter.
    triphasic : float or None
        Share with a sequence agonist, antagonist, agonist, each within 60 ms of the end of the one before and
        overlapping it by less than half of the shorter: runs of bursts in both muscles together are none.
    """

    first: str
    second: str
    relation: str
    n: int
    lag: float | None = None
    overlap: float | None = None
    triphasic: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "first": self.first,
            "second": self.second,
            "relation": self.relation,
            "n": self.n,
            "lag_ms": None if self.lag is None else 1000 * self.lag,
            "overlap": self.overlap,
            "triphasic": self.triphasic,
        }


def measure_antagonists(jerks: Jerks) -> tuple[AntagonistPair, ...]:
    """The relation of every pair of antagonists of one side that was recorded.

    Returns
    -------
    tuple of AntagonistPair
        `not assessable` with fewer than ten jerks of both; empty where no pair was recorded.
    """
    return tuple(
        _relation(jerks, i, j)
        for one, other in antagonists()
        for i, first in enumerate(jerks.channels)
        for j, second in enumerate(jerks.channels)
        if (first.muscle, second.muscle) == (one, other) and first.side == second.side
    )


def _relation(jerks: Jerks, first: int, second: int) -> AntagonistPair:
    labels = jerks.channels[first].label, jerks.channels[second].label
    both = np.flatnonzero(jerks.recruited[:, [first, second]].all(axis=1))
    n = both.size
    if n < MIN_JERKS:
        return AntagonistPair(*labels, "not assessable", n)
    some = both[np.linspace(0, n - 1, min(n, MOST_JERKS)).round().astype(int)]
    trains = [(_spans(jerks, row, first), _spans(jerks, row, second)) for row in some]
    overlap = float(np.mean([_overlap(a[0], b[0]) >= OVERLAP for a, b in trains]))
    triphasic = float(np.mean([_is_triphasic(a, b) or _is_triphasic(b, a) for a, b in trains]))
    relation = "triphasic" if triphasic >= SHARE else "together" if overlap >= 0.5 else "alternating"
    lag = float(np.median(jerks.latency[both, second] - jerks.latency[both, first]))
    return AntagonistPair(*labels, relation, n, lag, overlap, triphasic)


def _spans(jerks: Jerks, row: int, channel: int) -> NDArray[np.float64]:
    """Onset and offset of the bursts of one muscle in one jerk, shape (n, 2)."""
    bursts = jerks.bursts
    low = np.searchsorted(bursts.onset, jerks.onset[row] - 1e-9)
    high = np.searchsorted(bursts.onset, jerks.offset[row], side="right")
    mine = (jerks.member[low:high] == jerks.number[row]) & (bursts.channel[low:high] == channel)
    return np.stack([bursts.onset[low:high][mine], bursts.offset[low:high][mine]], axis=1)


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Part of the shorter of two bursts during which both last."""
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return float(shared / max(min(a[1] - a[0], b[1] - b[0]), 1e-9))


def _is_triphasic(agonist: NDArray[np.float64], antagonist: NDArray[np.float64]) -> bool:
    """Whether the antagonist begins between the first two bursts of the agonist, with neither, and without a pause."""
    if len(agonist) < 2:
        return False
    (start, stop), (again, _), between = agonist[0], agonist[1], antagonist[0]
    if not (start + stop) / 2 < between[0] < again or max(between[0] - stop, again - between[1]) > PAUSE:
        return False
    return max(_overlap(between, agonist[0]), _overlap(between, agonist[1])) < OVERLAP
