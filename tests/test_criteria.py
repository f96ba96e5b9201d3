"""One test for each criterion of criteria.md section 4, with its citation, and one for each gate."""

from dataclasses import replace

import numpy as np
import pytest
from weighing_world import eeg, emg, findings, jerks, rhythm, spread, unnamed

from myosig.localize.antagonists import AntagonistPair
from myosig.localize.conditions import Condition
from myosig.localize.context import Context
from myosig.localize.cooccurrence import Cooccurrence
from myosig.localize.corticomuscular import SharedRhythm
from myosig.localize.criteria import CRITERIA, gather
from myosig.localize.desynchronisation import Desynchronisation
from myosig.localize.likelihoods import DURATION, MEDIAN, SPREAD, default_likelihoods
from myosig.localize.potential import Potential, SlowPotential
from myosig.localize.reflex import Reflex
from myosig.patterns import PATTERNS

TABLE = default_likelihoods()
ARM = {"R APB": 0.009, "R FDI": 0.0085, "R BB": 0.0}
CORD = {"L RAu": 0.0, "R TPSm": 0.001, "L RAl": 0.009, "R RF": 0.018, "L PECc": 0.016}
SLOW = {"velocity": 9.0, "velocity_interval": (6.0, 13.0), "origin_mm": 234.0}


def judge(criterion, given):
    return next(e for e in gather(given, TABLE) if e.criterion == criterion)


def favours(evidence):
    return max(PATTERNS, key=lambda p: evidence.log_likelihood[p])


def ratio(evidence, first, second):
    return np.exp(evidence.log_likelihood[first] - evidence.log_likelihood[second])


def test_every_row_of_the_table_has_its_function_and_every_function_its_row():
    assert {*CRITERIA, MEDIAN, SPREAD} == set(TABLE)


def test_each_evidence_cites_a_source_and_a_tag():
    for evidence in gather(findings(), TABLE):
        assert len(evidence.source) > 10
        assert evidence.tag in {"V", "V2", "C", "D", "M", "P"}
        assert evidence.why


# -- shape ---------------------------------------------------------------------------------------------


def test_short_bursts_speak_for_cortical_van_der_veen_2024():
    evidence = judge(DURATION, findings(jerks(ARM, length=0.028)))
    assert evidence.verdict == "present"
    assert 24 < evidence.value < 32
    assert favours(evidence) == "cortical"
    assert evidence.n == 180


def test_short_bursts_hardly_tell_cortical_from_reticular_reflex():
    evidence = judge(DURATION, findings(jerks(ARM, length=0.035)))
    assert ratio(evidence, "cortical", "brainstem") < 3


def test_bursts_over_100_ms_speak_for_the_cord_gunduz():
    evidence = judge(DURATION, findings(jerks(ARM, length=0.2)))
    assert evidence.verdict == "absent"
    assert favours(evidence) in ("segmental", "propriospinal", "functional")
    assert evidence.log_likelihood["cortical"] == min(evidence.log_likelihood.values())


def test_the_45_ms_limit_is_soft_a_definite_cortical_patient_had_57_ms():
    below, above = (judge(DURATION, findings(jerks(ARM, length=x))) for x in (0.044, 0.046))
    change = [abs(below.log_likelihood[p] - above.log_likelihood[p]) for p in PATTERNS]
    assert max(change) < 0.15
    slightly_long = judge(DURATION, findings(jerks(ARM, length=0.057)))
    assert ratio(slightly_long, "cortical", "segmental") > 0.5


def test_duration_needs_ten_bursts_in_a_muscle():
    assert judge(DURATION, findings(jerks(ARM, n=9))).verdict == "not assessable"


@pytest.mark.parametrize("given", [{"sfreq": 512.0}, {"channels": (emg("R APB", lowpass=70.0),)}])
def test_duration_needs_1000_hz_and_a_low_pass_of_150_hz_merchant_2020(given):
    made = jerks({"R APB": 0.0}, **given)
    assert judge(DURATION, findings(made)).verdict == "not assessable"


def test_cut_bursts_have_no_duration():
    made = jerks({"R APB": 0.0}, n=12)
    made.bursts.cut.setflags(write=True)
    made.bursts.cut[:5] = True
    assert judge(DURATION, findings(made)).verdict == "not assessable"


# -- EEG -----------------------------------------------------------------------------------------------


def test_spike_before_the_jerk_barrett_1992():
    found = Potential("present", "seen", latency=0.02, latency_interval=(0.018, 0.022), n=80, contralateral=True)
    evidence = judge("premyoclonic spike", findings(eeg=eeg(premyoclonic_potential=found)))
    assert (evidence.verdict, evidence.value, evidence.n) == ("present", 20.0, 80)
    assert evidence.interval == (18.0, 22.0)
    assert favours(evidence) == "cortical"


@pytest.mark.parametrize("fault", [{"contralateral": False}, {"latency": 0.07}, {"latency": 0.004}])
def test_a_potential_at_the_wrong_place_or_time_is_neither_a_spike_nor_its_absence(fault):
    found = Potential(**{"verdict": "present", "why": "seen", "latency": 0.02, "n": 80} | fault)
    assert judge("premyoclonic spike", findings(eeg=eeg(premyoclonic_potential=found))).verdict == "not assessable"


def test_a_late_spike_fits_a_muscle_with_a_long_conduction():
    found = Potential("present", "seen", latency=0.045, n=80, plausible=True)
    assert judge("premyoclonic spike", findings(eeg=eeg(premyoclonic_potential=found))).verdict == "present"


def test_no_spike_speaks_only_softly_against_cortical_latorre_2023():
    evidence = judge("premyoclonic spike", findings(eeg=eeg(premyoclonic_potential=Potential("absent", "no", n=90))))
    assert 2 < ratio(evidence, "segmental", "cortical") < 4  # seen in 70 % of cortical cases


def test_coherence_counts_only_where_the_eeg_leads_van_rootselaar_2006():
    leads = SharedRhythm("present", "seen", coherence=0.2, leads=True, plausible=True, n=200)
    lags = SharedRhythm("present", "seen", coherence=0.2, leads=False, n=200)
    name = "corticomuscular coherence with EEG leading"
    assert judge(name, findings(eeg=eeg(corticomuscular=leads))).verdict == "present"
    assert judge(name, findings(eeg=eeg(corticomuscular=lags))).verdict == "absent"


def test_intermuscular_coherence_alone_says_nearly_nothing_grosse_2003():
    found = SharedRhythm("present", "seen", coherence=0.3, n=100)
    evidence = judge("intermuscular coherence", findings(eeg=eeg(intermuscular=found)))
    assert evidence.verdict == "present"
    assert ratio(evidence, "cortical", "functional") < 2


def test_discharges_before_the_jerks_serafini_2013():
    before = Cooccurrence("present", "seen", n_jerks=60, jerks_with_discharge=0.8, lag=0.03)
    after = Cooccurrence("present", "seen", n_jerks=60, jerks_with_discharge=0.8, lag=-0.03)
    name = "EEG discharges before the jerks"
    assert favours(judge(name, findings(eeg=eeg(cooccurrence=before)))) == "cortical"
    assert judge(name, findings(eeg=eeg(cooccurrence=after))).verdict == "absent"


def test_slow_potential_speaks_for_functional_terada_1995():
    evidence = judge(
        "slow potential before the jerk",
        findings(eeg=eeg(slow_potential=SlowPotential("present", "seen", latency=1.3, n=60))),
    )
    assert evidence.verdict == "present"
    assert favours(evidence) == "functional"


def test_a_late_slow_potential_alone_is_weighed_on_its_own_panyakaew_2016():
    given = findings(eeg=eeg(slow_potential=SlowPotential("present", "seen", latency=0.35, n=60)))
    assert judge("slow potential before the jerk", given).verdict == "absent"
    late = judge("only a late slow potential", given)
    assert late.verdict == "present"
    assert ratio(late, "functional", "cortical") == pytest.approx(0.7)
    assert "tic" in late.why


def test_loss_of_beta_speaks_for_functional_meppelink_2016():
    found = Desynchronisation("present", "seen", change=-0.3, n=50)
    evidence = judge("beta desynchronisation before the jerk", findings(eeg=eeg(desynchronisation=found)))
    assert favours(evidence) == "functional"
    assert evidence.value == -0.3


def test_without_eeg_nothing_of_the_eeg_is_assessable():
    families = {e.family for e in gather(findings(jerks(ARM)), TABLE) if e.verdict != "not assessable"}
    assert "eeg" not in families


# -- spread --------------------------------------------------------------------------------------------


def test_descending_at_corticospinal_speed_hallett_1979():
    made = jerks({"R OOr": 0.0, "R BB": 0.0015, "R FDI": 0.009, "R TA": 0.0175})
    evidence = judge("rostro-caudal and fast", findings(made))
    assert evidence.verdict == "present"
    assert favours(evidence) == "cortical"


def test_slow_spread_within_the_motor_strip_is_still_cortical_brown_1991():
    made = jerks({"R OOr": 0.0, "R BB": 0.0065, "R FDI": 0.014, "R TA": 0.0325})
    assert judge("rostro-caudal and fast", findings(made)).verdict == "present"
    from_the_leg = jerks({"R TA": 0.0, "R FDI": 0.0015, "R OOr": -0.003})
    assert judge("rostro-caudal and fast", findings(from_the_leg)).verdict == "present"


def test_a_cortex_that_drives_neck_and_face_at_once_is_no_brainstem_order():
    made = jerks({"R SCM": 0.0, "R OOr": 0.001, "R BB": 0.0025, "R TA": 0.018})
    assert judge("neck first, then up and down", findings(made)).verdict == "absent"


def test_a_blink_before_the_neck_is_a_reflex_of_its_own_brown_1991():
    startle = jerks({"R OOc": 0.0, "R SCM": 0.025, "R MAS": 0.036, "R BB": 0.05, "R TA": 0.12})
    assert judge("neck first, then up and down", findings(startle)).verdict == "present"


def test_slow_descent_from_the_brainstem_is_startle_brown_1991():
    made = jerks({"R SCM": 0.0, "R MAS": 0.002, "R BB": 0.02, "R RAu": 0.04, "R TA": 0.08})
    slow = {"velocity": 7.0, "velocity_interval": (5.0, 10.0), "origin_mm": 0.0}
    name = "slow descent from brainstem or neck"
    evidence = judge(name, findings(made, spread=spread(made, direction="descending", **slow)))
    assert evidence.verdict == "present"
    assert favours(evidence) == "brainstem"
    fast = slow | {"velocity": 50.0, "velocity_interval": (35.0, 70.0), "velocity_at_least": 35.0}
    thoracic = slow | {"origin_mm": 234.0}
    for other in (fast, thoracic):
        assert judge(name, findings(made, spread=spread(made, direction="both ways", **other))).verdict == "absent"


def test_a_neck_that_seldom_takes_part_does_not_begin():
    made = jerks({"R SCM": 0.0, "R MAS": 0.008, "R BB": 0.005, "R TA": 0.02}, share={"R SCM": 0.3})
    assert judge("neck first, then up and down", findings(made)).verdict == "absent"


def test_slow_descent_is_not_corticospinal():
    made = jerks({"R OOr": 0.0, "R BB": 0.02, "R FDI": 0.035, "R TA": 0.08})
    assert judge("rostro-caudal and fast", findings(made)).verdict == "absent"


def test_muscles_of_one_region_cannot_tell_fast_from_slow():
    made = jerks({"R BB": 0.0, "R FDI": 0.008, "R APB": 0.009})
    assert judge("rostro-caudal and fast", findings(made)).verdict == "not assessable"


def test_neck_first_then_face_and_limbs_brown_1991():
    made = jerks({"R SCM": 0.0, "R MAS": 0.008, "R BB": 0.005, "R TA": 0.02})
    evidence = judge("neck first, then up and down", findings(made))
    assert evidence.verdict == "present"
    assert favours(evidence) == "brainstem"
    face_first = jerks({"R MAS": 0.0, "R SCM": 0.006, "R BB": 0.008})
    assert judge("neck first, then up and down", findings(face_first)).verdict == "absent"


def test_brainstem_order_needs_a_cranial_muscle():
    made = jerks({"R SCM": 0.0, "R BB": 0.005, "R TA": 0.02})
    assert judge("neck first, then up and down", findings(made)).verdict == "not assessable"


def test_a_neck_that_follows_needs_no_face_to_be_no_brainstem_order():
    made = jerks({"R SCM": 0.02, "R BB": 0.0, "R TA": 0.03})
    assert judge("neck first, then up and down", findings(made)).verdict == "absent"


def test_slow_spread_both_ways_from_the_thoracic_cord_montagna_1997():
    made = jerks(CORD, silent=["R MAS"])
    evidence = judge(
        "mid-thoracic first, slow, fixed order", findings(made, spread=spread(made, direction="both ways", **SLOW))
    )
    assert evidence.verdict == "present"
    assert favours(evidence) == "propriospinal"
    assert evidence.value == 9.0


def test_functional_jerks_imitate_it_in_15_percent_erro_2013_kang_and_sohn_2006():
    made = jerks(CORD)
    evidence = judge(
        "mid-thoracic first, slow, fixed order", findings(made, spread=spread(made, direction="both ways", **SLOW))
    )
    assert ratio(evidence, "propriospinal", "functional") < 6.1  # never more than .90 to .15


def test_a_speed_partly_outside_the_range_counts_in_part():
    made = jerks(CORD)
    wide = SLOW | {"velocity": 18.0, "velocity_interval": (12.0, 36.0)}
    sure = judge(
        "mid-thoracic first, slow, fixed order", findings(made, spread=spread(made, direction="both ways", **SLOW))
    )
    unsure = judge(
        "mid-thoracic first, slow, fixed order", findings(made, spread=spread(made, direction="both ways", **wide))
    )
    assert 1 < ratio(unsure, "propriospinal", "cortical") < ratio(sure, "propriospinal", "cortical")


def test_the_face_excludes_propriospinal_van_der_salm_2010():
    made = jerks(CORD | {"R OOr": 0.03})
    face = judge("face takes part in an axial jerk", findings(made))
    assert face.verdict == "present"
    assert face.log_likelihood["propriospinal"] == min(face.log_likelihood.values())


def test_no_face_recorded_excludes_nothing():
    assert judge("face takes part in an axial jerk", findings(jerks(CORD))).verdict == "not assessable"


def test_an_unresolved_speed_is_not_a_missing_one():
    made = jerks(CORD)
    evidence = judge("mid-thoracic first, slow, fixed order", findings(made, spread=spread(made, why="too near")))
    assert (evidence.verdict, "too near" in evidence.why) == ("not assessable", True)


def test_speed_needs_three_muscles_over_150_mm():
    made = jerks({"L RAu": 0.0, "R TPSm": 0.001, "L RAl": 0.009})
    given = findings(made, spread=spread(made, direction="both ways", **SLOW))
    assert judge("mid-thoracic first, slow, fixed order", given).verdict == "not assessable"


def test_one_segment_and_its_neighbours_gunduz():
    made = jerks({"R BB": 0.0, "R DELT": 0.0}, silent=["R FDI", "R TA"])
    evidence = judge("neighbouring segments only", findings(made))
    assert evidence.verdict == "present"
    assert favours(evidence) == "segmental"
    distant = jerks({"R BB": 0.0, "R TA": 0.01}, silent=["R FDI"])
    assert judge("neighbouring segments only", findings(distant)).verdict == "absent"


@pytest.mark.parametrize(
    ("frequency", "verdict"), [(2.0, "present"), (0.2, "absent"), (12.0, "absent"), (None, "absent")]
)
def test_segmental_rhythm_gunduz(frequency, verdict):
    given = findings(rhythm=rhythm("rhythmic" if frequency else "irregular", frequency=frequency))
    assert judge("rhythmic at 0.5-3.5 Hz", given).verdict == verdict


def test_a_faster_rhythm_says_nothing_of_segmental():
    evidence = judge("rhythmic at 0.5-3.5 Hz", findings(rhythm=rhythm("rhythmic", frequency=5.0)))
    assert ratio(evidence, "segmental", "functional") == pytest.approx(1)


def test_rhythm_needs_twenty_intervals():
    given = findings(rhythm=rhythm("not assessable", n=12))
    assert judge("rhythmic at 0.5-3.5 Hz", given).verdict == "not assessable"


def test_the_other_side_later_by_the_transcallosal_delay_brown_1991():
    later = judge("other side later", findings(jerks({"R FDI": 0.0, "L FDI": 0.010})))
    together = judge("other side later", findings(jerks({"R FDI": 0.0, "L FDI": 0.0})))
    assert (later.verdict, together.verdict) == ("present", "absent")
    assert favours(later) == "cortical"
    assert 8 < later.value < 12
    assert judge("other side later", findings(jerks(ARM))).verdict == "not assessable"


def test_both_sides_together_speak_against_one_nerve():
    both = judge("bilateral jerks", findings(jerks({"R OOc": 0.0, "L OOc": 0.0})))
    one = judge("bilateral jerks", findings(jerks({"R OOc": 0.0}, silent=["L OOc"])))
    assert (both.verdict, one.verdict) == ("present", "absent")
    assert both.log_likelihood["peripheral"] == min(both.log_likelihood.values())
    assert judge("bilateral jerks", findings(jerks(ARM))).verdict == "not assessable"


def test_muscles_of_one_nerve_speak_for_peripheral_nielsen_1984():
    made = jerks({"R OOc": 0.0, "R MEN": 0.0}, silent=["R MAS", "R SCM", "L OOc"])
    evidence = judge("one nerve", findings(made))
    assert (evidence.verdict, evidence.value) == ("present", "facial")
    assert favours(evidence) == "peripheral"


def test_a_shared_root_does_not_tell_root_from_cord():
    made = jerks({"R DELT": 0.0, "R BB": 0.0}, silent=["R FDI", "R TA"])
    evidence = judge("one root", findings(made))
    assert (evidence.verdict, evidence.value) == ("present", "C5")
    assert ratio(evidence, "segmental", "peripheral") == pytest.approx(1.0)


def test_both_sides_are_not_one_nerve():
    made = jerks({"R OOc": 0.0, "L OOc": 0.0}, silent=["R MAS", "R SCM"])
    assert judge("one nerve", findings(made)).verdict == "absent"


def test_inconsistent_order_speaks_for_functional_erro_2013():
    made = jerks(ARM)
    given = findings(made, spread=spread(made, direction="inconsistent", stability=0.55, jitter=0.02))
    evidence = judge("order inconsistent between jerks", given)
    assert evidence.verdict == "present"
    assert favours(evidence) == "functional"


def test_order_needs_ten_jerks_of_two_muscles_at_1000_hz():
    few, slow = jerks(ARM, n=9), jerks(ARM, sfreq=512.0)
    assert judge("order inconsistent between jerks", findings(few)).verdict == "not assessable"
    assert judge("order inconsistent between jerks", findings(slow)).verdict == "not assessable"


def test_triphasic_antagonists_speak_for_functional_with_a_ratio_of_three():
    made = jerks({"R FCR": 0.0, "R ECR": 0.05})
    pair = AntagonistPair("R FCR", "R ECR", "triphasic", 60, triphasic=0.6)
    evidence = judge("triphasic in antagonists", findings(made, spread=spread(made, antagonists=(pair,))))
    assert evidence.verdict == "present"
    assert ratio(evidence, "functional", "cortical") == pytest.approx(3)
    assert judge("triphasic in antagonists", findings(made)).verdict == "not assessable"


def test_agreement_of_the_order_counts_by_degrees():
    made = jerks(ARM)
    weights = [
        ratio(
            judge("order inconsistent between jerks", findings(made, spread=spread(made, stability=s, jitter=0.009))),
            "functional",
            "cortical",
        )
        for s in (0.95, 0.73, 0.55)
    ]
    assert weights[0] < 0.5 < weights[1] < 1.2 < weights[2]


def test_generalised_jerks_bhidayasiri_and_tarsy_2012():
    made = jerks({"R MAS": 0.0, "R BB": 0.005, "R TA": 0.02})
    assert favours(judge("generalised jerks with the face", findings(made))) == "brainstem"
    assert judge("generalised jerks with the face", findings(jerks(ARM))).verdict == "not assessable"


def test_restricted_jerks_are_told_only_where_other_muscles_were_recorded():
    everything = findings(jerks({"R BB": 0.0, "R DELT": 0.0, "R BR": 0.0}))
    assert judge("one root", everything).verdict == "not assessable"
    assert judge("neighbouring segments only", everything).verdict == "not assessable"


def test_unnamed_jerking_channels_leave_the_distribution_open():
    channels = (emg("R OOc"), emg("R MEN"), emg("R MAS"), unnamed("EMG 4"))
    made = jerks({"R OOc": 0.0, "R MEN": 0.0, "R MAS": 0.0, "EMG 4": 0.0}, channels=channels, share={"R MAS": 0.01})
    assert judge("one nerve", findings(made)).verdict == "not assessable"


# -- states and context ------------------------------------------------------------------------------------


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
