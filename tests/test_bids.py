"""BIDS: EMG and EEG with their tables, joined on one clock; made datasets, and the examples of the standard."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from click.testing import CliRunner

import myosig as ms
from myosig.checkpoint import digest_inputs, fingerprint
from myosig.cli import main
from myosig.errors import MyosigWarning, ParameterError, ReadError
from myosig.io.bids import open_recording, with_events
from myosig.io.bids_layout import find_recordings
from myosig.io.derivatives import NAMES
from myosig.settings import Settings

EMG_RATE, EEG_RATE, SECONDS = 1000, 250, 20


def table(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join("\t".join(row) for row in rows) + "\n")


def noise(seed, labels, rate):
    data = np.random.default_rng(seed).normal(0, 20, (len(labels), SECONDS * rate))
    return ms.from_array(data, sfreq=rate, labels=labels, unit="uV")


@pytest.fixture
def dataset(tmp_path):
    """EMG and EEG of one task in two files, with everything that describes them."""
    root = tmp_path / "study"
    emg, eeg = root / "sub-01" / "emg", root / "sub-01" / "eeg"
    for folder in (emg, eeg):
        folder.mkdir(parents=True)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "made", "BIDSVersion": "1.11.1"}))
    ms.write_edf(noise(1, ["EMG1", "EMG2", "EMG3"], EMG_RATE), emg / "sub-01_task-rest_emg.edf")
    ms.write_edf(noise(2, ["C3", "Cz", "EMG chin"], EEG_RATE), eeg / "sub-01_task-rest_eeg.edf")
    table(
        emg / "sub-01_task-rest_channels.tsv",
        [
            "name",
            "type",
            "units",
            "target_muscle",
            "signal_electrode",
            "reference",
            "group",
            "status",
            "status_description",
        ],
        ["EMG1", "EMG", "uV", "Abductor pollicis brevis", "e1", "bipolar", "right", "good", "n/a"],
        ["EMG2", "EMG", "uV", "Tibialis anterior (left)", "e2", "bipolar", "n/a", "bad", "loose electrode"],
        ["EMG3", "EMG", "uV", "Biceps brachii, Brachioradialis", "e3", "bipolar", "n/a", "n/a", "n/a"],
    )
    table(emg / "sub-01_electrodes.tsv", ["name", "x", "y", "z", "coordinate_system"], ["e3", "1", "2", "3", "leftArm"])
    table(
        eeg / "sub-01_task-rest_channels.tsv",
        ["name", "type", "units", "reference"],
        ["C3", "EEG", "uV", "A2"],
        ["Cz", "EEG", "uV", "A2"],
        ["EMG chin", "EEG", "uV", "n/a"],
    )
    (emg / "sub-01_task-rest_emg.json").write_text(json.dumps({"SamplingFrequency": EMG_RATE}))
    table(
        root / "sub-01" / "sub-01_task-rest_events.tsv",
        ["onset", "duration", "trial_type", "value"],
        ["1.5", "0", "stimulus", "left"],
        ["2.5", "0.2", "stimulus", "right"],
        ["3.5", "n/a", "rest", "n/a"],
    )
    return root


def started(root, emg, eeg):
    table(
        root / "sub-01" / "sub-01_scans.tsv",
        ["filename", "acq_time"],
        ["emg/sub-01_task-rest_emg.edf", emg],
        ["eeg/sub-01_task-rest_eeg.edf", eeg],
    )


def at_one_time(root):
    started(root, "2025-01-01T10:00:00", "2025-01-01T10:00:00")
    return ms.read_bids(root)


def test_both_files_become_one_recording_of_two_rates(dataset):
    recording = at_one_time(dataset)
    assert [(c.label, c.kind, c.sfreq) for c in recording.channels] == [
        ("EMG1", "emg", 1000), ("EMG2", "emg", 1000), ("EMG3", "emg", 1000),
        ("C3", "eeg", 250), ("Cz", "eeg", 250), ("EMG chin", "emg", 250),
    ]  # fmt: skip
    assert recording.tmin == 0
    assert recording.tmax == SECONDS


def test_the_samples_are_those_of_the_files(dataset):
    recording = at_one_time(dataset)
    for kind, labels in (("emg", ["EMG1", "EMG3"]), ("eeg", ["Cz", "C3"])):
        alone = ms.read(
            dataset / "sub-01" / kind / f"sub-01_task-rest_{kind}.edf", channels=dict.fromkeys(labels, kind)
        )
        np.testing.assert_array_equal(recording.read(labels, 3.1, 7.3), alone.read(labels, 3.1, 7.3))


def test_muscle_and_side_come_from_the_tables(dataset):
    first, second, third = at_one_time(dataset).channels[:3]
    assert (first.muscle, first.side, first.reference) == ("abductor pollicis brevis", "right", "bipolar")
    assert (second.muscle, second.side) == ("tibialis anterior", "left")
    assert (third.muscle, third.side, third.segments) == (None, "left", ("C5", "C6"))  # side: of the electrode
    assert first.known["muscle"] == "stated"


def test_filters_and_reference_come_from_the_tables_and_the_settings(dataset):
    folder = dataset / "sub-01" / "emg"
    filters = {"Highpass": {"Half amplitude cutoff (Hz)": 20}, "Low-pass": {"order": 4, "cutoff": "450.5 (Hz)"}}
    settings = {"EMGReference": "bipolar", "HardwareFilters": filters, "SoftwareFilters": "n/a"}
    (folder / "sub-01_task-rest_emg.json").write_text(json.dumps(settings))
    table(
        folder / "sub-01_task-rest_channels.tsv",
        ["name", "type", "low_cutoff", "high_cutoff"],
        ["EMG1", "EMG", "30", "200"],
        ["EMG2", "EMG", "n/a", "1000"],
        ["EMG3", "MISC", "n/a", "n/a"],
    )
    first, second, third = ms.read_bids(dataset, datatype="emg").channels
    assert (first.highpass, first.lowpass, first.reference) == (30, 200, "bipolar")
    assert (second.highpass, second.lowpass, second.reference) == (20, 450.5, "bipolar")
    assert (third.highpass, third.lowpass, third.reference) == (None, None, None)


def test_a_bad_channel_is_kept_with_its_status(dataset):
    from myosig.signals.quality import assess_quality

    recording = at_one_time(dataset)
    assert (recording.channel("EMG2").status, recording.channel("EMG2").status_description) == (
        "bad",
        "loose electrode",
    )
    judged = {quality.channel: quality for quality in assess_quality(recording)}
    assert judged["EMG2"].status == "bad"
    assert "loose electrode" in judged["EMG2"].status_description
    assert judged["EMG1"].status == "good"


def test_events_become_annotations_once(dataset):
    notes = at_one_time(dataset).annotations
    assert notes.onset.tolist() == [1.5, 2.5, 3.5]
    assert notes.duration.tolist() == [0.0, 0.2, 0.0]
    assert notes.text.tolist() == ["stimulus/left", "stimulus/right", "rest"]


def test_a_code_that_the_table_explains_is_the_event(dataset):
    """As mne-bids writes it: "Stimulus/S  1" stays in the BrainVision file, the table says "tap" with the value 1."""
    marks = ms.Annotations([1.5, 2.5, 3.5], [0, 0, 0], np.array(["Stimulus/S  1", "Stimulus/S  2", "rest"], object))
    rows = [{"onset": "1.5", "duration": "0", "trial_type": "tap", "value": "1"}]
    assert with_events(marks, rows).text.tolist() == ["tap", "Stimulus/S  2", "rest"]


def test_a_mark_that_the_table_repeats_without_a_value_is_kept_once():
    marks = ms.Annotations([1.5, 2.5, 2.5], [0, 0, 0], np.array(["tap", "tap", "sound"], object))
    rows = [
        {"onset": "1.5", "duration": "0", "trial_type": "tap"},
        {"onset": "2.5", "duration": "0", "trial_type": "go"},
    ]
    found = with_events(marks, rows)
    assert sorted(zip(found.onset.tolist(), found.text.tolist(), strict=True)) == [
        *((1.5, "tap"), (2.5, "go"), (2.5, "sound"), (2.5, "tap")),
    ]


def test_the_user_wins_over_the_tables(dataset):
    started(dataset, "2025-01-01T10:00:00", "2025-01-01T10:00:00")
    recording = ms.read_bids(dataset, channels={"EMG1": {"muscle": "soleus", "side": "left"}})
    assert (recording.channel("EMG1").muscle, recording.channel("EMG1").side) == ("soleus", "left")


@pytest.mark.parametrize("offset", [0.250, 0.123, -0.123, -4.5])
def test_files_that_start_at_different_times_are_shifted(dataset, offset):
    """Whichever starts first: a mark in both at one moment stays at one moment, to half an EMG sample."""
    started(dataset, "2025-01-01T10:00:10.000000", f"2025-01-01T10:00:{10 + offset:09.6f}")
    recording = ms.read_bids(dataset)
    earliest = min(0.0, offset)
    for label, kind, own in (("EMG1", "emg", 0.0), ("C3", "eeg", offset)):
        alone = ms.read(dataset / "sub-01" / kind / f"sub-01_task-rest_{kind}.edf", channels={label: kind}).read(label)
        there = recording.read(label)
        first = int(np.flatnonzero(np.isfinite(there))[0])
        np.testing.assert_array_equal(there[first : first + 500], alone[:500])
        expected = own - earliest
        assert abs(recording.times(label)[first] - expected) <= 1 / EEG_RATE
    shift = np.flatnonzero(np.isfinite(recording.read("C3")))[0] / EEG_RATE - (
        np.flatnonzero(np.isfinite(recording.read("EMG1")))[0] / EMG_RATE
    )
    assert shift == pytest.approx(offset, abs=0.5 / EMG_RATE + 1e-9)


def test_whole_seconds_and_unknown_starts_are_said(dataset):
    started(dataset, "2025-01-01T10:00:00", "2025-01-01T10:00:02")
    with pytest.warns(MyosigWarning, match="whole seconds"):
        ms.read_bids(dataset)
    (dataset / "sub-01" / "sub-01_scans.tsv").unlink()
    with pytest.warns(MyosigWarning, match="nothing says when"):
        assert ms.read_bids(dataset).tmax == SECONDS


def test_files_of_different_hours_are_not_joined(dataset):
    started(dataset, "2025-01-01T10:00:00.5", "2025-01-01T15:00:00")
    with pytest.raises(ReadError, match="not recorded at the same time"):
        ms.read_bids(dataset)
    assert {c.kind for c in ms.read_bids(dataset, datatype="emg").channels} == {"emg"}


def mark_of(root):
    (found,) = find_recordings(root)
    return fingerprint(open_recording(found), digest_inputs([file.path for file in found.files]), Settings())


@pytest.mark.filterwarnings("ignore::myosig.errors.MyosigWarning")
def test_whatever_changes_in_any_file_of_a_recording_makes_it_another(dataset):
    def swap_starts():
        started(dataset, "2025-01-01T10:00:01", "2025-01-01T10:00:00")

    def change_a_sample_of_the_second_file():
        path = dataset / "sub-01" / "eeg" / "sub-01_task-rest_eeg.edf"
        content = bytearray(path.read_bytes())
        content[-400] ^= 1
        path.write_bytes(content)

    def name_another_muscle():
        path = dataset / "sub-01" / "emg" / "sub-01_task-rest_channels.tsv"
        path.write_text(path.read_text().replace("Abductor pollicis brevis", "Soleus"))

    def move_an_event():
        path = dataset / "sub-01" / "sub-01_task-rest_events.tsv"
        path.write_text(path.read_text().replace("1.5", "1.6"))

    started(dataset, "2025-01-01T10:00:00", "2025-01-01T10:00:01")
    marks = [mark_of(dataset), mark_of(dataset)]
    assert marks[0] == marks[1]
    for change in (swap_starts, change_a_sample_of_the_second_file, name_another_muscle, move_an_event):
        change()
        marks.append(mark_of(dataset))
    assert len(set(marks)) == len(marks) - 1


def test_a_table_that_contradicts_the_file_is_told_and_the_file_taken(dataset):
    path = dataset / "sub-01" / "emg" / "sub-01_task-rest_channels.tsv"
    path.write_text(path.read_text().replace("EMG1\tEMG\tuV", "EMG1\tEMG\tmV"))
    (path.parent / "sub-01_task-rest_emg.json").write_text(json.dumps({"SamplingFrequency": 2000}))
    with pytest.warns(MyosigWarning) as caught:
        recording = ms.read_bids(dataset, datatype="emg")
    told = " ".join(str(w.message) for w in caught)
    assert "EMG1 (mV, not uV)" in told
    assert "2000, not 1000 Hz" in told
    assert np.std(recording.read("EMG1")) == pytest.approx(20, rel=0.05)


def test_a_unit_that_the_file_lacks_comes_from_the_table(dataset):
    path = dataset / "sub-01" / "emg" / "sub-01_task-rest_emg.edf"
    raw = bytearray(path.read_bytes())
    n = int(raw[252:256])
    raw[256 + 96 * n : 256 + 104 * n] = b"        " * n
    path.write_bytes(bytes(raw))
    assert np.std(ms.read_bids(dataset, datatype="emg").read("EMG1")) == pytest.approx(20, rel=0.05)


def test_names_longer_than_edf_holds_are_matched_by_place(dataset):
    folder = dataset / "sub-01" / "emg"
    names = ["L_leg_emg_tibialis_anterior", "L_leg_emg_gastrocnemius_medial", "R_leg_emg_soleus_proximal"]
    ms.write_edf(noise(3, [name[:16] for name in names], EMG_RATE), folder / "sub-01_task-rest_emg.edf")
    table(folder / "sub-01_task-rest_channels.tsv", ["name", "type"], *([name, "EMG"] for name in names))
    recording = ms.read_bids(dataset, datatype="emg")
    assert list(recording.labels) == names
    assert [c.muscle for c in recording.channels] == ["tibialis anterior", "gastrocnemius", "soleus"]


def test_which_recording_is_asked_for(dataset):
    folder = dataset / "sub-02" / "ses-a" / "emg"
    folder.mkdir(parents=True)
    for run in ("01", "02"):
        ms.write_edf(noise(4, ["EMG R APB"], EMG_RATE), folder / f"sub-02_ses-a_task-rest_run-{run}_emg.edf")
    assert [r.name for r in ms.find_recordings(dataset)] == [
        "sub-01_task-rest", "sub-02_ses-a_task-rest_run-01", "sub-02_ses-a_task-rest_run-02",
    ]  # fmt: skip
    with pytest.raises(ReadError, match=r"3 recordings fit.*sub-02_ses-a_task-rest_run-01"):
        ms.read_bids(dataset)
    with pytest.raises(ReadError, match="no recordings fit"):
        ms.read_bids(dataset, subject="03")
    with pytest.warns(MyosigWarning, match=r"channels\.tsv is missing"):
        recording = ms.read_bids(dataset, subject="sub-02", session="a", run=2)
    assert recording.channels[0].muscle == "abductor pollicis brevis"


def test_what_is_no_dataset_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="no dataset_description"):
        ms.read_bids(tmp_path)
    with pytest.raises(ReadError, match="read_bids"):
        ms.read(tmp_path)
    (tmp_path / "dataset_description.json").write_text("{}")
    with pytest.raises(ReadError, match="holds no EMG or EEG"):
        ms.read_bids(tmp_path)
    with pytest.raises(ParameterError, match="datatype"):
        ms.read_bids(tmp_path, datatype="meg")


def test_tables_of_the_session_above_apply_unless_they_name_something_else(dataset):
    table(dataset / "task-rest_events.tsv", ["onset", "duration", "trial_type"], ["9", "1", "above"])
    table(dataset / "task-walk_events.tsv", ["onset", "duration", "trial_type"], ["9", "1", "other"])
    (dataset / "sub-01" / "sub-01_task-rest_events.tsv").unlink()
    assert at_one_time(dataset).annotations.text.tolist() == ["above"]


def test_examples_of_the_standard(shared_data):
    with pytest.warns(MyosigWarning, match="V, not uV"):
        hands = ms.read_bids(shared_data / "bids-emg" / "emg_TwoWristbands")
    assert [c.side for c in hands.channels] == ["left"] * 16 + ["right"] * 16
    with pytest.warns(MyosigWarning):
        parts = ms.read_bids(shared_data / "bids-emg" / "emg_MultiBodyParts")
    assert [c.muscle for c in parts.channels] == ["first dorsal interosseous", "tibialis anterior"]
    with pytest.raises(ReadError, match="header shifted"):
        ms.read_bids(shared_data / "bids-emg" / "emg_Multimodal")


# -- results --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A dataset of one subject with jerks, analysed from the command line: EMG beside EEG, and EMG within EEG."""
    root = tmp_path_factory.mktemp("bids") / "study"
    made = ms.simulate("segmental", seed=30511, duration=20).recording
    few = made.select(labels=made.select(kind="emg").labels[:3])
    for task, parts in (("rest", {"emg": few}), ("walk", {"eeg": few})):
        for kind, recording in parts.items():
            folder = root / "sub-01" / kind
            folder.mkdir(parents=True)
            ms.write_edf(recording, folder / f"sub-01_task-{task}_{kind}.edf")
            rows = [[c.label, c.kind.upper(), c.unit or "n/a"] for c in recording.channels]
            table(folder / f"sub-01_task-{task}_channels.tsv", ["name", "type", "units"], *rows)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "made", "BIDSVersion": "1.11.1"}))
    (root / "sub-02" / "emg").mkdir(parents=True)
    (root / "sub-02" / "emg" / "sub-02_task-rest_emg.edf").write_bytes(b"0       nonsense")
    run = CliRunner().invoke(main, ["analyze", str(root), "--out", str(root / "derivatives" / "myosig"), "--quiet"])
    return run, root / "derivatives" / "myosig"


def test_every_recording_of_a_dataset_is_analysed_and_a_bad_one_named(results):
    run, out = results
    assert run.exit_code == 1
    assert "sub-02_task-rest" in run.output
    assert sorted(path.name for path in (out / "sub-01" / "emg").iterdir()) == sorted(
        f"sub-01_task-rest_{end}" for end in NAMES.values()
    )
    assert (out / "sub-01" / "eeg" / "sub-01_task-walk_desc-jerks_events.tsv").exists()
    assert not (out / "sub-02").exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".myosig")]


def test_derivatives_say_what_made_them_and_what_each_column_is(results):
    out = results[1]
    description = json.loads((out / "dataset_description.json").read_text())
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"] == [{"Name": "myosig", "Version": ms.__version__}]
    for name in ("bursts", "jerks", "silences"):
        described = json.loads((out / f"desc-{name}_events.json").read_text())
        columns = (out / "sub-01" / "emg" / f"sub-01_task-rest_desc-{name}_events.tsv").read_text().split("\n")[0]
        assert columns.startswith("onset\tduration\t")
        assert set(columns.split("\t")[2:]) <= set(described)


@pytest.mark.parametrize("without", [(), ("eeg",)])
def test_the_validator_accepts_the_derivatives(results, tmp_path, without):
    validator = shutil.which("bids-validator-deno")
    if validator is None:
        pytest.skip("the BIDS validator (pip install bids-validator-deno) is not here")
    shutil.copytree(results[1], tmp_path / "myosig", ignore=shutil.ignore_patterns(*without))
    command = [validator, str(tmp_path / "myosig"), "--format", "json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    issues = json.loads(run.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
