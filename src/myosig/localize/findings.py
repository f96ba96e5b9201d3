"""Everything that was measured in a recording and that a criterion may ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from myosig.detect.jerks import Jerks
from myosig.detect.rhythm import Rhythm
from myosig.detect.silences import Silences
from myosig.detect.synchrony import Synchrony
from myosig.detect.tremor import Tremor
from myosig.localize.spread import Spread
from myosig.notebook import ShownFields
from myosig.recording import Recording
from myosig.signals.excerpt import Excerpt

if TYPE_CHECKING:
    from myosig.localize.conditions import Condition
    from myosig.localize.context import Context
    from myosig.localize.eeg import EegFindings
    from myosig.localize.reflex import Reflex


@dataclass(frozen=True, slots=True, eq=False)
class Findings(ShownFields):
    """The measurements of one recording, each made once.

    Attributes
    ----------
    recording : Recording
        Channel descriptions and annotations; no criterion reads samples from it.
    jerks : Jerks
        With its bursts.
    silences, rhythm, synchrony, spread : the measures of those names
    eeg : EegFindings
    conditions : tuple of Condition
        Rates by annotation.
    context : Context
        What the user stated (MRI, SEP, C-reflex ...); empty when nothing was.
    reflexes : tuple of Reflex
        Jerks after annotated stimuli.
    tremor : Tremor
        Of the EMG envelopes.
    excerpt : Excerpt or None
        From what part of a very long recording tremor and EEG are told; None: from the whole.
    """

    recording: Recording
    jerks: Jerks
    silences: Silences
    rhythm: Rhythm
    synchrony: Synchrony
    spread: Spread
    eeg: EegFindings
    conditions: tuple[Condition, ...]
    context: Context
    reflexes: tuple[Reflex, ...] = ()
    tremor: Tremor = field(default_factory=lambda: Tremor("not assessable", "not measured"))
    excerpt: Excerpt | None = None
