"""How long does `myosig.analyze` take on ten minutes of 16 channels at 2 kHz, from an EDF file, and where?

    python benchmarks/pipeline.py --repeat 5

The file is written first and lies in the page cache; the kernels are compiled by a short recording beforehand.
Prints the median of the repeats by stage.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

import myosig as ms

MINUTES, CHANNELS, RATE = 10, 16, 2000.0


def stages(path: Path) -> dict[str, float]:
    """Seconds of every stage of one run from the file to the verdict."""
    marks = [("reading the header", time.perf_counter())]
    recording = ms.read(path)
    ms.analyze(recording, on_stage=lambda stage: marks.append((stage, time.perf_counter())))
    marks.append(("end", time.perf_counter()))
    return {name: after - before for (name, before), (_, after) in pairwise(marks)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--pattern", default="cortical")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    options = {"sfreq": RATE, "n_emg": CHANNELS, "n_eeg": 8}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ten-minutes.edf"
        simulation = ms.simulate(arguments.pattern, seed=arguments.seed, duration=60.0 * MINUTES, **options)
        ms.write_edf(simulation.recording, path)
        begin = time.perf_counter()
        ms.analyze(ms.simulate(arguments.pattern, seed=arguments.seed, duration=60.0, **options).recording)
        print(f"first call, kernels compiled or loaded: {time.perf_counter() - begin:.1f} s")
        runs = [stages(path) for _ in range(arguments.repeat)]
    for stage in runs[0]:
        print(f"{stage:20s} {np.median([run[stage] for run in runs]):7.2f} s")
    print(f"{'together':20s} {np.median([sum(run.values()) for run in runs]):7.2f} s, median of {len(runs)}")


if __name__ == "__main__":
    main()
