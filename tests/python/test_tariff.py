import json
import pickle
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference import bill as slow_bill
from reference import power_factor as slow_power_factor

import wattlens as wl

FUJIAN = "cn-fujian-two-part-1-10kv-2025-08"


@pytest.fixture(scope="module")
def goldens(real_folder: Path) -> dict[str, Any]:
    return dict(json.loads((real_folder / "tariff" / "china_goldens.json").read_text(encoding="utf-8")))


def august(kwh: Mapping[str, float], *kvarh: float, **more: Any) -> wl.BillingQuantities:
    forward, reverse = kvarh or (None, None)
    return wl.BillingQuantities.month("2025-08", kwh=kwh, import_kvarh=forward, export_kvarh=reverse, **more)


def test_the_two_xiamen_bills(goldens: dict[str, Any]) -> None:
    tariff = wl.Tariff.load(FUJIAN)
    assert len(goldens["bills"]) == 2
    for real in goldens["bills"]:
        contract = wl.Contract(capacity_kva=real["capacity_kva"], demand_billing="capacity", power_factor_standard=0.9)
        bill = tariff.bill(august(real["kwh"], *real["kvarh"]), contract)
        assert abs(float(bill.total) - real["billed_total"]) <= 0.10
        assert bill.power_factor == real["pf"]
        assert not bill.assumed_in_force
        assert bill.notes() == []
        adjustment = bill.lines[-1]
        assert abs(float(adjustment.amount) - real["calc"]["pf_adj"]) <= 0.02


def test_every_row_of_the_power_factor_table(goldens: dict[str, Any]) -> None:
    tariff = wl.Tariff.load(FUJIAN)
    rows = 0
    for standard, table in goldens["pf_adjustment_percent"]["table"].items():
        for factor, percent in table.items():
            kwh = 1e6 * float(factor)
            kvarh = 1e6 * np.sqrt(1 - float(factor) ** 2)
            contract = wl.Contract(power_factor_standard=float(standard))
            bill = tariff.bill(august({"flat": kwh}, kvarh, 0.0), contract)
            (line,) = (line for line in bill.lines if line.component == "power_factor_adjustment")
            assert line.price * 100 == Decimal(str(percent)), (standard, factor)
            assert slow_power_factor.adjustment_percent(Decimal(standard), Decimal(factor)) == Decimal(str(percent))
            rows += 1
    assert rows == 183


def test_contract_demand_under_both_rules(goldens: dict[str, Any]) -> None:
    tariff = wl.Tariff.load(FUJIAN)
    for case in goldens["contract_demand_cases"]:
        for rule in ("A", "B"):
            contract = wl.Contract(
                capacity_kva=case["transformer_kva"],
                demand_billing="contract_demand",
                contract_demand_kw=case["contract_kw"],
                overrun_rule=rule,
            )
            bill = tariff.bill(august({"flat": 1.0}, demand_kw=case["actual_kw"]), contract)
            basic = sum(line.amount for line in bill.lines if line.component == "basic_charge")
            assert float(basic) == case[f"fee_{rule}"]
            assert basic == slow_bill.basic_charge(
                "contract_demand",
                Decimal(case["transformer_kva"]),
                Decimal(case["contract_kw"]),
                Decimal(case["actual_kw"]),
                rule,
            )


def test_what_a_bill_cannot_know_is_absent_and_named() -> None:
    bill = wl.Tariff.load(FUJIAN).bill(august({"flat": 1000.0}), wl.Contract())
    assert [(one.task, one.needs) for one in bill.not_done] == [
        ("bill.basic_charge", "contract.demand_billing"),
        ("bill.power_factor", "contract.power_factor_standard"),
    ]
    assert {line.component for line in bill.lines} == {"purchase", "network_and_system", "government_funds"}
    assert bill.power_factor is None
    assert len(bill.notes("zh")) == 2


def test_a_template_refuses_to_bill_until_its_prices_are_given() -> None:
    template = wl.Tariff.load("cn-fujian-two-part-1-10kv-2026-08")
    quantities = wl.BillingQuantities.month("2026-08", kwh={"flat": 1000.0})
    with pytest.raises(wl.TariffError, match="purchase"):
        template.bill(quantities, wl.Contract())
    with pytest.raises(wl.TariffError, match="purchase"):
        template.period_prices()
    with pytest.raises(wl.TariffError, match="purchas"):
        template.with_prices(purchas="0.4")
    with pytest.raises(wl.TariffError, match=r"found -0.4|negative"):
        template.with_prices(purchase="-0.4")
    priced = template.with_prices(purchase="0.38", line_loss="0.013", system="0.08")
    assert priced.bill(quantities, wl.Contract()).total > 0
    assert template.missing_prices == ("purchase", "line_loss", "system")


def test_lines_are_exact_and_the_bill_is_their_sum(diagnosis: wl.Diagnosis) -> None:
    bills = diagnosis.bills
    assert bills is not None
    for bill in bills:
        assert bill.total == sum(line.amount for line in bill.lines)
        for line in bill.lines:
            assert line.amount_unrounded == line.quantity * line.price
            assert line.amount == slow_bill.cents(line.amount_unrounded)
            assert line.source
            assert line.rule
    assert bills.total == sum(bill.total for bill in bills)
    lines = bills.lines().to_polars()
    assert lines.height == sum(len(bill.lines) for bill in bills)
    assert lines["amount"].sum() == pytest.approx(float(bills.total))


def test_splitting_a_load_between_two_sites_keeps_the_energy(demo: wl.Site, fujian: wl.Tariff) -> None:
    kwh = demo.readings["import_kwh"]
    first = np.round(kwh * np.linspace(0, 1, len(kwh)), 2)

    def bills(values: Any) -> wl.Bills:
        readings = wl.Readings.from_arrays(
            start=demo.readings.start, step="15min", zone="Asia/Shanghai", import_kwh=values
        )
        return fujian.bill(wl.Site(readings))

    whole, parts = bills(kwh), [bills(first), bills(kwh - first)]
    for month, bill in enumerate(whole):
        amounts = [sum(line.amount_unrounded for line in part[month].lines) for part in parts]
        assert float(sum(amounts)) == pytest.approx(float(sum(line.amount_unrounded for line in bill.lines)), abs=1e-3)


def test_interval_prices_follow_the_wall_clock(demo: wl.Site, fujian: wl.Tariff) -> None:
    prices = fujian.prices(demo.readings)
    by_period = {name: float(price) for name, price in fujian.period_prices().items()}
    starts = demo.readings.starts + np.timedelta64(8, "h")
    for at in range(0, len(prices), 37):
        assert prices[at] == pytest.approx(by_period[slow_bill.period(starts[at].item())], rel=1e-12)


def test_half_known_reactive_energy_gives_no_power_factor(fujian: wl.Tariff) -> None:
    kvarh = np.full(31 * 96, 2.0)
    contract = wl.Contract(power_factor_standard=0.9)

    def bill(kvarh: Any) -> wl.Bill:
        readings = wl.Readings.from_arrays(
            start="2025-08-01", step="15min", zone="Asia/Shanghai", import_kwh=np.full(31 * 96, 5.0), import_kvarh=kvarh
        )
        return fujian.bill(wl.Site(readings, contract=contract))[0]

    assert bill(kvarh).power_factor == 0.93
    kvarh[: 31 * 4] = np.nan
    assert bill(kvarh).power_factor == 0.93
    kvarh[: 31 * 48] = np.nan
    half = bill(kvarh)
    assert half.power_factor is None
    assert ("bill.power_factor", "readings.import_kvarh") in {(one.task, one.needs) for one in half.not_done}


@pytest.mark.parametrize("id", wl.bundled_tariffs().to_dict()["id"])
def test_bundled_tariffs_go_round(id: str) -> None:  # noqa: A002
    tariff = wl.Tariff.load(id)
    assert wl.Tariff.from_json(tariff.to_json()) == tariff
    assert pickle.loads(pickle.dumps(tariff)) == tariff
    assumed = tariff.assume_in_force()
    assert pickle.loads(pickle.dumps(assumed)) == assumed
    assert assumed != tariff
    assert tariff.source
    with pytest.raises(AttributeError):
        tariff.id = "other"  # type: ignore[misc]
    assert id in repr(tariff)
    assert id in tariff._repr_html_()


def test_bills_and_quantities_pickle_and_are_never_changed(diagnosis: wl.Diagnosis) -> None:
    bills = diagnosis.bills
    assert bills is not None
    assert pickle.loads(pickle.dumps(bills)) == bills
    assert pickle.loads(pickle.dumps(bills[0])) == bills[0]
    with pytest.raises(AttributeError):
        bills[0].total = Decimal(0)  # type: ignore[misc]
    with pytest.raises(AttributeError):
        bills.total = Decimal(0)  # type: ignore[misc]


def test_the_columns_of_lines_have_one_type_with_and_without_periods(diagnosis: wl.Diagnosis) -> None:
    readings = wl.Readings.from_arrays(start="2025-08-01", step="1h", zone="Asia/Shanghai", import_kwh=np.ones(744))
    flat = wl.Tariff.load("example-flat").bill(wl.Site(readings)).lines().to_polars()
    assert diagnosis.bills is not None
    assert flat.schema == diagnosis.bills.lines().to_polars().schema
    assert flat["period"].to_list() == [None]


def test_numbers_of_numpy_are_numbers() -> None:
    contract = wl.Contract(capacity_kva=np.int64(1000), demand_billing="capacity")  # type: ignore[arg-type]
    bill = wl.Tariff.load(FUJIAN).bill(august({"flat": np.float64(1000.5)}, np.float32(10.5), 0.0), contract)  # type: ignore[arg-type]
    assert bill.quantities.kwh == {"flat": 1000.5}
    assert bill.quantities.import_kvarh == 10.5
    assert [line.quantity for line in bill.lines if line.unit == "kVA"] == [1000]


def test_bad_quantities_are_named() -> None:
    tariff = wl.Tariff.load(FUJIAN)
    with pytest.raises(wl.SiteError, match=r"quantities\.kwh\.flat: .*expected f64$"):
        tariff.bill(august({"flat": float("nan")}), wl.Contract())
    with pytest.raises(wl.TariffError, match=r'no period "flatt"; its periods: .*flat'):
        tariff.bill(august({"flatt": 1.0}), wl.Contract())
    with pytest.raises(wl.TariffError, match="expected a number up to"):
        tariff.bill(august({"flat": 1e14}), wl.Contract())
    for month in ("2025-13", "9999-12", "August"):
        with pytest.raises(wl.TariffError, match=month):
            wl.BillingQuantities.month(month, kwh={})


def test_hostile_names_are_escaped() -> None:
    sheet = json.loads(wl.Tariff.load("example-flat").to_json())
    sheet["id"] = "<script>alert(1)</script>"
    (component,) = sheet["versions"][0]["components"]
    sheet["name"] = component["name"] = {"en": "<b onclick=x>", "zh": "<b onclick=x>"}
    sheet["source"] = component["source"] = "<i>&"
    tariff = wl.Tariff.from_json(json.dumps(sheet))
    bill = tariff.bill(wl.BillingQuantities.month("2025-08", kwh={"all": 10.0}), wl.Contract())
    readings = wl.Readings.from_arrays(start="2025-08-01", step="1h", zone="Asia/Shanghai", import_kwh=np.ones(744))
    bills = tariff.bill(wl.Site(readings))
    for markup in (tariff._repr_html_(), bill._repr_html_(), bill.html("zh"), bills._repr_html_()):
        for hostile in ("<script", "<b onclick", "<i>"):
            assert hostile not in markup


def test_notes_name_the_months_they_hold_for(demo: wl.Site, fujian: wl.Tariff) -> None:
    notes = fujian.bill(demo).notes()
    assert notes[0].startswith("SIMULATED")
    # August 2025 alone is in force; November alone has a gap.
    assert any(note.startswith("In 11 of 12 months: Billed as if") for note in notes)
    assert any(note.startswith("2025-11: 0.694 %") for note in notes)
    assert "2025-11：" in "".join(fujian.bill(demo).notes("zh"))


def test_the_total_energy_of_entered_quantities() -> None:
    quantities = wl.BillingQuantities.month("2025-12", kwh={"peak": 100.5, "flat": 200.25, "valley": 0.25})
    assert quantities.total_kwh == 301
    assert quantities.until.isoformat() == "2026-01-01"


def every_price(tariff: wl.Tariff) -> wl.Tariff:
    """The same tariff with some price wherever one lacks."""
    periods = [
        rule["period"]
        for rule in json.loads(tariff.to_json())["versions"][0].get("schedules", [{"base": []}])[0]["base"]
    ]
    prices: dict[str, Any] = dict.fromkeys(tariff.missing_prices, "0.1")
    if "energy" in prices:
        prices["energy"] = dict.fromkeys([*periods, "flat", "deep_valley"], "0.6")
    return tariff.with_prices(**prices)


@pytest.mark.parametrize("id", [one for one in wl.bundled_tariffs().to_dict()["id"] if one.startswith("cn-")])
def test_what_is_not_verified_is_said_by_the_list_and_by_every_bill(id: str) -> None:  # noqa: A002
    listed = wl.bundled_tariffs().to_dict()
    row = listed["id"].index(id)
    tariff = wl.Tariff.load(id)
    assert listed["certainty"][row] == tariff.certainty
    assert listed["notes"][row].splitlines() == [note.en for note in tariff.notes]
    assert listed["notes_zh"][row].splitlines() == [note.zh for note in tariff.notes]
    is_unverified = tariff.certainty == "unverified"
    month = tariff.in_force.from_.isoformat()[:7]
    period = next(iter(json.loads(tariff.to_json())["versions"][0].get("schedules", [{"rest": "all"}])))["rest"]
    bill = every_price(tariff).bill(wl.BillingQuantities.month(month, kwh={period: 10.0}), wl.Contract())
    for language, words in (("en", "is not verified as a whole"), ("zh", "整体未经核实")):
        said = [note for note in bill.notes(language) if words in note]  # type: ignore[arg-type]
        assert len(said) == is_unverified
    if is_unverified:
        assert tariff.warnings.of("tariff.unverified")
    if tariff.missing_prices:
        with pytest.raises(wl.TariffError, match=tariff.missing_prices[0]):
            tariff.bill(wl.BillingQuantities.month(month, kwh={period: 10.0}), wl.Contract())


def test_a_bill_from_readings_says_that_its_periods_are_not_verified() -> None:
    readings = wl.Readings.from_arrays(start="2025-08-01", step="1h", zone="Asia/Shanghai", import_kwh=np.arange(744.0))
    (bill,) = wl.Tariff.load(FUJIAN).bill(wl.Site(readings))
    assert "Not verified, in price, factor or period: Agency purchase price." in bill.notes()
    assert "价格、浮动比例或时段未经核实：代理购电价格。" in bill.notes("zh")
    assert bill.quantities.periods_certainty == "unverified"


def test_listed_prices_that_the_factors_contradict_are_told() -> None:
    warnings = wl.Tariff.load("cn-hubei-single-part-35kv-2026-01").warnings
    told = warnings.of("tariff.absolute_price")
    assert [one.evidence["period"] for one in told] == ["flat", "peak"]
    assert told[0].sentence() == (
        "energy, flat, from 2026-01-01: the listed price 0.695686 is billed; the period's factor or the sum of the "
        "parts gives 0.695886, a difference of -0.000200."
    )
    assert "按所列电价 0.695686 计费" in told[0].sentence("zh")
    assert not wl.Tariff.load("example-flat").warnings


def test_prices_listed_by_period_are_given_by_period() -> None:
    template = wl.Tariff.load("cn-zhejiang-two-part-1-10kv-2026-08")
    assert template.missing_prices == ("energy", "government_funds")
    with pytest.raises(wl.TariffError, match=r'energy=\{"deep_valley": …, "flat": …'):
        template.period_prices()
    with pytest.raises(wl.TariffError, match="energy"):
        template.with_prices(energy="0.6")
    prices = {"sharp": "1.2", "peak": "1.0", "flat": "0.632", "valley": "0.2844", "deep_valley": "0.1264"}
    priced = template.with_prices(energy=prices, government_funds="0.03")
    assert priced.period_prices() == {period: Decimal(price) for period, price in prices.items()}


def test_hot_days_come_from_temperatures_and_an_unknown_day_is_refused() -> None:
    tariff = every_price(wl.Tariff.load("cn-guangdong-two-part-1-10kv-2026-08"))
    readings = wl.Readings.from_arrays(start="2026-10-01", step="1h", zone="Asia/Shanghai", import_kwh=np.arange(744.0))
    site = wl.Site(readings)
    with pytest.raises(wl.TariffError, match=r"2026-10-01 is not known; give the daily maximum temperatures"):
        tariff.bill(site)
    celsius: dict[Any, float] = {f"2026-10-{day:02}": 30.0 for day in range(1, 32)}
    hot = tariff.with_daily_maximum(hot_day=celsius | {"2026-10-02": 35.0})
    # The second of October: hours 24 + 11, 24 + 15 and 24 + 16.
    assert hot.bill(site)[0].quantities.kwh["sharp"] == 35 + 39 + 40
    assert pickle.loads(pickle.dumps(hot)) == hot
    del celsius["2026-10-09"]
    unknown = tariff.with_daily_maximum(hot_day=celsius)
    with pytest.raises(wl.TariffError, match="2026-10-09"):
        unknown.bill(site)
    assert unknown.with_event_days(hot_day=[]).bill(site)[0].quantities.kwh["sharp"] == 0
    with pytest.raises(wl.TariffError, match="hot_day"):
        tariff.with_daily_maximum(hot_dai=celsius)
    with pytest.raises(wl.TariffError, match="nan"):
        tariff.with_daily_maximum(hot_day={"2026-10-01": float("nan")})
    with pytest.raises(TypeError, match="expected a dict by date"):
        tariff.with_daily_maximum(hot_day=[35.0])  # type: ignore[arg-type]


def test_the_holidays_of_the_country_make_the_deep_valley() -> None:
    tariff = every_price(wl.Tariff.load("cn-zhejiang-two-part-1-10kv-2026-08")).assume_in_force()
    # Days off as decreed in 2025: 28 January to 4 February, 1 to 5 May, 1 to 8 October; April's holiday is another.
    wanted = {"2025-01": 4, "2025-02": 4, "2025-04": 0, "2025-05": 5, "2025-10": 8}
    for month, days in wanted.items():
        first = np.datetime64(month, "M")
        hours = int(((first + 1).astype("datetime64[h]") - first.astype("datetime64[h]")).astype(int))
        rng = np.random.default_rng(1)
        readings = wl.Readings.from_arrays(
            start=f"{month}-01", step="1h", zone="Asia/Shanghai", import_kwh=rng.uniform(1, 2, hours)
        )
        site = wl.Site(readings, calendar=wl.Calendar.country("CN"))
        kwh = tariff.bill(site)[0].quantities.kwh["deep_valley"]
        assert kwh > 4 * days * 1.0 - 1e-9
        assert kwh < 4 * days * 2.0 + 1e-9
