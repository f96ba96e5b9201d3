"""The EEG as recorded, against the average of its electrodes, or against one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from myosig.channel import Channel
from myosig.errors import ParameterError
from myosig.localize.cortex.montage import AVERAGE, electrode, recorded_against
from myosig.recording import Recording
from myosig.samples import Samples, Source

AS_RECORDED = "as recorded"


@dataclass(frozen=True, slots=True, eq=False)
class _Rereferenced:
    """A source whose EEG rows come less the mean of some rows of the same rate."""

    source: Source
    reference: dict[int, tuple[int, ...]]  # of each row that is changed: the rows of its reference

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """See `Source`."""
        samples = self.source.read(rows, start, stop)
        for group in {self.reference[row] for row in rows if row in self.reference}:
            others = self.source.read(list(group), start, stop)
            there = np.isfinite(others)  # an electrode without data for a while does not take the others with it
            with np.errstate(invalid="ignore"):
                mean = np.where(there, others, 0).sum(axis=0) / there.sum(axis=0)
            changed = [k for k, row in enumerate(rows) if self.reference.get(row) == group]
            samples[changed] -= mean.astype(np.float32)
        return samples


def rereferenced(recording: Recording, reference: str) -> Recording:
    """The recording with its EEG against another reference.

    Parameters
    ----------
    recording : Recording
    reference : str
        "as recorded"; "average", the mean of all EEG channels of one rate; or the label of a channel.

    Returns
    -------
    Recording
        The labels stay; the `site` of each EEG channel names its new reference. A channel that is its own
        reference is zero, and so not assessed. EEG of another rate than that of the channel named stays as recorded.

    Raises
    ------
    ParameterError
        If there is no such channel, or the EEG was recorded against several electrodes (a bipolar montage, or
        each side against its own ear): their differences cannot be undone.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rec = ms.from_array(np.array([[3.0], [1.0], [2.0]]), sfreq=250, labels=["C3", "C4", "Cz"], unit="uV")
    >>> rereferenced(rec, "average").read("C3"), rereferenced(rec, "Cz").read("C3")
    (array([1.], dtype=float32), array([1.], dtype=float32))
    """
    brain = [c for c in recording.channels if c.kind == "eeg"]
    if reference == AS_RECORDED or not brain:
        return recording
    used = sorted({second for c in brain if (second := recorded_against(c))})
    if len(used) > 1:
        raise ParameterError(
            f"the EEG was recorded against {', '.join(used)}: it cannot be referenced anew; "
            f"leave reference as {AS_RECORDED!r}"
        )
    row = dict(zip(recording.labels, recording.rows, strict=True))
    groups = {c.label: group for c in brain if (group := _against(recording, c, reference))}
    minus = {row[label]: tuple(row[other] for other in group) for label, group in groups.items()}
    named = [
        replace(c, site=f"{electrode(c) or c.label}-{reference}") if c.label in groups else c
        for c in recording.channels
    ]
    return recording.with_channels(named).with_source(_Rereferenced(recording.source, minus))


def _against(recording: Recording, channel: Channel, reference: str) -> list[str]:
    """The labels whose mean is subtracted from a channel; none where there is none of its rate."""
    if reference == AVERAGE:
        return [c.label for c in recording.channels if c.kind == "eeg" and c.sfreq == channel.sfreq]
    return [reference] if recording.channel(reference).sfreq == channel.sfreq else []
