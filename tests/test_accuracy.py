"""The floor of the accuracy table on fixed seeds, and long bursts that stay whole, in the world of the benchmark."""

import sys
from pathlib import Path

import numpy as np
import pytest
from test_bursts import recording

from myosig.detect.bursts import detect_bursts

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from burst_world import score, world


@pytest.mark.parametrize(
    ("snr_db", "f1", "onset_ms", "offset_ms"), [(5, 0.82, 6, 10), (10, 0.95, 2.5, 4), (20, 0.97, 1, 1.5)]
)
def test_floor(snr_db, f1, onset_ms, offset_ms):
    w = world(881, snr_db)
    found = detect_bursts(recording(w.x, w.sfreq))
    scored = score((w.onset, w.offset), (found.onset, found.offset))
    assert scored.f1 >= f1
    assert np.median(np.abs(scored.onset)) * 1e3 <= onset_ms
    assert np.median(np.abs(scored.offset)) * 1e3 <= offset_ms
