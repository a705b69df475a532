import pickle
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

import wattlens as wl


@pytest.fixture(scope="module")
def savings(demo: wl.Site, fujian: wl.Tariff) -> wl.Savings:
    return wl.estimate_savings(demo, fujian)


def test_before_is_what_the_bills_say(savings: wl.Savings, diagnosis: wl.Diagnosis) -> None:
    assert diagnosis.bills is not None
    assert list(savings.before) == [bill.total for bill in diagnosis.bills]
    assert savings.before_total == sum(savings.before)
    assert savings.months == tuple(bill.label for bill in diagnosis.bills)


def test_ranges_are_ordered_and_months_add_up(savings: wl.Savings) -> None:
    for measure in savings.measures:
        for one in (measure.total, measure.a_month, measure.marginal, *measure.by_month):
            assert one.low <= one.central <= one.high
        assert sum(month.central for month in measure.by_month) == measure.total.central
        assert abs(measure.a_month.central * 12 - measure.total.central) <= Decimal("0.06")
        assert measure.assumptions
        for language in ("en", "zh"):
            assert measure.sentence(language)
            assert all(one.sentence(language) for one in measure.assumptions)
    totals = [measure.total.central for measure in savings.measures]
    assert totals == sorted(totals, reverse=True)
    assert sum(month.central for month in savings.stacked_by_month) == savings.stacked.central


def test_marginals_are_not_more_than_the_stack_and_together_not_double(savings: wl.Savings) -> None:
    singles = sum(measure.total.central for measure in savings.measures)
    for measure in savings.measures:
        others = savings.stacked.central - measure.marginal.central
        assert others >= 0
        # Of two reactive and active measures none makes the other worth more than the bill shows.
        assert measure.marginal.central <= savings.stacked.central
    assert savings.stacked.central <= singles + 1


def test_nothing_is_saved_where_there_is_nothing_to_save(fujian: wl.Tariff) -> None:
    """A constant load at full use of its transformer and a power factor of one."""
    kwh = np.full(365 * 96, 250.0)
    readings = wl.Readings.from_arrays(
        start="2025-01-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh, import_kvarh=kwh * 0
    )
    contract = wl.Contract(capacity_kva=1000, demand_billing="capacity", power_factor_standard=0.9)
    savings = wl.estimate_savings(wl.Site(readings, contract=contract), fujian)
    assert savings.stacked.central == 0
    assert [measure.total.high for measure in savings.measures] == [0] * len(savings.measures)
    assert ("savings.off_hours", "readings.closed_hours") in {(one.task, one.needs) for one in savings.not_done}


def test_a_site_that_cannot_carry_a_measure_says_what_it_needs(demo: wl.Site, fujian: wl.Tariff) -> None:
    bare = wl.Site(demo.readings, calendar=demo.calendar)
    needs = {one.task: one.needs for one in wl.estimate_savings(bare, fujian).not_done}
    assert needs["savings.demand_mode"] == "contract.demand_billing"
    assert needs["savings.power_factor"] == "contract.power_factor_standard"
    short = wl.Site(demo.readings.between("2025-03-01", "2025-05-01"), calendar=demo.calendar, contract=demo.contract)
    found = wl.estimate_savings(short, fujian)
    assert {one.task: one.needs for one in found.not_done}["savings.demand_mode"] == "readings.four_months"
    assert not found.is_year
    part = wl.Site(demo.readings.between("2025-03-02", "2025-03-20"), calendar=demo.calendar, contract=demo.contract)
    nothing = wl.estimate_savings(part, fujian)
    assert (nothing.months, nothing.measures) == ((), ())
    assert "no month could be billed" in repr(nothing)
    assert all(one.sentence("zh") for one in nothing.not_done)


def test_a_choice_of_mode_knows_nothing_later(demo: wl.Site, fujian: wl.Tariff) -> None:
    """A peak in December changes nothing that was chosen before it."""
    kwh = demo.readings["import_kwh"].copy()
    kwh[-500] = 400.0

    def modes(values: object) -> list[object]:
        readings = wl.Readings.from_arrays(start="2025-01-01", step="15min", zone="Asia/Shanghai", import_kwh=values)  # type: ignore[arg-type]
        contract = wl.Contract(capacity_kva=2500, demand_billing="capacity")
        measure = wl.estimate_savings(wl.Site(readings, contract=contract), fujian).measure("demand_mode")
        return [(month["mode"], month["contract_demand_kw"]) for month in measure.facts["months"]]

    assert modes(kwh) == modes(demo.readings["import_kwh"])


def test_mode_changes_at_quarters_only(demo: wl.Site, fujian: wl.Tariff) -> None:
    contract = wl.Contract(capacity_kva=2500, demand_billing="capacity")
    measure = wl.estimate_savings(wl.Site(demo.readings, contract=contract), fujian).measure("demand_mode")
    months = measure.facts["months"]
    assert [month["mode"] for month in months[:3]] == ["capacity"] * 3
    assert measure.total.central > 0
    for before, after in pairwise(months):
        if before["mode"] != after["mode"]:
            assert after["month"][-2:] in {"04", "07", "10"}


def test_an_unknown_measure_names_those_that_are_there(savings: wl.Savings) -> None:
    with pytest.raises(KeyError, match="off_hours"):
        savings.measure("storage")


def test_it_pickles_exports_and_shows_units(savings: wl.Savings) -> None:
    assert pickle.loads(pickle.dumps(savings)) == savings
    for table in (savings.to_table(), savings.to_table("zh"), savings.to_months()):
        assert set(table.units.values()) == {"CNY"}
        assert table.to_polars().height == table.to_pyarrow().num_rows == len(table.to_pandas()) == len(table)
    assert len(savings.to_months()) == 12 * (len(savings.measures) + 1)
    assert "CNY" in repr(savings)
    assert "CNY" in savings._repr_html_()
    with pytest.raises(AttributeError):
        savings.currency = "EUR"  # type: ignore[misc]
