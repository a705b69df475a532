import pickle
from datetime import date, timedelta
from typing import Any

import pytest

import wattlens as wl


def test_every_day_of_china_from_2018_to_2026_is_as_decreed(decreed: dict[str, bool]) -> None:
    days = [date(2018, 1, 1) + timedelta(days=n) for n in range((date(2027, 1, 1) - date(2018, 1, 1)).days)]
    types = wl.Calendar.country("CN").day_types(days)
    wrong = []
    for day, found in zip(days, types, strict=True):
        weekend = day.isoweekday() > 5
        match decreed.get(day.isoformat()):
            case True:
                # The decree also lists weekend days that lie within a holiday; they are off either way.
                expected = {"holiday", "weekend"} if weekend else {"holiday"}
            case False:
                expected = {"makeup_workday"} if weekend else {"workday"}
            case None:
                expected = {"weekend"} if weekend else {"workday"}
        if found not in expected:
            wrong.append((day.isoformat(), found, expected))
    assert len(days) == 3287
    assert wrong == []


def test_years_that_are_not_decreed_raise_unless_provisional() -> None:
    calendar = wl.Calendar.country("CN")
    first, last = calendar.dates.years or (0, 0)
    assert first <= 2018
    assert last >= 2026
    with pytest.raises(wl.TimeError, match=f"has dates for {first} to {last}, the readings reach into {last + 1}"):
        calendar.day_type(f"{last + 1}-03-01")
    provisional = wl.Calendar.country("CN", provisional=True)
    assert provisional.day_type(f"{last + 1}-10-01") == "holiday"
    assert provisional.dates.provisional_years[0] == last + 1


def test_makeup_workdays_of_years_outside_are_not_taken() -> None:
    dates = wl.Calendar.country("CN").dates
    assert dates.years is not None
    assert all(dates.years[0] <= int(day[:4]) <= dates.years[1] for day in dates.makeup_workdays)


def test_a_country_without_makeup_workdays_speaks_for_all_its_years() -> None:
    bavaria = wl.Calendar.country("DE", subdivision="BY")
    assert bavaria.day_types(["2031-01-06", "2031-01-05", "2031-01-07"]) == ["holiday", "weekend", "workday"]
    assert wl.Calendar.country("DE").day_type("2031-01-06") == "workday"


@pytest.mark.parametrize(("code", "subdivision"), [("XX", None), ("DE", "XX")])
def test_an_unknown_place_raises(code: str, subdivision: str | None) -> None:
    with pytest.raises(wl.TimeError, match="XX"):
        wl.Calendar.country(code, subdivision=subdivision)


def test_own_dates() -> None:
    calendar = wl.Calendar(holidays={date(2024, 2, 8): "works holiday"}, makeup_workdays=["2024-02-09"], weekend=[5])
    assert calendar.day_types(["2024-02-08", "2024-02-09", "2024-02-10"]) == ["holiday", "makeup_workday", "workday"]
    assert repr(calendar) == "Calendar(own dates, 1 holidays, 1 make-up workdays)"
    with pytest.raises(wl.TimeError, match="2024-13-01"):
        calendar.day_type("2024-13-01")
    with pytest.raises(wl.TimeError, match="weekend"):
        wl.Calendar(weekend=[0])


def test_a_calendar_pickles_and_is_never_changed() -> None:
    calendar = wl.Calendar.country("CN", provisional=True)
    assert pickle.loads(pickle.dumps(calendar)) == calendar
    assert calendar != wl.Calendar.weekends()
    with pytest.raises(AttributeError):
        calendar.name = "other"  # type: ignore[misc]


def test_what_is_no_country_and_no_date_is_told() -> None:
    assert wl.Calendar.country("cn") == wl.Calendar.country("CN")
    wrong: Any = None
    with pytest.raises(TypeError, match="found None, expected the code of a country"):
        wl.Calendar.country(wrong)
    with pytest.raises(wl.TimeError, match="XX"):
        wl.Calendar.country("xx")
    wrong = ["2024-02-10"]
    with pytest.raises(TypeError, match="found holidays as a list, expected dates with their names"):
        wl.Calendar(holidays=wrong)
    wrong = 20240101
    with pytest.raises(TypeError, match="found 20240101 of type int, expected a date"):
        wl.Calendar.weekends().day_type(wrong)
