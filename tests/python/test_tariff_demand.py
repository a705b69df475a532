"""Power that is billed: peaks that are carried over, subscribed power, words of what a bill lacks."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wattlens as wl
from wattlens.quantities import Carried, PastPeak
from wattlens.words import say


def one(charge: dict[str, Any]) -> wl.Tariff:
    words = {"en": "t", "zh": "t"}
    component = {"id": "demand", "name": words, "charge": {"demand": charge}, "source": "test", "certainty": "stated"}
    version = {"in_force": {"from": "2018-01-01"}, "components": [component]}
    sheet = {
        "schema": 2, "id": "t", "name": words, "currency": "USD", "certainty": "stated", "source": "test",
        "versions": [version],
    }  # fmt: skip
    return wl.Tariff.from_json(json.dumps(sheet))


def january(peak_kw: float, **contract: Any) -> wl.Site:
    kwh = 2.5 - np.arange(31 * 96) * 7919 % 311 / 1000
    kwh[1000] = peak_kw / 4
    readings = wl.Readings.from_arrays(start="2025-01-01", step="15min", zone="UTC", import_kwh=kwh)
    return wl.Site(readings, contract=wl.Contract(**contract))


def test_a_ratchet_takes_the_peaks_that_are_carried() -> None:
    tariff = one({"rate": "10", "ratchet": {"share": "0.5", "look_back": {"months": 1}}})
    before = Carried(peaks=(PastPeak(from_=date(2024, 12, 1), demand=90.0),))
    bill = tariff.bill(january(40), carried=before)[0]
    # Half of 90 kW is more than January's 40 kW.
    assert (bill.lines[0].rule, float(bill.lines[0].quantity), float(bill.total)) == ("demand.ratchet", 45.0, 450.0)
    assert bill.carried.peaks[-1] == PastPeak(
        from_=date(2025, 1, 1), until=date(2025, 2, 1), component="demand", demand=40.0
    )
    alone = tariff.bill(january(40))[0]
    assert float(alone.total) == 400.0
    assert [(one.task, one.needs) for one in alone.not_done] == [("bill.ratchet", "carried.peaks")]
    assert any("carried.peaks" in note for note in alone.notes("zh"))


def test_six_periods_of_subscribed_power() -> None:
    tariff = wl.Tariff.from_json(Path(__file__).parents[2] / "tests/fixtures/tariffs/es-six-periods.json")
    subscribed = {"P1": 20.0, "P2": 20.0, "P3": 20.0, "P4": 20.0, "P5": 20.0, "P6": 30.0}
    bill = tariff.bill(january(15, subscribed_kw=subscribed))[0]
    power = [line for line in bill.lines if line.component == "power"]
    # 31 days x (20 kW x 0.145 + 30 kW x 0.005); 15 kW is nowhere above.
    assert float(sum(line.amount_unrounded for line in power)) == pytest.approx(31 * 3.05)
    assert "subscribed P1 20 kW" in repr(wl.Contract(subscribed_kw=subscribed))
    with pytest.raises(wl.SiteError, match=r"contract\.subscribed_kw\.P4"):
        tariff.bill(january(15, subscribed_kw={key: kw for key, kw in subscribed.items() if key != "P4"}))


def test_blocks_that_under_read_a_sliding_meter_are_told() -> None:
    tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    readings = january(400, capacity_kva=1000, demand_billing="actual_demand")
    bill = tariff.bill(readings)[0]
    assert bill.quantities.demand_origin == "block"
    assert say("label.block_demand", "en") in bill.notes("en")
    by_capacity = wl.Site(readings.readings, contract=wl.Contract(capacity_kva=1000, demand_billing="capacity"))
    assert say("label.block_demand", "en") not in tariff.bill(by_capacity)[0].notes("en")
