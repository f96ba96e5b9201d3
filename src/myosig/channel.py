"""A channel: what one signal is, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from myosig.muscles import atlas, cord_position_mm
from myosig.notebook import ShownFields

Kind = Literal["emg", "eeg", "eog", "ecg", "acc", "resp", "stim", "misc"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Side = Literal["left", "right", "midline"]
SIDES: tuple[Side, ...] = get_args(Side)
Status = Literal["good", "bad"]

MICROVOLT = "uV"


@dataclass(frozen=True, slots=True)
class Channel(ShownFields):
    """What one signal is.

    Attributes
    ----------
    label : str
        Name, unique in its recording.
    kind : str
        One of emg, eeg, eog, ecg, acc, resp, stim, misc.
    sfreq : float
        Samples per second.
    unit : str
        Unit of what `Recording.read` returns: ``"uV"`` for every voltage, else the unit of the file.
    n_samples : int
        Samples stored in the source.
    muscle : str or None
        Name in the atlas, for EMG.
    side : {"left", "right", "midline"} or None
    segments : tuple of str
        Cord segments; from the label where it states them ("Paraspinal T8"), else from the atlas.
    site : str or None
        Electrode or derivation, for EEG ("C3", "C3-A2").
    highpass, lowpass : float or None
        Analogue or digital filters that the file states, in Hz; None = not stated.
    limits : (float, float) or None
        Smallest and largest value that the amplifier can give, in `unit`; None = not known.
    original_label : str
        The label as the file has it.
    reference : str or None
        Against what it was recorded, as the recording states it ("bipolar", "A2").
    status : {"good", "bad"} or None
        What those who recorded it say of it (BIDS ``channels.tsv``); a bad channel is kept.
    status_description : str
        Why, in their words.
    known : mapping of str to {"stated", "inferred"}
        For kind, muscle, side, segments, site: stated by the user or the file, or inferred from the label.
        A property that is missing here is not known.

    Examples
    --------
    >>> import myosig as ms
    >>> channel = ms.Channel("EMG R TA", "emg", 2000.0, "uV", 0, muscle="tibialis anterior", segments=("L4", "L5"))
    >>> round(channel.position_mm)
    393
    """

    label: str
    kind: Kind
    sfreq: float
    unit: str
    n_samples: int
    muscle: str | None = None
    side: Side | None = None
    segments: tuple[str, ...] = ()
    site: str | None = None
    highpass: float | None = None
    lowpass: float | None = None
    limits: tuple[float, float] | None = None
    original_label: str = ""
    reference: str | None = None
    status: Status | None = None
    status_description: str = ""
    known: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)

    @property
    def position_mm(self) -> float:
        """Distance along the cord from the top of C1 in mm; NaN where the segments are not known."""
        if self.muscle is not None and self.segments == atlas()[self.muscle].segments:
            return atlas()[self.muscle].position_mm
        return cord_position_mm(self.segments)


def describe(channel: Channel, **changes: object) -> Channel:
    """A channel with some properties replaced, each marked as stated."""
    stated = {key: "stated" for key in changes if key in {"kind", "muscle", "side", "segments", "site"}}
    return replace(channel, known={**channel.known, **stated}, **changes)  # type: ignore[arg-type]
