import numpy as np
import pytest
from signals import add_bursts, recording, tonic

import myosig as ms
from myosig.channel import Channel
from myosig.recording import Recording
from myosig.samples import MemorySource

SFREQ = 2000.0
NOISE = 4.0


@pytest.fixture
def rng():
    return np.random.default_rng(7301)


def noise(duration, rng, sfreq=SFREQ):
    return rng.normal(0, NOISE, round(duration * sfreq))


def find(*rows, sfreq=SFREQ, segments=None):
    rec = recording(*rows, sfreq=sfreq, segments=segments)
    return ms.detect_silences(rec, ms.detect_bursts(rec))


def planned(duration, rng, *, gap=(0.9, 3.0)):
    at, out = 2.0, []
    while at < duration - 3:
        out.append((at, at + rng.uniform(0.06, 0.4)))
        at = out[-1][1] + rng.uniform(*gap)
    return out


@pytest.mark.parametrize(("level", "sfreq"), [(10, 2000.0), (10, 1259.259), (15, 5000.0), (20, 1000.0)])
def test_silences_are_found_where_they_are(level, sfreq, rng):
    true, found_edges, n_found = [], [], 0
    wave, edges = tonic(100, sfreq, rng, level=NOISE * 10 ** (level / 20), silences=planned(100, rng))
    silences = find(wave + noise(100, rng, sfreq)[: wave.size], sfreq=sfreq)
    for onset, offset in edges:
        hit = np.flatnonzero((silences.onset < offset) & (silences.offset > onset))
        if hit.size:
            true.append((onset, offset))
            found_edges.append((silences.onset[hit[0]], silences.offset[hit[0]]))
    n_found = len(silences)
    assert 2 * len(true) / (n_found + len(edges)) >= 0.95
    assert (np.median(np.abs(np.array(true) - found_edges), axis=0) <= 0.003).all()
    assert silences.tonic[0] > 90
    assert silences.after_burst.mean() < 0.1


@pytest.mark.parametrize("rate", [3.5, 4.5, 6.0, 9.0])
@pytest.mark.parametrize("duty", [0.45, 0.65])
def test_pauses_of_tremor_are_no_silences(rate, duty, rng):
    x = noise(60, rng)
    onsets = np.cumsum(1 / rate * (1 + 0.06 * rng.normal(size=round(57 * rate))))
    add_bursts(x, onsets, np.full(onsets.size, duty / rate), 40, sfreq=SFREQ, rng=rng)
    assert len(find(x)) <= 1


def test_gaps_between_jerks_on_a_quiet_baseline_are_no_silences(rng):
    x = noise(60, rng)
    onsets = np.cumsum(0.3 * rng.lognormal(0, 0.4, 150))
    add_bursts(x, onsets[onsets < 58], np.full(150, 0.1)[onsets < 58], 40, sfreq=SFREQ, rng=rng)
    silences = find(x)
    assert len(silences) == 0
    assert silences.tonic[0] < 3


def test_noise_is_no_tonic_activity(rng):
    silences = find(noise(120, rng))
    assert len(silences) == 0
    assert silences.tonic[0] < 0.5


@pytest.mark.parametrize("units", [1, 2, 4])
def test_gaps_of_a_few_units_are_no_silences(units, rng):
    wave, _ = tonic(60, SFREQ, rng, level=25, units=units)
    assert len(find(wave + noise(60, rng))) == 0


def test_a_contraction_that_ramps_down_and_up_is_none(rng):
    wave, _ = tonic(60, SFREQ, rng, level=25, drive=lambda t: min(1, 1.5 * abs(np.sin(2 * np.pi * t / 6))))
    assert len(find(wave + noise(60, rng))) <= 2  # of 20 pauses


def test_steady_activity_has_none(rng):
    wave, _ = tonic(100, SFREQ, rng, level=25)
    assert len(find(wave + noise(100, rng))) == 0


def two_muscles(rows, muscles):
    channels = [Channel(f"EMG R {m}", "emg", SFREQ, "uV", rows[0].size, muscle=m, side="right") for m in muscles]
    return Recording(channels, MemorySource(rows))


@pytest.mark.parametrize(
    ("which", "marked"),
    [("extensor carpi radialis", True), ("flexor carpi radialis", True), ("tibialis anterior", False)],
)
def test_a_silence_after_a_burst_of_the_muscle_or_its_antagonist_is_marked(which, marked, rng):
    cuts = planned(60, rng)
    wave, _ = tonic(60, SFREQ, rng, level=15, silences=cuts)
    muscles = ["extensor carpi radialis", "flexor carpi radialis", "tibialis anterior"]
    rows = [wave + noise(60, rng), noise(60, rng), noise(60, rng)]
    onsets = np.array([a for a, _ in cuts]) - 0.03
    add_bursts(rows[muscles.index(which)], onsets, np.full(onsets.size, 0.025), 120, sfreq=SFREQ, rng=rng)
    rec = two_muscles(rows, muscles)
    silences = ms.detect_silences(rec, ms.detect_bursts(rec))
    assert len(silences) >= 0.9 * len(cuts)
    assert (silences.after_burst.mean() > 0.9) if marked else (silences.after_burst.mean() < 0.1)


@pytest.mark.parametrize("level", [0, 7.3, np.nan])
@pytest.mark.parametrize("lasting", [1.0, 12.0])
def test_noise_beside_a_stretch_without_signal_is_no_tonic_activity(level, lasting, rng):
    x = noise(60, rng)
    x[40_000 : round((20 + lasting) * SFREQ)] = level
    silences = find(x)
    assert len(silences) == 0
    assert silences.tonic[0] < 1


def test_missing_samples_are_no_silence(rng):
    wave, _ = tonic(60, SFREQ, rng, level=25)
    x = wave + noise(60, rng)
    for second in range(3, 57, 3):
        x[second * 2000 : second * 2000 + 300] = np.nan
    assert len(find(x)) == 0


def test_segments_do_not_move_a_silence(rng):
    cuts = [(10.0, 10.2), (30.0, 30.1), (50.0, 50.3)]
    wave, _ = tonic(60, SFREQ, rng, level=25, silences=cuts)
    x = wave + noise(60, rng)
    whole = find(x)
    split = find(x, segments=ms.Intervals([0, 100], [40, 120]))
    assert len(whole) == len(split) == 3
    assert np.allclose(split.onset, whole.onset + 60 * (whole.onset > 40), atol=0.002)


def test_no_emg_gives_an_empty_table(rng):
    rec = recording(noise(10, rng), sfreq=SFREQ, kinds=["eeg"])
    silences = ms.detect_silences(rec, ms.detect_bursts(rec))
    assert len(silences) == 0
    assert silences.tonic.size == 0
