"""The page of a bill, its shorter frame for notebooks, and its text."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wattlens import _core, html
from wattlens.bill import Bill, Origin
from wattlens.errors import TariffError
from wattlens.explanation.blocks import Grid, Items, Row, Section, section_html, section_text
from wattlens.explanation.charges import arithmetic, lines, total
from wattlens.explanation.facts import Sheet, facts_of, sheet_of
from wattlens.explanation.measured import dates, measured
from wattlens.report.pen import Pen
from wattlens.report.style import PAGE, PARTS
from wattlens.words import Language

if TYPE_CHECKING:
    from wattlens.tariff import Tariff

__all__ = ["Explanation", "document"]

_LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}
_STYLE = """
.wattlens table.named{width:auto;min-width:60%}
.wattlens table.named th{font-weight:400;opacity:.8;white-space:nowrap;vertical-align:top;border-bottom:1px solid #8884}
.wattlens table.named tr.total th{font-weight:600;opacity:1}
.wattlens tr.group td{border-bottom:0;padding-top:.7em;font-weight:600}
.wattlens tr.group small{font-weight:400}
.wattlens tr.total td,.wattlens tr.total th{font-weight:600;border-top:1.5px solid currentColor}
.wattlens tr.remark td{opacity:.8;border-bottom:0;font-size:.92em}
.wattlens table.lines td.n{white-space:nowrap}
@media print{.wattlens tr.group{break-after:avoid}.wattlens h2{break-after:avoid}}
"""


class Explanation:
    """A bill laid out beside the paper bill: what it was billed under and from, every line and its arithmetic.

    Text where it is printed, HTML without any script in a notebook, one page with `to_html`.

    Parameters
    ----------
    bill
        The bill.
    language
        `en` or `zh`.
    tariff
        The tariff that it was made with, where the bill does not know it.

    Raises
    ------
    TariffError
        A bill that was read from JSON, without a tariff.
    """

    __slots__ = ("__dict__", "bill", "language")

    def __init__(self, bill: Bill, language: Language = "en", tariff: Tariff | None = None) -> None:
        origin = bill.origin if tariff is None else Origin(tariff)
        if origin is None:
            raise TariffError(
                f"the bill {bill.label} was read from JSON and does not know its tariff {bill.tariff}: "
                "explain(tariff=wl.Tariff.load(...))"
            )
        if origin.tariff.id != bill.tariff:
            raise TariffError(f"found tariff {origin.tariff.id}, the bill {bill.label} was made with {bill.tariff}")
        self.bill = bill
        self.language: Language = language
        self._origin = origin

    @cached_property
    def sections(self) -> list[Section]:
        """What the page says, in its order."""
        bill, pen = self.bill, Pen(self.language, self._origin.zone or "UTC")
        facts, sheet = facts_of(bill, self._origin), sheet_of(self._origin)
        sources: list[str] = []
        charged = lines(bill, sources, pen)
        notes = [*_notes(bill, pen), *(note.in_(self.language) for note in sheet.notes)]
        absent = [one.sentence(self.language) for one in bill.not_done]
        return [
            _head(bill, sheet, self._origin, pen),
            measured(bill, facts, self._origin, pen),
            charged,
            *arithmetic(bill, facts, pen),
            total(bill, pen),
            Section(pen.say("explain.absent"), [Items(absent or [pen.say("explain.nothing_absent")])]),
            *([Section(pen.say("report.notes"), [Items(notes)])] if notes else []),
            Section(pen.say("report.sources"), [Items(sources, numbered=True)]),
        ]

    @property
    def title(self) -> str:
        """Heading of the page."""
        return Pen(self.language, "UTC").say("explain.title", label=self.bill.label)

    def __str__(self) -> str:
        return "\n".join([self.title, *(section_text(one) for one in self.sections)])

    __repr__ = __str__

    def html(self) -> str:
        """The body as HTML, without the frame of a page."""
        return f"<h1>{html.text(self.title)}</h1>\n" + "".join(section_html(one) for one in self.sections)

    def _repr_html_(self) -> str:
        return html.fragment(f"<style>{PARTS}{_STYLE}</style>{self.html()}")

    def to_html(self, path: str | Path) -> None:
        """Write one self-contained page: inline style, no script, no network, readable on A4.

        Raises
        ------
        OSError
            A path that cannot be written.
        """
        Path(path).write_text(document(self.title, self.html(), self.language), encoding="utf-8")


def document(title: str, body: str, language: Language) -> str:
    """A page around HTML: inline style, no script, no network."""
    made = html.text(Pen(language, "UTC").say("explain.made_by", version=_core.__version__))
    return (
        f'<!DOCTYPE html>\n<html lang="{_LANGUAGE_TAGS[language]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{PARTS}{PAGE}{_STYLE}</style>\n</head>\n"
        f'<body class="wattlens">\n<main>\n{body}</main>\n<footer>{made}</footer>\n</body>\n</html>\n'
    )


def _notes(bill: Bill, pen: Pen) -> list[str]:
    """The bill's notes without those of absent charges, which have a place of their own."""
    absent = {one.sentence(pen.language) for one in bill.not_done}
    return [note for note in bill.notes(pen.language) if note not in absent]


def _head(bill: Bill, sheet: Sheet, origin: Origin, pen: Pen) -> Section:
    quantities = bill.quantities
    days = (quantities.until - quantities.from_).days
    span = f"{dates(quantities.from_, quantities.until)} ({pen.say('explain.days', days=days)})"
    rows = [
        Row([pen.say("label.tariff"), sheet.name.in_(pen.language)], kind="line"),
        Row([pen.say("explain.id"), sheet.id]),
    ]
    if sheet.utility is not None:
        rows.append(Row([pen.say("explain.utility"), sheet.utility.in_(pen.language)]))
    customer = [
        *([sheet.customer.class_.in_(pen.language)] if sheet.customer.class_ else []),
        *([sheet.customer.voltage] if sheet.customer.voltage else []),
    ]
    if customer:
        rows.append(Row([pen.say("explain.customer"), pen.joined(customer)]))
    rows.append(Row([pen.say("explain.dates"), span]))
    force = [dates(one.in_force.from_, one.in_force.until) if one.in_force.until else f"{one.in_force.from_} …"
             for one in sheet.versions]  # fmt: skip
    rows.append(Row([pen.say("explain.in_force"), pen.joined(force)]))
    rows += [Row([pen.say("explain.document") if at == 0 else "", one]) for at, one in enumerate(sheet.documents(bill))]
    rows.append(Row([pen.say("label.certainty"), pen.say(f"explain.certainty_{sheet.certainty}")]))
    rows += _contract(bill, origin.tariff.needs, pen)
    rows.append(Row([pen.say("label.total"), f"{bill.total:,.2f} {bill.currency}".replace(",", " ")], kind="total"))
    return Section(pen.say("explain.head"), [Grid([], rows, [False, False])])


def _contract(bill: Bill, needs: tuple[str, ...], pen: Pen) -> list[Row]:
    """The contract; what is not agreed is told only where the tariff asks for it."""
    contract = bill.contract
    rows = []
    if contract.demand_billing is not None or "contract.demand_billing" in needs:
        rows.append(Row([pen.say("label.demand_billing"), pen.word(contract.demand_billing)]))
    for label, value, unit in [
        ("capacity_kva", contract.capacity_kva, "kVA"), ("contract_demand_kw", contract.contract_demand_kw, "kW"),
    ]:  # fmt: skip
        if value is not None:
            rows.append(Row([pen.say(f"label.{label}"), pen.number(value, None, unit)]))
    if contract.demand_billing == "contract_demand":
        rows.append(Row([pen.say("label.overrun_rule"), contract.overrun_rule]))
    if contract.power_factor_standard is not None or "contract.power_factor_standard" in needs:
        rows.append(Row([pen.say("label.power_factor_standard"), pen.number(contract.power_factor_standard, 2)]))
    return rows
