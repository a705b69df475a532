"""HTML fragments for notebooks and reports: scoped style, no script, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["STYLE", "escape", "fragment", "table"]

STYLE = (
    "<style>.wattlens{font:13px/1.45 system-ui,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',"
    "sans-serif}.wattlens table{border-collapse:collapse;margin:.3em 0}"
    ".wattlens th,.wattlens td{padding:.15em .7em;border-bottom:1px solid #8884;text-align:left}"
    ".wattlens .n{text-align:right;font-variant-numeric:tabular-nums}.wattlens small{opacity:.7}</style>"
)


def fragment(body: str) -> str:
    """The body in a scope of its own with the style."""
    return f'<div class="wattlens">{STYLE}{body}</div>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[bool]) -> str:
    """An HTML table of texts, which it escapes; numeric columns stand to the right.

    Examples
    --------
    >>> table(["name"], [["<b>"]], numeric=[False]).count("&lt;b&gt;")
    1
    """

    def row(tag: str, cells: Sequence[str]) -> str:
        classes = (' class="n"' if right else "" for right in numeric)
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(cells, classes, strict=True))

    body = "".join(f"<tr>{row('td', cells)}</tr>" for cells in rows)
    return f"<table><thead><tr>{row('th', heads)}</tr></thead><tbody>{body}</tbody></table>"
