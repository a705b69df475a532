"""What a bill was made from: energies with their windows, demand, reactive energy, gaps, what earlier bills hand on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from wattlens.bill import Bill, Origin
from wattlens.explanation.blocks import Grid, Row, Section, exact
from wattlens.explanation.facts import BillFacts, DayWindows, PeriodsInForce
from wattlens.quantities import BillingQuantities
from wattlens.report.pen import ABSENT, Pen
from wattlens.words import number

__all__ = ["dates", "measured"]

_MOST_RANGES = 4


def dates(first: date, until: date) -> str:
    """Half-open dates with their last day: `2025-08-01 … 2025-08-31`.

    Examples
    --------
    >>> dates(date(2025, 8, 1), date(2025, 9, 1))
    '2025-08-01 … 2025-08-31'
    """
    last = until - timedelta(days=1)
    return f"{first}" if last <= first else f"{first} … {last}"


def measured(bill: Bill, facts: BillFacts, origin: Origin, pen: Pen) -> Section:
    """Everything that the lines rest on, with where it comes from."""
    blocks = [_energy(bill, one, pen) for one in facts.periods]
    blocks.append(Grid([], _others(bill, origin, pen), [False, False]))
    return Section(pen.say("explain.measured"), blocks, pen.say("explain.measured_lead"))


def _kwh(value: float) -> str:
    return exact(Decimal(str(round(value, 3))))


def _part(bill: Bill, periods: PeriodsInForce) -> BillingQuantities:
    parts = (part for part in bill.quantities.parts if (part.from_, part.until) == (periods.from_, periods.until))
    return next(parts, bill.quantities)


def _energy(bill: Bill, periods: PeriodsInForce, pen: Pen) -> Grid:
    part = _part(bill, periods)
    names = list(dict.fromkeys(one.period for day in periods.days for one in day.periods))
    energies = {name: part.kwh.get(name, part.other_kwh.get(name)) for name in names}
    kwh = [value for value in energies.values() if value is not None]
    total = sum(kwh)
    is_billed = bool(kwh)
    rows = [
        Row(
            [
                pen.word(name),
                ("；" if pen.language == "zh" else "; ").join(_windows(periods.days, name, pen)),
                exact(periods.factors[name], 2) if name in periods.factors else ABSENT,
                ABSENT if energies[name] is None else _kwh(energies[name] or 0.0),
                ABSENT if energies[name] is None or total <= 0 else pen.percent((energies[name] or 0.0) / total),
                _hours(part.missing_h.get(name), pen),
            ]
        )
        for name in names
    ]
    if is_billed:
        rows.append(Row([pen.say("label.total"), "", "", _kwh(total), "", ""], kind="total"))
    if periods.source is not None:
        told = [pen.say("explain.schedule", dates=dates(periods.from_, periods.until), source=periods.source)]
        told += [pen.say("explain.no_calendar")] if periods.lacks_calendar else []
        rows.append(Row([" ".join(told), *[""] * 5], kind="remark"))
    heads = [
        pen.say("explain.period"), pen.say("explain.windows"), pen.say("explain.factor"), "kWh",
        pen.say("label.share"), pen.say("explain.missing_hours"),
    ]  # fmt: skip
    return Grid(heads, rows, [False, False, True, True, True, True])


def _hours(hours: float | None, pen: Pen) -> str:
    return pen.number(hours, 2, "h") if hours else ABSENT


def _windows(days: Sequence[DayWindows], period: str, pen: Pen) -> list[str]:
    """The windows of a period, by days where they are not the same on all."""
    told = []
    colon = "：" if pen.language == "zh" else ": "
    for day in days:
        windows = next((one.windows for one in day.periods if one.period == period), ())
        text = pen.joined(window.replace("-", "–") for window in windows) or pen.say("explain.never")
        told.append(text if len(days) == 1 else f"{_days(day, days, pen)}{colon}{text}")
    return told


def _days(day: DayWindows, all_days: Sequence[DayWindows], pen: Pen) -> str:
    """Days in words: weekdays where those tell them from the others, else their dates."""
    own = {one.weekday() for one in day.dates}
    if all(own.isdisjoint(one.weekday() for one in other.dates) for other in all_days if other is not day):
        names = [pen.say("explain.weekdays").split(" ")[at] for at in sorted(own)]
        is_run = len(own) > 2 and all(b - a == 1 for a, b in pairwise(sorted(own)))
        return f"{names[0]}–{names[-1]}" if is_run else pen.joined(names)
    ranges: list[list[date]] = []
    for one in day.dates:
        if ranges and one - ranges[-1][-1] == timedelta(days=1):
            ranges[-1].append(one)
        else:
            ranges.append([one])
    if len(ranges) > _MOST_RANGES:
        return pen.say("explain.days", days=len(day.dates))
    return pen.joined(f"{one[0]:%m-%d}" if len(one) == 1 else f"{one[0]:%m-%d}…{one[-1]:%m-%d}" for one in ranges)


def _others(bill: Bill, origin: Origin, pen: Pen) -> list[Row]:
    quantities = bill.quantities
    rows = []
    if quantities.export_kwh:
        by_period = (f"{pen.word(name)} {_kwh(kwh)}" for name, kwh in quantities.export_kwh.items())
        rows.append(Row([pen.say("label.export_kwh"), f"{pen.joined(by_period)} kWh"]))
    if quantities.demand_kw is None:
        rows.append(Row([pen.say("label.demand_kw"), pen.say("explain.unknown")]))
    else:
        told = pen.say(
            "explain.demand",
            kw=_kwh(quantities.demand_kw),
            when=None if quantities.demand_at is None else _moment(quantities.demand_at, origin.zone),
            how=quantities.demand_origin and pen.say(f"explain.demand_{quantities.demand_origin}"),
        )
        rows.append(Row([pen.say("label.demand_kw"), told]))
    for label, value in [("import_kvarh", quantities.import_kvarh), ("export_kvarh", quantities.export_kvarh)]:
        told_value = pen.say("explain.not_measured") if value is None else f"{_kwh(value)} kvarh"
        rows.append(Row([pen.say(f"label.{label}"), told_value]))
    for component, values in quantities.by_component.items():
        by_key = pen.joined(f"{pen.word(key)} {_kwh(value)}" for key, value in values.items())
        rows.append(Row([pen.say("explain.by_component", component=_name(bill, component, pen)), by_key]))
    share = quantities.missing_share
    rows.append(Row([pen.say("explain.missing"), pen.percent(share, 2) if share > 0 else pen.say("explain.none")]))
    estimated = quantities.estimated_kwh
    rows.append(
        Row([pen.say("label.estimated_share"), f"{number(estimated)} kWh" if estimated else pen.say("explain.none")])
    )
    return rows + _carried(bill, pen)


def _name(bill: Bill, component: str, pen: Pen) -> str:
    return next((line.name.in_(pen.language) for line in bill.lines if line.component == component), component)


def _moment(seconds: int, zone: str | None) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    if zone is None:
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _carried(bill: Bill, pen: Pen) -> list[Row]:
    carried = bill.quantities.carried
    told = [pen.say("explain.past_peak", date=str(one.from_), demand=_kwh(one.demand)) for one in carried.peaks]
    told += [
        pen.say("explain.credit", component=_name(bill, name, pen), amount=exact(amount, 2), currency=bill.currency)
        for name, amount in carried.credit.items()
    ]
    told += [
        pen.say("explain.credit_kwh", period=pen.word(name), kwh=exact(kwh)) for name, kwh in carried.credit_kwh.items()
    ]
    told += [
        pen.say(
            "explain.year_to_date", component=_name(bill, name, pen), amount=exact(amount, 2), currency=bill.currency
        )
        for name, amount in carried.year_to_date.items()
    ]
    return [Row([pen.say("explain.carried") if at == 0 else "", one]) for at, one in enumerate(told)]
