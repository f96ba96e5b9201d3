"""Opening files and reading their bytes: every failure is one clear ReadError, nothing is left open."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from myosig.errors import MyosigWarning, ReadError


@dataclass(frozen=True, slots=True)
class DataFile:
    """A regular file as it was when the recording was opened; it is opened anew for every read.

    So no file stays open, threads and processes share nothing, and a file that shrinks or is replaced afterwards is
    noticed. One that grows is fine: what came later is not read.

    Attributes
    ----------
    path : Path
    size : int
        Bytes, when it was first looked at.
    identity : (int, int)
        Device and inode.
    """

    path: Path
    size: int
    identity: tuple[int, int]

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> DataFile:
        """The file at that path, which must exist and be a regular file."""
        where = Path(path)
        with _read_errors(where):
            found = where.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file (a pipe, socket or device)"
            raise ReadError(
                f"this is {what}, not a recording; give the path of a file (a BIDS dataset opens with read_bids)",
                path=where,
            )
        return cls(where, found.st_size, (found.st_dev, found.st_ino))

    @contextmanager
    def opened(self) -> Iterator[FileIO]:
        """The open file, unbuffered, after a check that it is still the one that was first looked at."""
        with _read_errors(self.path), FileIO(self.path) as file:
            now = os.fstat(file.fileno())
            if (now.st_dev, now.st_ino) != self.identity or now.st_size < self.size:
                raise ReadError("the file was replaced or cut short after it was opened; read it anew", path=self.path)
            yield file

    def read_bytes(self, start: int = 0, count: int | None = None) -> bytes:
        """`count` bytes from `start` on, fewer where the file ends; all of them by default."""
        with self.opened() as file:
            wanted = min(self.size - start, self.size if count is None else count)
            buffer = bytearray(max(0, wanted))
            self.fill(file, start, memoryview(buffer))
        return bytes(buffer)

    def fill(self, file: FileIO, start: int, buffer: memoryview) -> None:
        """Fill the buffer with the bytes from `start` on; a file that ends before is an error."""
        file.seek(start)
        while buffer.nbytes:
            got = file.readinto(buffer)
            if not got:
                raise ReadError(
                    "the file ended before its data did; it was cut short while it was read", path=self.path
                )
            buffer = buffer[got:]


def warn(path: Path | None, message: str) -> None:
    """Warn that a file was read although something in it is damaged or doubtful."""
    warnings.warn(message if path is None else f"{path}: {message}", MyosigWarning, stacklevel=2)


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReadError(f"the file cannot be read: {error.strerror or error}", path=path) from error
    except ValueError as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"this is not a path: {error}", path=path) from error
