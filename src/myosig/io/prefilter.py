"""The filters that a recording states in free text, as numbers."""

from __future__ import annotations

import math
import re

_NUMBER = r"(\d+(?:[.,]\d*)?|[.,]\d+)"
_GAP = r"\s*[:=]?\s*"
_HIGHPASS = r"(?:HPF?|LFF|LF|high[ -]?pass|lower)"
_LOWPASS = r"(?:LPF?|HFF|HF|low[ -]?pass|upper)"

_CORNER = r"(?<![A-Za-z]){name}" + _GAP + r"(?:(DC)\b|" + _NUMBER + r"\s*(kHz|mHz|Hz|s)?)"
_HIGHPASS_TEXT = re.compile(_CORNER.format(name=_HIGHPASS), re.IGNORECASE)
_LOWPASS_TEXT = re.compile(_CORNER.format(name=_LOWPASS), re.IGNORECASE)
_TIME_CONSTANT = re.compile(r"(?<![A-Za-z])(?:TC|time constant)" + _GAP + _NUMBER + r"\s*(ms|s)?", re.IGNORECASE)
_BAND = re.compile(r"(?<![\d.,])" + _NUMBER + r"\s*(?:Hz)?\s*(?:-|–|to)\s*" + _NUMBER + r"\s*(kHz|Hz)", re.IGNORECASE)

_IN_HERTZ = {"khz": 1e3, "mhz": 1e-3, "hz": 1.0, "": 1.0}


def read_prefilter(text: str) -> tuple[float | None, float | None]:
    """High-pass and low-pass corner in Hz; None for what the text does not state.

    ``DC`` as a high-pass is 0 Hz. A high-pass given as a time constant (in seconds) is 1 / (2 pi tau). A low-pass of
    0 Hz says nothing (some exporters fill in zeros), nor does ``NaN``.

    Examples
    --------
    >>> read_prefilter("HP:0.1Hz LP:75Hz N:50Hz")
    (0.1, 75.0)
    >>> read_prefilter("HP: DC; LP: 417 Hz")
    (0.0, 417.0)
    >>> read_prefilter("BP 20-450 Hz")
    (20.0, 450.0)
    """
    high, low = _corner(_HIGHPASS_TEXT, text), _corner(_LOWPASS_TEXT, text)
    if high is None and (found := _TIME_CONSTANT.search(text)):
        seconds = _number(found[1]) * (1e-3 if (found[2] or "").lower() == "ms" else 1.0)
        high = 1 / (2 * math.pi * seconds) if seconds > 0 else None
    if high is None and low is None and (band := _BAND.search(text)):
        scale = _IN_HERTZ[band[3].lower()]
        high, low = _number(band[1]) * scale, _number(band[2]) * scale
    return high, low or None


def _corner(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    if found is None:
        return None
    if found[1]:
        return 0.0
    unit = (found[3] or "").lower()
    if unit == "s":
        seconds = _number(found[2])
        return 1 / (2 * math.pi * seconds) if seconds > 0 else None
    return _number(found[2]) * _IN_HERTZ[unit]


def _number(text: str) -> float:
    return float(text.replace(",", "."))
