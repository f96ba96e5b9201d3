"""Triggers for jerk-locked averaging: the burst onsets of one muscle in isolated jerks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect.jerks import Jerks
from myosig.recording import Channel

LEAD_QUANTILE = 0.75  # the window closes where three quarters of the jerks have not yet begun elsewhere [P]


@dataclass(frozen=True, slots=True, eq=False)
class Triggers:
    """Onsets of one muscle.

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
    every : ndarray of float
        Onsets of the muscle in all jerks, isolated or not, seconds.
    """

    channel: Channel
    times: NDArray[np.float64]
    lead: float
    jitter: float | None
    rejected: Mapping[str, int]
    every: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.times.size)


def quiet_before(jerks: Jerks) -> NDArray[np.float64]:
    """Seconds without any burst before each jerk; infinity for the first. Suspect bursts do not count."""
    bursts = jerks.bursts
    real = bursts.suspect == ""
    onset, offset = bursts.onset[real], bursts.offset[real]
    latest_end = np.concatenate([[-np.inf], np.maximum.accumulate(offset)]) if onset.size else np.array([-np.inf])
    return np.asarray(jerks.onset - latest_end[np.searchsorted(onset, jerks.onset, side="left")])


def find_triggers(jerks: Jerks, channel: int, *, isolation: float) -> Triggers:
    """The onsets of one muscle in jerks with no burst of any muscle within `isolation` seconds before them."""
    latency = jerks.latency[:, channel]
    took_part = np.isfinite(latency)
    isolated = quiet_before(jerks) >= isolation
    keep = took_part & isolated
    onsets = jerks.onset + np.nan_to_num(latency)
    return Triggers(
        channel=jerks.channels[channel],
        times=onsets[keep],
        lead=float(np.quantile(latency[keep], LEAD_QUANTILE)) if keep.any() else 0.0,
        jitter=_jitter(jerks, channel),
        rejected={f"another burst within {isolation * 1000:.0f} ms before": int((took_part & ~isolated).sum())},
        every=onsets[took_part],
    )


def trigger_trains(jerks: Jerks, *, isolation: float, at_least: int, at_most: int) -> list[Triggers]:
    """The muscles with the most isolated jerks, `at_most` of them, each with `at_least` jerks."""
    trains = [find_triggers(jerks, k, isolation=isolation) for k in range(len(jerks.channels))]
    enough = [train for train in trains if len(train) >= at_least]
    return sorted(enough, key=len, reverse=True)[:at_most]


def _jitter(jerks: Jerks, channel: int) -> float | None:
    errors = jerks.bursts.onset_se[jerks.bursts.channel == channel]
    known = errors[np.isfinite(errors)]
    return float(np.median(known)) if known.size else None
