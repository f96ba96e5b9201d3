"""What is written is what is read: by myosig, and by the libraries that others use."""

import warnings
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import myosig as ms
from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.errors import MyosigWarning, ParameterError
from myosig.intervals import Intervals
from myosig.recording import Recording
from myosig.samples import MemorySource

STEPS = {".edf": 2**16 - 1, ".bdf": 2**24 - 1}


def recording(rates, seconds, *, layout=None, scale=100.0, seed=5, **more):
    """One channel of noise a rate."""
    rng = np.random.default_rng(seed)
    lengths = [round(rate * seconds) for rate in rates]
    rows = [(scale * rng.standard_normal(n)).astype(np.float32) for n in lengths]
    channels = [
        Channel(label=f"EMG {i}", kind="emg", sfreq=float(rate), unit="uV", n_samples=n, original_label=f"EMG {i}")
        for i, (rate, n) in enumerate(zip(rates, lengths, strict=True))
    ]
    return Recording(channels, MemorySource(rows), layout=layout, **more)


def round_trip(rec, path):
    ms.write_edf(rec, path)
    return ms.read(path)


def assert_same_samples(rec, back, suffix):
    """Within half a step of the range that was chosen, which is not much wider than the values."""
    for a, b in zip(rec.channels, back.channels, strict=True):
        one = np.concatenate([block.data[0] for block in rec.blocks([a.label], duration=1e9)])
        other = np.concatenate([block.data[0] for block in back.blocks([b.label], duration=1e9)])
        step = (b.limits[1] - b.limits[0]) / STEPS[suffix]
        rounding = 4 * np.spacing(np.float32(max(map(abs, b.limits))))
        np.testing.assert_allclose(other, one, rtol=0, atol=0.5 * step + rounding)
        assert a.kind == "stim" or step <= max(np.ptp(one) / 8000, 2.1 / STEPS[suffix], rounding)


@pytest.mark.parametrize("suffix", STEPS)
@pytest.mark.parametrize(
    ("rates", "seconds"),
    [
        ([2000], 3),
        ([2000, 500, 250, 1], 4),
        ([2048, 256], 2.5),
        ([1259 + 7 / 27, 148 + 4 / 27], 27 * 0.1),
        ([333 + 1 / 3], 0.9),
        ([1000], 0.823 * 15),
        ([5000], 0.0123),
        ([100], 12.34),
    ],
)
def test_rates_and_samples(tmp_path, rates, seconds, suffix):
    rec = recording(rates, seconds)
    back = round_trip(rec, tmp_path / f"a{suffix}")
    assert [c.sfreq for c in back.channels] == pytest.approx([c.sfreq for c in rec.channels], rel=1e-12)
    assert back.duration == pytest.approx(rec.duration, rel=1e-12)
    assert_same_samples(rec, back, suffix)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(STEPS)),
    st.lists(st.sampled_from([1, 50, 100, 128, 200, 250, 500, 1000, 2048]), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3000), st.text(max_size=20)), max_size=6),
    st.sampled_from([1e-2, 1.0, 1e3, 1e6]),
)
def test_any_gaps_rates_marks_and_sizes(tmp_path_factory, suffix, rates, stretches, marks, scale):
    gaps, lengths = np.array(stretches, dtype=float).T
    start = np.cumsum(gaps + lengths) - lengths
    layout = Intervals.merged(start - start[0], start - start[0] + lengths)
    marks = sorted((on, lasting, text) for on, lasting, text in marks if text and not set(text) & set("\0\x14\x15"))
    notes = Annotations(
        onset=[on / 1000 for on, _, _ in marks],
        duration=[lasting / 1000 for _, lasting, _ in marks],
        text=np.array([text for _, _, text in marks], dtype=object),
    )
    rec = recording(
        rates,
        layout.duration,
        layout=layout,
        annotations=notes,
        scale=scale,
        start_time=datetime(2026, 3, 1, 23, 59, 59),
    )
    back = round_trip(rec, tmp_path_factory.getbasetemp() / f"any{suffix}")
    assert back.segments == layout
    assert back.start_time == rec.start_time
    assert sorted(back.annotations.text) == sorted(notes.text)
    assert back.annotations.onset.tolist() == pytest.approx(notes.onset.tolist())
    assert sorted(back.annotations.duration) == pytest.approx(sorted(notes.duration))
    assert_same_samples(rec, back, suffix)


class TestOracles:
    """Files of ours are read the same by the libraries that others use."""

    @pytest.fixture
    def rec(self):
        notes = Annotations(onset=[0.5, 2.25], duration=[0.0, 1.5], text=["jerk", "Ruhe, Fuß"])
        return recording([2000, 2000, 500], 4, annotations=notes, start_time=datetime(2024, 2, 29, 13, 14, 15))

    @pytest.mark.parametrize("suffix", STEPS)
    def test_pyedflib(self, rec, tmp_path, suffix):
        import pyedflib

        ms.write_edf(rec, tmp_path / f"a{suffix}")
        back = ms.read(tmp_path / f"a{suffix}")
        with pyedflib.EdfReader(str(tmp_path / f"a{suffix}")) as file:
            assert file.getSignalLabels() == list(rec.labels)
            assert list(file.getSampleFrequencies()) == [2000, 2000, 500]
            assert file.getStartdatetime() == rec.start_time
            for i, label in enumerate(rec.labels):
                np.testing.assert_allclose(file.readSignal(i), back.read(label), rtol=1e-6, atol=1e-4)
            onsets, durations, texts = file.readAnnotations()
            assert onsets.tolist() == [0.5, 2.25]
            assert [max(d, 0) for d in durations] == [0, 1.5]
            assert texts.tolist() == ["jerk", "Ruhe, Fuß"]

    @pytest.mark.parametrize("suffix", STEPS)
    def test_edfio(self, rec, tmp_path, suffix):
        import edfio

        ms.write_edf(rec, tmp_path / f"a{suffix}")
        back = ms.read(tmp_path / f"a{suffix}")
        file = (edfio.read_bdf if suffix == ".bdf" else edfio.read_edf)(tmp_path / f"a{suffix}")
        assert [s.sampling_frequency for s in file.signals] == [2000, 2000, 500]
        for signal, label in zip(file.signals, rec.labels, strict=True):
            np.testing.assert_allclose(signal.data, back.read(label), rtol=1e-6, atol=1e-4)
        assert [(a.onset, a.duration or 0, a.text) for a in file.annotations] == [
            (0.5, 0, "jerk"),
            (2.25, 1.5, "Ruhe, Fuß"),
        ]

    def test_mne(self, rec, tmp_path):
        import mne

        ms.write_edf(rec.select(labels=["EMG 0", "EMG 1"]), tmp_path / "a.edf")
        back = ms.read(tmp_path / "a.edf")
        raw = mne.io.read_raw_edf(tmp_path / "a.edf", verbose="error")
        np.testing.assert_allclose(raw.get_data() * 1e6, back.read(), rtol=1e-6, atol=1e-4)
        assert raw.annotations.description.tolist() == ["jerk", "Ruhe, Fuß"]


class TestScale:
    def test_nothing_is_clipped_at_the_edges(self, tmp_path):
        rec = ms.from_array([[-1.0, 1e5, 3.0]], sfreq=100, labels=["EMG 1"], unit="uV")
        assert round_trip(rec, tmp_path / "a.edf").read("EMG 1") == pytest.approx([-1, 1e5, 3], abs=1)

    def test_values_do_not_touch_the_limits_that_are_written(self, tmp_path):
        back = round_trip(recording([1000], 2), tmp_path / "a.edf")
        data, (low, high) = back.read("EMG 0"), back.channels[0].limits
        assert low < data.min() - 1
        assert high > data.max() + 1

    def test_the_amplifiers_limits_are_kept_where_they_fit(self, tmp_path):
        rec = recording([1000], 2)
        limited = replace(rec.channels[0], limits=(-500.0, 500.0))
        back = round_trip(Recording([limited], rec.source), tmp_path / "a.edf")
        assert back.channels[0].limits == (-500, 500)

    def test_a_file_of_16_bits_comes_back_bit_by_bit(self, tmp_path):
        first = round_trip(recording([1000], 2), tmp_path / "a.edf")
        second = round_trip(first, tmp_path / "b.edf")
        assert np.array_equal(first.read(), second.read())

    @pytest.mark.parametrize("value", [0.0, 7.25, -3e6])
    def test_a_flat_channel_stays_flat(self, tmp_path, value):
        rec = ms.from_array(np.full((1, 50), value), sfreq=100, labels=["EMG 1"], unit="uV")
        data = round_trip(rec, tmp_path / "a.edf").read("EMG 1")
        assert np.ptp(data) == 0
        assert data[0] == pytest.approx(value, rel=1e-6, abs=1e-4)

    def test_voltages_too_large_for_the_field_go_into_another_unit(self, tmp_path):
        rec = ms.from_array([[-12.0, 3.0, 0.0]], sfreq=100, labels=["EMG 1"], unit="V")
        back = round_trip(rec, tmp_path / "a.edf")
        assert back.channels[0].unit == "uV"
        assert back.read("EMG 1") == pytest.approx([-12e6, 3e6, 0], abs=200)

    def test_what_cannot_be_written_is_refused(self, tmp_path):
        rec = ms.from_array([[0.0, 1e12]], sfreq=100, labels=["Pressure"], unit="Pa")
        with pytest.raises(ParameterError, match="too large"):
            ms.write_edf(rec, tmp_path / "a.edf")

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_samples_must_be_finite(self, tmp_path, bad):
        rec = ms.from_array([[0.0, bad]], sfreq=100, labels=["EMG 1"], unit="uV")
        with pytest.raises(ParameterError, match="NaN or infinite"):
            ms.write_edf(rec, tmp_path / "a.edf")
        assert not list(tmp_path.iterdir())


class TestTriggers:
    @pytest.mark.parametrize(
        ("suffix", "codes"),
        [(".edf", [0, 1, 255, 32767]), (".edf", [0, 65535, 7, 9]), (".bdf", [0, 2**24 - 1, 2**23, 3])],
    )
    def test_codes_stay_what_they_are(self, tmp_path, suffix, codes):
        rec = ms.from_array([np.array(codes)], sfreq=100, labels=["Status"], unit="")
        assert rec.channels[0].kind == "stim"
        assert round_trip(rec, tmp_path / f"a{suffix}").read("Status").tolist() == codes

    def test_codes_that_do_not_fit_are_refused(self, tmp_path):
        rec = ms.from_array([[0, 70000]], sfreq=100, labels=["Status"], unit="")
        with pytest.raises(ParameterError, match=r"\.bdf"):
            ms.write_edf(rec, tmp_path / "a.edf")


class TestTime:
    def test_a_cropped_recording_starts_at_its_first_sample(self, tmp_path):
        rec = recording([1000, 100], 10, start_time=datetime(2026, 1, 1, 12, 0, 0))
        part = rec.crop(2.25, 7.5)
        back = round_trip(part, tmp_path / "a.edf")
        assert back.start_time == datetime(2026, 1, 1, 12, 0, 2, 250_000)
        assert back.duration == 5.25
        assert_same_samples(part, back, ".edf")

    def test_no_start_is_no_start(self, tmp_path):
        assert round_trip(recording([100], 1), tmp_path / "a.edf").start_time is None

    def test_a_year_that_edf_cannot_name(self, tmp_path):
        with pytest.raises(ParameterError, match="1985 to 2084"):
            ms.write_edf(recording([100], 1, start_time=datetime(1970, 1, 1)), tmp_path / "a.edf")

    def test_a_tail_that_fills_no_record_is_left_out_with_a_warning(self, tmp_path):
        with pytest.warns(MyosigWarning, match="not written"):
            back = round_trip(recording([300], 10_001 / 300), tmp_path / "a.edf")
        assert back.channels[0].sfreq == 300
        assert 9990 <= back.channels[0].n_samples < 10_001

    def test_a_rate_with_no_common_record_is_rounded_with_a_warning(self, tmp_path):
        with pytest.warns(MyosigWarning, match=r"1259\.259 Hz is written as"):
            back = round_trip(recording([1259.259], 4000 / 1259.259), tmp_path / "a.edf")
        assert back.channels[0].n_samples == 4000
        assert back.channels[0].sfreq == pytest.approx(1259.259, rel=2e-6)

    def test_rates_without_a_common_record_are_refused(self, tmp_path):
        with pytest.raises(ParameterError, match="whole number of samples"):
            ms.write_edf(recording([997.123, 1013.77, 1200.011], 10), tmp_path / "a.edf")

    def test_a_shorter_channel_cuts_the_others_with_a_warning(self, tmp_path):
        long, short = recording([100], 10), recording([100], 9, seed=8)
        rec = Recording(
            [long.channels[0], ms.Channel(label="b", kind="emg", sfreq=100.0, unit="uV", n_samples=900)],
            MemorySource([long.read("EMG 0"), short.read("EMG 0")]),
        )
        with pytest.warns(MyosigWarning, match="1 s at the ends"):
            assert round_trip(rec, tmp_path / "a.edf").duration == 9


class TestText:
    def test_long_labels_are_shortened_with_a_warning(self, tmp_path):
        rec = ms.from_array(np.zeros((1, 100)), sfreq=100, labels=["EMG R extensor digitorum"], unit="uV")
        with pytest.warns(MyosigWarning, match="shortened"):
            assert round_trip(rec, tmp_path / "a.edf").labels == ("EMG R extensor d",)

    def test_labels_that_become_alike_are_refused(self, tmp_path):
        labels = ["EMG R extensor digitorum", "EMG R extensor digiti minimi"]
        rec = ms.from_array(np.zeros((2, 100)), sfreq=100, labels=labels, unit="uV")
        with pytest.raises(ParameterError, match="are alike"):
            ms.write_edf(rec, tmp_path / "a.edf")

    @pytest.mark.parametrize("text", ["a\x14b", "a\0", "\x15"])
    def test_separators_in_annotations_are_refused(self, tmp_path, text):
        rec = recording([100], 1, annotations=Annotations(onset=[0.0], duration=[0.0], text=[text]))
        with pytest.raises(ParameterError, match="separators"):
            ms.write_edf(rec, tmp_path / "a.edf")

    def test_many_and_long_annotations(self, tmp_path):
        texts = ["x" * (i % 300 + 1) for i in range(500)]
        notes = Annotations(onset=np.arange(500) / 100, duration=np.zeros(500), text=texts)
        assert round_trip(recording([100], 5, annotations=notes), tmp_path / "a.edf").annotations.text.tolist() == texts

    def test_annotations_alone(self, tmp_path):
        notes = Annotations(onset=[30.0], duration=[30.0], text=["Sleep stage N2"])
        rec = Recording([], MemorySource([]), annotations=notes)
        assert round_trip(rec, tmp_path / "a.edf").annotations.equals(notes)


class TestFile:
    @pytest.mark.parametrize("name", ["a.txt", "a", "a.edf.gz"])
    def test_the_suffix_says_which_format(self, tmp_path, name):
        with pytest.raises(ParameterError, match=r"\.edf or \.bdf"):
            ms.write_edf(recording([100], 1), tmp_path / name)

    def test_what_was_there_survives_a_failure(self, tmp_path):
        (tmp_path / "a.edf").write_bytes(b"precious")
        rec = ms.from_array([[0.0, np.nan]], sfreq=100, labels=["EMG 1"], unit="uV")
        with pytest.raises(ParameterError):
            ms.write_edf(rec, tmp_path / "a.edf")
        assert (tmp_path / "a.edf").read_bytes() == b"precious"
        assert len(list(tmp_path.iterdir())) == 1

    def test_a_source_that_fails_in_the_middle_leaves_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr("myosig.io.write.CHUNK_BYTES", 1000)
        rec, calls = recording([1000], 5), []

        class Failing:
            def read(self, rows, start, stop):
                calls.append(start)
                if len(calls) > 7:
                    raise OSError("no more")
                return rec.source.read(rows, start, stop)

        with pytest.raises(OSError, match="no more"):
            ms.write_edf(Recording(rec.channels, Failing()), tmp_path / "a.edf")
        assert not list(tmp_path.iterdir())

    def test_real_files_come_back(self, shared_data, tmp_path):
        for name in ("edf_plus_d_MB0400FU", "short_psg", "test_utf8_annotations"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MyosigWarning)
                rec = ms.read(shared_data / f"formats/edf/{name}.edf")
                back = round_trip(rec, tmp_path / "a.edf")
            assert back.annotations.equals(rec.annotations)
            assert back.start_time == rec.start_time
            assert_same_samples(rec, back, ".edf")
