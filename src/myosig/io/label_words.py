"""The words of channel labels: how a label falls into words, and what single words mean."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from myosig.channel import Kind, Side

_KINDS: dict[Kind, str] = {
    "emg": "emg semg",
    "eeg": "eeg",
    "eog": "eog heog veog eogh eogv loc roc veogo veogu",
    "ecg": "ecg ekg cardiac ecgi ecgii ekgi ekgii",
    "acc": "acc accel acceleration accelerometer accelerometre accelerometro beschleunigung accx accy accz",
    "resp": "resp respiration respiratory breath breathing thor thorax abdo flow airflow nasal cannula thermistor "
    "effort rip snore",
    "stim": "status trig trigger triggers dtrig ttl sync stim stimulus stimulation sti photic marker event tms",
    "misc": "spo2 sao2 pulse pleth ppg hr temp temperature gyro gyroscope gonio goniometer angle force torque mag "
    "magnetometer gsr eda position light mic microphone audio battery co2 etco2 "
    "nerve nervus nerv nerf nervo nervio",
}
KIND_WORDS: Mapping[str, Kind] = {word: kind for kind, words in _KINDS.items() for word in words.split()}

# English and international; then German, French, Italian, Spanish, Portuguese, Dutch.
_SURE: dict[Side, str] = {
    "left": "l lt left lft links linker gauche sinistro sinistra izquierdo izquierda izq izdo izda esquerdo esquerda",
    "right": "r rt right rgt rechts rechter droite destro destra derecho derecha dcho dcha direito direita",
    "midline": "midline",
}
_UNSURE: dict[Side, str] = {"left": "li lks g sx sin esq", "right": "re d dx dex der dir droit"}
SURE_SIDES: Mapping[str, Side] = {word: side for side, words in _SURE.items() for word in words.split()}
UNSURE_SIDES: Mapping[str, Side] = {word: side for side, words in _UNSURE.items() for word in words.split()}
EYES: Mapping[str, Side] = {"loc": "left", "e1": "left", "roc": "right", "e2": "right"}

BODY_PARTS = frozenset(  # EMG where a side is named too
    ["leg", "arm", "plm", "bein", "jambe", "pierna", "gamba", "perna", "been", "bras", "braccio", "brazo"]
)
REFERENCES: Mapping[str, str] = {  # what an electrode was recorded against, where that is no other electrode
    "ref": "",
    **dict.fromkeys(("av", "avg", "ave", "average", "avr", "car"), "Avg"),
    **dict.fromkeys(("le", "cle", "linked"), "linked ears"),
    "a1a2": "A1A2",
    "m1m2": "M1M2",
}
EARS = frozenset({"a1", "a2", "m1", "m2"})
LEVEL = re.compile(r"(?P<letter>th|[ctlsd])(?P<number>0?[1-9]|1[0-2])")

MIN_PHRASE_LETTERS = 6  # fewer letters of a shortened name ("ti an") could be anything
MIN_JOINED_LETTERS = 3  # fewer after a side ("res", "lip") could be another word


@dataclass(frozen=True, slots=True)
class MuscleName:
    """A name, and the muscles that it can mean; none: EMG of a muscle that the atlas does not have.

    `is_sure` is False for a name that means other things in other laboratories.
    """

    text: str
    muscles: tuple[str, ...]
    is_sure: bool


# -- text to words --------------------------------------------------------------------------------------------


def chunks_of(label: str) -> list[str]:
    """Runs of letters and digits, without accents; control characters part them, invisible ones vanish."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", label) if unicodedata.category(c) not in ("Mn", "Cf"))
    together = re.sub(r"\b(?:[A-Za-z]\.){2,}", lambda initials: initials[0].replace(".", ""), plain)
    return re.findall(r"[A-Za-z0-9$]+", together)


def as_words(chunks: Sequence[str], *, is_emg: bool) -> list[str]:
    """Lower-case words; what is written together (RtAPB, EMGright, TibAntL) is taken apart."""
    return [word for chunk in chunks for word in _apart(chunk, is_emg)]


def _apart(chunk: str, is_emg: bool) -> Iterator[str]:
    whole = chunk.lower()
    if whole in _vocabulary() or LEVEL.fullmatch(whole):
        yield whole
        return
    joined = _joined(is_emg).fullmatch(whole)
    if joined:
        yield from (part for part in joined.groups() if part)
        return
    parts = re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", chunk)
    if len(parts) == 1:
        yield whole
    else:
        for part in parts:
            yield from _apart(part, is_emg)


@cache
def _vocabulary() -> frozenset[str]:
    phrases = _names()
    return frozenset(
        {word for phrase in phrases for word in phrase.split()}
        | {phrase.replace(" ", "") for phrase in phrases}
        | set(KIND_WORDS)
        | set(SURE_SIDES)
        | set(UNSURE_SIDES)
        | set(EYES)
        | BODY_PARTS
    )


@cache
def _joined(is_emg: bool) -> re.Pattern[str]:
    """Kind, side, name, level, number, side in one word; an unsure name where EMG is stated, or a side before it."""
    names = {phrase.replace(" ", ""): is_emg or name.is_sure for phrase, name in _names().items()}
    core = _any_of({text for text, is_sure in names.items() if is_sure} | set(KIND_WORDS) | BODY_PARTS)
    unsure = _any_of({text for text, is_sure in names.items() if not is_sure and len(text) >= MIN_JOINED_LETTERS})
    level, number = "((?:th|[ctls])[0-9]{1,2})", "([0-9]*)"
    before, after = "(left|right|lt|rt|l|r)", "(left|right|lt|rt|l|r|li|re|dx|sx)"
    return re.compile(
        f"(emg|eog|acc)?{before}?{core}{level}?{number}{after}?|{before}{unsure}{number}|{before}{level}|{level}{before}"
    )


def _any_of(words: Iterable[str]) -> str:
    """A group that matches one of the words, a longer one first; none matches nothing."""
    return f"({'|'.join(map(re.escape, sorted(words, key=len, reverse=True))) or '(?!)'})"


# -- names of muscles -----------------------------------------------------------------------------------------


@cache
def _names() -> dict[str, MuscleName]:
    """Every name of ``muscle_names.csv``, in lower case with single spaces."""
    found = {}
    with (files("myosig") / "muscle_names.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            muscles = tuple(filter(None, row["muscles"].split(" + ")))
            for entry in row["names"].split(";"):
                text = entry.strip()
                name = MuscleName(text.lstrip("?"), muscles, is_sure=not text.startswith("?"))
                found[name.text] = name
    return found


@cache
def _by_length() -> dict[int, list[tuple[tuple[str, ...], MuscleName]]]:
    phrases: dict[int, list[tuple[tuple[str, ...], MuscleName]]] = {}
    for phrase, name in _names().items():
        if name.is_sure:
            phrases.setdefault(phrase.count(" ") + 1, []).append((tuple(phrase.split()), name))
    return phrases


@cache
def _compact() -> dict[str, MuscleName]:
    return {phrase.replace(" ", ""): name for phrase, name in _names().items()}


def find_name(words: Sequence[str]) -> tuple[MuscleName | None, int]:
    """The longest name of a muscle that the words begin with, and how many of them it takes."""
    for length in range(min(len(words), max(_by_length())), 0, -1):
        phrase = tuple(words[:length])
        name = _names().get(" ".join(phrase)) or (_compact().get(phrase[0]) if length == 1 else _shortened(phrase))
        if name is not None:
            return name, length
    return None, 0


def _shortened(phrase: tuple[str, ...]) -> MuscleName | None:
    """The name of which each word is the beginning, if it can only be one: abd poll brev."""
    if sum(map(len, phrase)) < MIN_PHRASE_LETTERS or any(len(w) < 2 or w in SURE_SIDES for w in phrase):
        return None
    fitting = [
        name
        for full, name in _by_length().get(len(phrase), ())
        if all(long.startswith(short) for short, long in zip(phrase, full, strict=True))
    ]
    return fitting[0] if len({name.muscles for name in fitting}) == 1 else None


# -- electrodes on the head -------------------------------------------------------------------------------------

_ROWS = {
    "N": "z", "Fp": "z 1 2", "AF": "z 1 2 3 4 5 6 7 8 9 10", "F": "z 1 2 3 4 5 6 7 8 9 10", "FT": "7 8 9 10",
    "FC": "z 1 2 3 4 5 6", "T": "1 2 3 4 5 6 7 8 9 10", "C": "z 1 2 3 4 5 6", "TP": "7 8 9 10", "CP": "z 1 2 3 4 5 6",
    "P": "z 1 2 3 4 5 6 7 8 9 10", "PO": "z 1 2 3 4 5 6 7 8 9 10", "O": "z 1 2 9 10", "I": "z 1 2", "A": "1 2",
    "M": "1 2", "Pg": "1 2", "Sp": "1 2", "Cb": "1 2",
}  # fmt: skip
_ELECTRODES = {f"{row}{n}".lower(): f"{row}{n}" for row, numbers in _ROWS.items() for n in numbers.split()}
_BETWEEN = re.compile(
    r"(afp|aff|fft|ffc|ftt|fcc|ttp|tpp|ccp|cpp|ppo|poo|oi)(z|[0-9]{1,2}h?)|(af|f|ft|fc|t|c|tp|cp|p|po|o|i)[0-9]{1,2}h"
)  # the 10-5 system
_CAP = re.compile(r"[abcd]([1-9]|[12][0-9]|3[0-2])|e([3-9]|[1-9][0-9]|1[0-9]{2}|2[0-5][0-9])")  # BioSemi, EGI
_LEVEL_LIKE = re.compile(r"c[78]|d([1-9]|1[0-2])")


def electrode(word: str) -> str | None:
    """The electrode as 10-20, 10-10 and 10-5 spell it; empty for a number on a cap; None if it is neither."""
    if word in _ELECTRODES:
        return _ELECTRODES[word]
    if _BETWEEN.fullmatch(word):
        return word.upper().replace("AFP", "AFp").replace("H", "h").replace("Z", "z")
    return "" if _CAP.fullmatch(word) and not _LEVEL_LIKE.fullmatch(word) else None
