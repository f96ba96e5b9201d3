"""Results as BIDS derivatives: a dataset of their own that points back to the recordings."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from myosig import __version__
from myosig.io.bids_layout import DESCRIPTION, BidsRecording
from myosig.io.sidecars import read_json
from myosig.storage import NEW, whole_file, write_json

BIDS_VERSION = "1.11.1"
NAMES = {  # of a result -> the end of its name in the dataset; analysis.json comes last and says that all are there
    "bursts.tsv": "desc-bursts_events.tsv",
    "jerks.tsv": "desc-jerks_events.tsv",
    "silences.tsv": "desc-silences_events.tsv",
    "channels.tsv": "desc-myosig_channels.tsv",
    "settings.toml": "desc-myosig_settings.toml",
    "report.html": "desc-myosig_report.html",
    "analysis.json": "desc-myosig_analysis.json",
    "analysis.npz": "desc-myosig_analysis.npz",
}
TYPES = {"ACC": "ACCEL", "STIM": "TRIG"}  # our kinds of channel that BIDS calls otherwise
IGNORED = """\
# Settings, reports and summaries have no place in BIDS yet; nor have events derived from EMG (BIDS 1.11),
# and where there are no others, what their columns mean.
*_settings.toml
*_report.html
*_analysis.json
*_analysis.npz
**/emg/*_desc-*
desc-*.json
"""
README = """\
# Muscle jerks found by myosig

For each recording: `desc-bursts_events.tsv` (bursts of EMG), `desc-jerks_events.tsv` (bursts of several muscles that
belong together), `desc-silences_events.tsv` (interruptions of tonic activity), `desc-myosig_channels.tsv` (how each
channel was understood, and its quality), `desc-myosig_analysis.json` (all results; `myosig.load` reads it, with the
`.npz` beside it), `desc-myosig_settings.toml` (to
repeat the analysis) and `desc-myosig_report.html`. Onsets are seconds from the start of the recording.
"""
_BURSTS = {
    "channel": "Label of the channel",
    "muscle": "Muscle under the channel",
    "side": "Side of the body",
    "amplitude": "Peak to peak, in microvolts",
    "rms": "Root mean square, in microvolts",
    "snr": "Power of the burst over that of the noise around it, in decibels",
    "jerk": "Row of the jerk that the burst belongs to, counted from 0",
    "onset_se": "Standard error of the onset, in seconds",
    "offset_se": "Standard error of the end, in seconds",
    "peak_time": "Time of the largest value, in seconds",
    "area": "Integral of the rectified burst, in microvolts times seconds",
    "median_frequency": "Half of the power lies below it, in hertz",
    "cut": "Whether the burst is cut by a gap or the end of the data",
    "suspect": "Why the burst may be an artefact",
    "n_peaks": "Number of peaks",
}
_SILENCES = {
    "channel": "Label of the channel",
    "depth": "By how much the activity falls",
    "after_burst": "Whether a burst comes just before",
}
_JERKS = {
    "lead": "Channel in which the jerk begins",
    "n_channels": "Number of channels that take part",
    "channels": "They, in the order in which they begin",
    "latencies_ms": "Their onsets after that of the leading channel, in milliseconds",
}
_CHANNELS = {
    "muscle": "Muscle under the channel",
    "side": "Side of the body",
    "segments": "Segments of the cord that supply the muscle",
}
TABLES = {  # of a table: what its rows are, and what its columns mean
    "bursts.tsv": ("Bursts of EMG", _BURSTS),
    "jerks.tsv": ("Jerks: bursts of several muscles that belong together", _JERKS),
    "silences.tsv": ("Interruptions of tonic EMG activity", _SILENCES),
    "channels.tsv": ("How each channel was understood, and its quality", _CHANNELS),
}


@contextmanager
def derivatives(recording: BidsRecording, out: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty folder for the results of a recording; what is in it in the end goes into the dataset `out`.

    Parameters
    ----------
    recording : BidsRecording
        What was analysed.
    out : path
        Root of the derivative dataset, often ``BIDSROOT/derivatives/myosig``; made when it does not exist.

    Yields
    ------
    Path
        A folder for files of the names in `NAMES`. Each then takes its place under its BIDS name, in one move.
    """
    root = Path(out).absolute()
    root.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{root.name}{NEW}", dir=root))
    try:
        yield new
        _describe(recording, root)
        place = results_of(recording, root)["analysis.json"].parent
        place.mkdir(parents=True, exist_ok=True)
        _use_bids_types(new / "channels.tsv")
        for name, target in results_of(recording, root).items():
            if (new / name).exists():
                (new / name).replace(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def results_of(recording: BidsRecording, out: str | os.PathLike[str]) -> dict[str, Path]:
    """Where each result of a recording lies in the derivative dataset `out`."""
    folders = [f"{key}-{recording.entities[key]}" for key in ("sub", "ses") if key in recording.entities]
    place = Path(out).joinpath(*folders, recording.files[0].suffix)
    return {name: place / f"{recording.name}_{end}" for name, end in NAMES.items()}


def _describe(recording: BidsRecording, root: Path) -> None:
    """What makes the folder a dataset: its description, and what the columns of its tables mean."""
    source = read_json(recording.root / DESCRIPTION)
    description = {
        "Name": f"myosig: {source.get('Name', recording.root.name)}",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "myosig", "Version": __version__}],
    }
    if isinstance(source.get("DatasetDOI"), str):
        description["SourceDatasets"] = [{"DOI": source["DatasetDOI"]}]
    _put(root / DESCRIPTION, description)
    for name, (rows, columns) in TABLES.items():
        meanings: dict[str, object] = {column: {"Description": meaning} for column, meaning in columns.items()}
        _put(root / NAMES[name].replace(".tsv", ".json"), {"Description": rows} | meanings)
    for name, text in (("README.md", README), (".bidsignore", IGNORED)):
        with whole_file(root / name) as new:
            new.write_text(text, encoding="utf-8")


def _put(path: Path, values: Mapping[str, object]) -> None:
    with whole_file(path) as new:
        write_json(values, new)


def _use_bids_types(table: Path) -> None:
    """Types of channels as BIDS names them, in the second column."""
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    cells = [row.split("\t") for row in rows]
    lines = ["\t".join([name, TYPES.get(kind, kind), *rest]) for name, kind, *rest in cells]
    table.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
