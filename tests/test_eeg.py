"""The EEG side on recordings as they come: of one kind only, with gaps, of several rates, unlabelled."""

import json

import numpy as np
import pytest
from eeg_world import ELECTRODES, Arrays, add_at, channels, eeg, make_jerks, onsets, recording, spike

from myosig.annotations import Annotations
from myosig.channel import Channel
from myosig.errors import ParameterError
from myosig.intervals import Intervals
from myosig.localize.cortex.posterior import measure_alpha
from myosig.localize.cortex.premyoclonic import find_premyoclonic_potential
from myosig.localize.cortex.reference import rereferenced
from myosig.localize.eeg import jerks_of_one_state, study_eeg
from myosig.recording import Recording

PARTS = (
    "premyoclonic_potential",
    "slow_potential",
    "desynchronisation",
    "corticomuscular",
    "intermuscular",
    "cooccurrence",
    "alpha",
)


def patient(seed, *, n=60, amplitude=5.0, rate=500.0, electrodes=ELECTRODES, **more):
    """EEG with a spike 21 ms before each jerk at the third electrode, and EMG noise."""
    rng = np.random.default_rng(seed)
    times = onsets(rng, n, 4.0, 0.6)
    chans = channels(times[-1] + 4, eeg_rate=rate, electrodes=electrodes, **more)
    brain = eeg(rng, times[-1] + 4, rate, len(electrodes))
    add_at(brain[2], rate, times - 0.021, spike, amplitude)
    emg = [5 * rng.standard_normal(c.n_samples, dtype=np.float32) for c in chans[len(electrodes) :]]
    return recording(brain, chans, emg), make_jerks(times, chans[len(electrodes) :])


def check(findings):
    """Every part is there, says a verdict and why, and becomes valid JSON without NaN."""
    written = json.loads(json.dumps(findings.to_dict(), allow_nan=False))
    for part in PARTS:
        assert written[part]["verdict"] in ("present", "absent", "not assessable", "not leading")
        assert written[part]["why"]
    return written


def test_all_parts_of_a_whole_recording():
    written = check(study_eeg(*patient(501)))
    assert written["premyoclonic_potential"]["verdict"] == "present"
    assert written["premyoclonic_potential"]["latency_ms"] == pytest.approx(21, abs=3)
    assert "Jerk-locked potential present" in written["correlate"]


def test_the_answer_names_the_power_where_nothing_was_found():
    written = check(study_eeg(*patient(502, amplitude=0.0)))
    assert written["premyoclonic_potential"]["detectable_uv"] > 0
    assert "would have been seen" in written["correlate"]


def test_emg_only():
    rec, jerks = patient(503)
    written = check(study_eeg(rec.select(kind="emg"), jerks))
    assert all(written[p]["verdict"] == "not assessable" for p in PARTS)


def test_eeg_only():
    rec, jerks = patient(504)
    findings = study_eeg(rec.select(kind="eeg"), make_jerks([], ()))
    written = check(findings)
    assert written["alpha"]["verdict"] in ("present", "absent")
    assert written["premyoclonic_potential"]["verdict"] == "not assessable"
    assert len(jerks) == 60


def test_a_very_short_recording():
    rec, jerks = patient(505)
    check(study_eeg(rec.crop(3.0, 5.0), jerks[jerks.onset < 5.0]))


def test_no_channels_at_all():
    rec, jerks = patient(506)
    check(study_eeg(rec.select(labels=[]), jerks[:0]))


def test_electrodes_without_names():
    rec, jerks = patient(507)
    nameless = [
        Channel(f"ch{k}", c.kind, c.sfreq, c.unit, c.n_samples, side=c.side) for k, c in enumerate(rec.channels)
    ]
    written = check(study_eeg(Recording(nameless, rec.source), jerks))
    assert written["premyoclonic_potential"]["verdict"] == "present"
    assert written["premyoclonic_potential"]["contralateral"] is None


def test_a_flat_and_a_missing_electrode_do_no_harm():
    rec, jerks = patient(508)
    rows = [rec.read(c.label) for c in rec.channels]
    rows[0][:] = 0
    rows[1][:] = np.nan
    found = find_premyoclonic_potential(Recording(rec.channels, Arrays(rows)), jerks)
    assert found.verdict == "present"
    assert found.channel == "EEG C3"


def test_a_gap_costs_only_the_jerks_beside_it():
    rec, jerks = patient(509)
    whole = rec.segments.stop[0]
    gap = Recording(rec.channels, rec.source, layout=Intervals([0.0, 160.0], [100.0, 60.0 + whole]))
    later = make_jerks(np.where(jerks.onset < 100, jerks.onset, jerks.onset + 60), jerks.channels)
    plain, found = find_premyoclonic_potential(rec, jerks), find_premyoclonic_potential(gap, later)
    assert found.verdict == "present"
    assert plain.n - 1 <= found.n <= plain.n
    assert found.latency == pytest.approx(plain.latency, abs=0.002)


def test_eeg_of_two_rates():
    rec, jerks = patient(510)
    slow = [Channel("EEG T7", "eeg", 250.0, "uV", rec.channels[0].n_samples // 2, site="T7")]
    rng = np.random.default_rng(510)
    rows = [rec.read(c.label) for c in rec.channels] + list(eeg(rng, rec.tmax, 250.0, 1))
    both = Recording([*rec.channels, *slow], Arrays(rows))
    found = find_premyoclonic_potential(both, jerks)
    assert found.verdict == "present"
    assert "EEG T7" not in [c.label for c in found.average.channels]
    check(study_eeg(both, jerks))


def test_an_artefact_at_every_jerk_is_rejected_and_counted():
    rec, jerks = patient(511, amplitude=0.0)
    rows = [rec.read(c.label) for c in rec.channels]
    for row in rows[:8]:
        add_at(row, 500.0, jerks.onset[:20] - 0.05, lambda t: np.exp(-((t / 0.02) ** 2)), 400.0)
    found = find_premyoclonic_potential(Recording(rec.channels, Arrays(rows)), jerks)
    assert found.verdict in ("absent", "not assessable")
    assert found.average.rejected["EEG: above 150 µV"] >= 18


def test_gain_and_polarity_of_the_eeg():
    rec, jerks = patient(512)
    plain = find_premyoclonic_potential(rec, jerks)
    rows = [rec.read(c.label) for c in rec.channels]
    flipped = find_premyoclonic_potential(Recording(rec.channels, Arrays([-0.5 * r for r in rows])), jerks)
    assert flipped.latency == pytest.approx(plain.latency)
    assert flipped.amplitude == pytest.approx(-0.5 * plain.amplitude, rel=1e-3)
    assert flipped.p_value == pytest.approx(plain.p_value, abs=0.003)


def test_the_order_of_channels_does_not_matter():
    rec, jerks = patient(513)
    order = [3, 1, 2, 0, 7, 5, 6, 4, 8]
    mixed = Recording([rec.channels[k] for k in order], Arrays([rec.read(rec.labels[k]) for k in order]))
    a, b = find_premyoclonic_potential(rec, jerks), find_premyoclonic_potential(mixed, jerks)
    assert (a.channel, a.latency, a.p_value) == (b.channel, b.latency, b.p_value)


def test_the_seed_decides():
    rec, jerks = patient(514, amplitude=0.0)
    assert (
        find_premyoclonic_potential(rec, jerks, seed=3).p_value
        == find_premyoclonic_potential(rec, jerks, seed=3).p_value
    )


def alpha_world(seed, *, left=20.0, right=20.0, frequency=9.5, notes=None):
    rng = np.random.default_rng(seed)
    n = 60 * 250
    t = np.arange(n) / 250
    brain = np.cumsum(rng.standard_normal((2, n)), axis=1)
    brain -= np.linspace(0, 1, n) * brain[:, -1:]
    for row, size in zip(brain, (left, right), strict=True):
        row += size / 2 * np.sin(2 * np.pi * frequency * t)
    chans = [Channel(f"EEG {e}", "eeg", 250.0, "uV", n, site=e) for e in ("O1", "O2")]
    return Recording(chans, Arrays(list(brain)), annotations=notes)


def test_alpha_peak_amplitude_and_symmetry():
    found = measure_alpha(alpha_world(521))
    assert found.verdict == "present"
    assert found.frequency == pytest.approx(9.5, abs=0.3)
    assert found.left == pytest.approx(20, rel=0.25)
    assert found.symmetric is True
    assert measure_alpha(alpha_world(522, right=6.0)).symmetric is False


def test_no_alpha():
    assert measure_alpha(alpha_world(523, left=0.0, right=0.0)).verdict == "absent"


def test_alpha_is_taken_from_wakefulness_where_that_is_annotated():
    notes = Annotations([0.0, 30.0], [30.0, 30.0], np.array(["Sleep stage W", "Sleep stage N2"], dtype=object))
    found = measure_alpha(alpha_world(524, notes=notes))
    assert found.n == 30
    assert "awake" in found.why


def test_alpha_is_taken_from_closed_eyes_where_that_is_annotated():
    notes = Annotations([0.0, 30.0], [24.0, 30.0], np.array(["Eyes closed", "eyes open"], dtype=object))
    found = measure_alpha(alpha_world(525, notes=notes))
    assert found.n == 24
    assert "eyes closed" in found.why


def noted(rec, *notes):
    onset, duration, text = zip(*notes, strict=True)
    return rec.with_annotations(Annotations(onset, duration, np.array(text, dtype=object)))


def test_jerks_of_sleep_are_not_averaged_with_those_of_wakefulness():
    rec, jerks = patient(526, n=80)
    middle = float(jerks.onset[60])
    asleep = noted(rec, (0.0, middle, "Sleep stage W"), (middle, rec.tmax - middle, "Sleep stage N2"))
    awake, words = jerks_of_one_state(asleep, jerks)
    assert len(awake) == 60
    assert words == "averages of 60 jerks of wakefulness, not of 20 of sleep"
    mostly = noted(rec, (0.0, float(jerks.onset[20]), "Sleep stage W"), (jerks.onset[20], 900.0, "Sleep stage N2"))
    assert len(jerks_of_one_state(mostly, jerks)[0]) == 60
    assert jerks_of_one_state(rec, jerks)[0] is jerks
    assert "60 jerks of wakefulness" in study_eeg(asleep, jerks).correlate


def test_average_and_named_reference():
    rec, _ = patient(527, n=20)
    brain = np.stack([rec.read(f"EEG {e}") for e in ELECTRODES])
    mean, cz = rereferenced(rec, "average"), rereferenced(rec, "EEG Cz")
    np.testing.assert_allclose(mean.read("EEG C3"), brain[2] - brain.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(cz.read("EEG C3", 3.0, 4.0), (brain[2] - brain[3])[1500:2000], atol=1e-4)
    np.testing.assert_array_equal(cz.read(cz.channels[-1].label), rec.read(rec.channels[-1].label))
    assert mean.channel("EEG C3").site == "C3-average"
    assert rereferenced(rec, "as recorded") is rec


def test_the_reference_is_named_and_a_spike_survives_it():
    rec, jerks = patient(528, amplitude=8.0)
    plain, mean, named = (study_eeg(rec, jerks, reference=r) for r in ("as recorded", "average", "EEG O2"))
    assert [f.premyoclonic_potential.verdict for f in (plain, mean, named)] == ["present"] * 3
    assert plain.reference == "as recorded, against a reference that the file does not state"
    assert mean.reference == mean.premyoclonic_potential.average.reference == "against the average of 8 electrodes"
    assert named.to_dict()["reference"] == "against EEG O2"


@pytest.mark.parametrize("reference", ["EEG A1", "mastoid"])
def test_an_unknown_reference_is_refused(reference):
    rec, _ = patient(529, n=12)
    with pytest.raises(ParameterError, match=reference):
        rereferenced(rec, reference)


def test_bipolar_derivations_cannot_be_referenced_anew():
    rec, _ = patient(530, n=12, electrodes=("F3-C3", "C3-P3", "C4-P4"))
    with pytest.raises(ParameterError, match="C3, P3, P4"):
        rereferenced(rec, "average")
