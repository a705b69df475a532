import pickle
from typing import Any

import numpy as np
import pytest

import wattlens as wl

HOSTILE = "<script>alert('=1+1')</script>"


@pytest.fixture(scope="module")
def priced(demo: wl.Site, fujian: wl.Tariff) -> wl.Findings:
    return wl.find_anomalies(demo, fujian)


def test_a_site_is_its_parts_and_never_changes(readings: wl.Readings) -> None:
    contract = wl.Contract(capacity_kva=315)
    site = wl.Site(readings, name="Plant", calendar=wl.Calendar.weekends(), contract=contract)
    again = pickle.loads(pickle.dumps(site))
    assert (again.readings, again.name, again.calendar, again.contract) == (readings, "Plant", site.calendar, contract)
    for name in ("readings", "name", "contract", "other"):
        with pytest.raises(AttributeError):
            setattr(site, name, None)
    with pytest.raises(AttributeError):
        contract.capacity_kva = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError, match="expected Readings"):
        wl.Site([1.0, 2.0])  # type: ignore[arg-type]
    assert "315 kVA" in repr(site)


def test_load_is_mean_power_with_gaps_kept(readings: wl.Readings) -> None:
    load = wl.Site(readings).load_kw()
    np.testing.assert_array_equal(load, readings["import_kwh"] * 4)


def test_hostile_names_are_escaped(demo: wl.Site, fujian: wl.Tariff) -> None:
    site = wl.Site(demo.readings, name=HOSTILE, calendar=demo.calendar)
    diagnosis = wl.diagnose(site, fujian)
    for shown in (site, diagnosis.profile, diagnosis.findings, diagnosis.bills, diagnosis.savings, site.readings):
        assert "<script" not in shown._repr_html_()  # type: ignore[union-attr]


def test_pricing_findings_equals_finding_with_prices(demo: wl.Site, fujian: wl.Tariff, priced: wl.Findings) -> None:
    bare = wl.find_anomalies(demo)
    assert all(finding.amount is None for finding in bare)
    assert list(wl.price_findings(bare, demo, fujian)) == list(priced)
    assert wl.price_findings(bare, demo, fujian).currency == "CNY"
    for finding in priced:
        # What was used while a meter was stuck is not known.
        if finding.kwh is not None and finding.kwh > 0 and finding.code != "anomaly.stuck_value":
            assert finding.amount is not None
            prices = fujian.prices(demo.readings)
            start = demo.readings.starts.astype(int)
            cost = sum(kwh * prices[np.searchsorted(start, at)] for at, kwh in finding.excess_kwh if kwh > 0)
            assert finding.amount == pytest.approx(cost, abs=0.0051)
            assert finding.kwh == pytest.approx(sum(kwh for _, kwh in finding.excess_kwh))
        else:
            assert finding.amount is None


def test_the_order_of_sites_does_not_matter(fujian: wl.Tariff) -> None:
    plants: list[dict[str, Any]] = [{"seed": seed, "days": 60, "base_kw": 50.0 + seed} for seed in range(4)]

    def texts(order: list[int]) -> dict[int, str]:
        sites = {at: wl.Site(wl.simulate.plant(**plants[at]).readings, name=str(at)) for at in order}
        return {at: wl.diagnose(site, fujian).to_json() for at, site in sites.items()}

    assert texts([0, 1, 2, 3]) == texts([3, 1, 0, 2])


def test_findings_export_and_pickle(priced: wl.Findings) -> None:
    again = pickle.loads(pickle.dumps(priced))
    assert again == priced
    assert (again.currency, again.zone) == ("CNY", "Asia/Shanghai")
    frame = priced.to_polars()
    assert frame.height == len(priced) == len(priced.to_pandas()) == priced.to_pyarrow().num_rows
    assert priced.to_table().units == {"kwh": "kWh", "amount": "CNY"}
    assert len(wl.Findings().to_pandas()) == 0
    with pytest.raises(AttributeError):
        priced[0].code = "other"  # type: ignore[misc]


def test_the_expected_load_is_what_every_day_has() -> None:
    slots = np.where((np.arange(96) >= 32) & (np.arange(96) < 72), 40.0, 5.0)
    kwh = np.tile(slots, 70)
    kwh[30 * 96 + 10] = np.nan
    readings = wl.Readings.from_arrays(start="2024-03-04", step="15min", zone="Asia/Shanghai", import_kwh=kwh)
    expected, scale = wl.Site(readings).expected_kw()
    assert len(expected) == len(scale) == len(readings)
    known = np.isfinite(expected)
    assert known.mean() > 0.9
    np.testing.assert_allclose(expected[known], (np.tile(slots, 70) * 4)[known])
    assert (scale[np.isfinite(scale)] >= 0).all()
