"""The constants of the burst detector and what follows from them at a sampling rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# Tags: [V], [M], [D], [P] as in docs/criteria.md; P = convention of this project.
HIGH_PASS = 30.0  # Hz, -3 dB: 20-30 Hz is usual [V]; at 30 a shaken electrode (below 15 Hz, 100 µV) marks no burst [D]
SMOOTHING = 1e-3  # s, half width of the triangle that ends the band: -6 dB at 450 Hz [D]
BIN = 1e-3  # s, the grain of all energies [P]: half a short motor-unit potential
KNOT = 4e-3  # s between the knots of the baseline [D]: 250 Hz carries what is below HIGH_PASS
BASELINE = 0.73 / HIGH_PASS  # s, width of the moving averages of the baseline: (1 - sinc^2)^3 is -3 dB at HIGH_PASS [D]

HOP_BINS = 240  # bins from one noise estimate to the next [P]; whole in knots and codes
CODE_BINS = 30  # bins of one energy that the noise estimate sees [P]: more than the gaps of tonic activity, less than
# those of a 10 Hz tremor
CODE_STEP = 10  # bins from one such energy to the next
REMEMBERED = 4  # hops of which one noise level is kept to the end: one a second
NOISE_REACH = 10.0  # s of memory on either side [P]: longer than a posture change, shorter than electrode drying
PER_BEL = 20  # steps of 0.5 dB
FLOOR_CODE = 200  # code of 1 µV²: from 1e-10 to 1e18 µV², any gain
N_CODES = 560
QUANTILE = 0.10  # where the noise estimate starts: tremor leaves a third of the time quiet [P]
# Part of all windows that a channel's floor is told from, so few that the silences of a tense muscle leave them [P];
# power of that part of noise in a quiet channel, over its mean [D: white noise alone has 0.37]
QUIETEST, QUIETEST_POWER = 0.0005, 0.47
QUANTILE_BELOW = 3.4  # codes that it lies below the mean in white noise over CODE_BINS bins [D: gamma, shape 14]
MODE_REACH = 7  # codes on either side that the mode is the middle of: 3 standard deviations of such noise [D]
MODE_ROUNDS = 40
SPREAD_MEMORY = 120.0  # s over which the spread of noise is learned [P]
CENTER_PRIOR = 2000.0  # bins that count as noise of mean 1 at the start [P]
SPREAD_PRIOR = 30.0  # windows that the spread of white noise counts for at the start [P]

SCALES = (10, 18, 32, 56, 100, 180, 320)  # bins: steps of 2.5 dB, so that no burst of 8-400 ms is far from one [D]
# in a channel-hour of noise, for each of these [P]: the likelihood of the levels and what is `kept` let pass a
# part of the shortest, so that altogether they stay below the 1 that is promised
FALSE_ALARMS = (1.0, 0.8, 0.4, 0.1, 0.06, 0.06, 0.06)
LOOKS_PER_SCALE = 3.0  # independent looks in one window length [D: measured on white noise]
CLIP = 12.0  # ratio to the noise above which a bin counts no more: one impulse cannot make a window [P]

CERTAIN = 8.0  # 9 dB above the noise for CERTAIN_BINS, or that energy in less time, is a burst, however unsteady [P]
CERTAIN_BINS = 56

LEVELS = np.array([1.0, 1.6, 2.5, 4.0, 7.0, 14.0, 35.0, 120.0, 1000.0])  # powers of the level sequence, noise first
GRAIN_BINS = 2  # bins of one step of the level sequence [P]
EDGE_COST = 7.0  # nats that a burst's beginning, and its end, cost [P]
CHANGE_COST = 5.0  # nats that a change of level within a burst costs [P]
MARK_BINS = 40  # bins around a marked window in which a burst may begin or end
DIP_DEPTH = 60.0  # 18 dB below the highest levels within DIP_REACH bins on both sides is a gap [P]
QUIET_DEPTH = 5.0  # 7 dB are enough for a level within DIP_NEAR of the noise [P]
DIP_NEAR = 2.5
DIP_REACH = 240
# A gap of at most FAR bins parts only if it is still: without TRIM bins at either end it must not beat noise by so many
# nats, or lie DIP_DEPTH below the louder side [P]
STILL, FAR, TRIM = 5.0, 90, 2
# bins: a shorter gap never parts two bursts, a longer one always does; how far before and after it the run is
# looked at that it may belong to (the last keeps the latency short)
GAP = (8, 45, 240, 120)  # [P]
COMPARABLE = 0.6  # gaps of this part of a gap's length belong to the same run [P]
ALIKE = (0.25, 0.4)  # standard deviations of the logarithms of the gaps and of the bursts of a run [P]
SINGLE = 8.0  # bins of one potential, about [M: 5-15 ms]: what chance leaves between two gaps at least
PARTING_ODDS = -0.25  # nats: then 1 in 30 gaps in bursts of 3-20 units parts, 7 in 10 of those in runs [D: simulated]
EDGE_BINS = 150  # an edge may move this many bins outwards from where the levels change [P]: less than GAP waits,
EDGE_ROOM = (2, 60)  # and not more than so many times the bins inside that it is seen from, and so many [P]
SPECTRUM_STEP = 15.0  # Hz
LEAST_DURATION = 0.003  # s: shorter is no potential of a muscle but an impulse [M]
CUT_BINS = 3  # a burst this near to the end of the data is cut by it
# An impulse is no potential. Energy in a bin counts at most this many times the largest so many s from it, where little
# is left of an impulse but a potential still is [P]
IMPULSE = 3.0
UNEVEN = 1.5  # times as much may be left as on average, by where between two knots the impulse lies [D]
BESIDE = (0.002, 0.003)
LEAST_GAIN = 9.0  # nats by which a burst must beat noise alone [P]
# An edge is sudden, or its amplitude rises over one of these parts of the time to where half of the burst's energy has
# passed; sudden is twice as likely [P]
RISES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.25, 3.4)
GRADUAL_COST = math.log(2 * (len(RISES) - 1))
RISE_STEPS = 5
TENTH, TENTH_SPREAD = 0.1, 0.1  # of a rise: where a straight one reaches a tenth; half a cosine wave does at 0.2 [D]
HALF_BINS = 1000  # of a longer half of a burst only that many bins nearest to the edge are looked at [P]
# Squared coefficient of variation of a burst's energy in windows of so many bins: white noise has 0.17; bursts of
# potentials of 5-15 ms at 150-900 a second about twice that, which counts as so many pairs of windows [D: simulated]
UNEVEN_BINS, USUALLY_UNEVEN, UNEVEN_TRUST = 12, 0.38, 4.0
# s: rise of a potential; between two potentials; longest single potential; spectrum
# either side of the peak; shortest burst with a spectrum. Potentials last 5-15 ms [M]
REACH = (0.0025, 0.006, 0.010, 0.064, 0.025)
# part of the peak of the first potential [V: issue]; part of the peak and ratio to the noise of a further
# potential; phases of a single potential: up to 4 is not polyphasic [M]
LIMITS = (0.10, 0.25, 3.5, 3.0)


@dataclass(frozen=True, slots=True)
class Design:
    """All numbers that the detector needs at one sampling rate."""

    sfreq: float
    bin: int  # samples
    spacing: int  # samples between knots
    taps: NDArray[np.float32]
    smooth: NDArray[np.float32]
    halo: int  # samples of context on either side
    weight: float  # nats a bin: half the degrees of freedom of white noise
    scales: NDArray[np.int32]
    normal: NDArray[np.float64]
    white: NDArray[np.float64]  # gamma shape of white noise at each scale
    prior: NDArray[np.float64]
    steadiness: NDArray[np.float64]  # one over the lower spread of noise of these
    shapes: NDArray[np.float64]
    beside: tuple[int, int]  # bins from an impulse, where there is little of it, but a potential still is
    leak: float  # part of an impulse's energy in a bin that the band-pass leaves in bins farther away
    mode_power: NDArray[np.float64]  # where the mode is found in noise of these shapes and mean 1

    @property
    def hop(self) -> int:
        """Samples of one hop."""
        return HOP_BINS * self.bin


@cache
def design(sfreq: float) -> Design:
    """The detector's numbers at a sampling rate in Hz."""
    width = max(1, round(BIN * sfreq))
    spacing = width * max(1, round(KNOT * sfreq / width))
    taps = _baseline_taps(sfreq / spacing)
    smooth = _triangle(max(1, round(SMOOTHING * sfreq)))
    scales = np.array(SCALES, dtype=np.int32)
    response = impulse_response(taps, spacing, smooth)
    shapes_of_white = np.array([gamma_shape(response, int(s) * width) for s in scales])
    beside = (max(1, round(BESIDE[0] * sfreq / width)), max(2, round(BESIDE[1] * sfreq / width)))
    shapes = np.geomspace(0.3, 3000, 200)
    return Design(
        sfreq=sfreq,
        bin=width,
        spacing=spacing,
        taps=taps,
        smooth=smooth,
        halo=spacing * (len(taps) // 2 + 2),
        weight=float(shapes_of_white[4] / scales[4]),
        scales=scales,
        normal=_deviates(scales * width / sfreq),
        white=shapes_of_white,
        prior=lower_spread(shapes_of_white),
        steadiness=1 / lower_spread(shapes),
        shapes=shapes,
        beside=beside,
        leak=farther(response, width, beside[0]),
        mode_power=mode_of_noise(shapes),
    )


def _baseline_taps(rate: float) -> NDArray[np.float32]:
    """What the smoothing of the knots must be so that signal minus baseline is (1 - sinc^2)^3."""
    box = np.ones(max(2, round(BASELINE * rate))) / max(2, round(BASELINE * rate))
    once = np.convolve(box, box)
    twice = np.convolve(once, once)
    taps = np.convolve(twice, once)
    taps -= 3 * np.pad(twice, (len(taps) - len(twice)) // 2)
    taps += 3 * np.pad(once, (len(taps) - len(once)) // 2)
    return taps.astype(np.float32)


def _triangle(half_width: int) -> NDArray[np.float32]:
    rise = np.arange(1, half_width + 1)
    return (np.concatenate([rise, rise[-2::-1]]) / half_width**2).astype(np.float32)


def impulse_response(taps: NDArray[np.float32], spacing: int, smooth: NDArray[np.float32]) -> NDArray[np.float64]:
    """Impulse response of the band-pass, averaged over where the impulse lies between two knots."""
    knots = np.zeros((len(taps) - 1) * spacing + 1)
    knots[::spacing] = taps
    hat = _triangle(spacing).astype(np.float64) * spacing
    base = np.convolve(np.convolve(knots, hat), hat) / spacing**2
    rest = -base
    rest[len(rest) // 2] += 1
    return np.convolve(rest, smooth)


def farther(response: NDArray[np.float64], width: int, bins: int) -> float:
    """Largest energy of a response so many bins or more from its middle, as a part of that of the middle bin."""
    middle = len(response) // 2
    half = width // 2
    size = np.square(response)
    share = size[: max(middle - bins * width + half, 1)].max() / size[middle - half : middle + half + 1].mean()
    return float(UNEVEN * share)


def rises() -> tuple[NDArray[np.float64], ...]:
    """Share of the power in each step of a straight rise and after it; of LEVELS 1 - 1/p and log p there, and borders.

    A border is where the power is as near to one of LEVELS as to the next, less 1.
    """
    share = np.append((np.arange(RISE_STEPS) + 0.5) / RISE_STEPS, 1) ** 2
    powers = 1 + np.outer(LEVELS[1:] - 1, share)
    return share, 1 - 1 / powers, np.log(powers), np.sqrt(LEVELS[1:-1] * LEVELS[2:]) - 1


def gamma_shape(response: NDArray[np.float64], n: int) -> float:
    """Shape of the mean square of `n` samples of white noise seen through a filter."""
    rho = np.correlate(response, response, "full")[len(response) - 1 :] / (response @ response)
    rho = rho[:n]
    lag = np.arange(len(rho))
    return float(n / (2 * (2 * np.sum((1 - lag / n) * rho**2) - rho[0] ** 2)))


def lower_spread(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean squared distance from 1, below 1, of a gamma variable of mean 1."""
    from scipy.special import gammainc

    below = gammainc(shape, shape)
    first = gammainc(shape + 1, shape)
    second = gammainc(shape + 2, shape) * (shape + 1) / shape
    return np.asarray((below - 2 * first + second) / below)


def mode_of_noise(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """The power whose logarithm is the mean of those within MODE_REACH codes of it, of gamma variables of mean 1."""
    reach = (MODE_REACH + 0.5) / PER_BEL * math.log(10)
    around = np.linspace(-reach, reach, 101)
    mode = np.zeros_like(shape)
    for _ in range(60):
        log = mode[:, None] + around
        density = np.exp(shape[:, None] * (log - np.exp(log) + 1))
        mode = (log * density).sum(axis=1) / density.sum(axis=1)
    return np.asarray(np.exp(mode))


def _deviates(durations: NDArray[np.float64]) -> NDArray[np.float64]:
    looks = LOOKS_PER_SCALE * 3600 / durations
    share = np.array(FALSE_ALARMS) / looks
    return np.array([-NormalDist().inv_cdf(p) for p in share])


def seconds_to_hops(seconds: float, sfreq: float) -> int:
    """Whole hops in a time."""
    return math.ceil(seconds * sfreq / design(sfreq).hop)
