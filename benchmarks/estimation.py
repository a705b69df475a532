"""Estimates against real readings that were hidden, written as tables into docs/accuracy.md.

Run by `make proof`, with `WATTLENS_DATA` naming the folder of real readings; `--gaps 20` for a short look.
"""

from __future__ import annotations

import argparse
import gzip
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

import wattlens as wl
from wattlens import _core, wire

PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
START, END = "<!-- estimates -->", "<!-- end of estimates -->"
HOURS = {1: "1 h", 2: "2 h", 6: "6 h", 24: "1 day", 72: "3 days", 168: "1 week"}
WEEK_S = 7 * 86_400

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Meter:
    """One meter's channels, whose first is hidden, and its calendar."""

    name: str
    start: int
    step_s: int
    zone: str
    channels: dict[str, Values]
    calendar: wl.Calendar

    @classmethod
    def of(
        cls, name: str, readings: wl.Readings, calendar: wl.Calendar, channels: dict[str, str] | None = None
    ) -> Meter:
        """From readings; `channels` are the names to give and the channels they are taken from."""
        taken = channels or {"import_kwh": "import_kwh"}
        handle = readings.handle
        values = {name: np.array(readings[of]) for name, of in taken.items()}
        return cls(name, handle.start, handle.step_s, readings.zone, values, calendar)

    @property
    def hidden(self) -> str:
        """The channel that is hidden: the last one."""
        return list(self.channels)[-1]

    def without(self, place: slice, *, register: float | None = None, all_channels: bool = False) -> wl.Readings:
        """The readings with a gap; with `register`, one that was read at both ends of it and moved by so much."""
        channels = []
        for name, values in self.channels.items():
            kept = values.copy()
            if all_channels or name == self.hidden:
                kept[place] = np.nan
            channels.append((name, kept, np.zeros(len(kept), dtype=np.uint8)))
        spans = []
        if register is not None:
            ends = (self.start + place.start * self.step_s, self.start + place.stop * self.step_s)
            shown = [
                {"span": {"start": at, "end": at}, "value": value, "flag": "measured", "at": None}
                for at, value in zip(ends, (0.0, register), strict=True)
            ]
            channel = {"quantity": "active_energy", "direction": "import", "phase": "total", "kind": "energy"}
            spans = [{"channel": channel, "kind": "register", "period": "total", "multiplier": 1.0, "values": shown}]
        origin = wire.text({"spans": spans})
        return wl.Readings(_core.Readings(self.start, self.step_s, self.zone, channels, origin))


def real_meters(folder: Path) -> Iterator[Meter]:
    """The real sets; those without a known place have weekends only."""
    weekends = wl.Calendar.weekends()
    steel = wl.read_csv(folder / "steel_kr" / "steel_kr_2018_15min.csv", zone="Asia/Seoul")
    yield Meter.of("steel plant, Korea, 15 min", steel, wl.Calendar.country("KR"))
    school = folder / "nmecr" / "nmecr_school_eload.csv"
    told = {"zone": "Etc/GMT+8", "stamp": "start"}  # 24 hours every day
    readings = wl.read_csv(school, time="time", import_kwh="eload", **told)  # type: ignore[arg-type]
    yield Meter.of("school, USA, 1 h", readings, wl.Calendar.country("US"))
    for building in ("building_1", "building_2"):
        path = folder / "bdg2" / "bdg2_hourly_sample.csv"
        readings = wl.read_csv(path, zone="UTC", stamp="start", time="timestamp", import_kwh=building)
        yield Meter.of(f"BDG2 {building.replace('_', ' ')}, 1 h", readings, weekends)
    for meter in (118, 439, 685, 1147):
        path = folder / "lead_dev" / f"lead_{meter}.csv"
        readings = wl.read_csv(path, zone="UTC", stamp="start", time="timestamp", import_kwh="meter_reading")
        yield Meter.of(f"LEAD {meter}, 1 h", readings, weekends)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "illinois.csv")
        path.write_bytes(gzip.decompress((folder / "mv" / "il-electricity-cdd-hdd-hourly.csv.gz").read_bytes()))
        readings = wl.read_csv(path, zone="America/Chicago", stamp="start", time="start", import_kwh="value")
        yield Meter.of("home, Illinois (simulated there), 1 h", readings, wl.Calendar.country("US"))


def week_before(meter: Meter, place: slice) -> Values:
    """The same hours a week earlier, or a week later at the beginning: the simplest that is in use."""
    values, shift = meter.channels[meter.hidden], WEEK_S // meter.step_s
    shift = -shift if place.start >= shift else shift
    index = np.arange(place.start, place.stop) + shift
    inside = (index >= 0) & (index < len(values)) & ((index < place.start) | (index >= place.stop))
    return np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.nan)


def by(method: str, **choice: object) -> Callable[[Meter, slice], Values]:
    """An estimate by a method of wattlens."""

    def estimate(meter: Meter, place: slice) -> Values:
        filled = meter.without(place).estimate(method, calendar=meter.calendar, **choice)  # type: ignore[arg-type]
        return filled[meter.hidden][place]

    return estimate


def by_register(meter: Meter, place: slice) -> Values:
    """`auto` with a register that was read at both ends of the gap."""
    energy = float(meter.channels[meter.hidden][place].sum())
    filled = meter.without(place, register=energy).estimate(calendar=meter.calendar)
    return filled[meter.hidden][place]


def gaps_of(meter: Meter, hours: int, count: int) -> list[slice]:
    """Gaps at random places, each with all its values and both its neighbours measured."""
    values = meter.channels[meter.hidden]
    length = hours * 3600 // meter.step_s
    random = np.random.default_rng([hours, len(values)])
    found: list[slice] = []
    while len(found) < count:
        start = int(random.integers(1, len(values) - length))
        if not np.isnan(values[start - 1 : start + length + 1]).any():
            found.append(slice(start, start + length))
    return found


@dataclass
class Score:
    """Errors over many gaps, in percent of the meter's mean load."""

    interval: list[float] = field(default_factory=list)
    energy: list[float] = field(default_factory=list)
    signed: list[float] = field(default_factory=list)
    tried: int = 0

    def add(self, true: Values, found: Values, mean: float) -> None:
        """One gap; one that was not filled whole is only counted."""
        self.tried += 1
        if not np.isnan(found).any():
            self.interval.append(100 * float(np.abs(found - true).mean()) / mean)
            self.signed.append(100 * float(found.sum() - true.sum()) / (mean * len(true)))
            self.energy.append(abs(self.signed[-1]))


def score(meter: Meter, estimate: Callable[[Meter, slice], Values], hours: int, count: int) -> Score:
    """A method's errors on one meter over gaps of one length."""
    values = meter.channels[meter.hidden]
    mean, told = float(np.nanmean(values)), Score()
    for place in gaps_of(meter, hours, count):
        told.add(values[place], estimate(meter, place), mean)
    return told


METHODS: dict[str, Callable[[Meter, slice], Values]] = {
    "line over any gap (simplest)": by("linear", linear_up_to="1000h", linear_beside_outage=True),
    "week before (simplest)": week_before,
    "`linear` (up to 2 h)": by("linear"),
    "`like_day`": by("like_day"),
    "`auto`": by("auto"),
    "`auto` with registers (`scaled`)": by_register,
}


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows), ""]


def _percent(values: list[float]) -> str:
    return f"{fmean(values):.1f}" if values else "–"


def means(meters: list[Meter], scores: dict[tuple[str, str, int], Score]) -> list[str]:
    """Mean over the meters of both errors, by method and length of the gap."""
    lines = []
    for title, attribute in (("Error of an interval", "interval"), ("Error of the gap's energy", "energy")):
        rows = []
        for method in METHODS:
            cells = [method]
            for hours in HOURS:
                of = [scores[method, meter.name, hours] for meter in meters]
                known = [fmean(getattr(one, attribute)) for one in of if getattr(one, attribute)]
                share = sum(len(one.interval) for one in of) / sum(one.tried for one in of)
                cells.append(_percent(known) + (f" ({share:.0%} filled)" if 0 < share < 0.995 else ""))
            rows.append(cells)
        lines += [f"{title}, mean over the {len(meters)} meters:", "", *_table(["%", *HOURS.values()], rows)]
    return lines


def each(meters: list[Meter], scores: dict[tuple[str, str, int], Score]) -> list[str]:
    """`auto` on each meter."""
    rows = [
        [
            meter.name,
            *(
                f"{_percent(scores['`auto`', meter.name, hours].interval)} / "
                f"{_percent(scores['`auto`', meter.name, hours].energy)}"
                for hours in HOURS
            ),
        ]
        for meter in meters
    ]
    return ["`auto` without registers on each meter, interval / energy:", "", *_table(["%", *HOURS.values()], rows)]


def choices(meters: list[Meter], count: int) -> list[str]:
    """What like days give with other numbers, over gaps of a day."""
    rows = []
    for weeks, most in ((4, 3), (4, 4), (4, 6), (4, 8), (8, 4), (8, 8)):
        of = [score(meter, by("like_day", weeks=weeks, most_days=most), 24, count) for meter in meters]
        errors = [fmean(one.interval) for one in of]
        biases = [abs(fmean(one.signed)) for one in of]
        rows.append(
            [
                f"{most}",
                f"{weeks}",
                f"{fmean(errors):.2f}",
                f"{fmean(biases):.2f}",
                f"{errors[0]:.1f}",
                f"{biases[0]:.1f}",
            ]
        )
    head = ["most days", "weeks", "interval, mean", "bias of energy, mean", "interval, steel", "bias of energy, steel"]
    return [
        "`like_day` over gaps of a day, by how many days are averaged; % of the mean load:",
        "",
        *_table(head, rows),
    ]


def reactive(folder: Path, count: int) -> list[str]:
    """Reactive energy of the steel plant, with and without its active energy."""
    steel = wl.read_csv(folder / "steel_kr" / "steel_kr_2018_15min.csv", zone="Asia/Seoul")
    calendar = wl.Calendar.country("KR")
    both = by("like_day")

    def without_kwh(meter: Meter, place: slice) -> Values:
        readings = meter.without(place, all_channels=True)
        return readings.estimate("like_day", calendar=calendar)[meter.hidden][place]

    cases = [
        ("imported kvarh, kWh known: by ratio", "import_kvarh", "import_kvarh", both),
        ("imported kvarh, kWh missing too", "import_kvarh", "import_kvarh", without_kwh),
        ("exported kvarh: by the mean", "export_kvarh", "export_kvarh", both),
        ("exported kvarh by ratio (not used)", "import_kvarh", "export_kvarh", both),
    ]
    rows = []
    for title, name, of, estimate in cases:
        meter = Meter.of(title, steel, calendar, {"import_kwh": "import_kwh", name: of})
        told = score(meter, estimate, 24, count)
        rows.append([title, _percent(told.interval), _percent(told.energy)])
    head = ["gaps of a day, % of the mean", "interval", "energy"]
    return ["Reactive energy of the steel plant by like days:", "", *_table(head, rows)]


def tables(folder: Path, count: int) -> str:
    """All of them."""
    meters = list(real_meters(folder))
    scores = {
        (name, meter.name, hours): score(meter, estimate, hours, count)
        for meter in meters
        for hours in HOURS
        for name, estimate in METHODS.items()
        if name != "`linear` (up to 2 h)" or hours <= 2
    }
    for meter in meters:
        for hours in HOURS:
            scores.setdefault(("`linear` (up to 2 h)", meter.name, hours), Score(tried=count))
    register = [one.energy for (name, _, _), one in scores.items() if "registers" in name]
    tried = sum(one.tried for (name, _, _), one in scores.items() if "registers" in name)
    worst = max((max(energy) for energy in register if energy), default=float("nan"))
    filled = sum(len(energy) for energy in register)
    lines = [
        f"{count} gaps at random places for each meter and length, one at a time. Errors in percent of the meter's "
        "mean load, over the gap's intervals, and of the gap's energy.",
        "",
        *means(meters, scores),
        f"With registers, {filled} of {tried} gaps were filled, and the energy of the worst is off by {worst:.0e} %.",
        "",
        *each(meters, scores),
        *choices(meters, count),
        *reactive(folder, count),
    ]
    return "\n".join(lines).rstrip()


def main() -> None:
    """Write the tables between their markers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gaps", type=int, default=300)
    folder = os.environ.get("WATTLENS_DATA")
    if not folder:
        parser.error("WATTLENS_DATA does not name the folder of real readings")
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    page = f"{before}{START}\n{tables(Path(folder), parser.parse_args().gaps)}\n{END}{after}"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
