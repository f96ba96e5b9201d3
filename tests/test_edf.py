import threading
import tracemalloc
import warnings
from datetime import datetime

import numpy as np
import pytest
from edf_files import File, Signal, annotations, clock, numbers, values

import myosig as ms
from myosig.errors import MyosigWarning, ParameterError, ReadError


class TestSamples:
    @pytest.mark.parametrize("bits", [16, 24])
    def test_every_stored_number_gets_its_value(self, write, bits):
        half = 2 ** (bits - 1)
        signal = Signal(
            numbers(bits=bits), digital_min=-half, digital_max=half - 1, physical_min=-500, physical_max=700
        )
        rec = ms.read(write(File([signal], bits=bits)))
        assert rec.read("EMG R APB") == pytest.approx(values(signal), rel=3e-7, abs=1e-4)
        assert rec.channels[0].limits == pytest.approx((-500, 700))

    def test_each_signal_keeps_its_rate(self, write):
        fast = Signal(numbers(100), samples=50)
        slow = Signal(numbers(4), samples=2, label="EEG C3")
        rec = ms.read(write(File([fast, slow], duration=0.5)))
        assert [c.sfreq for c in rec.channels] == [100, 4]
        assert rec.read("EEG C3") == pytest.approx(values(slow), rel=1e-6)
        assert rec.read("EMG R APB") == pytest.approx(values(fast), rel=1e-6)

    @pytest.mark.parametrize("bits", [16, 24])
    @pytest.mark.parametrize("rows", [[0, 1, 2, 3], [1, 2], [0, 3], [3, 0], [2]])
    def test_any_channels_in_any_order_over_any_window(self, write, bits, rows):
        labels = ["EMG R APB", "EMG L APB", "EMG R TA", "EMG L TA"]
        signals = [Signal(numbers(200, bits), label=label) for label in labels]
        rec = ms.read(write(File(signals, bits=bits)))
        for first, last in [(0, 200), (3, 8), (3, 10), (7, 13), (0, 10), (10, 200), (199, 200), (55, 171)]:
            data = rec.read([labels[i] for i in rows], first / 10, last / 10)
            assert data == pytest.approx(np.stack([values(signals[i])[first:last] for i in rows]), rel=1e-5, abs=1e-3)

    def test_records_larger_than_a_tile_are_read_in_pieces(self, write, monkeypatch):
        monkeypatch.setattr("myosig.io.edf_samples.TILE_BYTES", 64)
        signals = [Signal(numbers(300), samples=100), Signal(numbers(300), samples=100, label="EMG L APB")]
        rec = ms.read(write(File(signals)))
        assert rec.read() == pytest.approx(np.stack([values(s) for s in signals]), rel=1e-6)

    def test_a_negative_gain_is_kept(self, write):
        signal = Signal(numbers(), physical_min=100, physical_max=-100)
        rec = ms.read(write(File([signal])))
        assert rec.read("EMG R APB") == pytest.approx(values(signal), rel=1e-5, abs=1e-5)
        assert rec.channels[0].limits == pytest.approx((-100, 100))

    def test_a_sample_at_the_limit_reads_as_the_limit(self, write):
        signal = Signal(numbers(), physical_min=-187.3, physical_max=99.7, digital_min=-2048, digital_max=2047)
        signal.data = np.clip(signal.data, -2048, 2047)
        rec = ms.read(write(File([signal])))
        data = rec.read("EMG R APB")
        assert (data.min(), data.max()) == rec.channels[0].limits

    def test_zero_stays_zero(self, write):
        assert ms.read(write(File([Signal(np.zeros(10))]))).read("EMG R APB").tolist() == [0.0] * 10

    def test_threads_read_the_same(self, write):
        signals = [Signal(numbers(2000), label=f"EMG {i}") for i in range(4)]
        rec = ms.read(write(File(signals)))
        expected, wrong = rec.read(), []

        def check(seed):
            rng = np.random.default_rng(seed)
            for _ in range(50):
                first = int(rng.integers(0, 1900))
                if not np.array_equal(rec.read(None, first / 10, (first + 100) / 10), expected[:, first : first + 100]):
                    wrong.append(first)

        threads = [threading.Thread(target=check, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong

    def test_opening_and_a_window_cost_little_memory(self, write):
        path = write(File([Signal(np.zeros(1_000_00), samples=1000)]))
        tracemalloc.start()
        ms.read(path).read("EMG R APB", 5, 6)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000


class TestTriggers:
    def status(self, words, **more):
        data = np.array([w - 2**24 if w >= 2**23 else w for w in words])
        half = 2**23
        return Signal(
            data,
            label="Status",
            unit="Boolean",
            physical_min=-half,
            physical_max=half - 1,
            digital_min=-half,
            digital_max=half - 1,
            **more,
        )

    def test_words_of_24_bits_are_exact(self, write):
        words = [0, 1, 255, 2**16 + 7, 2**23 - 1, 2**23, 2**24 - 2, 2**24 - 1, 5, 6]
        rec = ms.read(write(File([self.status(words)], bits=24)))
        assert rec.channels[0].kind == "stim"
        assert rec.read("Status").tolist() == words

    def test_beside_other_channels(self, write):
        signal = Signal(numbers(10, 24), label="EMG 1")
        rec = ms.read(write(File([signal, self.status(range(10))], bits=24)))
        assert rec.read()[1].tolist() == list(range(10))
        assert rec.read()[0] == pytest.approx(values(signal), rel=1e-5)

    def test_a_channel_that_the_user_calls_otherwise_is_scaled(self, write):
        rec = ms.read(write(File([self.status([2**23] * 10)], bits=24)), channels={"Status": "misc"})
        assert rec.read("Status")[0] == -(2**23)


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "factor"),
        [
            ("uV", 1),
            ("UV", 1),
            ("uv", 1),
            ("mV", 1e3),
            ("mv", 1e3),
            ("V", 1e6),
            ("Volt", 1e6),
            ("nV", 1e-3),
            ("[uV]", 1),
        ],
    )
    def test_voltages_become_microvolts(self, write, unit, factor):
        signal = Signal(numbers(), unit=unit)
        rec = ms.read(write(File([signal])))
        assert rec.channels[0].unit == "uV"
        assert rec.read("EMG R APB") == pytest.approx(values(signal) * factor, rel=1e-6, abs=1e-6 * factor)
        assert rec.channels[0].limits == pytest.approx((-3276.8 * factor, 3276.7 * factor))

    @pytest.mark.parametrize(
        "unit", [b"\xb5V", "µV".encode(), "μV".encode(), b"\xe6V", "Âµ".encode() + b"V", b"uV\0\0\0\0\0\0"]
    )
    def test_any_encoding_of_micro_is_microvolts_with_a_warning(self, write, unit):
        signal = Signal(numbers(), unit=unit)
        with pytest.warns(MyosigWarning, match="ASCII|NUL"):
            rec = ms.read(write(File([signal])))
        assert rec.read("EMG R APB") == pytest.approx(values(signal), rel=1e-6)

    @pytest.mark.parametrize("unit", ["", "MV", "?V", "count", "10uV", "uV/bit", b"\xef\xbf\xbdV"])
    @pytest.mark.parametrize("label", ["EMG R APB", "EEG C3"])
    def test_an_unknown_unit_is_an_error_that_says_how_to_state_it(self, write, unit, label):
        path = write(File([Signal(numbers(), unit=unit, label=label)]))
        with pytest.raises(ReadError, match=f"'{label}': 'uV'"), pytest.MonkeyPatch.context() as m:
            m.setattr("warnings.warn", lambda *a, **k: None)
            ms.read(path)

    def test_a_stated_unit_wins(self, write):
        signal = Signal(numbers(), unit="?V")
        rec = ms.read(write(File([signal])), units={"EMG R APB": "mV"})
        assert rec.read("EMG R APB") == pytest.approx(values(signal) * 1e3, rel=1e-6)

    def test_what_is_no_voltage_keeps_its_unit(self, write):
        signal = Signal(numbers(), unit="mmHg", label="Pressure")
        rec = ms.read(write(File([signal])))
        assert rec.channels[0].unit == "mmHg"
        assert rec.read("Pressure") == pytest.approx(values(signal), rel=1e-6)

    def test_prefilter_is_read(self, write):
        signal = Signal(numbers(), prefilter="HP: 0,16 Hz; LP: 417 Hz N:50Hz")
        channel = ms.read(write(File([signal]))).channels[0]
        assert (channel.highpass, channel.lowpass) == (0.16, 417.0)


class TestHeader:
    @pytest.mark.parametrize(
        ("file", "field"),
        [
            (File([Signal(numbers())], duration=0), "record duration"),
            (File([Signal(numbers())], duration=-1), "record duration"),
            (File([Signal(numbers())], duration="nan"), "record duration"),
            (File([Signal(numbers())], duration="inf"), "record duration"),
            (File([Signal(numbers())], duration="1e999"), "record duration"),
            (File([Signal(numbers())], records=-2), "number of data records"),
            (File([Signal(numbers())], records="x"), "number of data records"),
            (File([Signal(numbers())], n_signals=0), "number of signals"),
            (File([Signal(numbers())], n_signals=-1), "number of signals"),
            (File([Signal(numbers())], n_signals=9999), "number of signals"),
            (File([Signal(numbers())], n_signals="1x"), "number of signals"),
            (File([Signal(numbers(), digital_min=5, digital_max=5)]), "digital minimum"),
            (File([Signal(numbers(), digital_min=9, digital_max=5)]), "digital minimum"),
            (File([Signal(numbers(), digital_max=70000)]), "digital maximum"),
            (File([Signal(numbers(), physical_min=1, physical_max=1)]), "physical minimum"),
            (File([Signal(numbers(), physical_min="nan")]), "physical minimum"),
            (File([Signal(numbers(), physical_min="x")]), "physical minimum"),
            (File([Signal(numbers(), physical_max="9e99")]), "physical minimum"),
        ],
    )
    def test_contradictions_are_refused_by_name(self, write, file, field):
        with pytest.raises(ReadError, match=field) as caught:
            ms.read(write(file))
        assert caught.value.path.name == "test.edf"
        assert field in caught.value.field

    @pytest.mark.parametrize("samples", ["0", "-5", "x", ""])
    def test_a_signal_without_samples_is_refused(self, write, samples):
        content = bytearray(File([Signal(numbers())]).encode())
        content[256 + 216 : 256 + 224] = samples.encode().ljust(8)
        with pytest.raises(ReadError, match="samples per record"):
            ms.read(write(bytes(content)))

    def test_a_scale_that_is_not_needed_may_be_missing(self, write):
        signal = Signal(numbers(), label="Event marker", unit="", physical_min=0, physical_max=0)
        with pytest.warns(MyosigWarning, match="stored numbers"):
            rec = ms.read(write(File([signal])))
        assert rec.channels[0].unit == "count"
        assert rec.read("Event marker").tolist() == signal.data.tolist()

    def test_decimal_commas(self, write):
        signal = Signal(numbers(), physical_min="-3276,8", physical_max="3276,7")
        with pytest.warns(MyosigWarning, match="decimal comma"):
            rec = ms.read(write(File([signal], duration="1,0")))
        assert rec.channels[0].limits == pytest.approx((-3276.8, 3276.7))

    def test_nul_padding(self, write):
        content = File([Signal(numbers())]).encode()
        content = content[:252].replace(b" ", b"\0") + content[252:]
        with pytest.warns(MyosigWarning, match="NUL"):
            ms.read(write(content))

    @pytest.mark.parametrize("date", ["99.99.99", "31.02.20", "xx.yy.zz", "", "00.00.00"])
    def test_an_impossible_date_is_no_date(self, write, date):
        with pytest.warns(MyosigWarning, match="no date"):
            assert ms.read(write(File([Signal(numbers())], date=date))).start_time is None

    @pytest.mark.parametrize(("date", "year"), [("02.03.84", 2084), ("02.03.85", 1985), ("02.03.00", 2000)])
    def test_two_digit_years(self, write, date, year):
        assert ms.read(write(File([Signal(numbers())], date=date))).start_time.year == year

    def test_the_year_that_edf_plus_writes_out(self, write):
        signals = [Signal(numbers(30)), annotations(clock(3))]
        file = File(signals, date="02.03.84", recording="Startdate 02-MAR-1984 X X X", reserved="EDF+C")
        assert ms.read(write(file)).start_time == datetime(1984, 3, 2, 4, 5, 6)

    def test_a_start_that_is_not_stated_is_none_without_a_warning(self, write):
        signals = [Signal(numbers(30)), annotations(clock(3))]
        file = File(signals, date="01.01.85", recording="Startdate X X X X", reserved="EDF+C")
        assert ms.read(write(file)).start_time is None

    def test_labels_are_made_unique_and_the_original_kept(self, write):
        signals = [Signal(numbers(), label=label) for label in ("EMG", "", "EMG", "EMG (2)", "")]
        with pytest.warns(MyosigWarning, match="blank or repeated"):
            rec = ms.read(write(File(signals)), units={"channel 2": "uV"})
        assert len(set(rec.labels)) == 5
        assert rec.labels[0] == "EMG"
        assert [c.original_label for c in rec.channels] == ["EMG", "", "EMG", "EMG (2)", ""]

    def test_a_shifted_header_is_one_clear_error(self, shared_data):
        path = shared_data / "bids-emg/emg_Multimodal/sub-01/emg/sub-01_task-pullstand_emg.edf"
        with pytest.raises(ReadError, match="number of signals is not a whole number"):
            ms.read(path)


class TestSize:
    def test_a_record_count_of_minus_one_is_counted(self, write):
        assert ms.read(write(File([Signal(numbers())], records=-1))).duration == 10

    @pytest.mark.parametrize("declared", [11, 10**7])
    def test_a_cut_file_is_read_as_far_as_it_goes(self, write, declared):
        signal = Signal(numbers())
        with pytest.warns(MyosigWarning, match="10 complete"):
            rec = ms.read(write(File([signal], records=declared)))
        assert rec.read("EMG R APB") == pytest.approx(values(signal), rel=1e-6)

    def test_half_a_record_is_left_out(self, write):
        signal = Signal(numbers())
        with pytest.warns(MyosigWarning, match="9 complete"):
            rec = ms.read(write(File([signal]).encode()[:-1]))
        assert rec.read("EMG R APB") == pytest.approx(values(signal)[:90], rel=1e-6)

    def test_bytes_after_the_end_are_left_out(self, write):
        with pytest.warns(MyosigWarning, match="7 bytes after"):
            assert ms.read(write(File([Signal(numbers())], tail=bytes(7)))).duration == 10
        with pytest.warns(MyosigWarning, match="20 bytes after the 9"):
            assert ms.read(write(File([Signal(numbers())], records=9))).duration == 9

    def test_a_wrong_header_length_matters_only_where_the_rest_does_not_fit(self, write):
        with pytest.warns(MyosigWarning, match="everything else fits"):
            assert ms.read(write(File([Signal(numbers())], header_bytes=99))).duration == 10
        with pytest.raises(ReadError, match="header length"):
            ms.read(write(File([Signal(numbers())], header_bytes=99, tail=b"x")))

    @pytest.mark.parametrize(("samples", "records"), [("99999999", "99999999"), ("99999999", "-1"), ("10", "99999999")])
    def test_huge_declared_sizes_cost_nothing(self, write, samples, records):
        content = bytearray(File([Signal(numbers())]).encode())
        content[256 + 216 : 256 + 224] = samples.encode().ljust(8)
        content[236:244] = records.encode().ljust(8)
        tracemalloc.start()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MyosigWarning)
            if samples == "10":
                assert ms.read(write(bytes(content))).read("EMG R APB").shape == (100,)
            else:
                with pytest.raises(ReadError, match="before the end of its first data record"):
                    ms.read(write(bytes(content)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20_000_000

    def test_a_file_that_is_cut_while_open_is_an_error(self, write):
        path = write(File([Signal(numbers())]))
        rec = ms.read(path)
        path.write_bytes(path.read_bytes()[:-10])
        with pytest.raises(ReadError, match="cut short after it was opened"):
            rec.read("EMG R APB", 9, 10)

    def test_a_file_that_is_replaced_while_open_is_an_error(self, write, tmp_path):
        path = write(File([Signal(numbers())]))
        rec = ms.read(path)
        (tmp_path / "other").write_bytes(path.read_bytes())
        (tmp_path / "other").replace(path)
        with pytest.raises(ReadError, match="replaced"):
            rec.read("EMG R APB")

    def test_a_file_that_grows_is_read_as_it_was(self, write):
        path = write(File([Signal(numbers())], records=-1))
        rec = ms.read(path)
        with path.open("ab") as file:
            file.write(bytes(100))
        assert rec.read("EMG R APB").shape == (100,)

    def test_a_failing_disk_is_an_error(self, write, monkeypatch):
        rec = ms.read(write(File([Signal(numbers())])))

        class Failing(type(open(__file__, "rb", buffering=0))):  # noqa: SIM115
            def readinto(self, buffer):
                raise OSError(5, "Input/output error")

        monkeypatch.setattr("myosig.io.files.FileIO", Failing)
        with pytest.raises(ReadError, match="Input/output error"):
            rec.read("EMG R APB")


def test_the_recording_can_go_to_another_process(write):
    import pickle

    rec = ms.read(write(File([Signal(numbers())])))
    assert np.array_equal(pickle.loads(pickle.dumps(rec)).read(), rec.read())


def test_what_the_file_says_cannot_be_stated(write):
    with pytest.raises(ParameterError, match="says by itself what sfreq"):
        ms.read(write(File([Signal(numbers())])), sfreq=1000)
