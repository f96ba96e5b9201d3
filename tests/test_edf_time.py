"""Annotations of EDF+ and BDF+, and the gaps that the clock of the data records shows."""

from datetime import datetime

import numpy as np
import pytest
from edf_files import File, Signal, annotations, clock, numbers

import myosig as ms
from myosig.errors import MyosigWarning, ParameterError, ReadError
from myosig.intervals import Intervals


class TestAnnotations:
    def test_all_signals_all_lists(self, write):
        file = File(
            [
                Signal(numbers(30)),
                annotations(clock(3, extra=["+0.5\x152\x14one\x14two\x14\0"])),
                annotations(["", "+2.25\x14Lüftung 仰卧\x14\0", "-1\x14before\x14\0"]),
            ],
            reserved="EDF+C",
        )
        notes = ms.read(write(file)).annotations
        assert list(zip(notes.onset, notes.duration, notes.text, strict=True)) == [
            (-1.0, 0.0, "before"),
            (0.5, 2.0, "one"),
            (0.5, 2.0, "two"),
            (2.25, 0.0, "Lüftung 仰卧"),
        ]

    def test_bdf_plus(self, write):
        file = File(
            [Signal(numbers(10, 24), label="EMG 1"), annotations(["+0\x14\x14\0+0.1\x14a\x14\0"], form="BDF")],
            bits=24,
            reserved="BDF+C",
        )
        assert ms.read(write(file)).annotations.text.tolist() == ["a"]

    @pytest.mark.parametrize(
        ("tal", "texts", "words"),
        [
            ("+0.5\x14caf\xe9\x14\0".encode("latin-1"), ["café"], "Latin-1"),
            (b"+0,5\x14comma\x14\0", ["comma"], "decimal comma"),
            (b"+0.5\x14cut", ["cut"], "cut short"),
            (b"0.5\x14no sign\x14\0+1\x14good\x14\0", ["good"], "no readable time"),
            (b"\x14\x14\0+1\x14good\x14\0", ["good"], "no readable time"),
            (b"+" + b"9" * 400 + b"\x14far\x14\0", [], "no readable time"),
        ],
    )
    def test_damaged_ones_are_named(self, write, tal, texts, words):
        file = File([Signal(numbers(10)), annotations([b"+0\x14\x14\0" + tal], 220)], reserved="EDF+C")
        with pytest.warns(MyosigWarning, match=words):
            notes = ms.read(write(file)).annotations
        assert notes.text.tolist() == texts

    def test_a_file_of_annotations_only(self, write):
        file = File([annotations(["+0\x14\x14\0+30\x1530\x14Sleep stage N2\x14\0"])], duration=0, reserved="EDF+C")
        rec = ms.read(write(file))
        assert (rec.channels, len(rec.segments)) == ((), 0)
        assert rec.annotations.duration.tolist() == [30.0]

    def test_a_start_within_a_second_moves_clock_and_start(self, write):
        file = File(
            [Signal(numbers(20)), annotations(["+0.25\x14\x14\0+0.75\x14x\x14\0", "+1.25\x14\x14"])], reserved="EDF+C"
        )
        rec = ms.read(write(file))
        assert rec.start_time == datetime(2021, 3, 2, 4, 5, 6, 250_000)
        assert rec.segments == Intervals([0], [2])
        assert rec.annotations.onset.tolist() == [0.5]


class TestGaps:
    def file(self, onsets, reserved="EDF+D", samples=10, duration=1):
        lists = [f"+{onset}\x14\x14\0" for onset in onsets]
        return File(
            [
                Signal(np.arange(len(lists) * samples), samples, physical_min=-32768, physical_max=32767),
                annotations(lists),
            ],
            reserved=reserved,
            duration=duration,
        )

    def test_gaps_become_segments_and_read_as_nan(self, write):
        rec = ms.read(write(self.file([0, 1, 5, 6, 7, 100.05])))
        assert rec.segments == Intervals([0, 5, 100.05], [2, 8, 101.05])
        assert rec.read("EMG R APB", 5, 5.2).tolist() == [20, 21]
        across = rec.read("EMG R APB", 1.8, 5.2)
        assert across[[0, 1]].tolist() == [18, 19]
        assert np.isnan(across[2:-2]).all()
        assert across[-2:].tolist() == [20, 21]
        assert [b.data.shape[1] for b in rec.blocks(duration=100)] == [20, 30, 10]

    def test_a_huge_gap_costs_no_memory(self, write):
        rec = ms.read(write(self.file([0, 10**9])))
        with pytest.raises(ParameterError, match="mostly gap"):
            rec.read("EMG R APB")

    def test_a_clock_without_gaps_is_one_segment(self, write):
        assert ms.read(write(self.file([0, 1, "2.0001", 3]))).segments == Intervals([0], [4])

    def test_a_gap_in_a_file_that_denies_it_is_kept_with_a_warning(self, write):
        with pytest.warns(MyosigWarning, match="record clock shows 1"):
            rec = ms.read(write(self.file([0, 1, 5], reserved="EDF+C")))
        assert rec.segments == Intervals([0, 5], [2, 6])

    @pytest.mark.parametrize("reserved", ["EDF+C", "EDF+D"])
    @pytest.mark.parametrize("onsets", [[0, 0.5], [5, 1], [0, 1, 1.9]])
    def test_overlapping_or_unordered_records_are_refused(self, write, onsets, reserved):
        with pytest.raises(ReadError, match="before the one ahead of it has ended"):
            ms.read(write(self.file(onsets, reserved)))

    def test_a_drifting_clock_of_a_continuous_file_is_no_gap(self, write):
        onsets = [i * 1.0001 for i in range(300)]
        assert len(ms.read(write(self.file(onsets, "EDF+C"))).segments) == 1

    def test_a_record_without_its_time(self, write):
        lists = ["+0\x14\x14\0", "", "+2\x14\x14\0"]
        signals = [Signal(numbers(30)), annotations(lists)]
        with pytest.warns(MyosigWarning, match="1 data records do not say"):
            assert ms.read(write(File(signals, reserved="EDF+C"))).segments == Intervals([0], [3])
        with pytest.raises(ReadError, match="data record 1 does not say when"):
            ms.read(write(File(signals, reserved="EDF+D")))

    def test_edf_plus_without_annotations_is_said(self, write):
        with pytest.warns(MyosigWarning, match="no annotation signal"):
            ms.read(write(File([Signal(numbers(10))], reserved="EDF+C")))

    def test_gaps_need_annotations(self, write):
        with pytest.raises(ReadError, match="no annotation signal"):
            ms.read(write(File([Signal(numbers(10))], reserved="EDF+D")))
