"""Which pictures an analysis has something for, in the sections of the report."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myosig import plot
from myosig.analysis import Analysis
from myosig.detect.jerks import Jerks
from myosig.localize.cortex.potential import Potential
from myosig.localize.corticomuscular import SharedRhythm
from myosig.localize.states import annotated_states
from myosig.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 8.0  # inches: fills a printed page, and its letters can be read on one and on half a screen
TYPICAL_JERKS = 3  # shown side by side: enough to see whether they are alike
SILENCE_VIEW, TREMOR_VIEW = 3.0, 2.0  # s: several silences, and half a dozen cycles of the slowest tremor


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of the report.

    Attributes
    ----------
    title : str
    alt : str
        What is to be seen in it, with its numbers, for who cannot see it.
    note : str
        How to read it, or what was concluded from it.
    size : (float, float)
        Inches.
    draw : callable
        Draws it into the axes.
    """

    title: str
    alt: str
    note: str
    size: tuple[float, float]
    draw: Callable[[Axes], object]

    def uri(self) -> str:
        """The picture as a data URI."""
        return "data:image/png;base64," + base64.b64encode(plot.png(self.size, self.draw)).decode("ascii")


def recording_figures(analysis: Analysis) -> Iterator[Figure]:
    """What was recorded, and how well."""
    recording = analysis.recording
    kinds = [c.kind for c in recording.channels]
    if "emg" in kinds:
        yield Figure(
            "Montage",
            f"{kinds.count('emg')} EMG channels at their levels of the cord and {kinds.count('eeg')} EEG channels; the "
            "table of channels says the same",
            "As seen when facing the patient. Percentages, and how far a dot is filled: jerks in which the muscle took "
            "part.",
            (6, 5.6),
            lambda ax: plot.plot_montage(recording, analysis.jerks, ax=ax),
        )
    shown = plot.shown_quality(analysis.quality, recording)
    if not shown:
        return
    bad = [q.channel for q in analysis.quality if q.status == "bad"]
    yield Figure(
        "Quality over time",
        f"{len(bad)} of {len(analysis.quality)} channels are bad{': ' if bad else ''}{', '.join(bad)}",
        "Thin: holds for the whole recording.",
        (WIDTH, 0.9 + 0.2 * len(shown)),
        lambda ax: plot.plot_quality(analysis.quality, recording, ax=ax),
    )


def event_figures(analysis: Analysis) -> Iterator[Figure]:
    """The jerks, silences or tremor, and all bursts."""
    jerks, sign = analysis.jerks, analysis.phenotype.sign
    if sign in ("negative", "both"):
        yield _silence_figure(analysis)
    if analysis.phenotype.finding == "tremor":
        yield _tremor_figure(analysis)
    if sign in ("positive", "both") and len(jerks):
        yield from _jerk_figures(analysis)
    if len(jerks.bursts) or len(analysis.silences):
        yield from _burst_figures(analysis)
    if sign in ("positive", "both") and len(jerks) > 2:
        gaps = np.diff(jerks.onset)
        yield Figure(
            "Intervals between jerks",
            f"Median {np.median(gaps):.2g} s, from {gaps.min():.2g} to {gaps.max():.2g} s, n = {gaps.size}",
            analysis.rhythm.why,
            (WIDTH, 2.6),
            lambda ax: plot.plot_intervals(jerks, ax=ax),
        )


def _silence_figure(analysis: Analysis) -> Figure:
    silences, recording = analysis.silences, analysis.recording
    at = float(silences.onset[len(silences) // 2])
    start, stop = max(recording.tmin, at - SILENCE_VIEW / 2), min(recording.tmax, at + SILENCE_VIEW / 2)
    return Figure(
        "Silences",
        f"EMG from head to foot from {start:.1f} to {stop:.1f} s; framed: "
        f"{int(np.sum((silences.offset > start) & (silences.onset < stop)))} of {len(silences)} silences",
        "The stretch around the middle one of all silences. A silence is a pause of 50 to 500 ms in tonic activity.",
        (WIDTH, _height(recording)),
        lambda ax: plot.plot_traces(recording, start, stop, bursts=analysis.bursts, silences=silences, ax=ax),
    )


def _tremor_figure(analysis: Analysis) -> Figure:
    recording, tremor = analysis.recording, analysis.tremor
    start = min(max(recording.tmin, typical_time(analysis) - TREMOR_VIEW / 2), max(0.0, recording.tmax - TREMOR_VIEW))
    return Figure(
        "Tremor",
        f"EMG from head to foot, {start:.1f} to {start + TREMOR_VIEW:.1f} s; tremor in {', '.join(tremor.channels)}",
        tremor.why,
        (WIDTH, _height(recording)),
        lambda ax: plot.plot_traces(recording, start, start + TREMOR_VIEW, bursts=analysis.bursts, ax=ax),
    )


def _height(recording: Recording) -> float:
    return 1.1 + 0.3 * sum(c.kind == "emg" for c in recording.channels)


def _jerk_figures(analysis: Analysis) -> Iterator[Figure]:
    jerks, recording = analysis.jerks, analysis.recording
    muscles, rows = len(jerks.channels), typical_jerks(jerks, TYPICAL_JERKS)
    yield Figure(
        "Typical jerks",
        f"EMG of {muscles} muscles from head to foot around the jerks at "
        f"{', '.join(f'{jerks.onset[row]:.2f}' for row in rows)} s, with their marked bursts",
        "Jerks of the commonest set of muscles and of typical length.",
        (WIDTH, _height(recording)),
        lambda ax: plot.plot_jerks(recording, jerks, rows=rows, ax=ax),
    )
    yield Figure(
        "All jerks, muscle by muscle",
        "Median onset after the beginning of the jerk: " + _latencies(jerks),
        "From head to foot. Grey: single jerks; filled: mean of the rectified EMG, above its level before the jerk; "
        "both above 20 Hz.",
        (WIDTH, _height(recording)),
        lambda ax: plot.plot_overlay(recording, jerks, ax=ax),
    )


def _burst_figures(analysis: Analysis) -> Iterator[Figure]:
    jerks, silences, recording = analysis.jerks, analysis.silences, analysis.recording
    muscles, states = len(jerks.channels), annotated_states(recording)
    yield Figure(
        "All bursts over time" if not len(silences) else "All bursts and silences over time",
        f"{len(jerks.bursts)} bursts and {len(silences)} silences in {muscles} muscles; {len(jerks)} jerks"
        + "".join(f"; {c.label}: {c.rate_per_min:.2g} jerks a minute" for c in analysis.conditions),
        "Below the muscles: sleep stages or tasks, as annotated." if states else "",
        (WIDTH, 0.9 + 0.22 * (muscles + len(states))),
        lambda ax: plot.plot_raster(jerks, silences=silences, states=states, recording=recording, ax=ax),
    )
    if len(jerks.bursts) and analysis.phenotype.sign != "negative":
        low, middle, high = 1000 * np.percentile(jerks.bursts.duration, [25, 50, 75])
        bursting = np.unique(jerks.bursts.channel).size
        yield Figure(
            "Burst durations",
            f"Median {middle:.0f} ms, quartiles {low:.0f} and {high:.0f} ms, n = {len(jerks.bursts)}",
            "Orange right, blue left.",
            (WIDTH, 0.9 + 0.28 * bursting),
            lambda ax: plot.plot_durations(jerks.bursts, ax=ax),
        )


def timing_figures(analysis: Analysis) -> Iterator[Figure]:
    """The order and lags of the muscles, where there is something to be in order."""
    spread, synchrony = analysis.spread, analysis.synchrony
    if analysis.phenotype.finding == "none" or analysis.phenotype.sign == "negative":
        return
    if np.unique([c.position_mm for c in spread.channels if np.isfinite(c.position_mm)]).size > 1:
        order = ", ".join(f"{c.label} {1000 * t:.1f} ms" for c, t in zip(spread.channels, spread.lag, strict=True))
        yield Figure(
            "Recruitment along the cord",
            f"Onsets in order: {order}",
            spread.why,
            (WIDTH, 4),
            lambda ax: plot.plot_recruitment(spread, ax=ax),
        )
    if np.isfinite(synchrony.lag).any():
        muscles = int(np.isfinite(synchrony.lag).any(axis=0).sum())
        together = int(np.sum(np.triu(synchrony.p_value < 0.05, 1)))
        tested = int(np.sum(np.triu(np.isfinite(synchrony.p_value), 1)))
        yield Figure(
            "Lag between muscles",
            f"Matrix of the median lag of every pair; {together} of {tested} pairs coincide more often than chance",
            "Muscles from head to foot; all pairs with their intervals stand in analysis.json.",
            (max(5.0, 2.6 + 0.3 * muscles), max(4.0, 1.7 + 0.27 * muscles)),
            lambda ax: plot.plot_synchrony(synchrony, ax=ax),
        )


def eeg_figures(analysis: Analysis) -> Iterator[Figure]:
    """What the EEG shows around the jerks: only what was found, or could have been."""
    eeg = analysis.eeg
    yield from _potential_figures("Jerk-locked EEG", eeg.premyoclonic_potential)
    yield from _potential_figures("Slow potential before the jerk", eeg.slow_potential)
    lost, discharges = eeg.desynchronisation, eeg.cooccurrence
    if lost.map is not None:
        yield Figure(
            "Power around the jerk",
            f"Time and frequency at {lost.channel}: desynchronisation {lost.verdict}",
            lost.why,
            (WIDTH, 3.2),
            lambda ax: plot.plot_time_frequency(lost, ax=ax),
        )
    if discharges.lag_counts is not None and discharges.n_discharges:
        yield Figure(
            "EEG discharges and jerks",
            f"Histogram of the time from {discharges.n_discharges} discharges to jerks: {discharges.verdict}",
            discharges.why,
            (WIDTH, 2.6),
            lambda ax: plot.plot_lags(discharges, ax=ax),
        )
    yield from _coherence_figures("Corticomuscular coherence", eeg.corticomuscular)
    yield from _coherence_figures("Intermuscular coherence", eeg.intermuscular)


def _potential_figures(title: str, potential: Potential) -> Iterator[Figure]:
    average = potential.average
    if average is None:
        return
    yield Figure(
        f"{title}: average",
        f"{potential.verdict}, average of {average.n} epochs in {len(average.channels)} EEG channels",
        f"{potential.why}. Grey: where 95 % of the averages at sham triggers lie.",
        (WIDTH, 1.1 + 0.32 * len(average.channels)),
        lambda ax: plot.plot_backaverage(average, ax=ax),
    )
    if potential.verdict == "present" and average.trials is not None and average.trials.size:
        yield Figure(
            f"{title}: single jerks",
            f"{len(average.trials)} epochs at {average.channel} in order of time, one row each",
            "A potential that is there in most jerks is a vertical stripe; one that a few artefacts make is not.",
            (WIDTH, 3.4),
            lambda ax: plot.plot_trials(average, ax=ax),
        )
    if potential.verdict == "present" and potential.topography:
        values = ", ".join(f"{name} {value:.1f}" for name, value in potential.topography.items())
        yield Figure(
            f"{title}: on the scalp",
            f"Amplitudes in µV: {values}",
            "Head seen from above, nose up.",
            (4.5, 4),
            lambda ax: plot.plot_topography(potential, ax=ax),
        )


def _coherence_figures(title: str, rhythm: SharedRhythm) -> Iterator[Figure]:
    if rhythm.spectra is None:
        return
    yield Figure(title, rhythm.verdict, rhythm.why, (WIDTH, 3.2), lambda ax: plot.plot_coherence(rhythm, ax=ax))
    if rhythm.verdict == "present":
        yield Figure(
            f"{title}: cumulant density",
            f"Lag at which {rhythm.y} follows {rhythm.x}",
            "Beyond the grey band: more alike than independent signals.",
            (WIDTH, 2.6),
            lambda ax: plot.plot_cumulant(rhythm, ax=ax),
        )


def typical_time(analysis: Analysis) -> float:
    """Onset of a typical jerk, of the middle silence where there are only these, or the beginning of the recording."""
    jerks, silences = analysis.jerks, analysis.silences
    if len(silences) and analysis.phenotype.sign == "negative":
        return float(silences.onset[len(silences) // 2])
    return float(jerks.onset[typical_jerks(jerks, 1)[0]]) if len(jerks) else analysis.recording.tmin


def typical_jerks(jerks: Jerks, count: int) -> list[int]:
    """Rows of the jerks whose set of muscles is the commonest and whose spread in time is nearest the median."""
    sets = [tuple(np.flatnonzero(row)) for row in jerks.recruited]
    commonest = max(set(sets), key=lambda s: (sets.count(s), len(s)))
    rows = np.array([i for i, s in enumerate(sets) if s == commonest])
    length = (jerks.offset - jerks.onset)[rows]
    nearest = rows[np.argsort(np.abs(length - np.median(length)), kind="stable")[:count]]
    return sorted(int(row) for row in nearest)


def _latencies(jerks: Jerks) -> str:
    found = [
        (channel.label, 1000 * float(np.nanmedian(column)))
        for channel, column in zip(jerks.channels, jerks.latency.T, strict=True)
        if np.isfinite(column).any()
    ]
    return ", ".join(f"{label} {value:.0f} ms" for label, value in found)
