import numpy as np
import pytest
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


def test_the_interval_of_the_frequency_covers_it_in_90_of_100_though_events_are_missed_or_added():
    rng, covered = np.random.default_rng(56), 0
    for _ in range(100):
        frequency, cv, n = rng.uniform(0.7, 6), rng.uniform(0.03, 0.2), rng.integers(60, 250)
        times = oscillator(rng, frequency, cv, n)
        times = times[rng.random(n) > 0.1]
        times = np.sort(np.concatenate([times, rng.uniform(times[0], times[-1], n // 10)]))
        low, high = rhythm_of(times).frequency_interval or (0, 99)
        covered += low <= frequency <= high
    assert covered >= 90


def test_random_trains_are_not_rhythmic():
    rng = np.random.default_rng(54)
    found = 0
    for _ in range(60):
        mean = rng.uniform(0.3, 4)
        times = random_times(rng.integers(25, 150), mean, rng, refractory=rng.uniform(0, 0.8) * mean)
        found += rhythm_of(times).verdict == "rhythmic"
    assert found <= 6


def recovering_times(n, mean, rng, *, rest, recovery):
    """A random train that is still for part `rest` of its mean interval, then recovers in `recovery` mean waits."""
    time = np.linspace(0, 40, 4001)
    wait = np.interp(rng.exponential(size=n), time - recovery * (1 - np.exp(-time / recovery)), time)
    return 5 + mean * np.cumsum(rest + (1 - rest) * wait / wait.mean())


@pytest.mark.parametrize("recovery", [0.3, 1.0])
def test_random_trains_that_recover_slowly_are_not_rhythmic(recovery):
    rng = np.random.default_rng(57)
    found = 0
    for k in range(60):
        rest = rng.uniform(0, 0.8)
        times = recovering_times(rng.integers(25, 150), rng.uniform(0.3, 4), rng, rest=rest, recovery=recovery)
        found += rhythm_of(times, seed=k).verdict == "rhythmic"
    assert found <= 6


def test_a_short_but_regular_train_is_rhythmic():
    rng = np.random.default_rng(58)
    assert sum(rhythm_of(oscillator(rng, 2.0, 0.05, 30)).verdict == "rhythmic" for _ in range(20)) >= 18


def test_the_interval_of_a_wandering_frequency_covers_its_mean():
    rng, covered = np.random.default_rng(59), 0
    for _ in range(60):
        wander = np.zeros(200)
        for i in range(1, 200):  # a correlation time of 10 s at 2 Hz
            wander[i] = 0.95 * wander[i - 1] + 0.016 * rng.standard_normal()
        times = 5 + np.cumsum(0.5 * np.exp(wander) * rng.normal(1, 0.08, 200))
        low, high = rhythm_of(times).frequency_interval or (0, 0)
        covered += low <= 2.0 <= high
    assert covered >= 52


def test_a_clock_is_rhythmic():
    rhythm = rhythm_of(np.arange(0.0, 60.0, 0.5))
    assert rhythm.verdict == "rhythmic"
    assert rhythm.frequency == 2


def test_drift_is_measured_and_does_not_hide_the_rhythm():
    rng = np.random.default_rng(55)
    frequency = np.linspace(1.5, 3, 240)
    rhythm = rhythm_of(5 + np.cumsum(rng.normal(1, 0.08, 240) / frequency))
    assert rhythm.verdict == "rhythmic"
    low, high = rhythm.drift_interval
    assert low < high
    assert rhythm.drift == pytest.approx(0.83, abs=0.15)


def test_runs_are_counted():
    times = np.concatenate([10 * k + 0.3 * np.arange(4) for k in range(12)])
    rhythm = rhythm_of(times)
    assert (rhythm.n_runs, rhythm.events_per_run) == (12, 4)
    assert abs(rhythm.rate_within_runs - 1 / 0.3) < 0.01


def test_events_at_the_same_time_are_no_run():
    """As when muscles that do not belong together start with the same sample; a rate would be infinite."""
    onset = np.sort(np.concatenate([np.arange(0, 60, 0.11), np.arange(0, 60, 0.11)[::100]]))
    assert rhythm_of(onset).rate_within_runs is None
