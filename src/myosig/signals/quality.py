"""What is wrong with each channel, when, and what cannot be told because of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from myosig.channel import MICROVOLT, Channel
from myosig.intervals import Intervals
from myosig.notebook import Shown
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts, find_artefacts
from myosig.signals.windows import Windows, look

EMG_RATE = 1000.0  # Hz [V: Merchant 2020]
COARSE_RATE = 500.0  # Hz, below which not even one potential can be placed [P]
EMG_LOWPASS = 150.0  # Hz [P]
EEG_HIGHPASS = 0.3  # Hz [P]; laboratories record slow potentials with 0.1 Hz or less [V: Merchant 2020]
SPOILING_SHARE = 0.5  # of the recording: then the channel is bad [P]
SPOILING_CLIPS = 0.1


@dataclass(frozen=True, slots=True)
class Problem(Shown):
    """One thing that is wrong with a channel.

    Attributes
    ----------
    kind : str
        E.g. ``"flat"``, ``"clipped"``, ``"line noise"``.
    stretches : Intervals
        When; the whole recording where the fault is of the channel itself.
    consequence : str
        What cannot be told, or what was done, in words.
    spoils : bool
        Whether it makes the channel bad, rather than something to know of.
    """

    kind: str
    stretches: Intervals
    consequence: str
    spoils: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "kind": self.kind,
            "stretches_s": [[start, stop] for start, stop in self.stretches],
            "duration_s": self.stretches.duration,
            "consequence": self.consequence,
            "spoils": self.spoils,
        }


@dataclass(frozen=True, slots=True)
class ChannelQuality(Shown):
    """All problems of one channel.

    Attributes
    ----------
    channel : str
        Label.
    problems : tuple of Problem
        Empty where nothing was found.
    """

    channel: str
    problems: tuple[Problem, ...]

    @property
    def status(self) -> Literal["good", "bad"]:
        """``"bad"`` where a problem spoils the channel (BIDS ``channels.tsv``)."""
        return "bad" if any(problem.spoils for problem in self.problems) else "good"

    @property
    def status_description(self) -> str:
        """Every problem and its consequence, in words; empty where there is none."""
        return "; ".join(f"{problem.kind}: {problem.consequence}" for problem in self.problems)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "channel": self.channel,
            "status": self.status,
            "status_description": self.status_description,
            "problems": [problem.to_dict() for problem in self.problems],
        }


def assess_quality(recording: Recording, *, artefacts: Artefacts | None = None) -> tuple[ChannelQuality, ...]:
    """Judge every channel of a recording, stretch by stretch.

    Looks for missing samples, impossible sizes, flat lines, clipping, electrode pops, movement (EMG), line noise, heart
    beats in the EMG, and rates and filters that leave something untold. Stimulus and unnamed channels are not judged.

    Parameters
    ----------
    recording : Recording
        Read once, block by block.
    artefacts : Artefacts, optional
        From `signals.cleaning.find_artefacts`, where it was called already.

    Returns
    -------
    tuple of ChannelQuality
        One a channel, in their order.

    References
    ----------
    Merchant et al. (2020), doi 10.1002/mdc3.12986: EMG is to be sampled at 1000 Hz or more.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> from myosig.signals.quality import assess_quality
    >>> emg = np.random.default_rng(1).normal(0, 5, 2560)
    >>> rec = ms.from_array(emg[None], sfreq=256, labels=["EMG R APB"], unit="uV")
    >>> assess_quality(rec)[0].status_description
    'too slow a rate: burst timing not assessable: 256 Hz, where 1000 are needed'
    """
    known = artefacts if artefacts is not None else find_artefacts(recording)
    seen = look(recording)
    return tuple(
        ChannelQuality(
            channel.label,
            (
                *_limits_of(channel, recording),
                *_size(channel, known, recording),
                *(_seen_problems(channel, seen[channel.label], recording) if channel.label in seen else ()),
                *_removed(channel, known, recording),
            ),
        )
        for channel in recording.channels
    )


def _limits_of(channel: Channel, recording: Recording) -> Iterator[Problem]:
    """What the rate and the filters leave untold (criteria.md, "Not assessable gates")."""
    whole = recording.segments
    if channel.status == "bad":
        why = channel.status_description or "no reason given"
        yield Problem("marked bad", whole, f"by those who recorded it: {why}", True)
    if channel.kind == "emg" and channel.sfreq < COARSE_RATE:
        untold = f"burst timing not assessable: {channel.sfreq:g} Hz, where {EMG_RATE:g} are needed"
        yield Problem("too slow a rate", whole, untold, False)
    elif channel.kind == "emg" and channel.sfreq < EMG_RATE:
        untold = f"burst duration, order and speed not assessable: {channel.sfreq:g} Hz, where {EMG_RATE:g} are needed"
        yield Problem("too slow a rate", whole, untold, False)
    if channel.kind == "emg" and channel.lowpass is not None and channel.lowpass < EMG_LOWPASS:
        untold = f"burst duration not assessable: low-pass at {channel.lowpass:g} Hz, below {EMG_LOWPASS:g}"
        yield Problem("narrow filter", whole, untold, False)
    if channel.kind == "eeg" and channel.highpass is not None and channel.highpass > EEG_HIGHPASS:
        untold = f"slow potential before the jerk not assessable: high-pass at {channel.highpass:g} Hz"
        yield Problem("narrow filter", whole, f"{untold}, above {EEG_HIGHPASS:g}", False)


def _size(channel: Channel, known: Artefacts, recording: Recording) -> Iterator[Problem]:
    """A unit that cannot be true."""
    if channel.label in known.sizes:
        text = f"{known.sizes[channel.label]:.2g} µV peak to peak in a second: the unit of its numbers is another one"
        yield Problem("impossible size", recording.segments, text, True)


def _seen_problems(channel: Channel, seen: Windows, recording: Recording) -> Iterator[Problem]:
    """What the samples show."""
    total = max(recording.duration, 1e-9)
    for kind, mask, consequence, share in (
        ("missing data", seen.missing, "nothing told there", SPOILING_SHARE),
        ("flat", seen.flat(channel.unit), "nothing told there: no signal", SPOILING_SHARE),
        ("clipped", seen.clipped(channel.limits), "amplitudes too small there", SPOILING_CLIPS),
        ("electrode pops", seen.pops(), "an event there may be the electrode's", SPOILING_SHARE),
        ("movement artefact", seen.movement(channel.kind), "below 20 Hz: filtered out for bursts", np.inf),
    ):
        if mask.any():
            stretches = seen.stretches(mask)
            yield Problem(kind, stretches, f"{_time(stretches)}, {consequence}", stretches.duration > share * total)


def _time(stretches: Intervals) -> str:
    return f"{stretches.duration:.3g} s in {len(stretches)} stretch{'es' if len(stretches) > 1 else ''}"


def _removed(channel: Channel, known: Artefacts, recording: Recording) -> Iterator[Problem]:
    """What was found and is taken out before bursts are looked for."""
    line = known.line_noise.get(channel.label)
    if line is not None:
        where = ", ".join(f"{h * line.frequency:.0f}" for h in line.harmonics[0])
        text = f"{where} Hz, {line.rms[0]:.3g} {channel.unit.replace(MICROVOLT, 'µV')} RMS: removed before analysis"
        yield Problem("line noise", recording.segments, text, False)
    if known.heart is not None and channel.label in known.heart.holders:
        rate = 60 * len(known.heart.beats) / max(recording.duration, 1e-9)
        text = f"{len(known.heart.beats)} beats, {rate:.0f} a minute, found in {known.heart.source}: subtracted"
        yield Problem("heart beats", recording.segments, text, False)
