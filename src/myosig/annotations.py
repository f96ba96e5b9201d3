"""Marks that came with a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myosig.tables import EventTable, FloatColumn, TextColumn


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Annotations(EventTable):
    """Marks that came with the recording: sleep stages, stimuli, comments.

    Attributes
    ----------
    onset, duration : ndarray of float, shape (n,)
        Seconds; duration 0 for a point in time.
    text : ndarray of object, shape (n,)
        What was written.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> notes = ms.Annotations([0.0, 30.0], [30.0, 30.0], np.array(["W", "N1"], dtype=object))
    >>> notes[notes.onset >= 30].text.tolist()
    ['N1']
    """

    onset: FloatColumn
    duration: FloatColumn
    text: TextColumn

    @classmethod
    def empty(cls) -> Annotations:
        """No annotations."""
        return cls(onset=np.empty(0), duration=np.empty(0), text=np.empty(0, dtype=object))
