"""Meters to put faults into: real sets as they are, and simulated plants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import wattlens as wl

Values = NDArray[np.float64]
LEAD = (118, 439, 685, 1147)


@dataclass(frozen=True)
class Base:
    """A load with what makes a site of it."""

    name: str
    start: str
    step_s: int
    zone: str
    kwh: Values
    calendar: wl.Calendar
    simulated: bool = False

    @property
    def per_day(self) -> int:
        """Intervals in a day."""
        return 86_400 // self.step_s

    @property
    def months(self) -> float:
        """Length in months."""
        return len(self.kwh) / self.per_day / (365.25 / 12)

    def site(self, kwh: Values) -> wl.Site:
        """The site with another load."""
        readings = wl.Readings.from_arrays(start=self.start, step=f"{self.step_s}s", zone=self.zone, import_kwh=kwh)
        return wl.Site(readings, calendar=self.calendar)

    @cached_property
    def workdays(self) -> NDArray[np.bool_]:
        """Monday to Friday, for every interval; the sets begin at midnight."""
        first = np.datetime64(self.start[:10])
        days = first + np.arange(len(self.kwh)) // self.per_day
        return np.asarray(np.is_busday(days))

    @cached_property
    def worked(self) -> NDArray[np.bool_]:
        """Of every day, whether the calendar has it worked."""
        return np.array(["work" in kind for kind in self._day_kinds])

    @cached_property
    def holidays(self) -> list[int]:
        """Days that the calendar has as holidays, without those that are weekends anyway."""
        ordinary = self.workdays[:: self.per_day]
        return [day for day, kind in enumerate(self._day_kinds) if kind == "holiday" and ordinary[day]]

    @cached_property
    def _day_kinds(self) -> list[str]:
        first = dt.date.fromisoformat(self.start[:10])
        days = [first + dt.timedelta(days=day) for day in range(len(self.kwh) // self.per_day)]
        return list(self.calendar.day_types(days))

    @cached_property
    def shift(self) -> tuple[int, int] | None:
        """First interval of work in a worked day and the end of the last; None where work is not twice the night.

        Work is above half-way between the tenth and the ninetieth hundredth of the median worked day.
        """
        days = self.kwh[: len(self.kwh) // self.per_day * self.per_day].reshape(-1, self.per_day)
        profile = np.nanmedian(days[self.worked], axis=0)
        low, high = np.quantile(profile, [0.1, 0.9])
        if high < 2 * low:
            return None
        works = np.flatnonzero(profile > (low + high) / 2)
        return int(works[0]), int(works[-1]) + 1

    @cached_property
    def day_kwh(self) -> float:
        """Median energy of a day from Monday to Friday [kWh]."""
        whole = len(self.kwh) // self.per_day * self.per_day
        days = self.kwh[:whole].reshape(-1, self.per_day)
        work = self.workdays[:whole].reshape(-1, self.per_day)[:, 0]
        return float(np.nanmedian(np.nanmean(days[work], axis=1)) * self.per_day)

    @cached_property
    def day_scatter(self) -> float:
        """Robust spread of the energy of days of a kind over its median, the larger of worked days and days off."""
        whole = len(self.kwh) // self.per_day * self.per_day
        days = self.kwh[:whole].reshape(-1, self.per_day)
        work = self.workdays[:whole].reshape(-1, self.per_day)[:, 0]
        scatter = []
        for of_kind in (days[work], days[~work]):
            with np.errstate(invalid="ignore"):
                means = np.array([np.mean(day[~np.isnan(day)]) for day in of_kind if not np.isnan(day).all()])
            middle = np.median(means)
            scatter.append(float(1.4826 * np.median(np.abs(means - middle)) / middle) if middle > 0 else np.inf)
        return max(scatter)


def _read(path: Path, **told: str) -> tuple[str, int, Values]:
    readings = wl.read_csv(path, **told)  # type: ignore[arg-type]
    handle = readings.handle
    start = np.datetime64(handle.start, "s").astype(str)
    return f"{start}+00:00", handle.step_s, np.array(readings["import_kwh"], dtype=np.float64)


def lead(folder: Path, meter: int) -> tuple[Values, NDArray[np.bool_]]:
    """Hourly readings of a labelled meter and whether each is labelled."""
    rows = [line.split(",") for line in (folder / "lead_dev" / f"lead_{meter}.csv").read_text().splitlines()[1:]]
    kwh = np.array([float(row[2]) if row[2] else np.nan for row in rows])
    return kwh, np.array([row[3].startswith("1") for row in rows])


def real(folder: Path) -> Iterator[Base]:
    """The real sets; of the labelled meters the labelled hours are taken out."""
    weekends = wl.Calendar.weekends()
    path = folder / "steel_kr" / "steel_kr_2018_15min.csv"
    yield Base("steel, 15 min", *_zoned(path, "Asia/Seoul"), wl.Calendar.country("KR"))
    school = folder / "nmecr" / "nmecr_school_eload.csv"
    named = {"time": "time", "import_kwh": "eload", "stamp": "start"}
    yield Base("school, 1 h", *_zoned(school, "Etc/GMT+8", **named), wl.Calendar.country("US"))
    for building in ("building_1", "building_2"):
        path = folder / "bdg2" / "bdg2_hourly_sample.csv"
        named = {"time": "timestamp", "import_kwh": building, "stamp": "start"}
        yield Base(f"BDG2 {building[-1]}, 1 h", *_zoned(path, "UTC", **named), weekends)
    for meter in LEAD:
        kwh, labelled = lead(folder, meter)
        kwh[labelled] = np.nan
        yield Base(f"LEAD {meter}, 1 h", "2016-01-01", 3600, "UTC", kwh, weekends)


def _zoned(path: Path, zone: str, **named: str) -> tuple[str, int, str, Values]:
    readings = wl.read_csv(path, zone=zone, **named)  # type: ignore[arg-type]
    handle = readings.handle
    local = np.datetime64(handle.start, "s") + np.timedelta64({"Asia/Seoul": 9, "Etc/GMT+8": -8, "UTC": 0}[zone], "h")
    return str(local), handle.step_s, zone, np.array(readings["import_kwh"], dtype=np.float64)


def simulated(seeds: range) -> Iterator[Base]:
    """Clean plants of a year: two shifts at 15 minutes, and by turns one hourly."""
    calendar = wl.Calendar.country("CN")
    for seed in seeds:
        step_s = 900 if seed % 2 == 0 else 3600
        readings = wl.simulate.plant(calendar=calendar, seed=seed, step_s=step_s).readings
        kwh = np.array(readings["import_kwh"], dtype=np.float64)
        yield Base(f"plant {seed}", "2025-01-01", step_s, "Asia/Shanghai", kwh, calendar, simulated=True)
