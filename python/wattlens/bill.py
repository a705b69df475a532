"""Bills: quantities, and the lines of each month with what, quantity, price, rule and source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from wattlens import _core, html, wire
from wattlens.errors import TariffError
from wattlens.figures import Figure, charts
from wattlens.findings import NotDone
from wattlens.site import Contract
from wattlens.table import Column, Table
from wattlens.words import Language, catalogue, number, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from wattlens.calendar import Calendar
    from wattlens.explanation import Explanation
    from wattlens.price_change import PriceChange
    from wattlens.site import Site
    from wattlens.tariff import Tariff

__all__ = [
    "Bill",
    "BillingQuantities",
    "Bills",
    "BillsRecord",
    "Bounds",
    "Carried",
    "Certainty",
    "Line",
    "MissingReadings",
    "NotBilled",
    "Origin",
    "PastPeak",
    "Words",
]

_MONTHS_NAMED = 4
_SLIDING = ("basic.actual_demand", "basic.actual_demand_discounted", "basic.overrun")
MissingReadings = Literal["bounds", "refuse", "proportional"]
Certainty = Literal["proved", "stated", "assumed", "unverified"]


class Words(msgspec.Struct, frozen=True):
    """A text in English and Chinese."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The text in a language."""
        catalogue(language)  # a language without words is an error
        return self.zh if language == "zh" else self.en


class PastPeak(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """The highest demand of an earlier bill, as it was measured.

    Of every component where it names none, of the whole bill where it names no period; the bill ran to before
    `until`, a month after `from_` where left out.
    """

    from_: date
    until: date | None = None
    component: str | None = None
    period: str | None = None
    demand: float


class Carried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a bill takes over from the bills before it: peaks, credits, the year's sum so far, unrounded.

    `until` is the first day after those bills; a bill that begins on another day knows neither credits nor sum.
    """

    until: date | None = None
    peaks: tuple[PastPeak, ...] = ()
    credit: dict[str, Decimal] = {}
    credit_kwh: dict[str, Decimal] = {}
    year_to_date: dict[str, Decimal] = {}


class BillingQuantities(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What a bill is made from: measured from readings, or entered from registers or a paper bill.

    Attributes
    ----------
    from_, until
        First date, and first date after.
    kwh, other_kwh
        Imported energy by period of the tariff's first schedule, and of further schedules that price energy [kWh].
    export_kwh
        Exported energy by period of the first schedule [kWh]; empty where not measured.
    import_kvarh, export_kvarh
        Reactive energy from and to the grid [kvarh]; None where not measured.
    power_factor_kwh
        Active energy of the intervals that have reactive readings too [kWh]; None takes all of `kwh`.
    demand_kw, demand_at, demand_origin
        Maximum demand [kW], the start of its interval [UTC seconds], and whether it was read from fixed
        blocks, a sliding window, the meter's register, or entered.
    by_component
        What single components bill beyond energy by period: by component, then by period or `all`.
    periods_certainty
        How certain it is which period a time belongs to; None where the energy was entered by period.
    missing_share, missing_h
        Share of the readings that is missing, 0 to 1; hours without a reading by period.
    estimated_kwh
        Part of `kwh` that rests on estimates [kWh].
    loss_kwh, loss_kvarh
        Transformer and line losses that are in `kwh` and in `import_kvarh`; None where none were added.
    carried
        What the bills before hand on.
    parts
        The same by version of the tariff, where the dates span a change.

    Examples
    --------
    >>> import wattlens as wl
    >>> quantities = wl.BillingQuantities.month("2025-08", kwh={"flat": 1000.0}, import_kvarh=300.0)
    >>> quantities.until
    datetime.date(2025, 9, 1)
    """

    from_: date
    until: date
    kwh: dict[str, float] = {}
    other_kwh: dict[str, float] = {}
    export_kwh: dict[str, float] = {}
    import_kvarh: float | None = None
    export_kvarh: float | None = None
    power_factor_kwh: float | None = None
    demand_kw: float | None = None
    demand_at: int | None = None
    demand_origin: Literal["block", "sliding", "register", "entered"] | None = None
    by_component: dict[str, dict[str, float]] = {}
    missing_share: float = 0.0
    missing_h: dict[str, float] = {}
    estimated_kwh: float = 0.0
    loss_kwh: float | None = None
    loss_kvarh: float | None = None
    periods_certainty: Certainty | None = None
    carried: Carried = Carried()
    parts: tuple[BillingQuantities, ...] = ()

    @classmethod
    def sum(cls, meters: Iterable[BillingQuantities]) -> BillingQuantities:
        """The quantities of several meters of one supply point as one, to be billed together.

        Energies, reactive energies and losses add, and so do demands: each incoming line's own maximum is
        billed. For a coincident demand, add the readings and bill once. What one meter has not measured, the sum
        does not have.

        Raises
        ------
        SiteError
            No meter; other dates, or another split at changes of the tariff, than the first.

        Examples
        --------
        >>> import wattlens as wl
        >>> lines = [wl.BillingQuantities.month("2025-08", kwh={"flat": kwh}, demand_kw=kwh / 20) for kwh in (8e3, 4e3)]
        >>> both = wl.BillingQuantities.sum(lines)
        >>> both.kwh, both.demand_kw
        ({'flat': 12000.0}, 600.0)
        """
        return msgspec.json.decode(_core.sum_of_quantities(wire.text(list(meters))), type=cls)

    def share(self, share: float) -> BillingQuantities:
        """A share of the quantities of a common meter, 0 to 1.

        Raises
        ------
        SiteError
            A share that is not between 0 and 1.

        Examples
        --------
        >>> import wattlens as wl
        >>> wl.BillingQuantities.month("2025-08", kwh={"flat": 1000.0}).share(0.4).kwh
        {'flat': 400.0}
        """
        return msgspec.json.decode(_core.share_of_quantities(wire.text(self), share), type=BillingQuantities)

    @classmethod
    def month(
        cls,
        month: str,
        *,
        kwh: Mapping[str, float],
        import_kvarh: float | None = None,
        export_kvarh: float | None = None,
        demand_kw: float | None = None,
    ) -> BillingQuantities:
        """Quantities of a calendar month, as a paper bill gives them.

        Raises
        ------
        TariffError
            A month that is not written `2025-08`.
        """
        try:
            first = date.fromisoformat(f"{month}-01")
            until = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        except ValueError:
            raise TariffError(f"found month {month!r}, expected e.g. '2025-08'") from None
        return cls(
            from_=first,
            until=until,
            kwh=dict(kwh),
            import_kvarh=import_kvarh,
            export_kvarh=export_kvarh,
            demand_kw=demand_kw,
            demand_origin=None if demand_kw is None else "entered",
        )

    @property
    def total_kwh(self) -> float:
        """All imported energy [kWh]."""
        return sum(self.kwh.values())


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
        return _lines([self], language)

    def __repr__(self) -> str:
        lines = [
            f"  {line.title():<48}"
            f"{number(float(line.quantity)):>14} {line.unit:<4} × {line.price:<12} = {line.amount:>14,.2f}"
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
                line.unit,
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


class Bills(Sequence[Bill]):
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
        return _lines(list(self), language)

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


def _bill(text: str, origin: Origin | None) -> Bill:
    bill = msgspec.json.decode(text, type=Bill)
    return bill if origin is None else bill.made_with(origin)


def _bills(record: BillsRecord, simulated: bool) -> Bills:  # noqa: FBT001 - pickle passes by position
    return Bills(record, simulated=simulated)


def _lines(bills: Sequence[Bill], language: Language) -> Table:
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
