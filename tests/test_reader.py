"""What is not a readable file is one clear ReadError, whatever it is called."""

import gzip
import os

import numpy as np
import pytest
from edf_files import File, Signal

import myosig as ms
from myosig.errors import MyosigWarning, ReadError

EDF = File([Signal(np.arange(100))]).encode()


def test_a_folder(tmp_path):
    with pytest.raises(ReadError, match="a folder"):
        ms.read(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(ReadError, match="No such file"):
        ms.read(tmp_path / "absent.edf")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.edf")
    with pytest.raises(ReadError, match="not a regular file"):
        ms.read(tmp_path / "pipe.edf")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path):
    (tmp_path / "a.edf").write_bytes(EDF)
    (tmp_path / "a.edf").chmod(0)
    with pytest.raises(ReadError, match="Permission denied"):
        ms.read(tmp_path / "a.edf")


def test_a_disk_that_may_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "a.edf").write_bytes(EDF)

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("myosig.io.files.FileIO", refuse)
    with pytest.raises(ReadError, match="Permission denied"):
        ms.read(tmp_path / "a.edf")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (gzip.compress(EDF), "compressed"),
        (b"PK\x03\x04" + bytes(500), "compressed"),
        (b"Dear colleague,\nthe file is attached.\n", "not recognised|cannot|read"),
        (bytes(5000), "."),
        (EDF[:8], "less than the 256"),
        (EDF[:255], "less than the 256"),
        (EDF[:256], "ends within its own header"),
    ],
)
def test_other_things_called_edf(tmp_path, content, words):
    (tmp_path / "a.edf").write_bytes(content)
    with pytest.raises(ReadError, match=words):
        ms.read(tmp_path / "a.edf")


@pytest.mark.parametrize("name", ["a.txt", "a", "a.rec", "a.csv"])
def test_content_tells_the_format(tmp_path, name):
    (tmp_path / name).write_bytes(EDF)
    assert ms.read(tmp_path / name).labels == ("EMG R APB",)


@pytest.mark.parametrize("path", ["a\0b.edf", "x" * 5000])
def test_impossible_paths(path):
    with pytest.raises(ReadError):
        ms.read(path)


def test_the_message_says_where():
    error = ReadError("wrong", path="a.edf", field="label", offset=256, value="x")
    assert str(error) == "wrong (a.edf, field 'label', byte 256, value 'x')"


def test_the_users_table_wins(tmp_path):
    (tmp_path / "a.edf").write_bytes(EDF)
    (tmp_path / "channels.tsv").write_text("name\ttype\tmuscle\tunits\nEMG R APB\tEMG\tFDI\tmV\n")
    (channel,) = ms.read(tmp_path / "a.edf", channels=tmp_path / "channels.tsv").channels
    assert channel.muscle == "first dorsal interosseous"
    assert channel.known["muscle"] == "stated"
    assert channel.known["side"] == "inferred"
    assert channel.limits == pytest.approx((-3276.8e3, 3276.7e3))


def test_a_table_may_speak_of_channels_that_are_not_there(tmp_path):
    (tmp_path / "a.edf").write_bytes(EDF)
    with pytest.warns(MyosigWarning, match="no channel 'EMG X'"):
        ms.read(tmp_path / "a.edf", channels={"EMG X": "emg"})


class TestRealTables:
    """Against numpy on the real text, HDF5 and NPZ files."""

    def test_tremor(self, shared_data):
        path = shared_data / "tremor/wrist_flexor_tremor_5kHz.csv"
        rec = ms.read(path, units={"2 Rt Wri Fl": "mV"})
        expected = np.loadtxt(path, delimiter=",", skiprows=1)[:, 1] * 1000
        assert rec.channels[0].sfreq == 5000
        np.testing.assert_allclose(rec.read("2 Rt Wri Fl"), expected, rtol=1e-6, atol=1e-4)

    @pytest.mark.parametrize("name", ["emg", "emg_1"])
    def test_columns(self, shared_data, name):
        path = shared_data / f"emg/{name}.txt"
        rec = ms.read(path, sfreq=1000, unit="uV", labels=["EMG"])
        assert np.array_equal(rec.read("EMG"), np.loadtxt(path).astype(np.float32))

    def test_two_columns_without_names(self, shared_data):
        path = shared_data / "emg/bmc_emg.csv"
        rec = ms.read(path, unit="mV", labels=["time", "EMG"])
        assert rec.channels[0].sfreq == 1000
        np.testing.assert_allclose(rec.read("EMG"), np.loadtxt(path, delimiter=",")[:, 1] * 1000, rtol=1e-6)

    def test_hdf5(self, shared_data):
        h5py = pytest.importorskip("h5py")
        path, name = shared_data / "emg/emg_bursts.h5", "00:07:80:3B:46:61/raw/channel_3"
        rec = ms.read(path, variable=name, sfreq=1000, unit="uV", labels=["EMG"])
        with h5py.File(path) as tree:
            assert np.array_equal(rec.read("EMG"), tree[name][:, 0].astype(np.float32))

    def test_npz(self, shared_data):
        path = shared_data / "reaction-time/myonset_rt.npz"
        rec = ms.read(path, variable="emg", sfreq=2048, unit="V", labels=["EMG L", "EMG R"])
        np.testing.assert_allclose(rec.read(), np.load(path)["emg"] * 1e6, rtol=1e-6)

    def test_flat(self, shared_data):
        path = shared_data / "formats/wfdb/emg_healthy.dat"
        layout = {"dtype": "<i2", "order": "samples", "sfreq": 4000, "unit": "mV", "labels": ["EMG R TA"], "gain": 1e-4}
        expected = np.fromfile(path, "<i2") * 0.1
        np.testing.assert_allclose(ms.read(path, layout=layout).read("EMG R TA"), expected, rtol=1e-6)
