"""Bursts and jerks as marks in other programs, corrected there, and back."""

import mne
import numpy as np
import pandas as pd
import pytest

import myosig as ms
from myosig.annotations import Annotations
from myosig.marks import Mark, without_marks


@pytest.fixture(scope="module")
def recording():
    return ms.simulate("segmental", seed=70001, duration=40, n_eeg=0).recording


@pytest.fixture(scope="module")
def bursts(recording):
    found = ms.detect_bursts(recording)
    assert len(found) > 20
    return found


@pytest.mark.parametrize("text", ["burst@@EMG R APB", "burst: cross-talk@@a@@b", "jerk", "silence@@x: y"])
def test_the_text_of_a_mark_is_read_as_it_was_written(text):
    assert str(Mark.parse(text)) == text


@pytest.mark.parametrize("text", ["bursts@@EMG", "a burst", "Burst", "jerky", "spike@@C3"])
def test_other_annotations_are_no_marks(text):
    assert Mark.parse(text) is None


@pytest.mark.parametrize("form", ["to_annotations", "to_epoch", "to_marks"])
def test_bursts_survive_every_form(recording, bursts, form):
    marks = getattr(bursts, form)()
    assert ms.Bursts.from_annotations(marks, recording).equals(bursts)


def test_bursts_survive_their_table(recording, bursts, tmp_path):
    bursts.to_tsv(tmp_path / "bursts.tsv")
    assert ms.read_bursts(tmp_path / "bursts.tsv", recording).equals(bursts)


def test_bursts_survive_the_files_of_mne(recording, bursts, tmp_path):
    bursts.to_annotations().save(tmp_path / "bursts-annot.fif")
    assert ms.read_bursts(tmp_path / "bursts-annot.fif", recording).equals(bursts)


def test_marks_in_a_raw_of_mne_keep_their_times(recording, bursts):
    raw = recording.select(kind="emg").to_mne()
    raw.set_annotations(bursts.to_annotations(recording))
    assert ms.Bursts.from_annotations(raw.annotations, recording).equals(bursts)


def test_marks_of_a_cropped_recording_keep_their_times(recording, bursts):
    part = recording.crop(10.0, 30.0)
    found = ms.detect_bursts(part)
    raw = part.select(kind="emg").to_mne()
    raw.set_annotations(found.to_annotations(part))
    assert ms.Bursts.from_annotations(raw.annotations, part).equals(found)


def test_a_moved_mark_is_measured_between_its_own_edges(recording, bursts):
    frame = bursts.to_frame()
    frame.loc[3, "onset"] += 0.004
    frame.loc[3, "duration"] -= 0.004
    moved = ms.Bursts.from_frame(frame.drop(columns="offset"), recording)
    row = int(np.flatnonzero(np.isclose(moved.onset, frame.loc[3, "onset"]))[0])
    others = np.arange(len(moved)) != row
    assert moved[others].equals(bursts[np.arange(len(bursts)) != 3])
    assert np.isnan(moved.onset_se[row])
    assert 0 < moved.amplitude[row] <= bursts.amplitude[3] * 1.01
    assert moved.onset[row] <= moved.peak_time[row] <= moved.offset[row]


def test_what_is_measured_of_a_mark_is_what_the_detector_measures(recording, bursts):
    """Moved by 20 µs, a mark is no longer the detected burst; its measures are nearly those."""
    frame = bursts.to_frame()[["onset", "duration", "channel"]]
    frame["onset"] += 2e-5
    hand = ms.Bursts.from_frame(frame, recording)
    assert np.isnan(hand.onset_se).all()
    for name in ("amplitude", "rms", "area"):
        assert np.allclose(getattr(hand, name), getattr(bursts, name), rtol=0.02), name
    assert np.mean(np.abs(hand.peak_time - bursts.peak_time) < 1e-3) > 0.95  # two peaks may be equally high
    assert np.median(np.abs(hand.snr - bursts.snr)) < 1.0
    assert np.array_equal(hand.n_peaks > 1, bursts.n_peaks > 1)


def test_suspicion_travels_with_the_mark(recording, bursts):
    frame = bursts.to_frame()
    frame["suspect"] = ["cross-talk"] + [""] * (len(frame) - 1)
    doubted = ms.Bursts.from_frame(frame, recording)
    again = ms.Bursts.from_annotations(doubted.to_annotations(), recording)
    assert again.suspect[0] == "cross-talk"
    assert again.equals(doubted)


def table(**changes):
    row = {"onset": [1.0, 2.0], "duration": [0.1, 0.1], "channel": ["EMG R APB", "EMG R APB"]} | changes
    return pd.DataFrame(row)


@pytest.fixture(scope="module")
def flat():
    rng = np.random.default_rng(70002)
    data = rng.normal(0, 5, (2, 10_000))
    return ms.from_array(data, sfreq=1000, labels=["EMG R APB", "C3"], unit="uV", channels={"C3": "eeg"})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (table(channel=["EMG L APB"] * 2), "there is no channel 'EMG L APB'"),
        (table(channel=["C3"] * 2), "'C3' is eeg"),
        (table(duration=[0.1, 0.0]), "must end after it begins"),
        (table(onset=[1.0, 1.05]), "overlap"),
        (table(onset=[1.0, 99.0]), "no data"),
        (table(onset=["x", 2.0]), "row 1 of the table has 'x' for its onset"),
        (table(onset=[None, 2.0]), "row 1"),
        (table().drop(columns="channel"), "no column 'channel'"),
        (table().drop(columns="duration"), "no column 'duration'"),
    ],
)
def test_a_mark_that_makes_no_sense_is_named(flat, frame, message):
    with pytest.raises(ms.ParameterError, match=message):
        ms.Bursts.from_frame(frame, flat)


def test_a_mark_without_a_channel_says_how_to_give_it_one(flat):
    with pytest.raises(ms.ParameterError, match="shift-click"):
        ms.Bursts.from_annotations(mne.Annotations([1.0], [0.1], ["burst"]), flat)


def test_a_mark_across_a_gap_is_measured_where_there_are_data():
    rng = np.random.default_rng(70003)
    rec = ms.from_array(rng.normal(0, 5, (1, 10_000)), sfreq=1000, labels=["EMG R APB"], unit="uV")
    part = rec.crop(0, 1.05)
    hand = ms.Bursts.from_frame(table(onset=[0.5, 1.0]), part)
    assert hand.cut.tolist() == [False, True]
    assert np.isfinite(hand.amplitude).all()


def test_jerks_survive_every_form(recording, bursts, tmp_path):
    jerks = ms.group_jerks(bursts)
    for marks in (jerks.to_annotations(), jerks.to_epoch(), jerks.to_marks()):
        again = ms.Jerks.from_annotations(marks, bursts, recording)
        assert again.equals(jerks)
        assert np.array_equal(again.member, jerks.member)
    jerks.to_tsv(tmp_path / "jerks.tsv")
    again = ms.read_jerks(tmp_path / "jerks.tsv", bursts, recording)
    assert again.equals(jerks)
    assert np.array_equal(again.volley >= 0, jerks.volley >= 0)


def test_two_jerks_joined_by_hand_are_one(recording, bursts):
    jerks = ms.group_jerks(bursts)
    frame = jerks.to_table()[["onset", "duration"]]
    frame.loc[0, "duration"] = jerks.offset[1] - jerks.onset[0]
    joined = ms.Jerks.from_frame(frame.drop(index=1), bursts)
    assert len(joined) == len(jerks) - 1
    assert joined.n_bursts[0] == jerks.n_bursts[:2].sum()
    assert joined[1:].to_table().equals(jerks[2:].to_table())


def test_a_jerk_without_bursts_is_refused(bursts):
    with pytest.raises(ms.ParameterError, match="no burst begins in the jerk"):
        ms.Jerks.from_frame(pd.DataFrame({"onset": [0.0], "duration": [0.001]}), bursts)


def test_own_marks_are_no_conditions(recording, bursts):
    notes = bursts.to_marks()
    stage = Annotations([0.0], [30.0], np.array(["burst of laughter"], dtype=object))
    both = Annotations(*(np.concatenate([getattr(stage, n), getattr(notes, n)]) for n in ("onset", "duration", "text")))
    assert without_marks(recording.with_annotations(both)).annotations.text.tolist() == ["burst of laughter"]


def test_an_analysis_of_corrected_bursts_says_so(recording, bursts):
    kept = bursts[bursts.labels != bursts.labels[0]]
    result = ms.analyze(recording, bursts=kept)
    assert result.bursts.equals(kept)
    assert result.to_dict()["settings"]["bursts"] == "corrected by hand"
    with pytest.raises(ms.ParameterError, match="--bursts"):
        ms.analyze(recording, settings=result.settings)
