import numpy as np
import pytest
from eeg_world import ELECTRODES, add_at, channels, eeg, make_jerks, onsets, recording

from myosig.localize.cooccurrence import measure_cooccurrence
from myosig.localize.cortex.discharges import find_discharges
from myosig.localize.cortex.tracks import read_tracks

RATE = 250.0


def spike_wave(t):
    """A negative spike at 0 and a slow negative wave after it."""
    return -np.exp(-((t / 0.014) ** 2) / 2) - 0.8 * np.exp(-(((t - 0.2) / 0.06) ** 2) / 2)


def world(seed, *, n=40, discharges="none", amplitude=90.0, electrodes=ELECTRODES, wave=spike_wave):
    """Jerks, and discharges 40 ms before each, or at times of their own, at the given electrodes."""
    rng = np.random.default_rng(seed)
    times = onsets(rng, n, 4.0, 0.8)
    duration = times[-1] + 4
    brain = eeg(rng, duration, RATE, len(ELECTRODES))
    spikes = {"none": [], "leading": times - 0.04, "apart": onsets(rng, n, 4.0, 0.8)}[discharges]
    for electrode in electrodes:
        add_at(brain[ELECTRODES.index(electrode)], RATE, spikes, wave, amplitude)
    chans = channels(duration, eeg_rate=RATE)
    inside = np.asarray(spikes)[np.asarray(spikes) < duration - 1]
    return recording(brain, chans), make_jerks(times, chans[len(brain) :]), inside


def test_spike_waves_are_found_where_they_are():
    rec, _, spikes = world(171, discharges="apart")
    found = find_discharges(read_tracks(rec, rate=RATE))
    near = np.abs(found.time[:, None] - spikes).min(axis=1)
    assert len(found) >= 0.9 * len(spikes)
    assert (near < 0.02).mean() > 0.95
    assert found.wave.mean() > 0.8
    assert found.generalised.mean() > 0.9


def test_a_focal_spike_is_not_generalised():
    rec, _, _ = world(72, discharges="apart", electrodes=("F3", "C3"))
    found = find_discharges(read_tracks(rec, rate=RATE))
    assert len(found) > 30
    assert found.generalised.mean() < 0.1
    assert set(found.channel) <= {"EEG F3", "EEG C3"}


def test_background_holds_hardly_any():
    rec, _, _ = world(73)
    assert len(find_discharges(read_tracks(rec, rate=RATE))) <= 1


def test_discharges_that_lead_the_jerks_coincide():
    rec, jerks, _ = world(74, discharges="leading")
    found = measure_cooccurrence(rec, jerks)
    assert found.verdict == "present"
    assert found.jerks_with_discharge > 0.8
    assert found.discharges_with_jerk > 0.8
    assert found.lag == pytest.approx(0.04, abs=0.01)
    assert found.generalised is True
    assert found.lag_counts.argmax() == np.searchsorted(found.lag_edges, 0.04) - 1


def test_discharges_of_their_own_do_not():
    rec, jerks, _ = world(75, discharges="apart")
    found = measure_cooccurrence(rec, jerks)
    assert found.verdict == "absent"
    assert found.n_discharges > 30


def test_without_discharges_the_answer_gives_its_power():
    rec, jerks, _ = world(76)
    found = measure_cooccurrence(rec, jerks)
    assert found.verdict == "absent"
    assert found.n_coincident == 0
    assert found.jerks_interval[1] == pytest.approx(1 - 0.025 ** (1 / 40), abs=1e-3)  # Clopper-Pearson, 0 of 40


def test_without_jerks_the_discharges_are_still_counted():
    rec, jerks, _ = world(77, discharges="apart")
    found = measure_cooccurrence(rec, jerks[:0])
    assert found.verdict == "not assessable"
    assert found.n_discharges > 30
