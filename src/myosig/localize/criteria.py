"""One function for each published criterion: from findings to a piece of evidence.

The criteria of spread and distribution stand in `recruitment`. Sources and numbers of the weights stand in
``likelihoods.csv``; the limits that decide "present" stand beside the functions, each with its source or as a
convention of this project [P].
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.localize.conditions import Condition
from myosig.localize.cortex.desynchronisation import Desynchronisation
from myosig.localize.cortex.potential import Potential
from myosig.localize.distribution import (
    bilateral,
    face_in_axial_jerk,
    generalised,
    neighbouring_segments,
    one_nerve,
    one_root,
)
from myosig.localize.evidence import Evidence, Family
from myosig.localize.findings import Findings
from myosig.localize.likelihoods import DURATION, MEDIAN, Likelihoods, Row, chance_of_short, log_duration_density
from myosig.localize.participation import participation
from myosig.localize.recruitment import (
    MIN_RATE,
    inconsistent_order,
    mid_thoracic_slow,
    neck_first,
    other_side_later,
    rostro_caudal,
    segmental_rhythm,
    slow_descent,
    triphasic,
)
from myosig.muscles import cord_position_mm

SHORT = 0.045  # s: cortical against the rest (van der Veen 2024 [V2])
MIN_BURSTS = 10  # per muscle, for a duration (van der Veen 2024 [V2])
MIN_LOWPASS = 150.0  # Hz, for burst duration [P]
EARLY = 0.7  # s before the jerk: onset of a Bereitschaftspotential (Terada 1995 [V]); a later one alone precedes tics
MIN_SLEEP = 600.0  # s of sleep, else its absence says nothing [P]
PERSISTS, GONE = 0.25, 0.15  # of the waking rate: above the first it persists, below the second it does not [P]
SHORT_REFLEX = 0.1  # s: functional jerks mostly come later (jmd.11004 Table 3 [V])
NERVE_STIMULUS = re.compile(r"\b(median|ulnar|digital|radial|nerve|wrist|finger|SEP|C-?reflex|electric)", re.I)
HAND = ("abductor pollicis brevis", "first dorsal interosseous", "abductor digiti minimi")
AT_REST = 0.2  # of the recording in which a hand muscle may be tense and still count as at rest [P]
NEAR_MM = 45.0  # of cord between a lesion and the jerking level: three segments, as a level is known to one or two [P]
INTRABURST_HZ = (150.0, 400.0)  # hemifacial spasm (criteria.md 1A; 250-350 in Nielsen 1984 [V])
C_REFLEX_MS = (35.0, 60.0)  # hand muscle (criteria.md 4; 40 usual, 50-63 in MSA [V: Salazar 2000])

SPIKE_WINDOW = (0.010, 0.040)  # s before the EMG (criteria.md 4; AD and limb values in 1C [V])

SLOW_POTENTIAL, THORACIC_PATTERN = "slow potential before the jerk", "mid-thoracic first, slow, fixed order"
SURELY = 3.0  # times likelier by the slow potential: a p-value just below .05 does not show an imitation [P]
IMITATED: tuple[Family, ...] = ("spread", "distribution")
IMITATION = "volunteers can imitate such a spread: here it does not tell functional from propriospinal"

Criterion = Callable[[Findings, Row], Evidence]


def gather(findings: Findings, likelihoods: Likelihoods) -> tuple[Evidence, ...]:
    """All evidence, in the order of `CRITERIA`."""
    shape = burst_duration(findings, likelihoods)
    others = [function(findings, likelihoods[name]) for name, function in CRITERIA.items()]
    return _unless_imitated((shape, *others))


def _unless_imitated(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """A propriospinal spread does not count against a functional jerk that a slow potential shows.

    All of eight volunteers could imitate the pattern (Kang & Sohn 2006 [V]), hence criteria.md 4: no telling from
    functional; and "if BP present -> functional" (1C).
    """
    pattern, potential = (_named(evidence, name) for name in (THORACIC_PATTERN, SLOW_POTENTIAL))
    tells = potential.log_likelihood.get("functional", 0.0) - potential.log_likelihood.get("propriospinal", 0.0)
    if pattern.verdict != "present" or potential.verdict != "present" or tells < math.log(SURELY):
        return evidence
    noted = replace(potential, why=f"{potential.why}; {IMITATION}")
    return tuple(noted if e is potential else _imitated(e) if e.family in IMITATED else e for e in evidence)


def _named(evidence: tuple[Evidence, ...], criterion: str) -> Evidence:
    return next(e for e in evidence if e.criterion == criterion)


def _imitated(evidence: Evidence) -> Evidence:
    chances = evidence.log_likelihood
    if not chances or chances["functional"] >= chances["propriospinal"]:
        return evidence
    return replace(evidence, log_likelihood={**chances, "functional": chances["propriospinal"]})


# -- the shape of a burst ---------------------------------------------------------------------------


def burst_duration(findings: Findings, likelihoods: Likelihoods) -> Evidence:
    """Mean duration of the bursts of jerks, as a soft likelihood on either side of 45 ms."""
    chance = chance_of_short(SHORT, likelihoods)
    missing = replace(likelihoods[MEDIAN].missing(""), criterion=DURATION, chance=chance)
    muscles = _log_durations(findings)
    if not muscles:
        why = f"no muscle with {MIN_BURSTS} whole bursts sampled at {MIN_RATE:.0f} Hz or more; record at 1-2 kHz"
        return replace(missing, why=why)
    typical, error = _mean_and_error(muscles)
    n = sum(m.size for m in muscles)
    low, high = (1000 * math.exp(typical + side * 1.96 * error) for side in (-1, 1))
    middle = math.exp(typical)
    return replace(
        missing,
        value=1000 * middle,
        unit="ms",
        interval=(low, high),
        n=n,
        verdict="present" if middle <= SHORT else "absent",
        why=f"geometric mean {1000 * middle:.0f} ms (95 % {low:.0f}-{high:.0f}) of {n} bursts in {len(muscles)} "
        "muscles; present = up to 45 ms, weighed softly around it",
        log_likelihood=log_duration_density(middle, error, likelihoods),
    )


def _log_durations(findings: Findings) -> list[NDArray[np.float64]]:
    """Log durations of the whole bursts of jerks, one array for each muscle with enough of them."""
    bursts = findings.jerks.bursts
    usable = (findings.jerks.member >= 0) & ~bursts.cut
    timed = [i for i, c in enumerate(bursts.channels) if c.sfreq >= MIN_RATE and (c.lowpass or math.inf) >= MIN_LOWPASS]
    muscles = [np.log(bursts.duration[usable & (bursts.channel == i)]) for i in timed]
    return [m for m in muscles if m.size >= MIN_BURSTS]


def _mean_and_error(muscles: list[NDArray[np.float64]]) -> tuple[float, float]:
    """Mean and its standard error; muscles differ, so their means are the independent observations."""
    pooled = np.concatenate(muscles)
    means = [float(np.mean(m)) for m in muscles]
    within = float(np.std(pooled, ddof=1)) / math.sqrt(pooled.size)
    between = float(np.std(means, ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else 0.0
    return float(np.mean(pooled)), max(within, between)


# -- the EEG ------------------------------------------------------------------------------------------


def premyoclonic_spike(findings: Findings, row: Row) -> Evidence:
    """A cortical potential 10-40 ms before the jerk, or as long before as conduction takes, where it can be.

    A potential that is there at another time or place is neither this nor its absence: it is not judged.
    """
    found = findings.eeg.premyoclonic_potential
    if _says_nothing(found):
        return row.missing(found.why, found.n)
    first, last = found.latency_interval or (found.latency or 0.0, found.latency or 0.0)
    timely = found.plausible is True or (first <= SPIKE_WINDOW[1] and last >= SPIKE_WINDOW[0])
    if found.verdict == "present" and not (timely and found.contralateral is not False):
        return row.missing(f"{found.why}; its place or latency does not fit a cortical spike", found.n)
    value = None if found.latency is None else 1000 * found.latency
    interval = None if found.latency_interval is None else (1000 * first, 1000 * last)
    unit = "ms before the EMG"
    return _tested(found, row, value=value, unit=unit, interval=interval)


def _says_nothing(found: Potential | Desynchronisation) -> bool:
    """Whether it could not be assessed, and not only for want of power: that nothing was seen is weighed."""
    return found.verdict == "not assessable" and found.power is None


def _tested(found: Potential | Desynchronisation, row: Row, **measured: Any) -> Evidence:
    present = found.verdict == "present"
    evidence = row.tested(present, found.p_value, found.why, found.n, power=found.power, **measured)
    return replace(evidence, verdict="not seen") if found.verdict == "not assessable" else evidence


def corticomuscular_coherence(findings: Findings, row: Row) -> Evidence:
    """EEG and EMG coherent, the EEG leading by a plausible lag."""
    found = findings.eeg.corticomuscular
    if found.verdict == "not assessable":
        return row.missing(found.why, found.n)
    return row.judged(found.verdict == "present", found.why, found.n, value=found.coherence, unit="coherence")


def intermuscular_coherence(findings: Findings, row: Row) -> Evidence:
    """Two muscles coherent; no proof of a cortical origin."""
    found = findings.eeg.intermuscular
    if found.verdict == "not assessable":
        return row.missing(found.why, found.n)
    return row.judged(found.verdict == "present", found.why, found.n, value=found.coherence, unit="coherence")


def locked_discharges(findings: Findings, row: Row) -> Evidence:
    """EEG discharges that were found on their own come before the jerks more often than chance lets them."""
    found = findings.eeg.cooccurrence
    if found.verdict == "not assessable":
        return row.missing(found.why, found.n_jerks)
    before = found.lag is not None and found.lag > 0
    why = f"{found.why}; they do not precede the jerks" if found.verdict == "present" and not before else found.why
    share = found.jerks_with_discharge
    met = found.verdict == "present" and before
    return row.judged(met, why, found.n_jerks, value=share, unit="of the jerks", interval=found.jerks_interval)


def slow_potential(findings: Findings, row: Row) -> Evidence:
    """A Bereitschaftspotential that begins at least 0.7 s before the jerk."""
    found = findings.eeg.slow_potential
    if _says_nothing(found):
        return row.missing(found.why, found.n)
    if _late_alone(findings):
        why = f"{found.why}; it begins less than {EARLY:g} s before"
        return row.judged(False, why, found.n, value=found.latency, unit="s before the EMG")
    return _tested(found, row, value=found.latency, unit="s before the EMG")


def late_slow_potential(findings: Findings, row: Row) -> Evidence:
    """A slow potential that begins only late, as before tics."""
    found = findings.eeg.slow_potential
    if found.verdict == "not assessable":
        return row.missing(found.why, found.n)
    late = _late_alone(findings)
    why = f"{found.why}; so late a potential alone also precedes tics" if late else "no late potential by itself"
    return row.judged(late, why, found.n, value=found.latency if late else None, unit="s before the EMG")


def _late_alone(findings: Findings) -> bool:
    """Whether it surely begins late: the onset of a ramp in noise is known to a few tenths of a second only."""
    found = findings.eeg.slow_potential
    if found.verdict != "present" or found.latency is None:
        return False
    earliest = found.latency if found.latency_interval is None else max(found.latency_interval)
    return earliest < EARLY


def beta_desynchronisation(findings: Findings, row: Row) -> Evidence:
    """Loss of beta power before the jerk."""
    found = findings.eeg.desynchronisation
    if _says_nothing(found):
        return row.missing(found.why, found.n)
    return _tested(found, row, value=found.change, unit="relative change")


# -- states and context -------------------------------------------------------------------------------


def persists_in_sleep(findings: Findings, row: Row) -> Evidence:
    """The jerks go on in sleep."""
    sleep = next((c for c in findings.conditions if c.label == "sleep"), None)
    if sleep is None or sleep.duration < MIN_SLEEP or sleep.elsewhere <= 0 or not sleep.n_elsewhere:
        seconds = 0.0 if sleep is None else sleep.duration
        why = f"{seconds:.0f} s of scored sleep beside jerks in wakefulness; {MIN_SLEEP:.0f} s are needed"
        return row.missing(why)
    low, high = _ratio_ends(sleep)
    rate = f"rate {sleep.ratio or 0:.2f} (95 % {low:.2f}-{high:.2f}) of waking"
    why = f"{sleep.n_jerks} jerks in {sleep.duration / 60:.0f} min of sleep, {rate}"
    if low <= GONE and high >= PERSISTS:
        return row.missing(f"{why}; more sleep would settle it", sleep.n_jerks)
    unit = "of the waking rate"
    return row.judged(low > GONE, why, sleep.n_jerks, value=sleep.ratio, unit=unit, interval=(low, high))


def _ratio_ends(condition: Condition) -> tuple[float, float]:
    low, high = condition.ratio_interval or (0.0, None)
    return low, math.inf if high is None else high


def short_reflex(findings: Findings, row: Row) -> Evidence:
    """Jerks follow a stimulus within 100 ms; later ones, as of voluntary reactions, do not count."""
    if not findings.reflexes:
        return row.missing("no stimuli annotated; ten taps, touches or sounds with their times would show it")
    locked = [r for r in findings.reflexes if r.locked and r.latency is not None]
    first = min(locked, key=lambda r: r.latency or math.inf, default=None)
    n = sum(r.n for r in findings.reflexes)
    if first is None or first.latency is None:
        return row.judged(False, f"jerks follow none of {n} stimuli more often than chance", n)
    late = f"{1000 * first.latency:.0f} ms after {first.stimulus} (n = {first.n}), in {100 * first.probability:.0f} %"
    met, ends = first.latency <= SHORT_REFLEX, first.latency_interval
    interval = None if ends is None else (1000 * ends[0], 1000 * ends[1])
    return row.judged(met, late, first.n, value=1000 * first.latency, unit="ms", interval=interval)


def giant_sep(findings: Findings, row: Row) -> Evidence:
    """A somatosensory evoked potential beyond the limit of its own recording condition."""
    context = findings.context
    if context.sep_amplitude_uv is not None and context.sep_limit is None:
        return row.missing("an SEP amplitude without its recording condition; state sep_condition or sep_limit_uv")
    why = f"N20-P25 of {context.sep_amplitude_uv} µV, limit {context.sep_limit} µV in the condition stated"
    return _stated(row, context.giant_sep, why, "a somatosensory evoked potential, with its recording condition")


def c_reflex(findings: Findings, row: Row) -> Evidence:
    """A long-latency reflex of a hand muscle at rest, 35-60 ms after the stimulus."""
    latency = findings.context.c_reflex_latency_ms
    present = findings.context.c_reflex_at_rest
    if present is None:
        return _recorded_c_reflex(findings, row)
    if not present or latency is None:
        return _stated(row, present, "as stated", "")
    fits = C_REFLEX_MS[0] <= latency <= C_REFLEX_MS[1]
    why = f"{latency:g} ms, as stated ({C_REFLEX_MS[0]:g}-{C_REFLEX_MS[1]:g} ms in a hand muscle)"
    return row.judged(fits, why, 1, value=latency, unit="ms")


def _recorded_c_reflex(findings: Findings, row: Row) -> Evidence:
    """From stimuli of a nerve in the recording, while a hand muscle is relaxed."""
    nerve = [r for r in findings.reflexes if NERVE_STIMULUS.search(r.stimulus)]
    hand = [i for i, c in enumerate(findings.jerks.channels) if c.muscle in HAND]
    tense = [findings.silences.tense[i].duration for i in hand if i < len(findings.silences.tense)]
    if not nerve or not hand or max(tense, default=0.0) > AT_REST * findings.recording.duration:
        why = "not stated; ten stimuli of a nerve with their times, while a hand muscle is recorded at rest, would tell"
        return row.missing(why)
    n = sum(r.n for r in nerve)
    late = [1000 * r.latency for r in nerve if r.latency is not None]
    fits = [latency for latency in late if C_REFLEX_MS[0] <= latency <= C_REFLEX_MS[1]]
    if not fits and late:
        return row.missing(f"jerks {late[0]:.0f} ms after the stimulus: another reflex, or a reaction", n)
    why = f"{fits[0]:.0f} ms after {n} stimuli of a nerve" if fits else f"no jerks follow {n} stimuli of a nerve"
    return row.judged(bool(fits), why, n, value=fits[0] if fits else None, unit="ms")


def no_bp_before_movement(findings: Findings, row: Row) -> Evidence:
    """The slow potential is missing before the patient's voluntary movement."""
    bp = findings.context.bp_before_voluntary_movement
    return _stated(row, None if bp is None else not bp, "as stated", "an EEG average before voluntary movements")


def spinal_lesion(findings: Findings, row: Row) -> Evidence:
    """A lesion on spinal imaging at the level of the jerks; one at another level is not judged."""
    level = findings.context.spinal_level
    place, first, last = _lesion_and_jerks(findings)
    if findings.context.spinal_lesion and not first - NEAR_MM <= place <= last + NEAR_MM:
        return row.missing(f"a lesion at {level}, while the jerks come from another level of the cord")
    return _stated(row, findings.context.spinal_lesion, f"as stated{f', {level}' if level else ''}", "spinal imaging")


def _lesion_and_jerks(findings: Findings) -> tuple[float, float, float]:
    """Place of the lesion, and where the jerks start at the earliest and latest, mm; all 0 where either is unknown."""
    named = re.match(r"\s*([CTLS]\d{1,2})", findings.context.spinal_level or "", re.I)
    place = cord_position_mm((named.group(1).upper(),)) if named else math.nan
    part = participation(findings.jerks)
    active = [c.position_mm for c, yes in zip(part.channels, part.active, strict=True) if yes]
    first, last = findings.spread.origin_interval or (min(active, default=math.nan), max(active, default=math.nan))
    return (place, first, last) if math.isfinite(place + first + last) else (0.0, 0.0, 0.0)


def intraburst_rate(findings: Findings, row: Row) -> Evidence:
    """Potentials follow one another at 150-400 Hz within a burst, as from an irritated nerve."""
    rate = findings.context.intraburst_rate_hz
    if rate is None:
        return _stated(row, None, "", "a needle EMG of one burst")
    low, high = INTRABURST_HZ
    why = f"{rate:g} Hz, as stated ({low:g}-{high:g} Hz from an irritated nerve)"
    return row.judged(low <= rate <= high, why, 1, value=rate, unit="Hz")


def distractible(findings: Findings, row: Row) -> Evidence:
    """The jerks stop with distraction or follow an imposed rhythm."""
    signs = [s for s in (findings.context.distractible, findings.context.entrainable) if s is not None]
    return _stated(row, any(signs) if signs else None, "as stated", "tests of distraction and entrainment")


def premonitory_urge(findings: Findings, row: Row) -> Evidence:
    """The patient feels an urge before the jerk."""
    return _stated(row, findings.context.premonitory_urge, "as stated", "the patient's own account")


def antiseizure_response(findings: Findings, row: Row) -> Evidence:
    """Levetiracetam, piracetam or valproate clearly reduce the jerks."""
    return _stated(row, findings.context.antiseizure_response, "as stated", "a trial of an antiseizure drug")


def _stated(row: Row, met: bool | None, why: str, wanted: str) -> Evidence:
    if met is None:
        return row.missing(f"not stated; {wanted} would add to the evidence")
    return row.judged(met, why, 1)


CRITERIA: dict[str, Criterion] = {
    "premyoclonic spike": premyoclonic_spike,
    "EEG discharges before the jerks": locked_discharges,
    "corticomuscular coherence with EEG leading": corticomuscular_coherence,
    "intermuscular coherence": intermuscular_coherence,
    "slow potential before the jerk": slow_potential,
    "only a late slow potential": late_slow_potential,
    "beta desynchronisation before the jerk": beta_desynchronisation,
    "rostro-caudal and fast": rostro_caudal,
    "neck first, then up and down": neck_first,
    "slow descent from brainstem or neck": slow_descent,
    "mid-thoracic first, slow, fixed order": mid_thoracic_slow,
    "neighbouring segments only": neighbouring_segments,
    "rhythmic at 0.5-3.5 Hz": segmental_rhythm,
    "bilateral jerks": bilateral,
    "other side later": other_side_later,
    "one nerve": one_nerve,
    "one root": one_root,
    "order inconsistent between jerks": inconsistent_order,
    "triphasic in antagonists": triphasic,
    "generalised jerks with the face": generalised,
    "face takes part in an axial jerk": face_in_axial_jerk,
    "persists in sleep": persists_in_sleep,
    "reflex jerks within 100 ms": short_reflex,
    "giant somatosensory evoked potential": giant_sep,
    "C-reflex at rest": c_reflex,
    "no slow potential before voluntary movement": no_bp_before_movement,
    "spinal lesion on imaging": spinal_lesion,
    "potentials at 150-400 Hz within a burst": intraburst_rate,
    "distractible or entrainable": distractible,
    "premonitory urge": premonitory_urge,
    "antiseizure drugs help": antiseizure_response,
}
