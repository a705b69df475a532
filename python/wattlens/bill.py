"""A bill: its lines with what, quantity, price, rule and source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from wattlens import html, wire
from wattlens.findings import NotDone
from wattlens.quantities import BillingQuantities, Carried, Certainty
from wattlens.site import Contract
from wattlens.table import Column, Table
from wattlens.words import Language, catalogue, number, say

if TYPE_CHECKING:
    from wattlens.calendar import Calendar
    from wattlens.explanation import Explanation
    from wattlens.tariff import Tariff

__all__ = ["Bill", "Bounds", "Line", "Origin", "Words", "lines_of"]

_SLIDING = ("basic.actual_demand", "basic.actual_demand_discounted", "basic.overrun")


class Words(msgspec.Struct, frozen=True):
    """A text in English and Chinese."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The text in a language."""
        catalogue(language)  # a language without words is an error
        return self.zh if language == "zh" else self.en


class Line(msgspec.Struct, frozen=True):
    """One line of a bill: quantity × price, rounded half-up to the minor unit.

    `unit` is `kWh`, `kVA` or `kW`, or the currency for the power-factor adjustment, whose price is the
    coefficient. `certainty` says whether the price is proved, stated in a document, or assumed.
    """

    component: str
    name: Words
    period: str | None
    tier: int | None
    dates: tuple[date, date] | None
    quantity: Decimal
    unit: str
    price: Decimal
    times: Decimal | None
    amount_unrounded: Decimal
    amount: Decimal
    rule: str
    source: str
    certainty: Certainty

    @property
    def shown_unit(self) -> str:
        """The unit as it is read; an amount that counts once has none."""
        return "" if self.unit == "one" else self.unit

    def title(self, language: Language = "en") -> str:
        """What is charged, with its period."""
        if self.period is None:
            return self.name.in_(language)
        words = catalogue(language)
        return f"{self.name.in_(language)} · {words.get(f'word.{self.period}', self.period)}"


class Bounds(msgspec.Struct, frozen=True):
    """What a bill with missing readings can come to [currency].

    The lowest and the highest of the bills in which every missing hour took nothing or the highest mean power measured
    in its own period of the bill, active and reactive energy each by itself. They are bounds if no missing hour took
    more than that.
    """

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Origin:
    """What a bill was made with, beside what stands in its JSON."""

    tariff: Tariff
    zone: str | None = None
    calendar: Calendar | None = None


class Bill(wire.Result, frozen=True, dict=True):
    """The bill of one month; `total` is the exact sum of its rounded lines.

    `bounds` is what it can come to where readings are missing, None where none is.

    `not_done` names charges that are absent and what they need; a bill with entries there is not
    complete. `assumed_in_force` says that the tariff was billed outside its dates, `not_carried` how many fields, of
    those that could not be carried over into the tariff, the bill can differ by (`Tariff.not_carried`). `certainty` is
    the tariff's as a whole; single lines can be more or less certain. `explain` lays it out beside a paper bill.
    """

    label: str
    tariff: str
    currency: str
    certainty: Certainty
    lines: tuple[Line, ...]
    total: Decimal
    bounds: Bounds | None
    average_price: float | None
    power_factor: float | None
    quantities: BillingQuantities
    contract: Contract
    carried: Carried
    assumed_in_force: bool
    not_carried: int
    not_done: tuple[NotDone, ...]

    def made_with(self, origin: Origin) -> Bill:
        """The same bill, which knows what it was made with; neither JSON nor equality has that."""
        self.__dict__["origin"] = origin
        return self

    @property
    def origin(self) -> Origin | None:
        """What it was made with; None where it was read from JSON."""
        return self.__dict__.get("origin")

    def __reduce__(self) -> tuple[object, tuple[str, Origin | None]]:
        return _bill, (self.to_json(), self.origin)

    def explain(self, language: Language = "en", *, tariff: Tariff | None = None) -> Explanation:
        """The bill as a page that can be laid beside the paper bill.

        Parameters
        ----------
        language
            `en` or `zh`.
        tariff
            The tariff that it was made with; needed where the bill was read from JSON.

        Raises
        ------
        TariffError
            A bill that was read from JSON, without a tariff.

        Examples
        --------
        >>> import wattlens as wl
        >>> quantities = wl.BillingQuantities.month("2025-08", kwh={"peak": 1000, "valley": 500}, import_kvarh=300)
        >>> contract = wl.Contract(capacity_kva=100, demand_billing="capacity", power_factor_standard=0.90)
        >>> bill = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").bill(quantities, contract)
        >>> print(bill.explain())  # doctest: +ELLIPSIS
        Electricity bill 2025-08
        ...
        >>> "功率因数" in bill.explain("zh").html()
        True
        """
        from wattlens.explanation import Explanation

        return Explanation(self, language, tariff)

    def notes(self, language: Language = "en") -> list[str]:
        """What a reader of the bill has to know, in words."""
        notes = [one.sentence(language) for one in self.not_done]
        if self.assumed_in_force:
            notes.append(say("label.assumed_in_force", language, tariff=self.tariff))
        if self.not_carried:
            notes.append(say("label.not_carried", language, tariff=self.tariff, count=self.not_carried))
        if self.quantities.missing_share > 0:
            notes.append(say("label.missing_share", language, percent=100 * self.quantities.missing_share))
        if self.bounds is not None:
            low, high = f"{self.bounds.low:,.2f}", f"{self.bounds.high:,.2f}"
            notes.append(say("label.bounds", language, low=low, high=high, currency=self.currency))
        if self.quantities.loss_kwh is not None:
            kvarh = self.quantities.loss_kvarh if self.quantities.import_kvarh is not None else None
            notes.append(say("label.losses", language, kwh=self.quantities.loss_kwh, kvarh=kvarh))
        for component, measured in self.quantities.by_component.items():
            if measured.get("unpriced_h"):
                kwh, hours = measured["unpriced_kwh"], measured["unpriced_h"]
                notes.append(say("label.unpriced", language, component=component, kwh=kwh, hours=hours))
        if self.quantities.estimated_kwh > 0:
            kwh, all_kwh = self.quantities.estimated_kwh, self.quantities.total_kwh
            share = kwh / all_kwh if all_kwh > 0 else None
            notes.append(say("label.estimated_kwh", language, kwh=kwh, share=share))
        if self.quantities.demand_origin == "block" and any(line.rule in _SLIDING for line in self.lines):
            notes.append(say("label.block_demand", language))
        if any(line.certainty == "assumed" for line in self.lines):
            notes.append(say("label.assumed_price", language))
        if self.certainty == "unverified":
            notes.append(say("label.unverified_tariff", language, tariff=self.tariff))
        unverified = {line.name.in_(language): None for line in self.lines if line.certainty == "unverified"}
        if unverified:
            notes.append(say("label.unverified_price", language, what=list(unverified)))
        return notes

    def to_table(self, language: Language = "en") -> Table:
        """One row a line."""
        return lines_of([self], language)

    def __repr__(self) -> str:
        lines = [
            f"  {line.title():<48}"
            f"{number(float(line.quantity)):>14} {line.shown_unit:<4} × {line.price:<12} = {line.amount:>14,.2f}"
            for line in self.lines
        ]
        head = f"Bill {self.label}, {self.tariff}: {self.total:,.2f} {self.currency}"
        return "\n".join([head, *lines, *(f"  ({note})" for note in self.notes())])

    def _repr_html_(self) -> str:
        return html.fragment(self.html())

    def html(self, language: Language = "en") -> str:
        """The bill as an HTML table, for a report."""
        heads = [say(f"label.{key}", language) for key in ("charge", "quantity", "unit", "price", "amount", "source")]
        rows = [
            [
                line.title(language),
                number(float(line.quantity)),
                line.shown_unit,
                str(line.price),
                f"{line.amount:,.2f}",
                f"{line.source} ({say(f'word.{line.certainty}', language)})",
            ]
            for line in self.lines
        ]
        rows.append([say("label.total", language), "", "", "", f"{self.total:,.2f} {self.currency}", ""])
        body = html.table(heads, rows, numeric=[False, True, False, True, True, False])
        notes = "".join(f"<small>{html.escape(note)}</small><br>" for note in self.notes(language))
        return f"<b>{html.escape(self.label)}</b>{body}{notes}"


def _bill(text: str, origin: Origin | None) -> Bill:
    bill = msgspec.json.decode(text, type=Bill)
    return bill if origin is None else bill.made_with(origin)


def lines_of(bills: Sequence[Bill], language: Language) -> Table:
    """One row a line of the bills."""
    rows = [(bill, line) for bill in bills for line in bill.lines]
    currency = bills[0].currency if bills else None
    units = {"amount": currency, "amount_unrounded": currency} if currency else {}
    return Table(
        {
            "month": [bill.label for bill, _ in rows],
            "component": [line.component for _, line in rows],
            "name": [line.name.in_(language) for _, line in rows],
            "period": Column("str", tuple(line.period for _, line in rows)),
            "quantity": [float(line.quantity) for _, line in rows],
            "unit": [line.unit for _, line in rows],
            "price": [float(line.price) for _, line in rows],
            "amount_unrounded": [float(line.amount_unrounded) for _, line in rows],
            "amount": [float(line.amount) for _, line in rows],
            "rule": [line.rule for _, line in rows],
            "source": [line.source for _, line in rows],
            "certainty": [line.certainty for _, line in rows],
        },
        units=units,
    )
