"""An EDF or BDF file without the patient: header and annotations cleaned, samples copied bit for bit."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Set
from pathlib import Path

from myosig.errors import MyosigWarning, ParameterError
from myosig.io.edf_header import SIGNAL_FIELDS, UNIT, EdfHeader, read_header
from myosig.io.files import DataFile
from myosig.io.identity import HARMLESS_WORDS, public_name
from myosig.io.tal import END, TEXT, split_list
from myosig.io.write import NO_DATE
from myosig.marks import AT
from myosig.storage import whole_file

ANONYMOUS = "X X X X"
REPLACED = b"X"  # what stands for a text: no longer than any text is
KEPT = ("label", "physical dimension")
EMPTIED = ("transducer", "reserved")  # fields of a signal that no reader needs, and that may hold anything
_WORD, _LETTERS = re.compile(r"[^\W_]+"), re.compile(r"[^\W\d_]+")
_NUMBER, _TIME = re.compile(rb"[-+0-9.,eE ]+"), re.compile(rb"[0-9]{2}.[0-9]{2}.[0-9]{2}")
FILTER_WORDS = "hp lp bp n notch hz khz s ms db oct dc ac none off on no filter high low pass highpass lowpass"


def anonymize(source: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """Copy an EDF or BDF file without what could name the patient; its samples are copied bit for bit.

    Parameters
    ----------
    source : path
        EDF, EDF+, BDF or BDF+.
    out : path
        Written whole or not at all. It may not be the source.

    Raises
    ------
    ParameterError
        If `out` is the source.
    ReadError
        If the source is not such a file.

    Warns
    -----
    MyosigWarning
        If the name of `out` shares a word with the patient's field of the source.

    Notes
    -----
    The fields of patient and recording become ``X``, as EDF+ writes what is not known, the date 01.01.85; the time of
    day stays. Transducer and reserved fields are emptied, and filters and ranges that are not written as such. Of the
    annotations, times stay, and texts of which every word is known to name nobody (sleep stages, stimuli, postures,
    marks of myosig: `HARMLESS_WORDS`); any other becomes ``X``. Labels and units stay: look at them before you give
    the file away. Bytes after the last complete record are not copied. That samples alone can tell who somebody is,
    to one who has another recording of him, is beyond the reach of this function.

    Examples
    --------
    >>> import pathlib, tempfile, myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.write_edf(recording, pathlib.Path(folder, "a.edf"))
    ...     ms.anonymize(pathlib.Path(folder, "a.edf"), pathlib.Path(folder, "b.edf"))
    ...     ms.read(pathlib.Path(folder, "b.edf")).labels == recording.labels
    True
    """
    if Path(out).exists() and Path(out).samefile(source):
        raise ParameterError(f"{out} is the recording itself; give the anonymous copy another name")
    header = read_header(DataFile.at(source))
    raw = header.file.read_bytes(0, UNIT * (len(header.signals) + 1))
    if public_name(Path("/") / Path(out).name, raw) != Path(out).name:
        warnings.warn(f"the name of {out} holds a word of the patient's field", MyosigWarning, stacklevel=2)
    with whole_file(out) as temporary, temporary.open("wb") as file:
        file.write(clean_header(header, raw))
        for record in clean_records(header):
            file.write(record)


def clean_header(header: EdfHeader, raw: bytes) -> bytes:
    """The bytes of the header without what could name somebody."""
    n = len(header.signals)
    date, midnight, startdate = NO_DATE
    time = raw[176:184] if _TIME.fullmatch(raw[176:184]) else midnight.encode("ascii")
    form = f"{'EDF' if header.sample_bytes == 2 else 'BDF'}+{header.plus}" if header.plus else ""
    fixed = (
        raw[:8]
        + f"{ANONYMOUS:80}{startdate:80}{date:8}".encode("ascii")
        + time
        + f"{UNIT * (n + 1):<8d}{form:<44}{header.n_records:<8d}".encode("ascii")
        + raw[244:UNIT]
    )
    fields, at = [], UNIT
    for name, width in SIGNAL_FIELDS.items():
        for _ in range(n):
            fields.append(_clean_field(name, raw[at : at + width]))
            at += width
    return fixed + b"".join(fields)


def _clean_field(name: str, raw: bytes) -> bytes:
    """A field of a signal, or spaces."""
    if name in KEPT:
        return raw
    if name == "prefiltering":
        harmless = set(_LETTERS.findall(raw.decode("latin-1").lower())) <= set(FILTER_WORDS.split())
    else:
        harmless = name not in EMPTIED and _NUMBER.fullmatch(raw) is not None
    return raw if harmless else b" " * len(raw)


def clean_records(header: EdfHeader) -> Iterator[bytes]:
    """Data records, with clean annotations."""
    records = header.records
    annotations = [signal for signal in header.signals if signal.is_annotations]
    labels = {signal.label for signal in header.signals}
    with header.file.opened() as file:
        for k in range(header.n_records):
            record = bytearray(records.record_bytes)
            header.file.fill(file, records.start + k * records.record_bytes, memoryview(record))
            for signal in annotations:
                place = slice(signal.offset, signal.offset + signal.samples * header.sample_bytes)
                record[place] = clean_lists(bytes(record[place]), labels)
            yield bytes(record)


def clean_lists(raw: bytes, labels: Set[str]) -> bytes:
    """Time-stamped lists with clean texts, as long as before; those whose time cannot be read are left out."""
    clean = b""
    for one in filter(None, map(split_list, raw.split(END))):
        stamp, texts = one
        clean += TEXT.join([stamp, *(clean_text(text, labels) for text in texts)]) + TEXT + END
    return clean[: len(raw)].ljust(len(raw), END)


def clean_text(raw: bytes, labels: Set[str]) -> bytes:
    """The text of an annotation, or ``X`` where a word of it might name somebody."""
    text, at, label = raw.decode("utf-8", errors="replace").partition(AT)
    known = not at or label in labels
    return raw if known and set(_WORD.findall(text.lower())) <= HARMLESS_WORDS else REPLACED
