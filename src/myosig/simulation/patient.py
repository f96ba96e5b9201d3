"""A simulated patient: his own anatomy under the electrodes, and how his numbers are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.difficulty import Difficulty
from myosig.simulation.montage import Montage

Floats = NDArray[np.float64]

HEIGHT_SD = 0.05  # of all conduction times and cord distances: criteria.md 2A says that they rise with height [V], [P]
NERVE_SD = 0.05  # of single conduction times, beside 0.7 ms: criteria.md 2B gives ±15 % or 2 ms as the limits [M]
NERVE_SD_SECONDS = 0.0007
QUIET_START, QUIET_END = 3.0, 1.5  # s without jerks, so that a readiness potential and a last burst fit


@dataclass(frozen=True, slots=True, eq=False)
class Patient:
    """One patient on one montage.

    Attributes
    ----------
    montage, difficulty :
    duration : float
        Of the recording, seconds.
    rate : float or None
        Jerks per minute, where the caller set them.
    spike_waves : bool
        Whether the caller wants generalised spike-waves.
    root, mep : ndarray of float, shape (n_channels,)
        His own conduction times from the root and from the cortex, seconds.
    position_mm : ndarray of float, shape (n_channels,)
        Of his motoneurons, from the top of C1.
    rng : Generator
    """

    montage: Montage
    difficulty: Difficulty
    duration: float
    rate: float | None
    spike_waves: bool
    root: Floats
    mep: Floats
    position_mm: Floats
    rng: np.random.Generator

    def chance(self, probability: float) -> bool:
        """A coin with that probability."""
        return bool(self.rng.random() < probability)

    def around(
        self, median: float, spread: float, low: float, high: float, size: int | tuple[int, ...] | None = None
    ) -> Floats:
        """Log-normal numbers around a median, held between two limits."""
        return np.clip(median * np.exp(spread * self.rng.standard_normal(size)), low, high)

    def between(self, low: float, high: float) -> float:
        """A number between two limits, every ratio as likely."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def scatter(self, seconds: float, size: tuple[int, ...]) -> Floats:
        """Jitter of that standard deviation, times the difficulty's."""
        return self.rng.normal(0, seconds * self.difficulty.jitter, size)

    def durations(self, mean: float, cv: float, size: tuple[int, ...], *, low: float, high: float) -> Floats:
        """Burst durations around the patient's mean, their scatter times the difficulty's."""
        return self.around(mean, cv * self.difficulty.variability, low, high, size)

    def takes_part(self, probability: Floats, n: int) -> NDArray[np.bool_]:
        """Which channels join each of n jerks; the difficulty makes them stay out more often."""
        stays_out = np.minimum((1 - probability) * np.where(probability > 0.5, self.difficulty.variability, 1), 1)
        return self.rng.random((n, probability.size)) >= stays_out

    def jerk_times(self, share: float = 1.0, *, gap: float) -> Floats:
        """Times at random with at least `gap` seconds between them: as many as the rate, or the difficulty, says."""
        low, high = self.difficulty.jerks
        per_minute = self.rate if self.rate is not None else share * self.rng.uniform(low, high) / 5
        room = self.duration - QUIET_START - QUIET_END
        n = max(1, min(round(per_minute * self.duration / 60), int(0.8 * room / gap)))
        free = np.sort(self.rng.uniform(0, max(room - n * gap, 0.0), n))
        return QUIET_START + free + gap * np.arange(n)

    def rhythmic_times(self, frequency: float, cv: float, *, bouts: bool) -> Floats:
        """Times of a rhythm whose intervals scatter; in bouts of ten seconds to a minute, or without a pause."""
        most = int((self.duration - QUIET_START - QUIET_END) * frequency * 1.5) + 2
        steps = np.maximum(self.rng.normal(1, cv, most), 0.3) / frequency
        times = QUIET_START + np.cumsum(steps)
        if bouts:
            lengths = self.rng.uniform(8, 60, 2 * int(self.duration / 8) + 2)
            lengths[1::2] /= 3  # pauses are shorter than bouts
            times = times[np.searchsorted(np.cumsum(lengths), times) % 2 == 0]
        return times[times < self.duration - QUIET_END]


def draw_patient(
    montage: Montage,
    difficulty: Difficulty,
    duration: float,
    *,
    rate: float | None,
    spike_waves: bool,
    rng: np.random.Generator,
) -> Patient:
    """Draw a patient's conduction times and cord positions around the atlas, the same on both sides but for little."""
    height = 1 + HEIGHT_SD * rng.standard_normal()
    names = [m.name for m in montage.muscles]
    own = {name: rng.standard_normal() for name in dict.fromkeys(names)}
    nerve = np.array([own[name] for name in names]) + 0.3 * rng.standard_normal(len(names))
    error = nerve * (NERVE_SD * montage.root_to_muscle + NERVE_SD_SECONDS) / 2
    return Patient(
        montage=montage,
        difficulty=difficulty,
        duration=duration,
        rate=rate,
        spike_waves=spike_waves,
        root=montage.root_to_muscle * height + error,
        mep=montage.mep * height + error,
        position_mm=montage.position_mm * height,
        rng=rng,
    )
