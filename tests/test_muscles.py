"""The atlas against the table of docs/criteria.md, section 2B, value by value and tag by tag."""

import re
from pathlib import Path

import pytest

from myosig.errors import ParameterError
from myosig.muscles import BRAINSTEM_MM, CORD_LENGTH_MM, SEGMENT_PERCENT, SEGMENTS, atlas, cord_position_mm, muscle

CRITERIA = (Path(__file__).parents[1] / "docs" / "criteria.md").read_text(encoding="utf-8")
SECTION_2B = CRITERIA.split("### 2B.")[1].split("### 2C.")[0]
SECTION_2C = CRITERIA.split("### 2C.")[1].split("### 2D.")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in SECTION_2B.splitlines()
    if re.match(r"\| \d+ \|", line)
]
MUSCLES = list(atlas().values())


def number_and_tag(cell, default):
    """(value, tag, whether it carries the dagger) of a cell such as '10.5† [D]'."""
    found = re.fullmatch(r"([0-9.]+)(†?)\s*(?:\[(\w+)\])?", cell)
    return float(found[1]), found[3] or default, bool(found[2])


def segments_of(text):
    """'C2–C3', 'S1 / L5' or '(L5)S1–S2' as a set of segments."""
    named = set()
    for first, last in re.findall(r"([CTLS]\d+)(?:–([CTLS]\d+))?", text.replace("XI", "").replace("V3", "")):
        named |= set(SEGMENTS[SEGMENTS.index(first) : SEGMENTS.index(last or first) + 1])
    return named


@pytest.mark.parametrize(("entry", "row"), list(zip(MUSCLES, ROWS, strict=True)), ids=lambda v: getattr(v, "name", ""))
def test_row_agrees_with_the_criteria(entry, row):
    number, _, innervation, dominant, root, mep, position = row
    assert entry.number == int(number)
    value, tag, is_from_motoneuron = number_and_tag(root, "M")
    assert (entry.root_to_muscle, entry.root_tag) == (pytest.approx(value / 1000), tag)
    assert entry.from_motoneuron == is_from_motoneuron
    value, tag, _ = number_and_tag(mep, "M")
    assert (entry.mep, entry.mep_tag) == (pytest.approx(value / 1000), tag)
    if position == "brainstem":
        assert entry.dominant[0] in BRAINSTEM_MM
        assert (entry.position_mm, entry.position_tag) == (BRAINSTEM_MM[entry.dominant[0]], "M")
    else:
        assert (entry.position_mm, entry.position_tag) == (float(position), "D")
        assert set(entry.segments) == segments_of(innervation)
        assert set(entry.dominant) == segments_of(dominant)


def test_first_word_of_each_name_agrees_with_the_criteria():
    shorthand = {"ECR", "FCR", "EDC", "ECU", "FDS", "FCU", "EIP", "APB", "FDI", "ADM", "EDB"}
    for entry, row in zip(MUSCLES, ROWS, strict=True):
        name = row[1]
        words = set(re.findall(r"[a-z]+", name))
        known_as = set(entry.name.split()) | {entry.abbreviation}
        assert words & known_as or name.split()[0] in shorthand & known_as, (name, entry.name)


def test_segment_lengths_agree_with_the_criteria():
    stated = dict(re.findall(r"\b([CTLS]\d+) (\d\.\d)\b", SECTION_2C))
    assert {name: float(percent) for name, percent in stated.items()} == SEGMENT_PERCENT


def test_segment_middles_agree_with_the_criteria():
    line = next(line for line in SECTION_2C.splitlines() if line.startswith("430 mm"))
    for name, millimetres in re.findall(r"\b([CTLS]\d+) (\d+)\b", line.split(":")[1]):
        assert cord_position_mm((name,)) == pytest.approx(float(millimetres), abs=0.5001), name
    assert CORD_LENGTH_MM == 430


def test_positions_are_the_middle_of_the_dominant_segments():
    for entry in MUSCLES:
        if entry.region != "cranial":
            assert cord_position_mm(entry.dominant) == pytest.approx(entry.position_mm, abs=1.0), entry.name


def test_unverified_conduction_times_are_of_low_confidence():
    assert muscle("APB").confidence == "high"
    assert muscle("TA").confidence == "low"
    assert sum(m.confidence == "high" for m in MUSCLES) == sum("[" in row[4] for row in ROWS)


def test_unknown_muscle_says_what_it_could_have_been():
    with pytest.raises(ParameterError, match="did you mean 'tibialis anterior'"):
        muscle("tibialis anteriro")
