"""Group bursts of several muscles into jerks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.detect import _timing_kernels
from myosig.detect.bursts import Bursts
from myosig.detect.gaps import quietest, short_limit
from myosig.detect.related import related_channels
from myosig.marks import JERK, MarkTable, annotations_of, mark_each, marks_among
from myosig.recording import Recording
from myosig.tables import FloatColumn, IntColumn

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SUSTAINED = 1.0  # s: jerks are shorter; spinal bursts last up to about 1 s (criteria.md 1A) [M]
SILENCE = (0.03, 0.15)  # s of silence within a volley: 150 ms is 430 mm at 3 m/s, the slowest propriospinal [D]
USUAL_SILENCE = 0.1  # s, where the recording does not say [P]
REPEAT = 0.1  # s after which a muscle does not come again in a volley: cortical runs are 20 ms, or 50-80 ms, apart [V]
FRAGMENT = 0.035  # s of silence that may be a hole in one burst [P]
LONGEST_REPEAT = 1.2  # s between volleys of one jerk: propriospinal bursts repeat at 1-7 Hz (Brown 1994) [V]
LARGE = 0.5  # of the muscles of the upper quarter of volleys, for a volley to tell how jerks repeat [P]
MOST_REPEATS = 8  # bursts of one muscle in a jerk; more is a train of jerks [P]
TRAIN_SHARE = 0.05  # of volleys that may lie in longer runs before all count as jerks of their own [P]
NO_JERK = -1


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Jerks(MarkTable):
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
        For each burst the row of its jerk in the table as grouped, or -1 (a single potential by itself, sustained,
        suspect, or two that ran together). Row numbers refer to `number`.
    number : ndarray of int
        The row each jerk had when it was grouped; stays with it when the table is cut down.
    n_volleys : ndarray of int
        Volleys in the jerk: how often it was repeated (propriospinal bursts at 1-7 Hz, a triphasic movement).
    volley : ndarray of int, shape (len(bursts),)
        For each burst its volley, counted in the order of onset, or -1.
    silence_limit : float
        Seconds of silence that end a volley, as learnt from this recording.
    repeat_limit : float or None
        Seconds within which a volley belongs to the jerk of the one before; None = every volley is a jerk.

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> jerks = ms.group_jerks(ms.detect_bursts(recording))
    >>> jerks.latency.shape == (len(jerks), len(jerks.channels))
    True
    """

    onset: FloatColumn
    offset: FloatColumn
    lead: IntColumn
    latency: FloatColumn
    n_bursts: IntColumn
    number: IntColumn
    bursts: Bursts
    member: NDArray[np.int64]
    n_volleys: IntColumn
    volley: NDArray[np.int64]
    silence_limit: float
    repeat_limit: float | None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that were searched."""
        return self.bursts.channels

    @property
    def recruited(self) -> NDArray[np.bool_]:
        """Which muscles took part, shape (n, n_channels)."""
        return np.isfinite(self.latency)

    def to_frame(self) -> pd.DataFrame:
        """As `to_table`: a row a jerk."""
        return self.to_table()

    def to_table(self) -> pd.DataFrame:
        """As `jerks.tsv` holds it: who led, who took part in which order, with which latencies."""
        import pandas as pd

        labels = [channel.label for channel in self.channels]
        orders = [_recruitment_order(latency) for latency in self.latency]
        return pd.DataFrame(
            {
                "onset": self.onset,
                "duration": self.offset - self.onset,
                "lead": [labels[i] for i in self.lead],
                "n_channels": [len(order) for order in orders],
                "channels": [",".join(labels[i] for i in order) for order in orders],
                "latencies_ms": [
                    ",".join(f"{1000 * latency[i]:.2f}" for i in order)
                    for order, latency in zip(orders, self.latency, strict=True)
                ],
            }
        )

    def to_marks(self) -> Annotations:
        """As annotations of myosig, on the muscle that led: ``jerk@@EMG R APB``."""
        lead = [self.channels[i].label for i in self.lead]
        return mark_each(JERK, self.onset, self.offset, lead, [""] * len(self))

    @classmethod
    def from_annotations(cls, marks: Any, bursts: Bursts, recording: Recording) -> Jerks:
        """Jerks from marks that were set or corrected by hand.

        Parameters
        ----------
        marks : mne.Annotations, neo.Epoch or myosig.Annotations
            Those called ``"jerk"`` count, each once for its times, whatever its channel.
        bursts : Bursts
        recording : Recording
            Whose clock the marks refer to.

        Returns
        -------
        Jerks
            A mark left where `group_jerks` puts it is that jerk. Any other takes the bursts that begin within it, are
            not suspect and belong to none of the former; it lasts from the first onset to the last offset of these.

        Raises
        ------
        ParameterError
            If no burst begins within a mark.
        """
        from myosig.detect.marked import regroup

        notes = annotations_of(marks, recording)
        times = sorted({(onset, offset) for onset, offset, _ in marks_among(notes, JERK)})
        return regroup(bursts, [onset for onset, _ in times], [offset for _, offset in times])

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, bursts: Bursts) -> Jerks:
        """Jerks from a table that was made or corrected by hand; see `from_annotations`.

        Parameters
        ----------
        frame : DataFrame
            With the columns onset and duration (or offset), in seconds; the others are not read.
        bursts : Bursts
            What the jerks are made of.

        Returns
        -------
        Jerks

        Raises
        ------
        ParameterError
            If a column is missing, a value is not a number, or no burst begins within a jerk.
        """
        from myosig.detect.marked import event_times, regroup

        return regroup(bursts, *event_times(frame))


def group_jerks(bursts: Bursts) -> Jerks:
    """Group bursts that belong together into jerks.

    In two steps, with limits that are learnt from the recording. Bursts of related muscles that follow each other
    without a pause make a *volley*; the pause that ends it is the emptiest place between 30 and 150 ms among the
    silences of this recording. Volleys that are repeated a few times at intervals clearly shorter than the pauses
    between such runs make one *jerk* (propriospinal bursts at 1-7 Hz, a triphasic movement); where they go on
    and on, as in rhythmic segmental myoclonus, each is a jerk of its own. Muscles are related unless they coincide
    no more often than their rates let expect.

    Parameters
    ----------
    bursts : Bursts
        Without any, there are no jerks.

    Returns
    -------
    Jerks
        The latency of a muscle that took no part in a jerk is NaN.
        Bursts that are `suspect`, last for a second or longer, or are still on when the others of their volley come
        again (those of two jerks that ran together) belong to no jerk; single potentials (`n_peaks` of at most 1)
        belong to one only together with another muscle.

    Notes
    -----
    Runs of up to eight volleys are one jerk only if pauses of at least twice (below ten intervals: three times)
    their interval divide them. A train of jerks that comes in such short bouts cannot be told from it.

    Examples
    --------
    >>> import myosig as ms
    >>> sim = ms.simulate("segmental", seed=3, duration=30, n_eeg=0)
    >>> jerks = ms.group_jerks(ms.detect_bursts(sim.recording))
    >>> bool((jerks.offset > jerks.onset).all())
    True
    """
    rows = np.flatnonzero((bursts.suspect == "") & (bursts.duration < SUSTAINED))
    rows = rows[np.argsort(bursts.onset[rows], kind="stable")]
    onset, offset, channel = bursts.onset[rows], bursts.offset[rows], bursts.channel[rows]
    related = related_channels(onset, channel, len(bursts.channels))
    silence = quietest(_silences(onset, offset), low=SILENCE[0], high=SILENCE[1], usual=USUAL_SILENCE)
    volley = _timing_kernels.volleys(onset, offset, channel, related, silence, REPEAT, FRAGMENT, MOST_REPEATS)
    volley = _part_repeats(onset, channel, volley)
    keep = _more_than_a_potential(volley, channel, bursts.n_peaks[rows])[volley]
    rows, onset, offset = rows[keep], onset[keep], offset[keep]
    channel, volley = channel[keep], _renumber(volley[keep])
    member = _who_takes_part(channel, volley, len(related))
    interval, before = _intervals_before(onset, volley, member, related)
    limit = _repeat_limit(_between_large(onset, volley, member, related), interval, before, member)
    first = _chain(interval, before, limit)
    keep = ~_run_together(onset, offset, channel, volley, member, first)
    return tabulate_jerks(bursts, rows[keep], volley[keep], first[volley][keep], silence, limit)


def _silences(onset: Floats, offset: Floats) -> Floats:
    """From the latest offset so far to each onset; not positive where bursts overlap."""
    return onset[1:] - np.maximum.accumulate(offset)[:-1]


def _part_repeats(onset: Floats, channel: Ints, volley: Ints) -> Ints:
    """Part a volley where, after a pause, most of its muscles come again: one of them was not seen to fall silent."""
    order = np.argsort(volley, kind="stable")
    pause = np.diff(onset[order]) > REPEAT
    begins = np.diff(volley[order], prepend=NO_JERK, append=NO_JERK) != 0
    edge = np.flatnonzero(begins | np.concatenate([[False], pause, [False]]))
    out = volley.copy()
    before: set[int] = set()
    for low, high in pairwise(edge.tolist()):
        piece = order[low:high]
        muscles = set(channel[piece].tolist())
        if begins[low]:
            number, before = volley[piece[0]], muscles
        elif len(before & muscles) >= max(2, len(before) / 2):
            number, before = out.size + low, muscles
        else:
            before |= muscles
        out[piece] = number
    return _renumber(out)


def _run_together(
    onset: Floats, offset: Floats, channel: Ints, volley: Ints, member: NDArray[np.bool_], first: Ints
) -> NDArray[np.bool_]:
    """Bursts in which those of two jerks ran together: the other muscles come again meanwhile, and without this one."""
    start = np.full(len(member), np.inf)
    np.minimum.at(start, volley, onset)
    half = float(np.median(offset - onset)) / 2 if onset.size else 0.0
    order = np.argsort(start, kind="stable")
    low = np.searchsorted(start[order], onset + REPEAT)
    high = np.searchsorted(start[order], offset - half)
    out = np.zeros(onset.size, dtype=bool)
    for i in np.flatnonzero(high > low).tolist():
        others = member[volley[i]].sum() - 1
        for w in order[low[i] : high[i]].tolist():
            again = (member[volley[i]] & member[w]).sum() >= max(1, others / 2)
            out[i] |= again and not member[w, channel[i]] and first[w] != first[volley[i]]
    return out


def _more_than_a_potential(volley: Ints, channel: Ints, n_peaks: Ints) -> NDArray[np.bool_]:
    """For each volley, whether it holds a burst of several potentials, or potentials of several muscles."""
    n = int(volley.max(initial=-1)) + 1
    burst = np.zeros(n, dtype=bool)
    np.logical_or.at(burst, volley, n_peaks > 1)
    muscles = np.unique(np.stack([volley, channel]), axis=1)[0]
    return burst | (np.bincount(muscles, minlength=n) > 1)


def _renumber(number: Ints) -> Ints:
    """The same groups, numbered 0, 1, ... in the order of their first member."""
    _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[inverse]


def _who_takes_part(channel: Ints, volley: Ints, n_channels: int) -> NDArray[np.bool_]:
    member = np.zeros((int(volley.max(initial=-1)) + 1, n_channels), dtype=bool)
    member[volley, channel] = True
    return member


def _intervals_before(
    onset: Floats, volley: Ints, member: NDArray[np.bool_], related: NDArray[np.bool_]
) -> tuple[Floats, Ints]:
    """Time since the latest earlier volley of related muscles, and which it is; infinity and -1 for none."""
    n = len(member)
    start = np.full(n, np.inf)
    np.minimum.at(start, volley, onset)
    number = np.where(member, np.arange(n)[:, None], -1)
    latest = np.maximum.accumulate(np.concatenate([np.full((1, len(related)), -1), number]), axis=0)[:-1]
    before = np.where(member @ related, latest, -1).max(axis=1, initial=-1)
    return np.where(before >= 0, start - start[before], np.inf) if n else start, before


def _between_large(onset: Floats, volley: Ints, member: NDArray[np.bool_], related: NDArray[np.bool_]) -> Floats:
    """Intervals between volleys of many muscles: a stray burst between two jerks must not hide how they repeat."""
    if not len(member):
        return np.empty(0)
    size = member.sum(axis=1)
    large = size >= LARGE * np.quantile(size, 0.75)
    chosen = large[volley]
    interval, _ = _intervals_before(onset[chosen], _renumber(volley[chosen]), member[large], related)
    return interval[np.isfinite(interval)]


def _repeat_limit(between_large: Floats, interval: Floats, before: Ints, member: NDArray[np.bool_]) -> float | None:
    """The interval that divides repeats within a jerk from the next jerk, if there are such repeats."""
    limit = short_limit(interval[np.isfinite(interval)], longest=LONGEST_REPEAT)
    limit = limit if limit is not None else short_limit(between_large, longest=LONGEST_REPEAT)
    if limit is None:
        return None
    repeats = np.zeros(member.shape, dtype=np.int64)
    np.add.at(repeats, _chain(interval, before, limit), member)
    longest = repeats.max(axis=1)[repeats.any(axis=1)]
    in_trains = longest[longest > MOST_REPEATS].sum()
    return limit if in_trains <= TRAIN_SHARE * longest.sum() else None


def _chain(interval: Floats, before: Ints, limit: float | None) -> Ints:
    """For each volley, the first volley of its jerk."""
    first = np.arange(interval.size)
    for v in np.flatnonzero(interval <= limit) if limit is not None else ():
        first[v] = first[before[v]]
    return first


def tabulate_jerks(
    bursts: Bursts, rows: Ints, volley: Ints, jerk: Ints, silence_limit: float, repeat_limit: float | None
) -> Jerks:
    """The table of jerks from the rows of their bursts, with any number for each volley and each jerk."""
    volley, jerk = _renumber(volley), _renumber(jerk)
    n, n_channels = int(jerk.max(initial=-1)) + 1, len(bursts.channels)
    first = np.full((n, n_channels), np.inf)
    np.minimum.at(first, (jerk, bursts.channel[rows]), bursts.onset[rows])
    offset = np.full(n, -np.inf)
    np.maximum.at(offset, jerk, bursts.offset[rows])
    onset = first.min(axis=1, initial=np.inf)
    return Jerks(
        onset=onset,
        offset=offset,
        lead=first.argmin(axis=1) if n else np.empty(0, dtype=np.int64),
        latency=np.where(np.isfinite(first), first - onset[:, None], np.nan),
        n_bursts=np.bincount(jerk, minlength=n),
        number=np.arange(n),
        bursts=bursts,
        member=_spread_out(jerk, rows, len(bursts)),
        n_volleys=np.bincount(np.unique(np.stack([jerk, volley]), axis=1)[0], minlength=n),
        volley=_spread_out(volley, rows, len(bursts)),
        silence_limit=silence_limit,
        repeat_limit=repeat_limit,
    )


def _recruitment_order(latency: Floats) -> list[int]:
    order = np.argsort(latency, kind="stable")
    return [int(i) for i in order if np.isfinite(latency[i])]


def _spread_out(values: Ints, rows: Ints, n: int) -> Ints:
    out = np.full(n, NO_JERK, dtype=np.int64)
    out[rows] = values
    out.setflags(write=False)
    return out
