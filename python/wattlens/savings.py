"""Savings in money: each measure as the difference of two bills by the same engine, with a range."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from wattlens import html, wire
from wattlens.expect import expect
from wattlens.findings import NotDone
from wattlens.site import Site
from wattlens.table import Table
from wattlens.tariff import Tariff
from wattlens.words import Language, say

__all__ = ["Assumption", "MeasureSaving", "Range", "Savings", "estimate_savings"]


class Range(msgspec.Struct, frozen=True):
    """An amount of money with its range, low ≤ central ≤ high."""

    low: Decimal
    central: Decimal
    high: Decimal

    def __repr__(self) -> str:
        return f"{self.central:,.0f} ({self.low:,.0f} … {self.high:,.0f})"


class Assumption(msgspec.Struct, frozen=True):
    """An assumption with its numbers."""

    code: str
    facts: Mapping[str, Any]

    def sentence(self, language: Language = "en") -> str:
        """What it says, in words."""
        return say(f"assumption.{self.code}", language, **self.facts)


class MeasureSaving(msgspec.Struct, frozen=True):
    """What one measure saves.

    Attributes
    ----------
    code
        `demand_mode`, `power_factor` or `off_hours`.
    facts
        What has to be done, in numbers.
    by_month
        Saving of each billed month, the measure alone.
    total, a_month
        Sum over the billed months, and the mean month.
    marginal
        What the stack of all measures loses without this one.
    hindsight
        What perfect foresight would have saved; an upper bound, never to be promised. None where the
        measure needs no foresight.
    assumptions
        What the range rests on.
    """

    code: str
    facts: Mapping[str, Any]
    by_month: tuple[Range, ...]
    total: Range
    a_month: Range
    marginal: Range
    hindsight: Decimal | None
    assumptions: tuple[Assumption, ...]

    def title(self, language: Language = "en") -> str:
        """Name of the measure."""
        return say(f"measure.{self.code}", language)

    def sentence(self, language: Language = "en") -> str:
        """What has to be done."""
        return say(f"advice.{self.code}", language, **self.facts)


class Savings(wire.Result, frozen=True):
    """Savings of a site under a tariff, largest first.

    Each is bill(before) − bill(after) by the engine that makes the bills. `low` and `high` are the
    extremes of three levels of caution and both readings of the overrun rule. `before` are the bills
    without any measure, with the guard band on a demand that is billed. `simulated` says whether the
    simulator made the readings.

    Examples
    --------
    >>> import wattlens as wl
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    >>> savings = wl.estimate_savings(wl.simulate.demo_site(), tariff)
    >>> savings.is_year, sorted(one.code for one in savings.measures)
    (True, ['demand_mode', 'off_hours', 'power_factor'])
    """

    tariff: str
    currency: str
    months: tuple[str, ...]
    is_year: bool
    assumed_in_force: bool
    before: tuple[Decimal, ...]
    before_total: Decimal
    measures: tuple[MeasureSaving, ...]
    stacked_by_month: tuple[Range, ...]
    stacked: Range
    stacked_a_month: Range
    not_done: tuple[NotDone, ...]
    simulated: bool = False

    def measure(self, code: str) -> MeasureSaving:
        """The measure of this code.

        Raises
        ------
        KeyError
            It does not apply to this site, or there is none of this code.
        """
        for one in self.measures:
            if one.code == code:
                return one
        raise KeyError(f"{code} does not apply here; there are: {', '.join(one.code for one in self.measures)}")

    def to_table(self, language: Language = "en") -> Table:
        """One row a measure, and one for all together: money a month and over the billed months."""
        rows = [(one.code, one.title(language), one.a_month, one.total, one.marginal) for one in self.measures]
        if rows:
            stacked = ("stacked", say("label.stacked", language), self.stacked_a_month, self.stacked, self.stacked)
            rows.append(stacked)
        columns: dict[str, Any] = {"code": [row[0] for row in rows], "measure": [row[1] for row in rows]}
        for name, place in (("a_month", 2), ("total", 3), ("marginal", 4)):
            for end in ("low", "central", "high"):
                columns[f"{name}_{end}"] = [float(getattr(row[place], end)) for row in rows]
        amounts = {name: self.currency for name in columns if name not in {"code", "measure"}}
        return Table(columns, units=amounts)

    def to_months(self) -> Table:
        """One row a month and measure: low, central and high."""
        rows = [
            (month, code, amount)
            for code, amounts in [
                *((one.code, one.by_month) for one in self.measures),
                ("stacked", self.stacked_by_month),
            ]
            for month, amount in zip(self.months, amounts, strict=False)
        ]
        return Table(
            {
                "month": [row[0] for row in rows],
                "code": [row[1] for row in rows],
                "low": [float(row[2].low) for row in rows],
                "central": [float(row[2].central) for row in rows],
                "high": [float(row[2].high) for row in rows],
            },
            units=dict.fromkeys(("low", "central", "high"), self.currency),
        )

    def __repr__(self) -> str:
        if not self.months:
            return "Savings: no month could be billed\n" + "\n".join(f"  {one.sentence()}" for one in self.not_done)
        span = f"{self.months[0]} … {self.months[-1]}"
        lines = [f"Savings {span}, {self.currency}, before {self.before_total:,.2f}; central (low … high)"]
        rows = [(one.title(), one.a_month, one.total) for one in self.measures]
        if rows:
            rows.append((say("label.stacked"), self.stacked_a_month, self.stacked))
        lines += [f"  {title:<36}{a_month!r:>30} a month{total!r:>36}" for title, a_month, total in rows]
        lines += [f"  {one.sentence()}" for one in self.not_done]
        return "\n".join([*lines, *(f"  ({note})" for note in self.notes())])

    def notes(self, language: Language = "en") -> list[str]:
        """What a reader of the savings has to know, in words."""
        notes = [say("label.simulated", language)] if self.simulated else []
        return notes + ([say("label.assumed_in_force", language, tariff=self.tariff)] if self.assumed_in_force else [])

    def _repr_html_(self) -> str:
        return html.fragment(self.html())

    def html(self, language: Language = "en") -> str:
        """The savings as an HTML table with advice and assumptions, for a report."""
        heads = [say(f"label.{key}", language) for key in ("measure", "a_month", "billed_months", "marginal")]
        rows = [[one.title(language), repr(one.a_month), repr(one.total), repr(one.marginal)] for one in self.measures]
        if rows:
            rows.append([say("label.stacked", language), repr(self.stacked_a_month), repr(self.stacked), ""])
        table = html.table(heads, rows, numeric=[False, True, True, True])
        unit = say("label.money_range", language, currency=self.currency)
        parts = [f"<small>{html.escape(unit)}</small>", table]
        parts[:0] = [f"<small>{html.escape(note)}</small><br>" for note in self.notes(language)]
        for one in self.measures:
            items = "".join(f"<li>{html.escape(item.sentence(language))}</li>" for item in one.assumptions)
            if one.hindsight is not None:
                text = say("label.hindsight", language, amount=float(one.hindsight), currency=self.currency)
                items += f"<li>{html.escape(text)}</li>"
            advice = html.escape(one.sentence(language))
            parts.append(f"<b>{html.escape(one.title(language))}</b><br>{advice}<ul>{items}</ul>")
        parts += [f"<small>{html.escape(one.sentence(language))}</small><br>" for one in self.not_done]
        return "".join(parts)


def estimate_savings(site: Site, tariff: Tariff) -> Savings:
    """What every measure would have saved in the months that can be billed, with a range.

    Measures: billing mode and contract demand (the mode chosen by quarter and the contract by month, from
    earlier months only), power-factor correction (capacitors that lead switched off, then kvar added), and
    base load outside operating hours. A measure that the site's data cannot carry is in `not_done`.

    Raises
    ------
    TariffError
        As `Tariff.bill`.

    Examples
    --------
    >>> import wattlens as wl
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    >>> saving = wl.estimate_savings(wl.simulate.demo_site(), tariff).measure("power_factor").total
    >>> saving.low < saving.central < saving.high
    True
    """
    expect(site, Site)
    expect(tariff, Tariff)
    found = msgspec.json.decode(site.handle.savings(tariff.handle), type=Savings)
    return msgspec.structs.replace(found, simulated=site.readings.is_simulated)
