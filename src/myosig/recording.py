"""A recording: channels that each keep their own rate, on one clock, read from a source when asked.

No formats and no analysis here. Times are seconds on the clock of the recording (0 = its start);
voltages are µV; every other quantity keeps its own unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from myosig._checks import not_negative, positive
from myosig.annotations import Annotations
from myosig.channel import KINDS, Channel, Kind, Side
from myosig.errors import ParameterError
from myosig.intervals import Intervals
from myosig.notebook import as_html
from myosig.samples import Block, Samples, Source
from myosig.tables import FloatColumn, IntColumn
from myosig.timeline import pieces, stored, window

if TYPE_CHECKING:
    import mne
    import neo

MAX_GAP_SAMPLES = 50_000_000  # a single read may fill at most this many samples of gap with NaN (200 MB)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Channels with their own rates on one clock, read from a source when asked.

    Parameters
    ----------
    channels : sequence of Channel
        Labels must be unique.
    source : Source
        Where the samples are.
    layout : Intervals, optional
        The contiguous stretches, in order, in which the source holds data. A channel's stored samples
        fill them one after the other. Default: one stretch from 0 to the end of the longest channel.
    segments : Intervals, optional
        The part of `layout` that this recording shows (see `crop`). Default: all of it.
    annotations : Annotations, optional
    start_time : datetime, optional
        Wall-clock time of 0 s.
    name : str
        File name or a name of your own, for messages and results.
    path : Path, optional
        The file it was read from; None when it was made in memory.
    reading : mapping, optional
        What `read` was told of that file, as its keyword arguments.

    Notes
    -----
    Nothing is resampled: channels of different rates are read separately. What does not exist (a gap,
    or the end of a channel that is shorter than others) reads as NaN, and so does what is infinite.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rec = ms.from_array(np.zeros((1, 2000)), sfreq=1000, labels=["EMG R APB"], unit="uV")
    >>> rec.read("EMG R APB", 0.5, 1.0).shape
    (500,)
    """

    channels: tuple[Channel, ...]
    source: Source
    layout: Intervals
    segments: Intervals
    annotations: Annotations
    start_time: datetime | None
    name: str
    path: Path | None
    reading: Mapping[str, Any]
    _rows: tuple[int, ...]

    def __init__(
        self,
        channels: Sequence[Channel],
        source: Source,
        *,
        layout: Intervals | None = None,
        segments: Intervals | None = None,
        annotations: Annotations | None = None,
        start_time: datetime | None = None,
        name: str = "",
        path: Path | None = None,
        reading: Mapping[str, Any] | None = None,
        _rows: Sequence[int] | None = None,
    ) -> None:
        labels = [c.label for c in channels]
        if len(set(labels)) != len(labels):
            twice = sorted({label for label in labels if labels.count(label) > 1})
            raise ParameterError(f"channel labels must be unique, but there is more than one {', '.join(twice)}")
        whole = layout if layout is not None else _one_stretch(channels)
        values = {
            "channels": tuple(channels),
            "source": source,
            "layout": whole,
            "segments": segments if segments is not None else whole,
            "annotations": annotations if annotations is not None else Annotations.empty(),
            "start_time": start_time,
            "name": name,
            "path": path,
            "reading": dict(reading or {}),
            "_rows": tuple(_rows) if _rows is not None else tuple(range(len(channels))),
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    # -- what is in it ------------------------------------------------------------------------------

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all channels, in order."""
        return tuple(c.label for c in self.channels)

    @property
    def duration(self) -> float:
        """Seconds of data, gaps not counted."""
        return self.segments.duration

    @property
    def tmin(self) -> float:
        """Time at which the first segment starts, in seconds."""
        return float(self.segments.start[0]) if len(self.segments) else 0.0

    @property
    def tmax(self) -> float:
        """Time at which the last segment ends, in seconds."""
        return float(self.segments.stop[-1]) if len(self.segments) else 0.0

    def channel(self, label: str) -> Channel:
        """The channel of that label.

        Raises
        ------
        ParameterError
            If there is none; the message lists those there are.
        """
        return self.channels[self.index(label)]

    def index(self, label: str) -> int:
        """Position of the channel of that label.

        Raises
        ------
        ParameterError
            If there is none; the message lists those there are.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            raise ParameterError(
                f"there is no channel {label!r}; the recording has {', '.join(map(repr, self.labels)) or 'none'}"
            ) from None

    def __repr__(self) -> str:
        kinds = [c.kind for c in self.channels]
        parts = ", ".join(f"{kinds.count(k)} {k}" for k in KINDS if k in kinds)
        stretch = f"{self.duration:.1f} s in {len(self.segments)} segment(s)"
        return f"<Recording {self.name!r}: {parts or 'no channels'}; {stretch}>"

    def _repr_html_(self) -> str:
        known = {c.label: [c.kind, c.muscle, c.side, f"{c.sfreq:g} Hz", c.unit] for c in self.channels}
        return as_html(repr(self), {label: ", ".join(filter(None, words)) for label, words in known.items()})

    # -- parts of it ----------------------------------------------------------------------------------

    def select(
        self,
        *,
        kind: Kind | Iterable[Kind] | None = None,
        side: Side | None = None,
        labels: Iterable[str] | None = None,
    ) -> Recording:
        """The recording with only the channels that fit every condition given, in its own order.

        Parameters
        ----------
        kind : str or iterable of str, optional
        side : str, optional
        labels : iterable of str, optional

        Returns
        -------
        Recording
            Without channels if none fits.

        Raises
        ------
        ParameterError
            If a label does not exist.
        """
        kinds = {kind} if isinstance(kind, str) else None if kind is None else set(kind)
        wanted = None if labels is None else {self.index(label) for label in labels}
        keep = [
            i
            for i, c in enumerate(self.channels)
            if (kinds is None or c.kind in kinds)
            and (side is None or c.side == side)
            and (wanted is None or i in wanted)
        ]
        return replace(self, channels=tuple(self.channels[i] for i in keep), _rows=tuple(self._rows[i] for i in keep))

    def crop(self, tmin: float, tmax: float) -> Recording:
        """The part between two times. The clock stays: an event keeps its time.

        Parameters
        ----------
        tmin, tmax : float
            Seconds. What lies outside the recording is left out.

        Returns
        -------
        Recording
            With the annotations that overlap the part.

        Raises
        ------
        ParameterError
            If tmin is not before tmax.
        """
        if not tmin < tmax:
            raise ParameterError(f"tmin must be before tmax, not {tmin!r} and {tmax!r}")
        notes = self.annotations
        inside = (notes.onset < tmax) & (notes.onset + notes.duration >= tmin)
        return replace(self, segments=self.segments.intersect(Intervals([tmin], [tmax])), annotations=notes[inside])

    def within(self, stretches: Intervals) -> Recording:
        """The parts within some stretches of time, on the same clock and with the same annotations."""
        return replace(self, segments=self.segments.intersect(stretches))

    def with_channels(self, channels: Sequence[Channel]) -> Recording:
        """The same samples with other descriptions (muscle, side, kind), one for each channel.

        Raises
        ------
        ParameterError
            If a rate, unit or number of samples, or the number of channels, would be another.
        """
        if [(c.sfreq, c.n_samples, c.unit) for c in channels] != [
            (c.sfreq, c.n_samples, c.unit) for c in self.channels
        ]:
            raise ParameterError(
                "the new descriptions must keep the number of channels, their rates, units and lengths"
            )
        return replace(self, channels=tuple(channels))

    def with_annotations(self, annotations: Annotations) -> Recording:
        """The same recording with other annotations."""
        return replace(self, annotations=annotations)

    def with_source(self, source: Source, rows: Sequence[int] | None = None) -> Recording:
        """The same channels with their samples from elsewhere.

        Parameters
        ----------
        source : Source
        rows : sequence of int, optional
            In which row of the source each channel is. Default: where it is now.

        Returns
        -------
        Recording
        """
        return replace(self, source=source, _rows=self._rows if rows is None else tuple(rows))

    @property
    def rows(self) -> tuple[int, ...]:
        """Row of each channel in the source."""
        return self._rows

    def with_name(self, name: str) -> Recording:
        """The same recording under another name."""
        return replace(self, name=name)

    def without_path(self) -> Recording:
        """The same recording, not knowing its file."""
        return replace(self, path=None)

    def with_reading(self, reading: Mapping[str, Any]) -> Recording:
        """The same recording with what `read` was told of its file."""
        return replace(self, reading=reading)

    # -- samples --------------------------------------------------------------------------------------

    @overload
    def read(self, channels: str, tmin: float | None = None, tmax: float | None = None) -> Samples: ...
    @overload
    def read(
        self, channels: Sequence[str] | None = None, tmin: float | None = None, tmax: float | None = None
    ) -> Samples: ...
    def read(
        self, channels: str | Sequence[str] | None = None, tmin: float | None = None, tmax: float | None = None
    ) -> Samples:
        """Samples with tmin <= time < tmax, as float32 in each channel's unit (µV for voltages).

        Parameters
        ----------
        channels : str or sequence of str, optional
            One label gives a 1-D array; several (default: all) give (n_channels, n_samples) and must
            share one rate.
        tmin, tmax : float, optional
            Seconds. Default: the whole recording.

        Returns
        -------
        ndarray of float32
            NaN where no data exist. The first sample is at `times(...)[0]`; beyond a gap, sample times are
            those of the grid that starts there, true to half a sample (`blocks` gives them exactly).

        Raises
        ------
        ParameterError
            Unknown label, different rates, tmin not before tmax, or a request that is mostly gap.
        """
        rows = [self.index(channels)] if isinstance(channels, str) else self._indices(channels)
        sfreq = self._one_rate(rows)
        begin, count = self._window(sfreq, tmin, tmax)
        at, first, last = pieces(self._stored(rows, sfreq), sfreq, begin, count)
        if count - int(np.sum(last - first)) > MAX_GAP_SAMPLES:
            raise ParameterError(
                f"between {begin:g} s and {begin + count / sfreq:g} s there is mostly gap; "
                "read the segments one by one (recording.segments)"
            )
        if len(at) == 1 and last[0] - first[0] == count:
            out = self.read_stored(rows, int(first[0]), int(last[0]))
        else:
            out = np.full((len(rows), count), np.nan, dtype=np.float32)
            for place, start, stop in zip(at.tolist(), first.tolist(), last.tolist(), strict=True):
                out[:, place : place + stop - start] = self.read_stored(rows, start, stop)
        return out[0] if isinstance(channels, str) else out

    def times(self, channel: str, tmin: float | None = None, tmax: float | None = None) -> NDArray[np.float64]:
        """The time of each sample that `read` returns for the same arguments.

        Parameters
        ----------
        channel : str
            Its label.
        tmin, tmax : float, optional
            Seconds. Default: the whole recording.

        Returns
        -------
        ndarray of float, shape (n_samples,)
            Seconds.

        Raises
        ------
        ParameterError
            Unknown label, or tmin not before tmax.
        """
        sfreq = self.channel(channel).sfreq
        begin, count = self._window(sfreq, tmin, tmax)
        return begin + np.arange(count) / sfreq

    def blocks(
        self, channels: Sequence[str] | None = None, *, duration: float, overlap: float = 0.0
    ) -> Iterator[Block]:
        """Walk through the segments in contiguous blocks that never span a gap.

        Parameters
        ----------
        channels : sequence of str, optional
            They must share one rate. Default: all.
        duration : float
            Seconds of new samples in each block.
        overlap : float
            Seconds that each block repeats from the one before it in the same segment.

        Yields
        ------
        Block
        """
        rows = self._indices(channels)
        sfreq = self._one_rate(rows)
        step = max(1, round(positive("duration", duration) * sfreq))
        back = round(not_negative("overlap", overlap) * sfreq)
        segments = (column.tolist() for column in self._stored(rows, sfreq))
        for number, (t0, first, last) in enumerate(zip(*segments, strict=True)):
            for start in range(first, last, step):
                begin, stop = max(first, start - back), min(last, start + step)
                data = self.read_stored(rows, begin, stop)
                yield Block(t0 + (begin - first) / sfreq, data, number, start == first, stop == last)

    # -- to other libraries: `io` lies above this file, so it is named here only when one of these is called -----------

    def to_mne(self, *, kind: Kind | None = None, sfreq: float | None = None) -> mne.io.RawArray:
        """An MNE Raw of the channels of one rate, in volts; a warning names what MNE has no place for.

        Parameters
        ----------
        kind : str, optional
        sfreq : float, optional
            Hz. Kind or rate are needed where the channels have several rates: nothing is resampled.

        Returns
        -------
        mne.io.RawArray
            A gap is filled with zeros and marked ``BAD_ACQ_SKIP``, as MNE does it.

        Raises
        ------
        ParameterError
            If no channel is left, the rates differ, or the gaps are longer than memory allows.
        """
        return import_module("myosig.io.mne_bridge").to_mne(self, kind=kind, sfreq=sfreq)

    def to_neo(self) -> neo.Block:
        """A neo Block with everything; see `myosig.io.neo_bridge.to_neo`."""
        return import_module("myosig.io.neo_bridge").to_neo(self)

    # -- the clock ------------------------------------------------------------------------------------

    def _indices(self, channels: Sequence[str] | None) -> list[int]:
        if channels is None:
            return list(range(len(self.channels)))
        place = {c.label: i for i, c in enumerate(self.channels)}
        return [place[label] if label in place else self.index(label) for label in channels]

    def _one_rate(self, rows: Sequence[int]) -> float:
        rates = sorted({self.channels[i].sfreq for i in rows})
        if not rates:
            raise ParameterError("there is no channel to read")
        if len(rates) != 1:
            raise ParameterError(
                f"the channels asked for have {len(rates)} sampling rates ({', '.join(f'{r:g}' for r in rates)} Hz); "
                "read those of one rate at a time, e.g. recording.select(kind='emg')"
            )
        return rates[0]

    def _window(self, sfreq: float, tmin: float | None, tmax: float | None) -> tuple[float, int]:
        return window(self.layout, sfreq, self.tmin if tmin is None else tmin, self.tmax if tmax is None else tmax)

    def _stored(self, rows: Sequence[int], sfreq: float) -> tuple[FloatColumn, IntColumn, IntColumn]:
        longest = max(self.channels[i].n_samples for i in rows)
        return stored(self.layout, self.segments, sfreq, longest)

    def read_stored(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Samples start..stop of those that the source stores, gaps not counted, of channels of one rate.

        Parameters
        ----------
        rows : sequence of int
            Positions of channels.
        start, stop : int
            0 <= start <= stop. A channel that has ended gives NaN.

        Returns
        -------
        ndarray of float32, shape (len(rows), stop - start)
        """
        out = self._read_source(rows, start, stop)
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(out.sum())
        if not finite:
            out[np.isinf(out)] = np.nan
        return out

    def _read_source(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        ends = [min(self.channels[i].n_samples, stop) for i in rows]
        if all(end == stop for end in ends):
            return self.source.read([self._rows[i] for i in rows], start, stop)
        out = np.full((len(rows), stop - start), np.nan, dtype=np.float32)
        for end in {end for end in ends if end > start}:
            these = [k for k, other in enumerate(ends) if other == end]
            out[these, : end - start] = self.source.read([self._rows[rows[k]] for k in these], start, end)
        return out


def _one_stretch(channels: Sequence[Channel]) -> Intervals:
    longest = max((c.n_samples / c.sfreq for c in channels), default=0.0)
    return Intervals([0.0], [longest]) if longest > 0 else Intervals()
