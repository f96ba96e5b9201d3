"""The delay between two signals, from the slope of their phase over the bins in which they cohere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from myosig.localize.coherence import Coherence

MIN_BINS = 4  # contiguous bins above the limit: 3 to 5 (criteria.md 3E)


@dataclass(frozen=True, slots=True)
class Delay:
    """A straight line through the phase.

    Attributes
    ----------
    seconds, interval : float, (float, float)
        Positive where x leads, with its 95 % interval.
    constant : float
        Phase at 0 Hz, radians, -pi to pi: far from 0 and pi, a delay alone does not describe the phase.
    band : (float, float)
        First and last bin of the fit, Hz.
    n_bins : int
    """

    seconds: float
    interval: tuple[float, float]
    constant: float
    band: tuple[float, float]
    n_bins: int


def fit_delay(spectra: Coherence, row: int, column: int, *, alpha: float = 0.05) -> Delay | None:
    """Fit the phase over the run of significant bins that holds the largest coherence.

    Each bin weighs by the inverse variance of its phase, 2 n C / (1 - C). Where the scatter about the line is
    larger than that variance, the interval is widened accordingly.

    Returns
    -------
    Delay or None
        None with fewer than four contiguous bins above the limit (alpha at each bin).

    References
    ----------
    Rosenberg et al. 1989, Prog Biophys Mol Biol 53:1, doi 10.1016/0079-6107(89)90004-7.
    """
    coherence = spectra.coherence[row, column]
    run = _run_about_peak(coherence > spectra.limit(alpha)[row, column], int(np.nanargmax(coherence)))
    if run.size < MIN_BINS:
        return None
    frequency, c = spectra.frequencies[run], coherence[run]
    phase = np.unwrap(spectra.phase[row, column, run])
    weight = 2 * spectra.effective[row, column] * c / np.maximum(1 - c, 1e-12)
    centre = np.average(frequency, weights=weight)
    slope = np.sum(weight * (frequency - centre) * phase) / np.sum(weight * (frequency - centre) ** 2)
    constant = np.average(phase, weights=weight) - slope * centre
    scatter = np.sum(weight * (phase - constant - slope * frequency) ** 2) / (run.size - 2)
    error = np.sqrt(max(scatter, 1.0) / np.sum(weight * (frequency - centre) ** 2))
    reach = float(student.ppf(0.975, run.size - 2) * error / (2 * np.pi))
    seconds = float(slope / (2 * np.pi))
    return Delay(
        seconds=seconds,
        interval=(seconds - reach, seconds + reach),
        constant=float(np.angle(np.exp(1j * constant))),
        band=(float(frequency[0]), float(frequency[-1])),
        n_bins=int(run.size),
    )


def _run_about_peak(significant: np.ndarray, peak: int) -> np.ndarray:
    """Indices of the contiguous significant bins about the peak."""
    if not significant[peak]:
        return np.empty(0, dtype=int)
    breaks = np.flatnonzero(~significant)
    low = breaks[breaks < peak].max(initial=-1) + 1
    high = breaks[breaks > peak].min(initial=significant.size)
    return np.arange(low, high)
