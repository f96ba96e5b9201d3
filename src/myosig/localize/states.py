"""What annotations and trigger channels say of the state of the person: sleep stage, posture, task."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from myosig.intervals import Intervals
from myosig.localize.codes import read_codes
from myosig.recording import Recording

MIN_DURATION = 1.0  # s of a state
EPOCH = 20.0  # s of the shortest epoch in which sleep is scored [V2: Rechtschaffen & Kales 1968: 20 or 30 s]
ASLEEP = ("N1", "N2", "N3", "NREM", "REM")

# Words of English, German, French, Spanish and Italian laboratories, without accents
SLEEP = frozenset(["sleep", "asleep", "schlaf", "sommeil", "sueno", "sonno"])
STAGE = frozenset(["stage", "schlafstadium", "stadium", "stade", "estadio", "fase", "stadio"])
AWAKE = frozenset(
    ["w", "wake", "awake", "wakefulness", "wach", "wachheit", "eveil", "veille", "vigilia", "veglia", "despierto"]
)
DREAM = frozenset(["r", "rem", "paradoxal"])
LEVEL = {"0": "wake", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "5": "REM", "i": "N1", "ii": "N2", "iii": "N3"}
LEVEL |= {"iv": "N3"}
# A mark of no duration with one of these lasts until the next [P]
TASK = re.compile(
    r"(at rest|rest(ing)?|relax(ed)?|post(ure|ural)|action|movement|task|distract(ed|ion)|eyes? (open|closed)|"
    r"(arms?|hands?|legs?) (out|up|down|extended|outstretched)|sit(ting)?|stand(ing)?|supine|walk(ing)?|"
    r"(in )?ruhe|haltung|bewegung|ablenkung|augen (auf|zu|offen|geschlossen)|arme (vor|hoch|ausgestreckt)|"
    r"sitz(en|end)|steh(en|end)|liegend|gehen|(au )?repos|mouvement|yeux (ouverts|fermes)|bras (tendus|leves)|assis|"
    r"debout|marche|(en )?reposo|postura|ojos (abiertos|cerrados)|(a )?riposo|occhi (aperti|chiusi))\b"
)
SWITCH = re.compile(r"(.*\w)[ _-]+(?:(on|start|begin|ein|an|beginn|debut)|(off|end|stop|aus|ende|fin))")


def annotated_states(recording: Recording) -> dict[str, Intervals]:
    """When each state held, within the data: annotations, codes of trigger channels, and "sleep" for its stages."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for start, stop, label in (*_lasting(recording), *_switched(recording)):
        spans[label].append((start, stop))
    for label, on in read_codes(recording).items():
        spans[label] += on.drop_short(MIN_DURATION)
    states = {
        label: Intervals.merged(*np.array(pairs).T).intersect(recording.segments)
        for label, pairs in spans.items()
        if pairs
    }
    asleep = [states[stage] for stage in (*ASLEEP, "sleep") if stage in states]
    if asleep:
        states["sleep"] = Intervals.merged(
            np.concatenate([s.start for s in asleep]), np.concatenate([s.stop for s in asleep])
        )
    return {label: times for label, times in states.items() if times.duration >= MIN_DURATION}


def _lasting(recording: Recording) -> Iterator[tuple[float, float, str]]:
    """Start, stop and label of every annotation that lasts; a state marked as a point lasts until the next state."""
    notes = recording.annotations
    order = np.argsort(notes.onset, kind="stable")
    marks = [i for i in order.tolist() if is_state(str(notes.text[i]))]
    until = {i: float(notes.onset[k]) for i, k in pairwise(marks)}
    for i in order.tolist():
        start, length, text = float(notes.onset[i]), float(notes.duration[i]), str(notes.text[i])
        if length >= MIN_DURATION:
            yield start, start + length, plain_label(text, length)
        elif i in marks:
            yield start, until.get(i, recording.tmax), plain_label(text)


def _switched(recording: Recording) -> Iterator[tuple[float, float, str]]:
    """Start, stop and name of what is marked as switched on and off, as "photic on" and "photic off"."""
    notes, began = recording.annotations, dict[str, float]()
    for i in np.argsort(notes.onset, kind="stable").tolist():
        switch = SWITCH.fullmatch(_plain(str(notes.text[i])))
        if switch is None or notes.duration[i] >= MIN_DURATION:
            continue
        if switch[2]:
            began.setdefault(switch[1], float(notes.onset[i]))
        elif switch[1] in began:
            yield began.pop(switch[1]), float(notes.onset[i]), switch[1]


def is_state(text: str) -> bool:
    """Whether a text by itself names a sleep stage, a posture or a task; "S1" may as well number a stimulus.

    Examples
    --------
    >>> [is_state(t) for t in ("Sleep stage 2", "arms outstretched", "Augen zu", "tap", "S1")]
    [True, True, True, False, False]
    """
    return bool(TASK.match(_plain(text)) or _stage(text, surely=True))


def plain_label(text: str, duration: float = 0.0) -> str:
    """One spelling for each sleep stage; everything else as it is said, without surrounding space.

    What may mean something else besides a stage, as "R" or "S2", means it where it lasts for an epoch of sleep scoring.

    Examples
    --------
    >>> [plain_label(t) for t in ("Sleep stage 2", "Schlafstadium N2", "Éveil", "REM", "arms out ", "S2")]
    ['N2', 'N2', 'wake', 'REM', 'arms out', 'S2']
    >>> plain_label("S2", 30.0)
    'N2'
    """
    return _stage(text, surely=duration < EPOCH) or text.strip()


def _stage(text: str, *, surely: bool) -> str | None:
    """The sleep stage that a text names and nothing besides."""
    words = re.findall(r"[a-z]+|[0-9]+|\S", re.sub(r"non-? ?rem", "nrem", re.sub(r"[_:-]", " ", _plain(text))))
    named = SLEEP.union(STAGE).intersection(words)
    rest = [word for word in words if word not in named]
    if not rest:
        return "sleep" if SLEEP & named else None
    first, number = rest[0], rest[-1]
    if len(rest) == 1:
        if first == "nrem":
            return "NREM"
        if first in AWAKE:
            return "wake"
        if first in DREAM and (named or first != "r" or not surely):
            return "REM"
        return LEVEL.get(first) if named else None
    if len(rest) == 2 and (first in ("n", "nrem") or (first == "s" and (named or not surely))) and number.isdigit():
        return LEVEL.get(number)
    return None


def _plain(text: str) -> str:
    """Lower case, without accents and surrounding space."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.strip().lower()) if not unicodedata.combining(c))
