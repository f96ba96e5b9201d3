import numpy as np
import pytest

from myosig.detect.tremor import measure_tremor
from myosig.io.raw import from_array

SFREQ = 1000.0


def shaken(envelope, rng):
    """EMG whose envelope is that, over a little noise."""
    noise = rng.normal(0, 1, (2, envelope.size))
    return from_array((50 * envelope * noise[0] + 3 * noise[1])[None], sfreq=SFREQ, labels=["EMG R FCR"], unit="uV")


@pytest.mark.parametrize("frequency", [4.3, 6.0, 11.0])
def test_tremor_and_its_frequency(frequency):
    t = np.arange(0, 60, 1 / SFREQ)
    tremor = measure_tremor(shaken(np.clip(np.sin(2 * np.pi * frequency * t), 0, None), np.random.default_rng(91)))
    assert tremor.verdict == "present"
    assert tremor.frequency == pytest.approx(frequency, abs=0.1)
    assert tremor.silence < 0.3


def test_a_rhythm_of_brief_bursts_is_no_tremor():
    t = np.arange(0, 60, 1 / SFREQ)
    tremor = measure_tremor(shaken((t * 4 % 1) < 0.08, np.random.default_rng(92)))
    assert tremor.verdict == "absent"
    assert tremor.harmonics > 0.5


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
