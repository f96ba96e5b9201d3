"""The slow potential and the desynchronisation before a jerk."""

from dataclasses import replace

import numpy as np
import pytest
from eeg_world import ELECTRODES, channels, eeg, make_jerks, onsets, pink, recording

from myosig.localize.cortex.desynchronisation import find_desynchronisation
from myosig.localize.cortex.slow import find_slow_potential, slow_share
from myosig.localize.cortex.tracks import read_tracks
from myosig.recording import Recording

RATE = 250.0


def ramp(t, start=1.3):
    """A negativity that grows from 1.3 s before 0, and is gone 0.4 s after it."""
    return -np.interp(t, [-start, 0, 0.4], [0, 1, 0])


def quiet_jerks(seed, *, n=50, amplitude=0.0, loss=0.0, **more):
    """Jerks some 6 s apart, each after a slow negativity or a loss of beta over the central electrodes."""
    rng = np.random.default_rng(seed)
    times = onsets(rng, n, 6.0, 0.3, start=5.0)
    chans = channels(times[-1] + 4, eeg_rate=RATE, **more)
    brain = eeg(rng, times[-1] + 4, RATE, len(ELECTRODES))
    beta = pink(rng, brain.shape[1], RATE, sd=1, exponent=0, alpha=0)
    f = np.fft.rfftfreq(beta.size, 1 / RATE)
    beta = np.fft.irfft(np.fft.rfft(beta) * np.exp(-(((f - 23) / 3) ** 2)), beta.size)
    gain = np.ones(beta.size)
    for t in times:
        gain[int((t - 1.2) * RATE) : int((t + 0.3) * RATE)] = 1 - loss
        for e in ("C3", "Cz", "C4"):
            first = int((t - 1.6) * RATE)
            at = np.arange(first, first + int(2.2 * RATE))
            brain[ELECTRODES.index(e), at] += amplitude * ramp(at / RATE - t)
    brain[ELECTRODES.index("C3")] += 4 * beta / beta.std() * gain
    return recording(brain, chans), make_jerks(times, chans[len(brain) :])


def test_a_slow_negativity_is_found_with_its_onset_and_parts():
    found = find_slow_potential(*quiet_jerks(81, amplitude=10.0))
    assert found.verdict == "present"
    assert found.channel in ("EEG C3", "EEG Cz", "EEG C4")
    assert 0.6 < found.latency < 2.0
    assert found.latency_interval[0] <= 1.3 <= found.latency_interval[1]
    assert found.amplitude == pytest.approx(-10, abs=4)
    assert found.late < found.early < 0
    assert found.to_dict()["latency_ms"] == pytest.approx(1000 * found.latency)


def test_no_slow_potential():
    found = find_slow_potential(*quiet_jerks(82))
    assert found.verdict == "absent"
    assert "does not state the EEG's high-pass" in found.why


def test_in_a_bipolar_montage_the_slow_potential_may_be_positive():
    rec, jerks = quiet_jerks(184, amplitude=10.0)
    brain = dict(zip(ELECTRODES, rec.source.rows, strict=False))
    pairs = [("F3", "C3"), ("F4", "C4")]
    chans = [replace(rec.channels[0], label=f"EEG {a}-{b}", site=f"{a}-{b}") for a, b in pairs]
    found = find_slow_potential(recording([brain[a] - brain[b] for a, b in pairs], [*chans, rec.channels[-1]]), jerks)
    assert found.verdict == "present"
    assert "positivity" in found.why


def test_against_the_vertex_the_slow_potential_is_positive_elsewhere():
    rec, jerks = quiet_jerks(185, n=80, amplitude=10.0)
    brain = dict(zip(ELECTRODES, rec.source.rows, strict=False))
    chans = [replace(rec.channels[0], label=f"EEG {e}-Cz", site=f"{e}-Cz") for e in ("F3", "F4")]
    against = recording([brain[e] - brain["Cz"] for e in ("F3", "F4")], [*chans, rec.channels[-1]])
    assert "positivity" in find_slow_potential(against, jerks).why


def test_a_positivity_is_no_bereitschaftspotential():
    assert find_slow_potential(*quiet_jerks(183, amplitude=-12.0)).verdict == "absent"


def test_a_high_pass_takes_it_away():
    found = find_slow_potential(*quiet_jerks(84, amplitude=10.0, highpass=0.5))
    assert found.verdict == "not assessable"
    assert "0.5 Hz" in found.why
    assert find_slow_potential(*quiet_jerks(84, amplitude=10.0, highpass=0.1)).verdict == "present"


def test_too_few_jerks_are_low_power():
    found = find_slow_potential(*quiet_jerks(85, n=30))
    assert found.verdict == "not assessable"
    assert "low power" in found.why
    assert find_slow_potential(*quiet_jerks(86, n=12)).n <= 12


def test_a_steep_high_pass_shows_in_the_spectrum():
    rec, _ = quiet_jerks(87)
    track = read_tracks(rec, rate=20.0)[0]
    drift = np.cumsum(np.random.default_rng(87).standard_normal(track.values.size)).astype(np.float32)
    assert slow_share(replace(track, values=drift)) > 1
    fast = np.diff(track.values, n=2, prepend=0, append=0).astype(np.float32)
    assert slow_share(replace(track, values=fast)) < 0.1


def test_a_loss_of_beta_is_found():
    found = find_desynchronisation(*quiet_jerks(91, loss=0.5))
    assert found.verdict == "present"
    assert found.channel == "EEG C3"
    assert found.band == (20.0, 30.0)
    assert -0.8 < found.change < -0.3
    before = (found.times > -1.0) & (found.times < -0.2)
    beta = (found.frequencies > 20) & (found.frequencies < 26)
    assert found.map[np.ix_(beta, before)].mean() < -2


def test_no_loss_of_beta():
    found = find_desynchronisation(*quiet_jerks(92))
    assert found.verdict == "absent"
    assert found.required > 0


def test_a_gain_of_beta_is_no_desynchronisation():
    assert find_desynchronisation(*quiet_jerks(93, loss=-0.8)).verdict == "absent"


def test_without_a_central_electrode_it_cannot_be_told():
    rec, jerks = quiet_jerks(94)
    far: Recording = rec.select(labels=["EEG O1", "EEG O2"])
    assert "central" in find_desynchronisation(far, jerks).why


def crowded(seed, *, n=150, interval=2.0, cv=1.0, slow=0.0, left=0.0):
    """Jerks that follow one another closely, each after a slow negativity, and each leaving a slow wave behind."""
    rng = np.random.default_rng(seed)
    times = onsets(rng, n, interval, cv, start=5.0)
    chans = channels(times[-1] + 5, eeg_rate=100.0, electrodes=("F3", "C3", "Cz", "C4"))
    brain = eeg(rng, times[-1] + 5, 100.0, 4)
    for t in times:
        at = np.arange(int((t - 1.5) * 100), int((t + 1.8) * 100))
        since = at / 100 - t
        brain[1:3, at] += slow * ramp(since)
        brain[:, at] += left * np.sin(np.pi * np.clip(since / 1.8, 0, 1)) * rng.uniform(0.7, 1.3)
    return recording(brain, chans), make_jerks(times, chans[4:])


def test_a_slow_potential_is_found_among_jerks_that_follow_one_another():
    rec, jerks = crowded(91, slow=7.0)
    found = find_slow_potential(rec, jerks)
    assert found.verdict == "present"
    assert found.n > 70 > (np.diff(jerks.onset) > 2.5).sum()  # with jerks that plain averaging has to throw away
    assert found.amplitude == pytest.approx(-7, abs=2.5)
    assert found.average.deconvolved is not None


@pytest.mark.parametrize("left", [15.0, -15.0])
def test_what_the_last_jerk_left_behind_is_no_slow_potential(left):
    for seed in range(96, 99):
        assert find_slow_potential(*crowded(seed, n=80, interval=3.0, cv=0.15, left=left)).verdict != "present"


def test_nothing_seen_is_no_absence_where_even_a_large_potential_would_be_missed():
    rec, jerks = crowded(95, n=60, interval=2.0, cv=0.02)  # the period is shorter than potential and response
    found = find_slow_potential(rec, jerks)
    assert found.verdict == "not assessable"
    assert "low power" in found.why


def test_the_power_grows_with_the_jerks_and_falls_with_a_high_pass():
    few, more = (find_slow_potential(*quiet_jerks(88, n=n)).power for n in (25, 80))
    filtered = find_slow_potential(*quiet_jerks(88, n=80, highpass=0.1)).power
    assert 0.2 < few < more < 1
    assert filtered < more
    assert find_slow_potential(*quiet_jerks(88, n=12)).power is None
