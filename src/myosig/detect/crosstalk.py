"""Bursts that a neighbouring electrode may have picked up from another muscle.

Volume conduction is instantaneous: cross-talk is the other muscle's signal, smaller, at zero lag. Two muscles that
truly contract together have motor units of their own, so their signals differ however well their bursts agree.
An electrode between several muscles hears a mixture of them, so a burst is held against all that outshine it at once.
A copy is grounds for suspicion, not proof (Farina 2004), so nothing is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myosig.detect import _band_kernels as kernels
from myosig.detect.bursts import Bursts
from myosig.detect.design import design
from myosig.detect.sweep import Stretch, mirrored, sweep
from myosig.recording import Recording
from myosig.samples import Samples
from myosig.signals.cleaning import Artefacts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SUSPECT = "cross-talk"
LAG = 0.001  # s, largest lag of a copy: 0 +- 1 ms [P: criteria.md section 5]
OTHER_LAG = 0.01  # s, up to which lags are looked at: a copy fits best at zero
SHARE = 0.75  # part of a burst's power, noise not counted, that the copy must explain [P]
SMALLER = 0.8  # largest size of a copy against its source [P]: 0.6 at adjacent electrodes [V2: Winter 1994]
ALIKE = 0.5  # natural logarithm by which the copies' ratios of sizes may differ from their median
LEAST_COPIES = 3  # of a pair of channels before any is suspect: two short bursts may be alike by chance
COPIED = 0.2  # part of the bursts that two channels have together that must be copies: by chance it is 0.03 [D]
NEAR = 0.1  # s between the onsets of a burst and its copy, whose weak beginning may be missed
INSIDE = 0.7  # part of the copy that must lie within its source
LONGEST = 1.0  # s of a burst that are compared
MOST_SOURCES = 4  # the largest bursts at the time that may be mixed in a copy: more fit a short burst by chance
BANDWIDTH = 430.0  # Hz, of the detector's band: two independent values for each Hz and second


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """Bursts that larger ones of other channels cover: their rows, and those of the larger, largest first."""

    small: Ints
    sources: tuple[Ints, ...]


def flag_crosstalk(recording: Recording, bursts: Bursts, *, artefacts: Artefacts | None = None) -> Bursts:
    """Mark the bursts that are a scaled copy, or a mixture, of larger bursts of other channels at the same time.

    Within the burst, the other channels' signals, shifted by at most 1 ms and scaled, must explain three quarters
    of its power beyond the noise and beyond what so many signals explain by chance, better than at any other lag up to
    10 ms, and at least three bursts of the channel and its main source must do so with about the same ratio of sizes.

    Parameters
    ----------
    recording : Recording
    bursts : Bursts
        Of the same recording.
    artefacts : Artefacts, optional
        From `signals.cleaning.find_artefacts`, where it was called already.

    Returns
    -------
    Bursts
        The same table, with ``suspect`` set to ``"cross-talk"`` where it was empty.

    Notes
    -----
    Electrodes of one muscle see the same motor units: name them as one muscle, or expect the weaker to be marked.

    References
    ----------
    Farina, Merletti, Indino & Graven-Nielsen (2004), doi 10.1055/s-0038-1633419.

    Examples
    --------
    >>> import myosig as ms
    >>> from myosig.detect.crosstalk import flag_crosstalk
    >>> recording = ms.simulate("cortical", seed=3, duration=60).recording
    >>> bursts = flag_crosstalk(recording, ms.detect_bursts(recording))
    >>> set(bursts.suspect) <= {"", "cross-talk"}
    True
    """
    search = CopySearch(bursts)
    sweep(recording, [search], artefacts=artefacts)
    return search.flagged()


class CopySearch:
    """Holds each burst against the larger ones that cover it, stretch by stretch (`sweep`)."""

    def __init__(self, bursts: Bursts) -> None:
        self._bursts = bursts
        self._candidates = _candidates(bursts)
        small = self._candidates.small
        self._channel = bursts.channel[small]
        self._rate = np.array([c.sfreq for c in bursts.channels])[self._channel]
        self._order = np.argsort(bursts.onset[small], kind="stable")
        self._onset = bursts.onset[small][self._order]
        self._share, self._gain = np.zeros(small.size), np.ones(small.size)
        self._main = np.zeros(small.size, np.int64)

    def wanted(self, sfreq: float) -> list[str]:
        """The channels of the candidates and of their sources."""
        mine = np.flatnonzero(self._rate == sfreq)
        rows = [self._candidates.small[mine], *(self._candidates.sources[k] for k in mine)]
        return [self._bursts.channels[i].label for i in np.unique(self._bursts.channel[np.concatenate(rows)])]

    def look(self, stretch: Stretch) -> None:
        """Compare the bursts that begin in the core of a stretch."""
        core = np.array([stretch.core.start, stretch.core.stop])
        begin, end = np.searchsorted(self._onset, stretch.tmin + core / stretch.sfreq)
        mine = self._order[begin:end]
        filtered = _Filtered(stretch)
        for k in mine[self._rate[mine] == stretch.sfreq]:
            self._compare(int(k), filtered)

    def _compare(self, k: int, filtered: _Filtered) -> None:
        bursts, sfreq = self._bursts, filtered.stretch.sfreq
        row, sources = int(self._candidates.small[k]), self._candidates.sources[k]
        small, *large = (filtered[bursts.channels[i].label] for i in bursts.channel[[row, *sources]])
        reach = round(OTHER_LAG * sfreq)
        first = round((bursts.onset[row] - filtered.stretch.tmin) * sfreq)
        last = first + round(min(bursts.duration[row], LONGEST) * sfreq)
        if first < reach or last + reach > small.size:
            return
        around = np.stack([other[first - reach : last + reach] for other in large])
        self._share[k], gains = compare(small[first:last], around, noise=_noise(bursts, row), sfreq=sfreq)
        main = int(np.argmax(np.abs(gains) * bursts.rms[sources]))
        self._gain[k], self._main[k] = gains[main], bursts.channel[sources[main]]

    def flagged(self) -> Bursts:
        """The bursts with those flagged that are copies."""
        suspect = self._bursts.suspect.copy()
        are_copies = _are_copies(self._channel, self._main, self._share, np.log(np.abs(self._gain) + 1e-12))
        copies = self._candidates.small[are_copies]
        suspect[copies[suspect[copies] == ""]] = SUSPECT
        return replace(self._bursts, suspect=suspect)


class _Filtered(dict[str, Samples]):
    """Channels of a stretch in the band in which bursts are looked for, filtered when they are first asked for."""

    def __init__(self, stretch: Stretch) -> None:
        super().__init__()
        self.stretch = stretch

    def __missing__(self, label: str) -> Samples:
        d = design(self.stretch.sfreq)
        row = mirrored(self.stretch.data[self.stretch.labels.index(label)], d)
        self[label] = kernels.condition(row, d.taps, d.spacing, d.smooth) if row.size else row
        return self[label]


def _candidates(bursts: Bursts) -> _Candidates:
    """Each burst with the largest few that cover it."""
    small, large = _pairs(bursts)
    order = np.lexsort((-bursts.rms[large], small))
    rows, starts = np.unique(small[order], return_index=True)
    return _Candidates(rows, tuple(group[:MOST_SOURCES] for group in np.split(large[order], starts[1:])))


def _pairs(bursts: Bursts) -> tuple[Ints, Ints]:
    """All pairs of bursts of two channels of one rate that lie over each other, the smaller inside the larger."""
    rate = np.array([c.sfreq for c in bursts.channels])
    small, large = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for step in range(1, len(bursts)):
        first = np.flatnonzero(bursts.onset[step:] - bursts.onset[:-step] <= NEAR)
        if first.size == 0:
            break
        second = first + step
        swap = bursts.rms[first] > bursts.rms[second]
        small.append(np.where(swap, second, first))
        large.append(np.where(swap, first, second))
    a, b = np.concatenate(small), np.concatenate(large)
    shared = np.minimum(bursts.offset[a], bursts.offset[b]) - np.maximum(bursts.onset[a], bursts.onset[b])
    keep = (bursts.channel[a] != bursts.channel[b]) & (rate[bursts.channel[a]] == rate[bursts.channel[b]])
    keep &= (shared >= INSIDE * bursts.duration[a]) & (bursts.rms[a] <= SMALLER * bursts.rms[b])
    return a[keep], b[keep]


def _noise(bursts: Bursts, row: int) -> float:
    """Noise of the channel at the time of a burst, µV RMS."""
    return float(bursts.rms[row] / 10 ** (bursts.snr[row] / 20))


def compare(small: Samples, large: Samples, *, noise: float, sfreq: float) -> tuple[float, Floats]:
    """How far a burst is a mixture, at most 1 ms off, of other signals.

    Parameters
    ----------
    small : ndarray of float32, shape (n,)
    large : ndarray of float32, shape (n_sources, n + 2 * reach)
        Where ``reach`` is `OTHER_LAG` in samples; sample ``reach`` is at the time of the first of `small`.
    noise : float
        RMS of the noise in `small`.
    sfreq : float

    Returns
    -------
    share : float
        Part of the burst's power beyond the noise that the mixture explains, beyond what so many signals explain by
        chance; 0 where another lag fits better.
    gains : ndarray of float, shape (n_sources,)
        Size of each source in the mixture, negative where it is turned over.
    """
    reach = (large.shape[1] - small.size) // 2
    near = round(LAG * sfreq)
    total = float(np.square(small, dtype=np.float64).sum())
    own = total - small.size * noise**2
    explained, gains = _mixture(small, large[:, reach - near : reach + near + small.size])
    if own <= small.size * noise**2:
        return 0.0, gains
    chance = min(len(large) / max(2 * BANDWIDTH * small.size / sfreq, 1.0), 0.9)
    share = (explained - chance * total) / ((1 - chance) * own)
    if share >= SHARE and _mixture(small, large)[0] > explained:
        return 0.0, gains
    return share, gains


def _mixture(small: Samples, large: Samples) -> tuple[float, Floats]:
    """Power of `small` that the rows of `large` explain together at the best lag, and the size of each in it."""
    shifted = np.lib.stride_tricks.sliding_window_view(large.astype(np.float64), small.size, axis=1).swapaxes(0, 1)
    product = shifted @ small.astype(np.float64)
    power = shifted @ shifted.swapaxes(1, 2)
    power += (1e-9 * np.trace(power, axis1=1, axis2=2)[:, None, None] + 1e-12) * np.eye(len(large))  # of equal rows
    gains = np.linalg.solve(power, product[..., None])[..., 0]
    explained = (gains * product).sum(axis=1)
    best = int(np.argmax(explained))
    return float(explained[best]), gains[best]


def _are_copies(channel: Ints, main: Ints, share: Floats, size: Floats) -> NDArray[np.bool_]:
    """Whether each is a copy, as enough others of its channel and main source are, in about the same ratio."""
    copies = np.zeros(share.size, bool)
    both = channel * (int(main.max(initial=0)) + 1) + main
    for one in np.unique(both):
        mine = np.flatnonzero(both == one)
        alike = mine[share[mine] >= SHARE]
        if alike.size:
            alike = alike[np.abs(size[alike] - np.median(size[alike])) <= ALIKE]
        if alike.size >= max(LEAST_COPIES, COPIED * mine.size):
            copies[alike] = True
    return copies
