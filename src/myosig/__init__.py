"""myosig: where does a muscle jerk come from?

The public names, imported when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "errors": ("MyosigError", "MyosigWarning", "ParameterError", "ReadError", "MissingExtraError"),
    "intervals": ("Intervals",),
    "muscles": ("Muscle", "atlas", "muscle"),
    "patterns": ("PATTERNS",),
    "channel": ("Channel",),
    "annotations": ("Annotations",),
    "recording": ("Recording",),
    "simulation": ("Simulation", "simulate"),
    "io.reader": ("read",),
    "io.bids": ("read_bids",),
    "io.bids_layout": ("find_recordings",),
    "io.raw": ("from_array",),
    "io.mne_bridge": ("from_mne",),
    "io.neo_bridge": ("from_neo",),
    "io.write": ("write_edf",),
    "io.anonymize": ("anonymize",),
    "detect.bursts": ("Bursts", "detect_bursts"),
    "detect.stream": ("BurstDetector",),
    "detect.silences": ("Silences", "detect_silences"),
    "detect.jerks": ("Jerks", "group_jerks"),
    "detect.rhythm": ("Rhythm", "measure_rhythm"),
    "detect.synchrony": ("Synchrony", "measure_synchrony"),
    "localize.spread": ("Spread", "measure_spread"),
    "localize.eeg": ("EegFindings", "study_eeg"),
    "localize.cortex.power": ("required_jerks",),
    "localize.evidence": ("Evidence",),
    "localize.context": ("Context", "read_context"),
    "localize.likelihoods": ("read_likelihoods",),
    "localize.score": ("Localization", "score"),
    "localize.localizer": ("localize_jerks",),
    "settings": ("Settings",),
    "analysis": ("Analysis", "analyze"),
    "loading": ("load",),
    "corrected": ("read_bursts", "read_jerks"),
    "batch": ("analyze_many",),
    "live": ("stream",),
    "plot": (
        "plot_montage",
        "plot_quality",
        "plot_traces",
        "plot_jerks",
        "plot_overlay",
        "plot_raster",
        "plot_durations",
        "plot_intervals",
        "plot_recruitment",
        "plot_synchrony",
        "plot_backaverage",
        "plot_trials",
        "plot_topography",
        "plot_coherence",
        "plot_cumulant",
        "plot_lags",
        "plot_time_frequency",
        "plot_posterior",
    ),
    "report.report": ("write_report",),
    "report.summary": ("write_summary",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_MODULE_OF)

if TYPE_CHECKING:
    from myosig.analysis import Analysis as Analysis, analyze as analyze
    from myosig.annotations import Annotations as Annotations
    from myosig.batch import analyze_many as analyze_many
    from myosig.channel import Channel as Channel
    from myosig.corrected import read_bursts as read_bursts, read_jerks as read_jerks
    from myosig.detect.bursts import Bursts as Bursts, detect_bursts as detect_bursts
    from myosig.detect.jerks import Jerks as Jerks, group_jerks as group_jerks
    from myosig.detect.rhythm import Rhythm as Rhythm, measure_rhythm as measure_rhythm
    from myosig.detect.silences import Silences as Silences, detect_silences as detect_silences
    from myosig.detect.stream import BurstDetector as BurstDetector
    from myosig.detect.synchrony import Synchrony as Synchrony, measure_synchrony as measure_synchrony
    from myosig.errors import (
        MissingExtraError as MissingExtraError,
        MyosigError as MyosigError,
        MyosigWarning as MyosigWarning,
        ParameterError as ParameterError,
        ReadError as ReadError,
    )
    from myosig.intervals import Intervals as Intervals
    from myosig.io.anonymize import anonymize as anonymize
    from myosig.io.bids import read_bids as read_bids
    from myosig.io.bids_layout import find_recordings as find_recordings
    from myosig.io.mne_bridge import from_mne as from_mne
    from myosig.io.neo_bridge import from_neo as from_neo
    from myosig.io.raw import from_array as from_array
    from myosig.io.reader import read as read
    from myosig.io.write import write_edf as write_edf
    from myosig.live import stream as stream
    from myosig.loading import load as load
    from myosig.localize.context import Context as Context, read_context as read_context
    from myosig.localize.cortex.power import required_jerks as required_jerks
    from myosig.localize.eeg import EegFindings as EegFindings, study_eeg as study_eeg
    from myosig.localize.evidence import Evidence as Evidence
    from myosig.localize.likelihoods import read_likelihoods as read_likelihoods
    from myosig.localize.localizer import localize_jerks as localize_jerks
    from myosig.localize.score import Localization as Localization, score as score
    from myosig.localize.spread import Spread as Spread, measure_spread as measure_spread
    from myosig.muscles import Muscle as Muscle, atlas as atlas, muscle as muscle
    from myosig.patterns import PATTERNS as PATTERNS
    from myosig.plot import (
        plot_backaverage as plot_backaverage,
        plot_coherence as plot_coherence,
        plot_cumulant as plot_cumulant,
        plot_durations as plot_durations,
        plot_intervals as plot_intervals,
        plot_jerks as plot_jerks,
        plot_lags as plot_lags,
        plot_montage as plot_montage,
        plot_overlay as plot_overlay,
        plot_posterior as plot_posterior,
        plot_quality as plot_quality,
        plot_raster as plot_raster,
        plot_recruitment as plot_recruitment,
        plot_synchrony as plot_synchrony,
        plot_time_frequency as plot_time_frequency,
        plot_topography as plot_topography,
        plot_traces as plot_traces,
        plot_trials as plot_trials,
    )
    from myosig.recording import Recording as Recording
    from myosig.report.report import write_report as write_report
    from myosig.report.summary import write_summary as write_summary
    from myosig.settings import Settings as Settings
    from myosig.simulation import Simulation as Simulation, simulate as simulate


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'myosig' has no attribute {name!r}")
    value = getattr(import_module(f"myosig.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
