"""Pre-jerk beta desynchronisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.jerks import Jerks
from myosig.recording import Recording


@dataclass(frozen=True, slots=True, eq=False)
class Desynchronisation:
    """Loss of beta power over the sensorimotor cortex before the jerk.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    channel, muscle : str or None
    band : (float, float) or None
        Hz, in which the loss is largest.
    change : float or None
        Power before the jerk over power in the baseline, less 1: -0.3 is a loss of 30 %.
    p_value : float or None
        Against sham triggers, corrected over bands, windows, electrodes and muscles.
    n : int
        Jerks averaged.
    required : int or None
        Jerks needed to see a loss of the usual size.
    times, frequencies : ndarray or None
        Seconds from the onset; middles of the bands, Hz.
    map : ndarray or None, shape (n_frequencies, n_times)
        Mean log10 power ratio to the baseline, in the channel.
    """

    verdict: str
    why: str
    channel: str | None = None
    muscle: str | None = None
    band: tuple[float, float] | None = None
    change: float | None = None
    p_value: float | None = None
    n: int = 0
    required: int | None = None
    times: NDArray[np.float64] | None = None
    frequencies: NDArray[np.float64] | None = None
    map: NDArray[np.float64] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "channel": self.channel,
            "muscle": self.muscle,
            "band_hz": list(self.band) if self.band else None,
            "change": self.change,
            "p_value": self.p_value,
            "n": self.n,
            "required_jerks": self.required,
        }


def find_desynchronisation(recording: Recording, jerks: Jerks, *, seed: int = 0) -> Desynchronisation:
    """Look for a loss of beta power in the 1.5 s before the jerk."""
    return Desynchronisation("not assessable", "not examined")
