import numpy as np
from timing_world import random_times

from myosig.detect.rhythm import rhythm_of


def oscillator(rng, frequency, cv, n):
    return 5 + np.cumsum(np.maximum(rng.normal(1, cv, n), 0.3)) / frequency


def test_rhythm_and_its_frequency():
    rhythm = rhythm_of(oscillator(np.random.default_rng(51), 2.0, 0.1, 120))
    assert rhythm.verdict == "rhythmic"
    assert abs(rhythm.frequency - 2.0) < 0.06
    assert abs(rhythm.cv - 0.1) < 0.04


def test_criteria_3c_twenty_intervals_are_needed():
    assert rhythm_of(oscillator(np.random.default_rng(52), 2.0, 0.1, 20)).verdict == "not assessable"


def test_missed_and_extra_events_do_not_hide_a_rhythm():
    rng = np.random.default_rng(53)
    times = oscillator(rng, 2.0, 0.1, 150)
    times = np.delete(times, np.arange(9, 150, 10))
    times = np.sort(np.concatenate([times, rng.uniform(5, 75, 8)]))
    rhythm = rhythm_of(times)
    assert rhythm.verdict == "rhythmic"
    assert abs(rhythm.frequency - 2.0) < 0.08


def test_random_trains_are_not_rhythmic():
    rng = np.random.default_rng(54)
    found = 0
    for _ in range(60):
        mean = rng.uniform(0.3, 4)
        times = random_times(rng.integers(25, 150), mean, rng, refractory=rng.uniform(0, 0.8) * mean)
        found += rhythm_of(times).verdict == "rhythmic"
    assert found <= 6
