"""Bad input: every message says what was found, what was expected, and where; odd readings are findings."""

import json
import math
import re
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import wattlens as wl

FUJIAN = "cn-fujian-two-part-1-10kv-2025-08"
ROW = "2024-03-01 {:02}:{:02},{}\n"
QUARTERS = [(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
DAY = "time,kWh\n" + "".join(ROW.format(hour, minute, 1 + hour) for hour, minute in QUARTERS)

Reader = Callable[..., wl.Readings]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a text or bytes as a CSV file."""

    def read(content: str | bytes, **told: Any) -> wl.Readings:
        path = tmp_path / "plant.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return wl.read_csv(path, **{"zone": "Asia/Shanghai"} | told)

    return read


def said(kind: type[Exception], call: Callable[[], object], *parts: str) -> None:
    """The call raises, and every part is in its message."""
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert [part for part in parts if part not in message] == [], message


def codes(findings: wl.Findings) -> set[str]:
    assert all(finding.sentence("en") and finding.sentence("zh") for finding in findings)
    return {finding.code for finding in findings}


def test_a_missing_file(tmp_path: Path) -> None:
    said(FileNotFoundError, lambda: wl.read_csv(tmp_path / "none.csv", zone="UTC"), "none.csv", "No such file")
    said(OSError, lambda: wl.read_csv(tmp_path, zone="UTC"), str(tmp_path), "directory")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\r\n\n"])
def test_an_empty_file(read: Reader, content: bytes) -> None:
    said(wl.ReadingError, lambda: read(content), "plant.csv", "the file is empty", "expected a header and rows")


@pytest.mark.parametrize("content", ["time,kWh\n", "time,kWh", "time,kWh\r\n\r\n"])
def test_a_header_only(read: Reader, content: str) -> None:
    said(wl.ReadingError, lambda: read(content), "plant.csv", "no rows under the header time, kWh", "expected stamps")


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00" * 99, b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_a_binary_file(read: Reader, content: bytes) -> None:
    said(wl.ReadingError, lambda: read(content), "plant.csv", "binary", "expected a table of text such as CSV")


def test_bytes_of_no_encoding(read: Reader) -> None:
    said(wl.ReadingError, lambda: read(bytes(range(256)) * 40), "plant.csv", "neither UTF-8 nor GB18030", "encoding=")


@pytest.mark.parametrize("rest", ["2024-03-02 00", "2024-03-02 00:00", "2024-03-0"])
def test_a_truncated_last_line(read: Reader, rest: str) -> None:
    readings = read(DAY + rest)
    assert len(readings) == 96
    (finding,) = readings.findings
    assert finding.code == "ingest.truncated_line"
    assert finding.sentence() == "The last line (98) is cut off and was left out."


def test_a_text_in_a_number_column(read: Reader) -> None:
    broken = DAY.replace(ROW.format(0, 30, 1), ROW.format(0, 30, "broken"))
    said(wl.ReadingError, lambda: read(broken), "plant.csv", "line 4", 'column "kWh"', '"broken"', "expected a number")
    for frame in (pd.DataFrame({"ts": ["2024-03-01 00:00"], "kwh": ["x"]}), pl.DataFrame({"ts": ["1"], "kwh": ["x"]})):
        call = lambda frame=frame: wl.Readings.from_table(frame, time="ts", import_kwh="kwh", zone="UTC")  # noqa: E731
        said(wl.ReadingError, call, "kwh", "expected numbers")
    said(
        wl.ReadingError,
        lambda: wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="UTC", import_kwh=["x"]),
        "import_kwh",
        "expected numbers",
    )


def test_dates_that_cannot_be_told_apart(read: Reader) -> None:
    text = "time,kWh\n" + "".join(f"01/02/2024 {hour:02}:00,1\n" for hour in range(24))
    said(wl.ReadingError, lambda: read(text), "line 2", 'column "time"', "01/02/2024", 'Pass date_order="dmy" or "mdy"')
    assert f"{read(text, date_order='dmy').start:%Y-%m-%d}" == "2024-02-01"
    assert f"{read(text, date_order='mdy').start:%Y-%m-%d}" == "2024-01-02"


def test_an_unknown_zone(read: Reader) -> None:
    said(
        wl.TimeError, lambda: read(DAY, zone="Asia/Shangai"), '"Asia/Shangai"', "expected an IANA name", "Asia/Shanghai"
    )
    said(wl.ReadingError, lambda: read(DAY, zone=None), "plant.csv", "carry no zone", "pass zone=")
    said(
        wl.TimeError,
        lambda: wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="CST+8", import_kwh=[1]),
        "CST+8",
        "expected an IANA name",
    )


def test_stamps_that_run_backwards(read: Reader) -> None:
    head, *rows = DAY.splitlines(keepends=True)
    upright, backwards = read(DAY), read(head + "".join(reversed(rows)))
    np.testing.assert_array_equal(backwards["import_kwh"], upright["import_kwh"])
    assert [finding.sentence() for finding in backwards.findings] == ["The rows run backwards in time and were sorted."]
    rows[10], rows[50] = rows[50], rows[10]
    mixed = read(head + "".join(rows))
    np.testing.assert_array_equal(mixed["import_kwh"], upright["import_kwh"])
    assert codes(mixed.findings) == {"ingest.out_of_order"}


def test_two_steps_mixed(read: Reader) -> None:
    hours = "".join(ROW.format(hour, 0, 4) for hour in range(12, 24))
    mixed = DAY[: DAY.index("2024-03-01 12:00")] + hours
    said(
        wl.ReadingError,
        lambda: read(mixed),
        "two steps are mixed",
        "900 s apart from 2024-03-01 00:00:00 (line 2)",
        "3600 s apart from 2024-03-01 12:00:00 (line 50)",
        "pass step=",
    )
    kept = read(mixed, step="15min")
    assert "ingest.other_step" in codes(kept.findings)
    assert np.nansum(kept["import_kwh"]) == sum(4 * (1 + hour) for hour in range(12))


def test_a_single_reading(read: Reader) -> None:
    one = "time,kWh\n2024-03-01 00:00,5\n"
    said(wl.ReadingError, lambda: read(one), "2024-03-01 00:00:00", "the step cannot be known", "step=900")
    site = wl.Site(read(one, step=900))
    assert (len(site.readings), wl.profile(site).max_kw) == (1, 20.0)
    assert wl.profile(site).base_kw is None
    assert "quality.single_reading" in codes(site.readings.quality())


def test_ten_years_at_one_minute(tmp_path: Path) -> None:
    minutes = 3652 * 1440
    stamps = np.datetime64("2014-01-01", "s") + np.arange(minutes) * np.timedelta64(60, "s")
    kwh = 1.0 + np.arange(minutes) % 1440 / 1440
    frame = pl.DataFrame({"ts": stamps.astype("datetime64[ms]"), "kwh": kwh})
    began = time.perf_counter()
    readings = wl.Readings.from_table(frame, time="ts", import_kwh="kwh", zone="Asia/Shanghai", stamp="start")
    diagnosis = wl.diagnose(wl.Site(readings))
    taken = time.perf_counter() - began
    assert len(readings) == minutes
    assert len(diagnosis.profile.years) == 10
    assert diagnosis.profile.energy.import_kwh == pytest.approx(kwh.sum())
    assert taken < 60, f"{taken:.1f} s"
    # Peak memory of the whole process so far [KiB]: a few times the 42 MB of the column itself.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3_000_000
    # As a file of a month's length at that step; the length itself is the table's test.
    path = tmp_path / "minutes.csv"
    path.write_text("time,kWh\n" + "".join(f"{t},{v}\n" for t, v in zip(stamps[:44640], kwh, strict=False)))
    assert len(wl.read_csv(path, zone="Asia/Shanghai")) == 44640


@pytest.mark.parametrize("value", ["inf", "-inf", "1e400", "1e300", "9999999999"])
def test_infinite_and_absurd_values_are_missing_and_told(read: Reader, value: str) -> None:
    text = DAY.replace(ROW.format(5, 30, 6), ROW.format(5, 30, value))
    frame = pl.DataFrame(
        {"ts": [f"2024-03-01 {h:02}:{m:02}" for h, m in QUARTERS], "kwh": [1.0 + h for h, _ in QUARTERS]}
    )
    kwh = frame["kwh"].to_numpy().copy()
    kwh[22] = float(value)
    told: dict[str, Any] = {"time": "ts", "import_kwh": "kwh", "zone": "Asia/Shanghai", "stamp": "start"}
    for readings in (
        read(text),
        wl.Readings.from_table(frame.with_columns(kwh=kwh), **told),
        wl.Readings.from_table(frame.with_columns(kwh=kwh).to_pandas(), **told),
        wl.Readings.from_arrays(start="2024-03-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh),
    ):
        assert np.flatnonzero(np.isnan(readings["import_kwh"])).tolist() == [22]
        (finding,) = readings.findings
        assert finding.code == "quality.implausible"
        assert "05:30" in finding.sentence()
        assert "beyond what any meter gives" in finding.sentence()


def test_the_wrong_column(read: Reader) -> None:
    said(
        wl.ReadingError,
        lambda: read(DAY, import_kwh="kWhs"),
        "plant.csv",
        '"kWhs"',
        "no such column",
        "near names: kWh",
    )
    said(wl.ReadingError, lambda: read(DAY, time="tme"), '"tme"', "near names: time")
    said(wl.ReadingError, lambda: read(DAY.replace("kWh", "foo")), '"time", "foo"', "pass import_kwh=")
    data = {"stamp": ["2024-03-01 00:00", "2024-03-01 00:15"], "energy_kwh": [1.0, 2.0]}
    for frame in (pd.DataFrame(data), pl.DataFrame(data), pa.table(data)):
        call = lambda frame=frame: wl.Readings.from_table(frame, time="stamp", import_kwh="energy", zone="UTC")  # noqa: E731
        said(wl.ReadingError, call, "energy", "energy_kwh")


# Sites of which little or nothing can be known.

EMPTY: dict[str, tuple[list[float], str | None]] = {
    "all missing": ([math.nan] * 96 * 31, "quality.all_missing"),
    "all zero": ([0.0] * 96 * 31, "quality.all_zero"),
    "constant": ([5.0] * 96 * 31, "quality.stuck_value"),
    "infinite": ([math.inf] * 96 * 31, "quality.implausible"),
    "absurd": ([1e300] * 96 * 31, "quality.implausible"),
    "negative": ([-5.0 - at % 7 for at in range(96 * 31)], "quality.negative_import"),
    "one day": ([5.0 + at % 7 for at in range(96)], "anomaly.not_judged"),
    "one month": ([5.0 + at % 7 for at in range(96 * 31)], None),
    "one missing": ([math.nan], "quality.all_missing"),
}


@pytest.mark.parametrize("tariff", [None, FUJIAN, "example-flat"])
@pytest.mark.parametrize("name", EMPTY)
def test_a_site_of_which_little_is_known_is_diagnosed(name: str, tariff: str | None) -> None:
    kwh, expected = EMPTY[name]
    readings = wl.Readings.from_arrays(
        start="2024-03-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh, import_kvarh=np.full(len(kwh), np.nan)
    )
    contract = wl.Contract(capacity_kva=500, demand_billing="capacity", power_factor_standard=0.9)
    loaded = None if tariff is None else wl.Tariff.load(tariff).assume_in_force()
    diagnosis = wl.diagnose(wl.Site(readings, contract=contract), loaded)
    found = codes(diagnosis.findings)
    assert expected is None or expected in found
    assert json.loads(diagnosis.to_json())["schema"] == 1
    assert not re.search(r"NaN|Infinity", diagnosis.to_json())
    load = diagnosis.profile.load
    if name in {"all missing", "infinite", "absurd", "one missing"}:
        assert {load.max_kw, load.mean_kw, load.min_kw, load.load_factor, load.base_kw} == {None}
        assert diagnosis.profile.energy.import_kwh is None
    if name == "all zero":
        assert (load.max_kw, load.load_factor, load.base_to_peak) == (0.0, None, None)
    if name in {"negative", "all zero"}:
        assert load.load_factor is None
    assert load.utilisation_hours is None
    # Reactive energy was never read: no power factor, and no saving from it.
    assert diagnosis.profile.power_factor is None or diagnosis.profile.power_factor.as_billed is None
    for bill in diagnosis.bills or ():
        assert bill.power_factor is None
    if diagnosis.savings is not None:
        assert "power_factor" not in {one.code for one in diagnosis.savings.measures}
    if tariff == FUJIAN and diagnosis.bills:
        assert ("bill.power_factor", "readings.import_kvarh") in {(one.task, one.needs) for one in diagnosis.not_done}
    if tariff is None:
        assert (diagnosis.bills, diagnosis.savings) == (None, None)
        assert all(finding.amount is None for finding in diagnosis.findings)
    for text in (repr(diagnosis.profile), diagnosis.profile._repr_html_(), repr(diagnosis.findings)):
        assert "nan" not in text.lower().split()
    if diagnosis.bills is not None:
        assert diagnosis.bills._repr_html_()
        assert len(diagnosis.bills) + len(diagnosis.bills.not_billed) == 1


@pytest.mark.parametrize("tariff", [None, FUJIAN])
def test_months_with_a_clock_change_are_whole_and_counted_in_hours(tariff: str | None) -> None:
    loaded = None if tariff is None else wl.Tariff.load(tariff).assume_in_force()
    for first, days, hours in (("2024-03-01", 31, -1), ("2024-10-01", 31, 1)):
        slots = days * 96 + 4 * hours
        readings = wl.Readings.from_arrays(
            start=first, step="15min", zone="Europe/Berlin", import_kwh=[1.0 + at % 5 for at in range(slots)]
        )
        diagnosis = wl.diagnose(wl.Site(readings), loaded)
        assert [(one.label, one.verdict) for one in diagnosis.completeness] == [
            (first[:7], "complete"),
            ("all", "complete"),
        ]
        (odd,) = [day for day in diagnosis.profile.days if day.date.day in (27, 31) and day.date.isoweekday() == 7]
        assert odd.trusted
        assert diagnosis.profile.load.hours == slots / 4
        if diagnosis.bills is not None:
            (bill,) = diagnosis.bills
            assert bill.quantities.total_kwh == readings["import_kwh"].sum()


# Tariffs and contracts.


def edited(change: Callable[[dict[str, Any]], None]) -> str:
    sheet = json.loads(wl.Tariff.load(FUJIAN).to_json())
    change(sheet)
    return json.dumps(sheet)


def version(sheet: dict[str, Any]) -> dict[str, Any]:
    return dict(sheet["versions"][0])


def periods(sheet: dict[str, Any]) -> dict[str, Any]:
    (schedule,) = version(sheet)["schedules"]
    return schedule  # type: ignore[no-any-return]


def first_charge(sheet: dict[str, Any]) -> dict[str, Any]:
    return version(sheet)["components"][0]["charge"]  # type: ignore[no-any-return]


TARIFFS: dict[str, tuple[Callable[[dict[str, Any]], Any], list[str]]] = {
    "a gap in the periods": (lambda sheet: periods(sheet).pop("rest"), ["versions[0].schedules[0].base", "08:00"]),
    "an overlap of periods": (
        lambda sheet: periods(sheet)["base"][1].update(windows=["00:00-11:00"]),
        ["versions[0].schedules[0].base[1]", "peak", "valley", "10:00"],
    ),
    "an unknown field": (lambda sheet: sheet.update(pricee=1), ["pricee", "unknown field"]),
    "an unknown field of a charge": (
        lambda sheet: first_charge(sheet)["energy"].update(flots=True),
        ["versions[0].components[0].charge.energy.flots", "near names: floats"],
    ),
    "an unknown field of a component": (
        lambda sheet: version(sheet)["components"][0].update(sourc="x"),
        ["versions[0].components[0].sourc", "near names: source"],
    ),
    "an unknown charge": (
        lambda sheet: version(sheet)["components"][0].update(charge={"energie": {"price": "1"}}),
        ["versions[0].components[0].charge", "energie", "energy"],
    ),
    "a negative price": (
        lambda sheet: first_charge(sheet)["energy"].update(price="-0.1"),
        ["versions[0].components[0].charge.energy.price", "-0.1"],
    ),
    "a price that is no number": (lambda sheet: first_charge(sheet)["energy"].update(price="cheap"), ["cheap"]),
    "no factor for a period": (lambda sheet: periods(sheet)["factors"].pop("valley"), ["factors", "valley"]),
    "a window that is none": (
        lambda sheet: periods(sheet)["base"][1].update(windows=["25:00-26:00"]),
        ["versions[0].schedules[0].base[1].windows[0]", '"25:00"', "expected a time of day"],
    ),
    "a date that is none": (
        lambda sheet: version(sheet)["in_force"].update({"from": "2025-13-01"}),
        ["versions[0].in_force.from", "month"],
    ),
    "no version": (lambda sheet: sheet.update(versions=[]), ["versions", "at least one"]),
}


@pytest.mark.parametrize("name", TARIFFS)
def test_a_tariff_that_cannot_be_used(name: str) -> None:
    change, parts = TARIFFS[name]
    said(wl.TariffError, lambda: wl.Tariff.from_json(edited(change)), *parts)


def test_a_tariff_file_that_cannot_be_read(tmp_path: Path) -> None:
    said(FileNotFoundError, lambda: wl.Tariff.from_json(tmp_path / "none.json"), "none.json")
    path = tmp_path / "tariff.json"
    path.write_bytes(b"\xff\xfe{}")
    said(wl.TariffError, lambda: wl.Tariff.from_json(path), "tariff.json", "not UTF-8")
    path.write_text("{")
    said(wl.TariffError, lambda: wl.Tariff.from_json(path), "tariff.json")
    said(wl.TariffError, lambda: wl.Tariff.load("cn-fujian"), "cn-fujian", "near ids: cn-fujian-")


def test_dates_that_do_not_cover_the_readings() -> None:
    site = wl.simulate.demo_site()
    tariff = wl.Tariff.load(FUJIAN)
    for call in (
        lambda: tariff.bill(site),
        lambda: wl.diagnose(site, tariff),
        lambda: wl.estimate_savings(site, tariff),
    ):
        said(
            wl.TariffError,
            call,
            "in force from 2025-08-01 to before 2025-09-01",
            "from 2025-01-01 to before 2026-01-01",
            "assume_in_force()",
        )


@pytest.mark.parametrize(
    ("contract", "parts"),
    [
        ({"demand_billing": "capacity"}, ["capacity_kva", "needs the transformer capacity in kVA"]),
        (
            {"demand_billing": "contract_demand", "capacity_kva": 500},
            ["contract_demand_kw", "needs the contract demand"],
        ),
        ({"demand_billing": "contract_demand", "contract_demand_kw": 500}, ["capacity_kva", "40 %"]),
        ({"capacity_kva": -5}, ["capacity_kva", "-5", "expected a number from 0.1"]),
        ({"power_factor_standard": 0.95}, ["power_factor_standard", "0.95", "0.9"]),
        ({"demand_billing": "by_luck"}, ["by_luck", "capacity"]),
    ],
)
def test_a_contract_without_what_its_mode_needs(
    readings: wl.Readings, contract: dict[str, Any], parts: list[str]
) -> None:
    said(wl.SiteError, lambda: wl.Site(readings, contract=wl.Contract(**contract)), "contract", *parts)
    quantities = wl.BillingQuantities.month("2025-08", kwh={"flat": 10.0})
    said(wl.SiteError, lambda: wl.Tariff.load(FUJIAN).bill(quantities, wl.Contract(**contract)), "contract", *parts)


def test_the_unit_is_of_every_column_that_is_found(read: Reader) -> None:
    both = "time,kWh,kvarh\n2024-03-01 00:00,5,2\n2024-03-01 00:15,6,4\n"
    for unit, factor in (("MWh", 1000), ("kW", 0.25), ("kwh", 1), ("W", 0.00025)):
        readings = read(both, unit=unit)
        np.testing.assert_allclose(readings["import_kwh"], np.array([5, 6]) * factor)
        np.testing.assert_allclose(readings["import_kvarh"], np.array([2, 4]) * factor)
    # A named column alone has the unit.
    named = read(both, import_kwh="kWh", unit="MWh")
    assert (named["import_kwh"][0], named["import_kvarh"][0]) == (5000, 2)
    frame = pl.DataFrame({"ts": ["2024-03-01 00:00", "2024-03-01 00:15"], "load": [8.0, 4.0]})
    told: dict[str, Any] = {"time": "ts", "import_kwh": "load", "zone": "Asia/Shanghai", "stamp": "start"}
    told["unit"] = "kW"
    assert wl.Readings.from_table(frame, **told)["import_kwh"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("unit", "'wh', 'kwh', 'mwh', 'ten_mwh', 'w', 'kw', 'mw'"),
        ("stamp", "'start', 'end'"),
        ("fold", "'by order', 'earlier', 'later', 'error'"),
        ("gap", "'error', 'skip'"),
        ("date_order", "'dmy', 'mdy', 'ymd'"),
        ("midnight", "'next_date', 'same_date'"),
    ],
)
@pytest.mark.parametrize("wrong", ["kwhs", 7])
def test_a_word_that_an_option_does_not_have(read: Reader, option: str, words: str, wrong: object) -> None:
    expected = f"found {option}={wrong!r}, expected one of {words}"
    said(wl.ReadingError, lambda: read(DAY, **{option: wrong}), expected)
    if option != "midnight":
        frame = pl.DataFrame({"ts": ["2024-03-01 00:00"], "kwh": [1.0]})
        told: dict[str, Any] = {"time": "ts", "import_kwh": "kwh", "zone": "UTC", option: wrong}
        said(wl.ReadingError, lambda: wl.Readings.from_table(frame, **told), expected)


def test_the_index_of_a_pandas_frame() -> None:
    stamps = pd.DatetimeIndex(["2024-03-01 00:00", "2024-03-01 00:15"], name="ts")
    frame = pd.DataFrame({"kwh": [1.0, 2.0]}, index=stamps)
    told: dict[str, Any] = {"import_kwh": "kwh", "zone": "Asia/Shanghai", "stamp": "start"}
    by_name = wl.Readings.from_table(frame, time="ts", **told)
    assert by_name["import_kwh"].tolist() == wl.Readings.from_table(frame, **told)["import_kwh"].tolist() == [1, 2]
    assert f"{by_name.start:%Y-%m-%d %H:%M}" == "2024-03-01 00:00"
    plain = frame.reset_index()
    call = lambda: wl.Readings.from_table(plain, **told)  # noqa: E731
    said(wl.ReadingError, call, "the index begins with 0 of type int", "pass time=", "the table has ts, kwh")


def test_the_wrong_kind_of_thing(readings: wl.Readings, demo: wl.Site, fujian: wl.Tariff) -> None:
    no_site = "found Readings, expected a Site: wl.Site(readings)"
    no_tariff = f"found str {FUJIAN!r}, expected a Tariff: wl.Tariff.load(...)"
    anything: Any = readings
    name: Any = FUJIAN
    for call in (wl.profile, wl.diagnose, wl.find_anomalies):
        said(TypeError, lambda call=call: call(anything), no_site)  # type: ignore[misc]
    said(TypeError, lambda: wl.estimate_savings(anything, fujian), no_site)
    said(TypeError, lambda: wl.price_findings(wl.Findings(), anything, fujian), no_site)
    said(TypeError, lambda: fujian.bill(anything), "found Readings, expected a Site or BillingQuantities")
    for with_tariff in (wl.diagnose, wl.find_anomalies, wl.estimate_savings):
        said(TypeError, lambda call=with_tariff: call(demo, name), no_tariff)  # type: ignore[misc]
    said(TypeError, lambda: wl.price_findings(wl.Findings(), demo, name), no_tariff)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"contract": {"capacity_kva": 315}}, "found dict, expected a Contract: wl.Contract(...)"),
        ({"contract": {}}, "found dict, expected a Contract"),
        ({"calendar": "CN"}, 'expected a Calendar: wl.Calendar.country("CN")'),
        ({"calendar": ""}, "expected a Calendar"),
    ]
    for given, message in wrong:
        said(TypeError, lambda given=given: wl.Site(readings, **given), message)  # type: ignore[misc]
    country: Any = "CN"
    said(TypeError, lambda: wl.simulate.plant(calendar=country), "expected a Calendar")
    said(TypeError, lambda: fujian.prices(np.ones(3)), "expected Readings")  # type: ignore[arg-type]


def test_a_language_without_words(diagnosis: wl.Diagnosis) -> None:
    fr: Any = "fr"
    assert diagnosis.bills is not None
    assert diagnosis.savings is not None
    calls: list[Callable[[], object]] = [
        lambda: diagnosis.summary(fr),
        lambda: diagnosis.to_html(language=fr),
        lambda: diagnosis.bills.lines(fr),  # type: ignore[union-attr]
        lambda: diagnosis.bills.notes(fr),  # type: ignore[union-attr]
        lambda: diagnosis.savings.to_table(fr),  # type: ignore[union-attr]
        lambda: diagnosis.findings.to_table(fr),
        lambda: diagnosis.profile.figure(fr),
    ]
    for call in calls:
        said(LookupError, call, "no words in language 'fr'; expected one of en, zh")
