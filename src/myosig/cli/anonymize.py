"""`myosig anonymize`."""

from __future__ import annotations

from pathlib import Path

import click

import myosig as ms
from myosig.cli.shared import OUT_FILE, common_options, say
from myosig.errors import ParameterError


@click.command(short_help="A copy of an EDF or BDF file that names nobody.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=OUT_FILE, help="The copy without the patient.")
@common_options
def anonymize(file: Path, out: Path, quiet: bool, debug: bool) -> None:
    """Copy FILE (EDF or BDF) without what names the patient; samples stay bit for bit.

    Name, code, date, equipment and free text go; channel labels and the time of day stay. Annotations keep their times,
    and their texts where every word is known to name nobody (sleep stages, stimuli, marks of myosig).

    \b
    Example:   myosig anonymize patient.edf --out case-17.edf
    """
    from myosig.io.edf import is_edf
    from myosig.io.files import DataFile

    if file.is_file() and not is_edf(DataFile.at(file)):
        raise ParameterError(f"{file} is neither EDF nor BDF; convert it first: myosig convert {file} {out}")
    ms.anonymize(file, out)
    say(f"{out}: written; look at its channel labels before you give it away", quiet=quiet)
