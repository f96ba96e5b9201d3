"""An analysis as one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
from markupsafe import Markup

from myosig import __version__, plot
from myosig.analysis import Analysis
from myosig.detect.jerks import Jerks
from myosig.localize.evidence import Evidence
from myosig.overview import SHOWN_KINDS, make_overview, viewer_data
from myosig.storage import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TYPICAL_JERKS = 3  # shown side by side: enough to see whether they are alike
DOTS_PER_INCH = 130


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of the report: title, what it shows in words, and its image as a data URI."""

    title: str
    alt: str
    uri: str


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
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("myosig", "templates"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"number": number, "interval": interval}
    evidence = analysis.localization.evidence
    script = (files("myosig") / "templates" / "viewer.js").read_text(encoding="utf-8")
    return environment.get_template("report.html.j2").render(
        analysis=analysis,
        result=analysis.to_dict(),
        version=__version__,
        assessed=sorted((e for e in evidence if e.verdict != "not assessable"), key=weight, reverse=True),
        unassessed=[e for e in evidence if e.verdict == "not assessable"],
        weight=weight,
        pictures=pictures(analysis),
        viewer=viewer_json(analysis),
        viewer_rows=sum(c.kind in SHOWN_KINDS for c in analysis.recording.channels),
        script=Markup(script),
        script_hash=content_hash(script),
    )


def viewer_json(analysis: Analysis) -> Markup:
    """The viewer's data as JSON that cannot end its own script element."""
    jerks = analysis.jerks
    first = float(jerks.onset[typical_jerks(jerks, 1)[0]]) if len(jerks) else analysis.recording.tmin
    text = json.dumps(viewer_data(make_overview(analysis.recording), analysis.bursts, look_at=first))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def content_hash(script: str) -> str:
    """What the Content-Security-Policy lets run: this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def pictures(analysis: Analysis) -> list[Picture]:
    """All figures that this analysis has something for."""
    found = []
    jerks, spread = analysis.jerks, analysis.spread
    if len(jerks):
        rows = typical_jerks(jerks, TYPICAL_JERKS)
        height = 1.2 + 0.42 * len(jerks.channels)
        found += [
            _picture(
                "Typical jerks",
                f"EMG of {len(jerks.channels)} muscles around {len(rows)} typical jerks with the marked bursts",
                (11, height),
                lambda ax: plot.plot_jerks(analysis.recording, jerks, rows=rows, ax=ax),
            ),
            _picture(
                "Intervals between jerks",
                f"Histogram of {len(jerks) - 1} intervals",
                (7, 3),
                lambda ax: plot.plot_intervals(jerks, ax=ax),
            ),
        ]
    if len(jerks.bursts):
        height = 1.0 + 0.28 * len(jerks.channels)
        found += [
            _picture(
                "All bursts over time",
                f"Raster of {len(jerks.bursts)} bursts in {len(jerks.channels)} muscles",
                (11, height),
                lambda ax: plot.plot_raster(jerks, ax=ax),
            ),
            _picture(
                "Burst durations",
                "Duration of every burst by muscle, with median and quartiles",
                (8, height),
                lambda ax: plot.plot_durations(jerks.bursts, ax=ax),
            ),
        ]
    if np.isfinite([c.position_mm for c in spread.channels]).any():
        found.append(
            _picture(
                "Recruitment along the cord",
                f"Onset of {len(spread.channels)} muscles after the first against their level; {spread.why}",
                (8, 6),
                lambda ax: plot.plot_recruitment(spread, ax=ax),
            )
        )
    if np.isfinite(analysis.synchrony.lag).any():
        found.append(
            _picture(
                "Lag between muscles",
                "Matrix of the median lag of every pair of muscles",
                (8, 7),
                lambda ax: plot.plot_synchrony(analysis.synchrony, ax=ax),
            )
        )
    found += _eeg_pictures(analysis)
    for name, potential in (
        ("Jerk-locked EEG average", analysis.eeg.premyoclonic_potential),
        ("Slow potential before the jerk", analysis.eeg.slow_potential),
    ):
        if potential.average is not None:
            found.append(_average_picture(name, potential.why, potential.average))
    return found


def _eeg_pictures(analysis: Analysis) -> list[Picture]:
    """Where on the scalp, in which jerks, and at which frequencies: only what was found, or could have been."""
    spike, shared = analysis.eeg.premyoclonic_potential, analysis.eeg.corticomuscular
    average = spike.average
    drawn: list[tuple[str, str, tuple[float, float], Callable[[Axes], object]]] = []
    if spike.verdict == "present" and average is not None:
        title = f"EEG of each jerk at {spike.channel}"
        drawn.append(("Single jerks", title, (8, 5), lambda ax: plot.plot_trials(average, ax=ax)))
        drawn.append(("Where on the scalp", spike.why, (5, 5), lambda ax: plot.plot_topography(spike, ax=ax)))
    if shared.spectra is not None:
        title = "Corticomuscular coherence"
        drawn.append((title, shared.why, (8, 4), lambda ax: plot.plot_coherence(shared, ax=ax)))
    return [_picture(*each) for each in drawn]


def _average_picture(title: str, alt: str, average: Any) -> Picture:
    return _picture(
        title, alt, (9, 1.2 + 0.4 * len(average.channels)), lambda ax: plot.plot_backaverage(average, ax=ax)
    )


def typical_jerks(jerks: Jerks, count: int) -> list[int]:
    """Rows of the jerks whose set of muscles is the commonest and whose spread in time is nearest the median."""
    sets = [tuple(np.flatnonzero(row)) for row in jerks.recruited]
    commonest = max(set(sets), key=lambda s: (sets.count(s), len(s)))
    rows = np.array([i for i, s in enumerate(sets) if s == commonest])
    length = (jerks.offset - jerks.onset)[rows]
    nearest = rows[np.argsort(np.abs(length - np.median(length)), kind="stable")[:count]]
    return sorted(int(row) for row in nearest)


def weight(evidence: Evidence) -> float:
    """How far the evidence tells the patterns apart: the widest log likelihood ratio it makes between two of them."""
    values = list(evidence.log_likelihood.values())
    return max(values) - min(values) if values else 0.0


def number(value: object) -> str:
    """A value as the report shows it: three significant digits, lists joined, an em dash for what could not be had."""
    if value is None:
        return "—"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(number, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def interval(limits: tuple[float, float] | None) -> str:
    """An interval as the report shows it."""
    return "" if limits is None else f"{number(float(limits[0]))} to {number(float(limits[1]))}"


def _picture(title: str, alt: str, size: tuple[float, float], draw: Callable[[Axes], object]) -> Picture:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure.add_subplot())
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return Picture(title, alt, "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii"))
