"""The command line as a user types it."""

import json
import shutil
from importlib.resources import files

import numpy as np
import pytest
from click.testing import CliRunner

import myosig as ms
from myosig.cli import main
from myosig.cli.shared import as_typed


@pytest.fixture(scope="module")
def edf(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "segmental.edf"
    run = CliRunner().invoke(main, ["simulate", "segmental", str(path), "--seed", "20021", "--duration", "60"])
    assert run.exit_code == 0, run.output
    return path


def test_info_says_how_each_channel_was_understood(edf):
    run = CliRunner().invoke(main, ["info", str(edf)])
    assert run.exit_code == 0, run.output
    assert "segmental.edf: 16 EMG, 8 EEG" in run.output
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
    assert {path.name for path in tmp_path.iterdir()} == {"segmental", "segmental-2", "index.html"}


@pytest.mark.parametrize("arguments", [["analyze"], ["analyze", "x.edf"], ["simulate", "segmental", "x.edf"], ["what"]])
def test_wrong_usage_exits_with_2(arguments):
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_an_unknown_pattern_lists_the_known_ones(tmp_path):
    run = CliRunner().invoke(main, ["simulate", "spinal", str(tmp_path / "x.edf"), "--seed", "1"])
    assert run.exit_code == 2
    assert "segmental" in run.output


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def results(edf, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "results"
    run = invoke("analyze", edf, "--out", folder, "--quiet")
    assert (run.exit_code, run.output) == (0, "")
    return folder


def test_settings_repeat_a_result_exactly(edf, results, tmp_path):
    run = invoke("analyze", edf, "--settings", results / "settings.toml", "--out", tmp_path / "again", "--quiet")
    assert run.exit_code == 0, run.output
    for path in results.iterdir():
        if path.suffix in {".tsv", ".json", ".toml", ".html"}:
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_corrected_bursts_are_analysed(edf, results, tmp_path):
    lines = (results / "bursts.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "corrected.tsv").write_text("".join(lines[:1] + lines[3:]), encoding="utf-8")
    run = invoke("analyze", edf, "--bursts", tmp_path / "corrected.tsv", "--out", tmp_path / "out")
    assert run.exit_code == 0, run.output
    result = json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))
    assert result["settings"]["bursts"] == "corrected by hand"
    assert len((tmp_path / "out" / "bursts.tsv").read_text(encoding="utf-8").splitlines()) == len(lines) - 2


def test_a_marked_copy_analysed_gives_what_its_recording_gave(edf, results, tmp_path):
    run = invoke("annotate", edf, "--out", tmp_path / "marked.edf")
    assert run.exit_code == 0, run.output
    run = invoke("analyze", edf, "--bursts", tmp_path / "marked.edf", "--out", tmp_path / "out", "--quiet")
    assert run.exit_code == 0, run.output
    for name in ("bursts.tsv", "jerks.tsv"):
        assert (tmp_path / "out" / name).read_bytes() == (results / name).read_bytes()


def test_marks_of_a_file_with_gaps_analysed_give_what_it_gave(tmp_path):
    """EDF+D: the marks stand at their true times, on either side of a gap, and the result is the same."""
    whole = ms.simulate("segmental", seed=20033, duration=60, n_emg=6, n_eeg=0).recording
    labels = whole.select(kind="emg").labels
    layout = ms.Intervals([0.0, 50.0], [30.0, 80.0])
    halves = ms.from_array(whole.read(labels), sfreq=2000, labels=labels, unit="uV")
    ms.write_edf(ms.Recording(halves.channels, halves.source, layout=layout), tmp_path / "gap.edf")
    assert ms.read(tmp_path / "gap.edf").segments == layout
    assert invoke("annotate", tmp_path / "gap.edf", "--out", tmp_path / "marked.edf", "--quiet").output == ""
    marked = ms.read(tmp_path / "marked.edf")
    assert marked.segments == layout
    assert (marked.annotations.onset < 30).any()
    assert (marked.annotations.onset > 50).any()
    assert not ((marked.annotations.onset > 30) & (marked.annotations.onset < 50)).any()
    assert np.array_equal(marked.read(), ms.read(tmp_path / "gap.edf").read(), equal_nan=True)
    first = invoke("analyze", tmp_path / "gap.edf", "--out", tmp_path / "one", "--quiet")
    again = invoke("analyze", tmp_path / "gap.edf", "--bursts", tmp_path / "marked.edf", "--out", tmp_path / "two")
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    for name in ("bursts.tsv", "jerks.tsv", "silences.tsv"):
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name
    one, two = (json.loads((tmp_path / n / "analysis.json").read_text(encoding="utf-8")) for n in ("one", "two"))
    assert two["localization"] == one["localization"]


def test_no_cell_of_a_table_is_empty(results):
    for path in results.glob("*.tsv"):
        assert all(all(line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines()), path.name


def test_a_likelihood_table_of_ones_own_is_used(edf, results, tmp_path):
    text = (files("myosig") / "localize" / "likelihoods.csv").read_text(encoding="utf-8")
    names = text.splitlines()[0].split(",")
    rows = [line.split(",") for line in text.splitlines()]
    row = next(row for row in rows if row[0] == "neighbouring segments only")
    row[names.index("segmental")], row[names.index("cortical")] = "0.02", "0.98"
    (tmp_path / "mine.csv").write_text("\n".join(",".join(r) for r in rows), encoding="utf-8")
    run = invoke("analyze", edf, "--likelihoods", tmp_path / "mine.csv", "--out", tmp_path / "out", "--quiet")
    assert (run.exit_code, run.output) == (0, "")
    before, after = (
        json.loads((folder / "analysis.json").read_text(encoding="utf-8"))["localization"]["posterior"]
        for folder in (results, tmp_path / "out")
    )
    assert after["segmental"] < before["segmental"]


def test_a_likelihood_table_without_its_columns_says_which_and_where_to_begin(edf, tmp_path):
    (tmp_path / "mine.csv").write_text("criterion,cortical\nx,0.5\n")
    run = invoke("analyze", edf, "--likelihoods", tmp_path / "mine.csv", "--out", tmp_path / "out")
    assert run.exit_code == 1
    assert "lacks family, brainstem" in run.output
    assert "likelihoods.csv" in run.output


def test_several_results_get_a_summary_page(results, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(results, tmp_path / name)
    run = invoke("report", tmp_path)
    assert run.exit_code == 0, run.output
    assert run.output.count("Report:") == 2
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'href="two/report.html"' in page


def test_a_folder_without_results_says_what_to_give(tmp_path):
    run = invoke("report", tmp_path)
    assert run.exit_code == 1
    assert "myosig analyze --out" in run.output


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("state it: sfreq=1000", "state it: --sfreq 1000"),
        ("e.g. units={'EMG 1': 'uV'}, or", "e.g. --units 'EMG 1=uV', or"),
        ("describe it (channels=...)", "describe it (a table with --channels (columns name, type, muscle, side))"),
        ("labels=['EMG R APB', ...]", "--labels 'EMG R APB,EMG L APB'"),
    ],
)
def test_messages_ask_for_options_as_they_are_typed(said, typed):
    assert as_typed(said) == typed


def test_a_marked_copy_is_named_as_what_it_is(edf, tmp_path):
    run = invoke("annotate", edf, "--out", tmp_path / "marked.bdf")
    assert run.exit_code == 1
    assert "must end in .edf" in run.output


def test_only_edf_is_made_anonymous(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    run = invoke("anonymize", tmp_path / "a.csv", "--out", tmp_path / "b.edf")
    assert run.exit_code == 1
    assert "myosig convert" in run.output


def test_the_report_is_made_anew(results):
    page = (results / "report.html").read_bytes()
    (results / "report.html").unlink()
    run = invoke("report", results)
    assert run.exit_code == 0, run.output
    assert (results / "report.html").read_bytes() == page


def test_a_recording_is_converted_and_what_is_lost_is_said(tmp_path):
    table = tmp_path / "emg.csv"
    table.write_text("time,a,EMG R APB\n" + "".join(f"{i / 1000},{i % 7},{i % 5}\n" for i in range(3000)))
    channels = tmp_path / "channels.tsv"
    channels.write_text("name\ttype\tmuscle\na\temg\tAPB\n")
    run = invoke("convert", table, tmp_path / "emg.bdf", "--unit", "uV", "--channels", channels)
    assert run.exit_code == 0, run.output
    assert "lost: muscle, side ... of a" in run.output
    assert "24 bits" in run.output


@pytest.mark.parametrize("suffix", [".csv", ".json", ".tsv", "-annot.fif"])
def test_tables_are_converted(results, tmp_path, suffix):
    run = invoke("convert", results / "bursts.tsv", tmp_path / f"bursts{suffix}")
    assert run.exit_code == 0, run.output
    assert (tmp_path / f"bursts{suffix}").stat().st_size > 100


def test_an_unknown_suffix_lists_the_known_ones(results, tmp_path):
    run = invoke("convert", results / "bursts.tsv", tmp_path / "bursts.xyz")
    assert run.exit_code == 1
    assert ".csv" in run.output


def test_every_command_teaches_with_an_example():
    for name, command in main.commands.items():
        assert f"myosig {name}" in command.help, name
        assert invoke(name, "--help").exit_code == 0


def test_an_error_is_one_line_and_a_traceback_with_debug(tmp_path):
    run = invoke("info", tmp_path / "absent.edf")
    assert run.exit_code == 1
    assert run.output.count("\n") == 1
    assert isinstance(invoke("info", tmp_path / "absent.edf", "--debug").exception, FileNotFoundError | ValueError)


def test_completion_is_offered(monkeypatch):
    monkeypatch.setenv("_MYOSIG_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "myosig ann")
    monkeypatch.setenv("COMP_CWORD", "1")
    run = CliRunner().invoke(main, [], prog_name="myosig", complete_var="_MYOSIG_COMPLETE", standalone_mode=True)
    assert "annotate" in run.output


@pytest.mark.parametrize(("line", "message"), [("sed = 3", "unknown settings sed"), ("seed = 'x'", "whole number")])
def test_wrong_settings_are_named(edf, tmp_path, line, message):
    (tmp_path / "settings.toml").write_text(line)
    run = invoke("analyze", edf, "--settings", tmp_path / "settings.toml", "--out", tmp_path / "out")
    assert run.exit_code == 1
    assert message in run.output


@pytest.mark.parametrize(
    "arguments", [["analyze", "x.edf", "--out", "file/a/b"], ["simulate", "tremor", "none/x.edf", "--seed", "1"]]
)
def test_where_nothing_can_be_written_is_said_before_the_work(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 2
    assert "there is no folder" in run.output


def test_a_misspelt_column_of_a_channel_table_is_named(edf, tmp_path):
    table = tmp_path / "channels.tsv"
    table.write_text("name\tmuscel\nEMG R APB\tAPB\n", encoding="utf-8")
    run = CliRunner().invoke(main, ["info", str(edf), "--channels", str(table)])
    assert run.exit_code == 1
    assert "'muscel'; is 'muscle' meant?" in run.output


def test_bursts_of_a_damaged_edf_are_not_none(edf, tmp_path):
    damaged = tmp_path / "marked.edf"
    damaged.write_bytes(bytes(range(256)) * 9)
    run = CliRunner().invoke(main, ["analyze", str(edf), "--bursts", str(damaged), "--out", str(tmp_path / "out")])
    assert run.exit_code == 1
    assert "neither EDF nor BDF" in run.output
