"""To and from MNE and neo: what arrives, what is lazy, and what is said to be lost."""

import pickle
import warnings
from datetime import datetime

import mne
import neo
import numpy as np
import pytest
import quantities as pq

import myosig as ms
from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.errors import MyosigWarning, ParameterError, ReadError
from myosig.intervals import Intervals
from myosig.recording import Recording
from myosig.samples import MemorySource

START = datetime(2024, 5, 6, 7, 8, 9)


def mixed_recording(*, gap=True):
    """EMG at 2 kHz and EEG at 500 Hz, 3 s of data with a gap of 1.5 s in between."""
    rng = np.random.default_rng(41)
    layout = Intervals([0.0, 3.0], [1.5, 4.5]) if gap else Intervals([0.0], [3.0])
    channels = [
        Channel("EMG R APB", "emg", 2000.0, "uV", 6000, "abductor pollicis brevis", "right", ("C8", "T1")),
        Channel("x7", "emg", 2000.0, "uV", 6000, "soleus", "left", ("L5", "S1", "S2"), highpass=20.0, lowpass=450.0),
        Channel("EEG C3", "eeg", 500.0, "uV", 1500, site="C3"),
        Channel("acc", "acc", 500.0, "g", 1500),
    ]
    rows = [rng.normal(0, 50, c.n_samples).astype(np.float32) for c in channels]
    notes = Annotations([0.5, 3.25], [0.0, 0.75], np.array(["light", "sleep"], dtype=object))
    return Recording(channels, MemorySource(rows), layout=layout, annotations=notes, start_time=START, name="mixed")


def quietly(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MyosigWarning)
        return function(*args, **kwargs)


# -- neo: nothing is lost -----------------------------------------------------------------------------------------


def test_neo_round_trip_keeps_everything():
    rec = mixed_recording()
    back = ms.from_neo(rec.to_neo())
    assert [(c.label, c.kind, c.sfreq, c.unit, c.muscle, c.side, c.segments, c.site) for c in back.channels] == [
        (c.label, c.kind, c.sfreq, c.unit, c.muscle, c.side, c.segments, c.site) for c in rec.channels
    ]
    assert (back.channel("x7").highpass, back.channel("x7").lowpass) == (20.0, 450.0)
    assert back.segments == rec.segments
    assert back.start_time == START
    assert back.annotations.equals(rec.annotations)
    for label in rec.labels:
        np.testing.assert_array_equal(back.read(label), rec.read(label))


def test_neo_keeps_float32_and_rates():
    block = mixed_recording().to_neo()
    assert len(block.segments) == 2
    assert {(str(s.dtype), float(s.sampling_rate)) for s in block.segments[0].analogsignals} == {
        ("float32", 2000.0),
        ("float32", 500.0),
    }


def test_neo_volts_become_microvolts():
    signal = neo.AnalogSignal([[1e-6], [2e-6]], units="V", sampling_rate=1 * pq.kHz, name="EMG L TA")
    rec = ms.from_neo(block_of([signal]))
    assert rec.channels[0].sfreq == 1000
    assert rec.channels[0].muscle == "tibialis anterior"
    np.testing.assert_allclose(rec.read("EMG L TA"), [1, 2], rtol=1e-6)


def test_neo_emg_without_a_unit_is_refused_until_it_is_stated():
    block = block_of([neo.AnalogSignal([[1.0], [2.0]], units="dimensionless", sampling_rate=1 * pq.kHz, name="EMG")])
    with pytest.raises(ReadError, match="state it"):
        ms.from_neo(block)
    assert ms.from_neo(block, channels={"EMG": {"units": "mV"}}).read("EMG").tolist() == [1000.0, 2000.0]


def test_neo_sweeps_are_laid_one_after_the_other_and_that_is_said():
    block = neo.Block(name="sweeps")
    for value in (1.0, 2.0):
        segment = neo.Segment()
        segment.analogsignals.append(
            neo.AnalogSignal([[value]] * 100, units="uV", sampling_rate=1 * pq.kHz, name="EMG")
        )
        block.segments.append(segment)
    with pytest.warns(MyosigWarning, match="one after the other"):
        rec = ms.from_neo(block)
    assert rec.segments == Intervals([0.0, 0.1], [0.1, 0.2])
    assert rec.read("EMG").tolist() == [1.0] * 100 + [2.0] * 100


def test_neo_signals_that_start_late_keep_their_time():
    early = neo.AnalogSignal(np.arange(10.0)[:, None], units="uV", sampling_rate=100 * pq.Hz, name="EEG C3")
    late = neo.AnalogSignal(
        np.arange(5.0)[:, None], units="uV", sampling_rate=100 * pq.Hz, t_start=0.03 * pq.s, name="EEG C4"
    )
    rec = ms.from_neo(block_of([early, late]))
    np.testing.assert_array_equal(rec.read("EEG C4"), [np.nan] * 3 + [0, 1, 2, 3, 4] + [np.nan] * 2)


def test_neo_lazy_signals_are_read_piece_by_piece():
    reader = neo.io.ExampleIO("nothing.fake")
    rec = quietly(ms.from_neo, reader.read_block(lazy=True))
    whole = quietly(ms.from_neo, neo.io.ExampleIO("nothing.fake").read_block())
    label = rec.labels[0]
    start = rec.tmin + 0.1234
    np.testing.assert_allclose(rec.read(label, start, start + 0.5), whole.read(label, start, start + 0.5), rtol=1e-5)


def test_neo_spike_trains_are_said_to_be_left_out():
    block = block_of([neo.AnalogSignal([[1.0]] * 10, units="uV", sampling_rate=1 * pq.kHz, name="EMG")])
    block.segments[0].spiketrains.append(neo.SpikeTrain([0.1] * pq.s, t_stop=1 * pq.s))
    with pytest.warns(MyosigWarning, match="1 spike trains left out"):
        ms.from_neo(block)


def test_neo_block_without_signals_is_refused():
    with pytest.raises(ParameterError, match="no analog signal"):
        ms.from_neo(neo.Block())


def block_of(signals):
    block, segment = neo.Block(), neo.Segment()
    segment.analogsignals.extend(signals)
    block.segments.append(segment)
    return block


# -- MNE: one rate, and what is lost is said -----------------------------------------------------------------------


def test_mne_needs_one_rate():
    with pytest.raises(ParameterError, match=r"to_mne\(kind='emg'\)"):
        mixed_recording().to_mne()


def test_to_mne_says_what_it_drops():
    with pytest.warns(MyosigWarning) as caught:
        mixed_recording().to_mne(kind="emg")
    assert "EEG C3, acc" in str(caught[0].message)
    assert "1 gap(s)" in str(caught[0].message)
    assert "of x7," in str(caught[0].message)


def test_mne_round_trip_of_one_kind():
    rec = mixed_recording()
    raw = quietly(rec.to_mne, kind="emg")
    assert raw.get_channel_types() == ["emg", "emg"]
    np.testing.assert_allclose(raw.get_data()[:, :3000], rec.read(["EMG R APB", "x7"], 0, 1.5) * 1e-6, rtol=1e-6)
    back = ms.from_mne(raw)
    assert back.segments == rec.segments
    assert back.start_time == START
    assert back.annotations.equals(rec.annotations)
    np.testing.assert_allclose(back.read("x7"), rec.read("x7"), rtol=1e-5)


def test_mne_keeps_the_unit_of_what_is_no_voltage():
    raw = quietly(mixed_recording().to_mne, sfreq=500.0)
    np.testing.assert_allclose(raw.get_data(picks=["acc"])[0, :750], mixed_recording().read("acc", 0, 1.5))


@pytest.mark.parametrize("start", [None, START])
def test_marks_keep_their_sample_through_a_cropped_raw(start):
    notes = Annotations([1.25], [0.5], np.array(["jerk"], dtype=object))
    data = np.random.default_rng(5).normal(size=(1, 4000))
    rec = ms.from_array(data, sfreq=1000, labels=["EMG"], unit="uV", annotations=notes, start_time=start)
    raw = rec.to_mne().crop(1.0, 3.0)
    back = ms.from_mne(raw)
    assert back.annotations.onset.tolist() == [0.25]
    at = back.annotations.onset[0]
    assert back.read("EMG", at, at + 0.001)[0] == pytest.approx(rec.read("EMG", 1.25, 1.251)[0])


def test_from_mne_reads_nothing_before_it_is_asked(tmp_path):
    path = tmp_path / "one_raw.fif"
    quietly(mixed_recording().to_mne, kind="emg").save(path, verbose="error")
    raw = mne.io.read_raw_fif(path, verbose="error")
    rec = ms.from_mne(raw)
    np.testing.assert_allclose(rec.read("x7", 3.1, 3.2), mixed_recording().read("x7", 3.1, 3.2), rtol=1e-5)
    assert not raw.preload
    assert pickle.loads(pickle.dumps(rec)).labels == rec.labels


def test_mne_types_win_but_its_default_yields_to_the_label():
    info = mne.create_info(["R APB", "T3", "foo", "bar"], 1000.0, ["eeg", "emg", "eeg", "misc"])
    rec = ms.from_mne(mne.io.RawArray(np.zeros((4, 100)), info, verbose="error"))
    assert [c.kind for c in rec.channels] == ["emg", "emg", "eeg", "misc"]
    assert [c.known.get("kind") for c in rec.channels[:3]] == ["inferred", "stated", "stated"]


def test_mne_boundaries_part_the_recording():
    raw = mne.io.RawArray(np.zeros((1, 1000)), mne.create_info(["EMG"], 1000.0, "emg"), verbose="error")
    joined = mne.concatenate_raws([raw.copy(), raw.copy()], verbose="error")
    assert ms.from_mne(joined).segments == Intervals([0.0, 1.0], [1.0, 2.0])


def test_mne_bad_channels_are_kept_and_named():
    raw = mne.io.RawArray(np.zeros((1, 1000)), mne.create_info(["EMG"], 1000.0, "emg"), verbose="error")
    raw.info["bads"] = ["EMG"]
    with pytest.warns(MyosigWarning, match="bad channels EMG are kept"):
        recording = ms.from_mne(raw)
    assert recording.channels[0].status == "bad"
    assert recording.to_mne().info["bads"] == ["EMG"]


def test_mne_filters_are_taken_over():
    raw = mne.io.RawArray(np.zeros((1, 3000)), mne.create_info(["EMG"], 1000.0, "emg"), verbose="error")
    assert (ms.from_mne(raw).channels[0].highpass, ms.from_mne(raw).channels[0].lowpass) == (None, None)
    raw.filter(20.0, 300.0, picks="emg", verbose="error")
    with raw.info._unlock():
        raw.info["highpass"], raw.info["lowpass"] = 20.0, 300.0
    assert (ms.from_mne(raw).channels[0].highpass, ms.from_mne(raw).channels[0].lowpass) == (20.0, 300.0)


def test_a_statement_of_the_user_wins():
    raw = mne.io.RawArray(np.zeros((1, 100)), mne.create_info(["T3"], 1000.0, "eeg"), verbose="error")
    rec = ms.from_mne(raw, channels={"T3": {"muscle": "soleus", "side": "left"}})
    assert (rec.channels[0].kind, rec.channels[0].muscle, rec.channels[0].side) == ("emg", "soleus", "left")


def test_sweeps_whose_ends_round_beyond_the_next_start_follow_each_other():
    """Sweeps of 0.12 s, as Axon files hold them: 10 x 0.12 + 0.12 is not 11 x 0.12 in binary numbers."""
    block = neo.Block()
    for number in range(50):
        segment = neo.Segment()
        samples = np.full((120, 1), float(number), dtype=np.float32)
        start = (0.12 * number) * pq.s
        segment.analogsignals.append(neo.AnalogSignal(samples, "uV", sampling_rate=1000 * pq.Hz, t_start=start))
        block.segments.append(segment)
    recording = ms.from_neo(block)
    np.testing.assert_array_equal(recording.read(recording.labels[0]), np.repeat(np.arange(50.0), 120))
