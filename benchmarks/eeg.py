"""How often is the EEG side right? False alarms, sensitivity, latency error, coherence limits and time.

    python benchmarks/eeg.py false-alarms --n 500 --seed 1
    python benchmarks/eeg.py sensitivity --n 100 --seed 1
    python benchmarks/eeg.py coherence --n 500 --seed 1
    python benchmarks/eeg.py time

The recordings are the small worlds of ``tests/eeg_world.py``: eight channels of 10 µV EEG (1/f^1.5 with alpha, 60 %
of its power shared) and jerks whose onsets are stated, so that only the EEG side is judged, not the detector. Seeds
below 100 000 were used while building; `--seed` counts from there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from eeg_world import ELECTRODES, Arrays, add_at, channels, eeg, make_jerks, onsets, recording, spike

from myosig.channel import Channel
from myosig.detect.jerks import Jerks
from myosig.localize.coherence import measure_coherence
from myosig.localize.cooccurrence import measure_cooccurrence
from myosig.localize.cortex.desynchronisation import find_desynchronisation
from myosig.localize.cortex.discharges import find_discharges
from myosig.localize.cortex.premyoclonic import find_premyoclonic_potential
from myosig.localize.cortex.slow import find_slow_potential
from myosig.localize.cortex.tracks import read_tracks
from myosig.localize.corticomuscular import find_shared_rhythms
from myosig.recording import Recording

UNSEEN = 100_000
NOISE = 10.0  # µV RMS of a single channel
EEG_RATE = 250.0  # Hz
ONE = (("abductor pollicis brevis", "right"),)
THREE = (("biceps brachii", "right"), ("abductor pollicis brevis", "right"), ("tibialis anterior", "left"))
# name: number of jerks, mean interval in s, coefficient of variation, muscles and their lags in s (None: any order)
TRAINS = {
    "arrhythmic": (100, 3.0, 1.0, ONE, (0.0,)),
    "arrhythmic, three muscles": (100, 3.0, 1.0, THREE, (0.0, 0.009, 0.02)),
    "arrhythmic, three muscles in any order": (100, 3.0, 1.0, THREE, None),
    "rhythmic, CV 0.1": (200, 0.6, 0.1, ONE, (0.0,)),
    "rhythmic, CV 0": (200, 0.6, 0.0, ONE, (0.0,)),
    "six a second, CV 0.1": (400, 0.17, 0.1, ONE, (0.0,)),
    "slow rhythmic, CV 0.05": (100, 1.2, 0.05, ONE, (0.0,)),
}
SPACED = {  # for what needs seconds of quiet before each jerk
    "arrhythmic": (60, 6.0, 0.4, ONE, (0.0,)),
    "crowded": (120, 3.5, 0.7, ONE, (0.0,)),
    "rhythmic, CV 0.05": (60, 5.0, 0.05, ONE, (0.0,)),
}
ECHO = 0.12  # s after the jerk at which a wave follows: with six jerks a second, just before the next one
LAGS = (0.0, 0.02)  # s, of muscles that fire in any order
BURST = 300.0  # µV of the bursts that the EMG shows where coherence is measured


def world(
    seed: int, train: tuple, *, amplitude: float = 0.0, latency: float = 0.021, echo: float = 0.0
) -> tuple[Recording, Jerks]:
    """A recording and its jerks; a spike of that amplitude (µV) over C3 before each, a wave of `echo` µV after it."""
    n, interval, cv, muscles, lags = train
    rng = np.random.default_rng(UNSEEN + seed)
    times = onsets(rng, n, interval, cv)
    duration = times[-1] + 4
    brain = eeg(rng, duration, EEG_RATE, len(ELECTRODES), sd=NOISE)
    for electrode, share in (("C3", 1.0), ("Cz", 0.6), ("F3", 0.5), ("C4", 0.3)):
        add_at(brain[ELECTRODES.index(electrode)], EEG_RATE, times - latency, spike, amplitude * share)
        add_at(brain[ELECTRODES.index(electrode)], EEG_RATE, times + ECHO, spike, echo * share)
    chans = channels(duration, eeg_rate=EEG_RATE, emg=muscles)
    lags = rng.uniform(*LAGS, (n, len(muscles))) if lags is None else lags
    return recording(brain, chans), make_jerks(times, chans[len(brain) :], lags=lags)


def p_values(find: Callable, train: tuple, n: int, seed: int, **more: float) -> np.ndarray:
    found = (find(*world(seed + k, train, **more)).p_value for k in range(n))
    return np.array([np.nan if p is None else p for p in found])


def show_rate(name: str, p: np.ndarray) -> None:
    k, n = int(np.sum(p < 0.05)), p.size
    half = 1.96 * np.sqrt(0.05 * 0.95 / n)
    print(
        f"{name:48s} {k / n:.3f}  (n = {n}; .050 +- {half:.3f} expected; p < .01: {np.mean(p < 0.01):.3f})", flush=True
    )


def false_alarms(n: int, seed: int) -> None:
    print("share of recordings without any potential with p < .05")
    for name, train in TRAINS.items():
        show_rate(f"premyoclonic potential, {name}", p_values(find_premyoclonic_potential, train, n, seed))
    fast = "six a second, CV 0.1"
    found = p_values(find_premyoclonic_potential, TRAINS[fast], n, seed, echo=10.0)
    show_rate(f"premyoclonic potential, {fast}, wave of 10 µV after each", found)
    for name, train in SPACED.items():
        show_rate(f"slow potential, {name}", p_values(find_slow_potential, train, n, seed))
        show_rate(f"desynchronisation, {name}", p_values(find_desynchronisation, train, n, seed))
    for name in ("arrhythmic", "rhythmic, CV 0.1", "rhythmic, CV 0"):
        found = [chance_coherence(seed + k, TRAINS[name]) for k in range(n)]
        show_rate(f"corticomuscular coherence, {name}", np.array(found))
    show_rate("discharges at times of their own", np.array([chance_coincidence(seed + k) for k in range(n)]))


def chance_coherence(seed: int, train: tuple) -> float:
    """0 where EEG and an EMG whose bursts have nothing to do with it are called coherent, else 1."""
    rec, jerks = world(seed, train)
    rng = np.random.default_rng([UNSEEN, seed])
    rows = [rec.read(c.label) for c in rec.channels]
    muscle = rng.standard_normal(rows[-1].size)
    add_at(gain := np.full(muscle.size, 3.0), rec.channels[-1].sfreq, jerks.onset, burst, BURST)
    rows[-1] = gain * muscle
    found, _ = find_shared_rhythms(Recording(rec.channels, Arrays(rows)))
    return 1.0 - (found.verdict != "absent")


def burst(t: np.ndarray) -> np.ndarray:
    """The envelope of a burst of 40 ms."""
    return np.where((t > 0) & (t < 0.04), np.sin(np.pi * t / 0.04), 0.0)


def chance_coincidence(seed: int) -> float:
    """p of the coincidence of 60 jerks with 40 spikes that have nothing to do with them."""
    rec, jerks = world(seed, TRAINS["arrhythmic"])
    rng = np.random.default_rng(UNSEEN + seed)
    rows = [rec.read(c.label) for c in rec.channels]
    for row in rows[: len(ELECTRODES)]:
        add_at(row, EEG_RATE, np.sort(rng.uniform(1, rec.tmax - 1, 60)), spike, 100.0)
    p = measure_cooccurrence(Recording(rec.channels, Arrays(rows)), jerks).p_value
    return 1.0 if p is None else p


def sensitivity(n: int, seed: int) -> None:
    print("spikes over C3 in averaged noise SDs; share found, latency error (median, 90 %), C3 named, side right")
    for jerks in (15, 30, 60, 120):
        for size in (1.5, 2.5, 4.0):
            found = []
            for k in range(n):
                latency = float(np.random.default_rng(UNSEEN + seed + k).uniform(0.015, 0.035))
                rec, table = world(
                    seed + k, (jerks, 4.0, 1.0, ONE, (0.0,)), amplitude=size * NOISE / np.sqrt(jerks), latency=latency
                )
                found.append((find_premyoclonic_potential(rec, table), latency))
            seen = [(p, t) for p, t in found if p.verdict == "present"]
            error = np.array([1000 * abs(p.latency - t) for p, t in seen]) if seen else np.array([np.nan])
            covered = (
                np.mean([p.latency_interval[0] <= t <= p.latency_interval[1] for p, t in seen]) if seen else np.nan
            )
            named = np.mean([p.channel == "EEG C3" for p, _ in seen]) if seen else np.nan
            side = np.mean([p.contralateral is True for p, _ in seen]) if seen else np.nan
            print(
                f"{jerks:4d} jerks, {size:.1f} SD ({size * NOISE / np.sqrt(jerks):5.1f} µV): {len(seen) / n:.2f}  "
                f"{np.median(error):.1f} ms, {np.quantile(error, 0.9):.1f} ms; interval covers {covered:.2f}; "
                f"C3 {named:.2f}; side {side:.2f}",
                flush=True,
            )


def coherence(n: int, seed: int) -> None:
    print("share of bins of independent noise above the 95 % limit")
    for window, overlap in (("boxcar", 0.0), ("hann", 0.0), ("hann", 0.5), ("dpss", 0.0)):
        above = []
        for k in range(max(1, n // 100)):
            rng = np.random.default_rng(UNSEEN + seed + k)
            rows = rng.standard_normal((20, 30_000)).astype(np.float32)
            chans = [Channel(f"c{i}", "misc", 500.0, "uV", 30_000) for i in range(20)]
            names = [c.label for c in chans]
            found = measure_coherence(
                Recording(chans, Arrays(list(rows))), names[:10], names[10:], window=window, overlap=overlap
            )
            above.append((found.coherence > found.limit()[..., None]).mean())
        print(
            f"{window:7s} overlap {overlap:.1f}: {np.mean(above):.4f}  ({100 * len(above)} pairs of 60 s)", flush=True
        )


def spent() -> tuple[float, float]:
    """Wall and CPU time, seconds."""
    return time.perf_counter(), time.process_time()


def since(start: tuple[float, float]) -> str:
    wall, cpu = (now - then for now, then in zip(spent(), start, strict=True))
    return f"{wall:.2f} s, {cpu:.2f} s of CPU"


def clock(_n: int, _seed: int) -> None:
    rng = np.random.default_rng(UNSEEN)
    names = [f"{a}{b}" for a in ("F", "FC", "C", "CP", "P") for b in "34z12"] + [
        "O1",
        "O2",
        "Fp1",
        "Fp2",
        "T7",
        "T8",
        "Oz",
    ]
    times = onsets(rng, 500, 3.5, 0.8)
    chans = channels(times[-1] + 4, eeg_rate=1000.0, electrodes=names)
    brain = [10 * rng.standard_normal(chans[0].n_samples, dtype=np.float32) for _ in names]
    rec, jerks = recording(brain, chans), make_jerks(times, chans[len(names) :])
    import myosig.localize.cortex.search as module

    module.N_SHAMS = 2000
    start = spent()
    found = find_premyoclonic_potential(rec, jerks)
    print(f"{found.n} jerks, 32 EEG channels at 1 kHz, 2000 shams: {since(start)}")
    start = spent()
    find_discharges(read_tracks(rec, rate=250.0))
    print(f"discharges in {rec.duration / 60:.0f} min of 32 channels: {since(start)}")
    muscles = [(f"muscle {k}", "left") for k in range(10)]
    chans = channels(3600.0, eeg_rate=1000.0, electrodes=names[:20], emg=muscles)
    rows = [rng.standard_normal(3_600_000, dtype=np.float32) for _ in chans]
    rec = Recording(chans, Arrays(rows))
    labels = [c.label for c in chans]
    start = spent()
    measure_coherence(rec, labels[:20], labels[20:])
    print(f"coherence of 20 x 10 channels over one hour at 1 kHz: {since(start)}")


TASKS = {"false-alarms": false_alarms, "sensitivity": sensitivity, "coherence": coherence, "time": clock}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    TASKS[chosen.task](chosen.n, chosen.seed)


if __name__ == "__main__":
    main()
