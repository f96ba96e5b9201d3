"""Broken files of every format but EDF: samples, or a ReadError; no other exception, no crash, no foreign warning."""

import io
import json
import warnings

import numpy as np
import pytest
import scipy.io

import myosig as ms
from myosig.errors import MyosigWarning, ParameterError, ReadError

SAMPLES = np.random.default_rng(61).normal(0, 50, (2, 40)).astype(np.float32)
STATED = {"sfreq": 1000.0, "labels": ["EMG a", "EMG b"], "unit": "uV"}
BYTES = np.frombuffer(b' \0\xff-,.x059e\n\t["{', np.uint8)
MOST = 700  # bytes at the start that are changed
PLACES = 350  # of them, and as many lengths at which the file is cut


def saved(save, *arguments, **options):
    buffer = io.BytesIO()
    save(buffer, *arguments, **options)
    return buffer.getvalue()


def table(separator, decimal, names):
    rows = [
        separator.join(f"{x:.3f}".replace(".", decimal) for x in (i / 1000, *row)) for i, row in enumerate(SAMPLES.T)
    ]
    return "\n".join([separator.join(names), *rows, ""]).encode()


MAT = {"emg": SAMPLES, "trial": {"emg": SAMPLES, "fs": 1000}}
BRAINVISION = """Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
Codepage=UTF-8
DataFile=data.eeg
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=2
SamplingInterval=1000
[Binary Infos]
BinaryFormat=IEEE_FLOAT_32
[Channel Infos]
Ch1=EMG1,,1,uV
Ch2=C3,,0.5,uS
"""
WFDB = "a 2 1000 40\ndata.eeg 16 200(0)/uV 16 0 0 0 0 EMG1\ndata.eeg 16 200/mV 16 0 0 0 0 C3\n"
LAYOUT = {"dtype": "<f4", "order": "samples", "sfreq": 1000, "unit": "uV", "labels": ["EMG a", "EMG b"]}
CHANNELS = "name\ttype\tmuscle\tside\tunits\nEMG a\temg\tsoleus\tleft\tmV\nEMG b\teeg\tn/a\tn/a\tuV\n"
FILES = {  # name: content, and what is stated of it
    "a.npy": (saved(np.save, SAMPLES), STATED),
    "a.npz": (saved(np.savez_compressed, emg=SAMPLES), STATED),
    "a.mat": (saved(scipy.io.savemat, MAT), STATED | {"variable": "emg"}),
    "struct.mat": (saved(scipy.io.savemat, MAT), STATED | {"variable": "trial.emg"}),
    "packed.mat": (saved(scipy.io.savemat, MAT, do_compression=True), STATED | {"variable": "trial.emg"}),
    "a.csv": (table(",", ".", ["time", "EMG a (mV)", "EEG b (uV)"]), {}),
    "b.csv": (table(";", ",", ["Zeit", "EMG", "EEG C3"]), {"unit": "uV"}),
    "a.vhdr": (BRAINVISION.encode(), {}),
    "a.hea": (WFDB.encode(), {}),
    "data.bin.json": (json.dumps(LAYOUT).encode(), {"read": "data.bin"}),
    "channels.tsv": (CHANNELS.encode(), {"read": "data.npy", "channels": True, **STATED}),
}


def check(folder, name, content, stated):
    """Read it; what is no ReadError, and no complaint that labels and shape do not fit, is a failure."""
    path = folder / name
    path.write_bytes(content)
    how = {key: value for key, value in stated.items() if key not in ("read", "channels")}
    if stated.get("channels"):
        how["channels"] = path
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            recording = ms.read(folder / stated.get("read", name), **how)
            for label in recording.labels:
                recording.read(label, recording.tmin, min(recording.tmax, recording.tmin + 1))
        except ReadError:
            return None
        except ParameterError as error:
            if "does not fit 2 labels" in str(error) or "says by itself" in str(error):
                return None
            raise
    assert all(issubclass(w.category, (MyosigWarning, DeprecationWarning)) for w in caught)
    return recording


@pytest.fixture
def folder(tmp_path):
    for name in ("data.eeg", "data.bin"):
        (tmp_path / name).write_bytes(SAMPLES.T.tobytes())
    np.save(tmp_path / "data.npy", SAMPLES)
    return tmp_path


def needs_package(name):
    if name.endswith(".hea"):
        pytest.importorskip("wfdb")


@pytest.mark.parametrize("name", FILES)
def test_the_untouched_file_is_read(folder, name):
    needs_package(name)
    content, stated = FILES[name]
    assert len(check(folder, name, content, stated).channels) == 2


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte(folder, name):
    needs_package(name)
    content, stated = FILES[name]
    rng = np.random.default_rng(62)
    most = min(MOST, len(content))
    for at in rng.choice(most, min(PLACES, most), replace=False).tolist():
        check(folder, name, content[:at] + bytes([rng.choice(BYTES)]) + content[at + 1 :], stated)


@pytest.mark.parametrize("name", FILES)
def test_cut_short(folder, name):
    needs_package(name)
    content, stated = FILES[name]
    for length in range(0, len(content), max(1, len(content) // PLACES)):
        check(folder, name, content[:length], stated)


@pytest.mark.parametrize("at", [144, 145, 176, 177])
@pytest.mark.parametrize("value", [0, 5, 14, 255])
def test_bytes_of_a_matlab_file_that_crash_other_readers(folder, at, value):
    content = saved(scipy.io.savemat, {"emg": SAMPLES})
    check(folder, "a.mat", content[:at] + bytes([value]) + content[at + 1 :], STATED)


@pytest.mark.parametrize("name", ["/etc/hostname", "../outside.eeg"])
def test_a_header_cannot_lead_out_of_its_folder(folder, name):
    (folder / "inside").mkdir()
    (folder / "outside.eeg").write_bytes(SAMPLES.T.tobytes())
    for suffix, header in ((".vhdr", BRAINVISION), (".hea", WFDB)):
        needs_package(suffix)
        path = folder / "inside" / f"a{suffix}"
        path.write_text(header.replace("data.eeg", name))
        with pytest.raises(ReadError, match=r"beside it|invalid syntax"):
            ms.read(path)
