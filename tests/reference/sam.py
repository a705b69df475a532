"""Tariffs and loads drawn at random from what SAM and wattlens can both bill.

Where SAM's rules are its own, the tariffs keep to what is the same:

- Blocks of prices by period are filled by the energy of all periods: under net metering each block is shared among
  the periods by their energy (`counts: all`), under the other ways it is filled in the order of time (`running`).
  Limits are the same in every period of a month; blocks that each period fills for itself do not exist in SAM.
- The surplus of net metering rolls over by the hour of the day, not by the period's name: periods here are the same
  in every month and each occurs at one of the hours that SAM looks at. Its worth at the end of the year is that of
  the running sum over all periods: priced here with one period only.
- A year's minimum leaves out what the months' minimums added, and December's minimum is both top-ups.
- A bill below zero counts as zero against a minimum, so that the credit is paid out beside it: cases with a minimum
  and a bill below zero are drawn without the minimum. What is paid at the end of the year comes after the minimum:
  cases that pay then have none. Under buy-all–sell-all the minimum is that of the consumption's meter alone.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import PySAM.Utilityrate5 as UtilityRate
from numpy.typing import NDArray

import wattlens as wl

NO_END = 1e38
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
WEEKEND = ["saturday", "sunday"]
ROLLOVER_HOURS = [0, 5, 11, 17]
ALL_YEAR = range(12)

Table = list[list[int]]
Blocks = list[tuple[float, list[float]]]


@dataclass
class Case:
    """A tariff as both write it, and the loads it is billed on."""

    way: str
    per_hour: int
    load: int
    generation: float
    sam: dict[str, Any] = field(default_factory=dict)
    schedules: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)

    def add(self, id: str, charge: dict[str, Any]) -> None:  # noqa: A002 - the field's name
        """Adds a component."""
        name = {"en": id, "zh": id}
        self.components.append({"id": id, "name": name, "source": "drawn", "certainty": "stated", "charge": charge})

    def tariff(self) -> wl.Tariff:
        """The case as wattlens writes it."""
        """Adds a component."""
        version = {"in_force": {"from": "2018-01-01"}, "schedules": self.schedules, "components": self.components}
        sheet = {
            "schema": 2, "id": "drawn", "name": {"en": "Drawn", "zh": "随机电价"}, "currency": "USD", "source": "drawn",
            "certainty": "stated", "versions": [version],
        }  # fmt: skip
        return wl.Tariff.from_json(json.dumps(sheet))


@lru_cache
def powers(per_hour: int, load: int, generation: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Load and generation of a year [kW]: shifts, a weekly and a yearly course, noise; sun with clouds."""
    rng = np.random.default_rng([per_hour, load])
    at = np.arange(8760 * per_hour)
    hour, day = at / per_hour % 24, at // (24 * per_hour)
    worked = (day % 7 < 5 + load % 2) & (hour >= 6 + load) & (hour < 16 + 2 * load)
    base = 40.0 + 30 * load
    kw = base * (1 + 1.5 * worked + 0.3 * np.sin(2 * np.pi * (day + 30 * load) / 365)) * rng.uniform(0.7, 1.3, len(at))
    clouds = rng.uniform(0.2, 1.0, 365)[day]
    season = 1 - 0.4 * np.cos(2 * np.pi * day / 365)
    sun = np.maximum(0, np.sin(np.pi * (hour - 6) / 12)) * season * clouds
    return kw, sun * generation * base


@lru_cache
def site(per_hour: int, load: int, generation: float, *, two_meters: bool) -> wl.Site:
    """The case as readings of one meter, or of one for the load and one for the generation."""
    kw, sun = powers(per_hour, load, generation)
    bought, sold = (kw, sun) if two_meters else (np.maximum(kw - sun, 0), np.maximum(sun - kw, 0))
    step = f"{60 // per_hour}min"
    readings = wl.Readings.from_arrays(
        start="2018-01-01", step=step, zone="UTC", import_kwh=bought / per_hour, export_kwh=sold / per_hour
    )
    return wl.Site(readings)


def schedule(id: str, letter: str, weekday: Table, weekend: Table) -> dict[str, Any]:  # noqa: A002 - the field's name
    """Tables of periods by month and hour, as a schedule."""
    rules = []
    for days, table in ((WEEKDAYS, weekday), (WEEKEND, weekend)):
        for hours in {tuple(hours): hours for hours in table}.values():
            months = [month for month, of_month in enumerate(table, 1) if of_month == hours]
            edges = [0, *(hour for hour in range(1, 24) if hours[hour] != hours[hour - 1]), 24]
            for start, end in pairwise(edges):
                windows = [f"{start:02}:00-{end:02}:00"]
                rules.append({"period": f"{letter}{hours[start]}", "months": months, "days": days, "windows": windows})
    return {"id": id, "base": rules, "source": "drawn"}


def used(*tables: Table) -> list[int]:
    """Periods that occur in the tables."""
    return sorted({period for table in tables for hours in table for period in hours})


def drawn_table(rng: np.random.Generator, periods: int, *, by_season: bool) -> Table:
    """Periods by month and hour, in two seasons."""

    def day() -> list[int]:
        edges = sorted(rng.choice(np.arange(1, 24), size=rng.integers(0, 5), replace=False).tolist())
        spans = zip([0, *edges], [*edges, 24], strict=True)
        return [period for a, b in spans for period in [int(rng.integers(1, periods + 1))] * (b - a)]

    winter, summer = day(), day()
    return [summer if by_season and 5 <= month <= 8 else winter for month in ALL_YEAR]


def drawn_price(rng: np.random.Generator, low: float, high: float) -> float:
    """A price of five decimals."""
    return round(float(rng.uniform(low, high)), 5)


def drawn_limits(rng: np.random.Generator, blocks: int, largest: float) -> list[float]:
    """Ends of blocks, the last one open."""
    return [*sorted(round(float(one), 2) for one in rng.uniform(0.05, 1.0, blocks - 1) * largest), NO_END]


def rate(limits: list[float], prices: list[float]) -> list[dict[str, Any]]:
    """Blocks as wattlens writes them."""
    ends = [{} if limit == NO_END else {"up_to": str(limit)} for limit in limits]
    return [{**end, "price": str(price)} for end, price in zip(ends, prices, strict=True)]


def rollover_table(rng: np.random.Generator, periods: int) -> Table:
    """The same day all year in which every period occurs at an hour at which SAM rolls over."""
    order = [*range(1, periods + 1), *rng.integers(1, periods + 1, len(ROLLOVER_HOURS) - periods).tolist()]
    starts = [0, *(int(rng.integers(a + 1, b + 1)) for a, b in pairwise(ROLLOVER_HOURS)), 24]
    spans = zip(rng.permutation(order).tolist(), pairwise(starts), strict=True)
    day = [period for period, (a, b) in spans for _ in range(b - a)]
    return [day for _ in ALL_YEAR]


def add_energy(case: Case, rng: np.random.Generator) -> None:
    """Energy by period with blocks, and what exports are paid."""
    periods, blocks = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    if case.way == "net_metering":
        weekday = rollover_table(rng, periods)
    else:
        weekday = drawn_table(rng, periods, by_season=bool(rng.integers(2)))
    weekend = drawn_table(rng, periods, by_season=False)
    unit = int(rng.integers(4)) if blocks > 1 else 0
    month_kwh = powers(case.per_hour, case.load, case.generation)[0].sum() / case.per_hour / 12
    limits = drawn_limits(rng, blocks, [1.1 * month_kwh, 500, 0.04 * month_kwh, 20][unit])
    buys = {period: [drawn_price(rng, 0.03, 0.4) for _ in limits] for period in range(1, periods + 1)}
    sells = {period: drawn_price(rng, 0.0, 0.15) for period in buys}
    case.sam |= {
        "ur_ec_sched_weekday": weekday,
        "ur_ec_sched_weekend": weekend,
        "ur_ec_tou_mat": [
            [period, block, limit, unit, buys[period][block - 1], sells[period]]
            for period in buys for block, limit in enumerate(limits, 1)
        ],
    }  # fmt: skip
    names = used(weekday, weekend)
    case.schedules.append(schedule("energy", "e", weekday, weekend))
    if blocks == 1 and rng.integers(2):
        prices = {f"e{period}": str(buys[period][0]) for period in names}
        case.add("energy", {"energy": {"by_period": prices}})
    else:
        terms: dict[str, Any] = {"limits": ["kwh", "kwh_a_kw", "kwh_a_day", "kwh_a_kw_and_day"][unit]}
        if names == [1] and rng.integers(2):
            terms["rate"] = rate(limits, buys[1])
        else:
            terms["rates"] = {f"e{period}": rate(limits, buys[period]) for period in names}
            terms["counts"] = "all" if case.way == "net_metering" else "running"
        case.add("energy", {"energy_tiers": terms})
    add_export(case, rng, {f"e{period}": str(sells[period]) for period in names})


def add_export(case: Case, rng: np.random.Generator, prices: dict[str, str]) -> None:
    """The ways of net metering and net billing."""
    month, pays = int(rng.integers(1, 13)), bool(rng.integers(2))
    match case.way:
        case "net_billing" | "buy_all_sell_all":
            case.sam["ur_metering_option"] = 2 if case.way == "net_billing" else 4
            case.add("export", {"export": {"net_billing": {"by_period": prices}}})
        case "net_metering":
            price = drawn_price(rng, 0.01, 0.05) if len(prices) == 1 else 0.0
            ends = {"year_end": {"month": month, "price": str(price)}} if len(prices) == 1 else {}
            case.sam |= {
                "ur_metering_option": 0,
                "ur_nm_yearend_sell_rate": price,
                "ur_nm_credit_month": month - 1 if ends else 11,
            }
            case.add("export", {"export": {"net_metering": ends}})
        case credit:
            case.sam |= {
                "ur_metering_option": 3,
                "ur_nb_apply_credit_current_month": int(credit == "carried"),
                "ur_nm_credit_month": month - 1,
                "ur_nb_credit_expire": int(not pays),
            }
            year_end = {"month": month, "paid_share": str(int(pays))}
            terms = {"by_period": prices, "credit": credit, "of": ["energy"], "year_end": year_end}
            case.add("export", {"export": {"net_billing": terms}})


def add_demand(case: Case, rng: np.random.Generator) -> None:
    """Demand by season, by period, with blocks."""
    seasons = [[month for month in ALL_YEAR if not 5 <= month <= 8], list(range(5, 9))]
    by_hours_of_use = any(
        "kw" in one["charge"].get("energy_tiers", {}).get("limits", "")[4:] for one in case.components
    )
    if by_hours_of_use or rng.integers(3):
        limits = drawn_limits(rng, int(rng.integers(1, 4)), 400)
        prices = [[drawn_price(rng, 2, 15) for _ in limits] for _ in seasons]
        rules = [
            {"period": f"s{at}", "months": [month + 1 for month in months], "windows": ["00:00-24:00"]}
            for at, months in enumerate(seasons)
        ]
        case.schedules.append({"id": "seasons", "base": rules, "source": "drawn"})
        rates = {f"s{at}": rate(limits, prices[at]) for at in range(2)}
        case.add("demand_flat", {"demand": {"rates": rates, "schedule": "seasons"}})
        case.sam["ur_dc_flat_mat"] = [
            [month, block, limit, prices[at][block - 1]]
            for at, months in enumerate(seasons) for month in months for block, limit in enumerate(limits, 1)
        ]  # fmt: skip
    if rng.integers(2):
        periods = int(rng.integers(1, 4))
        weekday, weekend = (drawn_table(rng, periods, by_season=bool(rng.integers(2))) for _ in range(2))
        limits = drawn_limits(rng, int(rng.integers(1, 4)), 400)
        of_period = {period: [drawn_price(rng, 1, 12) for _ in limits] for period in range(1, periods + 1)}
        case.schedules.append(schedule("demand", "d", weekday, weekend))
        rates = {f"d{period}": rate(limits, of_period[period]) for period in used(weekday, weekend)}
        case.add("demand_tou", {"demand": {"rates": rates, "schedule": "demand"}})
        case.sam |= {
            "ur_dc_sched_weekday": weekday,
            "ur_dc_sched_weekend": weekend,
            "ur_dc_tou_mat": [
                [period, block, limit, of_period[period][block - 1]]
                for period in of_period for block, limit in enumerate(limits, 1)
            ],
        }  # fmt: skip


def add_fixed(case: Case, rng: np.random.Generator) -> None:
    """A fixed charge a month."""
    price = drawn_price(rng, 0, 200)
    case.add("fixed", {"fixed": {"price": str(price), "per": "month"}})
    case.sam["ur_monthly_fixed_charge"] = price


def with_minimums(case: Case, rng: np.random.Generator, bills: NDArray[np.float64]) -> Case:
    """The same with minimums that bind in some months, or in the year."""
    month, year = (round(float(rng.uniform(0.8, 1.2) * amount), 2) for amount in (np.median(bills), bills.sum()))
    # Against the minimum of two meters SAM counts the bill of the consumption alone.
    ids = [one["id"] for one in case.components]
    others = [one for one in ids if not (case.way == "buy_all_sell_all" and one == "export")]
    more = Case(
        case.way, case.per_hour, case.load, case.generation, dict(case.sam), case.schedules, list(case.components)
    )
    which = int(rng.integers(1, 4))
    if which & 1:
        more.add("minimum", {"minimum": {"amount": str(month), "per": "month", "of": others}})
        more.sam["ur_monthly_min_charge"] = month
    if which & 2:
        more.add("minimum_of_year", {"minimum": {"amount": str(year), "per": "year", "of": others}})
        more.sam["ur_annual_min_charge"] = year
    return more


def sam_model(case: Case) -> Any:
    """SAM's model of the case, to be executed."""
    kw, sun = powers(case.per_hour, case.load, case.generation)
    one_period = [[1] * 24] * 12
    rates = {
        "en_electricity_rates": 1, "rate_escalation": [0], "ur_dc_enable": 1, "ur_enable_billing_demand": 0,
        "ur_monthly_fixed_charge": 0, "ur_monthly_min_charge": 0, "ur_annual_min_charge": 0,
        "ur_nm_yearend_sell_rate": 0, "ur_nm_credit_month": 11, "ur_nm_credit_rollover": 0, "ur_sell_eq_buy": 0,
        "ur_nb_apply_credit_current_month": 0, "ur_nb_credit_expire": 0, "TOU_demand_single_peak": 0,
        "ur_en_ts_buy_rate": 0, "ur_en_ts_sell_rate": 0, "ur_ts_buy_rate": [0], "ur_ts_sell_rate": [0],
        "ur_dc_sched_weekday": one_period, "ur_dc_sched_weekend": one_period, "ur_dc_tou_mat": [[1, 1, NO_END, 0]],
        "ur_dc_flat_mat": [[month, 1, NO_END, 0] for month in ALL_YEAR],
    } | case.sam  # fmt: skip
    model = UtilityRate.new()
    model.Lifetime.assign({"analysis_period": 1, "inflation_rate": 0, "system_use_lifetime_output": 0})
    model.SystemOutput.assign({"gen": sun.tolist(), "degradation": [0]})
    model.Load.assign({"load": kw.tolist(), "load_escalation": [0]})
    model.ElectricityRates.assign(rates)
    return model


def sam_figures(case: Case) -> dict[str, dict[str, NDArray[np.float64]]]:
    """SAM's monthly figures with and without the generation."""
    model = sam_model(case)
    model.execute(0)
    out = model.Outputs

    def figures(long: str, short: str) -> dict[str, NDArray[np.float64]]:
        named = {
            "energy": f"year1_monthly_ec_charge_{long}_system", "fixed": f"year1_monthly_fixed_{long}_system",
            "minimum": f"year1_monthly_minimum_{long}_system", "demand_flat": f"year1_monthly_dc_fixed_{long}_system",
            "demand_tou": f"year1_monthly_dc_tou_{long}_system", "total": f"year1_monthly_utility_bill_{short}_sys",
            "peak_kw": f"year1_monthly_peak_{short}_system", "net_kwh": f"year1_monthly_use_{short}_system",
        }  # fmt: skip
        return {what: np.array(getattr(out, name)) for what, name in named.items()}

    with_system = figures("with", "w")
    # What is paid at the end of a credit year is in SAM's bill and not in its energy charge.
    with_system["energy"] = with_system["energy"] - np.array(out.year1_true_up_credits)
    if case.way == "net_metering":
        del with_system["net_kwh"]  # there less the kWh brought from the months before
    if case.way == "buy_all_sell_all":
        del with_system["net_kwh"], with_system["peak_kw"]  # there those of the generation's own meter
    return {"without": figures("without", "wo"), "with": with_system}


def drawn(way: str, seed: int) -> Case:
    """The case of a seed."""
    rng = np.random.default_rng([seed, *way.encode()])
    case = Case(way, 4 if seed % 4 == 0 else 1, int(rng.integers(4)), float(rng.choice([0.3, 1.5, 4.0])))
    add_fixed(case, rng)
    add_energy(case, rng)
    add_demand(case, rng)
    expires = case.sam.get("ur_nb_credit_expire", 1)
    pays = case.sam.get("ur_nm_yearend_sell_rate") or not expires
    if rng.integers(2) or pays:
        return case
    bills = sam_figures(case)["without" if way == "buy_all_sell_all" else "with"]["total"]
    return with_minimums(case, rng, bills) if bills.min() > 0 else case
