import json
import subprocess
import sys

import pandas as pd
import pytest

from myosig.storage import plain_cell, remove_abandoned, whole_file, whole_folder, write_json, write_tsv


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), whole_file(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    target = tmp_path / "results"
    with whole_folder(target) as new:
        (new / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(target) as new:
        (new / "a.txt").write_text("half")
        raise RuntimeError
    assert (target / "a.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_folder_keeps_files_that_are_not_ours(tmp_path):
    target = tmp_path / "results"
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    (target / "a.txt").write_text("old")
    with whole_folder(target) as new:
        (new / "a.txt").write_text("new")
    assert (target / "notes.txt").read_text() == "mine"
    assert (target / "a.txt").read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def killed_while_writing(target, *, swapping=False):
    """A process that dies in the middle: of writing, or with the old results put aside."""
    code = f"""
import os, pathlib
from myosig import storage
storage._bring_back = lambda old, target: os._exit(9)
with storage.whole_folder(pathlib.Path({str(target)!r})) as new:
    (new / "a.txt").write_text("new")
    {"" if swapping else "os._exit(9)"}
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of folders there")
@pytest.mark.parametrize("swapping", [False, True])
def test_what_a_killed_process_left_is_cleared_away_and_what_it_put_aside_comes_back(tmp_path, swapping):
    target = tmp_path / "results"
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    killed_while_writing(target, swapping=swapping)
    assert len(list(tmp_path.iterdir())) == 2
    remove_abandoned(target)
    assert list(tmp_path.iterdir()) == [target]
    assert (target / "notes.txt").read_text() == "mine"


def test_what_a_living_process_writes_is_left_alone(tmp_path):
    with whole_folder(tmp_path / "results") as new:
        (new / "a.txt").write_text("new")
        remove_abandoned(tmp_path / "results")
    assert (tmp_path / "results" / "a.txt").read_text() == "new"


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    write_json({"a": None, "µ": 1}, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"a": None, "µ": 1}


def test_tsv_keeps_numbers_and_defuses_formulas(tmp_path):
    frame = pd.DataFrame({"x": [1.5, None], "text": ["=1+1", "a\tb\n"], "n": pd.array([1, None], dtype="Int64")})
    write_tsv(frame, tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == "x\ttext\tn\n1.5\t'=1+1\t1\nn/a\ta b \tn/a\n"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x"])
def test_a_spreadsheet_runs_no_cell(text):
    assert plain_cell(text) == f"'{text}"
