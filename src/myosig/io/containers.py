"""Arrays in NPZ, MAT and HDF5 files: which array, its rate, unit and labels are stated."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.errors import MissingExtraError, ParameterError, ReadError
from myosig.io.files import DataFile
from myosig.io.mat5 import MOST_BYTES, MOST_RATIO, SUSPECT_BYTES, read_variables
from myosig.io.raw import scaled
from myosig.io.stated import Stated, channels_first, describe_channels
from myosig.recording import Recording
from myosig.samples import MemorySource, Samples

MOST_LISTED = 12  # arrays that an error names
Shapes = Mapping[str, tuple[int, ...]]


def read_npz(file: DataFile, stated: Stated) -> Recording:
    """One array of an NPZ file."""
    stated.refuse(file.path, "layout")
    try:
        with file.opened() as stream, np.load(stream, allow_pickle=False) as arrays:
            packed = {info.filename.removesuffix(".npy"): info for info in arrays.zip.infolist()}
            shapes = {key: _npz_shape(arrays, packed[key]) for key in arrays.files if key in packed}
            name = _chosen(file, shapes, stated)
            _check_bound(file, name, packed[name].file_size, packed[name].compress_size)
            return _recording(file, arrays[name], stated)
    except (ReadError, ParameterError):
        raise
    except Exception as error:  # numpy and zipfile on bytes that may be anything
        raise ReadError(f"the NPZ file cannot be read: {error}", path=file.path) from None


def _npz_shape(arrays: Any, info: zipfile.ZipInfo) -> tuple[int, ...]:
    with arrays.zip.open(info) as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(member)
    return shape if dtype.kind in "biuf" else ()


def read_mat(file: DataFile, stated: Stated) -> Recording:
    """One array of a MATLAB file of version 5 (up to -v7)."""
    stated.refuse(file.path, "layout")
    found = read_variables(file)
    variable = found[_chosen(file, {name: v.shape for name, v in found.items()}, stated)]
    _check_bound(file, variable.name, 8 * int(np.prod(variable.shape, dtype=object)), variable.packed)
    return _recording(file, variable.load(), stated)


def read_hdf5(file: DataFile, stated: Stated) -> Recording:
    """One dataset of an HDF5 file (or a MATLAB file of -v7.3), read from the disk when asked."""
    stated.refuse(file.path, "layout")
    h5py = _h5py()
    try:
        with h5py.File(file.path, "r") as tree:
            found = _hdf5_shapes(h5py, tree)
            name = _chosen(file, found, stated)
    except (ReadError, ParameterError):
        raise
    except Exception as error:  # h5py on bytes that may be anything
        raise ReadError(f"the HDF5 file cannot be read: {error}", path=file.path) from None
    labels, rate = stated.names(file.path), stated.rate(file.path)
    shape = found[name]
    first = channels_first(shape, len(labels), file.path)
    channels, factors = describe_channels(
        labels,
        [stated.unit] * len(labels),
        sfreq=rate,
        n_samples=shape[1] if first else shape[0],
        statements=stated.statements,
        path=file.path,
    )
    source = Hdf5Source(file, name, first, tuple(factors))
    return Recording(channels, source, name=file.path.name, path=file.path)


@dataclass(frozen=True, slots=True)
class Hdf5Source:
    """A dataset of one or two dimensions in an HDF5 file."""

    file: DataFile
    name: str
    channels_first: bool
    factors: tuple[float, ...]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Samples start..stop; see `samples.Source`."""
        try:
            with _h5py().File(self.file.path, "r") as tree:
                data = tree[self.name]
                if self.channels_first:
                    numbers = np.stack([data[row, start:stop] for row in rows])
                else:
                    numbers = data[start:stop].reshape(stop - start, -1)[:, list(rows)].T
        except (OSError, KeyError, ValueError) as error:
            raise ReadError(f"the HDF5 file cannot be read: {error}", path=self.file.path) from error
        return np.ascontiguousarray(numbers * np.array([[self.factors[row]] for row in rows]), dtype=np.float32)


def _hdf5_shapes(h5py: ModuleType, tree: Any) -> Shapes:
    """Arrays of real numbers that lie in this file itself (visiting follows no link, so none leads out of it)."""
    found = {}

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "biuf" and not item.external and not item.is_virtual:
            found[name] = item.shape

    tree.visititems(look)
    return found


def _h5py() -> ModuleType:
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("h5py", "hdf5") from None
    return h5py  # type: ignore[no-any-return]


def _chosen(file: DataFile, shapes: Shapes, stated: Stated) -> str:
    """The stated array, or the only one that can be a signal: of one or two dimensions and more than one number."""
    name = None if stated.variable is None else stated.variable.strip("/")
    able = [key for key, shape in shapes.items() if len(shape) in (1, 2) and np.prod(shape, dtype=float) > 1]
    if name is None and len(able) == 1:
        return able[0]
    if name in able:
        return str(name)
    what = "has no array of numbers"
    if able:
        what = "holds several arrays" if name is None else f"has no array {name!r} that could be a signal"
        listed = ", ".join(f"{key!r} {shapes[key]}" for key in able[:MOST_LISTED])
        what += f"; name one, variable=..., of {listed}"
    raise ReadError(f"the file {what}", path=file.path, field="variable")


def _check_bound(file: DataFile, name: str, size: int, packed: int) -> None:
    if size > MOST_BYTES or (size > SUSPECT_BYTES and size > MOST_RATIO * max(packed, 1)):
        raise ReadError(
            f"the array {name!r} would unpack from {packed / 1e6:.1f} MB to {size / 1e6:.0f} MB; if that is right, "
            "load it yourself and use myosig.from_array",
            path=file.path,
        )


def _recording(file: DataFile, array: NDArray[Any], stated: Stated) -> Recording:
    if array.dtype.kind not in "biuf":
        raise ReadError(f"the array must hold real numbers, not {array.dtype}", path=file.path)
    labels, rate = stated.names(file.path), stated.rate(file.path)
    rows = array if channels_first(array.shape, len(labels), file.path) else array.reshape(len(array), -1).T
    channels, factors = describe_channels(
        labels,
        [stated.unit] * len(labels),
        sfreq=rate,
        n_samples=rows.shape[1],
        statements=stated.statements,
        path=file.path,
    )
    source = MemorySource([scaled(row, factor) for row, factor in zip(rows, factors, strict=True)])
    return Recording(channels, source, name=file.path.name, path=file.path)
