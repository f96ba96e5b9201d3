"""Cohorts on a Dask cluster of several processes: deaths of workers and of the client lose and change nothing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_batch import contents

import myosig as ms

dask = pytest.importorskip("dask", reason="needs the extra dask")
distributed = pytest.importorskip("distributed", reason="needs the extra dask")

N = 16
CLIENT = """
import sys
from distributed import Client
import myosig as ms
ms.analyze_many([sys.argv[1]], out=sys.argv[2], client=Client(sys.argv[3]))
"""


def read_or_die(path: Path):
    if path.stem.startswith("poison"):
        os._exit(9)
    return ms.read(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for k in range(N):
        rng = np.random.default_rng(71_000 + k)
        emg = rng.normal(0, 5, (2, 8000))
        for onset in rng.integers(500, 7000, 4):
            emg[:, onset : onset + 60] *= 15
        recording = ms.from_array(emg, sfreq=1000, labels=["EMG R APB", "EMG R FDI"], unit="uV")
        ms.write_edf(recording, folder / f"r{k:02d}.edf")
    (folder / "broken.edf").write_bytes(b"0       nothing of the kind")
    return folder


@pytest.fixture(scope="module")
def serial(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("serial")
    ms.analyze_many([folder], out=out, workers=1)
    return contents(out)


@pytest.fixture(scope="module")
def cluster():
    one_death_is_enough = {"distributed.scheduler.allowed-failures": 0}  # 3 by default: slow to wait for
    with (
        dask.config.set(one_death_is_enough),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
    ):
        yield cluster


def test_a_worker_killed_in_the_middle_changes_nothing(folder, serial, cluster, tmp_path_factory):
    out, outcomes = tmp_path_factory.mktemp("killed"), []
    with distributed.Client(cluster) as client:

        def kill_one(outcome):
            outcomes.append(outcome)
            if len(outcomes) == N // 3:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        ms.analyze_many([folder], out=out, client=client, on_outcome=kill_one)
    assert len({outcome.name for outcome in outcomes}) == len(outcomes) == N + 1
    assert contents(out) == serial


def test_a_client_killed_in_the_middle_goes_on_where_it_was(folder, serial, cluster, tmp_path_factory):
    out = tmp_path_factory.mktemp("restarted")
    client = subprocess.Popen([sys.executable, "-c", CLIENT, folder, out, cluster.scheduler_address])
    while client.poll() is None and len(list(out.glob("*/analysis.json"))) < N // 4:
        time.sleep(0.05)
    client.kill()
    client.wait()
    assert not (out / "recordings.tsv").exists()
    with distributed.Client(cluster) as again:
        outcomes = ms.analyze_many([folder], out=out, client=again)
    assert sum(outcome.status == "kept" for outcome in outcomes) >= N // 4
    assert contents(out) == serial


def test_a_poisoned_file_costs_no_other(folder, serial, cluster, tmp_path_factory):
    out = tmp_path_factory.mktemp("poisoned")
    poisoned = tmp_path_factory.mktemp("with-poison")
    shutil.copy(folder / "r00.edf", poisoned / "poison.edf")
    with distributed.Client(cluster) as client:
        outcomes = ms.analyze_many([poisoned, folder], out=out, client=client, read=read_or_die)
    assert outcomes[0].status == "failed"
    assert "KilledWorker" in outcomes[0].reason
    found = contents(out)
    assert {name: found.get(name) for name in serial if name != "recordings.tsv"} == {
        name: data for name, data in serial.items() if name != "recordings.tsv"
    }
