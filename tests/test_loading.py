"""A result folder gives the Analysis back."""

import json
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module

import numpy as np
import pytest

import myosig as ms
from myosig.archive import ARCHIVE, HOMES, MODULE, read_archive, write_archive
from myosig.io.elsewhere import Elsewhere
from myosig.report.report import render_report
from myosig.signals.cleaning import Artefacts


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("load") / "cortical.edf"
    ms.write_edf(ms.simulate("cortical", seed=73001, duration=90).recording, path)
    return ms.read(path, channels={"EMG R APB": {"muscle": "APB"}})


@pytest.fixture(scope="module")
def analysis(recording):
    settings = ms.Settings(seed=3, context=ms.Context(distractible=False))
    return ms.analyze(recording, settings=settings)


@pytest.fixture
def saved(analysis, tmp_path):
    analysis.save(tmp_path / "results")
    return tmp_path / "results"


def test_what_is_loaded_is_what_was_saved(analysis, saved, tmp_path):
    again = ms.load(saved)
    assert again.to_dict() == analysis.to_dict()
    assert again.jerks.equals(analysis.jerks)
    assert again.settings == analysis.settings
    again.save(tmp_path / "again")
    for path in saved.iterdir():
        if path.name != ARCHIVE:
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_samples_come_from_the_file_that_was_analysed(analysis, saved, recording):
    again = ms.load(saved)
    assert np.array_equal(again.recording.read("EMG R APB", 1, 2), recording.read("EMG R APB", 1, 2))


def test_the_report_can_be_made_again(analysis, saved):
    assert render_report(ms.load(saved)) == render_report(analysis)


def test_another_file_in_its_place_is_noticed(tmp_path):
    path = tmp_path / "a.edf"
    ms.write_edf(ms.simulate("none", seed=73002, duration=20, n_eeg=0).recording, path)
    ms.analyze(ms.read(path)).save(tmp_path / "results")
    ms.write_edf(ms.simulate("none", seed=73003, duration=20, n_eeg=0).recording, path)
    again = ms.load(tmp_path / "results")
    with pytest.raises(ms.ReadError, match="SHA-256"):
        again.recording.read(again.recording.labels[0])
    path.unlink()
    with pytest.raises(ms.ReadError, match="no longer there"):
        ms.load(tmp_path / "results").recording.read(again.recording.labels[0])


def test_a_recording_in_memory_is_given_again(tmp_path):
    made = ms.simulate("none", seed=73004, duration=20, n_eeg=0).recording.select(kind="emg")
    ms.analyze(made).save(tmp_path / "results")
    label = made.labels[3]
    with pytest.raises(ms.ReadError, match="recording="):
        ms.load(tmp_path / "results").recording.read(label)
    again = ms.load(tmp_path / "results", recording=made)
    assert np.array_equal(again.recording.read(label), made.read(label))
    with pytest.raises(ms.ParameterError, match="not the recording"):
        ms.load(tmp_path / "results", recording=ms.simulate("none", seed=73004, duration=10, n_eeg=0).recording)


def test_results_of_another_form_say_why_not(saved):
    path = saved / "analysis.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(values | {"schema": "myosig-analysis-9", "myosig": "9.0"}), encoding="utf-8")
    with pytest.raises(ms.ReadError, match=r"myosig-analysis-9.*written by myosig 9\.0.*myosig analyze"):
        ms.load(saved)


def test_results_of_an_older_version_that_knew_less_are_read(saved, analysis):
    with np.load(saved / ARCHIVE) as stored:
        arrays = dict(stored)
    tree = json.loads(bytes(arrays["tree"]))
    tree["analysis"]["fields"]["findings"]["fields"].pop("excerpt")  # which came after 0.1
    tree["analysis"]["fields"]["findings"]["fields"].pop("reflexes")
    arrays["tree"] = np.frombuffer(json.dumps(tree).encode(), dtype=np.uint8)
    np.savez_compressed(saved / ARCHIVE, **arrays)
    again = ms.load(saved)
    assert (again.findings.excerpt, again.findings.reflexes) == (None, ())
    assert again.jerks.equals(analysis.jerks)


def test_results_whose_classes_have_moved_since_are_read(saved, analysis):
    with np.load(saved / ARCHIVE) as stored:
        arrays = dict(stored)
    text = bytes(arrays["tree"]).decode().replace('"type": "Bursts"', '"type": "myosig.where_it_was:Bursts"')
    arrays["tree"] = np.frombuffer(text.encode(), dtype=np.uint8)
    np.savez_compressed(saved / ARCHIVE, **arrays)
    assert ms.load(saved).bursts.equals(analysis.bursts)


def dataclasses_in(kind: type, known: dict[str, type]) -> Iterator[type]:
    """Dataclasses that a type names, and those that their fields name."""
    if is_dataclass(kind):
        yield kind
        hints = typing.get_type_hints(kind, localns=known)
        for field in fields(kind):
            yield from dataclasses_in(hints[field.name], known)
    for part in typing.get_args(kind):
        yield from dataclasses_in(part, known)


def test_every_class_of_a_result_has_one_name_and_one_home():
    known = {name: getattr(import_module(module), name) for name, module in MODULE.items()}
    needed = {kind for root in (ms.Analysis, Artefacts, Elsewhere) for kind in dataclasses_in(root, known)}
    assert set(known.values()) == needed
    assert len(MODULE) == sum(map(len, HOMES.values()))


@pytest.mark.parametrize("name", ["analysis.json", ARCHIVE])
def test_missing_and_damaged_files_are_one_clear_error(saved, name):
    good = (saved / name).read_bytes()
    for bad in (b"", b"{}", good[: len(good) // 2], b"PK\x03\x04" + bytes(100)):
        (saved / name).write_bytes(bad)
        with pytest.raises(ms.ReadError):
            ms.load(saved)
    (saved / name).unlink()
    with pytest.raises(ms.ReadError):
        ms.load(saved)


def test_tables_that_were_edited_are_named(saved):
    (saved / "bursts.tsv").write_text("onset\tduration\tchannel\n", encoding="utf-8")
    with pytest.warns(ms.MyosigWarning, match=r"bursts\.tsv changed.*--bursts"):
        ms.load(saved)


@pytest.mark.parametrize("name", ["os:system", "myosig.storage:write_tsv", "myosig.nothing:X", "subprocess:Popen"])
def test_only_results_of_myosig_can_be_named(tmp_path, name):
    path = tmp_path / ARCHIVE
    write_archive(path, {})
    tree = json.dumps({"analysis": {"type": name, "fields": {"command": "true"}}}).encode()
    np.savez_compressed(path, tree=np.frombuffer(tree, dtype=np.uint8))
    with pytest.raises(ms.ReadError):
        read_archive(path)


def test_an_array_of_objects_is_refused(tmp_path):
    np.savez_compressed(tmp_path / ARCHIVE, tree=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ms.ReadError):
        read_archive(tmp_path / ARCHIVE)


def test_settings_of_a_folder_repeat_its_analysis(saved, analysis, recording, tmp_path):
    settings = ms.Settings.from_toml(saved / "settings.toml")
    assert settings == analysis.settings
    again = ms.analyze(ms.read(recording.path, **settings.reading), settings=settings)
    again.save(tmp_path / "again")
    for name in ("bursts.tsv", "jerks.tsv", "analysis.json", "settings.toml"):
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()
