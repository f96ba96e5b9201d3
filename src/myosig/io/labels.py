"""What the label of a channel says: kind, muscle, side, segments, site. Pure text, and nothing is guessed.

The names of muscles stand in ``muscle_names.csv`` beside the atlas, one line a muscle. A name that starts with ``?``
also means other things elsewhere (``IP``, ``abdomen``): it counts only where the label names EMG or a side. A line with
several muscles (``pectoralis major``) tells the segments that they share, but no muscle; a line with none tells only
that the channel is EMG.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from myosig.channel import Kind, Side
from myosig.io.label_words import (
    BODY_PARTS,
    EARS,
    EYES,
    KIND_WORDS,
    LEVEL,
    REFERENCES,
    SURE_SIDES,
    UNSURE_SIDES,
    MuscleName,
    as_words,
    chunks_of,
    electrode,
    find_name,
)
from myosig.muscles import SEGMENTS, Muscle, atlas, cord_position_mm

GROUP_SPREAD_MM = 50.0  # [P] muscles of a group further apart along the cord than this share no usable position
# The first of these that a label names is its kind: an accelerometer on a muscle is none the less an accelerometer.
BEFORE_MUSCLES: tuple[Kind, ...] = ("acc", "emg", "ecg", "eog", "stim", "misc")
AFTER_MUSCLES: tuple[Kind, ...] = ("resp", "eeg")
SIDED: tuple[Kind, ...] = ("emg", "eog", "acc", "stim")
MOST_CHARACTERS = 200  # longer text is no label


@dataclass(frozen=True, slots=True)
class Understood:
    """What a label says; None (or empty) where it does not say.

    Attributes
    ----------
    kind : str or None
    muscle : str or None
        Name in the atlas.
    side : {"left", "right", "midline"} or None
    segments : tuple of str
        Those stated ("Paraspinal T8"), else those of the muscle.
    site : str or None
        Electrode or derivation as 10-20 writes it ("Fp1", "C3-A2").
    """

    kind: Kind | None = None
    muscle: str | None = None
    side: Side | None = None
    segments: tuple[str, ...] = ()
    site: str | None = None


@lru_cache(maxsize=4096)
def understand(label: str, *, kind: Kind | None = None) -> Understood:
    """What the label of a channel says.

    Parameters
    ----------
    label : str
        Any text; upper and lower case, punctuation and control characters do not matter.
    kind : str, optional
        Kind of the channel where it is known: then it is not read from the label, and helps to read the rest.

    Returns
    -------
    Understood
        A word that could mean two things ("L1": left, electrode or segment?) is left out. For a stated level the
        muscle is the one of the atlas that lies nearest.

    Examples
    --------
    >>> understand("EMG Rt Abd Poll Brev")
    Understood(kind='emg', muscle='abductor pollicis brevis', side='right', segments=('C8', 'T1'), site=None)
    >>> understand("L Paraspinal T8").segments, understand("EEG C3-A2").site, understand("T3").kind
    (('T8',), 'C3-A2', 'eeg')
    """
    chunks = chunks_of(label[:MOST_CHARACTERS])
    site = _site(chunks) if kind in (None, "eeg") else None
    if site is not None:
        return Understood(kind="eeg", site=site or None)
    return _Reading.of(chunks, kind).understood()


# -- EEG ----------------------------------------------------------------------------------------------------


def _site(chunks: Sequence[str]) -> str | None:
    """Electrode or derivation if the label is nothing else; empty if it is one of a numbered cap."""
    words = [c.lower() for c in chunks if c.lower() not in ("eeg", "pol")]
    places = [place for word in words if word not in REFERENCES for place in [electrode(word)]]
    if len(places) == 1 and len(words) == 1 and places[0] is None:
        return _fused(words[0])
    if not 1 <= len(places) <= 2 or any(place is None for place in places):
        return None
    if len(words) > len(places) + 1 or words[0] in REFERENCES:
        return None
    named = [place for place in places if place]
    references = [REFERENCES[word] for word in words if word in REFERENCES]
    return "-".join(part for part in [*named, *references] if part) if named else ""


def _fused(word: str) -> str | None:
    """C3A2 -> C3-A2."""
    for at in range(2, len(word) - 1):
        pair = electrode(word[:at]), electrode(word[at:])
        if all(pair):
            return "-".join(place for place in pair if place)
    return None


# -- everything else ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """A label taken apart: the names of muscles in it, and the other words."""

    names: tuple[MuscleName, ...]
    words: tuple[str, ...]
    stated: Kind | None

    @classmethod
    def of(cls, chunks: Sequence[str], stated: Kind | None) -> _Reading:
        is_emg = stated == "emg" or any("emg" in chunk.lower() for chunk in chunks)
        words = as_words(chunks, is_emg=is_emg)
        sides = [word for word in words if word in SURE_SIDES]  # they may stand within a name: rectus abd. R lower
        names, rest = _take_names([word for word in words if word not in SURE_SIDES])
        return cls(tuple(names), (*rest, *sides), stated)

    def understood(self) -> Understood:
        kind = self.kind()
        if kind is None:
            return Understood()
        muscle, segments = self.muscle() if kind == "emg" else (None, ())
        return Understood(kind=kind, muscle=muscle, side=self.side() if kind in SIDED else None, segments=segments)

    def kind(self) -> Kind | None:
        if self.stated is not None:
            return self.stated
        kinds = {KIND_WORDS[w] for w in self.words if w in KIND_WORDS}
        if _are_eyes(self.words):
            kinds.add("eog")
        if any("emg" in w for w in self.words):
            kinds.add("emg")
        muscle: list[Kind] = ["emg"] if self.names_muscle() else []
        order = [*(k for k in BEFORE_MUSCLES if k in kinds), *muscle, *(k for k in AFTER_MUSCLES if k in kinds)]
        return next(iter(order), None)

    def names_muscle(self) -> bool:
        """Whether a muscle is named, or with a side what could be one; or a limb, of which only EMG has a side."""
        words = set(self.words)
        if words & BODY_PARTS and words & (SURE_SIDES.keys() | UNSURE_SIDES.keys()):
            return True
        return any(name.is_sure for name in self.names) or bool(self.names and words & SURE_SIDES.keys())

    def side(self) -> Side | None:
        """The one side that is named; a word that may mean something else counts only where no clear one stands."""
        clear = {side for w in self.words for side in (SURE_SIDES.get(w) or EYES.get(w),) if side}
        sides = clear or {UNSURE_SIDES[w] for w in self.words if w in UNSURE_SIDES}
        return next(iter(sides)) if len(sides) == 1 else None

    def muscle(self) -> tuple[str | None, tuple[str, ...]]:
        """The muscle, where the label names exactly one, and its segments."""
        muscles = [atlas()[m] for m in dict.fromkeys(m for name in self.names for m in name.muscles)]
        levels = tuple(_levels(self.words)) or self._spaces(muscles)
        if levels and len(muscles) > 1:
            return _nearest(muscles, levels).name, levels
        if len(muscles) == 1:
            inside = set(levels) <= set(muscles[0].segments)
            return muscles[0].name, levels if levels and inside else muscles[0].segments
        return None, _shared_segments(muscles)

    def _spaces(self, muscles: Sequence[Muscle]) -> tuple[str, ...]:
        """The intercostal space, where that is what is numbered: the nth is supplied by Tn."""
        numbers = [re.fullmatch("([1-9]|1[0-2])(st|nd|rd|th)?", w) for w in self.words]
        is_intercostal = bool(muscles) and all("intercostal" in m.name for m in muscles)
        return tuple(f"T{n[1]}" for n in numbers if n) if is_intercostal else ()


def _are_eyes(words: Sequence[str]) -> bool:
    """E1-M2: an eye against an ear; E1 alone may be the first electrode of a cap."""
    return bool({"e1", "e2"} & set(words)) and bool(EARS & set(words))


def _take_names(words: Sequence[str]) -> tuple[list[MuscleName], list[str]]:
    """Names of muscles, the longest first, and the words that belong to none."""
    names, rest, at = [], [], 0
    while at < len(words):
        name, length = find_name(words[at:])
        if name is None:
            rest.append(words[at])
        else:
            names.append(name)
        at += max(length, 1)
    return names, rest


def _levels(words: Sequence[str]) -> Sequence[str]:
    """Cord segments that are stated; from the first to the last where there are two, as in T8-10."""
    stated: list[str] = []
    for before, word in pairwise(["", *words]):
        match, first = LEVEL.fullmatch(word), LEVEL.fullmatch(before)
        if match:
            stated.append(_segment(match["letter"], match["number"]))
        elif first and word.isdecimal() and int(word) > int(first["number"]):
            stated.append(_segment(first["letter"], word))
    places = sorted(SEGMENTS.index(s) for s in stated if s in SEGMENTS)
    return SEGMENTS[places[0] : places[-1] + 1] if places else ()


def _segment(letter: str, number: str) -> str:
    return {"th": "T", "d": "T"}.get(letter, letter.upper()) + str(int(number))


def _nearest(muscles: Sequence[Muscle], levels: tuple[str, ...]) -> Muscle:
    """The muscle with the nearest segment; of several, the one whose middle is nearest."""
    place = cord_position_mm(levels)

    def distance(m: Muscle) -> tuple[float, float]:
        return min(abs(cord_position_mm((s,)) - place) for s in m.segments), abs(m.position_mm - place)

    return min(muscles, key=distance)


def _shared_segments(muscles: Sequence[Muscle]) -> tuple[str, ...]:
    """Every segment of a group of neighbours; nothing for a group that is strung out along the cord."""
    places = [m.position_mm for m in muscles]
    if not places or max(places) - min(places) > GROUP_SPREAD_MM:
        return ()
    supplied = {s for m in muscles for s in m.segments}
    return tuple(s for s in SEGMENTS if s in supplied)
