"""Arrays of MATLAB files of version 5 (up to -v7): a reader of its own, because scipy's can crash on a damaged file.

Read are full arrays of real numbers, by name, and those in the fields of structs, as ``struct.field``. Nothing in a
file is executed; objects, functions, cells, sparse and complex arrays are passed over.

References
----------
The MathWorks. MAT-File Format (MATLAB 5 MAT-files).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.errors import ReadError
from myosig.io.files import DataFile

START = 128  # bytes of the file header
TAG = 8  # bytes that say of what type an element is, and how long
HEAD = 4096  # bytes of a variable in which its name and shape must stand
MOST_BYTES = 2 << 30  # of a variable that is unpacked into memory
SUSPECT_BYTES, MOST_RATIO = 200 << 20, 100  # a variable larger than this must not be packed more than a hundredfold
DEEPEST = 8  # structs within structs
MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
STRUCT, NUMERIC = 2, range(6, 16)  # classes of variables
COMPLEX = 0x800


@dataclass(frozen=True, slots=True)
class Variable:
    """A full array of real numbers in the file.

    Attributes
    ----------
    name : str
        ``struct.field`` for one that lies in a struct.
    shape : tuple of int
    packed : int
        Bytes that it takes in the file.
    """

    name: str
    shape: tuple[int, ...]
    packed: int
    _mat: _Mat
    _content: _Content
    _start: int

    def load(self) -> NDArray[Any]:
        """Its numbers."""
        return self._mat.numbers(self._content.whole(), self._start, self.shape)


def read_variables(file: DataFile) -> Mapping[str, Variable]:
    """The arrays of a file, by name; their numbers are read when asked for, those of structs at once.

    Raises
    ------
    ReadError
        If the file contradicts itself.
    """
    order = {b"IM": "<", b"MI": ">"}.get(file.read_bytes(126, 2))
    if order is None:
        raise ReadError("the file does not say its byte order", path=file.path, field="header", offset=126)
    mat = _Mat(file.path, order)
    found = {}
    for content in _contents(file, order):
        for variable in mat.variables(content, b"", content.head(), depth=0):
            found[variable.name] = variable
    return found


@dataclass(frozen=True, slots=True)
class _Content:
    """The bytes of a variable on the disk, packed or not; or, within a struct, in memory."""

    file: DataFile
    start: int
    size: int
    is_packed: bool
    memory: memoryview | None = None

    def head(self) -> memoryview:
        return self._unpacked(min(self.size, HEAD), HEAD)

    def whole(self) -> memoryview:
        if self.memory is not None:
            return self.memory
        limit = min(MOST_BYTES, max(SUSPECT_BYTES, MOST_RATIO * self.size)) if self.is_packed else MOST_BYTES
        body = self._unpacked(self.size, limit)
        if len(body) > limit:
            raise ReadError(
                f"a variable of {self.size / 1e6:.1f} MB would unpack to more than {limit / 1e6:.0f} MB; if that is "
                "right, load it yourself and use myosig.from_array",
                path=self.file.path,
            )
        return body

    def _unpacked(self, count: int, limit: int) -> memoryview:
        """The first bytes, unpacked, up to one more than `limit`; without the tag of the matrix within."""
        raw = self.file.read_bytes(self.start, min(count, MOST_BYTES))
        if not self.is_packed:
            return memoryview(raw)
        try:
            return memoryview(zlib.decompressobj().decompress(raw, limit + TAG + 1))[TAG:]
        except zlib.error as error:
            raise ReadError(f"a variable cannot be unpacked: {error}", path=self.file.path) from None


def _contents(file: DataFile, order: str) -> Iterator[_Content]:
    """The variables of a file, one after the other."""
    at = START
    while at + TAG <= file.size:
        kind, size = struct.unpack(order + "II", file.read_bytes(at, TAG))
        if at + TAG + size > file.size:
            raise ReadError("the file ends within a variable", path=file.path, offset=at)
        if kind in (MATRIX, COMPRESSED):
            yield _Content(file, at + TAG, size, kind == COMPRESSED)
        at += TAG + size


@dataclass(frozen=True, slots=True)
class _Mat:
    """How the elements of a file are read; `order` is that of the bytes in its numbers."""

    path: Path
    order: str

    def variables(self, content: _Content, parent: bytes, head: memoryview, *, depth: int) -> Iterator[Variable]:
        """The variable that a content holds, or those in the fields of a struct."""
        kind, flags, shape, name, start = self._header(head)
        full = b".".join(part for part in (parent, name) if part)
        if kind in NUMERIC and not flags & COMPLEX:
            yield Variable(full.decode("latin-1"), shape, content.size, self, content, start)
        elif kind == STRUCT and shape == (1, 1) and depth < DEEPEST:
            yield from self._fields(content, full, start, depth)

    def numbers(self, body: memoryview, start: int, shape: tuple[int, ...]) -> NDArray[Any]:
        """The array of which the numbers begin at `start`."""
        kind, data, _ = self._element(body, start)
        if kind not in NUMBERS:
            raise self._error(f"numbers of a type {kind} that is none")
        dtype = np.dtype(self.order + NUMBERS[kind])
        if len(data) != dtype.itemsize * int(np.prod(shape, dtype=object)):
            raise self._error(f"{len(data)} bytes of numbers do not fill an array of shape {shape}")
        return np.frombuffer(data, dtype).reshape(shape, order="F")

    def _header(self, body: memoryview) -> tuple[int, int, tuple[int, ...], bytes, int]:
        """Class, flags, shape and name of a variable, and where the rest begins."""
        _, flags, at = self._element(body, 0)
        kind, dims, at = self._element(body, at)
        _, name, at = self._element(body, at)
        if len(flags) < 4 or kind != 5 or len(dims) < 8 or len(dims) % 4:
            raise self._error("a variable without class and shape")
        shape = struct.unpack(f"{self.order}{len(dims) // 4}i", dims)
        if min(shape) < 0:
            raise self._error(f"a variable of shape {shape}")
        word = struct.unpack_from(self.order + "I", flags)[0]
        return word & 0xFF, word & ~0xFF, shape, bytes(name), at

    def _fields(self, content: _Content, name: bytes, at: int, depth: int) -> Iterator[Variable]:
        """The arrays in the fields of a struct."""
        body = content.whole()
        _, length, at = self._element(body, at)
        _, names, at = self._element(body, at)
        width = struct.unpack(self.order + "i", length)[0] if len(length) == 4 else 0
        if width <= 0:
            raise self._error("a struct without the length of its names")
        for begin in range(0, len(names) - width + 1, width):
            kind, inner, at = self._element(body, at)
            field = bytes(names[begin : begin + width]).partition(b"\0")[0]
            if kind == MATRIX and inner:
                part = _Content(content.file, 0, len(inner), False, inner)
                yield from self.variables(part, name + b"." + field, inner, depth=depth + 1)

    def _element(self, body: memoryview, at: int) -> tuple[int, memoryview, int]:
        """Type and bytes of the element at a place, and where the next begins; small ones lie within their tag."""
        if at + TAG > len(body):
            raise self._error("an element that lies beyond the end of its variable")
        kind, size = struct.unpack_from(self.order + "II", body, at)
        small = kind >> 16
        start, end = (at + 4, at + TAG) if small else (at + TAG, at + TAG + size + (-size) % 8)
        kind, size = (kind & 0xFFFF, small) if small else (kind, size)
        if start + size > len(body) or (small and small > 4):
            raise self._error("an element that is longer than its variable")
        return kind, body[start : start + size], end

    def _error(self, what: str) -> ReadError:
        return ReadError(f"the MATLAB file contradicts itself: {what}", path=self.path)
