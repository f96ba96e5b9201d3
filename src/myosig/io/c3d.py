"""C3D (motion capture): the analog channels, with the events of the trial."""

from __future__ import annotations

from typing import Any

import numpy as np

from myosig.annotations import Annotations
from myosig.errors import ReadError
from myosig.io.extras import needs
from myosig.io.files import DataFile
from myosig.io.stated import Stated
from myosig.io.tracks import Span, Track, assemble, in_memory
from myosig.recording import Recording


def read_c3d(file: DataFile, stated: Stated) -> Recording:
    """Read the analog channels of a C3D file; markers and forces are left out.

    Returns
    -------
    Recording
        0 s is the first sample; events keep their place beside it.

    Raises
    ------
    ReadError
        If the file cannot be read, or the unit of an EMG or EEG channel is not a voltage.
    MissingExtraError
        If the package ezc3d is not installed.
    """
    stated.refuse(file.path, "sfreq", "unit", "labels", "layout", "variable")
    ezc3d = needs("ezc3d")
    try:
        content = ezc3d.c3d(str(file.path))
    except Exception as error:  # the reader may raise anything on a damaged file
        raise ReadError(f"ezc3d cannot read the file: {error}", path=file.path) from error
    analogs = content["data"]["analogs"][0]
    parameters = content["parameters"]["ANALOG"]
    labels, units = (_texts(parameters, key, len(analogs)) for key in ("LABELS", "UNITS"))
    sfreq = float(content["header"]["analogs"]["frame_rate"])
    tracks = [
        Track(label=label, sfreq=sfreq, unit=unit, spans=[Span(0.0, len(values), in_memory(values))])
        for label, unit, values in zip(labels, units, analogs, strict=True)
    ]
    return assemble(
        tracks,
        statements=stated.statements,
        path=file.path,
        name=file.path.name,
        annotations=_events(content),
    )


def _texts(parameters: Any, key: str, count: int) -> list[str]:
    """A list of texts as long as there are channels; beyond 255 it goes on in LABELS2 and so on."""
    found: list[str] = []
    for name in (key, *(f"{key}{n}" for n in range(2, 10))):
        found += [str(text).strip() for text in parameters[name]["value"]] if name in parameters else []
    return (found + [""] * count)[:count]


def _events(content: Any) -> Annotations:
    """Events; their times count from frame 1 of the capture, of which the file may hold a later part."""
    event = content["parameters"].get("EVENT", {})
    if "TIMES" not in event or not np.size(event["TIMES"]["value"]):
        return Annotations.empty()
    minutes, seconds = np.atleast_2d(event["TIMES"]["value"])
    points = content["header"]["points"]
    skipped = points["first_frame"] / points["frame_rate"] if points["frame_rate"] else 0.0
    names, sides = (_texts(event, key, len(seconds)) for key in ("LABELS", "CONTEXTS"))
    text = [f"{side} {name}".strip() for side, name in zip(sides, names, strict=True)]
    onset = minutes * 60 + seconds - skipped
    order = np.argsort(onset, kind="stable")
    return Annotations(onset[order], np.zeros(len(onset)), np.array(text, dtype=object)[order])
