"""Triggers for jerk-locked averaging: the burst onsets of one muscle in isolated jerks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel, Side
from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.localize.cortex.montage import opposite

LARGE = 1 / 3  # of the amplitude of a muscle's large bursts; below that a burst is not averaged on [P]
CLEAR_SNR = 10.0  # dB from which a burst of another muscle disturbs [P]
LONG = 0.5  # s: what a longer burst does to the EEG depends on when it ends [P]
ONE_SIDE = 0.75  # share of the jerks that must begin on one side for it to be theirs [P]
LEAD_QUANTILE = 0.75  # the window closes where three quarters of the jerks have not yet begun elsewhere [P]


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Triggers:
    """Onsets of one muscle, or of whichever comes first.

    Attributes
    ----------
    channel : Channel
        The EMG channel.
    times : ndarray of float, shape (n,)
        Burst onsets, seconds.
    lead : float
        How long before this muscle's onset the jerk has begun in another muscle, seconds, in a typical jerk:
        from there on the EEG may hold that muscle, or its movement.
    jitter : float or None
        Standard error of the onsets, seconds; None where the detector could not estimate it.
    rejected : mapping of str to int
        Jerks left out, by reason.
    both_sides : float
        Share of the jerks in which a muscle of the other side took part as well.
    neighbours : ndarray of float
        Onsets of all jerks that disturb those after them, these among them, seconds.
    """

    channel: Channel
    times: NDArray[np.float64]
    lead: float
    jitter: float | None
    rejected: Mapping[str, int]
    both_sides: float = 0.0
    neighbours: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return int(self.times.size)


def disturbing(bursts: Bursts, large: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each burst makes the jerks after it less isolated, in whatever muscle.

    It does where it is large for its muscle and clear: the ripple of tonic activity that a sensitive detector marks
    does not. Suspect bursts do not count.
    """
    return np.asarray((bursts.suspect == "") & large & (bursts.snr >= CLEAR_SNR))


def quiet_before(bursts: Bursts, counts: NDArray[np.bool_], onsets: Floats) -> Floats:
    """Seconds before each onset in which none of the bursts that count went on; infinity for the first."""
    onset, offset = bursts.onset[counts], bursts.offset[counts]
    latest_end = np.concatenate([[-np.inf], np.maximum.accumulate(offset)]) if onset.size else np.array([-np.inf])
    return np.asarray(onsets - latest_end[np.searchsorted(onset, onsets, side="left")])


def is_large(bursts: Bursts) -> NDArray[np.bool_]:
    """Whether each burst has at least a third of the amplitude that one in ten bursts of its muscle exceeds."""
    usual = np.full(len(bursts.channels), np.nan)
    for channel in np.unique(bursts.channel):
        usual[channel] = np.nanquantile(bursts.amplitude[bursts.channel == channel], 0.9)
    return np.asarray(bursts.amplitude >= LARGE * usual[bursts.channel])


def find_triggers(
    jerks: Jerks,
    channel: int,
    *,
    isolation: float,
    from_long: float = 0.0,
    latest: float = np.inf,
    large: NDArray[np.bool_] | None = None,
) -> Triggers:
    """The onsets of one muscle where its burst is large and nothing went on in the `isolation` seconds before.

    The quiet is wanted before the jerk as a whole: before the first of its muscles. In the muscle itself any large
    burst counts, in the others those that are `disturbing`.

    Parameters
    ----------
    jerks : Jerks
    channel : int
    isolation : float
        Seconds after the end of any burst.
    from_long : float
        Seconds after the end of a burst of more than half a second, whose effects are not those of its onset.
    latest : float
        Seconds after the first muscle of a jerk at which this one may come.
    large : ndarray of bool, optional
        From `is_large`, where it was called already.
    """
    own, latency = jerks.bursts.channel == channel, jerks.latency[:, channel]
    large = is_large(jerks.bursts) if large is None else large
    return _isolated(jerks, jerks.channels[channel], latency, own, large, (isolation, from_long), latest)


def first_triggers(
    jerks: Jerks,
    conduction: Callable[[Channel], float],
    *,
    isolation: float,
    latest: Callable[[Channel], float],
    large: NDArray[np.bool_] | None = None,
) -> Triggers | None:
    """The onsets of whichever muscle comes first in each jerk; None where that is always the same one.

    Each onset is moved by what the way from the cortex takes more, or less, to the muscle that most often comes first:
    one event in the cortex then lies at one time before all of them. The `channel` is that muscle's, named as such,
    without its side where less than three quarters of the jerks begin there.

    Parameters
    ----------
    jerks : Jerks
    conduction : callable
        Gives the seconds from the cortex to a muscle.
    isolation : float
        See `find_triggers`.
    latest : callable
        Gives `latest` of `find_triggers` for a muscle.
    large : ndarray of bool, optional
        From `is_large`, where it was called already.
    """
    n_first = np.bincount(jerks.lead, minlength=len(jerks.channels))
    if np.count_nonzero(n_first) < 2:
        return None
    usual = jerks.channels[int(n_first.argmax())]
    on_its_side = np.array([c.side == usual.side for c in jerks.channels])[jerks.lead].mean()
    side = usual.side if on_its_side >= ONE_SIDE else None
    way = np.array([conduction(c) for c in jerks.channels])
    lead = dict(zip(jerks.number.tolist(), jerks.lead.tolist(), strict=True))
    large = is_large(jerks.bursts) if large is None else large
    own = jerks.bursts.channel == [lead.get(number, -1) for number in jerks.member.tolist()]
    channel = replace(usual, label=f"the first muscle, mostly {usual.label}", side=side)
    return _isolated(jerks, channel, conduction(usual) - way[jerks.lead], own, large, (isolation, 0.0), latest(usual))


def _isolated(
    jerks: Jerks,
    channel: Channel,
    latency: Floats,
    own: NDArray[np.bool_],
    large: NDArray[np.bool_],
    quiet: tuple[float, float],
    latest: float,
) -> Triggers:
    """Triggers at that latency in each jerk that has a large burst of its `own`, comes in time and after that quiet."""
    bursts, mine = jerks.bursts, own & large
    took_part = np.isfinite(latency)
    triggering = took_part & np.isin(jerks.number, jerks.member[mine & (jerks.member >= 0)])
    counts = disturbing(bursts, large) | (mine & (bursts.suspect == ""))
    long = counts & (bursts.offset - bursts.onset > LONG)
    isolated = (quiet_before(bursts, counts, jerks.onset) >= quiet[0]) & (
        quiet_before(bursts, long, jerks.onset) >= quiet[1]
    )
    in_time = ~(latency > latest)
    keep = triggering & isolated & in_time
    return Triggers(
        channel=channel,
        times=np.sort((jerks.onset + np.nan_to_num(latency))[keep]),
        lead=float(np.quantile(latency[keep], LEAD_QUANTILE)) if keep.any() else 0.0,
        jitter=_jitter(bursts.onset_se[own]),
        rejected={
            "burst small for its muscle": int((took_part & ~triggering).sum()),
            f"another burst within {quiet[0] * 1000:.0f} ms before": int((triggering & ~isolated).sum()),
            "begun long before in another muscle": int((triggering & isolated & ~in_time).sum()),
        },
        both_sides=_both_sides(jerks, channel.side, keep),
        neighbours=jerks.onset[np.isin(jerks.number, jerks.member[counts & (jerks.member >= 0)])],
    )


def _both_sides(jerks: Jerks, side: Side | None, rows: NDArray[np.bool_]) -> float:
    """Share of those jerks that recruit a muscle of the opposite side."""
    across = [k for k, c in enumerate(jerks.channels) if c.side is not None and c.side == opposite(side)]
    return float(jerks.recruited[rows][:, across].any(axis=1).mean()) if across and rows.any() else 0.0


def trigger_trains(
    jerks: Jerks,
    *,
    isolation: float,
    from_long: float = 0.0,
    latest: Callable[[Channel], float] = lambda channel: np.inf,
    conduction: Callable[[Channel], float] | None = None,
) -> list[Triggers]:
    """The triggers of every muscle, the one with the most isolated jerks first; see `find_triggers`.

    Where `conduction` is given, whichever muscle comes first makes a train as well; see `first_triggers`.
    """
    large = is_large(jerks.bursts)
    trains = [
        find_triggers(jerks, k, isolation=isolation, from_long=from_long, latest=latest(c), large=large)
        for k, c in enumerate(jerks.channels)
    ]
    if conduction:
        first = first_triggers(jerks, conduction, isolation=isolation, latest=latest, large=large)
        trains += [first] if first is not None else []
    return sorted(trains, key=len, reverse=True)


def _jitter(errors: Floats) -> float | None:
    known = errors[np.isfinite(errors)]
    return float(np.median(known)) if known.size else None
