"""Untangle the responses of jerks that follow each other too fast for plain averaging."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_toeplitz

from myosig.localize.scan import Floats, epoch_sums
from myosig.localize.tracks import Track

RIDGE = 0.003  # of the number of jerks: keeps a nearly periodic train solvable [P]
OVERLAP = 0.25  # share of jerks with another one inside the epoch from which it is worth doing [P]


def overlapping(times: Floats, span: float) -> float:
    """Share of jerks that are followed by the next one within `span` seconds."""
    return float(np.mean(np.diff(times) < span)) if len(times) > 1 else 0.0


def deconvolve(track: Track, times: Floats, *, tmin: float, tmax: float) -> tuple[Floats, Floats]:
    """The response to one jerk when the EEG is a sum of such responses.

    Least squares: the EEG is regressed on one column for every delay after every jerk (Smith and Kutas 2015).
    The normal equations need only the average at the jerks and the jerks' own autocorrelation. Of a train with
    a strictly constant period no method can tell what came before a jerk from what came after the last one; a
    slight ridge then returns the smallest response that explains the average.

    Parameters
    ----------
    track : Track
    times : ndarray
        All jerks, isolated or not, running seconds.
    tmin, tmax : float
        Extent of the response, seconds from the onset.

    Returns
    -------
    ndarray, ndarray
        Times in seconds from the onset, and the response in µV.

    References
    ----------
    Smith and Kutas 2015, Psychophysiology 52:169, doi 10.1111/psyp.12320.
    """
    first, last = round(tmin * track.sfreq), round(tmax * track.sfreq)
    width = last - first
    sums, counts = epoch_sums(track, times[None], first, width)
    at = track.sample_of(times)
    share = float(counts[0]) / max(len(times), 1)
    lags = np.subtract.outer(at, at)
    overlap = share * np.bincount(lags[(lags >= 0) & (lags < width)], minlength=width).astype(np.float64)
    overlap -= float(counts[0]) ** 2 / track.values.size  # the track has no mean: nor may the regressors
    overlap[0] += RIDGE * counts[0] + 1e-9
    return np.arange(first, last, dtype=np.float64) / track.sfreq, np.asarray(solve_toeplitz(overlap, sums[0]))
