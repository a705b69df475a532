"""Market users in Python: price series from arrays and frames, retail tables, what changed, tariffs side by side."""

import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattlens as wl
from wattlens.price_change import Cause, PriceChange

FUJIAN = "cn-fujian-two-part-1-10kv-2025-08"
HOURS = 744


def tariff(*charges: tuple[str, dict[str, Any]], **more: Any) -> wl.Tariff:
    words = {"en": "", "zh": ""}
    components = [
        {"id": name, "name": words, "charge": charge, "source": "s", "certainty": "stated"} for name, charge in charges
    ]
    sheet = {
        "schema": 2, "id": "t", "name": words, "currency": "CNY", "certainty": "stated", "source": "s",
        "versions": [{"in_force": {"from": "2020-01-01"}, "components": components}], **more,
    }  # fmt: skip
    return wl.Tariff.from_json(json.dumps(sheet))


def spot() -> wl.Tariff:
    return tariff(("spot", {"energy_series": {"series": "spot", "factor": "1.1", "adder": "0.02"}}))


def january(kwh: np.ndarray[Any, Any]) -> wl.Site:
    return wl.Site(wl.Readings.from_arrays(start="2026-01-01", step="1h", zone="Asia/Shanghai", import_kwh=kwh))


@pytest.fixture(scope="module")
def load() -> np.ndarray[Any, Any]:
    return np.random.default_rng(4).uniform(1, 9, HOURS)


@pytest.fixture(scope="module")
def prices() -> np.ndarray[Any, Any]:
    return np.random.default_rng(5).uniform(-0.2, 0.8, HOURS)


def test_a_series_from_an_array_and_from_frames_bills_the_same(
    load: np.ndarray[Any, Any], prices: np.ndarray[Any, Any]
) -> None:
    stamps = pd.date_range("2026-01-01", periods=HOURS, freq="h", tz="Asia/Shanghai")
    pandas = pd.DataFrame({"at": stamps, "price": prices})
    given_in = [
        spot().with_series("spot", prices, start="2026-01-01", step="1h", zone="Asia/Shanghai"),
        spot().with_series("spot", list(prices), start="2025-12-31T16:00:00+00:00", step=3600, zone="UTC"),
        spot().with_series("spot", pandas, time="at", column="price", stamp="start"),
        spot().with_series("spot", pandas.set_index("at"), column="price", stamp="start"),
        spot().with_series("spot", pl.from_pandas(pandas), time="at", column="price", stamp="start"),
        spot().with_series("spot", pl.from_pandas(pandas).to_arrow(), time="at", column="price", stamp="start"),
    ]
    expected = float(np.sum(load * (1.1 * prices + 0.02)))
    for one in given_in:
        (bill,) = one.bill(january(load))
        assert float(bill.lines[0].amount_unrounded) == pytest.approx(expected, abs=1e-4)
        assert np.allclose(one.prices(january(load)), 1.1 * prices + 0.02)
    again = pickle.loads(pickle.dumps(given_in[0]))
    assert again == given_in[0]
    assert again.missing_series == ()


def test_a_missing_price_is_a_gap_of_the_frame_and_is_said(
    load: np.ndarray[Any, Any], prices: np.ndarray[Any, Any]
) -> None:
    frame = pd.DataFrame({"price": prices}, index=pd.date_range("2026-01-01", periods=HOURS, freq="h")).drop(
        index=[pd.Timestamp("2026-01-02 03:00"), pd.Timestamp("2026-01-02 04:00")]
    )
    one = spot().with_series("spot", frame, column="price", zone="Asia/Shanghai", stamp="start")
    (bill,) = one.bill(january(load))
    assert [lack.needs for lack in bill.not_done] == ["tariff.price_series"]
    unpriced = load[27] + load[28]
    assert bill.quantities.by_component["spot"]["unpriced_kwh"] == pytest.approx(unpriced)
    assert any("2 h" in note and f"{unpriced:.2f}" in note for note in bill.notes())
    assert any("2小时" in note for note in bill.notes("zh"))


def test_series_that_make_no_sense_say_what_to_do() -> None:
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: spot().with_series("spot", [0.1]), "start, step and zone"),
        (lambda: spot().with_series("spott", [0.1], start="2026-01-01", step="1h", zone="UTC"), "spot"),
        (lambda: spot().with_series("spot", [], start="2026-01-01", step="1h", zone="UTC"), "prices"),
        (lambda: spot().with_series("spot", ["a"], start="2026-01-01", step="1h", zone="UTC"), "numbers"),
        (lambda: spot().with_series("spot", [[0.1]], start="2026-01-01", step="1h", zone="UTC"), "dimensions"),
        (lambda: spot().bill(january(np.ones(HOURS))), "with_series"),
    ]
    for call, says in calls:
        with pytest.raises(wl.TariffError) as error:
            call()
        assert says in str(error.value)
    assert spot().missing_series == ("spot",)


def test_published_prices_are_given_by_month_and_a_deviation_is_billed() -> None:
    one = tariff(
        ("retail", {"retail": {"pricing": {"shared_spread": {
            "reference": {"table": "agency"}, "cost": "0.36", "customer_share": "0.7",
            "customer_share_of_loss": "0.5"}}}}),
        ("deviation", {"deviation": {"over": {"tolerance_share": "0.03", "price": "0.05"}}}),
        price_tables={"agency": {}},
    )  # fmt: skip
    assert one.missing_prices == ("agency",)
    priced = one.with_prices(agency={"2026-01": "0.40"})
    quantities = wl.BillingQuantities.month("2026-01", kwh={"all": 10_500.0})
    bill = priced.bill(quantities, wl.Contract(contracted_kwh={"2026-01": 10_000.0}))
    # 10 500 × (0.40 − 0.7 × 0.04), and (10 500 − 10 300) × 0.05.
    assert [line.amount for line in bill.lines] == [Decimal("3906.00"), Decimal("10.00")]
    assert [line.rule for line in bill.lines] == ["retail.spread", "deviation.over"]
    with pytest.raises(wl.TariffError, match="2026-02"):
        priced.bill(wl.BillingQuantities.month("2026-02", kwh={"all": 1.0}), wl.Contract())
    with pytest.raises(wl.SiteError, match=r"contracted_kwh\.2026-1"):
        priced.bill(quantities, wl.Contract(contracted_kwh={"2026-1": 1.0}))
    assert "contracted 10 000 kWh" in repr(wl.Contract(contracted_kwh={"2026-01": 10_000.0}))


@pytest.fixture(scope="module")
def site() -> wl.Site:
    return wl.simulate.demo_site()


@pytest.fixture(scope="module")
def fujian() -> wl.Tariff:
    return wl.Tariff.load(FUJIAN).assume_in_force()


def amounts(change: PriceChange) -> dict[Cause, Decimal]:
    return {part.cause: part.amount for part in change.parts}


@given(
    kwh=st.lists(st.floats(100, 1e6), min_size=4, max_size=4),
    kvarh=st.lists(st.floats(0, 1e6), min_size=2, max_size=2),
)
@settings(max_examples=40, deadline=None)
def test_the_parts_are_what_the_formulas_say(kwh: list[float], kvarh: list[float]) -> None:
    one = wl.Tariff.load(FUJIAN).assume_in_force()
    contract = wl.Contract(capacity_kva=1000, demand_billing="capacity", power_factor_standard=0.90)

    def bill_of(month: str, peak: float, valley: float, reactive: float) -> wl.Bill:
        quantities = wl.BillingQuantities.month(month, kwh={"peak": peak, "valley": valley}, import_kvarh=reactive)
        return one.bill(quantities, contract)

    old = bill_of("2025-07", kwh[0], kwh[1], kvarh[0])
    new = bill_of("2025-08", kwh[2], kwh[3], kvarh[1])
    found = amounts(wl.price_change(old, new))
    assert sum(found.values()) == new.total - old.total
    price = {name: float(value) for name, value in one.period_prices().items()}
    q0, q1 = sum(kwh[:2]), sum(kwh[2:])
    at_old_prices = [peak * price["peak"] + valley * price["valley"] for peak, valley in (kwh[:2], kwh[2:])]
    volume = (q1 - q0) * at_old_prices[0] / q0
    structure = q1 * (at_old_prices[1] / q1 - at_old_prices[0] / q0)
    # Every line is rounded to a cent; more energy after than before magnifies that.
    near = 0.1 * (1 + q1 / q0 + kwh[2] / kwh[0] + kwh[3] / kwh[1])
    assert float(found["volume"]) == pytest.approx(volume, abs=near)
    assert float(found["structure"]) == pytest.approx(structure, abs=near)
    assert float(found["price"]) == pytest.approx(0, abs=near)
    assert found["fixed_demand"] == 0


def test_changes_explain_themselves(site: wl.Site, fujian: wl.Tariff) -> None:
    bills = fujian.bill(site)
    changes = bills.price_changes(site=site)
    assert len(changes) == 11
    for change in changes:
        assert sum(part.amount for part in change.parts) == change.amount == change.after.total - change.before.total
        assert sum(part.average_price for part in change.parts) == change.average_price
        assert change.days is not None
        assert change.days.days_kwh is not None
        assert change.days.use_kwh is not None
        assert change.days.days_kwh + change.days.use_kwh == change.after.kwh - change.before.kwh
    february = changes[0]
    assert february.before.labels == ("2025-01",)
    assert "Workdays 19 → 19, rest days 12 → 9" in february.sentence()
    assert "工作日19天→19天，休息日12天→9天" in february.sentence("zh")
    assert f"{february.amount:+,.2f}" in repr(february)
    table = february.to_table()
    assert table["amount"][-1] == pytest.approx(sum(table["amount"][:-1]))
    assert february.to_table("zh")["cause"][-1] == february.figure("zh").x.categories[-1] == "变化"
    for language in ("en", "zh"):
        page = february.html(language)
        assert "<table" in page
        assert "<svg" in page
    assert "<script" not in february._repr_html_()
    halves = wl.price_change(bills[:6], bills[6:])
    assert halves.amount == sum(bill.total for bill in bills[6:]) - sum(bill.total for bill in bills[:6])
    assert "…" in halves.sentence()
    with pytest.raises(TypeError, match="Bill"):
        wl.price_change([site], bills)  # type: ignore[list-item]


def test_absent_charges_are_said_beside_the_change(fujian: wl.Tariff) -> None:
    one, other = (
        fujian.bill(wl.BillingQuantities.month(month, kwh={"peak": 100.0}), wl.Contract())
        for month in ("2025-07", "2025-08")
    )
    change = wl.price_change(one, other)
    assert {lack.task for lack in change.not_done} >= {"bill.basic_charge", "bill.power_factor"}
    assert all(lack.sentence() in change.sentence() for lack in change.not_done)


def test_tariffs_side_by_side(site: wl.Site, fujian: wl.Tariff) -> None:
    flat = tariff(("energy", {"energy": {"price": "0.7"}}), ("fixed", {"fixed": {"price": "1000", "per": "month"}}))
    template = wl.Tariff.load("cn-fujian-two-part-1-10kv-2026-08").assume_in_force()
    compared = wl.compare_tariffs(site, [fujian, flat, template])
    totals = {"present": fujian.bill(site).total, "flat": flat.bill(site).total}
    assert [option.total for option in compared.options] == [totals["present"], totals["flat"], None]
    assert compared.options[1].difference == totals["flat"] - totals["present"]
    cheapest = compared.ranked()[0]
    assert cheapest.total == min(totals.values())
    assert compared.ranked()[-1].problem is not None
    table = compared.to_table()
    assert table.to_dict()["rank"] == [1, 2, None]
    assert "with_prices" in str(table.to_dict()["lacks"][-1])
    page = compared.html("zh")
    assert "与现方案的差额" in page
    assert "<svg" in page
    assert f"{totals['flat']:,.2f}" in repr(compared)


def test_variants_of_a_contract(site: wl.Site, fujian: wl.Tariff) -> None:
    standard, kva = site.contract.power_factor_standard, site.contract.capacity_kva
    variants = [
        wl.Contract(capacity_kva=kva, demand_billing="contract_demand", contract_demand_kw=kw,
                    power_factor_standard=standard)
        for kw in (500.0, 620.0, 1200.0)
    ]  # fmt: skip
    variants.append(wl.Contract(capacity_kva=kva, power_factor_standard=standard))
    found = wl.what_if(site, fujian, variants)
    for variant, total in zip(variants, found.variants, strict=True):
        slow = fujian.bill(wl.Site(site.readings, calendar=site.calendar, contract=variant))
        assert total.total == slow.total
    assert found.variants[3].not_done
    best = found.best()
    assert best is not None
    assert found.variants[best].total == min(one.total for one in found.variants[:3])
    table = found.to_table().to_dict()
    assert table["difference"][0] == 0.0
    assert table["difference"][3] is None
    with pytest.raises(wl.TariffError, match="at least one"):
        wl.what_if(site, fujian, [])
