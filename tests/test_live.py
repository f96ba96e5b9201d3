"""Live: the same bursts as afterwards, whatever became of the chunks; and what became of them."""

import threading
import time

import numpy as np
import pytest
from test_bursts import SFREQ, noise_with_bursts, recording

import myosig as ms
from myosig.live import Chunk, _Order, follow

SIZE = 200  # samples of a chunk
ONSETS = np.arange(3.0, 38.0, 2.9)


@pytest.fixture(scope="module")
def emg():
    rng = np.random.default_rng(9702)
    return np.stack([noise_with_bursts(rng, ONSETS, snr_db=20, seconds=40.0) for _ in range(2)]).astype(np.float32)


def chunks(emg, *, drift=0.0, start=1234.5):
    step = (1 + drift) / SFREQ
    return [Chunk(start + i * step, emg[:, i : i + SIZE]) for i in range(0, emg.shape[1], SIZE)]


def heard(stream, emg, **options):
    news = list(follow(stream, recording(emg).channels, **options))
    onsets = np.sort(np.concatenate([n.bursts.onset for n in news]))
    jerks = np.concatenate([n.jerks.onset for n in news])
    return onsets, jerks, news


def test_bursts_and_jerks_are_those_found_afterwards(emg):
    onsets, jerks, news = heard(chunks(emg), emg, ahead=10.0)
    bursts = ms.detect_bursts(recording(emg))
    np.testing.assert_allclose(onsets, np.sort(bursts.onset), atol=1e-9)
    np.testing.assert_allclose(jerks, ms.group_jerks(bursts).onset, atol=1e-9)
    assert len(jerks) == len(ONSETS)
    assert (news[-1].delivery.lost, news[-1].delivery.repeated) == (0, 0)


def test_jerks_come_out_while_the_stream_goes_on(emg):
    _, _, news = heard(chunks(emg), emg)
    first = next(n for n in news if len(n.jerks))
    assert first.time < 3.0 + 4.0


def test_repeated_and_late_chunks_change_nothing_but_the_count(emg):
    whole, _, _ = heard(chunks(emg), emg)
    sent = chunks(emg)
    sent.insert(100, sent[90])
    onsets, _, news = heard(sent, emg)
    np.testing.assert_array_equal(onsets, whole)
    assert news[-1].delivery.repeated == SIZE
    sent = chunks(emg)
    sent[50], sent[51] = sent[51], sent[50]  # at 5 s, between bursts
    onsets, _, news = heard(sent, emg)
    assert len(onsets) == len(whole)
    assert (news[-1].delivery.lost, news[-1].delivery.late) == (SIZE, SIZE)


def test_after_lost_chunks_times_are_still_true(emg):
    sent = chunks(emg)
    del sent[45:52]  # 4.5 to 5.2 s, between bursts
    _, jerks, news = heard(sent, emg)
    assert news[-1].delivery.lost == 7 * SIZE
    assert news[-1].time == 40.0
    _, whole, _ = heard(chunks(emg), emg)
    np.testing.assert_allclose(jerks, whole, atol=1e-9)


def test_a_clock_that_drifts_loses_nothing(emg):
    _, jerks, news = heard(chunks(emg, drift=2e-3), emg)  # 80 ms in all
    delivery = news[-1].delivery
    assert (delivery.lost, delivery.repeated) == (0, 0)
    assert 0.05 < delivery.drift < 0.08
    assert len(jerks) == len(ONSETS)


@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_stream_that_jumps_is_an_error(emg, jump):
    sent = chunks(emg)
    sent[10] = Chunk(sent[10].time + jump, sent[10].data)
    with pytest.raises(ms.ReadError, match="jumps"):
        heard(sent, emg)


@pytest.mark.parametrize("seed", range(5))
def test_every_sample_is_counted_once_whatever_happens_to_the_chunks(emg, seed):
    rng = np.random.default_rng(9710 + seed)
    sent = [c for c in chunks(emg) if rng.random() > 0.1]
    sent = [c for c in sent for _ in range(1 + (rng.random() < 0.1))]
    for k in np.flatnonzero(rng.random(len(sent) - 3) < 0.05):
        sent.insert(k + 3, sent.pop(k))
    order = _Order(SFREQ)
    placed = np.concatenate([order.place(chunk) for chunk in sent], axis=1)
    told, there = order.delivery, np.isfinite(placed).all(axis=0)
    assert told.received + told.late + told.repeated == sum(chunk.data.shape[1] for chunk in sent)
    assert (told.received, told.lost) == (there.sum(), (~there).sum())
    best = np.arange(placed.shape[1]) + round((sent[0].time - 1234.5) * SFREQ)
    np.testing.assert_array_equal(placed[:, there], emg[:, best[there]])


def test_it_records_at_the_same_time(emg, tmp_path):
    sent = chunks(emg)
    del sent[45:52]
    heard(sent, emg, record=tmp_path / "night")
    back = ms.read(tmp_path / "night.bin").read()
    assert back.shape == emg.shape
    assert np.isnan(back[:, 45 * SIZE : 52 * SIZE]).all()
    np.testing.assert_array_equal(back[:, 52 * SIZE :], emg[:, 52 * SIZE :])
    with pytest.raises(FileExistsError):
        heard(sent, emg, record=tmp_path / "night")


def test_loopback_through_lsl(emg):
    lsl = pytest.importorskip("mne_lsl.lsl", reason="needs the extra lsl")
    info = lsl.StreamInfo("myosig-test", "EMG", 2, SFREQ, "float32", "myosig-test-source")
    info.set_channel_names(["EMG R APB", "EMG R FDI"])
    outlet = lsl.StreamOutlet(info, chunk_size=SIZE)

    def send():
        while not outlet.has_consumers:
            time.sleep(0.01)
        start = lsl.local_clock()
        for i in range(0, 8 * int(SFREQ), SIZE):
            last = start + (i + SIZE - 1) / SFREQ
            outlet.push_chunk(np.ascontiguousarray(emg[:, i : i + SIZE].T), timestamp=last)
            time.sleep(0.01)

    sender = threading.Thread(target=send)
    sender.start()
    news = list(ms.stream("myosig-test", unit="uV", timeout=3.0))
    sender.join()
    assert news[-1].delivery.received == 8 * SFREQ
    jerks = np.concatenate([n.jerks.onset for n in news])
    _, expected, _ = heard(chunks(emg[:, : 8 * int(SFREQ)]), emg)
    np.testing.assert_allclose(jerks, expected, atol=1e-9)
