"""Broken EDF files: right samples, right samples with a warning, or a ReadError; never anything else."""

import time
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from edf_files import File, Signal, annotations, naive_read
from hypothesis import given, settings, strategies as st

import myosig as ms
from myosig.errors import MyosigWarning, ReadError
from myosig.io.units import decode_unit, microvolts_per

RNG = np.random.default_rng(77)
SIGNALS = [
    Signal(RNG.integers(-2000, 2000, 12), 4, "EMG R APB", unit="mV", prefilter="HP:10Hz LP:500Hz"),
    Signal(RNG.integers(-2000, 2000, 6), 2, "EEG C3", physical_min=-5, physical_max=5),
]
PLAIN = File(SIGNALS).encode()
PLUS = File(
    [*SIGNALS, annotations(["+0\x14\x14\0+0.5\x151\x14jerk\x14\0", "+1\x14\x14\0", "+2\x14\x14\0"])], reserved="EDF+C"
).encode()
GAPS = File([*SIGNALS, annotations(["+0\x14\x14\0", "+5\x14\x14\0", "+9.5\x14\x14\0"])], reserved="EDF+D").encode()
BDF = File(SIGNALS, bits=24).encode()
BASES = {"plain": PLAIN, "plus": PLUS, "gaps": GAPS, "bdf": BDF}
CORPUS = Path(__file__).with_name("edf_corpus.zip")  # ways through the parsers that `fuzz_edf.py` found
MAGIC = (b"0       ", b"\xffBIOSEMI")


def outcome(path: Path, content: bytes):
    """The recording, and whether it warned; None for a ReadError. Anything else is a failure of the test."""
    path.write_bytes(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            rec = ms.read(path)
            for label in rec.labels:
                for block in rec.select(labels=[label]).blocks(duration=1e9):
                    assert block.data.dtype == np.float32
        except ReadError:
            return None, False
    assert all(issubclass(w.category, MyosigWarning) for w in caught)
    return rec, bool(caught)


def check_samples(rec, content):
    """Without a warning, the samples must be those that the definition gives for these very bytes."""
    expected = naive_read(content)
    assert len(expected) == len(rec.channels)
    for channel, (_, rate, numbers) in zip(rec.channels, expected.values(), strict=True):
        stored = np.concatenate([b.data[0] for b in rec.select(labels=[channel.label]).blocks(duration=1e9)])
        raw_unit = decode_unit(content[unit_place(content, list(expected)[rec.index(channel.label)])])
        factor = (microvolts_per(raw_unit) or 1.0) if channel.unit == "uV" else 1.0
        assert channel.sfreq == pytest.approx(rate)
        scale = factor * max(1.0, np.abs(numbers).max())
        np.testing.assert_allclose(stored, numbers * factor, rtol=1e-5, atol=1e-5 * scale)


def unit_place(content, number):
    start = 256 + (16 + 80) * int(float(content[252:256])) + 8 * number
    return slice(start, start + 8)


@pytest.mark.parametrize("name", BASES)
def test_the_untouched_file_is_read_without_a_warning(tmp_path, name):
    rec, warned = outcome(tmp_path / "a.edf", BASES[name])
    assert not warned
    check_samples(rec, BASES[name])


def with_every_byte_changed(content, first, last, seed):
    """The content with one byte changed, for each place; what it becomes is one of the bytes that matter most."""
    new = np.random.default_rng(seed).choice(np.frombuffer(b" \0\x14\x15\xff+-,.x059", np.uint8), last - first)
    for at in range(first, last):
        yield content[:at] + bytes([new[at - first]]) + content[at + 1 :]


@pytest.mark.parametrize(("name", "seed"), [("plus", 1), ("plus", 2), ("bdf", 3), ("gaps", 4)])
def test_every_single_byte_of_the_header_changed(tmp_path, name, seed):
    for changed in with_every_byte_changed(BASES[name], 8, 256 * 3, seed):
        rec, warned = outcome(tmp_path / "a.edf", changed)
        if rec is not None and not warned:
            check_samples(rec, changed)


@pytest.mark.parametrize(("name", "seed"), [("plus", 5), ("plus", 6), ("gaps", 7), ("gaps", 8)])
def test_every_single_byte_of_the_annotations_changed(tmp_path, name, seed):
    header, record = 256 * 4, 2 * (4 + 2 + 30)
    for number in range(3):
        start = header + record * number
        for changed in with_every_byte_changed(BASES[name], start + 12, start + record, seed + 10 * number):
            rec, _ = outcome(tmp_path / "a.edf", changed)
            if rec is not None:
                check_samples(rec, changed)


@pytest.mark.parametrize("name", BASES)
def test_cut_after_every_byte(tmp_path, name):
    content = BASES[name]
    for length in range(8, len(content)):
        rec, warned = outcome(tmp_path / "a.edf", content[:length])
        if rec is not None:
            assert warned
            check_samples(rec, content[:length])


CHANGES = st.lists(st.tuples(st.integers(8, 1100), st.binary(min_size=1, max_size=9)), max_size=4)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(BASES)),
    CHANGES,
)
def test_several_changes_anywhere(tmp_path_factory, name, changes):
    content = bytearray(BASES[name])
    for at, new in changes:
        content[at : at + len(new)] = new.replace(b"\n", b" ")  # which would make it another format
    rec, warned = outcome(tmp_path_factory.getbasetemp() / "several.edf", bytes(content))
    if rec is not None and not warned:
        check_samples(rec, bytes(content))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_as_annotations(tmp_path_factory, lists):
    file = File(
        [*SIGNALS, annotations([b"+0\x14\x14\0" + lists, "+1\x14\x14\0", "+2\x14\x14\0"], 40)], reserved="EDF+C"
    )
    rec, _ = outcome(tmp_path_factory.getbasetemp() / "tal.edf", file.encode())
    check_samples(rec, file.encode())
    assert np.isfinite(rec.annotations.onset).all()


def check_any(path, content):
    """Read a file of any content that begins as EDF or BDF does; every failure of the test is an exception."""
    magic = MAGIC[content[:1] == b"\xff"]
    whole = magic + content[8:].replace(b"\n", b" ")  # which would make it another format
    rec, warned = outcome(path, whole)
    if rec is not None and not warned:
        check_samples(rec, whole)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_after_the_magic(tmp_path_factory, rest):
    for magic in MAGIC:
        check_any(tmp_path_factory.getbasetemp() / "any.edf", magic + rest)


def test_what_the_fuzzer_found(tmp_path):
    with zipfile.ZipFile(CORPUS) as corpus:
        for name in corpus.namelist():
            check_any(tmp_path / "a.edf", corpus.read(name))


@pytest.mark.parametrize("duration", ["1e-320", "1e300", "nan", "inf", "-1"])
def test_a_record_duration_that_cannot_be(tmp_path, duration):
    assert outcome(tmp_path / "a.edf", File(SIGNALS, duration=duration).encode())[0] is None


@pytest.mark.parametrize("onset", ["9" * 400, "1" + "0" * 15])
@pytest.mark.parametrize("form", ["EDF+C", "EDF+D"])
def test_a_record_clock_that_cannot_be(tmp_path, onset, form):
    clock = annotations([f"+{onset}\x14\x14\0", "+1\x14\x14\0", "+2\x14\x14\0"], 300)
    rec, warned = outcome(tmp_path / "a.edf", File([*SIGNALS, clock], reserved=form).encode())
    assert (rec is None) if form == "EDF+D" else warned


def test_an_annotation_that_lasts_for_ever_is_left_out(tmp_path):
    texts = ["+0\x14\x14\0+1\x15" + "9" * 400 + "\x14hey\x14\0", "+1\x14\x14\0", "+2\x14\x14\0"]
    rec, warned = outcome(tmp_path / "a.edf", File([*SIGNALS, annotations(texts, 300)], reserved="EDF+C").encode())
    assert warned
    assert len(rec.annotations) == 0


@pytest.mark.parametrize(
    "file",
    [
        File([SIGNALS[0], annotations(["+0\x14\x14\0"], 30_000_000)], reserved="EDF+C", records=1),
        File([SIGNALS[0], Signal([b""], 99_999_999)], records=1),
        File(SIGNALS, records=99_999_999),
        File(SIGNALS, n_signals=9999),
    ],
    ids=["annotations", "samples", "records", "signals"],
)
def test_huge_declared_sizes_cost_neither_memory_nor_time(tmp_path, file):
    content = file.encode()[:2000]
    path = tmp_path / "a.edf"
    path.write_bytes(content)
    with path.open("r+b") as stream:
        stream.truncate(1 << 30)  # sparse: takes no room on the disk
    tracemalloc.start()
    started = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MyosigWarning)
            ms.read(path)
    except ReadError:
        pass
    assert time.monotonic() - started < 2
    assert tracemalloc.get_traced_memory()[1] < 200e6
    tracemalloc.stop()


def test_annotation_signals_anywhere_among_short_and_long_records(tmp_path):
    """Records are read whole or in part, by their length; the lists are the same."""
    for samples in (4, 5000):
        data = RNG.integers(-99, 99, 40 * samples)
        clock = annotations([f"+{i}\x14\x14\0" for i in range(40)], 10)
        notes = annotations([f"+{i}.5\x14note {i}\x14\0" for i in range(40)], 15)
        file = File([clock, Signal(data, samples, "EMG R APB"), notes], reserved="EDF+C")
        rec, warned = outcome(tmp_path / "a.edf", file.encode())
        assert not warned
        assert rec.annotations.onset.tolist() == [i + 0.5 for i in range(40)]
        assert rec.annotations.text.tolist() == [f"note {i}" for i in range(40)]
        check_samples(rec, file.encode())
