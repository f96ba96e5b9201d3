"""Results that were saved: the Analysis of a folder, without analysing anything again."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from os import PathLike
from pathlib import Path

from myosig.analysis import SCHEMA, Analysis
from myosig.archive import read_archive
from myosig.errors import MyosigWarning, ParameterError, ReadError
from myosig.io.elsewhere import Elsewhere
from myosig.recording import Recording
from myosig.storage import file_digest

SUMMARY = "analysis.json"
AGAIN = "analyse the recording again: myosig analyze RECORDING --settings settings.toml --out DIR"


def load(folder: str | PathLike[str], *, recording: Recording | None = None) -> Analysis:
    """The Analysis that was saved in a folder.

    Parameters
    ----------
    folder : path
        As `Analysis.save` or ``myosig analyze`` wrote it; or its ``analysis.json``, as in a BIDS dataset, where it goes
        by a longer name.
    recording : Recording, optional
        Where its samples are. Default: the file that was analysed, if it is still where it was, seen from the folder.
        It is opened when samples are first asked for, and must have the SHA-256 that it had.

    Returns
    -------
    Analysis
        Equal to the one that was saved; plots and reports can be made of it.

    Raises
    ------
    ReadError
        If the folder holds no results, damaged ones, or results of a version that this one does not know.
    ParameterError
        If the recording given is another one.

    Warns
    -----
    MyosigWarning
        If a table in the folder was changed since: the Analysis is that of before.

    Examples
    --------
    >>> import myosig as ms, tempfile, pathlib
    >>> result = ms.analyze(ms.simulate("segmental", seed=1, duration=60, n_eeg=0).recording)
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     result.save(pathlib.Path(parent, "results"))
    ...     again = ms.load(pathlib.Path(parent, "results"))
    >>> again.bursts.equals(result.bursts)
    True
    """
    summary = Path(folder) / SUMMARY if Path(folder).is_dir() else Path(folder)
    where, archive = summary.parent, summary.with_suffix(".npz")
    written_by = _check_schema(summary)
    if not archive.exists():
        raise ReadError(f"{archive.name} is missing (results of myosig {written_by}); {AGAIN}", path=where)
    try:
        kept = read_archive(archive)
    except ReadError as error:
        raise ReadError(f"{error}; it was written by myosig {written_by}; {AGAIN}") from error
    analysis = kept.get("analysis")
    if not isinstance(analysis, Analysis):
        raise ReadError(f"it holds no analysis; {AGAIN}", path=archive)
    _warn_of_changes(where, kept["tables"])
    found = analysis.recording
    if recording is not None:
        found = _with_samples(found, recording)
    elif isinstance(found.source, Elsewhere):
        stored = found.source.seen_from(where)
        found = replace(found, source=stored, path=stored.path)
    return replace(analysis, findings=replace(analysis.findings, recording=found))


def _check_schema(path: Path) -> str:
    """The version that wrote the results, if this one can read them."""
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        schema, version = str(head["schema"]), str(head["myosig"])
    except OSError as error:
        raise ReadError(
            f"there are no results of myosig in {path.parent} ({error.strerror or error}); give the folder that "
            "`myosig analyze --out`, or `Analysis.save`, wrote",
            path=path,
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError("this is not the analysis.json of myosig", path=path) from error
    if schema != SCHEMA:
        raise ReadError(
            f"the results are of the form {schema!r}, written by myosig {version}; this version reads {SCHEMA!r}: "
            f"use that version, or {AGAIN}",
            path=path,
            field="schema",
        )
    return version


def _warn_of_changes(folder: Path, digests: dict[str, str]) -> None:
    changed = [
        name for name, digest in digests.items() if (folder / name).exists() and file_digest(folder / name) != digest
    ]
    if changed:
        warnings.warn(
            f"{folder}: {', '.join(changed)} changed after the analysis, which is loaded as it was; to analyse "
            "corrected bursts: myosig analyze RECORDING --bursts bursts.tsv --out DIR",
            MyosigWarning,
            stacklevel=3,
        )


def _with_samples(analysed: Recording, given: Recording) -> Recording:
    """The recording that was analysed, with the samples of another object."""
    rows = [given.index(c.label) for c in analysed.channels]
    for mine, row in zip(analysed.channels, rows, strict=True):
        theirs = given.channels[row]
        if (mine.n_samples, mine.sfreq) != (theirs.n_samples, theirs.sfreq):
            raise ParameterError(
                f"this is not the recording that was analysed: {mine.label!r} had {mine.n_samples} samples at "
                f"{mine.sfreq:g} Hz, here it has {theirs.n_samples} at {theirs.sfreq:g} Hz"
            )
    return analysed.with_source(given.source, rows=[given.rows[row] for row in rows])
