"""What changed between bills: volume, structure, price, fixed costs, power factor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import msgspec

from wattlens import _core, html, wire
from wattlens.bill import Bill
from wattlens.expect import expect
from wattlens.figures import Figure, charts
from wattlens.findings import NotDone
from wattlens.site import Site
from wattlens.table import Table
from wattlens.words import Language, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ChangePart", "ChangeSide", "DayChange", "DayEnergy", "PeriodChange", "PriceChange", "changes_of", "price_change",
]  # fmt: skip

Cause = Literal["volume", "structure", "price", "fixed_demand", "power_factor", "other"]
_MONTHS_NAMED = 3


class ChangePart(msgspec.Struct, frozen=True):
    """A cause, and what it adds to the total [currency] and to the average price [currency/kWh]."""

    cause: Cause
    amount: Decimal
    average_price: Decimal


class ChangeSide(msgspec.Struct, frozen=True):
    """One side of a change: the labels of its bills, energy [kWh], total [currency], average price [currency/kWh]."""

    labels: tuple[str, ...]
    kwh: Decimal
    total: Decimal
    average_price: Decimal

    def title(self) -> str:
        """Its months: all of them where they are few, else the first and the last."""
        if len(self.labels) <= _MONTHS_NAMED:
            return ", ".join(self.labels)
        return f"{self.labels[0]} … {self.labels[-1]}"


class PeriodChange(msgspec.Struct, frozen=True):
    """A period before and after: energy [kWh] and mean energy price [currency/kWh]; `all` holds in every period."""

    period: str
    kwh: tuple[Decimal, Decimal]
    price: tuple[Decimal | None, Decimal | None]


class DayEnergy(msgspec.Struct, frozen=True):
    """Days by kind, and the mean energy of a day of each that was measured whole [kWh]; None where there is none."""

    workdays: int
    rest_days: int
    kwh_per_workday: float | None
    kwh_per_rest_day: float | None


class DayChange(msgspec.Struct, frozen=True):
    """The days on both sides.

    `days_kwh` and `days_amount` are what other numbers of workdays and rest days bring at the energy a day before;
    `use_kwh` and `use_amount` the rest of the volume. None where that cannot be known.
    """

    before: DayEnergy
    after: DayEnergy
    days_kwh: Decimal | None
    use_kwh: Decimal | None
    days_amount: Decimal | None
    use_amount: Decimal | None


class PriceChange(wire.Result, frozen=True):
    """The change between two sets of bills, by cause; the parts add to it exactly.

    `structure` is not among the parts where the two sides have other periods: it is then in `price`. `not_done` names
    charges that are absent from a bill of either side.
    """

    currency: str
    before: ChangeSide
    after: ChangeSide
    amount: Decimal
    average_price: Decimal
    parts: tuple[ChangePart, ...]
    periods: tuple[PeriodChange, ...]
    days: DayChange | None
    not_done: tuple[NotDone, ...]

    def sentence(self, language: Language = "en") -> str:
        """What changed and why, the largest part first."""
        moved = sorted((part for part in self.parts if part.amount), key=lambda part: -abs(part.amount))
        causes = [f"{say(f'cause.{part.cause}', language)} {part.amount:+,.2f}" for part in moved]
        sentences = [
            say(
                "label.price_change", language, before=self.before.title(), after=self.after.title(),
                old=f"{self.before.total:,.2f}", new=f"{self.after.total:,.2f}", change=f"{self.amount:+,.2f}",
                currency=self.currency, old_price=f"{self.before.average_price:.4f}",
                new_price=f"{self.after.average_price:.4f}", price_change=f"{self.average_price:+.4f}",
                causes=causes or None,
            )
        ]  # fmt: skip
        return " ".join([*sentences, *self.notes(language)])

    def notes(self, language: Language = "en") -> list[str]:
        """What a reader of the change has to know: other numbers of days, absent charges."""
        notes = []
        if self.days is not None and self.days.days_kwh is not None:
            before, after = self.days.before, self.days.after
            if (before.workdays, before.rest_days) != (after.workdays, after.rest_days):
                notes.append(
                    say(
                        "label.change_of_days", language, before=before.workdays, after=after.workdays,
                        rest_before=before.rest_days, rest_after=after.rest_days,
                        kwh=f"{self.days.days_kwh:+,.0f}", use=f"{self.days.use_kwh:+,.0f}",
                    )
                )  # fmt: skip
        if all(part.cause != "structure" for part in self.parts):
            notes.append(say("label.no_structure", language))
        return notes + [one.sentence(language) for one in self.not_done]

    def to_table(self, language: Language = "en") -> Table:
        """One row a cause and a last one for the whole change."""
        rows = [(say(f"cause.{part.cause}", language), part.amount, part.average_price) for part in self.parts]
        rows.append((say("label.change", language), self.amount, self.average_price))
        return Table(
            {
                "cause": [name for name, _, _ in rows],
                "amount": [float(amount) for _, amount, _ in rows],
                "average_price": [float(price) for _, _, price in rows],
            },
            units={"amount": self.currency, "average_price": f"{self.currency}/kWh"},
        )

    def figure(self, language: Language = "en") -> Figure:
        """The causes one after the other, and what they come to."""
        moved = [part for part in self.parts if part.amount]
        return charts.waterfall(
            [say(f"cause.{part.cause}", language) for part in moved],
            [float(part.amount) for part in moved],
            label=say("label.change", language),
            unit=self.currency,
            total=say("label.change", language),
            title=f"{self.before.title()} → {self.after.title()}",
        )

    def plot(self, ax: Axes | None = None, *, language: Language = "en") -> Axes:
        """The causes one after the other, as matplotlib Axes."""
        from wattlens.figures.mpl import drawable_language

        return self.figure(drawable_language(language)).plot(ax)

    def html(self, language: Language = "en") -> str:
        """Sentence, table and figure, for a report."""
        heads = [
            say("label.cause", language), f"{say('label.amount', language)} [{self.currency}]",
            f"{say('label.average_price', language)} [{self.currency}/kWh]",
        ]  # fmt: skip
        rows = [
            [say(f"cause.{part.cause}", language), f"{part.amount:+,.2f}", f"{part.average_price:+.6f}"]
            for part in self.parts
        ]
        rows.append([say("label.change", language), f"{self.amount:+,.2f}", f"{self.average_price:+.6f}"])
        body = html.table(heads, rows, numeric=[False, True, True], total=True)
        return f"<p>{html.text(self.sentence(language))}</p>{body}{self.figure(language).to_svg()}"

    def __repr__(self) -> str:
        rows = [
            f"  {say(f'cause.{part.cause}'):<24}{part.amount:>+16,.2f} {self.currency}"
            f"{part.average_price:>+14.6f} {self.currency}/kWh"
            for part in self.parts
        ]
        return "\n".join([self.sentence(), *rows])

    def _repr_html_(self) -> str:
        return html.fragment(self.html())


def _bills(bills: Bill | Iterable[Bill]) -> str:
    several = [bills] if isinstance(bills, Bill) else list(bills)
    for bill in several:
        expect(bill, Bill)
    return wire.text(several)


def price_change(
    before: Bill | Iterable[Bill], after: Bill | Iterable[Bill], *, site: Site | None = None
) -> PriceChange:
    """What changed from some bills to others: the total and the average price, by cause.

    Energy costs are split in a fixed order (price–volume–mix by chain substitution, 连环替代法): volume at the average
    energy price before, structure (energy moved between periods) at the prices before, price at the energy after.
    Fixed costs and demand, power factor, and the rest are differences. Of the average price, volume is fixed costs
    spread over more or less energy.

    Parameters
    ----------
    before, after
        A bill, or several.
    site
        With its readings and calendar the volume is split into other numbers of workdays and rest days, and use.

    Raises
    ------
    SiteError
        No bill or no energy on a side; bills in other currencies.

    Examples
    --------
    >>> import wattlens as wl
    >>> site = wl.simulate.demo_site()
    >>> bills = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force().bill(site)
    >>> change = wl.price_change(bills[0], bills[1], site=site)
    >>> sum(part.amount for part in change.parts) == bills[1].total - bills[0].total
    True
    >>> change.days.before.workdays, change.days.after.workdays
    (19, 19)
    """
    expect(site, Site, or_none=True)
    text = _core.explain_change(_bills(before), _bills(after), None if site is None else site.handle)
    return msgspec.json.decode(text, type=PriceChange)


def changes_of(bills: Sequence[Bill], against: str, site: Site | None) -> tuple[PriceChange, ...]:
    """The changes of `Bills.price_changes`."""
    expect(site, Site, or_none=True)
    text = _core.explain_changes(_bills(bills), wire.text(against), None if site is None else site.handle)
    return tuple(msgspec.json.decode(text, type=list[PriceChange]))
