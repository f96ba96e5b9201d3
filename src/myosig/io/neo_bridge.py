"""To and from `neo.Block`: several rates, gaps as segments, marks as epochs, and nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.channel import KINDS, SIDES
from myosig.errors import ParameterError, ReadError
from myosig.intervals import Intervals
from myosig.io.describe import ChannelsArgument, Statement, Statements
from myosig.io.files import warn
from myosig.io.tracks import Span, Track, assemble
from myosig.muscles import atlas
from myosig.recording import Recording

if TYPE_CHECKING:
    import neo

TEXTS = ("kind", "muscle", "side", "site", "unit", "original_label")  # of a channel, as array annotations
FILTERS = ("highpass", "lowpass")


def from_neo(block: neo.Block, *, channels: ChannelsArgument | None = None, name: str | None = None) -> Recording:
    """A recording from a neo Block: its segments become ours, its epochs and events annotations.

    Parameters
    ----------
    block : neo.Block
        Every segment must have the same signals in the same order. Proxies (``read_block(lazy=True)``) are loaded
        piece by piece when samples are asked for.
    channels : mapping or path, optional
        Your own description of the channels, see `read`. It wins over array annotations (muscle, side ...) and these
        over the labels.
    name : str, optional
        Default: the name of the block or of its file.

    Returns
    -------
    Recording
        Times are those of the block. Segments that start anew at 0 (sweeps) are laid one after the other. Signals of
        one segment that start at different times are placed to the nearest sample.

    Raises
    ------
    ParameterError
        If the block holds no signal, or its segments differ in their signals.
    ReadError
        If an EMG or EEG signal has a unit that is not a voltage.

    Warns
    -----
    MyosigWarning
        If sweeps were laid one after the other, signals moved by a fraction of a sample, or spike trains or
        irregularly sampled signals left out.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rec = ms.from_array(np.ones((1, 2000)), sfreq=1000, labels=["EMG R APB"], unit="uV")
    >>> ms.from_neo(rec.to_neo()).channels[0].muscle
    'abductor pollicis brevis'
    """
    path = Path(block.file_origin) if block.file_origin else None
    title = name if name is not None else str(block.name or (path.name if path else ""))
    return recording_of(block, statements=Statements.of(channels), path=None, name=title)


def recording_of(block: neo.Block, *, statements: Statements, path: Path | None, name: str) -> Recording:
    """As `from_neo`, of a file or of a block in memory."""
    segments = [s for s in block.segments if s.analogsignals]
    _check_alike(segments)
    begins = [min(_seconds(s.t_start) for s in segment.analogsignals) for segment in segments]
    lengths = [_length(segment, begin) for segment, begin in zip(segments, begins, strict=True)]
    starts = _laid_out(begins, lengths, name, path)
    ends = [a + n for a, n in zip(starts, lengths, strict=True)]
    stops = [min(end, after) for end, after in zip(ends, [*starts[1:], ends[-1]], strict=True)]  # but for rounding
    shifts = np.array(starts) - begins
    _warn_of_losses(segments, name, path)
    return assemble(
        [
            _track(segments, shifts, k, column)
            for k, signal in enumerate(segments[0].analogsignals)
            for column in range(signal.shape[1])
        ],
        statements=statements,
        path=path,
        name=name,
        layout=Intervals(starts, stops),
        annotations=_annotations(segments, shifts),
        start_time=block.rec_datetime,
    )


def to_neo(recording: Recording) -> neo.Block:
    """The recording as a neo Block in memory: every rate, every gap, every mark.

    Returns
    -------
    neo.Block
        One Segment a stretch of data; in it one AnalogSignal (float32, as `Recording.read`) for each pair of rate and
        unit; annotations as an Epoch of the segment they begin in (of the nearest, in a gap). Array annotations hold
        ``channel_names``, ``kind``, ``muscle``, ``side``, ``segments``, ``site``, ``unit``, ``highpass``, ``lowpass``.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rec = ms.from_array(np.ones((1, 2000)), sfreq=1000, labels=["EMG R APB"], unit="uV")
    >>> signal = rec.to_neo().segments[0].analogsignals[0]
    >>> str(signal.sampling_rate), signal.array_annotations["side"].tolist()
    ('1000.0 Hz', ['right'])
    """
    import neo

    block = neo.Block(name=recording.name, rec_datetime=recording.start_time)
    for start, stop in recording.segments:
        segment = neo.Segment()
        for sfreq, unit in dict.fromkeys((c.sfreq, c.unit) for c in recording.channels):
            signal = _signal(recording, sfreq, unit, start, stop)
            if signal is not None:
                segment.analogsignals.append(signal)
        block.segments.append(segment)
    _add_epochs(block, recording)
    return block


# -- from neo ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _SignalPart:
    """`Span.load` of one column of an AnalogSignal, or of its proxy."""

    signal: Any
    column: int

    def __call__(self, start: int, stop: int) -> NDArray[Any]:
        """Samples start..stop in the unit of the signal."""
        if not hasattr(self.signal, "load"):
            return np.asarray(self.signal.magnitude[start:stop, self.column])
        quarter = 0.25 / self.signal.sampling_rate  # a cut on the sample itself could be rounded to its neighbour
        begin, end = (self.signal.t_start + n / self.signal.sampling_rate - quarter for n in (start, stop))
        try:
            loaded = self.signal.load(time_slice=(begin, end), strict_slicing=False)
        except Exception as error:  # a reader may raise anything on a damaged file
            raise ReadError(f"neo cannot read the samples: {error}", path=self.signal.file_origin) from error
        return np.asarray(loaded.magnitude[: stop - start, self.column])


def _check_alike(segments: Sequence[neo.Segment]) -> None:
    if not segments:
        raise ParameterError("the block holds no analog signal, so there is nothing to analyse")
    shapes = {tuple((s.shape[1], float(s.sampling_rate.rescale("Hz"))) for s in g.analogsignals) for g in segments}
    if len(shapes) > 1:
        raise ParameterError("the segments of the block differ in their signals; convert them one at a time")


def _seconds(quantity: Any) -> float:
    return float(quantity.rescale("s").magnitude)


def _rate(signal: Any) -> float:
    return float(signal.sampling_rate.rescale("Hz").magnitude)


def _length(segment: neo.Segment, begin: float) -> float:
    """Seconds from the beginning of a segment to the end of its longest signal, in whole samples of that."""
    ends = [(round((_seconds(s.t_start) - begin) * _rate(s)) + s.shape[0]) / _rate(s) for s in segment.analogsignals]
    return float(max(ends))


def _laid_out(begins: Sequence[float], lengths: Sequence[float], name: str, path: Path | None) -> list[float]:
    """Where each segment starts on our clock."""
    tolerance = 1e-9
    ordered = all(a + n <= b + tolerance for a, n, b in zip(begins, lengths, begins[1:], strict=False))
    if ordered:
        return [max([begin, *([begins[i - 1] + lengths[i - 1]] if i else [])]) for i, begin in enumerate(begins)]
    warn(path, f"{name}: the {len(begins)} segments (sweeps) overlap in time and are laid one after the other")
    return [float(t) for t in np.concatenate([[0.0], np.cumsum(lengths)[:-1]])]


def _label(signal: Any, number: int, column: int) -> str:
    names = signal.array_annotations.get("channel_names") if signal.array_annotations else None
    if names is not None:
        return str(names[column])
    base = str(signal.name or f"signal {number + 1}")
    return base if signal.shape[1] == 1 else f"{base} {column + 1}"


def _track(segments: Sequence[neo.Segment], shifts: NDArray[np.float64], number: int, column: int) -> Track:
    signals = [segment.analogsignals[number] for segment in segments]
    first = signals[0]
    noted = {key: values[column] for key, values in (first.array_annotations or {}).items()}
    unit = str(noted.get("unit") or first.units.dimensionality.string)
    numbers = {key: float(noted[key]) for key in FILTERS if key in noted and np.isfinite(noted[key])}
    return Track(
        label=_label(first, number, column),
        sfreq=_rate(first),
        unit="" if unit == "dimensionless" else unit,
        spans=[
            Span(_seconds(signal.t_start) + shift, signal.shape[0], _SignalPart(signal, column))
            for signal, shift in zip(signals, shifts.tolist(), strict=True)
        ],
        noted=_noted(noted),
        original_label=str(noted.get("original_label") or ""),
        highpass=numbers.get("highpass"),
        lowpass=numbers.get("lowpass"),
    )


def _noted(notes: dict[str, Any]) -> Statement:
    """What array annotations of these names state."""
    allowed: dict[str, Any] = {"kind": KINDS, "side": SIDES, "muscle": atlas()}
    found: dict[str, Any] = {k: str(notes[k]) for k, values in allowed.items() if str(notes.get(k, "")) in values}
    if notes.get("segments"):
        found["segments"] = tuple(str(notes["segments"]).split())
    if notes.get("site"):
        found["site"] = str(notes["site"])
    return Statement(**found)


def _annotations(segments: Sequence[neo.Segment], shifts: NDArray[np.float64]) -> Annotations:
    onset: list[float] = []
    duration: list[float] = []
    text: list[str] = []
    for segment, shift in zip(segments, shifts.tolist(), strict=True):
        for marks in [*segment.epochs, *segment.events]:
            loaded = marks.load() if hasattr(marks, "load") else marks
            times = loaded.times.rescale("s").magnitude + shift
            lengths = getattr(loaded, "durations", None)
            onset += times.tolist()
            duration += [0.0] * len(times) if lengths is None else lengths.rescale("s").magnitude.tolist()
            texts = [str(label) for label in loaded.labels] if loaded.labels is not None else []
            text += texts if len(texts) == len(times) else [str(loaded.name or "")] * len(times)
    order = np.argsort(onset, kind="stable")
    columns = np.array(onset), np.array(duration), np.array(text, dtype=object)
    return Annotations(*(column[order] for column in columns)) if onset else Annotations.empty()


def _warn_of_losses(segments: Sequence[neo.Segment], name: str, path: Path | None) -> None:
    for kind, what in (("spiketrains", "spike trains"), ("irregularlysampledsignals", "irregularly sampled signals")):
        count = sum(len(getattr(s, kind)) for s in segments)
        if count:
            warn(path, f"{name}: {count} {what} left out")


# -- to neo -----------------------------------------------------------------------------------------------------


def _signal(recording: Recording, sfreq: float, unit: str, start: float, stop: float) -> neo.AnalogSignal | None:
    import neo
    import quantities as pq

    part = [c for c in recording.channels if (c.sfreq, c.unit) == (sfreq, unit)]
    labels = [c.label for c in part]
    times = recording.times(labels[0], start, stop)
    if not len(times):
        return None
    try:
        units: Any = pq.Quantity(1.0, unit or "dimensionless").units
    except LookupError:
        units = pq.dimensionless  # its own name stands in the array annotation "unit"
    notes = {key: np.array([getattr(c, key) or "" for c in part]) for key in TEXTS}
    notes |= {key: np.array([np.nan if (v := getattr(c, key)) is None else v for c in part]) for key in FILTERS}
    notes |= {"channel_names": np.array(labels), "segments": np.array([" ".join(c.segments) for c in part])}
    return neo.AnalogSignal(
        recording.read(labels, start, stop).T,
        units=units,
        sampling_rate=sfreq * pq.Hz,
        t_start=times[0] * pq.s,
        array_annotations=notes,
    )


def _add_epochs(block: neo.Block, recording: Recording) -> None:
    import neo
    import quantities as pq

    notes = recording.annotations
    if not block.segments:
        return
    home = np.clip(np.searchsorted(recording.segments.start, notes.onset, side="right") - 1, 0, None)
    for number, segment in enumerate(block.segments):
        these = notes[home == number]
        if len(these):
            labels = np.array([str(t) for t in these.text.tolist()])
            segment.epochs.append(neo.Epoch(these.onset * pq.s, these.duration * pq.s, labels, name="annotations"))
