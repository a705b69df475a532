"""The page of a diagnosis, and its shorter body for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattlens import html
from wattlens.report.billing import billing
from wattlens.report.closing import not_done, settings
from wattlens.report.events import events
from wattlens.report.load import load, pictures
from wattlens.report.opening import answer, header
from wattlens.report.pen import Pen
from wattlens.report.saving import saving
from wattlens.report.style import PAGE, PARTS
from wattlens.report.trust import trust
from wattlens.words import Language

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis

__all__ = ["body", "page"]

_FINDINGS_ON_PAGE = 200
_FINDINGS_IN_BODY = 10
_LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}


def page(diagnosis: Diagnosis, language: Language = "en") -> str:
    """One self-contained HTML page: inline style and pictures, no script, no network, readable on A4."""
    pen = Pen(language, diagnosis.record.site.zone)
    sections = [
        answer(diagnosis, pen),
        trust(diagnosis, pen),
        load(diagnosis, pen),
        events(diagnosis, pen, most=_FINDINGS_ON_PAGE),
        billing(diagnosis, pen, in_full=True),
        saving(diagnosis, pen, in_full=True),
        not_done(diagnosis, pen),
        settings(diagnosis, pen),
    ]
    title = f"{diagnosis.record.site.name or pen.say('report.site_unnamed')} · {pen.say('report.title')}"
    made = html.text(pen.say("report.page_of", version=diagnosis.record.wattlens))
    main = "".join(f"<section>{section}</section>\n" for section in sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{_LANGUAGE_TAGS[language]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n"
        f"<style>{PARTS}{PAGE}</style>\n</head>\n"
        f'<body class="wattlens">\n{header(diagnosis, pen)}\n<main>\n{main}</main>\n'
        f"<footer>{made}</footer>\n</body>\n</html>\n"
    )


def body(diagnosis: Diagnosis, language: Language = "en") -> str:
    """The same parts, shorter and without the page's frame."""
    pen = Pen(language, diagnosis.record.site.zone)
    shown = "".join(f'<div class="figure">{picture}</div>' for picture in pictures(diagnosis, pen)[:2])
    parts = [
        f"<style>{PARTS}</style>",
        header(diagnosis, pen),
        answer(diagnosis, pen),
        f"{pen.heading('report.load')}{shown}",
        events(diagnosis, pen, most=_FINDINGS_IN_BODY),
        billing(diagnosis, pen, in_full=False),
        saving(diagnosis, pen, in_full=False),
        not_done(diagnosis, pen),
    ]
    return "".join(parts)
