"""Marks on the traces of a recording: how a burst, a jerk or a silence is written as an annotation, and read again.

An annotation that belongs to one channel is written ``text@@channel``, as EDF+ and MNE do it.
"""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.recording import Recording
from myosig.storage import whole_file, write_tsv
from myosig.tables import EventTable

if TYPE_CHECKING:
    import mne
    import neo

BURST, JERK, SILENCE = "burst", "jerk", "silence"
AT = "@@"
_MARK = re.compile(rf"({BURST}|{JERK}|{SILENCE})(?:: (.*?))?(?:{AT}(.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the text of an annotation says: ``burst: cross-talk@@EMG R APB``.

    Attributes
    ----------
    what : {"burst", "jerk", "silence"}
    remark : str
        Why it is suspect; ``""`` for nothing.
    channel : str or None
    """

    what: str
    remark: str = ""
    channel: str | None = None

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        """The mark that a text is, or None."""
        found = _MARK.fullmatch(text)
        return None if found is None else cls(found[1], found[2] or "", found[3])

    def __str__(self) -> str:
        remark = f": {self.remark}" if self.remark else ""
        return f"{self.what}{remark}" + (f"{AT}{self.channel}" if self.channel is not None else "")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarkTable(EventTable):
    """Base of the tables whose events are marks on traces: they can be shown, and corrected, in other programs."""

    @abstractmethod
    def to_marks(self) -> Annotations:
        """The events as annotations of myosig, for `Recording.with_annotations` and `write_edf`."""

    def to_annotations(self, recording: Recording | None = None) -> mne.Annotations:
        """The events as annotations of MNE, each on its channel: ``raw.set_annotations(...)``, then ``raw.plot()``.

        Parameters
        ----------
        recording : Recording, optional
            Needed only if it does not begin at 0 s: MNE counts new annotations from the first sample, and those of
            ``raw.annotations`` from 0 s, which is what `from_annotations` expects.

        Returns
        -------
        mne.Annotations
            Their description is ``"burst"``, or ``"burst: cross-talk"`` for one that is suspect, and so on.
        """
        made: mne.Annotations = import_module("myosig.io.marks").to_mne_annotations(
            self.to_marks(), 0.0 if recording is None else recording.tmin
        )
        return made

    def to_epoch(self) -> neo.Epoch:
        """The events as an Epoch of neo, labelled ``"burst@@channel"``."""
        made: neo.Epoch = import_module("myosig.io.marks").to_epoch(self.to_marks())
        return made

    def to_tsv(self, path: str | os.PathLike[str]) -> None:
        """Write the table as TSV, whole or not at all; ``n/a`` for what is missing."""
        with whole_file(path) as temporary:
            write_tsv(self.to_table(), temporary)


def annotations_of(marks: Any, recording: Recording) -> Annotations:
    """Annotations of myosig from those of MNE, an Epoch or Event of neo, or annotations of myosig."""
    found: Annotations = import_module("myosig.io.marks").marks_of(marks, recording)
    return found


def mark_each(
    what: str, onset: NDArray[np.float64], offset: NDArray[np.float64], channels: Iterable[str], remarks: Iterable[str]
) -> Annotations:
    """One annotation for each event."""
    texts = [str(Mark(what, remark, channel)) for channel, remark in zip(channels, remarks, strict=True)]
    return Annotations(onset, offset - onset, np.array(texts, dtype=object))


def marks_among(annotations: Annotations, what: str) -> Iterator[tuple[float, float, Mark]]:
    """(onset, offset, mark) of each annotation that marks such an event."""
    rows = zip(annotations.onset.tolist(), annotations.duration.tolist(), annotations.text.tolist(), strict=True)
    for onset, duration, text in rows:
        mark = Mark.parse(text)
        if mark is not None and mark.what == what:
            yield onset, onset + duration, mark


def without_marks(recording: Recording) -> Recording:
    """The recording without the marks that `myosig annotate` has left in it, each on a channel that it has."""
    marks = [Mark.parse(text) for text in recording.annotations.text.tolist()]
    ours = np.array([mark is not None and mark.channel in recording.labels for mark in marks], dtype=bool)
    return recording.with_annotations(recording.annotations[~ours]) if ours.any() else recording
