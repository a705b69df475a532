"""Every real file with the totals that were verified for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wattlens as wl

CHICAGO = "America/Chicago"


def one(path: Path, **said: Any) -> wl.Readings:
    readings = wl.read(path, progress=False, **said)
    assert isinstance(readings, wl.Readings)
    return readings


def energy(readings: wl.Readings, channel: str = "import_kwh") -> float:
    return float(np.nansum(readings[channel]))


def test_the_school_has_thirteen_hours_missing(real_folder: Path) -> None:
    # UTC has no clock change, as the file has none: 24 hours every day.
    school = one(real_folder / "nmecr/nmecr_school_eload.csv", zone="UTC", unit="kwh")
    assert energy(school) == pytest.approx(266_103.8)
    assert (len(school), int(np.isnan(school["import_kwh"]).sum())) == (8760, 13)
    assert (np.nanmin(school["import_kwh"]), np.nanmax(school["import_kwh"])) == (2.4, 179.2)


def test_two_buildings_are_two_meters(real_folder: Path) -> None:
    buildings = wl.read(real_folder / "bdg2/bdg2_hourly_sample.csv", zone="UTC", unit="kwh", progress=False)
    assert isinstance(buildings, wl.Meters)
    assert list(buildings) == ["building_1", "building_2"]
    assert energy(buildings["building_1"]) == pytest.approx(1_396_657.01, abs=0.01)
    assert energy(buildings["building_2"]) == pytest.approx(1_613_382.05, abs=0.01)
    assert len(buildings["building_1"]) == 6553


@pytest.mark.parametrize(
    ("meter", "total", "missing"),
    [("118", 3_022_540.0, 0), ("439", 944_663.0, 0), ("685", 3_324_848.3, 29), ("1147", 3_163_808.3, 0)],
)
def test_labelled_meters(real_folder: Path, meter: str, total: float, missing: int) -> None:
    path = real_folder / f"lead_dev/lead_{meter}.csv"
    readings = one(path, zone="UTC", import_kwh="meter_reading", unit="kwh")
    assert energy(readings) == pytest.approx(total, abs=0.05)
    assert (len(readings), int(np.isnan(readings["import_kwh"]).sum())) == (8784, missing)
    # `meter_reading` is no register here, also where nobody says so.
    untold = one(path, zone="UTC", unit="kwh")
    np.testing.assert_array_equal(untold["import_kwh"], readings["import_kwh"])
    assert "ingest.not_a_register" in [finding.code for finding in untold.findings]


def test_green_button_to_the_watt_hour(real_folder: Path) -> None:
    home = one(real_folder / "greenbutton/greenbutton_home_2011_hourly.xml", zone="America/Los_Angeles")
    assert round(energy(home) * 1000) == 5_089_595
    assert (len(home), int(np.isnan(home["import_kwh"]).sum())) == (8736, 9)
    assert np.nanmax(home["import_kwh"]) == 5.18
    assert int((home["import_kwh"] == 0).sum()) == 32
    assert f"{home.start:%Y-%m-%d %H:%M}" == "2011-02-01 00:00"


def test_mscons_of_two_places_in_march(real_folder: Path) -> None:
    places = wl.read(real_folder / "mscons/mscons_multi_loc.txt", zone="Europe/Berlin", progress=False)
    assert isinstance(places, wl.Meters)
    totals = sorted(energy(readings) for readings in places.values())
    assert totals == pytest.approx([709.5, 1117.9])
    for readings in places.values():
        assert (len(readings), f"{readings.start:%m-%d %H:%M}") == (2972, "03-01 00:00")
        assert int((readings["import_kwh"] > 0).sum()) == 16
        assert f"{readings.end:%m-%d %H:%M}" == "04-01 00:00"


NEM12 = [
    ("actual_interval", {"import_kwh": 53.328, "import_kvarh": 106.656}),
    ("upper_case_units", {"import_kwh": 53.328, "import_kvarh": 106.656}),
    ("month_solar", {"import_kwh": 270.738, "export_kwh": 589.172}),
    ("partialchannel", {"import_kwh": 270.738, "export_kwh": 23.166}),
    ("multiple_quality", {"import_kwh": 896.990}),
    ("substituted_interval", {"import_kwh": 110.976, "import_kvarh": 47_053.848}),
    ("no_scheduled_read", {"import_kwh": 5.84}),
]


@pytest.mark.parametrize(("name", "totals"), NEM12)
def test_nem12(real_folder: Path, name: str, totals: dict[str, float]) -> None:
    readings = one(real_folder / f"nem12/Example_NEM12_{name}.csv")
    assert {channel: energy(readings, channel) for channel in readings.channels} == pytest.approx(totals)


def test_nem13_that_does_not_agree_says_so(real_folder: Path) -> None:
    meters = wl.read_meters(real_folder / "nem12/Example_NEM13_forward_estimate.csv", progress=False)
    codes = [finding.code for readings in meters.values() for finding in readings.findings]
    assert codes.count("ingest.register_disagrees") == 1


@pytest.mark.parametrize(
    ("name", "days", "total"),
    [("cdd-hdd", 809, 21_925.83), ("cdd-only", 809, 19_565.65)],
)
def test_illinois_days_are_local(real_folder: Path, name: str, days: int, total: float) -> None:
    daily = one(real_folder / f"mv/il-electricity-{name}-daily.csv.gz", zone=CHICAGO, import_kwh="value", unit="kwh")
    table = daily.spans.to_table().to_pandas()
    assert len(table) == days
    assert table["value"].sum() == pytest.approx(total, abs=0.005)
    starts, ends = table["start"].dt.tz_convert(CHICAGO), table["end"].dt.tz_convert(CHICAGO)
    assert (starts.dt.hour == 0).all()
    assert (ends.dt.hour == 0).all()
    hours = (table["end"] - table["start"]).dt.total_seconds() / 3600
    assert sorted(set(hours)) == [23, 24, 25]


@pytest.mark.parametrize(("name", "total"), [("cdd-hdd", 21_927.13), ("cdd-only", 19_565.06)])
def test_illinois_hours(real_folder: Path, name: str, total: float) -> None:
    path = real_folder / f"mv/il-electricity-{name}-hourly.csv.gz"
    hourly = one(path, zone=CHICAGO, import_kwh="value", unit="kwh")
    assert len(hourly) == 19_417
    assert energy(hourly) == pytest.approx(total, abs=0.005)
    assert not np.isnan(hourly["import_kwh"]).any()


def test_illinois_bills(real_folder: Path) -> None:
    path = real_folder / "mv/il-electricity-cdd-hdd-billing_monthly.csv.gz"
    table = one(path, zone=CHICAGO, import_kwh="value", unit="kwh").spans.to_table().to_pandas()
    assert len(table) == 26
    assert table["value"].sum() == pytest.approx(21_290.17, abs=0.005)
    days = ((table["end"] - table["start"]).dt.total_seconds() / 86_400).round()
    assert (days.min(), days.max()) == (26, 33)  # 2016-11-23 to 12-19 has 26


def test_a_building_by_day_with_stamps_of_a_fixed_offset(real_folder: Path) -> None:
    readings = one(real_folder / "nmecr/nmecr_eload.csv", zone="America/Los_Angeles", unit="kwh")
    table = readings.spans.to_table().to_pandas()
    assert len(table) == 1095
    assert table["value"].sum() == pytest.approx(16_390_261.96885, abs=1e-4)
    assert (table["start"].dt.tz_convert("America/Los_Angeles").dt.hour == 0).all()
    assert len(set(table["start"])) == 1095


@pytest.mark.parametrize(("name", "total"), [("pre", 6_042_215.76), ("post", 6_050_647.706)])
def test_a_simulated_building_with_end_stamps_and_two_digit_years(real_folder: Path, name: str, total: float) -> None:
    path = real_folder / f"mv/rmv2_Data_{name}_1_2.csv"
    readings = one(path, zone="UTC", date_order="mdy", stamp="end", unit="kwh")
    assert energy(readings) == pytest.approx(total, abs=0.005)
    assert "ingest.no_stamp" in [finding.code for finding in readings.findings]
