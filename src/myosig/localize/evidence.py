"""One piece of evidence: what was seen, on how much, what it speaks for, and who says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from myosig.notebook import Shown
from myosig.patterns import Pattern

Verdict = Literal["present", "absent", "not seen", "not assessable"]
Family = Literal["emg shape", "rhythm", "spread", "distribution", "eeg", "reflex", "state", "context"]


@dataclass(frozen=True, slots=True)
class Evidence(Shown):
    """What one criterion says.

    Attributes
    ----------
    criterion : str
        Key of the likelihood table, e.g. ``"burst up to 45 ms"``.
    family : str
        Criteria of one family rest on the same observations and are weighed together.
    value, unit, interval : float or str or None, str, (float, float) or None
        What was measured, with a 95 % interval.
    n : int
        Events the value rests on.
    verdict : {"present", "absent", "not seen", "not assessable"}
        `not seen`: looked for, with too few or too noisy jerks to call it absent; weighed by the chance of having
        seen it.
    why : str
        The rule and the numbers in words; for `not assessable` what is missing and what would settle it.
    log_likelihood : mapping of pattern to float
        Natural log of P(what was seen | pattern), before shrinking within the family; empty if not assessable.
    chance : mapping of pattern to float
        P(present | pattern) as the table has it: what an assessment would be worth. Empty for a continuous criterion.
    power : float or None
        The chance that the test finds what it looks for, where the test's own noise tells it.
    source, tag : str
        Where the criterion is published, and the provenance of its numbers.

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> evidence = ms.analyze(recording).localization.evidence
    >>> {e.verdict for e in evidence} <= {"present", "absent", "not seen", "not assessable"}
    True
    """

    criterion: str
    family: Family
    value: float | str | None
    unit: str
    interval: tuple[float, float] | None
    n: int
    verdict: Verdict
    why: str
    source: str
    tag: str
    log_likelihood: Mapping[Pattern, float] = field(default_factory=dict)
    chance: Mapping[Pattern, float] = field(default_factory=dict)
    power: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "criterion": self.criterion,
            "family": self.family,
            "value": self.value,
            "unit": self.unit,
            "interval": [x if math.isfinite(x) else None for x in self.interval] if self.interval else None,
            "n": self.n,
            "verdict": self.verdict,
            "why": self.why,
            "power": self.power,
            "log_likelihood": dict(self.log_likelihood) or None,
            "source": self.source,
            "tag": self.tag,
        }
