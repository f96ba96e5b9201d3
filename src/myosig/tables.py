"""A table of events: named columns of equal length, read-only, with a pandas view."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from html import escape
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myosig.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 10  # rows of the notebook view; more would push the next cell off the screen


FloatColumn = NDArray[np.float64]
IntColumn = NDArray[np.int64]
BoolColumn = NDArray[np.bool_]
TextColumn = NDArray[np.object_]
_DTYPE_OF: dict[Any, type[np.generic]] = {  # by name too: a module that postpones its annotations has them as text
    FloatColumn: np.float64,
    IntColumn: np.int64,
    BoolColumn: np.bool_,
    TextColumn: np.object_,
    "FloatColumn": np.float64,
    "IntColumn": np.int64,
    "BoolColumn": np.bool_,
    "TextColumn": np.object_,
}


@dataclass(frozen=True, slots=True, eq=False)
class EventTable:
    """Base of all tables of events: a field annotated as one of the column types is a column.

    ``len(t)`` counts events, ``t[mask]`` (boolean mask, slice or index array) selects rows and keeps
    everything that is not a column, ``t.to_frame()`` gives a pandas DataFrame.
    """

    def __post_init__(self) -> None:
        lengths = {}
        for name, dtype in self.column_types().items():
            values = _readonly(getattr(self, name), dtype)
            object.__setattr__(self, name, values)
            lengths[name] = len(values)
        if len(set(lengths.values())) > 1:
            raise ParameterError(f"the columns of {type(self).__name__} must be equally long, not {lengths}")

    @classmethod
    def column_types(cls) -> dict[str, np.dtype[Any]]:
        """Names and dtypes of the columns, in order."""
        return {f.name: np.dtype(_DTYPE_OF[f.type]) for f in fields(cls) if f.type in _DTYPE_OF}

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self.column_types()))))

    def __getitem__(self, rows: slice | NDArray[Any] | list[int] | list[bool]) -> Self:
        index = rows if isinstance(rows, slice) else np.asarray(rows, dtype=None if len(rows) else np.int64)
        return replace(self, **{name: getattr(self, name)[index] for name in self.column_types()})

    def equals(self, other: object) -> bool:
        """Whether the other table has the same columns with the same values (NaN equals NaN)."""
        if type(other) is not type(self):
            return False
        return all(_same(getattr(self, name), getattr(other, name)) for name in self.column_types())

    def to_frame(self) -> pd.DataFrame:
        """The columns as a pandas DataFrame, one row an event; what an event has several of is an array in its cell."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in self.column_types()}
        return pd.DataFrame({name: values if values.ndim == 1 else list(values) for name, values in columns.items()})

    def to_table(self) -> pd.DataFrame:
        """As its TSV file holds it."""
        return self.to_frame()

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns of the table as lists of plain values, None for what is missing."""
        frame = self.to_table()
        plain = frame.astype(object).where(frame.notna(), None)
        return {str(name): plain[name].tolist() for name in plain.columns}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} rows of {', '.join(self.column_types())}>"

    def _repr_html_(self) -> str:
        rows = self.to_table().head(SHOWN_ROWS).map(_breaking_at_commas)
        table = rows.to_html(index=False, escape=True, float_format="{:.4g}".format, border=False)
        more = f"<p>… {len(self) - SHOWN_ROWS} more</p>" if len(self) > SHOWN_ROWS else ""
        return f"<p>{escape(repr(self))}</p>{table}{more}"


def _breaking_at_commas(cell: Any) -> Any:
    """A list of names that a narrow column breaks between them, not within."""
    return cell.replace(" ", "\u00a0").replace(",", ", ") if isinstance(cell, str) else cell


def _readonly(values: ArrayLike, dtype: np.dtype[Any]) -> NDArray[Any]:
    if isinstance(values, np.ndarray) and values.dtype == dtype and values.base is None and not values.flags.writeable:
        return values  # nobody else can change it
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    if a.dtype.kind == "f":
        return bool(np.array_equal(a, b, equal_nan=True))
    return bool(np.array_equal(a, b))
