"""The electrical rules as a notebook sees them."""

import pickle
from pathlib import Path
from typing import get_args

import pytest

import wattlens as wl
from wattlens import words
from wattlens.simulate import ElectricalFaultKind, Fault


@pytest.fixture
def site(tmp_path: Path) -> wl.Site:
    volts = [229.0] * 40 + [270.0] * 4 + [229.0] * 52
    rows = [f"2024-03-01 {at // 4:02}:{at % 4 * 15:02},{volt}" for at, volt in enumerate(volts)]
    path = tmp_path / "volts.csv"
    path.write_text("time,voltage_l1_v\n" + "\n".join(rows) + "\n", encoding="utf-8")
    readings = wl.read_csv(path, zone="Asia/Shanghai", stamp="start")
    return wl.Site(readings, supply=wl.Supply(nominal_v=220, wiring="1P2W"))


def test_a_finding_has_its_figures_and_its_words(site: wl.Site) -> None:
    found = wl.check_electrical(site)
    assert [(one.code, one.severity, one.evidence["hours"]) for one in found] == [
        ("electrical.over_voltage", "high", 1.0)
    ]
    assert found.standard.name == "cn"
    assert found.rules["over_voltage"].figures["begins_above_share"].mark == "seen"
    assert "264 V" in found[0].sentence()
    assert found[0].sentence("zh").startswith("A 相")
    for language in words.LANGUAGES:
        assert found[0].meaning(language)
        assert found[0].look_first(language)
    assert len(found.limits_table()["rule"]) == sum(len(rule.figures) for rule in found.rules.values())


def test_limits_change_in_one_line_and_rules_are_switched_off(site: wl.Site) -> None:
    limits = {"over_voltage.begins_above_share": 1.25}
    assert [one.code for one in wl.check_electrical(site, limits=limits)] == ["electrical.voltage_deviation"]
    assert wl.check_electrical(site, limits=limits).standard.changed == ("over_voltage.begins_above_share",)
    assert len(wl.check_electrical(site, off=["over_voltage", "voltage_deviation"])) == 0
    with pytest.raises(wl.SiteError, match=r"near names: over_voltage\.begins_above_share"):
        wl.check_electrical(site, limits={"over_voltage.begins_above_shar": 1.25})
    with pytest.raises(wl.SiteError, match="near names: us"):
        wl.check_electrical(site, standard="uk")  # type: ignore[arg-type]


def test_results_and_sites_survive_pickling(site: wl.Site) -> None:
    again = pickle.loads(pickle.dumps(site))
    assert again.supply == site.supply
    found = wl.check_electrical(site)
    assert pickle.loads(pickle.dumps(found)) == found
    assert "Supply(nominal_v=220" in repr(site)
    assert "Electrical rules by cn" in repr(found)


def test_a_supply_that_makes_no_sense_names_the_field() -> None:
    with pytest.raises(wl.SiteError, match=r"supply\.nominal_v: found 0\.22"):
        wl.Supply(nominal_v=0.22)
    with pytest.raises(wl.SiteError, match=r"supply\.nominal_kv: is no field of a supply; near names: nominal_v"):
        wl.Supply(nominal_kv=10)  # type: ignore[call-arg]
    with pytest.raises(wl.SiteError, match=r"supply\.ct_ratio: found nan"):
        wl.Supply(ct_ratio=float("nan"))


# What each fault is called; the same on many seeds is in src/electrical/tests/simulated.rs.
NAMES = {
    "loss_of_voltage": "loss_of_voltage",
    "phase_failure": "phase_failure",
    "current_transformer_open": "loss_of_current",
    "current_transformer_reversed": "ct_reversed",
    "current_transformer_shunted": "current_unbalance",
    "phases_swapped": "phases_swapped",
    "wrong_ratio": "wrong_ratio",
    "over_voltage": "over_voltage",
    "under_voltage": "under_voltage",
    "voltage_unbalance": "voltage_unbalance",
    "over_current": "over_current",
    "transformer_overload": "transformer_over",
    "reverse_power": "reverse_power",
    "neutral_current": "neutral_current",
}
SIZES = {
    "loss_of_voltage": 0.3,
    "current_transformer_shunted": 0.5,
    "wrong_ratio": 0.5,
    "over_voltage": 1.3,
    "under_voltage": 0.7,
    "voltage_unbalance": 0.1,
    "over_current": 1.4,
    "transformer_overload": 1.1,
    "reverse_power": 0.5,
    "neutral_current": 0.5,
}


@pytest.mark.parametrize("kind", get_args(ElectricalFaultKind))
def test_a_simulated_fault_has_its_name_and_its_words(kind: ElectricalFaultKind) -> None:
    start, days = 1_740_960_000, 3  # 2025-03-03T00:00Z, a Monday
    fault = Fault(kind, start, days * 86_400, SIZES.get(kind, 0.0), phase="l3")
    simulation = wl.simulate.plant(first="2025-02-24", days=21, electrical={}, faults=[fault])
    assert simulation.truth[0].phase == "l3"
    found = wl.check_electrical(wl.Site(simulation.readings, supply=simulation.supply))
    named = [one for one in found if one.code == f"electrical.{NAMES[kind]}" and one.span is not None]
    assert any(one.span.start < start + days * 86_400 and one.span.end > start for one in named if one.span)
    for one in found:
        for language in words.LANGUAGES:
            assert one.sentence(language)


def test_a_simulated_plant_without_electrical_has_no_supply() -> None:
    assert wl.simulate.plant(days=7).supply is None
    with pytest.raises(wl.SiteError, match="expected a plant with `electrical`"):
        wl.simulate.plant(days=7, faults=[Fault("over_voltage", 1_735_800_000, 3600, 1.3)])
    with pytest.raises(wl.SiteError, match=r"plant\.electrical\.phase_shares"):
        wl.simulate.plant(days=7, electrical={"phase_shares": [0.5, 0.5, 0.5]})
