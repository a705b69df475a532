"""What a figure shows, apart from how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Axis", "Band", "Bars", "Figure", "Heat", "Lane", "Line", "Mark", "Points", "Spans", "States"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes
    ----------
    label, unit
        What it measures; the unit is written in brackets.
    kind
        `number`; `time` (UTC seconds, written local to `zone`); `clock` (hours of a day); `category`
        (positions 0, 1, … named by `categories`).
    from_zero
        Whether zero is always in sight.
    more
        Places that are named besides those of its kind, as (place, name).
    """

    label: str = ""
    unit: str = ""
    kind: Literal["number", "time", "clock", "category"] = "number"
    zone: str = "UTC"
    categories: tuple[str, ...] = ()
    from_zero: bool = False
    more: tuple[tuple[float, str], ...] = ()

    @property
    def title(self) -> str:
        """Label with unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line through points; it breaks where y is NaN. `colour` is a place in the palette."""

    x: Floats
    y: Floats
    label: str = ""
    colour: int = 0
    dashed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Single points."""

    x: Floats
    y: Floats
    label: str = ""
    colour: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The area between two lines."""

    x: Floats
    low: Floats
    high: Floats
    label: str = ""
    colour: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Stacked bars, one height a category; those below zero stack downwards."""

    parts: tuple[tuple[str, Floats], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Stretches of x that are marked from top to bottom."""

    spans: tuple[tuple[float, float], ...]
    label: str = ""
    colour: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """A matrix as colours; `values[row, column]` fills `x_edges` × `y_edges`, row 0 lowest. NaN is grey."""

    values: Floats
    x_edges: tuple[float, float]
    y_edges: tuple[float, float]
    label: str = ""
    missing_label: str = ""

    def reach(self) -> tuple[float, float]:
        """Values of the first and the last colour; zero is the first where the smallest value is near it."""
        low, high = _reach([self.values.ravel()], from_zero=False)
        return (0.0 if 0 < low < 0.3 * high else low), high


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """A matrix of states, each with its colour; row 0 lowest.

    Attributes
    ----------
    places
        `places[row, column]` is a place in `states` counted from 1; 0 is nothing, and nothing is drawn.
    states
        Label and colour (`#rrggbb`) of each state; one without a label is not in the legend.
    x_edges, y_edges
        What the matrix fills.
    """

    places: NDArray[np.uint8]
    states: tuple[tuple[str, str], ...]
    x_edges: tuple[float, float]
    y_edges: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """Stretches of x on a row of their own, `height` high about `y`; `colour` is `#rrggbb`."""

    spans: tuple[tuple[float, float], ...]
    y: float
    height: float
    label: str = ""
    colour: str = "#7F7F7F"


Mark = Line | Points | Band | Bars | Spans | Heat | States | Lane


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A title, two axes, and marks in the order in which they are drawn.

    Examples
    --------
    >>> import numpy as np
    >>> hours = np.arange(3.0)
    >>> figure = Figure("Load", Axis("hour"), Axis("load", "kW"), (Line(hours, hours * 2),))
    >>> figure.to_svg().startswith("<svg")
    True
    """

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    note: str = ""
    width: int = 880
    height: int = 340

    def to_svg(self) -> str:
        """A self-contained SVG element that fills its container's width."""
        from wattlens.figures.svg import draw

        return draw(self)

    def _repr_html_(self) -> str:
        return self.to_svg()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw on matplotlib axes, on new ones without `ax`."""
        from wattlens.figures.mpl import draw

        return draw(self, ax)

    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Smallest and largest x and y that the marks reach; (0, 1) where there is nothing."""
        xs: list[Floats] = []
        ys: list[Floats] = []
        for mark in self.marks:
            match mark:
                case Line() | Points():
                    xs.append(mark.x)
                    ys.append(mark.y)
                case Band():
                    xs.append(mark.x)
                    ys += [mark.low, mark.high]
                case Bars():
                    heights = np.array([part for _, part in mark.parts])
                    xs.append(np.array([-0.5, heights.shape[1] - 0.5]))
                    ys += [stack(heights, 1), stack(heights, -1), np.zeros(1)]
                case Heat() | States():
                    xs.append(np.array(mark.x_edges))
                    ys.append(np.array(mark.y_edges))
                case Lane():
                    ys.append(mark.y + np.array([-1.0, 1.0]) * mark.height)
                case Spans():
                    pass
        across = (0.0, 24.0) if self.x.kind == "clock" else _reach(xs, from_zero=self.x.from_zero)
        if self.y.kind == "category":
            return across, (-0.5, len(self.y.categories) - 0.5)
        return across, _reach(ys, from_zero=self.y.from_zero)


def stack(heights: Floats, sign: int) -> Floats:
    """Sum of each category's parts of one sign."""
    return np.asarray(np.where(heights * sign > 0, heights, 0.0).sum(axis=0))


def _reach(parts: list[Floats], *, from_zero: bool) -> tuple[float, float]:
    values = np.concatenate([*parts, [0.0]] if from_zero else parts) if parts else np.zeros(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if low == high:
        return (low, low + 1.0) if low >= 0 else (low, 0.0)
    return low, high
