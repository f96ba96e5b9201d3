import numpy as np
import pytest
from hypothesis import given, strategies as st

from myosig.errors import ParameterError
from myosig.intervals import Intervals

GRID = 0.5  # membership is compared on a grid of halves, edges lie on whole numbers
edges = st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 8)), max_size=8)


def merged(pairs):
    return Intervals.merged([a for a, _ in pairs], [a + n for a, n in pairs])


def members(intervals):
    return intervals.contains(np.arange(-22, 32, GRID))


@given(edges)
def test_merged_covers_exactly_what_was_given(pairs):
    times = np.arange(-22, 32, GRID)
    naive = [any(a <= t < a + n for a, n in pairs) for t in times]
    assert members(merged(pairs)).tolist() == naive


@given(edges, edges)
def test_set_operations_are_those_of_sets_of_times(one, other):
    a, b = merged(one), merged(other)
    assert np.array_equal(members(a.union(b)), members(a) | members(b))
    assert np.array_equal(members(a.intersect(b)), members(a) & members(b))
    assert np.array_equal(members(a.difference(b)), members(a) & ~members(b))


@given(edges)
def test_duration_is_the_measure(pairs):
    assert merged(pairs).duration == members(merged(pairs)).sum() * GRID


def test_intervals_are_half_open():
    assert Intervals([1], [2]).contains([1.0, 2.0, np.nan]).tolist() == [True, False, False]


def test_touching_intervals_are_kept_apart_by_the_constructor_and_joined_by_union():
    touching = Intervals([0, 1], [1, 2])
    assert len(touching) == 2
    assert touching.union(Intervals()) == Intervals([0], [2])


@pytest.mark.parametrize(
    ("start", "stop", "words"),
    [
        ([1], [1], "not before it stops"),
        ([2, 0], [3, 1], "sort them"),
        ([0, 1], [2, 3], "before interval 0 ends"),
        ([np.nan], [1], "finite"),
        ([0], [np.inf], "finite"),
        ([0, 1], [1], "as many starts as stops"),
    ],
)
def test_what_is_not_sorted_disjoint_and_finite_is_refused(start, stop, words):
    with pytest.raises(ParameterError, match=words):
        Intervals(start, stop)


def test_drop_short():
    some = Intervals([0, 1.1, 5], [1, 2, 5.05])
    assert some.drop_short(0.5) == Intervals([0, 1.1], [1, 2])


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        Intervals([0], [1]).start[0] = 5
