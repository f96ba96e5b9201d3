"""BIDS datasets: EMG and EEG with what their tables say of channels, electrodes and events, on one clock.

No library stands between: BIDS is tables and JSON, and its data files are read as every other file is, each signal at
its own rate.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from myosig.annotations import Annotations
from myosig.errors import MyosigWarning, ParameterError, ReadError
from myosig.io.bids_channels import (
    Row,
    described,
    is_unknown,
    rows_by_label,
    statement_of,
    units_in,
    warn_of_absent,
    warn_of_contradictions,
)
from myosig.io.bids_layout import SUFFIXES, BidsFile, BidsRecording, find_recordings, sidecars
from myosig.io.describe import ChannelsArgument, Statements
from myosig.io.files import DataFile, warn
from myosig.io.identity import HEAD, public_annotations
from myosig.io.join import join
from myosig.io.reader import open_file
from myosig.io.sidecars import number, read_json, read_table
from myosig.io.stated import Stated
from myosig.io.tracks import merged
from myosig.recording import Recording

MARK = re.compile(r"(?:(?:Stimulus|Response)/)?[SR]? *(\d+)")  # as amplifiers write their codes


def read_bids(
    root: str | os.PathLike[str],
    *,
    subject: str | None = None,
    session: str | None = None,
    task: str | None = None,
    acquisition: str | None = None,
    run: str | int | None = None,
    datatype: str | None = None,
    channels: ChannelsArgument | None = None,
    units: Mapping[str, str] | None = None,
) -> Recording:
    """Open one recording of a BIDS dataset: its EMG, its EEG, or both on one clock.

    Parameters
    ----------
    root : path
        The folder that holds ``dataset_description.json``.
    subject, session, task, acquisition, run : str, optional
        Which recording (``"01"`` or ``"sub-01"``); needed as far as there are several.
    datatype : {"emg", "eeg"}, optional
        Only the files of this kind.
    channels, units : optional
        Your own description of the channels, see `read`; it wins over the tables of the dataset.

    Returns
    -------
    Recording
        Every signal at its own rate. 0 s is where the first file starts; ``acq_time`` of ``scans.tsv`` says when each
        did. Channels have the names, types, muscles, references, filters and status of ``channels.tsv``; the side may
        stand in ``target_muscle``, in ``group``, or in the group or coordinate system of the electrode. Channels that
        are marked bad are kept, with their status. The events are annotations ``trial_type`` or ``trial_type/value``.

    Raises
    ------
    ReadError
        If no recording fits, or several do: the message lists them.

    Warns
    -----
    MyosigWarning
        If the tables contradict the file (its own unit and rate are taken), or it is not certain when files that
        belong together were started.

    See Also
    --------
    find_recordings : what a dataset holds.

    References
    ----------
    Gorgolewski et al. (2016), doi 10.1038/sdata.2016.44. BIDS 1.11, "Electromyography".

    Examples
    --------
    >>> import json, pathlib, tempfile, myosig as ms
    >>> with tempfile.TemporaryDirectory() as root:
    ...     about = json.dumps({"Name": "one", "BIDSVersion": "1.11.0"})
    ...     _ = pathlib.Path(root, "dataset_description.json").write_text(about)
    ...     folder = pathlib.Path(root, "sub-01", "emg")
    ...     folder.mkdir(parents=True)
    ...     recording = ms.simulate("none", seed=1, duration=20, n_emg=6, n_eeg=0).recording.select(kind="emg")
    ...     ms.write_edf(recording, folder / "sub-01_task-rest_emg.edf")
    ...     rows = "".join(f"{label}\\tEMG\\tuV\\n" for label in recording.labels)
    ...     _ = (folder / "sub-01_task-rest_channels.tsv").write_text(f"name\\ttype\\tunits\\n{rows}")
    ...     opened = ms.read_bids(root, subject="01", task="rest")
    >>> len(opened.channels)
    6
    """
    if datatype is not None and datatype not in SUFFIXES:
        raise ParameterError(f"datatype must be {' or '.join(map(repr, SUFFIXES))}, not {datatype!r}")
    asked: dict[str, Any] = {
        "subject": subject, "session": session, "task": task, "acquisition": acquisition, "run": run,
    }  # fmt: skip
    found = find_recordings(root, **asked, datatype=datatype)
    if len(found) != 1:
        raise ReadError(_which(found, find_recordings(root)), path=root)
    return open_recording(found[0], channels=channels, units=units)


def open_recording(
    recording: BidsRecording, *, channels: ChannelsArgument | None = None, units: Mapping[str, str] | None = None
) -> Recording:
    """The files of a recording, as one; see `read_bids`."""
    stated = Statements.of(channels, units)
    opened = [_open(recording.root, file, stated) for file in recording.files]
    known = {label for r in opened for c in r.channels for label in (c.label, c.original_label)}
    stated.check_used(recording.files[0].path, known)
    if len(opened) == 1:
        return opened[0]
    return join(opened, _starts(recording, opened), name=recording.name, path=recording.files[0].path)


def _which(found: Sequence[BidsRecording], every: Sequence[BidsRecording], most: int = 12) -> str:
    if not every:
        return "the dataset holds no EMG or EEG recording (sub-*/[ses-*/]emg/*_emg.edf, .../eeg/*_eeg.vhdr ...)"
    listed = found or every
    names = ", ".join(r.name for r in listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
    return f"{len(found) or 'no'} recordings fit; state subject, session, task, acquisition, run of one of: {names}"


# -- one file -------------------------------------------------------------------------------------------------


def _open(root: Path, file: BidsFile, stated: Statements) -> Recording:
    """A data file, described by its tables."""
    tables = _Tables.of(root, file)
    by_label = rows_by_label(file.path, tables.channels)
    units = units_in(file.path)
    statements = {
        label: merged(
            stated.about(label, row["name"]), statement_of(row, tables.electrodes, lacks_unit=is_unknown(units, label))
        )
        for label, row in by_label.items()
    }
    for label, statement in stated.by_label.items():
        statements.setdefault(label, statement)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*there is no channel", MyosigWarning)  # told once, of all files
        data = DataFile.at(file.path)
        recording = open_file(data, Stated(Statements(statements)))
    rows = {label: by_label.get(label, {}) for label in recording.labels}
    warn_of_contradictions(file.path, recording, rows, units, tables.settings)
    warn_of_absent(file.path, rows, by_label)
    recording = recording.with_channels([described(c, rows[c.label], tables.settings) for c in recording.channels])
    marks = with_events(recording.annotations, tables.events)
    return recording.with_annotations(public_annotations(marks, data.read_bytes(0, HEAD)))


@dataclass(frozen=True, slots=True)
class _Tables:
    """What lies beside a data file."""

    channels: tuple[Row, ...]
    electrodes: Mapping[str, Row]
    events: tuple[Row, ...]
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, root: Path, file: BidsFile) -> _Tables:
        rows = {name: _nearest_table(root, file, name) for name in ("channels", "electrodes", "events")}
        settings: dict[str, Any] = {}
        for path in sidecars(root, file, file.suffix, ".json"):
            settings |= read_json(path)
        return cls(
            tuple(row for row in rows["channels"] if "name" in row),
            {row["name"]: row for row in rows["electrodes"] if "name" in row},
            tuple(rows["events"]),
            settings,
        )


def _nearest_table(root: Path, file: BidsFile, suffix: str) -> Sequence[Row]:
    paths = sidecars(root, file, suffix, ".tsv")
    return read_table(paths[-1]) if paths else ()


# -- events ---------------------------------------------------------------------------------------------------


def with_events(notes: Annotations, rows: Sequence[Row]) -> Annotations:
    """The annotations of the file and the events of the table, those that both hold once.

    The mark of an amplifier ("Stimulus/S  1") that the table explains (value 1: "tap") is the event, not another one.
    """
    values: dict[str, set[str]] = {}
    for row in rows:
        values.setdefault(row.get("trial_type", ""), set()).add(row.get("value", ""))
    events = [(number(row.get("onset")), number(row.get("duration")), _text(row, values)) for row in rows]
    codes = {(round(event[0], 3), row["value"]) for event, row in zip(events, rows, strict=True) if row.get("value")}
    marks = list(zip(np.round(notes.onset, 3).tolist(), notes.text.tolist(), strict=True))
    notes = notes[np.array([(at, _code(text)) not in codes for at, text in marks], dtype=bool)]
    there = set(marks)
    new = [event for event in events if math.isfinite(event[0]) and (round(event[0], 3), event[2]) not in there]
    if not new:
        return notes
    onset, duration, text = zip(*new, strict=True)
    order = np.argsort(np.concatenate([notes.onset, onset]), kind="stable")
    return Annotations(
        np.concatenate([notes.onset, onset])[order],
        np.concatenate([notes.duration, np.nan_to_num(duration, posinf=0.0).clip(0.0)])[order],
        np.array([*notes.text.tolist(), *text], dtype=object)[order],
    )


def _code(mark: str) -> str | None:
    """The number that a mark of an amplifier ends in."""
    found = MARK.fullmatch(mark)
    return found[1] if found else None


def _text(row: Row, values: Mapping[str, set[str]]) -> str:
    kind, value = row.get("trial_type", ""), row.get("value", "")
    return f"{kind}/{value}" if kind and value and len(values[kind]) > 1 else kind or value or "event"


# -- one clock ------------------------------------------------------------------------------------------------


def _starts(recording: BidsRecording, opened: Sequence[Recording]) -> list[float]:
    """When 0 s of each file was, in seconds; every doubt is told."""
    path = recording.files[0].path
    stated = [_acquired(recording.root, file) for file in recording.files]
    headers = [r.start_time for r in opened]
    source, times = ("acq_time in scans.tsv", stated) if _are_known(stated) else ("the headers", headers)
    if not _are_known(times):
        warn(
            path, "nothing says when its EMG and EEG files were started; the same start is taken (acq_time, scans.tsv)"
        )
        return [0.0] * len(opened)
    starts = [(t - times[0]).total_seconds() for t in times if t is not None and times[0] is not None]
    if source == "the headers":
        warn(path, f"its files are put on one clock by the starts in {source}: latencies between them are in doubt")
    elif any(starts) and all(t is not None and t.microsecond == 0 for t in times):
        warn(path, "acq_time in scans.tsv has whole seconds: latencies between its files are in doubt by as much")
    _check_overlap(recording, opened, starts)
    return starts


def _are_known(times: Sequence[datetime | None]) -> bool:
    return None not in times and len({t.tzinfo is None for t in times if t is not None}) == 1


def _check_overlap(recording: BidsRecording, opened: Sequence[Recording], starts: Sequence[float]) -> None:
    begins = [r.tmin + start for r, start in zip(opened, starts, strict=True)]
    ends = [r.tmax + start for r, start in zip(opened, starts, strict=True)]
    if max(begins) >= min(ends):
        raise ReadError(
            f"the files of {recording.name} were not recorded at the same time (starts at "
            f"{', '.join(f'{start:g}' for start in starts)} s); read one: datatype='emg' or datatype='eeg'",
            path=recording.root,
        )


def _acquired(root: Path, file: BidsFile) -> datetime | None:
    """``acq_time`` of a data file in the ``scans.tsv`` of its subject or session."""
    for table in sidecars(root, file, "scans", ".tsv"):
        name = file.path.relative_to(table.parent).as_posix()
        for row in read_table(table):
            if row.get("filename") == name and "acq_time" in row:
                try:
                    return datetime.fromisoformat(row["acq_time"])
                except ValueError:
                    warn(table, f"the acq_time {row['acq_time']!r} is no date and time")
    return None
