"""Files and arrays that do not say everything themselves: what is missing must be stated, nothing is guessed."""

import contextlib
import json
import sys
import warnings
import zipfile

import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings, strategies as st

import myosig as ms
from myosig.errors import MissingExtraError, MyosigWarning, ParameterError, ReadError

RNG = np.random.default_rng(91)
LABELS = ["EMG R APB", "EEG C3", "EMG L TA"]
STATED = {"sfreq": 1000, "unit": "mV", "labels": LABELS}


@pytest.fixture
def data():
    return RNG.standard_normal((3, 700))


def assert_is(rec, data, factor=1e3):
    assert rec.labels == tuple(LABELS[: len(data)])
    assert {c.unit for c in rec.channels} == {"uV"}
    np.testing.assert_allclose(rec.read(), data * factor, rtol=1e-6)
    np.testing.assert_allclose(rec.read([rec.labels[-1]], 0.1, 0.2)[0], data[-1, 100:200] * factor, rtol=1e-6)


class TestFromArray:
    @pytest.mark.parametrize(
        ("unit", "factor"), [("uV", 1), ("mV", 1e3), ("V", 1e6), ("nV", 1e-3), ("µV", 1), ("μV", 1)]
    )
    def test_units(self, data, unit, factor):
        assert_is(ms.from_array(data, sfreq=1000, labels=LABELS, unit=unit), data, factor)

    def test_one_channel_may_be_flat(self):
        assert ms.from_array(np.zeros(10), sfreq=100, labels=["EMG"], unit="uV").read("EMG").shape == (10,)

    def test_channels_and_units_win(self):
        rec = ms.from_array(
            np.ones((2, 4)),
            sfreq=100,
            labels=["1", "2"],
            unit="uV",
            units={"2": "mV"},
            channels={"1": "emg", "2": {"muscle": "tibialis anterior", "side": "L"}},
        )
        assert [c.kind for c in rec.channels] == ["emg", "emg"]
        assert rec.channels[1].segments == ("L4", "L5")
        assert rec.channels[1].known == {"kind": "stated", "muscle": "stated", "side": "stated", "segments": "inferred"}
        assert rec.read("2").tolist() == [1000.0] * 4

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"labels": ["a"]}, "one label a channel"),
            ({"data": np.zeros((2, 2, 2))}, "one label a channel"),
            ({"data": np.zeros((7, 3))}, "transpose"),
            ({"data": np.array([["a"] * 4] * 3)}, "real numbers"),
            ({"data": np.zeros((3, 4), dtype=complex)}, "real numbers"),
            ({"sfreq": 0}, "sfreq must be"),
            ({"sfreq": np.nan}, "sfreq must be"),
            ({"labels": ["a", "a", "b"]}, "unique"),
            ({"channels": {"EMG R APB": "muscle"}}, "type of channel"),
            ({"channels": {"EMG R APB": {"muscle": "biceps"}}}, "atlas has no muscle"),
            ({"channels": {"EMG R APB": {"colour": "red"}}}, "may say"),
            ({"channels": {"EMG R APB": {"segments": "C9"}}}, "segments of channel"),
        ],
    )
    def test_wrong_arguments(self, wrong, words):
        arguments = {"data": np.zeros((3, 7)), **STATED, **wrong}
        with pytest.raises(ParameterError, match=words):
            ms.from_array(arguments.pop("data"), **arguments)

    def test_an_emg_needs_a_voltage(self):
        with pytest.raises(ReadError, match="'EMG': 'uV'"):
            ms.from_array(np.zeros(10), sfreq=100, labels=["EMG"], unit="count")

    def test_a_statement_about_no_channel_is_said(self):
        with pytest.warns(MyosigWarning, match="no channel 'EMG X'"):
            ms.from_array(np.zeros(10), sfreq=100, labels=["EMG"], unit="uV", units={"EMG X": "mV"})


class TestChannelTable:
    def test_a_table_says_what_channels_are(self, tmp_path):
        table = tmp_path / "channels.tsv"
        table.write_text(
            "name\ttype\tmuscle\tside\tsegments\tsite\tunits\tcomment\n"
            "1\tEMG\tAPB\tright\tn/a\tn/a\tmV\tgood\n"
            "2\tEEG\tn/a\t\tn/a\tC3\tuV\tn/a\n"
        )
        rec = ms.from_array(np.ones((2, 5)), sfreq=100, labels=["1", "2"], unit="V", channels=table)
        assert [(c.kind, c.muscle, c.side, c.site) for c in rec.channels] == [
            ("emg", "abductor pollicis brevis", "right", None),
            ("eeg", None, None, "C3"),
        ]
        assert rec.read()[:, 0].tolist() == [1000, 1]

    def test_a_table_without_names_is_refused(self, tmp_path):
        (tmp_path / "channels.tsv").write_text("label\ttype\n1\tEMG\n")
        with pytest.raises(ReadError, match="no column 'name'"):
            ms.from_array(np.ones(5), sfreq=100, labels=["1"], unit="V", channels=tmp_path / "channels.tsv")


class TestFlat:
    @pytest.mark.parametrize("order", ["samples", "channels"])
    @pytest.mark.parametrize("dtype", ["<i2", ">i2", "<i4", "<f4", "<f8", "u1"])
    def test_types_and_orders(self, tmp_path, dtype, order):
        numbers = RNG.integers(0, 200, (3, 700)).astype(dtype)
        path = tmp_path / "a.bin"
        path.write_bytes(b"head" + (numbers.T if order == "samples" else numbers).tobytes())
        layout = {"dtype": dtype, "order": order, "offset": 4, "gain": [0.5, 1, 2], "baseline": 100, **STATED}
        assert_is(ms.read(path, layout=layout), (numbers - 100.0) * [[0.5], [1], [2]])

    def test_tiles(self, tmp_path, monkeypatch):
        monkeypatch.setattr("myosig.io.flat.TILE_BYTES", 100)
        numbers = RNG.integers(-9, 9, (3, 700)).astype("<i2")
        for order, array in (("samples", numbers.T), ("channels", numbers)):
            (tmp_path / "a.bin").write_bytes(array.tobytes())
            assert_is(ms.read(tmp_path / "a.bin", layout={"dtype": "<i2", "order": order, **STATED}), numbers)

    @pytest.mark.parametrize("name", ["a.bin.json", "a.json"])
    def test_the_layout_may_lie_beside_it(self, tmp_path, name):
        numbers = RNG.integers(-9, 9, (3, 700)).astype("<i2")
        (tmp_path / "a.bin").write_bytes(b"\x00\x01" + numbers.T.tobytes())
        (tmp_path / name).write_text(json.dumps({"dtype": "<i2", "order": "samples", "offset": 2, **STATED}))
        assert_is(ms.read(tmp_path / "a.bin"), numbers)

    def test_what_the_call_states_wins(self, tmp_path):
        (tmp_path / "a.bin").write_bytes(bytes(20))
        (tmp_path / "a.json").write_text(json.dumps({"dtype": "<i2", "order": "samples", **STATED}))
        rec = ms.read(tmp_path / "a.bin", sfreq=50, labels=["EMG 1"], unit="uV")
        assert (rec.labels, rec.channels[0].sfreq, rec.channels[0].n_samples) == (("EMG 1",), 50, 10)

    def test_a_cut_file(self, tmp_path):
        (tmp_path / "a.bin").write_bytes(bytes(601))
        with pytest.warns(MyosigWarning, match="1 bytes after"):
            ms.read(tmp_path / "a.bin", layout={"dtype": "<i2", "order": "samples", **STATED})
        with pytest.raises(ReadError, match="not a whole number of samples"):
            ms.read(tmp_path / "a.bin", layout={"dtype": "<i2", "order": "channels", **STATED})

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"dtype": "i3"}, "dtype"),
            ({"dtype": "O"}, "dtype"),
            ({"dtype": None}, "dtype"),
            ({"dtype": "<c8"}, "dtype"),
            ({"dtype": [["a", "<i2"]]}, "dtype"),
            ({"order": "rows"}, "order"),
            ({"offset": -1}, "offset"),
            ({"offset": 10**9}, "offset"),
            ({"gain": 0}, "gain"),
            ({"gain": [1, 2]}, "gain"),
            ({"gain": "1"}, "gain"),
            ({"baseline": float("nan")}, "baseline"),
            ({"labels": "EMG"}, "labels"),
            ({"labels": None}, "state their labels"),
            ({"sfreq": None}, "sampling rate"),
            ({"sfreq": "x"}, "sfreq"),
            ({"unit": None}, "unit ''"),
            ({"unit": 5}, "unit"),
            ({"colour": "red"}, "unknown keys"),
        ],
    )
    def test_wrong_layouts_are_refused_by_name(self, tmp_path, wrong, words):
        (tmp_path / "a.bin").write_bytes(bytes(600))
        layout = {"dtype": "<i2", "order": "samples", **STATED, **wrong}
        with pytest.raises((ReadError, ParameterError), match=words):
            ms.read(tmp_path / "a.bin", layout=layout)

    def test_a_broken_layout_file(self, tmp_path):
        (tmp_path / "a.bin").write_bytes(bytes(600))
        for text in (b"{", b"[1]", b"\xff\xfe", b"[" * 100_000):
            (tmp_path / "a.bin.json").write_bytes(text)
            with pytest.raises(ReadError):
                ms.read(tmp_path / "a.bin")


class TestNumpy:
    @pytest.mark.parametrize("dtype", ["<f8", "<f4", ">f4", "<i2"])
    @pytest.mark.parametrize("shape", ["channels first", "channels last", "fortran"])
    def test_npy(self, tmp_path, data, dtype, shape):
        array = (data * 100).astype(dtype)
        stored = {"channels first": array, "channels last": array.T, "fortran": np.asfortranarray(array)}[shape]
        np.save(tmp_path / "a.npy", stored)
        assert_is(ms.read(tmp_path / "a.npy", **STATED), array.astype(float))

    def test_npy_of_one_channel(self, tmp_path, data):
        np.save(tmp_path / "a.npy", data[0])
        assert_is(ms.read(tmp_path / "a.npy", sfreq=1000, unit="mV", labels=LABELS[:1]), data[:1])

    def test_npz(self, tmp_path, data):
        np.savez_compressed(tmp_path / "a.npz", emg=data, fs=1000)
        assert_is(ms.read(tmp_path / "a.npz", **STATED), data)

    def test_several_arrays_must_be_named(self, tmp_path, data):
        np.savez(tmp_path / "a.npz", emg=data, stim=np.arange(5))
        with pytest.raises(ReadError, match=r"'emg'.*'stim'"):
            ms.read(tmp_path / "a.npz", **STATED)
        with pytest.raises(ReadError, match="no array 'eeg'"):
            ms.read(tmp_path / "a.npz", variable="eeg", **STATED)
        assert_is(ms.read(tmp_path / "a.npz", variable="emg", **STATED), data)

    def test_pickles_are_never_opened(self, tmp_path):
        np.save(tmp_path / "a.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
        np.savez(tmp_path / "a.npz", a=np.array([{}, {}], dtype=object))
        for name in ("a.npy", "a.npz"):
            with pytest.raises(ReadError):
                ms.read(tmp_path / name, **STATED)

    def test_an_ambiguous_shape_is_refused(self, tmp_path):
        np.save(tmp_path / "a.npy", np.zeros((3, 3)))
        with pytest.raises(ParameterError, match="do not tell which dimension"):
            ms.read(tmp_path / "a.npy", **STATED)

    def test_a_shape_larger_than_the_file_is_refused(self, tmp_path):
        header = {"descr": "<f8", "fortran_order": False, "shape": (3, 10**15)}
        with (tmp_path / "a.npy").open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
        with pytest.raises(ReadError, match="too short"):
            ms.read(tmp_path / "a.npy", **STATED)

    def test_an_archive_that_explodes_is_refused(self, tmp_path):
        header = {"descr": "<f8", "fortran_order": False, "shape": (3, 10**7)}
        archive = zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED)
        with archive, archive.open("a.npy", "w") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for _ in range(240):
                file.write(bytes(10**6))
        with pytest.raises(ReadError, match="would unpack"):
            ms.read(tmp_path / "a.npz", **STATED)

    @pytest.mark.parametrize("missing", ["sfreq", "labels", "unit"])
    def test_nothing_is_guessed(self, tmp_path, data, missing):
        np.save(tmp_path / "a.npy", data)
        with pytest.raises(ReadError, match="unit ''" if missing == "unit" else missing):
            ms.read(tmp_path / "a.npy", **{key: value for key, value in STATED.items() if key != missing})


class TestMatlab:
    @pytest.mark.parametrize("compressed", [True, False])
    def test_mat(self, tmp_path, data, compressed):
        scipy.io.savemat(tmp_path / "a.mat", {"emg": data, "fs": 1000}, do_compression=compressed)
        assert_is(ms.read(tmp_path / "a.mat", **STATED), data)

    @pytest.mark.parametrize("compressed", [False, True])
    def test_mat_fields_of_structs(self, tmp_path, data, compressed):
        trial = {"emg": data, "info": {"fs": 1000, "name": "x", "raw": data.T.astype(np.int16)}}
        scipy.io.savemat(tmp_path / "a.mat", {"trial": trial}, do_compression=compressed)
        assert_is(ms.read(tmp_path / "a.mat", variable="trial.emg", **STATED), data)
        assert_is(ms.read(tmp_path / "a.mat", variable="trial.info.raw", **STATED), data.astype(np.int16))
        with pytest.raises(ReadError, match=r"'trial\.emg'.*'trial\.info\.raw'"):
            ms.read(tmp_path / "a.mat", **STATED)

    def test_mat_that_unpacks_without_bound(self, tmp_path):
        scipy.io.savemat(tmp_path / "a.mat", {"emg": np.zeros((3, 10_000_000))}, do_compression=True)
        with pytest.raises(ReadError, match="would unpack"):
            ms.read(tmp_path / "a.mat", **STATED)

    def test_objects_are_refused(self, tmp_path):
        scipy.io.savemat(tmp_path / "a.mat", {"cells": np.array([{}, 1], dtype=object)})
        with pytest.raises(ReadError, match="no array of numbers"):
            ms.read(tmp_path / "a.mat", **STATED)


class TestHdf5:
    @pytest.fixture(autouse=True)
    def _package(self):
        self.h5py = pytest.importorskip("h5py")

    @pytest.mark.parametrize("shape", ["channels first", "channels last"])
    def test_a_dataset(self, tmp_path, data, shape):
        with self.h5py.File(tmp_path / "a.h5", "w") as tree:
            tree["raw/emg"] = data if shape == "channels first" else data.T
        assert_is(ms.read(tmp_path / "a.h5", **STATED), data)

    def test_one_dimension(self, tmp_path, data):
        with self.h5py.File(tmp_path / "a.h5", "w") as tree:
            tree["emg"], tree["time"] = data[0], np.arange(700)
        assert_is(ms.read(tmp_path / "a.h5", variable="/emg", sfreq=1000, unit="mV", labels=LABELS[:1]), data[:1])

    def test_links_out_of_the_file_are_not_followed(self, tmp_path, data):
        with self.h5py.File(tmp_path / "secret.h5", "w") as tree:
            tree["emg"] = data
        with self.h5py.File(tmp_path / "a.h5", "w") as tree:
            tree["emg"] = self.h5py.ExternalLink("secret.h5", "/emg")
        with pytest.raises(ReadError, match="no array of numbers"):
            ms.read(tmp_path / "a.h5", variable="emg", **STATED)


class TestText:
    def put(self, tmp_path, text, name="a.csv"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return tmp_path / name

    @pytest.mark.parametrize("separator", [",", "\t", ";", " "])
    def test_separators(self, tmp_path, separator):
        rows = "\n".join(separator.join(f"{x:.6g}" for x in row) for row in RNG.standard_normal((50, 2)))
        rec = ms.read(self.put(tmp_path, rows + "\n"), sfreq=100, unit="uV", labels=LABELS[:2])
        np.testing.assert_allclose(rec.read().T, np.loadtxt(rows.replace(separator, " ").splitlines()), rtol=1e-6)

    def test_names_units_and_time(self, tmp_path):
        rec = ms.read(self.put(tmp_path, "Time (ms),EMG R APB (mV),EEG C3 [uV]\n10,1,2\n10.5,3,4\n11,5,6\n"))
        assert [c.sfreq for c in rec.channels] == [2000, 2000]
        assert rec.labels == ("EMG R APB", "EEG C3")
        assert rec.read().tolist() == [[1000, 3000, 5000], [2, 4, 6]]

    def test_decimal_commas(self, tmp_path):
        rec = ms.read(self.put(tmp_path, "t;EMG\n0,0;1,5\n0,001;-2,5\n0,002;3,25\n"), unit="uV")
        assert rec.read("EMG").tolist() == [1.5, -2.5, 3.25]
        assert rec.channels[0].sfreq == 1000

    def test_a_byte_order_mark_comments_and_the_index_of_pandas(self, tmp_path):
        text = "\ufeff# made by hand\n\n,EMG R APB\n0,1.5\n1,2.5\n"
        rec = ms.read(self.put(tmp_path, text), sfreq=10, unit="uV")
        assert (rec.labels, rec.read("EMG R APB").tolist()) == (("EMG R APB",), [1.5, 2.5])

    def test_rounded_times_give_the_rate_that_was_meant(self, tmp_path):
        rows = "".join(f"{i / 3000:.6f},0\n" for i in range(5000))
        assert ms.read(self.put(tmp_path, "time,EMG\n" + rows), unit="uV").channels[0].sfreq == 3000

    def test_a_rate_that_is_no_whole_number(self, tmp_path):
        rows = "".join(f"{i / 1259.259:.9f},0\n" for i in range(5000))
        assert ms.read(self.put(tmp_path, "time,EMG\n" + rows), unit="uV").channels[0].sfreq == pytest.approx(1259.259)

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ("0,1\n1,1\n2,1\n4,1\n5,1\n", "not even: from 2 to 4 in row 5"),
            ("0,1\n1,1\n1,1\n2,1\n", "not even"),
            ("3,1\n2,1\n1,1\n", "not even"),
            ("0,1\n", "one row"),
            ("0,1\nnan,1\n2,1\n", "not even"),
        ],
    )
    def test_an_uneven_time_column_is_refused(self, tmp_path, rows, words):
        with pytest.raises(ReadError, match=words):
            ms.read(self.put(tmp_path, "time,EMG\n" + rows), unit="uV")

    def test_a_stated_rate_must_agree_with_the_time_column(self, tmp_path):
        path = self.put(tmp_path, "time,EMG\n" + "".join(f"{i / 1000:.2f},0\n" for i in range(500)))
        assert ms.read(path, unit="uV", sfreq=1000).channels[0].sfreq == 1000
        with pytest.raises(ReadError, match="contradicts the time column"):
            ms.read(path, unit="uV", sfreq=2000)

    @pytest.mark.parametrize(
        ("text", "stated", "words"),
        [
            ("1,2\n3,4\n", {"sfreq": 10, "unit": "uV"}, "state their labels \\(2"),
            ("1,2\n3,4\n", {"sfreq": 10, "unit": "uV", "labels": ["EMG"]}, "2 channels, but 1 labels"),
            ("EMG\n1\n2\n", {"unit": "uV"}, "sampling rate"),
            ("EMG\n1\n2\n", {"sfreq": 10}, "unit ''"),
            ("a,b\n1,2\n3\n", {"sfreq": 10}, "not all lines from 2 on are numbers"),
            ("a,b\n1,2\n3,x\n", {"sfreq": 10}, "not all lines"),
            ("a,b\n1,2\n3,\n", {"sfreq": 10}, "not all lines"),
        ],
    )
    def test_what_is_missing_or_wrong(self, tmp_path, text, stated, words):
        with pytest.raises((ReadError, ParameterError), match=words):
            ms.read(self.put(tmp_path, text), **stated)

    def test_a_last_line_without_its_end_is_doubted(self, tmp_path):
        with pytest.warns(MyosigWarning, match="no line end"):
            ms.read(self.put(tmp_path, "EMG\n1.25\n2.5"), sfreq=10, unit="uV")

    @settings(max_examples=200, deadline=None)
    @given(st.integers(0, 90), st.binary(min_size=1, max_size=4))
    def test_broken_tables(self, tmp_path_factory, at, new):
        content = bytearray(b"time,EMG R APB (mV),EEG C3 (uV)\n0,1,2\n0.5,3,4\n1,5,6\n1.5,7,8\n2,9,10\n")
        content[at : at + len(new)] = new
        path = tmp_path_factory.getbasetemp() / "broken.csv"
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MyosigWarning)
            with contextlib.suppress(ReadError, ParameterError):
                ms.read(path)


@pytest.mark.parametrize("kind", ["npy", "npz", "mat", "h5"])
def test_cut_and_changed_containers(tmp_path, data, kind):
    """Right samples or a ReadError, never anything else."""
    path = tmp_path / f"a.{kind}"
    array = data[:, :20]
    {
        "npy": lambda: np.save(path, array),
        "npz": lambda: np.savez(path, emg=array),
        "mat": lambda: scipy.io.savemat(path, {"emg": array}),
        "h5": lambda: _save_hdf5(path, array),
    }[kind]()
    content = path.read_bytes()
    rng = np.random.default_rng(6)
    for _ in range(150):
        broken = bytearray(content[: int(rng.integers(10, len(content)))] if rng.random() < 0.5 else content)
        broken[int(rng.integers(8, len(broken)))] = int(rng.integers(0, 256))
        path.write_bytes(broken)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.suppress(ReadError, ParameterError):
                ms.read(path, sfreq=1000, unit="mV", labels=LABELS).read()


def test_without_h5py_the_error_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"myosig\[hdf5\]"):
        ms.read(tmp_path / "a.h5", **STATED)


def _save_hdf5(path, array):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as tree:
        tree["emg"] = array
