"""One compiled call takes a channel from its next samples to the rows of the bursts that are certain by then.

It calls the kernels of the other files, whose edits numba's disk cache does not notice: what those files hold goes into
the signature of `advance`, so that it is compiled anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.compiled import F32, F64, I64, SOURCES, kernel
from myosig.detect._band_kernels import condition_spans, energies
from myosig.detect._edge_kernels import describe, edges
from myosig.detect._kernels import Marks, count_codes, log_codes, scan
from myosig.detect._level_kernels import ended, segment

Codes = NDArray[np.int16]


@kernel
def listen(x: F32, measured: int, band: Any, coding: Any, e: F32, codes: Codes) -> None:
    """Fill `e` from bin `measured` on with the energies of the samples, and `codes` with those of the windows there."""
    taps, spacing, smooth, width = band
    window, step, per_octave, borders = coding
    energies(x[measured * width :], taps, spacing, smooth, width, e[measured:])
    lead = min(measured, window - step)
    log_codes(e[measured - lead :], lead, window, step, per_octave, borders, codes[measured // step :])


@kernel
def first_live(e: F32, hop: int, first: int, last: int) -> int:
    """The first whole hop, from `first` to `last`, in which the line is not flat; `last` where there is none."""
    for h in range(first, min(last, len(e) // hop)):
        if e[h * hop : (h + 1) * hop].min() > 0:
            return h
    return last


@kernel
def judge(
    e: F32,
    hop: int,
    done: int,
    codes: Codes,
    before: int,
    reach: tuple[int, int],
    center: F64,
    low: F64,
    estimate: Any,
    gamma: Any,
    trigger: Any,
    sums: F64,
    mark: Marks,
    noise: F64,
) -> None:
    """Fill `noise` from hop `done` on, and there `sums` and `mark`; `center` and `low` go on learning.

    The first hop of `e` is row `before` of `codes`; `reach` is how many hops back and ahead the noise is estimated
    from; the others are those of `scan`. As long as nothing is known of this channel's noise, it is first learned from
    what may be looked ahead to.
    """
    back, ahead = reach
    begin, ready = done, len(noise)
    if not low.any():
        begin = first_live(e, hop, done, ready)
        at = (before + done, back, ahead)
        scan(e, hop, done * hop, codes, at, estimate, center, low, gamma, trigger, sums, mark, noise[done:begin])
    at = (before + begin, back, ahead)
    if begin < ready and not low.any():
        near = e[begin * hop : (begin + ahead + 1) * hop]
        hops, no_sums, no_mark = -(-len(near) // hop), np.zeros(len(near) + 1), np.zeros(len(near), np.uint8)
        seen = codes[: before + begin + hops]
        scan(near, hop, 0, seen, at, estimate, center, low, gamma, trigger, no_sums, no_mark, np.empty(hops))
    scan(e, hop, begin * hop, codes, at, estimate, center, low, gamma, trigger, sums, mark, noise[begin:])


@kernel
def measure(
    x: F32, e: F32, noise: F64, hop: int, found: I64, ends: tuple[bool, bool], band: Any, describing: Any
) -> F64:
    """One row for each burst `found` in the energies `e` of the samples `x`, see `advance`, `edges` and `describe`."""
    taps, spacing, smooth, width = band
    weight, uneven, near, rises, reach, spectrum, limits, shortest, margin = describing
    power, about, whole = np.empty(len(found)), np.empty((len(found), 2), np.int64), len(e) * width
    for k in range(len(found)):
        power[k] = noise[min(found[k, 0] // hop, len(noise) - 1)]
    edge = edges(e, power, found, weight, uneven, near, rises)
    for k in range(len(found)):
        about[k] = (round(edge[k, 0] * width), round(edge[k, 1] * width))
    context = x[: whole + 2 * spacing * (len(taps) // 2 + 2)]
    y, spans, begin = condition_spans(context, taps, spacing, smooth, about, reach[0])
    cut = (margin if ends[0] else -1, whole - margin if ends[1] else whole + 1)
    rows: F64 = describe(y, begin, spans, width, power, edge, reach, spectrum, limits, shortest, cut)
    return rows


@kernel
def advance(
    stream: tuple[F32, F32, Codes, F64, F64, Marks, Marks],
    known: tuple[int, int, int, int, int, int],
    ends: tuple[bool, bool],
    learned: tuple[F64, F64, I64],
    scores: F32,
    hop: int,
    reach: tuple[int, int],
    listening: Any,
    judging: Any,
    levelling: Any,
    ending: Any,
    describing: Any,
    sources: int = SOURCES,
) -> tuple[F64, int, int, int, int]:
    """Fill what is new in the arrays of a channel's `stream`; describe the bursts that have ended.

    Parameters
    ----------
    stream : (samples with their surroundings, energies, codes, noise, sums, mark, level)
        As `energies`, `log_codes`, `scan` and `segment` have them, but for older codes all from the same hop on.
    known : (bins measured, codes counted, hops judged, bins with a level, bins followed, first bin of a next burst)
        How far the arrays are filled already, and see `segment` and `ended`.
    ends : (bool, bool)
        Whether they begin where the samples do, and whether no sample comes after.
    learned : (center, low, heard)
        Of the noise, see `scan`; and how often each code came, see `count_codes`.
    scores : array
        See `segment`.
    hop : int
        Bins.
    reach : (hops back, hops ahead)
    listening, judging, levelling, ending, describing : tuples
        Settings: see `listen`, `judge`, `segment`, `ended` and `measure`.

    Returns
    -------
    rows, counted, followed, following, needed
        One row a burst, in samples; codes counted; then as `segment` and `ended` return them.
    """
    x, e, codes, noise, sums, mark, level = stream
    measured, counted, judged, levelled, followed, free = known
    center, low, heard = learned
    band, coding, beside = listening
    before = len(codes) + -len(e) // hop
    flat, first = codes.reshape(-1), before * codes.shape[1]
    listen(x, measured, band, coding, e, flat[first:])
    end = len(e) // coding[1]
    certain = end if ends[1] else max(counted, end - beside)  # of the others it is not known what comes after them
    count_codes(flat[: first + end], first + counted, first + certain, beside, heard)
    estimate, gamma, trigger = judging
    judge(e, hop, judged, codes, before, reach, center, low, estimate, gamma, trigger, sums, mark, noise)
    if levelled < len(level):
        grain, near, powers, weight, cost, dip = levelling
        marked, new = e[: len(mark)], level[levelled:]
        followed = segment(
            marked, noise, mark, hop, grain, near, powers, weight, cost, dip, levelled, scores, followed, new
        )
    powers, joining, quiet, standing, impulse, room, wait = ending
    hops, stop = (e, noise, hop), len(level) - (0 if ends[1] else wait)
    found, following, needed = ended(
        level, sums, mark, hops, powers, joining, quiet, standing, impulse, room, free, len(e), stop
    )
    return measure(x, e, noise, hop, found, ends, band, describing), certain, followed, following, needed
