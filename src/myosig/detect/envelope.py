"""The envelope of the EMG, its spectrum, and the peaks that stand out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.stats import chi2

from myosig.recording import Recording
from myosig.samples import Samples
from myosig.signals.cleaning import Artefacts, cleaned_blocks
from myosig.threads import read_ahead

Floats = NDArray[np.float64]

RATE = 100.0  # Hz of the envelope: twice the third harmonic of the fastest tremor, and room
BLOCK = 30.0  # s read at a time
NEIGHBOURHOOD = 17  # bins of a spectrum over which the background of a peak is taken [P]
HIGHEST = 30.0  # Hz up to which harmonics are looked for
LEAST = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Mean absolute EMG of some channels in bins of about 10 ms.

    Attributes
    ----------
    labels : tuple of str
    rate : float
        Bins a second.
    stretches : tuple of ndarray of float32, shape (n_channels, n_bins)
        One for each stretch without a gap.
    """

    labels: tuple[str, ...]
    rate: float
    stretches: tuple[Samples, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Mean spectrum of an envelope.

    Attributes
    ----------
    frequency, power : ndarray
    n_windows : float
        Independent windows that the mean is worth: fewer than were averaged where a few hold most of the power.
    """

    frequency: Floats
    power: Floats
    n_windows: float

    @property
    def background(self) -> Floats:
        """Median power of the frequencies around, with its bias taken out."""
        bias = (1 - 1 / (9 * self.n_windows)) ** 3  # of the median of chi-squared (Wilson & Hilferty 1931)
        return np.maximum(median_filter(self.power, NEIGHBOURHOOD, mode="nearest") / bias, LEAST)

    def chance(self, excess: float, looks: int) -> float:
        """How often the highest of so many frequencies exceeds the background by that factor.

        A mean of n periodograms over its expectation is chi-squared with 2 n degrees of freedom.
        """
        return min(1.0, looks * float(chi2.sf(2 * self.n_windows * excess, 2 * self.n_windows)))


def read_envelopes(
    recording: Recording, labels: Sequence[str], *, artefacts: Artefacts | None = None
) -> Iterator[Envelope]:
    """Envelopes of channels, those of one rate together; channels below 100 Hz are left out.

    The mean of each bin is taken off before it is rectified: offsets and movement, below about 50 Hz, do not count.
    """
    for sfreq in dict.fromkeys(recording.channel(label).sfreq for label in labels):
        if sfreq < RATE:
            continue
        together = [label for label in labels if recording.channel(label).sfreq == sfreq]
        step = max(2, round(sfreq / RATE))
        duration = step * round(BLOCK * sfreq / step) / sfreq
        pieces: list[list[Samples]] = []
        for block in read_ahead(cleaned_blocks(recording, together, duration=duration, artefacts=artefacts)):
            if block.is_first:
                pieces.append([])
            bins = np.nan_to_num(block.data[:, : block.data.shape[1] // step * step]).reshape(len(together), -1, step)
            bins = np.abs(bins - bins.mean(axis=2, keepdims=True))
            pieces[-1].append(bins @ np.full(step, 1 / step, np.float32))
        yield Envelope(tuple(together), sfreq / step, tuple(np.concatenate(piece, axis=1) for piece in pieces))


def spectrum_of(stretches: Sequence[Floats], rate: float, window: float) -> Spectrum | None:
    """Mean spectrum of one channel over windows of so many seconds; None where not one fits in.

    Each window counts by the root of its power: a few loud seconds are not the whole, and rest adds little.
    """
    size = round(window * rate)
    long = [s for s in stretches if s.size >= size]
    if not long:
        return None
    pieces = np.concatenate([np.lib.stride_tricks.sliding_window_view(s, size)[:: size // 2] for s in long])
    centred = pieces - pieces.mean(axis=1, keepdims=True)
    frequency = np.asarray(np.fft.rfftfreq(size, 1 / rate), dtype=np.float64)
    power = np.abs(np.fft.rfft(centred * np.hanning(size))) ** 2
    weight = np.sqrt(power[:, frequency <= HIGHEST].sum(axis=1, keepdims=True))
    n = sum(s.size // size for s in long) * _evenness(weight)
    return Spectrum(frequency, (power / np.maximum(weight, LEAST)).mean(axis=0), n)


def _evenness(weight: Floats) -> float:
    """Part of the windows that a mean is worth in which each counts by its power."""
    return float(weight.sum() ** 2 / max((weight**2).sum() * weight.size, LEAST))
