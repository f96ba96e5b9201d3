"""Where the files of a BIDS dataset are: recordings, and the tables and settings that belong to each.

References
----------
Gorgolewski KJ et al. (2016). The brain imaging data structure. Sci Data 3:160044. doi:10.1038/sdata.2016.44
Pernet CR et al. (2019). EEG-BIDS, an extension to the brain imaging data structure for electroencephalography.
Sci Data 6:103. doi:10.1038/s41597-019-0104-8
BIDS 1.11, "Electromyography": bids-specification.readthedocs.io
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from myosig.errors import ReadError

DESCRIPTION = "dataset_description.json"
SUFFIXES = {  # datatype -> suffixes of its data files; of EMG and EEG made together, EMG comes first
    "emg": (".edf", ".bdf"),
    "eeg": (".edf", ".bdf", ".vhdr", ".set"),
}
DEVICE = "recording"  # entity that tells devices apart which record at the same time
ENTITIES = ("sub", "ses", "task", "acq", "run", DEVICE)


@dataclass(frozen=True, slots=True)
class BidsFile:
    """A file named as BIDS names it.

    Attributes
    ----------
    path : Path
    entities : mapping
        ``sub``, ``ses``, ``task`` ... -> label.
    suffix : str
        The last part of the name, e.g. ``"eeg"``.
    """

    path: Path
    entities: Mapping[str, str]
    suffix: str

    @classmethod
    def of(cls, path: Path) -> BidsFile:
        """What the name of a file says."""
        *pairs, suffix = path.name.partition(".")[0].split("_")
        return cls(path, dict(pair.split("-", 1) for pair in pairs if "-" in pair), suffix)


@dataclass(frozen=True, slots=True)
class BidsRecording:
    """Data files that were recorded together: EMG, EEG or both, of one or more devices.

    Attributes
    ----------
    root : Path
        The dataset.
    entities : mapping
        What they have in common.
    files : tuple of BidsFile
        EMG first.
    """

    root: Path
    entities: Mapping[str, str]
    files: tuple[BidsFile, ...]

    @property
    def name(self) -> str:
        """The entities as BIDS writes them, ``sub-01_task-rest``."""
        return "_".join(f"{key}-{value}" for key, value in self.entities.items())


def is_bids(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is a BIDS dataset."""
    return Path(folder, DESCRIPTION).is_file()


def find_recordings(
    root: str | os.PathLike[str],
    *,
    subject: str | None = None,
    session: str | None = None,
    task: str | None = None,
    acquisition: str | None = None,
    run: str | int | None = None,
    datatype: str | None = None,
) -> tuple[BidsRecording, ...]:
    """Recordings of EMG and EEG in a BIDS dataset, those that fit what is asked for, by name.

    Files that agree in subject, session, task, acquisition and run are one recording.

    Parameters
    ----------
    root : path
        The folder that holds ``dataset_description.json``.
    subject, session, task, acquisition : str, optional
        With or without their prefix (``"01"`` or ``"sub-01"``).
    run : str or int, optional
        Leading zeros do not count.
    datatype : {"emg", "eeg"}, optional
        Only files of this kind.

    Returns
    -------
    tuple of BidsRecording
        For `read_bids` or `analyze_many`; empty where nothing fits.

    Raises
    ------
    ReadError
        If the folder is not a BIDS dataset.

    Examples
    --------
    >>> import json, pathlib, tempfile, myosig as ms
    >>> with tempfile.TemporaryDirectory() as root:
    ...     about = json.dumps({"Name": "empty", "BIDSVersion": "1.11.0"})
    ...     _ = pathlib.Path(root, "dataset_description.json").write_text(about)
    ...     ms.find_recordings(root)
    ()
    """
    top = Path(root)
    if not is_bids(top):
        raise ReadError(f"this is not the root of a BIDS dataset: it holds no {DESCRIPTION}", path=top)
    wanted = {"sub": subject, "ses": session, "task": task, "acq": acquisition, "run": run}
    asked = {key: _label(key, value) for key, value in wanted.items() if value is not None}
    together: dict[tuple[tuple[str, str], ...], list[BidsFile]] = {}
    for kind, suffixes in SUFFIXES.items():
        if datatype in (None, kind):
            paths = {*top.glob(f"sub-*/{kind}/*_{kind}.*"), *top.glob(f"sub-*/ses-*/{kind}/*_{kind}.*")}
            for file in map(BidsFile.of, sorted(p for p in paths if p.suffix.lower() in suffixes)):
                if all(_label(key, file.entities.get(key, "")) == value for key, value in asked.items()):
                    common = tuple((k, file.entities[k]) for k in ENTITIES if k in file.entities and k != DEVICE)
                    together.setdefault(common, []).append(file)
    return tuple(BidsRecording(top, dict(common), tuple(files)) for common, files in sorted(together.items()))


def sidecars(root: Path, data: BidsFile, suffix: str, extension: str) -> list[Path]:
    """Files of a suffix that apply to a data file, from the root of the dataset down to its own folder.

    A file applies if it lies in the folder of the data file or above, and names no entity that the data file does not
    share (the inheritance principle). The events of an EEG file do not apply to an EMG file beside it.
    """
    inside = data.path.relative_to(root).parent.parts
    found = []
    for depth in range(len(inside) + 1):
        folder = root.joinpath(*inside[:depth])
        here = [BidsFile.of(path) for path in sorted(folder.glob(f"*{suffix}{extension}"))]
        fitting = [f for f in here if f.suffix == suffix and f.entities.items() <= data.entities.items()]
        found += [f.path for f in sorted(fitting, key=lambda f: len(f.entities))]
    return found


def _label(key: str, value: str | int) -> str:
    """The label of an entity, without its prefix; numbers of runs without leading zeros."""
    text = str(value).removeprefix(f"{key}-")
    return text.lstrip("0") or text if key == "run" else text
