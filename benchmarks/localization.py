"""How often is the source right? A cohort of simulated patients through the whole of `myosig.analyze`.

    python benchmarks/localization.py --per-class 100 --seed 7 --out DIR

Every recording is drawn anew from `--seed`: pattern, patient, montage, and, in 4 of 10, a handicap (no EEG, unknown
labels, eight channels, a short recording, sides confused, 1000 Hz, sleep). Seeds below 1000 are for development;
numbers that are shown anywhere come from seeds that nobody has looked at before. Writes ``localization.tsv`` (a row a
recording), ``localization.txt`` (what is printed) and ``localization.png``.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tellable import why_not
from tqdm import tqdm

import myosig as ms
from myosig.patterns import PATTERNS
from myosig.simulation import SIMULATED, Simulation, simulate

STANDARD = "standard"
HANDICAPS: dict[str, dict[str, Any]] = {
    "no EEG": {"n_eeg": 0},
    "unknown labels": {"labels": "numbered"},
    "eight channels": {"n_emg": 8},
    "short": {"duration": 100.0},
    "sides confused": {"labels": "swapped"},
    "1000 Hz": {"sfreq": 1000.0},
    "sleep": {"sleep": True},
}
HANDICAPPED = 0.4  # of the recordings
TOUCH = 0.3  # part of the shorter of two bursts that must overlap for them to be the same
BINS = np.linspace(0, 1, 11)  # of the reliability diagram


def cases(per_class: int, difficulties: list[str], patterns: list[str], seed: int) -> Iterator[dict[str, Any]]:
    """What to simulate: pattern, difficulty, handicap and seed of every recording."""
    for difficulty in difficulties:
        for pattern in patterns:
            for k in range(per_class):
                entropy = [seed, ["easy", "medium", "hard"].index(difficulty), SIMULATED.index(pattern), k]
                rng = np.random.default_rng(entropy)
                handicap = str(rng.choice(list(HANDICAPS))) if rng.random() < HANDICAPPED else STANDARD
                yield {
                    "pattern": pattern,
                    "difficulty": difficulty,
                    "handicap": handicap,
                    "seed": int(rng.integers(2**31)),
                    "n_eeg": int(rng.choice([8, 16, 21])),
                }


def examine(case: dict[str, Any]) -> dict[str, Any]:
    """Simulate, analyse and compare one recording; an error becomes part of the row."""
    options = {"n_eeg": case["n_eeg"]} | HANDICAPS.get(case["handicap"], {})
    simulation = simulate(case["pattern"], seed=case["seed"], difficulty=case["difficulty"], **options)
    truth = simulation.truth
    row = case | {"variant": truth.variant, "true_finding": truth.finding, "true_jerks": len(truth.jerks)}
    row |= {"drawn": str(dict(truth.drawn)), "error": ""}
    row["cannot_tell"] = why_not(simulation, case) if case["pattern"] in PATTERNS else ""
    start = time.perf_counter()
    try:
        analysis = ms.analyze(simulation.recording)
    except Exception:
        return row | {"error": traceback.format_exc(limit=-2).replace("\n", " | ")}
    row["seconds"] = time.perf_counter() - start
    return row | _verdict(analysis) | _grouping(simulation, analysis) | _speed(simulation, analysis)


def _verdict(analysis: ms.Analysis) -> dict[str, Any]:
    where, evidence = analysis.localization, analysis.localization.evidence
    assessed = [e for e in evidence if e.verdict != "not assessable"]
    reasons = [e.criterion for e in assessed if e.verdict == "present" and e.family in ("eeg", "emg shape")]
    return {
        "finding": analysis.phenotype.finding,
        "sign": analysis.phenotype.sign,
        "verdict": where.verdict or "none",
        "why": where.why,
        "families": len({e.family for e in assessed}),
        "shown": "; ".join(f"{e.criterion}={e.verdict}" for e in assessed),
        "cortical_reason": "; ".join(reasons),
        **{f"p_{pattern}": where.posterior[pattern] for pattern in PATTERNS},
    }


def _grouping(simulation: Simulation, analysis: ms.Analysis) -> dict[str, Any]:
    """How many true bursts were found, and how many jerks hold all their bursts and no others'."""
    true, jerks = simulation.truth.bursts, analysis.jerks
    member = np.asarray(jerks.member)
    real = np.flatnonzero(true.kind == "jerk")
    links: list[tuple[int, int]] = []  # (true jerk, found jerk), once for every pair of touching bursts
    found = 0
    for label in simulation.truth.channels:
        mine = real[true.channel[real] == label]
        theirs = np.flatnonzero(jerks.bursts.labels == label)
        onset, offset = true.onset[mine, None], true.offset[mine, None]
        other_on, other_off = jerks.bursts.onset[None, theirs], jerks.bursts.offset[None, theirs]
        shared = np.minimum(offset, other_off) - np.maximum(onset, other_on)
        touch = shared > TOUCH * np.minimum(offset - onset, other_off - other_on)
        found += int(touch.any(axis=1).sum())
        links += [(int(true.jerk[mine[i]]), int(member[theirs[j]])) for i, j in np.argwhere(touch)]
    grouped, total = _right_groups([link for link in links if link[1] >= 0])
    return {
        "found_jerks": len(jerks),
        "burst_recall": found / real.size if real.size else np.nan,
        "grouped": grouped / total if total else np.nan,
    }


def _right_groups(links: list[tuple[int, int]]) -> tuple[int, int]:
    """Of the true jerks with any burst found: those whose bursts lie in one group that holds no other jerk's."""
    groups: dict[int, set[int]] = {}
    jerks: dict[int, set[int]] = {}
    for jerk, group in links:
        groups.setdefault(jerk, set()).add(group)
        jerks.setdefault(group, set()).add(jerk)
    right = sum(len(g) == 1 and len(jerks[next(iter(g))]) == 1 for g in groups.values())
    return right, len(groups)


def _speed(simulation: Simulation, analysis: ms.Analysis) -> dict[str, Any]:
    spread, velocity = analysis.spread, simulation.truth.velocity
    low, high = spread.velocity_interval or (np.nan, np.nan)
    return {
        "true_velocity": velocity,
        "velocity": spread.velocity,
        "velocity_low": low,
        "velocity_high": high,
        "direction": spread.direction,
        "resolvable": spread.resolvable,
    }


# -- what the cohort says -----------------------------------------------------------------------------------------


def summary(table: pd.DataFrame) -> str:
    """Everything that is wanted of the cohort, as text."""
    done = table[table["error"] == ""]
    failed = table.loc[table["error"] != "", "error"].value_counts()
    parts = [f"{len(table)} recordings, {len(table) - len(done)} with an error", *failed.index]
    if done.empty:
        return "\n".join(parts)
    for difficulty, rows in done.groupby("difficulty"):
        parts.append(f"\n===== {difficulty} =====")
        for name, some in (("standard", rows[rows["handicap"] == STANDARD]), ("with every handicap", rows)):
            parts += [f"\n--- {name}: n = {len(some)} ---", confusion(some).to_string(), rates(some)]
        parts += ["\nby handicap:", by_handicap(rows).to_string(), "\nwithheld, and what the recording lacked:"]
        parts.append(reasons(rows))
    parts += ["\n===== all =====", measures(done)]
    return "\n".join(parts)


def confusion(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows: truth; columns: verdict of the localizer, or the finding where there is nothing to localize."""
    told = np.where(rows["verdict"] == "none", rows["finding"], rows["verdict"])
    told = np.where((rows["verdict"] == "none") & (rows["sign"] == "negative"), "negative", told)
    table = pd.crosstab(rows["pattern"], told)
    order = [*PATTERNS, "indeterminate", "negative", "tremor", "none"]
    return table.reindex(
        index=[p for p in SIMULATED if p in table.index],
        columns=[*(c for c in order if c in table.columns), *(c for c in table.columns if c not in order)],
    )


def rates(rows: pd.DataFrame) -> str:
    """Right of all, right of those given a verdict, withheld, wrongly given."""
    six = rows[rows["pattern"].isin(PATTERNS)]
    given = six[six["verdict"].isin(PATTERNS)]
    right = (six["verdict"] == six["pattern"]).mean()
    withheld = (six["verdict"] == "indeterminate").mean()
    could = six[six["cannot_tell"] == ""]
    others = rows[~rows["pattern"].isin(PATTERNS)]
    return (
        f"right of all {right:.3f}; right of {len(given)} given a verdict "
        f"{(given['verdict'] == given['pattern']).mean():.3f}; withheld {withheld:.3f}, "
        f"{(could['verdict'] == 'indeterminate').mean():.3f} of the {len(could)} that could have told; "
        f"right finding of tremor, negative and none {right_finding(others).mean():.3f}; "
        f"expected calibration error {calibration(six)[0]:.3f}"
    )


def reasons(rows: pd.DataFrame) -> str:
    """Of the recordings without a verdict, and of all: what they lacked, by pattern."""
    six = rows[rows["pattern"].isin(PATTERNS)]
    lacking = six["cannot_tell"].replace("", "nothing")
    withheld = (six["verdict"] == "indeterminate").rename("withheld")
    return withheld.groupby([six["pattern"], lacking]).agg(["sum", "size"]).to_string()


def right_finding(rows: pd.DataFrame) -> pd.Series:
    """Whether recordings without positive jerks were told as what they are."""
    sign = (rows["pattern"] != "negative") | rows["sign"].isin(["negative", "both"])
    still = rows["finding"].isin(["none", "sustained contraction"]) & (rows["pattern"] == "none")
    return ((rows["finding"] == rows["true_finding"]) & sign) | still


def by_handicap(rows: pd.DataFrame) -> pd.DataFrame:
    six = rows[rows["pattern"].isin(PATTERNS)]
    right = six.assign(
        right=six["verdict"] == six["pattern"],
        withheld=six["verdict"] == "indeterminate",
        given_right=np.where(six["verdict"].isin(PATTERNS), six["verdict"] == six["pattern"], np.nan),
    )
    grouped = right.groupby("handicap")
    return pd.concat(
        [
            grouped.size().rename("n"),
            grouped[["right", "given_right", "withheld"]].agg(lambda x: x.astype(float).mean()),
        ],
        axis=1,
    ).round(3)


def calibration(six: pd.DataFrame) -> tuple[float, pd.DataFrame]:
    """Expected calibration error of the largest posterior, and accuracy against confidence by bin."""
    posterior = six[[f"p_{p}" for p in PATTERNS]].to_numpy(dtype=float)
    told = np.isfinite(posterior).all(axis=1)
    if not told.any():
        return np.nan, pd.DataFrame()
    confidence = posterior[told].max(axis=1)
    right = np.array(PATTERNS)[posterior[told].argmax(axis=1)] == six["pattern"].to_numpy()[told]
    place = np.clip(np.digitize(confidence, BINS) - 1, 0, len(BINS) - 2)
    frame = pd.DataFrame({"bin": place, "confidence": confidence, "right": right})
    bins = frame.groupby("bin").agg(n=("right", "size"), confidence=("confidence", "mean"), right=("right", "mean"))
    error = float((bins["n"] / bins["n"].sum() * (bins["confidence"] - bins["right"]).abs()).sum())
    return error, bins


def measures(rows: pd.DataFrame) -> str:
    """Grouping of jerks, bursts found, velocity intervals, cortical verdicts without a reason, time."""
    six = rows[rows["pattern"].isin(PATTERNS)]
    grouping = six.pivot_table(
        index="pattern", columns="difficulty", values=["grouped", "burst_recall"], aggfunc="mean"
    )
    spinal = rows[(rows["pattern"] == "propriospinal") & rows["velocity_low"].notna()]
    covered = (spinal["velocity_low"] <= spinal["true_velocity"]) & (spinal["true_velocity"] <= spinal["velocity_high"])
    resolved = rows[rows["pattern"] == "propriospinal"]["velocity"].notna().mean()
    cortical = rows[rows["verdict"] == "cortical"]
    bare = (cortical["cortical_reason"] == "").sum()
    error, bins = calibration(six)
    return "\n".join(
        [
            grouping.round(3).to_string(),
            f"velocity of propriospinal jerks: resolved in {resolved:.3f}, interval covers the truth in "
            f"{covered.mean():.3f} of {len(spinal)}",
            f"cortical verdicts without an EEG or burst-shape reason: {bare} of {len(cortical)}",
            f"expected calibration error {error:.3f}",
            bins.round(3).to_string(),
            f"seconds for analyze: median {rows['seconds'].median():.1f}, largest {rows['seconds'].max():.1f}",
        ]
    )


def figure(table: pd.DataFrame, path: Path) -> None:
    """Confusion by difficulty and the reliability diagram."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    done = table[table["error"] == ""]
    levels = [d for d in ("easy", "medium", "hard") if d in set(done["difficulty"])]
    fig, axes = plt.subplots(1, len(levels) + 1, figsize=(5.2 * (len(levels) + 1), 5), layout="constrained")
    for ax, difficulty in zip(axes, levels, strict=False):
        counts = confusion(done[done["difficulty"] == difficulty])
        share = counts.div(counts.sum(axis=1), axis=0)
        ax.imshow(share, vmin=0, vmax=1, cmap="Blues", aspect="auto")
        for i, j in np.argwhere(counts.to_numpy() > 0):
            ax.text(j, i, counts.iloc[i, j], ha="center", va="center", color="w" if share.iloc[i, j] > 0.5 else "k")
        ax.set(title=difficulty, xticks=range(counts.shape[1]), yticks=range(counts.shape[0]), xlabel="told")
        ax.set_xticklabels(counts.columns, rotation=60, ha="right")
        ax.set_yticklabels(counts.index)
    error, bins = calibration(done[done["pattern"].isin(PATTERNS)])
    axes[-1].plot([0, 1], [0, 1], "k:", lw=1)
    axes[-1].plot(bins["confidence"], bins["right"], "o-")
    axes[-1].set(title=f"reliability, error {error:.3f}", xlabel="posterior of the first", ylabel="part that is right")
    fig.savefig(path, dpi=110)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-class", type=int, default=10)
    parser.add_argument("--difficulty", nargs="+", default=["easy", "medium", "hard"])
    parser.add_argument("--pattern", nargs="+", default=list(SIMULATED))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    arguments = parser.parse_args()
    plan = list(cases(arguments.per_class, arguments.difficulty, arguments.pattern, arguments.seed))
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(arguments.processes) as pool:
        for row in tqdm(pool.map(examine, plan), total=len(plan), file=sys.stderr):
            rows.append(row)  # written at once: a long cohort that is broken off is not lost
            table = pd.DataFrame(rows)
            table.to_csv(arguments.out / "localization.tsv", sep="\t", index=False, float_format="%.5g", na_rep="n/a")
    text = summary(table)
    (arguments.out / "localization.txt").write_text(text + "\n", encoding="utf-8")
    if (table["error"] == "").any():
        figure(table, arguments.out / "localization.png")
    print(text)
    return int((table["error"] != "").any())


if __name__ == "__main__":
    sys.exit(main())
