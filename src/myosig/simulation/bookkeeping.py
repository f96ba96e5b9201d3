"""From what was played to the tables of the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.plan import Waves
from myosig.simulation.truth import NO_JERK, TrueBursts, TrueEegEvents, TrueJerks

Table = TypeVar("Table", TrueBursts, TrueEegEvents)


def true_waves(waves: Sequence[Waves]) -> TrueEegEvents:
    """The table of EEG events."""
    kinds = [np.full(w.time.size, w.kind, dtype=object) for w in waves]
    sites = [np.full(w.time.size, w.site, dtype=object) for w in waves]
    table = TrueEegEvents(
        time=np.concatenate([*(w.time for w in waves), np.empty(0)]),
        kind=np.concatenate([*kinds, np.empty(0, dtype=object)]),
        site=np.concatenate([*sites, np.empty(0, dtype=object)]),
        amplitude=np.concatenate([*(w.amplitude for w in waves), np.empty(0)]),
        jerk=np.concatenate([*(w.jerk for w in waves), np.empty(0, dtype=np.int64)]),
    )
    return table[np.argsort(table.time, kind="stable")]


def number_jerks(
    bursts: TrueBursts, eeg: TrueEegEvents, labels: tuple[str, ...], *, renumber: bool
) -> tuple[TrueBursts, TrueJerks, TrueEegEvents]:
    """The jerks that the bursts make up, numbered in the order of their onsets, in all three tables.

    Without `renumber` the EEG events keep their numbers: those of the silences.
    """
    jerks, number = _collect(bursts, labels)
    renumbered = _with_jerk(bursts, number)
    return renumbered, jerks, _with_jerk(eeg, number) if renumber else eeg


def _collect(bursts: TrueBursts, labels: tuple[str, ...]) -> tuple[TrueJerks, dict[int, int]]:
    """The table of jerks, and the row of each number that the bursts carry."""
    mine = bursts[bursts.jerk != NO_JERK]
    old, row = np.unique(mine.jerk, return_inverse=True)
    column = np.array([labels.index(label) for label in mine.channel], dtype=np.int64)
    first = np.full((old.size, len(labels)), np.inf)
    last = np.full(old.size, -np.inf)
    np.minimum.at(first, (row, column), mine.onset)
    np.maximum.at(last, row, mine.offset)
    onset = first.min(axis=1)
    order = np.argsort(onset, kind="stable")
    first, onset = np.where(np.isfinite(first), first, np.nan)[order], onset[order]
    lead = np.nanargmin(first, axis=1) if old.size else np.empty(0, dtype=np.int64)
    jerks = TrueJerks(onset, last[order], np.array(labels, dtype=object)[lead], first - onset[:, None])
    return jerks, {int(old[k]): place for place, k in enumerate(order)}


def _with_jerk(table: Table, number: dict[int, int]) -> Table:
    """The table with its jerks renumbered; -1 where a jerk has no burst in the recording."""
    jerk: NDArray[np.int64] = np.array([number.get(int(j), NO_JERK) for j in table.jerk], dtype=np.int64)
    return replace(table, jerk=jerk)
