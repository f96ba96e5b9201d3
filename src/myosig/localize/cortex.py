"""What the EEG does before the jerk: jerk-locked average, premyoclonic potential, slow potential, desynchronisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.detect.jerks import Jerks
from myosig.recording import Channel, Recording


@dataclass(frozen=True, slots=True, eq=False)
class Backaverage:
    """EEG averaged at the burst onsets of one muscle.

    Attributes
    ----------
    channels : tuple of Channel
        EEG channels of one rate.
    trigger : str
        Label of the EMG channel whose onsets are time zero.
    times : ndarray of float, shape (n_times,)
        Seconds from the EMG onset.
    mean, plus_minus : ndarray of float, shape (n_channels, n_times)
        Average and ± average (noise estimate), µV.
    sham_low, sham_high : ndarray of float, shape (n_channels, n_times)
        Pointwise 2.5 % and 97.5 % of averages at sham triggers, µV.
    n : int
        Epochs averaged.
    rejected : mapping of str to int
        Jerks left out, by reason.
    reference : str
    seed : int
    """

    channels: tuple[Channel, ...]
    trigger: str
    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    plus_minus: NDArray[np.float64]
    sham_low: NDArray[np.float64]
    sham_high: NDArray[np.float64]
    n: int
    rejected: Mapping[str, int]
    reference: str
    seed: int


@dataclass(frozen=True, slots=True)
class Potential:
    """Whether a pre-jerk potential (premyoclonic spike, or slow potential) was found.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    channel, muscle : str or None
        EEG channel of the largest deflection, and EMG channel that triggered.
    latency, latency_interval : float or None, (float, float) or None
        Seconds before the EMG onset (positive = before).
    amplitude : float or None
        µV, signed.
    p_value : float or None
        Against sham triggers, corrected over time, electrodes and muscles.
    n : int
        Jerks averaged.
    contralateral : bool or None
        Whether it lies over the sensorimotor region opposite to the jerking side; None = cannot be told.
    average : Backaverage or None
    """

    verdict: str
    why: str
    channel: str | None
    muscle: str | None
    latency: float | None
    latency_interval: tuple[float, float] | None
    amplitude: float | None
    p_value: float | None
    n: int
    contralateral: bool | None
    average: Backaverage | None


def find_premyoclonic_potential(recording: Recording, jerks: Jerks, *, seed: int = 0) -> Potential:
    """Look for a cortical spike 10-40 ms before the jerk."""
    raise NotImplementedError


def find_slow_potential(recording: Recording, jerks: Jerks, *, seed: int = 0) -> Potential:
    """Look for a Bereitschaftspotential in the two seconds before the jerk."""
    raise NotImplementedError
