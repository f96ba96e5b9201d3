"""Coherence against the definitions of Halliday et al. 1995, worked out sample by sample, and against scipy."""

import cmath
import math
from dataclasses import replace

import naive
import numpy as np
import pytest
import scipy.signal
from eeg_world import Arrays
from weighing_world import bursts_table, no_silences

from myosig.channel import Channel
from myosig.errors import ParameterError
from myosig.intervals import Intervals
from myosig.localize._epoch_kernels import rectified
from myosig.localize.coherence import (
    confidence_limit,
    effective_segments,
    measure_coherence,
    pool_coherence,
)
from myosig.localize.corticomuscular import find_shared_rhythms
from myosig.localize.delay import fit_delay
from myosig.localize.eeg import muscle_activity
from myosig.recording import Recording

LAG = 0.022


def two_signals(seed, *, n=40_000, rate=1000.0, share=0.6, lag=LAG):
    """White noise, and a noisy copy of it that comes later."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n) * 10
    late = np.roll(x, round(lag * rate))
    return x.astype(np.float32), (share * late + 10 * rng.standard_normal(n)).astype(np.float32)


def pair(x, y, *, rates=(1000.0, 1000.0), kinds=("eeg", "misc"), **more):
    chans = [
        Channel(name, kind, rate, "uV", row.size)
        for name, kind, rate, row in zip("xy", kinds, rates, (x, y), strict=True)
    ]
    return Recording(chans, Arrays([x, y]), **more)


def halliday(x, y, size, k):
    """f_xx, f_yy, f_xy of bin k from the definition: mean over disjoint stretches of d_x conj(d_y) / (size * rate)."""
    fxx = fyy = fxy = 0.0
    n = len(x) // size
    for s in range(n):
        a, b = x[s * size : (s + 1) * size], y[s * size : (s + 1) * size]
        a, b = a - a.mean(), b - b.mean()
        turn = [cmath.exp(-2j * math.pi * k * t / size) for t in range(size)]
        dx, dy = sum(v * w for v, w in zip(a, turn, strict=True)), sum(v * w for v, w in zip(b, turn, strict=True))
        fxx += abs(dx) ** 2 / n
        fyy += abs(dy) ** 2 / n
        fxy += dx * dy.conjugate() / n
    return fxx, fyy, fxy, n


def test_spectra_agree_with_the_definition():
    x, y = two_signals(31, n=6000)
    found = measure_coherence(pair(x, y), ["x"], ["y"], window="boxcar")
    for k in (3, 20, 57):
        fxx, fyy, fxy, n = halliday(x.astype(float), y.astype(float), 1000, k)
        assert found.n[0, 0] == n == 6
        assert found.coherence[0, 0, k - 1] == pytest.approx(abs(fxy) ** 2 / (fxx * fyy), abs=1e-10)
        assert found.phase[0, 0, k - 1] == pytest.approx(cmath.phase(fxy), abs=1e-10)
        assert found.auto_x[0, 0, k - 1] == pytest.approx(fxx / 1000 / 1000, rel=1e-10)


def test_limit_agrees_with_the_definition():
    assert confidence_limit(50) == pytest.approx(1 - 0.05 ** (1 / 49), abs=1e-12)
    assert confidence_limit(50, 0.01) == pytest.approx(0.090, abs=5e-4)


def test_cumulant_agrees_with_the_definition():
    x, y = two_signals(32, n=6000)
    spectra = measure_coherence(pair(x, y), ["x"], ["y"], window="boxcar", fmax=400)
    lags, values, limit = spectra.cumulant(0, 0)
    f, cross = spectra.frequencies, spectra.cross[0, 0]
    for at in (100, 401, 433):
        # The transform of the cross-spectrum over positive and negative frequencies; x before y has a rising phase.
        direct = 2 * np.sum((cross * np.exp(-2j * np.pi * f * lags[at])).real) / spectra.segment
        assert values[at] == pytest.approx(direct, abs=1e-10)
    power = spectra.auto_x[0, 0] * spectra.auto_y[0, 0]
    assert limit == pytest.approx(1.959963985 * math.sqrt(2 * power.sum() / 6), rel=1e-8)
    assert lags[values.argmax()] == pytest.approx(LAG, abs=0.002)


@pytest.mark.parametrize(("window", "overlap"), [("hann", 0.0), ("boxcar", 0.0), ("hann", 0.5)])
def test_coherence_agrees_with_scipy(window, overlap):
    x, y = two_signals(33)
    found = measure_coherence(pair(x, y), ["x"], ["y"], window=window, overlap=overlap)
    _, expected = scipy.signal.coherence(
        x.astype(float), y.astype(float), 1000, window, nperseg=1000, noverlap=round(1000 * overlap)
    )
    np.testing.assert_allclose(found.coherence[0, 0], expected[1:101], atol=1e-10)


def test_independent_signals_exceed_the_limit_as_often_as_they_should():
    rng = np.random.default_rng(34)
    rows = rng.standard_normal((20, 60_000)).astype(np.float32)
    chans = [Channel(f"c{k}", "misc", 500.0, "uV", 60_000) for k in range(20)]
    rec = Recording(chans, Arrays(list(rows)))
    names = [c.label for c in chans]
    for window, overlap in (("hann", 0.0), ("hann", 0.5)):
        found = measure_coherence(rec, names[:10], names[10:], window=window, overlap=overlap)
        above = found.coherence > found.limit()[..., None]
        assert 0.04 < above.mean() < 0.06


def test_effective_segments():
    assert effective_segments(100, "hann", 0.0) == pytest.approx(100)
    assert effective_segments(100, "boxcar", 0.5) == pytest.approx(100 / (1 + 2 * 0.99 * 0.25), rel=1e-3)
    assert effective_segments(199, "hann", 0.5) == pytest.approx(199 * 0.947, rel=0.01)
    assert effective_segments(50, "dpss", 0.0) == pytest.approx(150)


def test_delay_of_the_later_signal_at_equal_and_at_different_rates():
    x, y = two_signals(35, n=200_000)
    for rec in (pair(x, y), pair(x[::2].copy(), y, rates=(500.0, 1000.0))):
        delay = fit_delay(measure_coherence(rec, ["x"], ["y"]).select(8, 60), 0, 0)
        assert delay.seconds == pytest.approx(LAG, abs=0.001)
        assert delay.interval[0] < LAG < delay.interval[1]
        assert abs(delay.constant) < 0.2


def test_no_delay_without_coherence():
    x, _ = two_signals(36)
    y, _ = two_signals(37)
    assert fit_delay(measure_coherence(pair(x, y), ["x"], ["y"]).select(8, 60), 0, 0, alpha=1e-6) is None


def test_pooling_equals_one_long_recording():
    x, y = two_signals(38)
    whole = measure_coherence(pair(x, y), ["x"], ["y"])
    parts = [measure_coherence(pair(x[a:b], y[a:b]), ["x"], ["y"]) for a, b in ((0, 10_000), (10_000, 40_000))]
    pooled = pool_coherence(parts)
    np.testing.assert_allclose(pooled.coherence, whole.coherence, atol=1e-12)
    assert pooled.n[0, 0] == whole.n[0, 0]


def test_stretches_do_not_span_a_gap_and_a_missing_stretch_is_left_out():
    x, y = two_signals(39, n=20_500)
    rec = pair(x, y, layout=Intervals([0, 100], [10.5, 110]))
    assert measure_coherence(rec, ["x"], ["y"]).n[0, 0] == 20
    x = x.copy()
    x[3500] = np.nan
    assert measure_coherence(pair(x, y), ["x"], ["y"]).n[0, 0] == 19


def test_many_batches_equal_one(monkeypatch):
    x, y = two_signals(40)
    rec = pair(x, y)
    one = measure_coherence(rec, ["x"], ["y"])
    monkeypatch.setattr("myosig.localize.coherence.BATCH", 7)
    np.testing.assert_allclose(measure_coherence(rec, ["x"], ["y"]).cross, one.cross, rtol=1e-12)


def drive(seed, *, share, n=120_000, lag=LAG):
    """EEG with a 15-25 Hz rhythm, and EMG noise whose strength follows it."""
    rng = np.random.default_rng(seed)
    sos = scipy.signal.butter(3, (15, 25), "bandpass", fs=1000, output="sos")
    rhythm = scipy.signal.sosfilt(sos, rng.standard_normal(n))
    rhythm /= rhythm.std()
    brain = 10 * rng.standard_normal(n) + 4 * rhythm
    emg = 30 * rng.standard_normal(n) * (1 + share * np.roll(rhythm, round(lag * 1000)))
    return brain.astype(np.float32), emg.astype(np.float32)


def corticomuscular_of(rec):
    return find_shared_rhythms(rec)[0]


def corticomuscular(seed, share, lag=LAG):
    brain, emg = drive(seed, share=share, lag=lag)
    chans = [
        Channel("EEG C3", "eeg", 1000.0, "uV", brain.size, site="C3"),
        Channel("EMG R APB", "emg", 1000.0, "uV", emg.size, muscle="abductor pollicis brevis", side="right"),
    ]
    return Recording(chans, Arrays([brain, emg]))


def test_a_driven_muscle_is_coherent_and_follows():
    found = corticomuscular_of(corticomuscular(41, 0.3))
    assert found.verdict == "present"
    assert 14 <= found.frequency <= 26
    assert found.leads is True
    assert found.plausible is True
    assert found.delay.seconds == pytest.approx(LAG, abs=0.003)


def test_an_undriven_muscle_is_coherent_only_by_chance():
    found = [corticomuscular_of(corticomuscular(420 + k, 0.0)) for k in range(12)]
    assert all((one.verdict == "absent") == (one.coherence <= one.limit) for one in found)
    assert sum(one.verdict != "absent" for one in found) <= 3  # 5 % expected: more than 3 of 12 in one of 400 runs
    assert sum(one.verdict == "present" for one in found) == 0  # chance does not fake the delay as well


def test_eeg_that_follows_does_not_lead():
    found = corticomuscular_of(corticomuscular(43, 0.3, lag=-0.015))
    assert found.verdict == "not leading"
    assert found.leads is False
    assert found.plausible is False
    assert "no sign of a cortical source" in found.why


def test_muscle_in_the_eeg_does_not_lead():
    assert corticomuscular_of(corticomuscular(46, 0.3, lag=0.0)).verdict == "not leading"


@pytest.mark.parametrize(("seconds", "verdict"), [(5.0, "not assessable"), (60.0, "absent")])
def test_a_muscle_that_was_hardly_active_shows_no_absence(seconds, verdict):
    found, _ = find_shared_rhythms(corticomuscular(421, 0.0), active={"EMG R APB": seconds})
    assert found.verdict == verdict
    assert ("active for more than 5 s" in found.why) == (verdict == "not assessable")


def test_muscle_activity_is_the_time_in_bursts_or_tense_where_there_are_data():
    """Bursts at 1-2 s and 5-6 s, tense from 1.5 to 4 s, data until 5.5 s."""
    muscle = Channel("EMG R APB", "emg", 1000.0, "uV", 5500)
    bursts = bursts_table([muscle], np.array([1.0, 5.0]), np.ones(2), np.zeros(2, dtype=int))
    silences = replace(no_silences([muscle]), tense=(Intervals([1.5], [4.0]),))
    recording = Recording([muscle], Arrays([np.zeros(5500, dtype=np.float32)]))
    assert muscle_activity(recording, bursts, silences) == {"EMG R APB": 3.5}
    assert muscle_activity(recording, bursts, None) == {"EMG R APB": 1.5}


def test_too_short_or_one_muscle_is_not_assessable():
    brain, emg = drive(44, share=0.3, n=15_000)
    rec = Recording(
        [Channel("EEG C3", "eeg", 1000.0, "uV", 15_000), Channel("EMG", "emg", 1000.0, "uV", 15_000)],
        Arrays([brain, emg]),
    )
    assert [found.verdict for found in find_shared_rhythms(rec)] == ["not assessable", "not assessable"]


@pytest.mark.parametrize(
    "wrong", [{"segment": 0}, {"overlap": 1.0}, {"window": "kaiser"}, {"fmax": -1}], ids=lambda w: next(iter(w))
)
def test_wrong_parameters_are_named(wrong):
    x, y = two_signals(45, n=3000)
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        measure_coherence(pair(x, y), ["x"], ["y"], **wrong)


@pytest.mark.parametrize("width", [2, 7, 50, 99])
def test_the_rectified_stretches_agree_with_the_naive_twin(width):
    x = np.random.default_rng(771).standard_normal((3, 80)).astype(np.float32) * 40
    np.testing.assert_allclose(rectified(x, width), naive.rectified(x, width), atol=1e-4)


def test_a_stretch_with_a_missing_sample_is_missing():
    x = np.ones((2, 40), np.float32)
    x[1, 17] = np.nan
    assert np.isfinite(rectified(x, 5)).all(axis=1).tolist() == [True, False]
