import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from signals import add_bursts, beat_times, cleaned, heart, hum, recording

import myosig as ms
from myosig.signals.bands import bandpass, with_halo
from myosig.signals.cleaning import cleaned_blocks, find_artefacts
from myosig.signals.survey import WINDOW, WINDOWS, survey


@pytest.fixture
def rng():
    return np.random.default_rng(9101)


def emg(duration, sfreq, rng, *, size=40.0, every=1.1):
    """Noise of 4 µV RMS with bursts, and where there is no burst."""
    x = rng.normal(0, 4, round(duration * sfreq))
    onsets = np.arange(0.7, duration - 1, every) + rng.uniform(-0.2, 0.2, np.arange(0.7, duration - 1, every).size)
    durations = rng.choice([0.025, 0.05, 0.1, 0.2], onsets.size)
    add_bursts(x, onsets, durations, size, sfreq=sfreq, rng=rng)
    return x


# -- line noise ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sfreq", "frequency"), [(1000.0, 50.03), (1259.259, 59.96), (2048.0, 49.95), (5000.0, 60.0)])
def test_line_noise_is_found_and_removed(sfreq, frequency, rng):
    clean = emg(60, sfreq, rng)
    found = find_artefacts(recording(clean + 30 * hum(clean.size, sfreq=sfreq, frequency=frequency), sfreq=sfreq))
    assert found.line_noise["emg 0"].frequency == pytest.approx(frequency, abs=0.01)
    assert found.line_noise["emg 0"].harmonics == ((1, 3),)
    dirty = clean + 30 * hum(clean.size, sfreq=sfreq, frequency=frequency)
    rest = cleaned(recording(dirty, sfreq=sfreq)) - clean
    assert rest.std() < 0.2 * 4  # of the noise, with hum of five times the noise and bursts of ten times


def test_nothing_rings_where_a_burst_begins(rng):
    sfreq = 2000.0
    quiet = rng.normal(0, 1, 40000)
    burst = np.zeros(40000)
    add_bursts(burst, [9.9], [0.15], 500, sfreq=sfreq, rng=rng)
    wave = 20 * hum(40000, sfreq=sfreq)
    with_burst = cleaned(recording(quiet + wave + burst, sfreq=sfreq)) - burst
    without = cleaned(recording(quiet + wave, sfreq=sfreq))
    assert np.abs(with_burst - without).max() < 1.0


def test_hum_that_steps_is_followed_within_a_fifth_of_a_second(rng):
    sfreq = 1000.0
    noise = rng.normal(0, 2, 60000)
    wave = 20 * hum(60000, sfreq=sfreq) * (np.arange(60000) > 30000)
    rest = cleaned(recording(noise + wave, sfreq=sfreq)) - noise
    assert np.abs(rest[:29700]).max() < 2
    assert np.abs(rest[30300:]).max() < 2


@pytest.mark.parametrize("rate", [4.0, 5.0, 8.0, 10.0, 12.5])
def test_tremor_at_a_subharmonic_of_the_mains_is_no_hum(rate, rng):
    x = rng.normal(0, 4, 120000)
    onsets = np.arange(0.5, 58, 1 / rate)
    add_bursts(x, onsets, np.full(onsets.size, 0.5 / rate), 60, sfreq=2000, rng=rng)
    assert find_artefacts(recording(x, sfreq=2000.0)).line_noise == {}


@pytest.mark.parametrize("rate", [1.0, 2.0, 5.0, 10.0])
def test_a_row_of_harmonics_is_no_hum(rate, rng):
    x = rng.normal(0, 4, 120000)
    x[(np.arange(0.5, 59.5, 1 / rate) * 2000).round().astype(int)] += 500  # stimulus artefacts
    assert find_artefacts(recording(x, sfreq=2000.0)).line_noise == {}


def test_noise_has_no_lines():
    for seed in range(300, 320):
        x = np.random.default_rng(seed).normal(size=(2, 100_000))
        assert find_artefacts(recording(*x, sfreq=2000.0)).line_noise == {}


# -- heart --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sfreq", [1000.0, 2048.0])
@pytest.mark.parametrize("size", [20.0, 120.0])
def test_the_heart_is_found_in_the_emg_and_removed(sfreq, size, rng):
    clean = emg(90, sfreq, rng)
    times = beat_times(90, rng)
    dirty = clean + size * heart(clean.size, times, sfreq=sfreq)
    found = find_artefacts(recording(dirty, sfreq=sfreq)).heart
    error = np.abs(times - found.beats)  # as many as there are
    assert np.median(error) < 0.001
    assert (error < 0.01).mean() >= (0.98 if size == 20 else 1.0)  # a small QRS complex may hide in a burst
    rest = bandpass(cleaned(recording(dirty, sfreq=sfreq)) - clean, (20, 450), sfreq=sfreq)
    assert rest.std() < 1.2  # noise of 4, QRS complexes of up to 120
    assert np.abs(rest).max() < 12


def test_the_ecg_channel_finds_what_the_emg_shows_too_faintly(rng):
    times = beat_times(90, rng)
    wave = heart(180_000, times, sfreq=2000.0)
    trunk, hand = rng.normal(0, 4, 180_000) + 7 * wave, rng.normal(0, 4, 180_000)
    rec = recording(1000 * wave + rng.normal(0, 10, wave.size), trunk, hand, sfreq=2000.0, kinds=["ecg", "emg", "emg"])
    found = find_artefacts(rec).heart
    assert (found.source, found.holders) == ("ecg 0", ("emg 1",))
    flat = recording(0 * wave, trunk + 30 * wave, hand, sfreq=2000.0, kinds=["ecg", "emg", "emg"])
    assert find_artefacts(flat).heart.source == "emg 1"


@pytest.mark.parametrize(("interval", "duration"), [(1.0, 0.05), (0.7, 0.2), (0.9, 0.025)])
@pytest.mark.parametrize("movement", [0.0, 400.0])
def test_rhythmic_myoclonus_is_no_heart(interval, duration, movement, rng):
    x = rng.normal(0, 4, 180_000)
    onsets = np.cumsum(interval * (1 + 0.03 * rng.normal(size=int(85 / interval))))
    add_bursts(x, onsets, np.full(onsets.size, duration), 80, sfreq=2000, rng=rng)
    t = np.arange(1000) / 2000
    for onset in onsets:
        x[round(onset * 2000) :][:1000] += (
            movement * np.sin(2 * np.pi * 5 * t) * np.exp(-t / 0.1) * (1 - np.exp(-t / 0.03))
        )
    assert find_artefacts(recording(x, sfreq=2000.0)).heart is None


def test_a_single_unit_that_fires_like_a_heart_is_none(rng):
    x = rng.normal(0, 4, 180_000)
    t = np.arange(-20, 21) / 2000 / 0.0015
    for when in np.cumsum(1 + 0.05 * rng.normal(size=85)):
        x[round(when * 2000) - 20 :][:41] += 100 * t * np.exp(-t * t / 2)
    assert find_artefacts(recording(x, sfreq=2000.0)).heart is None


def test_noise_has_no_heart():
    for seed in range(400, 415):
        x = np.random.default_rng(seed).normal(size=(2, 120_000))
        assert find_artefacts(recording(*x, sfreq=2000.0)).heart is None


# -- streams ------------------------------------------------------------------------------------------


def test_the_samples_do_not_depend_on_the_blocks(rng):
    sfreq = 1000.0
    x = emg(100, sfreq, rng) + 30 * hum(100_000, sfreq=sfreq)
    x += 60 * heart(100_000, beat_times(100, rng), sfreq=sfreq)
    rec = recording(x, sfreq=sfreq, segments=ms.Intervals([0, 70], [60, 110]))
    found = find_artefacts(rec)
    assert found.heart is not None
    assert found.line_noise
    whole = cleaned(rec, duration=1000.0, artefacts=found)
    assert whole.size == x.size
    for duration in (0.37, 7.0, 40.0, 61.3):
        again = replace(found)  # nothing is kept for these
        assert np.array_equal(cleaned(rec, duration=duration, artefacts=again), whole)


def test_blocks_have_the_times_and_edges_of_the_recording(rng):
    x = 30 * hum(50_000, sfreq=1000.0) + rng.normal(0, 4, 50_000)
    rec = recording(x, sfreq=1000.0, segments=ms.Intervals([2, 40], [32, 60]))
    ours = cleaned_blocks(rec, ["emg 0"], duration=6.1)
    for block, plain in zip(ours, rec.blocks(["emg 0"], duration=6.1), strict=True):
        assert block.tmin == pytest.approx(plain.tmin, abs=1e-9)
        assert block.data.shape == plain.data.shape
        assert (block.segment, block.is_first, block.is_last) == (plain.segment, plain.is_first, plain.is_last)


def test_nothing_found_is_nothing_changed(rng):
    x = rng.normal(0, 4, 30_000).astype(np.float32)
    assert np.array_equal(cleaned(recording(x, sfreq=1000.0)), x)


def test_missing_samples_stay_missing_and_spoil_no_others(rng):
    clean = rng.normal(0, 4, 60_000)
    x = clean + 30 * hum(60_000, sfreq=1000.0)
    x[20_000:21_000] = np.nan
    out = cleaned(recording(x, sfreq=1000.0))
    assert np.array_equal(np.isnan(out), np.isnan(x))
    assert np.nanmax(np.abs(out - clean)) < 3


def test_halo_gives_each_block_its_surroundings(rng):
    x = np.arange(1000, dtype=np.float32)
    rec = recording(x, sfreq=100.0, segments=ms.Intervals([0, 20], [7, 23]))
    for block, data, first in with_halo(rec.blocks(duration=1.0), 40):
        stop = first + block.data.shape[1]
        assert np.array_equal(data[:, first:stop], block.data)
        assert np.array_equal(np.diff(data[0]), np.ones(data.shape[1] - 1))
        assert first == (0 if block.is_first else 40)
        assert data.shape[1] - stop == (0 if block.is_last else 40)


def test_survey_spreads_over_the_whole_recording():
    rec = recording(np.zeros(1_000_000), sfreq=100.0)
    starts = [window.tmin for window in survey(rec, ["emg 0"])]
    assert len(starts) == WINDOWS
    assert np.ptp(np.diff(starts)) <= WINDOW
    assert starts[0] < 10_000 / WINDOWS
    assert starts[-1] > 10_000 * (1 - 1 / WINDOWS)
    short = recording(np.zeros(1000), sfreq=100.0)
    assert sum(window.data.shape[1] for window in survey(short, ["emg 0"])) == 800


def test_what_is_kept_for_the_next_stage_is_the_same_and_of_that_recording_alone(rng):
    first, second = (emg(60, 1000.0, rng) + 30 * hum(60_000, sfreq=1000.0) for _ in range(2))
    rec = recording(first, second, sfreq=1000.0)
    found = find_artefacts(rec)
    both = np.concatenate([b.data for b in cleaned_blocks(rec, rec.labels, duration=9.0, artefacts=found)], axis=1)
    assert np.array_equal(cleaned(rec, label="emg 1", artefacts=found), both[1])
    assert cleaned(rec.crop(10, 40), label="emg 1", artefacts=found).size == 30_000
    other = recording(second, first, sfreq=1000.0)
    assert not np.array_equal(cleaned(other, label="emg 1", artefacts=found), both[1])


HUM = """
import hashlib, numpy as np, myosig as ms
from myosig.signals.cleaning import cleaned_blocks
time = np.arange(240_000) / 2000
hum = 5 * np.sin(2 * np.pi * 50 * time) + np.sin(2 * np.pi * 150 * time)
noise = 3 * np.random.default_rng(7).standard_normal((4, time.size))
names = ["EMG R APB", "EMG R FDI", "EMG L APB", "EMG L FDI"]
cleaned = cleaned_blocks(ms.from_array(noise + hum, sfreq=2000, labels=names, unit="uV"), names, duration=10.0)
print(hashlib.sha256(b"".join(block.data.tobytes() for block in cleaned)).hexdigest())
"""


def test_threads_of_the_linear_algebra_change_no_byte():
    def digest(threads):
        given = os.environ | {f"{name}_NUM_THREADS": threads for name in ("OPENBLAS", "OMP", "MKL")}
        return subprocess.run([sys.executable, "-c", HUM], env=given, capture_output=True, text=True, check=True).stdout

    assert digest("1") == digest("2")
