"""The electrical rules as a notebook sees them."""

import pickle
from pathlib import Path

import pytest

import wattlens as wl
from wattlens import words


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
