from dataclasses import replace

import naive
import numpy as np
from eeg_world import channels, make_jerks

from myosig.localize._epoch_kernels import sum_windows
from myosig.localize.cortex.sham import draw_shams
from myosig.localize.cortex.triggers import find_triggers, first_triggers, quiet_before

TWO = (("abductor pollicis brevis", "right"), ("biceps brachii", "right"))


def table(times, *, lags=(0.009, 0.0), **columns):
    """Jerks of two muscles; burst columns may be replaced."""
    jerks = make_jerks(times, channels(100.0, emg=TWO)[-2:], lags=lags)
    return replace(jerks, bursts=replace(jerks.bursts, **columns))


def test_a_jerk_soon_after_another_is_not_isolated():
    found = find_triggers(table([10.0, 10.15, 20.0]), 0, isolation=0.2)
    np.testing.assert_allclose(found.times, [10.009, 20.009])
    assert found.rejected["another burst within 200 ms before"] == 1


def test_quiet_is_counted_from_the_end_of_the_last_burst():
    bursts = table([10.0, 10.15]).bursts
    quiet = quiet_before(bursts, np.ones(4, dtype=bool), np.array([10.0, 10.15]))
    assert quiet[0] == np.inf
    np.testing.assert_allclose(quiet[1], 0.15 - 0.039)


def test_a_burst_small_for_its_muscle_is_no_trigger_and_disturbs_nothing():
    amplitude = np.full(6, 300.0)
    amplitude[2:4] = 30.0  # both bursts of the middle jerk
    found = find_triggers(table([10.0, 19.9, 20.0], amplitude=amplitude), 0, isolation=0.2)
    np.testing.assert_allclose(found.times, [10.009, 20.009])
    assert found.rejected["burst small for its muscle"] == 1


def test_another_muscles_ripple_disturbs_nothing():
    snr = np.where(np.arange(4) == 0, 6.0, 20.0)  # the biceps, that leads the first jerk, is hardly seen
    muscles = table([10.0, 10.1], lags=(5.0, 0.0), snr=snr)
    assert len(find_triggers(muscles, 0, isolation=4.95)) == 2
    assert len(find_triggers(muscles, 1, isolation=0.2)) == 1


def test_after_a_long_burst_more_quiet_is_wanted():
    offset = np.repeat([10.04, 15.04, 20.7, 22.04], 2)  # the third jerk is held
    muscles = table([10.0, 15.0, 20.0, 22.0], offset=offset)
    assert len(find_triggers(muscles, 0, isolation=1.0)) == 4
    assert len(find_triggers(muscles, 0, isolation=1.0, from_long=2.5)) == 3


def test_the_lead_is_how_long_the_jerk_has_gone_on():
    assert abs(find_triggers(table([10.0, 20.0]), 0, isolation=0.2).lead - 0.009) < 1e-9
    assert find_triggers(table([10.0, 20.0]), 1, isolation=0.2).lead == 0


def test_shams_keep_the_intervals_and_their_distance():
    times = np.cumsum(np.random.default_rng(61).exponential(3, 80)) + 40
    shams = draw_shams(times[0], times[-1], times[-1] + 60, away=1.0, n=200, seed=1)
    moved = shams.apply(times)
    inside = (moved > times[0] - 35) & (np.abs(moved - times) < 40)
    assert np.abs(moved - times)[inside].min() >= 1.0
    stretch = np.diff(moved, axis=1) / np.diff(times)
    kept = np.abs(stretch - 1) < 0.0101
    assert kept.mean() > 0.98  # all but where a train wraps around


def test_shams_of_a_periodic_train_run_through_all_its_phases():
    times = 5 + 0.5 * np.arange(200)
    shams = draw_shams(times[0], times[-1], 110.0, away=1.0, n=300, seed=2)
    phase = np.exp(2j * np.pi * shams.apply(times) / 0.5)
    locking = np.abs(phase.mean(axis=1))
    assert np.median(locking) < 0.5
    assert abs(phase.mean()) < 0.1


def test_sums_of_windows_agree_with_the_naive_twin():
    rng = np.random.default_rng(62)
    values = rng.standard_normal(500).astype(np.float32)
    start, clear = rng.integers(-10, 500, (7, 30)), rng.random(481) < 0.7
    sums, counts = sum_windows(values, clear, start, 20)
    expected, n = naive.sum_windows(values, clear, start, 20)
    np.testing.assert_allclose(sums, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(counts, n)


def test_a_jerk_that_went_on_for_long_elsewhere_is_no_trigger():
    muscles = table([10.0, 20.0], lags=(0.03, 0.0))
    assert len(find_triggers(muscles, 0, isolation=0.2, latest=0.01)) == 0
    late = find_triggers(muscles, 0, isolation=0.2, latest=0.01).rejected
    assert late["begun long before in another muscle"] == 2
    assert len(find_triggers(muscles, 1, isolation=0.2, latest=0.01)) == 2


WAY = {"abductor pollicis brevis": 0.021, "biceps brachii": 0.012}


def first_of(jerks):
    """Triggers at whichever muscle comes first."""
    return first_triggers(jerks, lambda c: WAY[c.muscle], isolation=0.2, latest=lambda c: 0.02)


def test_jerks_that_begin_in_different_muscles_are_put_to_one_cortical_time():
    cortex = np.array([10.0, 20.0, 30.0])
    lags = np.array([[0.021, 0.03], [0.021, 0.03], [0.03, 0.012]])
    jerks = make_jerks(cortex, channels(100.0, emg=TWO)[-2:], lags=lags)
    np.testing.assert_allclose(first_of(jerks).times, cortex + 0.021)
    assert "mostly EMG abductor pollicis brevis" in first_of(jerks).channel.label
    assert [len(find_triggers(jerks, k, isolation=0.2, latest=0.002)) for k in (0, 1)] == [2, 1]


def test_where_one_muscle_always_comes_first_there_is_no_other_train():
    assert first_of(table([10.0, 20.0])) is None


def test_jerks_that_begin_on_either_side_have_no_side():
    either = (("abductor pollicis brevis", "right"), ("abductor pollicis brevis", "left"))
    jerks = make_jerks([10.0, 20.0], channels(100.0, emg=either)[-2:], lags=[[0.0, 0.01], [0.01, 0.0]])
    assert first_of(jerks).channel.side is None
