"""Line noise at 50 or 60 Hz: found by its lines in the spectrum, removed as slowly varying sinusoids.

A line stands alone: it is far above everything within 11 Hz on either side. The harmonics of a rhythmic event do
not pass this test, because they come in rows; nor does tremor, whose muscle activity is no pure tone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myosig.samples import Block, Samples
from myosig.signals.bands import with_halo, zero_filled
from myosig.threads import in_threads

Floats = NDArray[np.float64]

MAINS = (50.0, 60.0)  # Hz
TOLERANCE = 0.25  # Hz that the mains may be off [P]: grids keep within 0.2 Hz
LAST_HARMONIC = 10  # 500 Hz: above the band of surface EMG there is nothing to spoil
PIECE = 4.0  # s of one spectrum: lines resolved to 1/4 Hz
SHORTEST_PIECE = 2.0  # s; a shorter stretch cannot tell a line from its neighbours
NEIGHBOURS = 11.0  # Hz on either side that a line is compared with: more than the rate of any tremor
STANDS_OUT = 3.0  # a line is this many times its largest neighbour; noise does so once in 1e5 spectra [D]
VOTES = 2  # spectra in which a line must be seen, where there are as many
AGREEMENT = 0.05  # Hz by which the mains frequency of a vote may differ from the median of all

FITS = 256  # that are kept: one for each channel of a large montage
HOP = 0.1  # s between fits; each takes in two hops: ten periods of 50 Hz, twelve of 60
MEDIAN_HOPS = 21  # a running median over 2 s keeps bursts out and follows steps of the hum
SMOOTH = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0  # over the medians, which are rough
HALO_HOPS = MEDIAN_HOPS // 2 + len(SMOOTH) // 2 + 3  # surroundings that a sample's value depends on


@dataclass(frozen=True, slots=True)
class LineNoise:
    """The line noise of some channels of one rate.

    Attributes
    ----------
    frequency : float
        Hz of the mains as met in this recording; 0 where there is none.
    harmonics : tuple of tuple of int
        For each channel the multiples of `frequency` that stand out.
    rms : tuple of float
        For each channel the strength of its lines in the channel's unit, median over the spectra; 0 where none.
    """

    frequency: float
    harmonics: tuple[tuple[int, ...], ...]
    rms: tuple[float, ...]

    @property
    def found(self) -> bool:
        """Whether any channel has line noise."""
        return any(self.harmonics)

    def split(self) -> tuple[LineNoise, ...]:
        """Of each channel on its own."""
        return tuple(
            LineNoise(self.frequency if h else 0.0, (h,), (rms,))
            for h, rms in zip(self.harmonics, self.rms, strict=True)
        )


class _Votes(NamedTuple):
    """Every spectrum in which a line stood out: whose, which multiple, mains frequency, and power."""

    channel: list[int]
    harmonic: list[int]
    frequency: list[float]
    power: list[float]


def find_line_noise(windows: Iterable[Block], *, sfreq: float) -> LineNoise:
    """Look for 50 or 60 Hz and its harmonics in windows of a recording.

    Parameters
    ----------
    windows : iterable of Block
        All of the same channels; see `survey.survey`.
    sfreq : float

    Returns
    -------
    LineNoise
    """
    votes = {mains: _Votes([], [], [], []) for mains in MAINS}
    spectra = in_threads(partial(_spectra, sfreq=sfreq), windows)
    channels = max((len(power) for power, _ in spectra), default=0)
    for step in {step for _, step in spectra}:
        alike = np.concatenate([power for power, other in spectra if other == step], axis=1)
        for mains in MAINS:
            _vote(votes[mains], mains, alike, step, sfreq)
    count = sum(power.shape[1] for power, _ in spectra)
    return _elected(max(votes.values(), key=lambda v: len(v.channel)), channels, min(VOTES, count))


def _elected(votes: _Votes, channels: int, needed: int) -> LineNoise:
    """What enough votes agree on."""
    frequency = float(np.median(votes.frequency)) if votes.frequency else 0.0
    agree = np.abs(np.array(votes.frequency) - frequency) <= AGREEMENT
    channel, harmonic = (np.array(of, dtype=np.int64)[agree] for of in (votes.channel, votes.harmonic))
    count = np.zeros((channels, LAST_HARMONIC + 1), np.int64)
    power = np.zeros(count.shape)
    np.add.at(count, (channel, harmonic), 1)
    np.add.at(power, (channel, harmonic), np.array(votes.power)[agree])
    seen = (count >= needed) & (count > 0)
    mean = np.where(seen, power / np.maximum(count, 1), 0.0)
    return LineNoise(
        frequency if seen.any() else 0.0,
        tuple(tuple(np.flatnonzero(row).tolist()) for row in seen),
        tuple(np.sqrt(mean.sum(axis=1)).tolist()),
    )


def _spectra(window: Block, sfreq: float) -> tuple[Samples, float]:
    """Power of each line in the channel's unit squared (a pure tone's peak bin), and Hz between lines.

    Shape (n_channels, n_pieces, n_lines), of pieces of `PIECE` seconds, or one of what there is.
    """
    from scipy.fft import rfft

    n = min(round(PIECE * sfreq), window.data.shape[1])
    count = window.data.shape[1] // n if n >= SHORTEST_PIECE * sfreq else 0
    highest = int((LAST_HARMONIC * max(MAINS) + 2 * NEIGHBOURS) * n / sfreq)
    if not count:
        return np.empty((len(window.data), 0, highest), np.float32), sfreq / max(n, 1)
    pieces = zero_filled(window.data[:, : count * n]).reshape(-1, count, n)
    taper = _taper(n)
    pieces = pieces - pieces.mean(axis=2, keepdims=True)
    pieces *= taper
    spectrum = rfft(pieces, axis=2)[:, :, :highest]
    return 2.0 * (np.square(spectrum.real) + np.square(spectrum.imag)) / float(taper.sum()) ** 2, sfreq / n


@cache
def _taper(n: int) -> Samples:
    return np.hanning(n).astype(np.float32)


def _vote(votes: _Votes, mains: float, power: Samples, step: float, sfreq: float) -> None:
    """Look for each harmonic in all spectra of one resolution."""
    highest = min(LAST_HARMONIC, int((sfreq / 2 - NEIGHBOURS) / mains))
    for h in range(1, highest + 1):
        zone, beside = _zones(mains, h, step)
        near = power[:, :, zone]
        for row, piece in np.argwhere(near.max(axis=2) > STANDS_OUT * power[:, :, beside].max(axis=2)).tolist():
            peak = int(zone[0] + near[row, piece].argmax())
            votes.channel.append(row)
            votes.harmonic.append(h)
            votes.frequency.append(_between(power[row, piece], peak) * step / h)
            votes.power.append(float(power[row, piece, peak]))


@cache
def _zones(mains: float, harmonic: int, step: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bins in which the line may lie, and those it is compared with."""
    centre = harmonic * mains / step
    reach = TOLERANCE * harmonic / step + 1
    zone = np.arange(int(np.ceil(centre - reach)), int(np.floor(centre + reach)) + 1)
    around = np.arange(int(np.ceil(centre - NEIGHBOURS / step)), int(np.floor(centre + NEIGHBOURS / step)) + 1)
    beside = around[np.abs(around - centre) > reach + 2]  # a Hann window smears a line over two bins
    other = next(m for m in MAINS if m != mains)
    return zone, beside[np.abs(beside * step - other * np.round(beside * step / other)) > TOLERANCE * harmonic + step]


def _between(power: Samples, peak: int) -> float:
    """Place of a line between the bins, from the amplitudes of a Hann window's peak and larger neighbour."""
    amplitude = np.sqrt(power[peak - 1 : peak + 2])
    side = 1 if amplitude[2] > amplitude[0] else -1
    ratio = amplitude[1 + side] / amplitude[1]
    return peak + float(side * (2 * ratio - 1) / (1 + ratio))


def remove_line_noise(blocks: Iterator[Block], noise: Sequence[LineNoise | None], *, sfreq: float) -> Iterator[Block]:
    """Subtract the lines from a stream of blocks, in place.

    Every 0.1 s the amplitude and phase of each line are fitted to 0.2 s; a running median over 2 s of fits
    leaves out what a burst did to some of them. Nothing is filtered, so nothing rings.

    Parameters
    ----------
    blocks : iterator of Block
        All but the last of a segment equally long, and longer than `HALO_HOPS` hops. What is fitted to which
        samples follows from where the blocks lie.
    noise : sequence of LineNoise or None
        One a channel, each of that channel alone; None where there is nothing to remove.
    sfreq : float

    Yields
    ------
    Block
    """
    if not any(noise):
        yield from blocks
        return
    hop = round(HOP * sfreq)
    noisy = {row: lines for row, lines in enumerate(noise) if lines is not None}
    for block, data, first in with_halo(blocks, HALO_HOPS * hop, list(noisy)):
        if data.shape[1] >= 2 * hop:
            for (row, lines), x in zip(noisy.items(), data, strict=True):
                omega = 2 * np.pi * lines.frequency * np.array(lines.harmonics[0]) / sfreq
                block.data[row] -= _lines(x, omega, hop)[first : first + block.data.shape[1]]
        yield block


def _lines(x: Samples, omega: Floats, hop: int) -> Samples:
    """The sum of sinusoids of angular frequencies `omega` (per sample) that `x` holds, following it slowly."""
    from scipy.ndimage import convolve1d, median_filter

    fit = _fit(tuple(omega.tolist()), 2 * hop)
    hops = x[: x.size // hop * hop].reshape(-1, hop)
    fits = _filled(hops[:-1] @ fit[:hop] + hops[1:] @ fit[hop:])
    middle = hop * np.arange(1, len(hops))[:, None]
    still = (fits[:, : omega.size] + 1j * fits[:, omega.size :]) * np.exp(-1j * omega * middle)
    parts = np.concatenate([still.real, still.imag], axis=1)
    reach = MEDIAN_HOPS // 2
    rows = np.pad(
        parts.T, ((0, 0), (reach, reach)), mode="edge"
    )  # one after the other: each call costs more than it does
    typical = median_filter(rows.ravel(), MEDIAN_HOPS).reshape(rows.shape)[:, reach:-reach].T
    smooth = convolve1d(typical, SMOOTH, axis=0, mode="nearest")
    return _play(smooth[:, : omega.size] + 1j * smooth[:, omega.size :], omega, hop, x.size)


def _play(amplitude: NDArray[np.complex128], omega: Floats, hop: int, n: int) -> Samples:
    """Sinusoids whose amplitudes are given at hop 1, 2, ... and run straight between."""
    knots = np.concatenate([amplitude[:1], amplitude, amplitude[-1:], amplitude[-1:]])
    turned = knots[:-1] * np.exp(1j * omega * hop * np.arange(len(knots) - 1)[:, None])
    change = np.diff(knots, axis=0) * np.exp(1j * omega * hop * np.arange(len(knots) - 1)[:, None])
    step = np.arange(hop)
    wave = np.exp(1j * np.outer(omega, step))
    rise = wave * step / hop
    left = np.concatenate([turned.real, -turned.imag, change.real, -change.imag], axis=1).astype(np.float32)
    right = np.concatenate([wave.real, wave.imag, rise.real, rise.imag]).astype(np.float32)
    whole = np.einsum("hk,kt->ht", left, right)  # `@` rounds differently on another number of threads
    return np.asarray(whole.ravel()[:n])


@lru_cache(FITS)
def _fit(omega: tuple[float, ...], cell: int) -> Samples:
    """Matrix that gives real and imaginary amplitudes, at the middle of a cell (a row), of all sinusoids at once.

    Weighted with a Hann window, so that slow movement does not leak into the lines; a constant is fitted beside.
    """
    waves = np.exp(1j * np.outer(omega, np.arange(cell) - cell // 2))
    model = np.concatenate([waves.real, -waves.imag, np.ones((1, cell))])
    weight = np.sqrt(np.hanning(cell + 2)[1:-1])
    return np.ascontiguousarray((np.linalg.pinv((model * weight).T) * weight)[:-1].T, dtype=np.float32)


def _filled(fits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Fits that missing samples spoiled take the value of the nearest good one before, else after."""
    good = np.isfinite(fits.sum(axis=1))
    if good.all() or not good.any():
        return np.nan_to_num(fits).astype(np.float64)
    last = np.maximum.accumulate(np.where(good, np.arange(len(good)), -1))
    return fits[np.where(last >= 0, last, int(np.argmax(good)))].astype(np.float64)
