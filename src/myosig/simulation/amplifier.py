"""What the amplifier sees of the muscles: cross-talk, noise, mains, heart beats, movement, loose electrodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myosig.simulation import artefacts
from myosig.simulation.emg import PlayedEmg
from myosig.simulation.montage import Montage
from myosig.simulation.patient import Patient

Floats = NDArray[np.float64]
Signals = NDArray[np.float32]

PLUGGED = 0.5  # of the channels see the mains [P]
SHAKEN = 0.3  # of the electrodes move in every jerk [P]
NEIGHBOUR_MM = 30.0  # muscles whose motoneurons are closer, in one region of one side, hear each other [P]


def amplify(patient: Patient, emg: PlayedEmg, beats: Floats, jerks: Floats, sfreq: float) -> Signals:
    """The recorded EMG: the muscles, and all that is not muscle. `beats` and `jerks` are times in seconds."""
    rng, difficulty, montage = patient.rng, patient.difficulty, patient.montage
    shape = emg.muscles.shape
    n = shape[0]
    out = np.asarray(_crosstalk(montage, rng.uniform(*difficulty.crosstalk)) @ emg.muscles, dtype=np.float32)
    out += artefacts.electrode_noise(shape, sfreq, emg.noise, difficulty.unsteady, rng)
    out += artefacts.hum(shape, sfreq, _levels(difficulty.hum, n, rng) * (rng.random(n) < PLUGGED), rng)
    out += artefacts.drift(shape, sfreq, _levels(difficulty.drift, n, rng), rng)
    share = artefacts.ecg_share(montage.muscles) * _levels(difficulty.ecg, n, rng)
    for lead in range(2):  # every electrode pair sees its own mixture of two views of the heart
        heart = artefacts.ecg(shape[1], sfreq, beats, artefacts.heart_view(rng, front=lead == 0), rng)
        out += np.outer(share * rng.uniform(-1, 1, n), heart).astype(np.float32)
    for channel in np.flatnonzero(rng.random(n) < SHAKEN):
        size = rng.uniform(*difficulty.movement) * rng.lognormal(0, 0.4, jerks.size)
        when = jerks + rng.uniform(0.02, 0.06)
        out[channel] += artefacts.movement(shape[1], sfreq, when, size, rng).astype(np.float32)
    for _ in range(rng.poisson(difficulty.pops * patient.duration / 60)):
        artefacts.add_pop(out[rng.integers(n)], sfreq, rng)
    return out


def _levels(between: tuple[float, float], n: int, rng: np.random.Generator) -> Floats:
    return rng.uniform(between[0], between[1], n)


def _crosstalk(montage: Montage, share: float) -> Signals:
    """Mixing matrix: what each channel sees of each muscle."""
    position, region = montage.position_mm, np.array([m.region for m in montage.muscles])
    sides = np.array(montage.sides)
    near = np.abs(position[:, None] - position[None]) < NEIGHBOUR_MM
    near &= (region[:, None] == region) & (sides[:, None] == sides)
    return np.asarray(np.where(np.eye(len(sides)), 1.0, share * near), dtype=np.float32)
