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


def test_what_was_measured_and_what_was_told_show_themselves(analysis):
    shown = analysis.findings._repr_html_()
    assert "<summary>rhythm</summary>" in shown
    assert analysis.rhythm.why.split("<")[0] in shown
    assert "nothing stated" in ms.Context()._repr_html_()
    assert "giant" in ms.Context(note="giant SEP")._repr_html_()
    assert "as recorded" in analysis.settings._repr_html_()


def test_a_judgement_within_a_result_shows_verdict_and_why(analysis):
    assert f"{analysis.eeg.alpha.verdict}: " in analysis.eeg._repr_html_()


def test_a_label_cannot_write_html():
    recording = ms.from_array(np.zeros((1, 2000)), sfreq=1000, labels=["<b>APB"], unit="uV")
    for shown in (recording, recording.channels[0]):
        assert "<b>" not in shown._repr_html_()
        assert "&lt;b&gt;APB" in shown._repr_html_()


def test_jerks_are_a_frame_with_a_row_each(analysis):
    assert len(analysis.jerks.to_frame()) == len(analysis.jerks) > 0
