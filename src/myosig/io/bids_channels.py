"""What the tables of a BIDS dataset say of the channels of a file, and where they contradict it."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from myosig.channel import Channel, Kind, Status
from myosig.errors import MyosigWarning
from myosig.io import brainvision
from myosig.io.describe import KIND_OF, Statement
from myosig.io.edf_header import read_header
from myosig.io.files import DataFile, warn
from myosig.io.labels import understand
from myosig.io.sidecars import number
from myosig.io.tracks import with_hint
from myosig.io.units import microvolts_per
from myosig.recording import Recording

EDF_LABEL = 16  # characters to which EDF cuts a label
RATE_TOLERANCE = 1e-3  # by which the rate of a table and that of the file may differ
MOST_NAMED = 3  # channels that a warning names
Row = Mapping[str, str]
_PASS = re.compile(r"(high|low)[ _-]?pass", re.IGNORECASE)
_IS_CORNER = re.compile(r"cut|freq|hz|corner", re.IGNORECASE)
_FREQUENCY = re.compile(r"\d+(?:\.\d+)?")


def rows_by_label(path: Path, rows: Sequence[Row]) -> dict[str, Row]:
    """Row of the table of each label in the file: by name, or by place where EDF has cut all labels."""
    by_name = {row["name"]: row for row in rows}
    if path.suffix.lower() not in (".edf", ".bdf"):
        return by_name
    labels = [label for label, _ in _edf_signals(path)]
    names = [row["name"] for row in rows]
    if labels != names and labels == [name[:EDF_LABEL].strip() for name in names]:
        return dict(zip(labels, rows, strict=True)) if len(set(labels)) == len(labels) else by_name
    return by_name


def _edf_signals(path: Path) -> list[tuple[str, str]]:
    """Label and unit of each signal; what is off in the header is told when the file itself is opened."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MyosigWarning)
        header = read_header(DataFile.at(path))
    return [(s.label, s.unit) for s in header.signals if not s.is_annotations]


def units_in(path: Path) -> Mapping[str, str]:
    """Unit that the file itself gives to each label; empty for a format that has none."""
    if path.suffix.lower() in brainvision.SUFFIXES:
        return brainvision.units_of(path)
    return dict(_edf_signals(path)) if path.suffix.lower() in (".edf", ".bdf") else {}


def is_unknown(units: Mapping[str, str], label: str) -> bool:
    """Whether the file gives a channel a unit that is not understood as a voltage."""
    return label in units and microvolts_per(units[label]) is None


def statement_of(row: Row, electrodes: Mapping[str, Row], *, lacks_unit: bool) -> Statement:
    """What the tables state of a channel; its unit only where the file has none that is understood."""
    kind: Kind | None = KIND_OF.get(row["type"].lower(), "misc") if "type" in row else None
    unit = row.get("units") if lacks_unit else None
    if kind != "emg":
        return with_hint(Statement(unit=unit), row["name"], kind)
    target = understand(row.get("target_muscle", ""), kind="emg")
    named = understand(row["name"], kind="emg")
    electrode = electrodes.get(row.get("signal_electrode", row["name"]), {})
    places = [row.get("group", ""), electrode.get("group", ""), electrode.get("coordinate_system", "")]
    sides = [target.side, named.side, *(understand(place, kind="emg").side for place in places)]
    return Statement(
        kind="emg",
        muscle=target.muscle if "target_muscle" in row else named.muscle,
        side=next((side for side in sides if side), None),
        segments=target.segments or None,
        unit=unit,
    )


def described(channel: Channel, row: Row, settings: Mapping[str, Any]) -> Channel:
    """The channel with what only BIDS says of it."""
    status = row.get("status", "").lower()
    reference = row.get("reference", settings.get(f"{channel.kind.upper()}Reference"))
    highpass, lowpass = _filters(channel, row, settings)
    return replace(
        channel,
        highpass=highpass,
        lowpass=lowpass,
        reference=str(reference) if reference not in (None, "n/a") else None,
        status=cast(Status, status) if status in ("good", "bad") else None,
        status_description=row.get("status_description", ""),
        label=row.get("name", channel.label),
    )


def _filters(channel: Channel, row: Row, settings: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The corners that remain of all filters: of the file, of the table (in its columns), of the settings (of all)."""
    corners = {
        "high": [channel.highpass, number(row.get("low_cutoff"))],
        "low": [channel.lowpass, number(row.get("high_cutoff"))],
    }
    for filters in (settings.get("HardwareFilters"), settings.get("SoftwareFilters")):
        if isinstance(filters, Mapping) and channel.kind in ("emg", "eeg"):
            for name, about in filters.items():
                kind, corner = _PASS.search(str(name)), _corner(about)
                if kind:
                    corners[kind[1].lower()].append(corner)
    known = {kind: [c for c in found if c is not None and math.isfinite(c)] for kind, found in corners.items()}
    return max(known["high"], default=None), min((c for c in known["low"] if c > 0), default=None)


def _corner(about: object) -> float:
    """The corner of a filter that is described in words of one's own; NaN where none is told."""
    told = {str(key): value for key, value in about.items()} if isinstance(about, Mapping) else {"cutoff": about}
    found = [_FREQUENCY.search(str(value)) for key, value in told.items() if _IS_CORNER.search(key)]
    return next((float(match[0]) for match in found if match), math.nan)


def warn_of_contradictions(
    path: Path, recording: Recording, rows: Mapping[str, Row], units: Mapping[str, str], settings: Mapping[str, Any]
) -> None:
    """Warn of units and rates that differ between the tables and the file."""
    scales, rates = [], []
    for channel in recording.channels:
        row, unit = rows[channel.label], units.get(channel.original_label, "")
        said, held = microvolts_per(row.get("units", "")), microvolts_per(unit)
        if said is not None and held is not None and said != held:
            scales.append(f"{channel.label} ({row['units']}, not {unit})")
        rate = number(row.get("sampling_frequency", settings.get("SamplingFrequency")))
        if abs(rate - channel.sfreq) > RATE_TOLERANCE * rate and row:
            rates.append(f"{channel.label} ({rate:g}, not {channel.sfreq:g} Hz)")
    for what, where in (("another unit", scales), ("another rate", rates)):
        if where:
            more = f" and {len(where) - MOST_NAMED} more" if len(where) > MOST_NAMED else ""
            warn(
                path,
                f"the tables give {what} than the file to {', '.join(where[:MOST_NAMED])}{more}; the file's is taken",
            )


def warn_of_absent(path: Path, rows: Mapping[str, Row], by_label: Mapping[str, Row]) -> None:
    """Warn of channels of the table that the file does not hold."""
    if rows and not any(rows.values()):
        warn(path, "channels.tsv is missing or names none of its channels; they are understood by their labels")
    elif absent := sorted(set(by_label) - set(rows)):
        warn(path, f"channels.tsv names channels that are not in it: {', '.join(map(repr, absent[:MOST_NAMED]))}")
