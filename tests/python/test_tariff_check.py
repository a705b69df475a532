"""A tariff of one's own: its schema, what is wrong with it, what it says; and contracts that are none."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import wattlens as wl
from wattlens.cli import main
from wattlens.tariff_text import period_tables, summary

SHIPPED = resources.files("wattlens").joinpath("tariff.schema.json").read_text(encoding="utf-8")
SEEDS = sorted((Path(__file__).parents[1] / "fixtures" / "tariffs").glob("*.json"))
BUNDLED: list[str] = list(wl.bundled_tariffs().to_dict()["id"])


def own(**changes: Any) -> dict[str, Any]:
    component = {
        "id": "energy",
        "name": {"en": "Energy", "zh": "电度电费"},
        "charge": {"energy": {"price": "0.65"}},
        "source": "contract",
        "certainty": "stated",
    }
    return {
        "schema": 2,
        "id": "own",
        "name": {"en": "Own", "zh": "自定"},
        "currency": "CNY",
        "certainty": "stated",
        "source": "contract",
        "versions": [{"in_force": {"from": "2026-01-01"}, "components": [component]}],
    } | changes


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_the_shipped_schema_is_that_of_the_types(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(SHIPPED) == json.loads(wl.Tariff.json_schema()), (
        "run: wattlens tariff schema > python/wattlens/tariff.schema.json"
    )
    assert run("tariff", "schema") == 0
    assert capsys.readouterr().out == SHIPPED


def test_every_tariff_is_valid_by_the_schema() -> None:
    schema = json.loads(SHIPPED)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for id in BUNDLED:  # noqa: A001
        validator.validate(json.loads(wl.Tariff.load(id).to_json()))
    for seed in SEEDS:
        validator.validate(json.loads(seed.read_text(encoding="utf-8")))
    validator.validate(own() | {"$schema": "tariff.schema.json"})


@pytest.mark.parametrize(
    "wrong",
    [
        own(curency="CNY"),
        own(schema=1),
        own(certainty="sure"),
        own(versions=[{"in_force": {"from": "2026-01-01"}}]),
        own(id=3),
        {name: value for name, value in own().items() if name != "source"},
    ],
)
def test_the_schema_refuses_what_the_core_refuses(wrong: dict[str, Any]) -> None:
    assert not jsonschema.Draft7Validator(json.loads(SHIPPED)).is_valid(wrong)
    assert any(one.is_error for one in wl.Tariff.check(json.dumps(wrong)))


def test_the_schema_tells_an_editor_what_it_needs() -> None:
    schema = json.loads(SHIPPED)
    assert "$ref" not in SHIPPED
    words = schema["properties"]["certainty"]["oneOf"]
    assert [word["const"] for word in words] == ["proved", "stated", "assumed", "unverified"]
    assert all(word["description"] for word in words)

    def undescribed(part: Any, here: str) -> list[str]:
        if isinstance(part, list):
            return [name for at, one in enumerate(part) for name in undescribed(one, f"{here}[{at}]")]
        if not isinstance(part, dict):
            return []
        fields = part.get("properties", {})
        # A word with a value of its own is described where it stands among the others.
        described = "description" in part and part.get("required") == list(fields)
        lacking = [f"{here}.{name}" for name, one in fields.items() if not described and "description" not in one]
        return lacking + [name for key, one in part.items() for name in undescribed(one, f"{here}.{key}")]

    assert undescribed(schema, "") == []
    descriptions = [part for part in SHIPPED.splitlines() if '"description"' in part]
    assert not [line for line in descriptions if "\\\\[" in line or "[`" in line]


def test_problems_come_with_field_and_place() -> None:
    text = json.dumps(own(curency="CNY"), indent=2).replace('"0.65"', '"-0.65"')
    unknown, negative = sorted(wl.Tariff.check(text), key=lambda one: one.line or 0, reverse=True)
    assert unknown.field == "curency"
    assert unknown.is_error
    assert "currency" in unknown.problem
    assert negative.field == "versions[0].components[0].charge.energy.price"
    assert text.splitlines()[(negative.line or 0) - 1].strip() == '"price": "-0.65"'
    assert str(negative).startswith(f"line {negative.line}, column {negative.column}: versions[0]")
    with pytest.raises(wl.TariffError, match="there is one more problem"):
        wl.Tariff.from_json(text)
    assert wl.Tariff.check(json.dumps(own())) == ()


def test_check_lists_every_error_as_compilers_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(own(curency="CNY", id=""), indent=2), encoding="utf-8")
    assert run("tariff", "check", path) == 1
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert first.startswith(f"{path}:3:3: error: id: found an empty name")
    assert second.startswith(f"{path}:")
    assert "error: curency: unknown field" in second
    assert "has 2 errors" in err
    path.write_text("{", encoding="utf-8")
    assert run("tariff", "check", path) == 1
    assert f"{path}:1:1: error: is no JSON" in capsys.readouterr().out
    assert run("tariff", "check", tmp_path / "nowhere.json") == 2


def test_check_says_what_a_sound_tariff_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = next(seed for seed in SEEDS if seed.name == "two_part.json")
    assert run("tariff", "check", seed) == 0
    lines = capsys.readouterr().out.splitlines()
    for expected in (
        "from 2024-01-01 to before 2025-08-16",
        "  time_of_use: p peak, v valley, f flat, s sharp, d deep_valley",
        "    from 02-01 to 07-14 and from 09-01 to 12-14",
        "    workday                                     vvvvvvvvvvvvvvfffppppppfffffffffffffppppppppppvv",
        "    when hot_days                               vvvvvvvvvvvvvvfffppppppfffssssffffffppppppppppvv",
        "still to be given: purchase",
        "days still to be given: hot_days (Hot days)",
    ):
        assert expected in lines, expected
    odd = tmp_path / "odd.json"
    trigger = {"id": "hot", "name": {"en": "Hot", "zh": "高温"}}
    odd.write_text(json.dumps(own(triggers=[trigger]), indent=2), encoding="utf-8")
    assert run("tariff", "check", odd) == 0
    assert "warning: triggers[0]: no overlay waits for trigger" in capsys.readouterr().out


def test_show_takes_a_name_or_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("tariff", "show", "example-flat") == 0
    shown = capsys.readouterr().out
    assert "one more kWh in CNY: all 0.65" in shown
    assert run("tariff", "show", "example-flat", "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == "example-flat"
    assert run("tariff", "show", SEEDS[0]) == 0
    assert run("tariff", "show", "example-flaat") == 2
    assert "near ids: example-flat" in capsys.readouterr().err


def test_every_bundled_tariff_has_a_summary_and_days_of_24_hours() -> None:
    for id in BUNDLED:  # noqa: A001
        tariff = wl.Tariff.load(id)
        assert summary(tariff).startswith(f"{id}: ")
        for table in period_tables(tariff):
            for season in table.seasons:
                for day in season.days:
                    assert day.windows[0][0] == "00:00"
                    assert day.windows[-1][1] == "24:00"
                    ends, starts = [w[1] for w in day.windows[:-1]], [w[0] for w in day.windows[1:]]
                    assert ends == starts


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"capacity_kva": 0}, ["contract.capacity_kva", "found 0", "0.1", "kVA", "leave it out"]),
        ({"capacity_kva": float("nan")}, ["contract.capacity_kva", "nan"]),
        ({"capacity_kva": "630"}, ["contract.capacity_kva", "630", "f64"]),
        ({"contract_demand_kw": -5}, ["contract.contract_demand_kw", "found -5"]),
        ({"power_factor_standard": 90}, ["contract.power_factor_standard", "found 90", "write 90 % as 0.90"]),
        ({"power_factor_standard": 0.95}, ["found 0.95", "0.90, 0.85 or 0.80"]),
        ({"demand_billing": "capacty"}, ["contract.demand_billing", "capacty", "near names: capacity"]),
        ({"overrun_rule": "C"}, ["contract.overrun_rule", "`A` or `B`"]),
        ({"capacity": 630}, ["contract.capacity", "near names: capacity_kva"]),
        ({"colour": 1}, ["contract.colour", "no field"]),
        ({"demand_billing": "capacity"}, ["contract.capacity_kva", "needs the transformer capacity"]),
        ({"demand_billing": "contract_demand", "capacity_kva": 630}, ["contract.contract_demand_kw", "needs"]),
        ({"subscribed_kw": {"p1": 0}}, ["contract.subscribed_kw.p1", "found 0"]),
    ],
)
def test_a_wrong_contract_is_refused_by_field_and_remedy(fields: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(wl.SiteError) as caught:
        wl.Contract(**fields)
    for part in parts:
        assert part in str(caught.value)


def test_a_contract_that_is_odd_is_told_and_taken() -> None:
    odd = wl.Contract(capacity_kva=630, contract_demand_kw=800)
    (problem,) = odd.check()
    assert not problem.is_error
    assert "800" in problem.problem
    assert "630" in problem.problem
    assert wl.Contract(capacity_kva=630, contract_demand_kw=600).check() == ()
    assert msgspec.structs.replace(odd, contract_demand_kw=600.0).check() == ()
