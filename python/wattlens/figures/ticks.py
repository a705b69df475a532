"""Where ticks stand and what is written at them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from wattlens.figures.figure import Axis
from wattlens.words import number

__all__ = ["nice", "ticks"]

Tick = tuple[float, str]
_HOURS = (1, 2, 3, 6, 12)
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60)
_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S
_MONTH_S = 30.4 * _DAY_S


def nice(low: float, high: float, count: int = 6) -> list[float]:
    """About `count` round numbers from `low` to `high`.

    Examples
    --------
    >>> nice(0, 628.7)
    [0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    rough = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1, 2, 2.5, 5, 10)), key=lambda one: abs(math.log(one / rough)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def ticks(axis: Axis, low: float, high: float, room: int) -> list[Tick]:
    """Ticks of an axis with room for `room` labels, and the places that it names besides."""
    return [*_ticks(axis, low, high, room), *axis.more]


def _ticks(axis: Axis, low: float, high: float, room: int) -> list[Tick]:
    if axis.kind == "category":
        every = max(1, math.ceil(len(axis.categories) / max(room, 1)))
        return [(float(at), name) for at, name in enumerate(axis.categories) if at % every == 0]
    if axis.kind == "clock":
        step = next(hours for hours in (1, 2, 3, 4, 6, 12, 24) if 24 / hours <= max(room, 1) or hours == 24)
        return [(float(hour), f"{hour:02d}:00") for hour in range(0, 25, step) if low - 1e-9 <= hour <= high + 1e-9]
    if axis.kind == "time":
        return _times(low, high, axis.zone, max(room, 2))
    return [(value, number(value)) for value in nice(low, high, room)]


def _times(low: float, high: float, zone_name: str, room: int) -> list[Tick]:
    zone = ZoneInfo(zone_name)
    first = datetime.fromtimestamp(low, UTC).astimezone(zone)
    span = high - low
    for months in _MONTHS:
        if span / (months * _MONTH_S) >= 2.5 and span / (months * _MONTH_S) <= room + 0.2:
            return _labelled(_month_starts(first, high, months), low, high, "month")
    for days in _DAYS:
        if span / (days * _DAY_S) >= 2.5 and span / (days * _DAY_S) <= room:
            starts = _steps(first.replace(hour=0, minute=0, second=0), high, timedelta(days=days))
            return _labelled(starts, low, high, "day")
    for hours in _HOURS:
        if span / (hours * _HOUR_S) <= room:
            starts = _steps(first.replace(hour=0, minute=0, second=0), high, timedelta(hours=hours))
            return _labelled(starts, low, high, "hour")
    return _labelled(_month_starts(first, high, 120), low, high, "month")


def _month_starts(first: datetime, high: float, months: int) -> list[datetime]:
    begin = (
        first.year * 12 + (first.month - 1) // months * months
        if months <= 12
        else first.year // (months // 12) * months
    )
    starts: list[datetime] = []
    while True:
        at = datetime(begin // 12, begin % 12 + 1, 1, tzinfo=first.tzinfo)
        if at.timestamp() > high:
            return starts
        starts.append(at)
        begin += months


def _steps(first: datetime, high: float, step: timedelta) -> list[datetime]:
    # Civil arithmetic: a step of a day is a day on the wall clock, of 23 hours or 25 too.
    starts = []
    at = first
    while at.timestamp() <= high:
        starts.append(at)
        at += step
    return starts


def _labelled(starts: list[datetime], low: float, high: float, kind: str) -> list[Tick]:
    shown = [at for at in starts if low <= at.timestamp() <= high]
    found: list[Tick] = []
    for at in shown:
        year = not found or (at.month == 1 and at.day == 1)
        text = {
            "month": f"{at:%Y-%m}" if year else f"{at:%m}",
            "day": f"{at:%Y-%m-%d}" if year else f"{at:%m-%d}",
            "hour": f"{at:%m-%d %H:%M}" if at.hour == 0 else f"{at:%H:%M}",
        }[kind]
        found.append((at.timestamp(), text))
    return found
