"""What is not the finding although it looks like it, and what is although it looks like an artefact."""

import numpy as np
import pytest
from eeg_world import ELECTRODES, add_at, channels, eeg, make_jerks, onsets, recording, spike

from myosig.channel import Channel
from myosig.localize.cortex.discharges import find_discharges
from myosig.localize.cortex.premyoclonic import find_premyoclonic_potential
from myosig.localize.cortex.tracks import read_tracks

RATE = 250.0


def around(times, wave, amplitude, *, seed, electrodes=ELECTRODES):
    """EEG with a wave at those times, and how long it lasts."""
    rng = np.random.default_rng(seed)
    duration = float(times[-1]) + 5
    brain = eeg(rng, duration, RATE, len(ELECTRODES))
    for electrode in electrodes:
        add_at(brain[ELECTRODES.index(electrode)], RATE, times, wave, amplitude)
    return brain, duration


def vertex_wave(t):
    return -np.exp(-((t / 0.05) ** 2) / 2)


def blink(t):
    return np.where(np.abs(t) < 0.15, np.cos(np.pi * t / 0.3) ** 2, 0.0)


@pytest.mark.parametrize(("wave", "amplitude"), [(vertex_wave, 90.0), (blink, 120.0)])
def test_waves_of_the_healthy_brain_and_of_the_eyes_are_no_discharges(wave, amplitude):
    times = onsets(np.random.default_rng(601), 40, 4.0, 0.5)
    brain, duration = around(times, wave, amplitude, seed=602)
    found = find_discharges(read_tracks(recording(brain, channels(duration, eeg_rate=RATE)), rate=RATE))
    assert len(found) <= 2


def test_a_giant_spike_before_most_jerks_is_the_finding_and_no_artefact():
    times = onsets(np.random.default_rng(603), 30, 4.0, 0.5)
    brain, duration = around(times - 0.021, spike, 250.0, seed=604, electrodes=("C3", "Cz"))
    chans = channels(duration, eeg_rate=RATE)
    found = find_premyoclonic_potential(recording(brain, chans), make_jerks(times, chans[len(brain) :]))
    assert found.verdict == "present"
    assert found.n >= 25
    assert found.amplitude > 150
    assert found.latency == pytest.approx(0.021, abs=0.003)


def test_heart_beats_in_the_eeg_are_no_spikes_even_where_jerks_follow_them():
    rng = np.random.default_rng(605)
    beats = np.cumsum(rng.normal(0.85, 0.03, 300)) + 1

    def qrs(t):
        return np.exp(-((t / 0.01) ** 2) / 2) - 0.25 * np.exp(-(((t - 0.026) / 0.011) ** 2) / 2)

    jerks = beats[4::4] + 0.025  # as a detector marks them that takes the heart in a trunk muscle for jerks
    brain, duration = around(np.append(beats, jerks[-1] + 2), qrs, 40.0, seed=606)
    ecg = 3 * rng.standard_normal(round(duration * 500))
    add_at(ecg, 500.0, beats, qrs, 1000.0)
    chans = channels(duration, eeg_rate=RATE)
    heart = Channel("ECG", "ecg", 500.0, "uV", ecg.size)
    silence = [np.zeros(c.n_samples, np.float32) for c in chans[len(brain) :]]
    found = find_premyoclonic_potential(
        recording(brain, [*chans, heart], [*silence, ecg.astype(np.float32)]), make_jerks(jerks, chans[len(brain) :])
    )
    assert found.verdict == "not assessable"
    assert "EEG: heart beat" in found.why
