"""Missing readings, low-side metering and several meters, from Python."""

import pickle
from decimal import Decimal

import numpy as np
import pytest

import wattlens as wl

# April 2026 in quarters of an hour: 30 days of 96.
QUARTERS = 2880
FLAT = wl.Tariff.load("example-flat")  # 0.65 a kWh


def site(*, gap: int = 0, contract: wl.Contract | None = None) -> wl.Site:
    # 10 and 12 kWh in turn; the first `gap` quarters are missing.
    kwh = np.tile([10.0, 12.0], QUARTERS // 2)
    kwh[:gap] = np.nan
    readings = wl.Readings.from_arrays(start="2026-04-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh)
    return wl.Site(readings, contract=contract)


def test_a_bill_with_missing_readings_has_bounds_and_shows_them() -> None:
    bill = FLAT.bill(site(gap=100))[0]
    # 1390 × 22 = 30 580 kWh; each of the 100 missing quarters takes 0 to 12 kWh.
    assert bill.total == Decimal("19877.00")
    assert bill.bounds is not None
    assert (bill.bounds.low, bill.bounds.high) == (Decimal("19877.00"), Decimal("20657.00"))
    for language, words in (("en", "between 19,877.00 and 20,657.00 CNY"), ("zh", "在 19,877.00 至 20,657.00 CNY 之间")):
        assert any(words in note for note in bill.notes(language))  # type: ignore[arg-type]
        assert words in bill.html(language)  # type: ignore[arg-type]
    assert "between 19,877.00 and 20,657.00 CNY" in repr(bill)
    assert pickle.loads(pickle.dumps(bill)) == bill
    assert FLAT.bill(site())[0].bounds is None


def test_policies_are_named() -> None:
    assert len(FLAT.bill(site(gap=1), missing="refuse")) == 0
    assert [one.reason for one in FLAT.bill(site(gap=600)).not_billed] == ["missing_readings"]
    bounds = FLAT.bill(site(gap=600), missing="bounds")[0]
    assert bounds.quantities.estimated_kwh == 0.0
    assert bounds.quantities.missing_h == {"all": 150.0}
    proportional = FLAT.bill(site(gap=600), missing="proportional")[0]
    assert proportional.quantities.total_kwh == pytest.approx(QUARTERS * 11.0)
    assert proportional.quantities.estimated_kwh == pytest.approx(6600.0)
    assert proportional.total == Decimal("20592.00")
    assert any("estimated" in note for note in proportional.notes())
    with pytest.raises(wl.WattlensError, match="proportional"):
        FLAT.bill(site(), missing="zero")  # type: ignore[call-overload]


def test_losses_of_low_side_metering_are_billed_once_and_told() -> None:
    transformer = wl.Transformer(
        capacity_kva=100, no_load_loss_kw=0.2, load_loss_kw=1.5, no_load_current_percent=1, impedance_percent=4
    )
    kva = np.tile([50.0, 60.0], QUARTERS // 2)  # 40 and 48 kW at 0.8, without a reactive meter
    low_side = wl.LowSide(transformer=transformer, shape_factor=wl.shape_factor(kva))
    contract = wl.Contract(low_side=low_side)
    assert "low-voltage side" in repr(contract)
    bill = FLAT.bill(site(contract=contract))[0]
    # 720 h × 0.2 + 1.5 × 720 × (0.5² + 0.6²) / 2 = 144 + 329.4 kWh.
    assert bill.quantities.loss_kwh == pytest.approx(473.4)
    assert bill.quantities.total_kwh == pytest.approx(31680 + 473.4)
    assert any("473" in note and "low-voltage side" in note for note in bill.notes())
    assert any("高供低计" in note for note in bill.notes("zh"))
    assert FLAT.bill(bill.quantities, contract).total == bill.total
    entered = wl.BillingQuantities.month("2026-04", kwh={"all": 31680.0})
    assert FLAT.bill(entered, contract).quantities.loss_kwh == pytest.approx(473.4)
    lacking = FLAT.bill(entered, wl.Contract(low_side=wl.LowSide(transformer=transformer)))
    assert [one.needs for one in lacking.not_done] == ["contract.shape_factor"]
    with pytest.raises(wl.SiteError, match=r"low_side\.shape_factor"):
        FLAT.bill(entered, wl.Contract(low_side=wl.LowSide(transformer=transformer, shape_factor=0.5)))


def test_meters_of_one_supply_point_are_billed_together() -> None:
    bills = [FLAT.bill(site())[0], FLAT.bill(site(gap=100))[0]]
    both = wl.BillingQuantities.sum(bill.quantities for bill in bills)
    assert both.total_kwh == 31680 + 30580
    assert both.demand_kw == 96.0
    assert FLAT.bill(both, wl.Contract()).total == Decimal("40469.00")
    common = bills[0].quantities.share(0.4)
    assert common.total_kwh == pytest.approx(12672)
    may = wl.BillingQuantities.month("2026-05", kwh={"all": 1.0})
    with pytest.raises(wl.SiteError, match="same dates"):
        wl.BillingQuantities.sum([both, may])
    with pytest.raises(wl.SiteError, match="expected 0 to 1"):
        both.share(40)


def test_kinds_of_charges_have_words() -> None:
    from wattlens.words import catalogue

    rules = ["power_factor_penalty", "power_factor_penalty.band", "reactive", "reactive.above_free", "surcharge.percent"]
    for language in ("en", "zh"):
        assert all(catalogue(language).get(f"rule.{rule}") for rule in rules)  # type: ignore[arg-type]
