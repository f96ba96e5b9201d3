"""Does the name of a file, or an annotation, give away whom it is about? Then results do not repeat it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from myosig.annotations import Annotations
from myosig.io.edf_header import BDF_MAGIC, EDF_MAGIC
from myosig.marks import AT

HEAD = 1 << 16  # bytes that a pseudonym is made of: samples too, so that nobody can guess his way to it
HIDDEN = "X"
LEAST = 3  # letters or digits of a word that can name somebody
WORD = re.compile(r"[^\W_]+")
_HARMLESS = """
sleep stage w wake r rem nrem n n1 n2 n3 n4 s1 s2 s3 s4 1 2 3 4 movement time unscored arousal apnea hypopnea
lights light on off out eyes open opened close closed
recording start started begin stop stopped end ended pause resume
stimulus stim stimulation trigger response onset offset left right median tibial nerve photic tone sound tap
rest resting posture action task movement speech writing standing sitting lying supine prone hyperventilation
burst jerk silence cross talk ecg spike discharge artefact artifact impedance calibration bad good
"""
HARMLESS_WORDS = frozenset(_HARMLESS.split())  # of annotations: they name nobody
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


def public_annotations(marks: Annotations, head: bytes) -> Annotations:
    """Annotations in which every word that holds one of the patient's field, as above, is an ``X``."""
    named = _words(_patient(head)) - HARMLESS_WORDS
    if not named or not len(marks):
        return marks

    def public(found: re.Match[str]) -> str:
        word = found[0].lower()
        return HIDDEN if word in named or any(one in word for one in named if len(one) > LEAST) else found[0]

    text = [WORD.sub(public, what) + at + label for what, at, label in (text.partition(AT) for text in marks.text)]
    return replace(marks, text=np.array(text, dtype=object))


def _patient(head: bytes) -> str:
    """The patient's field of an EDF or BDF header."""
    is_edf = head.startswith(BDF_MAGIC) or head[:8].replace(b"\0", b" ") == EDF_MAGIC
    return head[8:88].decode("latin-1") if is_edf else ""


def _words(text: str) -> set[str]:
    return {word for word in WORD.findall(text.lower()) if len(word) >= LEAST} - NOBODY
