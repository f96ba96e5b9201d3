"""`myosig report`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import myosig as ms
from myosig.cli.shared import common_options, read, reading_options, say
from myosig.errors import ParameterError


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--recording",
    type=click.Path(path_type=Path),
    help="Where the recording is now, if not where it was when it was analysed (with one RESULTS only).",
)
@reading_options
@common_options
def report(results: tuple[Path, ...], recording: Path | None, quiet: bool, debug: bool, **how: Any) -> None:
    """Write report.html anew from the folders RESULTS of earlier analyses; nothing is analysed again.

    The traces come from the recording itself, which must still be what it was (its SHA-256 is checked).

    \b
    Examples:  myosig report results
               myosig report results/*
               myosig report results --recording /elsewhere/patient.edf
    """
    from myosig.report import write_report

    if recording is not None and len(results) > 1:
        raise ParameterError("--recording goes with one folder of results")
    for folder in results:
        given = None if recording is None else read(recording, **how)
        analysis = ms.load(folder, recording=given)
        place = folder / "report.html" if folder.is_dir() else folder.with_suffix(".html")
        write_report(analysis, place)
        say(f"Report: {place}", quiet=quiet)
