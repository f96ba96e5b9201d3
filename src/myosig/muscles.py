"""The muscle atlas: innervation, cord position and conduction times, each with its provenance.

The numbers stand in ``muscles.csv``; their sources are listed in ``docs/criteria.md``. Provenance tags:
V read in the source, V2 read in a secondary source, C published source code, D derived by arithmetic,
M recalled and not verified (low confidence), P convention of this project.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np

from myosig.errors import ParameterError
from myosig.notebook import ShownFields

CORD_LENGTH_MM = 430.0  # [V] weak sources give 430-450 mm; criteria.md 2C works with 430

# Relative segment lengths in % of the cord, Frostell et al. 2016 (doi 10.3389/fneur.2016.00238, Table 3),
# as transcribed in the Spinal Cord Toolbox [C]; they sum to 100.2 and are renormalised below.
SEGMENT_PERCENT: dict[str, float] = dict(
    [("C1", 1.6), ("C2", 2.2), ("C3", 3.5), ("C4", 3.5), ("C5", 3.5), ("C6", 3.3), ("C7", 3.2), ("C8", 3.4)]
    + [("T1", 3.6), ("T2", 3.9), ("T3", 4.4), ("T4", 5.0), ("T5", 5.1), ("T6", 5.6), ("T7", 5.6), ("T8", 5.4)]
    + [("T9", 5.1), ("T10", 4.7), ("T11", 4.3), ("T12", 3.9), ("L1", 3.6), ("L2", 2.8), ("L3", 2.4), ("L4", 2.2)]
    + [("L5", 1.7), ("S1", 1.5), ("S2", 1.6), ("S3", 1.4), ("S4", 1.3), ("S5", 0.9)]
)
SEGMENTS: tuple[str, ...] = tuple(SEGMENT_PERCENT)
# Motor nuclei above the cord, mm from the top of C1 (negative = above), [M] 30-60 mm, uncertain by 15 mm.
BRAINSTEM_MM: dict[str, float] = {"pons": -45.0, "mid-pons": -45.0, "medulla": -30.0}

CAUDA_EQUINA_DELAY = 0.002  # s, L1 to L5: 1.97 ± 0.67 ms (Spine, June 2009 [V])
CAUDA_EQUINA_SEGMENTS = frozenset({"L4", "L5", "S1", "S2"})

# Groups of muscles that move one joint against each other; [M] textbook anatomy
ANTAGONISTS = (
    *(("BB BR", "TRI"), ("FCR FCU FDS", "ECR ECU EDC EIP"), ("PECs DELT", "LD")),
    *(("RF VL", "HAM"), ("TA", "GAS SOL PL"), ("IP", "GMAX"), ("ADD", "GMED TFL")),
    *(("RAu", "TPSm TPSl"), ("RAl", "TPSl LPS"), ("RA", "TPSm TPSl"), ("SCM", "SPL CPS")),
)

LOW_CONFIDENCE_TAGS = frozenset({"M", "P"})


@dataclass(frozen=True, slots=True)
class Muscle(ShownFields):
    """One muscle of the atlas.

    Attributes
    ----------
    number : int
        Row of the table in docs/criteria.md.
    name, abbreviation : str
        English name in lower case, and the short form used on figures.
    region : {"cranial", "neck", "arm", "trunk", "leg"}
    nerve, innervation : str
        Peripheral nerve, and the roots or cranial nerve as the textbooks write them [M].
    segments, dominant : tuple of str
        All segments that supply it, and the one or two that matter most.
    root_to_muscle, mep : float
        Conduction time from the root (from the motoneuron where `from_motoneuron`) to the muscle, and
        from the motor cortex to the muscle, in seconds, for an adult of about 170 cm.
    from_motoneuron : bool
        Whether `root_to_muscle` begins at the motoneuron, as for cranial nerves.
    root_tag, mep_tag, position_tag : str
        Provenance of the three numbers.
    position_mm : float
        Distance of its motoneurons from the top of the C1 segment along a 430 mm cord; negative above it.

    Examples
    --------
    >>> import myosig as ms
    >>> ms.muscle("APB").innervation
    'C8-T1'
    """

    number: int
    name: str
    abbreviation: str
    region: str
    nerve: str
    innervation: str
    segments: tuple[str, ...]
    dominant: tuple[str, ...]
    root_to_muscle: float
    root_tag: str
    from_motoneuron: bool
    mep: float
    mep_tag: str
    position_mm: float
    position_tag: str

    @property
    def confidence(self) -> str:
        """``"low"`` where the conduction time from the root is an unverified approximation, else ``"high"``."""
        return "low" if self.root_tag in LOW_CONFIDENCE_TAGS else "high"

    @property
    def peripheral_conduction(self) -> float:
        """Seconds from the cord to the muscle: root to muscle, with 2 ms of cauda equina for L4-S2 rows."""
        far = not self.from_motoneuron and any(segment in CAUDA_EQUINA_SEGMENTS for segment in self.dominant)
        return self.root_to_muscle + (CAUDA_EQUINA_DELAY if far else 0.0)


@cache
def atlas() -> dict[str, Muscle]:
    """The 62 muscles of criteria.md by name, in the order of the cord, and the rectus abdominis without a level.

    Returns
    -------
    dict of str to Muscle

    Examples
    --------
    >>> atlas()["tibialis anterior"].segments
    ('L4', 'L5')
    """
    with (files("myosig") / "muscles.csv").open(encoding="utf-8") as lines:
        return {row["name"]: _muscle(row) for row in csv.DictReader(lines)}


def muscle(name: str) -> Muscle:
    """The muscle of that name or abbreviation.

    Parameters
    ----------
    name : str
        In upper or lower case: ``"tibialis anterior"`` or ``"TA"``.

    Returns
    -------
    Muscle

    Raises
    ------
    ParameterError
        If the atlas does not have it; the message says what it could have been.

    Examples
    --------
    >>> muscle("APB").name
    'abductor pollicis brevis'
    """
    wanted = name.strip().lower()
    found = next((m for m in atlas().values() if wanted in (m.name, m.abbreviation.lower())), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(wanted, atlas(), n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
        names = ", ".join(m.abbreviation for m in atlas().values())
        raise ParameterError(
            f"the atlas has no muscle {name!r}{hint} It has {names} (myosig.atlas() holds their full names); "
            "of any other muscle state the segments instead"
        )
    return found


@cache
def antagonists() -> tuple[tuple[str, str], ...]:
    """The names of each two muscles that move one joint against each other."""
    return tuple(
        (muscle(one).name, muscle(other).name)
        for group, against in ANTAGONISTS
        for one, other in product(group.split(), against.split())
    )


def are_antagonists(one: str | None, other: str | None) -> bool:
    """Whether two muscles of these names move one joint against each other."""
    return (one, other) in antagonists() or (other, one) in antagonists()


def cord_position_mm(segments: tuple[str, ...]) -> float:
    """Middle of the named segments, in mm from the top of C1 along a 430 mm cord; NaN for an unknown segment."""
    return float(np.mean([_segment_middle_mm().get(name, np.nan) for name in segments])) if segments else np.nan


@cache
def _segment_middle_mm() -> dict[str, float]:
    lengths = np.array(list(SEGMENT_PERCENT.values()))
    lengths *= CORD_LENGTH_MM / lengths.sum()
    middles = np.cumsum(lengths) - lengths / 2
    return dict(zip(SEGMENTS, middles.tolist(), strict=True)) | BRAINSTEM_MM


def _muscle(row: dict[str, str]) -> Muscle:
    return Muscle(
        number=int(row["number"]),
        name=row["name"],
        abbreviation=row["abbreviation"],
        region=row["region"],
        nerve=row["nerve"],
        innervation=row["innervation"],
        segments=tuple(row["segments"].split()),
        dominant=tuple(row["dominant"].split()),
        root_to_muscle=float(row["root_to_muscle_ms"]) / 1000,
        root_tag=row["root_tag"],
        from_motoneuron=row["from_motoneuron"] == "1",
        mep=float(row["mep_ms"]) / 1000,
        mep_tag=row["mep_tag"],
        position_mm=float(row["position_mm"]),
        position_tag=row["position_tag"],
    )
