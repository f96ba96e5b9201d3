"""The search that all jerk-locked questions share: trains of jerks, tracks of EEG, one bank of waveforms, shams."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from myosig.channel import Channel
from myosig.detect.jerks import Jerks
from myosig.localize.cortex.potential import ALPHA
from myosig.localize.cortex.power import POWER
from myosig.localize.cortex.scan import Floats, Question, Scan, epochs, look_for, scan, sizes_that_would_show
from myosig.localize.cortex.sham import N_SHAMS, Shams, can_displace, draw_shams
from myosig.localize.cortex.tracks import Clock, Track
from myosig.localize.cortex.triggers import Triggers, trigger_trains
from myosig.recording import Recording

Bank = Callable[[Triggers, float], tuple[int, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What was found, and at which train, track and waveform.

    Attributes
    ----------
    trains : sequence of Triggers
    tracks : sequence of Track
    running : list of ndarray
        Triggers of each train, running seconds.
    questions : list of Question
        One for each train.
    shams : Shams
    found : Scan
    at, where, wave : int
        Train, track and waveform of the largest finding where there is one, else those with the most epochs.
    needed : ndarray of float, shape (n_waveforms, n_shams)
        Amplitude that each waveform would have needed there to be beyond chance, on the noise at each sham.
    """

    trains: Sequence[Triggers]
    tracks: Sequence[Track]
    running: list[Floats]
    questions: list[Question]
    shams: Shams
    found: Scan
    at: int
    where: int
    wave: int
    needed: Floats

    @property
    def significant(self) -> bool:
        """Whether the largest finding is beyond chance."""
        return self.found.p_value < ALPHA

    @property
    def p_value(self) -> float:
        """Of the largest finding, corrected for all looks."""
        return self.found.p_value

    @property
    def train(self) -> Triggers:
        """The muscle."""
        return self.trains[self.at]

    @property
    def question(self) -> Question:
        """What was asked at that muscle."""
        return self.questions[self.at]

    @property
    def track(self) -> Track:
        """The EEG track."""
        return self.tracks[self.where]

    @property
    def n(self) -> int:
        """Epochs averaged there."""
        return int(self.found.n[self.at, self.where])

    @property
    def amplitude(self) -> float:
        """Of the waveform there."""
        return float(self.found.amplitude[self.at, self.where, self.wave])

    @property
    def topography(self) -> dict[str, float]:
        """Amplitude of that waveform in every track."""
        sizes = self.found.amplitude[self.at, :, self.wave]
        return {track.channel.label: float(size) for track, size in zip(self.tracks, sizes, strict=True)}

    @property
    def detectable(self) -> float:
        """The smallest amplitude that these jerks would have shown in nine of ten recordings."""
        return float(np.quantile(self.needed, POWER))

    def required(self, amplitude: float) -> int:
        """Jerks needed to see that amplitude: the noise of an average falls with their square root."""
        return max(1, math.ceil(self.n * (self.detectable / amplitude) ** 2))

    def power(self, sizes: Floats) -> float:
        """The chance that these jerks would have shown a potential of one of those sizes, each as likely as another."""
        return float(np.mean(self.needed <= sizes[:, None, None]))

    @property
    def scatter(self) -> float:
        """How much single jerks differ there, as standard deviation over that of single sham jerks."""
        look, span = look_for(self.track, self.question), self.question.spans(self.track.sfreq)[0]
        trials = epochs(self.track, self.question.times, span.first, span.width)
        sizes = trials @ look.weights[: span.width, self.wave] * look.amplitude_noise[self.wave]
        return float(sizes.std(ddof=1)) / self._noise

    @property
    def restless(self) -> str:
        """Why the finding may be no potential, but what differs from jerk to jerk; empty if there is no such reason.

        Muscle, or movement, that begins unseen before the jerk is of either sign: it makes averages larger than those
        at sham triggers without being the same before every jerk.
        """
        more = self.scatter
        usual = 1 + 2 / math.sqrt(2 * self.n)  # two standard errors of the ratio [D]
        z = abs(float(self.found.z[self.at, self.where, self.wave]))
        if more <= usual or z / more >= self.found.threshold:
            return ""
        return (
            f"but single jerks differ {more:.1f} times as much as sham jerks do, as where muscle or movement "
            "begins unseen before the jerk: record the muscles of face and neck"
        )

    @property
    def _noise(self) -> float:
        return float(self.found.noise[self.at, self.where, self.wave])


def search(
    recording: Recording,
    tracks: Sequence[Track],
    trains: Sequence[Triggers],
    bank: Bank,
    *,
    away: float,
    least: int,
    seed: int,
    sign: int = 0,
    detrend: bool = False,
    response: float = 0.0,
) -> Search:
    """Look for a bank of waveforms before the jerks of every train, in every track.

    Parameters
    ----------
    bank : callable
        Gives, for a train and a sampling rate, what `Question.bank` gives.
    away : float
        Seconds between a sham and its jerk.
    least : int
    sign : {-1, 0, 1}
        See `scan`.
    detrend : bool
        See `Question`.
    response : float
        Seconds for which a jerk is felt in the EEG of those after it; 0 where the triggers are isolated enough.
    """
    clock = Clock.of(recording)
    running = [clock.running(train.times) for train in trains]
    first, last = min(times[0] for times in running), max(times[-1] for times in running)
    shams = draw_shams(first, last, clock.duration, away=away, n=N_SHAMS, seed=seed)
    questions = [
        Question(
            times,
            cache(partial(bank, train)),  # every channel asks for it
            detrend,
            clock.running(train.neighbours),
            response,
        )
        for times, train in zip(running, trains, strict=True)
    ]
    found = scan(tracks, questions, shams, sign=sign, least=least)
    at, where, wave = found.best if found.p_value < ALPHA else found.fullest
    needed = sizes_that_would_show(tracks[where], questions[at], shams, found)
    return Search(trains, tracks, running, questions, shams, found, at, where, wave, needed)


def quiet_trains(
    recording: Recording,
    jerks: Jerks,
    *,
    isolation: float,
    away: float,
    least: int,
    wanted: int,
    most: int,
    from_long: float = 0.0,
    latest: Callable[[Channel], float] = lambda channel: np.inf,
    conduction: Callable[[Channel], float] | None = None,
) -> tuple[list[Triggers], int, str]:
    """The muscles whose jerks can be averaged, how many jerks the fullest has, and what stands against it, if anything.

    Parameters
    ----------
    isolation, from_long : float
        Seconds of quiet before each jerk: after any burst, and after one of more than half a second.
    latest : callable
        Gives how long after the first muscle of a jerk that muscle may come, seconds.
    conduction : callable, optional
        Gives the seconds from the cortex to a muscle, where jerks are averaged at whichever muscle comes first, too.
    away : float
        Seconds between a sham and its jerk.
    least, wanted : int
        Jerks without which there is nothing to average, and that are wanted.
    most : int
        Muscles.
    """
    trains = trigger_trains(jerks, isolation=isolation, from_long=from_long, latest=latest, conduction=conduction)
    n = max(map(len, trains), default=0)
    enough = [train for train in trains if len(train) >= least][:most]
    if not recording.select(kind="eeg").channels:
        return [], n, "no EEG channel; record C3, Cz, C4 with the EMG"
    if not enough:
        quiet = f"jerks with {isolation:g} s of quiet before them: {n}"
        return [], n, f"{quiet}; at least {wanted} are wanted, and {least} the least"
    if not can_displace(Clock.of(recording).duration, away=away):
        return [], n, "the recording is too short for sham triggers"
    return enough, n, ""


def bootstrap(
    trials: Floats, fit: Callable[[Floats], tuple[float, float]], *, n: int, seed: int
) -> tuple[float, float]:
    """95 % interval of the first number that `fit` gives, over resampled epochs."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(trials), np.full(len(trials), 1 / len(trials)), n) / len(trials)
    low, high = np.quantile([fit(curve)[0] for curve in weights @ trials], [0.025, 0.975])
    return float(low), float(high)
