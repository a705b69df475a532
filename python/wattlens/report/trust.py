"""The data page: how the file was read, what is there, what the rules say, and what each month is good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattlens import _core, html
from wattlens.quality import PURPOSES
from wattlens.report.pen import ABSENT, Pen
from wattlens.words import number, reason

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis
    from wattlens.quality import Completeness, MonthVerdict, Quality
    from wattlens.readings import Readings

__all__ = ["trust"]

_SURE = {"given": "◆", "certain": "●", "likely": "◐", "assumed": "○"}
_MOST_FOUND = 12
_FIRST = (
    "source", "file", "format", "layout", "encoding", "delimiter", "decimal", "rows", "meter", "time_column",
    "date_style", "zone", "stamp", "midnight", "ends", "step", "clock_changes", "column", "unit", "kind", "multiplier",
    "registers",
)  # fmt: skip


def trust(diagnosis: Diagnosis, pen: Pen) -> str:
    """Everything that says how far the readings can be trusted."""
    quality, readings = diagnosis.quality, diagnosis.site.readings
    return "".join(
        [
            pen.heading("report.data"),
            pen.items(quality.in_short(pen.language)),
            _months(diagnosis, pen),
            f'<div class="figure">{quality.figure(pen.language).to_svg()}</div>' if readings.channels else "",
            _channels(diagnosis, pen),
            _estimates(readings, pen),
            _rules(quality, pen),
            _found_while_reading(readings, pen),
            _provenance(diagnosis, pen),
        ]
    )


def _months(diagnosis: Diagnosis, pen: Pen) -> str:
    """Each month with its completeness and what it is good for; the last row is everything."""
    rows = diagnosis.quality.completeness
    if not rows:
        return ""
    hours = diagnosis.record.site.step_s / 3600
    verdicts = {month.label: month for month in diagnosis.quality.verdicts}
    has_estimates = any(one.estimated for one in rows)

    def row(one: Completeness, month: MonthVerdict | None) -> list[str]:
        estimated = [pen.percent(one.estimated / one.present if one.present else None)] if has_estimates else []
        fit = [getattr(month, name).verdict for name in PURPOSES] if month else []
        return [
            pen.word(one.label),
            f"{number(one.present)} / {number(one.expected)}",
            pen.percent(one.share),
            pen.number(one.longest_gap_intervals * hours, None, "h") if one.longest_gap_intervals else ABSENT,
            *estimated,
            *(html.verdict(verdict, pen.language) for verdict in fit),
            *([] if month else [""] * len(PURPOSES)),
            month.why(pen.language) if month else "",
        ]

    heads = pen.heads(
        "month", "present", "complete_percent", "longest_gap", *["estimated_share"] * has_estimates, *PURPOSES, "why"
    )
    numeric = [False, True, True, True, *[True] * has_estimates, False, False, False, False]
    months = [row(one, verdicts.get(one.label)) for one in rows]
    # A year with its reasons is better cut by a page than moved to the next.
    table = html.table(heads, months, numeric=numeric, total=rows[-1].label == "all")
    uncut = table.replace(' class="short"', "", 1)
    return f'<div class="verdicts">{uncut}</div>'


def _channels(diagnosis: Diagnosis, pen: Pen) -> str:
    rows = [
        [
            pen.word(one.channel),
            number(one.expected),
            number(one.missing),
            pen.percent(one.missing_share),
            ABSENT if one.longest_gap is None else pen.number(one.longest_gap.hours, None, "h"),
            ABSENT if one.longest_gap is None else pen.stamp(one.longest_gap.start),
        ]
        for one in diagnosis.profile.completeness
    ]
    heads = pen.heads("channel", "expected", "missing", "missing_percent", "longest_gap", "at")
    return html.table(heads, rows, numeric=[False, True, True, True, True, False])


def _estimates(readings: Readings, pen: Pen) -> str:
    """Which values rest on an estimate, by channel and method; nothing where none does."""
    names = _core.flag_names()
    estimated = [name for name in names if name in _ESTIMATED]
    rows = []
    for channel in readings.channels:
        counts = np.bincount(readings.flags(channel), minlength=len(names))
        present = len(readings) - int(counts[names.index("missing")])
        for name in estimated:
            count = int(counts[names.index(name)])
            if count:
                rows.append(
                    [pen.word(channel), pen.word(name, "flag"), number(count), pen.percent(count / max(present, 1))]
                )
    if not rows:
        return ""
    heads = pen.heads("channel", "method", "intervals", "share")
    return (
        pen.heading("report.estimates", 3)
        + pen.paragraph("report.estimates_lead")
        + html.table(heads, rows, numeric=[False, False, True, True])
    )


_ESTIMATED = ("substituted", "linear", "like_day", "scaled", "balance", "spread", "sampled")


def _rules(quality: Quality, pen: Pen) -> str:
    """Rule set and version, the rules that ran by name, those that did not and what they need."""
    ran = pen.joined(rule.title(pen.language) for rule in quality.rules)
    parts = [
        pen.heading("report.rules", 3),
        f"<p>{html.text(quality.heading(pen.language))}</p>",
        f"<p><small>{html.text(ran)}</small></p>" if ran else "",
    ]
    by_need: dict[str, list[str]] = {}
    for one in quality.not_run:
        by_need.setdefault(one.needs, []).append(pen.say(f"title.{one.task}"))
    told = [
        pen.say("report.rules_need", needs=pen.say(f"needs.{needs}"), rules=pen.joined(tasks))
        for needs, tasks in by_need.items()
    ]
    if told:
        parts += [pen.paragraph("label.rules_not_run"), pen.items(told)]
    return "".join(parts)


def _found_while_reading(readings: Readings, pen: Pen) -> str:
    found = readings.findings
    if not len(found):
        return ""
    told = [html.Markup(f"{html.text(pen.span(one.span))} {html.text(pen.sentence(one))}") if one.span is not None
            else html.text(pen.sentence(one)) for one in found[:_MOST_FOUND]]  # fmt: skip
    more = pen.paragraph("report.more_findings", count=len(found) - _MOST_FOUND) if len(found) > _MOST_FOUND else ""
    return pen.heading("report.found_reading", 3) + pen.items(told) + more


def _provenance(diagnosis: Diagnosis, pen: Pen) -> str:
    """How the readings were read: what was given, what was found out, how sure that is, and why."""
    rows = []
    asked = sorted(diagnosis.record.site.provenance.items(), key=lambda one: _place(one[0]))
    for question, answer in asked:
        family, _, channel = question.partition(".")
        title = (
            pen.say(f"provenance.{family}", channel=channel)
            if channel and family in {"column", "kind", "unit"}
            else pen.word(question, "provenance")
        )
        # Files that were joined have said it each for itself.
        parts = (
            number(int(part)) if part.isdecimal() and family == "rows" else pen.word(part, f"provenance.{family}")
            for part in answer.value.split("; ")
        )
        value = "; ".join(parts)
        sure = html.Markup(
            f'<span class="sure">{_SURE[answer.sure]} {html.text(pen.say(f"sure.{answer.sure}"))}</span>'
        )
        why = "" if answer.sure == "given" else reason(answer.why, pen.language)
        rows.append([title[:1].upper() + title[1:], value, sure, why])
    if not rows:
        return ""
    heads = pen.heads("question", "answer", "sure", "why")
    return pen.heading("report.data_source", 3) + html.table(heads, rows, numeric=[False] * 4)


def _place(question: str) -> tuple[int, str]:
    """What is read first comes first: the file, then time, then the columns."""
    family = question.partition(".")[0]
    return (_FIRST.index(family) if family in _FIRST else len(_FIRST)), question
