import copy
import json
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import wattlens as wl

FIXTURES = Path(__file__).parents[1] / "fixtures" / "urdb"
HOURS = [[0] * 24 for _ in range(12)]


def invented(**more: Any) -> dict[str, Any]:
    rate = {
        "label": "539f",
        "name": "Small plant",
        "startdate": 1735718400,
        "energyratestructure": [[{"rate": 0.1, "adj": 0.02}]],
        "energyweekdayschedule": HOURS,
        "energyweekendschedule": HOURS,
        "fixedchargefirstmeter": 25,
        "fixedchargeunits": "$/month",
    }
    return rate | more


def march(kwh: float, demand_kw: float | None = None) -> wl.BillingQuantities:
    return wl.BillingQuantities.month("2025-03", kwh={"energy_1": kwh}, demand_kw=demand_kw)


def test_every_real_rate_bills_a_year(real_folder: Path) -> None:
    readings = wl.simulate.plant(zone="America/Los_Angeles").readings
    site = wl.Site(readings)
    paths = sorted((real_folder / "urdb").glob("*.json"))
    assert len(paths) >= 3
    for path in paths:
        tariff = wl.Tariff.from_urdb(path)
        bills = tariff.bill(site)
        assert [bill.label for bill in bills] == [f"2025-{month:02}" for month in range(1, 13)]
        assert all(sum(line.amount for line in bill.lines) == bill.total > 0 for bill in bills)
        (rate,) = json.loads(path.read_text(encoding="utf-8"))["items"]
        fixed = [line.amount_unrounded for bill in bills for line in bill.lines if line.component == "fixed"]
        assert fixed == [Decimal(str(rate["fixedchargefirstmeter"]))] * 12
        assert tariff.currency == "USD"
        assert rate["label"] in tariff.source
        assert wl.Tariff.from_json(tariff.to_json()) == tariff


def test_a_path_a_text_and_a_list_give_the_same(tmp_path: Path) -> None:
    text = json.dumps(invented())
    path = tmp_path / "rate.json"
    path.write_text(text, encoding="utf-8-sig")
    expected = wl.Tariff.from_urdb(text)
    assert expected.id == "urdb-539f"
    assert wl.Tariff.from_urdb(path) == wl.Tariff.from_urdb(str(path)) == expected
    assert wl.Tariff.from_urdb(f"[{text}]") == wl.Tariff.from_urdb(f'{{"items": [{text}]}}') == expected
    assert pickle.loads(pickle.dumps(expected)) == copy.copy(expected) == expected


def test_a_label_chooses_one_of_several() -> None:
    path = FIXTURES / "several.json"
    with pytest.raises(wl.TariffError, match=r"2 rates; choose one with label=.*first .*Small.*second"):
        wl.Tariff.from_urdb(path)
    assert wl.Tariff.from_urdb(path, label="second").period_prices() == {"energy_1": Decimal("0.07")}
    with pytest.raises(wl.TariffError, match='no rate has the label "third"'):
        wl.Tariff.from_urdb(path, label="third")


def test_what_is_not_carried_over_is_said() -> None:
    tariff = wl.Tariff.from_urdb(json.dumps(invented(dgrules="Net Metering", ridercredit=-4.2, state="CA")))
    assert [(one.field, one.value, one.costs) for one in tariff.not_carried] == [
        ("dgrules", '"Net Metering"', True),
        ("ridercredit", "-4.2", True),
        ("state", '"CA"', False),
    ]
    assert all(one.why.en and one.why.zh for one in tariff.not_carried)
    assert "2 not carried over" in repr(tariff)
    bill = tariff.bill(march(1000), wl.Contract())
    assert (bill.total, bill.not_carried) == (Decimal("145.00"), 2)
    assert any(note.startswith("2 of the fields") for note in bill.notes())
    assert any("2 个" in note for note in bill.notes("zh"))
    assert "2 of the fields" in repr(bill)
    whole = wl.Tariff.from_urdb(json.dumps(invented()))
    assert whole.not_carried == ()
    assert "not carried" not in repr(whole)
    assert whole.bill(march(1), wl.Contract()).notes() == []


def test_a_bill_of_invented_blocks() -> None:
    tariff = wl.Tariff.from_urdb(FIXTURES / "hours_of_use.json")
    # 150 kW: blocks end at 30 000 and 60 000 kWh: 30 000 × 0.12 + 30 000 × 0.08 + 10 000 × 0.05 and 30 fixed.
    bill = tariff.bill(march(70_000, 150), wl.Contract())
    energy = [line.amount for line in bill.lines if line.component == "energy"]
    assert energy == [Decimal(3600), Decimal(2400), Decimal(500)]
    # An amount that counts once has no unit.
    assert "1      × 30" in repr(bill)
    assert ">one<" not in bill.html()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"energyweekdayschedule": [[0]]}, r"energyweekdayschedule: found 1 months, expected 12 months of 24 hours"),
        ({"energyratestructure": [[{"rate": -1}]]}, r"energyratestructure\[0\]\[0\]\.rate.*-1, expected zero or more"),
        ({"energyratestructure": [[]]}, r"energyratestructure\[0\]: has no rate.*add one"),
        ({"energyratestructure": [[{"rate": float("inf")}]]}, r"energyratestructure\[0\]\[0\]\.rate.*finite"),
        ({"enddate": 1}, r"enddate: .*before it starts on 2025-01-01"),
    ],
)
def test_bad_rates_are_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(wl.TariffError, match=says):
        wl.Tariff.from_urdb(json.dumps(invented(**more)))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        wl.Tariff.from_urdb("not-there.json")
