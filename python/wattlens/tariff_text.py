"""A tariff as text: its periods as a day of 24 hours, its prices, and what it needs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from wattlens.bill import Words
from wattlens.errors import TariffError
from wattlens.quantities import Certainty
from wattlens.tariff import InForce, Tariff
from wattlens.words import catalogue

__all__ = ["PeriodTable", "Season", "TypicalDay", "period_tables", "summary"]


class TypicalDay(msgspec.Struct, frozen=True):
    """Days with the same periods: which they are, and from, to, period from midnight to midnight."""

    days: str
    windows: tuple[tuple[str, str, str], ...]


class Season(msgspec.Struct, frozen=True):
    """A part of the year in which the same rules hold."""

    dates: str
    days: tuple[TypicalDay, ...]


class PeriodTable(msgspec.Struct, frozen=True):
    """The periods of one schedule of one version."""

    in_force: InForce
    schedule: str
    periods: tuple[str, ...]
    seasons: tuple[Season, ...]


class _Component(msgspec.Struct, frozen=True):
    id: str
    name: Words
    charge: dict[str, dict[str, Any]]
    source: str
    certainty: Certainty


class _Version(msgspec.Struct, frozen=True):
    in_force: InForce
    components: tuple[_Component, ...]


class _Trigger(msgspec.Struct, frozen=True):
    id: str
    name: Words


class _Sheet(msgspec.Struct, frozen=True):
    versions: tuple[_Version, ...]
    triggers: tuple[_Trigger, ...] = ()


def period_tables(tariff: Tariff) -> tuple[PeriodTable, ...]:
    """The periods of every schedule of every version, day by kind of day.

    Examples
    --------
    >>> import wattlens as wl
    >>> table = period_tables(wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08"))[0]
    >>> table.seasons[1].dates, table.seasons[1].days[0].windows[3]
    ('in months 7, 8, 9', ('11:00', '12:00', 'sharp'))
    """
    return msgspec.json.decode(tariff.handle.period_tables(), type=tuple[PeriodTable, ...])


def summary(tariff: Tariff) -> str:
    """What a tariff says, on a page.

    Examples
    --------
    >>> import wattlens as wl
    >>> print(summary(wl.Tariff.load("example-flat")))
    example-flat: Flat price, an example / 单一电价（示例）
      CNY, assumed; the plainest example of a tariff; its price is made up
    <BLANKLINE>
    from 2000-01-01 on
      all: one period
      energy: Energy / 电度电费, assumed
        energy {"price":"0.65","floats":false}
    <BLANKLINE>
    one more kWh in CNY: all 0.65
    """
    sheet = msgspec.json.decode(tariff.to_json(), type=_Sheet)
    lines = [
        f"{tariff.id}: {tariff.name.en} / {tariff.name.zh}",
        f"  {tariff.currency}, {tariff.certainty}; {tariff.source}",
        *(f"  {note.en}" for note in tariff.notes),
    ]
    tables = period_tables(tariff)
    for version in sheet.versions:
        lines += ["", _in_force(version.in_force)]
        for table in tables:
            if table.in_force == version.in_force:
                lines += _table(table)
        for component in version.components:
            lines.append(f"  {component.id}: {component.name.en} / {component.name.zh}, {component.certainty}")
            lines += [f"    {kind} {msgspec.json.encode(fields).decode()}" for kind, fields in component.charge.items()]
    lines += ["", *_prices(tariff)]
    words = catalogue("en")
    if tariff.needs:
        lines.append("needs: " + "; ".join(words.get(f"needs.{code}", code) for code in tariff.needs))
    if tariff.missing_prices:
        lines.append("still to be given: " + ", ".join(tariff.missing_prices))
    if sheet.triggers:
        names = ", ".join(f"{trigger.id} ({trigger.name.en})" for trigger in sheet.triggers)
        lines.append(f"days still to be given: {names}")
    return "\n".join(lines)


def _in_force(dates: InForce) -> str:
    first: date = dates.from_
    return f"from {first} to before {dates.until}" if dates.until else f"from {first} on"


def _prices(tariff: Tariff) -> list[str]:
    try:
        prices: dict[str, Decimal] = tariff.period_prices()
    except TariffError:
        return []
    return [f"one more kWh in {tariff.currency}: " + ", ".join(f"{name} {price}" for name, price in prices.items())]


def _table(table: PeriodTable) -> list[str]:
    if len(table.periods) == 1:
        return [f"  {table.schedule}: one period"]
    if not table.seasons:
        return [f"  {table.schedule}: too many rules for a table; periods {', '.join(table.periods)}"]
    marks = _marks(table.periods)
    edges = {_minute(window[0]) for season in table.seasons for day in season.days for window in day.windows}
    step = next((step for step in (30, 15) if all(edge % step == 0 for edge in edges)), None)
    lines = [f"  {table.schedule}: " + ", ".join(f"{mark} {period}" for period, mark in marks.items())]
    width = max(len(day.days) for season in table.seasons for day in season.days)
    if step is not None:
        hours = "".join(f"{hour:<{3 * 60 // step}}" for hour in range(0, 24, 3)) + "24"
        lines.append(f"    {'':{width}}  {hours}")
    for season in table.seasons:
        lines.append(f"    {season.dates}")
        lines += [f"    {day.days:{width}}  {_strip(day, marks, step)}" for day in season.days]
    return lines


def _strip(day: TypicalDay, marks: dict[str, str], step: int | None) -> str:
    if step is None:
        return ", ".join(f"{start}-{end} {period}" for start, end, period in day.windows)
    return "".join(marks[period] * ((_minute(end) - _minute(start)) // step) for start, end, period in day.windows)


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)


def _marks(periods: tuple[str, ...]) -> dict[str, str]:
    marks: dict[str, str] = {}
    for period in periods:
        letters = [*period, *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"]
        marks[period] = next(letter for letter in letters if letter not in marks.values() and not letter.isspace())
    return marks
