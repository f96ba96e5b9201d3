"""Results do not name the patient unless asked to."""

import pytest
from test_edf_marks import plain_edf

import myosig as ms


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


def test_nothing_of_the_results_names_the_patient(tmp_path):
    recording = ms.read(plain_edf(tmp_path / "Smith_John.edf"))
    ms.analyze(recording).save(tmp_path / "results")
    for path in (tmp_path / "results").iterdir():
        assert b"smith" not in path.read_bytes().lower(), path.name
    assert ms.load(tmp_path / "results").recording.path is None
