"""Several meters: Readings by name, their sum, what remains of a parent, and how their peaks coincide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from wattlens import _core, html, wire
from wattlens.errors import ReadingError
from wattlens.readings import UNITS, Readings
from wattlens.table import Column, Frames, Table
from wattlens.words import number

if TYPE_CHECKING:
    pass

__all__ = ["Coincidence", "Found", "MeterPeak", "Meters", "gather"]

# What names a meter or its owner beside the meter's own name.
_NAMING = ("file", "meter", "meters", "sheet", "source_name")
_SHORTEST_NAME = 3


class Found(NamedTuple):
    """One meter of one file."""

    stem: str
    file: str
    handle: _core.Readings


class NoMeterError(ReadingError, KeyError):
    """A meter that is not there, near ones named."""

    def __str__(self) -> str:
        return str(self.args[0])


class MeterPeak(wire.Result, frozen=True):
    """One meter's part in the peak of its group: its own peak, its power at the group's, and that over the group's."""

    meter: str | None
    peak_kw: float | None
    peak_start: int | None
    at_group_peak_kw: float | None
    share: float | None


class Coincidence(wire.Result, frozen=True):
    """How far the peaks of several meters come together.

    Attributes
    ----------
    factor
        Highest sum over the sum of the meters' own highest powers; 1 where all peak at once. None where no interval is
        known of all meters.
    peak_kw, peak_start
        Highest sum of the powers [kW or kvar] and when it begins, UTC seconds.
    sum_of_peaks_kw
        Sum of the meters' own highest powers.
    intervals, all_intervals
        Intervals known of all meters, which everything here comes from, of so many.
    meters
        One entry a meter.
    zone
        That times are shown in.
    """

    factor: float | None
    peak_kw: float | None
    peak_start: int | None
    sum_of_peaks_kw: float | None
    intervals: int
    all_intervals: int
    meters: tuple[MeterPeak, ...]
    zone: str = "UTC"

    def to_table(self) -> Table:
        """One row a meter."""
        return Table(
            {
                "meter": [one.meter for one in self.meters],
                "peak_kw": Column.of([_nan(one.peak_kw) for one in self.meters], unit="kW"),
                "peak_start": Column.of([one.peak_start for one in self.meters], zone=self.zone),
                "at_group_peak_kw": Column.of([_nan(one.at_group_peak_kw) for one in self.meters], unit="kW"),
                "share": Column.of([_nan(one.share) for one in self.meters]),
            }
        )

    def _head(self) -> str:
        if self.factor is None or self.peak_kw is None or self.peak_start is None:
            return f"no coincidence: {self.intervals} of {self.all_intervals} intervals are known of all meters"
        at = f"{datetime.fromtimestamp(self.peak_start, ZoneInfo(self.zone)):%Y-%m-%d %H:%M}"
        known = (
            "" if self.intervals == self.all_intervals else f", from {self.intervals} of {self.all_intervals} intervals"
        )
        return f"coincidence {self.factor:.3f}: {number(self.peak_kw)} kW at {at} {self.zone}{known}"

    def __repr__(self) -> str:
        return f"{self._head()}\n{self.to_table()!r}"

    def _repr_html_(self) -> str:
        return html.fragment(f"<b>{html.escape(self._head())}</b>{self.to_table().html()}")


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value


def gather(found: Iterable[Found]) -> dict[str, Readings]:
    """Meters by name, the name of the file where the source has none; parts of one meter are joined.

    Raises
    ------
    ReadingError
        Parts of one meter that do not fit together.
    """
    parts: dict[str, list[Found]] = {}
    for one in found:
        parts.setdefault(one.handle.meter or one.stem, []).append(one)
    meters = {}
    for name, pieces in parts.items():
        try:
            handle = pieces[0].handle if len(pieces) == 1 else _core.join([piece.handle for piece in pieces])
        except ReadingError as error:
            files = ", ".join(dict.fromkeys(piece.file for piece in pieces))
            raise ReadingError(f"meter {name!r} of {files}: {error}") from None
        files = "; ".join(dict.fromkeys(piece.file for piece in pieces))
        provenance = wire.plain(handle.provenance())
        provenance["file"] = {"value": files, "why": "read from it", "sure": "certain"}
        if handle.meter is None:
            why = "the name of the file, as nothing in it names the meter"
            provenance["meter"] = {"value": name, "why": why, "sure": "assumed"}
        meters[name] = Readings(handle.with_origin(name, handle.findings(), wire.text(provenance)))
    return meters


class Meters(Mapping[str, Readings], Frames):
    """Readings by the names of their meters, which are sorted; never changed once made.

    Parameters
    ----------
    meters
        Name to Readings; the readings take the name.
    unread
        File to the reason why it could not be read.

    Examples
    --------
    >>> import wattlens as wl
    >>> def hall(*kwh):
    ...     return wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai", import_kwh=kwh)
    >>> meters = wl.Meters({"hall 2": hall(10.0, 20.0), "hall 1": hall(30.0, float("nan"))})
    >>> meters
    2 meters
    meter   start             end               step [min]  present [%]  import_kwh [kWh]
    hall 1  2024-03-01 00:00  2024-03-01 02:00          60           50                30
    hall 2  2024-03-01 00:00  2024-03-01 02:00          60          100                30
    (2 rows)
    >>> meters.sum()["import_kwh"]
    array([40., nan])
    """

    __slots__ = ("_meters", "unread")
    _meters: dict[str, Readings]
    unread: Mapping[str, str]

    def __init__(self, meters: Mapping[str, Readings], *, unread: Mapping[str, str] | None = None) -> None:
        named: dict[str, Readings] = {}
        for name in sorted(meters):
            readings = meters[name]
            if not isinstance(readings, Readings):
                raise TypeError(f"found {type(readings).__name__} under {name!r}, expected Readings")
            if readings.meter != name:
                handle = readings.handle
                readings = Readings(handle.with_origin(name, handle.findings(), handle.provenance()))
            named[name] = readings
        object.__setattr__(self, "_meters", named)
        object.__setattr__(self, "unread", MappingProxyType(dict(unread or {})))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Meters are never changed: cannot set {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self._meters, dict(self.unread))

    def __getitem__(self, name: str) -> Readings:
        """The readings of a meter.

        Raises
        ------
        ReadingError
            No such meter; near names. It is a KeyError too.
        """
        try:
            return self._meters[name]
        except KeyError:
            near = _core.near_names(str(name), list(self._meters)) or list(self._meters)[:5]
            raise NoMeterError(f"no meter {name!r} among {len(self)}; near or first ones: {', '.join(near)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._meters)

    def __len__(self) -> int:
        return len(self._meters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Meters) and self._meters == other._meters

    __hash__ = None  # type: ignore[assignment]

    @property
    def handles(self) -> list[_core.Readings]:
        """The core's handles, in the order of the names."""
        return [readings.handle for readings in self.values()]

    def sum(self, channels: str | Sequence[str] | None = None) -> Readings:
        """All meters added up, interval by interval, over the union of their times.

        An interval that is missing in one meter is missing in the sum, never zero; one that is incomplete or estimated
        in one is so in the sum. Voltages, currents and power factors do not add up; registers and other spans are
        not summed.

        Parameters
        ----------
        channels
            Energies or powers. Without it all that every meter has; one that only some have is left out and named in
            `provenance["left_out"]`.

        Raises
        ------
        ReadingError
            Zones, steps or grids that differ; a channel that a meter lacks or that does not add up.
        """
        return Readings(_core.sum_of(self.handles, _listed(channels)))

    def difference(
        self, parent: str, children: Iterable[str] | None = None, channels: str | Sequence[str] | None = None
    ) -> Readings:
        """What a parent counts and its children do not, on the parent's times: losses, or a load without a meter.

        Missing where the parent or a child is. A negative value says that the children count more, and stays.

        Parameters
        ----------
        parent, children
            Names; without children all other meters.
        channels
            As for `sum`.

        Raises
        ------
        ReadingError
            A name that is not there; else as `sum`.

        Examples
        --------
        >>> import wattlens as wl
        >>> def hall(*kwh):
        ...     return wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai", import_kwh=kwh)
        >>> meters = wl.Meters({"main": hall(100.0, 90.0), "hall 1": hall(60.0, 50.0), "hall 2": hall(30.0, 45.0)})
        >>> meters.difference("main")["import_kwh"]
        array([10., -5.])
        """
        if isinstance(children, str):
            children = [children]
        names = [name for name in self if name != parent] if children is None else list(children)
        handles = [self[name].handle for name in names]
        return Readings(_core.difference(self[parent].handle, handles, _listed(channels)))

    def coincidence(self, channel: str = "import_kwh") -> Coincidence:
        """How far the meters' peaks come together, from the intervals that are known of all of them.

        Raises
        ------
        ReadingError
            As `sum`.

        Examples
        --------
        >>> import wattlens as wl
        >>> def hall(*kwh):
        ...     return wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai", import_kwh=kwh)
        >>> wl.Meters({"day": hall(30.0, 10.0), "night": hall(10.0, 20.0)}).coincidence().factor
        0.8
        """
        made = msgspec.json.decode(_core.coincidence(self.handles, channel), type=Coincidence)
        zones = {readings.zone for readings in self.values()}
        return msgspec.structs.replace(made, zone=zones.pop() if len(zones) == 1 else "UTC")

    def masked(self) -> Meters:
        """The same with the names M001, M002 … in their order, so that no account number shows.

        Names of files and sheets, and a name that stands in a text of findings or provenance, are masked too.
        """
        digits = max(3, len(str(len(self))))
        made = {}
        for count, (name, readings) in enumerate(self.items(), 1):
            alias, handle = f"M{count:0{digits}}", readings.handle
            provenance = {key: one for key, one in wire.plain(handle.provenance()).items() if key not in _NAMING}
            findings = msgspec.json.decode(handle.findings())
            texts = wire.text(_masked(findings, name, alias)), wire.text(_masked(provenance, name, alias))
            made[alias] = Readings(handle.with_origin(alias, *texts))
        return Meters(made)

    def overview(self) -> Table:
        """One row a meter: first start, last end, step, how much is present, and the total of each energy."""
        zone = self._zone()
        energies = [name for name in _channels(self) if UNITS[name] in ("kWh", "kvarh")]
        columns: dict[str, Any] = {
            "meter": list(self),
            "start": Column.of([one.handle.start for one in self.values()], zone=zone),
            "end": Column.of([one.handle.end for one in self.values()], zone=zone),
            "step": Column.of(
                [_nan(one.handle.step_s / 60 if one.channels else None) for one in self.values()], unit="min"
            ),
            "present": Column.of([_nan(one.present and 100 * one.present) for one in self.values()], unit="%"),
        }
        for name in energies:
            totals = [one.handle.total(name) if name in one.channels else None for one in self.values()]
            columns[name] = Column.of([_nan(total) for total in totals], unit=UNITS[name])
        spans = ["; ".join(series.summary() for series in one.spans) or None for one in self.values()]
        if any(spans):
            columns["registers and spans"] = spans
        return Table(columns)

    def _zone(self) -> str:
        zones = {readings.zone for readings in self.values()}
        return zones.pop() if len(zones) == 1 else "UTC"

    def to_table(self) -> Table:
        """One row a meter and interval: `meter`, `start` and every channel; empty where a meter does not have it.

        Stamps are in the meters' zone, in UTC where zones differ.
        """
        regular = {name: readings for name, readings in self.items() if readings.channels}
        starts = [readings.handle.starts() for readings in regular.values()]
        columns: dict[str, Any] = {
            "meter": [name for name, readings in regular.items() for _ in range(len(readings))],
            "start": Column.of(np.concatenate(starts) if starts else np.zeros(0, np.int64), zone=self._zone()),
        }
        for channel in _channels(regular):
            columns[channel] = np.concatenate(
                [
                    readings[channel] if channel in readings.channels else np.full(len(readings), np.nan)
                    for readings in regular.values()
                ]
            )
        return Table(columns, units={name: UNITS[name] for name in _channels(regular)})

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write them to one CSV file, packed where its name ends in `.gz`; `wattlens.read_meters` reads them back.

        One row a meter and interval, as `Readings.to_csv` with a column `meter` before.
        """
        from wattlens.writing import own_csv

        own_csv(self._some(), path, several=True)

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """The same as Parquet, through pyarrow or polars."""
        from wattlens.writing import own_parquet

        own_parquet(self._some(), path, several=True)

    def to_excel(self, path: str | PathLike[str]) -> None:
        """The same as a workbook, through openpyxl.

        Raises
        ------
        ReadingError
            More rows than a sheet holds.
        """
        from wattlens.writing import own_excel

        own_excel(self._some(), path, several=True)

    def _some(self) -> list[_core.Readings]:
        if not self._meters:
            raise ReadingError("there is no meter to be written")
        return self.handles

    def _head(self) -> str:
        unread = f", {len(self.unread)} file{'s'[: len(self.unread) != 1]} not read" if self.unread else ""
        return f"{number(len(self))} meter{'s'[: len(self) != 1]}{unread}"

    def __repr__(self) -> str:
        reasons = [f"{file}: {why}" for file, why in list(self.unread.items())[:5]]
        return "\n".join([self._head(), *([repr(self.overview())] if self else []), *reasons])

    def _repr_html_(self) -> str:
        table = self.overview().html() if self else ""
        reasons = "".join(f"<br><small>{html.escape(f'{file}: {why}')}</small>" for file, why in self.unread.items())
        return html.fragment(f"<b>{html.escape(self._head())}</b>{table}{reasons}")


def _remade(meters: dict[str, Readings], unread: dict[str, str]) -> Meters:
    return Meters(meters, unread=unread)


def _listed(channels: str | Sequence[str] | None) -> list[str] | None:
    return None if channels is None else [channels] if isinstance(channels, str) else list(channels)


def _channels(meters: Mapping[str, Readings]) -> list[str]:
    had = {channel for readings in meters.values() for channel in readings.channels}
    return [name for name in UNITS if name in had]


def _masked(value: Any, name: str, alias: str) -> Any:
    """The value with the name replaced in every text, as a word where it is long enough to be told from others."""
    if isinstance(value, dict):
        return {_masked(key, name, alias): _masked(one, name, alias) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, name, alias) for one in value]
    if not isinstance(value, str):
        return value
    if len(name) < _SHORTEST_NAME:
        return alias if value == name else value
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: alias, value)
