"""How a recording is cut into data records of EDF: one length for all channels, exact rates, gaps between records."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from myosig.channel import Channel
from myosig.errors import MyosigWarning, ParameterError
from myosig.recording import Recording
from myosig.timeline import EDGE

LONGEST = Fraction(1)  # s; the usual length of a data record
SHORTEST = Fraction(1, 100)  # s; shorter records are accepted only where nothing else fits
LONGEST_ODD = Fraction(60)  # s; a rate may need a longer record to last a whole number of samples
MICRO = 10**6  # a duration has at most six decimals, to fit eight characters
FIELD = 8
EXACT, CLOSE = 1e-9, 2e-6  # relative difference at which a rate counts as that fraction; CLOSE is 7 ms an hour
MOST_PARTS = 1000  # largest denominator of a rate, in Hz


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
    shortest = _shortest_record(recording)
    found = [_units(recording, low, high, shortest) for low, high in recording.segments]
    many = _units_per_record([count for _, count in found], shortest.duration)
    stretches, first = [], 0
    for tmin, count in found:
        if count >= many:
            stretches.append(Stretch(tmin, first, count // many))
            first += count // many
    by_rate = sorted(shortest.samples, reverse=True)
    plan = Plan(
        _rounded(many * shortest.duration),
        tuple(many * shortest.samples[c.sfreq] for c in recording.channels),
        tuple(stretches),
        tuple([i for i, c in enumerate(recording.channels) if c.sfreq == rate] for rate in by_rate),
    )
    _warn_of_changes(recording, plan)
    return plan


@dataclass(frozen=True, slots=True)
class _Unit:
    """The shortest time that is a whole number of samples in all channels.

    Attributes
    ----------
    duration : Fraction
        Seconds.
    samples : mapping of float to int
        Rate -> samples in it.
    grid : float
        Seconds between times at which all channels have a sample.
    """

    duration: Fraction
    samples: Mapping[float, int]
    grid: float


def _shortest_record(recording: Recording) -> _Unit:
    rates = sorted({channel.sfreq for channel in recording.channels}, reverse=True)
    for make in (_exact_unit, _close_unit):
        unit = make(rates)
        if unit is not None and unit.duration <= min(LONGEST_ODD, Fraction(recording.duration) + SHORTEST / 1000):
            return unit
    listed = ", ".join(f"{rate:.9g}" for rate in rates)
    raise ParameterError(
        f"EDF needs data records that last a whole number of samples of every channel; for {listed} Hz and "
        f"{recording.duration:g} s of data there are none: write channels of one rate at a time (recording.select), "
        "or a longer piece"
    )


def _exact_unit(rates: Sequence[float]) -> _Unit | None:
    """Of rates that are fractions: as long as six decimals can say exactly."""
    fractions = {rate: _fraction(rate, EXACT) for rate in rates}
    known = {rate: fraction for rate, fraction in fractions.items() if fraction is not None}
    if len(known) < len(rates):
        return None
    common = _common(known.values())
    duration = (MICRO / common).denominator / common
    if len(_text(duration)) > FIELD:
        return None
    return _Unit(duration, {rate: int(duration * fraction) for rate, fraction in known.items()}, float(1 / common))


def _close_unit(rates: Sequence[float]) -> _Unit | None:
    """Of other rates: a number of samples of the fastest at which the others have whole numbers too."""
    fastest = rates[0]
    ratios = {rate: _fraction(rate / fastest, CLOSE) for rate in rates}
    known = {rate: ratio for rate, ratio in ratios.items() if ratio is not None}
    if len(known) < len(rates):
        return None
    samples = math.lcm(*(ratio.denominator for ratio in known.values()))
    duration = samples / Fraction(fastest)
    return _Unit(duration, {rate: int(samples * ratio) for rate, ratio in known.items()}, float(duration))


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


def _units(recording: Recording, low: float, high: float, unit: _Unit) -> tuple[float, int]:
    """First time in a segment at which all channels have a sample, and how many units of data follow it there."""
    at = int(np.searchsorted(recording.layout.start, low + EDGE * unit.grid, side="right")) - 1
    origin = float(recording.layout.start[at])
    tmin = origin + math.ceil((low - origin) / unit.grid - EDGE) * unit.grid
    counts = []
    for channel in recording.channels:
        available = math.floor((min(high, _end(recording, channel)) - tmin) * channel.sfreq + EDGE)
        counts.append(available // unit.samples[channel.sfreq])
    return tmin, max(0, min(counts))


def _end(recording: Recording, channel: Channel) -> float:
    """Time at which the stored samples of a channel end."""
    layout = recording.layout
    before = np.rint((layout.stop[:-1] - layout.start[:-1]) * channel.sfreq).sum()
    return float(layout.start[-1] + (channel.n_samples - before) / channel.sfreq)


def _units_per_record(counts: Sequence[int], unit: Fraction) -> int:
    """As many as divide every stretch, up to a second; where only tiny records do, the fewest of sensible length."""
    if not any(counts):
        raise ParameterError("there are no samples that all channels share; write fewer channels, or more time")
    common, most = math.gcd(*counts), max(1, int(LONGEST / unit))
    dividing = (n for n in range(min(common, most), 0, -1) if common % n == 0 and _keeps_rate(n * unit))
    sensible = (n for n in range(math.ceil(SHORTEST / unit), most + 1) if _keeps_rate(n * unit))
    exact, short = next(dividing, 0), next(sensible, most)
    return exact if exact * unit >= SHORTEST or (exact and max(counts) <= short) else short


def _keeps_rate(duration: Fraction) -> bool:
    """Whether rounding the duration to six decimals leaves the rates close enough."""
    return abs(_rounded(duration) / duration - 1) <= CLOSE


def _rounded(duration: Fraction) -> Fraction:
    return Fraction(round(duration * MICRO), MICRO)


def _warn_of_changes(recording: Recording, plan: Plan) -> None:
    written = {c.sfreq: n / float(plan.duration) for c, n in zip(recording.channels, plan.samples, strict=True)}
    for rate, rounded in written.items():
        if abs(rounded - rate) > EXACT * rate:
            warnings.warn(f"the rate {rate:.9g} Hz is written as {rounded:.9g} Hz", MyosigWarning, stacklevel=4)
    lost = recording.duration - float(plan.n_records * plan.duration)
    if lost * max(written) > len(recording.segments) * EDGE + CLOSE * recording.duration * max(written):
        warnings.warn(
            f"{lost:.6g} s at the ends of segments are not written: they do not fill a data record of "
            f"{plan.duration_text} s in all channels",
            MyosigWarning,
            stacklevel=4,
        )


def _text(duration: Fraction) -> str:
    text = format(Decimal(round(duration * MICRO)).scaleb(-6), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
