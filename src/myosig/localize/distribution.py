"""The criteria of distribution: which muscles take part, of which segments, nerves and sides.

What a missing channel could have shown is not assessable; it never counts for or against a pattern.
"""

from __future__ import annotations

import numpy as np

from myosig.localize.evidence import Evidence
from myosig.localize.findings import Findings
from myosig.localize.likelihoods import Row
from myosig.localize.participation import Participation, participation
from myosig.localize.recruitment import MIN_JERKS, disorder
from myosig.localize.spread import homologous

WINDOW = 3  # segments: one and its neighbours (Gündüz [V])
SPEAKS_OF_FACE = 0.1  # of the jerks: rarer facial bursts are blinks and chance [P]
IN_MOST = (0.3, 0.8)  # of the jerks: up to the first surely not in most, from the second surely [P]


def neighbouring_segments(findings: Findings, row: Row) -> Evidence:
    """Muscles of one segment and its neighbours only, while muscles of other segments were recorded and are still."""
    part = participation(findings.jerks)
    near = part.fits_window(WINDOW)
    gate = _distribution_gate(part) or (_restricted_gate(part) if near else None)
    if gate:
        return row.missing(gate, part.n_jerks)
    why = f"{int(part.active.sum())} muscles {'within' if near else 'not within'} {WINDOW} neighbouring segments"
    if part.only_cranial:  # of no segment of the cord: that says nothing against a nerve of the face
        row = row.alike("cortical", "peripheral")
    if near and part.shared_nerve and not part.tells_segment_from_nerve(WINDOW):
        row = row.alike("segmental", "peripheral")
        why += f"; no still muscle of the same nerve ({part.shared_nerve}) farther away, to tell it from a segment"
    return row.judged(near, why, part.n_jerks)


def one_nerve(findings: Findings, row: Row) -> Evidence:
    """All muscles that jerk are those of one nerve on one side, while other muscles were recorded and are still."""
    part = participation(findings.jerks)
    if part.shared_nerve and part.fits_window(WINDOW) and not part.tells_nerve_from_segment():
        row = row.alike("peripheral", "segmental")
    return _shared_supply(findings, row, part, part.shared_nerve, "nerve")


def one_root(findings: Findings, row: Row) -> Evidence:
    """All muscles that jerk have a root in common, though not a nerve: one root, or one segment of the cord."""
    part = participation(findings.jerks)
    if part.shared_nerve is not None:
        return row.set_aside(f"judged by the nerve that they share, {part.shared_nerve}", part.n_jerks)
    if len(part.active_sides - {None}) > 1:
        return row.set_aside(
            "both sides jerk, which one root cannot do and one segment can; judged by the sides", part.n_jerks
        )
    return _shared_supply(findings, row, part, part.shared_root, "root")


def _shared_supply(findings: Findings, row: Row, part: Participation, shared: str | None, kind: str) -> Evidence:
    one_side = len(part.active_sides - {None}) <= 1
    alone = shared is not None and one_side
    gate = _distribution_gate(part) or (_restricted_gate(part) if alone else None)
    if gate:
        return row.missing(gate, part.n_jerks)
    muscles = ", ".join(dict.fromkeys(m.name for m in part.active_muscles))
    common = f"all supplied by {shared}" if shared else f"no {kind} in common"
    why = f"{muscles}: {common}{'' if one_side else ', on both sides'}"
    return row.judged(alone and disorder(findings.spread) <= 0.5, why, part.n_jerks, value=shared)


def bilateral(findings: Findings, row: Row) -> Evidence:
    """Both sides take part together in most jerks, judged on muscles that were recorded on both sides."""
    part = participation(findings.jerks)
    pairs = [(a, b) for a, b in homologous(part.channels) if part.active[a] or part.active[b]]
    if part.n_jerks < MIN_JERKS or not pairs:
        return row.missing(f"needs {MIN_JERKS} jerks of a muscle that was recorded on both sides", part.n_jerks)
    either = np.any([part.recruited[:, a] | part.recruited[:, b] for a, b in pairs], axis=0)
    both = np.any([part.recruited[:, a] & part.recruited[:, b] for a, b in pairs], axis=0)
    n, share = int(either.sum()), float(both.sum() / either.sum())
    why = f"both sides take part in {100 * share:.0f} % of {n} jerks of muscles recorded on both"
    return row.judged(_in_most(share), why, n, value=share, unit="of the jerks")


def generalised(findings: Findings, row: Row) -> Evidence:
    """Face or jaw, arm, and leg together in most jerks."""
    part = participation(findings.jerks)
    groups = [part.having("cranial"), part.having("arm"), part.having("leg")]
    if part.n_jerks < MIN_JERKS:
        return row.missing(f"{part.n_jerks} jerks; {MIN_JERKS} are needed", part.n_jerks)
    if not all(group.any() for group in groups):
        return row.missing("needs muscles of face or jaw, of an arm and of a leg in the montage", part.n_jerks)
    everywhere = np.all([part.recruited[:, group].any(axis=1) for group in groups], axis=0)
    share = float(everywhere.mean())
    why = f"face or jaw, arm and leg take part together in {100 * share:.0f} % of {part.n_jerks} jerks"
    return row.judged(_in_most(share), why, part.n_jerks, value=share, unit="of the jerks")


def face_in_axial_jerk(findings: Findings, row: Row) -> Evidence:
    """Facial muscles take part while the trunk jerks."""
    part = participation(findings.jerks)
    trunk, face = part.having("trunk"), part.having("cranial")
    if part.n_jerks < MIN_JERKS or not face.any() or not (part.active & trunk).any():
        why = f"needs a facial muscle in the montage and {MIN_JERKS} jerks of trunk muscles"
        return row.missing(why, part.n_jerks)
    axial = part.recruited[:, trunk].any(axis=1)
    share = float(part.recruited[axial][:, face].any(axis=1).mean())
    why = f"a facial muscle takes part in {100 * share:.0f} % of {int(axial.sum())} axial jerks"
    return row.judged(share >= SPEAKS_OF_FACE, why, int(axial.sum()), value=share, unit="of axial jerks")


def _distribution_gate(part: Participation) -> str | None:
    if part.n_jerks < MIN_JERKS:
        return f"{part.n_jerks} jerks; {MIN_JERKS} are needed"
    if len(part.channels) < 3 or not part.active.any():
        return "needs at least three muscles of known name in the montage"
    return None


def _restricted_gate(part: Participation) -> str | None:
    """A distribution is restricted only if all jerking muscles are known, and others were recorded and are still."""
    if part.unknown:
        return f"muscles unknown in jerking channels: {part.unknown}; name them in a channel table"
    if part.active.all():
        return "every muscle in the montage jerks; one of another nerve and segment would show whether it is spared"
    return None


def _in_most(share: float) -> float:
    """How surely something is so in most jerks: organic generalised jerks take both sides nearly every time."""
    rarely, mostly = IN_MOST
    return float(np.clip((share - rarely) / (mostly - rarely), 0.0, 1.0))
