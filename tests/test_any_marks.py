"""Whatever bursts are marked, every measure ends in numbers or in "not assessable", never in an infinite one."""

import json

import numpy as np
from hypothesis import given, settings, strategies as st
from weighing_world import bursts_table, emg, findings

from myosig.detect.jerks import group_jerks
from myosig.detect.rhythm import measure_rhythm
from myosig.detect.synchrony import measure_synchrony
from myosig.localize.conditions import measure_conditions
from myosig.localize.localizer import weigh
from myosig.localize.phenotype import describe_phenotype
from myosig.localize.spread import measure_spread

MUSCLES = ("R SCM", "L SCM", "R OOc", "R BB", "R TRI", "R RAu", "L RAu", "R LPS", "R TA")


@st.composite
def marks(draw):
    """Bursts at times that like to coincide, repeat and crowd."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, grid = draw(st.integers(0, 250)), draw(st.sampled_from([0.0005, 0.01, 0.25, 2.0]))
    channel = rng.integers(draw(st.integers(1, len(MUSCLES))), size=n)
    onset = np.round(rng.uniform(0, draw(st.sampled_from([2.0, 20.0, 280.0])), n) / grid) * grid
    place, first = np.unique(np.stack([onset, channel]), axis=1, return_index=True)
    onset, channel = place[0], channel[first]
    return bursts_table([emg(name) for name in MUSCLES], onset, rng.uniform(0.01, 0.2, onset.size), channel)


@settings(deadline=None, max_examples=40)
@given(bursts=marks())
def test_every_number_is_finite_or_missing(bursts):
    jerks = group_jerks(bursts)
    rhythm, spread = measure_rhythm(jerks), measure_spread(jerks)
    made = findings(jerks, rhythm=rhythm, spread=spread)
    conditions = measure_conditions(made.recording, jerks, silences=made.silences)
    parts = [rhythm, spread, measure_synchrony(bursts), *conditions, describe_phenotype(made), weigh(made)]
    json.dumps([part.to_dict() for part in parts], allow_nan=False)
