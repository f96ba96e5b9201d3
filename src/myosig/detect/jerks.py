"""Group bursts of several muscles into jerks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.recording import Channel
from myosig.tables import EventTable, FloatColumn, IntColumn


@dataclass(frozen=True, slots=True, eq=False)
class Jerks(EventTable):
    """Jerks, sorted by onset.

    Attributes
    ----------
    onset, offset : ndarray of float, shape (n,)
        First burst onset and last burst offset, seconds.
    lead : ndarray of int
        Index into `channels` of the muscle whose burst began first.
    latency : ndarray of float, shape (n, n_channels)
        Onset of each muscle's first burst in the jerk minus the jerk's onset, seconds; NaN = not recruited.
    n_bursts : ndarray of int
        Bursts in the jerk, all muscles: more than the muscles means repeated bursts within it.
    bursts : Bursts
        All bursts that were looked at.
    member : ndarray of int, shape (len(bursts),)
        For each burst the row of its jerk in the table as grouped, or -1 (a single potential, or suspect).
        Row numbers refer to `number`.
    number : ndarray of int
        The row each jerk had when it was grouped; stays with it when the table is cut down.
    """

    onset: FloatColumn
    offset: FloatColumn
    lead: IntColumn
    latency: FloatColumn
    n_bursts: IntColumn
    number: IntColumn
    bursts: Bursts
    member: NDArray[np.int64]

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that were searched."""
        return self.bursts.channels

    @property
    def recruited(self) -> NDArray[np.bool_]:
        """Which muscles took part, shape (n, n_channels)."""
        return np.isfinite(self.latency)


def group_jerks(bursts: Bursts) -> Jerks:
    """Group bursts that belong together into jerks."""
    raise NotImplementedError
