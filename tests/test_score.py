"""The score is arithmetic: every number here can be worked out by hand."""

import math
from pathlib import Path

import pytest
from weighing_world import eeg, findings, jerks, spread

from myosig.errors import ParameterError, ReadError
from myosig.localize.cortex.potential import Potential
from myosig.localize.evidence import Evidence
from myosig.localize.likelihoods import default_likelihoods, log_duration_density, read_likelihoods
from myosig.localize.localizer import weigh
from myosig.localize.score import FAMILY_CAP, FAMILY_SHRINK, score, withheld
from myosig.patterns import PATTERNS


def evidence(criterion, family, **likelihood):
    """Evidence that has these likelihoods, 1 for every other pattern."""
    logs = {p: math.log(likelihood.get(p, 1.0)) for p in PATTERNS}
    return Evidence(criterion, family, None, "", None, 50, "present", "as made", "a source", "P", logs)


def open_question(criterion, family, **chance):
    return Evidence(
        *(criterion, family, None, "", None, 0, "not assessable", "as made", "a source", "P"),
        chance={p: chance.get(p, 0.5) for p in PATTERNS},
    )


def test_without_evidence_the_posterior_is_the_prior():
    where = score([])
    assert where.verdict == "indeterminate"
    assert where.posterior == pytest.approx(dict.fromkeys(PATTERNS, 1 / 6))


def test_a_lone_criterion_counts_in_full():
    where = score([evidence("a", "spread", segmental=4.0)])
    assert where.posterior["segmental"] == pytest.approx(4 / (5 + 4))


def test_further_criteria_of_a_family_count_seventy_percent_of_their_log():
    where = score([evidence("a", "spread", segmental=2.0), evidence("b", "spread", segmental=3.0)])
    assert where.likelihood_ratio == pytest.approx(3 * 2**FAMILY_SHRINK)


def test_a_further_criterion_that_says_nothing_changes_nothing():
    alone, with_other = [evidence("a", "spread", segmental=3.0)], evidence("b", "spread")
    assert score([*alone, with_other]).posterior == pytest.approx(score(alone).posterior)


def test_families_multiply():
    where = score([evidence("a", "spread", segmental=2.0), evidence("b", "rhythm", segmental=3.0)])
    assert where.likelihood_ratio == pytest.approx(6)
    assert where.posterior["segmental"] == pytest.approx(6 / (6 + 5))


def test_a_family_contributes_relative_to_its_mean():
    contribution = score([evidence("a", "spread", segmental=4.0)]).family_log_likelihood["spread"]
    assert contribution["segmental"] == pytest.approx(math.log(4 / 1.5))
    assert contribution["cortical"] == pytest.approx(math.log(1 / 1.5))


def test_no_family_makes_a_pattern_less_likely_than_a_tenth_of_the_average():
    where = score([evidence(str(k), "spread", segmental=1000.0, cortical=0.001) for k in range(5)])
    contribution = where.family_log_likelihood["spread"]
    assert max(contribution.values()) == pytest.approx(math.log(6))
    assert min(contribution.values()) == pytest.approx(-FAMILY_CAP)
    assert where.likelihood_ratio == pytest.approx(60)


def test_the_prior_multiplies_and_is_normalised():
    prior = dict.fromkeys(PATTERNS, 1.0) | {"functional": 5.0}
    where = score([], prior=prior)
    assert where.posterior["functional"] == pytest.approx(0.5)
    assert sum(where.prior.values()) == pytest.approx(1)


def test_the_same_traces_give_opposite_answers_by_prior_alone():
    """criteria.md 4B: .90 against .154 with 42 % organic gives .81, with 1 of 35 organic .15."""

    def organic(share):
        tiny = 1e-9
        prior = dict.fromkeys(PATTERNS, tiny) | {"propriospinal": share, "functional": 1 - share}
        made = evidence("a", "spread", propriospinal=0.9 / 0.154)
        return score([made], prior=prior)

    assert organic(0.42).posterior["propriospinal"] == pytest.approx(0.81, abs=0.005)
    assert organic(1 / 35).posterior["propriospinal"] == pytest.approx(0.15, abs=0.005)
    assert organic(0.42).likelihood_ratio == pytest.approx(5.8, abs=0.1)


@pytest.mark.parametrize(
    "prior", [{"cortical": 1.0}, dict.fromkeys(PATTERNS, 0.0), dict.fromkeys([*PATTERNS, "x"], 1.0)]
)
def test_a_prior_must_name_every_pattern(prior):
    with pytest.raises(ParameterError, match="cortical, brainstem"):
        score([], prior=prior)


# -- when a verdict is given -------------------------------------------------------------------------------


def test_below_three_to_one_it_is_indeterminate():
    close = score([evidence("a", "spread", segmental=1.7), evidence("b", "rhythm", segmental=1.7)])
    clear = score([evidence("a", "spread", segmental=1.8), evidence("b", "rhythm", segmental=1.8)])
    assert (close.verdict, clear.verdict) == ("indeterminate", "segmental")


def test_one_family_is_never_enough():
    where = score([evidence("a", "spread", segmental=9.0), evidence("b", "spread", segmental=9.0)])
    assert where.verdict == "indeterminate"
    assert "1 family" in where.why


def test_cortical_needs_a_reason_in_eeg_or_burst_duration():
    spread_only = [evidence("a", "spread", cortical=9.0), evidence("b", "context", cortical=9.0)]
    where = score(spread_only)
    assert where.ranking[0] == "cortical"
    assert where.verdict == "indeterminate"
    assert score([*spread_only, evidence("burst duration", "emg shape", cortical=3.0)]).verdict == "cortical"
    against = evidence("burst duration", "emg shape", cortical=0.9)
    assert score([*spread_only, against]).verdict == "indeterminate"


def test_propriospinal_needs_the_slow_potential_assessed():
    emg = [evidence("a", "spread", propriospinal=9.0), evidence("b", "emg shape", propriospinal=4.0)]
    slow = evidence("slow potential before the jerk", "eeg", functional=0.5)
    loss = evidence("beta desynchronisation before the jerk", "eeg", functional=0.5)
    open_wording = "propriospinal-pattern jerk; functional origin not excluded"
    told = [(w.verdict, w.wording) for w in map(score, (emg, [*emg, loss], [*emg, slow], [*emg, slow, loss]))]
    assert told == [
        ("indeterminate", open_wording),
        ("indeterminate", open_wording),
        ("propriospinal", open_wording),
        ("propriospinal", "probably a propriospinal origin"),
    ]


def test_emg_alone_is_compatible_with_never_more():
    emg = [evidence("a", "spread", segmental=9.0), evidence("b", "rhythm", segmental=4.0)]
    assert score(emg).wording == "compatible with a segmental origin"
    between_muscles = evidence("intermuscular coherence", "eeg", cortical=1.2)
    assert score([*emg, between_muscles]).wording == "compatible with a segmental origin"
    with_eeg = score([*emg, evidence("premyoclonic spike", "eeg", cortical=0.5)])
    assert with_eeg.wording == "probably a segmental origin"
    assert "definite" not in with_eeg.explain()


def test_withheld_keeps_the_prior_and_says_why():
    where = withheld("the finding is tremor", "a peak at 5 Hz")
    assert (where.verdict, where.posterior) == (None, where.prior)
    assert "tremor" in where.explain()


# -- what it hangs on, and what would change it ---------------------------------------------------------------


def test_leaving_evidence_out_shows_what_the_verdict_hangs_on():
    strong, weak = evidence("strong", "spread", segmental=9.0), evidence("weak", "rhythm", segmental=1.1)
    left_out = score([strong, weak, evidence("c", "context", segmental=1.1)]).without_each()
    assert {name: where.verdict for name, where in left_out.items()} == {
        "strong": "indeterminate",
        "weak": "segmental",
        "c": "segmental",
    }


def test_the_next_test_is_the_one_that_would_move_the_posterior_most():
    telling = open_question("telling", "eeg", cortical=0.9, segmental=0.1)
    useless = open_question("useless", "reflex")
    worth = score([evidence("a", "spread", cortical=2.0), useless, telling]).next_tests()
    assert list(worth) == ["telling", "useless"]
    assert worth["useless"] == pytest.approx(0)
    assert 0.1 < worth["telling"] < 1


def test_the_expected_change_worked_out_by_hand():
    """Equal priors; a test with 0.9 for one pattern and 0.1 for the others."""
    chance = dict.fromkeys(PATTERNS, 0.1) | {"cortical": 0.9}
    question = open_question("q", "eeg", **chance)
    met = (0.9 + 5 * 0.1) / 6
    after_yes = 0.9 / (0.9 + 5 * 0.1)
    after_no = 0.1 / (0.1 + 5 * 0.9)
    expected = met * (after_yes - 1 / 6) + (1 - met) * (1 / 6 - after_no)
    assert score([question]).next_tests()["q"] == pytest.approx(expected)


def test_explain_begins_with_the_verdict_and_ends_with_prior_and_ratio():
    found = Potential("present", "seen", latency=0.02, n=80, contralateral=True, plausible=True)
    made = jerks({"R APB": 0.0, "R FDI": 0.0}, length=0.025)
    where = weigh(findings(made, eeg=eeg(premyoclonic_potential=found), spread=spread(made)))
    lines = where.explain().splitlines()
    assert lines[0] == "Verdict: probably a cortical origin."
    assert any(line.startswith("For cortical rather than") for line in lines)
    assert any(line.startswith("Not assessable:") for line in lines)
    assert any(line.startswith("What would change this most:") for line in lines)
    assert lines[-2].endswith("Prior: equal.")
    assert "whatever the prior" in lines[-1]


# -- the table -----------------------------------------------------------------------------------------------


def test_cells_with_a_star_are_those_of_criteria_4b():
    table = default_likelihoods()
    starred = {
        ("premyoclonic spike", "cortical"): 0.70,
        ("C-reflex at rest", "cortical"): 0.65,
        ("mid-thoracic first, slow, fixed order", "functional"): 0.15,
        ("order inconsistent between jerks", "functional"): 0.75,
        ("slow potential before the jerk", "functional"): 0.60,
        ("beta desynchronisation before the jerk", "functional"): 0.65,
        ("beta desynchronisation before the jerk", "propriospinal"): 0.10,
        ("face takes part in an axial jerk", "propriospinal"): 0.02,
        ("face takes part in an axial jerk", "functional"): 0.11,
    }
    assert {(c, p): table[c].values[p] for c, p in starred} == starred


def test_durations_reproduce_the_cells_up_to_45_and_over_100_ms():
    """The density of each pattern, summed over durations, against the probabilities of criteria.md 4B."""
    short = {"cortical": 0.85, "brainstem": 0.60, "segmental": 0.10, "propriospinal": 0.10, "peripheral": 0.40}
    long = {"cortical": 0.03, "brainstem": 0.15, "segmental": 0.60, "propriospinal": 0.60, "peripheral": 0.30}
    grid = [math.exp(math.log(0.002) + k * 0.01) for k in range(750)]
    density = [log_duration_density(x, 0.0, default_likelihoods()) for x in grid]
    for pattern in short:
        mass = [math.exp(d[pattern]) * 0.01 if 0.01 <= x <= 1 else 0 for x, d in zip(grid, density, strict=True)]
        assert sum(m for m, x in zip(mass, grid, strict=True) if x <= 0.045) == pytest.approx(short[pattern], abs=0.06)
        assert sum(m for m, x in zip(mass, grid, strict=True) if x > 0.1) == pytest.approx(long[pattern], abs=0.06)


def test_a_table_of_ones_own(tmp_path):
    from importlib.resources import files

    text = (files("myosig") / "localize" / "likelihoods.csv").read_text(encoding="utf-8")
    path = tmp_path / "own.csv"
    path.write_text(text.replace("premyoclonic spike,eeg,0.70", "premyoclonic spike,eeg,0.90"), encoding="utf-8")
    assert read_likelihoods(path)["premyoclonic spike"].values["cortical"] == 0.9


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("premyoclonic spike,eeg,0.70", "premyoclonic spike,eeg,1.0", "between 0 and 1"),
        ("premyoclonic spike,eeg,0.70", "premyoclonic spike,eeg,often", "row 4"),
        ("premyoclonic spike,eeg", "pre spike,eeg", "pre spike, premyoclonic spike"),
        ("premyoclonic spike,eeg", "premyoclonic spike,brain", "family"),
        ('median (ms)",emg shape,31', 'median (ms)",emg shape,-31', "above 0"),
    ],
)
def test_a_faulty_table_names_the_row(tmp_path, old, new, message):
    from importlib.resources import files

    text = (files("myosig") / "localize" / "likelihoods.csv").read_text(encoding="utf-8")
    path = tmp_path / "own.csv"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ReadError, match=message.replace("(", r"\(")):
        read_likelihoods(path)


def test_the_table_in_the_docs_is_the_table_in_the_code():
    text = (Path(__file__).parents[1] / "docs" / "weighing.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    shown = {row[0]: row for row in rows if len(row) == len(PATTERNS) + 5}
    for row in default_likelihoods().values():
        cells = [f"{row.values[p]:g}" for p in PATTERNS]
        assert shown[row.criterion] == [row.criterion, row.family, *cells, row.basis, row.source, row.tag]
