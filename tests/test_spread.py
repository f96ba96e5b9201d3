import json
from dataclasses import replace

import numpy as np
import pytest
from timing_world import channel, grouped, random_times, table

from myosig.detect.jerks import group_jerks
from myosig.localize.order import agreement, typical_lags
from myosig.localize.spread import homologous, measure_spread
from myosig.muscles import atlas

CORD = ("SCM", "TRAP", "BB", "TRI", "ICu", "RAu", "EO", "RAl", "LPS", "RF", "HAM", "TA")
CHANNELS = [channel(m) for m in CORD]
MUSCLES = [atlas()[c.muscle] for c in CHANNELS]
POSITION = np.array([m.position_mm for m in MUSCLES])
PERIPHERAL = np.array([m.peripheral_conduction for m in MUSCLES])
MEP = np.array([m.mep for m in MUSCLES])


def spread_of(latency, rng, *, n=60, scatter=0.003, missing=0.1, channels=CHANNELS):
    latency = np.broadcast_to(latency, (n, len(channels))).copy()
    latency[rng.random(latency.shape) < missing] = np.nan
    times = random_times(n, 4.0, rng, refractory=1.5)
    return measure_spread(grouped(channels, times, latency, 0.08, scatter=scatter, rng=rng))


def along_the_cord(origin, up, down):
    away = (POSITION - origin) / 1000
    return np.where(away > 0, away / down, -away / up) + PERIPHERAL


@pytest.mark.parametrize(("origin", "direction"), [(220, "both ways"), (20, "descending"), (405, "ascending")])
def test_origin_velocity_and_direction(origin, direction):
    spread = spread_of(along_the_cord(origin, 8, 8), np.random.default_rng(81))
    assert spread.direction == direction
    assert spread.velocity_interval[0] < 8 < spread.velocity_interval[1]
    assert spread.origin_interval[0] - 5 <= origin <= spread.origin_interval[1] + 5


def test_up_and_down_have_their_own_speed():
    spread = spread_of(along_the_cord(220, 4, 12), np.random.default_rng(82))
    assert spread.velocity_up == pytest.approx(4, rel=0.3)
    assert spread.velocity_down == pytest.approx(12, rel=0.4)
    assert spread.velocity_up_interval[0] < 4 < spread.velocity_up_interval[1]
    assert spread.velocity_down_interval[0] < 12 < spread.velocity_down_interval[1]
    assert spread.velocity_up_interval[0] <= spread.velocity_up <= spread.velocity_up_interval[1]


def test_a_way_that_is_short_has_no_speed_of_its_own():
    spread = spread_of(along_the_cord(20, 8, 8), np.random.default_rng(90))
    assert (spread.velocity_up, spread.velocity_up_interval) == (None, None)
    assert spread.velocity_down_interval[0] < 8 < spread.velocity_down_interval[1]


def test_criteria_2c_fast_spread_is_not_resolvable_never_infinite():
    spread = spread_of(along_the_cord(0, 200, 200), np.random.default_rng(83))
    assert not spread.resolvable
    assert spread.velocity is None
    assert "not resolvable" in spread.why
    assert spread.direction == "simultaneous"
    assert np.isfinite(spread.velocity_at_least)
    json.dumps(spread.to_dict(), allow_nan=False)


def test_one_wrong_muscle_does_not_make_the_speed():
    latency = along_the_cord(220, 8, 8)
    latency[2] += 0.05
    spread = spread_of(latency, np.random.default_rng(84))
    assert spread.velocity_interval[0] < 8 < spread.velocity_interval[1]


def test_scattered_order_is_inconsistent():
    rng = np.random.default_rng(85)
    latency = np.abs(rng.normal(0, 0.03, (60, len(CHANNELS)))) + PERIPHERAL
    spread = spread_of(latency, rng)
    assert spread.direction == "inconsistent"
    assert (spread.velocity, spread.origin_mm) == (None, None)  # what is fitted to no order means nothing


def test_concordance_is_kendalls_w():
    orders = np.array([[0, 1, 2, 3, 4], [0, 1, 2, 4, 3], [1, 0, 2, 3, 4]], float)
    ranks = orders.argsort().argsort() + 1
    total = ranks.sum(axis=0)
    w = 12 * np.sum((total - total.mean()) ** 2) / (9 * (125 - 5))
    assert agreement(orders, np.arange(5.0), seed=1)[0] == pytest.approx(w)


def test_muscles_that_all_tie_have_no_order():
    assert agreement(np.zeros((20, 3)), np.zeros(3), seed=1)[0] == 0.0


def test_a_kept_order_is_stable_whoever_is_missing():
    rng = np.random.default_rng(86)
    latency = np.where(rng.random((80, 6)) < 0.6, np.arange(6.0), np.nan)
    latency = latency[np.isfinite(latency).sum(axis=1) >= 2]
    concordance, p_value = agreement(latency, np.arange(6.0), seed=1)
    assert concordance == pytest.approx(1)
    assert p_value <= 0.01
    assert np.allclose(typical_lags(latency).lag, np.arange(6))


def test_random_orders_are_not_stable():
    rng = np.random.default_rng(87)
    p_values = [agreement(rng.random((20, 5)), np.arange(5.0), seed=k)[1] for k in range(30)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.15


def test_lag_between_the_sides():
    rng = np.random.default_rng(88)
    sides = [channel("APB", "left"), channel("APB", "right")]
    spread = spread_of(np.array([0.0, 0.01]), rng, channels=sides, missing=0)
    assert spread.side_lag == pytest.approx(0.01, abs=0.0015)
    assert spread.side_lag_interval[0] < spread.side_lag < spread.side_lag_interval[1]
    assert spread.side_lag_n == 60


def test_too_little_is_not_assessable():
    few = grouped(CHANNELS, [1, 5, 9], PERIPHERAL)
    spread = measure_spread(few)
    assert spread.direction == "not assessable"
    assert spread.to_dict()["velocity_m_s"] is None


def test_order_does_not_depend_on_channel_order_or_time():
    rng = np.random.default_rng(89)
    times = random_times(40, 4.0, rng, refractory=1.5)
    latency = along_the_cord(220, 8, 8)
    straight = measure_spread(grouped(CHANNELS, times, latency))
    turned = measure_spread(grouped(CHANNELS[::-1], times + 50, latency[::-1]))
    assert [c.label for c in straight.channels] == [c.label for c in turned.channels]
    assert straight.velocity == pytest.approx(turned.velocity, rel=0.02)


@pytest.mark.parametrize(
    ("onsets", "relation"),
    [
        ([[0.0], [0.003]], "together"),
        ([[0.0], [0.15]], "alternating"),
        ([[0.0, 0.14, 0.28], [0.005, 0.138, 0.283]], "together"),
        ([[0.0, 0.2], [0.1]], "triphasic"),
    ],
)
def test_antagonists(onsets, relation):
    times = random_times(30, 4.0, np.random.default_rng(90), refractory=1.5)
    pair = [channel("BB"), channel("TRI")]
    which = np.concatenate([np.full(len(o) * times.size, k) for k, o in enumerate(onsets)])
    onset = np.concatenate([(times[:, None] + o).ravel() for o in onsets])
    jerks = group_jerks(table(pair, which, onset, 0.09))
    (found,) = measure_spread(jerks).antagonists
    assert found.relation == relation
    assert found.n == times.size


def test_each_of_two_electrodes_over_one_muscle_has_its_fellow_on_the_other_side():
    left, right = channel("BB", "left"), channel("BB")
    assert homologous((left, right, replace(right, label="EMG R BB 2"))) == [(0, 1), (0, 2)]
