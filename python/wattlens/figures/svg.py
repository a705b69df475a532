"""Figures as self-contained SVG: text stays text, nothing is loaded, everything is escaped."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from html import escape

import numpy as np
from numpy.typing import NDArray

from wattlens.figures.envelope import envelope
from wattlens.figures.figure import Axis, Band, Bars, Figure, Heat, Lane, Line, Points, Spans, States
from wattlens.figures.palette import MISSING, colour, heat_map, state_map
from wattlens.figures.ticks import nice, ticks
from wattlens.words import number

__all__ = ["draw", "text_width"]

_FONTS = (
    "system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,'PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC','Source Han Sans SC',sans-serif"
)
_SIZE = 12.0
_BAR_SHARE = 0.72
_NARROW = 6.0
Scale = Callable[[float], float]


def text_width(text: str, size: float = _SIZE) -> float:
    """Width of a text in pixels, near enough to leave room for it: wide characters are one em."""
    return size * sum(1.0 if unicodedata.east_asian_width(one) in "WF" else 0.56 for one in text)


class _Frame:
    """The plot's rectangle and its two scales."""

    def __init__(self, figure: Figure) -> None:
        (self.x_low, self.x_high), (self.y_low, self.y_high) = figure.limits()
        if figure.y.kind == "number":
            self.y_high += 0.04 * (self.y_high - self.y_low)
            if self.y_low < 0:
                self.y_low -= 0.04 * (self.y_high - self.y_low)
        self.legend_rows = _legend_rows(figure)
        has_heat = any(isinstance(mark, Heat) for mark in figure.marks)
        rows = {"clock": 8, "category": len(figure.y.categories)}.get(figure.y.kind, 6)
        self.y_ticks = ticks(figure.y, self.y_low, self.y_high, rows)
        self.left = max(36.0, 14 + max((text_width(text) for _, text in self.y_ticks), default=0.0))
        self.right = figure.width - (84.0 if has_heat else 18.0)
        self.top = 30.0 + 18 * len(self.legend_rows) + (20 if figure.y.title else 0)
        self.bottom = figure.height - 26.0 - (18 if figure.x.title else 0) - (18 if figure.note else 0)
        room = int((self.right - self.left) / (_label_width(figure.x) + 14))
        self.x_ticks = ticks(figure.x, self.x_low, self.x_high, room)

    def x(self, value: float) -> float:
        return self.left + (value - self.x_low) / (self.x_high - self.x_low) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.y_low) / (self.y_high - self.y_low) * (self.bottom - self.top)


def _label_width(axis: Axis) -> float:
    texts = {"time": ("2024-01",), "clock": ("00:00",), "category": axis.categories}.get(axis.kind, ("100 000",))
    return max(map(text_width, texts), default=0.0)


def draw(figure: Figure) -> str:
    """The SVG element of a figure."""
    frame = _Frame(figure)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {figure.width} {figure.height}" role="img" '
        f'style="width:100%;max-width:{figure.width}px;height:auto" font-family="{_FONTS}" font-size="{_SIZE:g}" '
        f'fill="currentColor"><title>{escape(figure.title)}</title>',
        _text(4, 17, figure.title, size=14.5, weight=600),
        *_legend(frame.legend_rows),
        *_grid(figure, frame),
    ]
    for mark in figure.marks:
        parts += _mark(mark, frame)
    parts += _edges(figure, frame)
    parts.append("</svg>")
    return "".join(parts)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: float = _SIZE,
    weight: int = 400,
    faint: bool = False,
) -> str:
    attributes = "" if anchor == "start" else f' text-anchor="{anchor}"'
    attributes += "" if size == _SIZE else f' font-size="{size:g}"'
    attributes += "" if weight == 400 else f' font-weight="{weight}"'
    attributes += ' fill-opacity=".75"' if faint else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(text)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float, opacity: float) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" '
        f'stroke-opacity="{opacity:g}"/>'
    )


def _grid(figure: Figure, frame: _Frame) -> Iterable[str]:
    for value, text in frame.y_ticks:
        y = frame.y(value)
        yield _rule(frame.left, y, frame.right, y, 0.14)
        yield _text(frame.left - 7, y + 4, text, anchor="end", faint=True)
    if figure.y.title:
        yield _text(4, frame.top - 9, figure.y.title, faint=True)


def _edges(figure: Figure, frame: _Frame) -> Iterable[str]:
    base = frame.y(0.0) if frame.y_low < 0 < frame.y_high and figure.y.kind == "number" else frame.bottom
    yield _rule(frame.left, base, frame.right, base, 0.7)
    for value, text in frame.x_ticks:
        x = frame.x(value)
        if figure.x.kind != "category":
            yield _rule(x, frame.bottom, x, frame.bottom + 4, 0.7)
        half = text_width(text) / 2
        yield _text(min(max(x, half), figure.width - half), frame.bottom + 17, text, anchor="middle", faint=True)
    bottom = frame.bottom + 35
    if figure.x.title:
        yield _text((frame.left + frame.right) / 2, bottom, figure.x.title, anchor="middle", faint=True)
        bottom += 18
    if figure.note:
        yield _text(4, min(bottom, figure.height - 4.0), figure.note, size=11, faint=True)


Entry = tuple[str, str, str]


def _entries(figure: Figure) -> list[Entry]:
    """Swatch kind, colour and label of everything that has a label."""
    found: list[Entry] = []
    for mark in figure.marks:
        match mark:
            case Bars():
                found += [("box", colour(at), label) for at, (label, _) in enumerate(mark.parts)]
            case Heat():
                if mark.missing_label and np.isnan(mark.values).any():
                    found.append(("box", MISSING, mark.missing_label))
            case States():
                found += [("box", shade, label) for label, shade in mark.states if label]
            case Lane() if mark.label:
                found.append(("box", mark.colour, mark.label))
            case Line() if mark.label:
                found.append(("dash" if mark.dashed else "line", colour(mark.colour), mark.label))
            case Points() if mark.label:
                found.append(("dot", colour(mark.colour), mark.label))
            case Band() | Spans() if mark.label:
                found.append(("area", colour(mark.colour), mark.label))
    return found


def _legend_rows(figure: Figure) -> list[list[tuple[float, Entry]]]:
    rows: list[list[tuple[float, Entry]]] = []
    x = float(figure.width)
    for entry in _entries(figure):
        width = 22 + text_width(entry[2]) + 16
        if x + width > figure.width:
            rows.append([])
            x = 4.0
        rows[-1].append((x, entry))
        x += width
    return rows


def _legend(rows: list[list[tuple[float, Entry]]]) -> Iterable[str]:
    for place, row in enumerate(rows):
        y = 38.0 + 18 * place
        for x, (kind, fill, label) in row:
            match kind:
                case "line" | "dash":
                    dash = ' stroke-dasharray="5 3"' if kind == "dash" else ""
                    yield (
                        f'<line x1="{x:.1f}" y1="{y - 4:.1f}" x2="{x + 16:.1f}" y2="{y - 4:.1f}" stroke="{fill}" '
                        f'stroke-width="2"{dash}/>'
                    )
                case "dot":
                    yield f'<circle cx="{x + 8:.1f}" cy="{y - 4:.1f}" r="3.5" fill="{fill}"/>'
                case _:
                    opacity = ' fill-opacity=".45"' if kind == "area" else ""
                    yield f'<rect x="{x + 2:.1f}" y="{y - 9:.1f}" width="12" height="10" fill="{fill}"{opacity}/>'
            yield _text(x + 22, y, label)


def _mark(mark: object, frame: _Frame) -> Iterable[str]:
    match mark:
        case Line():
            x, y = envelope(mark.x, mark.y, int(frame.right - frame.left))
            dash = ' stroke-dasharray="5 3"' if mark.dashed else ""
            width = 0.9 if len(mark.x) > 2000 else 1.8
            yield (
                f'<path d="{_path(x, y, frame)}" fill="none" stroke="{colour(mark.colour)}" '
                f'stroke-width="{width}" stroke-linejoin="round"{dash}/>'
            )
        case Band():
            for stretch in _stretches(np.isfinite(mark.low) & np.isfinite(mark.high)):
                x = mark.x[stretch]
                there = _points(x, mark.high[stretch], frame)
                back = _points(x[::-1], mark.low[stretch][::-1], frame)
                fill = colour(mark.colour)
                yield f'<path d="M{there}L{back}Z" fill="{fill}" fill-opacity=".2"/>'
        case Points():
            for x, y in zip(mark.x, mark.y, strict=True):
                if np.isfinite(y):
                    cx, cy = frame.x(float(x)), frame.y(float(y))
                    yield f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="3" fill="{colour(mark.colour)}"/>'
        case Spans():
            for start, end in mark.spans:
                left, right = (min(max(frame.x(value), frame.left), frame.right) for value in (start, end))
                strength = ".28" if right - left > _NARROW else ".65"
                yield (
                    f'<rect x="{left:.1f}" y="{frame.top:.1f}" width="{max(right - left, 2):.1f}" '
                    f'height="{frame.bottom - frame.top:.1f}" fill="{colour(mark.colour)}" fill-opacity="{strength}"/>'
                )
        case Bars():
            yield from _bars(mark, frame)
        case Heat():
            yield from _heat(mark, frame)
        case States():
            yield _image(state_map(mark.places, [shade for _, shade in mark.states]), mark.x_edges, mark.y_edges, frame)
        case Lane():
            top, bottom = frame.y(mark.y + mark.height / 2), frame.y(mark.y - mark.height / 2)
            for start, end in mark.spans:
                left, right = (min(max(frame.x(value), frame.left), frame.right) for value in (start, end))
                width = max(right - left, _NARROW / 2)
                left = min(left, frame.right - width)
                yield (
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}" '
                    f'fill="{mark.colour}"/>'
                )


def _bars(mark: Bars, frame: _Frame) -> Iterable[str]:
    count = len(mark.parts[0][1]) if mark.parts else 0
    above, below = np.zeros(count), np.zeros(count)
    width = _BAR_SHARE * (frame.x(1.0) - frame.x(0.0))
    for place, (label, heights) in enumerate(mark.parts):
        for at, height in enumerate(heights):
            if not np.isfinite(height) or height == 0:
                continue
            base = above if height > 0 else below
            low, high = sorted((float(base[at]), float(base[at] + height)))
            base[at] += height
            top = frame.y(high)
            yield (
                f'<rect x="{frame.x(at) - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
                f'height="{frame.y(low) - top:.1f}" fill="{colour(place)}">'
                f"<title>{escape(label)}: {number(float(height))}</title></rect>"
            )


def _image(href: str, x_edges: tuple[float, float], y_edges: tuple[float, float], frame: _Frame) -> str:
    x, right = frame.x(x_edges[0]), frame.x(x_edges[1])
    top, bottom = frame.y(y_edges[1]), frame.y(y_edges[0])
    return (
        f'<image x="{x:.1f}" y="{top:.1f}" width="{right - x:.1f}" height="{bottom - top:.1f}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated" href="{href}"/>'
    )


def _heat(mark: Heat, frame: _Frame) -> Iterable[str]:
    low, high = mark.reach()
    yield _image(heat_map(mark.values, low, high), mark.x_edges, mark.y_edges, frame)
    bar = frame.right + 16
    shades = np.arange(64, dtype=np.float64).reshape(-1, 1)
    yield (
        f'<image x="{bar:.1f}" y="{frame.top:.1f}" width="12" height="{frame.bottom - frame.top:.1f}" '
        f'preserveAspectRatio="none" href="{heat_map(shades, 0, 63)}"/>'
    )
    for value in nice(low, high, 5):
        y = frame.bottom - (value - low) / (high - low) * (frame.bottom - frame.top) if high > low else frame.bottom
        yield _text(bar + 17, y + 4, number(value), faint=True)
    if mark.label:
        yield _text(bar + 12, frame.top - 9, mark.label, anchor="middle", faint=True)


def _stretches(known: NDArray[np.bool_]) -> list[slice]:
    """Slices of consecutive true places."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _points(x: NDArray[np.float64], y: NDArray[np.float64], frame: _Frame) -> str:
    return "L".join(f"{frame.x(float(a)):.1f} {frame.y(float(b)):.1f}" for a, b in zip(x, y, strict=True))


def _path(x: NDArray[np.float64], y: NDArray[np.float64], frame: _Frame) -> str:
    return "".join("M" + _points(x[part], y[part], frame) for part in _stretches(np.isfinite(y)))
