"""An EDF or BDF file with more annotations: its samples are copied, not decoded."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from myosig.annotations import Annotations
from myosig.errors import ParameterError
from myosig.io.edf import read_annotations
from myosig.io.edf_header import SIGNAL_FIELDS, UNIT, EdfHeader, read_header
from myosig.io.files import DataFile
from myosig.io.tal import clock_tal
from myosig.io.write import CHUNK_BYTES, NO_DATE, Marks, start_fields
from myosig.storage import whole_file

ANONYMOUS = "X X X X"


def add_annotations(
    source: str | os.PathLike[str],
    annotations: Annotations,
    out: str | os.PathLike[str],
    *,
    keep_identity: bool = False,
) -> None:
    """Copy an EDF or BDF file, its samples bit for bit, and add annotations to it.

    Parameters
    ----------
    source : path
        EDF, EDF+, BDF or BDF+.
    annotations : Annotations
        To add to those that the file has; 0 s is its first sample, as in what `read` gives.
    out : path
        EDF+ or BDF+; written whole or not at all. It may not be the source.
    keep_identity : bool
        Whether the patient's and the recording's field of the header are kept. By default the new file names nobody
        there; annotations that the file has are kept either way.

    Raises
    ------
    ParameterError
        If `out` is the source, or a text cannot be written.
    ReadError
        If the source is not such a file.

    Notes
    -----
    The annotations go into a signal of their own, the last one, so that every other byte of a data record stays what
    it was. Bytes after the last complete record are not copied.
    """
    if Path(out).exists() and Path(out).samefile(source):
        raise ParameterError(f"{out} is the recording itself; give the marked copy another name")
    header = read_header(DataFile.at(source))
    onsets, _ = read_annotations(header)
    origin = float(onsets[0]) if len(onsets) else 0.0
    shifted = Annotations(annotations.onset + origin, annotations.duration, annotations.text)
    marks = Marks.pack(shifted, _clocks(header), header.sample_bytes)
    with whole_file(out) as temporary, temporary.open("wb") as file:
        file.write(_header(header, marks.width // header.sample_bytes, keep_identity=keep_identity))
        _copy_records(header, marks, file)


def _clocks(header: EdfHeader) -> list[bytes]:
    """What our signal says of the time of each record: nothing where another does."""
    if any(signal.is_annotations for signal in header.signals):
        return [b""] * header.n_records
    return [clock_tal(k * header.record_duration) for k in range(header.n_records)]


def _header(header: EdfHeader, annotation_samples: int, *, keep_identity: bool) -> bytes:
    n = len(header.signals)
    raw = header.file.read_bytes(0, UNIT * (n + 1))
    form = "EDF" if header.sample_bytes == 2 else "BDF"
    fixed = (
        raw[:8]
        + _identity(header, raw[8:168], keep=keep_identity)
        + raw[168:184]
        + f"{UNIT * (n + 2):<8d}{form}+{header.plus or 'C':<40}{header.n_records:<8d}".encode("ascii")
        + raw[244:252]
        + f"{n + 1:<4d}".encode("ascii")
    )
    full = 1 << (8 * header.sample_bytes - 1)
    ours = (f"{form} Annotations", "", "", "-1", "1", str(-full), str(full - 1), "", str(annotation_samples), "")
    edges = UNIT + n * np.cumsum([0, *SIGNAL_FIELDS.values()])
    columns = [
        raw[start:stop] + text.encode("ascii").ljust(width)
        for (start, stop), text, width in zip(pairwise(edges.tolist()), ours, SIGNAL_FIELDS.values(), strict=True)
    ]
    return fixed + b"".join(columns)


def _identity(header: EdfHeader, raw: bytes, *, keep: bool) -> bytes:
    """The fields of patient and recording, in the form that EDF+ demands."""
    startdate = start_fields(header.start_time)[2] if header.start_time is not None else NO_DATE[2]
    if not keep:
        return f"{ANONYMOUS:80}{startdate:80}".encode("ascii")
    if header.plus is not None:
        return raw
    patient, recording = (b"_".join(field.replace(b"\0", b" ").split()) for field in (raw[:80], raw[80:]))
    made = b"X X X " + (patient or b"X"), startdate.removesuffix("X").encode("ascii") + (recording or b"X")
    return b"".join(field[:80].ljust(80) for field in made)


def _copy_records(header: EdfHeader, marks: Marks, out: BinaryIO) -> None:
    records, width = header.records, marks.width
    size = records.record_bytes
    step = max(1, CHUNK_BYTES // size)
    with header.file.opened() as file:
        for first in range(0, header.n_records, step):
            count = min(step, header.n_records - first)
            block = np.empty((count, size + width), dtype=np.uint8)
            buffer = np.empty(count * size, dtype=np.uint8)
            header.file.fill(file, records.start + first * size, memoryview(buffer.data))
            block[:, :size] = buffer.reshape(count, size)
            lists = b"".join(marks.bytes_of(record) for record in range(first, first + count))
            block[:, size:] = np.frombuffer(lists, dtype=np.uint8).reshape(count, width)
            out.write(block.tobytes())
