"""What the rules of quality find has words in both languages, and says what the verdict of a month rests on."""

import json
from typing import Any

import numpy as np
import pytest

from wattlens import _core, words

DAY = 86_400


def readings(channels: dict[str, Any], *, step_s: int = 3600, spans: list[dict[str, Any]] | None = None) -> Any:
    packed = [(name, np.asarray(values, float), np.zeros(len(values), np.uint8)) for name, values in channels.items()]
    origin = {"meter": "M1", "spans": spans or [], "findings": [], "provenance": {}}
    return _core.Readings(0, step_s, "UTC", packed, json.dumps(origin))


def register(values: list[float], period: str = "total", late_s: int = 0) -> dict[str, Any]:
    channel = {"quantity": "active_energy", "direction": "import", "phase": "total", "kind": "energy"}
    times = [day * (DAY + late_s) for day in range(len(values))]
    shown = [
        {"span": {"start": at, "end": at}, "value": value, "flag": "measured", "at": None}
        for at, value in zip(times, values, strict=True)
    ]
    return {"channel": channel, "kind": "register", "period": period, "multiplier": 40.0, "values": shown}


def load(days: int) -> np.ndarray:
    hours = np.arange(days * 24)
    return 100.0 + 50.0 * (hours % 24 // 8) + (hours * 7919 % 1009) / 100.0


def cases() -> dict[str, tuple[Any, dict[str, Any]]]:
    at = load(90)
    ones, spike, stepped, lone = at.copy(), at.copy(), at.copy(), at.copy()
    ones[100:104] = 1.0
    spike[1000] = 2000.0
    stepped[45 * 24 :] *= 1000.0
    lone[100:150] = np.nan
    steps = np.repeat(np.where(np.arange(90) < 31, 1.0, 2.5), 24)
    total = [10.0 * day for day in range(30)]
    gap = total[:20] + [1.0 + value for value in range(10)]
    tariffs = [register(total), register(total, "peak"), register(total, "valley")]
    factor = np.full(90 * 24, 0.5)
    return {
        "placeholder": (readings({"import_kwh": ones}), {}),
        "spike": (readings({"import_kwh": spike}), {}),
        "multiplier_step?unit_jump": (readings({"import_kwh": stepped}), {}),
        "sibling_channels": (readings({"import_kwh": at, "import_kvarh": lone}), {}),
        "usage_change": (readings({"import_kwh": at * steps}), {}),
        "historical_maximum": (readings({"import_kwh": at * steps}), {}),
        "reactive_ratio": (readings({"import_kwh": at, "import_kvarh": at * 5}), {}),
        "power_factor_identity": (
            readings({"import_kwh": at, "import_kvarh": at * 0.1, "power_factor": factor}), {}
        ),
        "high_low": (readings({"import_kwh": at}), {"capacity_kva": 50.0}),
        "balance": (readings({"import_kwh": at}), {"children": [readings({"import_kwh": at * 0.5})]}),
        "balance?children_above": (readings({"import_kwh": at}), {"parent": readings({"import_kwh": at * 0.5})}),
        "sum_check": (readings({"import_kwh": at}, spans=[register(total)]), {}),
        "register_fell": (readings({"import_kwh": at}, spans=[register(gap)]), {}),
        "tariff_registers": (readings({"import_kwh": at}, spans=tariffs), {}),
        "clock_drift?stamps": (readings({"import_kwh": at}, spans=[register(total, late_s=20)]), {}),
        "interval_size": (readings({"import_kwh": at}, spans=[register(total, late_s=20)]), {}),
        "consecutive": (readings({"import_kwh": spike}), {"settings": '{"consecutive": true}'}),
    }  # fmt: skip


@pytest.mark.parametrize("case", cases())
def test_each_rule_speaks_both_languages(case: str) -> None:
    handle, more = cases()[case]
    code, _, variant = f"quality.{case}".partition("?")
    quality = json.loads(handle.check_quality(**more))
    found = [one for one in quality["findings"] if one["code"] == code]
    assert found, [one["code"] for one in quality["findings"]]
    if variant:
        assert found[0]["evidence"][variant] is True
    for language in words.LANGUAGES:
        sentence = words.say(code, language, **found[0]["evidence"])
        assert not any(left in sentence for left in ("{", "[", "None"))
        assert words.say(f"title.{code}", language)


def test_what_did_not_run_and_why_a_month_is_no_good_have_words() -> None:
    values = load(31)
    values[:200] = np.nan
    quality = json.loads(readings({"import_kwh": values}).check_quality())
    assert {"rule_set", "settings", "findings", "not_run", "verdicts", "completeness"} == quality.keys()
    assert [quality["verdicts"][0][use]["verdict"] for use in ("billing", "profile", "baselines")] == ["unusable"] * 3
    for language in words.LANGUAGES:
        for one in quality["not_run"]:
            assert words.say(f"task.{one['task']}", language)
            assert words.say(f"needs.{one['needs']}", language)
        for use in ("billing", "profile", "baselines"):
            for reason in quality["verdicts"][0][use]["reasons"]:
                assert "{" not in words.say(reason["code"], language, **reason["facts"])


def test_a_setting_that_does_not_exist_is_refused_with_near_names() -> None:
    with pytest.raises(ValueError, match="near names: spike"):
        readings({"import_kwh": load(31)}).check_quality('{"spkie": false}')
