"""A diagnosis as plain text for a terminal, aligned in both languages."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from wattlens.report.billing import notes_of
from wattlens.report.opening import average_price, gravest, present_share
from wattlens.report.pen import Pen, money
from wattlens.words import Language, number

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis

__all__ = ["summary"]

_LABEL = 34
_VALUE = 18


def summary(diagnosis: Diagnosis, language: Language = "en") -> str:
    """Some thirty lines: what was read, the load, the bills, the savings, the gravest findings."""
    pen = Pen(language, diagnosis.record.site.zone)
    blocks = [
        _head(diagnosis, pen), _load(diagnosis, pen), _money(diagnosis, pen), _findings(diagnosis, pen),
        _not_done(diagnosis, pen),
    ]  # fmt: skip
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _left(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * max(0, width - _width(text)) + text


def _row(label: str, value: str, more: str = "") -> str:
    return f"  {_left(label, _LABEL)}{_right(value, _VALUE)}  {more}".rstrip()


def _head(diagnosis: Diagnosis, pen: Pen) -> list[str]:
    site = diagnosis.record.site
    lines = [
        f"{site.name or pen.say('report.site_unnamed')} · {pen.span(site.span)}",
        pen.say(
            "report.meta", readings=site.readings, minutes=site.step_s / 60, zone=site.zone,
            version=diagnosis.record.wattlens, tzdb=diagnosis.record.tzdb,
        ),
    ]  # fmt: skip
    lines.append(present_share(diagnosis, pen))
    lines += diagnosis.quality.in_short(pen.language)[:1]
    lines.append(diagnosis.quality.heading(pen.language))
    if site.simulated:
        lines.append(pen.say("label.simulated"))
    return lines


def _load(diagnosis: Diagnosis, pen: Pen) -> list[str]:
    profile = diagnosis.profile
    load, factor, off = profile.load, profile.power_factor, profile.off_hours
    at = "" if load.max_start is None else pen.say("report.reached_at", when=pen.stamp(load.max_start))
    rows = [
        ("import_kwh", pen.number(profile.energy.import_kwh, 0, "kWh"), ""),
        ("max_kw", pen.number(load.max_kw, 1, "kW"), at),
        ("mean_kw", pen.number(load.mean_kw, 1, "kW"), ""),
        ("base_kw", pen.number(load.base_kw, 1, "kW"), ""),
        ("load_factor", pen.number(load.load_factor, 3), ""),
        ("off_hours_kwh", pen.number(off.kwh if off else None, 0, "kWh"), ""),
        ("power_factor_as_billed", pen.number(factor.as_billed if factor else None, 3), ""),
    ]
    return [pen.say("report.load"), *(_row(pen.say(f"label.{label}"), value, more) for label, value, more in rows)]


def _money(diagnosis: Diagnosis, pen: Pen) -> list[str]:
    bills, savings = diagnosis.bills, diagnosis.savings
    if bills is None:
        return [pen.say("report.without_tariff")]
    price = average_price(diagnosis)
    if price is None:
        return [pen.say("report.none_billed")]
    average = pen.say("report.per_kwh", price=number(price, 4), currency=bills.currency)
    lines = [
        f"{pen.say('report.bills')} · {bills.tariff}",
        _row(pen.say("report.bills_of_months", months=len(bills)), f"{money(bills.total)} {bills.currency}", average),
    ]
    lines += [f"  {note}" for note in notes_of(bills, pen)]
    if savings is not None and savings.measures:
        unit = pen.say("label.money_range", currency=savings.currency)
        lines += ["", f"{pen.say('report.savings')} · {pen.say('label.a_month')} · {unit}"]
        stacked = (pen.say("label.stacked"), savings.stacked_a_month)
        for title, amount in [*((one.title(pen.language), one.a_month) for one in savings.measures), stacked]:
            spread = f"({money(amount.low, 0)} … {money(amount.high, 0)})"
            lines.append(_row(title, money(amount.central, 0), spread))
    return lines


def _findings(diagnosis: Diagnosis, pen: Pen) -> list[str]:
    findings = diagnosis.findings
    if not len(findings):
        return [pen.say("report.no_findings")]
    counts = {
        name: sum(one.severity == name for one in findings) for name in ("critical", "high", "medium", "low", "info")
    }
    lines = [pen.say("report.findings_count", count=len(findings), **counts)]
    for place in gravest(diagnosis):
        one = findings[place]
        lines.append(f"  {_left(pen.say(f'severity.{one.severity}'), 8)}{pen.span(one.span)}")
        lines.append(f"          {pen.sentence(one)}")
    return lines


def _not_done(diagnosis: Diagnosis, pen: Pen) -> list[str]:
    if not diagnosis.not_done:
        return []
    return [pen.say("report.not_done"), *(f"  {one.sentence(pen.language)}" for one in diagnosis.not_done)]
