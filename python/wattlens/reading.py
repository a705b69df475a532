"""One door for every file: `read`, `read_meters` and `read_csv`, and what a caller may say about a source."""

from __future__ import annotations

import inspect as signatures
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from os import PathLike
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar, Unpack, cast, get_type_hints, overload

from wattlens import _core
from wattlens.errors import ReadingError
from wattlens.frames import (
    CHANNELS,
    DateOrder,
    Decimal,
    Fold,
    Gap,
    Midnight,
    Power,
    Stamp,
    Unit,
    given,
    options,
    read_file,
    units,
)  # fmt: skip
from wattlens.meters import Found, Meters, gather
from wattlens.moments import step_s
from wattlens.progress import Bar
from wattlens.readings import Readings
from wattlens.sources import Source, of_paths

__all__ = ["Options", "read", "read_csv", "read_meters"]

Path = str | PathLike[str]
P = ParamSpec("P")
R = TypeVar("R")


class Options(TypedDict, total=False):
    """What a caller may say about a source; what is not said is found out and reported."""

    zone: str | None
    stamp: Stamp | None
    step: str | float | timedelta | None
    unit: Unit | Mapping[str, Unit] | None
    columns: Mapping[str, str] | None
    import_kwh: str | None
    export_kwh: str | None
    import_kvarh: str | None
    export_kvarh: str | None
    time: str | None
    date: str | None
    clock: str | None
    meter_column: str | None
    format: str | None
    layout: str | None
    multiplier: float | None
    registers: bool | None
    register_digits: int | None
    spread: bool
    power: Power | None
    date_order: DateOrder | None
    encoding: str | None
    delimiter: str | None
    decimal: Decimal | None
    header_line: int | None
    fold: Fold
    gap: Gap
    midnight: Midnight | None
    synonyms: Mapping[str, str] | None
    sheet: str | int | None


def signed(function: Callable[P, R]) -> Callable[P, R]:
    """The function with every keyword of `Options` in the signature that `help` and editors show."""
    own = [one for one in signatures.signature(function).parameters.values() if one.kind is not one.VAR_KEYWORD]
    said = [
        signatures.Parameter(name, signatures.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in get_type_hints(Options).items()
    ]
    function.__signature__ = signatures.Signature([*own, *said])  # type: ignore[attr-defined]
    return function


def told(said: Options, **more: Any) -> str:
    """What the caller said, as the core reads it.

    Raises
    ------
    TypeError
        A keyword that does not exist; near ones are named.
    ReadingError
        A word that an option does not have; a channel with two columns.
    """
    known = dict(said)
    for name in known.keys() - Options.__annotations__.keys():
        near = _core.near_names(name, list(Options.__annotations__))
        raise TypeError(f"unknown keyword {name!r}" + (f"; near ones: {', '.join(near)}" if near else ""))
    known.pop("sheet", None)
    named = {name: known.pop(name) for name in CHANNELS if known.get(name) is not None}
    columns = dict(cast(Mapping[str, str], known.pop("columns", None) or {}))
    for name in columns.keys() & named.keys():
        raise ReadingError(f"{name} is given twice: {name}={named[name]!r} and columns={{{name!r}: {columns[name]!r}}}")
    columns |= cast(dict[str, str], named)
    step = known.pop("step", None)
    unit = known.pop("unit", None)
    kept = {name: value for name, value in known.items() if value is not None and name not in CHANNELS}
    return options(
        columns=columns,
        units=dict(unit) if isinstance(unit, Mapping) else units(columns, cast(Unit | None, unit)),
        step_s=None if step is None else step_s(cast(str, step)),
        **(kept | more),
    )


@overload
def read(path: Path, *, meter: str, progress: bool | None = None, **said: Unpack[Options]) -> Readings: ...
@overload
def read(
    path: Path | Iterable[Path],
    *,
    meter: None = None,
    errors: Literal["raise", "report"] = "raise",
    progress: bool | None = None,
    **said: Unpack[Options],
) -> Readings | Meters: ...
@signed
def read(
    path: Path | Iterable[Path],
    *,
    meter: str | None = None,
    errors: Literal["raise", "report"] = "raise",
    progress: bool | None = None,
    **said: Unpack[Options],
) -> Readings | Meters:
    r"""Readings of a file, whatever its format; what is not said is found out, and is in `provenance`.

    Tables of text in every layout, NEM12 and NEM13, Green Button, MSCONS, all of them also gzipped; Excel
    and Parquet; and files that wattlens wrote, which come back as they were. A file that cannot be
    understood is an error that says what to pass; `wattlens.inspect` says what would be done without doing it.

    Ctrl-C stops the reading; nothing is left half made.

    Parameters
    ----------
    path
        A file; or a folder, a pattern such as `"data/*.csv"`, or several paths, which give `Meters`.
    meter
        The one meter wanted, of several.
    errors
        What to do with a file of a folder that cannot be read: `"raise"`, or `"report"` it in `Meters.unread`.
    progress
        Whether to show a bar. Without it one is shown for folders and files above 20 MB, on a terminal or in a
        notebook.
    zone
        IANA name of the site's zone. Needed where neither stamps nor format tell.
    stamp
        Which end of its interval a stamp names: `"start"` or `"end"`.
    step
        Length of an interval: `"15min"`, seconds or a timedelta.
    unit
        Unit of the energy columns, or channel to unit: `"wh"`, `"kwh"`, `"mwh"`, or mean power `"w"`, `"kw"`, `"mw"`;
        `"kwh"` also stands for kvarh, and so on.
    columns
        Channel to column, such as `{"voltage_l1_v": "Ua"}`, for headers that do not tell.
    import_kwh, export_kwh, import_kvarh, export_kvarh
        The same for the energies.
    time, date, clock
        Column of the stamps, or the two columns of date and clock.
    meter_column
        Column with the meters' names.
    format, layout
        As `inspect` names them, where the file is taken for another.
    multiplier
        What registers and interval values are multiplied by (CT × PT).
    registers
        Whether energy columns are cumulative registers.
    register_digits
        Digits of a register before its decimal mark, after which it begins again at zero.
    spread
        Whether energy between registers further apart than a step is spread evenly over the steps between.
    power
        Whether power columns are means of their intervals or samples.
    date_order
        Order of the fields in dates such as 01/02/2024: `"dmy"`, `"mdy"` or `"ymd"`.
    encoding, delimiter, decimal, header_line
        Encoding, delimiter, decimal mark and line of the header (from 1; 0 for none) of a table of text.
    fold
        Local stamps that occur twice in autumn: `"by order"` takes the second row for the later one,
        `"earlier"` and `"later"` take both for one of them, `"error"` refuses them.
    gap
        Local stamps that never occur in spring: `"error"`, or `"skip"` them with a finding.
    midnight
        How end stamps write the end of a day: as 00:00 of the `"next_date"` or of the `"same_date"`.
    synonyms
        Header to what it means, added to the table of known headers.
    sheet
        Name of a sheet of a workbook, or its number from 0.

    Returns
    -------
    Readings or Meters
        Readings where the file holds one meter or `meter` is given; Meters where it holds several, and for folders,
        patterns and lists. `read_meters` always gives Meters.

    Raises
    ------
    FileNotFoundError
        No such file, or nothing that fits the pattern.
    ReadingError
        Content that cannot be understood; the message names line, column and keyword. No such meter.
    TimeError
        No zone or an unknown one; a step that is no part of a day.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import wattlens as wl
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "plant.csv").write_text("time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n", encoding="utf-8")
    >>> wl.read(folder / "plant.csv", zone="Asia/Shanghai")
    2 readings, 15 min, 2024-03-01 00:00 … 2024-03-01 00:30 Asia/Shanghai, 100 % present, import_kwh 11 kWh
    >>> wl.read(folder, zone="Asia/Shanghai")["plant"].meter
    'plant'
    """
    sources, is_one = of_paths(path)
    meters, unread = _read_all(sources, said, errors, progress=progress, only=meter if is_one else None)
    if is_one and len(meters) == 1:
        return Readings(meters[0].handle)
    found = Meters(gather(meters), unread=unread)
    return found if meter is None else found[meter]


@signed
def read_meters(
    path: Path | Iterable[Path],
    *,
    errors: Literal["raise", "report"] = "raise",
    progress: bool | None = None,
    **said: Unpack[Options],
) -> Meters:
    r"""As `read`, and always Meters: of a file with one meter, one, named by the file where nothing else names it.

    The months of a meter in several files become one: files whose meter has the same name are joined on one axis.
    A file that does not name its meter gives it its own name.

    Raises
    ------
    FileNotFoundError, ReadingError, TimeError
        As `read`; and where files of one meter do not fit together.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import wattlens as wl
    >>> path = pathlib.Path(tempfile.mkdtemp(), "hall 3.csv")
    >>> _ = path.write_text("time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n", encoding="utf-8")
    >>> list(wl.read_meters(path, zone="Asia/Shanghai"))
    ['hall 3']
    """
    sources, _ = of_paths(path)
    meters, unread = _read_all(sources, said, errors, progress=progress, only=None)
    return Meters(gather(meters), unread=unread)


def _read_all(
    sources: list[Source], said: Options, errors: str, *, progress: bool | None, only: str | None
) -> tuple[list[Found], dict[str, str]]:
    """Every meter of every source with the name of its file, and why the others could not be read."""
    if errors not in ("raise", "report"):
        raise ReadingError(f"found errors={errors!r}, expected 'raise' or 'report'")
    text = told(said, **({} if only is None else {"only": only}))
    meters: list[Found] = []
    unread: dict[str, str] = {}
    with Bar(sum(source.size for source in sources), shown=progress, of_folder=len(sources) > 1) as bar:
        for source in sources:
            try:
                handles = source.read(text, said.get("zone"), said.get("sheet"), bar.seen)
            except (ReadingError, OSError, ValueError) as error:
                if errors == "raise":
                    raise
                unread[str(source.path)] = str(error)
                handles = []
            bar.done(source.size)
            meters.extend(Found(source.stem, source.path.name, handle) for handle in handles)
    if not meters and unread:
        raise ReadingError(f"none of {len(unread)} files can be read; the first: {next(iter(unread.values()))}")
    return meters, unread


def read_csv(
    path: str | PathLike[str],
    *,
    zone: str | None = None,
    stamp: Stamp | None = None,
    time: str | None = None,
    date: str | None = None,
    clock: str | None = None,
    import_kwh: str | None = None,
    export_kwh: str | None = None,
    import_kvarh: str | None = None,
    export_kvarh: str | None = None,
    unit: Unit | None = None,
    step: str | float | timedelta | None = None,
    midnight: Midnight | None = None,
    fold: Fold = "by order",
    gap: Gap = "error",
    date_order: DateOrder | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Readings:
    r"""Readings from a CSV file; what is not said is found out, and is in `Readings.provenance`.

    Encoding, the style of the dates, and the columns by their English or Chinese headers are found out.
    What is odd in the rows is in `Readings.findings`.

    Parameters
    ----------
    path
        The file.
    zone
        IANA name of the site's zone.
    stamp
        Which end of its interval a stamp names.
    time, date, clock
        Column of the stamps, or the two columns of date and clock.
    import_kwh, export_kwh, import_kvarh, export_kvarh
        Column of each channel, for headers that do not tell.
    unit
        Unit of the named columns, or of every column that the headers tell where none is named: `"wh"`,
        `"kwh"`, `"mwh"`, or mean power `"w"`, `"kw"`, `"mw"`; `"kwh"` also stands for kvarh, and so on.
    step
        Length of an interval.
    midnight
        How end stamps write the end of a day: as 00:00 of the `"next_date"` or of the `"same_date"`.
    fold
        Local stamps that occur twice in autumn: `"by order"` takes the second row for the later one,
        `"earlier"` and `"later"` take both for one of them, `"error"` refuses them.
    gap
        Local stamps that never occur in spring: `"error"`, or `"skip"` them with a finding.
    date_order
        Order of the fields in dates such as 01/02/2024: `"dmy"`, `"mdy"` or `"ymd"`.
    encoding, delimiter
        Encoding (`"utf-8"`, `"gb18030"`) and delimiter of the file.

    Raises
    ------
    FileNotFoundError
        No such file.
    ReadingError
        Content that cannot be understood; the message names line and column. A word that an option does not have.
    TimeError
        No zone or an unknown one; a step that is no part of a day.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import wattlens as wl
    >>> path = pathlib.Path(tempfile.mkdtemp(), "plant.csv")
    >>> _ = path.write_text("time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n", encoding="utf-8")
    >>> wl.read_csv(path, zone="Asia/Shanghai", stamp="start")
    2 readings, 15 min, 2024-03-01 00:00 … 2024-03-01 00:30 Asia/Shanghai, 100 % present, import_kwh 11 kWh
    """
    columns = given(import_kwh, export_kwh, import_kvarh, export_kvarh)
    return Readings(
        read_file(
            path,
            columns,
            unit=unit,
            zone=zone,
            stamp=stamp,
            time=time,
            date=date,
            clock=clock,
            step_s=None if step is None else step_s(step),
            midnight=midnight,
            fold=fold,
            gap=gap,
            date_order=date_order,
            encoding=encoding,
            delimiter=delimiter,
        )
    )
