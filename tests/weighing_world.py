"""Findings made by hand, so that every criterion is tested without a signal."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from myosig.channel import Channel
from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.detect.rhythm import Rhythm
from myosig.detect.silences import Silences
from myosig.detect.synchrony import Synchrony
from myosig.detect.tremor import Tremor
from myosig.localize.context import Context
from myosig.localize.cooccurrence import Cooccurrence
from myosig.localize.cortex.desynchronisation import Desynchronisation
from myosig.localize.cortex.posterior import AlphaRhythm
from myosig.localize.cortex.potential import Potential, SlowPotential
from myosig.localize.corticomuscular import SharedRhythm
from myosig.localize.criteria import gather
from myosig.localize.eeg import EegFindings
from myosig.localize.findings import Findings
from myosig.localize.likelihoods import default_likelihoods
from myosig.localize.spread import Spread
from myosig.muscles import muscle
from myosig.patterns import PATTERNS
from myosig.recording import Recording
from myosig.samples import MemorySource

TABLE = default_likelihoods()
ARM = {"R APB": 0.009, "R FDI": 0.0085, "R BB": 0.0}
CORD = {"L RAu": 0.0, "R TPSm": 0.001, "L RAl": 0.009, "R RF": 0.018, "L PECc": 0.016}
SLOW = {"velocity": 9.0, "velocity_interval": (6.0, 13.0), "origin_mm": 234.0}
NO = "not assessable"
NO_EEG = EegFindings(
    Potential(NO, "no EEG"),
    SlowPotential(NO, "no EEG"),
    Desynchronisation(NO, "no EEG"),
    SharedRhythm(NO, "no EEG"),
    SharedRhythm(NO, "one muscle"),
    Cooccurrence(NO, "no EEG"),
    AlphaRhythm(NO, "no EEG"),
)


def judge(criterion, given):
    """The evidence of that name."""
    return next(e for e in gather(given, TABLE) if e.criterion == criterion)


def favours(evidence):
    """The likeliest pattern."""
    return max(PATTERNS, key=lambda p: evidence.log_likelihood[p])


def ratio(evidence, first, second):
    """Likelihood ratio of two patterns."""
    return np.exp(evidence.log_likelihood[first] - evidence.log_likelihood[second])


def emg(name, *, sfreq=2000.0, side=None, duration=300.0, **more):
    """A channel such as "R APB"; side and muscle follow from its label."""
    sides = {"L": "left", "R": "right"}
    known = muscle(name.split()[-1])
    side = side or sides[name.split()[0]]
    return Channel(
        name, "emg", sfreq, "uV", int(duration * sfreq), known.name, side, known.segments, highpass=20.0, **more
    )


def unnamed(label, *, sfreq=2000.0, duration=300.0):
    return Channel(label, "emg", sfreq, "uV", int(duration * sfreq))


def jerks(
    latencies,
    *,
    silent=(),
    n=60,
    every=4.0,
    length=0.08,
    scatter=0.001,
    sfreq=2000.0,
    share=None,
    seed=77,
    channels=None,
):
    """Jerks in which these muscles (label: latency in seconds) burst; each in its `share` of the jerks."""
    rng = np.random.default_rng(seed)
    channels = channels or tuple(emg(name, sfreq=sfreq) for name in [*latencies, *silent])
    start = 2.0 + every * np.arange(n)
    latency = np.full((n, len(channels)), np.nan)
    for i, (name, lag) in enumerate(latencies.items()):
        joins = rng.random(n) < (share or {}).get(name, 1.0)
        latency[joins, i] = lag + scatter * rng.standard_normal(int(joins.sum()))
    latency -= np.nanmin(latency, axis=1, keepdims=True)
    row, channel = np.nonzero(np.isfinite(latency))
    onset = start[row] + latency[row, channel]
    return as_jerks(channels, start, latency, onset, channel, row, length * rng.lognormal(0, 0.2, row.size))


def as_jerks(channels, start, latency, onset, channel, row, duration):
    order = np.argsort(onset, kind="stable")
    bursts = bursts_table(channels, onset[order], duration[order], channel[order])
    count = np.bincount(row, minlength=len(start))
    return Jerks(
        onset=start,
        offset=start + np.nanmax(latency, axis=1) + 0.1,
        lead=np.nanargmin(latency, axis=1),
        latency=latency,
        n_bursts=count,
        number=np.arange(len(start)),
        bursts=bursts,
        member=row[order],
        n_volleys=np.ones(len(start), dtype=int),
        volley=row[order],
        silence_limit=0.08,
        repeat_limit=None,
    )


def bursts_table(channels, onset, duration, channel, *, recorded=300.0):
    n = len(onset)
    plain = {f.name: np.ones(n) for f in fields(Bursts) if f.type == "FloatColumn"}
    plain |= {"onset": onset, "offset": onset + duration, "amplitude": np.full(n, 100.0)}
    plain |= {"onset_se": np.full(n, 0.001), "offset_se": np.full(n, 0.001)}
    return Bursts(
        **plain,
        channel=channel,
        cut=np.zeros(n, dtype=bool),
        suspect=np.full(n, "", dtype=object),
        n_peaks=np.full(n, 5),
        channels=tuple(channels),
        noise=np.ones(len(channels)),
        searched=np.full(len(channels), recorded),
    )


def no_jerks(*names):
    channels = tuple(emg(name) for name in names)
    return Jerks(
        **{name: np.empty(0) for name in ("onset", "offset")},
        **{name: np.empty(0, dtype=int) for name in ("lead", "n_bursts", "number", "n_volleys", "volley")},
        latency=np.empty((0, len(channels))),
        bursts=bursts_table(channels, np.empty(0), np.empty(0), np.empty(0, dtype=int)),
        member=np.empty(0, dtype=int),
        silence_limit=0.08,
        repeat_limit=None,
    )


def spread(made=None, *, direction="simultaneous", n_jerks=60, jitter=0.002, why="as made", **more):
    """Spread with the typical lags that the jerks have."""
    given = {"stability": 0.97, "stability_p": 0.01} | more
    if made is None:
        channels, lag, count = (), np.empty(0), np.empty(0, dtype=int)
    else:
        used = np.flatnonzero(made.recruited.mean(axis=0) > 0.15)
        lag = np.nanmedian(made.latency[:, used], axis=0)
        order = np.argsort(lag, kind="stable")
        channels, lag = tuple(made.channels[i] for i in used[order]), lag[order] - lag.min()
        count = made.recruited[:, used[order]].sum(axis=0)
    return Spread(
        channels=channels,
        lag=lag,
        lag_low=lag - 0.001,
        lag_high=lag + 0.001,
        n=count,
        direction=direction,
        resolvable=given.get("velocity") is not None,
        why=why,
        jitter=jitter,
        scatter=jitter,
        n_jerks=n_jerks,
        **given,
    )


def rhythm(verdict="irregular", *, frequency=None, cv=0.6, n=59):
    return Rhythm(verdict, f"CV {cv}", frequency, None, cv, n, 0.01)


def eeg(**parts):
    """EEG findings of which these are known: premyoclonic_potential=Potential("present", ...) and so on."""
    return replace(NO_EEG, **parts)


def findings(
    made=None, *, spread=None, rhythm=None, eeg=NO_EEG, conditions=(), context=None, silences=None, tremor=None
):
    made = made if made is not None else no_jerks("R APB", "R FDI", "R BB")
    size = len(made.channels)
    matrix = np.full((size, size), np.nan)
    return Findings(
        recording=Recording(made.channels, MemorySource([np.empty(0)] * size)),
        jerks=made,
        silences=silences or no_silences(made.channels),
        rhythm=rhythm or globals()["rhythm"](),
        synchrony=Synchrony(
            made.channels, np.zeros((size, size), int), matrix, matrix, matrix, matrix, matrix, matrix, 0.1, 0
        ),
        spread=spread or globals()["spread"](made if len(made) else None, n_jerks=len(made)),
        eeg=eeg,
        conditions=conditions,
        context=context or Context(),
        tremor=tremor or Tremor(NO, "not measured"),
    )


def no_silences(channels, n=0):
    return Silences(
        channel=np.zeros(n, dtype=int),
        onset=np.arange(n) * 1.0,
        offset=np.arange(n) + 0.1,
        depth=np.full(n, 20.0),
        after_burst=np.zeros(n, dtype=bool),
        channels=tuple(channels),
        tonic=np.full(len(channels), 100.0),
    )
