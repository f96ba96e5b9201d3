"""Where an EEG electrode lies: its side, and whether it covers the sensorimotor strip."""

from __future__ import annotations

import re
from collections.abc import Iterable

from myosig.recording import Channel, Side

CENTRAL = frozenset({"C", "FC", "CP", "FCC", "CCP"})  # over the sensorimotor strip in the 10-10 system
POSTERIOR = frozenset({"O", "PO", "P"})
REFERENCE_WORDS = {"A": "earlobe", "M": "mastoid"}
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


def reference_of(channels: Iterable[Channel]) -> str:
    """The reference in words, from the derivations of the channels."""
    second = {c.site.split("-", 1)[1].strip() for c in channels if c.site and "-" in c.site}
    return f"as recorded, to {', '.join(sorted(second))}" if second else "as recorded (not stated)"
