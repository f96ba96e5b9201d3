"""Group bursts of several muscles into jerks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.detect.bursts import Bursts
from myosig.detect.related import related_channels
from myosig.detect.volleys import find_volleys, join_repeats, more_than_a_potential, renumber, run_together
from myosig.marks import JERK, MarkTable, annotations_of, mark_each, marks_among
from myosig.recording import Recording
from myosig.tables import FloatColumn, IntColumn

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SUSTAINED = 1.0  # s: jerks are shorter; spinal bursts last up to about 1 s (criteria.md 1A) [M]
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
    volley, silence = find_volleys(onset, offset, channel, related)
    keep = more_than_a_potential(volley, channel, bursts.n_peaks[rows])[volley]
    rows, onset, offset = rows[keep], onset[keep], offset[keep]
    channel, volley = channel[keep], renumber(volley[keep])
    first, limit = join_repeats(onset, channel, volley, related)
    keep = ~run_together(onset, offset, channel, volley, first)
    return tabulate_jerks(bursts, rows[keep], volley[keep], first[volley][keep], silence, limit)


def tabulate_jerks(
    bursts: Bursts, rows: Ints, volley: Ints, jerk: Ints, silence_limit: float, repeat_limit: float | None
) -> Jerks:
    """The table of jerks from the rows of their bursts, with any number for each volley and each jerk."""
    volley, jerk = renumber(volley), renumber(jerk)
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
