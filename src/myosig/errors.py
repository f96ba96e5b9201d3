"""What can go wrong, by class: every error of myosig derives from MyosigError."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

NAMED = 5  # names in a message; the others are counted


class MyosigError(Exception):
    """Base of every error that myosig raises on purpose."""


class ParameterError(MyosigError, ValueError):
    """An argument has a value that the function cannot work with."""


class ReadError(MyosigError, ValueError):
    """A file cannot be read, or contradicts itself.

    Parameters
    ----------
    message : str
        What is wrong, what is allowed and what to do next.
    path : str or PathLike, optional
        The file.
    field : str, optional
        The header field, column or key at fault.
    offset : int, optional
        Where the field starts in the file, in bytes.
    value : object, optional
        What stood there.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | PathLike[str] | None = None,
        field: str | None = None,
        offset: int | None = None,
        value: object = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.field = field
        self.offset = offset
        self.value = value

    def __str__(self) -> str:
        where = [str(self.path)] if self.path is not None else []
        if self.field is not None:
            where.append(f"field {self.field!r}")
        if self.offset is not None:
            where.append(f"byte {self.offset}")
        if self.value is not None:
            where.append(f"value {self.value!r}")
        place = f" ({', '.join(where)})" if where else ""
        return f"{self.args[0]}{place}"


class MissingExtraError(MyosigError, ImportError):
    """A package that this task needs is not installed; the message names the extra.

    Parameters
    ----------
    package : str
        The package that could not be imported.
    extra : str
        The extra of myosig that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"this needs the package {package!r}; install it with: pip install 'myosig[{extra}]'")


class MyosigWarning(UserWarning):
    """Damaged or doubtful input that was read all the same; says what was done."""


def listed(names: Sequence[str]) -> str:
    """Names for a message, the first few of many.

    Examples
    --------
    >>> listed(["EXG1", "EXG2"]), listed(list("abcdefgh"))
    ('EXG1, EXG2', 'a, b, c, d, e and 3 more')
    """
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
