import json
from dataclasses import replace

import numpy as np
import pytest
from signals import beat_times, heart, hum, recording

import myosig as ms
from myosig.signals.quality import assess_quality

SFREQ = 2000.0


@pytest.fixture
def x():
    return np.random.default_rng(8203).normal(0, 5, 120_000)


def judge(*rows, sfreq=SFREQ, kinds=None, segments=None, **changes):
    rec = recording(*rows, sfreq=sfreq, kinds=kinds, segments=segments)
    rec = rec.with_channels([replace(c, **changes) for c in rec.channels])
    return assess_quality(rec)


def only(quality, kind):
    assert [p.kind for p in quality.problems] == [kind]
    return quality.problems[0]


def test_a_good_channel_has_nothing(x):
    (quality,) = judge(x)
    assert (quality.status, quality.status_description, quality.problems) == ("good", "", ())


@pytest.mark.parametrize("rest", [0.0, 700.0])
def test_flat_stretches_are_found_and_mostly_flat_is_bad(rest, x):
    x[20_000:60_000] = rest
    problem = next(p for p in judge(x)[0].problems if p.kind == "flat")  # a step to 700 µV is a pop besides
    assert list(problem.stretches) == [(10.0, 30.0)]
    assert not problem.spoils
    x[:110_000] = rest
    assert judge(x)[0].status == "bad"


def test_a_last_sample_alone_is_not_flat(x):
    assert judge(x[:119_001])[0].problems == ()


@pytest.mark.parametrize(("scale", "unit"), [(1e6, "uV"), (1e-6, "V")])
def test_a_size_that_no_electrode_gives_says_what_to_type(scale, unit, x):
    with pytest.warns(ms.MyosigWarning, match=rf"emg 0: .* µV peak to peak .* units=\{{'emg 0': '{unit}'\}}"):
        (quality,) = judge(scale * x)
    assert quality.problems[0].kind == "impossible size"
    assert quality.status == "bad"


@pytest.mark.parametrize("rest", [0.0, 1e9, np.nan])
def test_a_signal_without_a_size_has_no_impossible_one(rest, x, recwarn):
    x[:] = rest
    assert "impossible size" not in {p.kind for p in judge(x)[0].problems}
    assert not recwarn


def test_clipping_is_found_with_and_without_known_limits(x):
    x[40_000:41_000] *= 40
    clipped = x.clip(-150, 150)
    for limits in (None, (-150.0, 150.0)):
        problem = only(judge(clipped, limits=limits)[0], "clipped")
        assert list(problem.stretches) == [(20.0, 21.0)]
    assert judge(x)[0].problems == ()
    assert judge(clipped, limits=(-3000.0, 3000.0))[0].problems == ()


def test_coarse_samples_are_not_clipping(x):
    assert judge(np.round(x / 4) * 4)[0].problems == ()


def test_an_electrode_pop_is_found_and_a_burst_is_none(x):
    t = np.arange(4000) / SFREQ
    x[80_600:84_600] += 800 * np.exp(-t / 0.4)
    assert list(only(judge(x)[0], "electrode pops").stretches) == [(40.0, 41.0)]


def test_bursts_are_no_fault(x):
    rng = np.random.default_rng(5)
    for first in range(4000, 116_000, 3000):
        x[first : first + 200] += rng.normal(0, 100, 200)
    assert judge(x)[0].problems == ()


def test_movement_is_found_in_emg_only(x):
    t = np.arange(4000) / SFREQ
    x[60_000:64_000] += 600 * np.sin(2 * np.pi * 3 * t) * np.hanning(4000)
    problem = only(judge(x)[0], "movement artefact")
    assert 29 <= problem.stretches.start[0] <= 30.5
    assert problem.stretches.duration <= 3
    assert judge(x, kinds=["eeg"])[0].problems == ()


def test_missing_samples_are_told(x):
    x[30_000:31_000] = np.nan
    problem = only(judge(x)[0], "missing data")
    assert list(problem.stretches) == [(15.0, 16.0)]


def test_line_noise_and_heart_are_named_with_what_was_done(x):
    x += 20 * hum(x.size, sfreq=SFREQ)
    (quality,) = judge(x)
    assert "50, 150 Hz" in only(quality, "line noise").consequence
    rng = np.random.default_rng(8)
    beating = rng.normal(0, 5, x.size) + 80 * heart(x.size, beat_times(60, rng), sfreq=SFREQ)
    assert "subtracted" in only(judge(beating)[0], "heart beats").consequence


@pytest.mark.parametrize(
    ("sfreq", "words"),
    [(256.0, "burst timing not assessable: 256 Hz"), (512.0, "burst duration, order and speed not assessable: 512 Hz")],
)
def test_a_rate_that_is_too_low_says_what_it_costs(sfreq, words, x):
    assert words in judge(x, sfreq=sfreq)[0].status_description
    assert judge(x, sfreq=sfreq, kinds=["eeg"])[0].problems == ()


def test_filters_that_are_too_narrow_say_what_they_cost(x):
    assert "burst duration not assessable: low-pass at 70 Hz" in judge(x, lowpass=70.0)[0].status_description
    (eeg,) = judge(x, kinds=["eeg"], highpass=0.5)
    assert "slow potential before the jerk not assessable" in eeg.status_description
    assert judge(x, kinds=["eeg"], highpass=0.1)[0].problems == ()


def test_stretches_lie_in_the_segments(x):
    x[:2000] = 0
    x[60_000:62_000] = 0
    problem = only(judge(x, segments=ms.Intervals([0, 100], [30, 130]))[0], "flat")
    assert list(problem.stretches) == [(0.0, 1.0), (100.0, 101.0)]


def test_the_dictionary_is_json(x):
    x[:4000] = np.nan
    text = json.dumps([q.to_dict() for q in judge(x)], allow_nan=False)
    assert json.loads(text)[0]["problems"][0]["stretches_s"] == [[0.0, 2.0]]
