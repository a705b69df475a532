"""Indicators of a load, from their definitions, by loops."""

import math
from collections.abc import Sequence


def present(kwh: Sequence[float]) -> list[float]:
    """What is there."""
    return [value for value in kwh if not math.isnan(value)]


def load_factor(kwh: Sequence[float]) -> float:
    """Mean over maximum."""
    there = present(kwh)
    return math.fsum(there) / len(there) / max(there)


def quantile(kwh: Sequence[float], share: float) -> float:
    """Quantile between the two nearest values, in proportion."""
    there = sorted(present(kwh))
    at = share * (len(there) - 1)
    below = math.floor(at)
    above = min(below + 1, len(there) - 1)
    return there[below] + (at - below) * (there[above] - there[below])


def mean_daily_load_rate(kwh: Sequence[float], per_day: int) -> float:
    """Mean of the daily ratios of mean to maximum; days with a gap are left out."""
    days = [kwh[at : at + per_day] for at in range(0, len(kwh), per_day)]
    rates = [math.fsum(day) / per_day / max(day) for day in days if len(present(day)) == per_day]
    return math.fsum(rates) / len(rates)


def duration_hours_above(kwh: Sequence[float], kw: float, step_h: float) -> float:
    """Time with a load of at least so many kW [h]."""
    return sum(step_h for value in present(kwh) if value / step_h >= kw)


def power_factor(kwh: Sequence[float], *kvarh: Sequence[float]) -> float:
    """Energy power factor."""
    active, reactive = math.fsum(kwh), math.fsum(math.fsum(one) for one in kvarh)
    return active / math.hypot(active, reactive)
