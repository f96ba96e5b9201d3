"""Bursts that are the heart's: what is left of a QRS complex, or an extrasystole that no template fits.

A heart wave is slow, however wide the band of the electrode. Muscle activity always has a part above 100 Hz; a burst
that stands out of the noise below and not at all above is no muscle's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myosig.recording import Recording
from myosig.samples import Samples
from myosig.signals.bands import bandpass

if TYPE_CHECKING:
    from myosig.detect.bursts import Bursts
    from myosig.signals.heart import Heart

Floats = NDArray[np.float64]

SUSPECT = "ecg"
FAST = 100.0  # Hz: a QRS complex has nothing above [M: 10-25 Hz, little above 50]; muscle has a tenth or more [D]
LEAST_SHARE = 0.1  # part of a burst's excess over the noise that its excess above FAST must be, either in its noise [P]
QUARTILE = 0.674  # standard deviations from the mean to the quartile of a normal distribution [D]
USUAL_SHARE = 0.5  # of a muscle's: where even that could not be seen, nothing is told [P]
LEAST_RATE = 500.0  # Hz: below, too little is left above FAST
AROUND, CELL = 0.2, 0.02  # s on either side from which the noise above FAST is taken, and of one sample of it
QRS = 0.06  # s from a beat within which a slow burst is what was left of it [P]


def without_heart(recording: Recording, bursts: Bursts, heart: Heart | None) -> Bursts:
    """Leave out what is left of known beats; other slow bursts of channels that hold the heart become ``"ecg"``.

    Parameters
    ----------
    recording : Recording
    bursts : Bursts
        Of the same recording.
    heart : Heart or None
        None where no channel shows it: nothing is suspect then.

    Returns
    -------
    Bursts
        Slow bursts within 60 ms of a beat are gone; those elsewhere (extrasystoles) have their `suspect` set, where
        it was empty.
    """
    if heart is None:
        return bursts
    held = [c.label in heart.holders and c.sfreq >= LEAST_RATE for c in bursts.channels]
    slow = np.zeros(len(bursts), bool)
    for i in np.flatnonzero(np.array(held, bool)[bursts.channel] & _may_be_slow(bursts)).tolist():
        channel = bursts.channels[bursts.channel[i]]
        begin = max(bursts.onset[i] - AROUND, recording.tmin)
        x = recording.read(channel.label, begin, bursts.offset[i] + AROUND)
        edges = np.rint((np.array([bursts.onset[i], bursts.offset[i]]) - begin) * channel.sfreq).astype(int)
        slow[i] = is_slow(x, slice(*edges.tolist()), sfreq=channel.sfreq, snr=float(bursts.snr[i]))
    gone = slow & _near(0.5 * (bursts.onset + bursts.offset), heart.beats)
    suspect = bursts.suspect.copy()
    suspect[slow & (suspect == "")] = SUSPECT
    return replace(bursts, suspect=suspect)[~gone]


def _may_be_slow(bursts: Bursts) -> NDArray[np.bool_]:
    """Which bursts are worth a look: of low frequency, and so strong that muscle would show above `FAST`."""
    excess = 10 ** (bursts.snr / 10) - 1
    sfreq = np.array([c.sfreq for c in bursts.channels])[bursts.channel]
    would_show = (USUAL_SHARE - LEAST_SHARE) * excess >= 4 * _chance(sfreq, bursts.duration)
    return would_show & (bursts.median_frequency < FAST)


def _chance(sfreq: Floats, seconds: Floats) -> Floats:
    """Standard deviation of the power above `FAST` of noise, relative to its mean."""
    return np.maximum((0.45 * sfreq - FAST) * seconds, 1e-9) ** -0.5


def is_slow(x: Samples, burst: slice, *, sfreq: float, snr: float) -> bool:
    """Whether a burst of `snr` dB, somewhere in a stretch of one channel, has next to nothing above `FAST`.

    The noise is that of the quietest quarter around it: other bursts near by are no noise.
    """
    fast = np.square(bandpass(np.nan_to_num(x), (FAST, 0.45 * sfreq), sfreq=sfreq))
    around = np.delete(fast, burst)
    cell = max(1, round(CELL * sfreq))
    cells = around[: around.size // cell * cell].reshape(-1, cell).mean(axis=1)
    below = QUARTILE * float(_chance(np.array(sfreq), np.array(CELL)))
    noise = float(np.quantile(cells, 0.25)) / (1 - below)
    excess = float(np.mean(fast[burst])) / noise - 1 if noise > 0 else np.inf
    chance = float(_chance(np.array(sfreq), np.array((burst.stop - burst.start) / sfreq)))
    return bool(excess < LEAST_SHARE * (10 ** (snr / 10) - 1) + 2 * chance)


def _near(time: NDArray[np.float64], beats: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which times lie within `QRS` of a beat."""
    edges = np.searchsorted(beats, np.stack([time - QRS, time + QRS]))
    return np.asarray(edges[0] < edges[1])
