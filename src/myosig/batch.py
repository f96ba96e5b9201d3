"""A cohort of recordings: on this machine's processes, or on a Dask cluster where one is given."""

from __future__ import annotations

import json
import multiprocessing
import os
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myosig.analysis import analyze
from myosig.checkpoint import LONG, Checkpoint, digest_inputs, fingerprint
from myosig.cohort import Member, find_members, open_member
from myosig.errors import MissingExtraError, MyosigWarning, ParameterError
from myosig.io.bids_layout import BidsRecording
from myosig.io.derivatives import derivatives, results_of
from myosig.report.report import write_report
from myosig.settings import Settings
from myosig.storage import read_tsv, remove_leftovers, whole_file, whole_folder, write_tsv

if TYPE_CHECKING:
    import pandas as pd

    from myosig.recording import Recording

RESULTS = ("bursts.tsv", "silences.tsv", "jerks.tsv", "channels.tsv", "settings.toml", "analysis.json")
REPORT = "report.html"
COMBINED = {"bursts.tsv": "all_bursts.tsv", "jerks.tsv": "all_jerks.tsv"}
STATE = ".myosig"  # folder in `out`: for each recording, from what its results were made

Reader = Callable[[Path | BidsRecording], Any]


@dataclass(frozen=True, slots=True)
class Task:
    """One recording of a cohort.

    Attributes
    ----------
    name : str
        Unique in the cohort.
    inputs : tuple of Path
        Files that hold its samples.
    open : callable
        Opens it.
    results : callable
        A context that takes its results, whole or not at all.
    files : mapping of str to Path
        Where each result then lies.
    made_from : Path
        Where it stands from what the results were made.
    settings : Settings
    hidden : bool
        Whether its paths name a patient and stay out of all results.
    """

    name: str
    inputs: tuple[Path, ...]
    open: Callable[[], Recording]
    results: Callable[[], AbstractContextManager[Path]]
    files: Mapping[str, Path]
    made_from: Path
    settings: Settings
    hidden: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recording: `status` is ``"done"``, ``"kept"`` (already there) or ``"failed"``.

    `reason` says why it failed, `warnings` what was doubtful.
    """

    name: str
    status: str
    reason: str = ""
    warnings: tuple[str, ...] = ()


def analyze_many(
    paths: Iterable[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str],
    read: Reader = open_member,
    settings: Settings | None = None,
    report: bool = False,
    keep_identity: bool = False,
    workers: int | None = None,
    client: Any = None,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Analyse many recordings; a bad file never stops the others.

    The results of each recording appear in `out` whole or not at all. Those that are already there, from the same
    file content, settings and version, are kept. Afterwards `out` holds `recordings.tsv` (what became of each,
    why, and what was doubtful), `all_bursts.tsv`, `all_jerks.tsv` and `verdicts.tsv`, in the order of `paths` whoever
    did the work.

    Parameters
    ----------
    paths : iterable of path
        Recordings, folders of recordings, BIDS datasets, or text files (``.txt``) that list them line by line.
    out : path
        A BIDS dataset becomes a derivative dataset there, everything else a folder for each recording.
    read : callable, optional
        Opens a path, or a `BidsRecording` of a dataset. It must be picklable.
    settings : Settings, optional
    report : bool
        Whether to write a report of each recording as well.
    keep_identity : bool
        Whether to call recordings by the names of their files, and to write their paths, even where these name the
        patient; by default they go by a pseudonym (see `read`).
    workers : int, optional
        Processes on this machine; default: one for each core. With 1, the work is done in this process.
    client : dask.distributed.Client, optional
        The work goes to this cluster instead; its workers must see the same paths, and work on one recording each
        (``nthreads=1``).
    on_outcome : callable, optional
        Called with each Outcome as it comes.

    Returns
    -------
    list of Outcome
        In the order of `paths`.

    Raises
    ------
    ParameterError
        If there is no recording.
    MissingExtraError
        If `client` is given without the package ``distributed``.

    Examples
    --------
    >>> import pathlib, tempfile, myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.write_edf(recording, pathlib.Path(folder, "a.edf"))
    ...     outcomes = ms.analyze_many([pathlib.Path(folder, "a.edf")], out=pathlib.Path(folder, "out"), workers=1)
    >>> [outcome.status for outcome in outcomes]
    ['done']
    """
    place = Path(out).absolute()
    tasks = plan(find_members(paths, keep_identity=keep_identity), place, settings or Settings(), read, report=report)
    place.mkdir(parents=True, exist_ok=True)
    run = run_on_cluster(tasks, client) if client is not None else run_here(tasks, workers or os.cpu_count() or 1)
    outcomes = {}
    for outcome in run:
        outcomes[outcome.name] = outcome
        on_outcome(outcome)
    remove_leftovers(place)
    combine([(task, outcomes[task.name]) for task in tasks], place)
    return [outcomes[task.name] for task in tasks]


def plan(members: Sequence[Member], out: Path, settings: Settings, read: Reader, *, report: bool) -> list[Task]:
    """A task for each recording."""
    if not members:
        raise ParameterError("there is no recording to analyse; give at least one file, or a folder that holds some")
    names = (*RESULTS, REPORT) if report else RESULTS
    return [_task(member, out, settings, read, names) for member in members]


def _task(member: Member, out: Path, settings: Settings, read: Reader, names: Sequence[str]) -> Task:
    what = member.what
    if isinstance(what, BidsRecording):
        results, files = partial(derivatives, what, out), results_of(what, out)
    else:
        results = partial(whole_folder, out / member.name)
        files = {name: out / member.name / name for name in names}
    return Task(
        name=member.name,
        inputs=member.inputs,
        open=partial(read, what),
        results=results,
        files={name: files[name] for name in names},
        made_from=out / STATE / f"{member.name}.txt",
        settings=settings,
        hidden=member.hidden,
    )


def run_task(task: Task) -> Outcome:
    """Analyse one recording; every failure and warning becomes part of an Outcome."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MyosigWarning)
        outcome = _run(task)
    said = (_hidden(task, str(w.message)) for w in caught if issubclass(w.category, MyosigWarning))
    return replace(outcome, warnings=tuple(dict.fromkeys(said)))


def _run(task: Task) -> Outcome:
    try:
        recording = task.open()
        digests = digest_inputs(task.inputs)
        mark = fingerprint(recording, digests, task.settings)
        if is_current(task, mark):
            return Outcome(task.name, "kept")
        kept = task.made_from.with_suffix(".partial") if recording.duration >= LONG else None
        checkpoint = Checkpoint(kept, mark, digests)
        result = analyze(recording, settings=task.settings, checkpoint=checkpoint)
        task.made_from.parent.mkdir(parents=True, exist_ok=True)
        task.made_from.unlink(missing_ok=True)
        with task.results() as new:
            result.write_files(new)
            if REPORT in task.files:
                write_report(result, new / REPORT)
        with whole_file(task.made_from) as temporary:
            temporary.write_text(mark, encoding="utf-8")
        checkpoint.clear()
    except Exception as error:  # of whatever class: it concerns this recording, not the cohort
        return Outcome(task.name, "failed", _reason(task, error))
    return Outcome(task.name, "done")


def _reason(task: Task, error: BaseException) -> str:
    return _hidden(task, f"{type(error).__name__}: {error}")


def _hidden(task: Task, text: str) -> str:
    """A text without the paths of files that name a patient."""
    for path in task.inputs if task.hidden else ():
        text = text.replace(str(path), task.name)
    return text


def is_current(task: Task, mark: str) -> bool:
    """Whether the results are there, made from what `mark` stands for."""
    try:
        same = task.made_from.read_text(encoding="utf-8") == mark
    except OSError:
        return False
    return same and all(path.exists() for path in task.files.values())


def run_here(tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    """Run on this machine's processes; a recording that kills its worker is tried once more alone, then failed."""
    if workers == 1:
        yield from map(run_task, tasks)
        return
    waiting = deque(tasks)
    while waiting:
        for suspect in (yield from _pool(waiting, workers)):
            for task in (yield from _pool(deque([suspect]), 1)):
                yield Outcome(task.name, "failed", "the worker process died")


def _pool(waiting: deque[Task], workers: int) -> Generator[Outcome, None, list[Task]]:
    """Outcomes as they come, until nothing is left or a worker dies; then the tasks that were at work."""
    at_work: dict[Future[Outcome], Task] = {}
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            while waiting or at_work:
                while waiting and len(at_work) < workers:
                    at_work[pool.submit(run_task, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(at_work, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del at_work[future]
                    yield outcome
        except BrokenProcessPool:
            return list(at_work.values())
    return []


def run_on_cluster(tasks: Sequence[Task], client: Any) -> Iterator[Outcome]:
    """Run on a Dask cluster, which moves the work of a worker that dies; a suspect of killing it is tried alone."""
    try:
        from distributed import as_completed
    except ImportError:
        raise MissingExtraError("distributed", "dask") from None
    completed: Any = as_completed
    futures = {client.submit(run_task, task, pure=False): task for task in tasks}
    suspects = []
    for future in completed(list(futures)):
        task = futures.pop(future)  # what nobody waits for any more is not computed again when its worker dies
        if future.status == "finished":
            yield future.result()
        else:  # its workers died, be it of this recording or of one that waited beside it
            suspects.append(task)
        future.release()
    for task in suspects:
        future = client.submit(run_task, task, pure=False)
        error = future.exception()
        yield future.result() if error is None else Outcome(task.name, "failed", _reason(task, error))


def combine(cohort: Sequence[tuple[Task, Outcome]], out: Path) -> None:
    """Write the tables of the whole cohort."""
    import pandas as pd

    good = [task for task, outcome in cohort if outcome.status != "failed"]
    for name, combined in COMBINED.items():
        _write_whole(_stack(good, name), out / combined)
    _write_whole(pd.DataFrame([_verdict(task) for task in good]), out / "verdicts.tsv")
    table = [
        {
            "recording": task.name,
            "path": None if task.hidden else ", ".join(map(str, task.inputs)),
            "failed": outcome.status == "failed",
            "reason": outcome.reason or None,
            "warnings": "; ".join(outcome.warnings) or None,
        }
        for task, outcome in cohort
    ]
    _write_whole(pd.DataFrame(table), out / "recordings.tsv")


def _stack(tasks: Sequence[Task], name: str) -> pd.DataFrame:
    import pandas as pd

    frames = []
    for task in tasks:
        frame = read_tsv(task.files[name])
        frame.insert(0, "recording", task.name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"recording": []})


def _verdict(task: Task) -> dict[str, Any]:
    result = json.loads(task.files["analysis.json"].read_text(encoding="utf-8"))
    where = result["localization"]
    return {
        "recording": task.name,
        "finding": result["phenotype"]["finding"],
        "sign": result["phenotype"]["sign"],
        "verdict": where["verdict"],
        **{f"posterior_{pattern}": value for pattern, value in where["posterior"].items()},
    }


def _write_whole(frame: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as temporary:
        write_tsv(frame, temporary)
