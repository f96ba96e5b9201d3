"""Results do not name the patient unless asked to."""

import zipfile

import numpy as np
import pytest
from edf_files import File, Signal, annotations
from test_edf_marks import plain_edf

import myosig as ms


def unpacked(path):
    """The bytes of a file, those in an archive as they are before it packs them."""
    if path.suffix != ".npz":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("name", ["Smith_John.edf", "john smith 2.edf", "rec-SMITH.edf", "born1950.edf"])
def test_a_file_name_that_names_the_patient_becomes_a_pseudonym(tmp_path, name):
    path = plain_edf(tmp_path / name)
    assert ms.read(path).name.startswith("recording-")
    assert ms.read(path).path == path
    assert ms.read(path, keep_identity=True).name == name


@pytest.mark.parametrize("patient", [b"X X X X", b"X M X X", b"", b"male, right handed"])
def test_other_names_stay(tmp_path, patient):
    path = plain_edf(tmp_path / "right-arm.edf", patient=patient)
    assert ms.read(path).name == "right-arm.edf"


def test_annotations_do_not_name_the_patient(tmp_path):
    notes = ["Smith coughs", "JOHN's turn", "Sleep stage N2", "burst@@EMG R Smith", "smithson", "1950"]
    lists = [f"+{k}\x14\x14\0+{k}.5\x14{text}\x14\0" for k, text in enumerate(notes)]
    signals = [Signal(np.arange(60), 10), annotations(lists, 30)]
    (tmp_path / "a.edf").write_bytes(File(signals, reserved="EDF+C", patient="17 M 02-MAR-1950 Smith_John").encode())
    hidden = ["X coughs", "X's turn", "Sleep stage N2", "burst@@EMG R Smith", "X", "X"]
    assert ms.read(tmp_path / "a.edf").annotations.text.tolist() == hidden
    assert ms.read(tmp_path / "a.edf", keep_identity=True).annotations.text.tolist() == notes


def test_nothing_of_the_results_names_the_patient(tmp_path):
    recording = ms.read(plain_edf(tmp_path / "Smith_John.edf"))
    ms.analyze(recording).save(tmp_path / "results")
    for path in (tmp_path / "results").iterdir():
        assert b"smith" not in unpacked(path).lower(), path.name
    assert ms.load(tmp_path / "results").recording.path is None
