"""HTML fragments for notebooks and reports: scoped style, no script, every text escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from wattlens.words import Language, say

if TYPE_CHECKING:
    from wattlens.table import Table

__all__ = ["MARKS", "STYLE", "SYMBOLS", "Markup", "escape", "fragment", "of_table", "table", "text", "verdict"]

# Symbol and word say it without the colour.
SYMBOLS = {"complete": "●", "usable": "◐", "unusable": "○"}
MARKS = (
    ".wattlens .verdict{white-space:nowrap;padding:0 .35em;border-radius:3px;color:#111}"
    ".wattlens .verdict.complete{background:#cfe3f2}.wattlens .verdict.usable{background:#fbe3a6}"
    ".wattlens .verdict.unusable{background:#f3b8a5;font-weight:600}"
)
STYLE = (
    "<style>.wattlens{font:13px/1.45 system-ui,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',"
    "sans-serif}.wattlens table{border-collapse:collapse;margin:.3em 0}.wattlens .w{white-space:nowrap}"
    ".wattlens th,.wattlens td{padding:.15em .7em;border-bottom:1px solid #8884;text-align:left}"
    ".wattlens .n{text-align:right;font-variant-numeric:tabular-nums}.wattlens td.n{white-space:nowrap}"
    f".wattlens small{{opacity:.7}}{MARKS}</style>"
)
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_DATES = re.compile(r"\b\d{4}-\d{2}(?:-\d{2}(?: \d{2}:\d{2}(?::\d{2}|–\d{2}:\d{2})?)?)?\b")
_SHORT = 16


class Markup(str):
    """HTML that is already escaped."""

    __slots__ = ()


def text(words: str) -> Markup:
    r"""A text escaped, with numbers and dates that no line break cuts in two; markup stays as it is.

    Examples
    --------
    >>> text("<b> 12 345 kWh") == "&lt;b&gt; 12\u202f345 kWh"
    True
    """
    if isinstance(words, Markup):
        return words
    return Markup(_DATES.sub(r'<span class="w">\g<0></span>', _THOUSANDS.sub("\u202f", escape(words))))


def verdict(name: str, language: Language = "en") -> Markup:
    """A verdict as symbol and word on its colour.

    Examples
    --------
    >>> verdict("usable")
    '<span class="verdict usable">◐ usable</span>'
    """
    return Markup(f'<span class="verdict {name}">{SYMBOLS[name]} {escape(say(f"word.{name}", language))}</span>')


def fragment(body: str) -> str:
    """The body in a scope of its own with the style."""
    return f'<div class="wattlens">{STYLE}{body}</div>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[bool], total: bool = False) -> str:
    """An HTML table of texts, which it escapes; numeric columns stand to the right.

    One of few rows has the class `short`, so that a printed page can keep it whole.

    Parameters
    ----------
    heads, rows
        Texts, or `Markup`.
    numeric
        For each column.
    total
        Whether the last row sums up those above.

    Examples
    --------
    >>> table(["name"], [["<b>"]], numeric=[False]).count("&lt;b&gt;")
    1
    """

    def row(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f'<{tag} class="n">{escape(cell)}</{tag}>' if right else f"<{tag}>{text(cell)}</{tag}>"
            for cell, right in zip(cells, numeric, strict=True)
        )

    lines = [f"<tr>{row('td', cells)}</tr>" for cells in rows]
    if total and lines:
        lines[-1] = lines[-1].replace("<tr>", '<tr class="total">', 1)
    short = ' class="short"' if len(lines) <= _SHORT else ""
    return f"<table{short}><thead><tr>{row('th', heads)}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def of_table(values: Table) -> str:
    """A table of values with the units in its heads, whole."""
    columns = [values.column(name) for name in values]
    heads = [name + (f" [{column.unit}]" if column.unit else "") for name, column in zip(values, columns, strict=True)]
    rows = ([column.text(row) for column in columns] for row in range(len(values)))
    return table(heads, rows, numeric=[column.kind in {"float", "int"} for column in columns])
