import math

import pytest

from myosig.io.prefilter import read_prefilter
from myosig.io.units import decode_unit, microvolts_per


@pytest.mark.parametrize(
    ("text", "corners"),
    [
        ("HP:0.1Hz LP:75Hz N:50Hz", (0.1, 75)),
        ("HP: 0,16 Hz; LP: 417 Hz", (0.16, 417)),
        ("HP: DC; LP: 417 Hz", (0, 417)),
        ("HP:0Hz LP:0Hz N:0Hz", (0, None)),
        ("LP:   NaN Hz; HP:   NaN Hz; Notch: NaN", (None, None)),
        ("HP:16Hz Rectification LP:0.7Hz", (16, 0.7)),
        ("HP:0.5Hz LP:100Hz [enhanced cassette BW]", (0.5, 100)),
        ("HFF=70 LFF=1.6", (1.6, 70)),
        ("High pass 20 Hz, low pass 1 kHz", (20, 1000)),
        ("BP 20-450 Hz", (20, 450)),
        ("TC 0.3 s HF 120", (1 / (2 * math.pi * 0.3), 120)),
        ("TC:300ms", (1 / (2 * math.pi * 0.3), None)),
        ("No filtering", (None, None)),
        ("Hold during 2 seconds", (None, None)),
        ("", (None, None)),
    ],
)
def test_prefilters(text, corners):
    assert read_prefilter(text) == pytest.approx(corners)


@pytest.mark.parametrize("unit", ["MV", "MegaV", "?V", "", "uV/bit", "10uV", "V/s", "dB", "mW", "muV"])
def test_what_is_no_voltage_is_none(unit):
    assert microvolts_per(unit) is None


@pytest.mark.parametrize(
    "raw", [b"uV", b"\xb5V", "µV".encode(), "μV".encode(), b"uV\0\0", b" uV  ", b"\xe6V", b"\xecV"]
)
def test_micro_in_any_encoding(raw):
    assert decode_unit(raw) == "uV"


def test_other_units_keep_their_name():
    assert decode_unit("°C".encode()) == "°C"
    assert decode_unit(b"\xb0C") == "°C"
    assert decode_unit(b"mmHg\0\0\0\0") == "mmHg"
