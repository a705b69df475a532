"""How the site uses electricity: indicators, pictures, months, days of highest demand, operating hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattlens import html
from wattlens.report.pen import ABSENT, Pen

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis
    from wattlens.load_profile import Profile

__all__ = ["load", "pictures"]

_RATIOS = ("weekend_workday", "holiday_workday", "makeup_workday", "night_day", "lunch_morning")


def load(diagnosis: Diagnosis, pen: Pen) -> str:
    """The whole load profile."""
    profile = diagnosis.profile
    return "".join(
        [
            pen.heading("report.load"),
            indicators(profile, pen),
            *(f'<div class="figure">{picture}</div>' for picture in pictures(diagnosis, pen)),
            _months(profile, pen),
            _top_days(profile, pen),
            _operating(profile, pen),
        ]
    )


def pictures(diagnosis: Diagnosis, pen: Pen) -> list[str]:
    """Carpet, day shapes and duration curve, where there is a load to be drawn."""
    readings, profile = diagnosis.site.readings, diagnosis.profile
    found = []
    if "import_kwh" in readings.channels and np.isfinite(readings["import_kwh"]).any():
        found.append(readings.carpet(language=pen.language).to_svg())
    if any(value is not None for shape in profile.shapes for value in shape.median_kw):
        found.append(profile.figure(pen.language).to_svg())
    if profile.duration is not None:
        found.append(profile.duration_figure(pen.language).to_svg())
    return found


def indicators(profile: Profile, pen: Pen) -> str:
    """The indicators with their units; an en dash and the reason where one is absent."""
    energy, load, factor = profile.energy, profile.load, profile.power_factor
    reasons = {one.field: pen.word(one.reason) for one in profile.absent}

    def row(label: str, value: str, *, at: int | None = None, field: str = "load") -> tuple[str, str, str]:
        reason = reasons.get(field) or reasons.get(field.partition(".")[0], "")
        more = reason if value == ABSENT else "" if at is None else pen.stamp(at)
        return pen.say(f"label.{label}"), value, more

    rows = [
        row("import_kwh", pen.number(energy.import_kwh, 0, "kWh")),
        row("max_kw", pen.number(load.max_kw, 1, "kW"), at=load.max_start),
        row("mean_kw", pen.number(load.mean_kw, 1, "kW")),
        row("min_kw", pen.number(load.min_kw, 1, "kW"), at=load.min_start),
        row("near_base_kw", pen.number(load.near_base_kw, 1, "kW")),
        row("near_peak_kw", pen.number(load.near_peak_kw, 1, "kW")),
        row("base_to_peak", pen.number(load.base_to_peak, 3)),
        row("base_share", pen.percent(load.base_share)),
        row("load_factor", pen.number(load.load_factor, 3)),
        row("daily_load_rate", pen.number(profile.period.mean_daily_load_rate, 3)),
        row("utilisation_hours", pen.number(load.utilisation_hours, 0, "h"), field="load.utilisation_hours"),
        row("peak_valley_kw", pen.number(profile.period.max_daily_peak_valley_kw, 1, "kW")),
        row("peak_valley_rate", pen.percent(profile.period.mean_daily_peak_valley_rate)),
    ]
    for window in profile.demand.windows:
        title = pen.say("label.demand_window", minutes=window.window_s / 60, kind=window.kind)
        more = pen.word(window.unknown) if window.unknown else "" if window.start is None else pen.stamp(window.start)
        rows.append((title, pen.number(window.max_kw, 1, "kW"), more))
    for channel, unit in (("export_kwh", "kWh"), ("import_kvarh", "kvarh"), ("export_kvarh", "kvarh")):
        total = getattr(energy, channel)
        if total is not None:
            rows.append(row(channel, pen.number(total, 0, unit)))
    for name in ("as_billed", "lagging_only"):
        value = ABSENT if factor is None else pen.number(getattr(factor, name), 4)
        rows.append(row(f"power_factor_{name}", value, field="power_factor"))
    off = profile.off_hours
    rows.append(row("off_hours_kwh", ABSENT if off is None else pen.number(off.kwh, 0, "kWh"), field="off_hours"))
    if off is not None:
        rows.append(row("off_hours_excess_kwh", pen.number(off.excess_kwh, 0, "kWh")))
    for name in _RATIOS:
        ratio = getattr(profile.ratios, name)
        if ratio is not None:
            rows.append(row(name, pen.number(ratio, 2)))
    # In two columns side by side on a wide screen and on paper.
    half = (len(rows) + 1) // 2
    heads = [*pen.heads("indicator", "value"), ""]
    halves = (html.table(heads, part, numeric=[False, True, False]) for part in (rows[:half], rows[half:]))
    return pen.heading("report.indicators", 3) + f'<div class="halves">{"".join(halves)}</div>'


def _months(profile: Profile, pen: Pen) -> str:
    demands = {one.label: one for one in profile.demand.months}
    factors = {one.label: one for one in profile.power_factor_by_month}
    rows = []
    for month in profile.months:
        demand, factor = demands.get(month.label), factors.get(month.label)
        rows.append(
            [
                month.label,
                pen.number(month.measured_kwh, 0) if month.reason is None else f"{ABSENT} ({pen.word(month.reason)})",
                pen.number(month.mean_kw, 1),
                ABSENT if demand is None else pen.number(demand.max_kw, 1),
                ABSENT if demand is None else pen.stamp(demand.start),
                pen.number(month.load_factor, 3),
                pen.number(month.mean_daily_load_rate, 3),
                pen.number(month.max_daily_peak_valley_kw, 1),
                ABSENT if factor is None else pen.number(factor.as_billed_rounded, 2),
            ]
        )
    heads = pen.heads(
        "month", "kwh|kWh", "mean_kw|kW", "demand_kw|kW", "at", "load_factor", "daily_load_rate",
        "peak_valley_kw|kW", "power_factor_as_billed",
    )  # fmt: skip
    numeric = [False, True, True, True, False, True, True, True, True]
    return pen.heading("report.months", 3) + html.table(heads, rows, numeric=numeric)


def _top_days(profile: Profile, pen: Pen) -> str:
    types = {day.date: day.day_type for day in profile.days}
    rows = [
        [
            day.date.isoformat(),
            pen.word(types.get(day.date)),
            f"{pen.moment(day.start):%H:%M}",
            pen.number(day.kw, 1),
            pen.number(day.kva, 1),
            pen.number(day.hours_above, 2),
            pen.number(day.kwh_above, 1),
        ]
        for day in profile.demand.days
    ]
    if not rows:
        return ""
    heads = pen.heads("day", "day_type", "at", "demand_kw|kW", "kva|kVA", "hours_above|h", "hours_above|kWh")
    return pen.heading("report.top_days", 3) + html.table(heads, rows, numeric=[False] * 3 + [True] * 4)


def _operating(profile: Profile, pen: Pen) -> str:
    if profile.operating is None:
        return ""
    rows = [
        [
            pen.word(one.day_type),
            str(one.days),
            pen.clock(one.opens_h),
            pen.clock(one.closes_h),
            pen.number(one.breaks_h),
            pen.number(one.high_load_h),
        ]
        for one in profile.operating.hours
    ]
    heads = pen.heads("day_type", "days", "opens", "closes", "breaks|h", "high_load|h")
    return pen.heading("report.operating", 3) + html.table(heads, rows, numeric=[False] + [True] * 5)
