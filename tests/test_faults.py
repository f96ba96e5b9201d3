"""Faults in the middle: what was there before stays, what comes is right or a clear error."""

import errno
import itertools
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import numpy as np
import pytest

import myosig as ms
from myosig import analysis
from myosig.channel import Channel
from myosig.checkpoint import Checkpoint
from myosig.intervals import Intervals
from myosig.io import files
from myosig.recording import Recording
from myosig.settings import Settings

resource = pytest.importorskip("resource", reason="limits of a process are set as POSIX does it")


def short_recording(seconds=12):
    emg = np.random.default_rng(9401).normal(0, 5, (2, seconds * 1000))
    for onset in range(1500, seconds * 1000 - 500, 900):
        emg[:, onset : onset + 60] *= 15
    return ms.from_array(emg, sfreq=1000, labels=["EMG R APB", "EMG R FDI"], unit="uV")


@pytest.fixture(scope="module")
def result():
    return ms.analyze(short_recording())


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def saved(result, tmp_path):
    result.save(tmp_path / "out")
    return tmp_path / "out", contents(tmp_path / "out")


def test_a_full_disk_leaves_what_was_there(result, saved):
    folder, before = saved
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))  # as a disk that is full after 500 bytes
    try:
        with pytest.raises(OSError, match="large"):
            result.save(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    assert contents(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


@contextmanager
def as_somebody_else(folder):
    """Without the right to write beside that folder."""
    if os.geteuid() == 0:  # who may do everything
        os.seteuid(65_534)
    else:
        folder.parent.chmod(0o500)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        folder.parent.chmod(0o700)


def test_no_permission_leaves_what_was_there(result, saved):
    folder, before = saved
    with as_somebody_else(folder), pytest.raises(PermissionError):
        result.save(folder)
    assert contents(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_an_interrupt_while_writing_leaves_what_was_there(result, saved, monkeypatch):
    folder, before = saved

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(analysis, "write_json", interrupted)
    with pytest.raises(KeyboardInterrupt):
        result.save(folder)
    assert contents(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


class Failing:
    """A disk that fails after some reads."""

    def __init__(self, source, good):
        self.source, self.left = source, good

    def read(self, rows, start, stop):
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, "Input/output error")
        return self.source.read(rows, start, stop)


@pytest.mark.parametrize("good", [0, 1, 5])
def test_a_disk_that_fails_is_an_error_and_no_result(good):
    whole = short_recording()
    with pytest.raises(OSError, match="Input/output"):
        ms.analyze(Recording(whole.channels, Failing(whole.source, good)))


class Slow(FileIO):
    """A disk that gives a few bytes at a time."""

    def readinto(self, buffer):
        return super().readinto(memoryview(buffer)[:997])


class Broken(FileIO):
    """A disk that fails beyond the first 8 kB."""

    def readinto(self, buffer):
        if self.tell() > 8000:
            raise OSError(errno.EIO, "Input/output error")
        return super().readinto(memoryview(buffer)[:4000])


def test_short_reads_give_the_same_samples_and_failing_ones_an_error(tmp_path, monkeypatch):
    ms.write_edf(short_recording(), tmp_path / "a.edf")
    expected = ms.read(tmp_path / "a.edf").read()
    monkeypatch.setattr(files, "FileIO", Slow)
    np.testing.assert_array_equal(ms.read(tmp_path / "a.edf").read(), expected)
    monkeypatch.setattr(files, "FileIO", Broken)
    with pytest.raises(ms.ReadError, match="Input/output"):
        ms.read(tmp_path / "a.edf").read()


def read_in_little_memory(path):
    """As `read`, but after a file called "huge" this process gets no more memory than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + (8 << 20) if path.stem == "huge" else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    return ms.read(path)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="how much memory a process has is told by Linux only")
def test_a_worker_out_of_memory_fails_alone_and_leaves_what_was_there(tmp_path):
    names = ["a", "huge"]
    for name in names:
        ms.write_edf(short_recording(), tmp_path / f"{name}.edf")
    paths, out = [tmp_path / f"{name}.edf" for name in names], tmp_path / "out"
    ms.analyze_many(paths, out=out, workers=1)
    before = contents(out / "huge")
    outcomes = ms.analyze_many(paths, out=out, workers=2, read=read_in_little_memory, settings=Settings(seed=1))
    assert [outcome.status for outcome in outcomes] == ["done", "failed"]
    assert contents(out / "huge") == before
    again = ms.analyze_many(paths, out=out, workers=1, settings=Settings(seed=1))
    assert [outcome.status for outcome in again] == ["kept", "done"]


def test_a_clock_that_jumps_changes_no_byte(saved, monkeypatch, tmp_path):
    _, before = saved
    jumps = itertools.cycle([4e9, 1.0, -5.0, 1e6])
    for name in ("time", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: next(jumps))
    ms.analyze(short_recording()).save(tmp_path / "jumping")
    assert contents(tmp_path / "jumping") == before


def test_a_file_that_grows_is_read_as_it_was(tmp_path):
    path = tmp_path / "growing.edf"
    ms.write_edf(short_recording(), path)
    raw = path.read_bytes()
    path.write_bytes(raw[:236] + b"-1      " + raw[244:])  # as recorders write it while they record
    recording = ms.read(path)
    expected = recording.read()
    with path.open("ab") as file:
        file.write(raw[-4000:])
    np.testing.assert_array_equal(recording.read(), expected)


def test_an_interrupted_analysis_goes_on_where_it_was(tmp_path, monkeypatch):
    recording, checkpoint = short_recording(), Checkpoint(tmp_path / "partial", "mark")
    whole = ms.analyze(recording)

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(analysis, "measure_tremor", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ms.analyze(recording, checkpoint=checkpoint)
    for stage in ("find_artefacts", "assess_quality", "detect_bursts", "sweep"):
        monkeypatch.setattr(analysis, stage, interrupted)  # none of them runs again
    resumed = ms.analyze(recording, checkpoint=checkpoint)
    for one, name in ((whole, "whole"), (resumed, "resumed")):
        one.save(tmp_path / name)
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")
    checkpoint.clear()
    assert not (tmp_path / "partial").exists()


def test_a_stage_of_another_recording_or_half_written_is_not_used(tmp_path):
    assert Checkpoint(tmp_path, "a").stage("x", lambda: 1) == 1
    assert Checkpoint(tmp_path, "a").stage("x", lambda: 2) == 1
    assert Checkpoint(tmp_path, "b").stage("x", lambda: 2) == 2
    kept = tmp_path / "x-a.npz"
    kept.write_bytes(kept.read_bytes()[:-30])
    assert Checkpoint(tmp_path, "a").stage("x", lambda: 3) == 3


class Endless:
    """A virtual source: the sample at index i of any channel is i modulo 1000."""

    def read(self, rows, start, stop):
        return np.tile(np.arange(start, stop) % 1000, (len(rows), 1)).astype(np.float32)


def test_two_weeks_keep_exact_times():
    sfreq, days = 4000.0, 14
    n = int(days * 86_400 * sfreq)
    assert n > 2**32
    channel = Channel("EMG R APB", "emg", sfreq, "uV", n)
    stop = days * 86_400.0
    recording = Recording([channel], Endless(), layout=Intervals([0.0], [stop]))
    tail = recording.read("EMG R APB", stop - 0.01, stop)
    np.testing.assert_array_equal(tail, np.arange(n - 40, n) % 1000)
    blocks = list(recording.crop(stop - 1.0, stop).blocks(["EMG R APB"], duration=0.3))
    assert blocks[0].tmin == stop - 1.0
    assert sum(block.data.shape[1] for block in blocks) == sfreq


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_change_a_byte(saved, threads, tmp_path):
    _, before = saved
    code = (
        "import os, sys; os.cpu_count = lambda: int(sys.argv[2]); sys.path.insert(0, sys.argv[3]);"
        "import myosig as ms; from test_faults import short_recording;"
        "ms.analyze(short_recording()).save(sys.argv[1])"
    )
    folder = str(tmp_path / "threads")
    environment = {"NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", code, folder, str(threads), here], check=True, env=os.environ | environment)
    assert contents(tmp_path / "threads") == before
