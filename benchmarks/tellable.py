"""Could a simulated recording have told where its jerks come from? Judged from the truth, never from what was found.

The rules are the published gates that `myosig` itself follows (docs/weighing.md): a recording that lacks what they ask
for is rightly left without a verdict.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from myosig.localize.participation import Participation
from myosig.muscles import atlas
from myosig.simulation import Simulation

ENOUGH, QUIET = 40, 2.5  # jerks with so many seconds of quiet before them, for a slow potential (criteria.md 4)
WINDOW = 3  # segments: one and its neighbours
BY_MUSCLES = ("brainstem", "segmental", "propriospinal", "peripheral")


def why_not(simulation: Simulation, case: dict[str, Any]) -> str:
    """What the recording lacks to be told from its next neighbour; empty where nothing does."""
    pattern = simulation.truth.pattern
    if pattern in BY_MUSCLES and case["handicap"] == "unknown labels":
        return "muscles not named"
    slow = isolated(simulation) >= ENOUGH and case["handicap"] != "no EEG"
    if pattern == "propriospinal" and not slow:
        return "slow potential not assessable"
    if pattern == "functional" and simulation.truth.variant != "inconsistent" and not slow:
        return "imitates another pattern, slow potential not assessable"
    return _alike(simulation) if pattern in ("segmental", "peripheral") else ""


def isolated(simulation: Simulation) -> int:
    """True jerks with enough quiet before them."""
    jerks = simulation.truth.jerks
    return int(np.sum(jerks.onset - np.concatenate([[0.0], jerks.offset[:-1]]) >= QUIET))


def _alike(simulation: Simulation) -> str:
    """Whether the muscles that jerk, and those that do not, leave nerve, root and segment alike."""
    part = _participation(simulation)
    if part.active.all():
        return "no still muscle recorded"
    near, one_side = part.fits_window(WINDOW), len(part.active_sides) == 1
    if part.shared_nerve and near and not (part.tells_nerve_from_segment() and part.tells_segment_from_nerve(WINDOW)):
        return "a nerve and a segment explain it alike"
    irregular = simulation.truth.variant != "rhythmic"
    if near and one_side and part.shared_root and not part.shared_nerve and irregular:
        return "a root and a segment explain it alike"
    return ""


def _participation(simulation: Simulation) -> Participation:
    truth = simulation.truth
    described = {c.label: c for c in simulation.recording.channels}
    known = [i for i, label in enumerate(truth.channels) if described[label].muscle in atlas()]
    recruited = np.isfinite(truth.jerks.latency[:, known])
    channels = tuple(described[truth.channels[i]] for i in known)
    muscles = tuple(atlas()[str(c.muscle)] for c in channels)
    return Participation(channels, muscles, recruited.mean(axis=0), len(recruited), 0, recruited)
