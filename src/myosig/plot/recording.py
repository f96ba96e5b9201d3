"""Pictures of what was recorded, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from myosig.channel import Channel
from myosig.detect.jerks import Jerks
from myosig.intervals import Intervals
from myosig.localize.cortex.montage import scalp_names, scalp_positions
from myosig.muscles import BRAINSTEM_MM, CORD_LENGTH_MM, cord_position_mm
from myosig.plot.style import GUIDE_COLOUR, SHAM_COLOUR, SIDE_COLOUR, axes, bare, clock, from_head_to_foot
from myosig.recording import Recording
from myosig.signals.quality import ChannelQuality

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REGIONS = (("C2", "cervical"), ("T1", "thoracic"), ("L1", "lumbar"), ("S1", "sacral"))  # where each name is written
APART_MM = 17.0  # between two labels on one side
HEAD_MM = -150.0  # centre of the head, which is not to scale
MM_PER_UNIT = 100.0  # of the horizontal axis, so that the head is round
NOTED_COLOUR, SPOILT_COLOUR = "#56B4E9", "#D55E00"
THICK, THIN = 0.72, 0.2  # of a row: stretches, and what holds for the whole recording
MIN_SHOWN = 1 / 400  # of the recording: narrower stretches are drawn so wide, or no one would see them


def plot_montage(recording: Recording, jerks: Jerks | None = None, *, ax: Axes | None = None) -> Axes:
    """Where the electrodes were: muscles by side at their level of the cord, EEG on the head seen from above.

    Parameters
    ----------
    recording : Recording
        Muscles of unknown level stand below the cord.
    jerks : Jerks, optional
        Then the share of the jerks in which each muscle took part stands beside it, and fills its dot.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> jerks = ms.group_jerks(ms.detect_bursts(recording))
    >>> texts = [t.get_text() for t in ms.plot_montage(recording, jerks).texts]
    >>> "no EEG" in texts
    True
    """
    ax = axes(ax, (9, 7))
    muscles = [c for c in recording.channels if c.kind == "emg"]
    share = _shares(muscles, jerks)
    _cord(ax)
    _head(ax, [c for c in recording.channels if c.kind == "eeg"])
    for side in ("right", "left", None):
        chosen = [i for i, c in enumerate(muscles) if (c.side if c.side in ("right", "left") else None) == side]
        _muscles(ax, [muscles[i] for i in chosen], [share[i] for i in chosen], -1.0 if side == "right" else 1.0)
    ax.set_xlim(-3.6, 3.6)
    ax.set_aspect(1 / MM_PER_UNIT)
    ax.set_ylim(max(ax.get_ylim()), HEAD_MM - 110)
    ax.set_axis_off()
    return ax


def plot_quality(quality: Sequence[ChannelQuality], recording: Recording, *, ax: Axes | None = None) -> Axes:
    """What is wrong with each channel, and when; hatched where it spoils the channel.

    Parameters
    ----------
    quality : sequence of ChannelQuality
        `Analysis.quality`.
    recording : Recording
        The same.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> from myosig.signals.quality import assess_quality
    >>> recording = ms.simulate("none", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> len(ms.plot_quality(assess_quality(recording), recording).get_yticks())
    7
    """
    ax = axes(ax, (10, 5))
    shown = shown_quality(quality, recording)
    span = recording.tmax - recording.tmin
    for height, judged in enumerate(reversed(shown)):
        _bars(ax, recording, height, "#EDEDED", recording.segments)
        for problem in sorted(judged.problems, key=lambda p: (p.spoils, -p.stretches.duration)):
            colour, hatch = (SPOILT_COLOUR, "///") if problem.spoils else (NOTED_COLOUR, "")
            size = THIN if not problem.spoils and problem.stretches == recording.segments else THICK
            _bars(ax, recording, height, colour, problem.stretches, size=size, hatch=hatch)
        kinds = ", ".join(dict.fromkeys(p.kind for p in judged.problems)) or "nothing found"
        ax.text(recording.tmax + 0.01 * span, height, kinds, va="center", fontsize=7)
    ax.set_yticks(range(len(shown)), [q.channel for q in reversed(shown)])
    ax.set_xlim(recording.tmin, recording.tmax)
    unit = clock(ax, span)
    ax.set_xlabel(f"time ({unit}); grey: recorded; blue: removed, or to know of; hatched orange: spoils the channel")
    bare(ax)
    return ax


def shown_quality(quality: Sequence[ChannelQuality], recording: Recording) -> list[ChannelQuality]:
    """Those of channels whose signal is one of a body."""
    return [q for q in quality if recording.channel(q.channel).kind not in ("stim", "misc")]


def _bars(
    ax: Axes,
    recording: Recording,
    height: int,
    colour: str,
    stretches: Intervals,
    *,
    size: float = THICK,
    hatch: str = "",
) -> None:
    least = MIN_SHOWN * (recording.tmax - recording.tmin)
    pairs = [(start, max(stop - start, least)) for start, stop in stretches]
    ax.broken_barh(pairs, (height - size / 2, size), facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0)


def _shares(muscles: Sequence[Channel], jerks: Jerks | None) -> list[float | None]:
    """Share of the jerks in which each muscle took part."""
    if jerks is None or not len(jerks):
        return [None] * len(muscles)
    part = dict(zip((c.label for c in jerks.channels), jerks.recruited.mean(axis=0).tolist(), strict=True))
    return [part.get(c.label) for c in muscles]


def _cord(ax: Axes) -> None:
    ax.plot([0, 0], [min(BRAINSTEM_MM.values()), CORD_LENGTH_MM], color=SHAM_COLOUR, linewidth=9, zorder=0)
    names = [(cord_position_mm((segment,)), name) for segment, name in REGIONS]
    for level, name in [(BRAINSTEM_MM["mid-pons"], "brainstem"), *names]:
        ax.text(0, level, name, ha="center", va="center", fontsize=7, color="#444444", backgroundcolor="white")
    ax.text(-1.9, HEAD_MM - 60, "right", ha="center", fontsize=9, weight="bold", color=SIDE_COLOUR["right"])
    ax.text(1.9, HEAD_MM - 60, "left", ha="center", fontsize=9, weight="bold", color=SIDE_COLOUR["left"])


def _head(ax: Axes, electrodes: Sequence[Channel]) -> None:
    """EEG electrodes on a circle, nose up; right of the head on the left, as everywhere in this picture."""
    if not electrodes:
        ax.text(0, HEAD_MM, "no EEG", ha="center", va="center", fontsize=8, color="#444444")
        return
    turn = np.linspace(0, 2 * np.pi, 100)
    ax.plot(0.75 * np.cos(turn), HEAD_MM + 75 * np.sin(turn), color=GUIDE_COLOUR, linewidth=1)
    ax.plot([-0.1, 0, 0.1], [HEAD_MM - 74, HEAD_MM - 88, HEAD_MM - 74], color=GUIDE_COLOUR, linewidth=1)
    places, names = scalp_positions(electrodes), scalp_names(electrodes)
    for label, (x, y) in places.items():
        ax.text(-0.62 * x, HEAD_MM - 62 * y, names[label], ha="center", va="center", fontsize=6)
    missing = len(electrodes) - len(places)
    text = f"{len(electrodes)} EEG" + (f", {missing} of unknown place" if missing else "")
    ax.text(0, HEAD_MM - 95, text, ha="center", fontsize=8)


def _muscles(ax: Axes, muscles: Sequence[Channel], share: Sequence[float | None], column: float) -> None:
    beyond = CORD_LENGTH_MM + 30
    place = -np.inf
    for i in from_head_to_foot(muscles):
        channel, known = muscles[i], np.isfinite(muscles[i].position_mm)
        level = channel.position_mm if known else beyond
        place = max(level, place + APART_MM)
        colour = SIDE_COLOUR[channel.side]
        edge = 0.45 * column
        start, from_level = (0.0, level) if known else (edge, place)
        ax.plot([start, edge, column], [from_level, from_level, place], color=GUIDE_COLOUR, linewidth=0.6, zorder=0)
        ax.plot(column, place, "o", markersize=8, markeredgecolor=colour, markerfacecolor="white")
        part = share[i]
        if part is not None:
            ax.plot(column, place, "o", markersize=8 * part**0.5, color=colour)
        text = f"{channel.label}  {100 * part:.0f} %" if part is not None else channel.label
        ax.text(1.12 * column, place, text, ha="left" if column > 0 else "right", va="center", fontsize=8)
