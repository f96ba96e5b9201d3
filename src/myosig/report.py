"""An analysis as one self-contained HTML file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from myosig import figures
from myosig.analysis import Analysis
from myosig.localize.evidence import Evidence
from myosig.localize.score import Localization
from myosig.overview import make_overview, viewer_data
from myosig.pages import number, render
from myosig.storage import whole_file

NEVER = "not assessable"
ALIKE = 0.1  # log likelihoods this near to the largest are named beside it
NAMED = 3  # patterns, or further tests, that are named
REASONS = 5  # on either side; all of them stand in the table below
LISTED_JERKS = 500  # in the page; all of them stand in jerks.tsv


def write_report(analysis: Analysis, path: str | os.PathLike[str]) -> None:
    """Write the report of an analysis as one HTML file that needs nothing else.

    Parameters
    ----------
    analysis : Analysis
    path : path
        Written whole or not at all.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    page = render_report(analysis)
    with whole_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def render_report(analysis: Analysis) -> str:
    """The report as HTML; every text that came from a file is escaped."""
    where, jerks = analysis.localization, analysis.jerks
    assessed = [e for e in where.evidence if e.verdict != NEVER]
    return render(
        "report.html.j2",
        script="viewer.js",
        analysis=analysis,
        where=where,
        result=analysis.to_dict(),
        summary=phenotype_line(analysis.phenotype.to_dict()),
        reasons=reasons(where),
        hinges={name: left.verdict for name, left in where.without_each().items() if left.verdict != where.verdict},
        next_tests=list(where.next_tests().items())[:NAMED],
        assessed=sorted(assessed, key=weight, reverse=True),
        unassessed=[e for e in where.evidence if e.verdict == NEVER],
        weight=weight,
        speaks_for=speaks_for,
        judged={q.channel: q for q in analysis.quality},
        jerk_rows=jerks[:LISTED_JERKS].to_table().to_dict("records"),
        viewer=viewer_json(analysis),
        recording_figures=list(figures.recording_figures(analysis)),
        jerk_figures=list(figures.jerk_figures(analysis)),
        timing_figures=list(figures.timing_figures(analysis)),
        eeg_figures=list(figures.eeg_figures(analysis)),
    )


def viewer_json(analysis: Analysis) -> Markup:
    """The viewer's data as JSON that cannot end its own script element."""
    jerks = analysis.jerks
    first = float(jerks.onset[figures.typical_jerks(jerks, 1)[0]]) if len(jerks) else analysis.recording.tmin
    text = json.dumps(viewer_data(make_overview(analysis.recording, jerks), jerks, look_at=first))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def weight(evidence: Evidence) -> float:
    """How far the evidence tells the patterns apart: the widest log likelihood ratio it makes between two of them."""
    values = list(evidence.log_likelihood.values())
    return max(values) - min(values) if values else 0.0


def speaks_for(evidence: Evidence) -> str:
    """The patterns that the evidence makes likeliest; empty where it tells none apart."""
    if weight(evidence) < ALIKE:
        return ""
    best = max(evidence.log_likelihood.values())
    ranked = sorted(evidence.log_likelihood.items(), key=lambda item: -item[1])
    return ", ".join([pattern for pattern, value in ranked if best - value < ALIKE][:NAMED])


def reasons(where: Localization) -> dict[str, list[tuple[float, Evidence]]]:
    """What speaks for the likeliest pattern rather than the second, and for the second, strongest first."""
    if where.verdict is None:
        return {}
    first, second = where.ranking[:2]
    told = [(e.log_likelihood[first] - e.log_likelihood[second], e) for e in where.evidence if e.log_likelihood]
    told.sort(key=lambda pair: -abs(pair[0]))
    return {
        f"For {one} rather than {other}": [(abs(r), e) for r, e in told if sign * r > ALIKE][:REASONS]
        for one, other, sign in ((first, second, 1), (second, first, -1))
    }


def phenotype_line(axes: Mapping[str, Any]) -> str:
    """The jerks in one line, as a clinician would say them; what is not known is left out."""
    burst, spread, rate, rhythm = axes["burst"], axes["spread"], axes["rate"], axes["rhythm"]
    parts = [
        axes["finding"],
        axes["sign"],
        axes["distribution"].get("value"),
        {"both": "of both sides", "left": "of the left", "right": "of the right"}.get(axes["side"].get("value") or ""),
        axes["activation"].get("value"),
        rate["value"] and f"{rate['value']} ({rate['per_min']:.1f} jerks a minute, n = {rate['n']})",
        None if rhythm["verdict"] == NEVER else _rhythm(rhythm),
        axes["grouping"].get("value"),
        burst["duration_ms"] and f"bursts of {burst['duration_ms']:.0f} ms and {burst['amplitude_uv']:.0f} µV",
        None if spread["direction"] == NEVER else _spread(spread),
    ]
    return "; ".join(part for part in parts if part)


def _rhythm(rhythm: Mapping[str, Any]) -> str:
    frequency = f" at {number(rhythm['frequency_hz'])} Hz" if rhythm["frequency_hz"] else ""
    return f"{rhythm['verdict']}{frequency}"


def _spread(spread: Mapping[str, Any]) -> str:
    speed = f" at {number(spread['velocity_m_s'])} m/s" if spread["velocity_m_s"] else ""
    return f"spread {spread['direction']}{speed}"
