"""Bills against SAM itself: random tariffs and loads, every monthly figure unrounded."""

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.sam import Case, drawn, sam_figures, site

import wattlens as wl

CASES_A_WAY = 48
RELATIVE = 1e-6
ABSOLUTE = 1e-5  # a top-up near zero is the difference of sums that are not


def our_figures(case: Case, tariff: wl.Tariff, *, with_generation: bool) -> dict[str, NDArray[np.float64]]:
    two_meters = case.way == "buy_all_sell_all"
    where = site(case.per_hour, case.load, case.generation if with_generation else 0.0, two_meters=two_meters)
    bills = list(tariff.bill(where))
    assert len(bills) == 12
    assert all(bill.not_done == () for bill in bills), [bill.not_done for bill in bills]
    figures: dict[str, NDArray[np.float64]] = {}
    for what, ids in {
        "energy": ("energy", "export"), "fixed": ("fixed",), "minimum": ("minimum", "minimum_of_year"),
        "demand_flat": ("demand_flat",), "demand_tou": ("demand_tou",), "total": {one["id"] for one in case.components},
    }.items():  # fmt: skip
        amounts = [sum(line.amount_unrounded for line in bill.lines if line.component in ids) for bill in bills]
        figures[what] = np.array([float(amount) for amount in amounts])
    if any("demand" in one["charge"] for one in case.components):
        figures["peak_kw"] = np.array([bill.quantities.demand_kw for bill in bills])
    quantities = [bill.quantities for bill in bills]
    figures["net_kwh"] = np.array([sum(one.kwh.values()) - sum(one.export_kwh.values()) for one in quantities])
    for bill in bills:
        assert sum(line.amount for line in bill.lines) == bill.total
    return figures


@pytest.mark.parametrize("way", ["net_billing", "carried", "next", "net_metering", "buy_all_sell_all"])
def test_bills_as_sam_bills(way: str) -> None:
    kinds, binding = set(), 0
    for seed in range(CASES_A_WAY):
        case = drawn(way, seed)
        theirs, tariff = sam_figures(case), case.tariff()
        for which, expected in theirs.items():
            ours = our_figures(case, tariff, with_generation=which == "with")
            for what in ours.keys() & expected.keys():
                off = np.abs(ours[what] - expected[what]) - RELATIVE * np.abs(expected[what]) - ABSOLUTE
                at = int(off.argmax())
                found = f"{what} of month {at + 1}: {ours[what][at]}, SAM {expected[what][at]}"
                assert off[at] <= 0, f"{way} {seed} {which} generation, {found}"
            binding += int((expected["minimum"] > 0).any())
        for one in case.components:
            terms = one["charge"].get("energy_tiers")
            kinds.add((terms["limits"], terms.get("counts")) if terms else one["id"])
    assert len({kind[0] for kind in kinds if isinstance(kind, tuple)}) == 4  # every kind of limits was drawn
    assert {"energy", "demand_flat", "demand_tou", "minimum", "minimum_of_year"} <= kinds
    assert binding > 0
