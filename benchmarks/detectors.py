"""Burst detectors side by side: accuracy by SNR, with and without the heart in the channel, and false alarms.

``python benchmarks/detectors.py [--out DIR] [--seeds 2]`` writes ``detectors.md`` and ``detectors.png``. The peers come
with ``pip install 'myosig[bench]'``; those that are not there are left out. They get fewer bursts and less noise than
myosig, because some are slow (`N_BURSTS`). Seeds are not those of development; speed stands in ``throughput.py``.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from burst_world import DURATIONS, in_band, noise, score, with_heart, world

from myosig.channel import Channel
from myosig.detect.bursts import detect_bursts
from myosig.recording import Recording
from myosig.samples import MemorySource

SNRS = (0, 5, 10, 15, 20)
TABLES = (
    ("F1", "f1", (0.55, 0.90, 0.985, 0.995, 0.995)),
    ("Median onset error, ms", "onset", (15, 6, 2.5, 1.5, 1)),
    ("Median offset error, ms", "offset", (20, 10, 4, 2, 1.5)),
    ("Bias of duration (median), ms", "bias", (20, 8, 4, 2, 1.5)),
)
WITH_HEART = ("F1 with the heart in the channel", "f1", ("-", 0.85, 0.95, 0.97, 0.97))
NOISES = ("white", "pink", "muffled", "laplace", "t5", "t3")
FIRST_SEED = 161_900
N_BURSTS = {"myosig": 120, "NeuroKit2 threshold": 24}  # at each SNR and seed; else
OTHERS = 60
COARSER = 4  # NeuroKit2 takes 0.15 s of CPU for 1000 samples of its (smooth) envelope
SETTINGS = (1.0, 0.4, 0.7, 1.5, 2.5)  # times the default threshold of each peer
Table = dict[str, list[dict[str, float]]]
Edges = tuple[np.ndarray, np.ndarray]


def recording(x: np.ndarray, sfreq: float) -> Recording:
    rows = np.atleast_2d(x).astype(np.float32)
    channels = [Channel(f"EMG {i}", "emg", sfreq, "uV", rows.shape[1]) for i in range(len(rows))]
    return Recording(channels, MemorySource(list(rows)))


def myosig(x: np.ndarray, sfreq: float, strength: float) -> Edges:
    found = detect_bursts(recording(x, sfreq))
    return found.onset, found.offset


def double_threshold(x: np.ndarray, sfreq: float, strength: float) -> Edges:
    """Moving RMS of 20 ms above mean + k SD of the quieter half, for 10 ms: what is often written by hand."""
    envelope = np.sqrt(np.convolve(in_band(x, sfreq) ** 2, np.ones(int(0.02 * sfreq)) / int(0.02 * sfreq), "same"))
    quiet = envelope[envelope < np.median(envelope)]
    return edges_of(envelope > quiet.mean() + strength * 3 * quiet.std(), sfreq)


def neurokit2(x: np.ndarray, sfreq: float, strength: float) -> Edges:
    import neurokit2 as nk

    amplitude = nk.emg_amplitude(in_band(x, sfreq))[::COARSER]
    limit, rate = strength * amplitude.std() / 3, int(sfreq / COARSER)
    activity, _ = nk.emg_activation(
        amplitude, sampling_rate=rate, method="threshold", threshold=limit, duration_min=0.01
    )
    return edges_of(activity["EMG_Activity"].to_numpy() > 0, rate)


def biosppy(x: np.ndarray, sfreq: float, strength: float) -> Edges:
    from biosppy.signals.emg import hodges_bui_onset_detector

    filtered = in_band(x, sfreq)
    marks = hodges_bui_onset_detector(
        filtered, rest=filtered[: int(sfreq)], sampling_rate=sfreq, size=int(0.02 * sfreq), threshold=3 * strength
    )["onsets"]
    marks = np.asarray(marks)[: len(marks) // 2 * 2] / sfreq
    return marks[::2], marks[1::2]


def mne_muscle(x: np.ndarray, sfreq: float, strength: float) -> Edges:
    import mne

    raw = mne.io.RawArray(x[None] * 1e-6, mne.create_info(1, sfreq, "emg"), verbose=False)
    raw.set_channel_types({"0": "eeg"}, verbose=False)
    marks, _ = mne.preprocessing.annotate_muscle_zscore(
        raw, threshold=2 * strength, ch_type="eeg", min_length_good=0.02, filter_freq=(20, 450), verbose=False
    )
    return marks.onset, marks.onset + marks.duration


def ruptures_kernel(x: np.ndarray, sfreq: float, strength: float) -> Edges:
    import ruptures

    step = int(0.005 * sfreq)
    y = in_band(x, sfreq)
    level = np.log(np.square(y[: len(y) // step * step]).reshape(-1, step).mean(axis=1) + 1e-12)
    ends = ruptures.KernelCPD(kernel="linear", min_size=2).fit(level[:, None]).predict(pen=8 * strength)
    starts = np.array([0, *ends[:-1]])
    means = np.array([level[a:b].mean() for a, b in zip(starts, ends, strict=True)])
    loud = np.repeat(means > np.median(level) + 1, np.diff(np.concatenate([[0], ends])))
    return edges_of(loud, sfreq / step)


def edges_of(active: np.ndarray, rate: float) -> Edges:
    change = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    return change[::2] / rate, change[1::2] / rate


PEERS: dict[str, tuple[Callable[[np.ndarray, float, float], Edges], str | None]] = {
    "myosig": (myosig, None),
    "RMS, double threshold": (double_threshold, None),
    "NeuroKit2 threshold": (neurokit2, "neurokit2"),
    "BioSPPy Hodges-Bui": (biosppy, "biosppy"),
    "MNE muscle z-score": (mne_muscle, "mne"),
    "ruptures KernelCPD": (ruptures_kernel, "ruptures"),
}


def present(package: str | None) -> bool:
    if package is None:
        return True
    try:
        __import__(package)
    except ImportError:
        return False
    return True


def accuracy(name: str, snr: float, seeds: range, *, heart: bool = False) -> dict[str, float]:
    """Scores at one SNR; a peer gets, at each SNR, the best of its default and four other settings."""
    detect = PEERS[name][0]
    seeds = seeds if name == "myosig" else seeds[:1]
    worlds = [world(seed, snr, n_bursts=N_BURSTS.get(name, OTHERS)) for seed in seeds]
    worlds = [with_heart(w, seed) if heart else w for w, seed in zip(worlds, seeds, strict=True)]
    best: dict[str, float] = {"f1": -1.0}
    for strength in SETTINGS[:1] if name == "myosig" else SETTINGS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [detect(w.x, w.sfreq, strength) for w in worlds]
        results = [score((w.onset, w.offset), f) for w, f in zip(worlds, found, strict=True)]
        onset = np.concatenate([r.onset for r in results]) * 1e3
        offset = np.concatenate([r.offset for r in results]) * 1e3
        f1 = float(np.mean([r.f1 for r in results]))
        if f1 > best["f1"] and len(onset):
            best |= {
                "f1": f1,
                "onset": float(np.median(np.abs(onset))),
                "offset": float(np.median(np.abs(offset))),
                "bias": float(np.median(offset - onset)),
            }
        if strength == 1.0:
            best["default"] = f1
    return best


def false_alarms(name: str, kind: str, hours: float, sfreq: float = 2000.0) -> float:
    """Of a detector with its default setting, in an hour of one channel of noise, from `hours` of it."""
    found, pieces = 0, max(1, round(hours))
    for k in range(pieces):
        x = 5 * noise(np.random.default_rng(7000 + k), round(hours / pieces * 3600 * sfreq), sfreq, kind)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found += len(PEERS[name][0](x, sfreq, 1.0)[0])
    return found / hours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--hours", type=float, default=4.0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    names = [n for n, (_, package) in PEERS.items() if present(package)]
    table = {n: [accuracy(n, snr, seeds) for snr in SNRS] for n in names}
    lines = [
        "# Burst detectors",
        "",
        f"2 kHz, bursts of {', '.join(f'{1e3 * d:g}' for d in DURATIONS)} ms, "
        f"{120 * len(seeds)} at each SNR ({OTHERS} for the peers, {N_BURSTS['NeuroKit2 threshold']} for NeuroKit2); "
        "any overlap, one to one. Peers: best of five settings at each SNR (their default in brackets), "
        "filtered 20-450 Hz for them.",
        "",
    ]
    for title, key, aim in TABLES:
        lines += rows(title, key, aim, table)
    beating = {n: [accuracy(n, snr, seeds, heart=True) for snr in SNRS] for n in names}
    lines += rows(*WITH_HEART, beating)
    lines += ["## False alarms in a channel-hour, with the default setting", ""]
    lines += ["| | " + " | ".join(NOISES) + " |", "|---" * (len(NOISES) + 1) + "|"]
    hours = {"myosig": arguments.hours, "NeuroKit2 threshold": 0.01}
    for n in names:
        counts = [false_alarms(n, kind, hours.get(n, 0.05)) for kind in NOISES]
        lines.append(f"| {n} | " + " | ".join(f"{c:.2f}" if n == "myosig" else f"{c:.0f}" for c in counts) + " |")
    (arguments.out / "detectors.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    draw(names, table, beating, arguments.out / "detectors.png")


def rows(title: str, key: str, aim: tuple[object, ...], table: Table) -> list[str]:
    """One table in Markdown: a row for each detector, and what is aimed at."""
    head = [f"## {title}", "", "| | " + " | ".join(f"{s} dB" for s in SNRS) + " |", "|---" * (len(SNRS) + 1) + "|"]
    body = [f"| {n} | " + " | ".join(cell(key, r) for r in results) + " |" for n, results in table.items()]
    return [*head, *body, f"| *aim* | {' | '.join(map(str, aim))} |", ""]


def cell(key: str, result: dict[str, float]) -> str:
    if key != "f1":
        return f"{result.get(key, np.nan):.1f}"
    return f"{max(result['f1'], 0):.3f} ({result['default']:.3f})"


def draw(names: list[str], table: Table, beating: Table, path: Path) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    panels = ((table, "f1", "F1"), (beating, "f1", "F1, heart in the channel"), (table, "onset", "onset error (ms)"))
    for ax, (results, key, title) in zip(axes, panels, strict=True):
        for n in names:
            style = {"lw": 2.5, "color": "k", "zorder": 3} if n == "myosig" else {"lw": 1}
            ax.plot(SNRS, [r.get(key, np.nan) for r in results[n]], label=n, marker=".", **style)
        ax.set(xlabel="SNR (dB)", title=title)
    for ax in axes[:2]:
        ax.set_ylim(0, 1.02)
    axes[2].set_yscale("log")
    axes[1].legend(frameon=False, fontsize=7)
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main()
