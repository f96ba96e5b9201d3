"""How samples become 16- or 24-bit numbers when a recording is written: a range for each channel, nothing clipped."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

from myosig.channel import MICROVOLT, Channel
from myosig.errors import MyosigWarning, ParameterError
from myosig.io.edf_samples import is_trigger_word
from myosig.samples import Samples

HEADROOM = 0.1  # of the range on both sides, so that no sample lies at the end of the scale as a clipped one would
MIN_STEPS = 8000  # the amplifier's limits become the range when the values then span at least this many steps (13 bits)
COARSE_STEPS = 1000  # values that span fewer are worth a warning
FIELD = 8  # characters of a physical limit
VOLTAGES = {"uV": 1.0, "mV": 1e3, "V": 1e6}  # in µV


@dataclass(frozen=True, slots=True)
class StoredScale:
    """How the values of a channel are stored.

    Attributes
    ----------
    physical_text : (str, str)
        Physical minimum and maximum, as the header has them.
    unit : str
        Unit of these.
    digital : (int, int)
        Digital minimum and maximum.
    scale : float
        How many of the recording's unit one of `unit` is.
    is_word : bool
        Whole numbers stored as they are.
    """

    physical_text: tuple[str, str]
    unit: str
    digital: tuple[int, int]
    scale: float = 1.0
    is_word: bool = False

    @property
    def step(self) -> float:
        """Difference of the values of two neighbouring stored numbers, in the recording's unit."""
        low, high = (float(text) for text in self.physical_text)
        return self.scale * (high - low) / (self.digital[1] - self.digital[0])

    def stored(self, samples: Samples) -> NDArray[np.int32]:
        """The nearest stored number of each sample."""
        if self.is_word:
            return samples.astype(np.int32)
        numbers = np.rint((samples.astype(np.float64) - self.scale * float(self.physical_text[0])) / self.step)
        # The range encloses the samples but for the rounding of its ends to float32.
        stored: NDArray[np.int32] = np.clip(numbers + self.digital[0], *self.digital).astype(np.int32)
        return stored


def choose_scale(channel: Channel, *, low: float, high: float, whole: bool, sample_bytes: int) -> StoredScale:
    """The scale of a channel whose values lie between `low` and `high` and are, or are not, all whole numbers."""
    half = 1 << (8 * sample_bytes - 1)
    digital = (-half, half - 1)
    if channel.kind == "stim" and sample_bytes == 3 and is_trigger_word(channel.label, channel.unit):
        if not (whole and low >= 0 and high < 2 * half):
            raise ParameterError(
                f"{channel.label!r} holds trigger words, which must be whole numbers from 0 to {2 * half - 1}, "
                f"not from {low:g} to {high:g}; say that it is something else: channels={{{channel.label!r}: 'misc'}}"
            )
        return StoredScale((str(-half), str(half - 1)), "Boolean", digital, is_word=True)
    if channel.kind == "stim" and whole:
        return StoredScale(_whole_range(channel, low, high, half), channel.unit, digital)
    texts, unit = _written(*_range(channel, low, high, steps=2 * half - 1), channel)
    scale = StoredScale(texts, unit, digital, VOLTAGES.get(unit, 1.0) if channel.unit == MICROVOLT else 1.0)
    if 0 < high - low < COARSE_STEPS * scale.step and scale.step > 2 * _float32_step(low, high):
        warnings.warn(
            f"{channel.label!r} is stored in steps of {scale.step:g} {channel.unit}: its values span only "
            f"{(high - low) / scale.step:.0f} of them",
            MyosigWarning,
            stacklevel=4,
        )
    return scale


def _whole_range(channel: Channel, low: float, high: float, half: int) -> tuple[str, str]:
    """A range whose step is 1, so that trigger codes stay what they are."""
    for least, most in ((-half, half - 1), (0, 2 * half - 1)):
        if least <= low and high <= most:
            return str(least), str(most)
    raise ParameterError(
        f"the codes of {channel.label!r} ({low:g} to {high:g}) do not fit into the samples of this format; "
        "write to a path that ends in .bdf (24 bit)"
    )


def _range(channel: Channel, low: float, high: float, *, steps: int) -> tuple[float, float]:
    """The amplifier's limits where these are not too wide, else the values with some room to spare."""
    span, limits = high - low, channel.limits
    inside = limits is not None and limits[0] <= low and high <= limits[1]
    if limits is not None and inside and span * steps >= MIN_STEPS * (limits[1] - limits[0]):
        return limits
    finest = _float32_step(low, high) * steps  # as a range; with finer steps nothing would be gained
    spare = max(finest / 2, HEADROOM * span if span > 0 else 1.0)
    return low - spare, high + spare


def _float32_step(low: float, high: float) -> float:
    return float(np.spacing(np.float32(max(abs(low), abs(high)))))


def _written(low: float, high: float, channel: Channel) -> tuple[tuple[str, str], str]:
    """The range as text, rounded outwards, and its unit: a voltage too large for the field in µV goes into mV or V."""
    units = VOLTAGES if channel.unit == MICROVOLT else {channel.unit: 1.0}
    for unit, microvolts in units.items():
        texts = _text(low / microvolts, ROUND_FLOOR), _text(high / microvolts, ROUND_CEILING)
        if texts[0] is not None and texts[1] is not None:
            return (texts[0], texts[1]), unit
    raise ParameterError(
        f"the values of {channel.label!r} reach from {low:g} to {high:g} {channel.unit}, "
        "too large for the eight characters of an EDF limit"
    )


def _text(value: float, rounding: str) -> str | None:
    """The value in at most eight characters, as exact as float32 samples are or rounded outwards; None if too large."""
    shortest = np.format_float_positional(np.float32(value), trim="-")
    if len(shortest) <= FIELD:
        return shortest
    for places in range(FIELD - 2, -1, -1):
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding)
        text = format(rounded, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        if len(text) <= FIELD:
            return "0" if rounded == 0 else text
    return None
