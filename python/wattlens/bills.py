"""The bills of a site, and the periods that have none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from wattlens import html, wire
from wattlens.bill import Bill, Origin, lines_of
from wattlens.figures import Figure, charts
from wattlens.table import Frames, Table
from wattlens.words import Language, number, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from wattlens.price_change import PriceChange
    from wattlens.site import Site

__all__ = ["Bills", "BillsRecord", "MissingReadings", "NotBilled"]

_MONTHS_NAMED = 4
MissingReadings = Literal["bounds", "refuse", "proportional"]


class NotBilled(msgspec.Struct, frozen=True):
    """A month that was not billed, and why.

    `partial_month`, `missing_readings`, `not_sound` (a stuck meter or placeholders), `negative_import` or
    `open_finding` (about a register, the multiplier or a sum).
    """

    label: str
    reason: str
    missing_share: float


class BillsRecord(msgspec.Struct, frozen=True):
    """The JSON of bills."""

    tariff: str
    currency: str
    bills: tuple[Bill, ...]
    not_billed: tuple[NotBilled, ...]
    total: Decimal


class Bills(Sequence[Bill], Frames):
    """The bills of a site, one a calendar month.

    Examples
    --------
    >>> import wattlens as wl
    >>> site = wl.simulate.demo_site()
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    >>> bills = tariff.bill(site)
    >>> len(bills), bills.total == sum(bill.total for bill in bills)
    (12, True)
    """

    __slots__ = ("_record", "simulated")

    def __init__(self, record: BillsRecord, *, simulated: bool = False, origin: Origin | None = None) -> None:
        self._record = record
        self.simulated = simulated
        if origin is not None:
            for bill in record.bills:
                bill.made_with(origin)

    def __reduce__(self) -> tuple[object, tuple[BillsRecord, bool]]:
        return _bills, (self._record, self.simulated)

    def notes(self, language: Language = "en") -> list[str]:
        """What a reader of the bills has to know, in words: each note once, with its months if it is not of all."""
        notes = [say("label.simulated", language)] if self.simulated else []
        return notes + self.notes_by_month(language)

    def notes_by_month(self, language: Language = "en") -> list[str]:
        """The notes of the bills, each once; one that does not hold for all months names those it holds for."""
        months: dict[str, list[str]] = {}
        for bill in self:
            for note in bill.notes(language):
                months.setdefault(note, []).append(bill.label)

        def told(note: str, of: list[str]) -> str:
            if len(of) == len(self):
                return note
            if len(of) > _MONTHS_NAMED:
                return say("report.note_of_count", language, count=len(of), months=len(self), note=note)
            return say("report.note_of_months", language, months=of, note=note)

        return [told(note, of) for note, of in months.items()]

    @property
    def tariff(self) -> str:
        """Id of the tariff."""
        return self._record.tariff

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return self._record.currency

    @property
    def total(self) -> Decimal:
        """Sum of the bills."""
        return self._record.total

    @property
    def not_billed(self) -> tuple[NotBilled, ...]:
        """Months that the readings touch and that are not billed."""
        return self._record.not_billed

    def __len__(self) -> int:
        return len(self._record.bills)

    @overload
    def __getitem__(self, index: int) -> Bill: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Bill, ...]: ...
    def __getitem__(self, index: int | slice) -> Bill | tuple[Bill, ...]:
        return self._record.bills[index]

    def __iter__(self) -> Iterator[Bill]:
        return iter(self._record.bills)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bills) and self._record == other._record

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> str:
        """All of it as JSON; money is decimal text."""
        return wire.text(self._record)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain Python."""
        return dict(msgspec.to_builtins(self._record))

    def lines(self, language: Language = "en") -> Table:
        """One row a line of every bill."""
        return lines_of(list(self), language)

    def to_table(self, language: Language = "en") -> Table:  # noqa: ARG002 - one signature for every result
        """One row a month: energy, demand, power factor, total, average price."""
        return Table(
            {
                "month": [bill.label for bill in self],
                "kwh": [bill.quantities.total_kwh for bill in self],
                "demand_kw": [bill.quantities.demand_kw for bill in self],
                "power_factor": [bill.power_factor for bill in self],
                "amount": [float(bill.total) for bill in self],
                "average_price": [bill.average_price for bill in self],
                "missing_share": [bill.quantities.missing_share for bill in self],
            },
            units={
                "kwh": "kWh", "demand_kw": "kW", "amount": self.currency, "average_price": f"{self.currency}/kWh",
            },
        )  # fmt: skip

    def price_changes(
        self, against: Literal["month_before", "year_before"] = "month_before", *, site: Site | None = None
    ) -> tuple[PriceChange, ...]:
        """What changed from each month to the next (环比), or from the same month a year before (同比).

        Parameters
        ----------
        against
            `month_before` or `year_before`; a month without its counterpart is left out.
        site
            With its readings and calendar the volume is split into other numbers of workdays and rest days, and use.

        Examples
        --------
        >>> import wattlens as wl
        >>> site = wl.simulate.demo_site()
        >>> bills = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force().bill(site)
        >>> len(bills.price_changes(site=site)), len(bills.price_changes("year_before"))
        (11, 0)
        """
        from wattlens.price_change import changes_of

        return changes_of(self, against, site)

    def plot(self, ax: Axes | None = None, *, language: Language = "en") -> Axes:
        """Each month's bill, stacked by component, as matplotlib Axes."""
        from wattlens.figures.mpl import drawable_language

        return self.figure(drawable_language(language)).plot(ax)

    def figure(self, language: Language = "en") -> Figure:
        """Each month's bill, stacked by component."""
        stacks: dict[str, list[float]] = {}
        for place, bill in enumerate(self):
            for line in bill.lines:
                name = line.name.in_(language)
                stacks.setdefault(name, [0.0] * len(self))[place] += float(line.amount)
        months = [bill.label for bill in self]
        label = say("label.amount", language)
        return charts.monthly_bars(months, stacks, label=label, unit=self.currency, language=language)

    def __repr__(self) -> str:
        head = f"{len(self)} bills, {self.tariff}: {self.total:,.2f} {self.currency}"
        rows = [
            f"  {bill.label}  {number(bill.quantities.total_kwh):>12} kWh"
            f"  PF {'–' if bill.power_factor is None else f'{bill.power_factor:.2f}':<4}"
            f"  {bill.total:>14,.2f} {bill.currency}"
            for bill in self
        ]
        missing = [f"  {one.label}  not billed: {say(f'word.{one.reason}')}" for one in self.not_billed]
        return "\n".join([head, *rows, *missing, *(f"  ({note})" for note in self.notes())])

    def _repr_html_(self) -> str:
        head = f"<b>{html.escape(self.tariff)}: {self.total:,.2f} {self.currency}</b>"
        small = "".join(f"<small>{html.escape(note)}</small><br>" for note in self.notes())
        picture = self.figure().to_svg() if len(self) else ""
        return html.fragment(head + self.to_table().html() + small + picture)


def _bills(record: BillsRecord, simulated: bool) -> Bills:  # noqa: FBT001 - pickle passes by position
    return Bills(record, simulated=simulated)
