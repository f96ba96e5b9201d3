"""The posterior alpha rhythm, as context for the state of the brain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myosig.recording import Recording


@dataclass(frozen=True, slots=True)
class AlphaRhythm:
    """Posterior alpha.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    frequency : float or None
        Of the peak, Hz.
    amplitude : float or None
        Peak to peak of a sine with the power of the peak, µV, in the larger side.
    left, right : float or None
        The same by side.
    symmetric : bool or None
        Whether the smaller side has at least half the amplitude of the larger.
    n : int
        Seconds.
    """

    verdict: str
    why: str
    frequency: float | None = None
    amplitude: float | None = None
    left: float | None = None
    right: float | None = None
    symmetric: bool | None = None
    n: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "frequency_hz": self.frequency,
            "amplitude_uv": self.amplitude,
            "left_uv": self.left,
            "right_uv": self.right,
            "symmetric": self.symmetric,
            "n": self.n,
        }


def measure_alpha(recording: Recording) -> AlphaRhythm:
    """Peak, amplitude and symmetry of the posterior alpha rhythm."""
    return AlphaRhythm("not assessable", "not examined")
