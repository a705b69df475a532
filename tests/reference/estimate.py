"""Slow, readable twins of the straight line and of like days: one interval at a time, on local datetimes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def linear(values: Sequence[float], *, step_s: int, up_to_s: int, beside_outage: bool = False) -> list[float]:
    """Gaps of at most `up_to_s` on the line between their neighbours, unless one lies beside a zero."""
    filled = list(values)
    start = 0
    while start < len(values):
        if not math.isnan(values[start]):
            start += 1
            continue
        end = start
        while end < len(values) and math.isnan(values[end]):
            end += 1
        length = end - start
        if start > 0 and end < len(values) and length * step_s <= up_to_s:
            left, right = values[start - 1], values[end]
            near = [values[at] for at in (start - 2, start - 1, end, end + 1) if 0 <= at < len(values)]
            if beside_outage or 0.0 not in near or (left == 0 and right == 0):
                for place in range(length):
                    filled[start + place] = left + (right - left) * (place + 1) / (length + 1)
        start = end
    return filled


def like_day(
    starts: Sequence[datetime],
    values: Sequence[float],
    *,
    day_type: Callable[[date], str],
    zone: str,
    weeks: int = 4,
    most: int = 8,
    least: int = 3,
) -> list[float]:
    """Each missing value as the mean of its wall-clock time on the nearest like days."""
    local = [at.astimezone(ZoneInfo(zone)) for at in starts]
    at_time: dict[tuple[date, object], list[float]] = {}
    for at, value in zip(local, values, strict=True):
        if not math.isnan(value):
            at_time.setdefault((at.date(), at.time()), []).append(value)

    def worked(day: date) -> bool:
        return day_type(day) in {"workday", "makeup_workday"}

    def circles(day: date) -> list[Callable[[date], bool]]:
        kind = day_type(day)
        weekday_matters = kind in {"workday", "weekend"}
        return [
            lambda other: day_type(other) == kind and (not weekday_matters or other.weekday() == day.weekday()),
            lambda other: day_type(other) == kind,
            lambda other: worked(other) == worked(day),
        ]

    def estimate(at: datetime) -> float:
        days = sorted(
            (at.date() + timedelta(days=away) for away in range(-7 * weeks, 7 * weeks + 1) if away),
            key=lambda day: (abs(day - at.date()), day),
        )
        for alike in circles(at.date()):
            means = [
                sum(found) / len(found)
                for day in days
                if (found := at_time.get((day, at.time()))) is not None and alike(day)
            ][:most]
            if len(means) >= least:
                return sum(means) / len(means)
        return math.nan

    return [estimate(at) if math.isnan(value) else value for at, value in zip(local, values, strict=True)]
