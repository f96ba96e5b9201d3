"""Pictures of results. Everything here draws; nothing here computes.

Each function takes one result, draws it into `ax` (or a new figure) and returns the Axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from myosig.detect.bursts import Bursts
from myosig.detect.jerks import Jerks
from myosig.detect.synchrony import Synchrony
from myosig.localize.cooccurrence import Cooccurrence
from myosig.localize.cortex import Backaverage, Potential
from myosig.localize.corticomuscular import SharedRhythm
from myosig.localize.desynchronisation import Desynchronisation
from myosig.localize.montage import scalp_positions
from myosig.localize.score import Localization
from myosig.localize.spread import Spread
from myosig.patterns import PATTERNS
from myosig.recording import Channel, Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito's palette, told apart with any colour vision.
SIDE_COLOUR = {"right": "#D55E00", "left": "#0072B2", "midline": "#009E73", None: "#555555"}
MARK_COLOUR = "#E69F00"
TRACE_COLOUR = "#222222"
SHAM_COLOUR = "#BBBBBB"
BEFORE, AFTER = 0.15, 0.45  # s of trace around a jerk: a slow propriospinal jerk needs ~0.3 s
TRACE_HEIGHT = 0.9  # of the space between two traces
CUMULANT_REACH = 0.2  # s of lag shown
MAX_POINTS = 4000  # points drawn per trace; a picture has fewer columns than this


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
    """
    ax = ax if ax is not None else _new_axes((10, 6))
    order = _from_head_to_foot(jerks.channels)
    width = BEFORE + AFTER
    for column, row in enumerate(rows):
        shift = column * width * 1.05 - (jerks.onset[row] - BEFORE)
        for height, index in enumerate(reversed(order)):
            _trace(ax, recording, jerks, jerks.channels[index], jerks.onset[row], shift, height)
        ax.axvline(jerks.onset[row] + shift, color="#999999", linewidth=0.8, linestyle=":")
        ax.text(jerks.onset[row] + shift, len(order) - 0.35, f"{jerks.onset[row]:.2f} s", fontsize=8, ha="center")
    ax.set_yticks(range(len(order)), [jerks.channels[i].label for i in reversed(order)])
    ax.set_ylim(-0.7, len(order))
    ax.set_xlabel("time (s); dotted: onset of the jerk; shaded: marked bursts; each muscle on its own scale")
    _bare(ax)
    return ax


def plot_raster(jerks: Jerks, *, ax: Axes | None = None) -> Axes:
    """Every burst over the whole recording, muscles from head to foot; burst of a jerk in its side's colour."""
    ax = ax if ax is not None else _new_axes((10, 4))
    order = _from_head_to_foot(jerks.channels)
    bursts = jerks.bursts
    for height, index in enumerate(reversed(order)):
        mine = bursts.channel == index
        for chosen, colour in (
            (mine & (jerks.member >= 0), SIDE_COLOUR[jerks.channels[index].side]),
            (mine & (jerks.member < 0), "#CCCCCC"),
        ):
            ax.vlines(bursts.onset[chosen], height - 0.4, height + 0.4, color=colour, linewidth=0.7)
    ax.set_yticks(range(len(order)), [jerks.channels[i].label for i in reversed(order)])
    ax.set_xlabel("time (s); grey: bursts outside jerks")
    _bare(ax)
    return ax


def plot_durations(bursts: Bursts, *, ax: Axes | None = None) -> Axes:
    """Burst durations of each muscle on a logarithmic scale: median, quartiles, every burst, and n."""
    ax = ax if ax is not None else _new_axes((7, 4))
    order = [i for i in _from_head_to_foot(bursts.channels) if (bursts.channel == i).any()]
    for height, index in enumerate(reversed(order)):
        values = 1000 * bursts.duration[(bursts.channel == index) & ~bursts.cut]
        colour = SIDE_COLOUR[bursts.channels[index].side]
        spread = 0.5 * ((np.arange(values.size) * 0.618) % 1 - 0.5)  # golden-ratio jitter: repeatable, no clumps
        ax.plot(values, height + spread, ".", color=colour, markersize=3, alpha=0.4)
        if values.size:
            low, middle, high = np.percentile(values, [25, 50, 75])
            ax.plot([low, high], [height, height], color=colour, linewidth=5, alpha=0.5, solid_capstyle="butt")
            ax.plot(middle, height, "|", color="black", markersize=14)
    names = [f"{bursts.channels[i].label} (n={int(np.sum(bursts.channel == i))})" for i in reversed(order)]
    ax.set_yticks(range(len(order)), names)
    ax.set_xscale("log")
    ax.axvline(45, color="#999999", linestyle=":", linewidth=0.8)
    ax.set_xlabel("burst duration (ms); dotted: 45 ms (van der Veen 2024)")
    _bare(ax)
    return ax


def plot_intervals(jerks: Jerks, *, ax: Axes | None = None) -> Axes:
    """Histogram of the intervals between jerks, on a logarithmic scale."""
    ax = ax if ax is not None else _new_axes((6, 3))
    intervals = np.diff(jerks.onset)
    if intervals.size:
        edges = np.geomspace(max(intervals.min(), 1e-3) * 0.95, intervals.max() * 1.05, 40)
        ax.hist(intervals, bins=edges.tolist(), color="#0072B2")
        ax.set_xscale("log")
    ax.set_xlabel("interval between jerks (s)")
    ax.set_ylabel(f"count (n={intervals.size})")
    _bare(ax)
    return ax


def plot_recruitment(spread: Spread, *, ax: Axes | None = None) -> Axes:
    """Typical onset of each muscle after the first, against its place along the cord, with 95 % intervals."""
    ax = ax if ax is not None else _new_axes((7, 5))
    names: dict[float, list[str]] = {}
    for i, channel in enumerate(spread.channels):
        where = channel.position_mm
        if not np.isfinite(where):
            continue
        colour = SIDE_COLOUR[channel.side]
        ax.plot(
            [1000 * spread.lag_low[i], 1000 * spread.lag_high[i]], [where] * 2, color=colour, linewidth=2, alpha=0.6
        )
        ax.plot(1000 * spread.lag[i], where, "o", color=colour, markersize=5)
        names.setdefault(where, []).append(f"{channel.label} (n={spread.n[i]})")
    if spread.origin_mm is not None:
        ax.axhline(spread.origin_mm, color="#999999", linestyle=":", linewidth=0.8)
    ax.invert_yaxis()
    beside = ax.secondary_yaxis("right")
    beside.set_yticks(list(names), [", ".join(labels) for labels in names.values()], fontsize=7)
    ax.set_xlabel("onset after the first muscle (ms), peripheral conduction included\norange right, blue left")
    ax.set_ylabel("mm below the top of C1; dotted: level of origin")
    ax.set_title(_speed(spread), fontsize=9, loc="left")
    ax.tick_params(labelsize=8)
    return ax


def _speed(spread: Spread) -> str:
    if spread.velocity is None or spread.velocity_interval is None:
        return "speed not resolvable"
    low, high = spread.velocity_interval
    return f"{spread.direction}, {spread.velocity:.1f} m/s (95 % {low:.1f}-{high:.1f}), n={spread.n_jerks} jerks"


def plot_synchrony(synchrony: Synchrony, *, ax: Axes | None = None) -> Axes:
    """Median lag of each pair of muscles; dots where they coincide more often than chance."""
    ax = ax if ax is not None else _new_axes((6, 5))
    order = _from_head_to_foot(synchrony.channels)
    lag = 1000 * synchrony.lag[np.ix_(order, order)]
    reach = float(np.nanmax(np.abs(lag))) if np.isfinite(lag).any() else 1.0
    image = ax.imshow(lag, cmap="PuOr", vmin=-reach, vmax=reach)
    rows, columns = np.nonzero(synchrony.p_value[np.ix_(order, order)] < 0.05)
    ax.plot(columns, rows, ".", color="black", markersize=3)
    names = [synchrony.channels[i].label for i in order]
    ax.set_xticks(range(len(order)), names, rotation=90, fontsize=7)
    ax.set_yticks(range(len(order)), names, fontsize=7)
    ax.set_xlabel("dot: coincidence beyond chance (p < .05, corrected)")
    ax.figure.colorbar(image, ax=ax, label="onset of the column's after the row's (ms)")
    return ax


def plot_backaverage(average: Backaverage, *, channels: Iterable[str] | None = None, ax: Axes | None = None) -> Axes:
    """Jerk-locked EEG average over the band of sham averages, one EEG channel above the other."""
    ax = ax if ax is not None else _new_axes((7, 5))
    labels = [c.label for c in average.channels]
    chosen = [labels.index(label) for label in channels] if channels is not None else list(range(len(labels)))
    step = 1.1 * max(float(np.nanmax(np.abs(average.mean[chosen]))), float(np.nanmax(average.sham_high[chosen])), 1e-9)
    times = 1000 * average.times
    for height, index in enumerate(reversed(chosen)):
        base = 2 * step * height
        ax.fill_between(
            times, base + average.sham_low[index], base + average.sham_high[index], color=SHAM_COLOUR, alpha=0.6
        )
        ax.plot(times, base + average.mean[index], color=TRACE_COLOUR, linewidth=0.9)
    ax.axvline(0, color="#999999", linestyle=":", linewidth=0.8)
    ax.set_yticks([2 * step * k for k in range(len(chosen))], [labels[i] for i in reversed(chosen)])
    ax.set_xlabel(
        f"time from the EMG onset in {average.trigger} (ms); n={average.n}; grey: 95 % of sham averages; "
        f"positive up; {2 * step:.3g} µV between channels"
    )
    _bare(ax)
    return ax


def plot_trials(average: Backaverage, *, ax: Axes | None = None) -> Axes:
    """Every epoch of the channel of interest as one row of colour, in order of time, over its average.

    A potential that is there in most jerks is a vertical stripe; one that comes from a few artefacts is not.
    """
    ax = ax if ax is not None else _new_axes((7, 4))
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
    ax.figure.colorbar(image, ax=ax, label=f"{average.channel} (µV)")
    ax.set_ylabel("jerk")
    ax.set_xlabel(f"time from the EMG onset in {average.trigger} (ms)")
    _bare(ax)
    return ax


def plot_topography(potential: Potential, *, ax: Axes | None = None) -> Axes:
    """Amplitude of the potential at every electrode whose place is known, on the head seen from above."""
    ax = ax if ax is not None else _new_axes((4.5, 4))
    average = potential.average
    places = scalp_positions(average.channels) if average is not None else {}
    known = [label for label in places if label in potential.topography]
    values = [potential.topography[label] for label in known]
    reach = max((abs(v) for v in values), default=1.0)
    turn = np.linspace(0, 2 * np.pi, 200)
    ax.plot(1.1 * np.cos(turn), 1.1 * np.sin(turn), color="#999999", linewidth=1)
    ax.plot([-0.12, 0, 0.12], [1.09, 1.25, 1.09], color="#999999", linewidth=1)
    x, y = np.array([places[label] for label in known]).reshape(-1, 2).T
    dots = ax.scatter(x, y, c=values, cmap="RdBu_r", vmin=-reach, vmax=reach, s=260, edgecolor="#999999")
    for label, left, up in zip(known, x, y, strict=True):
        ax.text(left, up - 0.16, label.removeprefix("EEG "), ha="center", va="center", fontsize=7)
    ax.figure.colorbar(dots, ax=ax, label="µV")
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def plot_coherence(rhythm: SharedRhythm, *, ax: Axes | None = None) -> Axes:
    """Coherence of the strongest pair with its limits, and the phase where it is above the limit."""
    ax = ax if ax is not None else _new_axes((7, 3.5))
    row, column = _pair(rhythm)
    spectra = rhythm.spectra
    if spectra is None:
        return _nothing(ax, rhythm.why)
    frequency, coherence = spectra.frequencies, spectra.coherence[row, column]
    limit = float(spectra.limit()[row, column])
    ax.plot(frequency, coherence, color=TRACE_COLOUR, linewidth=1)
    ax.axhline(limit, color="#999999", linestyle="--", linewidth=0.8, label="95 % limit of one bin")
    if rhythm.limit is not None:
        ax.axhline(rhythm.limit, color=MARK_COLOUR, linewidth=0.9, label="corrected over bins and pairs")
    ax.set_ylim(0, max(1.1 * float(np.nanmax(coherence)), 1.5 * limit))
    ax.set_xlabel(f"frequency (Hz); n = {rhythm.n} s")
    ax.set_ylabel(f"coherence {rhythm.x} - {rhythm.y}", fontsize=8)
    ax.legend(frameon=False, fontsize=7, loc="upper right")
    _bare(ax)
    above = coherence > limit
    beside = ax.twinx()
    beside.plot(frequency[above], spectra.phase[row, column][above], ".", color="#0072B2", markersize=4)
    beside.set_ylim(-np.pi, np.pi)
    beside.set_yticks([-np.pi, 0, np.pi], ["-π", "0", "π"])
    beside.set_ylabel("phase, positive: first leads", color="#0072B2", fontsize=8)
    return ax


def plot_cumulant(rhythm: SharedRhythm, *, ax: Axes | None = None) -> Axes:
    """Cumulant density of the strongest pair with its 95 % limits: the lag at which the two go together."""
    ax = ax if ax is not None else _new_axes((7, 3))
    if rhythm.spectra is None:
        return _nothing(ax, rhythm.why)
    lags, values, limit = rhythm.spectra.cumulant(*_pair(rhythm))
    near = np.abs(lags) <= CUMULANT_REACH
    ax.plot(1000 * lags[near], values[near], color=TRACE_COLOUR, linewidth=0.9)
    ax.axhspan(-limit, limit, color=SHAM_COLOUR, alpha=0.6, linewidth=0)
    ax.axvline(0, color="#999999", linestyle=":", linewidth=0.8)
    ax.set_xlabel(f"{rhythm.y} after {rhythm.x} (ms); grey: 95 % of independent signals")
    ax.set_ylabel("cumulant density (µV²)", fontsize=8)
    _bare(ax)
    return ax


def plot_lags(cooccurrence: Cooccurrence, *, ax: Axes | None = None) -> Axes:
    """Histogram of the time from EEG discharges to jerks, beside what chance gives."""
    ax = ax if ax is not None else _new_axes((7, 3))
    edges, counts = cooccurrence.lag_edges, cooccurrence.lag_counts
    expected, high = cooccurrence.lag_expected, cooccurrence.lag_high
    if edges is None or counts is None or expected is None or high is None:
        return _nothing(ax, cooccurrence.why)
    ax.stairs(counts, 1000 * edges, fill=True, color="#0072B2", alpha=0.7)
    ax.stairs(expected, 1000 * edges, color="#555555", linewidth=1, label="by chance")
    ax.stairs(high, 1000 * edges, color="#555555", linewidth=1, linestyle=":", label="97.5 % of chance")
    ax.axvline(0, color="#999999", linestyle=":", linewidth=0.8)
    ax.set_xlabel(f"jerk after discharge (ms); {cooccurrence.n_discharges} discharges, {cooccurrence.n_jerks} jerks")
    ax.set_ylabel("pairs")
    ax.legend(frameon=False, fontsize=7)
    _bare(ax)
    return ax


def plot_time_frequency(desynchronisation: Desynchronisation, *, ax: Axes | None = None) -> Axes:
    """Power about the jerk over that in the baseline, by frequency: blue is a loss."""
    ax = ax if ax is not None else _new_axes((7, 3.5))
    times, frequencies, picture = desynchronisation.times, desynchronisation.frequencies, desynchronisation.map
    if times is None or frequencies is None or picture is None:
        return _nothing(ax, desynchronisation.why)
    reach = max(1.0, float(np.quantile(np.abs(picture[:, times < 0]), 0.99)))
    image = ax.pcolormesh(times, frequencies, picture, cmap="RdBu_r", vmin=-reach, vmax=reach, shading="nearest")
    ax.axvline(0, color="black", linestyle=":", linewidth=0.8)
    ax.figure.colorbar(image, ax=ax, label="power over baseline (dB)")
    ax.set_xlabel(f"time from the EMG onset in {desynchronisation.muscle} (s); n = {desynchronisation.n}")
    ax.set_ylabel("frequency (Hz)")
    _bare(ax)
    return ax


def plot_posterior(localization: Localization, *, ax: Axes | None = None) -> Axes:
    """Posterior probability of each pattern beside the prior."""
    ax = ax if ax is not None else _new_axes((6, 2.6))
    heights = np.arange(len(PATTERNS))[::-1]
    posterior = [localization.posterior[p] for p in PATTERNS]
    ax.barh(heights, posterior, color="#0072B2", height=0.6, label="posterior")
    ax.plot([localization.prior[p] for p in PATTERNS], heights, "|", color="black", markersize=12, label="prior")
    ax.set_yticks(heights, list(PATTERNS))
    for height, value in zip(heights, posterior, strict=True):
        ax.text(value + 0.01, height, f"{value:.2f}", va="center", fontsize=8)
    ax.set_xlim(0, 1.1)
    ax.set_xlabel("probability")
    ax.legend(frameon=False, fontsize=8)
    _bare(ax)
    return ax


def _pair(rhythm: SharedRhythm) -> tuple[int, int]:
    """Row and column of the strongest pair."""
    if rhythm.spectra is None:
        return 0, 0
    rows, columns = ([c.label for c in side] for side in (rhythm.spectra.x, rhythm.spectra.y))
    return rows.index(rhythm.x or rows[0]), columns.index(rhythm.y or columns[0])


def _nothing(ax: Axes, why: str) -> Axes:
    """An empty picture that says why."""
    ax.text(0.5, 0.5, why, ha="center", va="center", wrap=True, fontsize=8, transform=ax.transAxes)
    ax.set_axis_off()
    return ax


def _trace(
    ax: Axes, recording: Recording, jerks: Jerks, channel: Channel, onset: float, shift: float, height: int
) -> None:
    low, high = onset - BEFORE, onset + AFTER
    signal = recording.read(channel.label, low, high).astype(float)
    times = recording.times(channel.label, low, high)
    thin = max(1, signal.size // MAX_POINTS)
    signal, times = (
        signal[::thin] - np.nanmedian(signal) if np.isfinite(signal).any() else signal[::thin],
        times[::thin],
    )
    reach = np.nanmax(np.abs(signal)) if np.isfinite(signal).any() else 1.0
    ax.plot(times + shift, height + TRACE_HEIGHT / 2 * signal / max(reach, 1e-9), color=TRACE_COLOUR, linewidth=0.6)
    bursts = jerks.bursts
    mine = (bursts.labels == channel.label) & (bursts.offset > low) & (bursts.onset < high)
    for start, stop in zip(bursts.onset[mine], bursts.offset[mine], strict=True):
        left, right = max(start, low) + shift, min(stop, high) + shift
        ax.fill_between([left, right], height - 0.45, height + 0.45, color=MARK_COLOUR, alpha=0.3, linewidth=0)


def _from_head_to_foot(channels: Sequence[Channel]) -> list[int]:
    """Order of the channels along the cord; those of unknown place last, in their own order."""
    places = np.array([c.position_mm for c in channels])
    return [int(i) for i in np.argsort(np.where(np.isfinite(places), places, np.inf), kind="stable")]


def _bare(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8)


def _new_axes(size: tuple[float, float]) -> Any:
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]
