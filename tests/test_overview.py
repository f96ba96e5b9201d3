"""The envelopes of the report against the samples they stand for."""

import base64
import zlib

import numpy as np
import pandas as pd
import pytest

import myosig as ms
from myosig.report import overview
from myosig.report.overview import FULL, MISSING, make_overview, viewer_data

KEYS = ("row", "onset", "offset")


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


def test_channels_that_nobody_understood_are_seen_where_there_are_no_others():
    recording = ms.from_array(np.zeros((1, 2000)), sfreq=1000, labels=["EXG1"], unit="uV")
    assert [c.label for c in make_overview(recording).channels] == ["EXG1"]


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


def test_a_day_of_dense_bursts_stays_small_and_exact_near_its_fine_traces(monkeypatch):
    """More marks than can be drawn are joined in the outline, and kept as they are around fine traces."""
    monkeypatch.setattr(overview, "MOST_MARKS", 50)
    rec = ms.from_array(np.zeros((1, 200_000)), sfreq=1000, labels=["EMG R APB"], unit="uV")
    onset = np.arange(0.5, 199.0, 0.4)
    bursts = ms.Bursts.from_frame(pd.DataFrame({"onset": onset, "duration": 0.1, "channel": "EMG R APB"}), rec)
    jerks = ms.group_jerks(bursts)
    view = make_overview(rec, bursts.onset, budget=9000)
    silences = ms.detect_silences(rec, bursts)
    data = viewer_data(view, jerks, silences, bursts.onset, look_at=0.0)
    row, begin, end = (np.frombuffer(zlib.decompress(base64.b64decode(data["bursts"][key])), "<i4") for key in KEYS)
    inside = (onset < view.detail_tmin[0] + 1) & (onset + 0.1 > view.detail_tmin[0])
    assert row.size == begin.size == end.size <= 50 + 4 * len(view.detail_tmin)
    assert set(np.rint(onset[inside] / overview.TICK).astype(int)) <= set(begin.tolist())
    assert begin.min() == 5000


def with_bursts(recording):
    """Both channels jerk at 1.5 and 2.5 s."""
    data = np.tile(recording.read(), 4)
    rng = np.random.default_rng(20032)
    for start in (3000, 5000):
        data[:, start : start + 120] += rng.normal(0, 300, (2, 120))
    return ms.from_array(data, sfreq=2000, labels=["EMG R APB", "EMG L APB"], unit="uV")
