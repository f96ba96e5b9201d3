from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from myosig.annotations import Annotations
from myosig.channel import Channel, describe
from myosig.errors import ParameterError
from myosig.intervals import Intervals
from myosig.io.raw import from_array
from myosig.recording import Recording
from myosig.samples import MemorySource


def channel(label="a", sfreq=100.0, n=1000, **more):
    return Channel(label=label, kind=more.pop("kind", "emg"), sfreq=sfreq, unit="uV", n_samples=n, **more)


def ramp(n, first=0.0):
    return np.arange(n, dtype=np.float32) + np.float32(first)


def recording(*, layout=None, sfreq=100.0, n=1000, **more):
    """One channel whose sample i has the value i, and one that is its negative."""
    channels = [channel("a", sfreq, n), channel("b", sfreq, n)]
    return Recording(channels, MemorySource([ramp(n), -ramp(n)]), layout=layout, **more)


@pytest.fixture
def gappy():
    """Stored 0..299 at 0 s, 300..399 at 10 s, 400..999 at 20 s."""
    return recording(layout=Intervals([0, 10, 20], [3, 11, 26]))


class TestRead:
    def test_samples_lie_in_the_half_open_window(self):
        rec = recording()
        assert rec.read("a", 0.5, 0.53).tolist() == [50, 51, 52]
        assert rec.times("a", 0.5, 0.53).tolist() == pytest.approx([0.5, 0.51, 0.52])

    def test_all_channels_in_order(self):
        assert recording().read(tmax=0.02).tolist() == [[0, 1], [0, -1]]

    def test_a_time_between_samples_starts_at_the_next(self):
        assert recording().read("a", 0.501, 0.52).tolist() == [51]

    def test_a_rounded_time_means_its_sample(self):
        rec = recording(sfreq=2048.0, n=4096)
        for i in (1, 333, 2047):
            assert rec.read("a", round(i / 2048, 7), round((i + 2) / 2048, 7)).tolist() == [i, i + 1]

    def test_beyond_the_ends_is_nan(self):
        data = recording().read("a", -0.02, 0.01)
        assert np.isnan(data[:2]).all()
        assert data[2] == 0

    def test_a_gap_is_nan_and_time_stays_true(self, gappy):
        data, times = gappy.read("a", 2.9, 10.1), gappy.times("a", 2.9, 10.1)
        assert data[:10].tolist() == list(range(290, 300))
        assert np.isnan(data[(times > 2.995) & (times < 9.995)]).all()
        assert data[np.argmin(abs(times - 10))] == 300

    def test_a_huge_gap_costs_no_memory(self):
        rec = recording(layout=Intervals([0, 1e9], [5, 1e9 + 5]))
        with pytest.raises(ParameterError, match="mostly gap"):
            rec.read("a")
        assert rec.read("a", 1e9, 1e9 + 0.02).tolist() == [500, 501]

    def test_an_empty_window_is_empty(self):
        assert recording().read("a", 1, 1).shape == (0,)
        assert recording().read(tmin=1, tmax=1).shape == (2, 0)

    def test_a_channel_that_ended_reads_as_nan(self):
        rec = Recording([channel("a"), channel("b", n=10)], MemorySource([ramp(1000), ramp(10)]))
        data = rec.read(tmin=0.08, tmax=0.12)
        assert data[0].tolist() == [8, 9, 10, 11]
        assert data[1][:2].tolist() == [8, 9]
        assert np.isnan(data[1][2:]).all()

    def test_rates_are_not_mixed(self):
        rec = Recording([channel("a"), channel("b", 50, 500)], MemorySource([ramp(1000), ramp(500)]))
        with pytest.raises(ParameterError, match="2 sampling rates"):
            rec.read()
        assert rec.read("b", 1, 1.1).tolist() == [50, 51, 52, 53, 54]

    def test_unknown_label_names_what_there_is(self):
        with pytest.raises(ParameterError, match="'a', 'b'"):
            recording().read("c")

    @pytest.mark.parametrize(("tmin", "tmax"), [(2, 1), (np.nan, 1), (0, np.inf)])
    def test_impossible_windows_are_refused(self, tmin, tmax):
        with pytest.raises(ParameterError, match="tmin must not be after tmax"):
            recording().read("a", tmin, tmax)

    def test_nothing_at_all_reads_as_nothing(self):
        assert Recording([channel(n=0)], MemorySource([ramp(0)])).read("a").shape == (0,)

    @pytest.mark.parametrize("sfreq", [2048.0, 5000.0, 1259.259259])
    def test_times_are_exact_after_a_hundred_days(self, sfreq):
        class Counter:
            """A source that holds its own sample numbers modulo 2**20, so that float32 is exact."""

            def read(self, rows, start, stop):
                return (np.arange(start, stop) % 2**20).astype(np.float32)[None].repeat(len(rows), axis=0)

        n = int(100 * 86400 * sfreq)
        assert n > 2**32
        rec = Recording([channel(sfreq=sfreq, n=n)], Counter())
        for i in (2**31 + 7, 2**32 + 3, n - 2):
            assert rec.read("a", i / sfreq, (i + 2) / sfreq).tolist() == [i % 2**20, (i + 1) % 2**20]


class TestBlocks:
    @pytest.mark.parametrize("duration", [0.01, 0.37, 1.0, 100.0])
    def test_blocks_are_the_segments_whatever_their_size(self, gappy, duration):
        pieces = {}
        for block in gappy.blocks(["a"], duration=duration):
            pieces.setdefault(block.segment, []).append(block.data[0])
        assert [np.concatenate(p).tolist() for p in pieces.values()] == [
            list(range(300)),
            list(range(300, 400)),
            list(range(400, 1000)),
        ]

    def test_first_and_last_are_marked(self, gappy):
        marks = [(b.segment, b.is_first, b.is_last) for b in gappy.blocks(["a"], duration=2)]
        assert marks[:3] == [(0, True, False), (0, False, True), (1, True, True)]

    def test_a_block_says_when_it_begins(self, gappy):
        for block in gappy.blocks(["a"], duration=0.7):
            assert gappy.read("a", block.tmin, block.tmin + 0.005)[0] == block.data[0, 0]

    def test_overlap_repeats_within_a_segment_only(self, gappy):
        blocks = list(gappy.blocks(["a"], duration=2, overlap=0.5))
        assert blocks[1].data[0, 0] == 150
        assert blocks[2].data[0, 0] == 300

    @pytest.mark.parametrize("wrong", [{"duration": 0}, {"duration": np.nan}, {"duration": 1, "overlap": -1}])
    def test_impossible_blocks_are_refused(self, gappy, wrong):
        with pytest.raises(ParameterError, match="must be a finite number"):
            next(gappy.blocks(["a"], **wrong))

    def test_a_shorter_channel_gives_no_block_of_nothing(self):
        rec = Recording([channel("a", 1000, 10080), channel("b", 100, 1000)], MemorySource([ramp(10080), ramp(1000)]))
        assert np.isfinite(np.concatenate([b.data[0] for b in rec.blocks(["b"], duration=3)])).all()

    def test_many_stretches_are_walked_in_linear_time(self):
        n = 20_000
        rec = recording(layout=Intervals(np.arange(n) * 2.0, np.arange(n) * 2.0 + 0.01), n=n)
        blocks = list(rec.blocks(["a"], duration=1))
        assert [b.data.item() for b in blocks] == list(range(n))
        assert rec.read("a", 2.0 * 12_345, 2.0 * 12_345 + 0.01).tolist() == [12_345]


class TestParts:
    def test_crop_keeps_the_clock(self, gappy):
        part = gappy.crop(2.5, 10.5)
        assert part.segments == Intervals([2.5, 10], [3, 10.5])
        assert part.read("a", 2.9, 2.92).tolist() == [290, 291]
        assert np.isnan(part.read("a", 2.4, 2.5)).all()
        assert [b.data.shape[1] for b in part.blocks(["a"], duration=9)] == [50, 50]

    @settings(max_examples=50, deadline=None)
    @given(st.integers(0, 2600), st.integers(1, 2600))
    def test_a_cropped_recording_reads_like_the_whole_inside_and_nan_outside(self, start, length):
        whole = recording(layout=Intervals([0, 10, 20], [3, 11, 26]))
        tmin, tmax = start / 100, (start + length) / 100
        part = whole.crop(tmin, tmax)
        data, times = part.read("a", 0, 26), part.times("a", 0, 26)
        inside = (times > tmin - 0.005) & (times < tmax - 0.005)
        expected = np.where(inside, whole.read("a", 0, 26), np.nan)
        assert np.array_equal(data, expected.astype(np.float32), equal_nan=True)

    def test_crop_keeps_annotations_that_reach_in(self):
        notes = Annotations(onset=[0.0, 1.0, 4.0, 5.0], duration=[0.5, 2.0, 0.0, 0.0], text=["a", "b", "c", "d"])
        assert recording(annotations=notes).crop(2, 5).annotations.text.tolist() == ["b", "c"]

    def test_crop_of_nothing_is_refused(self, gappy):
        with pytest.raises(ParameterError, match="tmin must be before tmax"):
            gappy.crop(2, 2)
        assert len(gappy.crop(4, 5).segments) == 0

    def test_select_by_kind_side_and_label(self):
        rec = Recording(
            [channel("a", side="left"), channel("b", side="right"), channel("c", kind="eeg")],
            MemorySource([ramp(1000), ramp(1000, 5), ramp(1000, 9)]),
        )
        assert rec.select(kind="emg").labels == ("a", "b")
        assert rec.select(kind={"emg", "eeg"}, labels=["c", "a"]).labels == ("a", "c")
        assert rec.select(side="right").read("b", 0, 0.01).tolist() == [5]
        assert rec.select(side="right").select(labels=["b"]).read("b", 0, 0.01).tolist() == [5]
        with pytest.raises(ParameterError, match="no channel 'x'"):
            rec.select(labels=["x"])

    def test_labels_are_unique(self):
        with pytest.raises(ParameterError, match="more than one a"):
            Recording([channel("a"), channel("a")], MemorySource([ramp(1000)] * 2))

    def test_descriptions_may_change_but_samples_may_not(self):
        rec = recording()
        new = rec.with_channels([describe(rec.channels[0], muscle="biceps brachii"), rec.channels[1]])
        assert new.channels[0].known["muscle"] == "stated"
        with pytest.raises(ParameterError, match="must keep"):
            rec.with_channels([channel("a", 200), channel("b")])

    def test_parts_keep_what_they_do_not_change(self):
        rec = recording(start_time=datetime(2026, 1, 2), name="x")
        assert rec.crop(1, 2).start_time == datetime(2026, 1, 2)
        assert rec.select(labels=["b"]).with_annotations(Annotations.empty()).name == "x"


def test_repr_says_what_is_in_it(gappy):
    assert repr(gappy) == "<Recording '': 2 emg; 10.0 s in 3 segment(s)>"


def test_memory_source_gives_copies():
    samples = ramp(1000)
    rec = Recording([channel()], MemorySource([samples]))
    rec.read("a")[:] = 7
    assert samples[0] == 0


def test_infinite_samples_are_missing():
    rec = from_array(np.array([[1.0, np.inf, 3.0, -1e300]]), sfreq=1000, labels=["EMG a"], unit="uV")
    np.testing.assert_array_equal(rec.read("EMG a"), np.array([1, np.nan, 3, np.nan], np.float32))
