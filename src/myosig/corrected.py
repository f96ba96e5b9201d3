"""Files of marks that a person has corrected: tables, marked EDF files, what MNE has saved."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.errors import MyosigWarning, ParameterError, ReadError
from myosig.io.marks import read_marks
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts
from myosig.storage import read_tsv

TABLES = (".tsv",)


def read_bursts(path: str | os.PathLike[str], recording: Recording, *, artefacts: Artefacts | None = None) -> Bursts:
    """Read bursts that were marked or corrected by hand.

    Parameters
    ----------
    path : path
        A TSV file with the columns onset, duration (s) and channel, such as ``bursts.tsv`` of an analysis; an EDF+ or
        BDF+ file with annotations ``burst@@CHANNEL``, as `myosig annotate` writes them; or annotations that
        MNE-Python has saved (``-annot.fif``, ``.csv``, ``.txt``).
    recording : Recording
        What is not known of a mark is measured from its samples.
    artefacts : Artefacts, optional
        From `signals.cleaning.find_artefacts`, where it was called already.

    Returns
    -------
    Bursts
        See `Bursts.from_annotations`.

    Raises
    ------
    ReadError
        If the file cannot be read, or a mark in it makes no sense; the message says which.

    Warns
    -----
    MyosigWarning
        If no burst is marked in it.

    Examples
    --------
    >>> import myosig as ms, tempfile, pathlib
    >>> recording = ms.simulate("segmental", seed=3, duration=20, n_eeg=0).recording
    >>> bursts = ms.detect_bursts(recording)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     bursts[1:].to_tsv(pathlib.Path(folder, "bursts.tsv"))
    ...     corrected = ms.read_bursts(pathlib.Path(folder, "bursts.tsv"), recording)
    >>> corrected.equals(bursts[1:])
    True
    """
    try:
        if Path(path).suffix.lower() in TABLES:
            bursts = Bursts.from_frame(read_tsv(path), recording, artefacts=artefacts)
        else:
            bursts = Bursts.from_annotations(read_marks(path), recording, artefacts=artefacts)
    except ParameterError as error:
        raise ReadError(str(error), path=path) from None
    if not len(bursts):
        warnings.warn(f"{path}: no burst is marked in it", MyosigWarning, stacklevel=2)
    return bursts


def read_jerks(path: str | os.PathLike[str], bursts: Bursts, recording: Recording) -> Jerks:
    """Read jerks that were marked or corrected by hand, from any file that `read_bursts` reads; ``jerk`` marks them.

    Parameters
    ----------
    path : path
        In a TSV file the columns onset and duration (s) count.
    bursts : Bursts
        What the jerks are made of; see `Jerks.from_annotations`.
    recording : Recording

    Returns
    -------
    Jerks

    Raises
    ------
    ReadError
        If the file cannot be read, or no burst begins within a jerk.

    Examples
    --------
    >>> import pathlib, tempfile, myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> bursts = ms.detect_bursts(recording)
    >>> jerks = ms.group_jerks(bursts)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     jerks.to_tsv(pathlib.Path(folder, "jerks.tsv"))
    ...     again = ms.read_jerks(pathlib.Path(folder, "jerks.tsv"), bursts, recording)
    >>> len(again) == len(jerks)
    True
    """
    try:
        if Path(path).suffix.lower() in TABLES:
            return Jerks.from_frame(read_tsv(path), bursts)
        return Jerks.from_annotations(read_marks(path), bursts, recording)
    except ParameterError as error:
        raise ReadError(str(error), path=path) from None
