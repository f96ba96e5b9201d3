"""The likelihood table: how often each criterion is met in each pattern. The numbers stand in ``likelihoods.csv``."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from statistics import NormalDist

from myosig.errors import ReadError
from myosig.localize.evidence import Evidence, Family
from myosig.patterns import PATTERNS, Pattern

SHORT, LONG = "mean burst up to 45 ms", "mean burst over 100 ms"
SHORT_LIMIT, LONG_LIMIT = 0.045, 0.100  # s, the limits that the names of the two rows state
DURATION = "burst duration"  # the one continuous criterion that stands for both


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion: P(met | pattern) for the six patterns, with source and provenance tag."""

    criterion: str
    family: Family
    probability: Mapping[Pattern, float]
    source: str
    tag: str
    basis: str

    def log_likelihood(self, met: float) -> dict[Pattern, float]:
        """Natural log of P(what was seen | pattern), where the criterion is met with this probability.

        1 gives P(met), 0 gives P(not met); a measurement that leaves the question half open lies between.
        """
        return {p: math.log(met * v + (1 - met) * (1 - v)) for p, v in self.probability.items()}

    def judged(
        self,
        met: float,
        why: str,
        n: int,
        *,
        value: float | str | None = None,
        unit: str = "",
        interval: tuple[float, float] | None = None,
    ) -> Evidence:
        """The criterion as evidence: present where it is more probably met than not."""
        return replace(
            self.missing(why, n),
            verdict="present" if met > 0.5 else "absent",
            value=value,
            unit=unit,
            interval=interval,
            log_likelihood=self.log_likelihood(float(met)),
        )

    def missing(self, why: str, n: int = 0) -> Evidence:
        """The criterion where it could not be assessed."""
        return Evidence(
            criterion=self.criterion,
            family=self.family,
            value=None,
            unit="",
            interval=None,
            n=n,
            verdict="not assessable",
            why=why,
            source=self.source,
            tag=self.tag,
            chance=self.probability,
        )


Likelihoods = Mapping[str, Row]


@cache
def default_likelihoods() -> Likelihoods:
    """The table that comes with myosig."""
    text = (files("myosig") / "localize" / "likelihoods.csv").read_text(encoding="utf-8")
    return _parse(text.splitlines(), "likelihoods.csv")


def read_likelihoods(path: str | PathLike[str]) -> Likelihoods:
    """Read a table of your own, a CSV with the columns of ``likelihoods.csv``; it must hold the same criteria.

    Raises
    ------
    ReadError
        Naming the row and column where a criterion is missing, unknown, or a probability is not between 0 and 1.
    """
    table = _parse(Path(path).read_text(encoding="utf-8").splitlines(), str(path))
    differ = sorted(set(table) ^ set(default_likelihoods()))
    if differ:
        raise ReadError(f"the table must hold exactly the criteria of myosig; look at: {', '.join(differ)}", path=path)
    return table


def log_duration_density(duration: float, log_error: float, likelihoods: Likelihoods) -> dict[Pattern, float]:
    """Log density of a mean burst duration in each pattern.

    Each pattern's durations are taken as log-normal, with the median and spread that give exactly its two cells for
    "up to 45 ms" and "over 100 ms"; the standard error of the measured log duration widens it. A duration near the
    limit so says little, as a hard cut does not (criteria.md 3F).
    """
    return {pattern: _density(math.log(duration), log_error, pattern, likelihoods) for pattern in PATTERNS}


def _density(log_duration: float, log_error: float, pattern: Pattern, likelihoods: Likelihoods) -> float:
    short = NormalDist().inv_cdf(likelihoods[SHORT].probability[pattern])
    long = NormalDist().inv_cdf(1 - likelihoods[LONG].probability[pattern])
    spread = math.log(LONG_LIMIT / SHORT_LIMIT) / (long - short)
    middle = math.log(SHORT_LIMIT) - short * spread
    return math.log(NormalDist(middle, math.hypot(spread, log_error)).pdf(log_duration))


def _parse(lines: Iterable[str], path: str) -> Likelihoods:
    rows = {}
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            probability = {pattern: float(row[pattern]) for pattern in PATTERNS}
            rows[row["criterion"]] = Row(
                row["criterion"],
                row["family"],  # type: ignore[arg-type]
                probability,
                row["source"],
                row["tag"],
                row["basis"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReadError(f"row {number} of the likelihood table: {error}", path=path) from None
        if not all(0 < value < 1 for value in probability.values()):
            raise ReadError(f"row {number}: probabilities must lie between 0 and 1, both excluded", path=path)
    return rows
