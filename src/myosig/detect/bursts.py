"""Find every burst of every EMG channel."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.channel import MICROVOLT, Channel
from myosig.detect.beats import without_heart
from myosig.detect.channel import COLUMNS
from myosig.detect.design import NOISE_REACH
from myosig.detect.firing import without_tonic_firing
from myosig.detect.search import Found, Search
from myosig.errors import MyosigWarning, listed
from myosig.marks import BURST, MarkTable, annotations_of, mark_each
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts, cleaned_blocks, find_artefacts
from myosig.tables import BoolColumn, FloatColumn, IntColumn, TextColumn
from myosig.threads import read_ahead

if TYPE_CHECKING:
    import pandas as pd

LOWEST_RATE = 100.0  # Hz: below, the band of EMG is not there at all [D: 2 x HIGH_PASS and room for its slope]
TABLE_START = ["onset", "duration", "channel", "muscle", "side", "amplitude", "rms", "snr"]
BLOCK = 40.0  # s read at a time, as they are cleaned; fewer of many channels; the result does not depend on it
MOST_SAMPLES = 4_000_000  # of all channels in a block: 16 MB


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bursts(MarkTable):
    """Bursts of all channels, sorted by onset.

    Attributes
    ----------
    channel : ndarray of int, shape (n,)
        Index into `channels`.
    onset, offset : ndarray of float, shape (n,)
        Seconds. An offset is the end of the last potential.
    onset_se, offset_se : ndarray of float
        Standard error of either edge in seconds; NaN where it could not be estimated.
    peak_time : ndarray of float
        Seconds, of the largest absolute value.
    amplitude : ndarray of float
        Peak to peak, µV.
    rms : ndarray of float
        µV between onset and offset.
    area : ndarray of float
        Rectified area, µV·s.
    snr : ndarray of float
        dB: RMS of the burst over RMS of the channel's noise at that time.
    median_frequency : ndarray of float
        Hz; NaN for bursts too short to tell.
    cut : ndarray of bool
        The burst touches the edge of a segment: its onset or offset is not its own.
    suspect : ndarray of object
        ``""``, or why the burst may not be this muscle's: ``"cross-talk"``, ``"ecg"``, ``"electrode pop"``.
        `detect_bursts` sets ``"ecg"`` where a channel that shows the heart has a burst with next to nothing above
        100 Hz that is no known beat (an extrasystole); what is left of known beats is no burst.
    n_peaks : ndarray of int
        Number of separate potentials; 1 = a single potential (fasciculation-like), not a burst.
    channels : tuple of Channel
        The channels that were searched, also those without bursts.
    noise : ndarray of float, shape (n_channels,)
        Median noise level of each channel, µV RMS in the detection band; NaN where nothing was searched.
    searched : ndarray of float, shape (n_channels,)
        Seconds of data searched in each channel: what every rate is a rate over.
    floor : ndarray of float, shape (n_channels,)
        Level of each channel without any activity, µV RMS in the detection band: of its quietest 30 ms, and at most
        `noise`. Empty where it was not measured.

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> bursts = ms.detect_bursts(recording)
    >>> strong = bursts[bursts.snr > 6]  # dB; a mask gives a table again
    >>> list(strong.to_frame().columns[:3])
    ['onset', 'duration', 'channel']
    """

    channel: IntColumn
    onset: FloatColumn
    offset: FloatColumn
    onset_se: FloatColumn
    offset_se: FloatColumn
    peak_time: FloatColumn
    amplitude: FloatColumn
    rms: FloatColumn
    area: FloatColumn
    snr: FloatColumn
    median_frequency: FloatColumn
    cut: BoolColumn
    suspect: TextColumn
    n_peaks: IntColumn
    channels: tuple[Channel, ...]
    noise: NDArray[np.float64]
    searched: NDArray[np.float64]
    floor: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def duration(self) -> NDArray[np.float64]:
        """Offset minus onset, seconds."""
        return self.offset - self.onset

    @property
    def labels(self) -> NDArray[np.object_]:
        """The channel label of each burst."""
        return np.array([c.label for c in self.channels], dtype=object)[self.channel]

    def to_frame(self) -> pd.DataFrame:
        """One row a burst, with the label, muscle and side of its channel."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in self.column_types()}
        described = {
            "channel": self.labels,
            "muscle": [self.channels[i].muscle for i in self.channel],
            "side": [self.channels[i].side for i in self.channel],
        }
        return pd.DataFrame({"onset": self.onset, "duration": self.duration} | columns | described)

    def to_table(self) -> pd.DataFrame:
        """As `bursts.tsv` holds it: onset, duration, channel, muscle, side, amplitude, rms, snr, then the rest."""
        frame = self.to_frame().drop(columns="offset")
        return frame[[*TABLE_START, *(name for name in frame.columns if name not in TABLE_START)]]

    def to_marks(self) -> Annotations:
        """As annotations of myosig: ``burst@@EMG R APB``, ``burst: cross-talk@@EMG R APB``."""
        return mark_each(BURST, self.onset, self.offset, self.labels, self.suspect)

    @classmethod
    def from_annotations(cls, marks: Any, recording: Recording, *, artefacts: Artefacts | None = None) -> Bursts:
        """Bursts from marks that were set or corrected by hand.

        Parameters
        ----------
        marks : mne.Annotations, neo.Epoch or myosig.Annotations
            Those called ``"burst"`` count, each on its channel; in MNE's browser, shift-click the trace to put a mark
            on it. Others are passed over.
        recording : Recording
            What is not known of a mark is measured from its samples.
        artefacts : Artefacts, optional
            From `signals.cleaning.find_artefacts`, where it was called already.

        Returns
        -------
        Bursts
            A mark left where the detector put it is the detected burst; any other is measured between its own edges,
            without standard errors.

        Raises
        ------
        ParameterError
            If a mark names no channel, one that is not EMG, ends before it begins, overlaps another of its channel,
            or lies where there are no data.

        Examples
        --------
        >>> import myosig as ms
        >>> recording = ms.simulate("segmental", seed=3, duration=20, n_eeg=0).recording
        >>> bursts = ms.detect_bursts(recording)
        >>> ms.Bursts.from_annotations(bursts.to_annotations(), recording).equals(bursts)
        True
        """
        from myosig.detect.marked import measure_burst_marks

        notes = annotations_of(marks, recording)
        return measure_burst_marks(recording, notes, artefacts=artefacts)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, recording: Recording, *, artefacts: Artefacts | None = None) -> Bursts:
        """Bursts from a table that was made or corrected by hand; see `from_annotations`.

        Parameters
        ----------
        frame : DataFrame
            With columns onset (s), duration (s; or offset) and channel (label), and suspect where wanted. What else
            it says is measured anew, because a mark that was moved is not the burst that it was.
        recording : Recording
        artefacts : Artefacts, optional

        Returns
        -------
        Bursts

        Raises
        ------
        ParameterError
            If a column is missing or a value is not a number; and as `from_annotations`.
        """
        from myosig.detect.marked import measure_burst_table

        return measure_burst_table(recording, frame, artefacts=artefacts)


def detect_bursts(
    recording: Recording, *, channels: Sequence[str] | None = None, artefacts: Artefacts | None = None
) -> Bursts:
    """Find every burst of every EMG channel of a recording.

    A burst is found where the power in windows of 10 to 320 ms exceeds the noise of the 10 s on either side by
    more than noise itself does once in a channel-hour; its onset and offset are then placed where a local
    likelihood sees the power change, at full time resolution on zero-phase filtered data. Nothing has to be
    set: see "How bursts are found" in the documentation.

    Parameters
    ----------
    recording : Recording
    channels : sequence of str, optional
        Labels of the channels to search. Default: all of kind ``"emg"``.
    artefacts : Artefacts, optional
        Line noise and heart beats to remove, from `signals.cleaning.find_artefacts`. Default: looked for here.

    Returns
    -------
    Bursts
        Sorted by onset. Where samples are missing (gaps, NaN) nothing is found, and a burst that touches
        the gap or the end is marked `cut`. A channel below 100 Hz is not searched (`searched` 0, `noise` NaN).

    Raises
    ------
    ParameterError
        A label that the recording does not have.

    Warns
    -----
    MyosigWarning
        If no channel is known to be EMG although some could be, or the size of one shows that its unit is wrong.

    References
    ----------
    Wilson and Hilferty (1931), doi 10.1073/pnas.17.12.684: how the power of noise is distributed. Wedderburn (1974),
    doi 10.1093/biomet/61.3.439: the likelihood by which edges are placed.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rng = np.random.default_rng(1)
    >>> emg = rng.normal(0, 5, 20_000)
    >>> emg[10_000:10_100] += rng.normal(0, 100, 100)
    >>> rec = ms.from_array(emg[None], sfreq=2000, labels=["EMG R APB"], unit="uV")
    >>> bursts = ms.detect_bursts(rec)
    >>> len(bursts), round(float(bursts.onset[0]), 2), round(float(bursts.duration[0]), 2)
    (1, 5.0, 0.05)
    """
    warn_without_emg(recording)
    labels = [c.label for c in recording.channels if c.kind == "emg"] if channels is None else list(channels)
    chosen = tuple(recording.channel(label) for label in labels)
    found: list[Found] = [Found() for _ in chosen]
    known = artefacts if artefacts is not None else find_artefacts(recording.select(kind=("emg", "ecg")))
    for sfreq in sorted({c.sfreq for c in chosen if c.sfreq >= LOWEST_RATE}):
        index = [i for i, c in enumerate(chosen) if c.sfreq == sfreq]
        for i, channel in zip(index, _search(recording, [chosen[i].label for i in index], known), strict=True):
            found[i] = channel
    bursts = without_heart(recording, tabulate(chosen, found), known.heart)
    return without_tonic_firing(recording, bursts)


def warn_without_emg(recording: Recording) -> None:
    """Say so where nothing is known to be EMG although some signal might be."""
    unknown = [c.label for c in recording.channels if c.kind == "misc" and c.unit == MICROVOLT]
    if unknown and not any(c.kind == "emg" for c in recording.channels):
        warnings.warn(
            f"{recording.name}: no channel is known to be EMG; if {listed(unknown)} should be, say so: "
            f"channels={{{unknown[0]!r}: 'emg'}}",
            MyosigWarning,
            stacklevel=3,
        )


def _search(recording: Recording, labels: Sequence[str], artefacts: Artefacts) -> list[Found]:
    """Search channels of one rate."""
    sfreq = recording.channel(labels[0]).sfreq
    search = Search(sfreq, len(labels), ahead=NOISE_REACH)
    duration = min(BLOCK, MOST_SAMPLES / (len(labels) * sfreq))
    for block in read_ahead(cleaned_blocks(recording, labels, duration=duration, artefacts=artefacts)):
        search.push(block.data, block.tmin, is_first=block.is_first)
    return search.finish()


def tabulate(channels: tuple[Channel, ...], found: Sequence[Found]) -> Bursts:
    """Bursts of all channels as one table, sorted by onset."""
    channel = np.repeat(np.arange(len(found)), [len(f.rows) for f in found])

    def column(name: str) -> NDArray[np.float64]:
        return np.concatenate([np.empty(0), *(f.rows[:, COLUMNS.index(name)] for f in found)])

    def in_order(name: str) -> NDArray[Any]:
        values = column(name)[order]
        values.flags.writeable = False  # so the table need not copy it
        return values

    order = np.lexsort((channel, column("onset")))
    return Bursts(
        channel=channel[order],
        suspect=np.full(len(order), "", dtype=object),
        channels=channels,
        noise=np.array([f.noise for f in found]),
        searched=np.array([f.searched for f in found]),
        floor=np.array([f.floor for f in found]),
        **{name: in_order(name) for name in COLUMNS},
    )
