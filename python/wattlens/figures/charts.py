"""The figures of a diagnosis, from plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wattlens.figures.envelope import block_means
from wattlens.figures.figure import Axis, Band, Bars, Figure, Heat, Line, Mark, Points, Spans
from wattlens.words import Language, say

__all__ = [
    "DayShape", "SpanLine", "carpet", "day_shapes", "duration_curve", "explained_load", "load_curve", "monthly_bars",
    "span_columns", "waterfall",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class DayShape:
    """A mean day: mean load of each slot, with the band that most days stay in [kW]."""

    label: str
    mean_kw: ArrayLike
    low_kw: ArrayLike | None = None
    high_kw: ArrayLike | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SpanLine:
    """Values of stretches [UTC seconds], ascending, or of instants, whose start is their end."""

    label: str
    starts: ArrayLike
    ends: ArrayLike
    values: ArrayLike


_EXPECTED_SHOWN = 4000
_MARKED = 0.95
_CARPET_ROWS = 144
_CARPET_COLUMNS = 1600
_HALF_BAR = 0.36
_DAY_S = 86_400.0
_MOST_AROUND_S = 14 * _DAY_S
_BAND = 3.0


def _floats(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def carpet(
    kw: ArrayLike, *, start: int, end: int, zone: str, title: str | None = None, language: Language = "en"
) -> Figure:
    """Every day of a period as a column of colours: date × time of day.

    Parameters
    ----------
    kw
        Mean load, one row a day and one column a slot [kW]; NaN where there is no reading.
    start, end
        First midnight, and the midnight after the last day, UTC seconds.
    zone
        IANA zone in which the dates are written.
    """
    values = _floats(kw)
    slots = values.shape[1] if values.ndim == 2 else 0
    # Only whole blocks of slots keep the clock straight.
    rows = max((count for count in range(1, _CARPET_ROWS + 1) if slots % count == 0), default=1)
    heat = Heat(
        block_means(block_means(values, 1, rows), 0, _CARPET_COLUMNS).T if slots else values.T,
        (float(start), float(end)),
        (0.0, 24.0),
        label=f"{say('label.kw', language)} [kW]",
        missing_label=say("label.no_reading", language),
    )
    return Figure(
        title or say("figure.carpet", language),
        Axis(kind="time", zone=zone),
        Axis(say("label.clock", language), kind="clock"),
        (heat,),
        height=330,
    )


def day_shapes(shapes: Sequence[DayShape], *, title: str | None = None, language: Language = "en") -> Figure:
    """Mean days over the hours of the day, with their bands."""
    marks: list[Mark] = []
    for place, shape in enumerate(shapes):
        mean = _floats(shape.mean_kw)
        hours = (np.arange(len(mean)) + 0.5) * 24 / max(len(mean), 1)
        if shape.low_kw is not None and shape.high_kw is not None:
            marks.append(Band(hours, _floats(shape.low_kw), _floats(shape.high_kw), colour=place))
        marks.append(Line(hours, mean, shape.label, colour=place))
    lines = sorted(marks, key=lambda mark: isinstance(mark, Line))
    return Figure(
        title or say("figure.day_shapes", language),
        Axis(say("label.clock", language), kind="clock"),
        Axis(say("label.kw", language), "kW", from_zero=True),
        tuple(lines),
    )


def duration_curve(share: ArrayLike, kw: ArrayLike, *, title: str | None = None, language: Language = "en") -> Figure:
    """Load in descending order over the share of the time that it is reached or exceeded [0–1]."""
    return Figure(
        title or say("figure.duration_curve", language),
        Axis(say("label.share_of_time", language), "%", from_zero=True),
        Axis(say("label.kw", language), "kW", from_zero=True),
        (Line(_floats(share) * 100, _floats(kw)),),
    )


def monthly_bars(
    months: Sequence[str],
    parts: Mapping[str, ArrayLike],
    *,
    label: str,
    unit: str,
    title: str | None = None,
    note: str = "",
    language: Language = "en",
) -> Figure:
    """Stacked bars a month: the parts of a bill, or of anything that adds up."""
    return Figure(
        title or say("figure.monthly_bill", language),
        Axis(kind="category", categories=tuple(months)),
        Axis(label, unit, from_zero=True),
        (Bars(tuple((name, _floats(heights)) for name, heights in parts.items())),),
        note=note,
    )


def waterfall(
    names: Sequence[str],
    amounts: Sequence[float],
    *,
    label: str,
    unit: str,
    total: str,
    title: str,
    note: str = "",
) -> Figure:
    """What adds up to a change, each from where the one before ends; the last bar, `total`, is the sum."""
    marks: list[Mark] = []
    reached = 0.0
    for place, amount in enumerate([*amounts, None]):
        low, high = (0.0, reached) if amount is None else (reached, reached + amount)
        colour = 0 if amount is None else 1 if amount >= 0 else 2
        sides = np.array([place - _HALF_BAR, place + _HALF_BAR])
        edges = sorted((low, high))
        marks.append(Band(sides, np.full(2, edges[0]), np.full(2, edges[1]), colour=colour))
        marks.append(Line(sides, np.full(2, high), colour=colour))
        reached = high
    end = len(amounts)
    marks.append(Line(np.array([-0.5, end + 0.5]), np.zeros(2), colour=7))
    return Figure(
        title,
        Axis(kind="category", categories=(*names, total)),
        Axis(label, unit, from_zero=True),
        tuple(marks),
        note=note,
    )


def load_curve(
    starts: ArrayLike,
    kw: ArrayLike,
    *,
    zone: str,
    expected_kw: ArrayLike | None = None,
    spans: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    title: str | None = None,
    language: Language = "en",
) -> Figure:
    """Load over time with marked stretches, such as findings.

    Parameters
    ----------
    starts
        Start of each interval, UTC seconds.
    kw, expected_kw
        Load and expected load [kW]; NaN where unknown. The expected load is drawn over up to 4000 intervals.
    spans
        Label to stretches [UTC seconds]. One that covers everything marks nothing and is left out.
    """
    x = _floats(starts)
    reach = float(x[-1] - x[0]) if len(x) else 0.0
    shown = {
        label: tuple((start, end) for start, end in stretches if end - start < _MARKED * reach or not reach)
        for label, stretches in (spans or {}).items()
    }
    marks: list[Mark] = [
        Spans(stretches, label, colour=place + 1)
        for place, (label, stretches) in enumerate((label, of) for label, of in shown.items() if of)
    ]
    marks.append(Line(x, _floats(kw), say("label.kw", language)))
    # Over many weeks the two lines would only hide each other.
    if expected_kw is not None and len(x) <= _EXPECTED_SHOWN and np.isfinite(_floats(expected_kw)).any():
        marks.append(Line(x, _floats(expected_kw), say("label.expected_kw", language), colour=7, dashed=True))
    return Figure(
        title or say("figure.load_curve", language),
        Axis(kind="time", zone=zone),
        Axis(say("label.kw", language), "kW", from_zero=True),
        tuple(marks),
    )


def explained_load(
    starts: ArrayLike,
    kw: ArrayLike,
    expected_kw: ArrayLike,
    scale_kw: ArrayLike,
    span: tuple[float, float],
    *,
    zone: str,
    title: str,
    note: str = "",
    language: Language = "en",
) -> Figure:
    """Load around a stretch, the expected load, and the band of three spreads around it.

    Parameters
    ----------
    starts
        Start of each interval, UTC seconds.
    kw, expected_kw, scale_kw
        Load, expected load and its spread [kW]; NaN where unknown.
    span
        The stretch [UTC seconds].
    """
    x, load, expected, scale = map(_floats, (starts, kw, expected_kw, scale_kw))
    around = min(max(span[1] - span[0], _DAY_S), _MOST_AROUND_S)
    shown = (x >= span[0] - around) & (x < span[1] + around)
    x, load, expected, scale = x[shown], load[shown], expected[shown], scale[shown]
    low = expected - _BAND * scale
    if not (load < 0).any():
        low = np.maximum(low, 0.0)
    marks: list[Mark] = [Spans((span,), say("label.finding", language), colour=1)]
    if np.isfinite(expected).any():
        marks.append(Band(x, low, expected + _BAND * scale, say("label.expected_band", language), colour=7))
        marks.append(Line(x, expected, say("label.expected_kw", language), colour=7, dashed=True))
    marks.append(Line(x, load, say("label.kw", language)))
    return Figure(
        title,
        Axis(kind="time", zone=zone),
        Axis(say("label.kw", language), "kW", from_zero=True),
        tuple(marks),
        note=note,
    )


def span_columns(
    lines: Sequence[SpanLine],
    *,
    label: str,
    unit: str,
    zone: str,
    title: str | None = None,
    note: str = "",
    language: Language = "en",
) -> Figure:
    """Values that have no regular step, each as wide as the time it is of: daily energies as columns side by side.

    Where a stretch does not begin at the end of the one before, nothing is known and nothing drawn. Values of instants,
    such as register readings, are points that a line joins.
    """
    marks: list[Mark] = []
    for place, line in enumerate(lines):
        starts, ends, values = (_floats(part) for part in (line.starts, line.ends, line.values))
        if (starts == ends).all():
            marks += [Line(starts, values, line.label, colour=place), Points(starts, values, colour=place)]
            continue
        # Two points a stretch make its column; a third without a value parts it from what does not follow on.
        apart = np.append(starts[1:] != ends[:-1], False)
        x = np.stack([starts, ends, ends], axis=1).ravel()
        y = np.stack([values, values, np.where(apart, np.nan, values)], axis=1).ravel()
        marks += [Band(x, np.where(np.isnan(y), np.nan, 0.0), y, colour=place), Line(x, y, line.label, colour=place)]
    return Figure(
        title or say("figure.spans", language),
        Axis(kind="time", zone=zone),
        Axis(label, unit, from_zero=not any((_floats(line.starts) == _floats(line.ends)).all() for line in lines)),
        tuple(marks),
        note=note,
    )
