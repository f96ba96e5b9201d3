"""Coherence between EEG and EMG, and between muscles: limits, phase delay, cumulant density.

All definitions follow Halliday et al. 1995. The Fourier transforms are taken of disjoint stretches of equal
duration, each channel at its own rate: bins of one frequency have the same number in every channel, so that
nothing needs to be resampled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal, get_args

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import get_window
from scipy.signal.windows import dpss
from scipy.stats import norm

from myosig._checks import one_of, positive
from myosig.channel import Channel
from myosig.errors import ParameterError
from myosig.localize._epoch_kernels import rectified
from myosig.localize.feed import Feed
from myosig.recording import Recording
from myosig.signals.cleaning import Artefacts, find_artefacts
from myosig.threads import in_threads

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Window = Literal["boxcar", "hann", "dpss"]

SEGMENT = 1.0  # s: bins of 1 Hz (criteria.md 3E quotes 0.5 s; 1 s separates 8 from 10 Hz) [P]
FMAX = 100.0  # Hz; corticospinal rhythms lie below 60 Hz
HIGH_PASS_WINDOW = 0.05  # s of running mean taken off the EMG before it is rectified: cuts below some 10 Hz [P]
ARTEFACT_UV = 150.0  # a stretch of EEG that swings more is left out, for that channel only
TAPERS = 3  # with "dpss": time-bandwidth 2, smoothing over 4 bins
BATCH = 64  # stretches transformed at a time: bounds the memory


@dataclass(frozen=True, slots=True, eq=False)
class Coherence:
    """Spectra of pairs of channels, each averaged over the stretches that both channels could use.

    Attributes
    ----------
    x, y : tuple of Channel
        Rows and columns.
    frequencies : ndarray of float, shape (n_frequencies,)
        Hz, from one bin above 0.
    auto_x, auto_y : ndarray of float, shape (n_x, n_y, n_frequencies)
        Auto-spectra over the stretches of that pair, unit²·s.
    cross : ndarray of complex, same shape
        Mean of X times the conjugate of Y: its phase rises with frequency where x leads.
    n : ndarray of int, shape (n_x, n_y)
        Stretches.
    effective : ndarray of float, shape (n_x, n_y)
        Independent estimates that these are worth: n for disjoint stretches, fewer with overlap, more with
        several tapers.
    segment : float
        Duration of a stretch, seconds.
    """

    x: tuple[Channel, ...]
    y: tuple[Channel, ...]
    frequencies: Floats
    auto_x: Floats
    auto_y: Floats
    cross: Complexes
    n: NDArray[np.int64]
    effective: Floats
    segment: float

    @property
    def coherence(self) -> Floats:
        """Squared magnitude of the normalised cross-spectrum, 0 to 1; NaN where there is no power."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.abs(self.cross) ** 2 / (self.auto_x * self.auto_y)

    @property
    def phase(self) -> Floats:
        """Radians, -pi to pi; positive where x leads."""
        return np.angle(self.cross)

    def limit(self, alpha: float = 0.05, *, looks: int = 1) -> Floats:
        """Coherence that independent signals exceed with probability alpha in any of so many looks.

        Parameters
        ----------
        alpha : float
        looks : int
            Frequencies and pairs among which the largest is sought.

        Returns
        -------
        ndarray of float, shape (n_x, n_y)
        """
        return confidence_limit(self.effective, alpha, looks=looks)

    def select(self, low: float, high: float) -> Coherence:
        """The part between two frequencies.

        Parameters
        ----------
        low, high : float
            Hz, both included.

        Returns
        -------
        Coherence
        """
        keep = (self.frequencies >= low - 1e-9) & (self.frequencies <= high + 1e-9)
        cut = {name: getattr(self, name)[..., keep] for name in ("frequencies", "auto_x", "auto_y", "cross")}
        return replace(self, **cut)

    def take(self, rows: Sequence[int]) -> Coherence:
        """Only those channels of x."""
        cut = {name: getattr(self, name)[list(rows)] for name in ("auto_x", "auto_y", "cross", "n", "effective")}
        return replace(self, x=tuple(self.x[k] for k in rows), **cut)

    def cumulant(self, row: int, column: int) -> tuple[Floats, Floats, float]:
        """Cumulant density of one pair: the inverse Fourier transform of its cross-spectrum, as far as held here.

        Parameters
        ----------
        row, column : int
            Positions in `x` and `y`.

        Returns
        -------
        lags : ndarray of float, shape (n,)
            Seconds, positive where y comes after x.
        values : ndarray of float, shape (n,)
        limit : float
            Which independent signals stay within at 95 % of the lags.

        References
        ----------
        Halliday et al. 1995, Prog Biophys Mol Biol 64:237, doi 10.1016/S0079-6107(96)00009-0.
        """
        n_bins = self.frequencies.size
        size = 2 * (n_bins + 1)
        half = np.concatenate([[0], self.cross[row, column], [0]])
        # x before y by D turns the phase by +2 pi f D: the transform with exp(-2 pi i f u) puts it at u = +D.
        values = np.fft.irfft(np.conj(half), size) * size / self.segment
        lags = np.fft.fftfreq(size, 1 / size) * self.segment / size
        power = np.sum(self.auto_x[row, column] * self.auto_y[row, column])
        spread = np.sqrt(2 * power / max(self.effective[row, column], 1)) / self.segment
        order = np.argsort(lags)
        return lags[order], values[order], float(norm.ppf(0.975) * spread)


def confidence_limit(n: Floats | float, alpha: float = 0.05, *, looks: int = 1) -> Floats:
    """The coherence that independent signals exceed with probability alpha: 1 - alpha^(1 / (n - 1)).

    Parameters
    ----------
    n : float or ndarray
        Independent estimates. With 1 or fewer the limit is 1.
    alpha : float
    looks : int
        Bins and pairs among which the largest is picked: alpha is corrected to 1 - (1 - alpha)^(1 / looks).

    References
    ----------
    Halliday et al. 1995, Prog Biophys Mol Biol 64:237, eq. 6.6, doi 10.1016/S0079-6107(96)00009-0; Sidak 1967,
    doi 10.1080/01621459.1967.10482935.

    Examples
    --------
    >>> round(float(confidence_limit(100)), 3)
    0.03
    """
    one = -np.expm1(np.log1p(-alpha) / looks)
    return np.asarray(1 - one ** (1 / np.maximum(np.asarray(n, dtype=float) - 1, 1e-12)))


def measure_coherence(
    recording: Recording,
    x: Sequence[str],
    y: Sequence[str],
    *,
    segment: float = SEGMENT,
    window: Window = "hann",
    overlap: float = 0.0,
    fmax: float = FMAX,
    artefacts: Artefacts | None = None,
) -> Coherence:
    """Coherence of every channel of `x` with every channel of `y`, in constant memory.

    Line noise and, in EMG, the heart are removed first: both reach EEG and EMG alike. EMG is rectified, after a
    running mean of 50 ms was taken off. A stretch with missing data, or an EEG
    stretch that swings by more than 150 µV, is left out for that channel.

    Parameters
    ----------
    recording : Recording
    x, y : sequence of str
        Labels; the rates may differ.
    segment : float
        Duration of a stretch in seconds: the bins are 1 / `segment` apart.
    window : {"boxcar", "hann", "dpss"}
        "boxcar" as in Halliday et al. 1995; "dpss" averages three orthogonal tapers.
    overlap : float
        Share of a stretch that the next one repeats, 0 to below 1.
    fmax : float
        Highest frequency held, Hz; cut to what the slowest channel can carry.
    artefacts : Artefacts, optional
        From `myosig.signals.cleaning.find_artefacts`, where it was called already.

    Returns
    -------
    Coherence

    Raises
    ------
    ParameterError
        Unknown labels, no labels, or a parameter out of range.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> x, y = np.random.default_rng(0).standard_normal((2, 100_000))
    >>> rec = ms.from_array(np.stack([x, x + y]), sfreq=1000, labels=["EEG C3", "EEG C4"], unit="uV")
    >>> found = measure_coherence(rec, ["EEG C3"], ["EEG C4"])
    >>> int(found.n[0, 0]), round(float(found.coherence.mean()), 1)
    (100, 0.5)
    """
    if not x or not y:
        raise ParameterError("coherence needs at least one channel on either side")
    _check(segment, window, overlap, fmax)
    rows, columns = [recording.channel(label) for label in x], [recording.channel(label) for label in y]
    nyquist = min(c.sfreq for c in rows + columns) / 2
    n_bins = int(min(fmax, nyquist) * segment + 1e-9)
    sums = _Sums.zeros(len(rows), len(columns), n_bins)
    every = list(dict.fromkeys([*x, *y]))
    known = [recording.channel(label) for label in every]
    noise = artefacts if artefacts is not None else find_artefacts(recording)
    transform = _Transformer(recording, known, noise, segment, window)
    in_x, in_y = [every.index(label) for label in x], [every.index(label) for label in y]
    for starts in _stretches(recording, segment, overlap):
        spectra, usable = transform(starts, n_bins)
        sums.add(spectra[:, in_x], usable[in_x], spectra[:, in_y], usable[in_y])
    return sums.result(rows, columns, segment, window, overlap)


def pool_coherence(parts: Sequence[Coherence]) -> Coherence:
    """Coherence over several recordings with the same pairs of channels: spectra weighted by their stretches.

    References
    ----------
    Amjad et al. 1997, J Neurosci Methods 73:69, doi 10.1016/S0165-0270(96)02214-5.
    """
    if not parts:
        raise ParameterError("there is nothing to pool")
    head = parts[0]
    for part in parts[1:]:
        if part.cross.shape != head.cross.shape or not np.allclose(part.frequencies, head.frequencies):
            raise ParameterError("the parts must have equally many channels and the same frequencies")
    n = np.sum([part.n for part in parts], axis=0)
    effective = np.sum([part.effective for part in parts], axis=0)
    weights = [part.n / np.maximum(n, 1) for part in parts]
    pooled = {
        name: sum(w[..., None] * getattr(part, name) for w, part in zip(weights, parts, strict=True))
        for name in ("auto_x", "auto_y", "cross")
    }
    return replace(head, n=n, effective=effective, **pooled)


def effective_segments(n: NDArray[np.int64] | int, window: Window, overlap: float, *, size: int = 1024) -> Floats:
    """Independent estimates that `n` stretches are worth (Welch 1967, doi 10.1109/TAU.1967.1161901).

    Overlapping stretches repeat part of each other: their estimates correlate by the squared correlation of the
    shifted windows. Orthogonal tapers of one stretch count in full.
    """
    tapers = _tapers(window, size)
    step = max(1, round(size * (1 - overlap)))
    count = np.asarray(n, dtype=float)
    inflation = np.ones_like(count)
    for k in range(1, size // step + 1):
        shared = tapers[0, : size - k * step] @ tapers[0, k * step :] if k * step < size else 0.0
        inflation += 2 * np.clip(1 - k / np.maximum(count, 1), 0, None) * (shared / (tapers[0] @ tapers[0])) ** 2
    return np.asarray(count * len(tapers) / inflation)


@dataclass(slots=True)
class _Sums:
    """Running sums over stretches."""

    auto_x: Floats
    auto_y: Floats
    cross: Complexes
    n: NDArray[np.int64]

    @classmethod
    def zeros(cls, n_x: int, n_y: int, n_bins: int) -> _Sums:
        shape = (n_x, n_y, n_bins)
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape, complex), np.zeros(shape[:2], np.int64))

    def add(self, x: Complexes, use_x: Floats, y: Complexes, use_y: Floats) -> None:
        """Add transforms, shape (n_bins, n_channels, n_estimates), with 1 where a stretch may be used, else 0."""
        self.cross += np.moveaxis(x @ np.conj(np.swapaxes(y, 1, 2)), 0, 2)
        self.auto_x += np.moveaxis((np.abs(x) ** 2) @ _per_taper(use_y, x).T, 0, 2)
        self.auto_y += np.moveaxis(_per_taper(use_x, y) @ np.swapaxes(np.abs(y) ** 2, 1, 2), 0, 2)
        self.n += np.rint(use_x @ use_y.T).astype(np.int64)

    def result(
        self, x: Sequence[Channel], y: Sequence[Channel], segment: float, window: Window, overlap: float
    ) -> Coherence:
        n_tapers = TAPERS if window == "dpss" else 1
        count = np.maximum(self.n * n_tapers, 1)[..., None]
        return Coherence(
            x=tuple(x),
            y=tuple(y),
            frequencies=np.arange(1, self.cross.shape[2] + 1) / segment,
            auto_x=self.auto_x / count,
            auto_y=self.auto_y / count,
            cross=self.cross / count,
            n=self.n,
            effective=effective_segments(self.n, window, overlap),
            segment=segment,
        )


def _check(segment: float, window: str, overlap: float, fmax: float) -> None:
    positive("segment", segment)
    positive("fmax", fmax)
    one_of("window", window, get_args(Window))
    if not 0 <= overlap < 1:
        raise ParameterError(f"overlap must be a share from 0 to below 1, not {overlap!r}")


def _stretches(recording: Recording, segment: float, overlap: float) -> Iterator[Floats]:
    """Start times of the stretches, in batches; none spans a gap."""
    step = segment * (1 - overlap)
    for start, stop in recording.segments:
        count = int((stop - start - segment) / step + 1e-9) + 1
        for k in range(0, max(count, 0), BATCH):
            yield start + step * np.arange(k, min(k + BATCH, count), dtype=np.float64)


class _Transformer:
    """Transforms of the stretches of some channels, batch after batch."""

    def __init__(
        self, recording: Recording, channels: Sequence[Channel], artefacts: Artefacts, segment: float, window: Window
    ) -> None:
        self._channels, self._segment, self._window = channels, segment, window
        rates = dict.fromkeys(c.sfreq for c in channels)
        self._rows = {rate: [k for k, c in enumerate(channels) if c.sfreq == rate] for rate in rates}
        self._feeds = {
            rate: Feed(recording, [channels[k].label for k in rows], artefacts, duration=BATCH * segment)
            for rate, rows in self._rows.items()
        }

    def __call__(self, starts: Floats, n_bins: int) -> tuple[Complexes, Floats]:
        """Transforms, shape (n_bins, n_channels, n_stretches * n_tapers), and which stretches may be used."""
        tapers = TAPERS if self._window == "dpss" else 1
        spectra = np.zeros((n_bins, len(self._channels), starts.size * tapers), complex)
        usable = np.zeros((len(self._channels), starts.size))
        for rate, feed in self._feeds.items():
            data = feed.cut(starts, round(self._segment * rate))
            looked = in_threads(partial(self._look, n_bins=n_bins), zip(self._rows[rate], data, strict=True))
            for k, (transforms, fine) in zip(self._rows[rate], looked, strict=True):
                spectra[:, k], usable[k] = transforms, fine
        return spectra, usable

    def _look(self, row: tuple[int, NDArray[np.float32]], n_bins: int) -> tuple[Complexes, NDArray[np.bool_]]:
        """Transforms of the stretches of one channel, and which may be used."""
        channel = self._channels[row[0]]
        ready, fine = _prepare(row[1], channel)
        return _spectra(ready, channel.sfreq, self._window, n_bins), fine


def _prepare(stretches: NDArray[np.float32], channel: Channel) -> tuple[Floats, NDArray[np.bool_]]:
    """Stretches without their mean, EMG rectified, and which of them may be used; the others become 0."""
    if channel.kind == "emg":
        x = rectified(stretches, max(2, round(HIGH_PASS_WINDOW * channel.sfreq)))
    else:
        x = stretches - stretches.mean(axis=1, keepdims=True, dtype=np.float64)
    fine = np.isfinite(x[:, 0])  # what is missing anywhere made the mean, and so all of it, NaN
    if channel.kind == "eeg":
        fine &= (x.max(axis=1) <= ARTEFACT_UV) & (x.min(axis=1) >= -ARTEFACT_UV)
    if not fine.all():
        x[~fine] = 0
    return x, fine


def _spectra(stretches: Floats, rate: float, window: Window, n_bins: int) -> Complexes:
    """Transforms from bin 1 to n_bins, shape (n_bins, n_stretches * n_tapers), scaled to a density (unit²·s)."""
    tapers = _tapers(window, stretches.shape[1])
    scale = np.sqrt(rate * np.sum(tapers**2, axis=1))
    parts = [
        scipy.fft.rfft(stretches * taper, axis=1)[:, 1 : n_bins + 1].T / s
        for taper, s in zip(tapers, scale, strict=True)
    ]
    return np.stack(parts, axis=2).reshape(n_bins, -1)


@cache
def _tapers(window: Window, size: int) -> Floats:
    if window == "dpss":
        return np.atleast_2d(dpss(size, (TAPERS + 1) / 2, TAPERS))
    return np.asarray(get_window(window, size))[None]


def _per_taper(use: Floats, spectra: Complexes) -> Floats:
    """Repeat what holds for a stretch for each of its tapers."""
    return np.repeat(use, spectra.shape[2] // max(use.shape[1], 1), axis=1)
