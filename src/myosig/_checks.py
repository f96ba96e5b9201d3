"""Argument checks that name the argument, what it was and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TypeVar

from myosig.errors import ParameterError

T = TypeVar("T")


def positive(name: str, value: float) -> float:
    """Return `value` if it is a finite number above zero."""
    if not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
        raise ParameterError(f"{name} must be a finite number above 0, not {value!r}")
    return value


def not_negative(name: str, value: float) -> float:
    """Return `value` if it is a finite number, zero or above."""
    if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
        raise ParameterError(f"{name} must be a finite number, 0 or above, not {value!r}")
    return value


def one_of(name: str, value: T, allowed: Collection[T]) -> T:
    """Return `value` if it is one of `allowed`."""
    if value not in allowed:
        raise ParameterError(f"{name} must be one of {', '.join(map(repr, allowed))}, not {value!r}")
    return value


def band(name: str, value: tuple[float, float], *, sfreq: float) -> tuple[float, float]:
    """Return the band (low, high) in Hz if 0 < low < high < sfreq / 2."""
    low, high = value
    if not 0 < low < high < sfreq / 2:
        raise ParameterError(
            f"{name} must be (low, high) with 0 < low < high < {sfreq / 2:g} Hz (half the sampling rate), not {value!r}"
        )
    return low, high
