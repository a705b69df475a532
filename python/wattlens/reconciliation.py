"""A bill against the paper bill: line by line, and which single unknown would explain the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import msgspec

from wattlens import html, wire
from wattlens.bill import Bill
from wattlens.errors import TariffError
from wattlens.expect import expect
from wattlens.explanation.blocks import Block, Grid, Items, Row, Section, exact, section_html, section_text
from wattlens.explanation.page import document
from wattlens.quantities import BillingQuantities
from wattlens.report.pen import ABSENT, Pen
from wattlens.site import Contract
from wattlens.tariff import Tariff
from wattlens.words import Language, catalogue

__all__ = ["Hypothesis", "PaperBill", "Reconciliation", "SolvedPrices", "reconcile", "solve_prices"]

Money = Decimal | str | float | int
Outcome = Literal["agrees", "one", "several", "only_solved", "unexplained"]
Evidence = Literal["exact", "listed", "round", "solved"]


def _exact(fact: str | float) -> str:
    """A price or an amount with all its decimals; what was measured to the watt-hour, without the dust of its sum."""
    return exact(fact if isinstance(fact, str) else str(round(fact, 3)))


def _money(what: str, value: Money) -> str:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise TariffError(f"found {value!r} as {what}, expected an amount such as 1234.56") from None
    if not amount.is_finite():
        raise TariffError(f"found {value!r} as {what}, expected an amount such as 1234.56")
    return str(amount)


class PaperBill:
    """What is read off a paper bill; often only the total is known.

    Parameters
    ----------
    total
        Total [currency].
    lines
        Amounts by component, or by (component, period) [currency]. A name that the tariff does not have is a charge
        that only the paper has.
    kwh
        Energy by period [kWh].
    tolerance
        Largest difference that counts as none, of a total and of a line [currency]; rounded unit prices leave up to
        0.10 on real bills.

    Examples
    --------
    >>> import wattlens as wl
    >>> wl.PaperBill(total=199368.96, lines={"basic_charge": 28250, ("purchase", "peak"): "51201.93"})
    PaperBill(total 199 368.96, 2 lines, tolerance 0.10)
    """

    __slots__ = ("kwh", "lines", "tolerance", "total")

    def __init__(
        self,
        total: Money | None = None,
        *,
        lines: Mapping[str | tuple[str, str], Money] | None = None,
        kwh: Mapping[str, float] | None = None,
        tolerance: Money = "0.10",
    ) -> None:
        self.total = None if total is None else Decimal(_money("total", total))
        self.lines: dict[tuple[str, str | None], Decimal] = {
            (name if isinstance(name, tuple) else (name, None)): Decimal(_money(f"amount of {name!r}", amount))
            for name, amount in (lines or {}).items()
        }
        self.kwh = dict(kwh or {})
        self.tolerance = Decimal(_money("tolerance", tolerance))

    def to_json(self) -> str:
        """As the core reads it."""
        lines = [
            {"component": component, "period": period, "amount": str(amount)}
            for (component, period), amount in self.lines.items()
        ]
        total = None if self.total is None else str(self.total)
        return wire.text({"total": total, "lines": lines, "kwh": self.kwh, "tolerance": str(self.tolerance)})

    def __repr__(self) -> str:
        parts = [f"total {exact(self.total, 2)}"] if self.total is not None else []
        parts += [f"{len(self.lines)} lines"] if self.lines else []
        parts += [f"{len(self.kwh)} energies"] if self.kwh else []
        return f"PaperBill({', '.join([*parts, f'tolerance {exact(self.tolerance, 2)}'])})"


class Compared(msgspec.Struct, frozen=True):
    """One figure of both bills; `component` is None for the total, a figure that one of them lacks is None."""

    component: str | None
    period: str | None
    ours: Decimal | None
    paper: Decimal | None
    difference: Decimal | None
    agrees: bool | None


class ComparedEnergy(msgspec.Struct, frozen=True):
    """Energy of a period on both bills [kWh]."""

    period: str
    ours: float
    paper: float
    agrees: bool


class Hypothesis(msgspec.Struct, frozen=True):
    """One unknown that would explain the difference.

    Attributes
    ----------
    code, facts
        What it is, e.g. `price` of `component`, with the `implied` price and how far the tolerance moves it.
    evidence
        `exact`: it has no number of its own; `listed`: a ratio out of a list; `round`: solved for,
        and as round as chance makes it once in a hundred; `solved`: solved for, which always meets one total.
    total
        The total under it [currency].
    left
        Largest difference that it leaves [currency].
    """

    code: str
    facts: dict[str, Any]
    evidence: Evidence
    total: Decimal
    left: Decimal


class NotTried(msgspec.Struct, frozen=True):
    """A hypothesis that could not be billed, and what that would need."""

    code: str
    facts: dict[str, Any]
    needs: str


class Record(wire.Result, frozen=True):
    """The JSON of a reconciliation."""

    label: str
    tariff: str
    currency: str
    outcome: Outcome
    compared: tuple[Compared, ...]
    energy: tuple[ComparedEnergy, ...]
    not_in_tariff: dict[str, tuple[str, ...]]
    figures: int
    hypotheses: tuple[Hypothesis, ...]
    tried: int
    not_tried: tuple[NotTried, ...]
    tolerance: Decimal


class _Component(msgspec.Struct, frozen=True):
    id: str
    name: dict[str, str]


class _Version(msgspec.Struct, frozen=True):
    components: tuple[_Component, ...]


class _Sheet(msgspec.Struct, frozen=True):
    versions: tuple[_Version, ...]


class Reconciliation:
    """A bill against a paper bill, in words and numbers; see `reconcile`."""

    __slots__ = ("_names", "record")

    def __init__(self, record: Record, tariff: Tariff) -> None:
        self.record = record
        sheet = msgspec.json.decode(tariff.to_json(), type=_Sheet)
        self._names = {one.id: one.name for version in sheet.versions for one in version.components}

    @property
    def outcome(self) -> Outcome:
        """`agrees`, `one` or `several` unknowns without a free number fit, `only_solved` or `unexplained`."""
        return self.record.outcome

    @property
    def agrees(self) -> bool:
        """Whether every figure of the paper agrees."""
        return self.record.outcome == "agrees"

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """What would explain the difference, the most plausible first."""
        return self.record.hypotheses

    @property
    def compared(self) -> tuple[Compared, ...]:
        """The total, then every line."""
        return self.record.compared

    @property
    def difference(self) -> Decimal | None:
        """Paper − ours of the total; None where the paper's is not known."""
        return self.record.compared[0].difference

    def to_json(self) -> str:
        """All of it as JSON; money is decimal text."""
        return self.record.to_json()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain Python."""
        return self.record.to_dict()

    def statement(self, language: Language = "en") -> str:
        """What the comparison comes to, and no more than that."""
        record, pen = self.record, Pen(language, "UTC")
        solved = sum(one.evidence in {"round", "solved"} for one in record.hypotheses)
        said = pen.say(
            f"reconcile.outcome.{record.outcome}", tried=record.tried, count=len(record.hypotheses) - solved,
            solved=solved, tolerance=exact(record.tolerance, 2), currency=record.currency,
        )  # fmt: skip
        if record.figures == 1 and len(record.hypotheses) > 1:
            said += ("" if language == "zh" else " ") + pen.say("reconcile.one_figure")
        return said

    def sentences(self, language: Language = "en") -> list[str]:
        """Every hypothesis that fits in words, the most plausible first."""
        return [self._sentence(one, language) for one in self.record.hypotheses]

    def _sentence(self, one: Hypothesis, language: Language) -> str:
        pen = Pen(language, "UTC")
        facts = self._facts(one.facts, pen) | {"currency": self.record.currency}
        key = f"reconcile.{one.code}"
        said = pen.say(
            f"{key}.solved" if f"{key}.solved" in catalogue(language) and "implied" in facts else key, **facts
        )
        return pen.say(
            "reconcile.how", said=said, evidence=pen.say(f"reconcile.evidence.{one.evidence}"), left=exact(one.left, 2)
        )

    def _facts(self, facts: dict[str, Any], pen: Pen) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, fact in facts.items():
            if name == "component":
                told[name] = self._name(fact, pen)
            elif name in {"implied", "ours"} and fact is not None:
                told[name] = _exact(fact)
            elif name == "field":
                # Most components have one price, which is called just so.
                told[name] = None if fact == "price" else fact
            elif name in {"period", "other"}:
                told[name] = pen.word(fact)
            elif name == "standard":
                told[name] = pen.say("reconcile.no_standard") if fact is None else fact
            elif name == "plus_minus":
                told[name] = exact(f"{fact:.1g}" if fact < 1 else f"{fact:.2f}")
            elif name == "lines":
                told[name] = pen.joined(fact)
            else:
                told[name] = fact
        return told

    def _name(self, component: str, pen: Pen) -> str:
        name = self._names.get(component)
        return f"{name[pen.language]} ({component})" if name else component

    def sections(self, language: Language = "en") -> list[Section]:
        """What the page says, in its order."""
        record, pen = self.record, Pen(language, "UTC")
        rows = []
        for one in record.compared:
            name = pen.say("label.total") if one.component is None else self._name(one.component, pen)
            name = name if one.period is None else f"{name} · {pen.word(one.period)}"
            mark = ABSENT if one.agrees is None else pen.say("reconcile.same" if one.agrees else "reconcile.differs")
            amounts = (one.ours, one.paper, one.difference)
            rows.append(Row([name, *(ABSENT if each is None else exact(each, 2) for each in amounts), mark]))
        heads = [
            pen.say("label.charge"),
            *(pen.say(f"reconcile.{one}") for one in ("ours", "paper", "difference", "verdict")),
        ]
        blocks: list[Block] = [Grid(heads, rows, [False, True, True, True, False])]
        if record.energy:
            energies = [
                Row([pen.word(one.period), _exact(one.ours), _exact(one.paper), _exact(one.paper - one.ours),
                     pen.say("reconcile.same" if one.agrees else "reconcile.differs")])
                for one in record.energy
            ]  # fmt: skip
            blocks.append(Grid(["kWh", *heads[1:]], energies, [False, True, True, True, False]))
        unknown = [
            pen.say("reconcile.not_in_tariff", line=name, near=pen.joined(near) or None)
            for name, near in record.not_in_tariff.items()
        ]
        blocks += [Items(unknown)] if unknown else []
        found: list[Block] = [Items(self.sentences(language), numbered=True)] if record.hypotheses else []
        parts = [
            Section(pen.say("reconcile.compared"), blocks),
            Section(pen.say("reconcile.explained"), found, self.statement(language)),
        ]
        if record.not_tried:
            told = dict.fromkeys(
                pen.say("reconcile.needs", what=self._not_tried(one, pen), needs=pen.word(one.needs, "needs"))
                for one in record.not_tried
            )
            parts.append(Section(pen.say("reconcile.not_tried"), [Items(list(told))]))
        return parts

    def _not_tried(self, one: NotTried, pen: Pen) -> str:
        return pen.say(f"reconcile.{one.code}", **self._facts(one.facts, pen)).rstrip(".。")

    def title(self, language: Language = "en") -> str:
        """Heading of the page."""
        return Pen(language, "UTC").say("reconcile.title", label=self.record.label)

    def text(self, language: Language = "en") -> str:
        """All of it as text."""
        return "\n".join([self.title(language), *(section_text(one) for one in self.sections(language))])

    def html(self, language: Language = "en") -> str:
        """All of it as HTML, without the frame of a page."""
        parts = "".join(section_html(one) for one in self.sections(language))
        return f"<h1>{html.text(self.title(language))}</h1>\n{parts}"

    def to_html(self, path: str | Path, language: Language = "en") -> None:
        """Write one self-contained page without any script."""
        Path(path).write_text(document(self.title(language), self.html(language), language), encoding="utf-8")

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return html.fragment(self.html())


def reconcile(
    bill: Bill | BillingQuantities,
    paper: PaperBill,
    *,
    tariff: Tariff | None = None,
    contract: Contract | None = None,
) -> Reconciliation:
    """A bill against a paper bill, line by line, and the single unknowns that would explain the difference.

    Each hypothesis is billed again by the same engine: a price (solved), a wrong multiplier, energy of a period that
    is absent, moved, swapped or solved, power-factor standard and base, netted reactive energy, overrun rule, billing
    mode, capacity, demand and contract demand, load-factor discount, a component that is absent, value-added tax.
    What fits is a candidate, never a proof: a number that was solved for always meets one total, and says only what it
    would have to be.

    Parameters
    ----------
    bill
        A bill, or the quantities of one with `tariff` and `contract`.
    paper
        What is read off the paper bill.
    tariff, contract
        With quantities, or with a bill that was read from JSON.

    Raises
    ------
    TariffError
        A paper without any figure; no tariff; whatever `Tariff.bill` refuses.

    Examples
    --------
    >>> import wattlens as wl
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08")
    >>> quantities = wl.BillingQuantities.month("2025-08", kwh={"peak": 86671, "flat": 101769, "valley": 42436},
    ...                                         import_kvarh=94000, export_kvarh=9570)
    >>> bill = tariff.bill(quantities, wl.Contract(capacity_kva=1130, demand_billing="capacity",
    ...                                            power_factor_standard=0.90))
    >>> wl.reconcile(bill, wl.PaperBill(bill.total)).outcome
    'agrees'
    >>> other = tariff.bill(quantities, wl.Contract(capacity_kva=1130, demand_billing="capacity",
    ...                                             power_factor_standard=0.85))
    >>> found = wl.reconcile(bill, wl.PaperBill(other.total))
    >>> found.hypotheses[0].code, found.hypotheses[0].facts["standard"], found.hypotheses[0].evidence
    ('power_factor_standard', '0.85', 'exact')
    """
    expect(paper, PaperBill)
    if isinstance(bill, Bill):
        if tariff is None and bill.origin is not None:
            tariff = bill.origin.tariff
        quantities, contract = bill.quantities, contract or bill.contract
    else:
        expect(bill, BillingQuantities)
        quantities = bill
    if tariff is None:
        raise TariffError("the tariff of the bill is not known: reconcile(bill, paper, tariff=wl.Tariff.load(...))")
    expect(tariff, Tariff)
    expect(contract, Contract, or_none=True)
    text = tariff.handle.reconcile(wire.text(quantities), wire.text(contract or Contract()), paper.to_json())
    return Reconciliation(msgspec.json.decode(text, type=Record), tariff)


class SolvedPrice(msgspec.Struct, frozen=True):
    """One price that was solved for; `plus_minus` is how far it moves where every total is off by the tolerance."""

    name: str
    price: Decimal
    plus_minus: float


class SolvedPrices(wire.Result, frozen=True):
    """Prices that reproduce totals; `left` is the largest difference that the bills made with them leave."""

    prices: tuple[SolvedPrice, ...]
    left: Decimal
    tolerance: Decimal

    def __getitem__(self, name: str) -> Decimal:
        """The price of a name as it was asked for."""
        for one in self.prices:
            if one.name == name:
                return one.price
        raise KeyError(f"{name!r} was not solved for; there are: {', '.join(one.name for one in self.prices)}")

    def __repr__(self) -> str:
        rows = [f"  {one.name:<32} {one.price:>12} ± {one.plus_minus:.1g}" for one in self.prices]
        return "\n".join([f"{len(self.prices)} prices; the bills are met within {self.left}", *rows])


def solve_prices(
    tariff: Tariff,
    bills: Sequence[tuple[BillingQuantities, Contract, Money]],
    unknown: Sequence[str],
    *,
    tolerance: Money = "0.10",
) -> SolvedPrices:
    """Solves as many bills as there are unknown prices for those prices, by the engine that bills.

    The rest of the tariff stays as it is; a price holds in every version that has it. What does not stand apart in
    the tariff is part of another price: in the bundled Fujian tariff the government funds are a component of their own,
    so `network_and_system` comes out without them.

    Parameters
    ----------
    tariff
        With everything but the unknown prices; a template is enough.
    bills
        Quantities, contract and total on paper [currency] of each bill.
    unknown
        Components with one price, or `component.field`.
    tolerance
        Largest difference of a total that counts as none [currency].

    Raises
    ------
    TariffError
        Not as many bills as unknowns; a name that is no price; bills that do not tell the unknowns apart; a price that
        comes out negative.

    Examples
    --------
    >>> import wattlens as wl
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08")
    >>> contract = wl.Contract(capacity_kva=1130, demand_billing="capacity", power_factor_standard=0.90)
    >>> months = [wl.BillingQuantities.month("2025-08", kwh=kwh, import_kvarh=20000)
    ...           for kwh in ({"peak": 90000, "valley": 40000}, {"peak": 50000, "valley": 80000})]
    >>> bills = [(month, contract, tariff.bill(month, contract).total) for month in months]
    >>> solved = wl.solve_prices(tariff, bills, ["purchase", "network_and_system"])
    >>> round(solved["purchase"], 6), round(solved["network_and_system"], 6)
    (Decimal('0.373900'), Decimal('0.182600'))
    """
    expect(tariff, Tariff)
    given = []
    for quantities, contract, total in bills:
        expect(quantities, BillingQuantities)
        expect(contract, Contract)
        given.append({"quantities": quantities, "contract": contract, "total": _money("total", total)})
    limit = wire.text(_money("tolerance", tolerance))
    return msgspec.json.decode(tariff.handle.solve_prices(wire.text(given), list(unknown), limit), type=SolvedPrices)
