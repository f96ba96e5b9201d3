"""Streams of Lab Streaming Layer, through mne-lsl."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from myosig.channel import Channel
from myosig.errors import MissingExtraError, ParameterError
from myosig.io.raw import from_array
from myosig.io.units import microvolts_per
from myosig.samples import Samples

PULL = 0.1  # s of samples asked for at a time


def open_stream(name: str, *, unit: str, timeout: float) -> tuple[tuple[Channel, ...], Iterator[tuple[float, Samples]]]:
    """The EMG channels of an LSL stream, and its chunks: time of the first sample in seconds, data in µV."""
    try:
        from mne_lsl.lsl import StreamInlet, resolve_streams
    except ImportError:
        raise MissingExtraError("mne-lsl", "lsl") from None
    factor = microvolts_per(unit)
    if factor is None:
        raise ParameterError(f"unit must be a voltage (uV, mV, V), not {unit!r}")
    found = resolve_streams(timeout=timeout, name=name, minimum=1)
    if not found:
        raise ParameterError(f"there is no LSL stream {name!r}")
    inlet = StreamInlet(found[0], processing_flags=["clocksync", "dejitter"])
    inlet.open_stream(timeout=timeout)
    info = inlet.get_sinfo(timeout=timeout)
    labels = info.get_channel_names() or [f"{k + 1}" for k in range(info.n_channels)]
    known = from_array(np.zeros((len(labels), 1)), sfreq=info.sfreq, labels=labels, unit="uV")
    rows = [i for i, channel in enumerate(known.channels) if channel.kind == "emg"]
    if not rows:
        raise ParameterError(f"no channel of {name!r} is known to be EMG: {', '.join(map(repr, labels))}")
    return tuple(known.channels[i] for i in rows), _chunks(inlet, rows, factor, info.sfreq, timeout)


def _chunks(
    inlet: Any, rows: list[int], factor: float, sfreq: float, timeout: float
) -> Iterator[tuple[float, Samples]]:
    try:
        while True:
            data, times = inlet.pull_chunk(timeout=timeout, max_samples=max(1, round(PULL * sfreq)))
            if not len(times):
                return
            yield float(times[0]), np.ascontiguousarray(data.T[rows] * factor, dtype=np.float32)
    finally:
        inlet.close_stream()
