"""Seeded synthetic recordings of every pattern, with their truth.

`simulate` draws a patient (`cortical`, `brainstem`, `spinal` ... write a script), plays the script as EMG (`emg`,
`motor_units`, `artefacts`) and EEG (`eeg`), and keeps what really happened (`truth`).
"""

import sys
from types import ModuleType

from myosig.simulate.simulation import SIMULATED, simulate
from myosig.simulate.truth import Simulation, TrueBursts, TrueEegEvents, TrueJerks, TrueSilences, Truth

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


class _Verb(ModuleType):
    """Keeps ``ms.simulate(...)`` callable: importing this package puts it in the place of the function."""

    __call__ = staticmethod(simulate)


sys.modules[__name__].__class__ = _Verb
