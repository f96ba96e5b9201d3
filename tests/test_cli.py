"""The command line as a user types it."""

import json

import pytest
from click.testing import CliRunner

from myosig.cli import main


@pytest.fixture(scope="module")
def edf(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "segmental.edf"
    run = CliRunner().invoke(main, ["simulate", "segmental", str(path), "--seed", "20021", "--duration", "60"])
    assert run.exit_code == 0, run.output
    return path


def test_info_says_how_each_channel_was_understood(edf):
    run = CliRunner().invoke(main, ["info", str(edf)])
    assert run.exit_code == 0, run.output
    assert "Recording" in run.output
    assert "emg" in run.output


def test_analyze_writes_all_files(edf, tmp_path):
    run = CliRunner().invoke(main, ["analyze", str(edf), "--out", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    names = {"bursts.tsv", "silences.tsv", "jerks.tsv", "channels.tsv", "analysis.json", "report.html"}
    assert {path.name for path in (tmp_path / "out").iterdir()} >= names
    source = json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))["source"]
    assert source["name"] == "segmental.edf"
    assert len(source["sha256"]) == 64


def test_a_bad_file_does_not_stop_the_others(edf, tmp_path):
    bad = tmp_path / "bad.edf"
    bad.write_bytes(b"0       nonsense")
    run = CliRunner().invoke(main, ["analyze", str(bad), str(edf), "--out", str(tmp_path / "out"), "--quiet"])
    assert run.exit_code == 1
    assert "bad.edf" in run.output
    assert (tmp_path / "out" / "segmental" / "analysis.json").exists()
    assert not (tmp_path / "out" / "bad").exists()


def test_files_of_one_name_get_folders_of_their_own(edf, tmp_path):
    run = CliRunner().invoke(main, ["analyze", str(edf), str(edf), "--out", str(tmp_path), "--quiet"])
    assert run.exit_code == 0, run.output
    assert {path.name for path in tmp_path.iterdir()} == {"segmental", "segmental-2"}


@pytest.mark.parametrize("arguments", [["analyze"], ["analyze", "x.edf"], ["simulate", "segmental", "x.edf"], ["what"]])
def test_wrong_usage_exits_with_2(arguments):
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_an_unknown_pattern_lists_the_known_ones(tmp_path):
    run = CliRunner().invoke(main, ["simulate", "spinal", str(tmp_path / "x.edf"), "--seed", "1"])
    assert run.exit_code == 1
    assert "segmental" in run.output
