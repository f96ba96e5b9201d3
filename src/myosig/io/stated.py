"""What the caller states of a file that does not say it itself: rate, unit, labels, layout. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myosig._checks import positive
from myosig.channel import Channel
from myosig.errors import ParameterError, ReadError
from myosig.io.describe import Statements, identify, voltage_scale


@dataclass(frozen=True, slots=True)
class Stated:
    """The arguments of `read` beside the path; None where nothing was said.

    Attributes
    ----------
    statements : Statements
        About single channels.
    sfreq : float or None
    unit : str or None
    labels : tuple of str or None
    layout : mapping or None
        Of a flat binary file.
    variable : str or None
        Name of the array, in a file that holds several.
    """

    statements: Statements
    sfreq: float | None = None
    unit: str | None = None
    labels: tuple[str, ...] | None = None
    layout: Mapping[str, Any] | None = None
    variable: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """What was said, as keyword arguments of `read`."""
        said = {name: getattr(self, name) for name in ("sfreq", "unit", "labels", "layout", "variable")}
        said["labels"] = None if self.labels is None else list(self.labels)
        return {k: v for k, v in {"channels": self.statements.to_dict(), **said}.items() if v}

    def refuse(self, path: Path, *names: str) -> None:
        """Raise if one of the named arguments was given: the file says that itself, or has no place for it."""
        given = [name for name in names if getattr(self, name) is not None]
        if given:
            raise ParameterError(
                f"{path.name} says by itself what {', '.join(given)} would state; leave it out "
                "(units={...} and channels={...} correct single channels)"
            )

    def rate(self, path: Path) -> float:
        """The stated rate; an error tells to state one."""
        if self.sfreq is None:
            raise ReadError("the file does not say its sampling rate; state it: sfreq=1000", path=path, field="sfreq")
        return float(positive("sfreq", self.sfreq))

    def names(self, path: Path, count: int | None = None) -> tuple[str, ...]:
        """The stated labels, `count` of them; an error tells to state them."""
        how_many = "" if count is None else f" ({count} of them)"
        if self.labels is None:
            raise ReadError(
                f"the file does not say what its channels are; state their labels{how_many}: labels=['EMG R APB', ...]",
                path=path,
                field="labels",
            )
        if len(set(self.labels)) != len(self.labels):
            raise ParameterError(f"labels must be unique, not {', '.join(map(repr, self.labels))}")
        if count is not None and count != len(self.labels):
            raise ParameterError(f"{path.name} has {count} channels, but {len(self.labels)} labels are stated")
        return self.labels


def describe_channels(
    labels: Sequence[str],
    stated_units: Sequence[str | None],
    *,
    sfreq: float,
    n_samples: int,
    statements: Statements,
    path: Path | None,
) -> tuple[list[Channel], list[float]]:
    """Channels that share rate and length, and by what the numbers of each are multiplied.

    Raises
    ------
    ReadError
        If an EMG or EEG channel has no unit, or one that is not a voltage.
    """
    statements.check_used(path, labels)
    channels, factors = [], []
    for label, stated_unit in zip(labels, stated_units, strict=True):
        statement = statements.about(label)
        about: dict[str, Any] = identify(label, statement)
        unit = statement.unit or stated_unit or ""
        factor, read_unit = voltage_scale(unit, label=label, kind=about["kind"], path=path)
        channels.append(
            Channel(label=label, sfreq=sfreq, unit=read_unit, n_samples=n_samples, original_label=label, **about)
        )
        factors.append(factor)
    return channels, factors


def channels_first(shape: Sequence[int], n_labels: int, path: Path) -> bool:
    """Whether the first dimension of an array counts its channels, told by the number of labels.

    An array of one dimension is one channel, and gives False.

    Raises
    ------
    ParameterError
        If no dimension fits, or both do.
    """
    fits = [size == n_labels for size in shape] if len(shape) == 2 else [False, n_labels == 1 == len(shape)]
    if not any(fits):
        raise ParameterError(f"{path.name}: an array of shape {tuple(shape)} does not fit {n_labels} labels")
    if all(fits) and n_labels > 1:
        raise ParameterError(
            f"{path.name}: {n_labels} labels do not tell which dimension of an array of shape {tuple(shape)} counts "
            "the channels; load it yourself and use myosig.from_array"
        )
    return fits[0]
