import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import wattlens as wl
from wattlens import words
from wattlens.figures import States
from wattlens.figures.gap_map import STATES
from wattlens.findings import Findings
from wattlens.quality import PURPOSES, Quality

DAY = np.r_[np.full(32, 5.0), np.full(40, 40.0), np.full(24, 5.0)]


def of(kwh: NDArray[np.float64], **more: NDArray[np.float64]) -> wl.Readings:
    return wl.Readings.from_arrays(start="2025-01-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh, **more)


def noisy(days: int) -> NDArray[np.float64]:
    return np.tile(DAY, days) * np.random.default_rng(5).uniform(0.9, 1.1, 96 * days)


@pytest.fixture
def gappy() -> wl.Readings:
    """January and February 2025; 300 of the 2 976 quarters of January are missing, on the 4th to the 7th."""
    kwh = noisy(59)
    kwh[300:600] = np.nan
    return of(kwh)


def test_it_is_the_findings_and_more(gappy: wl.Readings) -> None:
    quality = gappy.quality()
    assert isinstance(quality, Findings)
    assert [one.code for one in quality] == ["quality.gap"]
    assert len(quality) == len(quality.of("quality")) == len(quality.findings) == 1
    assert type(quality[:1]) is Findings
    assert quality.to_pandas()["code"].tolist() == ["quality.gap"]
    assert quality.findings == Findings(list(quality), zone="Asia/Shanghai")


def test_a_month_with_a_tenth_missing_is_unusable_and_says_why(gappy: wl.Readings) -> None:
    january, february = gappy.quality().verdicts
    assert (january.label, january.expected, january.present) == ("2025-01", 2976, 2676)
    assert january.billing.verdict == january.profile.verdict == "unusable"
    assert (february.label, february.present) == ("2025-02", 2688)
    assert {february.billing.verdict, february.profile.verdict, february.baselines.verdict} == {"complete"}
    assert february.why() == ""
    # 300 / 2 976 = 10.08 %
    assert "300 intervals" in january.why()
    assert "10.1 %" in january.why()
    assert "300" in january.why("zh")
    assert gappy.quality().counts("billing") == {"complete": 1, "usable": 0, "unusable": 1}


def test_the_verdicts_are_a_table(gappy: wl.Readings) -> None:
    table = gappy.quality().verdict_table()
    assert table.names == ("month", "present", "estimated", *PURPOSES, "reasons")
    assert table.to_dict()["present"] == pytest.approx([100 * 2676 / 2976, 100.0])
    assert table.to_pandas()["billing"].tolist() == ["unusable", "complete"]


def test_rules_that_ran_have_source_and_numbers_and_the_others_say_what_they_need(gappy: wl.Readings) -> None:
    quality = gappy.quality()
    assert (quality.rule_set.name, quality.rule_set.changed) == ("wattlens", ())
    names = [rule.name for rule in quality.rules]
    assert {"gap", "stuck_value", "zero_run"} <= {*names}
    assert all(rule.source and rule.looks_at for rule in quality.rules)
    assert all({*rule.settings} == {*rule.sources} for rule in quality.rules)
    assert {one.task.removeprefix("quality.") for one in quality.not_run}.isdisjoint(names)
    for language in words.LANGUAGES:
        assert all(one.sentence(language) for one in quality.not_run)
        assert all(rule.title(language) for rule in quality.rules)


def test_a_rule_can_be_switched_off_and_changed(gappy: wl.Readings) -> None:
    quality = gappy.quality(settings={"gap": False})
    assert len(quality) == 0
    assert "gap" not in [rule.name for rule in quality.rules]
    assert "quality.gap" in [one.task for one in quality.not_run]
    assert quality.rule_set.changed == ("gap",)
    lenient = gappy.quality(settings={"verdict": {"billing_present_share": 0.8}})
    assert lenient.verdicts[0].billing.verdict == "usable"
    with pytest.raises(wl.WattlensError, match="near names: gap"):
        gappy.quality(settings={"gapp": False})


def test_what_is_wrong_is_refused(gappy: wl.Readings) -> None:
    with pytest.raises(TypeError, match="Contract"):
        gappy.quality(contract="1250 kVA")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Readings"):
        gappy.quality(parent=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Readings"):
        gappy.quality(children=[None])  # type: ignore[list-item]


def test_it_is_the_same_as_json_pickled_and_again(gappy: wl.Readings) -> None:
    quality = gappy.quality()
    again = pickle.loads(pickle.dumps(quality))
    assert again == quality
    assert hash(again) == hash(quality)
    assert again.verdicts == quality.verdicts
    assert json.loads(quality.to_json()) == quality.to_dict()
    assert quality.to_dict().keys() >= {"rule_set", "settings", "findings", "not_run", "verdicts", "completeness"}
    assert gappy.quality(settings={"gap": False}) != quality


def test_it_fits_one_screen() -> None:
    kwh = noisy(365 * 2)
    kwh[::50] = np.nan  # something in every month, and many findings
    lines = repr(of(kwh).quality()).splitlines()
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 120
    assert "unusable" in lines[1]
    assert repr(of(kwh).quality()) == repr(of(kwh).quality())


def test_a_notebook_shows_verdicts_map_and_findings(gappy: wl.Readings) -> None:
    shown = gappy.quality()._repr_html_()
    assert shown.count('<span class="verdict') == 6
    assert "○ unusable" in shown  # symbol and word, not the colour alone
    assert shown.count("<svg") == 1
    assert "No reading in 300 intervals" in shown
    assert "<script" not in shown


def test_ten_years_show_only_the_months_that_lack_something() -> None:
    kwh = noisy(3653)
    kwh[40_000:40_010] = np.nan
    quality = of(kwh).quality()
    assert len(quality.verdicts) == 121  # 3 653 days reach one day into the 121st month
    assert quality.verdict_html().count("<tr>") == 1 + 2
    assert "119 more months" in quality.verdict_html()


def states(figure: wl.figures.Figure) -> States:
    (found,) = (mark for mark in figure.marks if isinstance(mark, States))
    return found


def test_the_map_marks_the_very_values_that_a_rule_doubts() -> None:
    kwh = noisy(31)
    kwh[1000:1060] = 17.25
    stuck = of(kwh).quality()
    assert stuck.of("quality.stuck_value")[0].evidence["intervals"] == 60
    labels = [label for label, _ in states(stuck.figure()).states]
    assert labels[STATES.index("flagged")] == "doubted by a rule 60"
    assert labels[STATES.index("missing")] == ""
    assert labels[STATES.index("measured")] == f"measured {31 * 96 - 60:,}".replace(",", " ")
    assert "Stuck value" in stuck.figure().to_svg()


def test_a_channel_that_is_all_missing_is_shown_as_such() -> None:
    both = of(noisy(3), import_kvarh=np.full(288, np.nan)).quality()
    assert [label for label, _ in states(both.figure()).states if label] == ["measured 288", "missing 288"]
    assert "用电量" in both.figure("zh").to_svg()
    alone = of(np.full(96, np.nan)).quality()
    assert [label for label, _ in states(alone.figure()).states if label] == ["missing 96"]
    assert alone.verdicts[0].billing.verdict == "unusable"
    assert alone.estimated_share is None


def test_without_energy_there_is_no_verdict() -> None:
    only = wl.Readings.from_arrays(start="2025-01-01", step="15min", zone="UTC", import_kvarh=np.ones(96))
    quality = only.quality()
    assert quality.verdicts == ()
    assert quality.in_short() == []
    assert repr(quality).startswith("Rule set wattlens")
    assert "<svg" in quality._repr_html_()


def test_the_demo_plant(demo: wl.Site) -> None:
    quality = demo.readings.quality(contract=demo.contract)
    assert isinstance(quality, Quality)
    assert [month.label for month in quality.verdicts if month.reasons()] == ["2025-05", "2025-11"]
    assert "SIMULATED" in repr(quality)


def test_the_school_has_thirteen_marks(real_folder: Path) -> None:
    path = real_folder / "nmecr" / "nmecr_school_eload.csv"
    school = wl.read_csv(path, zone="UTC", time="time", import_kwh="eload", unit="kwh")
    labels = [label for label, _ in states(school.quality().figure()).states]
    assert labels[STATES.index("missing")] == "missing 13"


def test_the_steel_plant_is_complete_every_month(real_folder: Path) -> None:
    steel = wl.read_csv(real_folder / "steel_kr" / "steel_kr_2018_15min.csv", zone="Asia/Seoul")
    quality = steel.quality()
    assert quality.counts("billing") == {"complete": 12, "usable": 0, "unusable": 0}
    assert len(quality.figure().to_svg()) < 20_000


def test_readings_without_a_step_have_no_map_but_their_spans_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "daily.csv"
    days = [f"2024-01-{day:02},{200 + day}" for day in range(1, 31) if day != 12]
    path.write_text("\n".join(["date,kWh", *days]), encoding="utf-8")
    readings = wl.read(path, zone="Asia/Shanghai", progress=False)
    assert isinstance(readings, wl.Readings)
    assert readings.channels == ()
    with pytest.raises(wl.ReadingError, match="regular step"):
        readings.quality().figure()
    assert "<svg" not in readings.quality()._repr_html_()
    svg = readings.spans.figure("zh").to_svg()
    assert "电量 [kWh]" in svg
    assert "正向有功电量 · 总" in svg
    with pytest.raises(wl.ReadingError, match="nothing to be drawn"):
        of(noisy(1)).spans.figure()
