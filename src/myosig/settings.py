"""What an analysis was told: everything besides the samples that its results depend on, in one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from myosig._checks import one_of
from myosig.errors import MyosigError, ParameterError
from myosig.io.reader import READING
from myosig.localize.context import Context, context_from
from myosig.localize.cortex.reference import AS_RECORDED
from myosig.localize.likelihoods import Likelihoods, amended, amendments, read_likelihoods
from myosig.localize.score import normalised
from myosig.notebook import ShownFields
from myosig.patterns import Pattern

Origin = Literal["detected", "corrected by hand"]
DETECTED: Origin = "detected"
CORRECTED: Origin = "corrected by hand"
HEAD = """\
# What this analysis was told. To repeat it on the same recording:
#     myosig analyze RECORDING --settings settings.toml --out DIR
"""


@dataclass(frozen=True, slots=True)
class Settings(ShownFields):
    """What an analysis can be told beforehand; the same settings and the same file give the same results.

    Attributes
    ----------
    seed : int
        Of every random surrogate.
    prior : mapping of pattern to float, optional
        Prior probability of each of the six patterns; default: equal.
    likelihoods : mapping, optional
        A likelihood table of your own (`read_likelihoods`); default: that of myosig.
    context : Context, optional
        What the recording cannot know: imaging, evoked potentials, clinical signs.
    reference : str
        Of the EEG: "as recorded", "average", or the label of an EEG channel.
    bursts : {"detected", "corrected by hand"}
        Where the bursts came from; `analyze` fills it in. Settings that say "corrected by hand" need the bursts again.
    reading : mapping
        What `read` was told of the file besides its path; `analyze` fills it in, ``read(path, **settings.reading)``
        opens the file in the same way.

    Examples
    --------
    >>> import myosig as ms
    >>> ms.Settings(seed=3).to_dict()
    {'seed': 3, 'bursts': 'detected'}
    """

    seed: int = 0
    prior: Mapping[Pattern, float] | None = None
    likelihoods: Likelihoods | None = None
    context: Context | None = None
    reference: str = AS_RECORDED
    bursts: Origin = DETECTED
    reading: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or self.seed < 0:
            raise ParameterError(f"seed must be a whole number, 0 or above, not {self.seed!r}")
        if self.prior is not None:
            normalised(self.prior)
        if not isinstance(self.reference, str):
            raise ParameterError(f"reference must be a text, not {self.reference!r}")
        one_of("bursts", self.bursts, get_args(Origin))
        unknown = sorted(set(self.reading) - set(READING))
        if unknown:
            raise ParameterError(f"reading has unknown {', '.join(unknown)}; allowed are {', '.join(READING)}")

    @classmethod
    def from_toml(cls, path: str | PathLike[str]) -> Settings:
        """Read settings from a TOML file, such as the ``settings.toml`` that every analysis leaves in its folder.

        ``likelihoods`` may be the path of a table, from the place of the TOML file, or a table of the rows that differ
        from those of myosig.

        Raises
        ------
        ParameterError
            If the file cannot be read or is not TOML, or holds a setting that does not exist or is of the wrong kind.
        """
        try:
            values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
            return cls.from_dict(values, folder=Path(path).parent)
        except OSError as error:
            raise ParameterError(f"{path}: the settings cannot be read: {error.strerror or error}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ParameterError(f"{path} is not a TOML file: {error}") from None
        except MyosigError as error:
            raise ParameterError(f"{path}: {error}") from None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, folder: Path | None = None) -> Settings:
        """Settings from what `to_dict` gives, or a TOML file holds.

        Parameters
        ----------
        values : mapping
        folder : Path, optional
            From which a path of a table of likelihoods counts. Default: the working folder.

        Returns
        -------
        Settings

        Raises
        ------
        ParameterError
            If a name is unknown or a value makes no sense.
        """
        allowed = [f.name for f in fields(cls)]
        unknown = sorted(set(values) - set(allowed))
        if unknown:
            raise ParameterError(f"unknown settings {', '.join(unknown)}; allowed are {', '.join(allowed)}")
        made = dict(values)
        for name in ("prior", "context", "reading"):
            if not isinstance(made.get(name, {}), Mapping):
                raise ParameterError(f"{name} must be a table, [{name}], not {made[name]!r}")
        if "context" in made:
            made["context"] = context_from(made["context"])
        if "likelihoods" in made:
            made["likelihoods"] = _likelihoods(made["likelihoods"], folder)
        return cls(**made)

    def to_dict(self) -> dict[str, Any]:
        """As `analysis.json` and `settings.toml` hold it; what was left to myosig is not written."""
        stated = {
            "prior": dict(self.prior) if self.prior is not None else None,
            "likelihoods": amendments(self.likelihoods) if self.likelihoods is not None else None,
            "context": None
            if self.context is None
            else {k: v for k, v in asdict(self.context).items() if v is not None},
            "reference": self.reference if self.reference != AS_RECORDED else None,
            "reading": dict(self.reading),
        }
        return {"seed": self.seed, "bursts": self.bursts} | {name: value for name, value in stated.items() if value}

    def to_toml(self) -> str:
        """As `settings.toml` holds it; `Settings.from_toml` reads it back."""
        import tomli_w

        return HEAD + tomli_w.dumps(self.to_dict())


def _likelihoods(given: object, folder: Path | None) -> Likelihoods:
    if isinstance(given, str):
        return read_likelihoods((folder or Path()) / given)
    if isinstance(given, Mapping):
        return amended(given)
    raise ParameterError(f"likelihoods must be the path of a table, or a table, not {given!r}")
