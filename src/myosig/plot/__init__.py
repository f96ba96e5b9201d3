"""Pictures of results. Everything here draws; nothing here computes.

Each function takes one result, draws it into `ax` (or a new figure) and returns the Axes.
"""

from myosig.plot.coherence import plot_coherence as plot_coherence, plot_cumulant as plot_cumulant
from myosig.plot.eeg import (
    plot_backaverage as plot_backaverage,
    plot_lags as plot_lags,
    plot_time_frequency as plot_time_frequency,
    plot_topography as plot_topography,
    plot_trials as plot_trials,
)
from myosig.plot.jerks import (
    plot_durations as plot_durations,
    plot_intervals as plot_intervals,
    plot_overlay as plot_overlay,
    plot_raster as plot_raster,
)
from myosig.plot.recording import (
    plot_montage as plot_montage,
    plot_quality as plot_quality,
    shown_quality as shown_quality,
)
from myosig.plot.style import png as png
from myosig.plot.timing import plot_recruitment as plot_recruitment, plot_synchrony as plot_synchrony
from myosig.plot.traces import plot_jerks as plot_jerks, plot_traces as plot_traces
from myosig.plot.weighing import plot_posterior as plot_posterior
