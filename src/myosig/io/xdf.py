"""XDF (Lab Streaming Layer): every regularly sampled stream on the common clock, markers as annotations."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from myosig.annotations import Annotations
from myosig.channel import Kind
from myosig.errors import ReadError
from myosig.io.extras import needs
from myosig.io.files import DataFile, warn
from myosig.io.stated import Stated
from myosig.io.tracks import Span, Track, assemble, in_memory
from myosig.recording import Recording

KIND_OF_TYPE: dict[str, Kind] = {"emg": "emg", "eeg": "eeg", "eog": "eog", "ecg": "ecg", "exg": "eeg", "acc": "acc"}


def read_xdf(file: DataFile, stated: Stated) -> Recording:
    """Read an XDF file.

    Clocks are synchronised and time stamps smoothed by pyxdf; the rate of a stream is the one that it really had.

    Returns
    -------
    Recording
        0 s is the first sample of the earliest stream. Each interruption of a stream is a gap in it.

    Raises
    ------
    ReadError
        If the file cannot be read, or the unit of an EMG or EEG channel is not stated: ``unit=`` states that of all
        channels that have none.
    MissingExtraError
        If the package pyxdf is not installed.
    """
    stated.refuse(file.path, "sfreq", "labels", "layout", "variable")
    pyxdf = needs("pyxdf")
    try:
        with _log_as_warnings(file):
            streams, _ = pyxdf.load_xdf(str(file.path))
    except Exception as error:  # the reader may raise anything on a damaged file
        raise ReadError(f"pyxdf cannot read the file: {error}", path=file.path) from error
    signals = [s for s in streams if _is_signal(s)]
    _warn_of_losses(streams, file)
    if not signals:
        raise ReadError("the file holds no regularly sampled stream", path=file.path)
    origin = min(float(s["time_stamps"][0]) for s in signals)
    tracks = [track for stream in signals for track in _tracks(stream, origin, stated.unit or "")]
    return assemble(
        tracks,
        statements=stated.statements,
        path=file.path,
        name=file.path.name,
        annotations=_markers(streams, origin),
    )


@contextmanager
def _log_as_warnings(file: DataFile) -> Iterator[None]:
    """What pyxdf logs as a warning becomes one of ours."""
    logger, said = logging.getLogger("pyxdf"), _Said()
    logger.addHandler(said)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.removeHandler(said)
        logger.propagate = propagates
    for message in dict.fromkeys(said.messages):
        warn(file.path, message)


class _Said(logging.Handler):
    """Keeps warnings that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.messages.append(record.getMessage())


def _is_signal(stream: Any) -> bool:
    is_number = isinstance(stream["time_series"], np.ndarray) and stream["time_series"].dtype.kind in "iuf"
    return is_number and float(stream["info"]["nominal_srate"][0]) > 0 and len(stream["time_stamps"]) > 1


def _is_markers(stream: Any) -> bool:
    return isinstance(stream["time_series"], list)


def _tracks(stream: Any, origin: float, default_unit: str) -> list[Track]:
    info, values, times = stream["info"], stream["time_series"], np.asarray(stream["time_stamps"])
    sfreq = float(info["effective_srate"]) or float(info["nominal_srate"][0])
    pieces = [(int(a), int(b) + 1) for a, b in info.get("segments") or [(0, len(times) - 1)]]
    name = str(info["name"][0])
    described = _descriptions(info, values.shape[1])
    return [
        Track(
            label=label or (name if values.shape[1] == 1 else f"{name} {column + 1}"),
            sfreq=sfreq,
            unit=unit or default_unit,
            spans=[Span(float(times[a]) - origin, b - a, in_memory(values[a:b, column])) for a, b in pieces],
            kind_hint=KIND_OF_TYPE.get((kind or str(info["type"][0])).lower()),
        )
        for column, (label, unit, kind) in enumerate(described)
    ]


def _descriptions(info: Any, count: int) -> list[tuple[str, str, str]]:
    """(label, unit, type) of each channel, empty where the stream does not say."""
    try:
        channels = info["desc"][0]["channels"][0]["channel"]
    except (KeyError, TypeError, IndexError):
        channels = []
    found = [tuple(str((c.get(key) or [""])[0] or "") for key in ("label", "unit", "type")) for c in channels]
    return (found + [("", "", "")] * count)[:count]  # type: ignore[return-value]


def _markers(streams: Any, origin: float) -> Annotations:
    marks = sorted(
        (float(time) - origin, " ".join(map(str, text)))
        for stream in streams
        if _is_markers(stream)
        for time, text in zip(stream["time_stamps"], stream["time_series"], strict=True)
    )
    onset, text = [m[0] for m in marks], [m[1] for m in marks]
    return Annotations(np.array(onset), np.zeros(len(onset)), np.array(text, dtype=object))


def _warn_of_losses(streams: Any, file: DataFile) -> None:
    lost = [str(s["info"]["name"][0]) for s in streams if not _is_signal(s) and not _is_markers(s)]
    if lost:
        warn(file.path, f"the irregularly sampled or empty streams {', '.join(lost)} are left out")
