"""What the commands share: options, errors as one line, text that is safe for a terminal."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from tqdm import tqdm

import myosig as ms
from myosig.errors import MyosigError, MyosigWarning
from myosig.storage import printable

if TYPE_CHECKING:
    from myosig.recording import Recording

Command = Callable[..., Any]
CLICKS_OWN = (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError)  # which it ends well with
FAILED = 1  # exit status when a file could not be done; click itself exits with 2 on wrong usage
STAGES = 7  # how many stages `analyze` announces
RECORDINGS = (".edf", ".bdf")  # that can be written
ASKED_FOR = (  # what messages of the library ask for, and how it is typed here
    (r"\bchannels=(\{.*?\}|\.\.\.)", "a table with --channels (columns name, type, muscle, side)"),
    (r"\blayout=\{.*?\}", "a JSON file of the same name beside it, e.g. {'dtype': 'int16', 'order': 'samples', ...}"),
    (r"\bread_bids\b", "myosig analyze, a folder of recordings with myosig batch"),
    (r"\bunits=\{'?(.*?)'?: '(.*?)'\}", r"--units '\1=\2'"),
    (r"\blabels=\[.*?\]", "--labels 'EMG R APB,EMG L APB'"),
    (r"\b(sfreq|unit|variable)=([\w.']+)", r"--\1 \2"),
)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


class Place(click.Path):
    """Where results go; that they can be written there is found out before the work, not after it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, if its folder is there; one that is to be a folder itself is made with all that leads to it."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        above = path.absolute().parents
        there = next(p for p in above if p.exists()) if self.dir_okay else above[0]
        if not there.is_dir():
            self.fail(f"there is no folder {str(there)!r} to write it to", param, ctx)
        if not os.access(there, os.W_OK):
            self.fail(f"the folder {str(there)!r} cannot be written to", param, ctx)
        return path


OUT_FOLDER = Place(file_okay=False, path_type=Path)
OUT_FILE = Place(dir_okay=False, path_type=Path)


def common_options(command: Command) -> Command:
    """--quiet and --debug: an error is one line and exit status 1, or with --debug its whole traceback."""

    @click.option("--quiet", is_flag=True, help="Print nothing but errors.")
    @click.option("--debug", is_flag=True, help="Show the full traceback of an error.")
    @functools.wraps(command)
    def plainly(*args: Any, quiet: bool, debug: bool, **kwargs: Any) -> None:
        with plain_warnings(quiet=quiet, debug=debug):
            try:
                command(*args, quiet=quiet, debug=debug, **kwargs)
            except Exception as error:
                if debug or isinstance(error, CLICKS_OWN):
                    raise
                say_error("myosig", error)
                sys.exit(FAILED)

    return plainly


def say_error(about: str, error: Exception) -> None:
    """One line on what went wrong; what was not foreseen says so."""
    text = as_typed(plain(error)) or type(error).__name__
    about = "myosig" if about in text else about  # said already
    if not isinstance(error, MyosigError | OSError):
        text = f"unexpected {type(error).__name__}: {text} (a fault of myosig; --debug shows where)"
    click.echo(f"{printable(about)}: {printable(text)}", err=True)


def plain(error: Exception) -> str:
    """What an error says; one of the system without its number.

    Examples
    --------
    >>> plain(FileNotFoundError(2, "No such file or directory", "x.edf"))
    'No such file or directory: x.edf'
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}"
    return str(error)


def as_typed(text: str) -> str:
    """A message of the library with the options of the command line for its keyword arguments.

    Examples
    --------
    >>> as_typed("state it: sfreq=1000")
    'state it: --sfreq 1000'
    """
    for pattern, typed in ASKED_FOR:
        text = re.sub(pattern, typed, text)
    return text


@contextmanager
def plain_warnings(*, quiet: bool, debug: bool) -> Iterator[None]:
    """Warnings of myosig as one line each, those of others only with --debug."""

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None,
        line: str | None = None,
    ) -> None:  # fmt: skip
        if issubclass(category, MyosigWarning):
            tqdm.write(f"warning: {printable(as_typed(str(message)))}", file=sys.stderr)

    if debug:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("ignore" if quiet else "default", MyosigWarning)
        warnings.showwarning = show
        yield


def reading_options(command: Command) -> Command:
    """Options that say how a file is to be understood."""
    options = [
        click.option(
            "--channels",
            type=EXISTING,
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
        click.option("--variable", help="Which variable of a MAT, NPZ or HDF5 file, e.g. data.emg."),
        click.option("--labels", help="Channel labels, separated by commas, for files that do not say."),
        click.option(
            "--keep-identity",
            is_flag=True,
            default=None,
            help="Call the recording by its file name even where this names the patient.",
        ),
    ]
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def read(file: Path, **how: Any) -> Recording:
    """Read a file as the command line says."""
    return ms.read(file, **stated(**how))


def stated(
    channels: Path | None = None, units: Iterable[str] = (), labels: str | None = None, **how: Any
) -> dict[str, Any]:
    """What the reading options state, as keyword arguments of `read`."""
    said = how | {"channels": channels, "units": unit_pairs(units), "labels": labels.split(",") if labels else None}
    return {name: value for name, value in said.items() if value}


def unit_pairs(units: Iterable[str]) -> dict[str, str]:
    """What --units states: label -> unit."""
    pairs = dict(pair.rpartition("=")[::2] for pair in units)
    if any(not channel for channel in pairs):
        raise click.UsageError("--units wants CHANNEL=UNIT, e.g. --units 'EMG 1=uV'")
    return pairs


@contextmanager
def stages(name: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A bar of the stages of an analysis, on a terminal; give what announces the next one."""
    with tqdm(total=STAGES, desc=printable(name), disable=quiet or not sys.stderr.isatty(), leave=False) as bar:

        def announce(stage: str) -> None:
            bar.set_postfix_str(stage)
            bar.update()

        yield announce


def say(text: str, *, quiet: bool = False) -> None:
    """Print text from a file, safe for a terminal and wrapped to its width."""
    for line in () if quiet else text.splitlines():
        click.echo(wrapped(printable(line)))


def wrapped(line: str) -> str:
    """A line at the width of the terminal, continued under its own indentation."""
    width = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip(" -")))
    return click.wrap_text(line, width=width, subsequent_indent=indent)
