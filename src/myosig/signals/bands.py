"""Zero-phase band-pass and resampling by an integer factor, for analyses that hold a stretch in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from myosig._checks import band as check_band
from myosig.samples import Block, Samples

ORDER = 4  # of the Butterworth band-pass; run both ways it is 8 [P: what laboratories use for EMG]


def bandpass(data: NDArray[np.floating], band: tuple[float, float], *, sfreq: float) -> NDArray[np.float64]:
    """Band-pass without delay (Butterworth, forwards and backwards).

    Parameters
    ----------
    data : ndarray of float, shape (..., n_samples)
        Finite values.
    band : (float, float)
        Corner frequencies in Hz, -6 dB after both runs.
    sfreq : float
        Samples per second.

    Returns
    -------
    ndarray of float, shape (..., n_samples)
        What happens is smeared backwards as well as forwards: do not read onsets from a narrow band.

    Raises
    ------
    ParameterError
        If the band does not lie between 0 and half the sampling rate.

    Examples
    --------
    >>> import numpy as np
    >>> wave = np.sin(2 * np.pi * 40 * np.arange(2000) / 1000)
    >>> float(np.round(np.ptp(bandpass(wave + 5, (20, 80), sfreq=1000)[500:1500]), 1))
    2.0
    """
    from scipy.signal import sosfiltfilt

    low, high = check_band("band", band, sfreq=sfreq)
    return np.asarray(sosfiltfilt(_butterworth(low, high, sfreq), data, axis=-1), dtype=np.float64)


@cache
def _butterworth(low: float, high: float, sfreq: float) -> NDArray[np.float64]:
    from scipy.signal import butter

    return np.asarray(butter(ORDER, (low, high), "bandpass", fs=sfreq, output="sos"))


def zero_filled(x: Samples) -> Samples:
    """The same samples, with 0 where they are missing; not a copy where none is."""
    return x if np.isfinite(x.sum()) else np.nan_to_num(x)


def with_halo(
    blocks: Iterator[Block], halo: int, rows: Sequence[int] | None = None
) -> Iterator[tuple[Block, Samples, int]]:
    """Each block together with its surroundings in the same segment.

    Parameters
    ----------
    blocks : iterator of Block
        All but the last of a segment at least `halo` samples long.
    halo : int
        Samples wanted on either side; fewer come at the edges of a segment.
    rows : sequence of int, optional
        Which channels are wanted with their surroundings. Default: all.

    Yields
    ------
    block : Block
    data : ndarray of float32, shape (n_rows, n_samples)
        The block's samples with those around it, a copy.
    first : int
        Where in `data` the block begins.
    """
    chosen = slice(None) if rows is None else list(rows)
    before, block = np.empty((0, 0), np.float32), next(blocks, None)
    while block is not None:
        middle = block.data[chosen]
        if block.is_first:
            before = middle[:, :0]
        following = next(blocks, None)
        after = middle[:, :0] if block.is_last or following is None else following.data[chosen, :halo]
        data = np.concatenate([before, middle, after], axis=1)
        yield block, data, before.shape[1]
        joined = data[:, : before.shape[1] + middle.shape[1]]
        before = joined[:, max(0, joined.shape[1] - halo) :]
        block = following
