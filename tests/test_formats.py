"""Formats beside EDF: each on a real file, its numbers against the bytes; or written by an independent writer."""

import builtins
import re
import shutil
import struct
import warnings

import numpy as np
import pytest

import myosig as ms
from myosig.errors import MissingExtraError, MyosigWarning, ReadError

MICRO = "\u00b5"


def quietly(path, **stated):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MyosigWarning)
        return ms.read(path, **stated)


@pytest.fixture
def formats(shared_data):
    return shared_data / "formats"


# -- BrainVision ----------------------------------------------------------------------------------------------


def brainvision_bytes(header, dtype):
    """(labels, numbers in the unit of the header as (channel, sample)) straight from the data file."""
    text = header.read_bytes().decode("latin-1").replace("Âµ", "µ")
    rows = re.findall(r"^Ch\d+=([^,\r\n]*),([^,\r\n]*),([^,\r\n]*),?([^,\r\n]*)", text, flags=re.MULTILINE)
    name = re.search(r"DataFile=(\S+)", text)[1]
    rows = rows[: int(re.search(r"NumberOfChannels=(\d+)", text)[1])]
    stored = np.fromfile(header.parent / name, dtype=dtype)
    stored = stored.reshape(len(rows), -1) if "DataOrientation=VECTORIZED" in text else stored.reshape(-1, len(rows)).T
    scale = np.array([float(resolution or 1) for _, _, resolution, _ in rows])[:, None]
    return [label for label, *_ in rows], stored * scale, [unit.strip() for *_, unit in rows]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("formats/brainvision/test.vhdr", "<i2"),
        ("formats/brainvision/test_NO.vhdr", "<f4"),
        ("formats/brainvision/test_units.vhdr", "<i2"),
        ("formats/brainvision/test_old_layout_latin1_software_filter.vhdr", "<f4"),
        ("reaction-time/example_bva/example_data.vhdr", "<f4"),
    ],
)
def test_brainvision_agrees_with_its_bytes(shared_data, name, dtype):
    header = shared_data / name
    labels, numbers, units = brainvision_bytes(header, dtype)
    recording = quietly(header)
    assert list(recording.labels) == labels
    factor = {"nV": 1e-3, "mV": 1e3, "V": 1e6, "": 1.0} | dict.fromkeys(("µV", "uV"), 1.0)
    for label, expected, unit in zip(labels, numbers, units, strict=True):
        assert recording.channel(label).unit == ("uV" if unit in factor else unit.replace("µ", "u"))
        np.testing.assert_allclose(recording.read(label), expected * factor.get(unit, 1.0), rtol=2e-6, atol=1e-6)


def test_brainvision_numbers_are_those_of_the_file_where_a_unit_is_stated(formats):
    header = formats / "brainvision" / "test_units.vhdr"
    stated = quietly(header, units={"CP6": "mV"}).read("CP6")  # uS in the header
    np.testing.assert_allclose(stated, 1000 * quietly(header).read("CP6"), rtol=1e-6)


def test_brainvision_agrees_with_the_same_recording_in_bdf(shared_data):
    ours = quietly(shared_data / "reaction-time" / "example_bva" / "example_data.vhdr")
    bdf = quietly(shared_data / "reaction-time" / "example_data.bdf")
    np.testing.assert_allclose(ours.read("EXG1"), bdf.read("EXG1"), atol=0.05)
    assert ours.channel("EXG1").sfreq == bdf.channel("EXG1").sfreq == 2048


def test_brainvision_kinds_come_from_the_labels(formats):
    recording = quietly(formats / "brainvision" / "test_NO.vhdr")
    assert [(c.label, c.side) for c in recording.channels if c.kind == "emg"] == [
        ("EMGright", "right"),
        ("EMGleft", "left"),
    ]
    assert recording.channel("17").kind == "misc"


@pytest.mark.parametrize("suffix", [".eeg", ".vmrk"])
def test_brainvision_opens_from_any_of_its_files(formats, suffix):
    recording = quietly(formats / "brainvision" / f"test{suffix}")
    assert recording.name == "test.vhdr"


@pytest.mark.parametrize("missing", [".eeg", ".vmrk"])
def test_brainvision_with_a_file_missing_is_one_clear_error(formats, tmp_path, missing):
    for suffix in {".vhdr", ".vmrk", ".eeg"} - {missing}:
        shutil.copy(formats / "brainvision" / f"test{suffix}", tmp_path)
    with pytest.raises(ReadError, match=f"names the file 'test{missing}', which is not beside it"):
        ms.read(tmp_path / "test.vhdr")


def test_brainvision_software_filters_are_taken_over(formats):
    recording = quietly(formats / "brainvision" / "test_old_layout_latin1_software_filter.vhdr")
    assert recording.channel("F7").lowpass == pytest.approx(50.0)
    assert len(recording.segments) == 1


def test_a_damaged_header_is_one_clear_error(tmp_path):
    (tmp_path / "bad.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nnothing=1\n"
    )
    with pytest.raises(ReadError, match="cannot read the file"):
        ms.read(tmp_path / "bad.vhdr")


# -- through MNE, written by MNE ------------------------------------------------------------------------------


def test_fif_and_eeglab(tmp_path):
    import mne
    from scipy.io import savemat

    data = np.random.default_rng(8).normal(0, 5e-5, (2, 3000))
    raw = mne.io.RawArray(data, mne.create_info(["R APB", "C3"], 1000.0, ["emg", "eeg"]), verbose="error")
    raw.save(tmp_path / "x_raw.fif", verbose="error")
    recording = ms.read(tmp_path / "x_raw.fif")
    assert [c.known["kind"] for c in recording.channels] == ["stated", "stated"]
    np.testing.assert_allclose(recording.read(), data * 1e6, rtol=1e-5)

    places = np.array([("R APB",), ("C3",)], dtype=[("labels", object)])
    eeg = {"setname": "x", "nbchan": 2, "trials": 1, "pnts": 3000, "srate": 1000.0, "xmin": 0.0, "xmax": 2.999}
    eeg |= {"data": data * 1e6, "chanlocs": places, "event": [], "epoch": []}
    savemat(tmp_path / "x.set", {"EEG": eeg})
    recording = quietly(tmp_path / "x.set")
    assert [c.kind for c in recording.channels] == ["emg", "eeg"]
    np.testing.assert_allclose(recording.read(), data * 1e6, rtol=1e-5)


# -- neo ------------------------------------------------------------------------------------------------------


def test_samples_that_are_missing_are_a_read_error_when_they_are_asked_for(tmp_path):
    import mne

    info = mne.create_info(["EMG1", "C3"], 500.0, ["emg", "eeg"])
    path = tmp_path / "a_raw.fif"
    mne.io.RawArray(np.ones((2, 5000)) * 1e-5, info, verbose="error").save(path, verbose="error")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 1])
    with pytest.raises(ReadError, match="MNE-Python cannot read"):
        quietly(path).read()


def intan_bytes(labels, counts):
    """An RHD2000 file (1.5) as Intan describes it: 0.195 µV a count around 32768, in blocks of 60 samples at 2 kHz."""

    def text(words):
        return struct.pack("<I", 2 * len(words)) + words.encode("utf-16-le")

    filters = struct.pack("<h6fh2f", 1, 1.0, 0.1, 7500.0, 1.0, 0.1, 7500.0, 0, 1000.0, 1000.0)
    head = struct.pack("<Ihhf", 0xC6912702, 1, 5, 2000.0) + filters + 3 * text("") + struct.pack("<hhh", 0, 0, 1)
    head += text("Port A") + text("A") + struct.pack("<3h", 1, len(labels), len(labels))
    for k, label in enumerate(labels):
        head += text(f"A-{k:03d}") + text(label) + struct.pack("<10h2f", k, k, 0, 1, k, 0, 0, 0, 0, 0, 1e4, 0.0)
    stored = (counts + 32768).astype("<u2")
    starts = range(0, counts.shape[1], 60)
    return head + b"".join(
        np.arange(k, k + 60, dtype="<i4").tobytes() + stored[:, k : k + 60].tobytes() for k in starts
    )


def test_intan_agrees_with_its_bytes_and_neo_stays_silent(tmp_path, capfd):
    counts = np.random.default_rng(166_101).integers(-3000, 3000, (2, 6000))
    (tmp_path / "a.rhd").write_bytes(intan_bytes(["EMG R APB", "C3"], counts))
    recording = ms.read(tmp_path / "a.rhd")
    assert [(c.label, c.kind, c.sfreq) for c in recording.channels] == [("EMG R APB", "emg", 2000), ("C3", "eeg", 2000)]
    np.testing.assert_allclose(recording.read(), 0.195 * counts, atol=1e-3)
    np.testing.assert_allclose(recording.read(tmin=0.03, tmax=0.06), 0.195 * counts[:, 60:120], atol=1e-3)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_neo_cannot_read_is_one_clear_error(tmp_path):
    (tmp_path / "bad.abf").write_bytes(b"nonsense" * 200)
    with pytest.raises(ReadError, match="neo cannot read the file"):
        ms.read(tmp_path / "bad.abf")


def test_an_unknown_format_says_what_is_read(tmp_path):
    (tmp_path / "x.qqq").write_bytes(bytes(range(128, 256)) * 10)
    with pytest.raises(ReadError, match="format is not known"):
        ms.read(tmp_path / "x.qqq")


# -- WFDB -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["emg_healthy", "emg_myopathy", "emg_neuropathy"])
@pytest.mark.parametrize("suffix", [".hea", ".dat"])
def test_wfdb_agrees_with_its_bytes(formats, name, suffix):
    pytest.importorskip("wfdb")
    recording = ms.read(formats / "wfdb" / f"{name}{suffix}")
    stored = np.fromfile(formats / "wfdb" / f"{name}.dat", dtype="<i2")
    channel = recording.channels[0]
    assert (channel.kind, channel.sfreq, channel.unit) == ("emg", 4000, "uV")
    np.testing.assert_allclose(recording.read("EMG"), stored / 10000 * 1000, rtol=1e-6)
    np.testing.assert_allclose(recording.read("EMG", 3.5, 4.0), stored[14000:16000] / 10, rtol=1e-6)


def test_wfdb_annotations_and_several_rates(tmp_path, monkeypatch):
    wfdb = pytest.importorskip("wfdb")
    monkeypatch.chdir(tmp_path)
    signals = np.round(np.random.default_rng(3).normal(0, 1, (1000, 2)), 3)
    wfdb.wrsamp("rec", fs=500, units=["mV", "g"], sig_name=["EMG L TA", "acc"], p_signal=signals, fmt=["16", "16"])
    wfdb.wrann("rec", "atr", np.array([250]), symbol=["+"], aux_note=["sleep"])
    recording = ms.read(tmp_path / "rec.hea")
    assert recording.annotations.onset.tolist() == [0.5]
    assert recording.annotations.text.tolist() == ["sleep"]
    np.testing.assert_allclose(recording.read("EMG L TA"), signals[:, 0] * 1000, atol=0.2)
    assert recording.channel("acc").unit == "g"


def test_wfdb_without_its_data_is_one_clear_error(formats, tmp_path):
    pytest.importorskip("wfdb")
    shutil.copy(formats / "wfdb" / "emg_healthy.hea", tmp_path)
    with pytest.raises(ReadError, match=r"emg_healthy\.dat"):
        ms.read(tmp_path / "emg_healthy.hea")


# -- C3D, XDF, Delsys -----------------------------------------------------------------------------------------


def test_c3d_agrees_with_its_bytes(formats):
    pytest.importorskip("ezc3d")
    recording = quietly(formats / "c3d" / "markers_analogs.c3d")
    raw = (formats / "c3d" / "markers_analogs.c3d").read_bytes()
    header = np.frombuffer(raw[:512], dtype="<i2")
    points, per_frame, first_block = int(header[1]), int(header[2]), int(header[8])
    frames = np.frombuffer(raw[(first_block - 1) * 512 :], dtype="<f4")
    frames = frames[: frames.size // (4 * points + per_frame) * (4 * points + per_frame)]
    analog = frames.reshape(-1, 4 * points + per_frame)[:, 4 * points :].reshape(-1, 38)
    assert len(recording.channels) == 38
    assert recording.channels[0].sfreq == 2000
    count = recording.channels[0].n_samples
    np.testing.assert_allclose(recording.read(), analog[:count].T * 1e6, rtol=1e-5)
    assert recording.channel("Delt_ant.EMG1").muscle == "deltoid"


def test_xdf_needs_the_unit_and_keeps_the_true_rate(formats):
    pytest.importorskip("pyxdf")
    path = formats / "xdf" / "minimal.xdf"
    with pytest.raises(ReadError, match="state it"):
        quietly(path)
    recording = quietly(path, unit="uV")
    assert recording.labels == ("SendDataC 1", "SendDataC 2", "SendDataC 3")
    np.testing.assert_array_equal(recording.read("SendDataC 1")[:3], [192, 12, 13])
    assert "Hello" in recording.annotations.text
    assert quietly(formats / "xdf" / "eeglab_test.xdf", unit="uV").channels[0].sfreq == pytest.approx(998.42, abs=0.01)


def test_trigno_keeps_every_rate_and_says_that_it_is_cut(formats):
    path = formats / "trigno" / "truncated_trigno_sample.csv"
    with pytest.warns(MyosigWarning, match="14 channels have fewer samples"):
        recording = ms.read(path)
    emg, acc = recording.channel("Mini sensor 10: EMG 10"), recording.channel("Mini sensor 10: ACC.X 10")
    assert (emg.kind, emg.sfreq, emg.unit) == ("emg", pytest.approx(1259.259), "uV")
    assert (acc.kind, acc.sfreq, acc.unit) == ("acc", pytest.approx(148.1481), "g")
    rows = [line.split(",") for line in path.read_text("latin-1").splitlines()[18:]]
    emg_column = np.array([float(row[1]) for row in rows])
    acc_column = np.array([float(row[3]) for row in rows if row[3]])
    np.testing.assert_allclose(recording.read(emg.label)[: len(emg_column)], emg_column * 1e6, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(recording.read(acc.label, 0, len(acc_column) / acc.sfreq), acc_column, rtol=1e-6)


def test_trigno_with_a_wrong_rate_is_refused(formats, tmp_path):
    text = (formats / "trigno" / "truncated_trigno_sample.csv").read_bytes()
    (tmp_path / "x.csv").write_bytes(text.replace(b"1.259259e+003", b"1.260000e+003"))
    with pytest.raises(ReadError, match="does not run at the 1260 Hz"):
        ms.read(tmp_path / "x.csv")


# -- NWB ------------------------------------------------------------------------------------------------------


def test_nwb_is_read_lazily_in_microvolts(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    from datetime import UTC, datetime

    stored = np.random.default_rng(2).integers(-1000, 1000, (4000, 2)).astype(np.int16)
    start = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    content = pynwb.NWBFile(session_description="x", identifier="x", session_start_time=start)
    series = pynwb.TimeSeries(name="EMG R TA", data=stored[:, 0], unit="volts", conversion=1e-6, rate=2000.0)
    content.add_acquisition(series)
    content.add_acquisition(
        pynwb.TimeSeries(name="acc", data=stored[:1000], unit="g", timestamps=np.arange(1000) / 500.0 + 0.5)
    )
    content.add_epoch(0.25, 0.75, [])
    with pynwb.NWBHDF5IO(str(tmp_path / "x.nwb"), "w") as out:
        out.write(content)
    recording = ms.read(tmp_path / "x.nwb")
    assert recording.channel("EMG R TA").muscle == "tibialis anterior"
    np.testing.assert_allclose(recording.read("EMG R TA"), np.r_[stored[:, 0], [np.nan] * 1000], rtol=1e-6)
    np.testing.assert_allclose(recording.read("acc 2", 0.5, 2.5), stored[:1000, 1])
    assert recording.annotations.onset.tolist() == [0.25]


# -- missing packages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "package"),
    [("wfdb/emg_healthy.hea", "wfdb"), ("c3d/markers_analogs.c3d", "ezc3d"), ("xdf/minimal.xdf", "pyxdf")],
)
def test_a_missing_package_names_its_extra(formats, monkeypatch, name, package):
    def refuse(wanted, *rest):
        if wanted == package:
            raise ImportError(wanted)
        return builtins.__import__(wanted)

    monkeypatch.setattr("myosig.io.extras.import_module", refuse)
    with pytest.raises(MissingExtraError, match=r"pip install 'myosig\[formats\]'"):
        ms.read(formats / name)


@pytest.mark.parametrize("name", ["x.hea", "x.c3d", "x.xdf", "x.nwb", "x.smr", "x.set", "x.fif", "x.lay"])
def test_nonsense_of_any_suffix_is_a_read_error(tmp_path, name):
    start = b"XDF:" if name.endswith("xdf") else b""
    (tmp_path / name).write_bytes(start + b"\x07nonsense\xff" * 100)
    with pytest.raises((ReadError, MissingExtraError)):
        quietly(tmp_path / name)
