"""The lines of a bill with their rules, the arithmetic before them, and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from wattlens.bill import Bill, Line
from wattlens.explanation.blocks import Grid, Items, Row, Section, exact
from wattlens.explanation.facts import BillFacts, Step
from wattlens.explanation.measured import dates
from wattlens.report.pen import Pen
from wattlens.words import catalogue

__all__ = ["arithmetic", "lines", "total"]

_SAME = Decimal("1e-9")


def lines(bill: Bill, sources: list[str], pen: Pen) -> Section:
    """Every line as quantity × price (× months) = amount; lines of one component and rule stand together."""
    rows: list[Row] = []
    for (component, rule), group in groupby(bill.lines, key=lambda line: (line.component, line.rule)):
        of_group = list(group)
        first = of_group[0]
        rows.append(_group(first.name.in_(pen.language), component, rule, of_group, sources, pen))
        rows += [_line(bill, line, pen) for line in of_group]
    rows.append(Row([pen.say("label.total"), "", "", exact(bill.total, 2)], kind="total"))
    heads = [pen.say("label.charge"), pen.say("explain.formula"), pen.say("explain.unrounded"), pen.say("label.amount")]
    return Section(
        pen.say("explain.lines"),
        [Grid(heads, rows, [False, True, True, True])],
        pen.say("explain.lines_lead", currency=bill.currency),
    )


def _group(name: str, component: str, rule: str, group: Sequence[Line], sources: list[str], pen: Pen) -> Row:
    for line in group:
        if line.source not in sources:
            sources.append(line.source)
    certainties = list(dict.fromkeys(line.certainty for line in group))
    numbers = list(dict.fromkeys(sources.index(line.source) + 1 for line in group))
    words = catalogue(pen.language).get(f"rule.{rule}", rule)
    note = pen.say(
        "explain.rule", rule=words, certainty=pen.joined(pen.word(one) for one in certainties),
        sources=pen.joined(str(one) for one in numbers),
    )  # fmt: skip
    amount = exact(sum((line.amount for line in group), Decimal(0)), 2) if len(group) > 1 else ""
    return Row([f"{name} ({component})", "", "", amount], note, kind="group")


def _line(bill: Bill, line: Line, pen: Pen) -> Row:
    told = [pen.word(line.period)] if line.period is not None else []
    told += [pen.say("explain.tier", tier=line.tier)] if line.tier is not None else []
    told += [dates(*line.dates)] if line.dates is not None else []
    return Row(
        ["· " + (pen.joined(told) or line.name.in_(pen.language)), _formula(bill, line),
         exact(line.amount_unrounded), exact(line.amount, 2)]
    )  # fmt: skip


def _formula(bill: Bill, line: Line) -> str:
    """`86 671 kWh × 0.590762 CNY/kWh × 2`."""
    if line.unit == bill.currency:
        parts = [f"{exact(line.quantity, 2)} {line.unit}", f"{exact(line.price * 100)} %"]
    elif line.unit == "one":
        parts = [f"{exact(line.price)} {bill.currency}"]
        parts = [exact(line.quantity), *parts] if line.quantity != 1 else parts
    else:
        parts = [f"{exact(line.quantity)} {line.unit}", f"{exact(line.price)} {bill.currency}/{line.unit}"]
    product = line.quantity * line.price
    if line.times is not None:
        product *= line.times
        parts.append(exact(round(line.times, 6)))
    # Some kinds know the amount better than the price that stands for it.
    sign = "=" if abs(product - line.amount_unrounded) <= _SAME * max(Decimal(1), abs(product)) else "≈"
    return f"{' × '.join(parts)} {sign}"


def arithmetic(bill: Bill, facts: BillFacts, pen: Pen) -> list[Section]:
    """What was worked out before the lines, a component a section: factors, contract demand, power factor."""
    names = {line.component: line.name.in_(pen.language) for line in bill.lines}
    sections = []
    for component, steps in groupby(facts.steps, key=lambda step: step.component):
        told = list(dict.fromkeys(_sentence(bill, step, names, pen) for step in steps))
        title = pen.say("explain.worked_out", component=names.get(component, component))
        sections.append(Section(title, [Items(told, numbered=len(told) > 1)]))
    return sections


def _sentence(bill: Bill, step: Step, names: dict[str, str], pen: Pen) -> str:
    told = {name: _written(fact) for name, fact in step.facts.items()}
    told["currency"] = bill.currency
    if "parts" in step.facts:
        told["parts"] = " + ".join(_part(one, pen) for one in step.facts["parts"])
    if "months" in step.facts:
        told["months"] = float(step.facts["months"])
    if step.code == "power_factor.base":
        of_part = [line for line in bill.lines if line.dates == step.dates]
        own = next((at for at, line in enumerate(of_part) if line.component == step.component), len(of_part))
        sums: dict[str, Decimal] = {}
        for line in of_part[:own]:
            if line.component not in step.facts["excludes"]:
                sums[line.component] = sums.get(line.component, Decimal(0)) + line.amount
        told["components"] = " + ".join(f"{names[one]} {exact(amount, 2)}" for one, amount in sums.items())
        told["base"] = exact(of_part[own].quantity, 2) if own < len(of_part) else None
        told["excluded"] = pen.joined(names.get(one, one) for one in step.facts["excludes"]) or None
    said = pen.say(f"step.{step.code}", **told)
    return said if step.dates is None else f"{dates(*step.dates)}: {said}"


def _part(part: dict[str, str | None], pen: Pen) -> str:
    """A part of a price: `agency purchase 0.38 × 1.6`."""
    factor = "" if part["factor"] is None else f" × {part['factor']}"
    return f"{part[pen.language]} {part['price']}{factor}"


def _written(fact: object) -> object:
    """A number with spaces between thousands and the decimals that it has; anything else as it is."""
    if not isinstance(fact, str):
        return fact
    try:
        return exact(fact, len(fact.partition(".")[2]))
    except ArithmeticError:
        return fact


def total(bill: Bill, pen: Pen) -> Section:
    """The sum of the rounded lines, by component."""
    by_component: dict[str, Decimal] = {}
    for line in bill.lines:
        name = line.name.in_(pen.language)
        by_component[name] = by_component.get(name, Decimal(0)) + line.amount
    rows = [Row([name, exact(amount, 2)]) for name, amount in by_component.items()]
    rows.append(Row([pen.say("label.total"), f"{exact(bill.total, 2)} {bill.currency}"], kind="total"))
    if bill.average_price is not None:
        rows.append(Row([pen.say("label.average_price"), f"{bill.average_price:.6f} {bill.currency}/kWh"]))
    return Section(pen.say("explain.sum"), [Grid([], rows, [False, True])], pen.say("explain.sum_lead"))
