import numpy as np
import pytest
from timing_world import channel, grouped, random_times, share_right, table, true_bursts, volleys

from myosig.detect.jerks import group_jerks
from myosig.simulation import simulate

HAND = [channel(m) for m in ("APB", "FDI", "FCR", "BB")]
CORD = [channel(m) for m in ("SCM", "ICu", "RAu", "RAl", "RF", "TA")]


def test_each_volley_is_a_jerk():
    jerks = grouped(HAND, [1.0, 2.0, 3.5], [0.003, 0.0, 0.001, 0.002])
    assert np.allclose(jerks.onset, [1.0, 2.0, 3.5])
    assert jerks.lead.tolist() == [1, 1, 1]
    assert np.allclose(jerks.latency[0], [0.003, 0, 0.001, 0.002])
    assert jerks.n_bursts.tolist() == [4, 4, 4]


def test_slow_spread_stays_one_jerk():
    latency = [0.110, 0.055, 0.030, 0.0, 0.060, 0.145]
    jerks = grouped(CORD, np.arange(1, 40, 2.5), latency, 0.04)
    assert len(jerks) == 16
    assert np.allclose(jerks.latency, latency)


@pytest.mark.parametrize("apart", [0.02, 0.05, 0.08])
def test_cortical_runs_stay_one_jerk(apart):
    rng = np.random.default_rng(41)
    times = random_times(40, 2.0, rng, refractory=0.6)
    repeated = (times[:, None] + apart * np.arange(4)).ravel()
    jerks = grouped(HAND, repeated, [0, 0.001, 0.002, 0.0], 0.6 * apart)
    assert len(jerks) == 40
    assert (jerks.n_bursts == 16).all()


@pytest.mark.parametrize("rate", [1.2, 3.0, 6.5])
def test_repeated_propriospinal_bursts_are_one_jerk(rate):
    rng = np.random.default_rng(42)
    times = random_times(30, 9.0, rng, refractory=5 / rate + 2)
    repeats = rng.integers(1, 6, times.size)
    each = np.concatenate([t + np.arange(n) / rate for t, n in zip(times, repeats, strict=True)])
    jerks = grouped(CORD, each, [0.06, 0.03, 0.01, 0.0, 0.03, 0.05], 0.06, scatter=0.003, rng=rng)
    assert len(jerks) == 30
    assert (jerks.n_bursts == 6 * repeats).all()


@pytest.mark.parametrize("bouts", [False, True])
def test_rhythmic_segmental_jerks_stay_apart(bouts):
    rng = np.random.default_rng(43)
    times = 1 + np.cumsum(rng.normal(1, 0.1, 150)) / 3.5
    times = times + bouts * 8.0 * (np.arange(150) // 30)
    jerks = grouped(HAND, times, [0, 0.002, 0.004, 0.003], 0.14, scatter=0.002, rng=rng)
    assert len(jerks) == 150
    assert jerks.repeat_limit is None


def test_random_jerks_are_not_fused():
    rng = np.random.default_rng(44)
    fused = 0
    for _ in range(40):
        times = random_times(rng.integers(20, 120), rng.uniform(0.8, 6), rng, refractory=0.4)
        fused += grouped(HAND, times, [0, 0.002, 0.004, 0.003], 0.03).repeat_limit is not None
    assert fused <= 1


def test_unrelated_muscles_are_not_fused():
    rng = np.random.default_rng(45)
    one = volleys(HAND[:2], 1 + np.cumsum(rng.normal(0.5, 0.04, 200)), [0, 0.002])
    other = random_times(120, 0.9, rng, refractory=0.3)
    which = np.concatenate([one.channel, np.full(other.size, 2)])
    jerks = group_jerks(table(HAND[:3], which, np.concatenate([one.onset, other])))
    together = jerks.recruited[:, 2] & jerks.recruited[:, :2].any(axis=1)
    assert together.sum() == 0
    assert len(jerks) == 320


def test_what_founds_no_jerk():
    assert len(group_jerks(table(HAND, [0, 0, 1], [1, 3, 5], n_peaks=1))) == 0
    assert len(group_jerks(table(HAND, [0, 0, 1], [1, 3, 5], suspect="ecg"))) == 0
    assert len(group_jerks(table(HAND, [0, 0, 1], [1, 8, 15], 2.5))) == 0
    assert len(group_jerks(table(HAND, [], []))) == 0


def test_potentials_of_two_muscles_at_once_are_a_jerk():
    assert len(group_jerks(table(HAND, [0, 1], [1, 1.002], 0.01, n_peaks=1))) == 1


def test_grouping_ignores_time_shift_and_channel_order():
    rng = np.random.default_rng(46)
    bursts = volleys(CORD, random_times(30, 3, rng, refractory=1), [0.06, 0.03, 0.01, 0, 0.03, 0.05])
    turned = table(CORD[::-1], 5 - bursts.channel, bursts.onset + 100, bursts.duration)
    assert np.allclose(group_jerks(bursts).onset + 100, group_jerks(turned).onset)
    assert np.array_equal(group_jerks(bursts).latency, group_jerks(turned).latency[:, ::-1]) or np.allclose(
        group_jerks(bursts).latency, group_jerks(turned).latency[:, ::-1]
    )


@pytest.mark.parametrize("pattern", ["cortical", "brainstem", "segmental", "propriospinal", "peripheral", "functional"])
def test_97_of_100_simulated_jerks_are_grouped_right(pattern):
    right = total = 0
    for seed in range(8801, 8804):
        sim = simulate(pattern, seed=seed, n_eeg=0, sfreq=500, duration=200)
        bursts, jerk = true_bursts(sim.truth, sim.recording, rng=np.random.default_rng(seed), missed=0.03)
        part, whole = share_right(group_jerks(bursts).member, jerk)
        right, total = right + part, total + whole
    assert right / total >= 0.97


def test_one_long_train_of_jerks_is_not_one_jerk():
    times = np.concatenate([np.arange(2.0, 100, 1), np.arange(105.0, 590, 20)])
    assert len(grouped([channel("APB"), channel("FDI")], times, [0, 0.002])) == times.size


def test_a_burst_in_which_two_ran_together_belongs_to_no_jerk_and_joins_none():
    times = np.concatenate([[5.0, 5.3], 8 + 2.7 * np.arange(20)])
    onset = times[:, None] + [0, 0.002, 0.004]
    onset[1, 2] = np.nan  # the third muscle does not fall silent between the first two jerks
    duration = np.full(onset.shape, 0.1)
    duration[0, 2] = 0.4
    there = np.isfinite(onset)
    jerks = group_jerks(table(HAND[:3], np.nonzero(there)[1], onset[there], duration[there]))
    assert jerks.onset == pytest.approx(times)
    assert jerks.member[np.argmax(jerks.bursts.duration)] == -1


def test_muscles_that_take_turns_belong_to_one_jerk():
    start = 5 + 4.0 * np.arange(30)
    onset = np.concatenate([start + 0.7 * k for k in range(3)] + [start + 0.7 * k + 0.33 for k in range(3)])
    which = np.repeat([0, 1], 90)
    jerks = group_jerks(table(HAND[:2], which, onset, 0.08))
    assert len(jerks) == 30
    assert set(jerks.n_bursts) == {6}


def test_stray_bursts_do_not_hide_how_jerks_repeat():
    rng = np.random.default_rng(49)
    start = 5 + 6.0 * np.arange(20)
    volley = np.concatenate([start + 0.5 * k for k in range(3)])
    onset = (volley[:, None] + [0, 0.003, 0.006]).ravel()
    stray = rng.uniform(5, 125, 25)
    jerks = group_jerks(
        table(
            HAND[:3], np.concatenate([np.tile([0, 1, 2], 60), np.zeros(25, int)]), np.concatenate([onset, stray]), 0.05
        )
    )
    assert np.sum(jerks.n_volleys >= 3) >= 18
