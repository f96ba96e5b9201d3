"""Twins of the timing kernels, written from their definitions."""

import itertools


def pair_up(onset, channel, window):
    """Pairs (burst of the lower channel, of the higher): neighbours in the common train, closer than those beside."""
    pairs = []
    for a, b in itertools.combinations(sorted(set(channel.tolist())), 2):
        train = [i for i in range(len(onset)) if channel[i] in (a, b)]
        gap = [
            onset[j] - onset[i] if channel[i] != channel[j] and onset[j] - onset[i] <= window else float("inf")
            for i, j in itertools.pairwise(train)
        ]
        for k, here in enumerate(gap):
            beside = gap[max(k - 1, 0) : k] + gap[k + 1 : k + 2]
            if here < float("inf") and all(here < other for other in beside):
                i, j = train[k : k + 2]
                pairs.append((i, j) if channel[i] == a else (j, i))
    return sorted(pairs)


def volleys(onset, offset, channel, related, silence, repeat, fragment, most):
    """The volley of each burst: a list of lists of bursts is kept, and searched from the one with the latest burst."""
    groups = []
    for j in range(len(onset)):
        for group in sorted(groups, key=lambda g: -onset[g[-1]]):
            own = [i for i in group if channel[i] == channel[j]]
            ends = [offset[i] for i in group if related[channel[i], channel[j]]]
            soon = onset[j] - onset[group[-1]] <= repeat or (own and onset[j] - max(offset[i] for i in own) <= fragment)
            near = ends and onset[j] - max(ends) <= silence
            if near and (not own or (soon and len(own) < most)):
                group.append(j)
                break
        else:
            groups.append([j])
    return [next(k for k, group in enumerate(groups) if j in group) for j in range(len(onset))]
