"""Group bursts of several muscles into jerks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.detect.valley import find_valley
from myosig.recording import Channel
from myosig.tables import EventTable, FloatColumn, IntColumn

# Two levels, both learnt from the recording. A volley is one wave through the muscles: its onsets follow one another
# within the spread of a jerk. The slowest, 3 m/s from T6 to L3, leaves 56 ms between two muscles (criteria.md 2D),
# more where muscles between them are missing.
LINK = 0.08  # s between successive onsets of a volley where the recording shows no valley [P]
LINK_RANGE = (0.03, 0.25)  # s, where the valley between spread and repetition is looked for [P]
# A jerk may hold several volleys: cortical runs 20 ms apart (Brown & Marsden 1996 [V]), propriospinal bursts at 1-7 Hz
# (Brown 1994 [V]). Rhythmic segmental jerks at 3.5 Hz must stay apart, so repetition counts as one jerk only where the
# intervals between volleys have a short mode, a long mode and a deep valley between them.
REPEAT_RANGE = (0.12, 1.5)  # s
LONGEST_JERK = 2.0  # s: the longest propriospinal jerks last 1.9 s (Ramos 2023 [V])
SAME_INSTANT = 0.03  # s: single potentials of several muscles within it are a jerk, not fasciculations [P]


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
    link, repeat : float
        Longest onset-to-onset gap within a volley, and between volleys of one jerk, that were used; seconds.
    """

    onset: FloatColumn
    offset: FloatColumn
    lead: IntColumn
    latency: FloatColumn
    n_bursts: IntColumn
    number: IntColumn
    bursts: Bursts
    member: NDArray[np.int64]
    link: float = LINK
    repeat: float = LINK

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that were searched."""
        return self.bursts.channels

    @property
    def recruited(self) -> NDArray[np.bool_]:
        """Which muscles took part, shape (n, n_channels)."""
        return np.isfinite(self.latency)

    def __repr__(self) -> str:
        return f"<Jerks: {len(self)} jerks of {len(self.bursts)} bursts in {len(self.channels)} muscles>"


def group_jerks(bursts: Bursts) -> Jerks:
    """Group bursts that belong together into jerks.

    Bursts whose onsets follow one another closely form a volley; volleys that repeat quickly form one jerk, but only
    where the recording itself tells repetition within jerks from the rhythm of jerks: by a deep valley in the
    distribution of its intervals. What would last longer than 2 s is split again at its longest gaps.

    Parameters
    ----------
    bursts : Bursts
        Suspect bursts (cross-talk, ECG) and contractions longer than 2 s take no part. Single potentials join a
        jerk but make one only where several muscles have one at the same instant.

    Returns
    -------
    Jerks
        With `link` and `repeat`, the two gaps that were used.

    References
    ----------
    .. [1] Brown P et al. (1994). Propriospinal myoclonus. Mov Disord 9. doi:10.1002/mds.870090511
    .. [2] Ramos et al. (2023). J Clin Sleep Med. doi:10.5664/jcsm.10486

    Examples
    --------
    >>> import myosig as ms
    >>> jerks = ms.group_jerks(ms.detect_bursts(ms.simulate("segmental", seed=1, duration=60).recording))
    >>> jerks.latency.shape == (len(jerks), len(jerks.channels))
    True
    """
    usable = np.flatnonzero((bursts.suspect == "") & (bursts.duration <= LONGEST_JERK))
    onset = bursts.onset[usable]
    link = find_valley(np.diff(onset), *LINK_RANGE) or LINK
    volley = _label_by_gaps(onset, link)
    starts = onset[np.concatenate([[True], np.diff(volley) > 0])] if onset.size else onset
    repeat = _repetition_gap(starts, link)
    label = volley if repeat is None else _label_by_gaps(starts, repeat)[volley]
    label = _split_long(onset, label, link)
    kept = [rows for rows in _groups(usable, label) if _is_jerk(bursts, rows)]
    return _table(bursts, kept, link, link if repeat is None else repeat)


def _label_by_gaps(onset: NDArray[np.float64], gap: float) -> NDArray[np.int64]:
    """Number the groups that gaps longer than `gap` separate."""
    return np.concatenate([[0], np.cumsum(np.diff(onset) > gap)]).astype(np.int64)[: onset.size]


def _repetition_gap(starts: NDArray[np.float64], link: float) -> float | None:
    """The valley between repetition within jerks and the intervals between jerks, if the recording shows one."""
    low = max(REPEAT_RANGE[0], link)
    gap = find_valley(np.diff(starts), low, REPEAT_RANGE[1])
    if gap is None:
        return None
    label = _label_by_gaps(starts, gap)
    first = np.flatnonzero(np.concatenate([[True], np.diff(label) > 0]))
    last = np.concatenate([first[1:] - 1, [starts.size - 1]])
    too_long = starts[last] - starts[first] > LONGEST_JERK
    return gap if too_long.mean() < 0.05 else None  # else it is a rhythm with pauses, not repetition within jerks [P]


def _split_long(onset: NDArray[np.float64], label: NDArray[np.int64], link: float) -> NDArray[np.int64]:
    """Split groups that last too long at gaps ever shorter, down to a hundredth of a second."""
    label = label.copy()
    gap = link / 2
    while onset.size and gap > 0.01:
        begins = np.concatenate([[True], np.diff(label) > 0])
        first = np.flatnonzero(begins)
        length = np.add.reduceat(np.concatenate([[0.0], np.diff(onset)]) * ~begins, first)
        long = np.repeat(length > LONGEST_JERK, np.diff(np.concatenate([first, [onset.size]])))
        if not long.any():
            break
        breaks = begins | (long & (np.concatenate([[np.inf], np.diff(onset)]) > gap))
        label = np.cumsum(breaks) - 1
        gap /= 2
    return label


def _groups(usable: NDArray[np.int64], label: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.split(usable, np.flatnonzero(np.diff(label)) + 1) if usable.size else []


def _is_jerk(bursts: Bursts, rows: NDArray[np.int64]) -> bool:
    if (bursts.n_peaks[rows] > 1).any():
        return True
    together = bursts.onset[rows] - bursts.onset[rows[0]] <= SAME_INSTANT
    return np.unique(bursts.channel[rows[together]]).size > 1


def _table(bursts: Bursts, groups: list[NDArray[np.int64]], link: float, repeat: float) -> Jerks:
    member = np.full(len(bursts), -1, dtype=np.int64)
    latency = np.full((len(groups), len(bursts.channels)), np.nan)
    for number, rows in enumerate(groups):
        member[rows] = number
        backwards = rows[::-1]  # the earliest burst of a channel is written last and stays
        latency[number, bursts.channel[backwards]] = bursts.onset[backwards] - bursts.onset[rows[0]]
    member.setflags(write=False)
    return Jerks(
        onset=np.array([bursts.onset[rows[0]] for rows in groups]),
        offset=np.array([bursts.offset[rows].max() for rows in groups]),
        lead=np.array([bursts.channel[rows[0]] for rows in groups]),
        latency=latency,
        n_bursts=np.array([rows.size for rows in groups]),
        number=np.arange(len(groups)),
        bursts=bursts,
        member=member,
        link=link,
        repeat=repeat,
    )
