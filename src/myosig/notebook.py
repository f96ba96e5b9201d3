"""How results show themselves in a notebook: their plain numbers as a small table, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from html import escape
from typing import Any

LONGEST = 16  # entries of a list that are shown; of a longer one, how many there are


class Shown:
    """A result whose `to_dict` holds what it says; events have a table of their own (`EventTable`)."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain types."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(type(self).__name__, self.to_dict())


class ShownFields:
    """A record that shows what is known of it: plain values as a table, results that show themselves below, closed."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        results = {name: html for name, value in values.items() if (html := _own_html(value))}
        plain = {name: v for name, v in values.items() if name not in results and v not in (None, "", (), {})}
        return as_html(type(self).__name__, plain) + "".join(
            f"<details><summary>{escape(name)}</summary>{html}</details>" for name, html in results.items()
        )


def _own_html(value: Any) -> str:
    """What a result, or a tuple of some, shows of itself; empty for other values."""
    parts = value if isinstance(value, tuple) else (value,)
    return "".join(part._repr_html_() for part in parts if hasattr(part, "_repr_html_"))


def as_html(title: str, values: Mapping[str, Any]) -> str:
    """A title and a row for each value; long lists are counted, not shown, and of a judgement its words are."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(str(name))}</th>'
        f'<td style="text-align:left">{escape(_words(value))}</td></tr>'
        for name, value in values.items()
    )
    return f"<table><caption>{escape(title)}</caption>{rows or '<tr><td>nothing stated</td></tr>'}</table>"


def _words(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return _of_mapping(value)
    if isinstance(value, list | tuple):
        simple = len(value) <= LONGEST and not any(isinstance(v, Mapping | list) for v in value)
        return ", ".join(map(_words, value)) or "none" if simple else f"{len(value)} entries"
    return str(value)


def _of_mapping(value: Mapping[str, Any]) -> str:
    """A judgement by its verdict and why; else what is known, but for what is nested deeper."""
    if "verdict" in value and "why" in value:
        return f"{value['verdict']}: {value['why']}"
    flat = {name: v for name, v in value.items() if v is not None and not isinstance(v, Mapping)}
    return ", ".join(f"{name} {_words(v)}" for name, v in flat.items()) or ", ".join(value) or "none"
