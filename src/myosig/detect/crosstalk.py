"""Bursts that a neighbouring electrode may have picked up from another muscle.

Volume conduction is instantaneous: cross-talk is the other muscle's signal, smaller, at zero lag. Two muscles that
truly contract together have motor units of their own, so their signals differ however well their bursts agree.
A copy is grounds for suspicion, not proof (Farina 2004), so nothing is deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from myosig.bands import with_halo
from myosig.detect import _kernels as kernels
from myosig.detect.bursts import Bursts
from myosig.detect.design import Design, design
from myosig.filters import Artefacts, cleaned_blocks
from myosig.recording import Recording, Samples

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
BLOCK = 30.0  # s


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Bursts of two channels at one time: rows of the smaller and of the larger."""

    small: Ints
    large: Ints


def flag_crosstalk(recording: Recording, bursts: Bursts, *, artefacts: Artefacts | None = None) -> Bursts:
    """Mark the bursts that are a scaled copy of a larger burst of another channel at the same time.

    Within the burst, the other channel's signal, shifted by at most 1 ms and scaled, must explain three quarters
    of its power beyond the noise, better than at any other lag up to 10 ms, and at least three bursts of
    the pair of channels must do so with about the same ratio of sizes.

    Parameters
    ----------
    recording : Recording
    bursts : Bursts
        Of the same recording.
    artefacts : Artefacts, optional
        From `filters.find_artefacts`, where it was called already.

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
    pairs = _pairs(bursts)
    suspect = bursts.suspect.copy()
    share, gain = np.zeros(pairs.small.size), np.ones(pairs.small.size)
    for sfreq in sorted({bursts.channels[i].sfreq for i in bursts.channel[pairs.small]}):
        for k, small, large in _signals(recording, bursts, pairs, sfreq, artefacts):
            share[k], gain[k] = compare(small, large, noise=_noise(bursts, pairs.small[k]), sfreq=sfreq)
    copies = pairs.small[_are_copies(bursts, pairs, share, np.log(np.abs(gain) + 1e-12))]
    suspect[copies[suspect[copies] == ""]] = SUSPECT
    return replace(bursts, suspect=suspect)


def _pairs(bursts: Bursts) -> _Pairs:
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
    return _Pairs(a[keep], b[keep])


def _noise(bursts: Bursts, row: int) -> float:
    """Noise of the channel at the time of a burst, µV RMS."""
    return float(bursts.rms[row] / 10 ** (bursts.snr[row] / 20))


def _signals(
    recording: Recording, bursts: Bursts, pairs: _Pairs, sfreq: float, artefacts: Artefacts | None
) -> Iterator[tuple[int, Samples, Samples]]:
    """Each pair's number, the smaller burst, and the larger's channel over the same time and `OTHER_LAG` around."""
    d = design(sfreq)
    channel = bursts.channel
    mine = np.flatnonzero([bursts.channels[i].sfreq == sfreq for i in channel[pairs.small]])
    mine = mine[np.argsort(bursts.onset[pairs.small[mine]], kind="stable")]
    onset = bursts.onset[pairs.small[mine]]
    rows = np.unique(channel[np.concatenate([pairs.small[mine], pairs.large[mine]])])
    place = {int(row): k for k, row in enumerate(rows)}
    reach = round(OTHER_LAG * sfreq)
    blocks = cleaned_blocks(recording, [bursts.channels[i].label for i in rows], duration=BLOCK, artefacts=artefacts)
    for block, data, first in with_halo(blocks, round((LONGEST + 2 * OTHER_LAG) * sfreq)):
        stop = block.tmin + block.data.shape[1] / sfreq
        begin, end = np.searchsorted(onset, [block.tmin, stop])
        filtered: dict[int, Samples] = defaultdict(lambda: np.empty(0, np.float32))
        for k in mine[begin:end]:
            a, b = int(pairs.small[k]), int(pairs.large[k])
            for row in (channel[a], channel[b]):
                if row not in filtered:
                    filtered[row] = _band_passed(data[place[int(row)]], d)
            low = first + round((bursts.onset[a] - block.tmin) * sfreq)
            high = low + round(min(bursts.duration[a], LONGEST) * sfreq)
            if low >= reach and high + reach <= filtered[channel[a]].size:
                yield int(k), filtered[channel[a]][low:high], filtered[channel[b]][low - reach : high + reach]


def _band_passed(x: Samples, d: Design) -> Samples:
    """A row in the band in which bursts are looked for; a few samples at its end are dropped."""
    whole = x.size // d.spacing * d.spacing
    if whole <= d.halo:
        return np.empty(0, np.float32)
    padded = np.pad(np.nan_to_num(x[:whole]), d.halo, mode="symmetric")
    return np.asarray(kernels.condition(padded, d.taps, d.spacing, d.smooth))


def compare(small: Samples, large: Samples, *, noise: float, sfreq: float) -> tuple[float, float]:
    """How far a burst is a scaled copy, at most 1 ms off, of another signal.

    Parameters
    ----------
    small : ndarray of float32, shape (n,)
    large : ndarray of float32, shape (n + 2 * reach,)
        Where ``reach`` is `OTHER_LAG` in samples; sample ``reach`` is at the time of the first of `small`.
    noise : float
        RMS of the noise in `small`.
    sfreq : float

    Returns
    -------
    share : float
        Part of the burst's power beyond the noise that the copy explains; 0 where another lag fits better.
    gain : float
        Size of the copy against its source, negative where it is turned over.
    """
    shifted = np.lib.stride_tricks.sliding_window_view(large.astype(np.float64), small.size)
    power = np.square(shifted).sum(axis=1)
    product = shifted @ small.astype(np.float64)
    explained = product**2 / np.maximum(power, 1e-12)
    best = int(np.argmax(explained))
    reach = (large.size - small.size) // 2
    own = float(np.square(small, dtype=np.float64).sum()) - small.size * noise**2
    if abs(best - reach) > LAG * sfreq or own <= small.size * noise**2:
        return 0.0, 1.0
    return float(explained[best]) / own, float(product[best] / power[best])


def _are_copies(bursts: Bursts, pairs: _Pairs, share: Floats, size: Floats) -> NDArray[np.bool_]:
    """Whether each pair is a burst and its copy, as enough others of the same two channels are, in the same ratio."""
    copies = np.zeros(share.size, bool)
    both = bursts.channel[pairs.small] * len(bursts.channels) + bursts.channel[pairs.large]
    for one in np.unique(both):
        mine = np.flatnonzero(both == one)
        alike = mine[share[mine] >= SHARE]
        if alike.size:
            alike = alike[np.abs(size[alike] - np.median(size[alike])) <= ALIKE]
        if alike.size >= max(LEAST_COPIES, COPIED * mine.size):
            copies[alike] = True
    return copies
