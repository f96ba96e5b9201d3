"""Pictures of the EEG around the jerks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from myosig.localize.cooccurrence import Cooccurrence
from myosig.localize.cortex import Backaverage, Potential
from myosig.localize.cortex.desynchronisation import Desynchronisation
from myosig.localize.cortex.montage import scalp_names, scalp_positions
from myosig.plot.style import (
    GUIDE_COLOUR,
    MARK_COLOUR,
    SHAM_COLOUR,
    SIDE_COLOUR,
    TRACE_COLOUR,
    axes,
    bare,
    colour_bar,
    nothing,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_backaverage(average: Backaverage, *, channels: Iterable[str] | None = None, ax: Axes | None = None) -> Axes:
    """Jerk-locked EEG average over the band of sham averages, one EEG channel above the other.

    Parameters
    ----------
    average : Backaverage
        `EegFindings.premyoclonic_potential.average` or `.slow_potential.average`.
    channels : iterable of str, optional
        Labels, from top to bottom. Default: all.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("cortical", seed=6, duration=60, n_emg=6).recording
    >>> eeg = ms.study_eeg(recording, ms.group_jerks(ms.detect_bursts(recording)))
    >>> ax = ms.plot_backaverage(eeg.premyoclonic_potential.average, channels=["EEG C3", "EEG C4"])
    >>> len(ax.get_yticks())
    2
    """
    ax = axes(ax, (7, 5))
    labels = [c.label for c in average.channels]
    chosen = [labels.index(label) for label in channels] if channels is not None else list(range(len(labels)))
    alone = average.deconvolved
    curves = [np.abs(average.mean[chosen]), average.sham_high[chosen]] + (
        [] if alone is None else [np.abs(alone[chosen])]
    )
    step = _round_up(1.2 * max(*(float(np.nanmax(curve)) for curve in curves), 1e-9))
    times = 1000 * average.times
    for height, index in enumerate(reversed(chosen)):
        base = step * height
        ax.fill_between(
            times, base + average.sham_low[index], base + average.sham_high[index], color=SHAM_COLOUR, alpha=0.6
        )
        ax.plot(times, base + average.mean[index], color=TRACE_COLOUR, linewidth=0.9)
        if alone is not None:
            ax.plot(times, base + alone[index], color=MARK_COLOUR, linewidth=1.1)
    ax.axvline(0, color=GUIDE_COLOUR, linestyle=":", linewidth=0.8)
    ax.set_yticks([step * k for k in range(len(chosen))], [labels[i] for i in reversed(chosen)])
    orange = "" if alone is None else "; orange: one jerk alone, without its neighbours"
    ax.set_xlabel(
        f"time from the EMG onset in {average.trigger} (ms); n = {average.n}; positive up, {step:g} µV between "
        f"channels\ngrey: 95 % of sham averages at each moment (1 in 20 lies outside by chance){orange}"
    )
    bare(ax)
    return ax


def _round_up(size: float) -> float:
    """The next whole multiple of a power of ten."""
    unit = 10.0 ** math.floor(math.log10(size))
    return unit * math.ceil(size / unit)


def plot_trials(average: Backaverage, *, ax: Axes | None = None) -> Axes:
    """Every epoch of the channel of interest as one row of colour, in order of time, over its average.

    A potential that is there in most jerks is a vertical stripe; one that comes from a few artefacts is not.

    Parameters
    ----------
    average : Backaverage
        With its trials; without them the picture is empty.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("cortical", seed=6, duration=60, n_emg=6).recording
    >>> eeg = ms.study_eeg(recording, ms.group_jerks(ms.detect_bursts(recording)))
    >>> ms.plot_trials(eeg.premyoclonic_potential.average).get_ylabel()
    'jerk'
    """
    ax = axes(ax, (7, 4))
    trials = average.trials if average.trials is not None else np.empty((0, average.times.size))
    reach = float(np.quantile(np.abs(trials), 0.98)) if trials.size else 1.0
    times = 1000 * average.times
    image = ax.imshow(
        trials,
        aspect="auto",
        cmap="RdBu_r",
        vmin=-reach,
        vmax=reach,
        extent=(times[0], times[-1], len(trials), 0),
        interpolation="nearest",
    )
    ax.axvline(0, color="black", linestyle=":", linewidth=0.8)
    colour_bar(ax, image, f"{average.channel} (µV)")
    ax.set_ylabel("jerk")
    ax.set_xlabel(f"time from the EMG onset in {average.trigger} (ms)")
    bare(ax)
    return ax


def plot_topography(potential: Potential, *, ax: Axes | None = None) -> Axes:
    """Amplitude of the potential at every electrode whose place is known, on the head seen from above.

    Parameters
    ----------
    potential : Potential
        `EegFindings.premyoclonic_potential` or `.slow_potential`. Electrodes of unknown place are left out.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("cortical", seed=6, duration=90, n_emg=6).recording
    >>> eeg = ms.study_eeg(recording, ms.group_jerks(ms.detect_bursts(recording)))
    >>> ms.plot_topography(eeg.premyoclonic_potential).axison
    False
    """
    ax = axes(ax, (4.5, 4))
    average = potential.average
    if potential.verdict != "present":
        return nothing(ax, potential.why)
    channels = average.channels if average is not None else ()
    places, names = scalp_positions(channels), scalp_names(channels)
    known = [label for label in places if label in potential.topography]
    values = [potential.topography[label] for label in known]
    reach = max((abs(v) for v in values), default=1.0)
    turn = np.linspace(0, 2 * np.pi, 200)
    ax.plot(1.1 * np.cos(turn), 1.1 * np.sin(turn), color=GUIDE_COLOUR, linewidth=1)
    ax.plot([-0.12, 0, 0.12], [1.09, 1.25, 1.09], color=GUIDE_COLOUR, linewidth=1)
    x, y = np.array([places[label] for label in known]).reshape(-1, 2).T
    dots = ax.scatter(x, y, c=values, cmap="RdBu_r", vmin=-reach, vmax=reach, s=260, edgecolor=GUIDE_COLOUR)
    for label, left, up in zip(known, x, y, strict=True):
        ax.text(left, up - 0.16, names[label], ha="center", va="center", fontsize=7)
    colour_bar(ax, dots, "µV")
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def plot_time_frequency(desynchronisation: Desynchronisation, *, ax: Axes | None = None) -> Axes:
    """Power about the jerk over that in the baseline, by frequency: blue is a loss.

    Parameters
    ----------
    desynchronisation : Desynchronisation
        `EegFindings.desynchronisation`. Where it could not be assessed the picture says why.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("cortical", seed=6, duration=60, n_emg=6).recording
    >>> eeg = ms.study_eeg(recording, ms.group_jerks(ms.detect_bursts(recording)))
    >>> ax = ms.plot_time_frequency(eeg.desynchronisation)
    >>> eeg.desynchronisation.map is None  # too few jerks with quiet before them, which is what the picture says
    True
    """
    ax = axes(ax, (7, 3.5))
    times, frequencies, picture = desynchronisation.times, desynchronisation.frequencies, desynchronisation.map
    if times is None or frequencies is None or picture is None:
        return nothing(ax, desynchronisation.why)
    reach = max(1.0, float(np.quantile(np.abs(picture[:, times < 0]), 0.99)))
    image = ax.pcolormesh(times, frequencies, picture, cmap="RdBu_r", vmin=-reach, vmax=reach, shading="nearest")
    ax.axvline(0, color="black", linestyle=":", linewidth=0.8)
    colour_bar(ax, image, "power over baseline (dB)")
    ax.set_xlabel(
        f"time from the EMG onset in {desynchronisation.muscle} (s); {desynchronisation.channel}, "
        f"n = {desynchronisation.n}; desynchronisation {desynchronisation.verdict}"
    )
    ax.set_ylabel("frequency (Hz)")
    bare(ax)
    return ax


def plot_lags(cooccurrence: Cooccurrence, *, ax: Axes | None = None) -> Axes:
    """Histogram of the time from EEG discharges to jerks, beside what chance gives.

    Parameters
    ----------
    cooccurrence : Cooccurrence
        `EegFindings.cooccurrence`. Where it could not be assessed the picture says why.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("cortical", seed=2, duration=40, n_emg=6).recording
    >>> eeg = ms.study_eeg(recording, ms.group_jerks(ms.detect_bursts(recording)))
    >>> ms.plot_lags(eeg.cooccurrence).get_ylabel()
    'pairs'
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes(ax, (7, 3))
    edges, counts = cooccurrence.lag_edges, cooccurrence.lag_counts
    expected, high = cooccurrence.lag_expected, cooccurrence.lag_high
    if edges is None or counts is None or expected is None or high is None or not cooccurrence.n_discharges:
        return nothing(ax, cooccurrence.why)
    ax.stairs(counts, 1000 * edges, fill=True, color=SIDE_COLOUR["left"], alpha=0.7)
    ax.stairs(expected, 1000 * edges, color="#555555", linewidth=1, label="by chance")
    ax.stairs(high, 1000 * edges, color="#555555", linewidth=1, linestyle=":", label="97.5 % of chance")
    ax.axvline(0, color=GUIDE_COLOUR, linestyle=":", linewidth=0.8)
    ax.set_xlabel(f"jerk after discharge (ms); {cooccurrence.n_discharges} discharges, {cooccurrence.n_jerks} jerks")
    ax.set_ylabel("pairs")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False, fontsize=7)
    bare(ax)
    return ax
