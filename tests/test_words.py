"""What the pages and the command line say of a result."""

import pytest

from myosig.report.words import about, advice, axes, headline, how_sure, in_short


def result(*, verdict=None, finding="myoclonus", sign=None, posterior=None, silences=0, searched=290.0):
    """The form of analysis.json, as far as it is put into words."""
    shares = posterior or {"cortical": 0.9, "segmental": 0.08, "peripheral": 0.02}
    return {
        "phenotype": {
            "finding": finding,
            "why": "the rule",
            "searched_s": searched,
            "sign": sign,
            "rhythm": {"verdict": "rhythmic", "frequency_hz": 2.0, "cv": 0.1, "n": 30},
            "grouping": {"value": "single", "bursts_per_muscle_and_jerk": 1.0, "n": 31},
            "rate": {"value": "frequent", "per_min": 6.2, "n": 31},
            "burst": {"duration_ms": 30.0, "duration_quartiles_ms": [25.0, 40.0], "amplitude_uv": 99.6, "n": 60},
            "distribution": {"value": "focal", "muscles": ["EMG R APB"], "segments": ["C8", "T1"], "n": 31},
            "side": {"value": "right", "lag_right_minus_left_ms": None, "lag_n": 0, "n": 31},
            "spread": {"direction": "descending", "velocity_m_s": 8.04, "n": 20},
            "activation": {"value": None, "why": "no annotated stimuli", "n": 0},
            "state": {"value": None, "why": "no annotated states", "n": 0},
        },
        "silences": {"n": silences, "duration_ms": 120.0, "muscles": ["EMG R ECR"], "per_min": 7.0, "tonic_s": 90.0},
        "tremor": {"frequency_hz": 5.04},
        "localization": {
            "verdict": verdict,
            "wording": "probably a cortical origin",
            "why": "cortical is 11 times as probable as segmental",
            "posterior": shares,
            "prior": dict.fromkeys(shares, 1 / 3),
        },
    }


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("Probably a cortical origin", result(verdict="cortical", sign="positive")),
        ("Tremor at 5.0 Hz, not myoclonus", result(finding="tremor")),
        ("Negative myoclonus: silences in tonic activity", result(sign="negative", silences=9)),
        ("No jerks found", result(finding="none")),
        ("Sustained contraction, no jerks", result(finding="sustained contraction")),
    ],
)
def test_the_headline_is_the_verdict_or_the_finding(said, made):
    assert headline(made) == said


def test_how_sure_names_the_likely_and_sums_up_the_rest():
    said = how_sure(result(verdict="cortical", sign="positive"))
    assert said.startswith(
        "Cortical 90\u00a0%, segmental 8\u00a0%, every other at most 2\u00a0%, if all were equally likely"
    )
    assert said.endswith("Cortical is 11 times as probable as segmental.")


def test_jerks_in_one_line():
    assert in_short(result(verdict="cortical", sign="positive")) == (
        "Positive myoclonus, focal, right side; frequent: 6.2 jerks a minute (n = 31); rhythmic at 2 Hz; "
        "bursts of 30 ms and 100 µV (medians); spreading downwards at 8.04 m/s."
    )


def test_silences_are_described_in_place_of_jerks():
    made = result(sign="negative", silences=9)
    assert in_short(made) == "9 silences of 120 ms in EMG R ECR: 7 a minute of tonic activity."
    assert about(made) == "What the silences are like"
    assert "jerks a minute" not in str(axes(made))


def test_nothing_is_said_of_jerks_where_there_are_none():
    assert in_short(result(finding="none")) is None
    assert "longer" in advice(result(finding="none"))
    assert advice(result(verdict="cortical", sign="positive")) is None


def test_an_axis_that_is_not_known_says_why():
    known = dict(axes(result(verdict="cortical", sign="positive")))
    assert known["brought on by"] == "not assessable: no annotated stimuli"
    assert known["rhythm"] == "rhythmic at 2 Hz, CV 0.10 (n = 30 intervals)"
    assert known["silences"] == "none in 90 s of tonic activity of all muscles together"
    assert all(text for text in known.values())


def test_without_emg_the_title_does_not_say_that_there_are_no_jerks():
    made = result(finding="none", searched=0.0)
    assert headline(made) == "No EMG to search"
    assert "--channels" in advice(made)
