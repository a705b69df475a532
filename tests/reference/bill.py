"""The two-part bill of Xiamen, August 2025, from its windows and prices; every line to the cent."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from reference import power_factor

FLOATING = Decimal("0.373900")
FACTORS = {"sharp": Decimal("1.80"), "peak": Decimal("1.58"), "flat": Decimal(1), "valley": Decimal("0.37")}
NETWORK = Decimal("0.18260025")
FUNDS = Decimal("0.02766875")
CAPACITY_PRICE = Decimal(25)
DEMAND_PRICE = Decimal(40)


@dataclass(frozen=True)
class Reading:
    """One interval: its local start, and its energies [kWh, kvarh]."""

    start: datetime
    kwh: Decimal
    import_kvarh: Decimal
    export_kvarh: Decimal


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to the cent, as the lines of a bill are."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def period(start: datetime) -> str:
    """Period of an instant, by the hour of the wall clock.

    >>> [period(datetime(2018, 8, 1, hour)) for hour in (7, 11, 12, 15)], period(datetime(2018, 1, 1, 11))
    (['valley', 'sharp', 'flat', 'peak'], 'peak')
    """
    if start.month in (7, 8, 9) and start.hour in (11, 17):
        return "sharp"
    if start.hour in (10, 11, 15, 16, 17, 18, 19, 21):
        return "peak"
    return "valley" if start.hour < 8 else "flat"


def months(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    """Readings by month."""
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        found[f"{reading.start:%Y-%m}"].append(reading)
    return found


def demand_kw(month: list[Reading]) -> Decimal:
    """Highest mean power of a quarter of an hour [kW]."""
    return 4 * max(reading.kwh for reading in month)


def basic_charge(mode: str, capacity_kva: Decimal, contract_kw: Decimal, demand: Decimal, rule: str) -> Decimal:
    """Basic charge of a month; a part above 105 % of the contract costs twice, in either reading of the rule."""
    if mode == "capacity":
        return cents(capacity_kva * CAPACITY_PRICE)
    if mode == "actual_demand":
        return cents(demand * DEMAND_PRICE)
    contract_kw = max(contract_kw, capacity_kva * Decimal("0.40"))
    edge = contract_kw * Decimal("1.05")
    if demand <= edge:
        return cents(contract_kw * DEMAND_PRICE)
    inside = edge if rule == "A" else contract_kw
    return cents(inside * DEMAND_PRICE) + cents((demand - edge) * 2 * DEMAND_PRICE)


def total(month: list[Reading], basic: Decimal) -> Decimal:
    """The bill of a month at the standard 0.90: energy, basic charge, funds, and the power-factor adjustment."""
    by_period: dict[str, Decimal] = defaultdict(Decimal)
    for reading in month:
        by_period[period(reading.start)] += reading.kwh
    kwh = sum(by_period.values(), Decimal(0))
    adjusted = sum((cents(FLOATING * FACTORS[name] * energy) for name, energy in by_period.items()), Decimal(0))
    adjusted += cents(NETWORK * kwh) + basic
    factor = power_factor.billed(
        kwh,
        sum((reading.import_kvarh for reading in month), Decimal(0)),
        sum((reading.export_kvarh for reading in month), Decimal(0)),
    )
    percent = power_factor.adjustment_percent(Decimal("0.90"), factor)
    return adjusted + cents(FUNDS * kwh) + cents(adjusted * percent / 100)
