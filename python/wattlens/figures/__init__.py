"""Figures: what they show is described once and drawn twice, as SVG for pages and by matplotlib."""

from wattlens.figures.figure import Axis, Band, Bars, Figure, Heat, Lane, Line, Points, Spans, States

__all__ = ["Axis", "Band", "Bars", "Figure", "Heat", "Lane", "Line", "Points", "Spans", "States"]
