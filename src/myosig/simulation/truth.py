"""What really happened in a simulated recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from myosig.notebook import ShownFields
from myosig.recording import Recording
from myosig.tables import EventTable, FloatColumn, IntColumn, TextColumn

NO_JERK = -1  # what `jerk` says of a burst or an EEG event that belongs to none


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrueBursts(EventTable):
    """Every burst that was put into the EMG, sorted by onset.

    Attributes
    ----------
    channel : ndarray of object, shape (n,)
        Label of the channel.
    onset, offset : ndarray of float
        Seconds. From where the first motor-unit potential of at least 10 % of the burst's peak begins to
        where the last one ends.
    jerk : ndarray of int
        Row of `Truth.jerks`, or -1 (a voluntary contraction, a fasciculation).
    snr : ndarray of float
        dB: RMS of the burst over RMS of the noise and tonic activity of its channel (hum, drift and ECG
        not counted).
    kind : ndarray of object
        ``"jerk"``, ``"tremor"``, ``"voluntary"`` or ``"fasciculation"``.
    """

    channel: TextColumn
    onset: FloatColumn
    offset: FloatColumn
    jerk: IntColumn
    snr: FloatColumn
    kind: TextColumn


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrueSilences(EventTable):
    """Every silence that was cut into tonic activity, sorted by onset.

    Attributes
    ----------
    channel : ndarray of object, shape (n,)
        Label of the channel.
    onset, offset : ndarray of float
        Seconds: where the last potential before it ends and the first after it begins.
    jerk : ndarray of int
        Silences of several muscles with one number belong together.
    """

    channel: TextColumn
    onset: FloatColumn
    offset: FloatColumn
    jerk: IntColumn


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrueJerks(EventTable):
    """Every jerk, sorted by onset.

    Attributes
    ----------
    onset, offset : ndarray of float, shape (n,)
        First onset and last offset of its bursts, seconds.
    lead : ndarray of object
        Label of the channel that began first.
    latency : ndarray of float, shape (n, n_channels)
        First onset in each channel of `Truth.channels` after the jerk's onset, seconds; NaN = not recruited.
    """

    onset: FloatColumn
    offset: FloatColumn
    lead: TextColumn
    latency: FloatColumn


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrueEegEvents(EventTable):
    """What was put into the EEG beside its background, sorted by time.

    Attributes
    ----------
    time : ndarray of float, shape (n,)
        Seconds: the positive peak of a premyoclonic spike, the onset of a readiness potential or of a
        desynchronisation, the negative peak of the spike of a spike-wave, the peak of a blink.
    kind : ndarray of object
        ``"premyoclonic spike"``, ``"readiness potential"``, ``"desynchronisation"``, ``"spike-wave"``,
        ``"blink"``.
    site : ndarray of object
        Where it is largest, an electrode of the 10-20 system.
    amplitude : ndarray of float
        µV at its peak at that site, without sign; for a desynchronisation the part of the rhythm that is lost.
    jerk : ndarray of int
        Row of `Truth.jerks` (of `Truth.silences` by number, in negative myoclonus), or -1.
    """

    time: FloatColumn
    kind: TextColumn
    site: TextColumn
    amplitude: FloatColumn
    jerk: IntColumn


@dataclass(frozen=True, slots=True, eq=False)
class Truth(ShownFields):
    """What really happened.

    Attributes
    ----------
    pattern, variant, difficulty, seed :
        What was asked for, and which form of the pattern was drawn ("reticular reflex", "startle" ...).
    finding : {"myoclonus", "tremor", "none"}
    sign : {"positive", "negative"} or None
    channels : tuple of str
        Labels of the EMG channels: the columns of `TrueJerks.latency`.
    bursts, jerks, silences, eeg : the tables of those names
    velocity : float or None
        m/s along the cord; None where nothing spreads along it.
    origin_mm : float or None
        Level of origin in the cord or brainstem, mm from the top of C1.
    drawn : mapping
        Every other parameter that was drawn for this patient, by name, in the unit that the name ends in.
    """

    pattern: str
    variant: str
    difficulty: str
    seed: int
    finding: str
    sign: str | None
    channels: tuple[str, ...]
    bursts: TrueBursts
    jerks: TrueJerks
    silences: TrueSilences
    eeg: TrueEegEvents
    velocity: float | None
    origin_mm: float | None
    drawn: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Simulation(ShownFields):
    """A simulated recording and its truth.

    Attributes
    ----------
    recording : Recording
        In memory, float32 µV.
    truth : Truth
        What was drawn and what really happened: bursts, jerks, silences and EEG events, in seconds.

    Examples
    --------
    >>> import myosig as ms
    >>> ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).truth.pattern
    'segmental'
    """

    recording: Recording
    truth: Truth
