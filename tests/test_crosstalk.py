import numpy as np
import pytest
from signals import add_bursts, recording

import myosig as ms
from myosig.detect.crosstalk import compare, flag_crosstalk

SFREQ = 2000.0


@pytest.fixture
def rng():
    return np.random.default_rng(6203)


def bursts_at(onsets, durations, size, rng, *, n=120_000):
    x = np.zeros(n)
    add_bursts(x, onsets, durations, size, sfreq=SFREQ, rng=rng)
    return x


def flagged(*rows, rng, sfreq=SFREQ):
    rec = recording(*(row + rng.normal(0, 4, row.size) for row in rows), sfreq=sfreq)
    bursts = flag_crosstalk(rec, ms.detect_bursts(rec))
    return [bursts.suspect[bursts.channel == k] == "cross-talk" for k in range(len(rows))]


def times(rng, n=45):
    return 1.0 + np.arange(n) * 1.25 + rng.uniform(-0.2, 0.2, n), rng.choice([0.02, 0.05, 0.1, 0.2], n)


@pytest.mark.parametrize("gain", [0.5, 0.3, -0.3])
def test_a_scaled_copy_is_suspect_and_its_source_is_not(gain, rng):
    source = bursts_at(*times(rng), 120, rng)
    first, second = flagged(source, gain * source, rng=rng)
    assert not first.any()
    assert second.mean() > 0.85


@pytest.mark.parametrize("size", [40.0, 60.0, 120.0])
def test_muscles_that_contract_together_are_not(size, rng):
    onsets, durations = times(rng)
    first, second = flagged(bursts_at(onsets, durations, 120, rng), bursts_at(onsets, durations, size, rng), rng=rng)
    assert not first.any()
    assert not second.any()


def test_short_bursts_together_are_not(rng):
    onsets = 1.0 + np.arange(200) * 0.28
    rows = [bursts_at(onsets, np.full(200, 0.012), size, rng) for size in (150, 70)]
    assert sum(row.sum() for row in flagged(*rows, rng=rng)) == 0


def test_a_copy_that_comes_later_is_a_muscle(rng):
    source = bursts_at(*times(rng), 120, rng)
    assert not flagged(source, 0.4 * np.roll(source, 8), rng=rng)[1].any()  # 4 ms


def test_a_muscle_with_its_own_activity_beside_the_copy_is_not_suspect(rng):
    onsets, durations = times(rng)
    source = bursts_at(onsets, durations, 120, rng)
    own = bursts_at(onsets, durations, 60, rng)
    assert flagged(source, 0.2 * source + own, rng=rng)[1].mean() < 0.1


def test_nothing_else_of_the_table_changes(rng):
    source = bursts_at(*times(rng), 120, rng)
    rec = recording(source + rng.normal(0, 4, source.size), 0.4 * source + rng.normal(0, 4, source.size), sfreq=SFREQ)
    before = ms.detect_bursts(rec)
    after = flag_crosstalk(rec, before)
    assert len(after) == len(before)
    assert np.array_equal(after.onset, before.onset)
    assert np.array_equal(after.n_peaks, before.n_peaks)


def test_no_bursts_at_all(rng):
    rec = recording(rng.normal(0, 4, 20_000), rng.normal(0, 4, 20_000), sfreq=SFREQ)
    assert len(flag_crosstalk(rec, ms.detect_bursts(rec))) == 0


def test_comparison_from_its_definition(rng):
    source = rng.normal(0, 100, 240).astype(np.float32)
    copy = -0.25 * source[20:220] + rng.normal(0, 1, 200).astype(np.float32)
    share, gains = compare(copy, source[None], noise=1.0, sfreq=SFREQ)
    assert share == pytest.approx(1, abs=0.02)
    assert gains == pytest.approx([-0.25], rel=0.01)
    assert compare(source[30:230], source[None], noise=1.0, sfreq=SFREQ)[0] < 0.1  # 5 ms off


def test_a_mixture_of_two_muscles_is_a_copy_of_neither_alone(rng):
    both = rng.normal(0, 100, (2, 240)).astype(np.float32)
    heard = 0.2 * both[0, 20:220] + 0.15 * both[1, 20:220] + rng.normal(0, 1, 200).astype(np.float32)
    share, gains = compare(heard, both, noise=1.0, sfreq=SFREQ)
    assert share == pytest.approx(1, abs=0.02)
    assert gains == pytest.approx([0.2, 0.15], rel=0.03)
    assert compare(heard, both[:1], noise=1.0, sfreq=SFREQ)[0] < 0.75


def test_sources_that_have_nothing_to_do_with_a_short_burst_explain_nothing_of_it(rng):
    shares = [
        compare(rng.normal(0, 50, 25), rng.normal(0, 100, (4, 65)), noise=1.0, sfreq=1000.0)[0] for _ in range(200)
    ]
    assert abs(np.median(shares)) < 0.15
    assert np.mean(np.array(shares) >= 0.75) < 0.02
