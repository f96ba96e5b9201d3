"""`myosig analyze` and `myosig demo`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import myosig as ms
from myosig.cli.shared import (
    CLICKS_OWN,
    EXISTING,
    FAILED,
    OUT_FOLDER,
    common_options,
    reading_options,
    say,
    say_error,
    stages,
    stated,
)
from myosig.storage import remove_abandoned, unique_folders, whole_folder

if TYPE_CHECKING:
    from myosig.analysis import Analysis
    from myosig.io.bids_layout import BidsRecording
    from myosig.recording import Recording
    from myosig.settings import Settings

DEMO_PATTERN, DEMO_SEED = "cortical", 2


@click.command(short_help="From a file to tables, verdict and report.html.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=OUT_FOLDER,
    help="Folder for the results; with several files, a folder for each in it.",
)
@click.option(
    "--bursts",
    type=EXISTING,
    help="Bursts corrected by hand, instead of detected ones: TSV with onset, duration, channel; a marked EDF+ or "
    "BDF+; or annotations saved by MNE-Python.",
)
@click.option(
    "--context",
    type=EXISTING,
    help="TOML or JSON with what the recording cannot know: MRI lesion, giant SEP, C-reflex, clinical signs.",
)
@click.option(
    "--settings",
    type=EXISTING,
    help="TOML with the settings of an earlier analysis (settings.toml in its folder), to repeat it exactly.",
)
@click.option("--likelihoods", type=EXISTING, help="CSV with a likelihood table of your own.")
@reading_options
@common_options
def analyze(
    files: tuple[Path, ...],
    out: Path,
    bursts: Path | None,
    context: Path | None,
    settings: Path | None,
    likelihoods: Path | None,
    quiet: bool,
    debug: bool,
    **how: Any,
) -> None:
    """Analyse FILES and write tables, analysis.json and report.html to the --out folder.

    The folder of a BIDS dataset stands for all its EMG and EEG recordings; its results are BIDS derivatives.

    \b
    Examples:  myosig analyze patient.edf --out results
               myosig analyze night1.edf night2.bdf --out results --channels montage.tsv
               myosig analyze patient.edf --bursts corrected.tsv --out corrected
               myosig analyze patient.edf --settings results/settings.toml --out again
               myosig analyze patient.edf --context clinic.toml --likelihoods mine.csv --out mine
               myosig analyze BIDSROOT --out BIDSROOT/derivatives/myosig
    Exit status: 0 done, 1 a file failed (the others are done), 2 wrong usage.
    """
    told = read_settings(settings, context, likelihoods)
    how = {**told.reading, **stated(**how)}
    tasks = [task for file, folder in placed(files, out, **how) for task in tasks_of(file, folder, **how)]
    if bursts is not None and len(tasks) != 1:
        raise click.UsageError("--bursts goes with one recording")
    failures = 0
    for task in tasks:
        try:
            analyze_task(task, told, bursts=bursts, quiet=quiet)
        except Exception as error:
            if debug or isinstance(error, CLICKS_OWN):
                raise
            failures += 1
            say_error(task.name, error)
    if len(files) > 1 and any(out.glob("*/analysis.json")):
        say(f"Summary: {ms.write_summary(out)}", quiet=quiet)
    if failures and len(tasks) > 1:
        click.echo(f"{failures} of {len(tasks)} recordings failed", err=True)
    if failures:
        sys.exit(FAILED)


@click.command(short_help="Simulate a recording and analyse it: a first look.")
@click.option(
    "--out",
    type=OUT_FOLDER,
    default=Path("myosig-demo"),
    show_default=True,
    help="Folder for the recording and its results.",
)
@common_options
def demo(out: Path, quiet: bool, debug: bool) -> None:
    """Simulate one recording, write it as EDF, analyse it, and say where the report is.

    \b
    Example:   myosig demo --out first-look
    """
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{DEMO_PATTERN}.edf"
    say(f"Simulating a {DEMO_PATTERN} recording (seed {DEMO_SEED}) ...", quiet=quiet)
    ms.write_edf(ms.simulate(DEMO_PATTERN, seed=DEMO_SEED).recording, file)
    for task in tasks_of(file, out / "results"):
        analyze_task(task, ms.Settings(), quiet=quiet)


@dataclass(frozen=True, slots=True)
class Task:
    """One recording to be analysed: how it is opened, and where its results go, whole or not at all."""

    name: str
    inputs: tuple[Path, ...]
    open: Callable[[], Recording]
    results: Callable[[], AbstractContextManager[Path]]
    report: Path


def placed(files: Sequence[Path], out: Path, *, keep_identity: bool = False, **how: Any) -> list[tuple[Path, Path]]:
    """Each file and the folder of its results, which names no patient."""
    if len(files) == 1:
        return [(files[0], out)]
    from myosig.cohort import folder_name

    names = files if keep_identity else [Path(folder_name(file)) for file in files]
    return list(zip(files, unique_folders(names, out), strict=True))


def tasks_of(path: Path, folder: Path, **how: Any) -> Iterator[Task]:
    """The recording that a file holds, or all those of a BIDS dataset."""
    from myosig.io.bids_layout import find_recordings, is_bids

    if not is_bids(path):
        opening, report = partial(ms.read, path, **how), folder / "report.html"
        yield Task(str(path), (path,), opening, partial(whole_folder, folder), report)
        return
    from myosig.io.derivatives import derivatives, results_of

    for found in find_recordings(path):
        report = results_of(found, folder)["report.html"]
        inputs, opening = tuple(file.path for file in found.files), partial(read_dataset, found, **how)
        yield Task(found.name, inputs, opening, partial(derivatives, found, folder), report)


def analyze_task(task: Task, settings: Settings, *, bursts: Path | None = None, quiet: bool) -> None:
    """Analyse one recording."""
    from myosig.checkpoint import Checkpoint
    from myosig.report.report import write_report

    remove_abandoned(task.report.parent)
    recording = task.open()
    corrected = None if bursts is None else ms.read_bursts(bursts, recording)
    partial_results = task.report.with_name(f".{task.report.stem}.partial")
    checkpoint = (
        Checkpoint() if bursts is not None else Checkpoint.of(recording, task.inputs, settings, partial_results)
    )
    with stages(recording.name, quiet=quiet) as announce:
        result = ms.analyze(recording, settings=settings, bursts=corrected, on_stage=announce, checkpoint=checkpoint)
    with task.results() as new:
        result.write_files(new)
        write_report(result, new / "report.html")
    checkpoint.clear()
    say(summary(result, task.report), quiet=quiet)


def summary(result: Analysis, report: Path) -> str:
    """What the terminal says about one recording."""
    from myosig.localize.explanation import explain
    from myosig.report.pages import span
    from myosig.report.words import counts, in_short

    excerpt, described = result.findings.excerpt, in_short(result.to_dict())
    return "\n".join(
        [
            f"{result.recording.name}: {counts(result)} in {span(result.recording.duration)}",
            *([] if excerpt is None else [excerpt.wording]),
            *([] if described is None else [described]),
            explain(result.localization, missing=False),
            f"Report: {report}",
        ]
    )


def read_dataset(found: BidsRecording, **how: Any) -> Recording:
    """Read a recording of a BIDS dataset as the command line says."""
    from myosig.io.bids import open_recording

    about_channels = {name: how.pop(name, None) for name in ("channels", "units")}
    needless = set(how) - {"keep_identity"}
    if needless:
        raise click.UsageError(f"a BIDS dataset says by itself what --{', --'.join(sorted(needless))} would state")
    return open_recording(found, **about_channels)


def read_settings(path: Path | None, context: Path | None, likelihoods: Path | None) -> Settings:
    """The settings of that file, with the clinical context and the likelihood table of those."""
    told = ms.Settings() if path is None else ms.Settings.from_toml(path)
    if context is not None:
        told = replace(told, context=ms.read_context(context))
    return told if likelihoods is None else replace(told, likelihoods=ms.read_likelihoods(likelihoods))
