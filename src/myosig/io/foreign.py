"""What MNE-Python and neo read, opened lazily through the bridges; which suffix goes to whom stands in two tables."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from myosig.errors import MyosigError, ReadError
from myosig.io import mne_bridge, neo_bridge
from myosig.io.files import DataFile, warn
from myosig.io.stated import Stated
from myosig.io.wfdb_record import read_wfdb
from myosig.recording import Recording

MNE_SUFFIXES = {
    ".vhdr": "BrainVision",
    ".ahdr": "BrainVision",
    ".set": "EEGLAB",
    ".fif": "FIF",
    ".lay": "Persyst",
    ".eeg": "Nihon Kohden",
    ".cnt": "Neuroscan or ANT Neuro",
    ".data": "Nicolet (ASCII header)",
    ".gdf": "GDF",
    ".cdt": "Curry",
    ".nedf": "Neuroelectrics",
}
NEO_READERS = {
    ".smr": "CedIO",
    ".smrx": "CedIO",
    ".abf": "AxonIO",
    ".ns1": "BlackrockIO",
    ".ns2": "BlackrockIO",
    ".ns3": "BlackrockIO",
    ".ns4": "BlackrockIO",
    ".ns5": "BlackrockIO",
    ".ns6": "BlackrockIO",
    ".plx": "PlexonIO",
    ".rhd": "IntanIO",
    ".rhs": "IntanIO",
    ".nex": "NeuroExplorerIO",
    ".axgx": "AxographIO",
    ".wcp": "WinWcpIO",
    ".edr": "WinEdrIO",
}
HEADERS = {".eeg": (".vhdr",), ".vmrk": (".vhdr",), ".dat": (".vhdr", ".hea")}  # that a data file belongs to
TRUSTED_TYPES = (".fif", ".gdf")  # elsewhere the type ``eeg`` is only MNE's default
ABOUT_DISPLAY = ("coordinate information", "montage", "channel types to misc")  # warnings of MNE without effect on data


def read_foreign(file: DataFile, stated: Stated) -> Recording:
    """Open a file through MNE-Python or neo, by its suffix.

    A data file of BrainVision (``.eeg``, ``.dat``, ``.vmrk``) or WFDB (``.dat``) opens the header beside it.

    Raises
    ------
    ReadError
        If the suffix is not known, or the library cannot read the file.
    """
    stated.refuse(file.path, "sfreq", "unit", "labels", "layout", "variable")
    path = _header_beside(file.path)
    suffix = path.suffix.lower()
    if suffix == ".hea":
        return read_wfdb(DataFile.at(path), stated)
    if suffix in MNE_SUFFIXES:
        return _by_mne(path, stated)
    if suffix in NEO_READERS:
        return _by_neo(path, NEO_READERS[suffix], stated)
    raise ReadError(
        "the format is not known; myosig reads EDF, BDF, text, NPY, MAT, HDF5, WFDB, C3D, XDF, NWB, and by MNE-Python "
        f"or neo {', '.join(sorted({*MNE_SUFFIXES, *NEO_READERS}))}. For a flat binary file state its layout: "
        "layout={'dtype': 'int16', ...}",
        path=path,
    )


def _header_beside(path: Path) -> Path:
    headers = [path.with_suffix(suffix) for suffix in HEADERS.get(path.suffix.lower(), ())]
    return next((header for header in headers if header.is_file()), path)


def _by_mne(path: Path, stated: Stated) -> Recording:
    import mne

    if path.suffix.lower() in (".vhdr", ".ahdr"):
        _check_brainvision(path)
    with _told("MNE-Python", path):
        raw = mne.io.read_raw(path, preload=False, verbose="error")
        return mne_bridge.recording_of(
            raw,
            statements=stated.statements,
            path=path,
            name=path.name,
            trust_eeg=path.suffix.lower() in TRUSTED_TYPES,
        )


def _by_neo(path: Path, reader: str, stated: Stated) -> Recording:
    import neo

    with _told("neo", path):
        opened: Any = getattr(neo.io, reader)(str(path))
        block = opened.read_block(lazy=bool(opened.support_lazy))
        return neo_bridge.recording_of(block, statements=stated.statements, path=path, name=path.name)


def _check_brainvision(path: Path) -> None:
    """The files that the header names must lie beside it."""
    text = path.read_bytes().decode("latin-1")
    for key in ("DataFile", "MarkerFile"):
        found = re.search(rf"^{key}\s*=\s*(.+?)\s*$", text, flags=re.MULTILINE)
        if found is None:
            continue
        named = found[1].replace("$b", path.stem)
        if not (path.parent / named).is_file():
            raise ReadError(
                f"the header names the file {named!r}, which is not beside it; put it there, or correct the header "
                "if it was renamed",
                path=path,
                field=key,
                value=named,
            )


@contextmanager
def _told(library: str, path: Path) -> Iterator[None]:
    """Errors of a library become a ReadError, its warnings ours; those that are only about display vanish."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except MyosigError:
            raise
        except Exception as error:  # a reader may raise anything on a damaged file
            raise ReadError(f"{library} cannot read the file: {error or type(error).__name__}", path=path) from error
    for message in dict.fromkeys(
        str(w.message) for w in caught if issubclass(w.category, (RuntimeWarning, UserWarning))
    ):
        if not any(words in message for words in ABOUT_DISPLAY):
            warn(None if str(path) in message else path, message)
