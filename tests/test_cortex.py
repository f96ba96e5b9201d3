from dataclasses import replace

import numpy as np
import pytest
from eeg_world import ELECTRODES, Arrays, add_at, channels, eeg, make_jerks, onsets, recording, spike

from myosig.localize.cortex.overlap import Span, find_overlap
from myosig.localize.cortex.premyoclonic import fast_growth, find_premyoclonic_potential
from myosig.localize.cortex.scan import averages, epochs
from myosig.localize.cortex.tracks import read_tracks
from myosig.localize.eeg import study_eeg
from myosig.recording import Recording

HAND = (("abductor pollicis brevis", "right"),)
LATENCY = 0.021


def jerky(seed, *, n=60, amplitude=0.0, latency=LATENCY, interval=4.0, cv=1.0, rate=500.0, emg=HAND, lags=(0.0,)):
    """A recording of 10 µV EEG with a spike of that amplitude over C3 before each jerk."""
    rng = np.random.default_rng(seed)
    times = onsets(rng, n, interval, cv)
    duration = times[-1] + 4
    brain = eeg(rng, duration, rate, len(ELECTRODES))
    for electrode, share in (("C3", 1.0), ("Cz", 0.6), ("F3", 0.5), ("C4", 0.3)):
        add_at(brain[ELECTRODES.index(electrode)], rate, times - latency, spike, amplitude * share)
    chans = channels(duration, eeg_rate=rate, emg=emg)
    return recording(brain, chans), make_jerks(times, chans[len(brain) :], lags=lags)


def test_a_spike_is_found_where_and_when_it_was_put():
    found = find_premyoclonic_potential(*jerky(9001, amplitude=6.0))
    assert found.verdict == "present"
    assert found.channel == "EEG C3"
    assert found.contralateral is True
    assert found.plausible is True
    assert found.amplitude > 0
    assert found.latency == pytest.approx(LATENCY, abs=0.004)
    assert found.latency_interval[0] <= found.latency <= found.latency_interval[1]


def test_jerks_that_begin_in_any_muscle_are_averaged_together():
    two = (*HAND, ("first dorsal interosseous", "right"))
    either = np.random.default_rng(9012).permuted(np.tile([0.0, 0.02], (60, 1)), axis=1)
    found = find_premyoclonic_potential(*jerky(9012, amplitude=6.0, emg=two, lags=either))
    assert found.verdict == "present"
    assert found.n > 50
    assert found.muscle.startswith("the first muscle")
    assert found.contralateral is True


def test_a_spike_is_found_where_jerks_follow_one_another_at_six_a_second():
    found = find_premyoclonic_potential(*jerky(9014, n=300, amplitude=4.0, interval=0.17, cv=0.12))
    assert found.verdict == "present"
    assert found.n > 200
    assert found.latency == pytest.approx(LATENCY, abs=0.004)


def test_what_the_jerk_before_left_behind_is_no_spike_of_the_next_one():
    before_the_next = 0.021 - 0.17  # a wave that far before each jerk, and so 149 ms after it, is after the last one
    found = find_premyoclonic_potential(
        *jerky(9015, n=300, amplitude=8.0, latency=before_the_next, interval=0.17, cv=0.12)
    )
    assert found.n > 200
    assert found.verdict != "present"


def test_what_differs_from_jerk_to_jerk_is_no_potential():
    rec, jerks = jerky(9016)
    rows, rng = list(rec.source.rows), np.random.default_rng(9016)
    for t in jerks.onset:
        add_at(rows[ELECTRODES.index("C3")], 500.0, [t - LATENCY], spike, 60 * rng.standard_normal())
    found = find_premyoclonic_potential(Recording(rec.channels, Arrays(rows)), jerks)
    assert found.p_value < 0.05
    assert found.verdict == "not assessable"
    assert "differ" in found.why


def test_nothing_seen_in_much_noise_is_not_absence():
    rec, jerks = jerky(9013)
    loud = Arrays([30 * row if c.kind == "eeg" else row for c, row in zip(rec.channels, rec.source.rows, strict=True)])
    tame = [replace(t, reason=np.zeros_like(t.reason)) for t in read_tracks(rec)]
    louder = [replace(t, values=30 * t.values) for t in tame]
    assert find_premyoclonic_potential(rec, jerks, tracks=tame).verdict == "absent"
    found = find_premyoclonic_potential(Recording(rec.channels, loud), jerks, tracks=louder)
    assert found.verdict == "not assessable"
    assert "low power" in found.why


def test_the_side_of_bilateral_jerks_cannot_be_told():
    both = (*HAND, ("abductor pollicis brevis", "left"))
    found = find_premyoclonic_potential(*jerky(9011, amplitude=6.0, emg=both, lags=(0.0, 0.004)))
    assert found.verdict == "present"
    assert found.contralateral is None


def test_nothing_is_found_where_nothing_was_put():
    found = find_premyoclonic_potential(*jerky(9012))
    assert found.verdict == "absent"
    assert found.p_value > 0.05
    assert found.required > 0
    assert "would have been seen" in found.why


def test_too_few_jerks_are_not_absence():
    found = find_premyoclonic_potential(*jerky(9003, n=30))
    assert found.verdict == "not assessable"
    assert "fewer than 50" in found.why


def test_a_potential_after_the_onset_is_no_evidence():
    found = find_premyoclonic_potential(*jerky(9004, amplitude=40.0, latency=-0.012))
    assert found.verdict == "absent"


def test_emg_only_goes_through():
    rec, jerks = jerky(9005)
    findings = study_eeg(rec.select(kind="emg"), jerks)
    assert findings.premyoclonic_potential.verdict == "not assessable"
    assert "no EEG" in findings.premyoclonic_potential.why
    assert findings.to_dict()["corticomuscular"]["verdict"] == "not assessable"


def test_no_jerks_goes_through():
    rec, jerks = jerky(9006)
    findings = study_eeg(rec, jerks[:0])
    assert findings.premyoclonic_potential.verdict == "not assessable"


def test_deconvolution_untangles_overlapping_responses():
    rng = np.random.default_rng(9010)
    times = onsets(rng, 400, 0.3, 0.4)
    chans = channels(times[-1] + 2, eeg_rate=250.0, electrodes=("C3",))
    response = lambda t: np.exp(-(((t - 0.1) / 0.03) ** 2) / 2)  # noqa: E731
    brain = rng.standard_normal((1, chans[0].n_samples))
    add_at(brain[0], 250.0, times, response, 10.0)
    track = read_tracks(recording(brain, chans), rate=250.0)[0]
    spans = Span(-50, 50), Span(0, 75)
    means, _ = averages(track, spans, (times[None], times[None]))
    found = find_overlap(track, times, times, *spans).solve(means[0])
    expected = 10 * response(np.arange(-50, 75) / 250.0)
    plain = epochs(track, times, -50, 125).mean(axis=0)
    error = np.abs(found - expected).max()
    assert error < 0.5
    assert error < 0.2 * np.abs(plain - expected).max()


def test_early_muscle_in_the_eeg_shows_by_its_fast_activity_and_a_spike_does_not():
    found = find_premyoclonic_potential(*jerky(9012, amplitude=30.0, rate=1000.0))
    assert fast_growth(found.average, 0.0) < 1.5
    assert found.verdict == "present"
    rng = np.random.default_rng(9012)
    muscle = np.where((found.average.times > -0.012) & (found.average.times < 0), 20.0, 0.0)
    noisy = found.average.trials + muscle * rng.standard_normal(found.average.trials.shape)
    assert fast_growth(replace(found.average, trials=noisy), 0.0) > 2


@pytest.mark.parametrize(("level", "why"), [(3, "fast activity"), (25, "EEG: muscle")])
def test_a_spike_under_early_muscle_is_not_assessable(level, why):
    rec, jerks = jerky(9013, amplitude=12.0, rate=1000.0)
    rng = np.random.default_rng(9013)
    rows = [rec.read(label) for label in rec.labels]
    for t in jerks.onset:
        first = int((t - 0.014) * 1000)
        for row in rows[:8]:
            row[first : first + 60] += level * rng.standard_normal(60)
    found = find_premyoclonic_potential(recording(rows[:8], rec.channels, rows[8:]), jerks)
    assert found.verdict == "not assessable"
    assert why in found.why
