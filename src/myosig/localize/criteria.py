"""One function for each published criterion: from findings to a piece of evidence.

Sources and numbers of the weights stand in ``likelihoods.csv``; the limits that decide "present" stand here, each with
its source or as a convention of this project [P].
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from myosig.localize.conditions import Condition
from myosig.localize.evidence import Evidence, Verdict
from myosig.localize.findings import Findings
from myosig.localize.likelihoods import (
    DURATION,
    LONG,
    SHORT,
    SHORT_LIMIT,
    Likelihoods,
    Row,
    log_duration_density,
)
from myosig.localize.participation import NECK, Participation, participation
from myosig.muscles import SEGMENTS, atlas, cord_position_mm

MIN_BURSTS = 10  # for a duration (van der Veen 2024 [V2])
MIN_RATE = 1000.0  # Hz, for burst duration, order and speed (Merchant 2020 [V])
MIN_LOWPASS = 150.0  # Hz, for burst duration [P]
MIN_JERKS = 10  # for what jerks have in common [P]
SLOW = (3.0, 16.0)  # m/s, propriospinal conduction (Montagna 1997b [V])
FAST = 30.0  # m/s (criteria.md 4 [P])
THORACIC = (
    120.0,
    385.0,
)  # mm from the top of C1: T1 to L3, "mid-thoracic, lumbar possible" with a segment of error [P]
RHYTHMIC = (0.5, 3.5)  # Hz, segmental ([M])
WINDOW = 3  # segments: one and its neighbours (Gündüz [V])
INCONSISTENT = "inconsistent"
NEARLY_FIRST = 0.002  # s: marking error of an average lag [P]
SPEAKS_OF_FACE = 0.1  # of the jerks: rarer facial bursts are blinks and chance [P]
MANY = 0.5  # of the jerks [P]
MIN_SLEEP = 600.0  # s of sleep, else its absence says nothing [P]
PERSISTS, GONE = 0.25, 0.15  # of the waking rate: above the first it persists, below the second it does not [P]

Criterion = Callable[[Findings, Row], Evidence]


def gather(findings: Findings, likelihoods: Likelihoods) -> tuple[Evidence, ...]:
    """All evidence, in the order of the table."""
    shape = burst_duration(findings, likelihoods)
    others = [function(findings, likelihoods[name]) for name, function in CRITERIA.items()]
    return (shape, *others)


# -- the shape of a burst ---------------------------------------------------------------------------


def burst_duration(findings: Findings, likelihoods: Likelihoods) -> Evidence:
    """Mean duration of the bursts of jerks, as a soft likelihood on either side of 45 ms."""
    row = likelihoods[SHORT]
    bursts = findings.jerks.bursts
    usable = (findings.jerks.member >= 0) & ~bursts.cut & _timed(findings)[bursts.channel]
    logs = np.log(bursts.duration[usable])
    if logs.size < MIN_BURSTS:
        return _missing(
            row,
            int(logs.size),
            f"{logs.size} clean bursts in channels of at least {MIN_RATE:.0f} Hz; {MIN_BURSTS} are needed",
            name=DURATION,
        )
    typical = float(np.exp(np.mean(logs)))
    per_channel = [logs[bursts.channel[usable] == c] for c in np.unique(bursts.channel[usable])]
    error = _log_error(per_channel)
    interval = (1000 * typical * math.exp(-1.96 * error), 1000 * typical * math.exp(1.96 * error))
    return Evidence(
        criterion=DURATION,
        family=row.family,
        value=1000 * typical,
        unit="ms",
        interval=interval,
        n=int(logs.size),
        verdict="present" if typical <= SHORT_LIMIT else "absent",
        why=f"geometric mean {1000 * typical:.0f} ms (95 % {interval[0]:.0f}-{interval[1]:.0f}) of {logs.size} bursts; "
        "present = up to 45 ms, weighed softly around it",
        source=f"{row.source}; {likelihoods[LONG].source}",
        tag=row.tag,
        log_likelihood=log_duration_density(typical, error, likelihoods),
    )


def _log_error(per_channel: list[NDArray[np.float64]]) -> float:
    """Standard error of the mean log duration; muscles differ, so their means are the independent observations."""
    means = [float(np.mean(c)) for c in per_channel if c.size >= 3]
    pooled = np.concatenate(per_channel)
    within = float(np.std(pooled, ddof=1)) / math.sqrt(pooled.size)
    between = float(np.std(means, ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else 0.0
    return max(within, between)


def _timed(findings: Findings) -> NDArray[np.bool_]:
    """Channels whose rate and low-pass allow burst durations."""
    return np.array(
        [c.sfreq >= MIN_RATE and (c.lowpass is None or c.lowpass >= MIN_LOWPASS) for c in findings.jerks.channels],
        dtype=bool,
    )


# -- the EEG ------------------------------------------------------------------------------------------


def premyoclonic_spike(findings: Findings, row: Row) -> Evidence:
    """A cortical potential at a plausible time before the jerk, over the right region."""
    found = findings.eeg.premyoclonic_potential
    misplaced = found.verdict == "present" and (found.contralateral is False or found.plausible is False)
    verdict: Verdict = "absent" if misplaced else _verdict(found.verdict)
    why = found.why + ("; its place or latency does not fit a cortical spike" if misplaced else "")
    value = None if found.latency is None else 1000 * found.latency
    limits = found.latency_interval
    interval = None if limits is None else (1000 * limits[0], 1000 * limits[1])
    return _evidence(row, verdict, why, found.n, value=value, unit="ms before the EMG", interval=interval)


def corticomuscular_coherence(findings: Findings, row: Row) -> Evidence:
    """EEG and EMG coherent, the EEG leading by a plausible lag."""
    found = findings.eeg.corticomuscular
    leading = found.verdict == "present" and found.leads is True and found.plausible is not False
    verdict = "absent" if found.verdict == "present" and not leading else _verdict(found.verdict)
    why = found.why + ("; but the EEG does not lead by a plausible lag" if verdict != _verdict(found.verdict) else "")
    return _evidence(row, verdict, why, found.n, value=found.coherence, unit="coherence")


def intermuscular_coherence(findings: Findings, row: Row) -> Evidence:
    """Two muscles coherent; no proof of a cortical origin."""
    found = findings.eeg.intermuscular
    return _evidence(row, _verdict(found.verdict), found.why, found.n, value=found.coherence, unit="coherence")


def slow_potential(findings: Findings, row: Row) -> Evidence:
    """A Bereitschaftspotential before the jerk."""
    found = findings.eeg.slow_potential
    value = None if found.latency is None else found.latency
    return _evidence(row, _verdict(found.verdict), found.why, found.n, value=value, unit="s before the EMG")


def beta_desynchronisation(findings: Findings, row: Row) -> Evidence:
    """Loss of beta power before the jerk."""
    found = findings.eeg.desynchronisation
    return _evidence(row, _verdict(found.verdict), found.why, found.n, value=found.change, unit="relative change")


# -- spread and distribution ------------------------------------------------------------------------


def rostro_caudal(findings: Findings, row: Row) -> Evidence:
    """Muscles follow one another from head to foot, as fast as the corticospinal tract, in a stable order."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(findings, part)
    if gate:
        return _missing(row, spread.n_jerks, gate)
    misfit = _corticospinal_misfit(findings)
    if misfit is None:
        return _missing(row, spread.n_jerks, "needs muscles whose cortical conduction times differ by 5 ms or more")
    slow = spread.velocity is not None and spread.velocity < FAST / 2
    unstable = spread.direction == INCONSISTENT
    fits = misfit <= 0.003 and not slow and not unstable and not _neck_leads(findings, part)
    why = (
        f"lags differ from the conduction times cortex to muscle by {1000 * misfit:.1f} ms (SD; 3 ms are allowed), "
        f"order {'inconsistent' if unstable else 'stable'}; {spread.why}"
    )
    return _evidence(row, "present" if fits else "absent", why, spread.n_jerks, value=spread.velocity, unit="m/s")


def neck_first(findings: Findings, row: Row) -> Evidence:
    """Sternocleidomastoid or trapezius first, then face and jaw above and limbs below."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(findings, part)
    if gate is None and not (part.having("cranial").any() and part.named(NECK).any()):
        gate = "needs a cranial muscle (masseter, face) and sternocleidomastoid or trapezius in the montage"
    if gate:
        return _missing(row, spread.n_jerks, gate)
    both_ways = bool(
        (part.active & part.having("cranial")).any() and (part.active & part.having("arm", "leg", "trunk")).any()
    )
    first = _neck_leads(findings, part) and spread.direction != INCONSISTENT
    why = (
        f"neck {'first' if first else 'not first'}; face and limbs {'follow' if both_ways else 'do not both take part'}"
    )
    return _evidence(row, "present" if first and both_ways else "absent", why, spread.n_jerks)


def mid_thoracic_slow(findings: Findings, row: Row) -> Evidence:
    """From the thoracic (or lumbar) cord outward at 3-16 m/s in a fixed order, without the face."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(findings, part) or _range_gate(findings, part)
    if gate:
        return _missing(row, spread.n_jerks, gate)
    fixed = spread.direction not in {INCONSISTENT, "not assessable"}
    in_range = spread.velocity_interval is not None and _overlap(spread.velocity_interval, SLOW)
    origin = spread.origin_mm is not None and THORACIC[0] <= spread.origin_mm <= THORACIC[1]
    if fixed and spread.velocity is None and spread.velocity_at_least is None and _reach(part.active, part) >= 150:
        return _missing(row, spread.n_jerks, spread.why)
    present = fixed and in_range and origin and not _face_takes_part(part)
    value = spread.velocity
    why = f"direction {spread.direction}, origin {_level(spread.origin_mm)}; {spread.why}"
    return _evidence(
        row,
        "present" if present else "absent",
        why,
        spread.n_jerks,
        value=value,
        unit="m/s",
        interval=spread.velocity_interval,
    )


def segmental_rhythm(findings: Findings, row: Row) -> Evidence:
    """Muscles of one segment and its neighbours only, in a rhythm of 0.5-3.5 Hz."""
    part, rhythm = participation(findings.jerks), findings.rhythm
    gate = _distribution_gate(part)
    if gate is None and not part.fits_window(WINDOW):
        gate = None
    elif gate is None and rhythm.verdict == "not assessable":
        gate = f"rhythm: {rhythm.why}"
    if gate:
        return _missing(row, part.n_jerks, gate)
    near = part.fits_window(WINDOW) and not part.active.all()
    beat = rhythm.frequency is not None and RHYTHMIC[0] <= rhythm.frequency <= RHYTHMIC[1]
    why = (
        f"muscles {'within' if near else 'not within'} {WINDOW} neighbouring segments"
        f"{'' if not part.active.all() else ' (no muscle of other segments was recorded without jerks)'}; {rhythm.why}"
    )
    return _evidence(
        row, "present" if near and beat else "absent", why, part.n_jerks, value=rhythm.frequency, unit="Hz"
    )


def one_nerve(findings: Findings, row: Row) -> Evidence:
    """All muscles that jerk are those of one nerve on one side, while other muscles were recorded and are still."""
    part = participation(findings.jerks)
    return _shared_supply(findings, row, part, part.shared_nerve, "nerve")


def one_root(findings: Findings, row: Row) -> Evidence:
    """All muscles that jerk have a root in common, though not a nerve: one root, or one segment of the cord."""
    part = participation(findings.jerks)
    if part.shared_nerve is not None:
        return _missing(row, part.n_jerks, f"judged by the nerve that they share, {part.shared_nerve}")
    return _shared_supply(findings, row, part, part.shared_root, "root")


def _shared_supply(findings: Findings, row: Row, part: Participation, shared: str | None, kind: str) -> Evidence:
    gate = _distribution_gate(part)
    if gate is None and part.active.all():
        gate = f"every muscle in the montage jerks; a muscle of another {kind} would show whether it is spared"
    if gate:
        return _missing(row, part.n_jerks, gate)
    one_side = len(part.active_sides - {None}) <= 1
    present = shared is not None and one_side and findings.spread.direction != INCONSISTENT
    muscles = ", ".join(m.name for m in part.active_muscles)
    common = f"all supplied by {shared}" if shared else f"no {kind} in common"
    why = f"{muscles}: {common}{'' if one_side else ', on both sides'}"
    return _evidence(row, "present" if present else "absent", why, part.n_jerks, value=shared)


def inconsistent_order(findings: Findings, row: Row) -> Evidence:
    """The order of muscles changes from jerk to jerk."""
    spread, part = findings.spread, participation(findings.jerks)
    gate = _order_gate(findings, part)
    if gate:
        return _missing(row, spread.n_jerks, gate)
    agreement = (
        "no clear order to agree on"
        if spread.stability is None
        else f"{100 * spread.stability:.0f} % of clear orders agree"
    )
    jitter = f"lags vary by {1000 * (spread.jitter or 0):.1f} ms from jerk to jerk"
    verdict: Verdict = "present" if spread.direction == INCONSISTENT else "absent"
    return _evidence(row, verdict, f"{agreement} (half is chance); {jitter}", spread.n_jerks, value=spread.stability)


def generalised(findings: Findings, row: Row) -> Evidence:
    """Muscles of neck or face, arm, and leg together in most jerks."""
    part = participation(findings.jerks)
    groups = [part.having("cranial", "neck"), part.having("arm"), part.having("leg")]
    if part.n_jerks < MIN_JERKS:
        return _missing(row, part.n_jerks, f"{part.n_jerks} jerks; {MIN_JERKS} are needed")
    if not all(group.any() for group in groups):
        return _missing(row, part.n_jerks, "needs muscles of neck or face, of an arm and of a leg in the montage")
    everywhere = np.all([part.recruited[:, group].any(axis=1) for group in groups], axis=0)
    share = float(everywhere.mean())
    why = f"neck or face, arm and leg take part together in {100 * share:.0f} % of {part.n_jerks} jerks"
    return _evidence(row, "present" if share >= MANY else "absent", why, part.n_jerks, value=share)


def face_in_axial_jerk(findings: Findings, row: Row) -> Evidence:
    """Facial muscles take part while the trunk jerks."""
    part = participation(findings.jerks)
    trunk, face = part.having("trunk"), part.having("cranial")
    if part.n_jerks < MIN_JERKS or not face.any() or not (part.active & trunk).any():
        return _missing(
            row, part.n_jerks, f"needs a facial muscle in the montage and {MIN_JERKS} jerks of trunk muscles"
        )
    axial = part.recruited[:, trunk].any(axis=1)
    share = float(part.recruited[axial][:, face].any(axis=1).mean())
    why = f"a facial muscle takes part in {100 * share:.0f} % of {int(axial.sum())} axial jerks"
    return _evidence(row, "present" if share >= SPEAKS_OF_FACE else "absent", why, int(axial.sum()), value=share)


# -- states and context -------------------------------------------------------------------------------


def persists_in_sleep(findings: Findings, row: Row) -> Evidence:
    """The jerks go on in sleep."""
    sleep = next((c for c in findings.conditions if c.label == "sleep"), None)
    if sleep is None or sleep.duration < MIN_SLEEP or sleep.elsewhere <= 0 or not sleep.n_elsewhere:
        seconds = 0.0 if sleep is None else sleep.duration
        return _missing(
            row, 0, f"{seconds:.0f} s of scored sleep beside jerks in wakefulness; {MIN_SLEEP:.0f} s are needed"
        )
    low, high = _ratio_ends(sleep)
    rate = f"rate {sleep.ratio or 0:.2f} (95 % {low:.2f}-{high:.2f}) of waking"
    why = f"{sleep.n_jerks} jerks in {sleep.duration / 60:.0f} min of sleep, {rate}"
    if low < PERSISTS and high > GONE and not low > GONE:
        return _missing(row, sleep.n_jerks, f"{why}; more sleep would settle it")
    verdict: Verdict = "present" if low > GONE else "absent"
    return _evidence(
        row, verdict, why, sleep.n_jerks, value=sleep.ratio, unit="of the waking rate", interval=(low, high)
    )


def giant_sep(findings: Findings, row: Row) -> Evidence:
    """A somatosensory evoked potential beyond the limit of its own recording condition."""
    context = findings.context
    if context.sep_amplitude_uv is not None and context.sep_condition is None:
        return _missing(row, 0, "an SEP amplitude without its recording condition; state sep_condition")
    why = f"N20-P25 of {context.sep_amplitude_uv} µV, condition {context.sep_condition}, as stated"
    return _stated(row, context.giant_sep, why, "a somatosensory evoked potential, with its recording condition")


def c_reflex(findings: Findings, row: Row) -> Evidence:
    """A long-latency reflex at rest."""
    return _stated(row, findings.context.c_reflex_at_rest, "as stated", "a study of the long-latency reflex at rest")


def no_bp_before_movement(findings: Findings, row: Row) -> Evidence:
    """The slow potential is missing before the patient's voluntary movement."""
    bp = findings.context.bp_before_voluntary_movement
    return _stated(row, None if bp is None else not bp, "as stated", "an EEG average before voluntary movements")


def spinal_lesion(findings: Findings, row: Row) -> Evidence:
    """A lesion on spinal imaging at the level of the jerks."""
    level = findings.context.spinal_level
    return _stated(row, findings.context.spinal_lesion, f"as stated{f', {level}' if level else ''}", "spinal imaging")


def distractible(findings: Findings, row: Row) -> Evidence:
    """The jerks stop with distraction or follow an imposed rhythm."""
    signs = [s for s in (findings.context.distractible, findings.context.entrainable) if s is not None]
    return _stated(row, any(signs) if signs else None, "as stated", "tests of distraction and entrainment")


def premonitory_urge(findings: Findings, row: Row) -> Evidence:
    """The patient feels an urge before the jerk."""
    return _stated(row, findings.context.premonitory_urge, "as stated", "the patient's own account")


CRITERIA: dict[str, Criterion] = {
    "premyoclonic spike": premyoclonic_spike,
    "corticomuscular coherence with EEG leading": corticomuscular_coherence,
    "intermuscular coherence": intermuscular_coherence,
    "slow potential before the jerk": slow_potential,
    "beta desynchronisation before the jerk": beta_desynchronisation,
    "rostro-caudal and fast": rostro_caudal,
    "neck first, then up and down": neck_first,
    "mid-thoracic first, slow, fixed order": mid_thoracic_slow,
    "contiguous segments, rhythmic at 0.5-3.5 Hz": segmental_rhythm,
    "one nerve": one_nerve,
    "one root": one_root,
    "order inconsistent between jerks": inconsistent_order,
    "generalised jerks": generalised,
    "face takes part in an axial jerk": face_in_axial_jerk,
    "persists in sleep": persists_in_sleep,
    "giant somatosensory evoked potential": giant_sep,
    "C-reflex at rest": c_reflex,
    "no slow potential before voluntary movement": no_bp_before_movement,
    "spinal lesion on imaging": spinal_lesion,
    "distractible or entrainable": distractible,
    "premonitory urge": premonitory_urge,
}


# -- what the criteria share ------------------------------------------------------------------------


def _order_gate(findings: Findings, part: Participation) -> str | None:
    """Why an order cannot be judged, or None."""
    if findings.spread.n_jerks < MIN_JERKS:
        return f"{findings.spread.n_jerks} jerks of two or more muscles; {MIN_JERKS} are needed"
    slow = [c.label for c in findings.spread.channels if c.sfreq < MIN_RATE]
    if slow:
        return f"{', '.join(slow)} sampled below {MIN_RATE:.0f} Hz: onsets are too coarse for an order"
    return None


def _range_gate(findings: Findings, part: Participation) -> str | None:
    """Why a speed along the cord cannot be judged, or None: the montage must span 150 mm of cord."""
    everything = np.ones(len(part.channels), dtype=bool)
    if _reach(everything, part) < 150 or part.channels == ():
        return "needs at least three muscles over 150 mm of the cord in the montage"
    return None


def _reach(chosen: NDArray[np.bool_], part: Participation) -> float:
    places = np.array([c.position_mm for c, yes in zip(part.channels, chosen, strict=True) if yes])
    return float(np.ptp(places)) if places.size >= 3 else 0.0


def _distribution_gate(part: Participation) -> str | None:
    if part.n_jerks < MIN_JERKS:
        return f"{part.n_jerks} jerks; {MIN_JERKS} are needed"
    if part.unknown:
        return f"{part.unknown} jerking channel(s) whose muscle is not known; name them in a channel table"
    if len(part.channels) < 3 or not part.active.any():
        return "needs at least three muscles of known name in the montage"
    return None


def _corticospinal_misfit(findings: Findings) -> float | None:
    """Spread of (lag minus cortical conduction time) over muscles, the side of the lead only; seconds."""
    spread = findings.spread
    lead_side = spread.channels[0].side if spread.channels else None
    same = [i for i, c in enumerate(spread.channels) if c.muscle in atlas() and c.side == lead_side]
    mep = np.array([atlas()[str(spread.channels[i].muscle)].mep for i in same])
    if mep.size < 2 or np.ptp(mep) < 0.005:
        return None
    return float(np.std(spread.lag[same] - mep))


def _neck_leads(findings: Findings, part: Participation) -> bool:
    """Whether a neck muscle begins, facial muscles following it."""
    spread = findings.spread
    neck = [lag for c, lag in zip(spread.channels, spread.lag, strict=True) if c.muscle in NECK]
    cranial = {c.label for c, yes in zip(part.channels, part.having("cranial"), strict=True) if yes}
    face = [lag for c, lag in zip(spread.channels, spread.lag, strict=True) if c.label in cranial]
    return bool(neck and face and min(neck) <= NEARLY_FIRST and min(face) > min(neck))


def _face_takes_part(part: Participation) -> bool:
    return bool((part.share[part.having("cranial")] >= SPEAKS_OF_FACE).any())


def _overlap(interval: tuple[float, float], band: tuple[float, float]) -> bool:
    return interval[0] <= band[1] and interval[1] >= band[0]


def _level(position: float | None) -> str:
    if position is None:
        return "not resolved"
    return min(SEGMENTS, key=lambda s: abs(cord_position_mm((s,)) - position))


def _ratio_ends(condition: Condition) -> tuple[float, float]:
    low, high = condition.ratio_interval or (0.0, None)
    return low, math.inf if high is None else high


def _verdict(text: str) -> Verdict:
    return "present" if text == "present" else "absent" if text == "absent" else "not assessable"


def _stated(row: Row, met: bool | None, why: str, wanted: str) -> Evidence:
    if met is None:
        return _missing(row, 0, f"not stated; {wanted} would add to the evidence")
    return _evidence(row, "present" if met else "absent", why, 1)


def _evidence(
    row: Row,
    verdict: Verdict,
    why: str,
    n: int,
    *,
    value: float | str | None = None,
    unit: str = "",
    interval: tuple[float, float] | None = None,
) -> Evidence:
    if verdict == "not assessable":
        return _missing(row, n, why)
    weights = row.log_likelihood(met=verdict == "present")
    return Evidence(row.criterion, row.family, value, unit, interval, n, verdict, why, row.source, row.tag, weights)


def _missing(row: Row, n: int, why: str, *, name: str | None = None) -> Evidence:
    return Evidence(name or row.criterion, row.family, None, "", None, n, "not assessable", why, row.source, row.tag)
