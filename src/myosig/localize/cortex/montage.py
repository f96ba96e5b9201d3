"""Where an EEG electrode lies: its side, and whether it covers the sensorimotor strip."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from statistics import mean

from myosig.channel import Channel, Side

AVERAGE = "average"  # stands for the second electrode of a derivation where that is the mean of all
CENTRAL = frozenset({"C", "FC", "CP", "FCC", "CCP"})  # over the sensorimotor strip in the 10-10 system
POSTERIOR = frozenset({"O", "PO", "P"})
EARS = frozenset({"A", "M"})  # and mastoids
OLD_NAMES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
_NAME = re.compile(r"^([A-Za-z]+?)(z|Z|\d{1,2})h?$")


def electrode(channel: Channel) -> str | None:
    """The active electrode: the first part of the derivation, as written; None where the site is not known."""
    return channel.site.split("-")[0].strip() if channel.site else None


def recorded_against(channel: Channel) -> str | None:
    """The second electrode of a derivation ("A2" of C3-A2); None where none is stated."""
    return channel.site.split("-", 1)[1].strip() if channel.site and "-" in channel.site else None


def region(channel: Channel) -> str | None:
    """The letters of the electrode ("C" of C3, "FC" of FCz), upper case; None where it is not a 10-20 name."""
    return _parts(electrode(channel))[0]


def hemisphere(channel: Channel) -> Side | None:
    """Odd numbers lie left, even ones right, z in the midline."""
    return _parts(electrode(channel))[1]


def _parts(name: str | None) -> tuple[str, Side] | tuple[None, None]:
    """Region and side of an electrode of the 10-20 or 10-10 system."""
    found = _NAME.match(name or "")
    if found is None:
        return None, None
    return found[1].upper(), "midline" if found[2] in "zZ" else "left" if int(found[2]) % 2 else "right"


def scalp_references(channels: Iterable[Channel]) -> set[str]:
    """The electrodes of the scalp that are subtracted: what they see appears with the other sign, or not at all."""
    names = {name for c in channels if (name := recorded_against(c))}
    return {name for name in names if _parts(name)[0] not in (None, *EARS)}


def is_bipolar(channels: Iterable[Channel]) -> bool:
    """Whether the channels are differences between electrodes of the scalp: more than one of these is subtracted."""
    return len(scalp_references(channels)) > 1


def opposite(side: Side | None) -> Side | None:
    """The other side; None for the midline and for what is not known."""
    return {"left": "right", "right": "left"}.get(side or "")  # type: ignore[return-value]


def is_central(channel: Channel) -> bool:
    """Whether the electrode, or the second one of a derivation and beside the midline, covers the sensorimotor strip.

    That is how F3-C3 of a bipolar chain sees the strip; an electrode against Cz as the common reference does not.
    """
    second, side = _parts(recorded_against(channel))
    return region(channel) in CENTRAL or (second in CENTRAL and side != "midline")


def is_posterior(channel: Channel) -> bool:
    """Whether the electrode lies over the parietal or occipital cortex."""
    return region(channel) in POSTERIOR


def scalp_positions(channels: Iterable[Channel]) -> dict[str, tuple[float, float]]:
    """Where the electrodes of the 10-10 system lie on a head seen from above: nose up, ears at x = -1 and 1.

    Electrodes without such a name are left out. The derivations of a bipolar montage lie between their electrodes.
    """
    from mne.channels import make_standard_montage

    sphere = make_standard_montage("biosemi64").get_positions()["ch_pos"]  # the 10-10 system on a sphere
    known = {name.upper(): _from_above(*xyz) for name, xyz in sphere.items()}

    def place(name: str | None) -> tuple[float, float] | None:
        upper = (name or "").upper()
        return known.get(OLD_NAMES.get(upper, upper))

    every = list(channels)
    pairs = {c.label: (electrode(c), recorded_against(c) if is_bipolar(every) else None) for c in every}
    found = {label: [xy for name in pair if (xy := place(name))] for label, pair in pairs.items()}
    return {label: (mean(x for x, _ in at), mean(y for _, y in at)) for label, at in found.items() if at}


def scalp_names(channels: Iterable[Channel]) -> dict[str, str]:
    """What a picture of the head calls each channel: the electrode, or both of them in a bipolar montage."""
    every = list(channels)
    bipolar = is_bipolar(every)
    return {c.label: (c.site if bipolar else electrode(c)) or c.label for c in every}


def _from_above(x: float, y: float, z: float) -> tuple[float, float]:
    """Keep the direction from the vertex, and make the angle down from it the distance: a right angle is 1."""
    aside = max(math.hypot(x, y), 1e-9)
    reach = math.atan2(aside, z) / (math.pi / 2) / aside
    return float(x * reach), float(y * reach)


def reference_of(channels: Iterable[Channel]) -> str:
    """The reference in words, from the derivations of the channels."""
    every = list(channels)
    used = sorted({second for c in every if (second := recorded_against(c))})
    if used == [AVERAGE]:
        return f"against the average of {len(every)} electrodes"
    return f"against {', '.join(used)}" if used else "as recorded, against a reference that the file does not state"
