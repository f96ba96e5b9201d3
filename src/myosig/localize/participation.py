"""Which muscles the jerks involve, by place: what the criteria of distribution ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.detect.jerks import Jerks
from myosig.muscles import SEGMENTS, Muscle, atlas

TAKES_PART = 0.2  # of the jerks: fewer are chance coincidences or rare spread [P]
NECK = ("sternocleidomastoid", "upper trapezius")
# Names that stand for several nerves; sharing one of them is not sharing a nerve.
NOT_ONE_NERVE = frozenset(
    {"intercostal", "cervical dorsal rami", "thoracic dorsal rami", "lumbar dorsal rami", "lumbar plexus"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Participation:
    """The EMG channels whose muscle is known, and how often each takes part.

    Attributes
    ----------
    channels : tuple of Channel
    muscles : tuple of Muscle
    share : ndarray of float, shape (n_channels,)
        Part of the jerks in which each took part.
    n_jerks : int
    unknown : int
        EMG channels that took part but whose muscle is not known.
    recruited : ndarray of bool, shape (n_jerks, n_channels)
    """

    channels: tuple[Channel, ...]
    muscles: tuple[Muscle, ...]
    share: NDArray[np.float64]
    n_jerks: int
    unknown: int
    recruited: NDArray[np.bool_]

    @property
    def active(self) -> NDArray[np.bool_]:
        """Which channels take part."""
        return self.share >= TAKES_PART

    def having(self, *regions: str) -> NDArray[np.bool_]:
        """Which channels lie in these regions."""
        return np.array([m.region in regions for m in self.muscles], dtype=bool)

    def named(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which channels are these muscles."""
        return np.array([m.name in names for m in self.muscles], dtype=bool)

    @property
    def active_segments(self) -> list[frozenset[str]]:
        """Segments of each active channel; as the label states them, else as the atlas has them."""
        return [frozenset(c.segments) for c, a in zip(self.channels, self.active, strict=True) if a]

    @property
    def active_muscles(self) -> list[Muscle]:
        """The muscles that take part, both sides apart."""
        return [m for m, a in zip(self.muscles, self.active, strict=True) if a]

    @property
    def active_sides(self) -> set[str | None]:
        """Sides on which muscles take part."""
        return {c.side for c, a in zip(self.channels, self.active, strict=True) if a}

    def fits_window(self, n_segments: int) -> bool:
        """Whether some run of so many neighbouring segments supplies part of every active muscle."""
        return within(self.active_segments, n_segments)

    @property
    def only_cranial(self) -> bool:
        """Whether every active muscle is one of a cranial nerve nucleus."""
        return not any(segments & set(SEGMENTS) for segments in self.active_segments)

    @property
    def shared_nerve(self) -> str | None:
        """The one peripheral or cranial nerve of all active muscles, or None."""
        nerves = {m.nerve for m in self.active_muscles}
        only = next(iter(nerves)) if len(nerves) == 1 else None
        return None if only in NOT_ONE_NERVE else only

    def tells_nerve_from_segment(self) -> bool:
        """Whether a muscle of the same segments, but of another nerve, was recorded and is still."""
        mine = frozenset.union(*self.active_segments)
        return any(m.nerve != self.shared_nerve and mine & set(c.segments) for c, m in self._still)

    def tells_segment_from_nerve(self, n_segments: int) -> bool:
        """Whether a muscle of the same nerve, but of segments farther away, was recorded and is still."""
        return any(
            m.nerve == self.shared_nerve and not within([*self.active_segments, frozenset(c.segments)], n_segments)
            for c, m in self._still
        )

    @property
    def _still(self) -> list[tuple[Channel, Muscle]]:
        """What was recorded on the jerking sides and takes no part."""
        known = zip(self.channels, self.muscles, self.active, strict=True)
        return [(c, m) for c, m, a in known if not a and c.side in self.active_sides]

    @property
    def shared_root(self) -> str | None:
        """A root that supplies all active muscles, or None."""
        common = frozenset.intersection(*self.active_segments) if self.active_segments else frozenset()
        return min(common, key=lambda s: SEGMENTS.index(s) if s in SEGMENTS else -1) if common else None


def within(supplies: Sequence[frozenset[str]], n_segments: int) -> bool:
    """Whether some run of so many neighbouring segments supplies part of every muscle."""
    runs = [set(SEGMENTS[k : k + n_segments]) for k in range(len(SEGMENTS) - n_segments + 1)]
    return any(all(segments & run for segments in supplies) for run in runs)


def participation(jerks: Jerks) -> Participation:
    """Count in how many jerks each channel took part."""
    known = [i for i, c in enumerate(jerks.channels) if c.muscle in atlas()]
    recruited = jerks.recruited
    share = recruited.mean(axis=0) if len(jerks) else np.zeros(len(jerks.channels))
    unknown = sum(share[i] >= TAKES_PART for i, c in enumerate(jerks.channels) if c.muscle not in atlas())
    return Participation(
        channels=tuple(jerks.channels[i] for i in known),
        muscles=tuple(atlas()[str(jerks.channels[i].muscle)] for i in known),
        share=share[known],
        n_jerks=len(jerks),
        unknown=int(unknown),
        recruited=recruited[:, known],
    )
