"""Jumps of electrodes are told from potentials of muscles."""

import numpy as np
import pytest
from signals import recording

import myosig as ms
from myosig.detect.pops import SUSPECT, flag_pops, is_jump

SFREQ = 2000.0


@pytest.fixture
def rng():
    return np.random.default_rng(3113)


def jump(size, decay, n=300, at=120):
    t = np.arange(n - at) / SFREQ
    return np.concatenate([np.zeros(at), size * np.exp(-t / decay)])


@pytest.mark.parametrize("decay", [0.03, 0.1, 0.3])
@pytest.mark.parametrize("size", [100, -400])
def test_a_jump_that_stays_is_one(rng, size, decay):
    assert is_jump(jump(size, decay) + rng.normal(0, 4, 300), SFREQ, 4.0)


def test_a_single_potential_is_none(rng):
    t = (np.arange(300) - 120) / SFREQ
    potential = 200 * t / 0.003 * np.exp(0.5 - (t / 0.003) ** 2 / 2)
    assert not is_jump(potential + rng.normal(0, 4, 300), SFREQ, 4.0)


def test_a_burst_on_a_drifting_channel_is_none(rng):
    burst = np.where(np.abs(np.arange(300) - 150) < 40, rng.normal(0, 60, 300), 0)
    assert not is_jump(burst + np.linspace(0, 300, 300) + rng.normal(0, 4, 300), SFREQ, 4.0)


def test_noise_is_none(rng):
    assert not any(is_jump(rng.normal(0, 4, 200), SFREQ, 4.0) for _ in range(200))


def test_the_bursts_that_a_loose_electrode_makes_are_marked_and_kept(rng):
    x = rng.normal(0, 4, 40_000)
    for at in (8000, 16_000, 24_000, 32_000):
        x[at : at + 3000] += 300 * np.exp(-np.arange(3000) / SFREQ / 0.1)
    rec = recording(x, sfreq=SFREQ)
    found = ms.detect_bursts(rec)
    marked = flag_pops(rec, found)
    assert len(marked) == len(found) >= 4
    assert set(marked.suspect) == {SUSPECT}
