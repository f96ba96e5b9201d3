"""The pictures show what they claim: every channel, every stretch, the fitted speed."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import myosig as ms
from myosig.intervals import Intervals
from myosig.signals.quality import ChannelQuality, Problem


@pytest.fixture(scope="module")
def analysis():
    recording = ms.simulate("propriospinal", seed=7101, duration=120).recording
    return ms.analyze(recording)


def test_the_montage_shows_every_muscle_and_electrode(analysis):
    texts = [t.get_text() for t in ms.plot_montage(analysis.recording, analysis.jerks).texts]
    for channel in analysis.recording.select(kind="emg").channels:
        assert any(text.startswith(channel.label) and text.endswith("%") for text in texts)
    assert {"C3", "Cz"} <= set(texts)


def test_the_right_side_is_on_the_left(analysis):
    place = {t.get_text().split("  ")[0]: t.get_position()[0] for t in ms.plot_montage(analysis.recording).texts}
    assert all(place[c.label] < 0 for c in analysis.recording.select(kind="emg", side="right").channels)


def test_quality_draws_even_a_short_stretch_of_a_long_recording():
    recording = ms.from_array(np.zeros((1, 100_000)), sfreq=10, labels=["EMG R APB"], unit="uV")
    short = Problem("clipped", Intervals([5000.0], [5000.5]), "clipped", True)
    ax = ms.plot_quality([ChannelQuality("EMG R APB", (short,))], recording)
    widths = [np.ptp(path.get_extents().intervalx) for c in ax.collections for path in c.get_paths()]
    assert min(widths) > 10
    assert "clipped" in [t.get_text() for t in ax.texts]


def test_the_overlay_has_a_row_for_each_muscle(analysis):
    ax = ms.plot_overlay(analysis.recording, analysis.jerks)
    assert len(ax.get_yticks()) == len(analysis.jerks.channels)
    assert len(ax.collections) == len(analysis.jerks.channels)


def test_the_raster_shows_sleep_as_a_hypnogram(analysis):
    states = {"N2": Intervals([0.0], [30.0]), "wake": Intervals([30.0], [60.0]), "sleep": Intervals([0.0], [30.0])}
    rows = [t.get_text() for t in ms.plot_raster(analysis.jerks, states=states).get_yticklabels()]
    assert rows[:2] == ["N2", "wake"]
    assert "sleep" not in rows


def test_the_fitted_speed_is_drawn_where_it_was_resolved(analysis):
    ax = ms.plot_recruitment(analysis.spread)
    drawn = "fitted speed" in [t.get_text() for t in ax.get_legend().get_texts()]
    assert drawn == (analysis.spread.velocity is not None)
