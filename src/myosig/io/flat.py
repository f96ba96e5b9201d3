"""Flat binary files of a stated layout, and NPY files: samples stay on disk until they are asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from myosig.errors import ReadError
from myosig.io.edf_samples import TILE_BYTES
from myosig.io.files import DataFile, warn
from myosig.io.sidecars import read_json
from myosig.io.stated import Stated, channels_first, describe_channels
from myosig.recording import Recording
from myosig.samples import Samples

ORDERS = ("samples", "channels")
LAYOUT_KEYS = {
    "dtype": "type of a number as numpy writes it, e.g. '<i2' (required)",
    "order": "'samples': all channels of a sample lie together; 'channels': all samples of a channel do (required)",
    "sfreq": "samples per second",
    "unit": "unit of the numbers after gain and baseline",
    "labels": "label of each channel",
    "offset": "bytes before the first number (0)",
    "gain": "one number, or one a channel: value = (number - baseline) * gain (1)",
    "baseline": "one number, or one a channel (0)",
}
NPY_HEADER = 1 << 16  # bytes within which the header of an NPY file must end


@dataclass(frozen=True, slots=True)
class FlatSource:
    """Numbers of one type in a file, by sample (all channels of a sample together) or by channel.

    Value = (number - baseline) * gain, computed in double precision.
    """

    file: DataFile
    dtype: np.dtype[Any]
    offset: int
    n_channels: int
    n_samples: int
    by_channel: bool
    gain: tuple[float, ...]
    baseline: tuple[float, ...]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Samples start..stop; see `samples.Source`."""
        out = np.empty((len(rows), stop - start), dtype=np.float32)
        chosen = list(rows)
        gain = np.array([[self.gain[row]] for row in rows])
        baseline = np.array([[self.baseline[row]] for row in rows])
        step = max(1, TILE_BYTES // (self.dtype.itemsize * self.n_channels))
        with self.file.opened() as file:
            for first in range(start, stop, step):
                last = min(first + step, stop)
                if self.by_channel:
                    starts = [row * self.n_samples + first for row in rows]
                    numbers = np.stack([self._numbers(file, begin, last - first) for begin in starts])
                else:
                    frames = self._numbers(file, first * self.n_channels, (last - first) * self.n_channels)
                    numbers = frames.reshape(-1, self.n_channels)[:, chosen].T
                with np.errstate(invalid="ignore", over="ignore"):  # of numbers that are none, or beyond float32
                    out[:, first - start : last - start] = (numbers - baseline) * gain
        return out

    def _numbers(self, file: Any, first: int, count: int) -> np.ndarray[Any, Any]:
        numbers = np.empty(count, dtype=self.dtype)
        self.file.fill(file, self.offset + first * self.dtype.itemsize, memoryview(numbers.view(np.uint8).data))
        return numbers


def find_layout(path: Path) -> Path | None:
    """The JSON file beside a binary file that states its layout: ``x.bin.json`` or ``x.json``."""
    places = (path.with_name(path.name + ".json"), path.with_suffix(".json"))
    there = (place for place in places if place.is_file() and place != path)
    return next((place for place in there if "dtype" in read_json(place)), None)


def read_flat(file: DataFile, stated: Stated) -> Recording:
    """A flat binary file whose layout is stated, or stands in a JSON file beside it."""
    stated.refuse(file.path, "variable")
    layout, source = _layout(file, stated)
    dtype = _number_type(layout, source)
    order = layout.get("order")
    if order not in ORDERS:
        raise _bad(source, "order", order, f"must be {' or '.join(map(repr, ORDERS))}")
    offset = layout.get("offset", 0)
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset <= file.size:
        raise _bad(source, "offset", offset, "must be a whole number of bytes within the file")
    unit = layout.get("unit")
    if unit is not None and not isinstance(unit, str):
        raise _bad(source, "unit", unit, "must be a text, e.g. 'uV'")
    labels = Stated(stated.statements, labels=_labels(layout, source)).names(file.path)
    n_samples, rest = divmod(file.size - offset, dtype.itemsize * len(labels))
    if rest and order == "channels":
        raise ReadError(
            f"the {file.size - offset} bytes of data are not a whole number of samples for {len(labels)} channels "
            f"of {dtype.itemsize}-byte numbers",
            path=file.path,
        )
    if rest:
        warn(file.path, f"{rest} bytes after the last complete sample are not read")
    sfreq = Stated(stated.statements, sfreq=layout.get("sfreq")).rate(file.path)
    return _recording(
        file,
        stated,
        labels,
        sfreq,
        unit,
        dtype=dtype,
        offset=offset,
        n_samples=n_samples,
        by_channel=order == "channels",
        gain=_per_channel(layout, source, "gain", 1.0, len(labels)),
        baseline=_per_channel(layout, source, "baseline", 0.0, len(labels)),
    )


def read_npy(file: DataFile, stated: Stated) -> Recording:
    """An NPY file of one or two dimensions; the labels tell which counts the channels."""
    stated.refuse(file.path, "variable", "layout")
    shape, fortran, dtype, offset = _npy_header(file)
    labels = stated.names(file.path)
    rest = file.size - offset - math.prod(shape) * dtype.itemsize
    if rest:
        how = "short" if rest < 0 else "long"
        raise ReadError(f"the file is too {how} for its array of shape {shape} and type {dtype}", path=file.path)
    first = channels_first(shape, len(labels), file.path)
    n_samples = shape[1] if first else shape[0]
    ones, zeros = (1.0,) * len(labels), (0.0,) * len(labels)
    return _recording(
        file,
        stated,
        labels,
        stated.rate(file.path),
        stated.unit,
        dtype=dtype,
        offset=offset,
        n_samples=n_samples,
        by_channel=first != fortran,
        gain=ones,
        baseline=zeros,
    )


def _recording(
    file: DataFile,
    stated: Stated,
    labels: Sequence[str],
    sfreq: float,
    unit: str | None,
    *,
    dtype: np.dtype[Any],
    offset: int,
    n_samples: int,
    by_channel: bool,
    gain: tuple[float, ...],
    baseline: tuple[float, ...],
) -> Recording:
    channels, factors = describe_channels(
        labels, [unit] * len(labels), sfreq=sfreq, n_samples=n_samples, statements=stated.statements, path=file.path
    )
    scaled = tuple(g * factor for g, factor in zip(gain, factors, strict=True))
    source = FlatSource(file, dtype, offset, len(labels), n_samples, by_channel, scaled, baseline)
    return Recording(channels, source, name=file.path.name, path=file.path)


def _layout(file: DataFile, stated: Stated) -> tuple[dict[str, Any], Path]:
    """The layout, and the file it stands in for messages; what is stated in the call wins over the JSON file."""
    beside = find_layout(file.path)
    if stated.layout is not None:
        layout, source = dict(stated.layout), file.path
    elif beside is not None:
        layout, source = read_json(beside), beside
    else:
        raise ReadError(_missing_layout(), path=file.path)
    unknown = set(layout) - set(LAYOUT_KEYS)
    if unknown:
        raise ReadError(f"the layout has unknown keys; {_missing_layout()}", path=source, value=sorted(unknown))
    given = {"sfreq": stated.sfreq, "unit": stated.unit, "labels": stated.labels}
    return layout | {key: value for key, value in given.items() if value is not None}, source


def _missing_layout() -> str:
    keys = "; ".join(f"{key}: {meaning}" for key, meaning in LAYOUT_KEYS.items())
    return f"a flat binary file needs layout={{...}}, or a JSON file beside it, with {keys}"


def _bad(source: Path, key: str, value: object, allowed: str) -> ReadError:
    return ReadError(f"the {key!r} of the layout {allowed}", path=source, field=key, value=value)


def _number_type(layout: Mapping[str, Any], source: Path) -> np.dtype[Any]:
    text = layout.get("dtype")
    try:
        dtype = np.dtype(text) if isinstance(text, (str, type, np.dtype)) else None
    except (TypeError, ValueError, SyntaxError):
        dtype = None
    if dtype is None or dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise _bad(source, "dtype", text, "must be a type of real numbers as numpy writes it, e.g. '<i2' or '<f4'")
    return dtype


def _labels(layout: Mapping[str, Any], source: Path) -> tuple[str, ...] | None:
    labels = layout.get("labels")
    if labels is None:
        return None
    if not isinstance(labels, (list, tuple)) or not labels or not all(isinstance(label, str) for label in labels):
        raise _bad(source, "labels", labels, "must be a list of texts, one a channel")
    return tuple(labels)


def _per_channel(layout: Mapping[str, Any], source: Path, key: str, default: float, count: int) -> tuple[float, ...]:
    value = layout.get(key, default)
    values = value if isinstance(value, (list, tuple)) else [value] * count
    real = all(isinstance(v, (int, float)) and not isinstance(v, bool) and np.isfinite(v) for v in values)
    if len(values) != count or not real or (key == "gain" and 0 in values):
        raise _bad(source, key, value, f"must be a finite number, or {count} of them; a gain is not 0")
    return tuple(float(v) for v in values)


def _npy_header(file: DataFile) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether the first index runs fastest, type, and where the numbers begin."""
    head = BytesIO(file.read_bytes(0, NPY_HEADER))
    try:
        version = np.lib.format.read_magic(head)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(head)
    except Exception as error:  # numpy's parser on bytes that may be anything
        raise ReadError(f"the NPY header cannot be read: {error}", path=file.path) from None
    if dtype.kind not in "biuf" or not 1 <= len(shape) <= 2:
        raise ReadError(
            f"the array must hold real numbers in one or two dimensions, not {dtype} in {len(shape)}", path=file.path
        )
    return shape, fortran, dtype, head.tell()
