"""`myosig info`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from myosig.cli.shared import common_options, read, reading_options, say

if TYPE_CHECKING:
    from myosig.recording import Recording

NOT_UNDERSTOOD = {"emg": "muscle not known", "eeg": "place not known", "misc": "not understood"}


@click.command(short_help="How each channel was understood, what is wrong with it.")
@click.argument("file", type=click.Path(path_type=Path))
@reading_options
@common_options
def info(file: Path, quiet: bool, debug: bool, **how: Any) -> None:
    """Show what is in FILE, how each channel was understood, and what is wrong with it.

    A channel that was misunderstood can be described in a table: see --channels.

    \b
    Examples:  myosig info patient.edf
               myosig info patient.edf --channels montage.tsv
               myosig info emg.csv --unit mV --sfreq 2000
    """
    from myosig.detect.bursts import warn_without_emg
    from myosig.signals.quality import assess_quality

    recording = read(file, **how)
    problems = {q.channel: q.status_description for q in assess_quality(recording)}
    say(f"{recording.name}: {contents(recording)}")
    if recording.start_time is not None:
        say(f"start: {recording.start_time.isoformat(sep=' ')}")
    for start, stop in recording.segments:
        say(f"data from {start:.3f} to {stop:.3f} s")
    say(f"annotations: {len(recording.annotations)}\n\nchannels, as understood from their labels (* = as stated):")
    for line in describe_channels(recording, problems):
        say(line)
    warn_without_emg(recording)


def contents(recording: Recording) -> str:
    """How many channels of each kind, and how much data."""
    from myosig.report.pages import span

    kinds = Counter(c.kind for c in recording.channels)
    channels = ", ".join(f"{n} {kind.upper()}" for kind, n in kinds.most_common()) or "no"
    parts = "" if len(recording.segments) == 1 else f" in {len(recording.segments)} segments"
    plural = "" if len(recording.channels) == 1 else "s"
    return f"{channels} channel{plural}; {span(recording.duration)}{parts}"


def describe_channels(recording: Recording, problems: dict[str, str]) -> Iterator[str]:
    """One line a channel: how it was understood, by whom, and what is wrong with it."""
    for c in recording.channels:
        what = [c.muscle or c.site, c.side, "-".join(dict.fromkeys(c.segments[:1] + c.segments[-1:]))]
        if c.muscle is None and not c.site and c.kind in NOT_UNDERSTOOD:
            what[0] = NOT_UNDERSTOOD[c.kind]
        known = ", ".join(part for part in what if part) or "-"
        how = " *" if "stated" in c.known.values() else ""
        name = c.label if c.label == (c.original_label or c.label) else f"{c.label} (was {c.original_label})"
        yield f"{name:<16} {c.kind:<4} {c.sfreq:>7g} Hz {c.unit:<3} {known}{how}"
        if problems.get(c.label):
            yield f"    ! {problems[c.label]}"
