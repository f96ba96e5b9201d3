"""`read`: a file of any known format becomes a Recording."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myosig.errors import ReadError
from myosig.io.c3d import read_c3d
from myosig.io.containers import read_hdf5, read_mat, read_npz
from myosig.io.describe import ChannelsArgument, Statements
from myosig.io.edf import read_edf
from myosig.io.edf_header import BDF_MAGIC, EDF_MAGIC
from myosig.io.files import DataFile
from myosig.io.flat import find_layout, read_flat, read_npy
from myosig.io.foreign import MNE_SUFFIXES, NEO_READERS, read_foreign
from myosig.io.identity import HEAD, public_annotations, public_name
from myosig.io.nwb import read_nwb
from myosig.io.stated import Stated
from myosig.io.text import is_table, read_text
from myosig.io.trigno import is_trigno, read_trigno
from myosig.io.wfdb_record import read_wfdb
from myosig.io.xdf import read_xdf
from myosig.recording import Recording

READING = (
    "units",
    "channels",
    "sfreq",
    "unit",
    "labels",
    "layout",
    "variable",
    "keep_identity",
)  # what `read` can be told of a file


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, how a file's first bytes betray it, what opens it, and suffixes that betray it too."""

    name: str
    begins: Callable[[bytes], bool]
    open: Callable[[DataFile, Stated], Recording]
    suffixes: tuple[str, ...] = ()

    def fits(self, path: Path, head: bytes) -> bool:
        """Whether a file is of this format."""
        return self.begins(head) or path.suffix.lower() in self.suffixes


def _magic(*starts: bytes, at: int = 0) -> Callable[[bytes], bool]:
    return lambda head: any(head.startswith(start, at) for start in starts)


def _is_edf(head: bytes) -> bool:
    """``0`` and seven blanks (or NUL bytes), in a header of one line: a table of numbers could begin so too."""
    return head[:8].replace(b"\0", b" ") == EDF_MAGIC and b"\n" not in head[:256]


def _is_hdf5(head: bytes) -> bool:
    return any(head.startswith(b"\x89HDF\r\n\x1a\n", at) for at in (0, 512, 1024, 2048))


def _is_npz(head: bytes) -> bool:
    """A ZIP archive whose first member is an array."""
    return head.startswith(b"PK\x03\x04") and b".npy" in head[30:300]


def _never(head: bytes) -> bool:
    """Of a format that only its suffix betrays."""
    return False


def _refuse_packed(file: DataFile, stated: Stated) -> Recording:
    raise ReadError("the file is compressed; unpack it first (gunzip, unzip, 7z ...)", path=file.path)


FORMATS = (
    Format("EDF, EDF+", _is_edf, read_edf),
    Format("BDF, BDF+", _magic(BDF_MAGIC), read_edf),
    Format("XDF", _magic(b"XDF:"), read_xdf),
    Format("WFDB", _never, read_wfdb, suffixes=(".hea",)),
    Format("C3D", _never, read_c3d, suffixes=(".c3d",)),
    Format("NWB", _never, read_nwb, suffixes=(".nwb",)),
    Format("Delsys EMGworks CSV", is_trigno, read_trigno),
    Format("by MNE-Python", _never, read_foreign, suffixes=tuple(MNE_SUFFIXES)),
    Format("by neo", _never, read_foreign, suffixes=tuple(NEO_READERS)),
    Format("NPY", _magic(b"\x93NUMPY"), read_npy),
    Format("NPZ", _is_npz, read_npz),
    Format("HDF5, MATLAB -v7.3", _is_hdf5, read_hdf5),
    Format("MATLAB up to -v7", _magic(b"MATLAB 5.0 MAT-file"), read_mat),
    Format("compressed", _magic(b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf"), _refuse_packed),
    Format("text (CSV, TSV, columns)", is_table, read_text),
)


def read(
    path: str | os.PathLike[str],
    *,
    units: Mapping[str, str] | None = None,
    channels: ChannelsArgument | None = None,
    sfreq: float | None = None,
    unit: str | None = None,
    labels: Sequence[str] | None = None,
    layout: Mapping[str, Any] | None = None,
    variable: str | None = None,
    keep_identity: bool = False,
) -> Recording:
    """Open a recording; the format is told by what is in the file, not by its name.

    EDF, EDF+, BDF and BDF+ are read by myosig itself, with every signal at its own rate and gaps as gaps. Tables of
    text, NPY, NPZ, MAT, HDF5 and flat binary files need the rate, unit and labels that they do not hold. BrainVision,
    EEGLAB, FIF and more go to MNE-Python, CED Spike2, Axon and more to neo; WFDB, C3D, XDF and NWB need the packages
    of the extra ``formats``. docs/formats.md lists them all, with what is lost.

    Parameters
    ----------
    path : path
        A file.
    units : mapping of str to str, optional
        Label -> unit of the numbers in the file, for a channel whose own unit is missing, not understood or wrong.
    channels : mapping or path, optional
        Your own description of the channels, which always wins: label -> kind (``{"1": "emg"}``) or label -> mapping
        with any of type, muscle, side, segments, site, units; or a TSV file with a column ``name`` and any of these.
    sfreq : float, optional
        Samples per second, for files that do not say.
    unit : str, optional
        Unit of all numbers, for files that do not say.
    labels : sequence of str, optional
        Labels of all channels, for files that do not say.
    layout : mapping, optional
        Of a flat binary file: dtype, order ("samples" or "channels"), and any of sfreq, unit, labels, offset, gain,
        baseline. A JSON file of the same keys beside it (``x.bin.json`` or ``x.json``) serves as well.
    variable : str, optional
        Name of the array, in an NPZ, MAT or HDF5 file that holds several.
    keep_identity : bool
        Whether the recording is called by its file name, and annotations stay, also where these name the patient. By
        default the recording then goes by a pseudonym: where the path shares a word (name, code, birth date) with the
        patient's field of an EDF or BDF header, which itself is never read into a recording. Such words in annotations
        become ``X``. `Recording.path` stays what it is.

    Returns
    -------
    Recording
        Samples stay on disk until they are asked for (text, NPZ and MAT files are read at once).

    Raises
    ------
    ReadError
        If the file cannot be read, contradicts itself, or leaves open what must be known: the message says what to
        state.
    ParameterError
        If an argument is wrong, or states what the file says itself.

    Warns
    -----
    MyosigWarning
        If something is damaged or doubtful that could be read all the same.

    Examples
    --------
    >>> import myosig as ms, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pathlib.Path(folder, "table.csv")
    ...     _ = table.write_text("time,EMG R APB (mV)\\n0,0.1\\n0.001,0.2\\n0.002,0.3\\n")
    ...     recording = ms.read(table)
    >>> recording.channels[0].sfreq, recording.read("EMG R APB").tolist()
    (1000.0, [100.0, 200.0, 300.0])
    """
    names = None if labels is None else tuple(labels)
    file = DataFile.at(path)
    stated = Stated(Statements.of(channels, units), sfreq, unit, names, layout, variable)
    recording = open_file(file, stated)
    if keep_identity:
        return recording.with_reading({**recording.reading, "keep_identity": True})
    head = file.read_bytes(0, HEAD)
    public = recording.with_annotations(public_annotations(recording.annotations, head))
    return public.with_name(public_name(recording.path or file.path, head)) if is_own_name(recording) else public


def is_own_name(recording: Recording) -> bool:
    """Whether a recording goes by the name of its file."""
    return recording.path is not None and recording.name == recording.path.name


def open_file(file: DataFile, stated: Stated) -> Recording:
    """As `read`, of what is stated already."""
    return _format_of(file, stated).open(file, stated).with_reading(stated.to_dict())


def _format_of(file: DataFile, stated: Stated) -> Format:
    head = file.read_bytes(0, HEAD)
    if not head:
        raise ReadError("the file is empty", path=file.path)
    if stated.layout is not None:
        return FLAT
    found = next((form for form in FORMATS if form.fits(file.path, head)), None)
    return found or (FLAT if find_layout(file.path) else FOREIGN)


FLAT = Format("flat binary with a layout", _never, read_flat)
FOREIGN = Format("by a header beside it", _never, read_foreign)
