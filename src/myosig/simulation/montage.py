"""Where the electrodes are: which muscles and which scalp sites a simulated laboratory records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig._checks import one_of
from myosig.channel import MICROVOLT, Channel, Side
from myosig.errors import ParameterError
from myosig.muscles import Muscle, muscle

LETTER: dict[Side, str] = {"left": "L", "right": "R", "midline": "M"}
OTHER: dict[Side, Side] = {"left": "right", "right": "left", "midline": "midline"}

# Which muscles a laboratory records for which complaint, in the order of the cord; all of them on both sides.
# After the list of criteria.md 3A for trunk jerks [M]; the others are conventions of myosig [P].
PROTOCOLS: dict[str, tuple[str, ...]] = {
    "arms": ("SCM", "DELT", "BB", "TRI", "FCR", "ECR", "APB", "FDI"),
    "hand": ("OOr", "SCM", "BB", "FCR", "ECR", "EDC", "APB", "ADM"),
    "face": ("FRO", "OOc", "NAS", "OOr", "MEN", "MAS", "SCM", "TRAP"),
    "generalised": ("OOr", "MAS", "SCM", "TRAP", "BB", "APB", "RF", "TA"),
    "whole body": ("OOr", "SCM", "BB", "APB", "RAu", "TPSm", "RF", "TA"),
    "axial": ("OOc", "SCM", "TRAP", "PECc", "RAu", "RAl", "LPS", "RF"),
    "trunk": ("MAS", "SCM", "TPSu", "RAu", "TPSm", "EO", "RAl", "IP"),
    "legs": ("LPS", "ADD", "RF", "VL", "HAM", "TA", "GAS", "EDB"),
}

# Electrodes of the 10-20 system on a unit sphere (x to the right, y forwards, z up), from its 10 and 20 % steps.
_ANGLES = {  # inclination from Cz and azimuth from the right ear, degrees
    "Fp1": (-92, -72), "Fp2": (92, 72), "F7": (-92, -36), "F3": (-60, -51), "Fz": (46, 90), "F4": (60, 51),
    "F8": (92, 36), "T7": (-92, 0), "C3": (-46, 0), "Cz": (0, 0), "C4": (46, 0), "T8": (92, 0), "P7": (-92, 36),
    "P3": (-60, 51), "Pz": (46, -90), "P4": (60, -51), "P8": (92, -36), "O1": (-92, 72), "O2": (92, -72),
    "FC3": (-50, -28), "FC4": (50, 28), "Fpz": (92, 90),
}  # fmt: skip
SITES: tuple[str, ...] = tuple(site for site in _ANGLES if site != "Fpz")
EEG_SITES: dict[int, tuple[str, ...]] = {  # what is recorded with so many EEG channels
    8: ("F3", "F4", "C3", "Cz", "C4", "P3", "P4", "Fz"),
    16: ("Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8", "P3", "P4", "O1", "O2"),
    21: SITES,
}


@dataclass(frozen=True, slots=True)
class Montage:
    """The EMG channels, in order, and the EEG sites.

    Attributes
    ----------
    muscles : tuple of Muscle
    sides : tuple of str
    sites : tuple of str
        Scalp electrodes; empty without EEG.
    affected : {"left", "right"}
        The side that the patient complains of.
    """

    protocol: str
    muscles: tuple[Muscle, ...]
    sides: tuple[Side, ...]
    sites: tuple[str, ...]
    affected: Side

    @property
    def position_mm(self) -> NDArray[np.float64]:
        """Of each channel's motoneurons, from the top of C1."""
        return np.array([m.position_mm for m in self.muscles])

    @property
    def root_to_muscle(self) -> NDArray[np.float64]:
        """Conduction time of each channel from the root, seconds."""
        return np.array([m.root_to_muscle for m in self.muscles])

    @property
    def mep(self) -> NDArray[np.float64]:
        """Conduction time of each channel from the cortex, seconds."""
        return np.array([m.mep for m in self.muscles])

    def on(self, side: Side) -> NDArray[np.bool_]:
        """Which channels are on that side."""
        return np.array([s == side for s in self.sides])

    def in_region(self, *regions: str) -> NDArray[np.bool_]:
        """Which channels are muscles of those regions."""
        return np.array([m.region in regions for m in self.muscles])


def choose_montage(protocol: str, *, n_emg: int, n_eeg: int, affected: Side) -> Montage:
    """Both sides of every muscle of a protocol; the affected side first where `n_emg` channels do not hold all."""
    names = PROTOCOLS[one_of("montage", protocol, PROTOCOLS)]
    if not 2 <= n_emg <= 2 * len(names):
        raise ParameterError(f"n_emg must be between 2 and {2 * len(names)}, not {n_emg!r}")
    both: list[tuple[str, Side]] = [(name, side) for side in (affected, OTHER[affected]) for name in names]
    sides: tuple[Side, Side] = ("right", "left")
    order = [(name, side) for name in names for side in sides if (name, side) in both[:n_emg]]
    return Montage(
        protocol,
        tuple(muscle(name) for name, _ in order),
        tuple(side for _, side in order),
        EEG_SITES[one_of("n_eeg", n_eeg, EEG_SITES)] if n_eeg else (),
        affected,
    )


def emg_channels(montage: Montage, *, sfreq: float, n_samples: int, labels: str) -> list[Channel]:
    """Describe the EMG channels as a laboratory would that labels them well, not at all, or with the sides swapped."""
    channels = []
    for number, (m, true_side) in enumerate(zip(montage.muscles, montage.sides, strict=True), start=1):
        if labels == "numbered":
            channels.append(Channel(f"EMG {number}", "emg", sfreq, MICROVOLT, n_samples))
            continue
        side = OTHER[true_side] if labels == "swapped" else true_side
        label = f"EMG {LETTER[side]} {m.abbreviation}"
        known = dict.fromkeys(("kind", "muscle", "side", "segments"), "stated")
        channels.append(
            Channel(
                label, "emg", sfreq, MICROVOLT, n_samples, muscle=m.name, side=side, segments=m.segments, known=known
            )
        )
    return channels


def eeg_channels(montage: Montage, *, sfreq: float, n_samples: int) -> list[Channel]:
    """Describe the EEG channels: the site, against linked ears as most laboratories record."""
    known = dict.fromkeys(("kind", "site"), "stated")
    return [Channel(f"EEG {s}", "eeg", sfreq, MICROVOLT, n_samples, site=s, known=known) for s in montage.sites]


def scalp_positions(sites: tuple[str, ...]) -> NDArray[np.float64]:
    """Unit vectors of scalp sites, shape (n_sites, 3)."""
    angles = np.radians([_ANGLES[site] for site in sites]).reshape(-1, 2)
    tilt, turn = angles[:, 0], angles[:, 1]
    return np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)], axis=1)
