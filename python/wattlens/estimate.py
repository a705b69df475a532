"""Filling gaps when asked: how the call is read, and how much of readings rests on estimates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from wattlens import _core, wire
from wattlens.calendar import Calendar
from wattlens.errors import ReadingError
from wattlens.expect import expect, one_of
from wattlens.findings import Finding, Span

if TYPE_CHECKING:
    from wattlens.moments import Moment
    from wattlens.readings import Readings

__all__ = ["Estimated", "Estimating", "Method"]

Method = Literal["auto", "linear", "like_day", "scaled", "balance"]


class Estimated(msgspec.Struct, frozen=True):
    """How much of a channel rests on estimates, the source's own and those that were asked for.

    Attributes
    ----------
    intervals
        Intervals with an estimated value.
    share
        Their share of the intervals that have a value, 0 to 1.
    total
        Sum of the estimated values [kWh or kvarh]; it says something of energies only.

    Examples
    --------
    >>> import wattlens as wl
    >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai",
    ...                                    import_kwh=[5.0, float("nan"), 7.0, 8.0])
    >>> readings.estimate().estimated("import_kwh")
    Estimated(intervals=1, share=0.25, total=6.0)
    """

    intervals: int
    share: float
    total: float


class Estimating:
    """What readings say of estimates, and how they are filled."""

    __slots__ = ()
    _handle: _core.Readings

    def flag_words(self, channel: str) -> NDArray[np.str_]:
        """Flag of each value in words.

        `measured`, `missing`, `ambiguous` (rows that differ), `incomplete` (a sum of which a part is missing),
        `substituted` (estimated by the source), `linear`, `like_day`, `scaled`, `balance`, `spread` (estimated, by
        method), `sampled` (energy from samples of power).

        Raises
        ------
        ReadingError
            A channel that was not measured.
        """
        return np.array(_core.flag_names())[self._handle.flags(channel)]

    @property
    def raw(self) -> Readings:
        """The readings as they were before any estimate; these where nothing was estimated."""
        from wattlens.readings import Readings

        raw = self._handle.raw
        return cast("Readings", self) if raw is None else Readings(raw)

    def estimated(self, channel: str = "import_kwh") -> Estimated:
        """How much of a channel rests on estimates.

        Raises
        ------
        ReadingError
            A channel that was not measured.
        """
        return Estimated(*self._handle.estimated(channel))

    def estimate(
        self,
        method: Method = "auto",
        *,
        calendar: Calendar | None = None,
        parent: Readings | None = None,
        siblings: Iterable[Readings] = (),
        replace: Iterable[Finding | Span | tuple[Moment, Moment]] | Finding | tuple[Moment, Moment] | None = None,
        linear_up_to: str | float | timedelta = "2h",
        linear_beside_outage: bool = False,
        weeks: int = 4,
        most_days: int = 8,
        least_days: int = 3,
    ) -> Readings:
        """New readings whose gaps are filled as far as can be; each filled value says how, and `raw` has the originals.

        Energies are filled where they are missing or incomplete, never below zero; what cannot be filled stays
        missing. What was done and left is in `findings` as `estimate.filled` and `estimate.left`.

        Parameters
        ----------
        method
            `"scaled"`: what registers or longer energies leave for a gap, in the shape of like days, so that the
            energy is exact; `"linear"`: a straight line over short gaps; `"like_day"`: the mean of the same
            wall-clock time on the nearest days of the same type and weekday, then of the same type, then of all
            days that are worked or all that are not; `"balance"`: parent less siblings. `"auto"` tries them in this
            order. By like days, imported kvarh are the days' kvarh over kWh, times the interval's kWh.
        calendar
            Day types; without it Saturday and Sunday are weekend and no day is a holiday. Make-up workdays and holidays
            are like each other only, where there are enough of them.
        parent, siblings
            The meter above, and all the other meters below it, on the same step.
        replace
            Findings, or stretches (pairs of start and end), whose values are replaced too: spikes, placeholders. A
            finding replaces in its own channel, a stretch in all energies. What cannot be filled is missing then.
        linear_up_to
            Longest gap for a straight line.
        linear_beside_outage
            Whether a straight line may end at a value beside zeros, which was perhaps not supplied all along.
        weeks, most_days, least_days
            How far to look for like days; how many of them are averaged at most, and at least.

        Raises
        ------
        ReadingError
            A method that does not exist, something to replace that is no stretch.
        SiteError
            Numbers that make no sense; a parent or sibling on another step or grid.
        TimeError
            A calendar that does not speak for the years of the readings.

        Examples
        --------
        >>> import wattlens as wl
        >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai",
        ...                                    import_kwh=[5.0, float("nan"), 7.0, 8.0])
        >>> filled = readings.estimate()
        >>> filled["import_kwh"], filled.flag_words("import_kwh")[1]
        (array([5., 6., 7., 8.]), np.str_('linear'))
        >>> filled.summary()
        '4 readings, 1 h, 2024-03-01 00:00 … 2024-03-01 04:00 Asia/Shanghai, 100 % present, 25 % estimated'
        >>> filled.raw == readings
        True
        """
        from wattlens.readings import Readings

        return Readings(
            _fill(
                self._handle,
                method=method,
                calendar=calendar,
                parent=parent,
                siblings=siblings,
                replace=replace,
                linear_up_to=linear_up_to,
                linear_beside_outage=linear_beside_outage,
                weeks=weeks,
                most_days=most_days,
                least_days=least_days,
            )
        )


def _fill(
    readings: _core.Readings,
    *,
    method: Method,
    calendar: Calendar | None,
    parent: Readings | None,
    siblings: Iterable[Readings],
    replace: object,
    linear_up_to: str | float | timedelta,
    linear_beside_outage: bool,
    weeks: int,
    most_days: int,
    least_days: int,
) -> _core.Readings:
    """Takes what the caller said as the core takes it."""
    from wattlens.moments import step_s
    from wattlens.readings import Readings

    calendar = Calendar.weekends() if calendar is None else calendar
    siblings = list(siblings)
    expect(calendar, Calendar)
    expect(parent, Readings, or_none=True)
    for sibling in siblings:
        expect(sibling, Readings)
    if siblings and parent is None:
        raise ReadingError("siblings= says nothing without their parent meter: pass parent= too")
    word = one_of("method", method, get_args(Method))
    settings = {
        "method": None if word == "auto" else word,
        "linear_up_to_s": step_s(linear_up_to),
        "linear_beside_outage": bool(linear_beside_outage),
        "weeks": _count("weeks", weeks),
        "most_days": _count("most_days", most_days),
        "least_days": _count("least_days", least_days),
    }
    return readings.estimate(
        calendar.handle,
        wire.text(settings),
        list(_stretches(replace, readings.zone)),
        None if parent is None else parent.handle,
        [sibling.handle for sibling in siblings],
    )


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ReadingError(f"found {name}={value!r}, expected a whole number")
    return value


def _stretches(replace: object, zone: str) -> Iterator[tuple[str | None, int, int]]:
    """Channel, start and end of each stretch to replace; without a channel it is all energies."""
    from wattlens.moments import moment_text

    if replace is None:
        return
    if isinstance(replace, Finding | Span) or _is_pair(replace):
        replace = [replace]
    if isinstance(replace, str) or not isinstance(replace, Iterable):
        raise ReadingError(f"found replace={replace!r}, expected findings, or pairs of start and end")
    for one in replace:
        if isinstance(one, Finding):
            if one.span is None:
                raise ReadingError(f"found {one.code} in replace=, which has no span: it concerns everything")
            named = one.evidence.get("channel") or one.evidence.get("channels") or "import_kwh"
            for channel in str(named).split(", "):
                yield channel, one.span.start, one.span.end
        elif isinstance(one, Span):
            yield None, one.start, one.end
        elif _is_pair(one):
            start, end = (_core.instant(moment_text(moment), zone) for moment in cast("tuple[Moment, Moment]", one))
            yield None, start, end
        else:
            raise ReadingError(f"found {one!r} in replace=, expected a Finding or a pair of start and end")


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and not any(isinstance(one, Finding | tuple) for one in value)
