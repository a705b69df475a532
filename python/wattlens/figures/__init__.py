"""Figures: what they show is described once and drawn twice, as SVG for pages and by matplotlib."""

from wattlens.figures.figure import Axis, Band, Bars, Figure, Heat, Line, Points, Spans

__all__ = ["Axis", "Band", "Bars", "Figure", "Heat", "Line", "Points", "Spans"]
