"""Sham triggers: the same trains of jerks, moved to where there were none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_SHAMS = 1000  # resolves p to 0.001
MAX_SHIFT = 30.0  # s: stays in the same state of vigilance, and is many periods of any rhythmic jerk [P]
MAX_STRETCH = 0.01  # largest relative change of an interval between jerks [P]


@dataclass(frozen=True, slots=True, eq=False)
class Shams:
    """Displacements of whole trains, the same for all trains of a recording.

    Each sham moves every trigger by `shift` + `slope` * (t - middle), modulo the duration, so that the
    intervals between jerks are kept to within 1 % and no trigger comes nearer than `away` to where it was.
    The slight stretch matters for rhythmic jerks: a train with a constant period that is only shifted
    meets the same phase of its own period again and again, and an EEG response with it; stretched, it runs
    through all phases, while the spectrum of the EEG hardly changes within 1 % of a frequency.

    Attributes
    ----------
    shift : ndarray of float, shape (n_shams,)
        Seconds.
    slope : ndarray of float, shape (n_shams,)
        Dimensionless.
    middle, duration : float
        Seconds of recorded time (gaps closed up).
    """

    shift: NDArray[np.float64]
    slope: NDArray[np.float64]
    middle: float
    duration: float

    def __len__(self) -> int:
        return int(self.shift.size)

    def apply(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displaced copies of a train, shape (n_shams, n_times)."""
        moved = times + self.shift[:, None] + self.slope[:, None] * (times - self.middle)
        return np.mod(moved, self.duration)


def can_displace(duration: float, *, away: float) -> bool:
    """Whether a recording is long enough for shams that lie `away` from the jerks: four times that."""
    return duration >= 4 * away


def draw_shams(first: float, last: float, duration: float, *, away: float, n: int, seed: int) -> Shams:
    """Draw displacements for trains that run from `first` to `last` in a recording of that duration."""
    rng = np.random.default_rng(seed)
    half = max((last - first) / 2, 1e-9)
    size = rng.uniform(away, min(max(MAX_SHIFT, 2 * away), duration / 2), n)
    reach = np.minimum(MAX_STRETCH * half, size - away)
    return Shams(
        shift=size * rng.choice([-1.0, 1.0], n),
        slope=rng.uniform(-1, 1, n) * reach / half,
        middle=(first + last) / 2,
        duration=duration,
    )
