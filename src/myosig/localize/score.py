"""From evidence to a posterior over the six patterns: pure arithmetic, no signals.

Criteria of one family rest on the same bursts or the same average, so their evidence is not independent. Three rules of
criteria.md 4 keep them from being counted twice:

- the criterion that tells most counts in full, every further one of its family 70 %, which is the same as raising its
  likelihood ratios to the power 0.7: a lone criterion is nobody's double, and assessing more of a family never weakens
  what was known before;
- the likelihoods of a family multiply, and are then taken relative to their mean over the patterns, so that each says
  how much likelier, or less likely, its pattern became;
- none falls below a tenth of that mean: no family by itself rules a pattern out. (The most that one of six can be above
  their mean is sixfold.)

Families are then independent: posterior = prior x product over families.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from myosig.errors import ParameterError
from myosig.localize.evidence import Evidence
from myosig.localize.explanation import explain, in_words
from myosig.notebook import Shown
from myosig.patterns import PATTERNS, Pattern

# Criteria of one family rest on the same bursts: each further log LR counts 70 % [P, criteria.md 4]
FAMILY_SHRINK = 0.7
# No family alone makes a pattern less likely than a tenth of the average one [P, criteria.md 4]
FAMILY_CAP = math.log(10)
MIN_RATIO = 3.0  # of the first to the second pattern, else indeterminate [P]
MIN_FAMILIES = 2  # [P]
INDETERMINATE = "indeterminate"
CORTICAL_REASONS = frozenset(
    {
        "premyoclonic spike",
        "EEG discharges before the jerks",
        "corticomuscular coherence with EEG leading",
        "burst duration",
    }
)
# Functional jerks imitate propriospinal ones (Kang & Sohn 2006 [V]; 58 % of axial jerks, van der Salm 2014 [V]), so
# the slow potential must have been looked for before a jerk is called propriospinal. The desynchronisation, which needs
# 3 s of quiet before each jerk, is named as missing where it could not be (criteria.md 4).
LEAST_JERKS, LEAST_POWER = 40, 0.5  # criteria.md 4, gates; a potential would sooner be seen than missed [P]
SLOW_POTENTIAL, DESYNCHRONISATION = "slow potential before the jerk", "beta desynchronisation before the jerk"
BETWEEN_MUSCLES = "intermuscular coherence"  # of the family of the EEG, but needs none
UNEXCLUDED = "propriospinal-pattern jerk; functional origin not excluded"


@dataclass(frozen=True, slots=True)
class Localization(Shown):
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
        What each family contributed after shrinking and capping: above 0 for the patterns that it makes likelier than
        the average one.
    evidence : tuple of Evidence

    Examples
    --------
    >>> import myosig as ms
    >>> where = ms.score([])
    >>> where.verdict, round(where.posterior["cortical"], 3)
    ('indeterminate', 0.167)
    """

    verdict: str | None
    wording: str
    why: str
    posterior: Mapping[Pattern, float]
    prior: Mapping[Pattern, float]
    family_log_likelihood: Mapping[str, Mapping[Pattern, float]]
    evidence: tuple[Evidence, ...]

    @property
    def ranking(self) -> tuple[Pattern, ...]:
        """The patterns, likeliest first."""
        return tuple(sorted(PATTERNS, key=lambda p: -self.posterior[p]))

    @property
    def likelihood_ratio(self) -> float:
        """Of the likeliest pattern to the second, without the prior."""
        first, second = self.ranking[:2]
        total = sum(f[first] - f[second] for f in self.family_log_likelihood.values())
        return math.exp(total)

    def without_each(self) -> dict[str, Localization]:
        """What the verdict would be without each piece of evidence: which ones it hangs on."""
        return {
            left_out.criterion: score([e for e in self.evidence if e is not left_out], prior=self.prior)
            for left_out in self.evidence
            if left_out.log_likelihood
        }

    def next_tests(self) -> dict[str, float]:
        """What was not assessable, with the part of the posterior that its result is expected to move; most first.

        For both results, present and absent, the posterior is worked out anew; the distance to the present one (half
        the sum of absolute differences), weighted by how probable each result is now, is what the test is worth.
        """
        open_questions = [e for e in self.evidence if not e.log_likelihood and e.chance]
        worth = {e.criterion: self._expected_change(e) for e in open_questions}
        return dict(sorted(worth.items(), key=lambda item: -item[1]))

    def _expected_change(self, question: Evidence) -> float:
        met = sum(self.posterior[p] * question.chance[p] for p in PATTERNS)
        outcomes = [
            (met, {p: math.log(question.chance[p]) for p in PATTERNS}),
            (1 - met, {p: math.log(1 - question.chance[p]) for p in PATTERNS}),
        ]
        return sum(chance * self._distance_to(replace(question, log_likelihood=seen)) for chance, seen in outcomes)

    def _distance_to(self, answered: Evidence) -> float:
        evidence = [answered if e.criterion == answered.criterion else e for e in self.evidence]
        posterior = score(evidence, prior=self.prior).posterior
        return sum(abs(posterior[p] - self.posterior[p]) for p in PATTERNS) / 2

    def explain(self) -> str:
        """The verdict and its reasons as a text.

        First the verdict, then what speaks for and against it, what could not be assessed and would settle it, and the
        prior.
        """
        return explain(self)

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {
            "verdict": self.verdict,
            "wording": self.wording,
            "why": self.why,
            "posterior": dict(self.posterior),
            "prior": dict(self.prior),
            "likelihood_ratio": self.likelihood_ratio if self.verdict is not None else None,
            "family_log_likelihood": {name: dict(values) for name, values in self.family_log_likelihood.items()},
            "evidence": [e.to_dict() for e in self.evidence],
        }


def score(evidence: Sequence[Evidence], *, prior: Mapping[Pattern, float] | None = None) -> Localization:
    """Weigh the evidence.

    Log likelihoods add up within a family, the most telling in full and each further one at 70 %, because its criteria
    rest on the same observations. No family may make a pattern less likely than a tenth of the average one. The
    posterior is the prior times the product of the families.

    Parameters
    ----------
    evidence : sequence of Evidence
        What is not assessable contributes nothing.
    prior : mapping of pattern to float, optional
        Default: equal. Normalised to a sum of 1.

    Returns
    -------
    Localization
        ``indeterminate`` where the first pattern is less than three times as probable as the second, where fewer than
        two families could be assessed, where it is cortical without a reason in EEG or burst duration, or propriospinal
        without the slow potential looked for, in 40 jerks with at least an even chance of seeing one. Where that is too
        little to call the potential absent, or the desynchronisation is missing, the verdict stands, but the wording
        keeps the functional origin open.

    Raises
    ------
    ParameterError
        If the prior lacks a pattern, has an unknown one, or is not positive.

    Examples
    --------
    >>> score([]).verdict
    'indeterminate'
    """
    chances = normalised(prior)
    families = {name: _family(members) for name, members in _by_family(evidence).items()}
    posterior = _posterior(chances, families)
    verdict, wording, why = _judge(posterior, evidence, families)
    return Localization(verdict, wording, why, posterior, chances, families, tuple(evidence))


def withheld(
    finding: str,
    why: str,
    evidence: Sequence[Evidence] = (),
    *,
    prior: Mapping[Pattern, float] | None = None,
) -> Localization:
    """No verdict because there is no positive myoclonus to localize; the posterior stays the prior."""
    chances = normalised(prior)
    return Localization(None, f"no source given: {finding}", why, chances, chances, {}, tuple(evidence))


def normalised(prior: Mapping[Pattern, float] | None) -> dict[Pattern, float]:
    """The prior with a sum of 1; equal chances where none is given."""
    given = dict.fromkeys(PATTERNS, 1.0) if prior is None else dict(prior)
    wrong = set(given) ^ set(PATTERNS)
    if wrong or not all(math.isfinite(v) and v > 0 for v in given.values()):
        raise ParameterError(f"prior must give each of {', '.join(PATTERNS)} a number above 0, not {given!r}")
    total = sum(given.values())
    return {p: given[p] / total for p in PATTERNS}


def _by_family(evidence: Sequence[Evidence]) -> dict[str, list[Evidence]]:
    families: dict[str, list[Evidence]] = {}
    for e in evidence:
        if e.log_likelihood:
            families.setdefault(e.family, []).append(e)
    return families


def _family(members: Sequence[Evidence]) -> dict[Pattern, float]:
    first, *further = sorted((e.log_likelihood for e in members), key=_telling, reverse=True)
    total = {p: first[p] + FAMILY_SHRINK * sum(other[p] for other in further) for p in PATTERNS}
    mean = math.log(sum(map(math.exp, total.values())) / len(total))
    return {p: max(value - mean, -FAMILY_CAP) for p, value in total.items()}


def _telling(log_likelihood: Mapping[Pattern, float]) -> float:
    """Log of the largest likelihood ratio between two patterns."""
    return max(log_likelihood.values()) - min(log_likelihood.values())


def _posterior(prior: Mapping[Pattern, float], families: Mapping[str, Mapping[Pattern, float]]) -> dict[Pattern, float]:
    logs = {p: math.log(prior[p]) + sum(f[p] for f in families.values()) for p in PATTERNS}
    best = max(logs.values())
    weights = {p: math.exp(value - best) for p, value in logs.items()}
    total = sum(weights.values())
    return {p: weight / total for p, weight in weights.items()}


def _judge(
    posterior: Mapping[Pattern, float],
    evidence: Sequence[Evidence],
    families: Mapping[str, Mapping[Pattern, float]],
) -> tuple[str, str, str]:
    first, second = sorted(PATTERNS, key=lambda p: -posterior[p])[:2]
    odds = posterior[first] / max(posterior[second], 1e-300)
    ratio = f"{first} is {in_words(odds)} times as probable as {second}"
    if len(families) < MIN_FAMILIES:
        why = f"{len(families)} famil{'y' if len(families) == 1 else 'ies'} of criteria could be assessed, 2 are needed"
        return INDETERMINATE, "indeterminate: too little could be assessed", why
    if odds < MIN_RATIO:
        return INDETERMINATE, f"indeterminate between {first} and {second}", f"{ratio}; {MIN_RATIO:g} times are needed"
    if first == "cortical" and not _has_cortical_reason(evidence):
        why = f"{ratio}, but neither EEG nor burst duration speaks for it"
        return INDETERMINATE, "indeterminate: a cortical origin needs a reason in EEG or burst duration", why
    if first == "propriospinal" and not _was_looked_for(evidence, SLOW_POTENTIAL):
        why = f"{ratio}, but functional jerks imitate this, and a slow potential might well have been missed"
        return INDETERMINATE, UNEXCLUDED, why
    return first, _wording(first, evidence), f"{ratio} ({len(families)} families of criteria)"


def _wording(first: Pattern, evidence: Sequence[Evidence]) -> str:
    """EMG alone is compatible with an origin; with EEG assessed an origin may be called probable. Never definite."""
    if first == "propriospinal" and not {SLOW_POTENTIAL, DESYNCHRONISATION} <= _settled(evidence):
        return UNEXCLUDED
    with_eeg = any(e.family == "eeg" and e.log_likelihood and e.criterion != BETWEEN_MUSCLES for e in evidence)
    return f"{'probably' if with_eeg else 'compatible with'} a {first} origin"


def _has_cortical_reason(evidence: Sequence[Evidence]) -> bool:
    return any(e.criterion in CORTICAL_REASONS and e.log_likelihood and _speaks_for(e, "cortical") for e in evidence)


def _speaks_for(evidence: Evidence, pattern: Pattern) -> bool:
    """Whether it makes the pattern likelier than the mean of the others."""
    others = [math.exp(v) for p, v in evidence.log_likelihood.items() if p != pattern]
    return math.exp(evidence.log_likelihood[pattern]) > sum(others) / len(others)


def _settled(evidence: Sequence[Evidence]) -> set[str]:
    return {e.criterion for e in evidence if e.log_likelihood and e.verdict != "not seen"}


def _was_looked_for(evidence: Sequence[Evidence], criterion: str) -> bool:
    """Whether it was settled, or looked for in enough jerks and would sooner have been seen than missed."""
    fairly = {e.criterion for e in evidence if e.n >= LEAST_JERKS and (e.power or 0.0) >= LEAST_POWER}
    return criterion in fairly | _settled(evidence)
