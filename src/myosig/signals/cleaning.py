"""Recordings without line noise and heart beats: what was found, and blocks from which it is removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import numpy as np

from myosig._checks import positive
from myosig.channel import Kind
from myosig.recording import Recording
from myosig.samples import Block
from myosig.signals.heart import Heart, find_heart
from myosig.signals.heart_removal import remove_heart
from myosig.signals.mains import HOP, LineNoise, find_line_noise, remove_line_noise
from myosig.signals.size import implausible_sizes, warn_of_sizes
from myosig.signals.survey import survey

CHUNK_HOPS = 400  # 40 s that are cleaned together, whatever blocks are asked for
CLEANED_KINDS: tuple[Kind, ...] = ("emg", "eeg", "eog")
KEPT_BYTES = 128e6  # of cleaned samples in memory, so that only the first stage of an analysis has to clean them [P]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Artefacts:
    """What `cleaned_blocks` removes.

    Attributes
    ----------
    line_noise : mapping of label to LineNoise
        Of channels that have some: a `LineNoise` of that one channel.
    heart : Heart or None
        None where no EMG channel shows the heart.
    sizes : mapping of label to float
        µV peak to peak of channels whose stated unit cannot be true; nothing is done about them.
    """

    line_noise: Mapping[str, LineNoise]
    heart: Heart | None
    sizes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """The cleaned blocks of some channels of a short recording."""

    recording: Recording
    labels: tuple[str, ...]
    blocks: tuple[Block, ...]

    def holds(self, recording: Recording, labels: Sequence[str]) -> bool:
        return recording is self.recording and set(labels) <= set(self.labels)

    def take(self, labels: Sequence[str]) -> Iterator[Block]:
        rows = [self.labels.index(label) for label in labels]
        return (replace(block, data=block.data[rows]) for block in self.blocks)

    @property
    def n_bytes(self) -> int:
        return sum(block.data.nbytes for block in self.blocks)


_KEPT: WeakKeyDictionary[Artefacts, list[_Kept]] = WeakKeyDictionary()  # as long as the artefacts are known


def find_artefacts(recording: Recording) -> Artefacts:
    """Look for line noise in EMG, EEG and EOG, and for the heart in EMG, in windows spread over the recording.

    Warns of channels of a size that no electrode gives, whose unit must be another one than stated.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    Artefacts
    """
    lines: dict[str, LineNoise] = {}
    sizes: dict[str, float] = {}
    looked_at = recording.select(kind=CLEANED_KINDS)
    for sfreq in sorted({c.sfreq for c in looked_at.channels}):
        labels = [c.label for c in looked_at.channels if c.sfreq == sfreq]
        windows = survey(recording, labels)
        noise = find_line_noise(windows, sfreq=sfreq)
        lines |= {label: one for label, one in zip(labels, noise.split(), strict=True) if one.found}
        sizes |= implausible_sizes(windows, [recording.channel(label) for label in labels])
    warn_of_sizes(recording, sizes)
    return Artefacts(lines, find_heart(recording, lines), sizes)


def cleaned_blocks(
    recording: Recording, labels: Sequence[str], *, duration: float, artefacts: Artefacts | None = None
) -> Iterator[Block]:
    """As `Recording.blocks`, without the line noise and the heart beats that were found.

    Parameters
    ----------
    recording : Recording
    labels : sequence of str
        Channels of one rate.
    duration : float
        Seconds of new samples in each block; the samples do not depend on it.
    artefacts : Artefacts, optional
        From `find_artefacts`, where it was called already.

    Yields
    ------
    Block
        NaN where no data exist, as in the recording.
    """
    known = artefacts if artefacts is not None else find_artefacts(recording)
    noise = [known.line_noise.get(label) for label in labels]
    beating = [i for i, label in enumerate(labels) if known.heart is not None and label in known.heart.holders]
    if not beating and not any(noise):
        yield from recording.blocks(labels, duration=duration)
        return
    sfreq = recording.channel(labels[0]).sfreq
    kept = next((kept for kept in _KEPT.get(known, []) if kept.holds(recording, labels)), None)
    if kept is not None:
        blocks = kept.take(labels)
    else:
        blocks = recording.blocks(labels, duration=CHUNK_HOPS * round(HOP * sfreq) / sfreq)
        blocks = remove_line_noise(blocks, noise, sfreq=sfreq)
        if known.heart is not None and beating:
            blocks = remove_heart(blocks, beating, known.heart.beats, sfreq=sfreq)
        blocks = _keep(blocks, recording, labels, known)
    yield from _cut_again(blocks, max(1, round(positive("duration", duration) * sfreq)), sfreq)


def _keep(blocks: Iterator[Block], recording: Recording, labels: Sequence[str], known: Artefacts) -> Iterator[Block]:
    """The same blocks, kept for the next stage once all of them went by, where there is room."""
    there = sum(kept.n_bytes for kept in _KEPT.get(known, []))
    size = sum(4 * recording.channel(label).n_samples for label in labels)
    if there + size > KEPT_BYTES:
        yield from blocks
        return
    held = []
    for block in blocks:
        block.data.flags.writeable = False
        held.append(block)
        yield block
    _KEPT.setdefault(known, []).append(_Kept(recording, tuple(labels), tuple(held)))


def _cut_again(blocks: Iterator[Block], length: int, sfreq: float) -> Iterator[Block]:
    """The same samples in blocks of another length."""
    held: Block | None = None
    for block in blocks:
        joined = block if held is None else replace(held, data=np.concatenate([held.data, block.data], axis=1))
        joined = replace(joined, is_last=block.is_last)
        total = joined.data.shape[1]
        whole = total if block.is_last else total // length * length
        for start in range(0, whole, length):
            stop = min(start + length, whole)
            yield replace(
                joined,
                tmin=joined.tmin + start / sfreq,
                data=joined.data[:, start:stop],
                is_first=joined.is_first and start == 0,
                is_last=joined.is_last and stop == total,
            )
        left = replace(
            joined,
            tmin=joined.tmin + whole / sfreq,
            data=joined.data[:, whole:],
            is_first=joined.is_first and whole == 0,
        )
        held = left if left.data.size else None
