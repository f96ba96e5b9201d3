"""A marked copy of an EDF file: every byte of its samples as it was, the marks where they belong."""

import mne
import numpy as np
import pytest

import myosig as ms
from myosig.annotations import Annotations
from myosig.io.edf_marks import add_annotations

MARKS = Annotations([0.25, 1.5], [0.1, 0.0], np.array(["burst@@EMG R APB", "noted"], dtype=object))


def plain_edf(path, *, bdf=False, patient=b"Smith John 1950", n_records=4, duration=1.0):
    """An EDF (BDF) file without annotations, its samples at random."""
    width, samples = (3 if bdf else 2), 100
    rng = np.random.default_rng(71001)
    magic = b"\xffBIOSEMI" if bdf else b"0       "
    full = 1 << (8 * width - 1)
    fixed = magic + patient.ljust(80) + b"ward 7".ljust(80) + b"01.02.0310.11.12" + b"768".ljust(8)
    fixed += (b"24BIT" if bdf else b"").ljust(44) + b"%-8d" % n_records + b"%-8g" % duration + b"2   "
    fields = [(b"EMG R APB", b"C3"), (b"", b""), (b"uV", b"uV"), (b"-1000", b"-500"), (b"1000", b"500")]
    fields += [(b"%d" % -full,) * 2, (b"%d" % (full - 1),) * 2, (b"", b""), (b"%d" % samples,) * 2, (b"", b"")]
    widths = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
    header = fixed + b"".join(one.ljust(w) for pair, w in zip(fields, widths, strict=True) for one in pair)
    path.write_bytes(header + rng.integers(0, 256, n_records * 2 * samples * width, dtype=np.uint8).tobytes())
    return path


def stored_bytes(path):
    """The data records without annotations, as bytes."""
    from myosig.io.edf_header import read_header
    from myosig.io.files import DataFile

    header = read_header(DataFile.at(path))
    raw = path.read_bytes()[header.records.start :]
    size = header.records.record_bytes
    records = np.frombuffer(raw[: header.n_records * size], np.uint8).reshape(-1, size)
    keep = [np.arange(s.samples * header.sample_bytes) + s.offset for s in header.signals if not s.is_annotations]
    return records[:, np.concatenate(keep)].tobytes()


@pytest.mark.parametrize("bdf", [False, True])
def test_samples_stay_bit_for_bit(tmp_path, bdf):
    source = plain_edf(tmp_path / "plain", bdf=bdf)
    add_annotations(source, MARKS, tmp_path / "marked")
    assert stored_bytes(tmp_path / "marked") == stored_bytes(source)
    before, after = ms.read(source), ms.read(tmp_path / "marked")
    assert after.start_time == before.start_time
    assert after.annotations.equals(MARKS)
    assert np.array_equal(after.read(), before.read())


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
def test_annotations_and_gaps_that_were_there_stay(tmp_path, suffix):
    rng = np.random.default_rng(71002)
    rec = ms.from_array(rng.normal(0, 20, (1, 8000)), sfreq=1000, labels=["EMG R APB"], unit="uV")
    rec = rec.with_annotations(Annotations([0.5], [2.0], np.array(["rest"], dtype=object)))
    source, out = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    ms.write_edf(rec, source)
    add_annotations(source, MARKS, out)
    add_annotations(out, Annotations([3.0], [0.0], np.array(["again"], dtype=object)), tmp_path / f"c{suffix}")
    final = ms.read(tmp_path / f"c{suffix}")
    assert final.annotations.text.tolist() == ["burst@@EMG R APB", "rest", "noted", "again"]
    assert stored_bytes(tmp_path / f"c{suffix}") == stored_bytes(source)


def test_mne_reads_the_marks_on_their_channels(tmp_path):
    add_annotations(plain_edf(tmp_path / "plain.edf"), MARKS, tmp_path / "marked.edf")
    notes = mne.io.read_raw_edf(tmp_path / "marked.edf", verbose="error").annotations
    assert notes.onset.tolist() == [0.25, 1.5]
    assert list(notes.description) == ["burst", "noted"]
    assert tuple(notes.ch_names[0]) == ("EMG R APB",)


def test_the_patient_stays_behind_unless_asked_for(tmp_path):
    source = plain_edf(tmp_path / "plain.edf")
    add_annotations(source, MARKS, tmp_path / "marked.edf")
    assert b"Smith" not in (tmp_path / "marked.edf").read_bytes()[:256]
    assert b"ward" not in (tmp_path / "marked.edf").read_bytes()[:256]
    add_annotations(source, MARKS, tmp_path / "kept.edf", keep_identity=True)
    head = (tmp_path / "kept.edf").read_bytes()[:168]
    assert b"X X X Smith_John_1950" in head
    assert b"Startdate 01-FEB-2003 X X ward_7" in head


def test_many_marks_in_few_records_find_room(tmp_path):
    many = Annotations(np.arange(500) / 200, np.full(500, 0.001), np.array(["burst@@EMG R APB"] * 500, dtype=object))
    add_annotations(plain_edf(tmp_path / "plain.edf"), many, tmp_path / "marked.edf")
    assert ms.read(tmp_path / "marked.edf").annotations.equals(many)


def test_the_recording_itself_is_never_overwritten(tmp_path):
    source = plain_edf(tmp_path / "plain.edf")
    before = source.read_bytes()
    with pytest.raises(ms.ParameterError, match="another name"):
        add_annotations(source, MARKS, source)
    assert source.read_bytes() == before
