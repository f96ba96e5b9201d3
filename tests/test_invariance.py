"""What must not change a measure: the order of channels, the sides, the time it began, the same recording twice."""

from dataclasses import replace

import numpy as np
import pytest
from timing_world import channel, random_times, table

from myosig.annotations import Annotations
from myosig.detect.jerks import group_jerks
from myosig.detect.rhythm import measure_rhythm
from myosig.detect.synchrony import measure_synchrony
from myosig.detect.tremor import measure_tremor
from myosig.io.raw import from_array
from myosig.localize.conditions import measure_conditions
from myosig.localize.reflex import measure_reflexes
from myosig.localize.spread import measure_spread

NAMES = ("SCM", "TRAP", "ICu", "RAu", "RAl", "RF", "TA", "APB")
RIGHT = [channel(name) for name in NAMES]
OTHER = {"right": "left", "left": "right"}
LENGTH = 400.0  # s


def made(seed=171):
    """Bursts of slow spread both ways from mid-thoracic cord, as columns: channel, onset."""
    rng = np.random.default_rng(seed)
    times = random_times(70, 4.0, rng, refractory=1.5)
    position = np.array([c.position_mm for c in RIGHT])
    onset = times[:, None] + np.abs(position - 220) / 8000 + rng.normal(0, 0.003, (times.size, len(RIGHT)))
    joins = rng.random(onset.shape) > 0.15
    return np.broadcast_to(np.arange(len(RIGHT)), onset.shape)[joins], onset[joins]


def reordered(bursts):
    turned = len(NAMES) - 1 - bursts.channel
    return table(bursts.channels[::-1], turned, bursts.onset, bursts.duration, span=LENGTH)


def mirrored(bursts):
    sides = [
        replace(c, side=OTHER[c.side], label=c.label.replace(" R ", " X ").replace(" L ", " R ").replace(" X ", " L "))
        for c in bursts.channels
    ]
    return replace(bursts, channels=tuple(sides))


def shifted(bursts):
    return table(bursts.channels, bursts.channel, bursts.onset + 1000, bursts.duration, span=LENGTH)


def doubled(bursts):
    twice = [np.concatenate([a, a]) for a in (bursts.channel, bursts.duration)]
    onset = np.concatenate([bursts.onset, bursts.onset + LENGTH])
    return table(bursts.channels, twice[0], onset, twice[1], span=2 * LENGTH)


def measured(bursts):
    jerks = group_jerks(bursts)
    return measure_spread(jerks), measure_rhythm(jerks), measure_synchrony(bursts)


@pytest.mark.parametrize("change", [reordered, mirrored, shifted, doubled])
def test_measures_of_timing_do_not_depend_on(change):
    which, onset = made()
    bursts = table(RIGHT, which, onset, span=LENGTH)
    (spread, rhythm, synchrony), (spread2, rhythm2, synchrony2) = measured(bursts), measured(change(bursts))
    assert spread2.direction == spread.direction == "both ways"
    assert [c.muscle for c in spread2.channels] == [c.muscle for c in spread.channels]
    assert spread2.lag == pytest.approx(spread.lag, abs=0.0005)
    assert spread2.velocity == pytest.approx(spread.velocity, rel=0.03)
    assert rhythm2.verdict == rhythm.verdict == "irregular"
    assert rhythm2.cv == pytest.approx(rhythm.cv, abs=0.05)
    place = [[c.muscle for c in synchrony2.channels].index(c.muscle) for c in synchrony.channels]
    lag = synchrony2.lag[np.ix_(place, place)]
    assert lag == pytest.approx(synchrony.lag, abs=0.001, nan_ok=True)
    assert np.array_equal(synchrony2.p_value[np.ix_(place, place)] < 0.05, synchrony.p_value < 0.05)


def test_a_missing_channel_only_removes_from_the_spread():
    which, onset = made(172)
    whole = measure_spread(group_jerks(table(RIGHT, which, onset, span=LENGTH)))
    for gone in range(len(RIGHT)):
        keep = which != gone
        rest = [c for k, c in enumerate(RIGHT) if k != gone]
        moved = which[keep] - (which[keep] > gone)
        part = measure_spread(group_jerks(table(rest, moved, onset[keep], span=LENGTH)))
        assert part.direction in {whole.direction, "not assessable", "simultaneous"}
        (low, high), (least, most) = part.velocity_interval or (0, 99), whole.velocity_interval
        assert low <= most
        assert least <= high


def noted(times, lasting, text, *, repeats=1, start=0.0):
    """A quiet recording with these annotations, over again so many times; its data begin at that time."""
    length = start + repeats * LENGTH
    quiet = from_array(np.zeros((1, int(length * 10))), sfreq=10, labels=["EMG R APB"], unit="uV").crop(start, length)
    onset = np.concatenate([start + times + k * LENGTH for k in range(repeats)])
    text = np.array(list(text) * repeats, dtype=object)
    return quiet.with_annotations(Annotations(onset=onset, duration=np.tile(lasting, repeats), text=text))


@pytest.mark.parametrize("change", [reordered, mirrored, shifted, doubled])
def test_conditions_and_reflexes_do_not_depend_on(change):
    which, onset = made(174)
    bursts = table(RIGHT, which, onset, span=LENGTH)
    taps = np.arange(7.0, LENGTH - 5, 4.1)
    notes = (
        np.concatenate([[0.0, LENGTH / 2], taps]),
        np.concatenate([[LENGTH / 2, LENGTH / 2], np.zeros(taps.size)]),
        ["rest", "posture", *["tap"] * taps.size],
    )
    differently = {doubled: {"repeats": 2}, shifted: {"start": 1000.0}}.get(change, {})
    before, after = noted(*notes), noted(*notes, **differently)
    one, other = group_jerks(bursts), group_jerks(change(bursts))
    rates = [
        [(c.label, c.rate_per_min, c.ratio) for c in measure_conditions(*x)] for x in ((before, one), (after, other))
    ]
    assert [label for label, _, _ in rates[0]] == ["rest", "posture"]
    for (label, rate, ratio), (label2, rate2, ratio2) in zip(*rates, strict=True):
        assert (label, rate, ratio) == (label2, pytest.approx(rate2), pytest.approx(ratio2))
    (tap,), (tap2,) = measure_reflexes(before, one), measure_reflexes(after, other)
    assert (tap.probability, tap.locked) == (pytest.approx(tap2.probability), tap2.locked)


def test_a_missing_channel_adds_no_antagonists_and_no_side_lag():
    which, onset = made(175)
    both = [*RIGHT, channel("RAu", "left")]
    which, onset = np.append(which, np.full(40, 8)), np.append(onset, onset[which == 3][:40] + 0.004)
    whole = measure_spread(group_jerks(table(both, which, onset, span=LENGTH)))
    part = measure_spread(group_jerks(table(RIGHT, which[which < 8], onset[which < 8], span=LENGTH)))
    assert whole.side_lag is not None
    assert (part.side_lag, part.side_lag_n) == (None, 0)
    assert {(p.first, p.second) for p in part.antagonists} <= {(p.first, p.second) for p in whole.antagonists}


@pytest.mark.parametrize("turned", [False, True])
def test_each_of_two_electrodes_over_one_muscle_is_compared_with_the_antagonist(turned):
    biceps, triceps = channel("BB"), channel("TRI")
    channels = [biceps, replace(biceps, label="EMG R BB 2"), triceps][:: -1 if turned else 1]
    times = 5.0 + np.arange(20) * 3.0
    late = np.array([0.1 if c.label == "EMG R BB 2" else 0.0 for c in channels])
    which = np.tile(np.arange(3), times.size)
    pairs = measure_spread(group_jerks(table(channels, which, np.add.outer(times, late).ravel(), 0.06))).antagonists
    assert {(p.first, p.relation) for p in pairs} == {("EMG R BB", "together"), ("EMG R BB 2", "alternating")}


def trembling(labels, frequency, start=0.0, copies=1):
    """Half waves of EMG in the second of three channels, alternating with the third; copies are the same samples."""
    rng, t = np.random.default_rng(173), np.arange(0, 40, 1e-3)
    wave = np.sin(2 * np.pi * frequency * t)
    envelope = np.stack([0 * wave, np.clip(wave, 0, None), np.clip(-wave, 0, None)])
    emg = rng.normal(0, 3, (3, t.size)) + rng.normal(0, 50, (3, t.size)) * envelope
    emg = np.concatenate([np.zeros((3, int(1000 * start))), np.tile(emg, copies)], axis=1)
    return measure_tremor(from_array(emg, sfreq=1000, labels=labels, unit="uV"))


@pytest.mark.parametrize("more", [{"start": 7.3}, {"copies": 2}])
@pytest.mark.parametrize("frequency", [3.2, 6.0])
def test_tremor_does_not_depend_on_side_time_or_length(frequency, more):
    right = trembling(["EMG R BB", "EMG R FCR", "EMG R ECR"], frequency)
    left = trembling(["EMG L BB", "EMG L FCR", "EMG L ECR"], frequency, **more)
    assert right.verdict == left.verdict == "present"
    assert right.alternating
    assert left.alternating
    assert left.frequency == pytest.approx(right.frequency, abs=0.03)
    assert left.duty == pytest.approx(right.duty, abs=0.04)
    assert left.unbroken == pytest.approx(right.unbroken, abs=0.05)


def test_tremor_does_not_depend_on_channel_order_and_goes_with_its_channel():
    rng, t = np.random.default_rng(173), np.arange(0, 40, 1e-3)
    emg = rng.normal(0, 3, (3, t.size))
    emg[1] += rng.normal(0, 50, t.size) * np.clip(np.sin(2 * np.pi * 6 * t), 0, None)
    labels = ["EMG R FCR", "EMG R ECR", "EMG L FCR"]
    found = measure_tremor(from_array(emg, sfreq=1000, labels=labels, unit="uV"))
    turned = measure_tremor(from_array(emg[::-1], sfreq=1000, labels=labels[::-1], unit="uV"))
    without = measure_tremor(from_array(emg[::2], sfreq=1000, labels=labels[::2], unit="uV"))
    assert found.channels == turned.channels == ("EMG R ECR",)
    assert found.frequency == turned.frequency
    assert without.verdict == "absent"
