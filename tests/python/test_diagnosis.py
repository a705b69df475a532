import json
import pickle
import re

import pytest

import wattlens as wl


def test_it_is_the_sum_of_its_parts(demo: wl.Site, fujian: wl.Tariff, diagnosis: wl.Diagnosis) -> None:
    assert diagnosis.profile == wl.profile(demo)
    assert diagnosis.bills == fujian.bill(demo)
    assert diagnosis.savings == wl.estimate_savings(demo, fujian)
    # What the rules of quality tell of the meter is not told twice.
    anomalies = [one for one in wl.find_anomalies(demo, fujian) if one.code != "anomaly.stuck_value"]
    assert list(diagnosis.findings.of("anomaly")) == anomalies
    quality = {(item.code, item.span) for item in demo.readings.quality()}
    assert {(item.code, item.span) for item in diagnosis.findings if not item.code.startswith("anomaly.")} == quality


def test_without_a_tariff_there_is_no_money_and_it_says_so(demo: wl.Site) -> None:
    bare = wl.diagnose(demo)
    assert (bare.tariff, bare.bills, bare.savings) == (None, None, None)
    assert {one.task for one in bare.not_done if one.needs == "tariff"} == {"bill", "savings", "findings.amount"}
    assert all(finding.amount is None for finding in bare.findings)
    assert [(item.code, item.kwh) for item in bare.findings.of("anomaly")] == [
        (item.code, item.kwh) for item in wl.find_anomalies(demo) if item.code != "anomaly.stuck_value"
    ]


def test_the_json_has_versions_and_no_number_that_is_none(diagnosis: wl.Diagnosis) -> None:
    text = diagnosis.to_json()
    found = json.loads(text)
    assert found["schema"] == 1
    assert found["wattlens"] == wl.__version__
    assert re.fullmatch(r"\d{4}[a-z]", found["tzdb"])
    assert found["site"]["simulated"] is True
    assert found == diagnosis.to_dict()
    assert not re.search(r"\b(NaN|Infinity)\b", text)
    assert {"profile", "anomaly"} <= set(found["settings"])


def test_the_same_bits_twice(demo: wl.Site, fujian: wl.Tariff, diagnosis: wl.Diagnosis) -> None:
    assert wl.diagnose(demo, fujian).to_json() == diagnosis.to_json()
    again = wl.diagnose(pickle.loads(pickle.dumps(demo)), pickle.loads(pickle.dumps(fujian)))
    assert again.to_json() == diagnosis.to_json()


def test_it_pickles_and_never_changes(diagnosis: wl.Diagnosis) -> None:
    again = pickle.loads(pickle.dumps(diagnosis))
    assert again.to_json() == diagnosis.to_json()
    assert list(again.findings) == list(diagnosis.findings)
    for name in ("site", "profile", "bills", "other"):
        with pytest.raises(AttributeError):
            setattr(diagnosis, name, None)


def test_without_a_calendar_it_asks_for_one(demo: wl.Site) -> None:
    needs = {(one.task, one.needs) for one in wl.diagnose(wl.Site(demo.readings)).not_done}
    assert ("day_types.holidays", "calendar") in needs
    assert ("day_types.holidays", "calendar") not in {(one.task, one.needs) for one in wl.diagnose(demo).not_done}


def test_a_provisional_calendar_leaves_a_finding(demo: wl.Site) -> None:
    calendar = wl.Calendar.country("CN", provisional=True)
    year = calendar.dates.provisional_years[0]
    readings = wl.Readings.from_arrays(
        start=f"{year}-03-01", step="15min", zone="Asia/Shanghai", import_kwh=demo.readings["import_kwh"][: 96 * 60]
    )
    found = wl.diagnose(wl.Site(readings, calendar=calendar)).findings.of("calendar.provisional")
    assert [finding.evidence["year"] for finding in found] == [year]
    assert str(year) in found[0].sentence()
    with pytest.raises(wl.TimeError, match=str(year)):
        wl.Site(readings, calendar=wl.Calendar.country("CN"))
