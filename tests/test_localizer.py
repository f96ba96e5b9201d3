"""The localizer as a whole, from hand-made jerks: what must not change it, and what a missing channel may do."""

from dataclasses import replace

import numpy as np
import pytest
from weighing_world import NO_EEG, as_jerks, eeg, emg, findings, jerks

from myosig.detect.rhythm import measure_rhythm
from myosig.errors import ParameterError, ReadError
from myosig.localize.context import Context, read_context
from myosig.localize.cortex.desynchronisation import Desynchronisation
from myosig.localize.cortex.potential import Potential, SlowPotential
from myosig.localize.criteria import gather
from myosig.localize.likelihoods import default_likelihoods
from myosig.localize.localizer import weigh
from myosig.localize.spread import measure_spread
from myosig.patterns import PATTERNS

CORD = {"L RAu": 0.0, "R RAu": 0.0, "R TPSm": 0.001, "L RAl": 0.011, "R RF": 0.022, "L RF": 0.022, "L PECc": 0.019}
FACE = {"R OOc": 0.0, "R OOr": 0.0005, "R MEN": 0.001}
QUIET_EEG = eeg(
    premyoclonic_potential=Potential("absent", "no", n=60),
    slow_potential=SlowPotential("absent", "no", n=60),
    desynchronisation=Desynchronisation("absent", "no", n=60),
)


def measured(made, *, found=QUIET_EEG, context=None):
    return findings(made, spread=measure_spread(made), rhythm=measure_rhythm(made), eeg=found, context=context)


def axial(n=60, **more):
    return jerks(CORD, silent=["R MAS", "L MAS"], n=n, length=0.12, **more)


def facial():
    return jerks(FACE, silent=["L OOc", "R MAS", "R SCM", "R TRAP"], length=0.04)


def rearranged(made, order, rename=lambda c: c):
    """The same jerks with channels in another order, and renamed."""
    row, old = made.bursts.channel, np.argsort(order)
    return as_jerks(
        tuple(rename(made.channels[i]) for i in order),
        made.onset,
        made.latency[:, order],
        made.bursts.onset,
        old[row],
        made.member,
        made.bursts.duration,
    )


def moved(made, shift, *, copies=1):
    """The same jerks later, and again after as long a recording."""
    n, period = len(made), made.onset[-1] + 4.0
    at = shift + period * np.repeat(np.arange(copies), len(made.bursts))
    return as_jerks(
        made.channels,
        np.concatenate([made.onset + shift + k * period for k in range(copies)]),
        np.tile(made.latency, (copies, 1)),
        np.tile(made.bursts.onset, copies) + at,
        np.tile(made.bursts.channel, copies),
        np.tile(made.member, copies) + n * np.repeat(np.arange(copies), len(made.bursts)),
        np.tile(made.bursts.duration, copies),
    )


def without(made, gone):
    """The same jerks without a channel: it begins with what is left."""
    keep, bursts = np.arange(len(made.channels)) != gone, made.bursts
    first = np.nanmin(made.latency[:, keep], axis=1)
    stay = bursts.channel != gone
    return as_jerks(
        tuple(c for c, kept in zip(made.channels, keep, strict=True) if kept),
        made.onset + first,
        made.latency[:, keep] - first[:, None],
        bursts.onset[stay],
        bursts.channel[stay] - (bursts.channel[stay] > gone),
        made.member[stay],
        bursts.duration[stay],
    )


def posterior(given):
    return np.array([weigh(given).posterior[p] for p in PATTERNS])


@pytest.mark.parametrize(("made", "verdict"), [(axial(), "propriospinal"), (facial(), "peripheral")])
def test_textbook_jerks_get_their_verdict(made, verdict):
    assert weigh(measured(made)).verdict == verdict


def test_propriospinal_pattern_without_eeg_is_not_called_propriospinal():
    where = weigh(measured(axial(), found=NO_EEG))
    assert where.verdict == "indeterminate"
    assert where.wording == "propriospinal-pattern jerk; functional origin not excluded"
    assert where.ranking[0] == "propriospinal"


def test_a_slow_potential_turns_the_same_traces_functional():
    found = replace(
        QUIET_EEG,
        slow_potential=SlowPotential("present", "seen", latency=1.4, n=60),
        desynchronisation=Desynchronisation("present", "seen", change=-0.3, n=60),
    )
    where = weigh(measured(axial(), found=found))
    assert where.posterior["functional"] > where.posterior["propriospinal"]
    assert where.verdict != "propriospinal"


# -- what must not matter ----------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [axial(), facial()])
def test_the_order_of_channels_does_not_matter(made):
    shuffled = rearranged(made, np.random.default_rng(3).permutation(len(made.channels)))
    assert posterior(measured(shuffled)) == pytest.approx(posterior(measured(made)), abs=0.02)


@pytest.mark.parametrize("made", [axial(), facial()])
def test_mirrored_sides_do_not_matter(made):
    other = {"left": "L", "right": "R"}
    swap = {"left": "right", "right": "left"}

    def mirror(channel):
        side = swap[channel.side]
        return replace(channel, side=side, label=f"{other[side]} {channel.label.split()[1]}")

    mirrored = rearranged(made, np.arange(len(made.channels)), mirror)
    assert posterior(measured(mirrored)) == pytest.approx(posterior(measured(made)), abs=0.02)


@pytest.mark.parametrize("made", [axial(), facial()])
def test_a_shift_in_time_does_not_matter(made):
    assert posterior(measured(moved(made, 37.5))) == pytest.approx(posterior(measured(made)), abs=0.02)


@pytest.mark.parametrize("made", [axial(), facial()])
def test_a_doubled_recording_gives_the_same_verdict(made):
    doubled = moved(made, 0.0, copies=2)
    assert weigh(measured(doubled)).verdict == weigh(measured(made)).verdict
    assert posterior(measured(doubled)) == pytest.approx(posterior(measured(made)), abs=0.05)


# -- what is missing ---------------------------------------------------------------------------------------


def verdicts(given):
    return {e.criterion: e.verdict for e in gather(given, default_likelihoods())}


def test_missing_eeg_only_removes_evidence():
    full, less = verdicts(measured(axial())), verdicts(measured(axial(), found=NO_EEG))
    assert all(less[c] in (full[c], "not assessable") for c in full)
    assert sum(v == "not assessable" for v in less.values()) > sum(v == "not assessable" for v in full.values())


@pytest.mark.parametrize("made", [axial(), facial()])
def test_a_missing_channel_only_removes_evidence(made):
    full = {e.criterion: e for e in gather(measured(made), default_likelihoods())}
    for gone, channel in enumerate(made.channels):
        less = verdicts(measured(without(made, gone)))
        changed = [c for c, e in full.items() if less[c] not in (e.verdict, "not assessable")]
        assert all("judged with" in full[c].why for c in changed), (channel.label, changed)  # it was set aside


def test_without_any_silent_channel_no_nerve_is_singled_out():
    made = facial()
    only = rearranged(made, np.arange(len(FACE)))
    assert verdicts(measured(made))["one nerve"] == "present"
    assert verdicts(measured(only))["one nerve"] == "not assessable"


def test_nothing_recorded_gives_nothing():
    where = weigh(findings())
    assert where.verdict is None
    assert all(e.verdict == "not assessable" for e in where.evidence if e.family == "eeg")


def test_json_has_no_nan_and_all_keys():
    import json

    text = json.dumps(weigh(measured(axial())).to_dict(), allow_nan=False)
    where = json.loads(text)
    assert set(where["posterior"]) == set(where["prior"]) == set(PATTERNS)
    keys = {"criterion", "value", "unit", "interval", "n", "verdict", "why", "log_likelihood", "source", "tag"}
    assert all(set(e) >= keys for e in where["evidence"])


# -- context -----------------------------------------------------------------------------------------------


def test_context_moves_the_posterior():
    without, with_lesion = weigh(measured(axial())), weigh(measured(axial(), context=Context(spinal_lesion=True)))
    assert with_lesion.posterior["propriospinal"] > without.posterior["propriospinal"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", 'sep_amplitude_uv = 12\nsep_condition = "giant"\nspinal_level = "T9"'),
        ("a.json", '{"sep_amplitude_uv": 12, "sep_condition": "giant", "spinal_level": "T9"}'),
    ],
)
def test_context_is_read_from_toml_and_json(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_context(tmp_path / name) == Context(sep_amplitude_uv=12, sep_condition="giant", spinal_level="T9")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("distractable = true", "distractable; allowed are spinal_lesion"),
        ('distractible = "yes"', "true or false"),
        ("sep_amplitude_uv = true", "a number"),
        ('sep_condition = "loud"', "'giant', 'ordinary'"),
        ("distractible = ", "not a TOML or JSON"),
        ("[1, 2]", "not a TOML or JSON"),
    ],
)
def test_a_faulty_context_says_what_is_allowed(tmp_path, text, message):
    (tmp_path / "context.toml").write_text(text)
    with pytest.raises(ReadError, match=message):
        read_context(tmp_path / "context.toml")


def test_context_checks_the_condition_of_the_sep_in_code_too():
    with pytest.raises(ParameterError, match="sep_condition"):
        Context(sep_condition="loud")


def test_slow_channels_have_no_duration_and_no_order():
    made = jerks(FACE, silent=["L OOc", "R MAS"], sfreq=125.0)
    given = verdicts(measured(made))
    assert given["burst duration"] == given["order inconsistent between jerks"] == "not assessable"
    assert emg("R OOc", sfreq=125.0).sfreq == 125.0


def test_a_muscle_that_always_jerks_by_itself_has_no_place_in_the_order():
    together, alone = jerks(CORD, silent=["R APB"]), jerks({"R APB": 0.0}, silent=list(CORD))
    latency = np.concatenate([together.latency, alone.latency[:, [*range(1, len(CORD) + 1), 0]]])
    start = np.concatenate([together.onset, together.onset + 2.0])
    order = np.argsort(start)
    latency, start = latency[order], start[order]
    row, channel = np.nonzero(np.isfinite(latency))
    onset = start[row] + latency[row, channel]
    made = as_jerks(together.channels, start, latency, onset, channel, row, np.full(row.size, 0.1))
    assert "R APB" not in {c.label for c in measure_spread(made).channels}
