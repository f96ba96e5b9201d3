"""The envelopes of the report against the samples they stand for."""

import numpy as np
import pytest

import myosig as ms
from myosig.overview import FULL, MISSING, make_overview


@pytest.fixture
def recording():
    rng = np.random.default_rng(20031)
    return ms.from_array(rng.normal(0, 10, (2, 8000)), sfreq=2000, labels=["EMG R APB", "EMG L APB"], unit="uV")


def test_every_bin_holds_the_extremes_of_its_samples(recording):
    view = make_overview(recording)
    samples = recording.read("EMG R APB").reshape(-1, round(view.bin * 2000))
    step = view.scale[0] / FULL
    spread = (view.high[0].astype(float) - view.low[0]) * step
    inside = np.abs(view.high[0]) < FULL
    inside &= np.abs(view.low[0]) < FULL
    assert inside.sum() > 0.9 * inside.size
    np.testing.assert_allclose(spread[inside], np.ptp(samples, axis=1)[inside], atol=1.01 * step)


def test_the_budget_holds(recording):
    view = make_overview(recording, budget=2000)
    assert view.low.nbytes + view.high.nbytes <= 2000 + 4


def test_a_gap_is_marked_as_missing(recording):
    data = recording.read()
    data[0, 2000:4000] = np.nan
    view = make_overview(ms.from_array(data, sfreq=2000, labels=["EMG R APB", "EMG L APB"], unit="uV"))
    assert (view.low[0, 1000:2000] == MISSING).all()
    assert (view.low[1] != MISSING).all()


def test_a_long_recording_is_fine_around_its_jerks(recording):
    jerks = ms.group_jerks(ms.detect_bursts(with_bursts(recording)))
    view = make_overview(with_bursts(recording), jerks.onset, budget=4100)
    assert view.bin > 0.005
    assert view.low.nbytes + view.high.nbytes + view.detail_low.nbytes + view.detail_high.nbytes <= 4100 + 4
    assert len(view.detail_tmin) == 1
    samples = with_bursts(recording).read("EMG R APB", view.detail_tmin[0], view.detail_tmin[0] + 1.0)
    step = view.scale[0] / FULL
    expected = samples.reshape(-1, 4).max(axis=1) - view.middle[0]
    inside = np.abs(view.detail_high[0, 0].astype(float)) < FULL
    np.testing.assert_allclose(view.detail_high[0, 0][inside] * step, expected[inside], atol=0.51 * step)


def with_bursts(recording):
    """Both channels jerk at 1.5 and 2.5 s."""
    data = np.tile(recording.read(), 4)
    rng = np.random.default_rng(20032)
    for start in (3000, 5000):
        data[:, start : start + 120] += rng.normal(0, 300, (2, 120))
    return ms.from_array(data, sfreq=2000, labels=["EMG R APB", "EMG L APB"], unit="uV")
