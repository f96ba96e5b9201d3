"""Traces of all muscles with their marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myosig.channel import Channel
from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.detect.silences import Silences
from myosig.plot.style import (
    GUIDE_COLOUR,
    MARK_COLOUR,
    SILENCE_COLOUR,
    TRACE_COLOUR,
    axes,
    bare,
    from_head_to_foot,
)
from myosig.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

BEFORE, AFTER = 0.15, 0.45  # s of trace around a jerk: a slow propriospinal jerk needs ~0.3 s
TRACE_HEIGHT = 0.9  # of the space between two traces
MAX_POINTS = 4000  # points drawn per trace; a picture has fewer columns than this
LEAST_REACH = 50.0  # µV: no trace is drawn larger than this scale, else noise looks like activity [P]
TICKS = (-0.1, 0.0, 0.1, 0.2, 0.3, 0.4)  # s from the onset of a jerk
OWN_SCALE = "each muscle on its own scale"
BURST_STYLE: dict[str, Any] = {"facecolor": MARK_COLOUR, "alpha": 0.3, "linewidth": 0}
SILENCE_STYLE: dict[str, Any] = {"facecolor": "none", "edgecolor": SILENCE_COLOUR, "linewidth": 1.2}


def plot_traces(
    recording: Recording,
    tmin: float,
    tmax: float,
    *,
    bursts: Bursts | None = None,
    silences: Silences | None = None,
    ax: Axes | None = None,
) -> Axes:
    """EMG of all muscles between two times, from head to foot, with the marked bursts and silences.

    Parameters
    ----------
    recording : Recording
    tmin, tmax : float
        Seconds.
    bursts : Bursts, optional
        Shaded.
    silences : Silences, optional
        Framed.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> ms.plot_traces(recording, 4, 6, bursts=ms.detect_bursts(recording)).get_xlabel()
    'time (s); shaded: marked bursts; each muscle on its own scale'
    """
    ax = axes(ax, (10, 6))
    _traces(ax, recording, recording.select(kind="emg").channels, [(tmin, tmax, 0.0)], bursts, silences)
    marked = [text for marks, text in ((bursts, "shaded: marked bursts"), (silences, "framed: silences")) if marks]
    ax.set_xlabel("; ".join(["time (s)", *marked, OWN_SCALE]))
    bare(ax)
    return ax


def plot_jerks(recording: Recording, jerks: Jerks, *, rows: Sequence[int] = (0,), ax: Axes | None = None) -> Axes:
    """EMG around some jerks, muscles from head to foot, with the marked bursts shaded.

    Parameters
    ----------
    recording : Recording
    jerks : Jerks
    rows : sequence of int
        Which jerks, side by side.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> jerks = ms.group_jerks(ms.detect_bursts(recording))
    >>> len(ms.plot_jerks(recording, jerks, rows=(0, 1)).get_yticks())
    6
    """
    ax = axes(ax, (10, 6))
    width = 1.05 * (BEFORE + AFTER)
    windows = [(t - BEFORE, t + AFTER, k * width - t) for k, t in enumerate(jerks.onset[list(rows)].tolist())]
    _traces(ax, recording, jerks.channels, windows, jerks.bursts, None)
    for low, _, shift in windows:
        onset = low + BEFORE
        ax.axvline(onset + shift, color=GUIDE_COLOUR, linewidth=0.8, linestyle=":")
        ax.text(onset + shift, len(jerks.channels) - 0.35, f"{onset:.2f} s", fontsize=8, ha="center")
    ax.set_xticks(
        [k * width + t for k in range(len(windows)) for t in TICKS], [f"{1000 * t:.0f}" for t in TICKS] * len(windows)
    )
    ax.set_xlabel(f"time from the onset of the jerk (ms); shaded: marked bursts; {OWN_SCALE}")
    bare(ax)
    return ax


def _traces(
    ax: Axes,
    recording: Recording,
    channels: Sequence[Channel],
    windows: Sequence[tuple[float, float, float]],
    bursts: Bursts | None,
    silences: Silences | None,
) -> None:
    """Each channel in its row, one scale for all of its windows (start, stop, shift on the axis), with its marks."""
    ordered = [channels[i] for i in reversed(from_head_to_foot(channels))]
    names = []
    for height, channel in enumerate(ordered):
        pieces = [_piece(recording, channel.label, low, high) for low, high, _ in windows]
        reach = max([LEAST_REACH, *(float(np.abs(values).max()) for _, values in pieces if values.size)])
        names.append(f"{channel.label}  ±{reach:.0f} µV")
        for (times, values), (low, high, shift) in zip(pieces, windows, strict=True):
            ax.plot(times + shift, height + TRACE_HEIGHT / 2 * values / reach, color=TRACE_COLOUR, linewidth=0.6)
            for marks, style in ((bursts, BURST_STYLE), (silences, SILENCE_STYLE)):
                if marks is not None:
                    mine = (marks.labels == channel.label) & (marks.offset > low) & (marks.onset < high)
                    begin, end = np.maximum(marks.onset[mine], low), np.minimum(marks.offset[mine], high)
                    ax.broken_barh(list(zip(begin + shift, end - begin, strict=True)), (height - 0.45, 0.9), **style)
    ax.set_yticks(range(len(ordered)), names)
    ax.set_ylim(-0.7, len(ordered))


def _piece(recording: Recording, label: str, low: float, high: float) -> tuple[Floats, Floats]:
    """Times and values of a trace about its median, no more points than can be seen; none where there is no data."""
    values = recording.read(label, low, high).astype(float)
    if not np.isfinite(values).any():
        return np.empty(0), np.empty(0)
    thin = max(1, values.size // MAX_POINTS)
    values = values - np.nanmedian(values)
    return recording.times(label, low, high)[::thin], values[::thin]
