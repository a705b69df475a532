"""A table of named columns with units: the form that every tabular result has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from wattlens import _core, html
from wattlens.errors import ReadingError
from wattlens.words import number

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["Column", "Frames", "Table"]

Kind = Literal["float", "int", "bool", "str", "time"]
Values = NDArray[Any] | tuple[str | None, ...]
_SHOWN_ROWS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    kind
        What its values are; `time` are UTC seconds as int64, shown in `zone`.
    values
        A read-only numpy array, or a tuple of texts.
    unit
        Unit of its numbers, where it has one.
    zone
        IANA zone of a `time` column.
    present
        Marks the values of `int`, `bool` and `time` that are there; None where all are. A missing
        `float` is NaN, a missing text is None.
    """

    kind: Kind
    values: Values
    unit: str | None = None
    zone: str | None = None
    present: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, values: Any, *, unit: str | None = None, zone: str | None = None) -> Column:
        """A column from an array or a sequence; None is a missing value, `zone` makes UTC seconds a time."""
        if not isinstance(values, np.ndarray):
            listed = list(values)
            known = [value for value in listed if value is not None]
            if known and all(isinstance(value, str) for value in known):
                return cls("str", tuple(listed), unit)
            if known and len(known) < len(listed) and all(isinstance(value, int) for value in known):
                present = np.array([value is not None for value in listed])
                filler = type(known[0])(0)
                filled = np.array([filler if value is None else value for value in listed])
                return cls._of_array(filled, unit, zone, present)
            if zone is not None and listed and not known:
                return cls._of_array(np.zeros(len(listed), np.int64), unit, zone, np.zeros(len(listed), np.bool_))
            values = np.array([np.nan if value is None else value for value in listed])
        return cls._of_array(values, unit, zone, None)

    @classmethod
    def _of_array(
        cls, array: NDArray[Any], unit: str | None, zone: str | None, present: NDArray[np.bool_] | None
    ) -> Column:
        kinds: dict[str, tuple[Kind, Any]] = {
            "f": ("float", np.float64), "i": ("int", np.int64), "u": ("int", np.int64), "b": ("bool", np.bool_),
        }  # fmt: skip
        if array.ndim != 1 or array.dtype.kind not in kinds:
            if array.dtype.kind in "UO" and array.ndim == 1:
                return cls("str", tuple(None if text is None else str(text) for text in array), unit)
            raise ReadingError(
                f"a column of type {array.dtype} with {array.ndim} dimensions: expected one of numbers or text"
            )
        kind, dtype = kinds[array.dtype.kind]
        if zone is not None:
            kind, dtype = "time", np.int64
        values = np.array(array, dtype=dtype)
        values.flags.writeable = False
        return cls(kind, values, unit, zone, present)

    def __len__(self) -> int:
        return len(self.values)

    def _is_there(self, row: int) -> bool:
        return self.present is None or bool(self.present[row])

    def python(self, row: int) -> Any:
        """The value of a row as Python has it; None where it is missing, an aware datetime for a time."""
        value = self.values[row]
        if self.kind == "str":
            return value
        if not self._is_there(row):
            return None
        if self.kind == "float":
            return None if np.isnan(cast(float, value)) else float(cast(float, value))
        if self.kind == "time":
            zone = ZoneInfo(self.zone) if self.zone else UTC
            return datetime.fromtimestamp(int(cast(int, value)), zone)
        return cast(Any, value).item()

    def text(self, row: int) -> str:
        """The value of a row as text; an en dash where it is missing."""
        value = self.python(row)
        if value is None:
            return "–"
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, float):
            return number(value)
        return str(value)


class Table:
    """Named columns of one length, never changed once made.

    Polars, pyarrow, DuckDB and every other reader of Arrow take it as it is.

    Parameters
    ----------
    columns
        Name to values: arrays, or sequences in which None is a missing value.
    units
        Name to unit.
    zones
        Name to IANA zone, for columns of UTC seconds.

    Examples
    --------
    >>> table = Table({"month": ["2024-01", "2024-02"], "kwh": [120.5, None]}, units={"kwh": "kWh"})
    >>> table["kwh"]
    array([120.5,   nan])
    >>> table.to_dict()
    {'month': ['2024-01', '2024-02'], 'kwh': [120.5, None]}
    >>> table
    month    kwh [kWh]
    2024-01      120.5
    2024-02          –
    (2 rows)
    """

    __slots__ = ("_columns",)
    _columns: dict[str, Column]

    def __init__(
        self,
        columns: Mapping[str, Any],
        *,
        units: Mapping[str, str] | None = None,
        zones: Mapping[str, str] | None = None,
    ) -> None:
        made = {
            name: values
            if isinstance(values, Column)
            else Column.of(values, unit=(units or {}).get(name), zone=(zones or {}).get(name))
            for name, values in columns.items()
        }
        lengths = {name: len(column) for name, column in made.items()}
        if len(set(lengths.values())) > 1:
            raise ReadingError(f"columns of different lengths: {lengths}")
        object.__setattr__(self, "_columns", made)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Table is never changed: cannot set {name}")

    def __reduce__(self) -> tuple[type[Table], tuple[dict[str, Column]]]:
        return Table, (self._columns,)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    @property
    def units(self) -> dict[str, str]:
        """Units of the columns that have one."""
        return {name: column.unit for name, column in self._columns.items() if column.unit}

    def column(self, name: str) -> Column:
        """The column with its unit, zone and missing values.

        Raises
        ------
        ReadingError
            No such column; near names.
        """
        try:
            return self._columns[name]
        except KeyError:
            near = _core.near_names(name, list(self._columns)) or list(self._columns)
            raise ReadingError(f"no column {name!r}; the table has {', '.join(near)}") from None

    def __getitem__(self, name: str) -> Values:
        """Values of a column: a read-only array (times as UTC seconds), or a tuple of texts."""
        return self.column(name).values

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return self._header() == other._header() and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def _header(self) -> list[tuple[str, Kind, str | None, str | None]]:
        return [(name, column.kind, column.unit, column.zone) for name, column in self._columns.items()]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return _core.arrow_stream(
            [
                (
                    name,
                    f"time:{column.zone or ''}" if column.kind == "time" else column.kind,
                    column.values,
                    None if column.present is None else column.present.tolist(),
                )
                for name, column in self._columns.items()
            ]
        )

    def to_pandas(self) -> pd.DataFrame:
        """A pandas frame, made without pyarrow; times are aware in their zone."""
        import pandas as pd

        frame: dict[str, Any] = {}
        for name, column in self._columns.items():
            values: Any = column.values
            if column.kind == "time":
                stamps = np.array(values, dtype="datetime64[s]")
                if column.present is not None:
                    stamps[~column.present] = np.datetime64("NaT")
                values = pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(column.zone or "UTC")
            elif column.kind == "str":
                values = list(values)
            elif column.present is not None:
                values = pd.array(
                    [column.python(row) for row in range(len(column))],
                    dtype="Int64" if column.kind == "int" else "boolean",
                )
            frame[name] = values
        return pd.DataFrame(frame)

    def to_polars(self) -> pl.DataFrame:
        """A polars frame."""
        import polars as pl

        return pl.DataFrame(self)

    def to_pyarrow(self) -> pa.Table:
        """A pyarrow table."""
        import pyarrow as pa

        return pa.table(self)

    def to_csv(self, path: str | PathLike[str]) -> None:
        r"""Write to a UTF-8 CSV file: numbers as exact as they are, local stamps with offsets, empty where missing.

        A text that a spreadsheet would take for a formula gets an apostrophe before it.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "table.csv")
        >>> Table({"name": ["=1+1", "hall"], "kwh": [0.1, None]}).to_csv(path)
        >>> path.read_text(encoding="utf-8")
        "name,kwh\n'=1+1,0.1\nhall,\n"
        """
        from wattlens.writing import table_csv

        table_csv(path, self.names, self._rows())

    def to_excel(self, path: str | PathLike[str]) -> None:
        """Write to a workbook of one sheet, through openpyxl; stamps are local texts with their offset.

        Raises
        ------
        ReadingError
            More rows than a sheet holds; openpyxl is not there.
        """
        from wattlens.writing import excel

        excel(path, {"table": (self.names, self._rows())})

    def _rows(self) -> Iterator[list[Any]]:
        columns = list(self._columns.values())
        for row in range(len(self)):
            cells = (column.python(row) for column in columns)
            yield [cell.isoformat() if isinstance(cell, datetime) else cell for cell in cells]

    def to_dict(self) -> dict[str, list[Any]]:
        """Name to list of values; None where missing, aware datetimes for times."""
        return {name: [column.python(row) for row in range(len(column))] for name, column in self._columns.items()}

    def _shown(self) -> tuple[list[str], list[list[str]], list[bool]]:
        heads = [name + (f" [{column.unit}]" if column.unit else "") for name, column in self._columns.items()]
        rows: Sequence[int] = range(len(self))
        cut = len(rows) > _SHOWN_ROWS + 1
        if cut:
            rows = [*rows[: _SHOWN_ROWS // 2], *rows[-_SHOWN_ROWS // 2 :]]
        cells = [[column.text(row) for column in self._columns.values()] for row in rows]
        if cut:
            cells.insert(_SHOWN_ROWS // 2, ["…"] * len(heads))
        return heads, cells, [column.kind in ("float", "int") for column in self._columns.values()]

    def __repr__(self) -> str:
        heads, cells, numeric = self._shown()
        widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
        lines = (
            "  ".join(
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(row, widths, numeric, strict=True)
            ).rstrip()
            for row in (heads, *cells)
        )
        return "\n".join([*lines, f"({len(self)} rows)"])

    def html(self) -> str:
        """Its first and last rows as an HTML table, for a page that has its own style."""
        heads, cells, numeric = self._shown()
        return html.table(heads, cells, numeric=numeric)

    def _repr_html_(self) -> str:
        return html.fragment(f"{self.html()}<small>{len(self)} rows</small>")


class Frames:
    """A result that is a table too: as a frame of pandas, polars or pyarrow, or read by whoever knows Arrow."""

    __slots__ = ()

    def to_table(self) -> Table:
        """The result as a table."""
        raise NotImplementedError

    def to_pandas(self) -> pd.DataFrame:
        """`to_table` as a pandas frame."""
        return self.to_table().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """`to_table` as a polars frame."""
        return self.to_table().to_polars()

    def to_pyarrow(self) -> pa.Table:
        """`to_table` as a pyarrow table."""
        return self.to_table().to_pyarrow()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_table().__arrow_c_stream__(requested_schema)
