"""Where electrodes and derivations lie."""

import pytest

from myosig.channel import Channel
from myosig.localize.cortex.montage import is_bipolar, is_central, scalp_names, scalp_positions


def derivations(*sites):
    return [Channel(f"EEG {site}", "eeg", 250.0, "uV", 1000, site=site) for site in sites]


def test_a_chain_is_bipolar_and_a_common_reference_is_not():
    assert is_bipolar(derivations("F3-C3", "C3-P3"))
    for sites in (("C3-A1", "C4-A2"), ("C3-Cz", "C4-Cz"), ("C3-average", "C4-average"), ("C3", "C4")):
        assert not is_bipolar(derivations(*sites))


@pytest.mark.parametrize(("site", "central"), [("C3", True), ("F3-C3", True), ("O1-Cz", False), ("F3-A1", False)])
def test_what_covers_the_sensorimotor_strip(site, central):
    assert is_central(derivations(site)[0]) is central


def test_a_derivation_lies_between_its_electrodes():
    alone = scalp_positions(derivations("F3", "C3"))
    chain = derivations("F3-C3", "C3-P3")
    between = scalp_positions(chain)["EEG F3-C3"]
    assert between == pytest.approx([sum(xy) / 2 for xy in zip(*alone.values(), strict=True)])
    assert scalp_names(chain)["EEG F3-C3"] == "F3-C3"
    assert scalp_names(derivations("F3-A1"))["EEG F3-A1"] == "F3"
