"""What is wrong with each channel, when, and what cannot be told because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from myosig.intervals import Intervals
from myosig.recording import Recording


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a channel.

    Attributes
    ----------
    kind : str
        E.g. ``"flat"``, ``"clipped"``, ``"line noise"``.
    stretches : Intervals
        When; the whole recording where the fault is of the channel itself.
    consequence : str
        What cannot be told, or what was done, in words.
    spoils : bool
        Whether it makes the channel bad, rather than something to know of.
    """

    kind: str
    stretches: Intervals
    consequence: str
    spoils: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "kind": self.kind,
            "stretches_s": [[start, stop] for start, stop in self.stretches],
            "duration_s": self.stretches.duration,
            "consequence": self.consequence,
            "spoils": self.spoils,
        }


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """All problems of one channel.

    Attributes
    ----------
    channel : str
        Label.
    problems : tuple of Problem
        Empty where nothing was found.
    """

    channel: str
    problems: tuple[Problem, ...]

    @property
    def status(self) -> Literal["good", "bad"]:
        """``"bad"`` where a problem spoils the channel (BIDS ``channels.tsv``)."""
        return "bad" if any(problem.spoils for problem in self.problems) else "good"

    @property
    def status_description(self) -> str:
        """Every problem and its consequence, in words; empty where there is none."""
        return "; ".join(f"{problem.kind}: {problem.consequence}" for problem in self.problems)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "channel": self.channel,
            "status": self.status,
            "status_description": self.status_description,
            "problems": [problem.to_dict() for problem in self.problems],
        }


def assess_quality(recording: Recording) -> tuple[ChannelQuality, ...]:
    """Judge every channel of a recording."""
    return tuple(ChannelQuality(channel.label, ()) for channel in recording.channels)
