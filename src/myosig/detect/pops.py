"""Bursts that are the jump of a loose electrode.

A motor-unit potential comes back to where it began within milliseconds. An electrode that loses contact jumps and
stays away for tens of milliseconds, without any muscle's signal around it; the detector's band makes a short "burst" of
the jump.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from myosig.detect.bursts import Bursts
from myosig.recording import Recording
from myosig.samples import Samples

SUSPECT = "electrode pop"
MOST_PEAKS, LONGEST = 3, 0.15  # potentials, and s, that the band makes of one jump at most [D]
SHARPER = 100.0  # Hz: half of a jump's power, as 1 / f^2 from 30 Hz on, lies below 60 Hz [D]
EDGE, LEVEL = 0.002, 0.012  # s: the jump itself; up to where the level on either side of it is taken [P]
STAYS = 0.5  # part of the jump that must be left after that time: it decays within 20 ms or more [P]
CLEAR = 4.0  # times the noise that the jump must exceed [P]
QUIET = 2.0  # times the noise that the rest may vary at most, around the jump: no muscle is active [P]


def flag_pops(recording: Recording, bursts: Bursts) -> Bursts:
    """Mark the bursts that are an electrode's jump: `suspect` becomes ``"electrode pop"`` where it was empty.

    Examples
    --------
    >>> import myosig as ms
    >>> from myosig.detect.pops import flag_pops
    >>> recording = ms.simulate("none", seed=1, duration=20).recording
    >>> len(flag_pops(recording, ms.detect_bursts(recording))) >= 0
    True
    """
    suspect = bursts.suspect.copy()
    short = (bursts.n_peaks <= MOST_PEAKS) & (bursts.duration <= LONGEST) & (suspect == "")
    for i in np.flatnonzero(short & ~(bursts.median_frequency > SHARPER)):
        channel = bursts.channels[bursts.channel[i]]
        begin = max(bursts.onset[i] - LEVEL, 0.0)
        x = np.asarray(recording.read([channel.label], begin, bursts.offset[i] + LEVEL))[0]
        noise = float(bursts.rms[i] / 10 ** (bursts.snr[i] / 20))
        if x.size and is_jump(x, channel.sfreq, noise):
            suspect[i] = SUSPECT
    return replace(bursts, suspect=suspect)


def is_jump(x: Samples, sfreq: float, noise: float) -> bool:
    """Whether a stretch of one channel, µV, holds a jump that stays, and nothing else beyond the noise."""
    x = np.asarray(x, dtype=np.float64)
    edge, level = max(1, round(EDGE * sfreq)), round(LEVEL * sfreq)
    if x.size < 2 * level + edge or not np.isfinite(x).all():
        return False
    size = np.abs(x[edge:] - x[:-edge])
    at = int(np.argmax(size))
    before, after = x[max(at - level, 0) : at + 1], x[at + edge : at + edge + level]
    stays = abs(float(np.median(after[len(after) // 2 :])) - float(np.median(before)))
    rest = np.diff(np.concatenate([x[: at + 1], x[at + edge :]]))
    rest = np.delete(rest, at) if at < rest.size else rest
    calm = float(np.sqrt(np.mean(np.square(rest - np.median(rest))))) <= QUIET * noise * np.sqrt(2)
    return bool(size[at] > CLEAR * noise and stays >= STAYS * size[at] and calm)
