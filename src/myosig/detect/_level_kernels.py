"""Compiled kernels from the marks to the bursts: levels, runs, gaps. They call none of the other kernels."""

from __future__ import annotations

import math

import numpy as np

from myosig.compiled import F32, F64, I64, kernel
from myosig.detect._kernels import Marks

# -- levels -----------------------------------------------------------------------------------------
# The most likely sequence of power levels (Viterbi), each step's energy being gamma around its level. Level 0 is the
# noise, of power 1. A row of scores holds, before each step, the best score of a sequence that ends in level 0, in
# level 1, ..., and last the best of those above 0; sequences are read from the scores afterwards.


@kernel
def follow(z: F32, powers: F64, weight: float, edge: float, change: float, scores: F32) -> None:
    """Fill the rows of `scores` after the first, which is given; one step of `z` leads from each to the next.

    A burst's beginning and its end cost `edge` nats each, a change of level within it `change`. Scores are relative
    to noise alone, so the first row may be 0; what all levels have in common is taken off now and then.
    """
    m = len(powers) - 1
    gain, offset = np.empty(m, np.float32), np.empty(m, np.float32)
    for s in range(m):
        gain[s] = weight * (1.0 - 1.0 / powers[s + 1])
        offset[s] = weight * math.log(powers[s + 1])
    far, near = np.float32(edge), np.float32(change)
    for first in range(0, len(z), 64):
        scores[first] -= scores[first, 0]
        quiet, highest = scores[first, 0], scores[first, m + 1]
        for i in range(first, min(first + 64, len(z))):
            before, after, value = scores[i], scores[i + 1], z[i]
            enter = max(quiet - far, highest - near)
            quiet = max(quiet, highest - far)
            highest = np.float32(-np.inf)
            for s in range(m):
                score = max(before[s + 1], enter) + (gain[s] * value - offset[s])
                after[s + 1] = score
                highest = max(highest, score)
            after[0], after[m + 1] = quiet, highest


@kernel
def trace(scores: F32, edge: float, change: float, path: Marks, known: int) -> None:
    """Fill `path` with the most likely level of each step, from its `scores` and those of the steps after it.

    The first `known` steps hold the path of an earlier look: from where the two meet backwards they are the same.
    """
    m = scores.shape[1] - 2
    far, near = np.float32(edge), np.float32(change)
    state = int(np.argmax(scores[len(path), : m + 1]))
    for i in range(len(path) - 1, -1, -1):
        if i < known and path[i] == state:
            return
        path[i] = state
        quiet, highest = scores[i, 0], scores[i, m + 1]
        if state == 0 and highest - far > quiet:
            state = 1 + int(np.argmax(scores[i, 1 : m + 1]))
        elif state > 0 and max(quiet - far, highest - near) > scores[i, state]:
            state = 1 + int(np.argmax(scores[i, 1 : m + 1])) if highest - near > quiet - far else 0


@kernel
def levels(z: F32, powers: F64, weight: float, edge: float, change: float) -> Marks:
    """The most likely sequence of power levels of a stretch, of which the first may be any."""
    scores = np.zeros((len(z) + 1, len(powers) + 1), np.float32)
    path = np.empty(len(z), np.uint8)
    follow(z, powers, weight, edge, change, scores)
    trace(scores, edge, change, path, 0)
    return path


@kernel
def any_set(mark: Marks) -> bool:
    """Whether any is set; as `any_of` in _kernels.py, which this file may not call."""
    seen = np.uint8(0)
    for m in mark:
        seen |= m
    return bool(seen)


@kernel
def ratios(e: F32, noise: F64, hop: int, grain: int, start: int, stop: int) -> F32:
    """Mean energy of every `grain` bins from `start` to `stop`, over the noise of their hop; 1 where that is 0.

    `start` lies on a hop, which is whole in grains.
    """
    ratio = np.ones((stop - start) // grain, np.float32)
    for first in range(start, stop, hop):
        power = noise[min(first // hop, len(noise) - 1)]
        if power == 0:
            continue
        inverse = 1.0 / (grain * power)
        out = ratio[(first - start) // grain : (min(first + hop, stop) - start) // grain]
        for g in range(len(out)):
            total = np.float32(0)
            for i in range(grain):
                total += e[first + g * grain + i]
            out[g] = total * inverse
    return ratio


@kernel
def segment(
    e: F32,
    noise: F64,
    mark: Marks,
    hop: int,
    grain: int,
    near: int,
    powers: F64,
    weight: float,
    cost: tuple[float, float],
    dip: tuple[float, float, int, float],
    start: int,
    scores: F32,
    followed: int,
    level: Marks,
) -> int:
    """Fill `level`, of the bins from `start` on, hop by hop, in grains of `grain` bins; 0 where nothing is marked.

    Each hop is seen with the one after it, and with all before it that are marked in a row and one more; it is left
    out where no mark is within `near` bins. `scores` (see above) has room for the grains of several hops, from one
    before `start` on, of which those before bin `followed` are known; in the end they are those from a hop before
    the end of `level` on. Returns the new `followed`.
    """
    level[:] = 0
    origin, stop = start - hop, start + len(level)
    path = np.empty((stop - origin + hop) // grain, np.uint8)
    traced, base = 0, origin  # base: the bin of the first row of `scores`
    for a in range(start, stop, hop):
        b = min(a + hop, stop)
        if not any_set(mark[max(0, a - near) : b + near]):
            continue
        left, right = max(0, a - hop), min(len(mark), b + hop)
        if followed < left:
            followed = base = left
            scores[0] = 0
        elif (right - base) // grain >= len(scores):
            move_up(scores, (left - base) // grain)
            base = left
        ratio = ratios(e, noise, hop, grain, followed, right)
        known, last = (followed - base) // grain, (right - base) // grain
        follow(ratio, powers, weight * grain, cost[0], cost[1], scores[known : last + 1])
        followed = right
        here, end = (left - origin) // grain, (right - origin) // grain
        trace(scores[(left - base) // grain : last + 1], cost[0], cost[1], path[here:end], max(traced - here, 0))
        traced = end
        for g in range((a - origin) // grain, min((b - origin) // grain, end)):
            for i in range(origin + g * grain - start, origin + (g + 1) * grain - start):
                level[i] = path[g]
        for low, high in dips(path[here:end], powers, dip[0], dip[1], dip[2], dip[3]):
            level[max(a, left + low * grain) - start : max(a, min(b, left + high * grain)) - start] = 0
    if followed >= stop - hop:
        move_up(scores, (stop - hop - base) // grain)
    return followed


@kernel
def move_up(scores: F32, rows: int) -> None:
    """Move what follows the first `rows` to the beginning."""
    flat, skipped = scores.ravel(), rows * scores.shape[1]
    for i in range(len(flat) - skipped):
        flat[i] = flat[i + skipped]


@kernel
def dips(level: Marks, powers: F64, depth: float, quiet_depth: float, reach: int, near: float) -> I64:
    """Stretches (start, stop) that lie `depth` below the highest levels within `reach` steps on both sides.

    Within `near` of the noise `quiet_depth` is enough. What is at level 0 is none.
    """
    change = np.zeros(len(level) + 1, np.int64)
    n = 0
    for i in range(1, len(level)):
        if level[i] != level[i - 1]:
            n += 1
            change[n] = i
    n += 1
    change[n] = len(level)
    out = np.empty((n, 2), np.int64)
    found = 0
    for k in range(n):
        power = powers[level[change[k]]]
        least = power * (quiet_depth if power <= near else depth)
        left, right = k - 1, k + 1
        while left >= 0 and powers[level[change[left]]] < least:
            left -= 1
        while right < n and powers[level[change[right]]] < least:
            right += 1
        if level[change[k]] == 0 or left < 0 or right == n:
            continue
        start, stop = max(change[k], change[right] - reach), min(change[k + 1], change[left + 1] + reach)
        if start < stop:
            out[found, 0], out[found, 1] = start, stop
            found += 1
    return out[:found]


# -- runs -------------------------------------------------------------------------------------------

TOGETHER = 64  # bins that are passed over at once where nothing is active


@kernel
def runs(level: Marks) -> I64:
    """Stretches (start, stop) of levels above 0."""
    out = np.empty((len(level) // 2 + 1, 2), np.int64)
    n = 0
    for first in range(0, len(level), TOGETHER):
        if not any_set(level[first : first + TOGETHER]):
            continue
        for i in range(first, min(first + TOGETHER, len(level))):
            if level[i] == 0:
                continue
            if i == 0 or level[i - 1] == 0:
                out[n, 0] = i
                n += 1
            out[n - 1, 1] = i + 1
    return out[:n].copy()


@kernel
def mean_without_impulses(
    e: F32, noise: F64, hop: int, start: int, stop: int, impulse: tuple[int, int, float, float]
) -> float:
    """Mean ratio to the noise from bin `start` to `stop`, in which an impulse counts for little.

    `impulse` is (near, far, most, leak): a bin counts at most `most` times the largest of those `near` to `far` bins
    from it on either side. Of the largest excess over that, the part `leak`, where it exceeds the noise, is taken off
    every bin, as an amplitude: what the band-pass makes of an impulse farther away.
    """
    near = np.zeros(stop - start)
    excess, total = 0.0, 0.0
    for i in range(start, stop):
        for j in range(impulse[0], impulse[1] + 1):
            near[i - start] = max(near[i - start], e[max(i - j, 0)], e[min(i + j, len(e) - 1)])
        excess = max(excess, e[i] - impulse[2] * near[i - start])
    leak = math.sqrt(max(impulse[3] * excess - noise[min(start // hop, len(noise) - 1)], 0.0))
    for h in range(start // hop, -(-stop // hop)):
        power = noise[min(h, len(noise) - 1)]
        if power == 0:
            continue
        for i in range(max(start, h * hop), min(stop, (h + 1) * hop)):
            own, beside = max(math.sqrt(e[i]) - leak, 0.0), max(math.sqrt(near[i - start]) - leak, 0.0)
            total += min(own**2, impulse[2] * beside**2) / power
    return total / (stop - start)


@kernel
def nats(mean: float, length: int, weight: float) -> float:
    """By how much energies of that mean ratio beat noise alone."""
    return length * weight * (mean - 1 - math.log(mean)) if mean > 1 else 0.0


@kernel
def still_gaps(
    found: I64, level: Marks, powers: F64, sums: F64, weight: float, quiet: tuple[float, int, int, float]
) -> Marks:
    """Whether the gap before each stretch is as quiet as noise, or far below the louder of its sides.

    `sums` are those of the ratios; `quiet` is (nats, longest, trim, depth): without `trim` bins at either end, the gap
    must not beat noise by that many nats unless it is longer than `longest`, or lies `depth` below the highest level
    beside it.
    """
    out = np.ones(len(found), np.uint8)
    before = 0.0
    for k in range(len(found)):
        after = powers[level[found[k, 0] : found[k, 1]].max()]
        width = found[k, 0] - found[k - 1, 1]
        if k > 0 and width <= quiet[1]:
            trim = min(quiet[2], width // 3)
            mean = (sums[found[k, 0] - trim] - sums[found[k - 1, 1] + trim]) / (width - 2 * trim)
            still = nats(mean, width - 2 * trim, weight) < quiet[0] or mean * quiet[3] < max(before, after)
            out[k] = np.uint8(1 if still else 0)
        before = after
    return out


@kernel
def odds_alike(x: F64, spread: float, shift: float) -> float:
    """Log odds that lengths are alike rather than up to chance, whatever their scale.

    Alike: log-normal of standard deviation `spread`. Up to chance: `shift` and an exponential, as the gaps of a
    Poisson train beyond the shortest that counts and, beyond one potential, its stretches without a gap. The prior of
    either scale is flat in its log.
    """
    n = len(x)
    mean, total, excess = 0.0, 0.0, 0.0
    for v in x:
        mean += math.log(v) / n
        total += math.log(v)
        excess += max(v - shift, 1.0)
    square = 0.0
    for v in x:
        square += (math.log(v) - mean) ** 2
    alike = -0.5 * ((n - 1) * math.log(2 * math.pi * spread**2) + math.log(n) + square / spread**2) - total
    return alike - (math.lgamma(n) - n * math.log(excess))


@kernel
def parts(found: I64, k: int, gap: I64, comparable: float, spread: F64, single: float, odds: float) -> bool:
    """Whether the gap before stretch `k` parts two bursts: one of a run of bursts, or of the sparse potentials of one.

    Of the stretches within ``gap[2]`` bins before and ``gap[3]`` after, joined over what is shorter than the part
    `comparable` of this gap: a run has bursts alike and gaps alike (log-normal, `spread`), no gap far below
    its usual burst. Two that are hardly longer than a `single` potential are one burst.
    """
    width = found[k, 0] - found[k - 1, 1]
    begin, end = found[k - 1, 1] - gap[2], found[k, 0] + gap[3]
    first, last = k - 1, k
    while first > 0 and found[first, 0] - found[first - 1, 1] < gap[1] and found[first - 1, 1] > begin:
        first -= 1
    while last + 1 < len(found) and found[last + 1, 0] - found[last, 1] < gap[1] and found[last + 1, 0] < end:
        last += 1
    gaps, pieces = np.empty(last - first), np.empty(last - first + 1)
    n, start = 0, max(found[first, 0], begin)
    for j in range(first, last + 1):
        if j < last and found[j + 1, 0] - found[j, 1] < comparable * width:
            continue
        pieces[n] = max(float(min(found[j, 1], end) - start), single)
        if j < last:
            gaps[n] = found[j + 1, 0] - found[j, 1]
            start = found[j + 1, 0]
            n += 1
    if n == 1 and pieces[:2].max() <= 2.0 * single:
        return False
    gaps, pieces = gaps[:n], pieces[: n + 1]
    evidence = odds_alike(gaps, spread[0], comparable * width) + odds_alike(pieces, spread[1], single - 2.0)
    return bool(evidence - 3.0 * math.log(np.median(pieces) / width) > odds)


@kernel
def join(found: I64, still: Marks, gap: I64, comparable: float, spread: F64, single: float, odds: float) -> I64:
    """Join stretches over the gaps that do not part them.

    Those are shorter than ``gap[0]`` bins, not still (`still` says it of the gap before each stretch), or not as
    `parts` has it; a still gap of ``gap[1]`` bins always parts.
    """
    out = np.empty_like(found)
    n = 0
    for k in range(len(found)):
        width = found[k, 0] - found[k - 1, 1] if k > 0 else gap[1]
        parting = k == 0 or (width >= gap[0] and still[k] != 0)
        if not parting or (width < gap[1] and not parts(found, k, gap, comparable, spread, single, odds)):
            out[n - 1, 1] = found[k, 1]
        else:
            out[n] = found[k]
            n += 1
    return out[:n]


@kernel
def ended(
    level: Marks,
    sums: F64,
    mark: Marks,
    hops: tuple[F32, F64, int],
    powers: F64,
    joining: tuple[I64, float, F64, float, float],
    quiet: tuple[float, int, int, float],
    standing: tuple[float, float],
    impulse: tuple[int, int, float, float],
    room: int,
    start: int,
    last: int,
    stop: int,
) -> tuple[I64, int, int]:
    """The bursts that begin from bin `start` on and end before bin `stop`.

    Rows of first and last bin and how far the edges may move: `room` bins, half of the gap to a neighbour, not
    before `start` nor beyond `last`. Only those that hold a mark and beat noise alone by ``standing[1]`` nats, impulses
    not counted. `hops` are the energies, the noise of each hop and its bins. Besides, from where on the next may
    begin, and from where on bins are still needed.
    """
    gap, comparable, spread, single, odds = joining
    weight, least = standing
    pieces = runs(level)
    found = join(pieces, still_gaps(pieces, level, powers, sums, weight, quiet), gap, comparable, spread, single, odds)
    out = np.empty((len(found), 4), np.int64)
    n, following, needed = 0, start, len(level)
    for k in range(len(found)):
        a, b = found[k, 0], found[k, 1]
        if a < start:
            continue
        if b > stop:
            needed = min(needed, a) if a >= following else needed
            continue
        earliest = max(start, 0) if k == 0 or found[k - 1, 0] < start else (found[k - 1, 1] + a) // 2
        latest = last if k + 1 == len(found) else (b + found[k + 1, 0]) // 2
        following = min(latest, b + room)
        if not any_set(mark[a:b]):
            continue
        mean = mean_without_impulses(hops[0], hops[1], hops[2], a, b, impulse)
        if nats(mean, b - a, weight) >= least:
            out[n] = (a, b, max(earliest, a - room), following)
            n += 1
    return out[:n], following, needed
