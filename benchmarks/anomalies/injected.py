"""What of the faults put into clean loads is found, under which name, how soon and with what energy.

A finding belongs to an event if at least half of its length lies in the event or within a day of it; one of a slow
kind also if it begins within two days of the event's begin, for its end may not have been seen. An event is found
where findings that belong to it cover a fifth of its hours, or any of one of five hours at most, which the
load does not have flagged by itself. Events whose hours, as many, the load has flagged by itself are left out. A
finding that belongs to no event and meets nothing that the load has by itself is a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields

import numpy as np
from bases import Base, Values
from injections import KINDS, Event, Kind, inject
from numpy.typing import NDArray

import wattlens as wl

# Of an event as long as this, a fifth of its hours must be flagged; of a shorter one any.
SHORT_H = 5
SHARE = 0.2
# So much of a finding lies in its event or within a day of it.
BELONGS = 0.5
# A load is steady whose days of a kind scatter by this at most.
STEADY = 0.10
# The floors of every event, as documented: mean size in median worked days' mean load, and energy in their energy.
SIZE_FLOOR, ENERGY_FLOOR = 0.2, 0.015
# A factor is named right within this; the quotients of transformers lie further apart.
FACTOR = 0.05
# Names of what multiplies every reading.
SCALED = {"level_shift", "ratio_change", "phase_lost", "transformer_reversed"}
# Ends of the readings, in days after an event's begin, at which it is looked for; unfound at the last is as it is.
ARRIVING = (1, 2, 3, 4, 5, 7, 10, 14, 21, 28)


@dataclass
class Tally:
    """Counts of a kind."""

    events: int = 0
    found: int = 0
    above: int = 0
    found_above: int = 0
    named: int = 0
    among: int = 0
    false: int = 0
    months: float = 0.0
    onsets_h: list[float] = field(default_factory=list)
    delays_d: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    kwh_found: float = 0.0
    kwh_true: float = 0.0

    def add(self, other: Tally) -> None:
        """Takes in another's counts."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(frozen=True)
class Flagged:
    """A finding in intervals; `factor` is what it says that the load was multiplied by, `others` its other names."""

    first: int
    end: int
    code: str
    kwh: float | None
    factor: float | None = None
    others: tuple[str, ...] = ()


def flagged(base: Base, kwh: Values) -> list[Flagged]:
    """Deviations of a load at the default settings; what cannot be judged is none."""
    site = base.site(kwh)
    start = site.readings.handle.start
    found = []
    for one in wl.find_anomalies(site):
        if one.span is not None and one.code not in {"anomaly.not_judged", "anomaly.over_budget"}:
            first, end = (one.span.start - start) // base.step_s, (one.span.end - start) // base.step_s
            factor, others = one.evidence.get("factor", one.evidence.get("ratio")), one.evidence.get("other_names")
            found.append(
                Flagged(
                    first,
                    end,
                    one.code.removeprefix("anomaly."),
                    one.kwh,
                    float(factor) if isinstance(factor, int | float) else None,
                    tuple(map(str, others)) if isinstance(others, list | tuple) else (),
                )
            )
    return found


def shared(one: Flagged, event: Event) -> int:
    """Intervals that both have."""
    return max(0, min(one.end, event.end) - max(one.first, event.first))


def belongs(one: Flagged, event: Event, kind: Kind, per_day: int) -> bool:
    """Whether a finding is about an event, and not just where it happens to be."""
    if not shared(one, event):
        return False
    wide = Event(event.first - per_day, event.end + per_day, 0.0)
    begins = kind.is_slow and abs(one.first - event.first) <= 2 * per_day
    return begins or shared(one, wide) >= BELONGS * (one.end - one.first)


def covered(found: Iterable[Flagged], length: int) -> NDArray[np.bool_]:
    """Intervals that findings cover."""
    mask = np.zeros(length, dtype=bool)
    for one in found:
        mask[one.first : one.end] = True
    return mask


def needed(event: Event, per_day: int) -> float:
    """Intervals of an event that must be flagged."""
    length = event.end - event.first
    return 1 if length * 24 <= SHORT_H * per_day else SHARE * length


def is_named(one: Flagged, event: Event, kind: Kind) -> bool:
    """Whether a finding has the right name; what scales the load may be named by the factor, if that is right."""
    if one.code in kind.right:
        return one.code not in SCALED or _has_factor(one, event)
    return one.code in SCALED and bool(SCALED & set(kind.right)) and _has_factor(one, event)


def _has_factor(one: Flagged, event: Event) -> bool:
    if one.factor is None or event.factor is None:
        return one.code in {"phase_lost", "transformer_reversed"}
    return abs(one.factor / event.factor - 1) <= FACTOR


def tally(base: Base, kind: Kind, seed: int, own: list[Flagged]) -> Tally:
    """One load with one kind of fault; `own` is what the load without it has."""
    x, events = inject(base, kind, seed)
    if not events:
        return Tally()
    found = flagged(base, x)
    known = covered(own, len(x))
    counts = Tally(months=base.months)
    for event in events:
        place = slice(event.first, event.end)
        least = needed(event, base.per_day)
        if known[place].sum() >= least:
            continue
        counts.events += 1
        hours = (event.end - event.first) * 24 / base.per_day
        size = abs(event.kwh) / hours / (base.day_kwh / 24)
        is_above = kind.keeps_energy or (size >= SIZE_FLOOR and abs(event.kwh) >= ENERGY_FLOOR * base.day_kwh)
        counts.above += is_above
        hits = [one for one in found if belongs(one, event, kind, base.per_day)]
        if (covered(hits, len(x)) & ~known)[place].sum() < least:
            continue
        best = max(hits, key=lambda one: shared(one, event))
        counts.found += 1
        counts.found_above += is_above
        counts.named += is_named(best, event, kind)
        counts.among += is_named(best, event, kind) or bool({best.code, *best.others} & set(kind.right))
        counts.onsets_h.append(abs(min(one.first for one in hits) - event.first) * 24 / base.per_day)
        if not kind.keeps_energy and abs(event.kwh) > SHARE * base.day_kwh:
            kwh = sum(one.kwh or 0.0 for one in hits)
            counts.errors.append(abs(kwh - event.kwh) / abs(event.kwh))
            counts.kwh_found += kwh * np.sign(event.kwh)
            counts.kwh_true += abs(event.kwh)
    counts.false = sum(
        not known[one.first : one.end].any() and not any(belongs(one, event, kind, base.per_day) for event in events)
        for one in found
    )
    first = events[0]
    if known[first.first : first.end].sum() < needed(first, base.per_day):
        counts.delays_d.append(delay_d(base, x, first, kind))
    return counts


def delay_d(base: Base, x: Values, event: Event, kind: Kind) -> float:
    """Days of readings, from an event's begin, after which it is first found; infinite where it is not.

    What the same readings without the event have does not count.
    """
    for days in ARRIVING:
        cut = event.first + days * base.per_day
        if cut > len(x):
            break
        seen = Event(event.first, min(event.end, cut), event.kwh, event.factor)
        hits = [one for one in flagged(base, x[:cut]) if belongs(one, seen, kind, base.per_day)]
        place = slice(seen.first, seen.end)
        least = needed(seen, base.per_day)
        if covered(hits, cut)[place].sum() < least:
            continue
        known = covered(flagged(base, base.kwh[:cut]), cut)
        if (covered(hits, cut) & ~known)[place].sum() >= least:
            return float(days)
    return np.inf


def tallies(bases: Iterable[Base], seeds: range) -> dict[tuple[str, str, str], Tally]:
    """Counts by load, kind and half of the seeds: `looked at` are even, `held out` odd."""
    found: dict[tuple[str, str, str], Tally] = {}
    for base in bases:
        own = flagged(base, base.kwh)
        for kind in KINDS:
            if kind.steady_only and base.day_scatter > STEADY:
                continue
            for seed in seeds:
                half = "held out" if seed % 2 else "looked at"
                found.setdefault((base.name, kind.name, half), Tally()).add(tally(base, kind, seed, own))
    return found


def table(found: dict[tuple[str, str, str], Tally], names: Iterable[str]) -> str:
    """Both halves of the seeds, a row a kind and one of all kinds, of the loads named."""
    halves = ("looked at", "held out")
    cells: dict[str, Callable[[Tally], str]] = {
        "events": lambda one: str(one.events),
        "recall": lambda one: _share(one.found, one.events),
        "recall above the floors": lambda one: _share(one.found_above, one.above),
        "named right": lambda one: _share(one.named, one.found),
        "or among its names": lambda one: _share(one.among, one.found),
        "false alarms a month": lambda one: _share(one.false, one.months),
        "precision": lambda one: _share(one.found, one.found + one.false),
        "begin off by, median [h]": lambda one: f"{np.median(one.onsets_h):.1f}" if one.onsets_h else "–",
        "told after, median [d]": lambda one: _days(one.delays_d),
        "kWh error, median [%]": lambda one: f"{100 * np.median(one.errors):.0f}" if one.errors else "–",
        "kWh bias [%]": lambda one: f"{100 * (one.kwh_found / one.kwh_true - 1):+.0f}" if one.kwh_true else "–",
    }
    wanted = set(names)
    rows = [f"| put in | {' | '.join(cells)} |", "|---" * (len(cells) + 1) + "|"]

    def row(name: str, tallied: list[Tally]) -> None:
        both = (" / ".join(cell(one) for one in tallied) for cell in cells.values())
        rows.append(f"| {name} | {' | '.join(both)} |")

    together = [Tally(), Tally()]
    for kind in KINDS:
        tallied = [Tally(), Tally()]
        for (base, name, half), one in found.items():
            if base in wanted and name == kind.name:
                tallied[halves.index(half)].add(one)
        for every, one in zip(together, tallied, strict=True):
            every.add(one)
        if any(one.events for one in tallied):
            row(kind.name, tallied)
    row("**all of these**", together)
    return "\n".join(rows)


def _days(delays: list[float]) -> str:
    # Half of all events, found or not: a median over the found alone would praise what finds only the plain ones.
    middle = float(np.sort(delays)[(len(delays) - 1) // 2]) if delays else np.nan
    return "–" if np.isnan(middle) else "not" if np.isinf(middle) else f"{middle:.0f}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.2f}" if whole else "–"
