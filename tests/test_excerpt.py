"""Of a very long recording, EEG and tremor are told from some minutes, and the result says from how many."""

import numpy as np
import pytest

import myosig as ms
from myosig.channel import Channel
from myosig.intervals import Intervals
from myosig.recording import Recording
from myosig.signals import excerpt
from myosig.signals.excerpt import draw_minutes


class Silent:
    def read(self, rows, start, stop):
        return np.zeros((len(rows), stop - start), np.float32)


def night(layout):
    channel = Channel("EMG R APB", "emg", 1000.0, "uV", round(layout.duration * 1000))
    return Recording([channel], Silent(), layout=layout)


def test_two_hours_are_examined_whole():
    recording = night(Intervals([0.0], [7200.0]))
    assert draw_minutes(recording, np.array([5.0])) is recording


def test_minutes_with_jerks_go_first_and_the_draw_is_repeatable():
    recording = night(Intervals([0.0, 40_000.0], [30_000.0, 90_000.0]))
    few = np.sort(np.random.default_rng(501).choice(30_000, 50).astype(float))
    part = draw_minutes(recording, few, seed=3)
    assert part.duration == pytest.approx(7200, abs=60)
    assert part.segments.contains(few).all()
    assert part.segments == draw_minutes(recording, few, seed=3).segments
    assert part.segments != draw_minutes(recording, few, seed=4).segments
    many = np.arange(0, 30_000, 7.0)
    inside = draw_minutes(recording, many, seed=3).segments
    assert inside == inside.intersect(recording.segments)
    assert inside.stop.max() <= 30_000  # every minute of the first part has jerks, so none of the second is drawn


def test_an_hour_is_enough_where_it_holds_thousands_of_jerks():
    recording = night(Intervals([0.0], [40_000.0]))
    often = np.arange(0, 40_000, 1.5)
    assert draw_minutes(recording, often, seed=3).duration == pytest.approx(3600, abs=60)
    seldom = np.arange(0, 40_000, 2.5)  # 2000 in 83 minutes
    assert draw_minutes(recording, seldom, seed=3).duration == pytest.approx(5000, abs=120)


def test_the_result_says_what_was_examined(monkeypatch):
    monkeypatch.setattr(excerpt, "LONGEST", 120.0)
    monkeypatch.setattr(excerpt, "SHORTEST", 60.0)
    recording = ms.simulate("cortical", seed=502, duration=300.0).recording
    result = ms.analyze(recording)
    told = result.to_dict()["excerpt"]
    assert told["duration_s"] <= 120 < told["of_s"] == 300
    assert 0 < told["n_jerks"] < told["of_jerks"] == len(result.jerks)
    assert result.eeg.cooccurrence.n_jerks == told["n_jerks"]
    assert result.eeg.corticomuscular.n <= 120
    assert ms.analyze(recording).eeg.correlate == result.eeg.correlate
