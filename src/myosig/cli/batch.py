"""`myosig batch`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

import myosig as ms
from myosig.cli.analyze import read_dataset
from myosig.cli.shared import EXISTING, FAILED, OUT_FOLDER, as_typed, common_options, reading_options, say, stated
from myosig.errors import MissingExtraError
from myosig.storage import printable

if TYPE_CHECKING:
    from myosig.batch import Outcome
    from myosig.io.bids_layout import BidsRecording
    from myosig.recording import Recording


@click.command(short_help="A cohort: many files, or a BIDS dataset.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=OUT_FOLDER, help="Folder for all results.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes on this machine; default: one for each core.")
@click.option("--scheduler", metavar="ADDRESS", help="Dask cluster that does the work instead: tcp://10.0.0.1:8786.")
@click.option("--report/--no-report", default=True, show_default=True, help="Write report.html of each recording.")
@click.option("--settings", type=EXISTING, help="TOML with the settings for all, as settings.toml of an analysis.")
@reading_options
@common_options
def batch(
    paths: tuple[Path, ...],
    out: Path,
    workers: int | None,
    scheduler: str | None,
    report: bool,
    settings: Path | None,
    quiet: bool,
    debug: bool,
    **how: Any,
) -> None:
    """Analyse all recordings of a cohort; started again, only what is missing or has changed.

    PATHS are folders of recordings, BIDS datasets, recordings, or .txt files that list them line by line. The --out
    folder gets the results of each, all_bursts.tsv, all_jerks.tsv, verdicts.tsv, and recordings.tsv: what failed, why,
    and what was doubtful.

    \b
    Examples:  myosig batch RECORDINGS --out results
               myosig batch BIDSROOT --out BIDSROOT/derivatives/myosig --workers 8
               myosig batch cohort.txt --out results --scheduler tcp://10.0.0.1:8786
    Exit status: 0 done, 1 a recording failed (the others are done), 2 wrong usage.
    """
    how = stated(**how)
    with cluster(scheduler) as client, tqdm(disable=quiet or not sys.stderr.isatty(), unit="recording") as bar:

        def tell(outcome: Outcome) -> None:
            bar.update()
            if outcome.status == "failed":
                bar.write(printable(f"{outcome.name}: {outcome.reason}"), file=sys.stderr)
            for warning in () if quiet else outcome.warnings:
                bar.write(printable(f"warning: {as_typed(warning)}"), file=sys.stderr)

        outcomes = ms.analyze_many(
            paths,
            out=out,
            read=partial(read_member, **how),
            settings=None if settings is None else ms.Settings.from_toml(settings),
            report=report,
            keep_identity=how.get("keep_identity", False),
            workers=workers,
            client=client,
            on_outcome=tell,
        )
    count = Counter(outcome.status for outcome in outcomes)
    table = out / "recordings.tsv"
    say(f"{count['done']} analysed, {count['kept']} kept, {count['failed']} failed: {table}", quiet=quiet)
    if count["failed"]:
        sys.exit(FAILED)


def read_member(what: Path | BidsRecording, **how: Any) -> Recording:
    """Read a recording of a cohort as the command line says."""
    return ms.read(what, **how) if isinstance(what, Path) else read_dataset(what, **how)


@contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """A client of the Dask cluster there, if one is given."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("distributed", "dask") from None
    connect: Any = Client
    with connect(address) as client:
        yield client
