"""Bursts and jerks that a person marked: those left where the detector put them stay, others are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myosig.annotations import Annotations
from myosig.detect import _band_kernels as kernels, _edge_kernels as edge_kernels, design as d
from myosig.detect.bursts import Bursts, detect_bursts
from myosig.detect.jerks import NO_JERK, Jerks, group_jerks, tabulate_jerks
from myosig.errors import ParameterError
from myosig.marks import AT, BURST, marks_among
from myosig.recording import Recording
from myosig.signals.bands import with_halo
from myosig.signals.cleaning import Artefacts, cleaned_blocks, find_artefacts
from myosig.storage import printable

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAME = 1e-5  # s: less than a sample of any EMG amplifier, more than tables and EDF+ round off
BLOCK = 30.0  # s


def measure_marks(
    recording: Recording,
    labels: Sequence[str],
    onset: ArrayLike,
    offset: ArrayLike,
    *,
    suspect: Sequence[str] | None = None,
    artefacts: Artefacts | None = None,
) -> Bursts:
    """Bursts from the times that a person gave them.

    Parameters
    ----------
    recording : Recording
    labels : sequence of str
        Channel of each mark; it must be EMG.
    onset, offset : array of float, shape (n,)
        Seconds.
    suspect : sequence of str, optional
        Why each may not be this muscle's; default: nothing is suspect.
    artefacts : Artefacts, optional
        From `signals.cleaning.find_artefacts`, where it was called already.

    Returns
    -------
    Bursts
        A mark that lies within 10 µs of a detected burst of its channel at either end is that burst, with all that
        was measured of it. Any other is measured here between its own edges: its `onset_se` and `offset_se` are NaN,
        and its `snr` is over the median noise of its channel.

    Raises
    ------
    ParameterError
        If a channel does not exist or is not EMG, a mark ends before it begins, two marks of a channel overlap, or a
        mark lies where the recording has no data.
    """
    known = artefacts if artefacts is not None else find_artefacts(recording.select(kind=("emg", "ecg")))
    found = detect_bursts(recording, artefacts=known)
    begin, end = np.asarray(onset, dtype=float), np.asarray(offset, dtype=float)
    channel = np.array([_index(recording, found, label) for label in labels], dtype=np.int64)
    why = np.full(len(begin), "", dtype=object) if suspect is None else np.array(suspect, dtype=object)
    order = np.lexsort((channel, begin))
    channel, begin, end, why = channel[order], begin[order], end[order], why[order]
    _check(found, channel, begin, end)
    same = _same(found, channel, begin, end)
    columns: dict[str, Any] = (
        {name: getattr(found, name)[same].copy() for name in found.column_types()} if len(found) else {}
    )
    for name, dtype in found.column_types().items() if not columns else ():
        columns[name] = np.empty(len(begin), dtype=dtype)
    columns |= {"channel": channel, "suspect": why}
    moved = np.flatnonzero(same < 0)
    columns["onset"][moved], columns["offset"][moved] = begin[moved], end[moved]
    columns["onset_se"][moved] = columns["offset_se"][moved] = np.nan
    columns["cut"][moved] = _touches(recording, begin[moved], end[moved])
    _measure(recording, found, columns, moved, known)
    return replace(found, **columns)


def measure_burst_marks(recording: Recording, marks: Annotations, *, artefacts: Artefacts | None = None) -> Bursts:
    """`measure_marks` of the annotations that mark bursts."""
    rows = list(marks_among(marks, BURST))
    for onset, _, mark in rows:
        if mark.channel is None:
            raise ParameterError(
                f"the burst at {onset:g} s is on no channel; write burst{AT}CHANNEL, or put it on its trace "
                "(shift-click in MNE's browser)"
            )
    return measure_marks(
        recording,
        [str(mark.channel) for _, _, mark in rows],
        [onset for onset, _, _ in rows],
        [offset for _, offset, _ in rows],
        suspect=[mark.remark for _, _, mark in rows],
        artefacts=artefacts,
    )


def measure_burst_table(recording: Recording, frame: pd.DataFrame, *, artefacts: Artefacts | None = None) -> Bursts:
    """`measure_marks` of the rows of a table."""
    onset, offset = event_times(frame)
    if "channel" not in frame:
        raise ParameterError(_lacks(frame, "channel"))
    label_of = {printable(label): label for label in recording.labels}
    channel = [label_of.get(cell, cell) for cell in frame["channel"]]
    suspect = frame["suspect"].fillna("").tolist() if "suspect" in frame else None
    return measure_marks(recording, channel, onset, offset, suspect=suspect, artefacts=artefacts)


def event_times(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Onsets and offsets of a table with the columns onset and duration, or onset and offset."""
    onset = _numbers(frame, "onset")
    if "duration" not in frame and "offset" in frame:
        return onset, _numbers(frame, "offset")
    return onset, onset + _numbers(frame, "duration")


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        raise ParameterError(_lacks(frame, name))
    out = np.empty(len(frame))
    for i, cell in enumerate(frame[name]):
        try:
            out[i] = float("nan" if cell is None else cell)
        except (TypeError, ValueError):
            out[i] = np.nan
        if not np.isfinite(out[i]):
            raise ParameterError(f"row {i + 1} of the table has {cell!r} for its {name}, which must be a number (s)")
    return out


def _lacks(frame: pd.DataFrame, name: str) -> str:
    there = ", ".join(map(str, frame.columns))
    return f"the table has no column {name!r}; it needs onset, duration (s) and, for bursts, channel; it has {there}"


def _index(recording: Recording, found: Bursts, label: str) -> int:
    channel = recording.channel(label)
    if channel not in found.channels:
        raise ParameterError(
            f"bursts can be marked in EMG, but {label!r} is {channel.kind}; describe it (channels=...)"
        )
    return found.channels.index(channel)


def _check(found: Bursts, channel: Ints, onset: Floats, offset: Floats) -> None:
    for i in np.flatnonzero(~(np.isfinite(onset) & (offset > onset))).tolist():
        raise ParameterError(
            f"the mark of {found.channels[channel[i]].label!r} from {onset[i]:g} to {offset[i]:g} s must end after it "
            "begins"
        )
    for k in range(len(found.channels)):
        mine = np.flatnonzero(channel == k)
        for i in np.flatnonzero(onset[mine][1:] < offset[mine][:-1] - SAME).tolist():
            a, b = mine[i], mine[i + 1]
            raise ParameterError(
                f"two marks of {found.channels[k].label!r} overlap: {onset[a]:.4f} to {offset[a]:.4f} s and "
                f"{onset[b]:.4f} to {offset[b]:.4f} s; join them, or move one"
            )


def _same(found: Bursts, channel: Ints, onset: Floats, offset: Floats) -> Ints:
    """Row of the detected burst that each mark is, or -1."""
    row = np.full(len(onset), -1, dtype=np.int64)
    for k in range(len(found.channels)):
        theirs, mine = np.flatnonzero(found.channel == k), np.flatnonzero(channel == k)
        if len(theirs) and len(mine):
            at = np.minimum(np.searchsorted(found.onset[theirs], onset[mine] - SAME), len(theirs) - 1)
            near = theirs[at]
            is_it = np.abs(found.onset[near] - onset[mine]) <= SAME
            is_it &= np.abs(found.offset[near] - offset[mine]) <= SAME
            row[mine] = np.where(is_it, near, -1)
    return row


def _touches(recording: Recording, onset: Floats, offset: Floats) -> NDArray[np.bool_]:
    """Which marks reach an edge of the data."""
    edges = np.concatenate([recording.segments.start, recording.segments.stop])
    return np.array(
        [bool(np.any((edges >= a - SAME) & (edges <= b + SAME))) for a, b in zip(onset, offset, strict=True)]
    )


def _measure(
    recording: Recording, found: Bursts, columns: dict[str, NDArray[Any]], rows: Ints, artefacts: Artefacts
) -> None:
    """Fill in what the samples say of these rows."""
    channel = columns["channel"][rows]
    measured = np.full(len(rows), fill_value=False)
    for k in np.unique(channel).tolist():
        label, sfreq = found.channels[k].label, found.channels[k].sfreq
        mine = np.flatnonzero(channel == k)
        onset, offset = columns["onset"][rows[mine]], columns["offset"][rows[mine]]
        halo = int(np.ceil((offset - onset).max() * sfreq)) + 2 * d.design(sfreq).halo
        blocks = cleaned_blocks(recording, [label], duration=max(BLOCK, 2 * halo / sfreq), artefacts=artefacts)
        for block, data, first in with_halo(blocks, halo):
            start = np.rint((onset - block.tmin) * sfreq).astype(np.int64)
            stop = np.maximum(np.rint((offset - block.tmin) * sfreq).astype(np.int64), start + 1)
            here = (start < block.data.shape[1]) & (stop > 0) & ~measured[mine]
            for i in np.flatnonzero(here).tolist():
                row = rows[mine[i]]
                values = _describe(data[0], first + start[i], first + stop[i], found.noise[k], sfreq)
                if values is not None:
                    values["peak_time"] = block.tmin + (values["peak_time"] - first) / sfreq
                    measured[mine[i]] = True
                    for name, value in values.items():
                        columns[name][row] = value
    for i in np.flatnonzero(~measured).tolist():
        row = rows[i]
        raise ParameterError(
            f"the mark of {found.channels[channel[i]].label!r} at {columns['onset'][row]:g} s lies where the recording "
            "has no data"
        )


def _describe(x: NDArray[np.float32], start: int, stop: int, noise: float, sfreq: float) -> dict[str, float] | None:
    """What the detector would say of samples start..stop of `x`; None where nothing is there."""
    design = d.design(sfreq)
    low, high = max(0, start - design.halo), min(len(x), stop + design.halo)
    start, stop, piece = max(start, 0) - low, min(stop, len(x)) - low, x[low:high]
    there = np.isfinite(piece)
    if not there[start:stop].any():
        return None
    whole = -(-len(piece) // design.spacing) * design.spacing
    padded = np.pad(np.where(there, piece, 0), (0, whole - len(piece)), mode="symmetric")
    padded = np.pad(padded, design.halo, mode="symmetric").astype(np.float32)
    y = kernels.condition(padded, design.taps, design.spacing, design.smooth)
    body = y[start:stop][there[start:stop]]
    peak = int(np.argmax(np.abs(y[start:stop])))
    around, enough = (round(s * sfreq) for s in d.REACH[3:])
    sd = noise if np.isfinite(noise) else 0.0
    limit = max(d.LIMITS[1] * float(np.abs(body).max()), d.LIMITS[2] * sd)
    middle = y[max(start, start + peak - around) : min(stop, start + peak + around)]
    top = min(450.0, 0.45 * sfreq)
    rms = float(np.sqrt(np.mean(np.square(body, dtype=np.float64))))
    return {
        "peak_time": low + start + peak,
        "amplitude": float(body.max() - body.min()),
        "rms": rms,
        "area": float(np.abs(body).sum(dtype=np.float64) / sfreq),
        "snr": 20 * float(np.log10(rms / noise)) if rms > 0 and noise > 0 else np.nan,
        "median_frequency": float(edge_kernels.median_frequency(middle, sfreq, d.HIGH_PASS, top, d.SPECTRUM_STEP))
        if len(body) >= enough
        else np.nan,
        "n_peaks": _potentials(body, limit, sfreq),
    }


def _potentials(body: NDArray[np.float32], limit: float, sfreq: float) -> int:
    """Separate potentials, as the detector counts them: a long or polyphasic one is more than one."""
    apart, longest = (round(s * sfreq) for s in d.REACH[1:3])
    count = int(edge_kernels.count_potentials(body, limit, apart))
    several = len(body) > longest or edge_kernels.count_phases(body, limit) > d.LIMITS[3]
    return 2 if count == 1 and several else count


def regroup(bursts: Bursts, onset: ArrayLike, offset: ArrayLike) -> Jerks:
    """Jerks from the times that a person gave them.

    Parameters
    ----------
    bursts : Bursts
    onset, offset : array of float, shape (n,)
        Seconds.

    Returns
    -------
    Jerks
        A jerk that `group_jerks` makes of these bursts, to 10 µs, is that jerk. Any other holds the bursts that are not
        suspect, begin within it and belong to none of the former.

    Raises
    ------
    ParameterError
        If no burst begins within a jerk.
    """
    grouped = group_jerks(bursts)
    begin, end = np.asarray(onset, dtype=float), np.asarray(offset, dtype=float)
    order = np.lexsort((end, begin))
    jerk = np.full(len(bursts), NO_JERK, dtype=np.int64)
    moved = []
    for i in order.tolist():
        near = np.abs(grouped.onset - begin[i]) <= SAME
        same = np.flatnonzero(near & (np.abs(grouped.offset - end[i]) <= SAME))
        if len(same):
            jerk[(grouped.member == grouped.number[same[0]]) & (jerk == NO_JERK)] = i
        else:
            moved.append(i)
    for i in moved:
        inside = (bursts.onset >= begin[i] - SAME) & (bursts.onset < end[i]) & (bursts.suspect == "")
        jerk[inside & (jerk == NO_JERK)] = i
    for i in np.flatnonzero(~np.isin(np.arange(len(begin)), jerk)).tolist():
        raise ParameterError(f"no burst begins in the jerk from {begin[i]:g} to {end[i]:g} s; mark its bursts first")
    rows = np.flatnonzero(jerk >= 0)
    alone = grouped.volley.max(initial=NO_JERK) + 1 + np.arange(len(bursts))
    volley = np.where(grouped.volley >= 0, grouped.volley, alone)
    return tabulate_jerks(bursts, rows, volley[rows], jerk[rows], grouped.silence_limit, grouped.repeat_limit)
