"""The burst detector fed piece by piece, while a recording is still going on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from zipfile import BadZipFile

import numpy as np

from myosig._checks import not_negative
from myosig.channel import Channel
from myosig.detect.bursts import LOWEST_RATE, Bursts, tabulate
from myosig.detect.search import Found, Search
from myosig.errors import ParameterError, ReadError
from myosig.samples import Samples
from myosig.storage import whole_file

LATENCY = 1.0  # s after its activity ends by which a burst is given out, at 1000 Hz and above [D: docs/detection.md]
STATE_FORMAT = "myosig burst detector 3"


class BurstDetector:
    """Finds bursts in a stream of samples; the same as `detect_bursts` but for what its noise estimate knows.

    `detect_bursts` estimates the noise from the 10 s on either side; a stream can look back, and as far
    ahead as it may be late. With ``ahead=10`` both find the same bursts. Line noise and heart beats are not
    removed here: that needs to see the recording.

    Parameters
    ----------
    channels : sequence of Channel
        All of one rate, at least 100 Hz; see `Recording.channels`.
    ahead : float
        Seconds that the noise estimate looks ahead. A burst is given out at most ``1 + ahead`` seconds after its
        activity ends; the offset of a loud burst that fades out lies a little before that.

    Raises
    ------
    ParameterError
        No channel, different rates, or a rate below 100 Hz.

    Examples
    --------
    >>> import numpy as np, myosig as ms
    >>> from myosig.detect.stream import BurstDetector
    >>> emg = np.random.default_rng(1).normal(0, 5, (1, 20_000)).astype(np.float32)
    >>> emg[0, 10_000:10_100] *= 20
    >>> rec = ms.from_array(emg, sfreq=2000, labels=["EMG R APB"], unit="uV")
    >>> detector = BurstDetector(rec.channels)
    >>> found = [detector.push(emg[:, i : i + 1000]) for i in range(0, 20_000, 1000)]
    >>> sum(len(b) for b in found) + len(detector.flush())
    1
    """

    def __init__(self, channels: Sequence[Channel], *, ahead: float = 0.0) -> None:
        self.channels = tuple(channels)
        self.ahead = not_negative("ahead", ahead)
        rates = {c.sfreq for c in self.channels}
        if len(rates) != 1 or min(rates) < LOWEST_RATE:
            raise ParameterError(
                f"channels must share one rate of at least {LOWEST_RATE:g} Hz, not {sorted(rates)}; "
                "make one detector for each rate"
            )
        self._search = Search(rates.pop(), len(self.channels), ahead=ahead)
        self._started = False

    def push(self, data: Samples) -> Bursts:
        """Take the next samples; give the bursts that are certain by now.

        Parameters
        ----------
        data : ndarray, shape (n_channels, n)
            In µV. NaN is missing data: nothing is found across it.

        Returns
        -------
        Bursts
            Those not given before. Times count from the first sample pushed.

        Raises
        ------
        ParameterError
            If the data have another shape.
        """
        block = np.asarray(data, dtype=np.float32)
        if block.ndim != 2 or len(block) != len(self.channels):
            raise ParameterError(f"data must have shape ({len(self.channels)}, n), not {block.shape}")
        self._search.push(block, 0.0, is_first=not self._started)
        self._started = True
        return self._take(self._search.take())

    def flush(self) -> Bursts:
        """End the stream; give the bursts that are left."""
        return self._take(self._search.finish())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state, as an NPZ file without pickles; `load` goes on from it as if nothing had happened."""
        header = {
            "format": STATE_FORMAT,
            "channels": [asdict(channel) for channel in self.channels],
            "ahead": self.ahead,
            "started": self._started,
        }
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, header=np.array(json.dumps(header)), **self._search.state())  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> BurstDetector:
        """The detector of a state that `save` wrote.

        Raises
        ------
        ReadError
            The file is something else, damaged, or of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                header = json.loads(str(file["header"]))
                if header["format"] != STATE_FORMAT:
                    raise ValueError(f"its format is {header['format']!r}, not {STATE_FORMAT!r}")
                detector = cls([_channel(fields) for fields in header["channels"]], ahead=header["ahead"])
                detector._started = bool(header["started"])
                detector._search.restore(file)
        except (ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
            why = f"not the state of a burst detector of this version ({error}); save it again with this version"
            raise ReadError(why, path=path) from error
        return detector

    def _take(self, found: list[Found]) -> Bursts:
        return tabulate(self.channels, found)


def _channel(fields: Mapping[str, Any]) -> Channel:
    """A channel from its fields in JSON, where tuples became lists."""
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    return Channel(**plain)
