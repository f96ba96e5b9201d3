"""The samples of a recording whose results were loaded: in the file that they came from, if it is still there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from myosig.errors import ReadError
from myosig.io.reader import read
from myosig.recording import Recording
from myosig.samples import Samples, Source
from myosig.storage import file_digest


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A source that opens the file when samples are asked for, and makes sure that it is the file it was.

    Attributes
    ----------
    path : Path or None
        None where the recording was in memory, or its path was not to be kept.
    sha256 : str or None
    reading : mapping
        What `read` was told of the file.
    channels : mapping of int to (str, int)
        Label in the file and number of samples, by row of the source.
    """

    path: Path | None
    sha256: str | None
    reading: Mapping[str, Any]
    channels: Mapping[int, tuple[str, int]]
    _opened: list[Source] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, recording: Recording, sha256: str | None, *, seen_from: Path) -> Elsewhere:
        """Where the samples of a recording are, its path as seen from a folder.

        A recording that goes by another name than its file's is not to be found by it: no path is kept.
        """
        channels = {
            row: (c.original_label, c.n_samples) for row, c in zip(recording.rows, recording.channels, strict=True)
        }
        path = recording.path if recording.path is not None and recording.path.name == recording.name else None
        return cls(None if path is None else _relative(path, seen_from), sha256, recording.reading, channels)

    def seen_from(self, folder: Path) -> Elsewhere:
        """The same, with its path as seen from the working directory."""
        return self if self.path is None else replace(self, path=Path(os.path.normpath(folder / self.path)))

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Samples of the file; see `Source`.

        Raises
        ------
        ReadError
            If the file is not there, or is not the one that was analysed.
        """
        if not self._opened:
            self._opened.append(self._open())
        return self._opened[0].read(rows, start, stop)

    def _open(self) -> Source:
        hint = "give the recording: load(folder, recording=read(...)), or --recording FILE"
        if self.path is None:
            raise ReadError(f"the samples of this recording are not with its results; {hint}")
        if not self.path.is_file():
            raise ReadError(f"the recording is no longer there; {hint}", path=self.path)
        if file_digest(self.path) != self.sha256:
            raise ReadError("the file is not the one that was analysed: its SHA-256 differs", path=self.path)
        opened = read(self.path, **self.reading)
        there = {row: (c.original_label, c.n_samples) for row, c in zip(opened.rows, opened.channels, strict=True)}
        if not self.channels.items() <= there.items():
            raise ReadError(f"the samples are not all in this file, or not as it is read now; {hint}", path=self.path)
        return opened.source


def _relative(path: Path, folder: Path) -> Path:
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute()))
    except ValueError:  # on another drive
        return path.absolute()
