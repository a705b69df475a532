"""Readings: channels of one supply point on one time axis, from a file, a frame, or arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wattlens import _core, html
from wattlens.errors import ReadingError
from wattlens.estimate import Estimating
from wattlens.findings import Finding, Findings
from wattlens.frames import DateOrder, Fold, Gap, Stamp, Unit, given, read_frame
from wattlens.moments import Moment, moment_text, step_s
from wattlens.spans import Spans
from wattlens.table import Column, Table
from wattlens.words import Language, number

if TYPE_CHECKING:
    from wattlens.figures import Figure
    from wattlens.quality import Quality
    from wattlens.site import Contract

__all__ = ["UNITS", "Detected", "Readings"]

UNITS = dict(_core.channel_units())
"""Every channel and its unit."""


class Detected(msgspec.Struct, frozen=True):
    """What was found out about a source, or was told: the value, why (`given` where told), and how sure it is."""

    value: str
    why: str
    sure: Literal["assumed", "likely", "certain", "given"]


class Readings(Estimating):
    """The readings of one supply point: channels on one time axis, each value with a flag.

    Channels are the energies of each interval: `import_kwh`, `export_kwh`, `import_kvarh` and
    `export_kvarh`. Intervals are named by their start. What is missing is NaN, never zero. Readings are
    never changed; slices and resamples are new. Make them with `wattlens.read`, `from_table` or
    `from_arrays`.

    Examples
    --------
    >>> import wattlens as wl
    >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="15min", zone="Asia/Shanghai",
    ...                                    import_kwh=[5.0, 6.0, float("nan"), 7.0])
    >>> readings
    4 readings, 15 min, 2024-03-01 00:00 … 2024-03-01 01:00 Asia/Shanghai, 75 % present, import_kwh 18 kWh
    >>> readings["import_kwh"]
    array([ 5.,  6., nan,  7.])
    """

    __slots__ = ("_handle",)
    _handle: _core.Readings

    def __init__(self, core: _core.Readings) -> None:
        if not isinstance(core, _core.Readings):
            raise TypeError("Readings are made by wattlens.read, Readings.from_table or Readings.from_arrays")
        object.__setattr__(self, "_handle", core)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Readings are never changed: cannot set {name}")

    def __reduce__(self) -> tuple[type[Readings], tuple[_core.Readings]]:
        return Readings, (self._handle,)

    @classmethod
    def from_arrays(
        cls,
        *,
        start: Moment,
        step: str | float | timedelta,
        zone: str,
        import_kwh: ArrayLike | None = None,
        export_kwh: ArrayLike | None = None,
        import_kvarh: ArrayLike | None = None,
        export_kvarh: ArrayLike | None = None,
    ) -> Readings:
        """Readings from arrays that begin at `start` and have no gap; NaN is missing.

        Infinities and values that no meter gives are taken for missing, with a finding.

        Parameters
        ----------
        start
            Start of the first interval: local to `zone` unless it has an offset.
        step
            `"15min"`, `"1h"`, seconds or a timedelta; a part of a day.
        zone
            IANA name.
        import_kwh, export_kwh, import_kvarh, export_kvarh
            Energy of each interval [kWh, kvarh].

        Raises
        ------
        TimeError
            An unknown zone, a step that is no part of a day, a start that is no time.
        ReadingError
            No channel, or channels of different lengths.
        """
        arrays = given(import_kwh, export_kwh, import_kvarh, export_kvarh)
        channels = [(name, _floats(name, values)) for name, values in arrays.items()]
        packed = [(name, values, np.zeros(len(values), dtype=np.uint8)) for name, values in channels]
        begin = _core.instant(moment_text(start), zone)
        return cls(_core.Readings(begin, step_s(step), zone, packed, "{}"))

    @classmethod
    def from_table(
        cls,
        frame: object,
        *,
        time: str | None = None,
        import_kwh: str | None = None,
        export_kwh: str | None = None,
        import_kvarh: str | None = None,
        export_kvarh: str | None = None,
        unit: Unit = "kwh",
        zone: str | None = None,
        stamp: Stamp | None = None,
        step: str | float | timedelta | None = None,
        fold: Fold = "by order",
        gap: Gap = "error",
        date_order: DateOrder | None = None,
    ) -> Readings:
        """Readings from a frame: polars, pandas, pyarrow, DuckDB, or whatever offers an Arrow stream.

        Rows may be out of order, double or absent; what is odd is in `findings`, what was found out in
        `provenance`. Nulls and intervals without a row are missing. The frame is not changed.

        Parameters
        ----------
        frame
            The frame. A pandas frame needs no pyarrow.
        time
            Column of the stamps: timestamps of any unit, or text. Without it the index of a pandas frame.
        import_kwh, export_kwh, import_kvarh, export_kvarh
            Column of each channel that was measured.
        unit
            Unit of these columns: `"wh"`, `"kwh"`, `"mwh"`, or mean power `"w"`, `"kw"`, `"mw"`; `"kwh"` also
            stands for kvarh, and so on.
        zone
            IANA name of the site's zone. Needed unless the stamps carry the zone of a place.
        stamp
            Which end of its interval a stamp names; found out or assumed, and reported, where not given.
        step
            Length of an interval; found out where not given.
        fold
            Local stamps that occur twice in autumn: `"by order"` takes the second row for the later one,
            `"earlier"` and `"later"` take both for one of them, `"error"` refuses them.
        gap
            Local stamps that never occur in spring: `"error"`, or `"skip"` them with a finding.
        date_order
            Order of the fields in text such as 01/02/2024: `"dmy"`, `"mdy"` or `"ymd"`.

        Raises
        ------
        ReadingError
            A column that is not there (near names are given) or has the wrong type, a row without a stamp, a word
            that an option does not have.
        TimeError
            No zone or an unknown one; a step that is no part of a day.

        Examples
        --------
        >>> import polars as pl
        >>> import wattlens as wl
        >>> frame = pl.DataFrame({"ts": ["2024-03-01 00:15", "2024-03-01 00:30", "2024-03-01 01:00"],
        ...                       "kwh": [5.0, 6.0, 7.0]})
        >>> readings = wl.Readings.from_table(frame, time="ts", import_kwh="kwh", zone="Asia/Shanghai", stamp="end")
        >>> readings
        4 readings, 15 min, 2024-03-01 00:00 … 2024-03-01 01:00 Asia/Shanghai, 75 % present, import_kwh 18 kWh
        """
        columns = given(import_kwh, export_kwh, import_kvarh, export_kvarh)
        return cls(
            read_frame(
                frame,
                columns,
                time=time,
                unit=unit,
                zone=zone,
                stamp=stamp,
                step_s=None if step is None else step_s(step),
                fold=fold,
                gap=gap,
                date_order=date_order,
            )
        )

    @property
    def handle(self) -> _core.Readings:
        """The core's handle."""
        return self._handle

    @property
    def is_simulated(self) -> bool:
        """Whether the simulator made them; every output says so then."""
        source = self.provenance.get("source")
        return source is not None and source.value == "simulated"

    @property
    def start(self) -> datetime:
        """Start of the first interval, local."""
        return datetime.fromtimestamp(self._handle.start, ZoneInfo(self.zone))

    @property
    def end(self) -> datetime:
        """End of the last interval, local."""
        return datetime.fromtimestamp(self._handle.end, ZoneInfo(self.zone))

    @property
    def step(self) -> timedelta:
        """Length of an interval."""
        return timedelta(seconds=self._handle.step_s)

    @property
    def zone(self) -> str:
        """IANA name of the zone."""
        return self._handle.zone

    @property
    def meter(self) -> str | None:
        """Name or number of the meter, where the source tells."""
        return self._handle.meter

    @property
    def spans(self) -> Spans:
        """What has no regular step: register readings, daily and billing energies, maximum demands."""
        return Spans(self._handle)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that were measured."""
        return tuple(self._handle.channels)

    @property
    def starts(self) -> NDArray[np.datetime64]:
        """Start of every interval in UTC, `datetime64[s]`."""
        return self._handle.starts().view("datetime64[s]")

    @property
    def findings(self) -> Findings:
        """What was found while reading."""
        items = msgspec.json.decode(self._handle.findings(), type=list[Finding])
        return Findings(items, zone=self.zone)

    @property
    def provenance(self) -> dict[str, Detected]:
        """What was found out or told about the source: zone, stamp, step, columns and so on."""
        return msgspec.json.decode(self._handle.provenance(), type=dict[str, Detected])

    def __len__(self) -> int:
        return len(self._handle)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Readings) and self._handle == other._handle

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, channel: str) -> NDArray[np.float64]:
        """Energy of each interval [kWh or kvarh], NaN where missing; read-only.

        Raises
        ------
        ReadingError
            A channel that was not measured.
        """
        values = self._handle.values(channel)
        values.flags.writeable = False
        return values

    def flags(self, channel: str) -> NDArray[np.uint8]:
        """Flag of each value by number: 0 measured, 1 missing, …; `flag_words` has the words."""
        flags = self._handle.flags(channel)
        flags.flags.writeable = False
        return flags

    def between(self, start: Moment, end: Moment) -> Readings:
        """The readings whose intervals start in `[start, end)`; local unless the moments have an offset.

        Raises
        ------
        ReadingError
            No interval starts there, or a moment that is no date and time.
        """
        return Readings(self._handle.between(moment_text(start), moment_text(end)))

    def resample(self, step: str | float | timedelta) -> Readings:
        """The readings summed to a coarser step on the wall clock's grid; the total is conserved.

        A new interval with nothing in it is missing; one with a part has the part's sum and the flag 3.

        Raises
        ------
        ReadingError
            A step that is not a multiple of the present one or does not divide a day.
        """
        return Readings(self._handle.resample(step_s(step)))

    def quality(
        self,
        *,
        contract: Contract | None = None,
        settings: Mapping[str, Any] | None = None,
        history: Readings | None = None,
        parent: Readings | None = None,
        children: Sequence[Readings] | None = None,
    ) -> Quality:
        """What the reader and the quality rules found, and what each month is good for.

        Nothing is changed or filled. A rule that lacks something did not run and says what it needs.

        Parameters
        ----------
        contract
            What the supply contract says, for the limits of demand.
        settings
            By rule: `False` switches it off, a mapping changes its numbers by name; `verdict` has the limits of
            the verdict: `{"zero_run": False, "spike": {"tolerance": 2.5}}`.
        history
            Earlier readings of the same meter, for comparisons with last month and last year.
        parent
            The meter above this one.
        children
            All the meters below this one.

        Raises
        ------
        SiteError
            A rule or a number that does not exist; near names are given.

        Examples
        --------
        >>> import wattlens as wl
        >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai",
        ...                                    import_kwh=[5.0, float("nan"), 7.0])
        >>> quality = readings.quality()
        >>> quality[0].code, quality.verdicts[0].billing.verdict
        ('quality.gap', 'unusable')
        """
        from wattlens.quality import check

        return check(
            self, contract=contract, settings=settings, history=history, parent=parent, children=tuple(children or ())
        )

    def day_matrix(self, channel: str = "import_kwh") -> NDArray[np.float64]:
        """Mean power of every interval, one row a local day and one column a slot of the day [kW or kvar].

        NaN where there is no reading, and in the hour that clocks skip; the hour that they repeat has the mean
        of both.

        Raises
        ------
        ReadingError
            A channel that was not measured.
        """
        return self._handle.day_matrix(channel)

    def carpet(self, channel: str = "import_kwh", *, language: Language = "en") -> Figure:
        """Figure of `day_matrix`: date × time of day."""
        from wattlens.figures.charts import carpet

        midnights = self._handle.midnights()
        return carpet(
            self.day_matrix(channel), start=midnights[0], end=midnights[-1], zone=self.zone, language=language
        )

    def to_table(self) -> Table:
        """One row an interval: `start` and the channels."""
        columns: dict[str, Any] = {"start": Column.of(self._handle.starts(), zone=self.zone)}
        columns |= {name: self[name] for name in self.channels}
        return Table(columns, units={name: UNITS[name] for name in self.channels})

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_table().__arrow_c_stream__(requested_schema)

    @property
    def present(self) -> float | None:
        """Share of the intervals' values that is there; None where there is no channel, only spans."""
        if not self.channels:
            return None
        missing = sum(self._handle.missing(name) for name in self.channels)
        return 1 - missing / (len(self) * len(self.channels))

    def to_csv(self, path: str | PathLike[str]) -> None:
        r"""Write to a CSV file, packed where its name ends in `.gz`; `wattlens.read` reads it back as it was.

        The first line, `#wattlens {…}`, keeps zone, step, findings and provenance. Then one row an interval: its start,
        local with its offset from UTC, the channels, and flags where a value was not measured; a missing value is an
        empty cell. Spans have rows with their end too. Numbers come back bit for bit. A name that a
        spreadsheet would take for a formula has an apostrophe before it.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import wattlens as wl
        >>> path = pathlib.Path(tempfile.mkdtemp(), "plant.csv")
        >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="15min", zone="Asia/Shanghai",
        ...                                    import_kwh=[0.1, float("nan")])
        >>> readings.to_csv(path)
        >>> print(path.read_text(encoding="utf-8").partition("\n")[2])
        start,import_kwh
        2024-03-01T00:00:00+08:00,0.1
        2024-03-01T00:15:00+08:00,
        <BLANKLINE>
        >>> wl.read(path) == readings
        True
        """
        from wattlens.writing import own_csv

        own_csv([self._handle], path, several=False)

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """The same as Parquet, through pyarrow or polars; the first line is in the file's metadata as `wattlens`.

        Raises
        ------
        ReadingError
            Neither pyarrow nor polars is there.
        """
        from wattlens.writing import own_parquet

        own_parquet([self._handle], path, several=False)

    def to_excel(self, path: str | PathLike[str]) -> None:
        """The same as a workbook, through openpyxl; stamps are local, their offsets from UTC in a column of their own.

        Raises
        ------
        ReadingError
            More rows than a sheet holds; openpyxl is not there.
        """
        from wattlens.writing import own_excel

        own_excel([self._handle], path, several=False)

    def summary(self) -> str:
        """Number, step, span, zone and how much is there, on one line; without channels, what the spans are."""
        origin = "SIMULATED, " if self.is_simulated else ""
        if not self.channels:
            dates = f"{self.start:%Y-%m-%d} … {self.end:%Y-%m-%d} {self.zone}"
            return ", ".join([origin + "no intervals", dates, *(one.summary() for one in self.spans)])
        step = self._handle.step_s
        length = f"{step // 3600} h" if step % 3600 == 0 else f"{step // 60} min" if step % 60 == 0 else f"{step} s"
        span = f"{self.start:%Y-%m-%d %H:%M} … {self.end:%Y-%m-%d %H:%M} {self.zone}"
        there = _percent(self.present or 0)
        estimated = sum(self._handle.estimated(name)[0] for name in self.channels)
        share = estimated / max(1, len(self) * len(self.channels))
        told = f", {_percent(share)} estimated" if estimated else ""
        return f"{origin}{number(len(self))} readings, {length}, {span}, {there} present{told}"

    def _total(self, name: str) -> str:
        if UNITS[name] not in ("kWh", "kvarh"):
            known = self[name][~np.isnan(self[name])]
            return "–" if len(known) == 0 else f"mean {number(float(known.mean()))} {UNITS[name]}".rstrip()
        total = self._handle.total(name)
        return "–" if total is None else f"{number(total)} {UNITS[name]}"

    def __repr__(self) -> str:
        meter = f"meter {self.meter}: " if self.meter else ""
        return meter + ", ".join([self.summary(), *(f"{name} {self._total(name)}" for name in self.channels)])

    def _repr_html_(self) -> str:
        rows = ([name, self._total(name), number(self._handle.missing(name))] for name in self.channels)
        body = html.table(["channel", "total", "missing"], rows, numeric=[False, True, True]) if self.channels else ""
        if len(spans := self.spans):
            summaries = ([one.name, one.summary()] for one in spans)
            body += html.table(["registers and spans", "values"], summaries, numeric=[False, False])
        found = len(self.findings)
        note = f"<small>{found} finding{'s'[: found != 1]} while reading</small>" if found else ""
        head = (f"meter {self.meter}: " if self.meter else "") + self.summary()
        return html.fragment(f"<b>{html.escape(head)}</b>{body}{note}")


def _percent(share: float) -> str:
    """A share that is only called 100 % or 0 % where it is."""
    percent = share * 100
    shown = min(percent, 99.9) if percent < 100 else percent
    return f"{number(max(shown, 0.1) if percent > 0 else 0, None if shown == int(shown) else 1)} %"


def _floats(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(np.float64), np.nan)
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ReadingError(f"{name}: expected numbers; {error}") from None
    if array.ndim != 1:
        raise ReadingError(f"{name}: found {array.ndim} dimensions, expected one")
    return array
