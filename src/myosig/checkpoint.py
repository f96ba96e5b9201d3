"""From what results are made: whether they are those of this recording, and these settings, still."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from myosig import __version__
from myosig.recording import Recording
from myosig.settings import Settings
from myosig.storage import file_digest


def fingerprint(recording: Recording, inputs: Sequence[Path], settings: Settings) -> str:
    """A text that stays the same as long as a recording, its settings and myosig give the same results.

    Parameters
    ----------
    recording : Recording
        What it says of its channels, marks and gaps counts, wherever that came from (header, sidecars, statements).
    inputs : sequence of Path
        The files of its samples; those beside them that differ in the suffix only count as well.
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
    for path in inputs:
        for file in _companions(path):
            digest.update(f"{file.name}\0{file_digest(file)}\0".encode())
    return digest.hexdigest()


def _described(recording: Recording) -> str:
    """What the recording says besides its samples."""
    marks = recording.annotations
    return repr(
        (
            recording.channels,
            list(recording.layout),
            list(recording.segments),
            (marks.onset.tolist(), marks.duration.tolist(), marks.text.tolist()),
            recording.start_time,
        )
    )


def _companions(path: Path) -> Iterator[Path]:
    for file in sorted(path.parent.iterdir()):
        if file.stem == path.stem and file.is_file():
            yield file
