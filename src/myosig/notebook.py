"""How results show themselves in a notebook: their plain numbers as a small table, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any


class Shown:
    """A result whose `to_dict` holds what it says; events have a table of their own (`EventTable`)."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain types."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(type(self).__name__, self.to_dict())


def as_html(title: str, values: Mapping[str, Any]) -> str:
    """A title and a row for each value; lists of more than pairs and deeper structures are counted, not shown."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(str(name))}</th><td>{escape(_words(value))}</td></tr>'
        for name, value in values.items()
    )
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"


def _words(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        simple = all(not isinstance(v, Mapping | list) for v in value.values())
        return ", ".join(f"{k} {_words(v)}" for k, v in value.items()) if simple else ", ".join(map(str, value))
    if isinstance(value, list | tuple):
        simple = len(value) <= 16 and all(isinstance(v, str | int | float) or v is None for v in value)
        return ", ".join(map(_words, value)) if simple else f"{len(value)} entries"
    return str(value)
