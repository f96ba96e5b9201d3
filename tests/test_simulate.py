"""The simulator: what it claims in its truth can be found in its samples."""

import numpy as np
import pytest
from scipy.signal import butter, coherence, sosfiltfilt

from myosig.errors import ParameterError
from myosig.patterns import PATTERNS
from myosig.simulation import SIMULATED, simulate
from myosig.simulation.montage import PROTOCOLS

SHORT = 40.0


@pytest.fixture(scope="module", params=SIMULATED)
def simulation(request):
    return simulate(request.param, seed=90001, duration=SHORT, n_eeg=8)


def test_it_can_show_all_six_patterns():
    assert set(PATTERNS) < set(SIMULATED)


def test_channels_are_as_asked(simulation):
    kinds = [c.kind for c in simulation.recording.channels]
    assert (kinds.count("emg"), kinds.count("eeg"), kinds.count("ecg")) == (16, 8, 1)
    assert simulation.truth.channels == simulation.recording.select(kind="emg").labels


def test_samples_are_finite_and_as_long_as_asked(simulation):
    emg = simulation.recording.select(kind="emg")
    assert emg.read().shape == (16, round(SHORT * 2000))
    assert all(np.isfinite(simulation.recording.read(c.label)).all() for c in simulation.recording.channels)


def test_bursts_are_louder_than_their_channel(simulation):
    """Half of the bursts at least stand 6 dB out of their channel above 30 Hz, hum and heart beats and all."""
    bursts, emg = simulation.truth.bursts, simulation.recording.select(kind="emg")
    fast = dict(zip(emg.labels, sosfiltfilt(butter(4, 30, "highpass", fs=2000, output="sos"), emg.read()), strict=True))
    rest = {label: np.diff(np.percentile(trace, [16, 84]))[0] / 2 for label, trace in fast.items()}
    rms = [
        np.std(fast[label][round(onset * 2000) : round(offset * 2000)]) / rest[label]
        for label, onset, offset in zip(bursts.channel, bursts.onset, bursts.offset, strict=True)
    ]
    assert not rms or simulation.truth.pattern == "tremor" or np.median(rms) > 2


def test_tables_agree(simulation):
    truth = simulation.truth
    for row in range(len(truth.jerks)):
        mine = truth.bursts.jerk == row
        assert truth.bursts.onset[mine].min() == pytest.approx(truth.jerks.onset[row])
        assert truth.bursts.offset[mine].max() == pytest.approx(truth.jerks.offset[row])


def test_findings_fit_the_pattern(simulation):
    truth = simulation.truth
    assert truth.finding == {"tremor": "tremor", "none": "none"}.get(truth.pattern, "myoclonus")
    assert (len(truth.jerks) >= 3) == (truth.pattern in PATTERNS) or truth.sign == "both"
    assert (len(truth.silences) > 0) == (truth.pattern == "negative")
    assert (truth.velocity is not None) == (truth.pattern in ("brainstem", "propriospinal"))


def test_a_seed_gives_one_recording():
    first, again, other = (simulate("cortical", seed=seed, duration=SHORT) for seed in (90002, 90002, 90003))
    assert first.truth.bursts.equals(again.truth.bursts)
    label = first.truth.channels[0]
    assert np.array_equal(first.recording.read(label), again.recording.read(label))
    assert not first.truth.bursts.equals(other.truth.bursts)


def test_true_edges_hold_the_burst():
    """With noise far below: silence just outside the true edges, signal just inside."""
    simulation = simulate("segmental", seed=90004, duration=SHORT, difficulty="easy", montage="arms")
    bursts, recording = simulation.truth.bursts, simulation.recording
    strong = bursts[(bursts.snr > 26) & (bursts.onset > 1)]
    inside, outside = [], []
    for label, onset, offset in zip(strong.channel, strong.onset, strong.offset, strict=True):
        trace = np.abs(recording.read(label, onset - 0.02, offset + 0.02) - np.median(recording.read(label)))
        outside.append(np.median(np.concatenate([trace[:38], trace[-38:]])))
        inside.append(np.median(trace[40:-40]))
    assert np.median(np.array(inside) / np.array(outside)) > 8


def test_propriospinal_lags_follow_the_velocity():
    """Central onset times (EMG onset less the conduction time from the root) grow by distance / velocity."""
    truth = simulate("propriospinal", seed=90005, duration=200, difficulty="easy", montage="trunk").truth
    from myosig.simulation.montage import choose_montage

    montage = choose_montage("trunk", n_emg=16, n_eeg=0, affected="right")
    away = np.abs(montage.position_mm - truth.origin_mm) / 1000
    taking_part = np.isfinite(truth.jerks.latency).sum(axis=0) >= 5
    latency = np.nanmedian(truth.jerks.latency[:, taking_part], axis=0)
    slope = np.polyfit(away[taking_part], latency - montage.root_to_muscle[taking_part], 1)[0]
    assert 1 / slope == pytest.approx(truth.velocity, rel=0.25)
    assert not taking_part[montage.in_region("cranial")].any()


def test_spike_comes_before_the_emg_by_the_corticomuscular_time():
    for seed in range(90006, 90030):
        simulation = simulate("cortical", seed=seed, duration=SHORT, difficulty="easy", n_eeg=21, montage="hand")
        spikes = simulation.truth.eeg[simulation.truth.eeg.kind == "premyoclonic spike"]
        if len(spikes):
            break
    eeg = simulation.recording.read([f"EEG {spikes.site[0]}"])[0]
    at = np.round(spikes.time[:, None] * 1000).astype(int) + np.arange(-150, 100)
    mean = eeg[at[(at.min(axis=1) >= 0) & (at.max(axis=1) < eeg.size)]].mean(axis=0)
    assert abs(np.argmax(mean[130:170]) - 20) <= 3
    ahead = simulation.truth.jerks.onset[spikes.jerk] - spikes.time
    assert 0.005 < np.median(ahead) < 0.03


def test_silences_are_silent():
    simulation = simulate("negative", seed=90031, duration=SHORT, difficulty="easy")
    truth = simulation.truth
    quiet, tense = [], []
    for label, onset, offset in zip(truth.silences.channel, truth.silences.onset, truth.silences.offset, strict=True):
        quiet.append(np.std(simulation.recording.read(label, onset, offset)))
        tense.append(np.std(simulation.recording.read(label, onset - 0.2, onset)))
    assert np.median(np.array(tense) / np.array(quiet)) > 5


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"pattern": "spinal"}, "pattern must be one of"),
        ({"difficulty": "extreme"}, "difficulty must be one of"),
        ({"montage": "tail"}, "montage must be one of"),
        ({"n_emg": 17}, "n_emg must be between"),
        ({"n_eeg": 7}, "n_eeg must be one of"),
        ({"labels": "none"}, "labels must be one of"),
        ({"duration": 1.0}, "at least 10 s"),
        ({"rate": -1.0}, "rate must be"),
        ({"pattern": "peripheral", "montage": "axial", "n_emg": 2}, "no two muscles of one nerve"),
    ],
)
def test_bad_arguments_are_named(arguments, complaint):
    with pytest.raises(ParameterError, match=complaint):
        simulate(**{"pattern": "cortical", "seed": 0, "duration": 20.0} | arguments)


@pytest.mark.parametrize("pattern", SIMULATED)
def test_odd_settings_work(pattern):
    montage = {"propriospinal": "axial", "peripheral": "hand"}.get(pattern, "arms")
    simulation = simulate(
        pattern, seed=90040, duration=10, sfreq=1000, n_emg=8, n_eeg=0, labels="numbered", montage=montage, rate=40
    )
    assert simulation.recording.labels[0] == "EMG 1"
    assert simulation.recording.channels[0].muscle is None


def test_sleep_is_annotated_and_changes_the_rate():
    truth = simulate("functional", seed=90060, duration=240, sleep=True, n_eeg=0, difficulty="easy")
    notes = truth.recording.annotations
    assert list(notes.text) == ["Sleep stage W"] * 4 + ["Sleep stage N2"] * 4
    onset = truth.truth.jerks.onset
    assert (onset < 120).sum() > 3 * (onset > 121).sum()


def test_spike_waves_come_where_they_are_asked_for():
    truth = simulate("cortical", seed=90061, duration=SHORT, spike_waves=True).truth
    assert truth.variant == "generalised"
    assert (truth.eeg.kind == "spike-wave").sum() == len(truth.jerks)


def test_tonic_drive_makes_muscle_and_cortex_coherent():
    """In at least one of the tensed muscles beyond the limit corrected for sites, muscles and bins."""
    candidates = (
        simulate("cortical", seed=seed, duration=200, difficulty="easy", montage="hand", n_eeg=21)
        for seed in range(90062, 90090)
    )
    simulation = next(s for s in candidates if s.truth.drawn["coherence"])
    highest = 0.0
    for label in simulation.truth.channels:
        muscle = np.abs(simulation.recording.read(label)).reshape(-1, 2).mean(axis=1)
        for site in ("C3", "C4", "Cz"):
            eeg = simulation.recording.read(f"EEG {site}")
            frequency, coherent = coherence(eeg, muscle, fs=1000, nperseg=1000, noverlap=0)
            highest = max(highest, coherent[(frequency >= 8) & (frequency <= 30)].max())
    looks = 16 * 3 * 23
    assert highest > 1 - (0.05 / looks) ** (1 / 199)


@pytest.mark.parametrize("montage", PROTOCOLS)
def test_written_and_read_again_every_channel_is_understood(montage, tmp_path):
    import myosig as ms

    made = simulate("none", seed=90070, duration=10, montage=montage, n_eeg=21).recording
    ms.write_edf(made, tmp_path / "simulated.edf")
    read = ms.read(tmp_path / "simulated.edf")
    for ours, theirs in zip(made.channels, read.channels, strict=True):
        assert (theirs.kind, theirs.muscle, theirs.side, theirs.segments, theirs.site) == (
            (ours.kind, ours.muscle, ours.side, ours.segments, ours.site)
        )
