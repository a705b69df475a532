"""What healthy meters give: a year of clean plants, real sets as they are, and loads that cannot be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from bases import Base
from injected import flagged

import wattlens as wl


def _row(name: str, found: list[str], months: float) -> str:
    kinds = ", ".join(f"{code.replace('_', ' ')} {count}" for code, count in Counter(found).most_common())
    return f"| {name} | {months:.1f} | {len(found)} | {len(found) / months:.2f} | {kinds or '–'} |"


def table(real: Iterable[Base], plants: Iterable[Base]) -> str:
    """Events a meter-month."""
    rows = ["| readings | meter-months | events | a meter-month | kinds |", "|---|---|---|---|---|"]
    codes: list[str] = []
    months, count = 0.0, 0
    for base in plants:
        codes += [one.code for one in flagged(base, base.kwh)]
        months, count = months + base.months, count + 1
    rows.append(_row(f"**{count} clean plants**", codes, months))
    rows += [_row(base.name, [one.code for one in flagged(base, base.kwh)], base.months) for base in real]
    return "\n".join(rows)


def edges(base: Base) -> str:
    """What is said of loads that cannot be judged."""
    holes = base.kwh.copy()
    holes[np.random.default_rng(1).random(len(holes)) < 0.4] = np.nan
    year = len(base.kwh)
    cases = {
        "a constant meter": np.full(year, 50.0),
        "nothing but zeros": np.zeros(year),
        "two weeks": base.kwh[: 14 * base.per_day],
        "thirteen days": base.kwh[: 13 * base.per_day],
        "40 % missing": holes,
    }
    rows = ["| readings | events | what is said |", "|---|---|---|"]
    for name, kwh in cases.items():
        found = wl.find_anomalies(base.site(kwh))
        events = [one for one in found if one.code != "anomaly.not_judged"]
        rows.append(f"| {name} | {len(events)} | {' '.join(one.sentence() for one in found) or '–'} |")
    return "\n".join(rows)
