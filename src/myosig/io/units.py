"""Units as laboratories write them: every voltage becomes µV, everything else keeps its name."""

from __future__ import annotations

_MICRO_SIGNS = ("Âµ", "\u00b5", "\u03bc")  # UTF-8 encoded twice by mistake, MICRO SIGN, GREEK SMALL LETTER MU
_MICRO_BYTES = (b"\xb5", b"\xe6", b"\xec")  # where it is not UTF-8: Latin-1 and Mac Roman, DOS code pages, Greek

_PREFIXES = {"": 1e6, "m": 1e3, "milli": 1e3, "u": 1.0, "micro": 1.0, "n": 1e-3, "nano": 1e-3, "p": 1e-6, "pico": 1e-6}
_VOLTS = ("v", "volt", "volts")
_TO_MICROVOLT = {prefix + volt: factor for prefix, factor in _PREFIXES.items() for volt in _VOLTS}


def decode_unit(raw: bytes) -> str:
    """The text of a unit field: without padding (spaces, NUL), any spelling of µ as ``u``.

    Examples
    --------
    >>> decode_unit(b"\\xb5V     "), decode_unit("μV".encode() + bytes(5)), decode_unit(b"mmHg")
    ('uV', 'uV', 'mmHg')
    """
    text = raw.strip(b" \0\t")
    try:
        return _plain_micro(text.decode("utf-8"))
    except UnicodeDecodeError:
        for sign in _MICRO_BYTES:
            text = text.replace(sign, b"u")
        return text.decode("latin-1")


def _plain_micro(text: str) -> str:
    for sign in _MICRO_SIGNS:
        text = text.replace(sign, "u")
    return text


def microvolts_per(unit: str) -> float | None:
    """How many µV one of `unit` is; None when it is not a voltage that is understood.

    Upper and lower case are not told apart, with one exception: ``MV`` could mean megavolt or be the millivolt of
    a device that knows capitals only, so it is not understood.

    Examples
    --------
    >>> microvolts_per("mV"), microvolts_per("UV"), microvolts_per("μV"), microvolts_per("%")
    (1000.0, 1.0, 1.0, None)
    """
    text = _plain_micro(unit).strip(" \0\t[]()").removesuffix(".")
    return None if text.startswith("M") and text[1:2] != "i" else _TO_MICROVOLT.get(text.lower())
