"""An analysis as one self-contained HTML file."""

from __future__ import annotations

import json
import os

import numpy as np
from markupsafe import Markup

from myosig.analysis import Analysis
from myosig.localize.evidence import Evidence
from myosig.localize.explanation import NOTABLE
from myosig.localize.score import Localization
from myosig.report import figures, words
from myosig.report.overview import make_overview, viewer_data
from myosig.report.pages import interval, number, percent, render
from myosig.storage import whole_file

ALIKE = 0.1  # log likelihoods this near to the largest are named beside it
NAMED = 3  # patterns, reasons on either side, or further tests, that are named; all stand in the tables
WORTH_NAMING = 0.01  # of the probability that a further test must be expected to move
LISTED = 500  # jerks, and silences, in the page; all of them stand in jerks.tsv and silences.tsv


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

    Examples
    --------
    >>> import pathlib, tempfile, myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.write_report(ms.analyze(recording), pathlib.Path(folder, "report.html"))
    ...     pathlib.Path(folder, "report.html").stat().st_size < 8_000_000
    True
    """
    page = render_report(analysis)
    with whole_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def render_report(analysis: Analysis) -> str:
    """The report as HTML; every text that came from a file is escaped."""
    where, jerks, result = analysis.localization, analysis.jerks, analysis.to_dict()
    assessed = [e for e in where.evidence if e.verdict != words.NEVER]
    return render(
        "report.html.j2",
        script="viewer.js",
        analysis=analysis,
        where=where,
        result=result,
        counts=words.counts(analysis),
        headline=words.headline(result),
        about=words.about(result),
        in_short=words.in_short(result),
        how_sure=words.how_sure(result),
        advice=words.advice(result),
        axes=words.axes(result),
        reasons=reasons(where),
        hinges={name: left.verdict for name, left in where.without_each().items() if left.verdict != where.verdict},
        next_tests=next_tests(where),
        assessed=sorted(assessed, key=weight, reverse=True),
        unassessed=[e for e in where.evidence if e.verdict == words.NEVER],
        weight=weight,
        speaks_for=speaks_for,
        measured=measured,
        judged={q.channel: q for q in analysis.quality},
        jerk_rows=jerks[:LISTED].to_table().to_dict("records"),
        silence_rows=analysis.silences[:LISTED].to_table().to_dict("records"),
        viewer=viewer_json(analysis),
        recording_figures=list(figures.recording_figures(analysis)),
        event_figures=list(figures.event_figures(analysis)),
        timing_figures=list(figures.timing_figures(analysis)),
        eeg_figures=list(figures.eeg_figures(analysis)),
    )


def viewer_json(analysis: Analysis) -> Markup:
    """The viewer's data as JSON that cannot end its own script element."""
    jerks, silences = analysis.jerks, analysis.silences
    events = np.unique(np.concatenate([jerks.onset, silences.onset]))
    overview = make_overview(analysis.recording, events)
    data = viewer_data(overview, jerks, silences, events, look_at=figures.typical_time(analysis))
    text = json.dumps(data)
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


def measured(evidence: Evidence) -> tuple[str, str]:
    """Value and interval as the page shows them; a share in percent."""
    if evidence.unit.startswith("of ") and isinstance(evidence.value, float):
        ends = [f"{100 * x:.3g}" for x in evidence.interval or ()]
        return f"{percent(evidence.value)} {evidence.unit}", " to ".join(ends) + (" %" if ends else "")
    if evidence.value is None:
        return "", ""
    return f"{number(evidence.value)} {evidence.unit}", interval(evidence.interval)


def next_tests(where: Localization) -> list[tuple[str, float, str]]:
    """The tests that would move the posterior most, how far, and what to do."""
    why = {e.criterion: e.why for e in where.evidence}
    worth = list(where.next_tests().items())[:NAMED]
    return [(name, part, why[name]) for name, part in worth if part >= WORTH_NAMING]


def reasons(where: Localization) -> dict[str, list[tuple[float, Evidence]]]:
    """What speaks for the likeliest pattern rather than the second, and for the second, strongest first."""
    if where.verdict is None:
        return {}
    first, second = where.ranking[:2]
    told = [(e.log_likelihood[first] - e.log_likelihood[second], e) for e in where.evidence if e.log_likelihood]
    told.sort(key=lambda pair: -abs(pair[0]))
    return {
        f"For {one} rather than {other}": [(abs(r), e) for r, e in told if sign * r > NOTABLE][:NAMED]
        for one, other, sign in ((first, second, 1), (second, first, -1))
    }
