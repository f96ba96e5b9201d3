"""Does the name of a file give away whom it is about? Then its results go by a pseudonym."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from myosig.io.edf_header import BDF_MAGIC, EDF_MAGIC

HEAD = 1 << 16  # bytes that a pseudonym is made of: samples too, so that nobody can guess his way to it
LEAST = 3  # letters or digits of a word that can name somebody
WORD = re.compile(r"[^\W_]+")
NOBODY = frozenset(  # words of patient fields that name nobody
    {
        *("anonymous", "anonymized", "anonymised", "unknown", "patient", "subject", "sub", "test", "demo", "none"),
        *("name", "age", "years", "male", "female", "man", "woman", "right", "left", "handed", "xxx"),
        *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        *("emg", "eeg", "edf", "bdf", "recording", "session"),
    }
)


def public_name(path: Path, head: bytes) -> str:
    """What results call a recording: the name of its file, or a pseudonym where that names the patient.

    Parameters
    ----------
    path : Path
    head : bytes
        What the file begins with.

    Returns
    -------
    str
        ``recording-`` and eight hexadecimal digits, made of the first 64 KiB, where the path shares a word with the
        patient's field of an EDF or BDF header (name, code, birth date). Other formats have no such field that myosig
        knows, so the name of their files is never hidden.
    """
    named = _words(_patient(head))
    there = {word for part in path.absolute().parts for word in _words(part)}
    hidden = any(word in there or any(word in one for one in there if len(word) > LEAST) for word in named)
    return f"recording-{hashlib.sha256(head[:HEAD]).hexdigest()[:8]}" if hidden else path.name


def _patient(head: bytes) -> str:
    """The patient's field of an EDF or BDF header."""
    is_edf = head.startswith(BDF_MAGIC) or head[:8].replace(b"\0", b" ") == EDF_MAGIC
    return head[8:88].decode("latin-1") if is_edf else ""


def _words(text: str) -> set[str]:
    return {word for word in WORD.findall(text.lower()) if len(word) >= LEAST} - NOBODY
