"""A real year: quarter-hours of a steel plant, read, profiled, judged and billed as if it stood in Xiamen."""

import csv
import pickle
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from reference import bill as slow_bill
from reference import measures as slow_measures
from reference import profile as slow_profile

import wattlens as wl

CAPACITY = Decimal(1000)


@pytest.fixture(scope="module")
def path(real_folder: Path) -> Path:
    return real_folder / "steel_kr" / "steel_kr_2018_15min.csv"


@pytest.fixture(scope="module")
def steel(path: Path) -> wl.Site:
    contract = wl.Contract(capacity_kva=float(CAPACITY), demand_billing="capacity", power_factor_standard=0.90)
    return wl.Site(wl.read_csv(path, zone="Asia/Seoul"), name="Steel", contract=contract)


@pytest.fixture(scope="module")
def tariff() -> wl.Tariff:
    return wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()


@pytest.fixture(scope="module")
def rows(path: Path) -> list[slow_bill.Reading]:
    """The file's rows in their order, which is the order of time; the first interval starts at midnight."""
    begin = datetime(2018, 1, 1)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [
            slow_bill.Reading(begin + row * timedelta(minutes=15), *(Decimal(cell) for cell in cells[1:4]))
            for row, cells in enumerate(list(csv.reader(lines))[1:])
        ]


@pytest.fixture(scope="module")
def months(rows: list[slow_bill.Reading]) -> dict[str, list[slow_bill.Reading]]:
    return slow_bill.months(rows)


def test_every_reading_is_where_the_file_has_it(steel: wl.Site, rows: list[slow_bill.Reading]) -> None:
    readings = steel.readings
    assert len(readings) == len(rows) == 35_040
    assert readings.channels == ("import_kwh", "import_kvarh", "export_kvarh")
    assert f"{readings.start:%Y-%m-%d %H:%M} {readings.end:%Y-%m-%d %H:%M}" == "2018-01-01 00:00 2019-01-01 00:00"
    for channel, name in (("import_kwh", "kwh"), ("import_kvarh", "import_kvarh"), ("export_kvarh", "export_kvarh")):
        np.testing.assert_array_equal(readings[channel], [float(getattr(row, name)) for row in rows])
        assert not readings.flags(channel).any()
    codes = [finding.code for finding in readings.quality()]
    assert not {"quality.gap", "quality.duplicate", "ingest.out_of_order"} & set(codes)


def test_the_stamps_are_ends_and_midnight_has_the_same_date_and_both_are_said(steel: wl.Site) -> None:
    provenance = steel.readings.provenance
    assert provenance["stamp"].value == "end"
    assert "midnight" in provenance["stamp"].why or "00:15" in provenance["stamp"].why
    assert provenance["midnight"].value == "same_date"
    (found,) = steel.readings.findings.of("ingest.midnight_of_same_date")
    assert "00:00" in found.sentence("en")
    assert "00:00" in found.sentence("zh")
    assert provenance["date_style"].value == "dmy"


def test_the_year_in_numbers(steel: wl.Site, rows: list[slow_bill.Reading]) -> None:
    profile = wl.profile(steel)
    assert profile.energy.import_kwh == pytest.approx(959_636.71, abs=0.005)
    assert profile.max_kw == pytest.approx(628.72, abs=1e-9)
    assert profile.load_factor == pytest.approx(0.174, abs=0.0005)
    assert profile.power_factor is not None
    assert profile.power_factor.lagging_only == pytest.approx(0.9029, abs=5e-5)
    assert profile.power_factor.as_billed == pytest.approx(0.8509, abs=5e-5)
    # And each from its definition.
    kwh = [float(row.kwh) for row in rows]
    lagging, leading = ([float(getattr(row, name)) for row in rows] for name in ("import_kvarh", "export_kvarh"))
    assert profile.load_factor == pytest.approx(slow_profile.load_factor(kwh), rel=1e-12)
    assert profile.near_base_kw == pytest.approx(4 * slow_profile.quantile(kwh, 0.025), rel=1e-9)
    assert profile.near_peak_kw == pytest.approx(4 * slow_profile.quantile(kwh, 0.975), rel=1e-9)
    assert profile.power_factor.lagging_only == pytest.approx(slow_profile.power_factor(kwh, lagging), rel=1e-12)
    assert profile.power_factor.as_billed == pytest.approx(slow_profile.power_factor(kwh, lagging, leading), rel=1e-12)
    assert profile.period.mean_daily_load_rate == pytest.approx(slow_profile.mean_daily_load_rate(kwh, 96), rel=1e-9)
    assert profile.duration is not None
    for above in profile.duration.hours_above:
        assert above.hours == slow_profile.duration_hours_above(kwh, above.kw, 0.25)


def test_billed_power_factor_of_each_month(steel: wl.Site, tariff: wl.Tariff) -> None:
    expected = [0.89, 0.89, 0.87, 0.86, 0.84, 0.82, 0.85, 0.81, 0.80, 0.83, 0.86, 0.83]
    assert [month.as_billed_rounded for month in wl.profile(steel).power_factor_by_month] == expected
    assert [bill.power_factor for bill in tariff.bill(steel)] == expected


def test_the_light_weekdays_stand_out(steel: wl.Site, path: Path) -> None:
    # The plant's own label: weekdays all of whose quarter-hours are of light load.
    with path.open(encoding="utf-8-sig", newline="") as lines:
        labels = list(csv.reader(lines))[1:]
    light = [
        f"{datetime.strptime(labels[at][0], '%d/%m/%Y %H:%M'):%Y-%m-%d}"
        for at in range(0, len(labels), 96)
        if labels[at][8] == "Weekday" and all(row[10] == "Light_Load" for row in labels[at : at + 96])
    ]
    assert len(light) == 13
    findings = wl.find_anomalies(steel).of("anomaly.no_production")
    assert sorted(day for finding in findings for day in finding.evidence["dates"]) == light
    idle = [day.date for day in wl.profile(steel).days if day.activity == "no_production"]
    assert [day.isoformat() for day in idle if day.isoweekday() <= 5] == light


@pytest.mark.parametrize("mode", ["capacity", "actual_demand", "contract_demand"])
@pytest.mark.parametrize("rule", ["A", "B"])
def test_every_bill_equals_its_slow_twin_to_the_cent(
    steel: wl.Site, tariff: wl.Tariff, months: dict[str, list[slow_bill.Reading]], mode: str, rule: str
) -> None:
    contract = wl.Contract(
        capacity_kva=1000,
        demand_billing=mode,  # type: ignore[arg-type]
        contract_demand_kw=550,
        power_factor_standard=0.90,
        overrun_rule=rule,  # type: ignore[arg-type]
    )
    bills = tariff.bill(wl.Site(steel.readings, contract=contract))
    expected = {
        label: slow_bill.total(
            month, slow_bill.basic_charge(mode, CAPACITY, Decimal(550), slow_bill.demand_kw(month), rule)
        )
        for label, month in months.items()
    }
    assert {bill.label: bill.total for bill in bills} == expected
    assert bills.total == sum(expected.values())
    assert all(bill.assumed_in_force and any("in force" in note for note in bill.notes()) for bill in bills)
    assert "in force" in repr(bills)


def test_power_factor_correction_saves_what_its_slow_twin_says(
    steel: wl.Site, tariff: wl.Tariff, months: dict[str, list[slow_bill.Reading]]
) -> None:
    saving = wl.estimate_savings(steel, tariff).measure("power_factor")
    most = max(row.import_kvarh - row.export_kvarh for month in months.values() for row in month) * 4
    kvar = slow_measures.smallest_correction_kvar(list(months.values()), int(-(-most // 10) * 10))
    assert saving.facts["add_kvar"] == kvar
    basic = slow_bill.basic_charge("capacity", CAPACITY, CAPACITY, Decimal(0), "A")
    for place, month in enumerate(months.values()):
        before = slow_bill.total(month, basic)
        outcomes = []
        for effect in ("0.8", "0.9", "1"):
            after = [slow_measures.corrected(row, kvar, Decimal(effect)) for row in month]
            outcomes.append(before - slow_bill.total(after, basic))
        found = saving.by_month[place]
        assert (found.low, found.central, found.high) == (min(outcomes), outcomes[1], max(outcomes))


def test_the_choice_of_demand_mode_saves_what_its_slow_twin_says(
    steel: wl.Site, tariff: wl.Tariff, months: dict[str, list[slow_bill.Reading]]
) -> None:
    saving = wl.estimate_savings(steel, tariff).measure("demand_mode")
    guarded = [slow_bill.demand_kw(month) * Decimal("1.02") for month in months.values()]
    charges = slow_measures.basic_charges_by_choice(CAPACITY, guarded)
    before = slow_bill.basic_charge("capacity", CAPACITY, CAPACITY, Decimal(0), "A")
    for place, month in enumerate(months.values()):
        expected = slow_bill.total(month, before) - slow_bill.total(month, charges[place])
        assert saving.by_month[place].central == expected, place
    assert saving.hindsight is not None
    assert saving.hindsight >= saving.total.central


def test_the_diagnosis_of_the_year_is_the_sum_of_its_parts(steel: wl.Site, tariff: wl.Tariff) -> None:
    diagnosis = wl.diagnose(steel, tariff)
    assert diagnosis.bills == tariff.bill(steel)
    assert diagnosis.savings == wl.estimate_savings(steel, tariff)
    assert diagnosis.profile == wl.profile(steel)
    key = [(item.code, item.span, item.kwh, item.amount) for item in diagnosis.findings.of("anomaly")]
    assert sorted(key, key=repr) == sorted(
        ((item.code, item.span, item.kwh, item.amount) for item in wl.find_anomalies(steel, tariff)), key=repr
    )
    assert pickle.loads(pickle.dumps(diagnosis)).to_json() == diagnosis.to_json()
