import numpy as np
import pytest
from scipy.stats import binomtest
from timing_world import channel, random_times, volleys

from myosig.annotations import Annotations
from myosig.detect.jerks import group_jerks
from myosig.detect.silences import Silences
from myosig.intervals import Intervals
from myosig.io.raw import from_array
from myosig.localize.codes import read_codes, read_triggers
from myosig.localize.conditions import measure_conditions, rate_ratio
from myosig.localize.reflex import _kept, measure_reflexes
from myosig.localize.states import annotated_states, is_state, plain_label

HAND = [channel(m) for m in ("APB", "FDI")]


def recording(notes, duration=600):
    quiet = from_array(np.zeros((1, duration * 10)), sfreq=10, labels=["EMG R APB"], unit="uV")
    onset, length, text = zip(*notes, strict=True)
    return quiet.with_annotations(Annotations(onset=onset, duration=length, text=np.array(text, dtype=object)))


def jerks_at(times):
    return group_jerks(volleys(HAND, times, [0, 0.002]))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        # the labels of EDF+ hypnograms, of polysomnographs, and what German, French, Spanish and Italian readers type
        *(
            (text, "N2")
            for text in ("Sleep stage 2", "Sleep stage N2", "N2", "Stage 2", "Stage - N2", "SLEEP-S2", "NREM 2")
        ),
        *((text, "N2") for text in ("Schlafstadium 2", "Stadium II", "Stade N2", "NonREM2", "N2 sleep", "sommeil N2")),
        *((text, "wake") for text in ("W", "Wake", "Sleep stage W", "SLEEP-S0", "Stage 0", "Wach", "Éveil", "vigilia")),
        *(
            (text, "REM")
            for text in ("REM", "Stage R", "Sleep stage R", "REM-Schlaf", "Sommeil paradoxal", "SLEEP-REM")
        ),
        *((text, "N3") for text in ("N3", "Sleep stage 4", "Schlafstadium IV")),
        ("NREM 1", "N1"),
        ("NREM sleep", "NREM"),
        ("Schlaf", "sleep"),
        # what is kept as it is said
        *(
            (text, text)
            for text in ("arms out", "Sleep stage ?", "Movement time", "Stage", "Phase 2", "2", "photic on")
        ),
        *((text, text) for text in ("R", "S2", "S  1", "sleep spindle", "Schlafstörung", "N20", "Stage 2 of task")),
    ],
)
def test_stages_of_any_spelling(text, label):
    assert plain_label(f" {text} ") == label


@pytest.mark.parametrize("text", ["R", "S2"])
def test_what_may_be_no_stage_is_one_only_where_it_lasts_for_an_epoch(text):
    assert not is_state(text)
    found = annotated_states(recording([(10.0, 30.0, text), (100.0, 2.0, text)]))
    assert {label: times.duration for label, times in found.items()}[text] == 2
    assert found["sleep"].duration == 30


@pytest.mark.parametrize("text", ["rest", "Ruhe", "Augen zu", "yeux fermés", "bras tendus", "reposo", "Posture R arm"])
def test_tasks_are_states(text):
    assert is_state(text)


def test_what_is_switched_on_and_off_lasts_meanwhile():
    marks = [(10.0, 0.0, "Photic on"), (30.0, 0.0, "photic OFF"), (50.0, 0.0, "HV start"), (90.0, 0.0, "photic off")]
    found = annotated_states(recording(marks))
    assert {label: list(times) for label, times in found.items()} == {"photic": [(10.0, 30.0)]}


def test_sleep_by_itself_and_its_stages_are_all_sleep():
    found = annotated_states(recording([(0.0, 60.0, "wake"), (60.0, 90.0, "Sommeil"), (150.0, 30.0, "N2")]))
    assert {label: times.duration for label, times in found.items()} == {"wake": 60, "sleep": 120, "N2": 30}


def test_exact_poisson_ratio():
    ratio, (low, high) = rate_ratio(20, 100, 10, 100)
    exact = binomtest(20, 30).proportion_ci(method="exact")  # Clopper & Pearson 1934
    assert ratio == 2
    assert np.allclose([low, high], [exact.low / (1 - exact.low), exact.high / (1 - exact.high)])


def test_interval_covers_the_true_ratio():
    rng = np.random.default_rng(71)
    covered = 0
    for _ in range(400):
        _, (low, high) = rate_ratio(rng.poisson(12), 100.0, rng.poisson(30), 100.0)
        covered += low <= 0.4 <= high
    assert covered >= 0.94 * 400


def test_it_covers_the_true_ratio_where_the_rate_comes_in_slow_waves():
    rng, covered = np.random.default_rng(76), 0
    notes = [(240.0 * k, 120.0, "posture") for k in range(5)]
    for _ in range(60):
        rate = 0.08 * rng.gamma(4, 0.25, 20) * np.tile([0.5, 0.5, 1, 1], 5)  # a minute each
        times = np.concatenate([60 * k + np.sort(rng.uniform(0, 60, rng.poisson(60 * r))) for k, r in enumerate(rate)])
        (found,) = measure_conditions(recording(notes, 1200), jerks_at(times[np.diff(times, prepend=-1) > 0.1]))
        low, high = found.ratio_interval
        covered += low <= 0.5 <= high
    assert covered >= 54


def test_overdispersed_counts_widen_it():
    ratio, (low, high) = rate_ratio(3000, 100, 1, 100, 60.0)  # too few to say how large the ratio may be
    assert ratio == pytest.approx(3000)
    assert 1 < low < ratio
    assert high is None
    narrow, wide = rate_ratio(40, 100, 40, 100)[1], rate_ratio(40, 100, 40, 100, 4.0)[1]
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_absent_in_sleep_needs_enough_sleep():
    rng = np.random.default_rng(72)
    times = random_times(100, 2.8, rng)
    times = times[times < 300]
    long = measure_conditions(recording([(0, 300, "W"), (300, 300, "N2")]), jerks_at(times))
    short = measure_conditions(recording([(0, 300, "W"), (300, 5, "N2")]), jerks_at(times))
    assert {c.label: c.verdict for c in long}["sleep"] == "absent"
    assert {c.label: c.verdict for c in short}["sleep"] == "not assessable"
    assert long[0].ratio_interval[1] is None
    assert long[0].n_elsewhere == 0


def test_marks_without_duration_last_until_the_next():
    found = measure_conditions(
        recording([(0, 0, "rest"), (200, 0, "arms out"), (500, 0, "rest")]), jerks_at([250, 300])
    )
    assert [(c.label, c.duration, c.n_jerks) for c in found] == [("rest", 300, 0), ("arms out", 300, 2)]


def test_jerks_after_taps_are_locked_and_their_latency_is_found():
    rng = np.random.default_rng(73)
    taps = np.arange(10, 590, 8.0) + rng.uniform(0, 1, 73)
    followed = rng.random(73) < 0.7
    jerks = jerks_at(np.sort(taps[followed] + rng.normal(0.03, 0.003, followed.sum())))
    notes = [(t, 0.0, f"tap {k}") for k, t in enumerate(taps)]
    (reflex,) = measure_reflexes(recording(notes), jerks)
    assert reflex.stimulus == "tap"
    assert reflex.locked
    assert reflex.latency_interval[0] < 0.03 < reflex.latency_interval[1]
    assert reflex.probability_interval[0] < 0.7 < reflex.probability_interval[1]


def test_jerks_at_random_are_not_locked():
    rng = np.random.default_rng(74)
    locked = 0
    for _ in range(20):
        notes = [(t, 0.0, "tap") for t in np.sort(rng.uniform(5, 590, 60))]
        (reflex,) = measure_reflexes(recording(notes), jerks_at(random_times(150, 3.8, rng, refractory=0.5)))
        locked += reflex.locked
    assert locked <= 3


def test_habituation():
    taps = np.arange(10, 580, 8.0)
    (reflex,) = measure_reflexes(recording([(t, 0.0, "sound") for t in taps]), jerks_at(taps[:30] + 0.06))
    assert reflex.first_third == 1
    assert reflex.last_third == 0
    assert reflex.habituation_p < 0.001
    assert reflex.to_dict()["habituation"] == "habituates"
    assert reflex.kept == 0


def test_a_reflex_that_stays_persists_and_one_that_is_not_locked_says_nothing():
    taps = np.arange(10, 580, 8.0)
    (reflex,) = measure_reflexes(recording([(t, 0.0, "sound") for t in taps]), jerks_at(taps + 0.06))
    assert (reflex.habituation, reflex.kept) == ("persists", 1.0)
    assert reflex.kept_interval[0] < 1 < reflex.kept_interval[1]
    (other,) = measure_reflexes(recording([(t, 0.0, "sound") for t in taps]), jerks_at([300.0]))
    assert (other.habituation, other.kept_interval) == ("not assessable", None)


def test_the_interval_of_what_a_reflex_keeps_covers_the_truth():
    rng, covered = np.random.default_rng(75), 0
    for k in range(300):
        first, last = rng.uniform(0.3, 0.95), rng.uniform(0.1, 0.95)
        _, interval = _kept(rng.binomial(20, first), rng.binomial(20, last), 20, k)
        covered += interval is not None and interval[0] <= last / first <= interval[1]
    assert covered >= 0.92 * 300


def status(codes, *, idle=0, sfreq=100, duration=600):
    """A trigger channel that holds each code for 50 ms from its time on, with the upper bits of a BioSemi word set."""
    word = np.full(duration * sfreq, idle)
    for time, code in codes:
        word[round(time * sfreq) : round(time * sfreq) + 5] = code
    return from_array(word[None] + 0x10000, sfreq=sfreq, labels=["Status"], unit="uV")


@pytest.mark.parametrize("idle", [0, 255])
def test_codes_of_a_trigger_channel_are_stimuli(idle):
    taps = np.arange(5.0, 590, 7)
    triggered = status([(t, 3) for t in taps] + [(t + 1, 4) for t in taps[:5]], idle=idle)
    assert {k: v.size for k, v in read_triggers(triggered).items()} == {"Status 3": taps.size, "Status 4": 5}
    (reflex,) = measure_reflexes(triggered, jerks_at(taps + 0.05))
    assert (reflex.stimulus, reflex.locked) == ("Status 3", True)
    assert reflex.latency == pytest.approx(0.05, abs=0.002)


def test_a_trigger_that_is_held_over_a_block_counts_once():
    word = np.zeros((1, 20_000))
    word[0, 5900:6100] = 7
    triggered = from_array(word, sfreq=100, labels=["Status"], unit="uV")
    assert read_triggers(triggered)["Status 7"].tolist() == [59.0]


def test_a_code_that_is_held_is_a_condition():
    word = np.zeros((1, 60_000))
    word[0, 10_000:30_000], word[0, 30_000:36_000] = 4, 5
    triggered = from_array(word, sfreq=100, labels=["Status"], unit="uV")
    assert {name: list(on) for name, on in read_codes(triggered).items()} == {
        "Status 4": [(100.0, 300.0)],
        "Status 5": [(300.0, 360.0)],
    }
    found = measure_conditions(triggered, jerks_at(np.arange(102.0, 298, 2)))
    assert [(c.label, c.duration, c.verdict) for c in found] == [
        ("Status 4", 200.0, "more"),
        ("Status 5", 60.0, "not assessable"),
    ]


def test_a_code_ends_with_the_data():
    word = np.full((1, 5000), 9.0)
    word[0, :3000] = 0
    (on,) = read_codes(from_array(word, sfreq=100, labels=["Status"], unit="uV")).values()
    assert list(on) == [(30.0, 50.0)]


def test_an_analogue_stimulus_channel_has_no_codes():
    wave = np.random.default_rng(84).normal(0, 3, (1, 5000))
    assert read_triggers(from_array(wave, sfreq=100, labels=["Status"], unit="uV")) == {}


def test_size_of_the_bursts_of_each_condition():
    bursts = volleys(HAND, np.arange(5.0, 595, 5), [0, 0.002], [0.03, 0.05])
    notes = [(0.0, 300.0, "rest"), (300.0, 300.0, "posture")]
    for condition in measure_conditions(recording(notes), group_jerks(bursts)):
        assert condition.amplitude_interval[0] <= condition.amplitude <= condition.amplitude_interval[1]
        assert condition.to_dict()["burst_duration_ms"] == pytest.approx(40, abs=11)
        assert condition.n_bursts == 118


def tense(when):
    """Silences without any, of hand muscles that were tense at these times."""
    none = np.empty(0)
    spans = (Intervals.merged(*np.array(when, float).T),) * len(HAND)
    return Silences(none.astype(int), none, none, none, none.astype(bool), tuple(HAND), np.zeros(2), spans)


def test_action_myoclonus_is_more_frequent_in_the_tense_muscle():
    times = np.concatenate([np.arange(2.0, 100, 1), np.arange(105.0, 590, 20)])
    quiet = recording([(0.0, 0.0, "start")])
    (found,) = measure_conditions(quiet, jerks_at(times), silences=tense([(0, 100)]))
    assert (found.label, found.verdict, found.duration) == ("tense muscle", "more", 200.0)
    assert found.n_jerks == 2 * 98


def test_muscles_that_are_never_tense_give_no_condition():
    quiet = recording([(0.0, 0.0, "start")])
    assert measure_conditions(quiet, jerks_at(np.arange(5.0, 590, 9)), silences=tense([(0, 5)])) == ()
