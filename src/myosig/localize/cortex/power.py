"""How many jerks would be needed to see a potential of a given size."""

from __future__ import annotations

import math

from scipy.stats import norm

from myosig._checks import positive

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


def detectable_amplitude(n: int, noise: float, *, threshold: float = THRESHOLD, power: float = POWER) -> float:
    """The smallest potential, in µV, that an average of `n` jerks shows with that power."""
    return (threshold + float(norm.ppf(power))) * noise / math.sqrt(n)
