"""Readings from files and frames: which column is what, and the caller's frame is never changed."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from wattlens import _core, wire
from wattlens.errors import ReadingError
from wattlens.expect import one_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CHANNELS", "DateOrder", "Decimal", "Fold", "Gap", "Midnight", "Power", "Stamp", "Unit", "given", "options",
    "read_file", "read_frame", "units",
]  # fmt: skip

Stamp = Literal["start", "end"]
Fold = Literal["by order", "earlier", "later", "error"]
Gap = Literal["error", "skip"]
DateOrder = Literal["dmy", "mdy", "ymd"]
Midnight = Literal["next_date", "same_date"]
Power = Literal["mean", "sample"]
Decimal = Literal[".", ","]
Unit = Literal["wh", "kwh", "mwh", "ten_mwh", "w", "kw", "mw"]

CHANNELS = ("import_kwh", "export_kwh", "import_kvarh", "export_kvarh")
_WORDS = {
    name: get_args(words)
    for name, words in (
        ("stamp", Stamp), ("fold", Fold), ("gap", Gap), ("date_order", DateOrder), ("midnight", Midnight),
        ("power", Power), ("decimal", Decimal),
    )
}  # fmt: skip
_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}


def given(*values: Any) -> dict[str, Any]:
    """Channel name to value, for the channels that have one, in the order of `CHANNELS`."""
    return {name: value for name, value in zip(CHANNELS, values, strict=True) if value is not None}


def options(**said: Any) -> str:
    """What the caller said, as the core reads it; what is None is left to be found out.

    Raises
    ------
    ReadingError
        A word that an option does not have.
    """
    for name in _WORDS.keys() & said.keys():
        word = one_of(name, said[name], _WORDS[name])
        said[name] = word and word.replace(" ", "_")
    return wire.text({name: value for name, value in said.items() if value not in (None, {})})


def units(columns: Mapping[str, str], unit: Unit | None) -> dict[str, str]:
    """The unit of the named columns; where none is named, of every channel that the headers tell."""
    word = one_of("unit", unit, get_args(Unit))
    return {} if word is None else dict.fromkeys(columns or CHANNELS, word)


def read_file(path: str | PathLike[str], columns: dict[str, str], *, unit: Unit | None, **said: Any) -> _core.Readings:
    """A CSV file."""
    return _core.Readings.read_csv(fspath(path), options(columns=columns, units=units(columns, unit), **said))


def read_frame(frame: object, columns: dict[str, str], *, time: str | None, unit: Unit, **said: Any) -> _core.Readings:
    """Anything that offers an Arrow stream, or a pandas frame, which needs no pyarrow for it."""
    if not columns:
        raise ReadingError(f"no column is named: pass at least one of {', '.join(CHANNELS)}")
    told = options(time=time or "time", columns=columns, units=units(columns, unit), **said)
    if type(frame).__module__.partition(".")[0] == "pandas":
        return _pandas(cast("pd.DataFrame", frame), columns, time, told)
    if not hasattr(frame, "__arrow_c_stream__"):
        hint = "; collect() it first" if hasattr(frame, "collect") else ""
        raise ReadingError(
            f"found {type(frame).__qualname__}, expected a frame of polars, pandas, pyarrow, DuckDB or another "
            f"that offers __arrow_c_stream__{hint}"
        )
    if time is None:
        raise ReadingError("which column holds the stamps? Pass time=")
    return _core.Readings.from_table(frame, told)


def _pandas(frame: pd.DataFrame, columns: Mapping[str, str], time: str | None, told: str) -> _core.Readings:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise ReadingError(f"found a pandas {type(frame).__name__}, expected a DataFrame; use to_frame()")
    stamps = _stamps(frame, time)
    numbers = [(channel, name, _numbers(name, _column(frame, name))) for channel, name in columns.items()]
    if isinstance(stamps.dtype, pd.DatetimeTZDtype) or stamps.dtype.kind == "M":
        index = pd.DatetimeIndex(stamps)
        zone = None if index.tz is None else str(index.tz)
        return _core.Readings.from_columns(index.asi8, _PER_SECOND[index.unit], zone, numbers, told)
    texts = stamps.tolist()
    if time is None and texts and not isinstance(texts[0], str):
        raise ReadingError(
            f"the index begins with {texts[0]!r} of type {type(texts[0]).__name__}, which is no stamp: pass time=; "
            f"the table has {', '.join(map(str, frame.columns))}"
        )
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise ReadingError(
                f"table, column {time or 'index'!r}: row {row} is {text!r} of type {type(text).__name__}, "
                "expected timestamps or text with date and time"
            )
    return _core.Readings.from_columns(texts, 1, None, numbers, told)


def _stamps(frame: pd.DataFrame, time: str | None) -> Any:
    """The column of the stamps; without a name, and where its name is the one asked for, the index."""
    if time is None:
        return frame.index
    if time not in frame.columns and time in frame.index.names:
        return frame.index.get_level_values(time)
    return _column(frame, time)


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    names = [str(one) for one in frame.columns]
    if name not in frame.columns:
        near = _core.near_names(name, names)
        told = f"near names: {', '.join(near)}" if near else f"the table has {', '.join(names)}"
        raise ReadingError(f"table, column {name!r}: no such column; {told}")
    if names.count(name) > 1:
        raise ReadingError(f"table, column {name!r}: there are {names.count(name)} of them, expected one")
    return frame[name]


def _numbers(name: str, column: pd.Series[Any]) -> NDArray[np.float64]:
    if column.dtype.kind in "biuf" or column.dtype == object:
        try:
            return np.ascontiguousarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
        except (TypeError, ValueError):
            pass
    raise ReadingError(f"table, column {name!r}: found type {column.dtype}, expected numbers")
