"""Bursts: found, in their place, and independent of how the signal is handed in."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

import myosig as ms
from myosig.channel import Channel
from myosig.detect.bursts import Bursts, detect_bursts
from myosig.recording import Recording
from myosig.samples import MemorySource

SFREQ = 2000.0


def recording(x, sfreq=SFREQ):
    rows = np.atleast_2d(x)
    channels = [Channel(f"EMG {i}", "emg", sfreq, "uV", rows.shape[1]) for i in range(len(rows))]
    return Recording(channels, MemorySource(list(rows)))


def noise_with_bursts(rng, onsets, duration=0.1, snr_db=15.0, seconds=60.0, sfreq=SFREQ):
    x = rng.normal(0, 5, round(seconds * sfreq))
    for onset in onsets:
        at, n = round(onset * sfreq), round(duration * sfreq)
        x[at : at + n] += rng.normal(0, 5 * 10 ** (snr_db / 20), n)
    return x


def test_every_burst_in_its_place():
    onsets = np.arange(3.0, 57.0, 2.0)
    bursts = detect_bursts(recording(noise_with_bursts(np.random.default_rng(101), onsets)))
    assert len(bursts) == len(onsets)
    assert np.abs(bursts.onset - onsets).max() < 0.01
    assert np.abs(bursts.duration - 0.1).max() < 0.02


def test_nothing_in_noise():
    x = np.random.default_rng(102).normal(0, 3, 120_000)
    assert len(detect_bursts(recording(x))) == 0


def test_noise_of_few_frequencies_is_known_from_the_first_second():
    """The threshold looks ahead: learned only later, it made two or three false bursts in a recording of a minute."""
    rng = np.random.default_rng(104)
    low_pass = butter(4, 100, fs=SFREQ, output="sos")
    found = [len(detect_bursts(recording(sosfilt(low_pass, rng.normal(0, 5, 60_000))))) for _ in range(10)]
    assert sum(found) <= 5


def firing(rng, units, seconds=30.0, rate=9.0):
    """Motor units of 4 to 9 ms that fire regularly, over a little noise."""
    x = rng.normal(0, 1, round(seconds * SFREQ))
    t = np.arange(-12, 13) / SFREQ
    for _ in range(units):
        width, phase = rng.uniform(0.7e-3, 1.5e-3), rng.uniform(0, np.pi)
        unit = rng.uniform(20, 60) * np.cos(t / width + phase) * np.exp(-((t / width) ** 2) / 2)
        for at in np.cumsum(rng.normal(1, 0.15, round(seconds * rate)) / rate):
            start = round(at * SFREQ)
            if start + t.size < x.size:
                x[start : start + t.size] += unit
    return x


@pytest.mark.parametrize("units", [1, 2, 3, 15])
def test_firing_units_are_no_bursts(units):
    assert len(detect_bursts(recording(firing(np.random.default_rng(105), units)))) <= 5


def test_a_burst_over_firing_units_is_kept():
    rng = np.random.default_rng(106)
    x = firing(rng, 2)
    for onset in (10.0, 15.0, 20.0):
        x[round(onset * SFREQ) :][:200] += rng.normal(0, 150, 200)
    bursts = detect_bursts(recording(x))
    assert len(bursts) <= 5
    assert all(np.abs(bursts.onset - onset).min() < 0.05 for onset in (10.0, 15.0, 20.0))


def test_quick_bursts_of_many_lengths_are_kept():
    rng = np.random.default_rng(107)
    onsets = np.arange(3.0, 27.0, 0.12)
    x = rng.normal(0, 5, round(30 * SFREQ))
    for onset in onsets:
        x[round(onset * SFREQ) :][: rng.choice([30, 60, 120])] *= 8
    assert len(detect_bursts(recording(x))) > 0.8 * len(onsets)


@pytest.mark.filterwarnings("ignore:.*peak to peak")
@pytest.mark.parametrize("gain", [1e-3, -1.0, 1e4])
def test_gain_and_polarity_do_not_matter(gain):
    x = noise_with_bursts(np.random.default_rng(103), np.arange(3.0, 57.0, 3.0), snr_db=8)
    plain, scaled = detect_bursts(recording(x)), detect_bursts(recording(gain * x))
    assert np.array_equal(plain.onset, scaled.onset)
    assert np.allclose(plain.amplitude * abs(gain), scaled.amplitude, rtol=1e-4)


def test_blocks_do_not_matter(monkeypatch):
    recorded = recording(noise_with_bursts(np.random.default_rng(104), np.arange(3.0, 57.0, 3.0)))
    whole = detect_bursts(recorded)
    monkeypatch.setattr("myosig.detect.bursts.BLOCK", 0.731)
    assert whole.equals(detect_bursts(recorded))


@pytest.mark.parametrize("level", [0, 7.3, -3276.7])
@pytest.mark.parametrize("begin", [0, 20])
def test_a_flat_line_hides_nothing_beside_it(level, begin, monkeypatch):
    onsets = np.concatenate([np.arange(2, begin, 1.5), np.arange(begin + 13, 58, 1.5)])
    x = noise_with_bursts(np.random.default_rng(119), onsets, snr_db=25)
    x[round(begin * SFREQ) : round((begin + 12) * SFREQ)] = level
    bursts = detect_bursts(recording(x))
    away = [t for t in bursts.onset if begin + 12.5 < t or t < begin - 0.5]
    np.testing.assert_allclose(away, onsets, atol=0.02)
    assert abs(bursts.noise[0] - detect_bursts(recording(x[-60_000:])).noise[0]) < 0.1
    monkeypatch.setattr("myosig.detect.bursts.BLOCK", 0.7)
    assert detect_bursts(recording(x)).equals(bursts)


def test_nothing_is_found_across_missing_samples():
    x = noise_with_bursts(np.random.default_rng(105), [10.0, 30.0, 50.0])
    x[round(30.04 * SFREQ) : round(30.06 * SFREQ)] = np.nan
    bursts = detect_bursts(recording(x))
    assert len(bursts) == 4
    assert bursts.cut.tolist() == [False, True, True, False]
    assert bursts.offset[1] <= 30.04
    assert bursts.onset[2] >= 30.06


def test_table():
    bursts = detect_bursts(recording(noise_with_bursts(np.random.default_rng(106), [10.0])))
    assert isinstance(bursts, Bursts)
    assert isinstance(bursts, ms.Bursts)
    assert bursts.to_frame()["channel"].tolist() == ["EMG 0"]
    assert bursts.searched[0] == pytest.approx(60, abs=0.01)


def test_bursts_of_one_channel_never_overlap():
    """A foot may be walked to, but not into the neighbour; seed 3 once gave two bursts that shared a millisecond."""
    found = ms.detect_bursts(ms.simulate("segmental", seed=3, duration=40, n_emg=6, n_eeg=0).recording)
    for index in range(len(found.channels)):
        mine = found[found.channel == index]
        assert np.all(mine.onset[1:] >= mine.offset[:-1])
