"""What the HTML pages share: the template environment, and the words for numbers and shares."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sized
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from myosig import __version__
from myosig.storage import printable

NOTHING = "—"


def render(template: str, *, script: str = "", **values: Any) -> str:
    """Fill a template. Every text is escaped; the page may run its own script and style, load nothing, and no other."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("myosig.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = {"number": number, "interval": interval, "ratio": ratio, "span": span, "percent": percent}
    environment.filters |= {**words, "capitalized": capital, "several": several}
    style, code = _text("style.css"), _text(script) if script else ""
    sources = [f"style-src '{_hash(style)}'", *([f"script-src '{_hash(code)}'"] if code else [])]
    return environment.get_template(template).render(
        policy="; ".join(["default-src 'none'", "img-src data:", *sources, "base-uri 'none'", "form-action 'none'"]),
        style=Markup(style),
        script=Markup(code),
        version=__version__,
        **values,
    )


def _visible(value: object) -> object:
    """Text from a file without what would only control how the page is shown; Markup is our own."""
    return "\n".join(map(printable, value.split("\n"))) if type(value) is str else value


def _text(name: str) -> str:
    return (files("myosig.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What the Content-Security-Policy lets run: this text and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def number(value: object) -> str:
    """A value as the pages show it: three significant digits, lists joined, an em dash for what could not be had.

    Examples
    --------
    >>> [number(x) for x in (13.4999, 1234.5, None, [1.0, 2.5])]
    ['13.5', '1234', '—', '1, 2.5']
    """
    if value is None:
        return NOTHING
    if isinstance(value, (list, tuple)):
        return ", ".join(map(number, value)) or NOTHING
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"


def interval(limits: tuple[float, float | None] | None) -> str:
    """An interval as the pages show it."""
    if limits is None:
        return ""
    low, high = (None if x is None or not math.isfinite(x) else float(x) for x in limits)
    return f"{number(low)} to {'no limit' if high is None else number(high)}"


def capital(text: str) -> str:
    """The text with a capital first letter, the others as they are."""
    return text[:1].upper() + text[1:]


def ratio(log_ratio: float) -> str:
    """A log likelihood ratio as the ratio it is, to two digits.

    Examples
    --------
    >>> [ratio(x) for x in (0.2, 2.0, 7.0)]
    ['1.2', '7.4', '1100']
    """
    value = math.exp(log_ratio)
    return f"{value:.1f}" if value < 10 else f"{float(f'{value:.2g}'):.0f}"


def percent(share: float) -> str:
    """A share in whole percent, never 0 or 100 for what is neither; it does not break between number and sign."""
    if 0 < share < 0.01:
        return "<\u00a01\u00a0%"
    return ">\u00a099\u00a0%" if 0.99 < share < 1 else f"{100 * share:.0f}\u00a0%"


def span(seconds: float) -> str:
    """A duration in the units that suit it.

    Examples
    --------
    >>> [span(x) for x in (12.34, 300, 28800)]
    ['12.3 s', '5 min', '8 h']
    """
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def several(events: Sized, name: str) -> str:
    """How many of these events there are, as it is said.

    Examples
    --------
    >>> several([1], "silence"), several([], "jerk")
    ('1 silence', '0 jerks')
    """
    return f"{len(events)} {name}{'' if len(events) == 1 else 's'}"
