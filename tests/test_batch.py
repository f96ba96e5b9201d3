"""Cohorts: what fails, what is kept, what is done again; the same whoever does the work."""

import os
from pathlib import Path

import pandas as pd
import pytest

import myosig as ms
from myosig.analysis import Settings
from myosig.batch import analyze_many


def read_or_die(path: Path):
    if path.stem == "poison":
        os._exit(9)
    return ms.read(path)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    for k, pattern in enumerate(("segmental", "none")):
        ms.write_edf(ms.simulate(pattern, seed=20040 + k, duration=30).recording, folder / f"{pattern}.edf")
    (folder / "broken.edf").write_bytes(b"0       nothing of the kind")
    return sorted(folder.glob("*.edf"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bad_file_is_named_and_stops_nobody(cohort, tmp_path):
    outcomes = analyze_many(cohort, out=tmp_path, read=ms.read, workers=1)
    assert [o.status for o in outcomes] == ["failed", "done", "done"]
    table = pd.read_csv(tmp_path / "recordings.tsv", sep="\t")
    assert list(table.recording[table.failed]) == ["broken"]
    assert "ReadError" in table.reason[0]


def test_only_what_changed_is_done_again(cohort, tmp_path):
    analyze_many(cohort, out=tmp_path, read=ms.read, workers=1)
    again = analyze_many(cohort, out=tmp_path, read=ms.read, workers=1)
    assert [o.status for o in again] == ["failed", "kept", "kept"]
    other = analyze_many(cohort, out=tmp_path, read=ms.read, workers=1, settings=Settings(seed=1))
    assert [o.status for o in other] == ["failed", "done", "done"]


def test_processes_give_the_same_bytes_and_survive_a_death(cohort, tmp_path):
    poison = cohort[0].with_name("poison.edf")
    poison.write_bytes(cohort[1].read_bytes())
    analyze_many(cohort, out=tmp_path / "serial", read=ms.read, workers=1)
    outcomes = analyze_many([*cohort, poison], out=tmp_path / "pool", read=read_or_die, workers=2)
    assert [o.status for o in outcomes] == ["failed", "done", "done", "failed"]
    assert outcomes[-1].reason == "the worker process died"
    pooled = contents(tmp_path / "pool")
    for name, data in contents(tmp_path / "serial").items():
        if name != "recordings.tsv":
            assert pooled[name] == data, name


def test_no_recording_is_an_error(tmp_path):
    with pytest.raises(ms.ParameterError, match="no recording"):
        analyze_many([], out=tmp_path, read=ms.read)
