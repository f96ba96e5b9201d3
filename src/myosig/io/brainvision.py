"""What the header of a BrainVision recording says beyond what MNE-Python keeps: its files, and units but volts."""

from __future__ import annotations

import re
from pathlib import Path

from myosig.errors import ReadError
from myosig.io.files import DataFile
from myosig.io.units import decode_unit

SUFFIXES = (".vhdr", ".ahdr")
_CHANNEL = re.compile(rb"^Ch\d+\s*=([^\r\n]*)", flags=re.MULTILINE)


def check_files(path: Path) -> None:
    """The files that the header names must lie beside it.

    Raises
    ------
    ReadError
        Naming the one that does not.
    """
    text = DataFile.at(path).read_bytes().decode("latin-1")
    for key in ("DataFile", "MarkerFile"):
        found = re.search(rf"^{key}\s*=\s*(.+?)\s*$", text, flags=re.MULTILINE)
        if found is None:
            continue
        named = found[1].replace("$b", path.stem)
        if Path(named).name != named or not (path.parent / named).is_file():
            raise ReadError(
                f"the header names the file {named!r}, which is not beside it; put it there, or correct the header "
                "if it was renamed",
                path=path,
                field=key,
                value=named,
            )


def units_of(path: Path) -> dict[str, str]:
    """Label -> unit as the header states them; a channel without one is in µV, as the format has it."""
    raw = DataFile.at(path).read_bytes()
    infos = raw.partition(b"[Channel Infos]")[2].partition(b"\n[")[0]
    units = {}
    for line in _CHANNEL.findall(infos):
        name, _, rest = line.partition(b",")
        fields = rest.split(b",")
        units[_text(name)] = decode_unit(fields[2]) if len(fields) > 2 and fields[2].strip() else "uV"
    return units


def _text(name: bytes) -> str:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    return text.strip().replace("\\1", ",")
