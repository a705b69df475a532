"""Readings: channels of one supply point on one time axis, from a file, a frame, or arrays."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wattlens import _core, html
from wattlens.errors import ReadingError, TimeError
from wattlens.findings import Finding, Findings
from wattlens.table import Column, Table
from wattlens.words import number

if TYPE_CHECKING:
    pass

__all__ = ["Detected", "Readings", "step_s"]

Stamp = Literal["start", "end"]
Fold = Literal["by order", "earlier", "later", "error"]
Gap = Literal["error", "skip"]
Unit = Literal["wh", "kwh", "mwh", "w", "kw", "mw"]
Moment = str | date | datetime

_UNITS = {"import_kwh": "kWh", "export_kwh": "kWh", "import_kvarh": "kvarh", "export_kvarh": "kvarh"}
_STEP = re.compile(r"(\d*)\s*(s|sec|min|m|h|hour)s?", re.IGNORECASE)
_STEP_S = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600}


class Detected(msgspec.Struct, frozen=True):
    """What was found out about a source, or was told: the value, and why (`given` where told)."""

    value: str
    why: str


@runtime_checkable
class ArrowTable(Protocol):
    """Anything that offers an Arrow stream: polars, pyarrow, DuckDB, ibis and others."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the stream."""


def step_s(step: str | float | timedelta) -> int:
    """Seconds of a step: `"15min"`, `"1h"`, a timedelta, or seconds.

    Raises
    ------
    TimeError
        Anything else, or a fraction of a second.

    Examples
    --------
    >>> step_s("15min"), step_s("1h"), step_s(1800)
    (900, 3600, 1800)
    """
    if isinstance(step, timedelta):
        step = step.total_seconds()
    if isinstance(step, str):
        match = _STEP.fullmatch(step.strip())
        if match:
            return int(match[1] or 1) * _STEP_S[match[2].lower()]
    elif step == int(step):
        return int(step)
    raise TimeError(
        f"a step of {step!r} cannot be understood: expected e.g. '15min', '1h', 900 or a timedelta"
    )


def moment_text(moment: Moment) -> str:
    """A date or a time as the core reads it; what has no offset is local."""
    return moment if isinstance(moment, str) else moment.isoformat()


class Readings:
    """The readings of one supply point: channels on one time axis, each value with a flag.

    Channels are the energies of each interval: `import_kwh`, `export_kwh`, `import_kvarh` and
    `export_kvarh`. Intervals are named by their start. What is missing is NaN, never zero. Readings are
    never changed; slices and resamples are new. Make them with `wattlens.read_csv`, `from_table` or
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
            raise TypeError(
                "Readings are made by wattlens.read_csv, Readings.from_table or Readings.from_arrays"
            )
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
        """Readings from arrays that begin at `start` and have no gap; NaN and infinities are missing.

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
        given = _given(import_kwh, export_kwh, import_kvarh, export_kvarh)
        channels = [(name, _floats(name, values)) for name, values in given.items()]
        packed = [(name, values, np.zeros(len(values), dtype=np.uint8)) for name, values in channels]
        begin = _core.instant(moment_text(start), zone)
        return cls(_core.Readings(begin, step_s(step), zone, packed, "[]", "{}"))

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
        """Flag of each value: 0 measured, 1 missing, 2 ambiguous, 3 a sum of which a part is missing."""
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

    def to_table(self) -> Table:
        """One row an interval: `start` and the channels."""
        columns: dict[str, Any] = {"start": Column.of(self._handle.starts(), zone=self.zone)}
        columns |= {name: self[name] for name in self.channels}
        return Table(columns, units={name: _UNITS[name] for name in self.channels})

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_table().__arrow_c_stream__(requested_schema)

    def _present(self) -> float:
        missing = sum(self._handle.missing(name) for name in self.channels)
        return 1 - missing / (len(self) * len(self.channels))

    def _line(self) -> str:
        step = self._handle.step_s
        length = (
            f"{step // 3600} h"
            if step % 3600 == 0
            else f"{step // 60} min"
            if step % 60 == 0
            else f"{step} s"
        )
        span = f"{self.start:%Y-%m-%d %H:%M} … {self.end:%Y-%m-%d %H:%M} {self.zone}"
        return f"{number(len(self))} readings, {length}, {span}, {_percent(self._present())} present"

    def _total(self, name: str) -> str:
        total = self._handle.total(name)
        return "–" if total is None else f"{number(total)} {_UNITS[name]}"

    def __repr__(self) -> str:
        return ", ".join([self._line(), *(f"{name} {self._total(name)}" for name in self.channels)])

    def _repr_html_(self) -> str:
        rows = ([name, self._total(name), number(self._handle.missing(name))] for name in self.channels)
        body = html.table(["channel", "total", "missing"], rows, numeric=[False, True, True])
        found = len(self.findings)
        note = f"<small>{found} findings while reading</small>" if found else ""
        return html.fragment(f"<b>{html.escape(self._line())}</b>{body}{note}")


def _percent(share: float) -> str:
    """A share that is only called 100 % or 0 % where it is."""
    percent = share * 100
    shown = min(percent, 99.9) if percent < 100 else percent
    return f"{number(max(shown, 0.1) if percent > 0 else 0, None if shown == int(shown) else 1)} %"


def _given(*values: Any) -> dict[str, Any]:
    return {name: value for name, value in zip(_UNITS, values, strict=True) if value is not None}


def _floats(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ReadingError(f"{name}: expected numbers; {error}") from None
    if array.ndim != 1:
        raise ReadingError(f"{name}: found {array.ndim} dimensions, expected one")
    return array
