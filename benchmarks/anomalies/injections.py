"""Faults to put into a load, each by its formula; every one draws its places and strengths from a seed.

`x` is the energy of an interval, `s` the first and `L` the number of intervals. Formulae and strengths are
those of published injection benches and of earlier measurements on labelled meters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bases import Base, Values

Random = np.random.Generator


@dataclass(frozen=True)
class Event:
    """What was put in: `[first, end)` in intervals, the energy that it added [kWh], and the factor of a scaled load."""

    first: int
    end: int
    kwh: float
    factor: float | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of fault."""

    name: str
    right: tuple[str, ...]
    """Codes, without `anomaly.`, that name it rightly."""
    hours: tuple[float, float]
    count: int
    """Events in a year."""
    change: Callable[[Values, int, int, Base, Random], None]
    """Changes `[first, end)` of a load in place."""
    steady_only: bool = False
    """Only on meters whose days of a kind scatter by 10 % at most."""
    keeps_energy: bool = False
    """Moves energy and adds none."""
    place: Callable[[Base, Random], tuple[int, int] | None] | None = None
    """Where it can be, if not anywhere; None from it is another draw."""

    @property
    def is_slow(self) -> bool:
        """Lasts for a week at least."""
        return self.hours[0] >= 168


def _spike(low: float, high: float) -> Callable[[Values, int, int, Base, Random], None]:
    def change(x: Values, s: int, e: int, _: Base, random: Random) -> None:
        x[s:e] *= random.uniform(low, high)

    return change


def _dip(x: Values, s: int, e: int, _: Base, random: Random) -> None:
    x[s:e] *= random.uniform(0, 0.3)


def _negative(x: Values, s: int, e: int, _: Base, random: Random) -> None:
    x[s:e] = -random.uniform(0.61, 1.62) * x[s - 1]


def _zeros(x: Values, s: int, e: int, _: Base, __: Random) -> None:
    x[s:e] = 0.0


def _stuck(x: Values, s: int, e: int, _: Base, __: Random) -> None:
    x[s:e] = x[s - 1]


def _catch_up(of: float) -> Callable[[Values, int, int, Base, Random], None]:
    def change(x: Values, s: int, e: int, _: Base, __: Random) -> None:
        total = np.nansum(x[s:e])
        x[s : e - 1] = of
        x[e - 1] = total

    return change


def _glitch(x: Values, s: int, e: int, _: Base, random: Random) -> None:
    k = random.uniform(0, 10)
    register = np.nansum(x[:s])
    x[s + 1 : e - 1] = 0.0
    x[s], x[e - 1] = -(register + k), register + k + np.nansum(x[s:e])


def _left_on(x: Values, s: int, e: int, base: Base, random: Random) -> None:
    """From 22:00 to 06:00 at least the third quartile of the day before, for every night in `[s, e)`.

    With 2 % of noise, as a machine has: without it the readings repeat, which is a stuck value and no machine.
    """
    before = x.copy()
    for at in range(s, e):
        hour = at % base.per_day * 24 / base.per_day
        if hour >= 22 or hour < 6:
            day = (at if hour >= 22 else at - base.per_day) // base.per_day * base.per_day
            usual = np.nanquantile(before[day : day + base.per_day], 0.75)
            x[at] = max(x[at], usual * random.normal(1, 0.02))


def _weekend(x: Values, s: int, e: int, base: Base, _: Random) -> None:
    """A Saturday that runs as the Friday before it."""
    x[s:e] = np.fmax(x[s:e], x[s - base.per_day : e - base.per_day])


def _at_night(x: Values, s: int, e: int, base: Base, random: Random) -> None:
    """Work that begins late or ends early: the load of 02:00 to 04:00 of that day, with 2 % of noise, stands there."""
    day = s // base.per_day * base.per_day
    night = np.nanmean(x[day + base.per_day // 12 : day + base.per_day // 6])
    x[s:e] = np.fmin(x[s:e], night * random.normal(1, 0.02, e - s))


def _at_edge(*, morning: bool) -> Callable[[Base, Random], tuple[int, int] | None]:
    """2 to 4 hours at an edge of a working day, where a load has edges: work above twice the night."""

    def place(base: Base, random: Random) -> tuple[int, int] | None:
        length = round(random.uniform(2, 4) * base.per_day / 24)
        s = int(random.integers(8, len(base.kwh) // base.per_day - 8)) * base.per_day
        if base.shift is None or not base.worked[s // base.per_day]:
            return None
        opens, closes = base.shift
        return (s + opens, s + opens + length) if morning else (s + closes - length, s + closes)

    return place


def _holiday(x: Values, s: int, e: int, base: Base, random: Random) -> None:
    """A holiday that runs as the last worked day before it, with 2 % of noise."""
    day = s // base.per_day - 1
    while not base.worked[day]:
        day -= 1
    x[s:e] = np.fmax(x[s:e], x[day * base.per_day : (day + 1) * base.per_day] * random.normal(1, 0.02, e - s))


def _on_holiday(base: Base, random: Random) -> tuple[int, int] | None:
    """A holiday of the calendar, whole."""
    days = [day for day in base.holidays if 8 <= day < len(base.kwh) // base.per_day - 8]
    if not days:
        return None
    s = int(random.choice(days)) * base.per_day
    return s, s + base.per_day


def _scaled(factors: tuple[tuple[float, float], ...]) -> Callable[[Values, int, int, Base, Random], None]:
    def change(x: Values, s: int, e: int, _: Base, random: Random) -> None:
        x[s:e] *= random.uniform(*factors[random.integers(len(factors))])

    return change


def _drift(x: Values, s: int, e: int, _: Base, random: Random) -> None:
    """A slow rise or fall to 20–40 % at the end, which is the end of the readings."""
    x[s:e] *= 1 + random.choice([-1, 1]) * random.uniform(0.2, 0.4) * np.arange(e - s) / (e - s)


def _to_the_end(base: Base, random: Random) -> tuple[int, int] | None:
    """The last four to six months."""
    days = len(base.kwh) // base.per_day
    s = days - int(random.integers(120, 180))
    return (s * base.per_day, days * base.per_day) if s >= 60 else None


def _night(x: Values, s: int, e: int, base: Base, random: Random) -> None:
    added = random.uniform(0.15, 0.40) * np.nanmedian(base.kwh)
    hour = np.arange(s, e) % base.per_day * 24 / base.per_day
    x[s:e][(hour >= 22) | (hour < 6)] += added


def _clock(x: Values, s: int, e: int, base: Base, random: Random) -> None:
    steps = round(random.uniform(1, 3) * 3600 / base.step_s) * int(random.choice([-1, 1]))
    x[s:e] = base.kwh[s + steps : e + steps]


# Quotients of usual primary currents of transformers, 100 A, 150 A, 200 A and so on.
RATIOS = tuple((one, one) for one in (0.5, 0.8, 1.25, 1.5, 2.0))
KINDS = (
    Kind("big spike, × 3–8", ("spike", "work_on_holiday"), (1, 1), 12, _spike(3, 8)),
    Kind("small spike, × 1.5–2.5", ("spike",), (1, 1), 12, _spike(1.5, 2.5)),
    Kind("dip, × 0–0.3", ("dip", "outage", "missed_start_up", "early_shutdown"), (1, 3), 12, _dip),
    Kind("negative reading", ("register_glitch",), (1, 1), 12, _negative),
    Kind("register glitch", ("register_glitch",), (2, 24), 6, _glitch),
    Kind("outage, zeros", ("outage",), (6, 72), 5, _zeros),
    Kind("stuck value", ("stuck_value", "flat_run"), (6, 48), 6, _stuck),
    Kind("zeros with catch-up", ("gap_catch_up",), (4, 48), 5, _catch_up(0.0), keeps_energy=True),
    Kind("gap with catch-up", ("gap_catch_up",), (4, 48), 5, _catch_up(np.nan), keeps_energy=True),
    Kind("left on, 1–3 nights", ("left_on_overnight", "night_base_rise", "weekend_running"), (24, 72), 5, _left_on),
    Kind("weekend running", ("weekend_running", "spike"), (24, 24), 5, _weekend),
    Kind("late start", ("missed_start_up",), (2, 4), 8, _at_night, place=_at_edge(morning=True)),
    Kind("early end", ("early_shutdown",), (2, 4), 8, _at_night, place=_at_edge(morning=False)),
    Kind("work on a holiday", ("work_on_holiday",), (24, 24), 3, _holiday, place=_on_holiday),
    Kind(
        "level shift, × 1.25–1.6 or its inverse", ("level_shift",), (336, 672), 1, _scaled(((1.25, 1.6), (0.625, 0.8)))
    ),
    Kind("drift, ± 20–40 % at the end", ("drift",), (2880, 4320), 1, _drift, place=_to_the_end),
    Kind("night base + 15–40 %", ("night_base_rise", "left_on_overnight"), (240, 504), 1, _night),
    Kind("clock ± 1–3 h", ("clock_shift",), (168, 504), 1, _clock, keeps_energy=True),
    Kind("one phase lost, × 2/3", ("phase_lost",), (168, 720), 1, _scaled(((2 / 3, 2 / 3),)), steady_only=True),
    Kind(
        "transformer reversed, × 1/3",
        ("transformer_reversed",),
        (168, 720),
        1,
        _scaled(((1 / 3, 1 / 3),)),
        steady_only=True,
    ),
    Kind("wrong ratio, × 1/2, 4/5, 5/4, 3/2 or 2", ("ratio_change",), (168, 720), 1, _scaled(RATIOS), steady_only=True),
)


def inject(base: Base, kind: Kind, seed: int) -> tuple[Values, list[Event]]:
    """The load with the kind's events, a day apart and a week from the ends, and what each did.

    An event is put where its readings are there, and the one before them, and where it changes something: of a stuck
    value on a load that does not move, and of a spike on nothing, nobody could say anything.
    """
    random = np.random.default_rng([seed, len(kind.name), *kind.name.encode()])
    x = base.kwh.copy()
    events: list[Event] = []
    per_day = base.per_day
    taken = np.zeros(len(x), dtype=bool)
    for _ in range(60 * kind.count):
        if len(events) == kind.count:
            break
        where = kind.place(base, random) if kind.place else _anywhere(base, kind, random)
        if where is None:
            continue
        s, e = where
        if taken[s - per_day : e + per_day].any() or (not kind.is_slow and np.isnan(x[s - 1 : e]).any()):
            continue
        if kind.is_slow and np.isnan(x[s:e]).mean() > 0.3:
            continue
        before = x[s:e].copy()
        kind.change(x, s, e, base, random)
        moved = np.nansum(np.abs(np.nan_to_num(x[s:e]) - np.nan_to_num(before)))
        if moved < 0.005 * base.day_kwh:
            x[s:e] = before
            continue
        taken[s:e] = True
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = float(np.nanmedian(x[s:e] / before))
        events.append(Event(s, e, float(np.nansum(x[s:e]) - np.nansum(before)), factor))
    return x, events


def _anywhere(base: Base, kind: Kind, random: Random) -> tuple[int, int] | None:
    """A place of a random length, at midnight or in the evening where the kind wants that."""
    per_day = base.per_day
    # A slow change is put where there are two months before it.
    lead = 60 * per_day if kind.is_slow else 8 * per_day
    length = max(1, round(random.uniform(*kind.hours) * per_day / 24))
    s = int(random.integers(lead, len(base.kwh) - 8 * per_day - length))
    if kind.is_slow or kind.change in (_weekend, _left_on):
        s = s // per_day * per_day
        length = max(1, round(length / per_day)) * per_day
    if kind.change is _left_on:
        s += per_day * 22 // 24
        length -= per_day * 16 // 24
    if kind.change is _weekend and base.workdays[s] | ~base.workdays[s - per_day]:
        return None
    return s, s + length
