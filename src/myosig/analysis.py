"""The whole pipeline: a recording in, one object with every result out, saved as the contract of the README says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myosig import __version__
from myosig.archive import ARCHIVE, write_archive
from myosig.checkpoint import Checkpoint
from myosig.detect.bursts import TABLE_START, Bursts, detect_bursts
from myosig.detect.crosstalk import CopySearch
from myosig.detect.jerks import Jerks, group_jerks
from myosig.detect.pops import flag_pops
from myosig.detect.rhythm import Rhythm, measure_rhythm
from myosig.detect.silences import Silences, SilenceSearch
from myosig.detect.sweep import sweep
from myosig.detect.synchrony import Synchrony, measure_synchrony
from myosig.detect.tremor import Tremor, measure_tremor
from myosig.errors import ParameterError
from myosig.io.elsewhere import Elsewhere
from myosig.localize.conditions import Condition, measure_conditions
from myosig.localize.context import Context
from myosig.localize.cortex.reference import rereferenced
from myosig.localize.eeg import EegFindings, study_eeg
from myosig.localize.findings import Findings
from myosig.localize.localizer import weigh
from myosig.localize.phenotype import Phenotype, describe_phenotype
from myosig.localize.reflex import measure_reflexes
from myosig.localize.score import Localization
from myosig.localize.spread import Spread, measure_spread
from myosig.marks import without_marks
from myosig.notebook import as_html
from myosig.recording import Recording
from myosig.settings import CORRECTED, DETECTED, Settings
from myosig.signals.cleaning import Artefacts, find_artefacts
from myosig.signals.excerpt import Excerpt, draw_minutes
from myosig.signals.quality import ChannelQuality, assess_quality
from myosig.storage import file_digest, remove_abandoned, whole_folder, write_json, write_tsv

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "myosig-analysis-1"
TABLES = ("bursts.tsv", "silences.tsv", "jerks.tsv", "channels.tsv")


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Every result of one recording.

    Attributes
    ----------
    findings : Findings
        The measurements, with the recording, bursts and jerks they rest on.
    quality : tuple of ChannelQuality
    phenotype : Phenotype
    localization : Localization
    settings : Settings
    source : mapping
        Name, SHA-256 (of a file) and duration in seconds of what was analysed.

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("segmental", seed=1, duration=20, n_emg=6, n_eeg=0).recording
    >>> result = ms.analyze(recording)
    >>> sorted(result.to_dict()["source"])
    ['duration_s', 'name', 'sha256']
    """

    findings: Findings
    quality: tuple[ChannelQuality, ...]
    phenotype: Phenotype
    localization: Localization
    settings: Settings
    source: Mapping[str, Any]

    @property
    def recording(self) -> Recording:
        """The recording that was analysed."""
        return self.findings.recording

    @property
    def bursts(self) -> Bursts:
        """All bursts."""
        return self.findings.jerks.bursts

    @property
    def jerks(self) -> Jerks:
        """All jerks."""
        return self.findings.jerks

    @property
    def silences(self) -> Silences:
        """All silences."""
        return self.findings.silences

    @property
    def rhythm(self) -> Rhythm:
        """Rhythm of the jerks."""
        return self.findings.rhythm

    @property
    def tremor(self) -> Tremor:
        """Tremor in the envelopes of the EMG."""
        return self.findings.tremor

    @property
    def synchrony(self) -> Synchrony:
        """Pairwise timing of the muscles."""
        return self.findings.synchrony

    @property
    def spread(self) -> Spread:
        """Order and speed of recruitment."""
        return self.findings.spread

    @property
    def eeg(self) -> EegFindings:
        """What the EEG shows."""
        return self.findings.eeg

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Rates by annotation."""
        return self.findings.conditions

    def __repr__(self) -> str:
        return f"<Analysis of {self.recording.name!r}: {len(self.jerks)} jerks, {self.localization.wording}>"

    def _repr_html_(self) -> str:
        where = self.localization
        said = {"verdict": where.wording, "because": where.why, "finding": self.phenotype.finding}
        counted = {"jerks": len(self.jerks), "bursts": len(self.bursts), "silences": len(self.silences)}
        return as_html("Analysis", said | counted | {"posterior": dict(where.posterior)})

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` holds it: plain types, None for what could not be had."""
        return {
            "schema": SCHEMA,
            "myosig": __version__,
            "settings": self.settings.to_dict(),
            "source": dict(self.source),
            "quality": [quality.to_dict() for quality in self.quality],
            "phenotype": self.phenotype.to_dict(),
            "silences": self.silences.summary(),
            "rhythm": self.rhythm.to_dict(),
            "tremor": self.tremor.to_dict(),
            "synchrony": self.synchrony.to_dict(),
            "spread": self.spread.to_dict(),
            "eeg": self.eeg.to_dict(),
            "excerpt": None if self.findings.excerpt is None else self.findings.excerpt.to_dict(),
            "conditions": [condition.to_dict() for condition in self.conditions],
            "reflexes": [reflex.to_dict() for reflex in self.findings.reflexes],
            "localization": self.localization.to_dict(),
        }

    def save(self, folder: str | PathLike[str]) -> None:
        """Write all tables, `analysis.json` and `settings.toml` to a folder, whole or not at all.

        Parameters
        ----------
        folder : path
            Made when it does not exist. Results of an earlier analysis in it are replaced in one move; other
            files are left alone, and what a killed process left half written beside it is removed. The report is
            written by `myosig.write_report`, or by the command line.

        Raises
        ------
        OSError
            If the folder cannot be written; what was there before is untouched.
        """
        remove_abandoned(Path(folder))
        with whole_folder(folder) as new:
            self.write_files(new)

    def write_files(self, folder: Path) -> None:
        """Write the files of `save` into an existing folder."""
        write_tsv(bursts_table(self.jerks), folder / "bursts.tsv")
        self.silences.to_tsv(folder / "silences.tsv")
        self.jerks.to_tsv(folder / "jerks.tsv")
        write_tsv(channels_table(self.recording, self.quality), folder / "channels.tsv")
        write_json(self.to_dict(), folder / "analysis.json")
        (folder / "settings.toml").write_text(self.settings.to_toml(), encoding="utf-8")
        self._write_archive(folder)

    def _write_archive(self, folder: Path) -> None:
        """What `load` reads: every value as it is; of the samples only where they are."""
        stored = Elsewhere.of(self.recording, self.source["sha256"], seen_from=folder)
        findings = replace(self.findings, recording=self.recording.with_source(stored).without_path())
        digests = {name: file_digest(folder / name) for name in TABLES}
        write_archive(folder / ARCHIVE, {"analysis": replace(self, findings=findings), "tables": digests})


def analyze(
    recording: Recording,
    *,
    context: Context | None = None,
    settings: Settings | None = None,
    bursts: Bursts | None = None,
    on_stage: Callable[[str], None] = lambda stage: None,
    checkpoint: Checkpoint | None = None,
) -> Analysis:
    """Analyse a recording from its samples to the probable source of its jerks.

    Parameters
    ----------
    recording : Recording
        With EMG, EEG or both. What a missing kind of channel would have shown is reported as not assessable.
    context : Context, optional
        What the recording cannot know: imaging, evoked potentials, clinical signs. It goes before that of the settings.
    settings : Settings, optional
    bursts : Bursts, optional
        Bursts that were corrected by hand (`read_bursts`, `Bursts.from_annotations`, ...), instead of those that the
        detector would find. Cross-talk is then as their `suspect` says.
    on_stage : callable, optional
        Called with the name of each stage before it starts; the library itself prints nothing.
    checkpoint : Checkpoint, optional
        Keeps the results of the stages that read samples, for an analysis that may be interrupted.

    Returns
    -------
    Analysis

    Raises
    ------
    ParameterError
        If the settings name a reference that the EEG does not allow, or are of bursts that were corrected by hand and
        are not given.
    ReadError
        If the file cannot be read on, or is no longer what it was.

    Examples
    --------
    >>> import myosig as ms
    >>> result = ms.analyze(ms.simulate("segmental", seed=3, duration=60, n_eeg=0).recording)
    >>> result.phenotype.finding
    'myoclonus'
    """
    progress = checkpoint or Checkpoint()
    source = _describe_source(recording, progress.digests)  # first: of a file that grows, this is what is analysed
    recording = without_marks(recording)
    told = _told(settings or Settings(), recording, context, bursts)
    on_stage("signal quality")
    artefacts = progress.stage("artefacts", lambda: find_artefacts(recording))
    quality = progress.stage("quality", lambda: assess_quality(recording, artefacts=artefacts))
    on_stage("bursts")
    detected = bursts or progress.stage("bursts", lambda: detect_bursts(recording, artefacts=artefacts))
    on_stage("silences")
    found, silences = progress.stage(
        "silences", lambda: _look_again(recording, detected, artefacts, flag=bursts is None)
    )
    on_stage("jerks")
    jerks = group_jerks(found)
    findings = _measure(recording, jerks, silences, artefacts, told, progress, on_stage)
    on_stage("weighing")
    where = weigh(findings, prior=told.prior, likelihoods=told.likelihoods)
    return Analysis(findings, quality, describe_phenotype(findings), where, told, source)


def _look_again(recording: Recording, bursts: Bursts, artefacts: Artefacts, *, flag: bool) -> tuple[Bursts, Silences]:
    """Bursts, with those flagged that the electrode or another muscle may have made, and silences: one more pass."""
    copies = CopySearch(flag_pops(recording, bursts)) if flag else None
    silences = SilenceSearch(bursts)
    sweep(recording, [silences] if copies is None else [copies, silences], artefacts=artefacts)
    return bursts if copies is None else copies.flagged(), silences.found()


def _measure(
    recording: Recording,
    jerks: Jerks,
    silences: Silences,
    artefacts: Artefacts,
    told: Settings,
    progress: Checkpoint,
    on_stage: Callable[[str], None],
) -> Findings:
    """What is measured of the jerks; tremor and EEG in the minutes that `draw_minutes` takes of a long recording."""
    seed = told.seed
    on_stage("timing")
    rhythm = measure_rhythm(jerks, seed=seed)
    synchrony = measure_synchrony(jerks.bursts, seed=seed)
    spread = measure_spread(jerks, seed=seed)
    reflexes = measure_reflexes(recording, jerks, seed=seed)
    part = draw_minutes(recording, jerks.onset, seed=seed)
    there = jerks[part.segments.contains(jerks.onset)]
    tremor = progress.stage("tremor", lambda: measure_tremor(part, artefacts=artefacts))
    on_stage("EEG")
    eeg = progress.stage(
        "eeg",
        lambda: study_eeg(part, there, silences=silences, reference=told.reference, artefacts=artefacts, seed=seed),
    )
    return Findings(
        recording=recording,
        jerks=jerks,
        silences=silences,
        rhythm=rhythm,
        synchrony=synchrony,
        spread=spread,
        eeg=eeg,
        conditions=measure_conditions(recording, jerks, silences=silences),
        context=told.context or Context(),
        reflexes=reflexes,
        tremor=tremor,
        excerpt=None if part is recording else _excerpt(part, there, recording, jerks, seed),
    )


def _excerpt(part: Recording, there: Jerks, recording: Recording, jerks: Jerks, seed: int) -> Excerpt:
    return Excerpt(part.duration, recording.duration, len(there), len(jerks), seed)


def _told(settings: Settings, recording: Recording, context: Context | None, bursts: Bursts | None) -> Settings:
    """The settings with what this call adds to them."""
    rereferenced(recording, settings.reference)  # what cannot be is refused before hours of work
    if bursts is None and settings.bursts == CORRECTED:
        raise ParameterError(
            "these settings are of an analysis whose bursts were corrected by hand; give them again: "
            "bursts=read_bursts('bursts.tsv', recording), or --bursts bursts.tsv"
        )
    return replace(
        settings,
        context=context or settings.context,
        bursts=DETECTED if bursts is None else CORRECTED,
        reading=recording.reading,
    )


def bursts_table(jerks: Jerks) -> pd.DataFrame:
    """Bursts as `bursts.tsv` holds them: as `Bursts.to_table`, with the row of the jerk that each belongs to."""
    frame = jerks.bursts.to_table()
    row_of = {int(number): row for row, number in enumerate(jerks.number)}
    member = [row_of.get(int(number)) for number in jerks.member]
    frame.insert(len(TABLE_START), "jerk", member)
    frame["jerk"] = frame["jerk"].astype("Int64")
    return frame


def channels_table(recording: Recording, quality: tuple[ChannelQuality, ...]) -> pd.DataFrame:
    """Channels as `channels.tsv` holds them: how each was understood, and whether it is good."""
    import pandas as pd

    judged = {q.channel: q for q in quality}
    return pd.DataFrame(
        [
            {
                "name": c.label,
                "type": c.kind.upper(),
                "units": c.unit,
                "sampling_frequency": c.sfreq,
                "muscle": c.muscle,
                "side": c.side,
                "segments": ",".join(c.segments) or None,
                "status": judged[c.label].status if c.label in judged else None,
                "status_description": judged[c.label].status_description or None if c.label in judged else None,
            }
            for c in recording.channels
        ],
        columns=[
            *("name", "type", "units", "sampling_frequency", "muscle", "side", "segments"),
            *("status", "status_description"),
        ],
    )


def _describe_source(recording: Recording, digests: Mapping[Path, str]) -> dict[str, Any]:
    path = recording.path
    return {
        "name": recording.name,
        "sha256": None if path is None else digests.get(path) or file_digest(path),
        "duration_s": recording.duration,
    }
