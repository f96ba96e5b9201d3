"""Pictures of the timing between muscles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myosig.detect.synchrony import Synchrony
from myosig.localize.spread import Spread
from myosig.muscles import atlas
from myosig.plot.style import GUIDE_COLOUR, SIDE_COLOUR, axes, colour_bar, from_head_to_foot, nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


def plot_recruitment(spread: Spread, *, ax: Axes | None = None) -> Axes:
    """Typical onset of each muscle after the first, against its place along the cord, with 95 % intervals.

    Filled: as measured in the muscle. Hollow: peripheral conduction taken off, so when the cord was reached there; the
    line is the fitted speed through these, where one could be resolved.

    Parameters
    ----------
    spread : Spread
        Muscles of unknown place are left out.
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
    >>> ms.plot_recruitment(ms.measure_spread(jerks)).get_xlabel()
    'onset after the first muscle (ms)'
    """
    ax = axes(ax, (7, 5))
    names: dict[float, list[str]] = {}
    for i, channel in enumerate(spread.channels):
        where = channel.position_mm
        if not np.isfinite(where):
            continue
        colour = SIDE_COLOUR[channel.side]
        ends = [1000 * spread.lag_low[i], 1000 * spread.lag_high[i]]
        ax.plot(ends, [where] * 2, color=colour, linewidth=2, alpha=0.6)
        ax.plot(1000 * spread.lag[i], where, "o", color=colour, markersize=5)
        names.setdefault(where, []).append(f"{channel.label} (n={spread.n[i]})")
    _central(ax, spread)
    ax.invert_yaxis()
    beside = ax.secondary_yaxis("right")
    beside.set_yticks(list(names), [", ".join(labels) for labels in names.values()], fontsize=7)
    ax.set_xlabel("onset after the first muscle (ms)", fontsize=8)
    origin = "" if spread.origin_mm is None else "; dotted: level of origin"
    ax.set_ylabel(f"mm below the top of C1{origin}", fontsize=8)
    ax.set_title(_speed(spread), fontsize=9, loc="left")
    for side in ("right", "left"):
        if any(c.side == side for c in spread.channels):
            ax.plot([], [], "o", color=SIDE_COLOUR[side], markersize=5, label=f"in a {side} muscle")
    ax.legend(frameon=False, fontsize=7)
    ax.tick_params(labelsize=8)
    return ax


def _central(ax: Axes, spread: Spread) -> None:
    """Onsets at the cord, and the fitted speed through them."""
    found = [atlas().get(c.muscle or "") for c in spread.channels]
    root = np.array([np.nan if m is None else m.peripheral_conduction for m in found])
    place = np.array([c.position_mm for c in spread.channels])
    known = np.isfinite(root) & np.isfinite(place)
    if not known.any():
        return
    time, place = spread.lag[known] - root[known], place[known]
    time = time - time.min()
    ax.plot(1000 * time, place, "D", color="black", markersize=4, markerfacecolor="none", label="at the cord")
    if spread.origin_mm is None:
        return
    ax.axhline(spread.origin_mm, color=GUIDE_COLOUR, linestyle=":", linewidth=0.8)
    if spread.velocity is not None:
        travel = _travel_time(spread, place)
        levels = np.linspace(place.min(), place.max(), 100)
        shift = float(np.median(time - travel))
        ax.plot(
            1000 * (_travel_time(spread, levels) + shift),
            levels,
            "--",
            color="black",
            linewidth=1,
            label="fitted speed",
        )


def _travel_time(spread: Spread, place: Floats) -> Floats:
    """Seconds from the level of origin to each place, at the speed of that direction."""
    up, down = (v or spread.velocity or np.inf for v in (spread.velocity_up, spread.velocity_down))
    distance = place - (spread.origin_mm or 0.0)
    return np.asarray(np.where(distance < 0, -distance / up, distance / down) / 1000)


def _speed(spread: Spread) -> str:
    if spread.velocity is None or spread.velocity_interval is None:
        return f"{spread.direction}; speed not resolvable"
    low, high = spread.velocity_interval
    return f"{spread.direction}, {spread.velocity:.1f} m/s (95 % {low:.1f}-{high:.1f}), n={spread.n_jerks} jerks"


def plot_synchrony(synchrony: Synchrony, *, ax: Axes | None = None) -> Axes:
    """Median lag of each pair of muscles that has one; dots where they coincide more often than chance.

    Parameters
    ----------
    synchrony : Synchrony
        Pairs with too few bursts together have no lag (NaN); a muscle without any lag is left out.
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
    >>> ms.plot_synchrony(ms.measure_synchrony(jerks.bursts)).get_xlabel()
    'dot: coincidence beyond chance (p < .05, corrected)'
    """
    ax = axes(ax, (6, 5))
    paired = np.asarray(np.isfinite(synchrony.lag).any(axis=0))
    order = [i for i in from_head_to_foot(synchrony.channels) if paired[i]]
    if not order:
        return nothing(ax, "no two muscles with enough bursts together")
    lag = 1000 * synchrony.lag[np.ix_(order, order)]
    reach = max(1.0, float(np.nanmax(np.abs(lag))))  # ms: below that, no lag can be told from none
    image = ax.imshow(lag, cmap="PuOr", vmin=-reach, vmax=reach)
    rows, columns = np.nonzero(synchrony.p_value[np.ix_(order, order)] < 0.05)
    ax.plot(columns, rows, ".", color="black", markersize=3)
    names = [synchrony.channels[i].label for i in order]
    ax.set_xticks(range(len(order)), names, rotation=90, fontsize=7)
    ax.set_yticks(range(len(order)), names, fontsize=7)
    ax.set_xlabel("dot: coincidence beyond chance (p < .05, corrected)")
    colour_bar(ax, image, "onset of the column's after the row's (ms)")
    ax.xaxis.label.set_fontsize(9)
    return ax
