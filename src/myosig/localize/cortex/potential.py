"""Result types of the search for pre-jerk potentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from myosig.localize.cortex.backaverage import Backaverage
from myosig.notebook import Shown

ALPHA = 0.05  # corrected over time, electrodes, waveforms and muscles


@dataclass(frozen=True, slots=True)
class Potential(Shown):
    """Whether a pre-jerk potential (premyoclonic spike, or slow potential) was found.

    Attributes
    ----------
    verdict : {"present", "absent", "not assessable"}
    why : str
    channel, muscle : str or None
        EEG channel of the largest deflection, and EMG channel that triggered, or that it was whichever came first.
    latency, latency_interval : float or None, (float, float) or None
        Seconds before the EMG onset (positive = before): of the first peak of a spike, of the onset of a slow
        potential.
    amplitude : float or None
        µV, signed; of the waveform that fits best.
    halves : (float, float) or None
        The same in odd and in even jerks.
    p_value : float or None
        Against sham triggers, corrected over time, electrodes and muscles.
    n : int
        Jerks averaged.
    contralateral : bool or None
        Whether it lies over the sensorimotor region opposite to the jerking side; None = cannot be told.
    average : Backaverage or None
    detectable : float or None
        The smallest potential, µV, that these jerks would have shown in nine of ten recordings.
    required : int or None
        Jerks needed to see a potential of the usual size.
    power : float or None
        The chance that a potential, as large as they usually are, would have been called present in these jerks at the
        measured noise. None where none could have been seen or missed: nothing could be averaged, or something was
        found that may or may not be one.
    expected_latency : float or None
        Conduction time from the motor cortex to the muscle, seconds, from the atlas.
    plausible : bool or None
        Whether the latency fits that conduction time.
    topography : mapping of label to float
        Amplitude of the same waveform in every EEG channel, µV.
    """

    verdict: str
    why: str
    channel: str | None = None
    muscle: str | None = None
    latency: float | None = None
    latency_interval: tuple[float, float] | None = None
    amplitude: float | None = None
    p_value: float | None = None
    n: int = 0
    contralateral: bool | None = None
    average: Backaverage | None = None
    detectable: float | None = None
    required: int | None = None
    power: float | None = None
    expected_latency: float | None = None
    plausible: bool | None = None
    halves: tuple[float, float] | None = None
    topography: Mapping[str, float] = field(default_factory=dict)

    def nothing_seen(self, usual: float, *, least: int, enough: int, caveat: str = "") -> Self:
        """The verdict without a significant potential: absent, or with fewer than `enough` jerks not assessable.

        With the power to have seen one, and the jerks that one of the `usual` size (µV) needs; below `least` jerks
        there is none.
        """
        left_out = f"; left out: {self.average.left_out}" if self.average else ""
        if self.n < least:
            why = f"{self.n} epochs are free of artefacts before the jerk{left_out}"
            return replace(self, verdict="not assessable", why=why, channel=None, detectable=None, power=None)
        power = (
            f"n = {self.n} jerks, p = {self.p_value:.3f}; {self.detectable:.1f} µV would have been seen in nine of ten "
            f"recordings; {usual:g} µV need {self.required} jerks"
        )
        if self.n < enough:
            why = f"low power: nothing significant, and fewer than {enough} usable jerks{left_out}; {power}"
            return replace(self, verdict="not assessable", why=why, channel=None)
        why = f"no potential before the jerk beyond those at sham triggers; {power}{caveat}"
        return replace(self, why=why, channel=None)

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "channel": self.channel,
            "muscle": self.muscle,
            "latency_ms": in_ms(self.latency),
            "latency_interval_ms": [in_ms(x) for x in self.latency_interval] if self.latency_interval else None,
            "amplitude_uv": self.amplitude,
            "p_value": self.p_value,
            "n": self.n,
            "contralateral": self.contralateral,
            "detectable_uv": self.detectable,
            "required_jerks": self.required,
            "power": self.power,
            "expected_latency_ms": in_ms(self.expected_latency),
            "plausible": self.plausible,
            "topography_uv": dict(self.topography) or None,
            "halves_uv": list(self.halves) if self.halves else None,
            "average": self.average.to_dict() if self.average else None,
        }


@dataclass(frozen=True, slots=True)
class SlowPotential(Potential):
    """A slow pre-jerk potential, with its parts.

    Attributes
    ----------
    early, late : float or None
        Mean amplitude before and after -0.65 s, µV (Evidente et al. 1999).
    high_pass : float or None
        High-pass of the EEG in Hz, where the file states it.
    """

    early: float | None = None
    late: float | None = None
    high_pass: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        own = {"early_uv": self.early, "late_uv": self.late, "high_pass_hz": self.high_pass}
        return Potential.to_dict(self) | own


def in_ms(seconds: float | None) -> float | None:
    """Milliseconds, or None."""
    return None if seconds is None else seconds * 1000
