"""The `myosig` command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

import myosig as ms
from myosig.errors import MyosigError
from myosig.storage import printable, unique_folders, whole_folder

if TYPE_CHECKING:
    from myosig.analysis import Analysis
    from myosig.io.bids_layout import BidsRecording
    from myosig.localize.context import Context
    from myosig.recording import Recording
    from myosig.settings import Settings

STAGES = 7  # how many stages `analyze` announces
DEMO_PATTERN, DEMO_SEED = "cortical", 2
NAMED_KINDS = {"emg", "eeg", "misc"}  # kinds of channel that have a muscle or site to be understood
FAILED = 1  # exit status when a file could not be done; click itself exits with 2 on wrong usage


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(ms.__version__)
def main() -> None:
    """Where does a muscle jerk come from?

    myosig reads a recording of surface EMG (and EEG), marks every burst, groups them into jerks, and weighs the
    published criteria for where the jerks are born. Research software, not a medical device.

    \b
    Start with:   myosig demo
    Then:         myosig info patient.edf
                  myosig analyze patient.edf --out results
    """


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a file is to be understood."""
    options = [
        click.option(
            "--channels",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="TSV with columns name, type, muscle, side ...: your own description of the channels; it always wins.",
        ),
        click.option(
            "--units",
            multiple=True,
            metavar="CHANNEL=UNIT",
            help="Unit of a channel whose own is missing or not understood, e.g. --units 'EMG 1=uV'. Repeatable.",
        ),
        click.option("--sfreq", type=float, help="Samples per second, for files that do not say (CSV, NPY ...)."),
        click.option("--unit", help="Unit of all signals, for files that do not say."),
        click.option("--labels", help="Channel labels, separated by commas, for files that do not say."),
        click.option("--debug", is_flag=True, help="Show the full traceback of an error."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@reading_options
def info(file: Path, debug: bool, **how: Any) -> None:
    """Show what is in FILE, how each channel was understood, and what is wrong with it.

    \b
    Example:   myosig info patient.edf
    """
    with failing_plainly(debug):
        from myosig.quality import assess_quality

        recording = read(file, **how)
        click.echo(printable(repr(recording)))
        if recording.start_time is not None:
            click.echo(f"start: {recording.start_time.isoformat(sep=' ')}")
        for start, stop in recording.segments:
            click.echo(f"data from {start:.3f} to {stop:.3f} s")
        click.echo(f"annotations: {len(recording.annotations)}\n")
        for line in describe_channels(recording, {q.channel: q.status_description for q in assess_quality(recording)}):
            click.echo(printable(line))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results; with several files, a folder for each in it.",
)
@click.option(
    "--context",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML or JSON with what the recording cannot know: MRI lesion, giant SEP, C-reflex, clinical signs.",
)
@click.option(
    "--settings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML with the settings of an earlier analysis (settings.toml in its folder), to repeat it exactly.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@reading_options
def analyze(
    files: tuple[Path, ...],
    out: Path,
    context: Path | None,
    settings: Path | None,
    quiet: bool,
    debug: bool,
    **how: Any,
) -> None:
    """Analyse FILES and write tables, analysis.json and report.html to the --out folder.

    The folder of a BIDS dataset stands for all its EMG and EEG recordings; its results are BIDS derivatives.

    \b
    Examples:  myosig analyze patient.edf --out results
               myosig analyze night1.edf night2.bdf --out results --channels montage.tsv
               myosig analyze BIDSROOT --out BIDSROOT/derivatives/myosig
    Exit status: 0 done, 1 a file failed (the others are done), 2 wrong usage.
    """
    with failing_plainly(debug):
        given, chosen = read_context(context), read_settings(settings)
        tasks = [task for file, folder in placed(files, out) for task in tasks_of(file, folder, **how)]
    failures = 0
    for task in tasks:
        try:
            analyze_task(task, given, chosen, quiet=quiet)
        except (MyosigError, OSError) as error:
            if debug:
                raise
            failures += 1
            click.echo(f"{printable(task.name)}: {printable(str(error))}", err=True)
    if failures:
        click.echo(f"{failures} of {len(tasks)} recordings failed", err=True)
        sys.exit(FAILED)


@main.command()
@click.argument("pattern")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(min=0), required=True, help="The same seed gives the same recording.")
@click.option("--duration", type=float, default=300.0, show_default=True, help="Seconds.")
@click.option(
    "--difficulty", type=click.Choice(["easy", "medium", "hard"]), default="medium", show_default=True, help="Noise."
)
@click.option("--debug", is_flag=True, help="Show the full traceback of an error.")
def simulate(pattern: str, out: Path, seed: int, duration: float, difficulty: str, debug: bool) -> None:
    """Write a synthetic recording of PATTERN to OUT (.edf or .bdf).

    PATTERN is one of cortical, brainstem, segmental, propriospinal, peripheral, functional, negative, tremor, none.

    \b
    Example:   myosig simulate cortical --seed 1 cortical.edf
    """
    with failing_plainly(debug):
        made = ms.simulate(pattern, seed=seed, duration=duration, difficulty=difficulty)
        ms.write_edf(made.recording, out)
        click.echo(f"{out}: {printable(repr(made.recording))}")


@main.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("myosig-demo"),
    show_default=True,
    help="Folder for the recording and its results.",
)
@click.option("--debug", is_flag=True, help="Show the full traceback of an error.")
def demo(out: Path, debug: bool) -> None:
    """Simulate one recording, write it as EDF, analyse it, and say where the report is."""
    with failing_plainly(debug):
        out.mkdir(parents=True, exist_ok=True)
        file = out / f"{DEMO_PATTERN}.edf"
        click.echo(f"Simulating a {DEMO_PATTERN} recording (seed {DEMO_SEED}) ...")
        ms.write_edf(ms.simulate(DEMO_PATTERN, seed=DEMO_SEED).recording, file)
        for task in tasks_of(file, out / "results"):
            analyze_task(task, None, None, quiet=False)


@dataclass(frozen=True, slots=True)
class Task:
    """One recording to be analysed: how it is opened, and where its results go, whole or not at all."""

    name: str
    open: Callable[[], Recording]
    results: Callable[[], AbstractContextManager[Path]]
    report: Path


def placed(files: Sequence[Path], out: Path) -> Iterable[tuple[Path, Path]]:
    """Each file and the folder of its results."""
    return zip(files, [out] if len(files) == 1 else unique_folders(files, out), strict=True)


def tasks_of(path: Path, folder: Path, **how: Any) -> Iterator[Task]:
    """The recording that a file holds, or all those of a BIDS dataset."""
    from myosig.io.bids_layout import find_recordings, is_bids

    if not is_bids(path):
        yield Task(str(path), partial(read, path, **how), partial(whole_folder, folder), folder / "report.html")
        return
    from myosig.io.derivatives import derivatives, results_of

    for found in find_recordings(path):
        report = results_of(found, folder)["report.html"]
        yield Task(found.name, partial(read_dataset, found, **how), partial(derivatives, found, folder), report)


def analyze_task(task: Task, context: Context | None, settings: Settings | None, *, quiet: bool) -> None:
    """Analyse one recording."""
    from myosig.report import write_report

    recording = task.open()
    with tqdm(
        total=STAGES, desc=printable(recording.name), disable=quiet or not sys.stderr.isatty(), leave=False
    ) as bar:

        def announce(stage: str) -> None:
            bar.set_postfix_str(stage)
            bar.update()

        result = ms.analyze(recording, context=context, settings=settings, on_stage=announce)
    with task.results() as new:
        result.write_files(new)
        write_report(result, new / "report.html")
    if not quiet:
        click.echo(printable_lines(summary(result, task.report)))


def summary(result: Analysis, report: Path) -> str:
    """What the terminal says about one recording."""
    return "\n".join(
        [
            f"{result.recording.name}: {len(result.bursts)} bursts, {len(result.jerks)} jerks, "
            f"{len(result.silences)} silences in {result.recording.duration:.0f} s",
            result.localization.explain(),
            f"Report: {report}",
        ]
    )


def read(file: Path, channels: Path | None = None, units: tuple[str, ...] = (), **how: Any) -> Recording:
    """Read a file as the command line says."""
    pairs = unit_pairs(units)
    labels = how.pop("labels", None)
    return ms.read(
        file,
        channels=channels,
        units=pairs or None,
        labels=labels.split(",") if labels else None,
        **{key: value for key, value in how.items() if value is not None},
    )


def read_dataset(
    found: BidsRecording, channels: Path | None = None, units: tuple[str, ...] = (), **how: Any
) -> Recording:
    """Read a recording of a BIDS dataset as the command line says."""
    from myosig.io.bids import open_recording

    needless = [name for name, value in how.items() if value is not None]
    if needless:
        raise click.UsageError(f"a BIDS dataset says by itself what --{', --'.join(needless)} would state")
    return open_recording(found, channels=channels, units=unit_pairs(units))


def unit_pairs(units: Iterable[str]) -> dict[str, str]:
    """What --units states: label -> unit."""
    pairs = dict(pair.rpartition("=")[::2] for pair in units)
    if any(not channel for channel in pairs):
        raise click.UsageError("--units wants CHANNEL=UNIT, e.g. --units 'EMG 1=uV'")
    return pairs


def read_context(path: Path | None) -> Context | None:
    """The clinical context of that file, if there is one."""
    if path is None:
        return None
    from myosig.localize.context import read_context as read_file

    return read_file(path)


def read_settings(path: Path | None) -> Settings | None:
    """The settings of that file, if there is one."""
    if path is None:
        return None
    from myosig.settings import Settings

    return Settings.from_toml(path)


def describe_channels(recording: Recording, problems: dict[str, str]) -> Iterator[str]:
    """One line a channel: how it was understood, by whom, and what is wrong with it."""
    for c in recording.channels:
        what = [c.muscle or c.site, c.side, "-".join(dict.fromkeys(c.segments[:1] + c.segments[-1:]))]
        nothing = "not understood" if c.kind in NAMED_KINDS else "-"
        known = ", ".join(part for part in what if part) or nothing
        how = "stated" if "stated" in c.known.values() else "from its label"
        problem = f"   ! {problems[c.label]}" if problems.get(c.label) else ""
        name = c.label if c.label == (c.original_label or c.label) else f"{c.label} ({c.original_label})"
        yield f"{name:<24} {c.kind:<5} {c.sfreq:>8g} Hz {c.unit:<6} {known} [{how}]{problem}"


@contextmanager
def failing_plainly(debug: bool) -> Iterator[None]:
    """Turn an error that a user can mend into one line and exit status 1."""
    try:
        yield
    except (MyosigError, OSError) as error:
        if debug:
            raise
        click.echo(f"myosig: {printable(str(error))}", err=True)
        sys.exit(FAILED)


def printable_lines(text: str) -> str:
    """Each line of a text from a file, safe for a terminal."""
    return "\n".join(map(printable, text.splitlines()))
