"""Tables (TSV) and JSON objects that lie beside recordings."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from myosig.errors import ReadError
from myosig.io.files import DataFile

MISSING = ("", "n/a")
MOST_BYTES = 64 << 20  # of a sidecar; larger files are something else


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a TSV file as column -> text, without what is missing (empty or ``n/a``).

    Raises
    ------
    ReadError
        If the file cannot be read or is not UTF-8 text.
    """
    lines = [line.rstrip("\r").split("\t") for line in _text(path).split("\n") if line.strip()]
    columns = [name.strip() for name in lines[0]] if lines else []
    return [
        {name: value.strip() for name, value in zip(columns, row, strict=False) if value.strip() not in MISSING}
        for row in lines[1:]
    ]


def read_json(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds.

    Raises
    ------
    ReadError
        If the file cannot be read, is not JSON, or holds something else than an object.
    """
    try:
        values = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"the file is not JSON: {error}", path=path) from None
    if not isinstance(values, dict):
        raise ReadError("the file must hold a JSON object", path=path)
    return values


def number(text: object) -> float:
    """The number that a cell holds; NaN where it holds none."""
    try:
        return float(str(text))
    except ValueError:
        return math.nan


def _text(path: Path) -> str:
    file = DataFile.at(path)
    if file.size > MOST_BYTES:
        raise ReadError(f"{file.size} bytes are too many for a table or settings beside a recording", path=path)
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError("the file is not UTF-8 text", path=path, offset=error.start) from None
