"""Pictures of the weighing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from myosig.localize.score import Localization
from myosig.patterns import PATTERNS
from myosig.plot.style import SIDE_COLOUR, axes, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_posterior(localization: Localization, *, ax: Axes | None = None) -> Axes:
    """Posterior probability of each pattern beside the prior.

    Parameters
    ----------
    localization : Localization
        Without a verdict the posterior is the prior.
    ax : Axes, optional
        Default: those of a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import myosig as ms
    >>> len(ms.plot_posterior(ms.score([])).get_yticks())
    6
    """
    ax = axes(ax, (6, 2.6))
    heights = np.arange(len(PATTERNS))[::-1]
    posterior = [localization.posterior[p] for p in PATTERNS]
    ax.barh(heights, posterior, color=SIDE_COLOUR["left"], height=0.6, label="posterior")
    ax.plot([localization.prior[p] for p in PATTERNS], heights, "|", color="black", markersize=12, label="prior")
    ax.set_yticks(heights, list(PATTERNS))
    for height, value in zip(heights, posterior, strict=True):
        ax.text(value + 0.01, height, f"{value:.2f}", va="center", fontsize=8)
    ax.set_xlim(0, 1.1)
    ax.set_xlabel("probability")
    ax.legend(frameon=False, fontsize=8)
    bare(ax)
    return ax
