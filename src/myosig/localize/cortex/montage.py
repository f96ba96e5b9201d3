"""Where an EEG electrode lies: its side, and whether it covers the sensorimotor strip."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from myosig.channel import Channel, Side

AVERAGE = "average"  # stands for the second electrode of a derivation where that is the mean of all
CENTRAL = frozenset({"C", "FC", "CP", "FCC", "CCP"})  # over the sensorimotor strip in the 10-10 system
POSTERIOR = frozenset({"O", "PO", "P"})
OLD_NAMES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
_NAME = re.compile(r"^([A-Za-z]+?)(z|Z|\d{1,2})h?$")


def electrode(channel: Channel) -> str | None:
    """The active electrode: the first part of the derivation, as written; None where the site is not known."""
    return channel.site.split("-")[0].strip() if channel.site else None


def region(channel: Channel) -> str | None:
    """The letters of the electrode ("C" of C3, "FC" of FCz), upper case; None where it is not a 10-20 name."""
    found = _NAME.match(electrode(channel) or "")
    return found[1].upper() if found else None


def hemisphere(channel: Channel) -> Side | None:
    """Odd numbers lie left, even ones right, z in the midline."""
    found = _NAME.match(electrode(channel) or "")
    if found is None:
        return None
    if found[2] in "zZ":
        return "midline"
    return "left" if int(found[2]) % 2 else "right"


def opposite(side: Side | None) -> Side | None:
    """The other side; None for the midline and for what is not known."""
    return {"left": "right", "right": "left"}.get(side or "")  # type: ignore[return-value]


def is_central(channel: Channel) -> bool:
    """Whether the electrode lies over the sensorimotor strip."""
    return region(channel) in CENTRAL


def is_posterior(channel: Channel) -> bool:
    """Whether the electrode lies over the parietal or occipital cortex."""
    return region(channel) in POSTERIOR


def scalp_positions(channels: Iterable[Channel]) -> dict[str, tuple[float, float]]:
    """Where the electrodes of the 10-10 system lie on a head seen from above: nose up, ears at x = -1 and 1.

    Electrodes without such a name are left out.
    """
    from mne.channels import make_standard_montage

    sphere = make_standard_montage("biosemi64").get_positions()["ch_pos"]  # the 10-10 system on a sphere
    known = {name.upper(): xyz for name, xyz in sphere.items()}
    names = {c.label: (electrode(c) or "").upper() for c in channels}
    places = {label: known.get(OLD_NAMES.get(name, name)) for label, name in names.items()}
    return {label: _from_above(*xyz) for label, xyz in places.items() if xyz is not None}


def _from_above(x: float, y: float, z: float) -> tuple[float, float]:
    """Keep the direction from the vertex, and make the angle down from it the distance: a right angle is 1."""
    aside = max(math.hypot(x, y), 1e-9)
    reach = math.atan2(aside, z) / (math.pi / 2) / aside
    return float(x * reach), float(y * reach)


def recorded_against(channel: Channel) -> str | None:
    """The second electrode of a derivation ("A2" of C3-A2); None where none is stated."""
    return channel.site.split("-", 1)[1].strip() if channel.site and "-" in channel.site else None


def reference_of(channels: Iterable[Channel]) -> str:
    """The reference in words, from the derivations of the channels."""
    every = list(channels)
    used = sorted({second for c in every if (second := recorded_against(c))})
    if used == [AVERAGE]:
        return f"against the average of {len(every)} electrodes"
    return f"against {', '.join(used)}" if used else "as recorded, against a reference that the file does not state"
