"""Every result shows itself in a notebook, can be pickled and copied, and gives plain values."""

import copy
import pickle

import numpy as np
import pytest

import myosig as ms

RESULTS = ("bursts", "silences", "jerks", "rhythm", "tremor", "synchrony", "spread", "eeg", "phenotype", "localization")
PARTS = ("slow_potential", "desynchronisation", "corticomuscular", "intermuscular", "cooccurrence", "alpha")


@pytest.fixture(scope="module")
def analysis():
    return ms.analyze(ms.simulate("cortical", seed=12, duration=60, n_emg=8, n_eeg=8).recording)


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_itself_and_survives_copies(analysis, name):
    result = getattr(analysis, name)
    assert "<table" in result._repr_html_()
    for twin in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        np.testing.assert_equal(twin.to_dict(), result.to_dict())


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_eeg_shows_itself(analysis, name):
    assert "<table" in getattr(analysis.eeg, name)._repr_html_()


def test_an_analysis_shows_its_verdict_first(analysis):
    shown = analysis._repr_html_()
    assert shown.index("verdict") < shown.index("posterior")
    assert analysis.localization.wording in shown


def test_a_label_cannot_write_html():
    recording = ms.from_array(np.zeros((1, 2000)), sfreq=1000, labels=["<b>APB"], unit="uV")
    assert "<b>" not in recording._repr_html_()
    assert "&lt;b&gt;APB" in recording._repr_html_()


def test_jerks_are_a_frame_with_a_row_each(analysis):
    assert len(analysis.jerks.to_frame()) == len(analysis.jerks) > 0
