"""A verdict in words: what speaks for it, what against, what is missing, and the prior."""

from __future__ import annotations

from typing import TYPE_CHECKING

from myosig.localize.evidence import Evidence
from myosig.patterns import PATTERNS, Pattern

if TYPE_CHECKING:
    from myosig.localize.score import Localization

NOTABLE = 0.35  # log likelihood ratio (1.4 to 1) from which a criterion is named as a reason [P]
WORTH, SHOWN = 0.05, 3  # part of the posterior that a further test must move to be named, and how many are named [P]


def explain(where: Localization, *, missing: bool = True) -> str:
    """The text behind `Localization.explain`; what could not be assessed one by one, or only counted."""
    lines = [f"Verdict: {where.wording}.", f"Because {where.why}."]
    if where.verdict is None:
        return "\n".join(lines)
    first, second = where.ranking[:2]
    lines += _reasons(f"For {first} rather than {second}:", where, first, second, sign=1)
    lines += _reasons(f"For {second} rather than {first}:", where, first, second, sign=-1)
    lines += _hinges(where)
    lines += _missing(where) if missing else _count_missing(where)
    lines += _next(where)
    posterior = ", ".join(f"{p} {_share(where.posterior[p])}" for p in where.ranking)
    prior = "equal" if len(set(where.prior.values())) == 1 else ", ".join(f"{p} {where.prior[p]:.2f}" for p in PATTERNS)
    lines.append(f"Posterior: {posterior}. Prior: {prior}.")
    if any(e.log_likelihood for e in where.evidence):
        odds = in_words(where.likelihood_ratio)
        lines.append(f"Likelihood ratio of {first} to {second}, whatever the prior: {odds}.")
    return "\n".join(lines)


def in_words(odds: float) -> str:
    """A ratio to two or three digits; beyond a thousand it only says that nothing else comes into question."""
    return "more than 1000" if odds > 1000 else f"{odds:.3g}"


def _share(probability: float) -> str:
    """A probability to two digits, never 0 or 1."""
    return "> 0.99" if probability > 0.99 else "< 0.01" if probability < 0.01 else f"{probability:.2f}"


def _reasons(title: str, where: Localization, first: Pattern, second: Pattern, *, sign: int) -> list[str]:
    ratios = [
        (sign * (e.log_likelihood[first] - e.log_likelihood[second]), e) for e in where.evidence if e.log_likelihood
    ]
    strong = sorted(((r, e) for r, e in ratios if r > NOTABLE), key=lambda pair: -pair[0])
    return [title, *(f"  - {_sentence(e)}" for _, e in strong)] if strong else []


def _sentence(evidence: Evidence) -> str:
    seen = f"{evidence.criterion}: {evidence.verdict} (n = {evidence.n}). {evidence.why}"
    return f"{seen} [{evidence.source}; {evidence.tag}]"


def _hinges(where: Localization) -> list[str]:
    """The evidence without which the verdict would be another one."""
    other = {name: left.verdict for name, left in where.without_each().items() if left.verdict != where.verdict}
    return (
        [f"The verdict hangs on: {', '.join(f'{name} (without it: {v})' for name, v in other.items())}."]
        if other
        else []
    )


def _missing(where: Localization) -> list[str]:
    missing = [e for e in where.evidence if e.verdict == "not assessable"]
    return ["Not assessable:", *(f"  - {e.criterion}: {e.why}" for e in missing)] if missing else []


def _count_missing(where: Localization) -> list[str]:
    count = sum(not e.log_likelihood for e in where.evidence)
    further = "further " if count < len(where.evidence) else ""
    return [f"{count} {further}criteria could not be assessed; the report says why."] if count else []


def _next(where: Localization) -> list[str]:
    """The tests that would move the posterior most."""
    worth = [(name, part) for name, part in where.next_tests().items() if part >= WORTH][:SHOWN]
    tests = "; ".join(f"{name} (expected to move {100 * part:.0f} % of the posterior)" for name, part in worth)
    return [f"What would change this most: {tests}."] if worth else []
