"""The gap map: which readings are there, missing, estimated or doubted, and when rules found something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattlens.figures.figure import Axis, Figure, Lane, Mark, States
from wattlens.figures.palette import FLAGS, SEVERITIES
from wattlens.words import Language, number, say

__all__ = ["STATES", "Times", "gap_map"]

# From what needs no attention to what needs most: where several share a pixel, the last of them counts.
STATES = (
    "measured", "sampled", "spread", "balance", "scaled", "like_day", "linear", "substituted", "ambiguous", "flagged",
    "incomplete", "missing",
)  # fmt: skip
_MOST_COLUMNS = 400
_MOST_ROWS = 144
_FEWEST_DAYS = 60
_LINES = 20
_LINES_BETWEEN = 6
_ROW_PX = 26
_LANE_PX = 19
_CLOCK_PX = 230
_DAY_S = 86_400

Places = NDArray[np.uint8]
Stretches = Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """When the intervals are: start of the first and step [UTC s, s], local midnights, wall-clock slots, IANA zone.

    The midnights are those of every day and the end of the last [UTC s].
    """

    start: int
    step_s: int
    midnights: NDArray[np.int64]
    slots: NDArray[np.uint32]
    zone: str


def gap_map(
    states: Mapping[str, Places],
    times: Times,
    *,
    lanes: Mapping[str, Stretches] | None = None,
    title: str | None = None,
    language: Language = "en",
) -> Figure:
    """One row a channel over time, or date × time of day of a single channel; below it what the rules found.

    Where more time than a picture has columns is to be shown, neighbours share one. In a row, each state then has
    its share of the column's height and never less than a line; of date × time of day, the last of `STATES` is shown.

    Parameters
    ----------
    states
        Name of each channel, one at least, to the state of each interval: its place in `STATES`.
    times
        When the intervals are.
    lanes
        Name of a rule to its stretches [UTC seconds] by severity (`high`, `medium`, `low`, `info`).
    """
    lanes = lanes or {}
    draw = _by_clock if len(states) == 1 else _by_channel
    places, x_edges, note = draw(list(states.values()), times, language)
    counts = np.bincount(np.concatenate(list(states.values())), minlength=len(STATES))
    legend = tuple(
        (f"{say(f'flag.{name}', language)} {number(int(count))}" if count else "", FLAGS[name])
        for name, count in zip(STATES, counts, strict=True)
    )
    if len(states) == 1:
        lane_height = 24 * _LANE_PX / _CLOCK_PX
        at = [-lane_height * (place + 1) for place in range(len(lanes))]
        y = Axis(next(iter(states)), kind="clock", more=tuple(zip(at, lanes, strict=True)))
        y_edges, height = (0.0, 24.0), _CLOCK_PX + _LANE_PX * (len(lanes) + 1) + 20
    else:
        lane_height = 1.0
        at = [float(len(lanes) - 1 - place) for place in range(len(lanes))]
        y = Axis(kind="category", categories=(*reversed(list(lanes)), *reversed(list(states))))
        half = 0.5 * _LINES / (_LINES + _LINES_BETWEEN)
        y_edges = (len(lanes) - half, len(lanes) + len(states) - 1 + half)
        height = _ROW_PX * len(y.categories)
    marks: list[Mark] = [States(places, legend, x_edges, y_edges), *_lanes(lanes, at, 0.55 * lane_height, language)]
    entries = int((counts > 0).sum()) + len(marks) - 1
    return Figure(
        title or say("figure.gap_map", language),
        Axis(kind="time", zone=times.zone),
        y,
        tuple(marks),
        note=note,
        height=height + 64 + 18 * -(-entries // 6) + (18 if note else 0),
    )


def _by_clock(states: list[Places], times: Times, language: Language) -> tuple[Places, tuple[float, float], str]:
    """Places in the legend, row a slot, column a day."""
    (channel,) = states
    days, slots = len(times.midnights) - 1, _DAY_S // times.step_s
    starts = times.start + times.step_s * np.arange(len(channel))
    cells = np.zeros((slots, days), np.uint8)
    # The hour that clocks repeat shares its cells; where clocks skip one, there is nothing.
    np.maximum.at(cells, (times.slots, np.searchsorted(times.midnights, starts, "right") - 1), channel + 1)
    rows = max(count for count in range(1, _MOST_ROWS + 1) if slots % count == 0)
    together = -(-days // _MOST_COLUMNS)
    cells = np.maximum.reduceat(cells, np.arange(0, slots, slots // rows), axis=0)
    cells = np.maximum.reduceat(cells, np.arange(0, days, together), axis=1)
    end = float(times.midnights[-1]) + (-days % together) * _DAY_S
    note = say("figure.gap_map.worst", language, days=together) if together > 1 else ""
    return cells, (float(times.midnights[0]), end), note


def _by_channel(states: list[Places], times: Times, language: Language) -> tuple[Places, tuple[float, float], str]:
    """Places in the legend, for each channel some lines, column a day, some days, or some intervals."""
    count, days = len(states[0]), len(times.midnights) - 1
    if days >= _FEWEST_DAYS:
        together = -(-days // _MOST_COLUMNS)
        first = ((times.midnights[:-1:together] - times.start) // times.step_s).clip(0)
        width_s, begin = together * _DAY_S, int(times.midnights[0])
        note = say("figure.gap_map.days", language, days=together)
    else:
        together = -(-count // _MOST_COLUMNS)
        first = np.arange(0, count, together)
        width_s, begin = together * times.step_s, times.start
        note = say("figure.gap_map.hours", language, hours=width_s / 3600) if together > 1 else ""
    rows: list[Places] = []
    for channel in reversed(states):
        if rows:
            rows.append(np.zeros((_LINES_BETWEEN, len(first)), np.uint8))
        rows.append(_shares(channel, first))
    return np.concatenate(rows), (float(begin), float(begin + len(first) * width_s)), note


def _shares(channel: Places, first: NDArray[np.int64]) -> Places:
    """Lines of a row: what needs most attention at the bottom, each state as high as its share, a line at least."""
    counts = np.array([np.add.reduceat((channel == place).astype(np.int64), first) for place in range(len(STATES))])
    lines = np.where(counts > 0, np.maximum(np.rint(counts / counts.sum(axis=0) * _LINES), 1), 0)
    tops = np.minimum(np.cumsum(lines[::-1], axis=0)[::-1], _LINES)
    cells = np.repeat(np.argmax(counts > 0, axis=0)[None, :], _LINES, axis=0).astype(np.uint8) + np.uint8(1)
    for place in range(len(STATES)):
        below = (np.arange(_LINES)[:, None] < tops[place]) & (counts[place] > 0)
        cells[below] = place + 1
    return cells


def _lanes(lanes: Mapping[str, Stretches], at: list[float], height: float, language: Language) -> list[Lane]:
    """Marks of one lane a rule; the first of each severity has the label."""
    labelled: set[str] = set()
    found: list[Lane] = []
    for y, by_severity in zip(at, lanes.values(), strict=True):
        # The gravest is drawn last, over the others.
        for severity in reversed([name for name in SEVERITIES if name in by_severity]):
            label = "" if severity in labelled else say("figure.gap_map.severity", language, severity=severity)
            labelled.add(severity)
            found.append(Lane(tuple(by_severity[severity]), y, height, label, SEVERITIES[severity]))
    return found
