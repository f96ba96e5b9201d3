"""In which order, and how fast, does a jerk spread along the cord?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect.jerks import Jerks
from myosig.recording import Channel


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Recruitment over all jerks.

    Attributes
    ----------
    channels : tuple of Channel
        The channels that took part often enough, in order of recruitment.
    lag, lag_low, lag_high : ndarray of float, shape (n_channels,)
        Typical onset after the first muscle, seconds, with its 95 % interval.
    n : ndarray of int
        Jerks in which each channel took part.
    stability, stability_p : float or None
        Agreement of the order between jerks (Kendall's W, 0-1), and its p against random order.
    direction : {"simultaneous", "descending", "ascending", "both ways", "inconsistent", "not assessable"}
    origin_mm, origin_interval : float or None
        Level of origin along the cord, mm from the top of C1.
    velocity, velocity_interval : float or None, (float, float) or None
        m/s along the cord, peripheral conduction removed; None where it cannot be resolved.
    velocity_up, velocity_down : float or None
        The same above and below the origin.
    resolvable : bool
    why : str
        Why the speed can or cannot be resolved (criteria.md 2D), in words with the numbers.
    side_lag, side_lag_interval, side_lag_n : float or None, (float, float) or None, int
        Right minus left onset of homologous muscles, seconds.
    """

    channels: tuple[Channel, ...]
    lag: NDArray[np.float64]
    lag_low: NDArray[np.float64]
    lag_high: NDArray[np.float64]
    n: NDArray[np.int64]
    stability: float | None
    stability_p: float | None
    direction: str
    origin_mm: float | None
    origin_interval: tuple[float, float] | None
    velocity: float | None
    velocity_interval: tuple[float, float] | None
    velocity_up: float | None
    velocity_down: float | None
    resolvable: bool
    why: str
    side_lag: float | None
    side_lag_interval: tuple[float, float] | None
    side_lag_n: int


def measure_spread(jerks: Jerks, *, seed: int = 0) -> Spread:
    """Measure order, level of origin and conduction velocity over all jerks."""
    raise NotImplementedError
