"""How hard a simulated recording is to read: all numbers are conventions of myosig [P]."""

from __future__ import annotations

from dataclasses import dataclass

from myosig._checks import one_of


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Ranges (low, high) from which each recording draws.

    Attributes
    ----------
    snr : dB
        Typical signal-to-noise ratio of the bursts of a channel.
    snr_spread : dB
        Standard deviation of single bursts around it.
    jitter : factor
        On the pattern's own scatter of latencies.
    variability : factor
        On the scatter of durations and on how often a muscle stays out of a jerk.
    jerks : count
        Number of arrhythmic jerks aimed at in five minutes.
    spike : µV
        Premyoclonic spike at its site.
    hum, drift, ecg, movement : µV
        Line noise in each channel, slow drift, heart beats in the trunk, movement artefacts.
    crosstalk : factor
        Of one muscle's EMG in the channel of its neighbour.
    tonic : probability
        That a channel carries a little tonic activity.
    unsteady : factor
        By which the noise level of a channel wanders over minutes.
    pops : per minute
        Loose electrodes, all channels together.
    blinks : per minute
    """

    snr: tuple[float, float]
    snr_spread: float
    jitter: float
    variability: float
    jerks: tuple[float, float]
    spike: tuple[float, float]
    hum: tuple[float, float]
    drift: tuple[float, float]
    ecg: tuple[float, float]
    movement: tuple[float, float]
    crosstalk: tuple[float, float]
    tonic: float
    unsteady: float
    pops: float
    blinks: tuple[float, float]


LEVELS: dict[str, Difficulty] = {
    "easy": Difficulty(
        snr=(24, 34),
        snr_spread=2.0,
        jitter=0.6,
        variability=0.6,
        jerks=(100, 180),
        spike=(10, 30),
        hum=(0, 1),
        drift=(0, 5),
        ecg=(0, 20),
        movement=(0, 0),
        crosstalk=(0, 0.01),
        tonic=0.0,
        unsteady=0.0,
        pops=0.0,
        blinks=(2, 6),
    ),
    "medium": Difficulty(
        snr=(15, 26),
        snr_spread=3.0,
        jitter=1.0,
        variability=1.0,
        jerks=(60, 130),
        spike=(5, 20),
        hum=(0, 5),
        drift=(5, 30),
        ecg=(10, 60),
        movement=(0, 60),
        crosstalk=(0, 0.04),
        tonic=0.15,
        unsteady=0.15,
        pops=0.2,
        blinks=(6, 15),
    ),
    "hard": Difficulty(
        snr=(8, 18),
        snr_spread=4.0,
        jitter=1.6,
        variability=1.5,
        jerks=(25, 80),
        spike=(3, 10),
        hum=(2, 20),
        drift=(20, 100),
        ecg=(20, 120),
        movement=(30, 200),
        crosstalk=(0.02, 0.12),
        tonic=0.35,
        unsteady=0.35,
        pops=2.0,
        blinks=(10, 25),
    ),
}


def level(name: str) -> Difficulty:
    """The difficulty of that name."""
    return LEVELS[one_of("difficulty", name, LEVELS)]
