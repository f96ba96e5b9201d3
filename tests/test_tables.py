from dataclasses import dataclass

import numpy as np
import pytest

from myosig.errors import ParameterError
from myosig.tables import EventTable, FloatColumn, IntColumn, TextColumn


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Blinks(EventTable):
    onset: FloatColumn
    eye: TextColumn
    size: IntColumn
    source: str = "nobody"


@pytest.fixture
def blinks():
    return Blinks(onset=[1.0, np.nan, 3.0], eye=["left", "<b>right</b>", "left"], size=[1, 2, 3], source="test")


def test_columns_are_typed_and_read_only(blinks):
    assert blinks.onset.dtype == np.float64
    assert blinks.size.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        blinks.onset[0] = 2


def test_columns_do_not_follow_the_array_they_were_made_from():
    onset = np.array([1.0])
    table = Blinks(onset=onset, eye=["left"], size=[1])
    onset[0] = 9
    assert table.onset[0] == 1.0


def test_unequal_columns_are_refused():
    with pytest.raises(ParameterError, match="equally long"):
        Blinks(onset=[1.0], eye=["left", "left"], size=[1])


@pytest.mark.parametrize("rows", [slice(0, 2), [0, 1], np.array([True, True, False])])
def test_rows_are_selected_and_the_rest_is_kept(blinks, rows):
    part = blinks[rows]
    assert len(part) == 2
    assert part.size.tolist() == [1, 2]
    assert part.source == "test"


def test_an_empty_selection_is_a_table(blinks):
    assert len(blinks[np.zeros(3, dtype=bool)]) == 0
    assert len(blinks[[]]) == 0


def test_equal_tables_are_equal_with_nan(blinks):
    assert blinks.equals(blinks[:])
    assert not blinks.equals(blinks[:2])
    assert not blinks.equals("something else")


def test_frame_has_one_row_an_event(blinks):
    frame = blinks.to_frame()
    assert list(frame.columns) == ["onset", "eye", "size"]
    assert len(frame) == 3


def test_notebook_view_escapes_text(blinks):
    assert "<b>right" not in blinks._repr_html_()
    assert "&lt;b&gt;right" in blinks._repr_html_()


def test_notebook_view_is_short():
    many = Blinks(onset=np.arange(50.0), eye=["left"] * 50, size=np.arange(50))
    assert "40 more" in many._repr_html_()
