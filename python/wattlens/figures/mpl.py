"""Figures on matplotlib axes, for reports and for those who want to add to them."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from wattlens.figures.envelope import envelope
from wattlens.figures.figure import Band, Bars, Figure, Heat, Lane, Line, Points, Spans, States
from wattlens.figures.palette import MISSING, colour
from wattlens.figures.svg import text_width
from wattlens.figures.ticks import ticks
from wattlens.words import Language, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw", "drawable_language"]

_CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans SC", "Arial Unicode MS", "Hiragino Sans GB",
)  # fmt: skip

_LEGEND_COLUMNS = 5
_SWATCH = 44


@cache
def _cjk_font() -> str | None:
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CJK_FONTS if name in installed), None)


@cache
def drawable_language(language: Language) -> Language:
    """The language itself where its letters can be drawn, else English with one warning."""
    if language == "zh" and _cjk_font() is None:
        warnings.warn("no Chinese font is installed, so the labels are English", stacklevel=3)
        return "en"
    return language


def draw(figure: Figure, ax: Axes | None = None) -> Axes:
    """Draw a figure on `ax`, or on new axes."""
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(figure.width / 100, figure.height / 100), layout="constrained")
    font = _cjk_font()
    text: dict[str, Any] = {"fontfamily": ["DejaVu Sans", font]} if font else {}
    for mark in figure.marks:
        _mark(mark, ax, text)
    (x_low, x_high), (y_low, y_high) = figure.limits()
    ax.set_xlim(x_low, x_high)
    if figure.y.kind in {"clock", "category"}:
        ax.set_ylim(y_low, y_high)
    elif figure.y.from_zero and y_low == 0:
        ax.set_ylim(0, 1.04 * y_high)
    _ticks(figure, ax, text)
    ax.set_xlabel(figure.x.title, **text)
    ax.set_ylabel(figure.y.title, **text)
    if figure.note:
        ax.annotate(
            figure.note,
            (0, 0),
            (0, -34),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize="x-small",
            **text,
        )
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if not any(isinstance(mark, Heat | States) for mark in figure.marks):
        ax.grid(axis="y", alpha=0.3, linewidth=0.6)
        ax.set_axisbelow(True)
    rows = _legend(ax, text)
    ax.set_title(figure.title, loc="left", fontsize="medium", fontweight="bold", pad=6 + 16 * rows, **text)
    return ax


def _legend(ax: Axes, text: dict[str, Any]) -> int:
    """Put the legend above the plot, where it hides nothing; the number of its rows."""
    handles, labels = ax.get_legend_handles_labels()
    if not labels:
        return 0
    font: dict[str, Any] = {"size": "small"} | ({"family": text["fontfamily"]} if text else {})
    room = ax.get_figure(root=True).get_figwidth() * 100 / (max(map(text_width, labels)) + _SWATCH)  # type: ignore[union-attr]
    columns = max(1, min(len(labels), _LEGEND_COLUMNS, int(room)))
    legend = ax.legend(
        handles, labels, loc="lower left", frameon=False, prop=font, handlelength=1.4, ncols=columns,
        bbox_to_anchor=(0, 1), borderaxespad=0.2, columnspacing=1.4,
    )  # fmt: skip
    # The title makes room for it; the plot must not become narrower for its sake.
    legend.set_in_layout(False)
    return -(-len(labels) // columns)


def _ticks(figure: Figure, ax: Axes, text: dict[str, Any]) -> None:
    (x_low, x_high), (y_low, y_high) = figure.limits()
    for axis, low, high, room, put in (
        (figure.x, x_low, x_high, 13, ax.set_xticks),
        (figure.y, y_low, y_high, max(8, len(figure.y.categories)), ax.set_yticks),
    ):
        if axis.kind != "number":
            places = ticks(axis, low, high, room)
            put([place for place, _ in places], [label for _, label in places], **text)
    for kind, scale in ((figure.x.kind, ax.xaxis), (figure.y.kind, ax.yaxis)):
        if kind == "number":
            scale.set_major_formatter(lambda value, _: number(value))


def _mark(mark: object, ax: Axes, text: dict[str, Any]) -> None:
    match mark:
        case Line():
            x, y = envelope(mark.x, mark.y, 800)
            style = "--" if mark.dashed else "-"
            width = 0.7 if len(mark.x) > 2000 else 1.5
            ax.plot(x, y, style, color=colour(mark.colour), linewidth=width, label=mark.label or None)
        case Points():
            ax.plot(mark.x, mark.y, "o", markersize=4, color=colour(mark.colour), label=mark.label or None)
        case Band():
            ax.fill_between(
                mark.x,
                mark.low,
                mark.high,
                color=colour(mark.colour),
                alpha=0.2,
                linewidth=0,
                label=mark.label or None,
            )
        case Spans():
            for place, (start, end) in enumerate(mark.spans):
                label = mark.label if place == 0 and mark.label else None
                # The edge keeps a span of an hour in sight on an axis of a year.
                ax.axvspan(
                    start,
                    end,
                    facecolor=colour(mark.colour),
                    edgecolor=colour(mark.colour),
                    alpha=0.28,
                    linewidth=0.8,
                    label=label,
                )
        case Bars():
            count = len(mark.parts[0][1]) if mark.parts else 0
            bases = {1: np.zeros(count), -1: np.zeros(count)}
            for place, (label, heights) in enumerate(mark.parts):
                heights = np.nan_to_num(heights)
                base = np.where(heights >= 0, bases[1], bases[-1])
                ax.bar(np.arange(count), heights, 0.72, bottom=base, color=colour(place), label=label)
                for sign in (1, -1):
                    bases[sign] += np.where(heights * sign > 0, heights, 0.0)
        case Heat():
            import matplotlib as mpl

            shades = mpl.colormaps["viridis"].with_extremes(bad=MISSING)
            extent = (*mark.x_edges, *mark.y_edges)
            low, high = mark.reach()
            image = ax.imshow(
                mark.values, origin="lower", aspect="auto", extent=extent, cmap=shades, vmin=low, vmax=high,
                interpolation="nearest",
            )  # fmt: skip
            bar = ax.figure.colorbar(image, ax=ax)
            bar.set_label(mark.label, **text)
            if mark.missing_label and np.isnan(mark.values).any():
                ax.fill_between([], [], color=MISSING, label=mark.missing_label)
        case States():
            from matplotlib.colors import ListedColormap

            shades = ListedColormap(["#ffffff00", *(shade for _, shade in mark.states)])
            extent = (*mark.x_edges, *mark.y_edges)
            ax.imshow(
                mark.places, origin="lower", aspect="auto", extent=extent, cmap=shades, interpolation="nearest",
                vmin=-0.5, vmax=len(mark.states) + 0.5,
            )  # fmt: skip
            for label, shade in mark.states:
                if label:
                    ax.fill_between([], [], color=shade, label=label)
        case Lane():
            # The edge keeps a stretch of an hour in sight on an axis of a year.
            ax.broken_barh(
                [(start, end - start) for start, end in mark.spans], (mark.y - mark.height / 2, mark.height),
                facecolor=mark.colour, edgecolor=mark.colour, linewidth=1.5, label=mark.label or None,
            )  # fmt: skip
