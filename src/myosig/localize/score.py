"""From evidence to a posterior over the six patterns: pure arithmetic, no signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from myosig.localize.evidence import Evidence
from myosig.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Localization:
    """Where the jerks probably come from.

    Attributes
    ----------
    verdict : str or None
        A pattern, ``"indeterminate"``, or None when there is no positive myoclonus to localize.
    wording : str
        The verdict as it may be said: "compatible with ...", or "propriospinal-pattern jerk; functional origin
        not excluded".
    why : str
        Which rule gave, or withheld, the verdict.
    posterior, prior : mapping of pattern to float
    family_log_likelihood : mapping of family to mapping of pattern to float
        What each family contributed after shrinking and capping.
    evidence : tuple of Evidence
    """

    verdict: str | None
    wording: str
    why: str
    posterior: Mapping[Pattern, float]
    prior: Mapping[Pattern, float]
    family_log_likelihood: Mapping[str, Mapping[Pattern, float]]
    evidence: tuple[Evidence, ...]

    def explain(self) -> str:
        """The verdict and its reasons as a text."""
        raise NotImplementedError


def score(evidence: Sequence[Evidence], *, prior: Mapping[Pattern, float] | None = None) -> Localization:
    """Weigh the evidence."""
    raise NotImplementedError
