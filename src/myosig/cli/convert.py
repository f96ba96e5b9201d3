"""`myosig convert`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import myosig as ms
from myosig.cli.shared import OUT_FILE, RECORDINGS, common_options, read, reading_options, say
from myosig.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from myosig.recording import Recording

TABLES = (".tsv", ".csv", ".json")
MARKS = ("-annot.fif", "_annot.fif")


@click.command(short_help="Recordings to EDF+ or BDF+, tables to other tables.")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=OUT_FILE)
@reading_options
@common_options
def convert(source: Path, out: Path, quiet: bool, debug: bool, **how: Any) -> None:
    """Convert IN to OUT; the suffix of OUT says to what, and what is lost is said.

    \b
    IN                 OUT
    any recording      .edf (EDF+, 16 bit) or .bdf (BDF+, 24 bit)
    any recording      .tsv, .csv or .json: its annotations as a table
    a table (.tsv)     .csv or .json
    bursts.tsv ...     -annot.fif: marks for MNE-Python
    \b
    Examples:  myosig convert emg.csv --unit mV --sfreq 2000 emg.bdf
               myosig convert marked.edf marks.tsv
               myosig convert results/bursts.tsv bursts-annot.fif
    """
    if out.exists() and source.exists() and out.samefile(source):
        raise ParameterError(f"{out} is the file that is to be converted; give the result another name")
    if out.suffix.lower() in RECORDINGS:
        convert_recording(read(source, **how), out, quiet=quiet)
    elif source.suffix.lower() == ".tsv" and not is_recording(how):
        convert_table(source, out, quiet=quiet)
    else:
        write_table(annotations_table(read(source, **how)), out)
        say(f"{out}: the annotations of {source}; its samples are not in it", quiet=quiet)


def is_recording(how: dict[str, Any]) -> bool:
    """Whether a table is stated to hold samples."""
    return any(how[name] for name in ("sfreq", "unit", "labels"))


def convert_recording(recording: Recording, out: Path, *, quiet: bool) -> None:
    """Write EDF+ or BDF+, and say what it does not hold."""
    ms.write_edf(recording, out)
    lost = list(losses(recording, ms.read(out)))
    say(f"{out}: {recording!r}", quiet=quiet)
    say("lost: " + "; ".join(lost) if lost else "nothing is lost but rounding", quiet=quiet)


def losses(before: Recording, after: Recording) -> Iterator[str]:
    """What the file does not say as the recording did."""
    told = ("kind", "muscle", "side", "segments", "site")
    changed = [
        old.label
        for old, new in zip(before.channels, after.channels, strict=True)
        if any(getattr(old, name) != getattr(new, name) for name in told)
    ]
    if changed:
        yield f"muscle, side ... of {', '.join(changed)}, which the labels do not tell: keep a --channels table"
    rest = before.duration - after.duration
    if rest > 0.5 / max((c.sfreq for c in before.channels), default=1.0):
        yield f"the last {rest:.3g} s, which fill no data record"
    if before.start_time is not None and after.start_time != before.start_time:
        yield "a part of the start time"
    yield f"precision beyond {24 if after.path and after.path.suffix.lower() == '.bdf' else 16} bits"


def convert_table(source: Path, out: Path, *, quiet: bool) -> None:
    """A table of results as another table, or its marks for MNE."""
    from myosig.storage import read_tsv

    frame = read_tsv(source)
    if out.name.endswith(MARKS):
        write_marks(frame, source, out)
        say(f"{out}: {len(frame)} marks; measures of them are not in it", quiet=quiet)
        return
    write_table(frame, out)
    say(f"{out}: {len(frame)} rows", quiet=quiet)


def write_marks(frame: pd.DataFrame, source: Path, out: Path) -> None:
    """The rows of a table of bursts, jerks or silences as annotations of MNE."""
    from myosig.detect.marked import event_times
    from myosig.io.marks import to_mne_annotations
    from myosig.marks import BURST, JERK, SILENCE, mark_each
    from myosig.storage import whole_file

    onset, offset = event_times(frame)
    what = JERK if "lead" in frame else SILENCE if "depth" in frame else BURST
    channel = frame["lead"] if what == JERK else frame.get("channel")
    if channel is None:
        raise ParameterError(f"{source} has no column 'channel', so nobody knows where its marks belong")
    remarks = frame["suspect"].fillna("") if "suspect" in frame else [""] * len(frame)
    with whole_file(out) as temporary:
        named = temporary.with_name(f"{temporary.name}{MARKS[0]}")  # by which MNE tells the form
        to_mne_annotations(mark_each(what, onset, offset, channel, remarks)).save(named, overwrite=True)
        named.replace(temporary)


def annotations_table(recording: Recording) -> pd.DataFrame:
    """Onset, duration, text and channel of each annotation."""
    from myosig.marks import AT

    frame = recording.annotations.to_frame()
    parts = [text.rpartition(AT) if AT in text else (text, "", None) for text in frame["text"]]
    frame["text"], frame["channel"] = [text for text, _, _ in parts], [channel for _, _, channel in parts]
    return frame


def write_table(frame: pd.DataFrame, out: Path) -> None:
    """A table in the form that the suffix names."""
    from myosig.storage import plain_cell, whole_file, write_tsv

    form = out.suffix.lower()
    if form not in TABLES:
        allowed = ", ".join([*RECORDINGS, *TABLES, MARKS[0]])
        raise ParameterError(f"OUT must end in {allowed}, not {out.name!r}")
    with whole_file(out) as temporary:
        if form == ".tsv":
            write_tsv(frame, temporary)
        elif form == ".csv":
            frame.map(plain_cell).to_csv(temporary, index=False, na_rep="n/a", lineterminator="\n")
        else:
            frame.to_json(temporary, orient="records", indent=2)
