"""The table of criteria, and those of burst shape, rhythm and order in time: a test each, with its citation."""

import pytest
from weighing_world import ARM, TABLE, emg, favours, findings, jerks, judge, ratio, rhythm, spread

from myosig.localize.antagonists import AntagonistPair
from myosig.localize.criteria import CRITERIA, gather
from myosig.localize.likelihoods import DURATION, MEDIAN, SPREAD
from myosig.patterns import PATTERNS


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


# -- rhythm, sides and order ---------------------------------------------------------------------------


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
