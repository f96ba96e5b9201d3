"""Speed and memory of the burst detector, from an EDF file in the page cache to `Bursts`.

    python benchmarks/throughput.py [--out DIR] [--repeats 5] [--hours 24] [--figure] [--parts speed stream ...]

- speed: the whole chain on 16 channels at 2 kHz with few and with many bursts, in ten minutes and in an hour, beside
  ``scipy.signal.sosfiltfilt`` (order-4 band-pass, float64, one thread) on samples of the same file, in turns; and the
  detectors of those peers that are installed (``pip install 'myosig[bench]'``), their filtering not counted.
  Wall-clock time is what a user waits; CPU time is what the machine spends and hardly depends on what else runs.
- stream: `BurstDetector` fed 20 ms at a time beside `detect_bursts`, on the bursts of `burst_world.py`: what it finds
  otherwise because its noise estimate only looks back, and how long after its end a burst is given out.
- memory: the largest resident set of a child process that searches one hour, and ``--hours`` of them (the records of
  the hour again and again), from VmHWM of Linux: getrusage would count the parent. The file is read, not mapped, so
  the page cache does not count in it.
- time against samples, channels and bursts, up to a million bursts; with ``--figure`` as a log-log plot.
- cold start: the first search with an empty cache of compiled kernels, and the first of a second process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from burst_world import score, world
from detectors import PEERS, present, recording
from scipy.signal import butter, sosfiltfilt

import myosig as ms
from myosig.detect.stream import BurstDetector

RATE, CHANNELS = 2000.0, 16
BAND = butter(4, (20, 450), "bandpass", fs=RATE, output="sos")
CHILD = """
import json, sys, time
from pathlib import Path
import myosig as ms
ms.detect_bursts(ms.read(sys.argv[1]).crop(0, 60))
begin, cpu = time.perf_counter(), time.process_time()
bursts = ms.detect_bursts(ms.read(sys.argv[1]))
print(json.dumps({
    "bursts": len(bursts), "seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu,
    "megabytes": int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024,
}))
"""
COLD = """
import time
begin = time.perf_counter()
import myosig as ms
ready = time.perf_counter()
import numpy as np
x = np.random.default_rng(1).normal(0, 5, (1, 40_000))
x[0, 20_000:20_200] *= 9
ms.detect_bursts(ms.from_array(x, sfreq=2000, labels=["EMG R APB"], unit="uV"))
print(ready - begin, time.perf_counter() - ready)
"""


def emg(seed: int, channels: int, seconds: float, *, every: float, lasting: float = 0.1) -> np.ndarray:
    """Noise of 5 µV with a burst of `lasting` s, 18 dB above it, every so many seconds."""
    rng = np.random.default_rng(seed)
    x = 5 * rng.standard_normal((channels, round(seconds * RATE)), dtype=np.float32)
    for row in x:
        for at in np.arange(rng.uniform(0.3, 1) * every, seconds - 0.2, every):
            row[round(at * RATE) : round((at + lasting) * RATE)] *= 8
    return x


def both(work: Callable[[], object]) -> np.ndarray:
    """Wall-clock and CPU seconds."""
    begin, cpu = time.perf_counter(), time.process_time()
    work()
    return np.array([time.perf_counter() - begin, time.process_time() - cpu])


def speed(folder: Path, repeats: int) -> list[str]:
    lines = [
        "| 16 channels | million samples a second, two cores | CPU ns a sample |",
        "|---|---|---|",
    ]
    path = folder / "speed.edf"
    for name, every, times in (
        ("10 min, a burst every 10 s", 10.0, 1),
        ("10 min, three bursts a second", 0.33, 1),
        ("1 h, a burst every 10 s", 10.0, 6),
    ):
        ms.write_edf(recording(np.tile(emg(7200, CHANNELS, 600, every=every), times), RATE), path)
        ours, theirs, ratio = in_turns(path, repeats)
        lines += [
            f"| myosig, {name} | {1e-6 / ours[0]:.0f} | {1e9 * ours[1]:.1f} |",
            f"| sosfiltfilt, one thread | {1e-6 / theirs[0]:.0f} | {1e9 * theirs[1]:.1f} |",
            f"| ratio, two cores against one | {ratio[0]:.2f} | {2 * ratio[1]:.2f} |",
        ]
    return lines


def in_turns(path: Path, repeats: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds a sample of the whole chain and of sosfiltfilt, and their ratio: medians of wall-clock and CPU time."""
    whole = ms.read(path)
    row = whole.read("EMG 0", 0, 600).astype(np.float64)
    ms.detect_bursts(whole)
    ours, theirs = [], []
    for _ in range(repeats):
        samples = CHANNELS * whole.channels[0].n_samples
        ours.append(both(lambda: ms.detect_bursts(ms.read(path))) / samples)
        theirs.append(both(lambda: sosfiltfilt(BAND, row)) / row.size)
    return np.median(ours, axis=0), np.median(theirs, axis=0), np.median(np.array(theirs) / ours, axis=0)


def peers() -> list[str]:
    """Speed of the others' detectors on a minute of one channel; the filtering is taken off."""
    row = emg(7300, 1, 60, every=1.0)[0].astype(np.float64)
    filtering = min(both(lambda: sosfiltfilt(BAND, row))[0] for _ in range(5))
    lines = ["| detector, one channel | million samples a second |", "|---|---|"]
    for name, (detect, package) in PEERS.items():
        if not present(package):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            detect(row, RATE, 1.0)
            seconds = np.median([both(lambda d=detect: d(row, RATE, 1.0))[0] for _ in range(5)])
        own = seconds - (0 if name == "myosig" else min(filtering, 0.9 * seconds))
        lines.append(f"| {name} | {row.size / own / 1e6:.2g} |")
    return lines


def stream(snr: float, seeds: range) -> str:
    """One row of the table: the stream beside the search of the whole recording, and both beside the truth."""
    differ, edges, late, f1 = [], [], [], []
    for seed in seeds:
        w = world(seed, snr)
        data = recording(w.x, w.sfreq)
        whole = ms.detect_bursts(data)
        detector, size, parts = BurstDetector(data.channels), round(0.02 * w.sfreq), []
        samples = data.read()
        for stop in range(size, samples.shape[1] + size, size):
            parts.append(detector.push(samples[:, stop - size : stop]))
            late += (min(stop, samples.shape[1]) / w.sfreq - parts[-1].offset).tolist()
        parts.append(detector.flush())
        onset, offset = (np.concatenate([getattr(p, name) for p in parts]) for name in ("onset", "offset"))
        same = score((whole.onset, whole.offset), (onset, offset))
        differ.append(1 - same.f1)
        edges += np.abs(np.concatenate([same.onset, same.offset])).tolist()
        true = (w.onset, w.offset)
        f1.append([score(true, found).f1 for found in ((whole.onset, whole.offset), (onset, offset))])
    of_whole, of_stream = np.mean(f1, axis=0)
    return (
        f"| {snr:g} | {of_whole:.3f} | {of_stream:.3f} | {100 * np.mean(differ):.1f} | {1e3 * np.mean(edges):.2f} | "
        f"{100 * np.mean(np.array(edges) > 1e-3):.1f} | {1e3 * np.median(late):.0f} | {1e3 * np.max(late):.0f} |"
    )


def child(path: Path) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def repeat_records(hour: Path, path: Path, times: int) -> None:
    """The header of an EDF+ file and its records of a second, again and again, each with its own time."""
    with hour.open("rb") as source, path.open("wb") as target:
        header = bytearray(source.read(256))
        rest, count, signals = source.read(int(header[184:192]) - 256), int(header[236:244]), int(header[252:256])
        header[236:244] = str(count * times).ljust(8).encode()
        target.write(header + rest)
        noted = 2 * int(rest[216 * signals + 8 * (signals - 1) :][:8])  # bytes of the last signal, the annotations
        records = np.fromfile(source, np.uint8).reshape(count, -1)
        for first in range(0, count * times, count):
            times_of = [f"+{first + k}\x14\x14".ljust(noted, "\0").encode() for k in range(count)]
            records[:, -noted:] = np.frombuffer(b"".join(times_of), np.uint8).reshape(count, noted)
            target.write(records.data)


def memory(folder: Path, hours: int) -> list[str]:
    lines = ["| 16 channels at 2 kHz | seconds | CPU seconds | peak memory, MB | bursts |", "|---|---|---|---|---|"]
    hour, long = folder / "hour.edf", folder / "long.edf"
    rows = np.tile(emg(7400, CHANNELS, 600, every=5.0), 6)
    ms.write_edf(recording(rows, RATE), hour)
    repeat_records(hour, long, hours)
    for name, path in (("1 h", hour), (f"{hours} h", long)):
        found = child(path)
        lines.append(
            f"| {name} | {found['seconds']:.1f} | {found['cpu']:.1f} | {found['megabytes']:.0f} | {found['bursts']} |"
        )
        path.unlink()
    return lines


def scaling() -> dict[str, list[tuple[float, float]]]:
    """Seconds against samples (of one channel), channels (of a minute) and bursts, all in memory."""
    base = emg(7500, 16, 60, every=1.0)
    bursts = emg(7600, 16, 600, every=0.1, lasting=0.025)
    ms.detect_bursts(recording(base, RATE))  # the kernels are compiled or loaded before the clock runs
    measured: dict[str, list[tuple[float, float]]] = {"samples": [], "channels": [], "bursts": []}

    def add(kind: str, x: np.ndarray, size: float | None = None) -> None:
        data, found = recording(x, RATE), []
        cpu = both(lambda: found.append(len(ms.detect_bursts(data))))[1]
        measured[kind].append((found[0] if size is None else size, cpu))

    for minutes in (1, 4, 16, 64):
        add("samples", np.tile(base[:1], minutes), minutes * 60 * RATE)
    for channels in (1, 4, 16, 64):
        add("channels", np.tile(base, (4, 1))[:channels], channels)
    for tenths in (1, 10, 110):
        rows = np.tile(bursts[: min(16, tenths)], (1, max(1, tenths // 10)))
        add("bursts", rows)
    return measured


def cold_start() -> list[str]:
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        runs = [
            subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True, env=environment)
            for _ in range(2)
        ]
    (load, first), (_, second) = [tuple(map(float, run.stdout.split())) for run in runs]
    return [
        f"- import: {load:.2f} s",
        f"- first search, kernels being compiled: {first:.1f} s",
        f"- first search of the next process, kernels from the cache on disk: {second:.1f} s",
    ]


def draw(measured: dict[str, list[tuple[float, float]]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(measured), figsize=(9, 3), layout="constrained")
    for axis, (kind, points) in zip(axes, measured.items(), strict=True):
        size, seconds = np.array(points).T
        axis.loglog(size, seconds, "ko-")
        axis.loglog(size, seconds[-1] * size / size[-1], "k:", lw=1, label="in proportion")
        axis.set(xlabel=kind, ylabel="CPU seconds")
        axis.legend(frameon=False, fontsize=7)
    figure.savefig(path, dpi=150)


def pieces() -> list[str]:
    return [
        "| dB | F1, whole | F1, stream | differ, % | mean shift of an edge, ms | beyond 1 ms, % "
        "| given out after, ms, median | at most |",
        "|---" * 8 + "|",
        *(stream(snr, range(7700, 7704)) for snr in (5, 10, 20)),
    ]


def against_size(figure: Path | None) -> list[str]:
    measured = scaling()
    if figure is not None:
        draw(measured, figure)
    rows = [f"| {kind} | {size:.0f} | {cpu:.2f} |" for kind, points in measured.items() for size, cpu in points]
    return ["| | size | CPU seconds |", "|---|---|---|", *rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--figure", action="store_true")
    parser.add_argument("--parts", nargs="*", default=["speed", "stream", "peers", "cold", "scaling", "memory"])
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as name:
        folder = Path(name)
        parts: dict[str, tuple[str, Callable[[], list[str]]]] = {
            "speed": ("Speed", lambda: speed(folder, arguments.repeats)),
            "stream": ("Fed piece by piece", pieces),
            "peers": ("Detectors beside each other", peers),
            "cold": ("Cold start", cold_start),
            "scaling": (
                "Time against size",
                lambda: against_size(out / "throughput.png" if arguments.figure else None),
            ),
            "memory": ("A long recording", lambda: memory(folder, arguments.hours)),
        }
        text = "# Speed and memory\n"
        for part in arguments.parts:
            title, work = parts[part]
            text += "\n".join(["", f"## {title}", "", *work(), ""])
            (out / "throughput.md").write_text(text, encoding="utf-8")  # what is done stays, whatever follows
    print(text)


if __name__ == "__main__":
    main()
