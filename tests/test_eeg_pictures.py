"""The pictures of the EEG side are drawn, also where nothing could be assessed."""

from dataclasses import replace

import matplotlib
import pytest

matplotlib.use("Agg")

from test_eeg import patient

from myosig import plot
from myosig.localize.eeg import study_eeg


@pytest.fixture(scope="module")
def whole():
    return study_eeg(*patient(601))


@pytest.fixture(scope="module")
def empty():
    rec, jerks = patient(602, n=12)
    return study_eeg(rec.select(kind="emg"), jerks[:0])


def test_average_epochs_and_topography(whole):
    potential = whole.premyoclonic_potential
    assert len(plot.plot_backaverage(potential.average).lines) >= len(potential.average.channels)
    assert plot.plot_trials(potential.average).images[0].get_array().shape == potential.average.trials.shape
    assert plot.plot_topography(replace(potential, verdict="absent")).texts[0].get_text() == potential.why
    dots = plot.plot_topography(potential).collections[0]
    assert len(dots.get_offsets()) == len(potential.average.channels)


def test_coherence_and_cumulant(whole):
    assert "coherence EEG" in plot.plot_coherence(whole.corticomuscular).get_ylabel()
    assert plot.plot_cumulant(whole.corticomuscular).get_xlim()[0] < -100


def test_lags_and_time_frequency(whole):
    assert whole.cooccurrence.why in plot.plot_lags(whole.cooccurrence).texts[0].get_text()  # there are none
    some = replace(whole.cooccurrence, n_discharges=3)
    assert "3 discharges" in plot.plot_lags(some).get_xlabel()
    assert plot.plot_time_frequency(whole.desynchronisation).collections


@pytest.mark.parametrize(
    ("draw", "part"),
    [
        (plot.plot_coherence, "corticomuscular"),
        (plot.plot_cumulant, "corticomuscular"),
        (plot.plot_lags, "cooccurrence"),
        (plot.plot_time_frequency, "desynchronisation"),
    ],
)
def test_what_could_not_be_assessed_says_why(draw, part, empty):
    assert draw(getattr(empty, part)).texts[0].get_text() == getattr(empty, part).why
