"""What a channel is: what the user states of it always wins, the rest is understood from its label."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from myosig.channel import KINDS, MICROVOLT, SIDES, Kind, Side
from myosig.errors import ParameterError, ReadError
from myosig.io.files import warn
from myosig.io.labels import understand
from myosig.io.sidecars import read_table
from myosig.io.units import microvolts_per
from myosig.muscles import BRAINSTEM_MM, SEGMENTS, atlas, muscle

NEEDS_VOLTAGE: tuple[Kind, ...] = ("emg", "eeg")  # a wrong scale of these would be a wrong result
COLUMNS = ("type", "muscle", "side", "segments", "site", "units")
KIND_OF: Mapping[str, Kind] = {kind: kind for kind in KINDS} | {
    "accel": "acc",
    "ekg": "ecg",
    "veog": "eog",
    "heog": "eog",
    "trig": "stim",
}
ALIKE = 0.75  # of two names of columns: "muscel", "Segment"; the other columns of BIDS are further away
_SIDE_OF = {side: side for side in SIDES} | {"l": "left", "r": "right", "m": "midline"}

ChannelsArgument = Mapping[str, str | Mapping[str, Any]] | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the user states of one channel; None where nothing was said.

    Attributes
    ----------
    kind, muscle, side, site : str or None
    segments : tuple of str or None
    unit : str or None
        Unit of the numbers in the file.
    """

    kind: Kind | None = None
    muscle: str | None = None
    side: Side | None = None
    segments: tuple[str, ...] | None = None
    site: str | None = None
    unit: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """What is stated, by the names of a channel table."""
        names = {"kind": "type", "unit": "units"}
        stated = {names.get(f.name, f.name): getattr(self, f.name) for f in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in stated.items() if v is not None}


NOTHING = Statement()
DESCRIPTIVE = tuple(f.name for f in fields(Statement) if f.name != "unit")


@dataclass(frozen=True, slots=True)
class Statements:
    """What the user states of the channels of a recording, by label."""

    by_label: Mapping[str, Statement]

    @classmethod
    def of(cls, channels: ChannelsArgument | None, units: Mapping[str, str] | None = None) -> Statements:
        """Check and gather the arguments `channels` and `units` of `read`.

        Parameters
        ----------
        channels : mapping or path, optional
            Label -> kind (``{"1": "emg"}``) or label -> mapping with any of type, muscle, side, segments, site,
            units; or the path of a TSV file with a column ``name`` and any of these.
        units : mapping, optional
            Label -> unit.
        """
        if channels is None:
            found: dict[str, Statement] = {}
        elif isinstance(channels, Mapping):
            found = {label: _statement(label, what) for label, what in channels.items()}
        else:
            found = _read_statements(channels)
        for label, unit in (units or {}).items():
            found[label] = replace(found.get(label, NOTHING), unit=unit)
        return cls(found)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """What is stated, as the argument `channels` of `read` takes it."""
        return {label: one.to_dict() for label, one in self.by_label.items()}

    def about(self, *labels: str) -> Statement:
        """What is stated of the channel that goes by any of these labels."""
        return next((self.by_label[label] for label in labels if label in self.by_label), NOTHING)

    def check_used(self, path: Path | None, labels: Iterable[str]) -> None:
        """Warn of a statement about a channel that the recording does not have."""
        there = set(labels)
        unused = [label for label in self.by_label if label not in there]
        if unused:
            warn(
                path,
                f"there is no channel {', '.join(map(repr, unused))}, so what was stated of it is not used; "
                f"the channels are {', '.join(map(repr, sorted(there)))}",
            )


def identify(label: str, statement: Statement = NOTHING) -> dict[str, Any]:
    """Kind, muscle, side, segments, site and `known` of a channel, as keyword arguments of `Channel`."""
    guess = understand(label, kind=statement.kind)
    found = {name: getattr(guess, name) for name in DESCRIPTIVE}
    stated = {name: value for name in DESCRIPTIVE if (value := getattr(statement, name)) is not None}
    if "muscle" in stated:
        stated.setdefault("kind", "emg")
        found["segments"] = atlas()[stated["muscle"]].segments
    known = {name: "stated" if name in stated else "inferred" for name in DESCRIPTIVE if {**found, **stated}[name]}
    found |= stated
    return {**found, "kind": found["kind"] or "misc", "segments": tuple(found["segments"] or ()), "known": known}


def voltage_scale(unit: str, *, label: str, kind: Kind, path: Path | None) -> tuple[float, str]:
    """By what the numbers of a channel are multiplied, and the unit that they then have.

    Raises
    ------
    ReadError
        If the channel is EMG or EEG and its unit is not a voltage that is understood.
    """
    factor = microvolts_per(unit)
    if factor is not None:
        return factor, MICROVOLT
    if kind in NEEDS_VOLTAGE:
        raise ReadError(
            f"the unit {unit!r} of the {kind.upper()} channel {label!r} is not understood; "
            f"state it, e.g. units={{{label!r}: 'uV'}}, or say that the channel is something else, "
            f"e.g. channels={{{label!r}: 'misc'}}",
            path=path,
            field="unit",
            value=unit,
        )
    return 1.0, unit


def unique_labels(labels: Sequence[str], path: Path | None) -> list[str]:
    """The labels, with blank ones named and repeated ones numbered; warns where there were any."""
    taken, out = set(labels), []
    seen: set[str] = set()
    for number, label in enumerate(labels, start=1):
        name, count = label or f"channel {number}", 1
        while name in seen or (name != label and name in taken):
            count += 1
            name = f"{label or f'channel {number}'} ({count})"
        seen.add(name)
        out.append(name)
    changed = [f"{old!r} is now {new!r}" for old, new in zip(labels, out, strict=True) if old != new]
    if changed:
        warn(path, f"blank or repeated channel labels: {', '.join(changed)}")
    return out


def _statement(label: str, what: str | Mapping[str, Any]) -> Statement:
    values = {"type": what} if isinstance(what, str) else dict(what)
    unknown = set(values) - set(COLUMNS)
    if unknown:
        raise ParameterError(f"channels[{label!r}] may say {', '.join(COLUMNS)}, not {', '.join(sorted(unknown))}")
    return Statement(
        kind=_choice(label, "type", values.get("type"), KIND_OF),
        muscle=muscle(values["muscle"]).name if values.get("muscle") else None,
        side=_choice(label, "side", values.get("side"), _SIDE_OF),
        segments=_segments(label, values.get("segments")),
        site=values.get("site") or None,
        unit=values.get("units") or None,
    )


def _choice(label: str, name: str, value: str | None, allowed: Mapping[str, Any]) -> Any:
    if not value:
        return None
    found = allowed.get(str(value).strip().lower())
    if found is None:
        raise ParameterError(
            f"the {name} of channel {label!r} must be {', '.join(dict.fromkeys(allowed.values()))}, not {value!r}"
        )
    return found


def _segments(label: str, value: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if not value:
        return None
    names = tuple(value.replace(",", " ").split() if isinstance(value, str) else value)
    unknown = [name for name in names if name not in SEGMENTS and name not in BRAINSTEM_MM]
    if unknown:
        raise ParameterError(
            f"the segments of channel {label!r} must be named as in 'C8 T1' (or pons, medulla), not {unknown[0]!r}"
        )
    return names


def _read_statements(path: str | os.PathLike[str]) -> dict[str, Statement]:
    """A table with a column `name`; columns that say nothing about what a channel is are passed over."""
    rows = read_table(Path(path))
    if any("name" not in row for row in rows):
        raise ReadError(
            "the channel table has no column 'name', or a row without one; it needs columns separated by tabs: name, "
            f"and any of {', '.join(COLUMNS)}",
            path=path,
        )
    for column in sorted({column for row in rows for column in row} - {"name", *COLUMNS}):
        near = get_close_matches(column.lower(), COLUMNS, n=1, cutoff=ALIKE)
        if near:
            raise ReadError(f"the channel table has a column {column!r}; is {near[0]!r} meant?", path=path)
    try:
        return {row["name"]: _statement(row["name"], {key: row[key] for key in COLUMNS if key in row}) for row in rows}
    except ParameterError as error:
        raise ReadError(str(error), path=path) from None
