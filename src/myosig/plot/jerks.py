"""Pictures of bursts and jerks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.detect.silences import Silences
from myosig.intervals import Intervals
from myosig.plot.style import (
    GUIDE_COLOUR,
    SHAM_COLOUR,
    SIDE_COLOUR,
    SILENCE_COLOUR,
    axes,
    bare,
    clock,
    from_head_to_foot,
    plain_log,
)
from myosig.plot.traces import AFTER, BEFORE, LEAST_REACH
from myosig.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

STAGES = ("wake", "REM", "N1", "N2", "N3")
STATE_COLOUR = {"wake": "#E69F00", "REM": "#CC79A7", "N1": "#9ECAE1", "N2": "#4292C6", "N3": "#08306B"}
MAX_OVERLAID = 40  # jerks drawn on one another: more only make a darker grey
OVERLAY_QUANTILE = 0.999
DRIFT = 20.0  # Hz below which the overlaid traces are not drawn: movement of electrodes and cables
DENSE = 300  # bursts of a row in full colour [P]
ENOUGH = 3  # jerks with a muscle for a median onset of it, bursts for quartiles


def plot_overlay(recording: Recording, jerks: Jerks, *, ax: Axes | None = None) -> Axes:
    """All jerks on one another, muscle by muscle from head to foot: single traces grey, mean rectified EMG filled.

    Parameters
    ----------
    recording : Recording
    jerks : Jerks
        At most `MAX_OVERLAID` of them, evenly spread, are read.
    ax : Axes, optional

    Returns
    -------
    Axes
        A tick below each muscle marks its median onset; the number beside its name counts the jerks it is in.

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> jerks = ms.group_jerks(ms.detect_bursts(recording))
    >>> len(ms.plot_overlay(recording, jerks).get_yticks())
    6
    """
    ax = axes(ax, (9, 6))
    order = from_head_to_foot(jerks.channels)
    rows = np.unique(np.linspace(0, len(jerks) - 1, min(len(jerks), MAX_OVERLAID)).astype(int))
    for height, index in enumerate(reversed(order)):
        label = jerks.channels[index].label
        times, traces = _locked(recording, label, jerks.onset[rows])
        _overlay(ax, 1000 * times, traces, height, SIDE_COLOUR[jerks.channels[index].side])
        latency = jerks.latency[:, index]
        if np.isfinite(latency).sum() >= ENOUGH:
            ax.plot(
                1000 * np.nanmedian(latency),
                height - 0.35,
                "^",
                color="black",
                markeredgecolor="white",
                markersize=6,
                zorder=4,
            )
    counts = jerks.recruited.sum(axis=0)
    ax.set_yticks(range(len(order)), [f"{jerks.channels[i].label} ({counts[i]})" for i in reversed(order)])
    ax.axvline(0, color=GUIDE_COLOUR, linestyle=":", linewidth=0.8)
    ax.set_xlim(-1000 * BEFORE, 1000 * AFTER)
    ax.set_xlabel(
        f"time from the onset of the jerk (ms); {rows.size} of {len(jerks)} jerks; triangle: median onset; "
        "in brackets: jerks with this muscle"
    )
    bare(ax)
    return ax


def _overlay(ax: Axes, times: Floats, traces: Floats, height: int, colour: str) -> None:
    """Single traces grey around their line; the mean of the rectified traces, above its level before the jerk, filled.

    A muscle that does nothing must not fill its row with noise, so no scale is finer than `LEAST_REACH`.
    """
    if not traces.size:
        ax.axhline(height, color=SHAM_COLOUR, linewidth=0.6)
        return
    reach = max(float(np.quantile(np.abs(traces), OVERLAY_QUANTILE)), LEAST_REACH)
    ax.plot(times, height + np.clip(0.45 * traces / reach, -0.45, 0.45).T, color=GUIDE_COLOUR, linewidth=0.3, alpha=0.5)
    mean = np.abs(traces).mean(axis=0)
    quiet = float(mean[times < 0].mean())
    scale = max(float(mean.max()) - quiet, 4 * quiet, LEAST_REACH / 4)
    ax.fill_between(times, height, height + 0.8 * (mean - quiet) / scale, color=colour, linewidth=0, zorder=3)


def _locked(recording: Recording, label: str, onsets: Floats) -> tuple[Floats, Floats]:
    """Time axis and the traces of one channel around each onset, without slow drift; only whole ones."""
    from scipy.signal import butter, sosfiltfilt

    sfreq = recording.channel(label).sfreq
    size = int((BEFORE + AFTER) * sfreq)
    drift = butter(2, DRIFT, "highpass", fs=sfreq, output="sos")
    traces = [recording.read(label, onset - BEFORE, onset + AFTER)[:size].astype(float) for onset in onsets]
    whole = [sosfiltfilt(drift, trace) for trace in traces if trace.size == size and np.isfinite(trace).all()]
    return np.arange(size) / sfreq - BEFORE, np.array(whole).reshape(-1, size)


def plot_raster(
    jerks: Jerks,
    *,
    silences: Silences | None = None,
    states: Mapping[str, Intervals] | None = None,
    recording: Recording | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Every burst and silence over time, muscles from head to foot; a burst of a jerk in its side's colour.

    Of very many bursts each is faint, so that darker stretches are those with more of them.

    Parameters
    ----------
    jerks : Jerks
    silences : Silences, optional
    states : mapping of str to Intervals, optional
        Sleep stages or tasks (`localize.states.annotated_states`), drawn as one row each below the muscles.
    recording : Recording, optional
        Whose whole length is shown, gaps shaded. Default: from the first mark to the last.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> jerks = ms.group_jerks(ms.detect_bursts(recording))
    >>> ms.plot_raster(jerks, recording=recording).get_xlim()
    (np.float64(0.0), np.float64(20.0))
    """
    ax = axes(ax, (10, 4))
    order = from_head_to_foot(jerks.channels)
    bursts = jerks.bursts
    for height, index in enumerate(reversed(order)):
        mine = bursts.channel == index
        for chosen, colour in (
            (mine & (jerks.member >= 0), SIDE_COLOUR[jerks.channels[index].side]),
            (mine & (jerks.member < 0), "#CCCCCC"),
        ):
            faint = min(1.0, DENSE / max(1, chosen.sum()))
            ax.vlines(bursts.onset[chosen], height - 0.4, height + 0.4, color=colour, linewidth=0.7, alpha=faint)
        if silences is not None:
            mine = silences.labels == jerks.channels[index].label
            ax.vlines(silences.onset[mine], height - 0.4, height + 0.4, color=SILENCE_COLOUR, linewidth=0.7)
    rows = [name for name in states or {} if name != "sleep"]
    for row, name in enumerate(sorted(rows, key=_depth), start=1):
        spans = (states or {})[name]
        ax.broken_barh([(a, b - a) for a, b in spans], (-row - 0.45, 0.7), facecolor=STATE_COLOUR.get(name, "#777777"))
    ticks = [*range(-len(rows), 0), *range(len(order))]
    ax.set_yticks(ticks, [*sorted(rows, key=_depth, reverse=True), *(jerks.channels[i].label for i in reversed(order))])
    ax.set_ylim(-len(rows) - 0.6, len(order) - 0.4)
    if recording is not None:
        ax.set_xlim(recording.tmin, recording.tmax)
        for stop, start in zip(recording.segments.stop[:-1], recording.segments.start[1:], strict=True):
            ax.axvspan(stop, start, color="#EEEEEE", linewidth=0)
    low, high = ax.get_xlim()
    colours = "orange right, blue left; grey: bursts outside jerks" + ("; purple: silences" if silences else "")
    ax.set_xlabel(f"time ({clock(ax, high - low)}); {colours}")
    bare(ax)
    return ax


def _depth(state: str) -> int:
    """Order of the rows: wakefulness on top, as in a hypnogram; then what is no sleep stage."""
    return STAGES.index(state) if state in STAGES else len(STAGES)


def plot_durations(bursts: Bursts, *, ax: Axes | None = None) -> Axes:
    """Burst durations of each muscle on a logarithmic scale: median, quartiles, every burst, and n.

    Parameters
    ----------
    bursts : Bursts
        Bursts that a gap or the end of the recording cut short are left out.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> jerks = ms.group_jerks(ms.detect_bursts(recording))
    >>> ms.plot_durations(jerks.bursts).get_xscale()
    'log'
    """
    ax = axes(ax, (7, 4))
    order = [i for i in from_head_to_foot(bursts.channels) if (bursts.channel == i).any()]
    for height, index in enumerate(reversed(order)):
        values = 1000 * bursts.duration[(bursts.channel == index) & ~bursts.cut]
        colour = SIDE_COLOUR[bursts.channels[index].side]
        spread = 0.5 * ((np.arange(values.size) * 0.618) % 1 - 0.5)  # golden-ratio jitter: repeatable, no clumps
        ax.plot(values, height + spread, ".", color=colour, markersize=3, alpha=0.4)
        if values.size >= ENOUGH:
            low, middle, high = np.percentile(values, [25, 50, 75])
            ax.plot([low, high], [height, height], color=colour, linewidth=5, alpha=0.5, solid_capstyle="butt")
            ax.plot(middle, height, "|", color="black", markersize=14)
    names = [f"{bursts.channels[i].label} (n={int(np.sum(bursts.channel == i))})" for i in reversed(order)]
    ax.set_yticks(range(len(order)), names)
    plain_log(ax)
    ax.axvline(45, color=GUIDE_COLOUR, linestyle=":", linewidth=0.8)
    ax.set_xlabel("burst duration (ms); tick: median; bar: quartiles; dotted: 45 ms (van der Veen 2024)")
    bare(ax)
    return ax


def plot_intervals(jerks: Jerks, *, ax: Axes | None = None) -> Axes:
    """Histogram of the intervals between jerks, on a logarithmic scale.

    Parameters
    ----------
    jerks : Jerks
        Fewer than two give an empty histogram.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> jerks = ms.group_jerks(ms.detect_bursts(recording))
    >>> ms.plot_intervals(jerks).get_xlabel()
    'interval between jerks (s)'
    """
    ax = axes(ax, (6, 3))
    intervals = np.diff(jerks.onset)
    if intervals.size:
        edges = np.geomspace(max(intervals.min(), 1e-3) * 0.95, intervals.max() * 1.05, 40)
        ax.hist(intervals, bins=edges.tolist(), color=SIDE_COLOUR["left"])
        plain_log(ax)
    ax.set_xlabel("interval between jerks (s)")
    ax.set_ylabel(f"count (n={intervals.size})")
    bare(ax)
    return ax
