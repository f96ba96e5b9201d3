"""`myosig simulate`."""

from __future__ import annotations

from pathlib import Path

import click

import myosig as ms
from myosig.cli.shared import OUT_FILE, common_options, say

SIMULATED = (*ms.PATTERNS, "negative", "tremor", "none")


@click.command(short_help="A synthetic recording with a known source.")
@click.argument("pattern", type=click.Choice(SIMULATED), metavar="PATTERN")
@click.argument("out", type=OUT_FILE)
@click.option("--seed", type=click.IntRange(min=0), required=True, help="The same seed gives the same recording.")
@click.option("--duration", type=float, default=300.0, show_default=True, help="Seconds.")
@click.option(
    "--difficulty", type=click.Choice(["easy", "medium", "hard"]), default="medium", show_default=True, help="Noise."
)
@common_options
def simulate(pattern: str, out: Path, seed: int, duration: float, difficulty: str, quiet: bool, debug: bool) -> None:
    """Write a synthetic recording of PATTERN to OUT (.edf or .bdf).

    PATTERN is one of cortical, brainstem, segmental, propriospinal, peripheral, functional, negative, tremor, none.

    \b
    Example:   myosig simulate cortical --seed 1 cortical.edf
    """
    made = ms.simulate(pattern, seed=seed, duration=duration, difficulty=difficulty)
    ms.write_edf(made.recording, out)
    say(f"{out}: {made.recording!r}", quiet=quiet)
