"""NWB: the electrical series among the acquired data; samples are read when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.annotations import Annotations
from myosig.errors import ReadError
from myosig.io.extras import needs
from myosig.io.files import DataFile, warn
from myosig.io.stated import Stated
from myosig.io.tracks import Span, Track, assemble
from myosig.recording import Recording

JITTER = 0.1  # samples; time stamps further from a constant rate than this are not regular


def read_nwb(file: DataFile, stated: Stated) -> Recording:
    """Open the time series of voltages (and other continuous ones) in the acquisition group of an NWB file.

    Labels are the names of the electrodes where the file has them, else the name of the series and a number.

    Raises
    ------
    ReadError
        If the file cannot be read or holds no regularly sampled series.
    MissingExtraError
        If the package pynwb is not installed.
    """
    stated.refuse(file.path, "sfreq", "unit", "labels", "layout", "variable")
    pynwb = needs("pynwb")
    try:
        with pynwb.NWBHDF5IO(str(file.path), "r", load_namespaces=True) as opened:
            content = opened.read()
            series = [s for s in content.acquisition.values() if isinstance(s, pynwb.TimeSeries) and _is_numeric(s)]
            tracks = [track for one in series for track in _tracks(one, file)]
            marks, start = _intervals(content), content.session_start_time
    except ReadError:
        raise
    except Exception as error:  # the reader may raise anything on a damaged file
        raise ReadError(f"pynwb cannot read the file: {error}", path=file.path) from error
    return assemble(
        tracks,
        statements=stated.statements,
        path=file.path,
        name=file.path.name,
        annotations=marks,
        start_time=start.replace(tzinfo=None) if start is not None else None,
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """`Span.load` of one column of a data set, opened anew for every read."""

    path: Path
    dataset: str
    column: int | None
    scale: float
    offset: float

    def __call__(self, start: int, stop: int) -> NDArray[Any]:
        import h5py

        with h5py.File(self.path, "r") as opened:
            data = opened[self.dataset]
            part = data[start:stop] if self.column is None else data[start:stop, self.column]
        return np.asarray(part * self.scale + self.offset)


def _is_numeric(series: Any) -> bool:
    return hasattr(series.data, "dtype") and series.data.dtype.kind in "iuf" and series.data.ndim in (1, 2)


def _tracks(series: Any, file: DataFile) -> list[Track]:
    sfreq, start = _clock(series)
    if sfreq is None:
        warn(file.path, f"the series {series.name!r} is not regularly sampled and left out")
        return []
    count = series.data.shape[0]
    columns = [None] if series.data.ndim == 1 else list(range(series.data.shape[1]))
    scales = np.broadcast_to(getattr(series, "channel_conversion", None) or 1.0, len(columns)) * series.conversion
    return [
        Track(
            label=label,
            sfreq=sfreq,
            unit=str(series.unit),
            spans=[
                Span(start, count, _Column(file.path, series.data.name, column, float(scale), series.offset or 0.0))
            ],
        )
        for label, column, scale in zip(_labels(series, len(columns)), columns, scales, strict=True)
    ]


def _clock(series: Any) -> tuple[float | None, float]:
    """Rate and start; None where the time stamps are not those of a constant rate."""
    if series.rate is not None:
        return float(series.rate), float(series.starting_time or 0.0)
    times = np.asarray(series.timestamps[:], dtype=float)
    if len(times) < 2 or times[-1] <= times[0]:
        return None, 0.0
    sfreq = (len(times) - 1) / (times[-1] - times[0])
    off = np.abs((times - times[0]) * sfreq - np.arange(len(times)))
    return (float(sfreq) if off.max() <= JITTER else None), float(times[0])


def _labels(series: Any, count: int) -> list[str]:
    electrodes = getattr(series, "electrodes", None)
    for column in ("label", "channel_name", "electrode_name"):
        if electrodes is not None and column in electrodes.table.colnames:
            return [str(electrodes.table[column][i]) for i in electrodes.data[:]]
    return [series.name] if count == 1 else [f"{series.name} {i + 1}" for i in range(count)]


def _intervals(content: Any) -> Annotations:
    """Every table of time intervals: trials, epochs, stages."""
    rows = []
    for name, table in (content.intervals or {}).items():
        for i in range(len(table)):
            texts = [
                str(table[c][i]) for c in table.colnames if c not in ("start_time", "stop_time", "timeseries", "tags")
            ]
            start, stop = float(table["start_time"][i]), float(table["stop_time"][i])
            rows.append((start, stop - start, " ".join([name, *texts])))
    rows.sort(key=lambda row: row[0])
    return Annotations(*(np.array(column) for column in zip(*rows, strict=True))) if rows else Annotations.empty()
