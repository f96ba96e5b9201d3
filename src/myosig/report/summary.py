"""One page for several recordings, made from what their analyses wrote."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from myosig.errors import ParameterError
from myosig.report.pages import render
from myosig.report.words import NEVER, headline, in_short
from myosig.storage import whole_file

LIKELY = 0.05  # of the posterior: less likely sources are not named


def write_summary(folder: str | os.PathLike[str]) -> Path:
    """Write ``index.html`` into a folder: one row for each of its subfolders that holds an ``analysis.json``.

    Parameters
    ----------
    folder : path
        The ``--out`` folder of an analysis of several recordings.

    Returns
    -------
    Path
        Of the page, which links to the reports beside it.

    Raises
    ------
    ParameterError
        If no subfolder holds an analysis.
    OSError
        If the page cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile, myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.analyze(recording).save(pathlib.Path(folder, "one"))
    ...     ms.write_summary(folder).name
    'index.html'
    """
    out = Path(folder)
    found = sorted(out.glob("*/analysis.json"))
    if not found:
        raise ParameterError(f"no subfolder of {out} holds an analysis.json; analyse some recordings into it first")
    rows = [_row(path) for path in found]
    verdicts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        verdicts[row["verdict"]].append(row["name"])
    page = render("summary.html.j2", rows=rows, verdicts=dict(sorted(verdicts.items())))
    with whole_file(out / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
    return out / "index.html"


def _row(path: Path) -> dict[str, Any]:
    """What the page says about one analysis."""
    result = json.loads(path.read_text(encoding="utf-8"))
    where = result["localization"]
    report = path.parent / "report.html"
    posterior = sorted((where["posterior"] or {}).items(), key=lambda item: -item[1])
    return {
        "name": path.parent.name,
        "report": f"{path.parent.name}/report.html" if report.exists() else None,
        "duration": result["source"]["duration_s"],
        "headline": headline(result),
        "described": in_short(result) or "",
        "verdict": where["verdict"] or "no source weighed",
        "posterior": [(name, value) for name, value in posterior if value >= LIKELY] if where["verdict"] else [],
        "assessed": sum(e["verdict"] != NEVER for e in where["evidence"]),
        "criteria": len(where["evidence"]),
        "bad": [q["channel"] for q in result["quality"] if q["status"] == "bad"],
    }
