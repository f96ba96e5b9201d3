"""What MNE-Python and neo read, opened lazily through the bridges; which suffix goes to whom stands in two tables."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myosig.errors import MyosigError, ReadError
from myosig.io import brainvision, mne_bridge, neo_bridge
from myosig.io.files import DataFile, warn
from myosig.io.stated import Stated
from myosig.io.wfdb_record import read_wfdb
from myosig.recording import Recording

if TYPE_CHECKING:
    import mne

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
    ".dap": "Curry",
    ".nedf": "Neuroelectrics",
}
NEO_READERS = {
    ".smr": "Spike2IO",
    ".smrx": "CedIO",
    ".abf": "AxonIO",
    ".ns1": "BlackrockIO",
    ".ns2": "BlackrockIO",
    ".ns3": "BlackrockIO",
    ".ns4": "BlackrockIO",
    ".ns5": "BlackrockIO",
    ".ns6": "BlackrockIO",
    ".rhd": "IntanIO",
    ".rhs": "IntanIO",
    ".nex": "NeuroExplorerIO",
    ".axgx": "AxographIO",
    ".wcp": "WinWcpIO",
    ".edr": "WinEdrIO",
    ".trc": "MicromedIO",
}
WITHOUT_MARKS = ("AxonIO",)  # readers of neo that give every mark to every sweep, at a wrong time
ANT_MAGIC = (b"RIFF", b"RF64")
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
    path = _header_beside(file.path)
    suffix = path.suffix.lower()
    if suffix in (*MNE_SUFFIXES, *NEO_READERS):
        stated.refuse(file.path, "sfreq", "unit", "labels", "layout", "variable")
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
    suffix = path.suffix.lower()
    is_brainvision = suffix in brainvision.SUFFIXES
    if is_brainvision:
        brainvision.check_files(path)
    with _told("MNE-Python", path):
        return mne_bridge.recording_of(
            _opened_by_mne(path),
            statements=stated.statements,
            path=path,
            name=path.name,
            trust_eeg=suffix in TRUSTED_TYPES,
            units=brainvision.units_of(path) if is_brainvision else {},
        )


def _opened_by_mne(path: Path) -> mne.io.BaseRaw:
    """The file, by the reader of its suffix; two makers share ``.cnt``, and its first bytes tell them apart."""
    import mne

    if path.suffix.lower() != ".cnt":
        return mne.io.read_raw(path, preload=False, verbose="error")
    is_ant = DataFile.at(path).read_bytes(0, 4) in ANT_MAGIC
    return (mne.io.read_raw_ant if is_ant else mne.io.read_raw_cnt)(path, preload=False, verbose="error")


def _by_neo(path: Path, reader: str, stated: Stated) -> Recording:
    import neo

    with _told("neo", path):
        opened: Any = getattr(neo.io, reader)(str(path))
        block = opened.read_block(lazy=bool(opened.support_lazy))
        if reader in WITHOUT_MARKS and any(event.shape[0] for s in block.segments for event in s.events):
            warn(path, "its marks (tags) are left out: neo gives neither their times nor their texts right")
            for segment in block.segments:
                segment.events.clear()
        return neo_bridge.recording_of(block, statements=stated.statements, path=path, name=path.name)


@contextmanager
def _told(library: str, path: Path) -> Iterator[None]:
    """Errors of a library become a ReadError, its warnings ours; what is only about display or progress vanishes."""
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        warnings.simplefilter("always")
        try:
            yield
        except MyosigError:
            raise
        except Exception as error:  # a reader may raise anything on a damaged file
            raise ReadError(f"{library} cannot read the file: {_in_short(error)}", path=path) from error
    for message in dict.fromkeys(
        str(w.message) for w in caught if issubclass(w.category, (RuntimeWarning, UserWarning))
    ):
        if not any(words in message for words in ABOUT_DISPLAY):
            warn(None if str(path) in message else path, message)


def _in_short(error: Exception) -> str:
    """What an error says, without a traceback that it carries."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("File ", "raise ", "Traceback"))]
    return " ".join(said) or type(error).__name__
