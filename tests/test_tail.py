"""Arrays that grow at the end and are forgotten from the beginning hold what a list would."""

import numpy as np
from hypothesis import given, settings, strategies as st

from myosig.detect.tail import Tail


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60))))
def test_holds_what_a_list_would(steps):
    tail, kept = Tail(np.int64, (2,)), np.empty((0, 2), np.int64)
    for step, (added, forgotten) in enumerate(steps):
        rows = np.arange(2 * added).reshape(-1, 2) + 1000 * step
        tail.append(rows)
        kept = np.concatenate([kept, rows])
        forgotten = min(forgotten, len(kept))
        tail.forget(forgotten)
        kept = kept[forgotten:]
        assert len(tail) == len(kept)
        np.testing.assert_array_equal(tail.rows, kept)


def test_memory_is_bounded_by_what_is_kept():
    tail = Tail(np.float32)
    for _ in range(1000):
        tail.grow(100)[:] = 1
        tail.forget(max(0, len(tail) - 300))
    assert tail.rows.base.size <= 2 * 400
