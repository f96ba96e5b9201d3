"""To and from `mne.io.Raw`. MNE has one rate, volts, float64 and no gaps: whatever a conversion drops, it says."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from myosig.annotations import Annotations
from myosig.channel import MICROVOLT, Channel, Kind
from myosig.errors import MyosigWarning, ParameterError, ReadError
from myosig.intervals import Intervals
from myosig.io.describe import ChannelsArgument, Statement, Statements, identify
from myosig.io.tracks import with_hint
from myosig.io.units import microvolts_per
from myosig.recording import MAX_GAP_SAMPLES, Recording
from myosig.samples import Samples

if TYPE_CHECKING:
    import mne

KIND_OF_MNE: dict[str, Kind] = {
    "emg": "emg", "eeg": "eeg", "eog": "eog", "ecg": "ecg", "resp": "resp", "stim": "stim",
}  # fmt: skip
MNE_OF_KIND = {"acc": "misc"} | {kind: kind for kind in KIND_OF_MNE.values()} | {"misc": "misc"}
GAP = "BAD_ACQ_SKIP"  # MNE's own mark of a stretch in which nothing was recorded
BOUNDARIES = ("EDGE boundary", "boundary")  # of MNE and EEGLAB, between pieces that were joined
SEGMENT = "New Segment/"  # of BrainVision, at the start and after each pause
_READING = Lock()  # readers of MNE share state between threads


@dataclass(frozen=True, slots=True)
class MneSource:
    """Samples of a Raw, read when asked for, in µV where they are voltages.

    Attributes
    ----------
    raw : mne.io.BaseRaw
    factors : ndarray of float, shape (n_channels,)
    stretches : tuple of (int, int)
        Samples of the Raw in which data exist.
    """

    raw: mne.io.BaseRaw
    factors: np.ndarray
    stretches: tuple[tuple[int, int], ...]

    def read(self, rows: Sequence[int], start: int, stop: int) -> Samples:
        """Stored samples; see `Source`."""
        picks, pieces, first = list(rows), [], 0
        for begin, end in self.stretches:
            low, high = max(start, first), min(stop, first + end - begin)
            if low < high:
                pieces.append(self._samples(picks, begin + low - first, begin + high - first))
            first += end - begin
        data = np.concatenate(pieces, axis=1) if pieces else np.empty((len(picks), 0))
        with np.errstate(invalid="ignore", over="ignore"):  # of numbers that are none, or beyond float32
            return np.ascontiguousarray(data * self.factors[picks, None], dtype=np.float32)

    def _samples(self, picks: list[int], start: int, stop: int) -> np.ndarray:
        try:
            with _READING:
                samples: np.ndarray = self.raw[picks, start:stop][0]
        except Exception as error:  # a reader may raise anything on a damaged file
            file = next((name for name in self.raw.filenames if name is not None), None)
            raise ReadError(f"MNE-Python cannot read the samples: {error}", path=file) from error
        return samples


def from_mne(raw: mne.io.BaseRaw, *, channels: ChannelsArgument | None = None, name: str | None = None) -> Recording:
    """A recording from an MNE Raw; samples are read from it when asked for, nothing is preloaded.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Preloaded or not. Do not read a multi-rate EDF with MNE first: it invents samples (`myosig.read` does not).
    channels : mapping or path, optional
        Your own description of the channels, see `read`; it wins over MNE's types, and these over the labels, save
        that the type ``eeg``, which MNE gives to whatever it does not know, yields to a label that says otherwise.
    name : str, optional
        Default: the file name of the Raw.

    Returns
    -------
    Recording
        0 s is the first sample of the Raw. Stretches marked BAD_ACQ_SKIP become gaps, and nothing is detected across a
        boundary. Voltages become µV.

    Warns
    -----
    MyosigWarning
        Of channels that MNE holds for bad (they are kept) and of projectors that are not applied.

    Examples
    --------
    >>> import mne, numpy as np, myosig as ms
    >>> info = mne.create_info(["EMG R APB"], 1000.0, "emg")
    >>> rec = ms.from_mne(mne.io.RawArray(np.full((1, 2000), 5e-6), info, verbose="error"))
    >>> rec.channels[0].muscle, float(rec.read("EMG R APB")[0])
    ('abductor pollicis brevis', 5.0)
    """
    path = Path(raw.filenames[0]) if raw.filenames and raw.filenames[0] is not None else None
    title = name if name is not None else path.name if path is not None else ""
    recording = recording_of(raw, statements=Statements.of(channels), path=path, name=title, trust_eeg=True)
    _warn_of_marks(raw, title)
    return recording


def recording_of(
    raw: mne.io.BaseRaw,
    *,
    statements: Statements,
    path: Path | None,
    name: str,
    trust_eeg: bool,
    units: Mapping[str, str] | None = None,
) -> Recording:
    """As `from_mne`, of a file or of a Raw in memory.

    Parameters
    ----------
    trust_eeg : bool
        Whether the type ``eeg`` is a statement, or only MNE's default.
    units : mapping of str to str, optional
        Label -> unit that the file states, where MNE does not keep it.
    """
    statements.check_used(path, raw.ch_names)
    types = raw.get_channel_types()
    stretches, annotations = _stretches(raw)
    count = sum(stop - start for start, stop in stretches)
    made = [
        _channel(raw, i, types[i], count, statements.about(label), trust_eeg, (units or {}).get(label, ""))
        for i, label in enumerate(raw.ch_names)
    ]
    sfreq = float(raw.info["sfreq"])
    start = raw.info["meas_date"]
    return Recording(
        [channel for channel, _ in made],
        MneSource(raw, np.array([factor for _, factor in made]), stretches),
        layout=Intervals([a / sfreq for a, _ in stretches], [b / sfreq for _, b in stretches]),
        annotations=annotations,
        start_time=None if start is None else (start + timedelta(seconds=float(raw.first_time))).replace(tzinfo=None),
        name=name,
        path=path,
    )


def to_mne(recording: Recording, *, kind: Kind | None = None, sfreq: float | None = None) -> mne.io.RawArray:
    """The recording as an MNE Raw in memory, in volts.

    Parameters
    ----------
    recording : Recording
    kind, sfreq : optional
        Which channels, where they do not all have one rate: MNE can hold one only, and nothing is resampled here.

    Returns
    -------
    mne.io.RawArray
        float64. Accelerometers become ``misc``; what is not a voltage keeps its unit. A gap is filled with zeros and
        marked BAD_ACQ_SKIP, as MNE does it. The time of the first sample becomes ``first_samp``.

    Raises
    ------
    ParameterError
        If no channel is left, the rates differ, or the gaps are longer than memory allows.

    Warns
    -----
    MyosigWarning
        Naming what MNE has no place for: other channels, gaps, muscles and sides that the labels do not tell.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rec = ms.from_array(np.full((1, 2000), 5.0), sfreq=1000, labels=["EMG R APB"], unit="uV")
    >>> raw = rec.to_mne()
    >>> raw.get_channel_types(), float(raw.get_data()[0, 0].round(9))
    (['emg'], 5e-06)
    """
    import mne

    part = _one_rate(recording, kind, sfreq)
    rate = part.channels[0].sfreq
    first = round(part.tmin * rate)
    count = round(part.tmax * rate) - first
    if count - part.duration * rate > MAX_GAP_SAMPLES:
        raise ParameterError("the gaps are too long to be filled for MNE; convert segment by segment (recording.crop)")
    data = np.zeros((len(part.channels), count))
    for block in part.blocks(duration=60.0):
        at = round(block.tmin * rate) - first
        data[:, at : at + block.data.shape[1]] = block.data
    data *= np.array([1e-6 if c.unit == MICROVOLT else 1.0 for c in part.channels])[:, None]
    info = mne.create_info(list(part.labels), rate, [MNE_OF_KIND[c.kind] for c in part.channels])
    info["bads"] = [c.label for c in part.channels if c.status == "bad"]
    raw = mne.io.RawArray(data, info, first_samp=first, verbose="error")
    _set_marks(raw, part)
    _warn_of_losses(recording, part)
    return raw


# -- from MNE ---------------------------------------------------------------------------------------------------


def _channel(
    raw: mne.io.BaseRaw, i: int, mne_type: str, count: int, statement: Statement, trust_eeg: bool, file_unit: str
) -> tuple[Channel, float]:
    """The channel, and by what its numbers are multiplied."""
    label, sfreq = raw.ch_names[i], float(raw.info["sfreq"])
    hint = KIND_OF_MNE.get(mne_type)
    about = identify(label, with_hint(statement, label, None if hint == "eeg" and not trust_eeg else hint))
    factor, unit = _unit(raw, i, statement, file_unit)
    highpass, lowpass = raw.info["highpass"], raw.info["lowpass"]
    channel = Channel(
        label=label,
        sfreq=sfreq,
        unit=unit,
        n_samples=count,
        highpass=highpass if highpass and highpass > 0 else None,
        lowpass=lowpass if lowpass and lowpass < sfreq / 2 else None,
        original_label=label,
        status="bad" if label in raw.info["bads"] else None,
        **about,
    )
    return channel, factor


def _unit(raw: mne.io.BaseRaw, i: int, statement: Statement, file_unit: str) -> tuple[float, str]:
    """Factor from MNE's numbers to ours. MNE holds every voltage in volts, also that of a ``misc`` channel.

    A stated unit is that of the numbers in the file.
    """
    from mne.io.constants import FIFF

    original = str((getattr(raw, "_orig_units", None) or {}).get(raw.ch_names[i], ""))
    code, read_as = int(raw.info["chs"][i]["unit"]), microvolts_per(original)
    stated = microvolts_per(statement.unit) if statement.unit else None
    if code == FIFF.FIFF_UNIT_V or read_as is not None:
        return (1e6 if stated is None or read_as is None else 1e6 * stated / read_as), MICROVOLT
    # MNE may have scaled the numbers by the prefix of a unit that it then drops.
    as_in_file = 1.0 / float(raw.info["chs"][i]["range"]) if file_unit else 1.0
    if stated is not None:
        return stated * as_in_file, MICROVOLT
    if file_unit:
        return as_in_file, statement.unit or file_unit
    names = {FIFF.FIFF_UNIT_T: "T", FIFF.FIFF_UNIT_T_M: "T/m", FIFF.FIFF_UNIT_CEL: "°C"}
    return 1.0, statement.unit or names.get(code, "" if original == "n/a" else original)


def _stretches(raw: mne.io.BaseRaw) -> tuple[tuple[tuple[int, int], ...], Annotations]:
    """Sample ranges in which data exist and time runs on, and the annotations on our clock."""
    notes = raw.annotations
    onset, duration = np.asarray(notes.onset) - raw.first_time, np.asarray(notes.duration, dtype=float)
    text = np.array([str(d) for d in notes.description], dtype=object)
    sfreq, count = float(raw.info["sfreq"]), raw.n_times
    first, last = np.rint(onset * sfreq), np.rint((onset + duration) * sfreq)
    is_gap = text == GAP
    there = Intervals([0], [count]).difference(
        Intervals.merged(first[is_gap].clip(0, count), last[is_gap].clip(0, count))
    )
    cuts = first[_are_boundaries(text.tolist())]
    pieces = []
    for start, stop in there:
        edges = [start, *sorted({c for c in cuts.tolist() if start < c < stop}), stop]
        pieces += [(round(a), round(b)) for a, b in pairwise(edges)]
    return tuple(pieces), Annotations(onset[~is_gap], duration[~is_gap], text[~is_gap])


def _are_boundaries(texts: list[str]) -> list[bool]:
    """Which marks say that time does not run on; the first segment of BrainVision is only the start."""
    first = next((i for i, text in enumerate(texts) if text.startswith(SEGMENT)), None)
    return [t.startswith(BOUNDARIES) or (t.startswith(SEGMENT) and i != first) for i, t in enumerate(texts)]


def _warn_of_marks(raw: mne.io.BaseRaw, name: str) -> None:
    lost = [f"the bad channels {', '.join(raw.info['bads'])} are kept"] if raw.info["bads"] else []
    if any(not p["active"] for p in raw.info["projs"]):
        lost.append("projectors are not applied (raw.apply_proj() does that)")
    extras = getattr(raw, "_raw_extras", None)
    rates = extras[0].get("n_samps") if extras and isinstance(extras[0], dict) else None
    if rates is not None and len(set(np.asarray(rates)[: len(raw.ch_names)].tolist())) > 1:
        lost.append(
            "MNE has resampled the slower channels, which invents activity; myosig.read opens the file as it is"
        )
    if lost:
        warnings.warn(f"{name or 'Raw'}: {'; '.join(lost)}", MyosigWarning, stacklevel=3)


# -- to MNE -----------------------------------------------------------------------------------------------------


def _one_rate(recording: Recording, kind: Kind | None, sfreq: float | None) -> Recording:
    wanted = [c.label for c in recording.channels if kind in (None, c.kind) and sfreq in (None, c.sfreq)]
    part = recording.select(labels=wanted)
    rates = sorted({c.sfreq for c in part.channels})
    if not rates:
        raise ParameterError(f"there is no channel of kind {kind!r} at {sfreq} Hz to convert")
    if len(rates) > 1:
        raise ParameterError(
            f"MNE holds one sampling rate, and these channels have {', '.join(f'{r:g}' for r in rates)} Hz; "
            f"name one, e.g. to_mne(kind='emg') or to_mne(sfreq={rates[-1]:g}); nothing is resampled"
        )
    return part


def _set_marks(raw: mne.io.RawArray, part: Recording) -> None:
    import mne

    gaps = Intervals([part.tmin], [part.tmax]).difference(part.segments)
    notes = part.annotations
    if part.start_time is not None:
        raw.set_meas_date(part.start_time.replace(tzinfo=UTC))
    clock = raw.first_time if raw.info["meas_date"] is None else 0.0  # of annotations: the first sample, or the date
    raw.set_annotations(
        mne.Annotations(
            np.concatenate([notes.onset, gaps.start]) - clock,
            np.concatenate([notes.duration, gaps.stop - gaps.start]),
            [*notes.text.tolist(), *[GAP] * len(gaps)],
            orig_time=raw.info["meas_date"],
        ),
        emit_warning=False,
    )


def _warn_of_losses(recording: Recording, part: Recording) -> None:
    lost = []
    others = [label for label in recording.labels if label not in part.labels]
    if others:
        lost.append(f"the channels {', '.join(others)} (other rate or kind)")
    if len(part.segments) > 1:
        lost.append(f"{len(part.segments) - 1} gap(s), filled with zeros and marked {GAP}")
    untold = [c.label for c in part.channels if _is_untold(c)]
    if untold:
        lost.append(f"muscle, side or segments of {', '.join(untold)}, which the labels do not tell")
    if lost:
        warnings.warn(f"MNE has no place for {'; '.join(lost)}", MyosigWarning, stacklevel=3)


def _is_untold(channel: Channel) -> bool:
    told = identify(channel.label, Statement(kind=channel.kind))
    return any(getattr(channel, key) and getattr(channel, key) != told[key] for key in ("muscle", "side", "segments"))
