"""How closely do the muscles move together?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.recording import Channel


@dataclass(frozen=True, slots=True, eq=False)
class Synchrony:
    """Pairwise timing of the bursts of all channels; every matrix has shape (n_channels, n_channels).

    Attributes
    ----------
    channels : tuple of Channel
    n : ndarray of int
        Coincidences of each pair.
    lag, lag_low, lag_high : ndarray of float
        Median onset of the column's channel minus that of the row's, seconds, with its 95 % interval; NaN
        where n is too small.
    jitter : ndarray of float
        Robust standard deviation of the lag, seconds.
    expected : ndarray of float
        Coincidences expected by chance, from surrogates that keep each train's rhythm.
    p_value : ndarray of float
        Of the coincidence, corrected over pairs; NaN where it was not tested.
    window : float
        Largest lag that counts as a coincidence, seconds.
    seed : int
    """

    channels: tuple[Channel, ...]
    n: NDArray[np.int64]
    lag: NDArray[np.float64]
    lag_low: NDArray[np.float64]
    lag_high: NDArray[np.float64]
    jitter: NDArray[np.float64]
    expected: NDArray[np.float64]
    p_value: NDArray[np.float64]
    window: float
    seed: int


def measure_synchrony(bursts: Bursts, *, seed: int = 0) -> Synchrony:
    """Measure lag, jitter and coincidence beyond chance for all pairs of channels."""
    raise NotImplementedError
