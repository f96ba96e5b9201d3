"""How likely a potential would have been seen."""

import numpy as np
import pytest

from myosig.localize.cortex.power import sizes_needed, usual_sizes


def test_sizes_needed_are_those_at_which_the_largest_look_passes_the_threshold():
    rng = np.random.default_rng(61)
    noise, gain = rng.standard_normal((30, 5)), rng.uniform(-0.5, 1.0, (4, 5))
    needed = sizes_needed(noise, gain, 3.0)
    for wave, row in zip(gain, needed, strict=True):
        for one, size in zip(noise, row, strict=True):
            assert np.abs(one + 1.001 * size * wave).max() >= 3.0
            assert size == 0 or np.abs(one + 0.999 * size * wave).max() < 3.0


def test_nine_in_ten_usual_sizes_lie_in_the_range():
    sizes = usual_sizes(5.0, 20.0)
    assert np.sum((sizes > 5) & (sizes < 20)) == 18
    assert np.exp(np.log(sizes).mean()) == pytest.approx(10.0)
