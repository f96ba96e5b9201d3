"""The slow potential before a jerk (Bereitschaftspotential)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.signal import welch

from myosig.detect.jerks import Jerks
from myosig.localize.cortex.backaverage import average, thinned
from myosig.localize.cortex.montage import is_central, region, scalp_references
from myosig.localize.cortex.overlap import find_overlap
from myosig.localize.cortex.potential import SlowPotential
from myosig.localize.cortex.power import usual_sizes
from myosig.localize.cortex.scan import Floats, Look, averages, counting, epochs, look_for
from myosig.localize.cortex.search import Search, bootstrap, quiet_trains, search
from myosig.localize.cortex.tracks import HEART, Track, read_tracks
from myosig.localize.cortex.triggers import Triggers
from myosig.recording import Recording

RATE = 20.0  # EEG samples a second: low-pass below 10 Hz (criteria.md 3D allows 30)
ISOLATION = 1.0  # s without another burst before the jerk; what earlier ones left behind is told apart [P]
FROM_LONG = 2.5  # s after a burst of more than half a second, and without any correction (criteria.md 3D) [P]
RESPONSE = 2.0  # s for which a jerk is felt in the EEG: its movement, and the slow waves after it [P]
WINDOW = (-2.5, 0.5)  # s (criteria.md 3D) [M]
BASELINE = (-2.5, -2.0)  # s (criteria.md 3D) [M]
AWAY = 3.0  # s between a sham and its jerk: the whole potential
MAX_HIGH_PASS = 0.3  # Hz; above that the potential is filtered away (criteria.md 4, gates) [P]
MIN_JERKS = 20  # below that not even low power (criteria.md 4, gates) [P]
MIN_JERKS_ABSENT = 40  # criteria.md 3A [M]
MAX_MUSCLES = 4  # the muscles with the most isolated jerks, chosen without looking at the EEG
ONSETS = np.arange(2.0, 0.2, -0.15)  # s before the EMG: 0.7-2.1 s [V: Terada 1995], late potentials below
LATE_FROM = 0.65  # s: where early and late part meet (Evidente et al. 1999) [V]
STEEPER_FROM = 0.5  # s: where the potential steepens, in the waveforms that do [M: Shibasaki & Hallett 2006]
EARLY_SHARE = 0.35  # of the amplitude that is reached there [P]
USUAL, CLEAR = 5.0, 10.0  # µV: 5-10 µV (criteria.md 3D) [D]; where even 10 would be missed, nothing is not absence
SIZES = usual_sizes(5.0, 15.0)  # µV: 5-10 (criteria.md 3D) [D], before voluntary movement up to 15 [M]
USUAL_ONSET = 1.3  # s before the EMG, for what a high-pass leaves of a ramp: between 0.7 and 2.1 [V: Terada 1995]
BETWEEN_ELECTRODES = 1 / 3  # of so broad a potential is left between two electrodes of the scalp [P]
FRONTAL = "F"
LOW, REFERENCE = (0.05, 0.15), (0.6, 1.0)  # Hz, compared where the file does not state a high-pass [P]
LEAST_SLOW_SHARE = 0.3  # of the power densities: only a steep or high filter is certain to give less [P]
SHOWN_RATE = 60.0  # points a second of the average as shown: a low-pass of 30 Hz (criteria.md 3D)
CLOSE = 0.1  # s before the jerk that are left out: they belong to a premyoclonic spike [P]
N_BOOT = 500


def find_slow_potential(
    recording: Recording, jerks: Jerks, *, tracks: Sequence[Track] | None = None, seed: int = 0
) -> SlowPotential:
    """Look for a Bereitschaftspotential in the two seconds before the jerk.

    The EEG over the central and frontal scalp is averaged at the burst onsets of jerks with a second of quiet
    before them. Jerks before that are not felt in the result: the response to each jerk, 2 s long, is told from the
    potential by regression on the times of all jerks. Negative ramps (in a bipolar montage of either sign) that begin
    2 to 0.3 s before the onset, straight or steepening half a second before it, are fitted; the largest over onsets,
    electrodes and muscles is held against the same at sham triggers. The onset of the potential is that of the
    best-fitting ramp.

    Parameters
    ----------
    recording : Recording
        The EEG must not have been high-passed above 0.3 Hz.
    jerks : Jerks
    tracks : sequence of Track, optional
        The EEG as `read_tracks` reads it, where that was done already.
    seed : int

    Returns
    -------
    SlowPotential
        `present` if p < 0.05 with at least 20 jerks; else `absent` with at least 40, and as many as a potential of
        10 µV needs to be seen; else `not assessable`.

    References
    ----------
    Shibasaki and Hallett 2006, doi 10.1016/j.clinph.2006.04.025; Smith and Kutas 2015, doi 10.1111/psyp.12320
    (regression); Evidente et al. 1999, Mov Disord 14:313;
    van der Salm et al. 2012, doi 10.1136/jnnp-2012-303081.
    """
    trains, n, obstacle = quiet_trains(
        recording,
        jerks,
        isolation=ISOLATION,
        from_long=FROM_LONG,
        away=AWAY,
        least=MIN_JERKS,
        wanted=MIN_JERKS_ABSENT,
        most=MAX_MUSCLES,
    )
    if obstacle:
        return SlowPotential("not assessable", obstacle, n=n)
    known = tracks if tracks is not None else read_tracks(recording)
    chosen = _over_motor_cortex([track.in_spite_of(HEART).at_rate(RATE) for track in known])
    open_below = [t for t in chosen if not _filtered_away(t)]
    if not open_below:
        return SlowPotential("not assessable", _filter_words(chosen), n=n, high_pass=_high_pass(chosen))
    return _decide(recording, open_below, trains, seed)


def _over_motor_cortex(tracks: Sequence[Track]) -> list[Track]:
    """Central and frontal electrodes; all of them where no electrode is named."""
    chosen = [t for t in tracks if is_central(t.channel) or region(t.channel) == FRONTAL]
    return chosen or list(tracks)


def _filtered_away(track: Track) -> bool:
    """Whether a high-pass has taken the slow potential: as stated, else as the spectrum shows."""
    if track.channel.highpass is not None:
        return track.channel.highpass > MAX_HIGH_PASS
    return slow_share(track) < LEAST_SLOW_SHARE


def slow_share(track: Track) -> float:
    """Power density at 0.05-0.15 Hz over that at 0.6-1 Hz: well above 1 in EEG that was not high-passed."""
    n = min(track.values.size, round(20 * track.sfreq))
    if n < round(20 * track.sfreq):
        return math.inf
    frequency, power = welch(track.values, track.sfreq, nperseg=n)
    low, reference = (
        power[(frequency >= band[0] - 1e-9) & (frequency <= band[1] + 1e-9)].mean() for band in (LOW, REFERENCE)
    )
    return float(low / reference) if reference > 0 else math.inf


def _high_pass(tracks: Sequence[Track]) -> float | None:
    return min((t.channel.highpass for t in tracks if t.channel.highpass is not None), default=None)


def _filter_words(tracks: Sequence[Track]) -> str:
    if not tracks:
        return "no EEG channel holds usable signal"
    stated = _high_pass(tracks)
    if stated is not None:
        return f"EEG high-passed at {stated:g} Hz; a slow potential needs at most {MAX_HIGH_PASS:g} Hz"
    return (
        "the file does not state a high-pass, and activity below 0.15 Hz is weaker than that at 0.6-1 Hz, as after a "
        f"high-pass; a slow potential needs at most {MAX_HIGH_PASS:g} Hz"
    )


def share_left(high_pass: float | None) -> float:
    """How much of a ramp of usual length a first-order high-pass (Hz) leaves at its end; all where none is stated."""
    if not high_pass:
        return 1.0
    decay = 2 * math.pi * high_pass * USUAL_ONSET
    return (1 - math.exp(-decay)) / decay


def _ramps(triggers: Triggers, rate: float) -> tuple[int, Floats]:
    """Ramps up to the start of the jerk, straight and steepening, one pair for every onset."""
    first = math.floor((WINDOW[0] - triggers.lead) * rate)
    stop = -math.ceil((triggers.lead + CLOSE) * rate - 1e-6)
    before = -(np.arange(first, stop) / rate) - triggers.lead
    straight = [np.interp(-before, [-onset, 0], [0, 1]) for onset in ONSETS]
    bent = [_bent(before, onset) for onset in ONSETS]
    return first, np.stack(straight + bent, axis=1)


def _bent(before: Floats, onset: float) -> Floats:
    turn = min(STEEPER_FROM, onset / 2)
    return np.interp(-before, [-onset, -turn, 0], [0, EARLY_SHARE, 1])


def _decide(recording: Recording, tracks: Sequence[Track], trains: Sequence[Triggers], seed: int) -> SlowPotential:
    on_scalp = bool(scalp_references(track.channel for track in tracks))
    sign = 0 if on_scalp else -1  # F3-C3 is positive where C3 is negative
    found = search(
        recording, tracks, trains, _ramps, away=AWAY, least=MIN_JERKS, sign=sign, response=RESPONSE, seed=seed
    )
    shown = average(
        recording,
        tracks,
        found.train,
        found.shams,
        window=WINDOW,
        baseline=BASELINE,
        channel=found.track.channel.label,
        seed=seed,
        until=-found.train.lead - CLOSE,
    )
    left = share_left(found.track.channel.highpass) * (BETWEEN_ELECTRODES if on_scalp else 1.0)
    base = SlowPotential(
        verdict="absent",
        why="",
        channel=found.track.channel.label,
        muscle=found.train.channel.label,
        p_value=found.p_value,
        n=found.n,
        average=thinned(shown, SHOWN_RATE),
        detectable=found.detectable,
        required=found.required(USUAL),
        power=found.power(left * SIZES),
        topography=found.topography,
        high_pass=_high_pass(tracks),
    )
    if not found.significant:
        enough = max(MIN_JERKS_ABSENT, found.required(left * CLEAR))
        unstated = f"; the file does not state the EEG's high-pass: above {MAX_HIGH_PASS:g} Hz it would hide one"
        caveat = unstated if base.high_pass is None else ""
        return base.nothing_seen(USUAL, least=MIN_JERKS, enough=enough, caveat=caveat)
    result, doubt = _something(base, found, seed), found.restless
    return replace(result, verdict="not assessable", why=f"{result.why}; {doubt}", power=None) if doubt else result


def _something(base: SlowPotential, found: Search, seed: int) -> SlowPotential:
    track, question = found.track, found.question
    look, spans = look_for(track, question), question.spans(track.sfreq)
    means, _ = averages(track, spans, question.trains)
    trials = epochs(track, question.times, spans[0].first, spans[0].width)
    after = means[0, spans[0].width :]
    sign = found.found.sign

    def fit(curve: Floats) -> tuple[float, float]:
        return _fit(np.append(curve, after), look, sign)

    onset, amplitude = fit(trials.mean(axis=0))
    interval = bootstrap(trials, fit, n=N_BOOT, seed=seed)
    times = spans[0].at / track.sfreq
    curve = find_overlap(track, question.times, question.jerks, *spans).solve(means[0])[: times.size]
    curve = curve - curve[times < -2.0].mean()
    early, late = (times >= -onset) & (times < -LATE_FROM), times >= -LATE_FROM
    kind = "positivity" if amplitude > 0 else "negativity"
    why = (
        f"{kind} of {abs(amplitude):.1f} µV at {base.channel}, from {onset:.2f} s before the onset in {base.muscle}, "
        f"n = {base.n}, p = {base.p_value:.3f}"
    )
    return replace(
        base,
        verdict="present",
        why=why,
        latency=onset,
        latency_interval=interval,
        amplitude=amplitude,
        early=float(curve[early].mean()) if early.any() else None,
        late=float(curve[late].mean()),
    )


def _fit(curve: Floats, look: Look, sign: int) -> tuple[float, float]:
    """Onset (s before the EMG) and amplitude (µV) of the ramp that fits best, among those of a sign that counts."""
    score = curve @ look.weights
    best = int(np.argmax(counting(score, sign)))
    return float(np.tile(ONSETS, 2)[best]), float(score[best] * look.amplitude_noise[best])
