"""`read`: a file of any known format becomes a Recording."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from myosig.io.describe import ChannelsArgument, Statements
from myosig.io.edf import read_edf
from myosig.recording import Recording


def read(
    path: str | os.PathLike[str],
    *,
    units: Mapping[str, str] | None = None,
    channels: ChannelsArgument | None = None,
    sfreq: float | None = None,
    unit: str | None = None,
    labels: Sequence[str] | None = None,
) -> Recording:
    """Open a recording."""
    return read_edf(path, statements=Statements.of(channels, units))
