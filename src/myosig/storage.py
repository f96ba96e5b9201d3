"""Results reach the disk whole or not at all: written under a temporary name, then moved."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from csv import QUOTE_NONE
from errno import EEXIST, ENOENT, ENOTEMPTY
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myosig.errors import ReadError

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl

if TYPE_CHECKING:
    import pandas as pd

HASH_BLOCK = 1 << 20  # bytes
NEW, OLD = ".myosig-new-", ".myosig-old-"  # in names of what is being written, and of what makes way for it
MISSING = ("n/a", "")
FORMULA_START = ("=", "+", "-", "@")  # a spreadsheet would run a text cell that begins so


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; move it there when the block ends well, else remove it."""
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(ENOENT, "there is no folder to write it to", str(target))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}{NEW}", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty temporary folder beside `path`; put it in its place when the block ends well.

    What an existing folder holds beyond the new files is carried over, so that nothing of the user's is lost.
    """
    target = Path(path).absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}{NEW}", dir=target.parent))
    except OSError as error:
        raise type(error)(error.errno, f"the folder cannot be made: {error.strerror}", str(target)) from error
    try:
        with _held(temporary):
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            _swap(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap(new: Path, target: Path) -> None:
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}{OLD}", dir=target.parent))
    with _held(old):
        while True:
            try:
                new.replace(target)  # an empty place, or an empty folder
                break
            except OSError as error:
                if error.errno not in (ENOTEMPTY, EEXIST):
                    raise
            with suppress(FileNotFoundError):  # another process may have put it aside by now
                target.replace(tempfile.mkdtemp(dir=old))
        _bring_back(old, target)


def _carry_over(old: Path, target: Path) -> None:
    """Move what only the old folder holds to the new one; remove the rest."""
    for left in old.iterdir():
        if not (target / left.name).exists():
            left.replace(target / left.name)
    shutil.rmtree(old)


def remove_leftovers(folder: Path) -> None:
    """Clear a folder, at any depth, of what killed processes left half written; bring back what they had put aside."""
    for left in [path for kind in (NEW, OLD) for path in folder.rglob(f".*{kind}*")]:
        _clear_away(left)


def remove_abandoned(target: Path) -> None:
    """As `remove_leftovers`, of one folder of results: what was to become it, unless a living process is at it."""
    for kind in (NEW, OLD):
        for left in [*target.absolute().parent.glob(f".{escape(target.absolute().name)}{kind}*")]:
            if _is_abandoned(left):
                _clear_away(left)


def _clear_away(left: Path) -> None:
    if OLD in left.name:
        _bring_back(left, left.with_name(left.name[1:].rpartition(OLD)[0]))
    elif left.is_dir():
        shutil.rmtree(left)
    else:
        left.unlink(missing_ok=True)


def _bring_back(old: Path, target: Path) -> None:
    """What was put aside into `old` becomes the target where there is none, else adds what only it holds."""
    for aside in old.iterdir():
        if target.exists():
            _carry_over(aside, target)
        else:
            aside.replace(target)
    old.rmdir()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Lock a folder for as long as this process lives or works on it, so that `_is_abandoned` can tell."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: nothing in it will count as abandoned
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_abandoned(folder: Path) -> bool:
    """Whether it is certain that no living process holds it."""
    if fcntl is None:
        return False
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def unique_folders(paths: Sequence[Path], out: Path) -> list[Path]:
    """A folder in `out` for each path, named after the file; a second file of a name gets a number."""
    taken: set[str] = set()
    folders = []
    for path in paths:
        name, k = path.stem, 1
        while name in taken:
            k += 1
            name = f"{path.stem}-{k}"
        taken.add(name)
        folders.append(out / name)
    return folders


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASH_BLOCK):
            digest.update(chunk)
    return digest.hexdigest()


def write_tsv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as TSV: ``n/a`` for what is missing or empty, text that no spreadsheet can run."""
    safe = frame.copy()
    for name in safe.select_dtypes(exclude=["number", "bool"]).columns:
        safe[name] = safe[name].map(plain_cell, na_action="ignore").replace("", None)
    safe.to_csv(path, sep="\t", index=False, na_rep="n/a", float_format="%.12g", lineterminator="\n")


def read_tsv(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table as `write_tsv` writes it: every cell as text, None for ``n/a`` and for nothing.

    Raises
    ------
    ReadError
        If it cannot be read, or is no table of UTF-8 text.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8-sig", quoting=QUOTE_NONE)
    except OSError as error:
        raise ReadError(f"the table cannot be read: {error.strerror or error}", path=path) from error
    except (ValueError, UnicodeError) as error:
        raise ReadError(f"this is not a table with columns separated by tabs: {error}", path=path) from None
    return frame.map(lambda cell: None if cell in MISSING else cell.removeprefix("'") if is_guarded(cell) else cell)


def is_guarded(cell: str) -> bool:
    """Whether `plain_cell` put an apostrophe before it."""
    return cell.startswith("'") and cell[1:].startswith(FORMULA_START)


def plain_cell(value: object) -> object:
    """The value with control characters as spaces, and an apostrophe before what would be a formula."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(FORMULA_START) else text


def printable(text: str) -> str:
    """Text from a file without its control characters, safe for a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def write_json(values: Mapping[str, Any], path: Path) -> None:
    """Write JSON, UTF-8, refusing NaN: what could not be had must be None."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
