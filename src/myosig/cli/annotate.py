"""`myosig annotate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

import myosig as ms
from myosig.cli.shared import EXISTING, OUT_FILE, RECORDINGS, common_options, read, reading_options, say
from myosig.errors import ParameterError

if TYPE_CHECKING:
    from myosig.annotations import Annotations
    from myosig.detect.silences import Silences
    from myosig.recording import Recording


@click.command(short_help="A copy of a recording with every mark in it.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=OUT_FILE, help="EDF+ or BDF+ to write.")
@click.option("--bursts", type=EXISTING, help="Bursts that were corrected by hand, instead of detected ones.")
@reading_options
@common_options
def annotate(file: Path, out: Path, bursts: Path | None, quiet: bool, debug: bool, **how: Any) -> None:
    """Write a copy of FILE with every burst, jerk and silence as an annotation.

    EDF and BDF files are copied: their samples stay what they are, bit for bit. Other formats are converted to EDF+
    (.edf, 16 bit) or BDF+ (.bdf, 24 bit). Each mark stands on its channel, as EDF+ writes it: burst@@EMG R APB.

    Move, remove or add marks in an EDF+ editor or in MNE-Python, and analyse them with --bursts.

    The copy names no patient, unless --keep-identity; annotations that FILE has are kept as they are.

    \b
    Examples:  myosig annotate patient.edf --out marked.edf
               myosig annotate patient.edf --bursts corrected.tsv --out marked.edf
               myosig analyze patient.edf --bursts marked.edf --out results
    """
    from myosig.corrected import read_bursts
    from myosig.detect.crosstalk import flag_crosstalk
    from myosig.marks import without_marks
    from myosig.report.pages import several
    from myosig.signals.cleaning import find_artefacts

    recording = without_marks(read(file, **how))
    check_suffix(recording, out)
    artefacts = find_artefacts(recording)
    if bursts is not None:
        found = read_bursts(bursts, recording, artefacts=artefacts)
    else:
        found = flag_crosstalk(recording, ms.detect_bursts(recording, artefacts=artefacts), artefacts=artefacts)
    jerks = ms.group_jerks(found)
    silences = ms.detect_silences(recording, found, artefacts=artefacts)
    write_marked(recording, marks_of(found, jerks, silences), out, keep_identity=bool(how["keep_identity"]))
    say(f"{out}: {several(found, 'burst')}, {several(jerks, 'jerk')}, {several(silences, 'silence')}", quiet=quiet)


def marks_of(bursts: ms.Bursts, jerks: ms.Jerks, silences: Silences) -> Annotations:
    """All marks, sorted by onset."""
    marks = [table.to_marks() for table in (jerks, bursts, silences)]
    onset, duration, text = (
        np.concatenate([getattr(one, name) for one in marks]) for name in ("onset", "duration", "text")
    )
    return ms.Annotations(onset, duration, text)[np.argsort(onset, kind="stable")]


def check_suffix(recording: Recording, out: Path) -> None:
    """Refuse a name that would belie what is written: a copy keeps the format of an EDF or BDF file."""
    kept = recording.path.suffix.lower() if recording.path is not None else ""
    allowed = (kept,) if kept in RECORDINGS else RECORDINGS
    if out.suffix.lower() not in allowed:
        raise ParameterError(f"--out must end in {' or '.join(allowed)}, not {out.name!r}")


def write_marked(recording: Recording, marks: Annotations, out: Path, *, keep_identity: bool) -> None:
    """A copy of the file where it is EDF or BDF, else the recording converted."""
    from myosig.io.edf import is_edf
    from myosig.io.edf_marks import add_annotations
    from myosig.io.files import DataFile

    if recording.path is not None and is_edf(DataFile.at(recording.path)):
        add_annotations(recording.path, marks, out, keep_identity=keep_identity)
        return
    notes = recording.annotations
    columns = (np.concatenate([getattr(notes, n), getattr(marks, n)]) for n in ("onset", "duration", "text"))
    ms.write_edf(recording.with_annotations(ms.Annotations(*columns)), out)
