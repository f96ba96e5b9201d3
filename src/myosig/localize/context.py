"""What the recording cannot know: imaging, evoked potentials, clinical signs, as the user states them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any

from myosig._checks import one_of
from myosig.errors import ParameterError, ReadError
from myosig.notebook import ShownFields

# Upper limits of the N20-P25 amplitude in two recording conditions, mean + 3 SD of 48 arms (Demura 2022 [V]):
# the same patient is "giant" in one laboratory and not in the other, so an amplitude needs its condition.
SEP_LIMITS_UV = {"giant": 10.0, "ordinary": 7.8}


@dataclass(frozen=True, slots=True)
class Context(ShownFields):
    """Clinical context; everything is optional, None = not stated.

    Attributes
    ----------
    spinal_lesion : bool
        A lesion on spinal imaging that fits the level of the jerks.
    spinal_level : str
        Its level, e.g. ``"T10"``; a lesion far from where the jerks come from is not judged.
    sep_amplitude_uv : float
        N20-P25 of the median nerve SEP.
    sep_condition : str
        ``"giant"`` (earlobe reference, 1 Hz stimulation, 1 Hz-1 kHz) or ``"ordinary"`` (Fz reference, 5 Hz,
        20 Hz-3 kHz).
    sep_limit_uv : float
        The laboratory's own upper limit in its condition; goes before the published one. Without a condition or a
        limit an amplitude is not judged.
    c_reflex_at_rest : bool
        Whether a hand muscle at rest shows a long-latency reflex.
    c_reflex_latency_ms : float
        Its latency; outside 35-60 ms it does not count as a C-reflex.
    bp_before_voluntary_movement : bool
        Whether a slow potential precedes the patient's voluntary movement in the same laboratory.
    intraburst_rate_hz : float
        Rate of the single potentials within a burst, from needle EMG: in surface EMG a potential lasts about as long as
        the intervals between them.
    distractible, entrainable : bool
    premonitory_urge : bool
    antiseizure_response : bool
        Whether levetiracetam, piracetam or valproate clearly reduced the jerks.
    note : str
        Shown, not weighed.

    Examples
    --------
    >>> import myosig as ms
    >>> ms.Context(spinal_lesion=True, spinal_level="T10").spinal_level
    'T10'
    """

    spinal_lesion: bool | None = None
    spinal_level: str | None = None
    sep_amplitude_uv: float | None = None
    sep_condition: str | None = None
    sep_limit_uv: float | None = None
    c_reflex_at_rest: bool | None = None
    c_reflex_latency_ms: float | None = None
    bp_before_voluntary_movement: bool | None = None
    intraburst_rate_hz: float | None = None
    distractible: bool | None = None
    entrainable: bool | None = None
    premonitory_urge: bool | None = None
    antiseizure_response: bool | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.sep_condition is not None:
            one_of("sep_condition", self.sep_condition, SEP_LIMITS_UV)

    @property
    def sep_limit(self) -> float | None:
        """Upper limit of the SEP amplitude, µV: the laboratory's, else that of the recording condition."""
        if self.sep_limit_uv is not None or self.sep_condition is None:
            return self.sep_limit_uv
        return SEP_LIMITS_UV[self.sep_condition]

    @property
    def giant_sep(self) -> bool | None:
        """Whether the SEP is giant by the limit of its own recording condition; None without both."""
        if self.sep_amplitude_uv is None or self.sep_limit is None:
            return None
        return self.sep_amplitude_uv > self.sep_limit


def read_context(path: str | PathLike[str]) -> Context:
    """Read a context from a TOML or JSON file.

    Parameters
    ----------
    path : path
        Its keys are the attributes of `Context`; what is left out is not stated.

    Returns
    -------
    Context

    Raises
    ------
    ReadError
        If the file is neither, holds an unknown key, or a value of the wrong kind.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "context.toml"
    >>> _ = file.write_text("distractible = true")
    >>> read_context(file).distractible
    True
    """
    try:
        return context_from(_load(Path(path)))
    except ParameterError as error:
        raise ReadError(str(error), path=path) from None


def context_from(values: Mapping[str, Any]) -> Context:
    """A context from plain values.

    Raises
    ------
    ParameterError
        For an unknown key, or a value of the wrong kind.
    """
    kinds = {f.name: str(f.type).split(" ")[0] for f in fields(Context)}
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise ParameterError(f"unknown context {', '.join(unknown)}; allowed are {', '.join(kinds)}")
    for key, value in values.items():
        _check(key, value, kinds[key])
    return Context(**values)


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ReadError(f"this is not a TOML or JSON file of clinical context: {error}", path=path) from None
    return dict(values)


def _check(key: str, value: object, kind: str) -> None:
    fits = {"bool": isinstance(value, bool), "str": isinstance(value, str)}.get(
        kind, isinstance(value, (int, float)) and not isinstance(value, bool)
    )
    if not fits:
        name = {"bool": "true or false", "str": "a text in quotes", "float": "a number"}[kind]
        raise ParameterError(f"{key} must be {name}, not {value!r}")
