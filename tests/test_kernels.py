"""Every burst kernel against its twin in naive.py, compiled and with the JIT off."""

import itertools
import json
import os
import subprocess
import sys

import naive
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from myosig.detect import (
    _band_kernels as band_kernels,
    _edge_kernels as edge_kernels,
    _kernels as kernels,
    _level_kernels as level_kernels,
    design as d,
)
from myosig.detect.channel import CODE_VALUES, CODING, JOINING, MODE, RISES

few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def band_passed(x, made):
    return band_kernels.condition(x, made.taps, made.spacing, made.smooth)


@pytest.mark.parametrize("sfreq", [125.0, 500.0, 1259.259, 2000.0, 5000.0])
def test_condition_and_energies(sfreq):
    made = d.design(sfreq)
    x = np.random.default_rng(201).normal(0, 10, 20 * made.spacing + 2 * made.halo).astype(np.float32)
    arguments = (x, made.taps, made.spacing, made.smooth)
    np.testing.assert_allclose(band_passed(x, made), naive.condition(*arguments), atol=1e-3)
    e = np.empty(20 * made.spacing // made.bin, np.float32)
    band_kernels.energies(*arguments, made.bin, e)
    np.testing.assert_allclose(e, naive.energies(*arguments, made.bin, band_kernels.ROUNDING), rtol=1e-4)


@pytest.mark.parametrize("level", [0, 7.3, -3276.7, 1e5, 1e-4])
def test_a_flat_line_has_no_energy(level):
    made = d.design(2000.0)
    x = np.full(20 * made.spacing + 2 * made.halo, level, np.float32)
    e = np.ones(20 * made.spacing // made.bin, np.float32)
    band_kernels.energies(x, made.taps, made.spacing, made.smooth, made.bin, e)
    assert not e.any()


@few
@given(seeds, st.integers(0, 40), st.integers(1, 40))
def test_conditioned_samples_do_not_depend_on_the_cut(seed, first, count):
    made = d.design(2000.0)
    x = np.random.default_rng(seed).normal(0, 10, 100 * made.spacing + 2 * made.halo).astype(np.float32)
    whole = band_passed(x, made)
    start, stop = first * made.spacing, (first + count) * made.spacing
    np.testing.assert_array_equal(band_passed(x[start : stop + 2 * made.halo], made), whole[start:stop])
    spans = np.array([[start + 3, stop - 2], [start, stop + 5]])
    parts, wide, begin = band_kernels.condition_spans(x, made.taps, made.spacing, made.smooth, spans, 3)
    np.testing.assert_array_equal(wide, np.clip(spans + [-3, 3], 0, len(whole)))
    for (a, b), at in zip(wide, begin, strict=True):
        np.testing.assert_array_equal(parts[at : at + b - a], whole[a:b])


@pytest.mark.parametrize("sfreq", [1000.0, 2000.0, 10_000.0])
def test_band(sfreq):
    made = d.design(sfreq)
    t = np.arange(round(2 * sfreq) // made.spacing * made.spacing + 2 * made.halo) / sfreq
    gains = {}
    for f in (1, 10, 30, 100, 200):
        y = band_passed(np.sin(2 * np.pi * f * t).astype(np.float32), made)
        gains[f] = np.sqrt(2 * np.mean(y**2))
    assert gains[1] < 1e-3
    assert gains[10] < 0.02
    assert gains[30] == pytest.approx(2**-0.5, abs=0.05)
    assert min(gains[100], gains[200]) > 0.8


def test_filter_has_no_direction():
    made = d.design(2000.0)
    n = 100 * made.spacing
    x = np.random.default_rng(202).normal(size=n + 2 * made.halo + 1).astype(np.float32)
    ahead = band_passed(x[:-1], made)
    back = band_passed(x[::-1][:-1].copy(), made)[::-1]
    np.testing.assert_allclose(ahead[1:], back[:-1], atol=1e-5)


@few
@given(seeds, st.floats(-12, 20))
def test_codes(seed, exponent):
    e = (10.0**exponent * np.random.default_rng(seed).exponential(size=500)).astype(np.float32)
    e[100:140] = 0
    codes = np.empty(48, np.int16)
    kernels.log_codes(e, 20, *CODING, codes)
    exact = naive.log_codes(e, 20, 30, 10, d.PER_BEL, d.FLOOR_CODE, d.N_CODES)
    assert np.abs(codes - exact).max() <= 1  # a mean at the border of two codes may be rounded to either side
    assert np.mean(codes == exact) > 0.9
    assert codes[11] == 0


@few
@given(seeds, st.integers(0, 30), st.integers(31, 100))
def test_codes_beside_a_flat_line_do_not_count(seed, first, last):
    codes = np.random.default_rng(seed).integers(0, 20, 100).astype(np.int16)
    heard = np.zeros(20, np.int64)
    kernels.count_codes(codes, first, last, 3, heard)
    np.testing.assert_array_equal(heard, naive.count_codes(codes, first, last, 3, 20))


@few
@given(seeds, st.integers(0, 60))
def test_marks(seed, start):
    z = np.random.default_rng(seed).exponential(size=200).astype(np.float32)
    scales, limits = np.array([4, 9, 30], np.int32), np.array([2.2, 1.8, 1.3])
    mark = np.zeros(200, np.uint8)
    sums = np.concatenate([[0], np.cumsum(z, dtype=np.float64)])
    kernels.exceed(sums, start, scales, limits, mark)
    np.testing.assert_array_equal(mark.astype(bool), naive.marks(z, start, scales, limits))


def test_levels_are_the_best_of_all_sequences():
    rng = np.random.default_rng(203)
    powers = np.array([1.0, 3.0, 12.0])
    for _ in range(20):
        z = rng.gamma(0.5, 2 * rng.choice([1, 4, 15], 7)).astype(np.float32)
        path = level_kernels.levels(z, powers, 0.9, 1.5, 0.8)
        every = itertools.product(range(3), repeat=7)
        best = max(naive.path_score(np.array(p), z, powers, 0.9, 1.5, 0.8) for p in every)
        assert naive.path_score(path, z, powers, 0.9, 1.5, 0.8) == pytest.approx(best, abs=1e-4)


@few
@given(seeds)
def test_learned_noise_is_what_is_not_marked(seed):
    rng = np.random.default_rng(seed)
    z, mark = rng.exponential(size=300), (rng.random(300) < 0.3).astype(np.uint8)
    sums = np.concatenate([[0], np.cumsum(z)])
    scales, center, low = np.array([10, 40], np.int32), np.zeros(2), np.zeros((2, 2))
    kernels.learn(sums, 60, mark, scales, center, low)
    quiet = z[60:][mark[60:] == 0]
    np.testing.assert_allclose(center, [len(quiet), quiet.sum()])
    for k, width in enumerate(scales):
        means = z[60:].reshape(-1, width).mean(axis=1) / quiet.mean()
        np.testing.assert_allclose(low[k], [(means < 1).sum(), np.square(np.minimum(means - 1, 0)).sum()])


@few
@given(seeds)
def test_levels_may_be_followed_piece_by_piece(seed):
    rng = np.random.default_rng(seed)
    powers = np.array([1.0, 3.0, 12.0])
    z = rng.gamma(0.5, 2 * np.repeat(rng.choice([1, 4, 15], 10), 30)).astype(np.float32)
    scores = np.zeros((301, 4), np.float32)
    for start in range(0, 300, 60):
        level_kernels.follow(z[start : start + 60], powers, 0.9, 1.5, 0.8, scores[start : start + 61])
    path, again = np.empty(300, np.uint8), np.empty(300, np.uint8)
    level_kernels.trace(scores, 1.5, 0.8, path, 0)
    level_kernels.trace(scores[:201], 1.5, 0.8, again[:200], 0)
    level_kernels.trace(scores, 1.5, 0.8, again, 200)
    np.testing.assert_array_equal(again, path)
    whole = level_kernels.levels(z, powers, 0.9, 1.5, 0.8)
    scored = [naive.path_score(p, z, powers, 0.9, 1.5, 0.8) for p in (path, whole)]
    assert scored[0] == pytest.approx(scored[1], rel=1e-4)


@few
@given(seeds, st.floats(0.005, 0.3))
def test_runs(seed, share):
    level = (np.random.default_rng(seed).random(500) < share).astype(np.uint8)
    np.testing.assert_array_equal(level_kernels.runs(level), naive.runs(level))


@few
@given(seeds)
def test_mean_without_impulses(seed):
    rng = np.random.default_rng(seed)
    e, noise = rng.exponential(2, 400).astype(np.float32), rng.uniform(0.5, 2, 5)
    e[rng.integers(0, 400, 3)] *= 500
    found = np.cumsum(rng.integers(1, 20, 20)).reshape(-1, 2)
    impulse = (2, 3, 3.0, 0.01)
    means = [naive.mean_without_impulses(e, noise, 60, a, b, impulse) for a, b in found]
    ours = [level_kernels.mean_without_impulses(e, noise, 60, a, b, impulse) for a, b in found]
    np.testing.assert_allclose(ours, means, rtol=1e-4, atol=1e-4)


@few
@given(seeds)
def test_still_gaps(seed):
    rng = np.random.default_rng(seed)
    found = np.cumsum(rng.integers(8, 60, 20)).reshape(-1, 2)
    level = np.zeros(found[-1, 1] + 5, np.uint8)
    for a, b in found:
        level[a:b] = rng.integers(1, 4, b - a)
    powers, quiet = np.array([1.0, 3.0, 9.0, 50.0]), (2.0, 40, 2, 20.0)
    sums = np.concatenate([[0], np.cumsum(rng.exponential(1.3, len(level)))])
    ours = level_kernels.still_gaps(found, level, powers, sums, 0.4, quiet)
    np.testing.assert_array_equal(ours, naive.still_gaps(found, level, powers, sums, 0.4, quiet))


@few
@given(seeds)
def test_ended_bursts_and_their_room(seed):
    rng = np.random.default_rng(seed)
    z, mark = rng.exponential(2, 2000), (rng.random(2000) < 0.01).astype(np.uint8)
    level = np.repeat(np.arange(40) % 2, np.where(np.arange(40) % 2, 30, 70))[:2000].astype(np.uint8)
    sums = np.concatenate([[0], np.cumsum(z)])
    hops, powers, impulse = (z.astype(np.float32), np.ones(20), 100), np.array([1.0, 4.0]), (2, 3, 3.0, 0.01)
    found, following, needed = level_kernels.ended(
        level, sums, mark, hops, powers, JOINING, (5.0, 0, 2, 60.0), (0.8, 9.0), impulse, 40, 120, 1990, 1500
    )
    expected = [
        [a, b, max(a - 40, 120 if a == 170 else a - 35), b + 35]
        for a, b in naive.runs(level)
        if a >= 120
        and b <= 1500
        and mark[a:b].any()
        and naive.nats(naive.mean_without_impulses(*hops, a, b, impulse), b - a, 0.8) >= 9
    ]
    assert found.tolist() == expected
    assert (following, needed) == (1535, 1570)


GAP, ALIKE = np.array([8, 45, 240, 120]), np.array([0.3, 0.4])


def joined(pieces, odds=-0.5, still=None):
    still = np.ones(len(pieces), np.uint8) if still is None else np.array(still, np.uint8)
    return level_kernels.join(np.array(pieces), still, GAP, 0.6, ALIKE, 8.0, odds).tolist()


def test_gaps_too_short_or_within_a_sparse_burst_are_joined():
    assert joined([[0, 10], [14, 40], [45, 60]]) == [[0, 60]]
    assert joined([[0, 12], [30, 130], [142, 350]]) == [[0, 350]]
    assert joined([[0, 9], [25, 33]]) == [[0, 33]]
    assert joined([[0, 100], [150, 250]], still=[1, 0]) == [[0, 250]]


def test_gaps_long_enough_or_of_a_run_part():
    assert joined([[0, 200], [245, 260]]) == [[0, 200], [245, 260]]
    run = [[k * 40, k * 40 + 24] for k in range(4)]
    assert joined(run) == run


@few
@given(seeds)
def test_parts(seed):
    rng = np.random.default_rng(seed)
    edges = np.cumsum(rng.integers(2, 60, 40)).reshape(-1, 2)
    for k in range(1, len(edges)):
        odds = naive.parting_odds(edges, k, GAP, 0.6, ALIKE, 8.0)
        if odds == -np.inf:
            assert not level_kernels.parts(edges, k, GAP, 0.6, ALIKE, 8.0, -1e9)
            continue
        for shift in (-0.01, 0.01):
            assert level_kernels.parts(edges, k, GAP, 0.6, ALIKE, 8.0, odds + shift) == (shift < 0)


@few
@given(seeds, st.integers(1, 60))
def test_dips(seed, reach):
    rng = np.random.default_rng(seed)
    powers = np.array([1.0, 1.6, 20.0, 300.0])
    level = np.repeat(rng.integers(0, 4, 20), rng.integers(1, 25, 20)).astype(np.uint8)
    empty = np.zeros(len(level), bool)
    for start, stop in level_kernels.dips(level, powers, 20.0, 5.0, reach, 2.5):
        empty[start:stop] = True
    np.testing.assert_array_equal(empty, naive.dips(level, powers, 20.0, 5.0, reach, 2.5))


@few
@given(seeds, st.integers(8, 40))
def test_rise(seed, inside):
    z = np.random.default_rng(seed).gamma(0.5, 2.0, 60)
    z[25:45] *= np.linspace(1, 9, 20)
    z[45:] *= 9
    parts, cost, tenth, spread, (shape, *_) = RISES
    median, error = edge_kernels.rise(z, inside, 0.3, RISES)
    start, length, p = naive.rise(z, inside, 0.3, parts, cost, shape, d.LEVELS[1:])
    place = start + tenth * length
    assert p[place < median - 1].sum() <= 0.5 * p.sum() * (1 + 1e-6)
    assert p[place < median + 1].sum() >= 0.5 * p.sum() * (1 - 1e-6)
    variance = p @ ((place - median) ** 2 + (spread * length) ** 2) / p.sum()
    assert error == pytest.approx(np.sqrt(variance), rel=0.02, abs=0.4)


def test_a_sudden_change_is_placed_where_it_is():
    z = np.concatenate([np.ones(50), np.full(30, 40.0)])
    at, error = edge_kernels.rise(z, 30, 0.5, RISES)
    assert at == pytest.approx(50, abs=1)
    assert error < 2


def test_a_gradual_rise_is_followed_below_the_noise():
    u = np.clip((np.arange(160) - 50) / 100, 0, 1)
    z = 1 + 10 * u**2
    at, error = edge_kernels.rise(z, 70, 0.5, RISES)
    assert at == pytest.approx(60, abs=error)  # a tenth of the amplitude; the power exceeds 1.6 from 75 on
    assert at < 70


def test_a_weak_prelude_is_not_the_burst():
    z = np.concatenate([np.ones(60), np.full(60, 1.8), np.full(60, 100.0)])
    assert edge_kernels.rise(z, 120, 0.5, RISES)[0] == pytest.approx(120, abs=2)


@few
@given(seeds)
def test_unevenness_of_steady_energy(seed):
    z = np.random.default_rng(seed).gamma(0.5, 2.0, 12_000) * np.linspace(1, 30, 12_000)
    assert edge_kernels.unevenness(z, 12, 0.4, 4.0) == pytest.approx(1 / 6, rel=0.25)
    assert edge_kernels.unevenness(z[:20], 12, 0.4, 4.0) == pytest.approx(0.4)


def test_median_frequency():
    y = np.random.default_rng(204).normal(size=256).astype(np.float32)
    arguments = (2000.0, 20.0, 440.0, 15.0)
    assert edge_kernels.median_frequency(y, *arguments) == pytest.approx(
        naive.median_frequency(y, *arguments), rel=1e-4
    )


@pytest.mark.parametrize("shape", [3.0, 14.0, 60.0])
def test_noise_is_measured_and_its_shape_read(shape):
    rng = np.random.default_rng(205)
    energy = rng.gamma(shape, 7.0 / shape, 20_000)
    energy[:6000] *= rng.uniform(5, 100, 6000)
    codes = np.empty(len(energy), np.int16)
    kernels.log_codes(energy.astype(np.float32), 0, 1, 1, *CODING[2:], codes)
    histogram = np.bincount(codes, minlength=len(CODE_VALUES)).astype(np.int32)
    power = kernels.noise_power(histogram, len(codes), 1, CODE_VALUES, *MODE)
    bias = d.mode_of_noise(np.array([shape]))[0]
    assert power / bias == pytest.approx(7.0, rel=0.08)


def test_shape_from_the_lower_spread():
    made = d.design(2000.0)
    shape = np.array([0.5, 2.0, 9.0, 40.0, 200.0])
    low = np.column_stack([np.full(5, 1e9), 1e9 * d.lower_spread(shape)])
    read = kernels.gamma_shapes(low, made.steadiness, made.shapes, np.ones(5), 30.0, np.arange(0, 200, 40))
    np.testing.assert_allclose(read, shape, rtol=0.02)


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="this is the run with the JIT off")
def test_the_same_with_the_jit_off():
    code = (
        "import json; import numpy as np; from myosig.detect.channel import ChannelDetector;"
        "x = np.random.default_rng(206).normal(0, 5, 6000).astype('f4'); x[3000:3100] *= 9;"
        "c = ChannelDetector(1000.0, ahead=1.0); print(json.dumps(np.concatenate([c.push(x), c.flush(0)]).tolist()))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
        ).stdout
        for off in ("0", "1")
    ]
    compiled, plain = (np.array(json.loads(text)) for text in outputs)
    assert compiled.shape == (1, 12)
    np.testing.assert_allclose(compiled, plain, rtol=1e-4)
