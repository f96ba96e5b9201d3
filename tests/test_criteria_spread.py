"""One test for each criterion of spread and distribution, with its citation, and one for each gate."""

import pytest
from weighing_world import ARM, CORD, SLOW, emg, favours, findings, jerks, judge, ratio, spread, unnamed


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


def test_an_unresolved_speed_is_not_a_missing_one():
    made = jerks(CORD)
    evidence = judge("mid-thoracic first, slow, fixed order", findings(made, spread=spread(made, why="too near")))
    assert (evidence.verdict, "too near" in evidence.why) == ("not assessable", True)


def test_speed_needs_three_muscles_over_150_mm():
    made = jerks({"L RAu": 0.0, "R TPSm": 0.001, "L RAl": 0.009})
    given = findings(made, spread=spread(made, direction="both ways", **SLOW))
    assert judge("mid-thoracic first, slow, fixed order", given).verdict == "not assessable"


# -- distribution --------------------------------------------------------------------------------------


def test_the_face_excludes_propriospinal_van_der_salm_2010():
    made = jerks(CORD | {"R OOr": 0.03})
    face = judge("face takes part in an axial jerk", findings(made))
    assert face.verdict == "present"
    assert face.log_likelihood["propriospinal"] == min(face.log_likelihood.values())


def test_no_face_recorded_excludes_nothing():
    assert judge("face takes part in an axial jerk", findings(jerks(CORD))).verdict == "not assessable"


def test_one_segment_and_its_neighbours_gunduz():
    made = jerks({"R BB": 0.0, "R DELT": 0.0}, silent=["R FDI", "R TA"])
    evidence = judge("neighbouring segments only", findings(made))
    assert evidence.verdict == "present"
    assert favours(evidence) == "segmental"
    distant = jerks({"R BB": 0.0, "R TA": 0.01}, silent=["R FDI"])
    assert judge("neighbouring segments only", findings(distant)).verdict == "absent"


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


def test_facial_muscles_lie_in_no_segment_which_says_nothing_against_their_nerve():
    made = jerks({"L OOc": 0.0, "L MEN": 0.001}, silent=("R OOc", "L MAS", "L SCM"))
    evidence = judge("neighbouring segments only", findings(made))
    assert evidence.verdict == "absent"
    assert ratio(evidence, "peripheral", "cortical") == pytest.approx(1)
    assert ratio(evidence, "segmental", "cortical") < 0.2


def test_both_sides_are_not_one_nerve():
    made = jerks({"R OOc": 0.0, "L OOc": 0.0}, silent=["R MAS", "R SCM"])
    assert judge("one nerve", findings(made)).verdict == "absent"


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
