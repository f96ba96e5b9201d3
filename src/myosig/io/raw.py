"""Recordings from arrays in memory: the rate, the unit and the labels are stated, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myosig._checks import positive
from myosig.annotations import Annotations
from myosig.errors import ParameterError
from myosig.io.describe import ChannelsArgument, Statements
from myosig.io.stated import describe_channels
from myosig.recording import Recording
from myosig.samples import MemorySource


def from_array(
    data: ArrayLike,
    *,
    sfreq: float,
    labels: Sequence[str],
    unit: str,
    units: Mapping[str, str] | None = None,
    channels: ChannelsArgument | None = None,
    annotations: Annotations | None = None,
    start_time: datetime | None = None,
    name: str = "",
) -> Recording:
    """A recording from an array.

    Parameters
    ----------
    data : array_like, shape (n_channels, n_samples) or (n_samples,)
        Real numbers; NaN where there is no sample. A float32 array in µV is used as it is, not copied.
    sfreq : float
        Samples per second, the same for all channels.
    labels : sequence of str
        One a channel, unique, e.g. ``["EMG R APB", "EEG C3"]``.
    unit : str
        Unit of the numbers (``"uV"``, ``"mV"``, ``"V"`` ...).
    units : mapping of str to str, optional
        Other units for some channels, by label.
    channels : mapping or path, optional
        Your own description of the channels, see `read`; it wins over what is understood from the labels.
    annotations : Annotations, optional
    start_time : datetime, optional
        Wall-clock time of the first sample.
    name : str
        For messages and results.

    Returns
    -------
    Recording

    Raises
    ------
    ParameterError
        If shape, labels or rate do not fit, or the numbers are not real.
    ReadError
        If an EMG or EEG channel has a unit that is not a voltage.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> rec = ms.from_array(np.ones((2, 1000)), sfreq=1000, labels=["EMG R APB", "EEG C3"], unit="mV")
    >>> float(rec.read("EEG C3")[0]), rec.duration
    (1000.0, 1.0)
    """
    table = np.atleast_2d(_real(data))
    names = list(labels)
    if table.ndim != 2 or len(table) != len(names):
        hint = "; transpose it" if table.ndim == 2 and table.shape[1] == len(names) else ""
        raise ParameterError(
            f"data must have the shape (n_channels, n_samples) with one label a channel, not {np.shape(data)} "
            f"with {len(names)} labels{hint}"
        )
    made, factors = describe_channels(
        names,
        [unit] * len(names),
        sfreq=float(positive("sfreq", sfreq)),
        n_samples=table.shape[1],
        statements=Statements.of(channels, units),
        path=None,
    )
    rows = [scaled(row, factor) for row, factor in zip(table, factors, strict=True)]
    return Recording(made, MemorySource(rows), annotations=annotations, start_time=start_time, name=name)


def _real(data: ArrayLike) -> NDArray[Any]:
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise ParameterError(f"data must be real numbers, not {array.dtype}")
    return array


def scaled(row: NDArray[Any], factor: float) -> NDArray[np.float32]:
    """The row times a factor, in single precision; not copied where nothing changes."""
    with np.errstate(invalid="ignore", over="ignore"):  # of numbers that are none, or beyond float32
        return row.astype(np.float32, copy=False) if factor == 1 else (row * factor).astype(np.float32)
