"""WFDB (PhysioNet): a header, data files beside it, and annotations; samples are read when asked for."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig._checks import positive
from myosig.annotations import Annotations
from myosig.errors import ReadError
from myosig.io.extras import needs
from myosig.io.files import DataFile
from myosig.io.stated import Stated
from myosig.io.tracks import Load, Span, Track, assemble, in_memory
from myosig.recording import Recording

ANNOTATIONS = ("atr", "ann", "evt")  # suffixes that hold annotations on PhysioNet


def read_wfdb(file: DataFile, stated: Stated) -> Recording:
    """Open a WFDB record by its header.

    Raises
    ------
    ReadError
        If the record cannot be read, or the unit of an EMG or EEG signal is not a voltage.
    MissingExtraError
        If the package wfdb is not installed.
    """
    stated.refuse(file.path, "sfreq", "unit", "labels", "layout", "variable")
    wfdb = needs("wfdb")
    record = str(file.path.with_suffix(""))
    with _told(file.path):
        header = wfdb.rdheader(record)
        _check_data(file.path, header)
        start = datetime.combine(header.base_date, header.base_time) if header.base_date and header.base_time else None
        marks = _annotations(wfdb, file.path, float(header.fs))
        tracks = _tracks(header, _loads(wfdb, record, header))
    return assemble(
        tracks,
        statements=stated.statements,
        path=file.path,
        name=file.path.name,
        annotations=marks,
        start_time=start,
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever wfdb raises on a damaged file becomes a ReadError."""
    try:
        yield
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(f"wfdb cannot read the record: {error or type(error).__name__}", path=path) from error


def _tracks(header: Any, loads: Sequence[Load]) -> list[Track]:
    per_frame = _per_frame(header)
    return [
        Track(
            label=str(label or f"signal {i + 1}"),
            sfreq=positive("rate", float(header.fs) * per_frame[i]),
            unit=str(unit or "mV"),  # the default of the format
            spans=[Span(0.0, int(header.sig_len) * per_frame[i], load)],
        )
        for i, (label, unit, load) in enumerate(zip(header.sig_name, header.units, loads, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class _Signal:
    record: str
    number: int

    def __call__(self, start: int, stop: int) -> NDArray[Any]:
        wfdb = needs("wfdb")

        with _told(Path(f"{self.record}.hea")):
            part = wfdb.rdrecord(self.record, sampfrom=start, sampto=stop, channels=[self.number])
            return np.asarray(part.p_signal[:, 0])


def _check_data(path: Path, header: Any) -> None:
    outside = [name for name in header.file_name or [] if Path(name).name != name]
    if outside:
        raise ReadError("the header names a file that does not lie beside it", path=path, value=outside[0])
    missing = [name for name in dict.fromkeys(header.file_name or []) if not (path.parent / name).is_file()]
    if missing:
        raise ReadError(
            f"the header names the data file {missing[0]!r}, which is not beside it", path=path, value=missing[0]
        )


def _per_frame(header: Any) -> list[int]:
    return [int(n) for n in getattr(header, "samps_per_frame", None) or [1] * header.n_sig]


def _loads(wfdb: Any, record: str, header: Any) -> list[Load]:
    """Of each signal; a record with several rates is read at once, as wfdb has no other way."""
    if header.sig_name is None or header.sig_len is None:
        raise ReadError(
            "the header does not say what signals there are and how long they are", path=Path(f"{record}.hea")
        )
    if set(_per_frame(header)) == {1}:
        return [_Signal(record, i) for i in range(header.n_sig)]
    return [in_memory(values) for values in wfdb.rdrecord(record, smooth_frames=False).e_p_signal]


def _annotations(wfdb: Any, header: Path, sfreq: float) -> Annotations:
    onset: list[float] = []
    text: list[str] = []
    for suffix in ANNOTATIONS:
        if header.with_suffix(f".{suffix}").is_file():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                marks = wfdb.rdann(str(header.with_suffix("")), suffix)
            notes = [(note or "").strip("\0 ") for note in marks.aux_note]
            onset += (np.asarray(marks.sample) / sfreq).tolist()
            text += [note or symbol for note, symbol in zip(notes, marks.symbol, strict=True)]
    return Annotations(np.array(onset), np.zeros(len(onset)), np.array(text, dtype=object))
