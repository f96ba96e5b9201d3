"""The slow potential before a jerk (Bereitschaftspotential)."""

from __future__ import annotations

from myosig.detect.jerks import Jerks
from myosig.localize.potential import SlowPotential
from myosig.recording import Recording


def find_slow_potential(recording: Recording, jerks: Jerks, *, seed: int = 0) -> SlowPotential:
    """Look for a Bereitschaftspotential in the two seconds before the jerk."""
    return SlowPotential("not assessable", "not examined")
