"""Readings to files that read back as they were, and tables to files that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any

from wattlens import _core
from wattlens.errors import ReadingError

__all__ = ["excel", "own_csv", "own_excel", "own_parquet", "table_csv", "whole"]

_MOST_ROWS = 1_048_576
# A cell of a workbook holds 32 767 characters.
_PIECE = 32_000


def whole(path: str | PathLike[str], write: Callable[[Path], None]) -> None:
    """Writes beside the file and puts it in its place at the end, so that it is never half there."""
    final = Path(path)
    part = final.with_name(f".{final.name}.part")
    try:
        write(part)
        part.replace(final)
    finally:
        with suppress(OSError):
            part.unlink()


def own_csv(handles: Sequence[_core.Readings], path: str | PathLike[str], *, several: bool) -> None:
    """Readings as CSV; packed where the name ends in `.gz`."""
    packed = Path(path).suffix.lower() == ".gz"
    whole(path, lambda part: _core.write_csv(handles, several, part, packed))


def own_parquet(handles: Sequence[_core.Readings], path: str | PathLike[str], *, several: bool) -> None:
    """Readings as Parquet."""
    from wattlens import parquet

    zones = {handle.zone for handle in handles}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    text = _core.csv_bytes(handles, several)
    whole(path, lambda part: parquet.write(text, part, zone))


def own_excel(handles: Sequence[_core.Readings], path: str | PathLike[str], *, several: bool) -> None:
    """Readings as a workbook: stamps are local, with their offsets from UTC in a column of its own."""
    from wattlens.excel import OWN_SHEET

    head, _, text = _core.csv_bytes(handles, several).decode().partition("\n")
    rows = csv.reader(io.StringIO(text))
    header = next(rows)
    stamps = [at for at, name in enumerate(header) if name in ("start", "end") or name.endswith(".at")]
    words = {at for at, name in enumerate(header) if name == "meter" or name.endswith((".flag", ".raw"))}
    beside = max(at for at in stamps if header[at] in ("start", "end")) + 1

    def cells(row: list[str]) -> list[Any]:
        made: list[Any] = [None if not cell else cell if at in words else _number(cell) for at, cell in enumerate(row)]
        offsets = []
        for at in stamps:
            if row[at]:
                made[at] = datetime.fromisoformat(row[at][:19])
                offsets.append(row[at][19:])
        return [*made[:beside], " ".join(offsets), *made[beside:]]

    heads = [*header[:beside], "utc_offset", *header[beside:]]
    # The mark before each piece keeps it from being anything but text.
    pieces = [["#" + head[at : at + _PIECE]] for at in range(0, len(head), _PIECE)]
    excel(path, {"readings": (heads, map(cells, rows)), OWN_SHEET: (None, pieces)}, harmless=str)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def excel(
    path: str | PathLike[str],
    sheets: dict[str, tuple[Sequence[str] | None, Iterable[Sequence[Any]]]],
    *,
    harmless: Callable[[str], str] = _core.harmless,
) -> None:
    """A workbook of sheets with heads and rows; text is written as text, never as a formula.

    Raises
    ------
    ReadingError
        More rows than a sheet holds; openpyxl is not there.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
    except ImportError:
        raise ReadingError("a workbook needs openpyxl to be written: pip install 'wattlens[excel]'") from None
    book = Workbook(write_only=True)
    for title, (heads, rows) in sheets.items():
        sheet = book.create_sheet(title)

        def cell(value: Any, sheet: Any = sheet) -> Any:
            if isinstance(value, float) and float(f"{value:.16g}") != value:
                # openpyxl keeps 16 digits; as a text of the kind number all 17 are kept.
                made = WriteOnlyCell(sheet, value=0.0)
                made._value = repr(value)  # noqa: SLF001
                return made
            if not isinstance(value, str):
                return value
            made = WriteOnlyCell(sheet, value=harmless(value))
            made.data_type = "s"
            return made

        for count, row in enumerate(rows if heads is None else chain([heads], rows), 1):
            if count > _MOST_ROWS:
                raise ReadingError(f"more than {_MOST_ROWS} rows, which a sheet cannot hold; write CSV or Parquet")
            sheet.append([cell(one) for one in row])
    whole(path, book.save)


def table_csv(path: str | PathLike[str], heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table as UTF-8 CSV; None is an empty cell, and no text begins like a formula."""

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([_core.harmless(head) for head in heads])
            for row in rows:
                writer.writerow([_core.harmless(cell) if isinstance(cell, str) else cell for cell in row])

    whole(path, write)
