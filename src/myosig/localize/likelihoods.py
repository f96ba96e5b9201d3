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
from typing import Any, cast, get_args

from myosig.errors import ParameterError, ReadError
from myosig.localize.cortex.potential import ALPHA
from myosig.localize.cortex.sham import N_SHAMS
from myosig.localize.evidence import Evidence, Family
from myosig.patterns import PATTERNS, Pattern

DURATION = "burst duration"
MEDIAN, SPREAD = (
    f"{DURATION}, median (ms)",
    f"{DURATION}, SD of its log",
)  # the two rows that make a density, not a chance
# Part of the patients of any pattern whose bursts may last anything from 10 ms to 1 s: a definite cortical patient had
# 57 ms (criteria.md 3F), so no duration may exclude a pattern [P].
OUTLIERS, ANYTHING = 0.05, (0.010, 1.0)
COLUMNS = ("criterion", "family", *PATTERNS, "source", "tag", "basis")
POWER = 0.9  # of a test that may say "absent": nine of ten effects of the usual size reach ALPHA [P]
CLEAR = 0.75  # chance of an effect: p of .01 [P]
ORIGIN = ("source", "tag", "basis")  # columns that say where the numbers of a row come from
RULE = ("probabilities must lie between 0 and 1, both excluded", "the numbers must be above 0")


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion: P(met | pattern) for the six patterns (`values`), with source and provenance tag."""

    criterion: str
    family: Family
    values: Mapping[Pattern, float]
    source: str
    tag: str
    basis: str

    def log_likelihood(self, met: float) -> dict[Pattern, float]:
        """Natural log of P(what was seen | pattern), where the criterion is met with this probability.

        1 gives P(met), 0 gives P(not met); a measurement that leaves the question half open lies between.
        """
        return {p: math.log(met * v + (1 - met) * (1 - v)) for p, v in self.values.items()}

    def alike(self, first: Pattern, second: Pattern) -> Row:
        """The criterion where the montage cannot tell two patterns by it: the second is as likely as the first."""
        return replace(self, values={**self.values, second: self.values[first]})

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

    def tested(
        self,
        present: bool,
        p_value: float | None,
        why: str,
        n: int,
        *,
        power: float | None = None,
        value: float | str | None = None,
        unit: str = "",
        interval: tuple[float, float] | None = None,
    ) -> Evidence:
        """As `judged`, weighed by the p-value of the test that decided: one just below .05 says next to nothing.

        With `power`, the chance that the test finds what it looks for, a poor test says little where it finds nothing;
        without, it is as good as a test must be that may say "absent".
        """
        good = POWER if power is None else min(max(power, ALPHA), POWER)
        met = float(present) if p_value is None else chance_of_effect(p_value, good)
        if present and met < CLEAR:
            why = f"{why}; so near to {ALPHA:g} that it counts little"
        weighed = self.judged(met, why, n, value=value, unit=unit, interval=interval)
        return replace(weighed, verdict="present" if present else "absent", power=power)

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
            chance=self.values,
        )

    def set_aside(self, why: str, n: int = 0) -> Evidence:
        """The criterion where another one judges the same observation: nothing further to examine."""
        return replace(self.missing(why, n), chance={})


Likelihoods = Mapping[str, Row]


def chance_of_effect(p_value: float, power: float = POWER) -> float:
    """P(effect | p-value of a test against shams), where both were as likely before.

    Without an effect p is uniform, with one P(p <= x) = x ** k, so that `power` of the tests reach `ALPHA` (Sellke,
    Bayarri & Berger 2001 Am Stat 55:62, doi:10.1198/000313001300339950). p comes in steps of one sham.
    """
    k: float = math.log(power) / math.log(ALPHA)
    step = 1 / (N_SHAMS + 1)
    ratio: float = (p_value**k - max(p_value - step, 0.0) ** k) / step
    return ratio / (1 + ratio)


@cache
def default_likelihoods() -> Likelihoods:
    """The table that comes with myosig."""
    text = (files("myosig") / "localize" / "likelihoods.csv").read_text(encoding="utf-8")
    return _parse(text.splitlines(), "likelihoods.csv")


def read_likelihoods(path: str | PathLike[str]) -> Likelihoods:
    """Read a table of your own, a CSV with the columns of ``likelihoods.csv``; it must hold the same criteria.

    Parameters
    ----------
    path : path
        Probabilities that a criterion is met in each pattern; burst durations in ms.

    Returns
    -------
    mapping of criterion to Row

    Raises
    ------
    ReadError
        Naming the row and column where a criterion is missing, unknown, or a probability is not between 0 and 1.

    Examples
    --------
    >>> from importlib.resources import files
    >>> table = read_likelihoods(files("myosig") / "localize" / "likelihoods.csv")
    >>> table["premyoclonic spike"].values["cortical"] > 0.5
    True
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read a likelihood table: {error}", path=path) from None
    table = _parse(text.splitlines(), str(path))
    differ = sorted(set(table) ^ set(default_likelihoods()))
    if differ:
        raise ReadError(f"the table must hold exactly the criteria of myosig; look at: {', '.join(differ)}", path=path)
    return table


def amended(rows: Mapping[str, Mapping[str, Any]]) -> Likelihoods:
    """The table of myosig with some numbers replaced: criterion -> pattern -> number, and source, tag, basis of these.

    Raises
    ------
    ParameterError
        For a criterion or key that does not exist, or a number that is not allowed.
    """
    table = dict(default_likelihoods())
    for criterion, given in rows.items():
        if criterion not in table:
            raise ParameterError(f"there is no criterion {criterion!r}; there are {', '.join(table)}")
        unknown = sorted(set(given) - {*PATTERNS, *ORIGIN})
        if unknown:
            raise ParameterError(f"{criterion!r} may say {', '.join([*PATTERNS, *ORIGIN])}, not {', '.join(unknown)}")
        row = table[criterion]
        values = {p: given.get(p, row.values[p]) for p in PATTERNS}
        wrong = [v for v in values.values() if isinstance(v, bool) or not isinstance(v, int | float)]
        if wrong or not _allowed(criterion, values):
            raise ParameterError(f"{criterion!r}: {RULE[criterion in (MEDIAN, SPREAD)]}, not {values}")
        source, tag, basis = (str(given.get(key, getattr(row, key))) for key in ORIGIN)
        table[criterion] = replace(row, values=values, source=source, tag=tag, basis=basis)
    return table


def amendments(table: Likelihoods) -> dict[str, dict[str, Any]]:
    """The rows of a table that differ from those of myosig, as `amended` takes them."""
    changed = {name: row for name, row in table.items() if row != default_likelihoods()[name]}
    return {n: dict(row.values) | {key: getattr(row, key) for key in ORIGIN} for n, row in changed.items()}


def log_duration_density(duration: float, log_error: float, likelihoods: Likelihoods) -> dict[Pattern, float]:
    """Log density of a mean burst duration (s) in each pattern, up to a constant.

    Log-normal with the median and spread of the table, widened by the standard error of the measured log duration, with
    a few outliers. A duration near 45 ms so says little, as a hard cut would not (criteria.md 3F).
    """
    anything = OUTLIERS / math.log(ANYTHING[1] / ANYTHING[0])
    typical = {p: _typical(p, log_error, likelihoods).pdf(math.log(duration)) for p in PATTERNS}
    return {p: math.log((1 - OUTLIERS) * typical[p] + anything) for p in PATTERNS}


def chance_of_short(limit: float, likelihoods: Likelihoods) -> dict[Pattern, float]:
    """P(mean burst duration up to `limit` seconds | pattern)."""
    anything = OUTLIERS * math.log(limit / ANYTHING[0]) / math.log(ANYTHING[1] / ANYTHING[0])
    return {p: (1 - OUTLIERS) * _typical(p, 0.0, likelihoods).cdf(math.log(limit)) + anything for p in PATTERNS}


def _typical(pattern: Pattern, log_error: float, likelihoods: Likelihoods) -> NormalDist:
    middle = math.log(likelihoods[MEDIAN].values[pattern] / 1000)
    return NormalDist(middle, math.hypot(likelihoods[SPREAD].values[pattern], log_error))


def _parse(lines: Iterable[str], path: str) -> Likelihoods:
    rows, table = {}, csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise ReadError(
            f"a likelihood table needs the columns {', '.join(COLUMNS)}, and this one lacks {', '.join(missing)}; "
            f"begin with a copy of {files('myosig') / 'localize' / 'likelihoods.csv'}",
            path=path,
        )
    for number, row in enumerate(table, start=2):
        try:
            values = {pattern: float(row[pattern]) for pattern in PATTERNS}
            rows[row["criterion"]] = Row(
                row["criterion"],
                _family(row["family"]),
                values,
                row["source"],
                row["tag"],
                row["basis"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReadError(f"row {number} of the likelihood table: {error}", path=path) from None
        _check(row["criterion"], values, number, path)
    return rows


def _family(name: str) -> Family:
    if name not in get_args(Family):
        raise ValueError(f"family must be one of {', '.join(get_args(Family))}, not {name!r}")
    return cast(Family, name)


def _check(criterion: str, values: Mapping[Pattern, float], number: int, path: str) -> None:
    if not _allowed(criterion, values):
        raise ReadError(f"row {number}: {criterion}: {RULE[criterion in (MEDIAN, SPREAD)]}", path=path)


def _allowed(criterion: str, values: Mapping[Pattern, float]) -> bool:
    most = math.inf if criterion in (MEDIAN, SPREAD) else 1
    return all(0 < value < most for value in values.values())
