"""How many jerks would be needed to see a potential of a given size, and how likely these were to show one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from myosig._checks import positive

TINY = 1e-30  # keeps a look to which a waveform adds nothing from dividing by zero
POWER = 0.9  # chance of seeing what is there that is asked for, as the project's own sensitivity target
THRESHOLD = 3.5  # noise SDs that the largest of some 100 looks exceeds by chance in 1 of 20 recordings, [P]


def required_jerks(amplitude: float, noise: float, *, threshold: float = THRESHOLD, power: float = POWER) -> int:
    """Jerks that must be averaged to see a potential.

    The noise of an average falls with the square root of the number of jerks, so that the potential stands
    `threshold` + z(`power`) standard deviations out of it when n = ((threshold + z) * noise / amplitude)^2.

    Parameters
    ----------
    amplitude : float
        Size of the potential, µV.
    noise : float
        Standard deviation of a single epoch, µV.
    threshold : float
        Deviations from which an average counts as significant after correction for the number of looks.
    power : float
        Wanted chance of seeing it, between 0 and 1.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ParameterError
        If an argument is not a positive number.

    Examples
    --------
    >>> required_jerks(5.0, 15.0)
    206
    """
    margin = positive("threshold", threshold) + float(norm.ppf(positive("power", power)))
    return max(1, math.ceil((margin * positive("noise", noise) / positive("amplitude", amplitude)) ** 2))


def usual_sizes(low: float, high: float) -> NDArray[np.float64]:
    """Twenty equally likely sizes of a potential, µV, lognormal, nine in ten of them from `low` to `high`."""
    middle, spread = math.log(low * high) / 2, math.log(high / low) / 2 / float(norm.ppf(0.95))
    return np.asarray(np.exp(middle + spread * norm.ppf((np.arange(20) + 0.5) / 20)))


def sizes_needed(noise: NDArray[np.float64], gain: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """How large a potential would have had to be, for each waveform and in each sample of the noise, to be significant.

    Parameters
    ----------
    noise : ndarray of float, shape (n_samples, n_looks)
        What the looks give where there is nothing, in standard deviations.
    gain : ndarray of float, shape (n_waveforms, n_looks)
        What a waveform of unit amplitude adds to each of them.
    threshold : float
        The deviation from which the largest of them is significant.

    Returns
    -------
    ndarray of float, shape (n_waveforms, n_samples)
        µV; 0 where the noise is significant by itself.
    """
    needed = [(threshold - np.sign(g) * noise) / np.maximum(np.abs(g), TINY) for g in gain]
    return np.asarray(np.maximum(np.stack([each.min(axis=1) for each in needed]), 0.0))
