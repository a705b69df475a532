"""Calendars: which dates are workday, weekend, holiday or make-up workday."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Literal

import msgspec

from wattlens import _core
from wattlens.errors import TimeError

__all__ = ["Calendar", "DayType"]

DayType = Literal["workday", "weekend", "holiday", "makeup_workday"]
Day = str | date

_YEARS = range(2000, 2041)


class Dates(msgspec.Struct, frozen=True):
    """What a calendar holds."""

    name: str
    weekend: tuple[int, ...]
    holidays: dict[str, str]
    makeup_workdays: tuple[str, ...]
    years: tuple[int, int] | None
    provisional_years: tuple[int, ...] = ()


class Calendar:
    """Which dates are weekend, holiday, or a weekend day decreed to be worked.

    Parameters
    ----------
    holidays
        Dates with their names.
    makeup_workdays
        Weekend dates that are worked (调休上班日).
    weekend
        ISO numbers of the weekend's days, Monday = 1.
    name
        Where the dates come from.

    Raises
    ------
    TimeError
        A date or a weekday that is none.

    Examples
    --------
    >>> import wattlens as wl
    >>> calendar = wl.Calendar(holidays={"2024-02-10": "Spring Festival"}, makeup_workdays=["2024-02-04"])
    >>> calendar.day_type("2024-02-10"), calendar.day_type("2024-02-04"), calendar.day_type("2024-02-05")
    ('holiday', 'makeup_workday', 'workday')
    """

    __slots__ = ("_handle",)
    _handle: _core.Calendar

    def __init__(
        self,
        *,
        holidays: Mapping[Day, str] | None = None,
        makeup_workdays: Iterable[Day] = (),
        weekend: Iterable[int] = (6, 7),
        name: str = "own dates",
    ) -> None:
        days = tuple(sorted(set(weekend)))
        if not all(1 <= day <= 7 for day in days):
            raise TimeError(f"weekend {days}: expected ISO numbers of weekdays, 1 (Monday) to 7 (Sunday)")
        if holidays is not None and not isinstance(holidays, Mapping):
            raise TypeError(
                f"found holidays as a {type(holidays).__name__}, expected dates with their names: "
                '{"2024-02-10": "Spring Festival"}'
            )
        named = {_iso(day): title for day, title in (holidays or {}).items()}
        _hold(self, Dates(name, days, named, tuple(_iso(day) for day in makeup_workdays), None))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Calendar is never changed: cannot set {name}")

    @classmethod
    def _of(cls, dates: Dates) -> Calendar:
        return _hold(cls.__new__(cls), dates)

    def __reduce__(self) -> tuple[object, tuple[Dates]]:
        return Calendar._of, (self.dates,)

    @classmethod
    def weekends(cls) -> Calendar:
        """Saturday and Sunday, no holidays, any year."""
        return cls(name="weekends only")

    @classmethod
    def country(cls, code: str, *, subdivision: str | None = None, provisional: bool = False) -> Calendar:
        """The public holidays of a country, by the package `holidays`.

        Where a country decrees make-up workdays year by year, as China does, the calendar speaks only for
        the years that are decreed; the years after them need `provisional=True`, and a site whose readings
        reach into one then carries the finding `calendar.provisional`.

        Parameters
        ----------
        code
            ISO 3166-1 code, in any case: `"CN"`, `"DE"`.
        subdivision
            ISO 3166-2 code of a province or state, without the country.
        provisional
            Also speak for years whose make-up workdays are not decreed.

        Raises
        ------
        TimeError
            A country or subdivision that the package does not have.
        TypeError
            A code that is no text.

        Examples
        --------
        >>> import wattlens as wl
        >>> calendar = wl.Calendar.country("CN")
        >>> calendar.day_types(["2024-02-10", "2024-02-18", "2024-02-19"])
        ['holiday', 'makeup_workday', 'workday']
        """
        if not isinstance(code, str):
            raise TypeError(f'found {code!r}, expected the code of a country such as "CN"')
        dates = _country(code.upper(), subdivision)
        first, last = dates.years or (_YEARS[0], _YEARS[-1])
        if provisional:
            return cls._of(
                msgspec.structs.replace(
                    dates, years=(first, _YEARS[-1]), provisional_years=tuple(range(last + 1, _YEARS[-1] + 1))
                )
            )
        return cls._of(dates)

    @property
    def handle(self) -> _core.Calendar:
        """The core's handle."""
        return self._handle

    @property
    def dates(self) -> Dates:
        """All that the calendar holds."""
        return msgspec.json.decode(self._handle.json(), type=Dates)

    @property
    def name(self) -> str:
        """Where the dates come from."""
        return self.dates.name

    def day_type(self, day: Day) -> DayType:
        """Type of a date; see `day_types`."""
        return self.day_types([day])[0]

    def day_types(self, days: Iterable[Day]) -> list[DayType]:
        """Type of each date: `workday`, `weekend`, `holiday` or `makeup_workday`.

        Raises
        ------
        TimeError
            A date in a year that the calendar does not speak for.
        """
        types = self._handle.day_types([_iso(day) for day in days])
        return msgspec.convert(types, list[DayType])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._handle == other._handle

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        dates = self.dates
        years = f", {dates.years[0]} to {dates.years[1]}" if dates.years else ""
        counts = f"{len(dates.holidays)} holidays, {len(dates.makeup_workdays)} make-up workdays"
        return f"Calendar({dates.name}{years}, {counts})"


def _hold(calendar: Calendar, dates: Dates) -> Calendar:
    object.__setattr__(calendar, "_handle", _core.Calendar(msgspec.json.encode(dates).decode()))
    return calendar


def _iso(day: Day) -> str:
    if not isinstance(day, str | date):
        raise TypeError(f"found {day!r} of type {type(day).__name__}, expected a date or its text: 2024-02-10")
    try:
        return (date.fromisoformat(day) if isinstance(day, str) else day).isoformat()[:10]
    except ValueError:
        raise TimeError(f"found {day!r}, expected a date such as 2024-02-10") from None


@lru_cache(maxsize=8)
def _country(code: str, subdivision: str | None) -> Dates:
    import holidays

    try:
        found = holidays.country_holidays(code, subdiv=subdivision, years=_YEARS)
    except NotImplementedError as error:
        raise TimeError(str(error)) from None
    # The package also gives the make-up workdays of years that were not asked for.
    makeup = sorted(day for day in found.weekend_workdays if day.year in _YEARS)
    years = (_YEARS[0], _YEARS[-1])
    if makeup:
        years = (makeup[0].year, makeup[-1].year)
    within = range(years[0], years[1] + 1)
    place = code if subdivision is None else f"{code}-{subdivision}"
    return Dates(
        name=f"{place} (holidays {version('holidays')})",
        weekend=tuple(sorted(day + 1 for day in found.weekend)),
        holidays={day.isoformat(): found[day] for day in sorted(found)},
        makeup_workdays=tuple(day.isoformat() for day in makeup if day.year in within),
        years=years,
    )
