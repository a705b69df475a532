"""Parts of a page that are written once and shown twice: as text for a terminal, as HTML for a page."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from wattlens import html

__all__ = ["Block", "Grid", "Items", "Row", "Section", "exact", "section_html", "section_text"]

_WIDTH = 116
_NOTE = 100
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_SIDE = {False: "", True: ' class="n"'}


def exact(value: Decimal | str, digits: int | None = None) -> str:
    """An exact number with all its decimals and spaces between thousands; `digits` sets the fewest decimals.

    Examples
    --------
    >>> exact("86671"), exact("0.590762"), exact("-1451.4", 2), exact("1E+3")
    ('86 671', '0.590762', '-1 451.40', '1 000')
    """
    number = Decimal(value)
    whole, _, decimals = f"{number:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(digits or 0, "0")
    thousands = f"{int(whole):,}".replace(",", " ")
    thousands = f"-{thousands}" if whole.startswith("-") and not thousands.startswith("-") else thousands
    return f"{thousands}.{decimals}" if decimals else thousands


@dataclass(frozen=True, slots=True)
class Row:
    """Cells, and a sentence below them; `kind` is `group`, `line`, `remark` or `total`."""

    cells: Sequence[str]
    note: str = ""
    kind: str = "line"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; without heads its first column names the rest."""

    heads: Sequence[str]
    rows: Sequence[Row]
    numeric: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Items:
    """Sentences, numbered or with dots."""

    texts: Sequence[str]
    numbered: bool = False


Block = Grid | Items


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: Sequence[Block] = field(default_factory=list)
    lead: str = ""


def section_html(section: Section) -> str:
    """A section as HTML; every text is escaped."""
    lead = f'<p class="lead">{html.text(section.lead)}</p>' if section.lead else ""
    body = "".join(_grid_html(one) if isinstance(one, Grid) else _items_html(one) for one in section.blocks)
    return f"<section><h2>{html.text(section.title)}</h2>{lead}{body}</section>\n"


def _items_html(items: Items) -> str:
    tag = "ol" if items.numbered else "ul"
    return f"<{tag}>{''.join(f'<li>{html.text(one)}</li>' for one in items.texts)}</{tag}>"


def _grid_html(grid: Grid) -> str:
    def row(one: Row) -> str:
        cells = []
        for at, (cell, right) in enumerate(zip(one.cells, grid.numeric, strict=True)):
            note = f"<br><small>{html.text(one.note)}</small>" if one.note and at == 0 else ""
            tag = "th" if at == 0 and not grid.heads else "td"
            if 0 < at < _over(one):
                continue
            span = f' colspan="{_over(one)}"' if at == 0 and _over(one) > 1 else ""
            cells.append(f"<{tag}{_SIDE[right]}{span}>{html.text(cell)}{note}</{tag}>")
        return f'<tr class="{one.kind}">{"".join(cells)}</tr>'

    heads = "".join(
        f"<th{_SIDE[right]}>{html.text(head)}</th>" for head, right in zip(grid.heads, grid.numeric, strict=False)
    )
    head = f"<thead><tr>{heads}</tr></thead>" if grid.heads else ""
    kind = "lines" if grid.heads else "named"
    return f'<table class="{kind}">{head}<tbody>{"".join(row(one) for one in grid.rows)}</tbody></table>'


def _over(row: Row) -> int:
    """How many cells the first one runs over: a sentence takes the empty ones behind it."""
    if row.kind not in {"group", "remark"}:
        return 1
    return 1 + next((at for at, cell in enumerate(row.cells[1:]) if cell), len(row.cells) - 1)


def section_text(section: Section) -> str:
    """A section as text, aligned in both languages."""
    parts = ["", section.title, "-" * min(_columns(section.title), _WIDTH)]
    if section.lead:
        parts += _wrapped(section.lead, "  ")
    for block in section.blocks:
        parts += _grid_text(block) if isinstance(block, Grid) else _items_text(block)
    return "\n".join(parts)


def _items_text(items: Items) -> list[str]:
    return [
        line
        for at, one in enumerate(items.texts, start=1)
        for line in _wrapped(one, f"  {at}. " if items.numbered else "  · ")
    ]


def _grid_text(grid: Grid) -> list[str]:
    rows = [Row(grid.heads), *grid.rows] if grid.heads else list(grid.rows)
    plain = [row for row in rows if _over(row) == 1]
    widths = [max((_columns(row.cells[at]) for row in plain), default=0) for at in range(len(grid.numeric))]
    lines = []
    for row in rows:
        if _over(row) == 1:
            cells = zip(row.cells, widths, grid.numeric, strict=True)
            lines.append("  " + "  ".join(_aligned(*one) for one in cells).rstrip())
        else:
            lines += _wrapped("  ".join(cell for cell in row.cells if cell), "  ")
        lines += _wrapped(row.note, "      ") if row.note else []
    return lines


def _aligned(text: str, width: int, right: bool) -> str:  # noqa: FBT001 - one cell's own
    room = " " * max(0, width - _columns(text))
    return room + text if right else text + room


def _columns(text: str) -> int:
    """Columns that a text takes on a terminal: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _wrapped(text: str, first: str) -> list[str]:
    width = _NOTE if text.isascii() or _columns(text) < 1.2 * len(text) else _NOTE // 2
    whole = _THOUSANDS.sub("\N{NO-BREAK SPACE}", text)
    indent = " " * len(first)
    lines = textwrap.wrap(whole, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] or [first]
