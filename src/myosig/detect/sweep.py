"""One pass over the cleaned EMG of a recording for all that is looked for once the bursts are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from myosig.detect.design import Design, design
from myosig.recording import Recording
from myosig.samples import Samples
from myosig.signals.bands import with_halo, zero_filled
from myosig.signals.cleaning import Artefacts, cleaned_blocks, find_artefacts
from myosig.threads import in_threads, read_ahead

STRETCH = 40.0  # s looked at together, as samples are cleaned
HALO = 6.0  # s of surroundings: a series of silences and the tonic level around it
GRAIN_BINS = 10  # bins of energy that a stretch and its surroundings hold a whole number of


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some seconds of the channels of one rate with their surroundings in the same segment.

    Attributes
    ----------
    labels : tuple of str
    sfreq : float
    tmin : float
        Seconds at the first sample of `data`.
    data : ndarray of float32, shape (n_channels, n_samples)
    core : slice
        The samples that are no surroundings.
    """

    labels: tuple[str, ...]
    sfreq: float
    tmin: float
    data: Samples
    core: slice


class Search(Protocol):
    """What looks at each stretch once."""

    def wanted(self, sfreq: float) -> Sequence[str]:
        """Labels of the channels of a rate that it looks at."""
        ...

    def look(self, stretch: Stretch) -> None:
        """Look at a stretch of all channels that this search, or another, wanted. Stretches come in order."""
        ...


def sweep(recording: Recording, searches: Sequence[Search], *, artefacts: Artefacts | None = None) -> None:
    """Show every stretch of a recording to some searches.

    Parameters
    ----------
    recording : Recording
    searches : sequence of Search
    artefacts : Artefacts, optional
        Line noise and heart beats to remove, from `signals.cleaning.find_artefacts`. Default: looked for here.
    """
    rates = sorted({channel.sfreq for channel in recording.channels})
    wanted = {sfreq: {label for search in searches for label in search.wanted(sfreq)} for sfreq in rates}
    if not any(wanted.values()):
        return
    known = artefacts if artefacts is not None else find_artefacts(recording.select(kind=("emg", "ecg")))
    for sfreq in rates:
        labels = tuple(label for label in recording.labels if label in wanted[sfreq])
        unit = design(sfreq).bin * design(sfreq).spacing * GRAIN_BINS
        length, halo = (round(seconds * sfreq / unit) * unit for seconds in (STRETCH, HALO))
        blocks = cleaned_blocks(recording, labels, duration=length / sfreq, artefacts=known) if labels else iter(())
        for block, data, first in with_halo(read_ahead(blocks), halo):
            core = slice(first, first + block.data.shape[1])
            stretch = Stretch(labels, sfreq, block.tmin - first / sfreq, data, core)
            in_threads(partial(_look, stretch), searches)


def _look(stretch: Stretch, search: Search) -> None:
    search.look(stretch)


def mirrored(x: Samples, d: Design) -> Samples:
    """The whole cells of a row, missing samples 0, with the mirror images that the band-pass needs at either end.

    Empty where the row is shorter than they are.
    """
    whole = zero_filled(x[: x.size // d.spacing * d.spacing])
    if whole.size <= d.halo:
        return whole[:0]
    return np.concatenate([whole[: d.halo][::-1], whole, whole[-d.halo :][::-1]])
