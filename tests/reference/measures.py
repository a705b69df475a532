"""What two measures would have saved, tried out step by step on a plant that is billed by capacity."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from reference import bill, power_factor

ENOUGH = Decimal("0.95")


def corrected(reading: bill.Reading, add_kvar: int, effect: Decimal) -> bill.Reading:
    """A quarter of an hour after the correction: leading power is switched off, lagging is compensated."""
    net = reading.import_kvarh - reading.export_kvarh
    if net > 0:
        return replace(reading, import_kvarh=reading.import_kvarh - effect * min(net, Decimal(add_kvar) / 4))
    return replace(reading, export_kvarh=reading.export_kvarh + effect * net)


def reached(month: list[bill.Reading], add_kvar: int) -> Decimal:
    """Power factor of a month after the whole correction, as far as it pays."""
    after = [corrected(reading, add_kvar, Decimal(1)) for reading in month]
    factor = power_factor.billed(
        sum((one.kwh for one in after), Decimal(0)),
        sum((one.import_kvarh for one in after), Decimal(0)),
        sum((one.export_kvarh for one in after), Decimal(0)),
    )
    return min(factor, ENOUGH)


def smallest_correction_kvar(months: Sequence[list[bill.Reading]], most_kvar: int) -> int:
    """Smallest multiple of 10 kvar that takes every month as far as `most_kvar` would."""
    goals = [reached(month, most_kvar) for month in months]
    for kvar in range(0, most_kvar, 10):
        if all(reached(month, kvar) >= goal for month, goal in zip(months, goals, strict=True)):
            return kvar
    return most_kvar


def mean_basic_charge(mode: str, capacity_kva: Decimal, contract_kw: Decimal, demands: Sequence[Decimal]) -> Decimal:
    """Mean basic charge over these demands."""
    charges = [bill.basic_charge(mode, capacity_kva, contract_kw, demand, "A") for demand in demands]
    return sum(charges, Decimal(0)) / len(charges)


def best_contract_kw(capacity_kva: Decimal, demands: Sequence[Decimal]) -> Decimal:
    """The whole kW of contract demand with the least mean charge; every one is tried."""
    tried = range(int(capacity_kva * Decimal("0.40")), int(max(demands)) + 2)
    return min(
        (Decimal(kw) for kw in tried), key=lambda kw: mean_basic_charge("contract_demand", capacity_kva, kw, demands)
    )


def basic_charges_by_choice(capacity_kva: Decimal, demands: Sequence[Decimal]) -> list[Decimal]:
    """Basic charge of twelve months from January, the mode chosen each quarter and the contract each month.

    Each choice looks at all months before it; the first quarter stays with capacity.
    """
    mode, charges = "capacity", []
    for month, demand in enumerate(demands):
        earlier = demands[:month]
        contract_kw = best_contract_kw(capacity_kva, earlier) if earlier else Decimal(0)
        if month > 0 and month % 3 == 0:
            modes = ("capacity", "actual_demand", "contract_demand")
            costs = {one: mean_basic_charge(one, capacity_kva, contract_kw, earlier) for one in modes}
            mode = min(costs, key=lambda one: costs[one])
        charges.append(bill.basic_charge(mode, capacity_kva, contract_kw, demand, "A"))
    return charges
