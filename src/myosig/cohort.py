"""Which recordings are meant: by files, folders, BIDS datasets and lists."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from myosig.errors import MyosigError, ReadError
from myosig.io.bids import open_recording
from myosig.io.bids_layout import BidsRecording, find_recordings, is_bids
from myosig.io.files import DataFile
from myosig.io.foreign import MNE_SUFFIXES, NEO_READERS
from myosig.io.identity import HEAD, public_name
from myosig.io.reader import read
from myosig.recording import Recording

LIST = ".txt"
COMMENT = "#"
SUFFIXES = {".edf", ".bdf", ".xdf", ".hea", ".c3d", ".nwb", *MNE_SUFFIXES, *NEO_READERS}  # that say all by themselves


@dataclass(frozen=True, slots=True)
class Member:
    """One recording of a cohort.

    Attributes
    ----------
    name : str
        No other has it.
    what : Path or BidsRecording
        What opens as it.
    inputs : tuple of Path
        The files of its samples.
    hidden : bool
        Whether they name a patient, and `name` is a pseudonym.
    """

    name: str
    what: Path | BidsRecording
    inputs: tuple[Path, ...]
    hidden: bool = False


def find_members(paths: Iterable[str | os.PathLike[str]], *, keep_identity: bool = False) -> list[Member]:
    """The recordings that paths stand for.

    Parameters
    ----------
    paths : iterable of path
        A BIDS dataset stands for all its recordings; another folder for all files in it, at any depth, whose suffix is
        that of a format that needs no further statement; a ``.txt`` file for the paths it lists, one a line, from its
        own place; any other path for itself.
    keep_identity : bool
        Whether to call a file by its name even where this names the patient.

    Raises
    ------
    ReadError
        If a list cannot be read.
    """
    members: list[Member] = []
    taken: set[str] = set()
    for member in (member for path in paths for member in _members(Path(path))):
        shown = member if keep_identity else _public(member)
        candidates = (shown.name if k == 1 else f"{shown.name}-{k}" for k in count(1))
        name = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(name)
        members.append(replace(shown, name=name))
    return members


def open_member(what: Path | BidsRecording, **how: Any) -> Recording:
    """A file, as `read`; or a recording of a BIDS dataset."""
    return open_recording(what, **how) if isinstance(what, BidsRecording) else read(what, **how)


def folder_name(file: Path) -> str:
    """What results call a file; one that cannot be read will say so later."""
    try:
        return public_name(file, DataFile.at(file).read_bytes(0, HEAD))
    except MyosigError:
        return file.name


def _public(member: Member) -> Member:
    """A member under a name that names no patient."""
    if isinstance(member.what, BidsRecording):
        return member
    public = folder_name(member.what)
    return member if public == member.what.name else replace(member, name=public, hidden=True)


def _members(path: Path) -> Iterator[Member]:
    if is_bids(path):
        for found in find_recordings(path):
            yield Member(found.name, found, tuple(file.path for file in found.files))
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.suffix.lower() in SUFFIXES and file.is_file() and not hidden:
                yield Member(file.relative_to(path).with_suffix("").as_posix(), file, (file,))
    elif path.suffix.lower() == LIST:
        for line in _lines(path):
            yield from _members(path.parent / line)
    else:
        yield Member(path.stem, path, (path,))


def _lines(path: Path) -> list[str]:
    """What a list holds, without comments and blank lines."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeError) as error:
        raise ReadError(f"the list of recordings cannot be read: {error}", path=path) from error
    return [line for line in lines if line and not line.startswith(COMMENT)]
