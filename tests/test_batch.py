"""Cohorts: what fails, what is kept, what is done again; the same whoever does the work."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import myosig as ms
from myosig.cli import main
from myosig.cohort import find_members
from myosig.settings import Settings


def read_or_die(path: Path):
    if path.stem == "poison":
        os._exit(9)
    return ms.read(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    for k, pattern in enumerate(("segmental", "none")):
        ms.write_edf(ms.simulate(pattern, seed=20040 + k, duration=30).recording, folder / f"{pattern}.edf")
    (folder / "broken.edf").write_bytes(b"0       nothing of the kind")
    return folder


@pytest.fixture(scope="module")
def cohort(folder):
    return sorted(folder.glob("*.edf"))


@pytest.fixture(scope="module")
def serial(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("serial")
    return out, ms.analyze_many([folder], out=out, workers=1)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bad_file_is_named_and_stops_nobody(serial):
    out, outcomes = serial
    assert [(o.name, o.status) for o in outcomes] == [("broken", "failed"), ("none", "done"), ("segmental", "done")]
    table = pd.read_csv(out / "recordings.tsv", sep="\t")
    assert list(table.recording[table.failed]) == ["broken"]
    assert "ReadError" in table.reason[0]


def test_what_was_doubtful_is_told_of_each_recording(tmp_path, recwarn):
    noise = np.random.default_rng(166_001).normal(0, 20, (1, 20_000))
    ms.write_edf(ms.from_array(noise, sfreq=2000, labels=["EXG1"], unit="uV"), tmp_path / "unnamed.edf")
    (outcome,) = ms.analyze_many([tmp_path / "unnamed.edf"], out=tmp_path / "out", workers=1)
    assert len(outcome.warnings) == 1
    assert "channels={'EXG1': 'emg'}" in outcome.warnings[0]
    assert outcome.warnings[0] in (tmp_path / "out" / "recordings.tsv").read_text()
    assert not recwarn


def test_tables_of_the_cohort_hold_all_recordings(serial):
    out, _ = serial
    bursts = pd.read_csv(out / "all_bursts.tsv", sep="\t")
    alone = pd.read_csv(out / "segmental" / "bursts.tsv", sep="\t")
    assert len(alone) > 0
    pd.testing.assert_frame_equal(
        bursts[bursts.recording == "segmental"].drop(columns="recording").reset_index(drop=True),
        alone,
        check_dtype=False,
    )
    assert list(pd.read_csv(out / "verdicts.tsv", sep="\t").recording) == ["none", "segmental"]


def test_only_what_changed_is_done_again(cohort, tmp_path):
    copies = [tmp_path / path.name for path in cohort]
    for path, copy in zip(cohort, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    out = tmp_path / "out"
    ms.analyze_many(copies, out=out, workers=1)
    before = contents(out)
    assert [o.status for o in ms.analyze_many(copies, out=out, workers=1)] == ["failed", "kept", "kept"]
    assert contents(out) == before
    (out / "none" / "bursts.tsv").unlink()
    copies[2].write_bytes(copies[1].read_bytes())
    assert [o.status for o in ms.analyze_many(copies, out=out, workers=1)] == ["failed", "done", "done"]
    other = ms.analyze_many(copies, out=out, workers=1, settings=Settings(seed=1))
    assert [o.status for o in other] == ["failed", "done", "done"]


def test_processes_give_the_same_bytes_and_survive_a_death(cohort, serial, tmp_path, tmp_path_factory):
    out = tmp_path_factory.mktemp("pool")  # as deep as the serial results: they hold the way from there to the file
    poison = tmp_path / "poison.edf"
    poison.write_bytes(cohort[1].read_bytes())
    outcomes = ms.analyze_many([*cohort, poison], out=out, read=read_or_die, workers=2)
    assert [o.status for o in outcomes] == ["failed", "done", "done", "failed"]
    assert outcomes[-1].reason == "the worker process died"
    pooled = contents(out)
    for name, data in contents(serial[0]).items():
        if name != "recordings.tsv":
            assert pooled[name] == data, name


def test_no_recording_is_an_error(tmp_path):
    with pytest.raises(ms.ParameterError, match="no recording"):
        ms.analyze_many([], out=tmp_path)


def test_folders_lists_and_equal_names(tmp_path):
    for name in ("a/night.edf", "b/night.bdf", "b/night.edf", "b/notes.tsv", ".hidden/x.edf", "night-2.edf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "list.txt").write_text("# the second visit\nb\n\na/night.edf\nnight-2.edf\n")
    assert [m.name for m in find_members([tmp_path])] == ["a/night", "b/night", "b/night-2", "night-2"]
    assert [m.name for m in find_members([tmp_path / "list.txt"])] == ["night", "night-2", "night-3", "night-2-2"]


def test_a_name_that_names_a_patient_is_in_no_result(folder, tmp_path):
    named = tmp_path / "miller.edf"
    header = bytearray((folder / "none.edf").read_bytes())
    header[8:88] = b"4711 F 02-MAR-1961 Miller".ljust(80)
    named.write_bytes(header[:4000])
    (tmp_path / "visits" / "Miller, 2nd").mkdir(parents=True)
    (tmp_path / "visits" / "Miller, 2nd" / "night.edf").write_bytes(header)
    (member,) = find_members([tmp_path / "visits"])
    assert member.hidden
    assert member.name.startswith("recording-")
    ms.analyze_many([named], out=tmp_path / "out", workers=1)
    for name, data in contents(tmp_path / "out").items():
        assert b"miller" not in data.lower() + name.lower().encode(), name


def test_the_command_says_what_became_of_each(folder, tmp_path):
    run = CliRunner().invoke(main, ["batch", str(folder), "--out", str(tmp_path), "--no-report", "--workers", "1"])
    assert run.exit_code == 1
    assert "broken: ReadError" in run.output
    assert "2 analysed, 0 kept, 1 failed" in run.output


@pytest.mark.filterwarnings("ignore:.*channels.tsv is missing")
def test_the_command_makes_derivatives_of_a_dataset(folder, tmp_path):
    root = tmp_path / "bids"
    (root / "sub-01" / "emg").mkdir(parents=True)
    (root / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.11.1"}')
    (root / "sub-01" / "emg" / "sub-01_task-rest_emg.edf").write_bytes((folder / "segmental.edf").read_bytes())
    command = ["batch", str(root), "--out", str(tmp_path / "out"), "--no-report", "--workers", "1", "--quiet"]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert (tmp_path / "out" / "sub-01" / "emg" / "sub-01_task-rest_desc-bursts_events.tsv").exists()
    verdicts = pd.read_csv(tmp_path / "out" / "verdicts.tsv", sep="\t")
    assert list(verdicts.recording) == ["sub-01_task-rest"]
