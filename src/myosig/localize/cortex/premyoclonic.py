"""The premyoclonic potential: a cortical spike just before the jerk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.detect.jerks import Jerks
from myosig.localize.cortex.backaverage import Backaverage, average, jitter_attenuation
from myosig.localize.cortex.montage import hemisphere, is_central, opposite, scalp_references
from myosig.localize.cortex.potential import Potential
from myosig.localize.cortex.power import usual_sizes
from myosig.localize.cortex.scan import Floats, Look, averages, epochs, look_for
from myosig.localize.cortex.search import Search, bootstrap, quiet_trains, search
from myosig.localize.cortex.tracks import LARGE, MUSCLE, Clock, Track, read_tracks
from myosig.localize.cortex.triggers import Triggers
from myosig.muscles import atlas
from myosig.recording import Recording

MIN_EEG_RATE = 125.0  # Hz; below that a spike of 20 ms has fewer than three samples [P]
MIN_EMG_RATE = 250.0  # Hz; coarser onsets blur a spike of 20 ms [P]
ISOLATION = 0.2  # s without another burst before the jerk (criteria.md 3D) [P]
SHORT_ISOLATION = 0.05  # s, where jerks follow one another too soon for that, as in epilepsia partialis continua [P]
RESPONSE = 0.3  # s for which a jerk is then felt in the EEG: reafference and long loops [P]
MIN_JERKS = 10  # giant spikes have been seen with 10 to 20 (criteria.md 3A) [M]
MIN_JERKS_ABSENT = 50  # below that nothing seen is not absence (criteria.md 4, gates) [P]
MAX_MUSCLES = 8  # the muscles with the most isolated jerks, chosen without looking at the EEG
MAX_CROWDED, MOST_CROWDED = 4, 1000  # muscles, and jerks in a row, where responses are told apart: it takes longer
WINDOW = (-0.3, 0.1)  # s (criteria.md 3D) [C]
BASELINE = (-0.3, -0.2)  # s (criteria.md 3D) [C]
AWAY = 1.0  # s between a sham and its jerk (criteria.md 3D) [P]
USUAL_SPIKE = 5.0  # µV, a small premyoclonic spike, for the number of jerks that would settle it [P]
SIZES = usual_sizes(5.0, 20.0)  # µV of most premyoclonic spikes; giant ones are larger [P]
BETWEEN_ELECTRODES = 0.5  # of it is left between two electrodes of the scalp [P]
CLEAR_SPIKE = 10.0  # µV: where even that would be missed, nothing seen is not absence [P]

DEFAULT_MEP = 0.020  # s, for a muscle that is not known: between face (10 ms) and foot (38 ms) [D]
EARLY, LATE = 0.030, 0.012  # s before and after the conduction time at which a peak is looked for [P]
MARGIN = 0.010  # s before the conduction time that a spike takes up to its peak [P]
FIRST_LATENCY = 0.004  # s: a potential at the EMG onset is no evidence [P]
N_LATENCIES = 12  # positions tried: 4 ms apart
LOBES = (0.012, 0.018, 0.027)  # s, first phase of a positive-negative spike of 20 to 40 ms, and wider [P]
SINGLE = (0.030, 0.050, 0.080)  # s, a single phase of 40-80 ms (criteria.md 1C, Alzheimer) and shorter
BEFORE = 0.08  # s of background ahead of the earliest peak, from which the noise is predicted [P]
BILATERAL = 0.5  # share of jerks of both sides from which "opposite" means nothing [P]
FINE = 0.001  # s between the latencies of the final fit; half of it is added to either end of their interval
GIANT_SHARE = 0.5  # of the jerks, from which a deflection of more than 150 µV before them is no artefact [P]
ALIKE = 0.5  # of the power of what looks like muscle, from which it is the same before every jerk, and so none [P]
FAST_RATE = 500.0  # Hz: a slower channel cannot tell muscle from EEG by its fast activity
FAST_WINDOW = 0.015  # s before the jerk in which an early muscle would show [P]
FAST_GROWTH = 2.0  # fold: muscle in the channel [P]
N_BOOT = 500


def find_premyoclonic_potential(
    recording: Recording, jerks: Jerks, *, tracks: Sequence[Track] | None = None, seed: int = 0
) -> Potential:
    """Look for a cortical spike in the tens of milliseconds before the jerk.

    The EEG is averaged at the burst onsets of every muscle, and of whichever muscle comes first, in isolated jerks (no
    burst in the 200 ms before).
    A bank of biphasic and single-phase waveforms, peaking from 30 ms before to 12 ms after the conduction time
    from cortex to muscle but ahead of the first burst of the jerk in any muscle, is fitted to each average;
    the largest deviation over waveforms, latencies, electrodes and muscles is held against the same maximum
    at sham triggers that keep the intervals between the jerks. Where most jerks follow one another within 200 ms, those
    with 50 ms of quiet are averaged, and what the jerks before them left behind is told apart by regression.

    Parameters
    ----------
    recording : Recording
        With EEG channels; each at its own rate.
    jerks : Jerks
    tracks : sequence of Track, optional
        The EEG as `read_tracks` reads it, where that was done already.
    seed : int
        Of the sham triggers and the bootstrap.

    Returns
    -------
    Potential
        `present` if p < 0.05; else `absent` with at least 50 jerks, and as many as a spike of 10 µV needs to be seen;
        else `not assessable`. `latency` is that of the first peak, its interval a 95 % bootstrap over jerks.

    References
    ----------
    Barrett 1992, J Clin Neurophysiol 9:495; Maris and Oostenveld 2007, doi 10.1016/j.jneumeth.2007.03.024
    (maximum statistic).
    """
    trains, n, obstacle, response = _trains(recording, jerks)
    timed = [t for t in trains if t.channel.sfreq >= MIN_EMG_RATE]
    obstacle = obstacle or _too_coarse(recording, trains, timed)
    if obstacle:
        return Potential("not assessable", obstacle, n=n)
    known = tracks if tracks is not None else read_tracks(recording)
    fast = [t for t in known if t.channel.sfreq >= MIN_EEG_RATE]
    if not fast:
        return Potential("not assessable", "no EEG channel holds usable signal", n=n)
    return _decide(recording, fast, timed, response, seed)


def _trains(recording: Recording, jerks: Jerks) -> tuple[list[Triggers], int, str, float]:
    """What `quiet_trains` gives, and for how long a jerk is felt in the EEG of those after it.

    Where most jerks follow one another too soon for 200 ms of quiet, those with a short quiet are taken, and what the
    jerks before them left behind is told apart.
    """

    def quiet(jerks: Jerks, isolation: float, most: int) -> tuple[list[Triggers], int, str]:
        return quiet_trains(
            recording,
            jerks,
            isolation=isolation,
            latest=_led,
            conduction=_way,
            away=AWAY,
            least=MIN_JERKS,
            wanted=MIN_JERKS_ABSENT,
            most=most,
        )

    isolated = quiet(jerks, ISOLATION, MAX_MUSCLES)
    if isolated[1] >= MIN_JERKS_ABSENT:
        return *isolated, 0.0
    middle = max(0, (len(jerks) - MOST_CROWDED) // 2)
    crowded = quiet(jerks[middle : middle + MOST_CROWDED], SHORT_ISOLATION, MAX_CROWDED)
    return (*crowded, RESPONSE) if crowded[1] >= 2 * max(isolated[1], MIN_JERKS) else (*isolated, 0.0)


def _too_coarse(recording: Recording, trains: Sequence[Triggers], timed: Sequence[Triggers]) -> str:
    """Why onsets or spikes cannot be placed; empty if they can."""
    eeg = max(c.sfreq for c in recording.channels if c.kind == "eeg")
    if eeg < MIN_EEG_RATE:
        return f"EEG sampled at {eeg:g} Hz; a spike needs at least {MIN_EEG_RATE:g} Hz"
    if timed:
        return ""
    fastest = max(t.channel.sfreq for t in trains)
    return f"EMG sampled at {fastest:g} Hz; onsets need at least {MIN_EMG_RATE:g} Hz, better 1000 Hz"


def _mep(channel: Channel) -> float | None:
    return atlas()[channel.muscle].mep if channel.muscle in atlas() else None


def _way(muscle: Channel) -> float:
    """Seconds from the cortex to a muscle, known or not."""
    return _mep(muscle) or DEFAULT_MEP


def _led(muscle: Channel) -> float:
    """How long the jerk may have gone on elsewhere: the spike of this muscle must come before that."""
    return max(_way(muscle) - MARGIN, FIRST_LATENCY)


def _is_leg(channel: Channel) -> bool:
    return channel.muscle in atlas() and atlas()[channel.muscle].region == "leg"


def _earliest(triggers: Triggers) -> float:
    """The longest latency looked at, seconds before the onset."""
    return _way(triggers.channel) + EARLY


def _latest(triggers: Triggers) -> float:
    """The shortest latency looked at: still before the jerk began in any muscle."""
    return max(_way(triggers.channel) - LATE, triggers.lead + FIRST_LATENCY)


def _spikes(triggers: Triggers, rate: float, latencies: Floats) -> tuple[int, Floats]:
    """The waveforms looked for at one muscle, on an epoch that ends where the jerk begins; latencies vary fastest."""
    first = math.floor(-(_earliest(triggers) + BEFORE) * rate)
    stop = -math.ceil(triggers.lead * rate - 1e-6)
    times = np.arange(first, stop) / rate
    waves = [_biphasic(times + latency, lobe) for lobe in LOBES for latency in latencies]
    waves += [_lobe(times + latency, width) for width in SINGLE for latency in latencies]
    return first, np.stack(waves, axis=1)


def _coarse(triggers: Triggers) -> Floats:
    return np.linspace(_latest(triggers), _earliest(triggers), N_LATENCIES)


def _lobe(t: Floats, width: float) -> Floats:
    """A raised cosine that lasts `width` about 0."""
    return np.where(np.abs(t) < width / 2, 0.5 + 0.5 * np.cos(2 * np.pi * t / width), 0.0)


def _biphasic(t: Floats, lobe: float) -> Floats:
    """A phase about 0 followed by a longer one of opposite sign."""
    return _lobe(t, 2 * lobe) - 0.8 * _lobe(t - 1.5 * lobe, 3 * lobe)


def _decide(
    recording: Recording, tracks: Sequence[Track], trains: Sequence[Triggers], response: float, seed: int
) -> Potential:
    def bank(train: Triggers, rate: float) -> tuple[int, Floats]:
        return _spikes(train, rate, _coarse(train))

    tracks = [_with_giants(track, recording, trains) for track in tracks]
    found = search(
        recording, tracks, trains, bank, away=AWAY, least=MIN_JERKS, detrend=True, response=response, seed=seed
    )
    train, label = found.train, found.track.channel.label
    shown = average(recording, tracks, train, found.shams, window=WINDOW, baseline=BASELINE, channel=label, seed=seed)
    left = jitter_attenuation(train.jitter or 0.0)
    if scalp_references(track.channel for track in tracks):
        left *= BETWEEN_ELECTRODES
    base = Potential(
        verdict="absent",
        why="",
        channel=label,
        muscle=train.channel.label,
        p_value=found.p_value,
        n=found.n,
        average=shown,
        detectable=found.detectable,
        required=found.required(USUAL_SPIKE),
        power=found.power(left * SIZES),
        expected_latency=_mep(train.channel),
        topography=found.topography,
    )
    if not found.significant:
        enough = max(MIN_JERKS_ABSENT, found.required(left * CLEAR_SPIKE))
        return base.nothing_seen(USUAL_SPIKE, least=MIN_JERKS, enough=enough)
    result = _something(base, found, seed)
    doubt = found.restless or _early_muscle(shown, train.lead)
    return replace(result, verdict="not assessable", why=f"{result.why}; {doubt}", power=None) if doubt else result


def _early_muscle(shown: Backaverage, lead: float) -> str:
    """Why the potential may be muscle by its fast activity; empty if it is not, or cannot be told."""
    growth = fast_growth(shown, lead)
    if growth is None or growth <= FAST_GROWTH:
        return ""
    return (
        f"but the fast activity in that channel grows {growth:.1f}-fold just before the onset, as when a muscle near "
        "the electrode is already active: record the muscles of face and neck"
    )


def _with_giants(track: Track, recording: Recording, trains: Sequence[Triggers]) -> Track:
    """The track with its large deflections where they come before most jerks of a muscle: then they are the finding.

    A sharp giant spike has as much fast activity as muscle has, but unlike that it is the same before every jerk.
    """
    clock = Clock.of(recording)
    for train in trains:
        first = math.floor(-(_earliest(train) + BEFORE) * track.sfreq)
        width = -math.ceil(train.lead * track.sfreq) - first
        starts = track.sample_of(clock.running(train.times)) + first
        if np.mean(track.worst(starts, width) == MUSCLE) > GIANT_SHARE and _alike(track, starts, width) > ALIKE:
            track = track.in_spite_of(MUSCLE)
        if np.mean(track.worst(starts, width) == LARGE) > GIANT_SHARE:
            track = track.in_spite_of(LARGE)
    return track


def _alike(track: Track, starts: NDArray[np.int64], width: int) -> float:
    """Share of the power of these stretches that their average holds."""
    inside = starts[(starts >= 0) & (starts + width <= track.values.size)]
    stretches = track.values[inside[:, None] + np.arange(width)].astype(np.float64)
    stretches -= stretches.mean(axis=1, keepdims=True)
    return float(np.mean(stretches.mean(axis=0) ** 2) / max(float(np.mean(stretches**2)), 1e-12))


def _something(base: Potential, found: Search, seed: int) -> Potential:
    track, train = found.track, found.train
    latencies = np.arange(_latest(train), _earliest(train), FINE)
    question = replace(found.question, bank=lambda rate: _spikes(train, rate, latencies))
    look, spans = look_for(track, question), question.spans(track.sfreq)
    means, _ = averages(track, spans, question.trains)
    trials, after = epochs(track, question.times, spans[0].first, spans[0].width), means[0, spans[0].width :]

    def fit(curve: Floats) -> tuple[float, float]:
        return _fit(np.append(curve, after), look, latencies)

    latency, amplitude = fit(trials.mean(axis=0))
    first, last = bootstrap(trials, fit, n=N_BOOT, seed=seed)
    contralateral = is_contralateral(found)
    expected = base.expected_latency
    polarity = "positive" if amplitude > 0 else "negative"
    place = {True: "contralateral central", False: "not contralateral central", None: "side cannot be told"}
    why = (
        f"{polarity} potential of {abs(amplitude):.1f} µV at {base.channel} ({place[contralateral]}), peak "
        f"{latency * 1000:.0f} ms before the onset in {base.muscle}, n = {base.n}, p = {base.p_value:.3f}"
    )
    return replace(
        base,
        verdict="present",
        why=why,
        latency=latency,
        latency_interval=(first - FINE / 2, last + FINE / 2),
        amplitude=amplitude,
        halves=(fit(trials[::2].mean(axis=0))[1], fit(trials[1::2].mean(axis=0))[1]),
        contralateral=contralateral,
        plausible=None if expected is None else -LATE <= latency - expected <= EARLY / 2,
    )


def _fit(curve: Floats, look: Look, latencies: Floats) -> tuple[float, float]:
    """Latency of the first peak (s before the onset) and amplitude (µV) of the waveform that fits best."""
    score = curve @ look.weights
    best = int(np.argmax(np.abs(score)))
    return float(latencies[best % latencies.size]), float(score[best] * look.amplitude_noise[best])


def fast_growth(average: Backaverage, lead: float) -> float | None:
    """How much the fast activity grows from the baseline to the last 15 ms before the jerk; None below 500 Hz.

    Muscle in an EEG channel does not repeat its waveform from jerk to jerk: what is measured is the power of the
    second differences of the epochs, their average taken off, so that a cortical spike does not count.
    """
    trials, times = average.trials, average.times
    if trials is None or len(trials) < MIN_JERKS or 1 / (times[1] - times[0]) < FAST_RATE:
        return None
    rough = np.diff(trials - trials.mean(axis=0), n=2, axis=1)
    middle = times[1:-1]
    base = rough[:, (middle >= BASELINE[0]) & (middle < BASELINE[1])]
    late = rough[:, (middle >= -lead - FAST_WINDOW) & (middle < -lead)]
    quiet = np.median(np.mean(base**2, axis=1))
    return float(np.median(np.mean(late**2, axis=1)) / quiet) if quiet > 0 else None


def is_contralateral(found: Search) -> bool | None:
    """Whether the potential is larger over the sensorimotor strip opposite to the muscle than on its own side.

    The leg lies at the vertex: for its muscles the midline counts as well. None where the side of the muscle,
    or electrodes on both sides, are lacking, and where most jerks are of both sides.
    """
    train, tracks = found.train, found.tracks
    muscle = train.channel
    if train.both_sides > BILATERAL:
        return None
    side = opposite(muscle.side)
    size = np.abs(found.found.z[found.at, :, found.wave])
    best = found.track.channel
    if _is_leg(muscle) and is_central(best) and hemisphere(best) == "midline":
        return True
    across = [size[c] for c, t in enumerate(tracks) if is_central(t.channel) and hemisphere(t.channel) == side]
    same = [size[c] for c, t in enumerate(tracks) if is_central(t.channel) and hemisphere(t.channel) == muscle.side]
    if side is None or not across or not same:
        return None
    return bool(max(across) > max(same))
