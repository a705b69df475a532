"""The savings: what each measure brings, what has to be done for it, and what the number rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattlens import html
from wattlens.report.pen import ABSENT, Pen, money

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis
    from wattlens.savings import MeasureSaving, Savings

__all__ = ["saving"]


def saving(diagnosis: Diagnosis, pen: Pen, *, in_full: bool) -> str:
    """The table of measures; with `in_full` what to do, assumptions, and the months."""
    savings = diagnosis.savings
    parts = [pen.heading("report.savings")]
    if savings is None:
        return "".join([*parts, pen.paragraph("report.without_tariff")])
    if not savings.measures:
        lacking = [one.sentence(pen.language) for one in savings.not_done]
        return "".join([*parts, pen.paragraph("report.no_measures"), pen.items(lacking)])
    parts.append(
        pen.paragraph(
            "report.savings_basis",
            months=len(savings.months),
            amount=money(savings.before_total),
            currency=savings.currency,
        )
    )
    parts.append(_measures(savings, pen))
    if in_full:
        parts += [_measure(one, savings, pen) for one in savings.measures]
        parts.append(_months(savings, pen))
    parts.append(pen.items([one.sentence(pen.language) for one in savings.not_done]))
    return "".join(parts)


def _measures(savings: Savings, pen: Pen) -> str:
    rows = [
        [one.title(pen.language), pen.range(one.a_month), pen.range(one.total), pen.range(one.marginal)]
        for one in savings.measures
    ]
    rows.append([pen.say("label.stacked"), pen.range(savings.stacked_a_month), pen.range(savings.stacked), ""])
    heads = pen.heads(
        "measure", f"a_month|{savings.currency}", f"billed_months|{savings.currency}", f"marginal|{savings.currency}"
    )
    return html.table(heads, rows, numeric=[False, True, True, True], total=True)


def _measure(one: MeasureSaving, savings: Savings, pen: Pen) -> str:
    told = [assumption.sentence(pen.language) for assumption in one.assumptions]
    if one.hindsight is not None:
        told.append(pen.say("label.hindsight", amount=money(one.hindsight), currency=savings.currency))
    return (
        f'<section class="measure"><h3>{html.text(one.title(pen.language))}</h3>'
        f"<p>{html.text(one.sentence(pen.language))}</p>"
        f"<p class='rests'>{html.text(pen.say('report.assumptions'))}</p>{pen.items(told)}"
        f"{_modes(one, savings, pen)}</section>"
    )


def _modes(one: MeasureSaving, savings: Savings, pen: Pen) -> str:
    """What the choice of the billing mode would have been in each month, and what it would have saved."""
    months = one.facts.get("months")
    if not isinstance(months, list | tuple):
        return ""
    rows = [
        [
            month["month"],
            pen.number(month["demand_kw"], 1),
            pen.word(month["mode"]),
            pen.number(month["contract_demand_kw"], 0),
            pen.range(amount),
        ]
        for month, amount in zip(months, one.by_month, strict=True)
    ]
    heads = pen.heads("month", "demand_kw|kW", "mode", "contract_demand_kw|kW", f"saving|{savings.currency}")
    title = f"<p class='rests'>{html.text(pen.say('report.demand_mode_months'))}</p>"
    return title + html.table(heads, rows, numeric=[False, True, False, True, True])


def _months(savings: Savings, pen: Pen) -> str:
    rows = [
        [
            month,
            money(before),
            *(money(one.by_month[at].central) if at < len(one.by_month) else ABSENT for one in savings.measures),
            money(savings.stacked_by_month[at].central),
        ]
        for at, (month, before) in enumerate(zip(savings.months, savings.before, strict=True))
    ]
    rows.append(
        [
            pen.say("label.total"),
            money(savings.before_total),
            *(money(one.total.central) for one in savings.measures),
            money(savings.stacked.central),
        ]
    )
    unit = f" [{savings.currency}]"
    heads = [
        pen.say("label.month"),
        pen.say("label.before") + unit,
        *(one.title(pen.language) + unit for one in savings.measures),
        pen.say("label.stacked") + unit,
    ]
    table = html.table(heads, rows, numeric=[False] + [True] * (len(heads) - 1), total=True)
    return pen.heading("report.savings_by_month", 3) + table
