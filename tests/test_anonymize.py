"""Anonymous copies: field by field, text by text; samples bit for bit."""

import numpy as np
import pytest
from click.testing import CliRunner

import myosig as ms
from myosig.annotations import Annotations
from myosig.cli import main
from myosig.io.anonymize import clean_lists, clean_text
from myosig.io.edf_header import SIGNAL_FIELDS

SECRET = b"Miller"
TEXTS = ["Sleep stage N2", "Frau Miller bewegt sich", "burst@@EMG R APB", "burst@@Miller", "stim", "1961-03-02"]


def field(n_signals: int, name: str, row: int) -> slice:
    start = 256
    for other, width in SIGNAL_FIELDS.items():
        if other == name:
            return slice(start + row * width, start + (row + 1) * width)
        start += width * n_signals
    raise KeyError(name)


@pytest.fixture(params=[".edf", ".bdf"])
def named(request, tmp_path):
    """A file with a name wherever one can stand."""
    emg = np.random.default_rng(8101).normal(0, 50, (2, 6000))
    recording = ms.from_array(emg, sfreq=1000, labels=["EMG R APB", "EMG L APB"], unit="uV")
    notes = Annotations(np.arange(6.0) / 2, np.zeros(6), np.array(TEXTS, dtype=object))
    path = tmp_path / f"source{request.param}"
    ms.write_edf(recording.with_annotations(notes), path)
    raw = bytearray(path.read_bytes())
    raw[8:88] = b"4711 F 02-MAR-1961 Miller".ljust(80)
    raw[88:168] = b"Startdate 03-APR-2024 Miller Dr_Miller Miller_2".ljust(80)
    raw[168:184] = b"03.04.2422.15.00"
    for name in ("transducer", "prefiltering", "reserved"):
        place = field(3, name, 0)
        raw[place] = SECRET.ljust(place.stop - place.start)
    place = field(3, "prefiltering", 1)
    raw[place] = b"HP:20Hz LP:450Hz N:50Hz".ljust(80)
    path.write_bytes(raw)
    return path


def test_no_field_and_no_text_names_anybody(named):
    out = named.with_name(f"case-17{named.suffix}")
    ms.anonymize(named, out)
    before, after = named.read_bytes(), out.read_bytes()
    assert SECRET in before
    assert SECRET not in after
    assert len(after) == len(before)
    assert after[8:88] == b"X X X X".ljust(80)
    assert after[88:168] == b"Startdate X X X X".ljust(80)
    assert after[168:184] == b"01.01.8522.15.00"
    for name in ("label", "physical dimension", "physical minimum", "digital maximum", "samples per record"):
        for row in range(3):
            assert after[field(3, name, row)] == before[field(3, name, row)]
    for name in ("transducer", "prefiltering", "reserved"):
        assert not after[field(3, name, 0)].strip()
    assert after[field(3, "prefiltering", 1)] == before[field(3, "prefiltering", 1)]


def test_samples_and_times_stay_bit_for_bit(named):
    out = named.with_name(f"case-17{named.suffix}")
    ms.anonymize(named, out)
    before, after = ms.read(named), ms.read(out)
    np.testing.assert_array_equal(after.read(), before.read())
    np.testing.assert_array_equal(after.annotations.onset, before.annotations.onset)
    assert after.annotations.text.tolist() == ["Sleep stage N2", "X", "burst@@EMG R APB", "X", "stim", "X"]


def test_a_name_of_the_patient_on_the_copy_is_noticed(named):
    with pytest.warns(ms.MyosigWarning, match="holds a word of the patient"):
        ms.anonymize(named, named.with_name(f"miller{named.suffix}"))


def test_the_source_is_never_overwritten(named):
    before = named.read_bytes()
    with pytest.raises(ms.ParameterError, match="is the recording itself"):
        ms.anonymize(named, named)
    assert CliRunner().invoke(main, ["anonymize", str(named), "--out", str(named)]).exit_code == 1
    assert named.read_bytes() == before


def test_damaged_lists_are_left_out_and_nothing_grows():
    raw = b"+0\x14\x14\0Miller\0+1\x152\x14stim\x14Miller\x14\0+3\x14Miller"
    clean = clean_lists(raw, set())
    assert len(clean) == len(raw)
    assert clean.rstrip(b"\0") == b"+0\x14\x14\0+1\x152\x14stim\x14X\x14\0+3\x14X\x14"


@pytest.mark.parametrize("text", ["Anna", "sleep stage Miller", "jerk@@Miller", "\u00e9", "stage 1961"])
def test_what_is_not_known_is_replaced(text):
    assert clean_text(text.encode(), {"EMG R APB"}) == b"X"
