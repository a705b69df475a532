"""The same readings under several tariffs and contracts, and many variants of one contract."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from wattlens import _core, html, wire
from wattlens.bill import Words
from wattlens.bills import NotBilled
from wattlens.errors import TariffError
from wattlens.expect import expect
from wattlens.figures import Axis, Bars, Figure
from wattlens.findings import NotDone
from wattlens.site import Contract, Site
from wattlens.table import Column, Table
from wattlens.tariff import Tariff
from wattlens.words import Language, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TariffComparison", "TariffOption", "WhatIf", "WhatIfs", "compare_tariffs", "what_if"]

Group = Literal["energy", "fixed_demand", "power_factor", "other"]
_GROUPS: tuple[Group, ...] = ("energy", "fixed_demand", "power_factor", "other")


class TariffOption(msgspec.Struct, frozen=True):
    """A tariff with a contract, and what the months that all options bill come to.

    Attributes
    ----------
    tariff, name, contract
        Id and title of the tariff; number of the contract among those given.
    rank
        Place by total; None where a charge is absent or nothing can be billed: the option would look cheaper than it
        is.
    total, difference, average_price
        Sum of the bills, the same less that of the first option [currency], and a kWh [currency/kWh].
    by_group
        total by kind of cost.
    not_billed, not_done
        Months that it does not bill; charges that are absent, and what they need.
    assumed_in_force
        Whether a month was billed outside the tariff's dates in force.
    problem
        Why it cannot be billed at all.
    """

    tariff: str
    name: Words
    contract: int
    rank: int | None
    total: Decimal | None
    difference: Decimal | None
    average_price: float | None
    by_group: dict[Group, Decimal]
    not_billed: tuple[NotBilled, ...]
    not_done: tuple[NotDone, ...]
    assumed_in_force: bool
    problem: str | None

    def lacks(self, language: Language = "en") -> str:
        """What it lacks, in words; empty where it lacks nothing."""
        told = [one.sentence(language) for one in self.not_done]
        return " ".join([*told, *([self.problem] if self.problem else [])])


class TariffComparison(wire.Result, frozen=True):
    """Tariffs and contracts side by side, over the months that all of them bill; the first is the present one."""

    currency: str
    months: tuple[str, ...]
    kwh: float
    options: tuple[TariffOption, ...]

    def ranked(self) -> list[TariffOption]:
        """The options by rank; those without one follow."""
        return sorted(self.options, key=lambda option: (option.rank is None, option.rank or 0))

    def title(self, option: TariffOption, language: Language = "en") -> str:
        """An option in words: the tariff, and the contract where there are several."""
        name = option.name.in_(language) or option.tariff
        if all(other.contract == 0 for other in self.options):
            return name
        return f"{name} · {say('label.contract', language)} {option.contract + 1}"

    def notes(self, language: Language = "en") -> list[str]:
        """What a reader has to know: the months, what options lack."""
        months = f"{self.months[0]} … {self.months[-1]}" if self.months else None
        notes = [say("label.compared_months", language, count=len(self.months), months=months, kwh=self.kwh)]
        for option in self.options:
            title = self.title(option, language)
            if option.lacks(language):
                notes.append(f"{title}: {option.lacks(language)}")
            own = [one.label for one in option.not_billed]
            if own:
                notes.append(f"{title}: {say('label.months_not_billed', language, months=own)}")
            if option.assumed_in_force:
                notes.append(say("label.assumed_in_force", language, tariff=option.tariff))
        return list(dict.fromkeys(notes))

    def to_table(self, language: Language = "en") -> Table:
        """One row an option, the cheapest first."""
        ranked = self.ranked()

        def money(values: list[Decimal | None]) -> list[float | None]:
            return [None if value is None else float(value) for value in values]

        groups = {group: money([one.by_group.get(group) for one in ranked]) for group in _GROUPS}
        columns: dict[str, object] = {
            "rank": [one.rank for one in ranked],
            "option": [self.title(one, language) for one in ranked],
            "tariff": [one.tariff for one in ranked],
            "contract": [one.contract for one in ranked],
            "total": money([one.total for one in ranked]),
            "difference": money([one.difference for one in ranked]),
            "average_price": [one.average_price for one in ranked],
            **{name: values for name, values in groups.items() if any(value is not None for value in values)},
            "lacks": Column("str", tuple(one.lacks(language) or None for one in ranked)),
        }
        units: dict[str, str] = dict.fromkeys(["total", "difference", *_GROUPS], self.currency)
        return Table(columns, units={**units, "average_price": f"{self.currency}/kWh"})

    def figure(self, language: Language = "en") -> Figure:
        """The total of each option, stacked by kind of cost; the bars stand in the order of the table."""
        shown = [one for one in self.ranked() if one.total is not None]
        stacks = {
            say(f"cost.{group}", language): [float(one.by_group.get(group, 0)) for one in shown]
            for group in _GROUPS
            if any(group in one.by_group for one in shown)
        }
        ranks = tuple("–" if one.rank is None else str(one.rank) for one in shown)
        bars = Bars(tuple((name, np.array(heights)) for name, heights in stacks.items()))
        return Figure(
            say("figure.tariffs", language),
            Axis(say("label.rank", language), kind="category", categories=ranks),
            Axis(say("label.amount", language), self.currency, from_zero=True),
            (bars,) if shown else (),
        )

    def plot(self, ax: Axes | None = None, *, language: Language = "en") -> Axes:
        """The total of each option, as matplotlib Axes."""
        from wattlens.figures.mpl import drawable_language

        return self.figure(drawable_language(language)).plot(ax)

    def html(self, language: Language = "en") -> str:
        """Table, notes and figure, for a report."""
        heads = [say(f"label.{key}", language) for key in ("rank", "tariff", "total", "difference", "average_price")]
        rows = [
            [
                "–" if one.rank is None else str(one.rank),
                self.title(one, language),
                "–" if one.total is None else f"{one.total:,.2f}",
                "–" if one.difference is None else f"{one.difference:+,.2f}",
                "–" if one.average_price is None else f"{one.average_price:.4f}",
            ]
            for one in self.ranked()
        ]
        body = html.table(heads, rows, numeric=[True, False, True, True, True])
        notes = "".join(f"<small>{html.escape(note)}</small><br>" for note in self.notes(language))
        return f"<b>{self.currency}</b>{body}{notes}{self.figure(language).to_svg()}"

    def __repr__(self) -> str:
        rows = [
            f"  {'–' if one.rank is None else one.rank!s:>3}  {self.title(one):<56}"
            f"{'–' if one.total is None else f'{one.total:,.2f}':>18}"
            f"{'–' if one.difference is None else f'{one.difference:+,.2f}':>18} {self.currency}"
            for one in self.ranked()
        ]
        return "\n".join([f"{len(self.options)} options", *rows, *(f"  ({note})" for note in self.notes())])

    def _repr_html_(self) -> str:
        return html.fragment(self.html())


class WhatIf(msgspec.Struct, frozen=True):
    """What one variant comes to; with charges in `not_done`, its total is not the whole one."""

    total: Decimal
    not_done: tuple[NotDone, ...]


class WhatIfs(wire.Result, frozen=True):
    """What variants of a contract come to, in the order given."""

    currency: str
    months: tuple[str, ...]
    not_billed: tuple[NotBilled, ...]
    variants: tuple[WhatIf, ...]

    def best(self) -> int | None:
        """Number of the cheapest variant that lacks nothing, from 0 on; None where all lack something."""
        whole = [(one.total, at) for at, one in enumerate(self.variants) if not one.not_done]
        return min(whole)[1] if whole else None

    def to_table(self, language: Language = "en") -> Table:
        """One row a variant: its total, the difference to the first, what it lacks."""
        first = self.variants[0] if self.variants else None
        whole = [first is not None and not first.not_done and not one.not_done for one in self.variants]
        lacks = (" ".join(lack.sentence(language) for lack in one.not_done) or None for one in self.variants)
        differences = [
            float(one.total - first.total) if compared and first else None
            for one, compared in zip(self.variants, whole, strict=True)
        ]
        return Table(
            {
                "variant": list(range(len(self.variants))),
                "total": [float(one.total) for one in self.variants],
                "difference": differences,
                "lacks": Column("str", tuple(lacks)),
            },
            units={"total": self.currency, "difference": self.currency},
        )

    def __repr__(self) -> str:
        best = self.best()
        told = "" if best is None else f", the cheapest is {best}: {self.variants[best].total:,.2f} {self.currency}"
        return f"{len(self.variants)} variants over {len(self.months)} months{told}"


def compare_tariffs(
    site: Site, tariffs: Iterable[Tariff], *, contracts: Iterable[Contract] | None = None
) -> TariffComparison:
    """Bill the same readings under every tariff with every contract, and rank them by total.

    Totals are over the calendar months that every option bills. An option with a charge that cannot be known has no
    rank; one that cannot be billed at all says why.

    Parameters
    ----------
    site
        Readings, calendar and the contract.
    tariffs
        The present tariff first.
    contracts
        The present contract first; the site's own without.

    Raises
    ------
    TariffError
        No tariff; tariffs in other currencies; a present tariff that cannot be billed.

    Examples
    --------
    >>> import wattlens as wl
    >>> site = wl.simulate.demo_site()
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    >>> capacity = site.contract
    >>> demand = wl.Contract(capacity_kva=capacity.capacity_kva, demand_billing="actual_demand",
    ...                      power_factor_standard=capacity.power_factor_standard)
    >>> compared = wl.compare_tariffs(site, [tariff], contracts=[capacity, demand])
    >>> [option.contract for option in compared.ranked()], len(compared.months)
    ([1, 0], 12)
    """
    expect(site, Site)
    several = list(tariffs)
    for tariff in several:
        expect(tariff, Tariff)
    text = _core.compare_tariffs(site.handle, [one.handle for one in several], _contracts(contracts or ()))
    return msgspec.json.decode(text, type=TariffComparison)


def what_if(site: Site, tariff: Tariff, contracts: Iterable[Contract]) -> WhatIfs:
    """Totals of a site's bills under many contracts; what was taken is measured once.

    Raises
    ------
    TariffError
        As `Tariff.bill`; no contract.
    SiteError
        A contract that makes no sense or lacks what its mode needs.

    Examples
    --------
    >>> import wattlens as wl
    >>> site = wl.simulate.demo_site()
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    >>> variants = [wl.Contract(capacity_kva=1250, demand_billing="contract_demand", contract_demand_kw=kw,
    ...                         power_factor_standard=0.90) for kw in range(500, 1250, 10)]
    >>> totals = wl.what_if(site, tariff, variants)
    >>> len(totals.variants), variants[totals.best()].contract_demand_kw
    (75, 770)
    """
    expect(site, Site)
    expect(tariff, Tariff)
    text = _contracts(contracts)
    if text == "[]":
        raise TariffError("contracts: found none, expected at least one variant")
    return msgspec.json.decode(_core.what_if(site.handle, tariff.handle, text), type=WhatIfs)


def _contracts(contracts: Iterable[Contract]) -> str:
    several = list(contracts)
    for contract in several:
        expect(contract, Contract)
    return wire.text(several)
