"""What of the faults put into clean loads is found, under which name, how soon and with what energy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from bases import Base
from injections import KINDS, Event, Kind, inject

import wattlens as wl

# Of an event as long as this, a fifth of its hours must be flagged; of a shorter one any.
SHORT_H = 5
SHARE = 0.2
# A load is steady whose days of a kind scatter by this at most.
STEADY = 0.10
# The floors of every event, as documented: mean size in median worked days' mean load, and energy in their energy.
SIZE_FLOOR, ENERGY_FLOOR = 0.2, 0.015


@dataclass
class Tally:
    """Counts of a kind."""

    events: int = 0
    found: int = 0
    above: int = 0
    found_above: int = 0
    named: int = 0
    false: int = 0
    months: float = 0.0
    delays_h: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    kwh_found: float = 0.0
    kwh_true: float = 0.0

    def add(self, other: Tally) -> None:
        """Takes in another's counts."""
        for name in ("events", "found", "above", "found_above", "named", "false", "months", "kwh_found", "kwh_true"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delays_h += other.delays_h
        self.errors += other.errors


@dataclass(frozen=True)
class Flagged:
    """A finding in intervals."""

    first: int
    end: int
    code: str
    kwh: float | None


def flagged(base: Base, kwh: np.ndarray) -> list[Flagged]:
    """Deviations of a load at the default settings; what cannot be judged is none."""
    site = base.site(kwh)
    start = site.readings.handle.start
    found = []
    for one in wl.find_anomalies(site):
        if one.span is not None and one.code not in {"anomaly.not_judged", "anomaly.over_budget"}:
            first, end = (one.span.start - start) // base.step_s, (one.span.end - start) // base.step_s
            found.append(Flagged(first, end, one.code.removeprefix("anomaly."), one.kwh))
    return found


def shared(one: Flagged, event: Event) -> int:
    """Intervals that both have."""
    return max(0, min(one.end, event.end) - max(one.first, event.first))


def tally(base: Base, kind: Kind, seed: int, own: list[Flagged]) -> Tally:
    """One load with one kind of fault; `own` is what the load without it has."""
    x, events = inject(base, kind, seed)
    if not events:
        return Tally()
    found = flagged(base, x)
    counts = Tally(months=base.months)
    for event in events:
        counts.events += 1
        hours = (event.end - event.first) * 24 / base.per_day
        size = abs(event.kwh) / hours / (base.day_kwh / 24)
        is_above = kind.keeps_energy or (size >= SIZE_FLOOR and abs(event.kwh) >= ENERGY_FLOOR * base.day_kwh)
        counts.above += is_above
        needed = 1 if hours <= SHORT_H else SHARE * (event.end - event.first)
        # What the load had before the fault was put in finds nothing.
        hits = [one for one in found if shared(one, event) and one not in own]
        if sum(shared(one, event) for one in hits) < needed:
            continue
        best = max(hits, key=lambda one: shared(one, event))
        counts.found += 1
        counts.found_above += is_above
        counts.named += best.code in kind.right
        counts.delays_h.append(max(0, min(one.first for one in hits) - event.first) * 24 / base.per_day)
        if not kind.keeps_energy and abs(event.kwh) > SHARE * base.day_kwh:
            kwh = sum(one.kwh or 0.0 for one in hits)
            counts.errors.append(abs(kwh - event.kwh) / abs(event.kwh))
            counts.kwh_found += abs(kwh)
            counts.kwh_true += abs(event.kwh)
    known = [Event(one.first, one.end, 0.0) for one in own] + events
    counts.false = sum(not any(shared(one, event) for event in known) for one in found)
    return counts


def tallies(bases: Iterable[Base], seeds: range) -> dict[tuple[str, str], Tally]:
    """Counts by kind and half of the seeds: `looked at` are even, `held out` odd."""
    found: dict[tuple[str, str], Tally] = {}
    for base in bases:
        own = flagged(base, base.kwh)
        for kind in KINDS:
            if kind.steady_only and base.day_scatter > STEADY:
                continue
            for seed in seeds:
                half = "held out" if seed % 2 else "looked at"
                found.setdefault((kind.name, half), Tally()).add(tally(base, kind, seed, own))
    return found


def table(found: dict[tuple[str, str], Tally]) -> str:
    """Both halves of the seeds, a row a kind."""
    halves = ("looked at", "held out")
    cells: dict[str, Callable[[Tally], str]] = {
        "events": lambda one: str(one.events),
        "recall": lambda one: _share(one.found, one.events),
        "recall above the floors": lambda one: _share(one.found_above, one.above),
        "named right": lambda one: _share(one.named, one.found),
        "false alarms a month": lambda one: _share(one.false, one.months),
        "precision": lambda one: _share(one.found, one.found + one.false),
        "delay, median [h]": lambda one: f"{np.median(one.delays_h):.1f}" if one.delays_h else "–",
        "kWh error, median [%]": lambda one: f"{100 * np.median(one.errors):.0f}" if one.errors else "–",
        "kWh bias [%]": lambda one: f"{100 * (one.kwh_found / one.kwh_true - 1):+.0f}" if one.kwh_true else "–",
    }
    rows = [f"| put in | {' | '.join(cells)} |", "|---" * (len(cells) + 1) + "|"]
    for kind in dict.fromkeys(name for name, _ in found):
        tallied = [found.get((kind, half), Tally()) for half in halves]
        both = (" / ".join(cell(one) for one in tallied) for cell in cells.values())
        rows.append(f"| {kind} | {' | '.join(both)} |")
    return "\n".join(rows)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.2f}" if whole else "–"
