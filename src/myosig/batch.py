"""A cohort of recordings: on this machine's processes, or on a Dask cluster where one is given."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from myosig import __version__
from myosig.analysis import SCHEMA, Analysis, analyze
from myosig.errors import MyosigError, ParameterError
from myosig.settings import Settings
from myosig.storage import file_digest, unique_folders, whole_file, whole_folder, write_tsv

if TYPE_CHECKING:
    import pandas as pd

    from myosig.recording import Recording

TRIES = 2  # a worker that dies twice over one recording is taken to die of that recording
COMBINED = {"bursts.tsv": "all_bursts.tsv", "jerks.tsv": "all_jerks.tsv"}

Writer = Callable[[Analysis, Path], None]


@dataclass(frozen=True, slots=True)
class Task:
    """One recording of a cohort: where it is, where its results go, how it is analysed."""

    path: Path
    folder: Path
    settings: Settings
    read: Callable[[Path], Any]
    write: Writer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recording: `status` is ``"done"``, ``"kept"`` (already there) or ``"failed"``."""

    path: Path
    folder: Path
    status: str
    reason: str = ""


def analyze_many(
    paths: Iterable[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str],
    read: Callable[[Path], Any],
    write: Writer | None = None,
    settings: Settings | None = None,
    workers: int | None = None,
    client: Any = None,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Analyse many recordings; a bad file never stops the others.

    Each recording gets a folder in `out` that appears whole or not at all. One that is already there from the same
    file content, settings and version is kept. Afterwards `out` holds `recordings.tsv` (what became of each),
    `all_bursts.tsv`, `all_jerks.tsv` and `verdicts.tsv`, in the order of `paths` whoever did the work.

    Parameters
    ----------
    paths : iterable of path
    out : path
    read : callable
        Opens one path, e.g. ``myosig.read``. It must be picklable.
    write : callable, optional
        Writes an Analysis into a folder; default: its tables and JSON, without a report. It must be picklable too.
    settings : Settings, optional
    workers : int, optional
        Processes on this machine; default: one for each core.
    client : dask.distributed.Client, optional
        The work goes to this cluster instead; its workers must see the same paths.
    on_outcome : callable, optional
        Called with each Outcome as it comes.

    Returns
    -------
    list of Outcome
        In the order of `paths`.
    """
    tasks = plan([Path(path) for path in paths], Path(out), settings or Settings(), read, write or Analysis.write_files)
    Path(out).mkdir(parents=True, exist_ok=True)
    run = run_on_cluster(tasks, client) if client is not None else run_here(tasks, workers or os.cpu_count() or 1)
    outcomes = {}
    for outcome in run:
        outcomes[outcome.folder] = outcome
        on_outcome(outcome)
    ordered = [outcomes[task.folder] for task in tasks]
    combine(ordered, Path(out))
    return ordered


def plan(
    paths: Sequence[Path], out: Path, settings: Settings, read: Callable[[Path], Any], write: Writer
) -> list[Task]:
    """A task for each path, with a folder named after the file, made unique by a number."""
    if not paths:
        raise ParameterError("there is no recording to analyse; give at least one path")
    return [
        Task(path, folder, settings, read, write)
        for path, folder in zip(paths, unique_folders(paths, out), strict=True)
    ]


def run_task(task: Task) -> Outcome:
    """Analyse one recording into its folder; every failure becomes an Outcome."""
    try:
        recording = task.read(task.path)
        if is_current(task, recording):
            return Outcome(task.path, task.folder, "kept")
        result = analyze(recording, settings=task.settings)
        with whole_folder(task.folder) as new:
            task.write(result, new)
    except (MyosigError, OSError, MemoryError) as error:
        return Outcome(task.path, task.folder, "failed", f"{type(error).__name__}: {error}")
    return Outcome(task.path, task.folder, "done")


def is_current(task: Task, recording: Recording) -> bool:
    """Whether the folder holds results of this very file content, way of reading, settings and version."""
    try:
        old = json.loads((task.folder / "analysis.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    same = (old.get("schema"), old.get("myosig"), old.get("settings"))
    told = replace(task.settings, reading=recording.reading).to_dict()
    if same != (SCHEMA, __version__, json.loads(json.dumps(told))):
        return False
    return bool(old.get("source", {}).get("sha256") == file_digest(task.path))


def run_here(tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    """Run on this machine's processes; a recording that kills its worker is tried alone once more, then failed."""
    left = list(tasks)
    if workers > 1:
        done: set[Path] = set()
        for outcome in _pool(left, workers):
            done.add(outcome.folder)
            yield outcome
        left = [task for task in left if task.folder not in done]
        for task in left:  # a worker died and took the pool along: each of the rest in a process of its own
            alone = list(_pool([task], 1))
            yield alone[0] if alone else Outcome(task.path, task.folder, "failed", "the worker process died")
    else:
        yield from map(run_task, left)


def _pool(tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    """Outcomes as they come; ends early when a worker dies."""
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures: dict[Future[Outcome], Task] = {pool.submit(run_task, task): task for task in tasks}
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool:
                continue


def run_on_cluster(tasks: Sequence[Task], client: Any) -> Iterator[Outcome]:
    """Run on a Dask cluster; Dask moves the work of a worker that dies to another."""
    from distributed import as_completed as cluster_completed

    futures = {client.submit(run_task, task, pure=False, retries=TRIES): task for task in tasks}
    for future in cast(Any, cluster_completed)(list(futures)):
        task = futures[future]
        error = future.exception()
        yield future.result() if error is None else Outcome(task.path, task.folder, "failed", repr(error))


def combine(outcomes: Sequence[Outcome], out: Path) -> None:
    """Write the tables of the whole cohort."""
    import pandas as pd

    good = [outcome for outcome in outcomes if outcome.status != "failed"]
    for name, combined in COMBINED.items():
        _write_whole(_stack(good, name), out / combined)
    _write_whole(pd.DataFrame([_verdict(outcome) for outcome in good]), out / "verdicts.tsv")
    table = [
        {"recording": o.folder.name, "path": str(o.path), "failed": o.status == "failed", "reason": o.reason or None}
        for o in outcomes
    ]
    _write_whole(pd.DataFrame(table), out / "recordings.tsv")


def _stack(outcomes: Sequence[Outcome], name: str) -> pd.DataFrame:
    import pandas as pd

    frames = []
    for outcome in outcomes:
        frame = pd.read_csv(outcome.folder / name, sep="\t", dtype=str, na_values="n/a", keep_default_na=False)
        frame.insert(0, "recording", outcome.folder.name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"recording": []})


def _verdict(outcome: Outcome) -> dict[str, Any]:
    result = json.loads((outcome.folder / "analysis.json").read_text(encoding="utf-8"))
    where = result["localization"]
    return {
        "recording": outcome.folder.name,
        "finding": result["phenotype"]["finding"],
        "sign": result["phenotype"]["sign"],
        "verdict": where["verdict"],
        **{f"posterior_{pattern}": value for pattern, value in where["posterior"].items()},
    }


def _write_whole(frame: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as temporary:
        write_tsv(frame, temporary)
