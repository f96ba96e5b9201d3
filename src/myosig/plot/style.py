"""What all pictures share: colours that every eye tells apart, the order of the muscles, bare axes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from myosig.channel import Channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

DOTS_PER_INCH = 130
# Okabe & Ito's palette, told apart with any colour vision.
SIDE_COLOUR = {"right": "#D55E00", "left": "#0072B2", "midline": "#009E73", None: "#555555"}
MARK_COLOUR = "#E69F00"
SILENCE_COLOUR = "#CC79A7"
TRACE_COLOUR = "#222222"
SHAM_COLOUR = "#BBBBBB"
GUIDE_COLOUR = "#999999"
ROUND = (1, 2, 5, 10, 15, 30)  # minutes or hours between two ticks


def nothing(ax: Axes, why: str) -> Axes:
    """An empty picture that says why."""
    ax.text(0.5, 0.5, why, ha="center", va="center", wrap=True, fontsize=8, transform=ax.transAxes)
    ax.set_axis_off()
    return ax


def clock(ax: Axes, span: float) -> str:
    """Label the x axis, which is in seconds, in the unit that suits the span; return that unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

    unit, size = next((u, s) for u, s in (("h", 3600.0), ("min", 60.0), ("s", 1.0)) if span >= 2.5 * s or s == 1.0)
    if size > 1:
        step = next((s for s in ROUND if span / size <= 12 * s), ROUND[-1])
        ax.xaxis.set_major_locator(MultipleLocator(step * size))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / size:g}"))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(8))
    return unit


def from_head_to_foot(channels: Sequence[Channel]) -> list[int]:
    """Order of the channels along the cord; those of unknown place last, in their own order."""
    places = np.array([c.position_mm for c in channels])
    return [int(i) for i in np.argsort(np.where(np.isfinite(places), places, np.inf), kind="stable")]


def bare(ax: Axes) -> None:
    """No frame above and to the right, small letters."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8)
    ax.xaxis.label.set_fontsize(9)
    ax.yaxis.label.set_fontsize(9)


def plain_log(ax: Axes) -> None:
    """A logarithmic x axis with plain numbers at 1, 2, 5, 10 ..."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def colour_bar(ax: Axes, image: ScalarMappable, label: str) -> None:
    """What the colours of an image mean, beside it."""
    bar = ax.figure.colorbar(image, ax=ax)
    bar.set_label(label, fontsize=9)
    bar.ax.tick_params(labelsize=8)


def axes(ax: Axes | None, size: tuple[float, float]) -> Any:
    """The axes that were given, else those of a new figure of that size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]


def png(size: tuple[float, float], draw: Callable[[Axes], object]) -> bytes:
    """A picture of that size in inches as a PNG file; nothing of it is left in pyplot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure.add_subplot())
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()
