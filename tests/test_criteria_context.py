"""One test for each criterion of states, reflexes and clinical context, with its citation."""

from dataclasses import replace

import pytest
from weighing_world import TABLE, favours, findings, jerks, judge, ratio

from myosig.localize.conditions import Condition
from myosig.localize.context import Context
from myosig.localize.criteria import gather
from myosig.localize.reflex import Reflex


def asleep(n, duration, ratio, interval):
    counts = {"n_elsewhere": 100, "elsewhere": 1200.0, "n_bursts": n, "verdict": "", "reference": "wakefulness"}
    return (Condition("sleep", duration, n, 60 * n / duration, ratio, interval, **counts),)


def test_persistence_in_sleep_speaks_for_cord_and_nerve_deuschl_1990():
    evidence = judge("persists in sleep", findings(conditions=asleep(200, 2400.0, 1.0, (0.8, 1.3))))
    assert evidence.verdict == "present"
    assert favours(evidence) == "peripheral"


def test_absence_in_sleep_needs_enough_sleep_to_say_so():
    assert (
        judge("persists in sleep", findings(conditions=asleep(0, 300.0, 0.0, (0.0, 0.5)))).verdict == "not assessable"
    )
    assert (
        judge("persists in sleep", findings(conditions=asleep(3, 900.0, 0.1, (0.02, 0.4)))).verdict == "not assessable"
    )
    assert judge("persists in sleep", findings(conditions=asleep(0, 3600.0, 0.0, (0.0, 0.05)))).verdict == "absent"
    assert judge("persists in sleep", findings()).verdict == "not assessable"


@pytest.mark.parametrize(
    ("latency", "locked", "verdict"), [(0.03, True, "present"), (0.18, True, "absent"), (None, False, "absent")]
)
def test_reflex_jerks_within_100_ms_thompson_1992(latency, locked, verdict):
    tap = Reflex("tap", 30, 0.8, (0.6, 0.9), 0.05, 0.002, locked, latency, None, None, 0.8, 0.8, 0.9)
    evidence = judge("reflex jerks within 100 ms", replace(findings(), reflexes=(tap,)))
    assert evidence.verdict == verdict
    if verdict == "present":
        assert favours(evidence) == "brainstem"
    assert judge("reflex jerks within 100 ms", findings()).verdict == "not assessable"


def test_a_sep_is_giant_by_the_limit_of_its_condition_demura_2022():
    name = "giant somatosensory evoked potential"

    def said(**context):
        return judge(name, findings(context=Context(sep_amplitude_uv=9.0, **context))).verdict

    assert said(sep_condition="giant") == "absent"
    assert said(sep_condition="ordinary") == "present"
    assert said(sep_limit_uv=12.0) == "absent"
    assert said() == "not assessable"


def test_c_reflex_at_rest_35_to_60_ms_latorre_2023():
    name = "C-reflex at rest"
    assert judge(name, findings(context=Context(c_reflex_at_rest=True, c_reflex_latency_ms=42.0))).verdict == "present"
    assert judge(name, findings(context=Context(c_reflex_at_rest=True, c_reflex_latency_ms=95.0))).verdict == "absent"
    assert favours(judge(name, findings(context=Context(c_reflex_at_rest=True)))) == "cortical"


@pytest.mark.parametrize(("rate", "verdict"), [(300.0, "present"), (60.0, "absent"), (None, "not assessable")])
def test_potentials_at_150_to_400_hz_within_a_burst_nielsen_1984(rate, verdict):
    evidence = judge("potentials at 150-400 Hz within a burst", findings(context=Context(intraburst_rate_hz=rate)))
    assert evidence.verdict == verdict
    assert rate != 300.0 or favours(evidence) == "peripheral"


@pytest.mark.parametrize(
    ("context", "criterion", "pattern"),
    [
        (Context(bp_before_voluntary_movement=False), "no slow potential before voluntary movement", "functional"),
        (Context(distractible=True), "distractible or entrainable", "functional"),
        (Context(entrainable=True, distractible=False), "distractible or entrainable", "functional"),
        (Context(premonitory_urge=True), "premonitory urge", "functional"),
        (Context(antiseizure_response=True), "antiseizure drugs help", "cortical"),
        (Context(spinal_lesion=True, spinal_level="T10"), "spinal lesion on imaging", "segmental"),
    ],
)
def test_what_the_user_states_is_evidence(context, criterion, pattern):
    evidence = judge(criterion, findings(context=context))
    assert evidence.verdict == "present"
    assert favours(evidence) == pattern


@pytest.mark.parametrize(("level", "verdict"), [("C8", "present"), ("T1 level", "present"), ("L3", "not assessable")])
def test_a_lesion_counts_only_at_the_level_of_the_jerks(level, verdict):
    made = jerks({"R APB": 0.0, "R FDI": 0.001}, silent=["R TA", "R RF"])
    given = findings(made, context=Context(spinal_lesion=True, spinal_level=level))
    assert judge("spinal lesion on imaging", given).verdict == verdict


@pytest.mark.parametrize(
    ("stimulus", "latency", "verdict"),
    [
        ("median nerve", 0.042, "present"),
        ("median nerve", None, "absent"),
        ("median nerve", 0.14, "not assessable"),
        ("sound", 0.042, "not assessable"),
    ],
)
def test_c_reflex_in_the_recording_itself_latorre_2023(stimulus, latency, verdict):
    made = jerks({"R APB": 0.0, "R FDI": 0.001}, silent=["R TA"])
    seen = Reflex(stimulus, 40, 0.6, (0.4, 0.8), 0.05, 0.002, latency is not None, latency, None, None, 0.6, 0.6, 1.0)
    assert judge("C-reflex at rest", replace(findings(made), reflexes=(seen,))).verdict == verdict


def test_c_reflex_needs_a_hand_muscle():
    made = jerks({"R TA": 0.0, "R RF": 0.001})
    seen = Reflex("median nerve", 40, 0.6, (0.4, 0.8), 0.05, 0.002, True, 0.042, None, None, 0.6, 0.6, 1.0)
    assert judge("C-reflex at rest", replace(findings(made), reflexes=(seen,))).verdict == "not assessable"


def test_what_is_not_stated_is_not_evidence():
    stated = {"reflex", "context"}
    assert all(not e.log_likelihood for e in gather(findings(), TABLE) if e.family in stated)


def test_absent_bp_before_voluntary_movement_has_a_ratio_of_eight_van_der_salm_2012():
    evidence = judge(
        "no slow potential before voluntary movement", findings(context=Context(bp_before_voluntary_movement=False))
    )
    assert 7.5 < ratio(evidence, "functional", "cortical") < 8.5
