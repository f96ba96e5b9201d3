"""From what results are made, and results of stages that are kept until an analysis is done."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

from myosig import __version__
from myosig.archive import read_archive, write_archive
from myosig.errors import ReadError
from myosig.io.join import JoinedSource
from myosig.recording import Recording
from myosig.settings import Settings
from myosig.storage import file_digest, whole_file

HEADERS, NAMING = {".vhdr", ".hea"}, 1 << 16  # text files whose first bytes name the files of the samples
LONG = 3600.0  # s: a shorter recording is analysed again sooner than its file is hashed and its stages are written
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Results of the stages of one analysis, so that one that was interrupted goes on where it was.

    Attributes
    ----------
    folder : Path or None
        Where they are kept; None keeps nothing.
    mark : str
        From what they are made (`fingerprint`); what another mark stands for is not used.
    digests : mapping of Path to str
        SHA-256 of files that were hashed for the mark.
    """

    folder: Path | None = None
    mark: str = ""
    digests: Mapping[Path, str] = field(default_factory=dict)

    @classmethod
    def of(cls, recording: Recording, inputs: Sequence[Path], settings: Settings, folder: Path) -> Checkpoint:
        """Kept in that folder for a long recording of those files; else nothing is kept."""
        if recording.duration < LONG:
            return cls()
        digests = digest_inputs(inputs)
        return cls(folder, fingerprint(recording, digests, settings), digests)

    def stage(self, name: str, compute: Callable[[], T]) -> T:
        """The result of a stage: as it was kept, or computed and kept."""
        if self.folder is None:
            return compute()
        path = self.folder / f"{name}-{self.mark}.npz"
        with suppress(ReadError):
            return cast(T, read_archive(path)["result"])
        result = compute()
        self.folder.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            write_archive(temporary, {"result": result})
        return result

    def clear(self) -> None:
        """The analysis is done: remove them."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def digest_inputs(inputs: Sequence[Path]) -> dict[Path, str]:
    """SHA-256 of the files of a recording, and of those beside them that share their name or that they name."""
    return {file: file_digest(file) for path in inputs for file in _companions(path)}


def fingerprint(recording: Recording, digests: Mapping[Path, str], settings: Settings) -> str:
    """A text that stays the same as long as a recording, its settings and myosig give the same results.

    Parameters
    ----------
    recording : Recording
        What it says of its channels, marks and gaps counts, wherever that came from (header, sidecars, statements).
    digests : mapping of Path to str
        From `digest_inputs`.
    settings : Settings

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    digest = hashlib.sha256()
    told = replace(settings, reading=recording.reading).to_dict()
    digest.update(json.dumps([__version__, told], sort_keys=True, default=str).encode())
    digest.update(_described(recording).encode())
    for file, content in digests.items():
        digest.update(f"{file.name}\0{content}\0".encode())
    return digest.hexdigest()


def _described(recording: Recording) -> str:
    """What the recording says besides its samples."""
    marks, source = recording.annotations, recording.source
    return repr(
        (
            recording.channels,
            list(recording.layout),
            list(recording.segments),
            (marks.onset.tolist(), marks.duration.tolist(), marks.text.tolist()),
            recording.start_time,
            source.parts if isinstance(source, JoinedSource) else None,
        )
    )


def _companions(path: Path) -> Iterator[Path]:
    head = path.read_bytes()[:NAMING] if path.suffix.lower() in HEADERS else b""
    for file in sorted(path.parent.iterdir()):
        if (file.stem == path.stem or file.name.encode() in head) and file.is_file():
            yield file
