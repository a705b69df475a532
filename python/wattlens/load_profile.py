"""How a site uses electricity: indicators, tables, curves and day shapes. What cannot be known is None."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from wattlens import html, wire
from wattlens.calendar import DayType
from wattlens.expect import expect
from wattlens.figures import Figure, charts
from wattlens.site import Site
from wattlens.table import Table
from wattlens.words import Language, number, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Profile", "profile"]

Kws = tuple[float | None, ...]


class Energy(msgspec.Struct, frozen=True):
    """Totals of what was measured [kWh, kvarh]; None where a channel was not.

    `share_by_hour`: share of the imported energy in each of the 24 clock hours.
    """

    import_kwh: float | None
    export_kwh: float | None
    import_kvarh: float | None
    export_kvarh: float | None
    share_by_hour: tuple[float, ...] | None


class Load(msgspec.Struct, frozen=True):
    """Load in a few numbers [kW, h]; stamps are UTC seconds, of the earliest of equals.

    `base_kw` and `peak_kw` are the 2.5 % and 97.5 % quantiles, `load_factor` mean over maximum,
    `base_share` the share of energy that the near-base load uses running all the time,
    `utilisation_hours` energy over maximum, only for a year.
    """

    hours: float
    mean_kw: float | None
    max_kw: float | None
    max_start: int | None
    min_kw: float | None
    min_start: int | None
    base_kw: float | None
    peak_kw: float | None
    load_factor: float | None
    base_to_peak: float | None
    base_share: float | None
    utilisation_hours: float | None
    peak_valley_kw: float | None
    peak_valley_rate: float | None


class DayRow(msgspec.Struct, frozen=True):
    """One local day; below `trusted`, numbers are None where the day is partial or too much is missing."""

    date: date
    start: int
    day_type: DayType
    activity: Literal["production", "no_production", "unknown"]
    present: float
    trusted: bool
    measured_kwh: float | None
    kwh: float | None
    mean_kw: float | None
    max_kw: float | None
    max_start: int | None
    min_kw: float | None
    min_start: int | None
    load_rate: float | None
    min_load_rate: float | None
    peak_valley_kw: float | None
    peak_valley_rate: float | None


class Period(msgspec.Struct, frozen=True):
    """A month, a year, or everything; numbers are None with a `reason` where too much is missing.

    `load_factor` is mean over maximum of the period, `mean_daily_load_rate` the mean of the daily rates;
    `unbalance` is mean over largest daily energy, `season_unbalance` mean monthly over yearly maximum.
    """

    label: str
    start: int
    end: int
    present: float
    trusted: bool
    reason: str | None
    days: int
    measured_kwh: float | None
    kwh: float | None
    mean_kw: float | None
    max_kw: float | None
    max_start: int | None
    load_factor: float | None
    mean_daily_kwh: float | None
    mean_daily_load_kw: float | None
    mean_daily_load_rate: float | None
    lowest_daily_min_load_rate: float | None
    max_daily_peak_valley_kw: float | None
    mean_daily_peak_valley_rate: float | None
    unbalance: float | None
    season_unbalance: float | None
    utilisation_hours: float | None


class HoursAbove(msgspec.Struct, frozen=True):
    """Time at or above a share of the peak [h]."""

    share_of_peak: float
    kw: float
    hours: float


class LoadBin(msgspec.Struct, frozen=True):
    """Time with a load in a bin [h]."""

    from_kw: float
    to_kw: float
    hours: float


class Duration(msgspec.Struct, frozen=True):
    """Load duration: `kw[i]` is reached or exceeded for i / 1000 of the time."""

    kw: tuple[float, ...]
    hours_above: tuple[HoursAbove, ...]
    histogram: tuple[LoadBin, ...]
    peak_steepness: float | None


class DemandWindow(msgspec.Struct, frozen=True):
    """Highest mean power of a window, block or sliding; `unknown` says why it cannot be told."""

    window_s: int
    kind: Literal["block", "sliding"]
    max_kw: float | None
    start: int | None
    unknown: str | None


class MonthDemand(msgspec.Struct, frozen=True):
    """Maximum demand of a month [kW]."""

    label: str
    max_kw: float | None
    start: int | None
    unknown: str | None


class DemandDay(msgspec.Struct, frozen=True):
    """A day of high demand: kW and kVA of its highest block, hours and kWh near the peak."""

    date: date
    start: int
    kw: float
    kva: float | None
    hours_above: float
    kwh_above: float


class Demand(msgspec.Struct, frozen=True):
    """Maximum demand by window, by month, and the days that have it."""

    block_s: int
    windows: tuple[DemandWindow, ...]
    months: tuple[MonthDemand, ...]
    near_peak_kw: float | None
    days: tuple[DemandDay, ...]


class DayShape(msgspec.Struct, frozen=True):
    """Mean, median and quantiles of each slot of a day type [kW]; `n` readings a slot."""

    day_type: DayType
    days: int
    n: tuple[int, ...]
    mean_kw: Kws
    median_kw: Kws
    p10_kw: Kws
    p25_kw: Kws
    p75_kw: Kws
    p90_kw: Kws


class HourOfWeek(msgspec.Struct, frozen=True):
    """Mean and median load of each hour of the week, Monday first [kW]."""

    mean_kw: tuple[Kws, ...]
    median_kw: tuple[Kws, ...]


class Ratios(msgspec.Struct, frozen=True):
    """Ratios of mean loads; None where a side is missing or the denominator is near zero."""

    weekend_workday: float | None
    holiday_workday: float | None
    makeup_workday: float | None
    night_day: float | None
    lunch_morning: float | None


class OperatingHours(msgspec.Struct, frozen=True):
    """Inferred hours of a day type [h since midnight]; `open` has one entry a slot."""

    day_type: DayType
    days: int
    open: tuple[bool, ...]
    breaks_h: float
    opens_h: float | None
    closes_h: float | None
    rise_h: float | None
    fall_h: float | None
    high_load_h: float


class Operating(msgspec.Struct, frozen=True):
    """Operating hours, inferred from a typical load above base + 10 % of the way to the peak."""

    base_kw: float
    peak_kw: float
    open_above_kw: float
    hours: tuple[OperatingHours, ...]


class OffHours(msgspec.Struct, frozen=True):
    """Energy outside operating hours, and what lies above the reference (10 % quantile while closed).

    `worked_hours` of it are overtime; the rest idles.
    """

    hours: float
    kwh: float
    reference_kw: float
    excess_kwh: float
    worked_hours: float
    worked_excess_kwh: float


class PowerFactor(msgspec.Struct, frozen=True):
    """Energy power factor: lagging only, and as billed (import and export kvarh add)."""

    label: str
    present: float
    kwh: float
    import_kvarh: float
    export_kvarh: float | None
    lagging_only: float | None
    as_billed: float | None
    lagging_only_rounded: float | None
    as_billed_rounded: float | None


class Gap(msgspec.Struct, frozen=True):
    """A stretch without values [UTC seconds, h]."""

    start: int
    end: int
    hours: float


class ChannelCompleteness(msgspec.Struct, frozen=True):
    """How much of a channel is there."""

    channel: str
    expected: int
    missing: int
    incomplete: int
    missing_share: float
    estimated_share: float
    longest_gap: Gap | None


class Absent(msgspec.Struct, frozen=True):
    """A field that is absent, and why."""

    field: str
    reason: str


class ProfileSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a profile can be told: quantile of base and peak, trust gate, share near the peak, days listed."""

    base_quantile: float = 0.025
    min_present: float = 0.95
    near_peak_share: float = 0.9
    top_days: int = 10


_SUMMARY = (
    ("max_kw", "kW"), ("mean_kw", "kW"), ("base_kw", "kW"), ("peak_kw", "kW"), ("load_factor", ""),
    ("base_share", ""), ("utilisation_hours", "h"),
)  # fmt: skip


class Profile(wire.Result, frozen=True):
    """The load profile of a site, raw as measured: nothing is filled, nothing taken out.

    Parts: `energy`, `load`, `days`, `months`, `years`, `duration`, `demand`, `shapes`, `hour_of_week`,
    `ratios`, `operating`, `off_hours`, `power_factor`. What cannot be known is None, and `absent` says why.
    `zone` is the zone in which stamps are shown, `simulated` says whether the simulator made the readings.

    Examples
    --------
    >>> import wattlens as wl
    >>> profile = wl.profile(wl.simulate.demo_site())
    >>> round(profile.load_factor, 3), profile.status
    (0.312, 'ok')
    """

    status: str
    absent: tuple[Absent, ...]
    settings: ProfileSettings
    completeness: tuple[ChannelCompleteness, ...]
    energy: Energy
    load: Load
    days: tuple[DayRow, ...]
    months: tuple[Period, ...]
    years: tuple[Period, ...]
    period: Period
    duration: Duration | None
    demand: Demand
    shapes: tuple[DayShape, ...]
    hour_of_week: HourOfWeek | None
    ratios: Ratios
    operating: Operating | None
    off_hours: OffHours | None
    power_factor: PowerFactor | None
    power_factor_by_month: tuple[PowerFactor, ...]
    zone: str = "UTC"
    simulated: bool = False

    @property
    def max_kw(self) -> float | None:
        """Highest load [kW]."""
        return self.load.max_kw

    @property
    def mean_kw(self) -> float | None:
        """Mean load [kW]."""
        return self.load.mean_kw

    @property
    def base_kw(self) -> float | None:
        """Load that is exceeded nearly always: the 2.5 % quantile [kW]."""
        return self.load.base_kw

    @property
    def peak_kw(self) -> float | None:
        """Load that is hardly ever exceeded: the 97.5 % quantile [kW]."""
        return self.load.peak_kw

    @property
    def load_factor(self) -> float | None:
        """Mean over maximum of the whole period."""
        return self.load.load_factor

    @property
    def utilisation_hours(self) -> float | None:
        """Energy over maximum load [h]; None unless the readings span one year."""
        return self.load.utilisation_hours

    def by_day(self) -> Table:
        """One row a local day."""
        return _table(self.days, DayRow, self.zone)

    def by_month(self) -> Table:
        """One row a local month."""
        return _table(self.months, Period, self.zone)

    def by_year(self) -> Table:
        """One row a local year."""
        return _table(self.years, Period, self.zone)

    def by_day_type(self) -> Table:
        """One row a day type and slot: mean, median and quantiles [kW]."""
        columns: dict[str, list[Any]] = {"day_type": [], "days": [], "clock_h": []}
        kws = [name for name in DayShape.__struct_fields__ if name.endswith("_kw")]
        columns |= {name: [] for name in ("n", *kws)}
        for shape in self.shapes:
            slots = len(shape.n)
            columns["day_type"] += [shape.day_type] * slots
            columns["days"] += [shape.days] * slots
            columns["clock_h"] += [24 * slot / slots for slot in range(slots)]
            for name in ("n", *kws):
                columns[name] += getattr(shape, name)
        return Table(columns, units={"clock_h": "h", **dict.fromkeys(kws, "kW")})

    def duration_curve(self) -> Table:
        """Share of the time, hours, and the load that is reached or exceeded for so long [kW]."""
        kw = self.duration.kw if self.duration else ()
        share = np.arange(len(kw)) / max(len(kw) - 1, 1)
        columns = {"share_of_time": share, "hours": share * self.load.hours, "kw": np.asarray(kw, dtype=float)}
        return Table(columns, units={"hours": "h", "kw": "kW"})

    def figure(self, language: Language = "en") -> Figure:
        """Day shapes by day type: median with the band from the 10 % to the 90 % quantile."""

        def kw(values: Kws) -> list[float]:
            return [np.nan if value is None else value for value in values]

        shapes = [
            charts.DayShape(
                say("label.day_type_days", language, day_type=shape.day_type, days=shape.days),
                kw(shape.median_kw),
                kw(shape.p10_kw),
                kw(shape.p90_kw),
            )
            for shape in self.shapes
        ]
        return charts.day_shapes(shapes, language=language)

    def duration_figure(self, language: Language = "en") -> Figure:
        """The load duration curve."""
        kw = self.duration.kw if self.duration else ()
        return charts.duration_curve(np.linspace(0, 1, len(kw)), kw, language=language)

    def plot(self, ax: Axes | None = None, *, language: Language = "en") -> Axes:
        """Day shapes by day type, as matplotlib Axes."""
        from wattlens.figures.mpl import drawable_language

        return self.figure(drawable_language(language)).plot(ax)

    def plot_duration(self, ax: Axes | None = None, *, language: Language = "en") -> Axes:
        """The load duration curve, as matplotlib Axes."""
        from wattlens.figures.mpl import drawable_language

        return self.duration_figure(drawable_language(language)).plot(ax)

    def summary(self, language: Language = "en") -> list[tuple[str, str]]:
        """The main numbers as texts with their units; an en dash where one cannot be known."""
        rows = [(say("label.import_kwh", language), _text(self.energy.import_kwh, "kWh"))]
        for name, unit in _SUMMARY:
            rows.append((say(f"label.{name}", language), _text(getattr(self.load, name), unit)))
        if self.load.max_start is not None:
            when = datetime.fromtimestamp(self.load.max_start, UTC).astimezone(ZoneInfo(self.zone))
            rows.insert(2, (say("label.max_start", language), f"{when:%Y-%m-%d %H:%M}"))
        if self.power_factor is not None:
            factors = {name: getattr(self.power_factor, name) for name in ("as_billed", "lagging_only")}
            rows += [(say(f"label.power_factor_{name}", language), _text(value, "")) for name, value in factors.items()]
        if self.off_hours is not None:
            rows.append((say("label.off_hours_kwh", language), _text(self.off_hours.kwh, "kWh")))
        return rows

    def __repr__(self) -> str:
        lines = [f"  {label:<42}{value:>18}" for label, value in self.summary()]
        origin = f" ({say('label.simulated')})" if self.simulated else ""
        return "\n".join([f"Profile, {len(self.days)} days, status {self.status}{origin}", *lines])

    def _repr_html_(self) -> str:
        heads = [say("label.indicator"), say("label.value")]
        table = html.table(heads, self.summary(), numeric=[False, True])
        pictures = self.figure().to_svg() if self.shapes else ""
        origin = f"<b>{html.escape(say('label.simulated'))}</b>" if self.simulated else ""
        return html.fragment(origin + table + pictures)


def profile(site: Site, *, settings: ProfileSettings | None = None) -> Profile:
    """The load profile of a site.

    Works for any step and completeness; days of 23 and 25 hours are ordinary, a partial first or last day
    never gives a daily minimum, and a month with less than 95 % of its readings gives no numbers.

    Raises
    ------
    SiteError
        A setting out of its range.

    Examples
    --------
    >>> import wattlens as wl
    >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai",
    ...                                    import_kwh=[10.0] * 12 + [30.0] * 12)
    >>> profile = wl.profile(wl.Site(readings))
    >>> profile.mean_kw, profile.max_kw, round(profile.load_factor, 3), profile.utilisation_hours
    (20.0, 30.0, 0.667, None)
    """
    settings = ProfileSettings() if settings is None else settings
    expect(site, Site)
    expect(settings, ProfileSettings)
    text = wire.text(settings)
    found = msgspec.json.decode(site.handle.profile(text), type=Profile)
    return msgspec.structs.replace(found, zone=site.readings.zone, simulated=site.readings.is_simulated)


def _text(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{number(value)} {unit}".rstrip()


def _table(rows: tuple[Any, ...], kind: type[msgspec.Struct], zone: str) -> Table:
    names = kind.__struct_fields__
    stamps = [name for name in names if name in {"start", "end"} or name.endswith("_start")]
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    if "date" in columns:
        columns["date"] = [value.isoformat() for value in columns["date"]]
    units = {name: "kWh" if name.endswith("kwh") else "kW" for name in names if name.endswith(("_kw", "kwh"))}
    return Table(columns, units=units, zones=dict.fromkeys(stamps, zone))
