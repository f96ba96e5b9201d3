"""Criteria count a measurement with its uncertainty, and only what the montage can tell."""

from dataclasses import replace

import numpy as np
import pytest
from weighing_world import CORD, eeg, emg, findings, jerks, judge, ratio, spread, unnamed

from myosig.localize.cortex.potential import SlowPotential
from myosig.localize.likelihoods import chance_of_effect
from myosig.localize.localizer import weigh
from myosig.localize.spread import beyond_marking

SLOW = {"direction": "both ways", "velocity": 9.0, "velocity_interval": (6.0, 13.0)}
CORD_PATTERN = "mid-thoracic first, slow, fixed order"


def test_an_origin_that_may_lie_in_the_thoracic_cord_does_not_exclude_it():
    made = jerks(CORD)
    low = {"origin_mm": 420.0, **SLOW}
    sure = judge(CORD_PATTERN, findings(made, spread=spread(made, origin_interval=(400.0, 440.0), **low)))
    open_above = judge(CORD_PATTERN, findings(made, spread=spread(made, origin_interval=(300.0, 440.0), **low)))
    assert (sure.verdict, open_above.verdict) == ("absent", "present")


def test_a_slow_potential_is_late_only_where_its_whole_interval_is():
    potential = SlowPotential("present", "seen", latency=0.65, latency_interval=(0.35, 1.1), n=60)
    name = "slow potential before the jerk"
    assert judge(name, findings(eeg=eeg(slow_potential=potential))).verdict == "present"
    late = replace(potential, latency_interval=(0.5, 0.68))
    assert judge(name, findings(eeg=eeg(slow_potential=late))).verdict == "absent"


def test_a_speed_is_weighed_against_fast_pathways_not_against_16_m_s():
    made = jerks(CORD)
    fits = {"direction": "both ways", "origin_mm": 234.0}

    def strength(velocity, interval):
        given = spread(made, velocity=velocity, velocity_interval=interval, **fits)
        return ratio(judge(CORD_PATTERN, findings(made, spread=given)), "propriospinal", "cortical")

    assert strength(15.0, (11.0, 22.0)) > 10  # reaches beyond 16 m/s, but far from 30 m/s
    assert strength(40.0, (30.0, 60.0)) < 0.2


def test_a_nerve_is_told_from_a_segment_only_by_a_still_muscle_of_the_other():
    one_nerve = {"R SCM": 0.0, "R TRAP": 0.0}
    blind = findings(jerks(one_nerve, silent=["R TA", "R FDI"]))
    for name in ("one nerve", "neighbouring segments only"):
        assert ratio(judge(name, blind), "peripheral", "segmental") == pytest.approx(1)
    seeing = findings(jerks({"R FDI": 0.0, "R ADM": 0.0}, silent=["R APB", "R TA"]))
    assert ratio(judge("one nerve", seeing), "peripheral", "segmental") > 2


@pytest.mark.parametrize(("apart", "error", "left"), [(0.005, 0.003, 0.004), (0.002, 0.003, 0.0)])
def test_errors_of_marking_are_taken_off_as_squares(apart, error, left):
    assert beyond_marking(apart, error) == pytest.approx(left)


def test_a_slow_potential_takes_from_the_propriospinal_pattern_what_tells_it_from_functional():
    """Eight of eight volunteers imitated it: Kang & Sohn 2006 Mov Disord; criteria.md 1C, 4."""
    made = jerks(CORD)
    pattern = spread(made, origin_mm=234.0, **SLOW)
    before = SlowPotential("present", "seen", latency=1.4, latency_interval=(1.0, 1.8), n=60)
    alone = weigh(findings(made, spread=pattern))
    shown = weigh(findings(made, spread=pattern, eeg=eeg(slow_potential=before)))
    assert alone.ranking[0] == "propriospinal"
    assert shown.verdict == "functional"
    for family in ("spread", "distribution"):
        found = shown.family_log_likelihood[family]
        assert found["functional"] >= found["propriospinal"]


def test_what_is_so_in_half_of_the_jerks_speaks_for_neither_side():
    name = "bilateral jerks"

    def strength(share):
        both = {"R SCM": 0.0, "L SCM": 0.0}
        made = jerks(both, n=400, share={"L SCM": share})
        return ratio(judge(name, findings(made)), "brainstem", "cortical")

    assert strength(1.0) > 2
    assert 0.4 < strength(0.62) < 2
    assert strength(0.2) < 0.1


def test_a_muscle_that_is_not_known_cannot_make_one_nerve_of_several():
    channels = (emg("R FDI"), emg("R TA"), emg("R SCM"), unnamed("EMG 4"))
    made = jerks(dict.fromkeys([c.label for c in channels], 0.0), channels=channels)
    for name in ("one nerve", "neighbouring segments only"):
        assert judge(name, findings(made)).verdict == "absent"


def test_sides_that_only_scatter_are_neither_together_nor_one_after_the_other():
    pair = {"R SCM": 0.0, "L SCM": 0.010}
    assert judge("other side later", findings(jerks(pair, scatter=0.001))).verdict == "present"
    scattered = {"R SCM": 0.0, "L SCM": 0.0}
    assert judge("other side later", findings(jerks(scattered, scatter=0.010))).verdict == "not assessable"


@pytest.mark.parametrize(("blink", "verdict"), [(0.0, "not assessable"), (0.036, "present"), (0.022, "absent")])
def test_a_blink_before_the_neck_does_not_stand_for_the_face(blink, verdict):
    """In startle it is a reflex of its own (Brown 1991 Brain 114:1891); after the neck it is the face that follows."""
    made = jerks({"R OOc": blink, "R SCM": 0.020, "R BB": 0.026, "R TA": 0.045})
    assert judge("neck first, then up and down", findings(made, spread=spread(made))).verdict == verdict


def test_a_p_value_just_below_the_limit_says_next_to_nothing():
    """Sellke, Bayarri & Berger 2001 Am Stat 55:62; shown against the definition: nine of ten effects reach .05."""
    name, seen = "slow potential before the jerk", {"latency": 1.4, "latency_interval": (1.0, 1.8), "n": 60}

    def strength(verdict, p_value):
        given = SlowPotential(verdict, "as made", p_value=p_value, **seen)
        return ratio(judge(name, findings(eeg=eeg(slow_potential=given))), "functional", "propriospinal")

    assert strength("present", 0.001) > 8
    assert 0.7 < strength("present", 0.04) < 1.5
    assert strength("absent", 0.5) < 0.6
    weak = SlowPotential("present", "as made", p_value=0.04, **seen)
    assert judge(name, findings(eeg=eeg(slow_potential=weak))).verdict == "present"


@pytest.mark.parametrize("power", [0.5, 0.9])
def test_the_chance_of_an_effect_follows_from_the_power_of_the_test(power):
    rng = np.random.default_rng(11)
    effect = rng.random(400_000) ** (np.log(0.05) / np.log(power))  # P(p <= .05) = power
    nothing = rng.random(400_000)
    for low, high in ((0.004, 0.006), (0.03, 0.04), (0.2, 0.25)):
        of_effect, of_nothing = (np.mean((p > low) & (p <= high)) for p in (effect, nothing))
        chance = chance_of_effect((low + high) / 2, power)
        assert chance == pytest.approx(of_effect / (of_effect + of_nothing), abs=0.02)


def unseen(power, *, verdict="not assessable", n=28):
    return SlowPotential(verdict, "nothing significant", p_value=0.5, n=n, power=power)


def test_a_potential_that_was_not_seen_counts_by_the_chance_of_having_seen_it():
    name = "slow potential before the jerk"
    judged = [judge(name, findings(eeg=eeg(slow_potential=unseen(power)))) for power in (0.05, 0.4, 0.7, 0.99)]
    against = [ratio(e, "functional", "propriospinal") for e in judged]
    assert {e.verdict for e in judged} == {"not seen"}
    assert against[0] == pytest.approx(1)  # no better than chance
    assert 1 > against[1] > against[2] > against[3]
    absent = judge(name, findings(eeg=eeg(slow_potential=unseen(0.99, verdict="absent"))))
    assert absent.verdict == "absent"
    assert absent.log_likelihood == pytest.approx(judged[3].log_likelihood)


def test_a_potential_that_might_be_one_is_no_evidence():
    doubtful = SlowPotential("not assessable", "single jerks differ too much", p_value=0.001, n=60)
    assert not judge("slow potential before the jerk", findings(eeg=eeg(slow_potential=doubtful))).log_likelihood


@pytest.mark.parametrize(
    ("power", "n", "verdict"), [(0.45, 60, "indeterminate"), (0.55, 60, "propriospinal"), (0.85, 28, "indeterminate")]
)
def test_propriospinal_needs_jerks_and_power_to_have_seen_a_slow_potential(power, n, verdict):
    made = jerks(CORD)
    where = weigh(
        findings(made, spread=spread(made, origin_mm=234.0, **SLOW), eeg=eeg(slow_potential=unseen(power, n=n)))
    )
    assert where.verdict == verdict
    assert where.wording == "propriospinal-pattern jerk; functional origin not excluded"


def test_an_uncertain_slow_potential_shows_no_imitation():
    made = jerks(CORD)
    pattern = spread(made, origin_mm=234.0, **SLOW)
    weak = SlowPotential("present", "seen", p_value=0.04, latency=1.4, latency_interval=(1.0, 1.8), n=60)
    assert weigh(findings(made, spread=pattern, eeg=eeg(slow_potential=weak))).ranking[0] == "propriospinal"
