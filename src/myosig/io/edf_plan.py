"""How a recording is cut into data records of EDF: one length for all channels, exact rates, gaps between records."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from myosig.errors import MyosigWarning, ParameterError
from myosig.recording import Channel, Recording

LONGEST = Fraction(1)  # s; the usual length of a data record
SHORTEST = Fraction(1, 100)  # s; shorter records are accepted only where nothing else fits
LONGEST_ODD = Fraction(60)  # s; a rate may need a longer record to last a whole number of samples
MICRO = 10**6  # a duration has at most six decimals, to fit eight characters
FIELD = 8
EXACT, CLOSE = 1e-9, 2e-6  # relative difference at which a rate counts as that fraction; CLOSE is 7 ms an hour
MOST_PARTS = 1000  # largest denominator of a rate, in Hz
EDGE = 1e-3  # of a sample: tolerance of times that stand for a sample


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive data records: time of the first sample, index of the first record, how many."""

    tmin: float
    first: int
    n_records: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Length of a data record in seconds, samples of each channel in it, the stretches, and channels by rate."""

    duration: Fraction
    samples: tuple[int, ...]
    stretches: tuple[Stretch, ...]
    groups: tuple[list[int], ...]

    @property
    def duration_text(self) -> str:
        """The length as the header has it."""
        return _text(self.duration)

    @property
    def n_records(self) -> int:
        """All data records; one, of no length, where there are only annotations."""
        return sum(s.n_records for s in self.stretches) if self.groups else 1

    def onsets(self) -> Iterator[float]:
        """Time at which each data record begins, on the recording's clock."""
        if not self.groups:
            yield 0.0
        for stretch in self.stretches:
            for record in range(stretch.n_records):
                yield stretch.tmin + float(record * self.duration)


def plan_records(recording: Recording) -> Plan:
    """Choose the longest record of up to one second that every stretch is a whole number of.

    Raises
    ------
    ParameterError
        If there is nothing to write, or no record lasts a whole number of samples of every channel.

    Warns
    -----
    MyosigWarning
        If a rate is rounded, or an end is left out because it does not fill a record.
    """
    if not recording.channels:
        return Plan(Fraction(0), (), (), ())
    rates, unit = _rates_and_unit(recording)
    grid = float(1 / _common(rates.values()))
    found = [_units(recording, low, high, rates, unit, grid) for low, high in recording.segments]
    many = _units_per_record([count for _, count in found], unit)
    stretches, first = [], 0
    for tmin, count in found:
        if count >= many:
            stretches.append(Stretch(tmin, first, count // many))
            first += count // many
    plan = Plan(
        many * unit,
        tuple(int(many * unit * rates[c.sfreq]) for c in recording.channels),
        tuple(stretches),
        tuple([i for i, c in enumerate(recording.channels) if c.sfreq == rate] for rate in sorted(rates, reverse=True)),
    )
    _warn_of_changes(recording, plan, rates)
    return plan


def _rates_and_unit(recording: Recording) -> tuple[dict[float, Fraction], Fraction]:
    """Each rate as a fraction, and the shortest possible data record."""
    there = {channel.sfreq for channel in recording.channels}
    for tolerance in (EXACT, CLOSE):
        rates = {rate: fraction for rate in there if (fraction := _fraction(rate, tolerance)) is not None}
        if len(rates) < len(there):
            continue
        common = _common(rates.values())
        unit = (MICRO / common).denominator / common
        if unit <= LONGEST_ODD and len(_text(unit)) <= FIELD and unit <= recording.duration * (1 + CLOSE):
            return rates, unit
    listed = ", ".join(f"{rate:.9g}" for rate in sorted(there))
    raise ParameterError(
        f"EDF needs data records that last a whole number of samples of every channel; for {listed} Hz and "
        f"{recording.duration:g} s of data there are none: write channels of one rate at a time (recording.select), "
        "or a longer piece"
    )


def _fraction(rate: float, tolerance: float) -> Fraction | None:
    """The simplest fraction that is the rate within a relative tolerance."""
    for parts in range(1, MOST_PARTS + 1):
        whole = round(rate * parts)
        if whole > 0 and abs(whole / parts - rate) <= tolerance * rate:
            return Fraction(whole, parts)
    return None


def _common(rates: Iterable[Fraction]) -> Fraction:
    """The largest rate of which all are whole multiples."""
    common = Fraction(0)
    for rate in rates:
        parts = common.denominator * rate.denominator
        common = Fraction(math.gcd(common.numerator * rate.denominator, rate.numerator * common.denominator), parts)
    return common


def _units(
    recording: Recording, low: float, high: float, rates: Mapping[float, Fraction], unit: Fraction, grid: float
) -> tuple[float, int]:
    """First time in a segment at which all channels have a sample, and how many units of data follow it there."""
    at = int(np.searchsorted(recording.layout.start, low + EDGE * grid, side="right")) - 1
    origin = float(recording.layout.start[at])
    tmin = origin + math.ceil((low - origin) / grid - EDGE) * grid
    counts = []
    for channel in recording.channels:
        available = math.floor((min(high, _end(recording, channel)) - tmin) * channel.sfreq + EDGE)
        counts.append(available // int(unit * rates[channel.sfreq]))
    return tmin, max(0, min(counts))


def _end(recording: Recording, channel: Channel) -> float:
    """Time at which the stored samples of a channel end."""
    layout = recording.layout
    before = np.rint((layout.stop[:-1] - layout.start[:-1]) * channel.sfreq).sum()
    return float(layout.start[-1] + (channel.n_samples - before) / channel.sfreq)


def _units_per_record(counts: Sequence[int], unit: Fraction) -> int:
    if not any(counts):
        raise ParameterError(
            "there are no samples to write that all channels share; write fewer channels, or more time"
        )
    common = math.gcd(*counts)
    fitting = range(min(common, max(1, int(LONGEST / unit))), 0, -1)
    many = next(n for n in fitting if common % n == 0)
    shortest = math.ceil(SHORTEST / unit)
    return many if many >= shortest or max(counts) <= shortest else shortest


def _warn_of_changes(recording: Recording, plan: Plan, rates: Mapping[float, Fraction]) -> None:
    for rate, fraction in rates.items():
        if abs(float(fraction) - rate) > EXACT * rate:
            warnings.warn(f"the rate {rate:.9g} Hz is written as {float(fraction):.9g} Hz", MyosigWarning, stacklevel=4)
    lost = recording.duration - float(plan.n_records * plan.duration)
    if lost * max(rates) > len(recording.segments) * EDGE + CLOSE * recording.duration * max(rates):
        warnings.warn(
            f"{lost:.6g} s at the ends of segments are not written: they do not fill a data record of "
            f"{plan.duration_text} s in all channels",
            MyosigWarning,
            stacklevel=4,
        )


def _text(duration: Fraction) -> str:
    text = format(Decimal(round(duration * MICRO)).scaleb(-6), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
