"""What do long recordings and cohorts cost? Wall time and peak memory, each measured in a process of its own.

    python benchmarks/scale.py night --hours 24
    python benchmarks/scale.py cohort --recordings 200 --workers 1 2
    python benchmarks/scale.py faults --recordings 200

`night`: `myosig.analyze` of a recording in a virtual source, 32 EMG channels at 2 kHz and 16 EEG channels at 500 Hz,
which repeats five minutes of a simulation, so that no disk is measured.
`cohort`: `myosig.analyze_many` of short EDF files on processes of this machine or, with --dask, on a LocalCluster, the
start of the processes included.
`faults`: the same on a LocalCluster whose workers are killed now and then, whose client is killed in the middle and
started again, and with files that kill every worker: are the results those of one process, to the byte?
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

import myosig as ms
from myosig.intervals import Intervals
from myosig.recording import Recording

LOOP = 300.0  # s of simulation that are repeated
EMG, EEG, EEG_RATE = 32, 16, 500.0
SHORT = 20  # s of each recording of a cohort
POISON = "poison"  # begins the names of files that kill their worker
DEATHS = 8  # workers killed from outside


class Repeated:
    """A source that plays some arrays again and again."""

    def __init__(self, rows):
        self.rows = rows

    def read(self, rows, start, stop):
        at = np.arange(start, stop) % self.rows[rows[0]].size  # `take(mode="wrap")` would subtract, loop by loop
        return np.stack([self.rows[row][at] for row in rows])


def night(hours: float) -> Recording:
    """The recording of `hours`: the EMG of two patients, the EEG of one."""
    first, second = (
        ms.simulate("segmental", seed=seed, duration=LOOP, sfreq=2000.0, n_emg=EMG // 2, n_eeg=EEG).recording
        for seed in (5, 6)
    )
    again = second.select(kind="emg")
    renamed = [replace(channel, label=f"{channel.label} 2") for channel in again.channels]
    rows, channels = [], []
    for recording, described in ((first, first.channels), (again, renamed)):
        for old, channel in zip(recording.channels, described, strict=True):
            step = round(channel.sfreq / EEG_RATE) if channel.kind == "eeg" else 1
            rows.append(recording.read(old.label)[::step])
            rate = channel.sfreq / step
            channels.append(replace(channel, sfreq=rate, n_samples=round(hours * 3600 * rate)))
    return Recording(channels, Repeated(rows), layout=Intervals([0.0], [3600.0 * hours]), name="night")


def measure_night(hours: float) -> dict[str, float]:
    """Seconds of each stage, and the peak of memory, of this process."""
    recording, marks = night(hours), []
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ms.analyze(recording, on_stage=lambda stage: marks.append((stage, time.perf_counter())))
    marks.append(("end", time.perf_counter()))
    taken = {name: after - before for (name, before), (_, after) in pairwise(marks)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return taken | {"together": sum(taken.values()), "peak MB": peak / 1024, "of it before MB": base / 1024}


def make_cohort(folder: Path, count: int) -> None:
    """Short EDF files of two EMG channels."""
    for k in range(count):
        rng = np.random.default_rng(k)
        emg = rng.normal(0, 5, (2, SHORT * 1000))
        for onset in rng.integers(500, SHORT * 1000 - 500, 4):
            emg[:, onset : onset + 60] *= 15
        recording = ms.from_array(emg, sfreq=1000, labels=["EMG R APB", "EMG R FDI"], unit="uV")
        ms.write_edf(recording, folder / f"r{k:05d}.edf")


def measure_cohort(folder: str, workers: int, dask: bool) -> dict[str, float]:
    """Seconds for the whole cohort, the start of its processes included."""
    with tempfile.TemporaryDirectory() as out:
        begin = time.perf_counter()
        if dask:
            from distributed import Client, LocalCluster

            with (
                LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
                Client(cluster) as client,
            ):
                outcomes = ms.analyze_many([folder], out=out, client=client)
        else:
            outcomes = ms.analyze_many([folder], out=out, workers=workers)
        taken = time.perf_counter() - begin
    return {"seconds": taken, "done": sum(outcome.status == "done" for outcome in outcomes)}


def read_or_die(path: Path) -> Recording:
    """As `myosig.read`, but for poisoned files."""
    if path.stem.startswith(POISON):
        os._exit(9)
    return ms.read(path)


def run_client(folder: str, out: str, scheduler: str) -> dict[str, int]:
    """Outcomes of a cohort on a cluster, counted."""
    from distributed import Client

    with Client(scheduler) as client:
        outcomes = ms.analyze_many([folder], out=out, read=read_or_die, client=client)
    assert len({outcome.name for outcome in outcomes}) == len(outcomes)
    return {status: sum(o.status == status for o in outcomes) for status in ("done", "kept", "failed")}


def contents(out: Path) -> dict[str, bytes]:
    """All results, those of poisoned files left out."""
    found = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    lines = found["recordings.tsv"].splitlines()
    found["recordings.tsv"] = b"\n".join(line for line in lines if not line.startswith(POISON.encode()))
    return found


def measure_faults(folder: Path, count: int) -> dict[str, object]:
    """What a cluster made of a cohort with two poisoned files and a broken one, while it was maltreated."""
    import dask
    from distributed import LocalCluster

    (folder / "broken.edf").write_bytes(b"0       nothing of the kind")
    serial, out, begin, deaths = folder.parent / "serial", folder.parent / "cluster", time.perf_counter(), 0
    ms.analyze_many([folder], out=serial, workers=1)
    for k in range(2):
        shutil.copy(folder / "r00000.edf", folder / f"{POISON}{k}.edf")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        command = [sys.executable, __file__, "child", "client", folder, out, cluster.scheduler_address]
        for last in (count // 2, count + 1):
            client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            while client.poll() is None and (done := len(list(out.glob("*/analysis.json")))) < last:
                nannies = [w for w in cluster.workers.values() if w.process and w.process.status.name == "running"]
                if nannies and done * DEATHS > deaths * count:
                    os.kill(nannies[deaths % len(nannies)].pid, signal.SIGKILL)
                    deaths += 1
                time.sleep(0.2)
            client.kill() if last <= count else client.wait()
        told = json.loads(client.stdout.read().splitlines()[-1])
    same = contents(out) == contents(serial)
    return {"seconds": time.perf_counter() - begin, "workers killed": deaths, "same bytes as one process": same, **told}


def in_child(*arguments: object) -> dict[str, float]:
    """What this file measures in a new process."""
    command = [sys.executable, __file__, "child", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["night", "cohort", "faults", "child"])
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--hours", type=float, nargs="+", default=[24.0])
    parser.add_argument("--recordings", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dask", action="store_true")
    arguments = parser.parse_args()
    if arguments.what == "child":
        kind, *values = arguments.rest
        if kind == "night":
            measured = measure_night(float(values[0]))
        elif kind == "client":
            measured = run_client(*values)
        else:
            measured = measure_cohort(values[0], int(values[1]), values[2] == "True")
        print(json.dumps(measured))
    elif arguments.what == "faults":
        with tempfile.TemporaryDirectory() as folder:
            recordings = Path(folder, "recordings")
            recordings.mkdir()
            make_cohort(recordings, arguments.recordings)
            print(measure_faults(recordings, arguments.recordings))
    elif arguments.what == "night":
        for hours in arguments.hours:
            print(
                f"{hours:g} h: " + ", ".join(f"{name} {value:.1f}" for name, value in in_child("night", hours).items())
            )
    else:
        with tempfile.TemporaryDirectory() as folder:
            make_cohort(Path(folder), arguments.recordings)
            for workers in arguments.workers:
                found = in_child("cohort", folder, workers, arguments.dask)
                each = 1000 * found["seconds"] * workers / arguments.recordings
                print(f"{workers} workers: {found['seconds']:.1f} s, {each:.0f} ms of a worker for each recording")


if __name__ == "__main__":
    main()
