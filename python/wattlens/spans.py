"""What has no regular step: register readings, daily and billing energies, maximum demands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import msgspec

from wattlens import _core, html
from wattlens.errors import ReadingError
from wattlens.findings import Span
from wattlens.table import Column, Frames, Table
from wattlens.words import Language, number, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from wattlens.figures import Figure

__all__ = ["SpanValue", "Spans", "SpansOf"]

SpanKind = Literal["energy", "register", "maximum_demand"]
Period = Literal["total", "sharp", "peak", "flat", "valley", "deep_valley"]
_DAY_S = (23 * 3600, 25 * 3600)
_DRAWN_FIRST: tuple[SpanKind, ...] = ("energy", "maximum_demand", "register")


class SpanValue(msgspec.Struct, frozen=True):
    """One value, when it holds, and how it came to be; a register reading holds at an instant."""

    span: Span
    value: float | None
    flag: str
    at: int | None


class _Series(msgspec.Struct, frozen=True):
    kind: SpanKind
    period: Period
    multiplier: float
    values: list[SpanValue]


class SpansOf(msgspec.Struct, frozen=True):
    """One series: what is measured, what a value of it is, and for which hours of the tariff.

    Attributes
    ----------
    name, channel, unit
        Its name as a column, what is measured and in which unit.
    kind
        `energy` of a span, reading of a `register` at an instant, or `maximum_demand` of a span [kW].
    period
        `total`, or the hours of a tariff: `sharp`, `peak`, `flat`, `valley`, `deep_valley`.
    multiplier
        What differences of a register are multiplied by (CT × PT); 1 where it is in the values.
    values
        Ascending.
    """

    name: str
    channel: str
    unit: str
    kind: SpanKind
    period: Period
    multiplier: float
    values: tuple[SpanValue, ...]

    @property
    def total(self) -> float | None:
        """Energy of all spans; None for registers and demands, which do not add up, and where nothing is known."""
        known = [one.value for one in self.values if one.value is not None]
        return sum(known) if self.kind == "energy" and known else None

    def summary(self) -> str:
        """How many values of what, on one line: `810 days of import_kwh, 21 925.83 kWh`."""
        count = len(self.values)
        known = [one.value for one in self.values if one.value is not None]
        if self.kind == "register":
            what = f"{number(count)} reading{'s'[: count != 1]} of {self.name}"
            if not known:
                return what
            times = "" if self.multiplier == 1 else f" × {number(self.multiplier)}"
            return f"{what}, {number(known[0], 2)} … {number(known[-1], 2)} {self.unit}{times}"
        shortest, longest = _DAY_S
        is_days = all(shortest <= one.span.end - one.span.start <= longest for one in self.values)
        what = f"{number(count)} {'day' if is_days else 'span'}{'s'[: count != 1]} of {self.name}"
        if not known:
            return f"{what}, –"
        if self.kind == "maximum_demand":
            return f"{what}, highest {number(max(known), 2)} kW"
        return f"{what}, {number(sum(known), 2)} {self.unit}"


class Spans(Sequence[SpansOf], Frames):
    """The series of a meter that have no regular step, with the zone that their stamps are shown in.

    Examples
    --------
    >>> import wattlens as wl
    >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai", import_kwh=[5.0])
    >>> readings.spans
    no spans
    """

    __slots__ = ("_series", "zone")

    def __init__(self, handle: _core.Readings) -> None:
        decoded = msgspec.json.decode(handle.spans(), type=list[_Series])
        self._series = tuple(
            SpansOf(name, channel, unit, one.kind, one.period, one.multiplier, tuple(one.values))
            for (name, channel, unit), one in zip(handle.span_names(), decoded, strict=True)
        )
        self.zone = handle.zone

    def __len__(self) -> int:
        return len(self._series)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # as a tuple
        return self._series[index]

    def __iter__(self) -> Iterator[SpansOf]:
        return iter(self._series)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and (self._series, self.zone) == (other._series, other.zone)

    def __hash__(self) -> int:
        return hash((tuple(one.name for one in self._series), self.zone))

    def to_table(self) -> Table:
        """One row a value: start, end, channel, kind, period, value, unit, flag, multiplier, and when a demand was."""
        rows = [(series, one) for series in self._series for one in series.values]
        return Table(
            {
                "start": Column.of([one.span.start for _, one in rows], zone=self.zone),
                "end": Column.of([one.span.end for _, one in rows], zone=self.zone),
                "channel": [series.channel for series, _ in rows],
                "kind": [series.kind for series, _ in rows],
                "period": [series.period for series, _ in rows],
                "value": Column.of([float("nan") if one.value is None else one.value for _, one in rows]),
                "unit": [series.unit for series, _ in rows],
                "flag": [one.flag for _, one in rows],
                "multiplier": Column.of([series.multiplier for series, _ in rows]),
                "at": Column.of([one.at for _, one in rows], zone=self.zone),
            }
        )

    def to_csv(self, path: str | PathLike[str]) -> None:
        """`to_table` as CSV."""
        self.to_table().to_csv(path)

    def figure(self, language: Language = "en") -> Figure:
        """Energies as columns as wide as their spans; without energies maximum demands, else what registers show.

        Series of one unit are drawn together, those of the first unit that there is.

        Raises
        ------
        ReadingError
            No value at all.
        """
        from wattlens.figures.charts import SpanLine, span_columns

        there = [one for one in self._series if any(value.value is not None for value in one.values)]
        kind = next((kind for kind in _DRAWN_FIRST if any(one.kind == kind for one in there)), None)
        drawn = [one for one in there if one.kind == kind]
        if kind is None:
            raise ReadingError("there is nothing to be drawn: these readings have no registers and no daily values")
        unit = "kW" if kind == "maximum_demand" else drawn[0].unit
        lines = [
            SpanLine(
                f"{say(f'word.{one.channel}', language)} · {say(f'word.{one.period}', language)}",
                [value.span.start for value in one.values],
                [value.span.end for value in one.values],
                [float("nan") if value.value is None else value.value for value in one.values],
            )
            for one in drawn
            if one.unit == drawn[0].unit
        ]
        word = say(f"word.{kind}", language)
        return span_columns(
            lines, label=word[:1].upper() + word[1:], unit=unit, zone=self.zone, language=language,
        )  # fmt: skip

    def plot(self, ax: Axes | None = None, *, language: Language = "en") -> Axes:
        """`figure` as matplotlib Axes."""
        from wattlens.figures.mpl import drawable_language

        return self.figure(drawable_language(language)).plot(ax)

    def _dates(self, series: SpansOf) -> str:
        if not series.values:
            return "–"
        first, last = series.values[0].span.start, series.values[-1].span.end
        return " … ".join(f"{datetime.fromtimestamp(at, ZoneInfo(self.zone)):%Y-%m-%d %H:%M}" for at in (first, last))

    def __repr__(self) -> str:
        if not self._series:
            return "no spans"
        return "\n".join(f"{series.summary()}; {self._dates(series)} {self.zone}" for series in self._series)

    def _repr_html_(self) -> str:
        rows = [[series.name, series.summary(), self._dates(series)] for series in self._series]
        return html.fragment(html.table(["series", "values", f"from … to ({self.zone})"], rows, numeric=[False] * 3))
