"""Pictures of what EEG and muscles, or two muscles, share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from myosig.localize.corticomuscular import SharedRhythm
from myosig.plot.style import GUIDE_COLOUR, MARK_COLOUR, SHAM_COLOUR, SIDE_COLOUR, TRACE_COLOUR, axes, bare, nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COHERENCE_SHARE = 0.7  # of the height; the phase lies above, apart from the curve
CUMULANT_REACH = 0.2  # s of lag shown


def plot_coherence(rhythm: SharedRhythm, *, ax: Axes | None = None) -> Axes:
    """Coherence of the strongest pair with its limits, and the phase where it is above them.

    Parameters
    ----------
    rhythm : SharedRhythm
        `EegFindings.corticomuscular` or `.intermuscular`. Where no spectra could be had the picture says why.
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
    >>> ms.plot_coherence(eeg.corticomuscular).get_xlabel().split(";")[0]
    'frequency (Hz)'
    """
    ax = axes(ax, (7, 3.5))
    row, column = _pair(rhythm)
    spectra = rhythm.spectra
    if spectra is None:
        return nothing(ax, rhythm.why)
    frequency, coherence = spectra.frequencies, spectra.coherence[row, column]
    limit = float(spectra.limit()[row, column])
    ax.plot(frequency, coherence, color=TRACE_COLOUR, linewidth=1)
    ax.axhline(limit, color=GUIDE_COLOUR, linestyle="--", linewidth=0.8, label="95 % limit of one bin")
    if rhythm.limit is not None:
        ax.axhline(rhythm.limit, color=MARK_COLOUR, linewidth=0.9, label="corrected over bins and pairs")
    corrected = limit if rhythm.limit is None else rhythm.limit
    ax.set_ylim(0, 1.15 * max(float(np.nanmax(coherence)), limit, corrected))
    ax.set_xlabel(f"frequency (Hz); n = {rhythm.n} s; {rhythm.verdict}")
    ax.set_ylabel(f"coherence {rhythm.x} - {rhythm.y}", fontsize=8)
    ax.legend(frameon=False, fontsize=7, loc="center right")
    bare(ax)
    above = coherence > corrected
    if not above.any():
        return ax
    top = ax.get_ylim()[1]
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
    ax.set_ylim(0, top / COHERENCE_SHARE)
    ax.axhline(top, color=GUIDE_COLOUR, linewidth=0.5)
    beside = ax.twinx()
    beside.plot(frequency[above], spectra.phase[row, column][above], ".", color=SIDE_COLOUR["left"], markersize=4)
    beside.set_ylim(np.pi - 2 * np.pi / (1 - COHERENCE_SHARE), np.pi)
    beside.axhline(0, xmin=0, color=GUIDE_COLOUR, linewidth=0.4, linestyle=":")
    beside.set_yticks([-np.pi, 0, np.pi], ["-π", "0", "π"])
    beside.set_ylabel("phase where coherent;\nrising: first leads", color=SIDE_COLOUR["left"], fontsize=8, loc="top")
    return ax


def plot_cumulant(rhythm: SharedRhythm, *, ax: Axes | None = None) -> Axes:
    """Cumulant density of the strongest pair with its 95 % limits: the lag at which the two go together.

    Parameters
    ----------
    rhythm : SharedRhythm
        `EegFindings.corticomuscular` or `.intermuscular`. Where no spectra could be had the picture says why.
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
    >>> ms.plot_cumulant(eeg.intermuscular).get_ylabel()
    'cumulant density (µV²)'
    """
    ax = axes(ax, (7, 3))
    if rhythm.spectra is None:
        return nothing(ax, rhythm.why)
    lags, values, limit = rhythm.spectra.cumulant(*_pair(rhythm))
    near = np.abs(lags) <= CUMULANT_REACH
    ax.plot(1000 * lags[near], values[near], color=TRACE_COLOUR, linewidth=0.9)
    ax.axhspan(-limit, limit, color=SHAM_COLOUR, alpha=0.6, linewidth=0)
    ax.axvline(0, color=GUIDE_COLOUR, linestyle=":", linewidth=0.8)
    ax.set_xlabel(f"{rhythm.y} after {rhythm.x} (ms); grey: 95 % of independent signals")
    ax.set_ylabel("cumulant density (µV²)", fontsize=8)
    bare(ax)
    return ax


def _pair(rhythm: SharedRhythm) -> tuple[int, int]:
    """Row and column of the strongest pair."""
    if rhythm.spectra is None:
        return 0, 0
    rows, columns = ([c.label for c in side] for side in (rhythm.spectra.x, rhythm.spectra.y))
    return rows.index(rhythm.x or rows[0]), columns.index(rhythm.y or columns[0])
