import numpy as np
import pytest

from myosig.detect.tremor import measure_tremor
from myosig.io.raw import from_array
from myosig.simulation import simulate

SFREQ = 1000.0


def shaken(envelope, rng, *, sfreq=SFREQ, offset=0.0):
    """EMG whose envelope is that, over a little noise."""
    noise = rng.normal(0, 1, (2, envelope.size))
    emg = 50 * envelope * noise[0] + 3 * noise[1] + offset
    return from_array(emg[None], sfreq=sfreq, labels=["EMG R FCR"], unit="uV")


def sine(frequency, *, sfreq=SFREQ):
    """Half waves of tremor for a minute."""
    return np.clip(np.sin(2 * np.pi * frequency * np.arange(0, 60, 1 / sfreq)), 0, None)


@pytest.mark.parametrize("frequency", [4.3, 6.0, 11.0, 16.0])
def test_tremor_and_its_frequency(frequency):
    tremor = measure_tremor(shaken(sine(frequency), np.random.default_rng(91)))
    assert tremor.verdict == "present"
    assert tremor.channels == ("EMG R FCR",)
    assert tremor.frequency == pytest.approx(frequency, abs=0.1)
    assert tremor.silence < 0.3


@pytest.mark.parametrize("sfreq", [256.0, 1024.0])
def test_frequency_at_rates_that_are_no_multiple_of_100(sfreq):
    tremor = measure_tremor(shaken(sine(6.0, sfreq=sfreq), np.random.default_rng(95), sfreq=sfreq))
    assert tremor.frequency == pytest.approx(6.0, abs=0.1)


def test_an_offset_does_not_hide_tremor():
    assert measure_tremor(shaken(sine(6.0), np.random.default_rng(96), offset=500.0)).verdict == "present"


def test_the_envelope_of_a_slow_rhythm_of_bursts_has_harmonics_beyond_chance():
    t = np.arange(0, 120, 1 / SFREQ)
    tremor = measure_tremor(shaken((t * 1.5 % 1) < 0.1, np.random.default_rng(97)))
    assert tremor.verdict == "absent"
    assert tremor.rhythm.frequency == pytest.approx(1.5, abs=0.05)
    assert [p < 0.01 for _, p in tremor.rhythm.harmonics] == [True, True, True]


def test_the_envelope_of_random_bursts_has_no_rhythm():
    rng = np.random.default_rng(98)
    found = 0
    for _ in range(30):
        envelope = np.zeros(60_000)
        for start in rng.integers(0, 59_000, 60):
            envelope[start : start + 80] = rng.lognormal(0, 0.5)
        found += measure_tremor(shaken(envelope, rng)).rhythm.p_value < 0.05
    assert found <= 4


def test_a_rhythm_of_brief_bursts_is_no_tremor():
    t = np.arange(0, 60, 1 / SFREQ)
    tremor = measure_tremor(shaken((t * 4 % 1) < 0.08, np.random.default_rng(92)))
    assert tremor.verdict == "absent"
    assert tremor.harmonics > 0.5


def test_the_harmonic_of_a_slower_rhythm_is_no_tremor():
    t = np.arange(0, 90, 1 / SFREQ)
    tremor = measure_tremor(shaken((t * 1.95 % 1) < 0.14, np.random.default_rng(99)))
    assert tremor.verdict == "absent"
    assert "harmonic of 1.9" in tremor.why


def shaken_antagonists(frequency, duty, apart, seed):
    """Flexor and extensor, the second so much of a cycle later."""
    rng, t = np.random.default_rng(seed), np.arange(0, 60, 1 / SFREQ)
    bursts = np.stack([(t * frequency + shift) % 1 < duty for shift in (0, apart)])
    emg = 50 * bursts * rng.normal(size=bursts.shape) + 3 * rng.normal(size=bursts.shape)
    return from_array(emg, sfreq=SFREQ, labels=["EMG R FCR", "EMG R ECR"], unit="uV")


@pytest.mark.parametrize(("apart", "verdict"), [(0.5, "present"), (0.0, "absent")])
def test_a_slow_rhythm_is_tremor_where_antagonists_alternate(apart, verdict):
    tremor = measure_tremor(shaken_antagonists(3.4, 0.3, apart, 101))
    assert (tremor.verdict, tremor.alternating) == (verdict, apart > 0)


@pytest.mark.parametrize(("frequency", "duty"), [(1.2, 0.3), (2.5, 0.5), (3.2, 0.3), (3.8, 0.2)])
def test_a_slow_rhythm_of_short_bursts_is_no_tremor_however_regular(frequency, duty):
    t = np.arange(0, 60, 1 / SFREQ)
    assert measure_tremor(shaken(t * frequency % 1 < duty, np.random.default_rng(102))).verdict == "absent"


def beating(labels, *, frequency=3.6, duty=0.5, pauses=False):
    """Channels that beat as one, without a pause or in rows of five."""
    rng, t = np.random.default_rng(103), np.arange(0, 60, 1 / SFREQ)
    active = (t * frequency % 1 < duty) & ~(pauses & (t * frequency % 10 > 5))
    emg = 50 * active * rng.normal(size=(len(labels), t.size)) + 3 * rng.normal(size=(len(labels), t.size))
    return measure_tremor(from_array(emg, sfreq=SFREQ, labels=labels, unit="uV"))


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["EMG R FCR", "EMG R ECR"], None),
        (["EMG R FCR", "EMG L ECR"], None),
        (["EMG R FCR", "EMG L FCR"], "both sides"),
        (["EMG R RAu", "EMG R RAl"], "trunk"),
        (["EMG R PECs", "EMG R ICu"], "trunk"),
    ],
)
def test_slowly_both_sides_as_one_or_the_trunk_jerk(labels, reason):
    tremor = beating(labels)
    assert tremor.verdict == ("absent" if reason else "present")
    assert (reason or "") in tremor.why


def test_the_odds_of_tremor_rise_with_the_length_of_the_bursts_and_fall_below_segmental_rhythms():
    odds = [beating(["EMG R TA"], frequency=f, duty=d).log_odds for f, d in ((3.4, 0.4), (5.0, 0.4), (5.0, 0.2))]
    assert odds[1] > 0 > odds[2]
    assert odds[0] < odds[1]


def test_quickly_both_sides_may_tremble_as_one():
    tremor = beating(["EMG R FCR", "EMG L FCR"], frequency=6.0)
    assert (tremor.verdict, tremor.both_sides) == ("present", True)


def test_beats_in_short_rows_are_repeated_jerks():
    assert beating(["EMG R TA"], frequency=5.0).unbroken > 0.9
    tremor = beating(["EMG R TA"], frequency=5.0, pauses=True)
    assert tremor.verdict == "absent"
    assert "come in rows" in tremor.why


def test_a_simulated_segmental_rhythm_near_4_hz_is_no_tremor():
    assert measure_tremor(simulate("segmental", seed=1, duration=60, n_eeg=0).recording).verdict == "absent"


def test_from_9_hz_on_cortical_tremor_is_named():
    found = [measure_tremor(shaken(sine(f), np.random.default_rng(100))).why for f in (6.0, 11.0)]
    assert ["cortical tremor" in why for why in found] == [False, True]


def test_noise_and_random_bursts_are_no_tremor():
    rng = np.random.default_rng(93)
    found = 0
    for k in range(10):
        envelope = np.zeros(60_000)
        for start in rng.integers(0, 59_000, 80 * (k % 2)):
            envelope[start : start + 100] = 1
        found += measure_tremor(shaken(envelope, rng)).verdict == "present"
    assert found == 0


def test_too_short_is_not_assessable():
    assert measure_tremor(shaken(np.ones(10_000), np.random.default_rng(94))).verdict == "not assessable"


def test_real_wrist_tremor(shared_data):
    values = np.loadtxt(shared_data / "tremor" / "wrist_flexor_tremor_5kHz.csv", delimiter=",", skiprows=1)
    recording = from_array(values[None, :, 1], sfreq=5000, labels=["EMG R FCR"], unit="mV")
    tremor = measure_tremor(recording)
    assert tremor.verdict == "present"
    assert 4 <= tremor.frequency <= 4.5


def test_fast_rhythmic_myoclonus_is_no_tremor():
    rng, found = np.random.default_rng(99), 0
    for frequency in (4.0, 5.5, 7.0, 8.0):
        envelope = np.zeros(60_000)
        for start in np.cumsum(rng.normal(SFREQ / frequency, 0.06 * SFREQ / frequency, 400)).astype(int):
            envelope[start : start + 18] = 1
        found += measure_tremor(shaken(envelope, rng)).verdict == "present"
    assert found == 0
