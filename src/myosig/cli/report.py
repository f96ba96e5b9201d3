"""`myosig report`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

import myosig as ms
from myosig.cli.shared import common_options, read, reading_options, say
from myosig.errors import ParameterError

SUMMARY = "analysis.json"  # in a folder of results


@click.command(short_help="Write reports anew; a summary page for several.")
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

    A folder that holds several folders of results stands for all of these. For several results of one folder a summary
    page, index.html, is written there as well: a row for each, which leads to its report.

    The traces come from the recording itself, which must still be what it was (its SHA-256 is checked).

    \b
    Examples:  myosig report results
               myosig report cohort
               myosig report results --recording /elsewhere/patient.edf
    """
    from myosig.report.report import write_report

    folders = list(with_results(results))
    if recording is not None and len(folders) > 1:
        raise ParameterError("--recording goes with one folder of results")
    given = None if recording is None else read(recording, **how)
    for folder in folders:
        place = folder / "report.html" if folder.is_dir() else folder.with_suffix(".html")
        write_report(ms.load(folder, recording=given), place)
        say(f"Report: {place}", quiet=quiet)
    parents = {folder.resolve().parent for folder in folders}
    if len(folders) > 1 and len(parents) == 1:
        say(f"Summary: {ms.write_summary(folders[0].parent)}", quiet=quiet)


def with_results(paths: Sequence[Path]) -> Iterator[Path]:
    """The folders of results that were named, or that lie in a folder that was named."""
    for path in paths:
        inside = [] if (path / SUMMARY).exists() or path.is_file() else sorted(path.glob(f"*/{SUMMARY}"))
        yield from (found.parent for found in inside) if inside else (path,)
