"""Parquet files as the text of a table, through pyarrow or polars, whichever is there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattlens.errors import ReadingError

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["KEY", "text_of", "write"]

KEY = "wattlens"
"""The key of the file's metadata under which wattlens keeps what the rows cannot say."""

Known = dict[str, dict[str, str]]


def text_of(path: Path) -> tuple[bytes, str | None, Known]:
    """The table as UTF-8 CSV, the place's zone that its stamps carry, and what is known of it beside.

    Raises
    ------
    ReadingError
        A file that cannot be read, stamps with fractions of a second, or no package that reads it.
    """
    try:
        import pyarrow as pa  # noqa: F401
    except ImportError:
        return _polars(path)
    return _pyarrow(path)


def _place(zones: list[str]) -> tuple[str | None, Known]:
    places = {zone for zone in zones if "/" in zone and not zone.startswith("Etc/")}
    if len(places) != 1:
        return None, {}
    zone = places.pop()
    return zone, {"zone": {"value": zone, "why": "the stamps' zone", "sure": "certain"}}


def _pyarrow(path: Path) -> tuple[bytes, str | None, Known]:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    try:
        table = pa.parquet.read_table(path)
        head = (table.schema.metadata or {}).get(KEY.encode())
        zones = [field.type.tz for field in table.schema if pa.types.is_timestamp(field.type) and field.type.tz]
        for at, field in enumerate(table.schema):
            table = table.set_column(at, field.name, _plain(pa, table.column(at), field.type))
        text = io.BytesIO()
        quoting = pa.csv.WriteOptions(quoting_style="needed")
        pa.csv.write_csv(table, text, quoting)
    except (pa.ArrowException, OSError) as error:
        raise ReadingError(f"{path}: the Parquet file cannot be read: {error}") from None
    return _with_head(text.getvalue(), head, zones)


def _plain(pa: Any, column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """A column of a kind that can be written as text: whole seconds, no dictionaries, no decimals."""
    if pa.types.is_dictionary(kind):
        return _plain(pa, column.cast(kind.value_type), kind.value_type)
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("s", kind.tz))
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return column.cast(pa.float64())
    if pa.types.is_nested(kind):
        raise ReadingError(f"a column of type {kind} found, expected stamps, numbers and text")
    return column


def _polars(path: Path) -> tuple[bytes, str | None, Known]:
    try:
        import polars as pl
    except ImportError:
        raise ReadingError(f"{path} is a Parquet file: pip install pyarrow or polars") from None
    try:
        frame = pl.read_parquet(path)
        head = pl.read_parquet_metadata(path).get(KEY)
        zones = [str(kind.time_zone) for kind in frame.dtypes if isinstance(kind, pl.Datetime) and kind.time_zone]
        text = io.BytesIO()
        _plain_frame(frame).write_csv(text)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ReadingError(f"{path}: the Parquet file cannot be read: {error}") from None
    return _with_head(text.getvalue(), None if head is None else head.encode(), zones)


def _plain_frame(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    columns = []
    for name, kind in frame.schema.items():
        if isinstance(kind, pl.Datetime):
            if frame[name].drop_nulls().dt.truncate("1s").ne(frame[name].drop_nulls()).any():
                raise ReadingError(f"column {name!r}: fractions of a second found, expected whole seconds")
            one = pl.col(name).dt.convert_time_zone("UTC") if kind.time_zone else pl.col(name)
            columns.append(one.dt.strftime("%Y-%m-%d %H:%M:%S" + ("Z" if kind.time_zone else "")))
        elif kind.is_decimal() or kind == pl.Float32:
            columns.append(pl.col(name).cast(pl.Float64))
        elif kind.is_nested():
            raise ReadingError(f"column {name!r}: type {kind} found, expected stamps, numbers and text")
        else:
            columns.append(pl.col(name))
    return frame.select(columns)


def _with_head(text: bytes, head: bytes | None, zones: list[str]) -> tuple[bytes, str | None, Known]:
    if head is not None:
        return head + b"\n" + text, None, {}
    zone, known = _place(zones)
    return text, zone, known


def write(text: bytes, path: Path, zone: str) -> None:
    """The text that the core writes, as a Parquet file with its types; the first line is in the metadata.

    Raises
    ------
    ReadingError
        Neither pyarrow nor polars is there.
    """
    head, _, rows = text.partition(b"\n")
    names = rows.partition(b"\n")[0].decode().split(",")
    stamps = [name for name in names if name in ("start", "end") or name.endswith(".at")]
    texts = [name for name in names if name == "meter" or name.endswith((".flag", ".raw"))]
    try:
        import pyarrow as pa
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        _write_polars(head, rows, path, zone, names, stamps, texts)
        return
    types = {name: pa.float64() for name in names}
    types |= dict.fromkeys(texts, pa.string()) | dict.fromkeys(stamps, pa.timestamp("s", "UTC"))
    converted = pa.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    table = pa.csv.read_csv(io.BytesIO(rows), convert_options=converted)
    for name in stamps:
        column = table.column(name).cast(pa.timestamp("s", zone))
        table = table.set_column(table.schema.get_field_index(name), name, column)
    pa.parquet.write_table(table.replace_schema_metadata({KEY: head}), path)


def _write_polars(
    head: bytes, rows: bytes, path: Path, zone: str, names: list[str], stamps: list[str], texts: list[str]
) -> None:
    try:
        import polars as pl
    except ImportError:
        raise ReadingError("Parquet needs a package to write it: pip install pyarrow or polars") from None
    as_text = {*stamps, *texts}
    kinds = {name: pl.String() if name in as_text else pl.Float64() for name in names}
    frame = pl.read_csv(rows, schema_overrides=kinds)
    frame = frame.with_columns(
        pl.col(name).str.to_datetime("%+", time_unit="ms", time_zone="UTC").dt.convert_time_zone(zone)
        for name in stamps
    )
    frame.write_parquet(path, metadata={KEY: head.decode()})
