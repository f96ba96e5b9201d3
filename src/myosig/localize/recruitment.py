"""The criteria of spread: in which order the muscles follow, how fast, how steadily.

Each function turns findings into a piece of evidence. What a missing channel could have shown is not assessable; it
never counts for or against a pattern.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.localize.evidence import Evidence
from myosig.localize.findings import Findings
from myosig.localize.likelihoods import Row
from myosig.localize.participation import NECK, Participation, participation
from myosig.localize.spread import Spread, beyond_marking, homologous, onset_error
from myosig.muscles import SEGMENTS, atlas, cord_position_mm

MIN_RATE = 1000.0  # Hz, for burst duration, order and speed (Merchant 2020 [V])
MIN_JERKS = 10  # for what jerks have in common [P]
SLOW = (3.0, 16.0)  # m/s, propriospinal conduction (Montagna 1997b [V])
FAST = (30.0, 80.0)  # m/s, corticospinal and reticulospinal (criteria.md 4: over 30; 60 in 2D)
CORD = 0.05  # of any speed: no cord's length is known better than that from an atlas [P]
SLOWER = (0.5, 2.0)  # m/s: no pathway, as when muscles are moved one after the other [P]
REACH = 150.0  # mm of cord that the muscles must span for a speed (criteria.md 4, gates [P])
TELLING = 67.0  # mm of cord over which 60 m/s can be told from 10 m/s (criteria.md 2D [D])
THORACIC = (120.0, 385.0)  # mm from the top of C1: T1 to L3, "thoracic, lumbar possible" with a segment of error [P]
CERVICAL_MM = 60.0  # from the top of C1: an origin above C5-C6 is brainstem or neck [P]
RHYTHMIC, OPEN_RHYTHM = (0.5, 3.5), (0.3, 10.0)  # Hz, segmental; around it, where it says nothing ([M])
MISFIT = 0.003  # s (SD) between lags and cortical conduction times: marking, and ±2 ms of the atlas [P]
# Face, arm, trunk and leg along the motor strip. A discharge spreads from its focus along the strip more slowly than
# down the cord (Brown 1991, intrahemispheric [V]), so cortical lags exceed conduction by so much for each step [M].
STRIP = {"cranial": 0, "neck": 1, "arm": 1, "trunk": 2, "leg": 3}
SLOWEST_STEP = 0.006  # s
FOLLOWS = 1.5 * SLOWEST_STEP  # s beyond conduction from the cortex: face and neck lie one step apart, and a half [P]
OPEN = (0.25, 0.75)  # of that: between them the question stays open [P]
BLINK = "orbicularis oculi"  # in startle it comes first as a reflex of its own (Brown 1991 [V])
# s of scatter beyond the errors of marking: what organic jerks show; more than they show [P]
ORGANIC, SCATTERED = 0.005, 0.010
ORDERLY, DISORDERLY = 0.8, 0.6  # of clear orders agree (half is chance): surely consistent, surely not [P]
NEARLY_FIRST = 0.002  # s: marking error of an average lag [P]
CROSSING = (0.005, 0.020)  # s from side to side: transcallosal, about 10 ms [M]; no crossing is within marking error
# Quartile range over median of distances: 1.23 where two normal onsets only scatter around one another [D], .3 to .6
# for a delay of 10 ms that varies by 2 to 5 ms
SCATTERS = 0.8
MEDIAN_APART = 0.954  # median distance of two onsets of standard error 1: 0.6745 x sqrt 2 [D]
MANY = 0.5  # of the jerks [P]


def rostro_caudal(findings: Findings, row: Row) -> Evidence:
    """Muscles follow one another from head to foot, as fast as the corticospinal tract, in a stable order."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(spread)
    if gate:
        return row.missing(gate, spread.n_jerks)
    misfit, unstable = _corticospinal_misfit(spread), disorder(spread) > 0.5
    if misfit is None and not unstable:
        why = f"needs jerking muscles of one side that span {TELLING:.0f} mm of the cord, to tell fast from slow"
        return row.missing(why, spread.n_jerks)
    slow = spread.velocity_interval is not None and spread.velocity_interval[1] < SLOW[1]
    fits = misfit is not None and misfit <= MISFIT and not (slow or unstable)
    lags = (
        ""
        if misfit is None
        else f"lags differ by {_ms(misfit)} (SD) from spread along the motor strip and conduction; "
    )
    why = f"{lags}{1000 * MISFIT:.0f} ms are allowed; order {'inconsistent' if unstable else 'stable'}; {spread.why}"
    met = fits * (1 - (_face_follows_neck(spread, part) or 0.0)) * (1 - (_propriospinal(spread, part) or 0.0))
    return row.judged(met, why, spread.n_jerks, value=spread.velocity, unit="m/s", interval=spread.velocity_interval)


def neck_first(findings: Findings, row: Row) -> Evidence:
    """Sternocleidomastoid or trapezius first, then face and jaw above and limbs below."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(spread)
    if gate is None and not part.named(NECK).any():
        gate = "needs sternocleidomastoid or trapezius in the montage"
    if gate:
        return row.missing(gate, spread.n_jerks)
    often = bool((part.share[part.named(NECK)] >= MANY).any())
    if not often or not _neck_begins(spread) or disorder(spread) > 0.5:
        why = "the neck does not begin, not in half of the jerks, or not in a fixed order"
        return row.judged(False, why, spread.n_jerks)
    up = _face_follows_neck(spread, part)
    if up is None:
        why = "the neck begins; a muscle of jaw or face would show whether it follows"
        return row.missing(why, spread.n_jerks)
    down = bool((part.active & part.having("arm", "leg", "trunk")).any())
    follows = "follow" if up > OPEN[1] else "do not follow" if up < OPEN[0] else "follow so soon that it stays open"
    why = f"the neck begins; jaw or face {follows}, limbs {'follow' if down else 'do not'}"
    return row.judged(up * down, why, spread.n_jerks)


def slow_descent(findings: Findings, row: Row) -> Evidence:
    """From brainstem or neck down the cord at 3-16 m/s in a fixed order, as in startle."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(spread) or _range_gate(part)
    if gate:
        return row.missing(gate, spread.n_jerks)
    elsewhere = not _origin_may_lie(spread, (-math.inf, CERVICAL_MM))
    fast = spread.velocity_at_least is not None and spread.velocity_at_least > SLOW[1]
    excluded = disorder(spread) > 0.5 or elsewhere or fast or _reach(part.active, part) < REACH
    if not excluded and spread.velocity_interval is None:
        return row.missing(spread.why, spread.n_jerks)
    met = 0.0 if excluded else _slow(spread)
    why = f"direction {spread.direction}, origin {_level(spread.origin_mm)}; {spread.why}"
    return row.judged(met, why, spread.n_jerks, value=spread.velocity, unit="m/s", interval=spread.velocity_interval)


def mid_thoracic_slow(findings: Findings, row: Row) -> Evidence:
    """From the thoracic (or lumbar) cord outward at 3-16 m/s in a fixed order, against fast pathways."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(spread) or _range_gate(part)
    if gate:
        return row.missing(gate, spread.n_jerks)
    met = _propriospinal(spread, part)
    if met is None:
        return row.missing(spread.why, spread.n_jerks)
    course = f"direction {spread.direction}, origin {_level(spread.origin_mm)}"
    why = f"{_not_propriospinal(spread, part) or 'fixed order'}; {course}; {spread.why}"
    return row.judged(met, why, spread.n_jerks, value=spread.velocity, unit="m/s", interval=spread.velocity_interval)


def segmental_rhythm(findings: Findings, row: Row) -> Evidence:
    """Jerks in a rhythm of 0.5-3.5 Hz; one of 0.3 or of up to 10 Hz counts neither for nor against."""
    rhythm = findings.rhythm
    if rhythm.verdict == "not assessable":
        return row.missing(rhythm.why, rhythm.n_intervals)
    frequency = rhythm.frequency or 0.0
    typical = RHYTHMIC[0] <= frequency <= RHYTHMIC[1]
    beat = 1.0 if typical else 0.5 if OPEN_RHYTHM[0] <= frequency <= OPEN_RHYTHM[1] else 0.0
    interval = rhythm.frequency_interval
    return row.judged(beat, rhythm.why, rhythm.n_intervals, value=rhythm.frequency, unit="Hz", interval=interval)


def other_side_later(findings: Findings, row: Row) -> Evidence:
    """Homologous muscles of the two sides jerk one after the other, as far apart as the transcallosal delay."""
    jerks = findings.jerks
    pairs = [p for p in homologous(jerks.channels) if min(jerks.channels[i].sfreq for i in p) >= MIN_RATE]
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    lags = np.abs(jerks.latency[:, left] - jerks.latency[:, right]).ravel()
    lags = lags[np.isfinite(lags)]
    if lags.size < MIN_JERKS:
        why = f"{MIN_JERKS} jerks of one muscle on both sides at once, sampled at {MIN_RATE:.0f} Hz, are needed"
        return row.missing(why, int(lags.size))
    low, middle, high = np.quantile(lags, [0.25, 0.5, 0.75])
    by_marking = MEDIAN_APART * onset_error(jerks)
    apart = beyond_marking(float(middle), by_marking)
    why = (
        f"right and left are {_ms(middle)} apart (quartiles {_ms(low)} to {_ms(high)}) in {lags.size} pairs of bursts, "
        f"{_ms(apart)} without the {_ms(by_marking)} that errors of marking alone give"
    )
    if apart >= CROSSING[0] and high - low > SCATTERS * middle:
        return row.missing(f"{why}; so much scatter is neither together nor a steady delay", int(lags.size))
    later = CROSSING[0] <= apart <= CROSSING[1]
    return row.judged(later, why, int(lags.size), value=1000 * apart, unit="ms")


def inconsistent_order(findings: Findings, row: Row) -> Evidence:
    """The order of muscles changes from jerk to jerk; by degrees between 80 and 60 % agreement."""
    spread = findings.spread
    gate = _order_gate(spread)
    if gate:
        return row.missing(gate, spread.n_jerks)
    if (_propriospinal(spread, participation(findings.jerks)) or 0.0) > 0.5:
        return row.set_aside("judged with the propriospinal pattern, of which a fixed order is a part", spread.n_jerks)
    share = spread.stability
    agreement = "no clear order to disagree on" if share is None else f"{100 * share:.0f} % of clear orders agree"
    why = f"{agreement} (half is chance); lags vary by {_ms(spread.jitter or 0)} from jerk to jerk"
    return row.judged(disorder(spread), why, spread.n_jerks, value=share, unit="of clear orders agree")


def triphasic(findings: Findings, row: Row) -> Evidence:
    """Agonist, antagonist and agonist again, as in a quick voluntary movement."""
    told = [p for p in findings.spread.antagonists if p.relation != "not assessable"]
    if not told:
        return row.missing("needs two antagonists that both take part in ten jerks")
    most = max(told, key=lambda p: p.triphasic or 0.0)
    relations = "; ".join(f"{p.first} and {p.second} {p.relation} (n = {p.n})" for p in told)
    met = most.relation == "triphasic"
    return row.judged(met, relations, most.n, value=most.triphasic, unit="of jerks triphasic")


# -- what could not be assessed -----------------------------------------------------------------------


def _order_gate(spread: Spread) -> str | None:
    """Why an order cannot be judged, or None."""
    if spread.n_jerks < MIN_JERKS:
        return f"{spread.n_jerks} jerks of two or more muscles; {MIN_JERKS} are needed"
    slow = [c.label for c in spread.channels if c.sfreq < MIN_RATE]
    if slow:
        return f"{', '.join(slow)} sampled below {MIN_RATE:.0f} Hz: onsets are too coarse for an order"
    return None


def _range_gate(part: Participation) -> str | None:
    """Why a speed along the cord cannot be judged, or None.

    Face and jaw count only where they jerk: that they are spared does not say how far a jerk goes along the cord.
    """
    if _reach(part.active | ~part.having("cranial"), part) < REACH:
        return f"needs at least three muscles over {REACH:.0f} mm of the cord in the montage"
    return None


# -- what the measures say -----------------------------------------------------------------------------


def disorder(spread: Spread) -> float:
    """How surely the order changes from jerk to jerk: 0 it does not, 1 it does."""
    agree = 1.0 if spread.stability is None else spread.stability
    disagreement = (ORDERLY - agree) / (ORDERLY - DISORDERLY)
    scatter = ((spread.scatter or 0.0) - ORGANIC) / (SCATTERED - ORGANIC)  # muscles that jerk as one keep no order
    return min(max(min(disagreement, scatter), 0.0), 1.0)


def _not_propriospinal(spread: Spread, part: Participation) -> str | None:
    """What rules out slow spread from the thoracic cord, whatever else could not be measured; None if nothing does."""
    if disorder(spread) > 0.5:
        return "order inconsistent"
    if _reach(part.active, part) < REACH:
        return f"the jerks do not spread over {REACH:.0f} mm of the cord"
    if spread.velocity_at_least is not None and spread.velocity_at_least > SLOW[1]:
        return f"faster than {spread.velocity_at_least:.0f} m/s"
    if not _origin_may_lie(spread, THORACIC):
        return "it does not start in the thoracic or upper lumbar cord"
    return None


def _origin_may_lie(spread: Spread, stretch: tuple[float, float]) -> bool:
    """Whether the level of origin, as far as it is known, allows this stretch of the cord, mm."""
    if spread.origin_mm is None:
        return True
    low, high = spread.origin_interval or (spread.origin_mm, spread.origin_mm)
    return low <= stretch[1] and high >= stretch[0]


def _reach(chosen: NDArray[np.bool_], part: Participation) -> float:
    """Length of cord, mm, that supplies the chosen channels; 0 below three of them."""
    places = np.array([c.position_mm for c, yes in zip(part.channels, chosen, strict=True) if yes])
    return float(np.ptp(places)) if places.size >= 3 else 0.0


def _corticospinal_misfit(spread: Spread) -> float | None:
    """SD of the lags around those of a cortical discharge, over the muscles on the side of the lead, seconds.

    The discharge may start in any field of the motor strip. None where the muscles lie too near to one another along
    the cord for that to mean anything.
    """
    lead_side = spread.channels[0].side if spread.channels else None
    same = [i for i, c in enumerate(spread.channels) if c.muscle in atlas() and c.side == lead_side]
    if len(same) < 2 or np.ptp([spread.channels[i].position_mm for i in same]) < TELLING:
        return None
    muscles = [atlas()[str(spread.channels[i].muscle)] for i in same]
    beyond = spread.lag[same] - [m.mep for m in muscles]
    strip = np.array([STRIP[m.region] for m in muscles])
    return min(_misfit_of_focus(beyond, np.abs(strip - focus)) for focus in set(STRIP.values()))


def _misfit_of_focus(beyond: NDArray[np.float64], steps: NDArray[np.int64]) -> float:
    """SD that remains when each step along the strip costs the best time between none and the slowest."""
    away = steps - steps.mean()
    step = float(away @ beyond / (away @ away)) if away.any() else 0.0
    return float(np.std(beyond - min(max(step, 0.0), SLOWEST_STEP) * steps))


def _neck_begins(spread: Spread) -> bool:
    """Whether a neck muscle begins, a blink before it left out."""
    timed = [(c, lag) for c, lag in zip(spread.channels, spread.lag, strict=True) if c.muscle != BLINK]
    neck = [lag for c, lag in timed if c.muscle in NECK]
    return bool(neck and min(neck) <= min(lag for _, lag in timed) + NEARLY_FIRST)


def _face_follows_neck(spread: Spread, part: Participation) -> float | None:
    """How far jaw or face follow the neck later than from a cortex that drives both: 1 where no step explains it.

    0 where the neck does not begin, or face and jaw take no part; None where nothing of them was recorded but a blink
    before the neck, which in startle is a reflex of its own.
    """
    if not _neck_begins(spread):
        return 0.0
    timed = {c.label: (c, lag) for c, lag in zip(spread.channels, spread.lag, strict=True) if c.muscle in atlas()}
    neck = [(c, lag) for c, lag in timed.values() if c.muscle in NECK]
    start = min(lag for _, lag in neck)
    blink = {label for label, (c, lag) in timed.items() if c.muscle == BLINK and lag < start}
    cranial = {c.label for c, yes in zip(part.channels, part.having("cranial"), strict=True) if yes} - blink
    if not cranial:
        return None
    face = [timed[label] for label in cranial & set(timed)]
    return float(np.clip((_after_cortex(face) - _after_cortex(neck)) / FOLLOWS, 0.0, 1.0)) if face else 0.0


def _after_cortex(timed: list[tuple[Channel, float]]) -> float:
    """The earliest lag after conduction from the cortex is taken off, seconds."""
    return min(lag - atlas()[str(c.muscle)].mep for c, lag in timed)


def _slow(spread: Spread) -> float:
    """How much likelier the measured speed is from a slow pathway than from a fast one, or from none: 0 to 1.

    The lags are normal around their line, so slowness, not speed, is compared, with the error towards the other range;
    within each range any speed is as likely as any other on a log scale.
    """
    if spread.velocity is None or spread.velocity_interval is None:
        return 0.0
    low, high = (1 / v for v in reversed(spread.velocity_interval))
    slowness = 1 / spread.velocity
    against = _times_likelier(slowness, slowness - low, FAST) + _times_likelier(slowness, high - slowness, SLOWER)
    return 1 / (1 + against)


def _times_likelier(slowness: float, margin: float, other: tuple[float, float]) -> float:
    """Likelihood of another range of speeds over that of the slow one, at a 95 % margin of the slowness."""
    measured = NormalDist(slowness, max(margin / 1.96, CORD * slowness))
    return _mean_density(measured, other) / max(_mean_density(measured, SLOW), 1e-300)


def _mean_density(measured: NormalDist, band: tuple[float, float]) -> float:
    return math.fsum(measured.pdf(1 / v) for v in np.geomspace(*band, 50).tolist()) / 50


def _propriospinal(spread: Spread, part: Participation) -> float | None:
    """How well outward from the thoracic cord, slowly and in a fixed order fits; None where that cannot be told."""
    if _not_propriospinal(spread, part):
        return 0.0
    return None if spread.velocity_interval is None or spread.origin_mm is None else _slow(spread)


def _level(position: float | None) -> str:
    if position is None:
        return "not resolved"
    return min(SEGMENTS, key=lambda s: abs(cord_position_mm((s,)) - position))


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
