"""The descriptive axes of design.md, and the finding: myoclonus, tremor, sustained contraction or none."""

import json
from dataclasses import replace

import numpy as np
import pytest
from weighing_world import as_jerks, eeg, emg, findings, jerks, no_jerks, no_silences, rhythm, spread

from myosig.detect.tremor import Tremor
from myosig.localize.corticomuscular import SharedRhythm
from myosig.localize.localizer import weigh
from myosig.localize.phenotype import describe_phenotype

AXES = ["grouping", "rate", "burst", "distribution", "side", "spread", "activation", "state"]


def train(onset, length, *, name="R ECR", others=("R FDI", "R BB")):
    """One muscle that bursts at these times, each burst a jerk."""
    onset = np.asarray(onset)
    channels = tuple(emg(label) for label in (name, *others))
    latency = np.full((onset.size, len(channels)), np.nan)
    latency[:, 0] = 0.0
    row = np.arange(onset.size)
    return as_jerks(channels, onset, latency, onset, np.zeros(onset.size, int), row, np.full(onset.size, length))


def described(made=None, **more):
    return describe_phenotype(findings(made, **more))


# -- the finding -------------------------------------------------------------------------------------------


def test_brief_jerks_are_positive_myoclonus():
    phenotype = described(jerks({"R APB": 0.0, "R FDI": 0.001}))
    assert (phenotype.finding, phenotype.sign) == ("myoclonus", "positive")


def test_no_bursts_is_none():
    phenotype = described(no_jerks("R APB", "R FDI"))
    assert (phenotype.finding, phenotype.sign) == ("none", None)


@pytest.mark.parametrize("n", [1, 4])
def test_a_few_false_bursts_are_none(n):
    assert described(train(20.0 + 50 * np.arange(n), 0.05)).finding == "none"


def test_long_contractions_are_sustained():
    assert described(train([10.0, 60.0, 150.0], 8.0)).finding == "sustained contraction"


def trembling(*channels, frequency=6.0):
    return Tremor("present", "as made", channels[0], frequency, channels=channels)


def test_bursts_of_a_trembling_muscle_are_tremor():
    rng = np.random.default_rng(8)
    onset = 5 + np.cumsum(rng.normal(1 / 6, 0.05 / 6, 600))
    phenotype = described(train(onset, 0.08), tremor=trembling("R ECR"))
    assert (phenotype.finding, phenotype.sign) == ("tremor", None)
    assert phenotype.rhythm["frequency_hz"] == 6.0
    assert phenotype.rhythm["cv"] < 0.1


def test_jerks_of_other_muscles_beside_a_tremor_are_myoclonus():
    made = jerks({"R APB": 0.0, "R FDI": 0.001}, silent=["R ECR"])
    assert described(made, tremor=trembling("R ECR")).finding == "myoclonus"


def test_a_quick_tremor_that_the_cortex_leads_is_myoclonus_van_rootselaar_2006():
    made = train(5 + np.arange(600) / 11, 0.04)
    led = SharedRhythm("present", "seen", frequency=11.4, coherence=0.3, leads=True, plausible=True, n=200)

    def finding(drive, frequency=11.0):
        return described(made, tremor=trembling("R ECR", frequency=frequency), eeg=eeg(corticomuscular=drive)).finding

    assert finding(led) == "myoclonus"
    assert finding(replace(led, leads=None)) == finding(replace(led, frequency=20.0)) == "tremor"
    assert finding(replace(led, frequency=6.0), frequency=6.0) == "tremor"


@pytest.mark.parametrize(("frequency", "length"), [(0.5, 0.5), (1.0, 0.4), (2.0, 0.2), (3.4, 0.1)])
def test_segmental_rhythm_is_myoclonus_and_not_tremor_gunduz(frequency, length):
    rng = np.random.default_rng(9)
    onset = 5 + np.cumsum(rng.normal(1 / frequency, 0.08 / frequency, 140))
    assert described(train(onset, length)).finding == "myoclonus"


def test_brief_bursts_in_fast_runs_are_no_tremor():
    onset = 5 + np.concatenate([3.0 * k + 0.05 * np.arange(4) for k in range(60)])
    assert described(train(onset, 0.015)).finding == "myoclonus"


def test_without_emg_nothing_is_said_of_jerks():
    made = findings(no_jerks())
    phenotype, where = describe_phenotype(made), weigh(made)
    assert (phenotype.finding, phenotype.searched_s) == ("none", 0)
    assert "nothing can be said" in phenotype.why
    assert "no EMG to search" in where.wording


def test_silences_are_negative_myoclonus():
    made = no_jerks("R ECR", "R FDI")
    phenotype = described(made, silences=no_silences(made.channels, n=30))
    assert (phenotype.finding, phenotype.sign) == ("myoclonus", "negative")


def test_bursts_and_pure_silences_are_both():
    made = jerks({"R ECR": 0.0, "R FDI": 0.001})
    assert described(made, silences=no_silences(made.channels, n=30)).sign == "both"


@pytest.mark.parametrize("made", [no_jerks("R APB"), train([10.0, 60.0], 8.0)])
def test_without_positive_myoclonus_no_source_is_given(made):
    where = weigh(findings(made))
    assert where.verdict is None
    assert where.why


def test_negative_myoclonus_gets_no_source_but_says_why():
    made = no_jerks("R ECR", "R FDI")
    where = weigh(findings(made, silences=no_silences(made.channels, n=30)))
    assert (where.verdict, "negative" in where.wording) == (None, True)


# -- the axes ----------------------------------------------------------------------------------------------


def test_every_axis_has_its_n():
    phenotype = described(jerks({"R APB": 0.0, "R FDI": 0.001}))
    assert all("n" in getattr(phenotype, axis) for axis in AXES)


def test_what_could_not_be_told_says_why():
    phenotype = described(no_jerks("R APB"))
    for axis in ("grouping", "burst", "distribution", "activation", "state"):
        assert getattr(phenotype, axis)["why"]


def test_json_is_plain():
    text = json.dumps(described(jerks({"R APB": 0.0, "L APB": 0.01})).to_dict(), allow_nan=False)
    assert json.loads(text)["rhythm"]["verdict"] == "irregular"


@pytest.mark.parametrize(("every", "word"), [(40.0, "isolated"), (4.0, "frequent"), (0.8, "continuous")])
def test_rate(every, word):
    made = jerks({"R APB": 0.0}, n=int(290 / every), every=every)
    assert described(made).rate["value"] == word


@pytest.mark.parametrize(
    ("muscles", "silent", "word"),
    [
        (["R APB"], ["R TA", "L APB"], "focal"),
        (["R DELT", "R BB"], ["R TA", "R FDI"], "segmental"),
        (["R OOc", "R BB", "L BB", "R TA", "L TA"], [], "generalised"),
        (["L RAu", "R RAl", "R TPSm", "R RF"], ["R OOc"], "axial"),
        (["R APB", "R TA"], ["L APB", "L TA"], "hemi"),
        (["R APB", "L TA"], ["L APB", "R TA"], "multifocal"),
    ],
)
def test_distribution(muscles, silent, word):
    made = jerks(dict.fromkeys(muscles, 0.0), silent=silent)
    assert described(made).distribution["value"] == word


def test_muscles_of_both_sides_and_the_lag_between():
    made = jerks({"R FDI": 0.0, "L FDI": 0.01})
    from myosig.localize.spread import measure_spread

    side = described(made, spread=measure_spread(made)).side
    assert side["value"] == "both"
    assert side["lag_right_minus_left_ms"] == pytest.approx(-10, abs=0.5)


def test_burst_duration_and_amplitude():
    burst = described(jerks({"R APB": 0.0}, length=0.08)).burst
    assert burst["duration_ms"] == pytest.approx(80, rel=0.1)
    assert (burst["amplitude_uv"], burst["n"]) == (100.0, 60)


def test_speed_is_given_only_where_resolved():
    made = jerks({"R APB": 0.0, "R FDI": 0.0})
    slow = spread(made, direction="both ways", velocity=8.0, velocity_interval=(5.0, 12.0))
    assert described(made, spread=slow).spread["velocity_m_s"] == 8.0
    assert described(made).spread["velocity_m_s"] is None


def test_runs():
    given = rhythm("irregular")
    from dataclasses import replace

    made = jerks({"R APB": 0.0})
    assert described(made, rhythm=replace(given, n_runs=12, events_per_run=5.0)).grouping["value"] == "in runs"
    assert described(made, rhythm=given).grouping["value"] == "single"
