import pickle
from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import wattlens as wl
from wattlens.simulate import Fault, FaultKind, Simulation, Truth

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = wl.Calendar.country("CN")
# What each fault is found as.
NAMES = {
    "spike": "anomaly.spike",
    "drop": "anomaly.dip",
    "stuck_value": "quality.stuck_value",
    "gap": "quality.gap",
    "zero_run": "quality.zero_run",  # from a day on; before that it is an outage alone
    "unusual_hours": "anomaly.left_on_overnight",
    "night_base_rise": "anomaly.night_base_rise",
    "work_on_holiday": "anomaly.work_on_holiday",
}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


FAULTS = [
    Fault("spike", at("2025-04-16T14:00"), 3600, 400.0),
    Fault("drop", at("2025-05-14T10:00"), 4 * 3600, 0.8),
    Fault("stuck_value", at("2025-06-11T09:00"), 30 * 3600),
    Fault("gap", at("2025-07-09T09:00"), 6 * 3600),
    Fault("zero_run", at("2025-08-13T09:00"), 30 * 3600),
    Fault("unusual_hours", at("2025-09-16T22:30"), 7 * 3600, 250.0),
    Fault("night_base_rise", at("2025-11-10T00:00"), 21 * 86400, 60.0),
    Fault("work_on_holiday", at("2025-10-03T00:00"), 86400, 1.0),
]


def simulated(faults: list[Fault], **settings: Any) -> tuple[Simulation, wl.Findings]:
    simulation = wl.simulate.plant(calendar=CALENDAR, faults=faults, **settings)
    return simulation, wl.diagnose(wl.Site(simulation.readings, calendar=CALENDAR)).findings


def hits(findings: wl.Findings, code: str, truth: Truth) -> list[wl.Finding]:
    return [
        finding
        for finding in findings.of(code)
        if finding.span is not None and finding.span.start < truth.end and finding.span.end > truth.start
    ]


def check_planted(fault: Fault, seed: int) -> None:
    simulation, findings = simulated([fault], seed=seed)
    (truth,) = simulation.truth
    found = hits(findings, NAMES[fault.kind], truth)
    assert found, (fault, seed, findings)
    # Nothing else is reported, but what is a second view of the same stretch.
    assert [item for item in findings if item.span and not hits(findings, item.code, truth)] == []
    if fault.kind in {"spike", "drop", "unusual_hours", "work_on_holiday"}:
        assert truth.kwh is not None
        assert sum(item.kwh or 0 for item in found) == pytest.approx(truth.kwh, rel=0.25)


def test_every_fault_has_a_name() -> None:
    assert set(NAMES) == set(get_args(FaultKind)) == {fault.kind for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_planted_fault_is_found_by_its_name(fault: Fault, seed: int) -> None:
    check_planted(fault, seed)


def test_a_shift_of_zeros_is_an_outage() -> None:
    _, findings = simulated([Fault("zero_run", at("2025-08-13T09:00"), 8 * 3600)], seed=1)
    assert [item.code for item in findings] == ["anomaly.outage"]
    assert "zero for 8 h" in findings[0].sentence()


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
def test_a_planted_fault_is_found_by_its_name_at_many_seeds(fault: Fault) -> None:
    for seed in range(100, 140):
        check_planted(fault, seed)


@pytest.mark.parametrize("seed", range(5))
def test_a_clean_plant_gives_nothing(seed: int) -> None:
    assert list(simulated([], seed=seed)[1]) == []


@pytest.mark.proof
def test_a_clean_plant_gives_nothing_at_many_seeds() -> None:
    for seed in range(100, 300):
        assert list(simulated([], seed=seed)[1]) == [], seed


@pytest.mark.parametrize(
    "settings",
    [
        {"step_s": 3600},
        {"step_s": 300, "days": 120},
        {"shifts": [{"start_h": 0.0, "end_h": 24.0, "level": 1.0}]},
        {"shifts": [{"start_h": 8.0, "end_h": 17.0, "level": 1.0}]},
        {"days": 30, "first": "2025-03-03"},
        {"base_kw": 5.0},
    ],
    ids=str,
)
def test_clean_plants_of_other_habits_give_nothing(settings: dict[str, Any]) -> None:
    found = [item for item in simulated([], seed=11, **settings)[1] if item.code != "anomaly.not_judged"]
    assert found == []


def test_the_same_settings_give_the_same_bits() -> None:
    one, two = (wl.simulate.plant(calendar=CALENDAR, faults=FAULTS, seed=3) for _ in range(2))
    assert one.readings == two.readings
    assert one.truth == two.truth
    np.testing.assert_array_equal(one.temperature_celsius, two.temperature_celsius)
    assert wl.simulate.plant(seed=4, days=30).readings != wl.simulate.plant(seed=3, days=30).readings


def test_the_truth_is_the_difference_to_the_clean_plant() -> None:
    clean = wl.simulate.plant(calendar=CALENDAR, seed=3).readings["import_kwh"]
    faulty = wl.simulate.plant(calendar=CALENDAR, faults=FAULTS, seed=3)
    starts = faulty.readings.starts.astype(int)
    for truth in faulty.truth:
        inside = (starts >= truth.start) & (starts < truth.end)
        difference = faulty.readings["import_kwh"][inside] - clean[inside]
        if truth.kind == "gap":
            assert truth.kwh is None
            assert np.isnan(difference).all()
        else:
            assert truth.kwh == pytest.approx(difference.sum(), abs=1e-6)
    touched = np.zeros(len(starts), dtype=bool)
    for truth in faulty.truth:
        touched |= (starts >= truth.start) & (starts < truth.end)
    np.testing.assert_array_equal(faulty.readings["import_kwh"][~touched], clean[~touched])


def test_it_says_everywhere_that_it_is_simulated(demo: wl.Site) -> None:
    assert demo.readings.provenance["source"].value == "simulated"
    assert pickle.loads(pickle.dumps(demo)).readings.provenance["source"].value == "simulated"
    part = demo.readings.between("2025-03-01", "2025-04-01").resample("1h")
    assert part.provenance["source"].value == "simulated"
    assert wl.diagnose(wl.Site(part)).record.site.simulated


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: wl.simulate.plant(base=5), ["base", "base_kw"]),
        (lambda: wl.simulate.plant(days=0), ["days"]),
        (lambda: wl.simulate.plant(production_kw=-5.0), ["production_kw"]),
        (lambda: wl.simulate.plant(days=9, faults=[FAULTS[0]]), ["fault"]),
        (lambda: wl.simulate.plant(faults=[FAULTS[0], FAULTS[0]]), ["fault"]),
    ],
)
def test_settings_without_a_meaning_are_named(call: Callable[[], object], parts: list[str]) -> None:
    with pytest.raises(wl.SiteError) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == []
