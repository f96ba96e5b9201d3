"""Populations of simulated patients: as wide as docs/simulation.md says. Scripts alone, no samples."""

from itertools import pairwise

import numpy as np
import pytest

from myosig.simulation.difficulty import level
from myosig.simulation.montage import PROTOCOLS, choose_montage
from myosig.simulation.patient import draw_patient
from myosig.simulation.simulator import PROTOCOLS_FOR, SCRIPTS

N = 100


def population(pattern):
    patients = []
    for seed in range(70_000, 70_000 + N):
        rng = np.random.default_rng(seed)
        montage = choose_montage(str(rng.choice(PROTOCOLS_FOR[pattern])), n_emg=16, n_eeg=8, affected="left")
        patient = draw_patient(montage, level("medium"), 300.0, rate=None, spike_waves=False, rng=rng)
        patients.append((patient, SCRIPTS[pattern](patient)))
    return patients


@pytest.fixture(scope="module")
def world():
    return {pattern: population(pattern) for pattern in SCRIPTS}


def share(flags):
    return np.mean(list(flags))


def test_seven_in_ten_cortical_patients_show_something_in_the_eeg(world):
    """Latorre 2023 (doi 10.1016/j.clinph.2023.10.007): about 70 %."""
    assert 0.6 < share(bool(script.waves) for _, script in world["cortical"]) < 0.85


def test_burst_durations_overlap(world):
    mean = {p: [s.bursts.duration.mean() for _, s in world[p]] for p in SCRIPTS if p not in ("negative", "none")}
    assert 0.7 < share(m <= 0.045 for m in mean["cortical"]) < 0.95
    for pattern in ("brainstem", "segmental", "peripheral", "functional"):
        assert min(mean[pattern]) < 0.045 < np.median(mean[pattern])


def test_propriospinal_velocities_fill_the_published_range(world):
    """3-16 m/s (Montagna 1997b; van der Salm 2010, doi 10.1007/s00415-010-5531-6)."""
    velocity = [script.velocity for _, script in world["propriospinal"]]
    assert min(velocity) >= 3
    assert max(velocity) <= 16
    assert np.percentile(velocity, 90) - np.percentile(velocity, 10) > 7


@pytest.mark.parametrize("pattern", ["segmental", "propriospinal"])
def test_spinal_patterns_spare_the_face(world, pattern):
    for patient, script in world[pattern]:
        jerking = script.bursts.channel[script.bursts.kind == "jerk"]
        assert not patient.montage.in_region("cranial")[jerking].any()


def test_peripheral_jerks_keep_to_one_nerve_of_one_side(world):
    for patient, script in world["peripheral"]:
        jerking = np.unique(script.bursts.channel)
        assert len({patient.montage.muscles[i].nerve for i in jerking}) == 1
        assert len({patient.montage.sides[i] for i in jerking}) == 1


def test_preparation_of_functional_jerks(world):
    """Bereitschaftspotential 25-86 % (criteria.md 3D); loss of beta 65 % (Meppelink 2016)."""
    kinds = [{w.kind for w in script.waves} for _, script in world["functional"]]
    assert 0.45 < share("readiness potential" in k for k in kinds) < 0.75
    assert 0.5 < share("desynchronisation" in k for k in kinds) < 0.8


def test_silences_last_as_negative_myoclonus_does(world):
    """50-500 ms (ILAE definition; NM detector 2023, doi 10.1016/j.clinph.2023.10.005)."""
    length = np.concatenate([script.hush.duration for _, script in world["negative"]])
    assert length.min() > 0.04
    assert length.max() < 0.5


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_is_in_the_atlas_on_both_sides(protocol):
    montage = choose_montage(protocol, n_emg=16, n_eeg=21, affected="right")
    assert len(montage.muscles) == 16
    assert montage.on("left").sum() == 8


def test_jerks_of_a_patient_are_far_enough_apart(world):
    """A jerk begins after the one before it has begun, in every pattern that is not a rhythm."""
    for pattern in ("cortical", "brainstem", "functional"):
        for _, script in world[pattern]:
            _, first = np.unique(script.bursts.jerk, return_index=True)
            onset = [script.bursts.onset[a:b].min() for a, b in pairwise([*np.sort(first), len(script.bursts)])]
            assert np.diff(np.sort(onset)).min(initial=9) > 0.2
