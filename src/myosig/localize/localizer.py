"""From a recording and its jerks to where they probably come from."""

from __future__ import annotations

from collections.abc import Mapping

from myosig.detect.jerks import Jerks
from myosig.detect.rhythm import measure_rhythm
from myosig.detect.silences import detect_silences
from myosig.detect.synchrony import measure_synchrony
from myosig.detect.tremor import measure_tremor
from myosig.localize.conditions import measure_conditions
from myosig.localize.context import Context
from myosig.localize.criteria import gather
from myosig.localize.eeg import study_eeg
from myosig.localize.findings import Findings
from myosig.localize.likelihoods import Likelihoods, default_likelihoods
from myosig.localize.phenotype import describe_phenotype
from myosig.localize.reflex import measure_reflexes
from myosig.localize.score import Localization, score, withheld
from myosig.localize.spread import measure_spread
from myosig.patterns import Pattern
from myosig.recording import Recording
from myosig.signals.cleaning import find_artefacts

FOUND = {"none": "no jerks were found"}  # how a finding is said, where not by its name


def localize_jerks(
    recording: Recording,
    jerks: Jerks,
    *,
    context: Context | None = None,
    prior: Mapping[Pattern, float] | None = None,
    likelihoods: Likelihoods | None = None,
    seed: int = 0,
) -> Localization:
    """Weigh all evidence that a recording and its jerks hold on where the jerks come from.

    Parameters
    ----------
    recording : Recording
        With EEG, where it has any.
    jerks : Jerks
    context : Context, optional
        What the recording cannot know.
    prior : mapping of pattern to float, optional
        Default: equal.
    likelihoods : mapping, optional
        A table of your own (`read_likelihoods`).
    seed : int
        Of all surrogates.

    Returns
    -------
    Localization

    References
    ----------
    .. [1] Latorre A et al. (2023). Clin Neurophysiol. doi:10.1016/j.clinph.2023.10.007
    .. [2] van der Veen S et al. (2022). Clin Neurophysiol Pract 7:292. doi:10.1016/j.cnp.2022.09.003

    Examples
    --------
    >>> import myosig as ms
    >>> recording = ms.simulate("none", seed=1, duration=20).recording
    >>> print(ms.localize_jerks(recording, ms.group_jerks(ms.detect_bursts(recording))).verdict)
    None
    """
    artefacts = find_artefacts(recording)
    silences = detect_silences(recording, jerks.bursts, artefacts=artefacts)
    findings = Findings(
        recording=recording,
        jerks=jerks,
        silences=silences,
        rhythm=measure_rhythm(jerks, seed=seed),
        synchrony=measure_synchrony(jerks.bursts, seed=seed),
        spread=measure_spread(jerks, seed=seed),
        eeg=study_eeg(recording, jerks, silences=silences, artefacts=artefacts, seed=seed),
        conditions=measure_conditions(recording, jerks, silences=silences),
        context=context or Context(),
        reflexes=measure_reflexes(recording, jerks, seed=seed),
        tremor=measure_tremor(recording, artefacts=artefacts),
    )
    return weigh(findings, prior=prior, likelihoods=likelihoods)


def weigh(
    findings: Findings, *, prior: Mapping[Pattern, float] | None = None, likelihoods: Likelihoods | None = None
) -> Localization:
    """Weigh findings that were made already; no verdict where there is no positive myoclonus."""
    phenotype = describe_phenotype(findings)
    evidence = gather(findings, likelihoods or default_likelihoods())
    if phenotype.finding != "myoclonus" or phenotype.sign == "negative":
        finding = "negative myoclonus" if phenotype.sign == "negative" else phenotype.finding
        found = FOUND.get(finding, f"the finding is {finding}")
        said = found if phenotype.searched_s else "there is no EMG to search"
        return withheld(said, phenotype.why, evidence, prior=prior)
    return score(evidence, prior=prior)
