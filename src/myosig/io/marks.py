"""Annotations of MNE and neo, to and from annotations of myosig: those of a channel are written ``text@@channel``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from myosig.annotations import Annotations
from myosig.errors import ParameterError, ReadError
from myosig.io.describe import Statements
from myosig.io.edf import is_edf, read_edf
from myosig.io.files import DataFile
from myosig.io.stated import Stated
from myosig.marks import AT
from myosig.recording import Recording

if TYPE_CHECKING:
    import mne
    import neo


def to_mne_annotations(annotations: Annotations, tmin: float = 0.0) -> mne.Annotations:
    """Annotations of MNE, counted from `tmin`."""
    import mne

    parts = [text.rpartition(AT) if AT in text else (text, "", "") for text in annotations.text.tolist()]
    return mne.Annotations(
        annotations.onset - tmin,
        annotations.duration,
        [text for text, _, _ in parts],
        ch_names=[(channel,) if channel else () for _, _, channel in parts],
    )


def to_epoch(annotations: Annotations) -> neo.Epoch:
    """An Epoch of neo whose labels are the texts."""
    import neo
    import quantities as pq

    labels = np.array([str(text) for text in annotations.text.tolist()])
    return neo.Epoch(annotations.onset * pq.s, annotations.duration * pq.s, labels, name="myosig")


def read_marks(path: str | os.PathLike[str]) -> Annotations | mne.Annotations:
    """Annotations of an EDF+ or BDF+ file, or those that MNE has saved.

    Raises
    ------
    ReadError
        If the file cannot be read as either.
    """
    file = DataFile.at(path)
    if is_edf(file):
        return read_edf(file, Stated(Statements({}))).annotations
    if file.path.suffix.lower() in (".edf", ".bdf"):
        raise ReadError("this is neither EDF nor BDF", path=path)  # MNE would find no marks in it
    import mne

    try:
        with mne.utils.use_log_level("error"):
            return mne.read_annotations(path)
    except Exception as error:  # whatever MNE's readers raise on a file that is something else
        raise ReadError(
            "these are no marks: they can be read from .tsv, from EDF+ or BDF+ annotations, and from what MNE-Python "
            f"saves (-annot.fif, .csv, .txt); {type(error).__name__}: {error}",
            path=path,
        ) from error


def marks_of(marks: Any, recording: Recording) -> Annotations:
    """Annotations of myosig from those of MNE, an Epoch or Event of neo, or annotations of myosig.

    Raises
    ------
    ParameterError
        If it is none of these.
    """
    if isinstance(marks, Annotations):
        return marks
    if hasattr(marks, "orig_time"):
        return _from_mne(marks, recording)
    if hasattr(marks, "rescale") and hasattr(marks, "labels"):
        return _from_neo(marks)
    raise ParameterError(
        f"marks must be mne.Annotations, neo.Epoch or myosig.Annotations, not {type(marks).__name__}; "
        "a table goes to from_frame"
    )


def _from_mne(marks: mne.Annotations, recording: Recording) -> Annotations:
    """One annotation for each channel of each mark."""
    shift = 0.0  # those of a Raw are on its clock also where it does not begin at 0 s
    if marks.orig_time is not None:
        start = recording.start_time or datetime(1970, 1, 1)  # what MNE takes where there is none
        shift = (marks.orig_time - start.replace(tzinfo=UTC)).total_seconds()
    rows = [
        (float(onset) + shift, float(duration), f"{text}{AT}{channel}" if channel else str(text))
        for onset, duration, text, channels in zip(
            marks.onset, marks.duration, marks.description, marks.ch_names, strict=True
        )
        for channel in (channels or ("",))
    ]
    return _table(rows)


def _from_neo(marks: Any) -> Annotations:
    times = marks.rescale("s").magnitude.tolist()
    lengths = marks.durations.rescale("s").magnitude.tolist() if hasattr(marks, "durations") else [0.0] * len(times)
    return _table(list(zip(times, lengths, map(str, marks.labels), strict=True)))


def _table(rows: list[tuple[float, float, str]]) -> Annotations:
    if not rows:
        return Annotations.empty()
    onset, duration, text = zip(*rows, strict=True)
    return Annotations(np.array(onset), np.array(duration), np.array(text, dtype=object))
