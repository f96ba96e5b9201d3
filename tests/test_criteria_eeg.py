"""One test for each criterion of the EEG, with its citation, and one for each gate."""

import pytest
from weighing_world import ARM, TABLE, eeg, favours, findings, jerks, judge, ratio

from myosig.localize.cooccurrence import Cooccurrence
from myosig.localize.cortex.desynchronisation import Desynchronisation
from myosig.localize.cortex.potential import Potential, SlowPotential
from myosig.localize.corticomuscular import SharedRhythm
from myosig.localize.criteria import gather


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
    lags = SharedRhythm("not leading", "seen", coherence=0.2, leads=False, n=200)
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
