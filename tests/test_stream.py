"""The detector fed piece by piece: the same for any cutting, in time, and after a pause on disk."""

import numpy as np
import pytest
from test_bursts import SFREQ, noise_with_bursts, recording

from myosig.detect.bursts import detect_bursts
from myosig.detect.stream import LATENCY, BurstDetector
from myosig.errors import ParameterError, ReadError

ONSETS = np.arange(3.0, 28.0, 1.7)


@pytest.fixture(scope="module")
def signal():
    rng = np.random.default_rng(301)
    x = np.stack([noise_with_bursts(rng, ONSETS, snr_db=db, seconds=30.0) for db in (8, 20)]).astype(np.float32)
    x[0, 40_000:40_300] = np.nan
    return x


def fed(x, size, **options):
    detector = BurstDetector(recording(x).channels, **options)
    parts = [detector.push(x[:, i : i + size]) for i in range(0, x.shape[1], size)]
    return [*parts, detector.flush()]


def rows(parts):
    parts = [p for p in parts if len(p)]
    frame = np.concatenate([p.to_frame().drop(columns=["channel", "muscle", "side", "suspect"]) for p in parts])
    channel = np.concatenate([p.channel for p in parts])
    table = np.column_stack([channel, frame.astype(float)])
    return table[np.lexsort((table[:, 1], table[:, 0]))]


@pytest.mark.parametrize("size", [499, 1009, 20_011])
def test_any_cutting_gives_the_same(signal, size):
    whole = rows(fed(signal, signal.shape[1]))
    assert len(whole) > 25
    parts = fed(signal, size)
    np.testing.assert_array_equal(rows(parts), whole)
    np.testing.assert_array_equal(parts[-1].floor, fed(signal, signal.shape[1])[-1].floor)


def test_the_floor_is_the_noise_of_the_quiet_and_not_of_a_flat_line(signal):
    x = signal.copy()
    x[1, 20_000:24_000] = 0
    whole = detect_bursts(recording(signal))
    np.testing.assert_allclose(detect_bursts(recording(x)).floor, whole.floor, rtol=0.1)
    np.testing.assert_allclose(whole.floor, whole.noise, rtol=0.15)


def test_one_sample_at_a_time(signal):
    short = signal[1:, : 5 * 2000]
    one = rows(fed(short, 1))
    assert len(one) > 0
    np.testing.assert_array_equal(one, rows(fed(short, short.shape[1])))


def test_looking_ahead_it_is_detect_bursts(signal):
    np.testing.assert_array_equal(rows(fed(signal, 4001, ahead=10.0)), rows([detect_bursts(recording(signal))]))


def test_every_burst_is_given_out_in_time(signal):
    size = 100
    for k, part in enumerate(fed(signal, size)[:-1]):
        assert ((k + 1) * size / SFREQ - part.offset <= LATENCY + size / SFREQ).all()


def test_goes_on_after_a_pause(signal, tmp_path):
    detector = BurstDetector(recording(signal).channels)
    parts = [detector.push(signal[:, :31_000])]
    detector.save(tmp_path / "state")
    resumed = BurstDetector.load(tmp_path / "state")
    parts += [resumed.push(signal[:, 31_000:]), resumed.flush()]
    np.testing.assert_array_equal(rows(parts), rows(fed(signal, signal.shape[1])))


def test_channels_on_several_workers_are_the_whole(signal):
    rec = recording(signal)
    whole = detect_bursts(rec)
    apart = [detect_bursts(rec, channels=[label]) for label in rec.labels]
    assert np.array_equal([part.floor[0] for part in apart], whole.floor)
    assert np.array_equal([part.noise[0] for part in apart], whole.noise)
    for k, part in enumerate(apart):
        np.testing.assert_array_equal(rows([part])[:, 1:], rows([whole])[rows([whole])[:, 0] == k, 1:])


def test_halves_on_two_workers_are_nearly_the_whole():
    """As docs/scale.md says: what the detector has learned of the noise by then never fades altogether."""
    half, around = 200.0, 120.0
    onsets = np.arange(3.0, 2 * half - 3, 2.3)
    x = noise_with_bursts(np.random.default_rng(165400), onsets, snr_db=15, seconds=2 * half)
    rec = recording(x[None].astype(np.float32))
    whole = detect_bursts(rec)
    first, second = detect_bursts(rec.crop(0, half + around)), detect_bursts(rec.crop(half - around, 2 * half))
    halves = [first[first.onset < half], second[second.onset >= half]]
    for name, most, usual in (("onset", 2e-3, 1e-9), ("offset", 2e-3, 1e-9), ("snr", 0.05, 0.01)):
        off = np.abs(np.concatenate([getattr(part, name) for part in halves]) - getattr(whole, name))
        assert off.max() <= most
        assert (off <= usual).mean() > 0.95


def test_clear_errors(signal, tmp_path):
    with pytest.raises(ParameterError, match="one rate"):
        BurstDetector(())
    with pytest.raises(ParameterError, match="shape"):
        BurstDetector(recording(signal).channels).push(signal[:1])


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"PK\x03\x04 but no archive"])
def test_a_foreign_file_is_no_state(tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(ReadError, match="state"):
        BurstDetector.load(tmp_path / "other")


def test_a_state_of_another_kind_is_refused(signal, tmp_path):
    BurstDetector(recording(signal).channels).save(tmp_path / "state")
    arrays = dict(np.load(tmp_path / "state"))
    np.savez(tmp_path / "pickled.npz", **(arrays | {"0.noise": np.array([{}], dtype=object)}))
    np.savez(tmp_path / "old.npz", **(arrays | {"header": np.array('{"format": "myosig burst detector 1"}')}))
    np.savez(tmp_path / "part.npz", header=arrays["header"])
    for name in ("pickled", "old", "part"):
        with pytest.raises(ReadError, match="state"):
            BurstDetector.load(tmp_path / f"{name}.npz")
