"""Faults to put into a load, each by its formula; every one draws its places and strengths from a seed.

`x` is the energy of an interval, `s` the first and `L` the number of intervals. Formulae and strengths are those of published
injection benches and of earlier measurements on labelled meters; each is given with its function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bases import Base, Values

Random = np.random.Generator


@dataclass(frozen=True)
class Event:
    """What was put in: `[first, end)` in intervals, and the energy that it added [kWh]."""

    first: int
    end: int
    kwh: float


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


def _left_on(x: Values, s: int, e: int, base: Base, _: Random) -> None:
    """From 22:00 to 06:00 at least the third quartile of the day before, for every night in `[s, e)`."""
    before = x.copy()
    for at in range(s, e):
        hour = at % base.per_day * 24 / base.per_day
        if hour >= 22 or hour < 6:
            day = (at if hour >= 22 else at - base.per_day) // base.per_day * base.per_day
            usual = np.nanquantile(before[day : day + base.per_day], 0.75)
            x[at] = max(x[at], usual)


def _weekend(x: Values, s: int, e: int, base: Base, _: Random) -> None:
    """A Saturday that runs as the Friday before it."""
    x[s:e] = np.fmax(x[s:e], x[s - base.per_day : e - base.per_day])


def _late(x: Values, s: int, e: int, base: Base, _: Random) -> None:
    """Work that begins late: the load of 04:00 goes on."""
    night = s // base.per_day * base.per_day + base.per_day // 6
    x[s:e] = np.fmin(x[s:e], x[night : night + 1].mean() * (1 + 0.02 * np.sin(np.arange(e - s))))


def _scaled(factors: tuple[tuple[float, float], ...]) -> Callable[[Values, int, int, Base, Random], None]:
    def change(x: Values, s: int, e: int, _: Base, random: Random) -> None:
        x[s:e] *= random.uniform(*factors[random.integers(len(factors))])

    return change


def _night(x: Values, s: int, e: int, base: Base, random: Random) -> None:
    added = random.uniform(0.15, 0.40) * np.nanmedian(base.kwh)
    hour = np.arange(s, e) % base.per_day * 24 / base.per_day
    x[s:e][(hour >= 22) | (hour < 6)] += added


def _clock(x: Values, s: int, e: int, base: Base, random: Random) -> None:
    steps = round(random.uniform(1, 3) * 3600 / base.step_s) * int(random.choice([-1, 1]))
    x[s:e] = base.kwh[s + steps : e + steps]


METER = ("phase_lost", "transformer_reversed", "ratio_change", "level_shift")
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
    Kind("late start", ("missed_start_up", "dip", "outage"), (2, 4), 8, _late),
    Kind("level shift, × 1.25–1.6 or its inverse", METER, (336, 672), 1, _scaled(((1.25, 1.6), (0.625, 0.8)))),
    Kind("night base + 15–40 %", ("night_base_rise", "left_on_overnight"), (240, 504), 1, _night),
    Kind("clock ± 1–3 h", ("clock_shift",), (168, 504), 1, _clock, keeps_energy=True),
    Kind("one phase lost, × 2/3", METER, (168, 720), 1, _scaled(((2 / 3, 2 / 3),)), steady_only=True),
    Kind("transformer reversed, × 1/3", METER, (168, 720), 1, _scaled(((1 / 3, 1 / 3),)), steady_only=True),
)


def inject(base: Base, kind: Kind, seed: int) -> tuple[Values, list[Event]]:
    """The load with the kind's events, a day apart and a week from the ends, and what each did.

    An event is put where its readings are there, and the one before them, and where it changes something: of a stuck value on
    a load that does not move, and of a spike on nothing, nobody could say anything.
    """
    random = np.random.default_rng([seed, len(kind.name), *kind.name.encode()])
    x = base.kwh.copy()
    events: list[Event] = []
    per_day = base.per_day
    slow = kind.hours[0] >= 168
    # A slow change is put where there are two months before it.
    lead = 60 * per_day if slow else 8 * per_day
    per_h = per_day / 24
    taken = np.zeros(len(x), dtype=bool)
    for _ in range(60 * kind.count):
        if len(events) == kind.count:
            break
        length = max(1, round(random.uniform(*kind.hours) * per_h))
        s = int(random.integers(lead, len(x) - 8 * per_day - length))
        if slow or kind.change in (_weekend, _left_on):
            s = s // per_day * per_day
            length = max(1, round(length / per_day)) * per_day
        if kind.change is _left_on:
            s += per_day * 22 // 24
            length -= per_day * 16 // 24
        if kind.change is _weekend and base.workdays[s] | ~base.workdays[s - per_day]:
            continue
        if kind.change is _late:
            s = s // per_day * per_day + round(8 * per_h)
            if not base.workdays[s]:
                continue
        e = s + length
        if taken[s - per_day : e + per_day].any() or (not slow and np.isnan(x[s - 1 : e]).any()):
            continue
        if slow and np.isnan(x[s:e]).mean() > 0.3:
            continue
        before = x[s:e].copy()
        kind.change(x, s, e, base, random)
        moved = np.nansum(np.abs(np.nan_to_num(x[s:e]) - np.nan_to_num(before)))
        if moved < 0.005 * base.day_kwh:
            x[s:e] = before
            continue
        taken[s:e] = True
        events.append(Event(s, e, float(np.nansum(x[s:e]) - np.nansum(before))))
    return x, events
