"""Seeded synthetic recordings of every pattern, with their truth.

`simulate` draws a patient (`cortical`, `brainstem`, `spinal` ... write a script), plays the script as EMG (`emg`,
`motor_units`, `artefacts`) and EEG (`eeg`), and keeps what really happened (`truth`).
"""

from myosig.simulation.simulator import SIMULATED, simulate
from myosig.simulation.truth import Simulation, TrueBursts, TrueEegEvents, TrueJerks, TrueSilences, Truth

__all__ = [
    "SIMULATED",
    "Simulation",
    "TrueBursts",
    "TrueEegEvents",
    "TrueJerks",
    "TrueSilences",
    "Truth",
    "simulate",
]
