"""Do EEG discharges and jerks go together more often than by chance?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.jerks import Jerks
from myosig.recording import Recording


@dataclass(frozen=True, slots=True, eq=False)
class Cooccurrence:
    """Coincidence of EEG discharges with jerks.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
        Whether they coincide beyond chance.
    why : str
    n_discharges, n_jerks : int
    n_coincident : int or None
        Jerks with a discharge in the window.
    expected : float or None
        The same at sham triggers, mean.
    p_value : float or None
    jerks_with_discharge, discharges_with_jerk : float or None
        Shares, 0 to 1.
    jerks_interval : (float, float) or None
        95 % interval of the share of jerks with a discharge.
    lag : float or None
        Median time from discharge to jerk in the coincidences, seconds.
    generalised : bool or None
        Whether most coincident discharges are generalised; None where there are none.
    lag_edges, lag_counts, lag_expected, lag_high : ndarray or None
        Histogram of the time from discharge to jerk, seconds, its mean and 97.5 % under the null.
    """

    verdict: str
    why: str
    n_discharges: int = 0
    n_jerks: int = 0
    n_coincident: int | None = None
    expected: float | None = None
    p_value: float | None = None
    jerks_with_discharge: float | None = None
    jerks_interval: tuple[float, float] | None = None
    discharges_with_jerk: float | None = None
    lag: float | None = None
    generalised: bool | None = None
    lag_edges: NDArray[np.float64] | None = None
    lag_counts: NDArray[np.int64] | None = None
    lag_expected: NDArray[np.float64] | None = None
    lag_high: NDArray[np.float64] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "n_discharges": self.n_discharges,
            "n_jerks": self.n_jerks,
            "n_coincident": self.n_coincident,
            "expected": self.expected,
            "p_value": self.p_value,
            "jerks_with_discharge": self.jerks_with_discharge,
            "jerks_interval": list(self.jerks_interval) if self.jerks_interval else None,
            "discharges_with_jerk": self.discharges_with_jerk,
            "lag_ms": None if self.lag is None else self.lag * 1000,
            "generalised": self.generalised,
        }


def measure_cooccurrence(recording: Recording, jerks: Jerks, *, seed: int = 0) -> Cooccurrence:
    """Count how often EEG discharges and jerks coincide, against chance."""
    return Cooccurrence("not assessable", "not examined", n_jerks=len(jerks))
