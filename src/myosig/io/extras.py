"""Packages that only some formats need."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from myosig.errors import MissingExtraError

EXTRA = "formats"


def needs(package: str) -> Any:
    """The package; an error that says how to install it where it is missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the package's own imports
            return import_module(package)
    except ImportError:
        raise MissingExtraError(package, EXTRA) from None
