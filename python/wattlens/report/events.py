"""The findings: where they lie on the load curve, what they say, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattlens import html
from wattlens.report.opening import severity
from wattlens.report.pen import Pen
from wattlens.words import number

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis

__all__ = ["events"]


def events(diagnosis: Diagnosis, pen: Pen, *, most: int) -> str:
    """The load curve with the findings marked, and a table of at most `most` of them."""
    findings = diagnosis.findings
    parts = [pen.heading("report.findings")]
    if not len(findings):
        return "".join([*parts, pen.paragraph("report.no_findings")])
    counts = {
        name: sum(one.severity == name for one in findings) for name in ("critical", "high", "medium", "low", "info")
    }
    parts.append(pen.paragraph("report.findings_count", count=len(findings), **counts))
    if np.isfinite(diagnosis.site.load_kw()).any():
        parts.append(f'<div class="figure">{findings.figure(pen.language).to_svg()}</div>')
    rows = [
        [
            severity(one.severity, pen),
            pen.span(one.span),
            html.Markup(f"<b>{html.text(pen.say(f'title.{one.code}'))}</b> {html.text(pen.sentence(one))}"),
            "–" if one.kwh is None else number(one.kwh, 0),
            pen.amount(one.amount),
        ]
        for one in findings[:most]
    ]
    heads = pen.heads("severity", "when", "what", "kwh|kWh", f"amount|{findings.currency or ''}")
    parts.append(html.table(heads, rows, numeric=[False, False, False, True, True]))
    if len(findings) > most:
        parts.append(pen.paragraph("report.more_findings", count=len(findings) - most))
    return "".join(parts)
