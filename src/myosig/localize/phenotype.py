"""What the jerks are like, axis by axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.detect.rhythm import rhythm_of
from myosig.localize.findings import Findings
from myosig.localize.participation import participation
from myosig.muscles import SEGMENTS
from myosig.notebook import Shown

FALSE_PER_CHANNEL_HOUR = 1.0  # bursts that noise alone may give: the detector's design limit
MIN_JERKS = 5  # of one muscle: fewer are an occasional twitch, or scattered artefacts, not a finding [P]
BRIEF = 0.5  # s: jerks last 10-500 ms (criteria.md 1A; ILAE for negative ones); longer ones are contractions
MIN_SILENCES = 5  # likewise
RARE = 0.2  # of the silences: fewer jerks beside them are pieces of the tonic activity that they interrupt [P]
SUSTAINED = 2.0  # s
TREMULOUS = 0.5  # of the bursts of jerks lie in channels with tremor: then the jerks are its beats [P]
QUICK, NEAR = 9.0, 2.0  # Hz: cortical tremor beats at 9-18 Hz [V]; how near to it the coherence with the EEG lies [P]
ISOLATED, CONTINUOUS = 3.0, 60.0  # jerks a minute: fewer than a few, and about one a second [P]


@dataclass(frozen=True, slots=True)
class Phenotype(Shown):
    """The descriptive axes; a value of None means not assessable, `notes` says why.

    Attributes
    ----------
    finding : {"myoclonus", "tremor", "sustained contraction", "none"}
    why : str
        The rule that gave the finding, with its numbers.
    searched_s : float
        Seconds of EMG that were searched, in the channel with most; 0: "none" says nothing of jerks.
    sign : {"positive", "negative", "both"} or None
    rhythm : mapping
        verdict, frequency_hz, cv, n_intervals.
    grouping, rate, burst, distribution, side, spread, activation, state : mapping
        Each with its values and n.
    """

    finding: str
    why: str
    searched_s: float
    sign: str | None
    rhythm: dict[str, Any]
    grouping: dict[str, Any]
    rate: dict[str, Any]
    burst: dict[str, Any]
    distribution: dict[str, Any]
    side: dict[str, Any]
    spread: dict[str, Any]
    activation: dict[str, Any]
    state: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def describe_phenotype(findings: Findings) -> Phenotype:
    """Describe the jerks of a recording on every axis.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Phenotype

    Notes
    -----
    Tremor: a channel whose envelope trembles (see `measure_tremor`), where such channels hold most of the bursts of the
    jerks. From 9 Hz on it is cortical tremor, a rhythmic myoclonus (criteria.md 3C), where the EEG is coherent with it
    and leads by a cortical delay. Myoclonus: at least five jerks of up to half a second in one muscle, more than noise
    would give.

    References
    ----------
    .. [1] Deuschl G et al. (1998). Consensus statement on tremor. Mov Disord 13 Suppl 3:2. doi:10.1002/mds.870131303
    """
    finding, why, sign = _finding(findings)
    return Phenotype(
        finding=finding,
        why=why,
        searched_s=_searched(findings),
        sign=sign,
        rhythm=_rhythm(findings, finding),
        grouping=_grouping(findings),
        rate=_rate(findings),
        burst=_burst(findings),
        distribution=_distribution(findings),
        side=_side(findings),
        spread={
            "direction": findings.spread.direction,
            "velocity_m_s": findings.spread.velocity,
            "n": findings.spread.n_jerks,
        },
        activation=_activation(findings),
        state=_state(findings),
    )


def _rhythm(findings: Findings, finding: str) -> dict[str, Any]:
    """Of the jerks; of tremor the frequency of the envelope and the intervals of the bursts of that channel."""
    rhythm, tremor = findings.rhythm, findings.tremor
    if finding != "tremor":
        return {"verdict": rhythm.verdict, "frequency_hz": rhythm.frequency, "cv": rhythm.cv, "n": rhythm.n_intervals}
    bursts = findings.jerks.bursts
    beats = rhythm_of(bursts.onset[bursts.labels == tremor.channel])
    return {"verdict": "rhythmic", "frequency_hz": tremor.frequency, "cv": beats.cv, "n": beats.n_intervals}


def _is_tremor(findings: Findings) -> bool:
    """Whether there is tremor, neither cortical nor beside jerks of other muscles."""
    tremor, jerks = findings.tremor, findings.jerks
    if _is_cortical(findings):
        return False
    beats = np.isin(jerks.bursts.labels[jerks.member >= 0], tremor.channels)
    return tremor.verdict == "present" and (beats.size == 0 or float(beats.mean()) >= TREMULOUS)


def _is_cortical(findings: Findings) -> bool:
    """Whether the EEG beats with a quick tremor, before it and by a cortical delay."""
    beat, drive = findings.tremor.frequency, findings.eeg.corticomuscular
    if findings.tremor.verdict != "present" or beat is None or drive.verdict != "present" or drive.frequency is None:
        return False
    near = abs(drive.frequency - beat) <= NEAR
    return beat >= QUICK and near and drive.leads is True and drive.plausible is not False


def _finding(findings: Findings) -> tuple[str, str, str | None]:
    jerks, silences = findings.jerks, findings.silences
    if _is_tremor(findings):
        return "tremor", findings.tremor.why, None
    searched = _searched(findings)
    if not searched and not len(silences):
        return "none", "without EMG of 100 Hz or more nothing can be said of jerks", None
    short = _length(findings) <= BRIEF
    brief = int(np.sum(short))
    repeated = int(jerks.recruited[short].sum(axis=0).max(initial=0))
    expected = FALSE_PER_CHANNEL_HOUR * searched / 3600
    positive = repeated >= MIN_JERKS and brief >= len(jerks) / 2 and repeated > expected + 3 * expected**0.5
    pure = int(np.sum(~silences.after_burst))
    negative = pure >= MIN_SILENCES
    if negative and brief < RARE * pure:
        positive = False
    if positive or negative:
        sign = "both" if positive and negative else "positive" if positive else "negative"
        cortical = f"; cortical tremor: {findings.tremor.why}" if _is_cortical(findings) else ""
        counted = f"{brief} of {len(jerks)} jerks are brief; silences without a burst before them: {pure}"
        return "myoclonus", f"{counted}{cortical}", sign
    long = float(np.sum(jerks.bursts.duration[jerks.bursts.duration >= SUSTAINED]))
    if long > 0 and brief < MIN_JERKS:
        return "sustained contraction", f"{long:.0f} s of contractions longer than {SUSTAINED:g} s, {brief} jerks", None
    why = (
        f"brief jerks of one muscle: at most {repeated} ({MIN_JERKS} are needed, {expected:.1f} from noise), "
        f"and {pure} silences without a burst before them, in {searched:.0f} s"
    )
    return "none", why, None


def _searched(findings: Findings) -> float:
    return float(np.nanmax(findings.jerks.bursts.searched, initial=0.0))


def _length(findings: Findings) -> NDArray[np.float64]:
    """Typical burst length of each jerk: a jerk of several bursts may last longer than each."""
    jerks = findings.jerks
    members = jerks.member >= 0
    total = np.zeros(int(jerks.member.max(initial=-1)) + 1)
    np.add.at(total, jerks.member[members], jerks.bursts.duration[members])
    return total[jerks.number] / jerks.n_bursts


def _grouping(findings: Findings) -> dict[str, Any]:
    jerks, rhythm = findings.jerks, findings.rhythm
    if not len(jerks):
        return {"value": None, "why": "no jerks", "n": 0}
    muscles = np.maximum(jerks.recruited.sum(axis=1), 1)
    repeats = float(np.median(jerks.n_bursts / muscles))
    runs = rhythm.n_runs > 1 and (rhythm.events_per_run or 1) >= 3
    return {
        "value": "in runs" if runs else "single",
        "bursts_per_muscle_and_jerk": repeats,
        "jerks_per_run": rhythm.events_per_run,
        "rate_within_runs_hz": rhythm.rate_within_runs,
        "n": len(jerks),
    }


def _rate(findings: Findings) -> dict[str, Any]:
    minutes = findings.recording.duration / 60
    if minutes <= 0:
        return {"value": None, "why": "no data", "n": 0}
    rate = len(findings.jerks) / minutes
    value = "isolated" if rate < ISOLATED else "continuous" if rate >= CONTINUOUS else "frequent"
    return {"value": value, "per_min": rate, "n": len(findings.jerks)}


def _burst(findings: Findings) -> dict[str, Any]:
    bursts = findings.jerks.bursts[findings.jerks.member >= 0]
    bursts = bursts[~bursts.cut]
    pairs = {f"{p.first} - {p.second}": p.relation for p in findings.spread.antagonists}
    if not len(bursts):
        return {"duration_ms": None, "amplitude_uv": None, "why": "no whole bursts in jerks", "n": 0}
    low, middle, high = (1000 * float(q) for q in np.percentile(bursts.duration, [25, 50, 75]))
    return {
        "duration_ms": middle,
        "duration_quartiles_ms": [low, high],
        "amplitude_uv": float(np.median(bursts.amplitude)),
        "antagonists": pairs,
        "n": len(bursts),
    }


def _distribution(findings: Findings) -> dict[str, Any]:
    part = participation(findings.jerks)
    if not part.active.any():
        return {"value": None, "why": "no muscle of known name takes part in a fifth of the jerks", "n": part.n_jerks}
    regions = {m.region for m in part.active_muscles}
    segments = sorted({s for group in part.active_segments for s in group}, key=_segment_order)
    return {
        "value": _distribution_word(regions, part.active_sides - {None}, part.fits_window(3), int(part.active.sum())),
        "muscles": [c.label for c, yes in zip(part.channels, part.active, strict=True) if yes],
        "segments": segments,
        "n": part.n_jerks,
    }


def _distribution_word(regions: set[str], sides: set[str | None], near: bool, count: int) -> str:
    if count == 1:
        return "focal"
    if near:
        return "segmental"
    if {"arm", "leg"} <= regions:
        return _widespread_word(regions, sides)
    if regions <= {"trunk", "neck", "leg"} and "trunk" in regions:
        return "axial"
    return "multifocal"


def _widespread_word(regions: set[str], sides: set[str | None]) -> str:
    """Arm and leg: of one side, or with trunk or head of both sides; else in several places."""
    if len(sides) == 1:
        return "hemi"
    return "generalised" if regions & {"cranial", "neck", "trunk"} else "multifocal"


def _segment_order(segment: str) -> tuple[int, str]:
    return (SEGMENTS.index(segment) if segment in SEGMENTS else -1, segment)


def _side(findings: Findings) -> dict[str, Any]:
    part, spread = participation(findings.jerks), findings.spread
    sides = part.active_sides - {None, "midline"}
    value = None if not sides else "both" if len(sides) == 2 else next(iter(sides))
    lag = None if spread.side_lag is None else 1000 * spread.side_lag
    return {"value": value, "lag_right_minus_left_ms": lag, "lag_n": spread.side_lag_n, "n": part.n_jerks}


def _activation(findings: Findings) -> dict[str, Any]:
    locked = [r for r in findings.reflexes if r.locked]
    tasks = [c.label for c in findings.conditions if c.ratio_interval is not None and c.ratio_interval[0] > 1]
    if not findings.conditions and not findings.reflexes:
        return {"value": None, "why": "no annotated stimuli, postures or tasks", "n": 0}
    words = [f"reflex ({r.stimulus})" for r in locked] + [f"more in {task}" for task in tasks]
    reflexes = [r.to_dict() for r in findings.reflexes]
    return {"value": ", ".join(words) or "spontaneous", "reflexes": reflexes, "n": len(findings.jerks)}


def _state(findings: Findings) -> dict[str, Any]:
    if not findings.conditions:
        return {"value": None, "why": "no annotated states", "n": 0}
    return {"value": {c.label: c.rate_per_min for c in findings.conditions}, "n": len(findings.jerks)}
