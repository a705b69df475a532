"""What is read first: what was diagnosed, the answer, and how complete the readings are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattlens import html
from wattlens.report.pen import ABSENT, Pen, money
from wattlens.words import number

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis

__all__ = ["answer", "average_price", "gravest", "header", "present_share", "severity"]

_GRAVEST = 4


def header(diagnosis: Diagnosis, pen: Pen) -> str:
    """Name, period, readings, zone and versions; a banner where the readings are simulated."""
    site = diagnosis.record.site
    name = site.name or pen.say("report.site_unnamed")
    meta = pen.say(
        "report.meta",
        readings=site.readings,
        minutes=site.step_s / 60,
        zone=site.zone,
        version=diagnosis.record.wattlens,
        tzdb=diagnosis.record.tzdb,
    )
    banner = f'<p class="simulated">{html.text(pen.say("label.simulated"))}</p>' if site.simulated else ""
    return (
        f"<header><p class='kind'>{html.text(pen.say('report.title'))}</p><h1>{html.text(name)}</h1>"
        f"<p class='period'>{html.text(pen.span(site.span))}</p><p class='meta'>{html.text(meta)}</p>{banner}</header>"
    )


def average_price(diagnosis: Diagnosis) -> float | None:
    """Bills over the energy that they bill [currency/kWh]."""
    bills = diagnosis.bills
    kwh = sum(bill.quantities.total_kwh for bill in bills or ())
    return float(bills.total) / kwh if bills and kwh > 0 else None


def gravest(diagnosis: Diagnosis) -> list[int]:
    """Places of the findings to be told first: critical, high and medium, the costliest of equals first."""
    grave = [place for place, one in enumerate(diagnosis.findings) if one.severity in {"critical", "high", "medium"}]

    def weight(place: int) -> tuple[int, float]:
        finding = diagnosis.findings[place]
        return ("medium", "high", "critical").index(finding.severity), abs(finding.amount or 0.0)

    return sorted(grave, key=weight, reverse=True)[:_GRAVEST]


def _cards(diagnosis: Diagnosis, pen: Pen) -> str:
    profile, bills, savings = diagnosis.profile, diagnosis.bills, diagnosis.savings
    load = profile.load
    reached = ABSENT if load.max_start is None else pen.say("report.reached_at", when=pen.stamp(load.max_start))
    cards = [
        (
            pen.say("label.import_kwh"),
            pen.number(profile.energy.import_kwh, 0, "kWh"),
            present_share(diagnosis, pen),
        ),
        (pen.say("label.max_kw"), pen.number(load.max_kw, 1, "kW"), reached),
    ]
    if bills is not None:
        price = average_price(diagnosis)
        cards.append(
            (
                pen.say("report.bills_of_months", months=len(bills)),
                f"{money(bills.total, 0)} {bills.currency}" if len(bills) else ABSENT,
                ABSENT if price is None else pen.say("report.per_kwh", price=number(price, 4), currency=bills.currency),
            )
        )
    if savings is not None and savings.measures:
        stacked = savings.stacked_a_month
        share = float(savings.stacked.central / savings.before_total) if savings.before_total else None
        spread = pen.say("report.range", low=money(stacked.low, 0), high=money(stacked.high, 0))
        cards.append(
            (
                pen.say("report.saving_a_month"),
                f"{money(stacked.central, 0)} {savings.currency}",
                pen.joined([spread, pen.say("report.share_of_bill", share=share)]),
            )
        )
    body = "".join(
        f"<div><span>{html.text(title)}</span><b>{html.text(value)}</b><span>{html.text(below)}</span></div>"
        for title, value, below in cards
    )
    return f'<div class="cards">{body}</div>'


def present_share(diagnosis: Diagnosis, pen: Pen) -> str:
    """How much of the readings is present, in words."""
    whole = next((one.share for one in diagnosis.completeness if one.label == "all"), None)
    told = pen.say("report.present_share", share=pen.percent(whole))
    estimated = estimated_share(diagnosis, pen)
    return pen.joined([told, estimated]) if estimated else told


def estimated_share(diagnosis: Diagnosis, pen: Pen) -> str:
    """How much rests on estimates, in words; nothing where nothing does."""
    site = diagnosis.record.site
    if not site.estimated_share:
        return ""
    return pen.say("report.estimated_share", share=pen.percent(site.estimated_share), kwh=site.estimated_kwh)


def answer(diagnosis: Diagnosis, pen: Pen) -> str:
    """Energy, bills, saving, what saves most, and the gravest findings."""
    savings = diagnosis.savings
    parts = [pen.heading("report.answer"), _cards(diagnosis, pen)]
    if diagnosis.bills is None:
        parts.append(pen.paragraph("report.without_tariff"))
    if savings is not None and savings.measures:
        told = [
            pen.say(
                "report.saves_a_month",
                measure=one.title(pen.language),
                amount=money(one.a_month.central, 0),
                currency=savings.currency,
                low=money(one.a_month.low, 0),
                high=money(one.a_month.high, 0),
            )
            if one.a_month.high > 0
            else pen.say("report.no_saving", measure=one.title(pen.language))
            for one in savings.measures
        ]
        parts += [pen.heading("report.largest_savings", 3), pen.items(told)]
    places = gravest(diagnosis)
    if places:
        told = [
            html.Markup(
                f"{severity(finding.severity, pen)} {html.text(pen.span(finding.span))}: "
                f"{html.text(pen.sentence(finding))}"
            )
            for finding in (diagnosis.findings[place] for place in places)
        ]
        parts += [pen.heading("report.gravest", 3), pen.items(told)]
    return "".join(parts)


def severity(name: str, pen: Pen) -> html.Markup:
    """A severity as a coloured word."""
    return html.Markup(f'<span class="severity {html.escape(name)}">{html.text(pen.say(f"severity.{name}"))}</span>')
