"""The bills: each month, one bill in full with its sources, and what a reader of them has to know."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from wattlens import html
from wattlens.report.opening import average_price
from wattlens.report.pen import ABSENT, Pen, money
from wattlens.words import number

if TYPE_CHECKING:
    from wattlens.bill import Bill, Line
    from wattlens.bills import Bills
    from wattlens.diagnosis import Diagnosis

__all__ = ["billing", "notes_of"]

_PERIODS = ("sharp", "peak", "flat", "valley")


def billing(diagnosis: Diagnosis, pen: Pen, *, in_full: bool) -> str:
    """Figure and table of the months; with `in_full` the newest bill line by line."""
    bills, tariff = diagnosis.bills, diagnosis.tariff
    parts = [pen.heading("report.bills")]
    if bills is None or tariff is None:
        return "".join([*parts, pen.paragraph("report.without_tariff")])
    name = f"{tariff.name.in_(pen.language)} ({tariff.id})"
    parts.append(f"<p class='lead'><b>{html.text(name)}</b><br><small>{html.text(tariff.source)}</small></p>")
    if len(bills):
        parts += [f'<div class="figure">{bills.figure(pen.language).to_svg()}</div>', _months(diagnosis, bills, pen)]
    else:
        parts.append(pen.paragraph("report.none_billed"))
    parts.append(_notes(diagnosis, bills, pen))
    if in_full and len(bills):
        parts.append(_in_full(bills[-1], pen))
    return "".join(parts)


def _group(line: Line) -> str:
    """Energy charges go by kWh, the basic charge by kVA or kW, the adjustment by money."""
    return {"kWh": "energy_charge", "kVA": "basic_charge", "kW": "basic_charge"}.get(line.unit, "adjustment")


def _months(diagnosis: Diagnosis, bills: Bills, pen: Pen) -> str:
    there = {_group(line) for bill in bills for line in bill.lines}
    groups: list[str] = [group for group in ("energy_charge", "basic_charge", "adjustment") if group in there]

    def sums(of: list[Bill]) -> list[str]:
        amounts: dict[str, Decimal] = dict.fromkeys(groups, Decimal(0))
        for bill in of:
            for line in bill.lines:
                amounts[_group(line)] += line.amount
        return [money(amount) for amount in amounts.values()]

    rows = [
        [
            bill.label,
            number(bill.quantities.total_kwh, 0),
            pen.number(bill.quantities.demand_kw, 1),
            pen.number(bill.power_factor, 2),
            *sums([bill]),
            money(bill.total),
            pen.number(bill.average_price, 4),
        ]
        for bill in bills
    ]
    kwh = sum(bill.quantities.total_kwh for bill in bills)
    price = average_price(diagnosis)
    total = [number(kwh, 0), "", "", *sums(list(bills)), money(bills.total), pen.number(price, 4)]
    rows.append([pen.say("label.total"), *total])
    heads = pen.heads(
        "month", "kwh|kWh", "demand_kw|kW", "power_factor", *(f"{group}|{bills.currency}" for group in groups),
        f"bill|{bills.currency}", f"average_price|{bills.currency}/kWh",
    )  # fmt: skip
    return html.table(heads, rows, numeric=[False] + [True] * (len(heads) - 1), total=True)


def notes_of(bills: Bills, pen: Pen) -> list[str]:
    """What the bills say of themselves: each note once, with its months where it is not of all; what is not billed."""
    not_billed = (pen.say("label.not_billed", month=one.label, reason=pen.word(one.reason)) for one in bills.not_billed)
    return [*bills.notes_by_month(pen.language), *not_billed]


def _notes(diagnosis: Diagnosis, bills: Bills, pen: Pen) -> str:
    told = notes_of(bills, pen)
    if diagnosis.tariff is not None:
        told += [note.in_(pen.language) for note in diagnosis.tariff.notes]
    return pen.heading("report.notes", 3) + pen.items(told) if told else ""


def _in_full(bill: Bill, pen: Pen) -> str:
    sources: list[str] = []
    rows = []
    for line in bill.lines:
        if line.source not in sources:
            sources.append(line.source)
        period = f" · {pen.word(line.period) if line.period in _PERIODS else line.period}" if line.period else ""
        rows.append(
            [
                line.name.in_(pen.language) + period,
                number(float(line.quantity)),
                line.shown_unit,
                str(line.price),
                money(line.amount),
                f"{pen.word(line.certainty)} [{sources.index(line.source) + 1}]",
            ]
        )
    rows.append([pen.say("label.total"), "", "", "", money(bill.total), ""])
    heads = pen.heads("charge", "quantity", "unit", f"price|{bill.currency}", f"amount|{bill.currency}", "certainty")
    table = html.table(heads, rows, numeric=[False, True, False, True, True, False], total=True)
    listed = "".join(f"<li>{html.text(source)}</li>" for source in sources)
    return (
        f'<section class="whole"><h3>{html.text(pen.say("report.bill_in_full", month=bill.label))}</h3>{table}'
        f"<p>{html.text(pen.say('report.sources'))}</p><ol>{listed or f'<li>{ABSENT}</li>'}</ol></section>"
    )
