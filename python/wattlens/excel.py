"""Workbooks as the text of a table, which the core then reads in whatever layout it is."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from math import copysign
from pathlib import Path
from typing import Any

from wattlens import _core, wire
from wattlens.errors import ReadingError

__all__ = ["OWN_SHEET", "text_of"]

# What a workbook may unpack to; a year of 100 meters at 15 minutes is about 300 MB of XML.
_LARGEST = 1 << 30
_MOST_ENTRIES = 10_000
_MOST_CELLS = 60_000_000
_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_REPEATED = re.compile(rb'number-(columns|rows)-repeated="([0-9]{1,12})"')
_MOST_REPEATED = 2_000_000
OWN_SHEET = "wattlens"
"""The sheet in which wattlens keeps what the rows cannot say."""

Rows = list[list[Any]]


def text_of(path: Path, sheet: str | int | None, options: str) -> tuple[bytes, dict[str, dict[str, str]]]:
    """The sheet with the readings as UTF-8 CSV, and which sheet it is.

    Without `sheet` it is the only sheet that reads as readings.

    Raises
    ------
    ReadingError
        No such sheet, none or several that look like readings, a workbook that would unpack to absurd size, or no
        package that reads it.
    """
    _refuse_bombs(path)
    names, rows_of = _workbook(path)
    if OWN_SHEET in names and sheet is None:
        return _own_text(path, rows_of(OWN_SHEET), rows_of), {}
    if sheet is not None:
        name, why, sure = _named(path, names, sheet), "given", "given"
        text = _csv(rows_of(name))
    else:
        looked = {name: text for name in names if (text := _csv(rows_of(name))).strip(b",\r\n ")}
        if not looked:
            raise ReadingError(f"{path}: every sheet is empty")
        fitting = [name for name, text in looked.items() if len(looked) == 1 or _is_readings(text, name, options)]
        if len(fitting) != 1:
            found = f"{len(fitting)} sheets look like readings" if fitting else "no sheet looks like readings"
            raise ReadingError(f"{path}: {found}; pass sheet= with one of {', '.join(map(repr, fitting or names))}")
        name = fitting[0]
        others = ", ".join(other for other in names if other != name)
        why = f"the only sheet that reads as readings; others: {others}" if others else "the only sheet"
        sure = "likely" if others else "certain"
        text = looked[name]
    return text, {"sheet": {"value": name, "why": why, "sure": sure}}


def _named(path: Path, names: list[str], sheet: str | int) -> str:
    if isinstance(sheet, int) and -len(names) <= sheet < len(names):
        return names[sheet]
    if sheet in names:
        return str(sheet)
    near = _core.near_names(str(sheet), names) or names
    raise ReadingError(f"{path}: no sheet {sheet!r}; the workbook has {', '.join(map(repr, near))}")


def _is_readings(text: bytes, name: str, options: str) -> bool:
    """Whether the core finds a meter with numbers in it, though a zone or the like may still be open."""
    found = wire.plain(_core.inspect_bytes(text, name, options))
    return any(channel["known"] for meter in found["meters"] for channel in meter["channels"])


def _refuse_bombs(path: Path) -> None:
    """A small file that unpacks to a large one, or claims a sheet of absurd extent, is not opened at all.

    What the headers claim is not believed: everything is unpacked once, in pieces that are not kept.
    """
    if not zipfile.is_zipfile(path):
        return  # .xls is not packed
    total = 0
    with zipfile.ZipFile(path) as packed, path.open("rb") as raw:
        entries = packed.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise ReadingError(f"{path}: {len(entries)} entries found, expected a workbook")
        for entry in entries:
            columns = rows = 0
            rest = b""
            for piece in _unpacked(raw, entry):
                total += len(piece)
                if total > _LARGEST:
                    raise ReadingError(f"{path}: unpacks to more than {_LARGEST >> 20} MiB; save it as CSV or Parquet")
                if not entry.filename.endswith(".xml"):
                    continue
                seen = rest + piece
                if entry.filename.endswith("content.xml"):
                    _refuse_repeats(path, seen)
                elif "/worksheets/" in entry.filename:
                    for column, row in _CELL.findall(seen):
                        rows = max(rows, int(row))
                        columns = max(columns, _column_number(column))
                    if rows * columns > _MOST_CELLS:
                        raise ReadingError(
                            f"{path}: a sheet reaches to row {rows} and column {columns}; remove stray cells"
                        )
                rest = piece[-64:]


def _refuse_repeats(path: Path, seen: bytes) -> None:
    for kind, count in _REPEATED.findall(seen):
        if int(count) > _MOST_REPEATED:
            raise ReadingError(f"{path}: {kind.decode()} repeated {int(count)} times; remove stray cells")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _unpacked(raw: io.BufferedReader, entry: zipfile.ZipInfo) -> Iterable[bytes]:
    """The content of an entry in pieces, however long the header says it is."""
    raw.seek(entry.header_offset)
    header = raw.read(30)
    if len(header) < 30:
        return
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), io.SEEK_CUR)
    left = entry.compress_size
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := raw.read(min(left, 1 << 16))):
        left -= len(packed)
        while packed:
            if inflate is None:
                yield packed
                break
            try:
                yield inflate.decompress(packed, 1 << 20)
            except zlib.error as error:
                raise ReadingError(f"{raw.name}: the workbook is damaged: {error}") from None
            packed = inflate.unconsumed_tail


def _workbook(path: Path) -> tuple[list[str], Callable[[str], Rows]]:
    try:
        import python_calamine
    except ImportError:
        return _openpyxl(path)
    try:
        book = python_calamine.load_workbook(path)
    except (python_calamine.CalamineError, OSError) as error:
        raise ReadingError(f"{path}: the workbook cannot be opened: {error}") from None

    def rows_of(name: str) -> Rows:
        try:
            return book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except python_calamine.CalamineError as error:
            raise ReadingError(f"{path}, sheet {name!r}: {error}") from None

    return list(book.sheet_names), rows_of


def _openpyxl(path: Path) -> tuple[list[str], Callable[[str], Rows]]:
    try:
        import openpyxl
    except ImportError:
        raise ReadingError(f"{path} is a workbook: pip install 'wattlens[excel]', or save it as CSV") from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - it lets errors of zip, XML and its own through
        raise ReadingError(
            f"{path}: openpyxl cannot open it ({error}); pip install python-calamine for .xls, .xlsb and .ods"
        ) from None

    def rows_of(name: str) -> Rows:
        return [["" if cell is None else cell for cell in row] for row in book[name].iter_rows(values_only=True)]

    return list(book.sheetnames), rows_of


def _csv(rows: Rows) -> bytes:
    """Rows as CSV; empty ones at the end are left out."""
    rows = _without_empty_end(rows)
    # A stamp at midnight comes as a bare date; beside stamps with a clock it is one too.
    stamped = {at for row in rows for at, cell in enumerate(row) if isinstance(cell, datetime)}

    def cell_text(at: int, cell: Any) -> str:
        is_midnight = at in stamped and isinstance(cell, date) and not isinstance(cell, datetime)
        return f"{cell} 00:00:00" if is_midnight else _text(cell)

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([cell_text(at, cell) for at, cell in enumerate(row)] for row in rows)
    return text.getvalue().encode()


def _without_empty_end(rows: Rows) -> Rows:
    end = len(rows)
    while end and all(cell in ("", None) for cell in rows[end - 1]):
        end -= 1
    return rows[:end]


def _text(cell: Any) -> str:
    """A cell as the core reads text: numbers as exact as they are, stamps to the second.

    Examples
    --------
    >>> _text(2.0), _text(0.1), _text(datetime(2024, 3, 1, 0, 14, 59, 999_600)), _text(timedelta(days=1))
    ('2', '0.1', '2024-03-01 00:15:00', '24:00')
    """
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        is_plain = cell.is_integer() and abs(cell) < 2**53 and (cell != 0 or copysign(1, cell) > 0)
        return repr(int(cell)) if is_plain else repr(cell)
    if isinstance(cell, datetime):
        # Workbooks keep stamps as fractions of a day, which are a little off.
        return str((cell + timedelta(milliseconds=500)).replace(microsecond=0))
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        cell = timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond)
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        clock = f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"
        return clock if seconds % 60 == 0 else f"{clock}:{seconds % 60:02}"
    return str(cell)


def _own_text(path: Path, own: Rows, rows_of: Callable[[str], Rows]) -> bytes:
    """A workbook that wattlens wrote, as the CSV that it would have written."""
    head = "".join(str(row[0])[1:] for row in own if row)
    rows = rows_of("readings")
    if not rows or "utc_offset" not in rows[0]:
        raise ReadingError(f"{path}: the sheet 'readings' is not as wattlens wrote it")
    header = [str(cell) for cell in rows[0]]
    offset = header.index("utc_offset")
    stamps = [at for at, name in enumerate(header) if name in ("start", "end") or name.endswith(".at")]
    texts = [[name for at, name in enumerate(header) if at != offset]]
    for row in rows[1:]:
        cells = [_text(cell) for cell in row]
        offsets = cells[offset].split(" ")
        for at, one in zip((at for at in stamps if cells[at]), offsets, strict=False):
            cells[at] += one if len(cells[at]) > len("2024-03-01") else f" 00:00:00{one}"
        texts.append(cells[:offset] + cells[offset + 1 :])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(texts)
    return f"{head}\n{text.getvalue()}".encode()
