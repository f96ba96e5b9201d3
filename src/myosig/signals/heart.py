"""Heart beats: found in an ECG channel, or in the EMG itself where there is none.

A heart beat is the same slow wave each time, in a rhythm that never pauses. A jerk is neither: its muscle activity
is fast and differs from jerk to jerk. All four (alike, slow, rhythmic, unceasing) are asked for, so rhythmic
myoclonus at the rate of a heart is not taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from myosig.recording import Recording
from myosig.samples import Samples
from myosig.signals.bands import bandpass, with_halo, zero_filled
from myosig.signals.mains import LineNoise, remove_line_noise
from myosig.signals.survey import survey
from myosig.threads import in_threads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SLOW_RATE = 250.0  # Hz at which beats are looked for: a QRS complex has little above 50 Hz [M]
QRS_BAND = (8.0, 45.0)  # Hz [M]: QRS complex without P and T wave, and without most of the EMG and of hum
WHITE_SHARE = (QRS_BAND[1] - QRS_BAND[0]) / (SLOW_RATE / 2)  # independent samples in a sample of that band [D]
REACH = 0.1  # s on either side of the R peak: the QRS complex lasts 0.08-0.12 s [M]
SHORTEST, LONGEST = 0.3, 2.0  # s between beats: 200 to 30 a minute
BLOCK = 20.0  # s looked at together when all beats are sought
HALO = 2.0  # s; the band-pass has forgotten its edges by then

CROWD = 2.0  # candidates a second that are compared
LOUD = 3.0  # robust standard deviations of the QRS band from which a wave is a candidate
ALIKE = 0.75  # correlation from which two waves are one shape [P]
LEAST_BEATS = 8  # fewer waves of one shape are not yet a heart
POSSIBLE = 0.2  # gain, against the typical beat, from which the rhythm may make a wave a beat
LIKELY = 0.5  # gain from which a wave is more likely a beat than not
BEST_SCORE = 10.0  # nats that one wave can count for or against being a beat
RHYTHM_SPREAD = 0.15  # of the logarithm of intervals around their local median, before it is known [P]
SPREADS = (0.03, 0.25)  # what it can be: paced hearts, atrial fibrillation [P]
NEAREST = 0.04  # s between two waves that may be one beat or the other
LOCAL = 31  # beats over which the typical interval and size are taken

COVERAGE = 0.7  # part of the time that the beats' typical intervals must fill
REGULAR = 0.6  # part of the intervals that must lie within 30 % of the typical one [P]: atrial fibrillation passes
CHOSEN = 0.6  # part of the waves of that size that must be beats
RESIDUE = 0.5  # power that may remain of a typical beat when the typical wave is subtracted [P]
QRS = 0.08  # s, shortest usual QRS complex [M]
FAST_SHARE = 0.3  # above this ratio of fast (over 125 Hz) to QRS-band power a wave is muscle, not heart [P]
SURELY_MUSCLE = 10 * FAST_SHARE  # not looked at any closer [P]
SLOPE_SHARE = 2.0  # fast power of a QRS complex over that of its slope: 1.0-1.9 for R waves of 5-13 ms [D]
MUSCLE = 0.5  # fast power beyond that, over what is always there, from which a wave comes with muscle activity [P]
VISIBLE = 0.3  # RMS of the mean beat over the noise in the QRS band: far below, it cannot look like a burst [P]
REPEATS = 0.6  # correlation of the means of odd and even beats from which a channel holds the heart [P]


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """The beats of a recording.

    Attributes
    ----------
    beats : ndarray of float, shape (n_beats,)
        Seconds, of the extreme of the QRS complex in `source`.
    source : str
        Label of the channel in which they were found.
    holders : tuple of str
        Labels of the EMG channels in which the heart is seen.
    """

    beats: Floats
    source: str
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SlowWave:
    """A channel at about 250 Hz: its QRS band, the power of what is faster, and the time of each sample."""

    wave: Floats
    fast: Floats
    time: Floats
    rate: float

    def cut(self, at: Ints) -> Floats:
        """The waves around some samples, shape (n, 2 * reach + 1)."""
        reach = round(REACH * self.rate)
        return np.asarray(self.wave[at[:, None] + np.arange(-reach, reach + 1)])

    def inside(self, at: Ints) -> Ints:
        """Those samples whose wave lies in the data."""
        reach = round(REACH * self.rate)
        return at[(at >= reach) & (at < self.wave.size - reach)]


@dataclass(frozen=True, slots=True, eq=False)
class QrsShape:
    """The typical QRS complex of a channel at the slow rate, the noise beside it, and the typical interval (s)."""

    wave: Floats
    noise: float
    interval: float

    @property
    def power(self) -> float:
        """Sum of squares."""
        return float(self.wave @ self.wave)

    @property
    def snr(self) -> float:
        """Power of the matched wave over that of noise."""
        return float(self.power * WHITE_SHARE / self.noise**2) if self.noise > 0 else 0.0


def find_heart(recording: Recording, line_noise: Mapping[str, LineNoise]) -> Heart | None:
    """Find the beats of the heart, and the EMG channels in which they show.

    Looks first at channels of kind ecg, then at the EMG; where neither holds a heart there is nothing to remove.

    Parameters
    ----------
    recording : Recording
    line_noise : mapping of label to LineNoise
        What is removed before looking.

    Returns
    -------
    Heart or None
        None also where the heart is known from an ECG channel but no EMG channel shows it.
    """
    emg = _slow_survey(recording, [c.label for c in recording.channels if c.kind == "emg"], line_noise)
    if not emg:
        return None
    ecg = _slow_survey(recording, [c.label for c in recording.channels if c.kind == "ecg"], line_noise)
    found = _best(ecg) or _best(emg)
    if found is None:
        return None
    source, shape, beats = found
    slow = (ecg | emg)[source]
    holders = [label for label, wave in emg.items() if holds_heart(wave, slow.time[beats])]
    if not holders:
        return None
    return Heart(_all_beats(recording, source, shape, line_noise), source, tuple(holders))


def find_beats(recording: Recording) -> Floats:
    """The heart beats that the ECG channels show, in seconds, whether or not the EMG shows them; empty without any."""
    ecg = _slow_survey(recording, [c.label for c in recording.channels if c.kind == "ecg"], {})
    found = _best(ecg)
    return np.empty(0) if found is None else _all_beats(recording, found[0], found[1], {})


def _best(channels: dict[str, SlowWave]) -> tuple[str, QrsShape, Ints] | None:
    """The channel in which the heart is clearest."""
    shapes = zip(channels, in_threads(find_shape, channels.values()), strict=True)
    found = [(label, *shape) for label, shape in shapes if shape is not None]
    return max(found, key=lambda one: one[1].snr, default=None)


# -- signals ----------------------------------------------------------------------------------------


def _slow_survey(
    recording: Recording, labels: Sequence[str], line_noise: Mapping[str, LineNoise]
) -> dict[str, SlowWave]:
    """The surveyed windows of channels of any rates, in the QRS band."""
    slow: dict[str, SlowWave] = {}
    for sfreq in sorted({recording.channel(label).sfreq for label in labels}):
        if sfreq < 2.5 * QRS_BAND[1]:
            continue
        group = [label for label in labels if recording.channel(label).sfreq == sfreq]
        factor = slow_factor(sfreq)
        noise = [line_noise.get(label) for label in group]
        cleaned = remove_line_noise(iter(survey(recording, group)), noise, sfreq=sfreq)
        windows = [w for w in cleaned if w.data.shape[1] >= sfreq]
        if not windows:
            continue
        parts = slow_down([w.data for w in windows], sfreq)
        wave, fast = (np.concatenate([part[k] for part in parts], axis=1) for k in (0, 1))
        times = [
            w.tmin + (np.arange(part[0].shape[1]) * factor + (factor - 1) / 2) / sfreq
            for w, part in zip(windows, parts, strict=True)
        ]
        slow |= {
            label: SlowWave(wave[row], fast[row], np.concatenate(times), sfreq / factor)
            for row, label in enumerate(group)
        }
    return slow


def slow_factor(sfreq: float) -> int:
    """Samples that make one of the slow signal."""
    return max(1, round(sfreq / SLOW_RATE))


def slow_down(windows: Sequence[Samples], sfreq: float) -> list[tuple[Floats, Floats]]:
    """QRS-band signal and power of what is faster, at the slow rate, each (n_channels, n), of every window."""
    return in_threads(partial(_slow_down, sfreq=sfreq), windows)


def _slow_down(data: Samples, sfreq: float) -> tuple[Floats, Floats]:
    factor = slow_factor(sfreq)
    n = data.shape[1] // factor
    whole = zero_filled(data[:, : n * factor])
    parts = (whole - whole.mean(axis=1, keepdims=True)).reshape(len(data), n, factor)
    mean = parts @ np.full(factor, 1 / factor, np.float32)
    fast = np.einsum("cnk,cnk->cn", parts, parts) / factor - np.square(mean)
    band = (QRS_BAND[0], min(QRS_BAND[1], 0.45 * sfreq / factor))
    return bandpass(mean, band, sfreq=sfreq / factor), np.asarray(fast, dtype=np.float64)


# -- the shape of a beat ----------------------------------------------------------------------------


def find_shape(slow: SlowWave) -> tuple[QrsShape, Ints] | None:
    """The QRS complex of a channel and its beats (samples), or None where there is no heart."""
    noise = float(np.median(np.abs(slow.wave))) / 0.6745
    at = _candidates(slow, noise)
    if at.size < LEAST_BEATS:
        return None
    waves = slow.cut(at)
    unit = waves / np.linalg.norm(waves, axis=1, keepdims=True)
    alike = unit @ unit.T > ALIKE
    crowd = at[alike[np.argmax(alike.sum(axis=1))]]
    if crowd.size < LEAST_BEATS or _is_surely_muscle(slow, crowd):
        return None
    for _ in range(3):
        if crowd.size < LEAST_BEATS:
            return None
        wave = np.median(slow.cut(crowd), axis=0)
        shape = QrsShape(wave, noise, float(np.median(np.diff(slow.time[crowd]))))
        at, gain, residue = match(slow, shape, REACH)
        crowd = at[choose_beats(slow.time[at], score(gain, residue, shape), shape.interval)]
    clear = np.isin(at, crowd) & (gain > LIKELY)
    return (shape, crowd) if _is_heart(slow, shape, at, gain, residue, clear) else None


def _candidates(slow: SlowWave, noise: float) -> Ints:
    """The loudest waves, no nearer to each other than two beats."""
    from scipy.signal import find_peaks

    size = np.abs(slow.wave)
    at = slow.inside(find_peaks(size, height=max(LOUD * noise, 1e-9), distance=round(SHORTEST * slow.rate))[0])
    most = int(CROWD * size.size / slow.rate)
    return np.sort(at[np.argsort(-size[at], kind="stable")[:most]])


def match(slow: SlowWave, shape: QrsShape, nearest: float) -> tuple[Ints, Floats, Floats]:
    """Where the shape may lie, not nearer than `nearest` s: sample, gain, and mean square of what it leaves."""
    from scipy.signal import find_peaks, oaconvolve

    gain = oaconvolve(slow.wave, shape.wave[::-1], mode="same") / shape.power
    at = slow.inside(find_peaks(gain, height=POSSIBLE, distance=round(nearest * slow.rate))[0])
    rest = slow.cut(at) - gain[at, None] * shape.wave
    return at, gain[at], np.square(rest).mean(axis=1)


def score(gain: Floats, residue: Floats, shape: QrsShape) -> Floats:
    """Nats by which each wave is rather a beat of the usual size than none, given the noise around it."""
    noise = np.maximum(residue, shape.noise**2) / WHITE_SHARE
    return np.clip((gain - LIKELY) * shape.power / noise, -BEST_SCORE, BEST_SCORE)


def choose_beats(time: Floats, scores: Floats, interval: float | Floats, spread: float = RHYTHM_SPREAD) -> Ints:
    """The rows that make the most likely sequence of beats: large scores, and intervals near the typical one.

    Parameters
    ----------
    time : ndarray of float, shape (n,)
        Rising, seconds.
    scores : ndarray of float, shape (n,)
    interval : float, or ndarray of shape (n,)
        Typical interval around each row, seconds.
    spread : float
        Standard deviation of the logarithm of an interval around the typical one.
    """
    n = time.size
    typical = np.broadcast_to(np.asarray(interval, dtype=np.float64), n)
    total, came = scores.copy(), np.full(n, -1)
    first = np.searchsorted(time, time - LONGEST)
    last = np.searchsorted(time, time - SHORTEST, side="right")
    at, before = _pairs(first, last)
    cost = np.square(np.log((time[at] - time[before]) / typical[at])) / (2 * spread**2)
    begin = np.concatenate([[0], np.cumsum(last - first)]).tolist()  # where the costs of each row begin
    pause = -np.square(np.log(LONGEST / typical)) / (2 * spread**2)  # what a longer gap costs
    best, best_at = -np.inf, -1  # of all rows more than LONGEST before
    seen = 0
    for i, (low, high) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        while seen < low:
            if total[seen] > best:
                best, best_at = float(total[seen]), seen
            seen += 1
        if best + pause[i] > 0:
            total[i], came[i] = scores[i] + best + pause[i], best_at
        if high > low:
            value = total[low:high] - cost[begin[i] : begin[i + 1]]
            k = int(value.argmax())
            if scores[i] + value[k] > total[i]:
                total[i], came[i] = scores[i] + value[k], low + k
    chain = []
    i = int(np.argmax(total)) if n else -1
    while i >= 0:
        chain.append(i)
        i = int(came[i])
    return np.array(chain[::-1], dtype=np.int64)


def _pairs(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Each row together with each of the rows from `first` up to `last` that may come before it."""
    count = last - first
    row = np.repeat(np.arange(count.size), count)
    return row, np.arange(row.size) - np.repeat(np.cumsum(count) - count - first, count)


def _is_heart(
    slow: SlowWave, shape: QrsShape, at: Ints, gain: Floats, residue: Floats, clear: NDArray[np.bool_]
) -> bool:
    """Alike, slow, rhythmic and unceasing."""
    if clear.sum() < LEAST_BEATS:
        return False
    steps = np.diff(slow.time[at[clear]])
    typical = float(np.median(steps))
    short = np.abs(steps / typical - 1) < 0.3
    size = float(np.median(gain[clear]))
    alike = np.median(residue[clear]) - shape.noise**2 < RESIDUE * size**2 * shape.power / shape.wave.size
    return bool(
        SHORTEST <= typical <= LONGEST
        and short.mean() >= REGULAR
        and clear.sum() * typical >= COVERAGE * slow.time.size / slow.rate
        and clear.sum() >= CHOSEN * (gain > LIKELY * size).sum()
        and alike
        and _is_slow(slow, at[clear])
    )


def _is_surely_muscle(slow: SlowWave, at: Ints) -> bool:
    return _rise(slow, slow.fast, at) > SURELY_MUSCLE * _rise(slow, np.square(slow.wave), at)


def _is_slow(slow: SlowWave, at: Ints) -> bool:
    """Whether what is fast at the beats is no more than their own slope brings about: else it is muscle."""
    slope = np.square(np.gradient(slow.wave)) / 12  # spread within one slow sample of a wave of that slope
    fast, sloping, wave = (_rise(slow, part, at) for part in (slow.fast, slope, np.square(slow.wave)))
    muscle = fast - SLOPE_SHARE * max(sloping, 0.0)
    return fast < FAST_SHARE * wave and muscle < MUSCLE * float(np.median(_over_qrs(slow, slow.fast)))


def _over_qrs(slow: SlowWave, power: Floats) -> Floats:
    """The mean over a QRS complex around each sample."""
    from scipy.ndimage import uniform_filter1d

    return np.asarray(uniform_filter1d(power, round(QRS * slow.rate)))


def _rise(slow: SlowWave, power: Floats, at: Ints) -> float:
    """How far a power typically lies above the usual around some samples."""
    mean = _over_qrs(slow, power)
    apart = max(1, round(QRS * slow.rate) // 4)  # nearer means say the same
    return float(np.median(mean[at]) - np.median(mean[::apart]))


def holds_heart(slow: SlowWave, beats: Floats) -> bool:
    """Whether a channel shows a wave that matters, the same at odd as at even beats."""
    at = slow.inside(np.unique(np.searchsorted(slow.time, beats).clip(0, slow.time.size - 1)))
    if at.size < LEAST_BEATS:
        return False
    waves = slow.cut(at)
    weight = 1 / (np.square(waves).mean(axis=1) + np.median(np.square(slow.wave)))
    noise = np.median(np.abs(slow.wave)) / 0.6745
    if np.sqrt(np.mean(np.square(np.average(waves, axis=0, weights=weight)))) < VISIBLE * noise:
        return False
    odd, even = (np.average(waves[k::2], axis=0, weights=weight[k::2]) for k in (0, 1))
    return bool(odd @ even > REPEATS * np.sqrt((odd @ odd) * (even @ even)))


# -- all beats --------------------------------------------------------------------------------------


def _all_beats(recording: Recording, source: str, shape: QrsShape, line_noise: Mapping[str, LineNoise]) -> Floats:
    """The beats of the whole recording, from the channel in which they are clearest."""
    slow = _slow_blocks(recording, source, line_noise)
    parts = [_match_block(wave, low, high, shape) for wave, low, high in slow]
    time, gain, residue = (np.concatenate([part[k] for part in parts]) for k in range(3))
    interval: float | Floats = shape.interval
    spread = RHYTHM_SPREAD
    for _ in range(2):
        beats = choose_beats(time, score(gain, residue, shape), interval, spread)
        clear = beats[gain[beats] > LIKELY]
        if clear.size < LOCAL:
            break
        steps = np.diff(time[clear])
        local = _running_median(steps)
        spread = float(np.clip(np.median(np.abs(np.log(steps / local))) / 0.6745, *SPREADS))
        interval = np.interp(time, time[clear[1:]], local)
        gain = gain / np.interp(time, time[clear], np.maximum(_running_median(gain[clear]), POSSIBLE))
    return np.asarray(time[beats])


def _running_median(values: Floats) -> Floats:
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(values, LOCAL, mode="nearest"))


def _slow_blocks(
    recording: Recording, source: str, line_noise: Mapping[str, LineNoise]
) -> Iterator[tuple[SlowWave, float, float]]:
    """The source channel in the QRS band, piece by piece with surroundings; between which times it counts."""
    sfreq = recording.channel(source).sfreq
    factor = slow_factor(sfreq)
    whole = round(BLOCK * sfreq / factor) * factor
    halo = round(HALO * sfreq / factor) * factor
    blocks = recording.blocks([source], duration=whole / sfreq)
    for block, data, first in with_halo(remove_line_noise(blocks, [line_noise.get(source)], sfreq=sfreq), halo):
        if data.shape[1] < sfreq:
            continue
        margin = round(REACH * sfreq / factor) + 2  # so that a beat at the edge of the data is seen
        wave, fast = (np.pad(part[0], margin) for part in slow_down([data], sfreq)[0])
        time = block.tmin + ((np.arange(float(wave.size)) - margin) * factor + (factor - 1) / 2 - first) / sfreq
        yield SlowWave(wave, fast, time, sfreq / factor), block.tmin, block.tmin + block.data.shape[1] / sfreq


def _match_block(slow: SlowWave, low: float, high: float, shape: QrsShape) -> tuple[Floats, Floats, Floats]:
    at, gain, residue = match(slow, shape, NEAREST)
    time = slow.time[at] + _between(slow, shape, at) / slow.rate
    keep = (time >= low) & (time < high)
    return time[keep], gain[keep], residue[keep]


def _between(slow: SlowWave, shape: QrsShape, at: Ints) -> Floats:
    """How far, in samples, the best match lies from each sample: the top of a parabola."""
    at = at.clip(1 + len(shape.wave) // 2, slow.wave.size - 2 - len(shape.wave) // 2)
    left, middle, right = (slow.cut(at + k) @ shape.wave for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    return np.asarray(np.where(bend < 0, (left - right) / np.where(bend < 0, 2 * bend, 1), 0.0)).clip(-0.5, 0.5)
