"""Anomalies in Python: limits, other expectations, words, the figure of one finding, and sites beside each other."""

from __future__ import annotations

import numpy as np
import pytest

import wattlens as wl
from wattlens import WattlensError, _core, words


@pytest.fixture(scope="module")
def demo() -> wl.Site:
    return wl.simulate.demo_site()


@pytest.fixture(scope="module")
def found(demo: wl.Site) -> wl.Findings:
    return wl.find_anomalies(demo)


def test_every_event_says_how_sure_it_is_and_what_was_expected(found: wl.Findings) -> None:
    assert len(found) >= 4
    for one in found:
        assert one.confidence is None or 0.5 <= one.confidence <= 0.99
        assert isinstance(one.evidence["others"], list)
        if one.kwh is not None:
            assert one.evidence["observed_kwh"] - one.evidence["expected_kwh"] == pytest.approx(one.kwh)
    assert found.to_table()["confidence"][0] == found[0].confidence


def test_a_budget_leaves_the_strongest_and_says_what_it_left_out(demo: wl.Site, found: wl.Findings) -> None:
    few = wl.find_anomalies(demo, budget_per_month=0.1)
    kept = [one for one in few if one.code != "anomaly.over_budget"]
    assert len(kept) == 2  # a tenth of twelve months
    (rest,) = few.of("anomaly.over_budget")
    assert rest.evidence["events"] == len(found) - 2
    assert "0.1" in rest.sentence()
    with pytest.raises(WattlensError, match=r"anomaly\.budget_per_month: found -1"):
        wl.find_anomalies(demo, budget_per_month=-1)


def test_limits_are_given_by_name(demo: wl.Site, found: wl.Findings) -> None:
    assert len(wl.find_anomalies(demo, limits={"short_z": 60.0, "sustained_z": 60.0, "contrast_z": 60.0})) < len(found)
    with pytest.raises(WattlensError, match="shortz"):
        wl.find_anomalies(demo, limits={"shortz": 6.0})
    with pytest.raises(WattlensError, match=r"anomaly\.short_z: found 0, expected a number above 0"):
        wl.find_anomalies(demo, limits={"short_z": 0.0})


def test_any_expectation_can_take_the_place(demo: wl.Site, found: wl.Findings) -> None:
    own = demo.expected_kw()
    assert wl.find_anomalies(demo, expected_kw=own) == found
    load = demo.load_kw()
    exact = wl.find_anomalies(demo, expected_kw=(load, np.full(len(load), 10.0)))
    assert not {"anomaly.spike", "anomaly.dip"} & {one.code for one in exact}
    with pytest.raises(WattlensError, match=f"found 1 and 1 values, expected {len(load)}"):
        wl.find_anomalies(demo, expected_kw=([1.0], [1.0]))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_deviation_says_what_it_may_mean_and_where_to_look(language: str) -> None:
    codes = [code for code in _core.finding_codes() if code.startswith("anomaly.")]
    assert len(codes) >= 22
    for code in codes:
        for kind in ("title", "meaning", "look_first"):
            assert words.known(f"{kind}.{code}", language), f"{language}: {kind}.{code}"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_one_finding_is_drawn_with_its_band(found: wl.Findings, language: words.Language) -> None:
    for one in found:
        figure = found.explain(one, language)
        assert words.say(f"title.{one.code}", language) in figure.title
        assert figure.note == one.sentence(language)
        text = figure.to_svg()
        assert words.say("label.expected_band", language) in text
        assert words.say("label.expected_kw", language) in text


def test_a_finding_without_a_time_or_a_site_cannot_be_drawn(found: wl.Findings) -> None:
    with pytest.raises(WattlensError, match="belong to no site"):
        wl.Findings(found).explain(found[0])
    nowhen = wl.Finding(code="anomaly.spike", severity="low", span=None, evidence={}, kwh=None, amount=None)
    with pytest.raises(WattlensError, match="found no span"):
        found.explain(nowhen)


def family(seed: int, days: int = 120) -> list[np.ndarray]:
    """Six plants that one season moves, hourly."""
    random = np.random.default_rng(seed)
    hours = np.arange(days * 24)
    season = 1 + 0.3 * np.sin(hours / (24 * 120) * 2 * np.pi)
    works = (hours // 24 % 7 < 5) & (hours % 24 >= 8) & (hours % 24 < 18)
    return [
        scale * (np.where(works, 200.0, 60.0) * season) * random.normal(1, 0.05, len(hours)).clip(0.5)
        for scale in (1, 3, 0.5, 10, 2, 1.5)
    ]


def sites(loads: list[np.ndarray]) -> list[wl.Site]:
    return [
        wl.Site(
            wl.Readings.from_arrays(start="2024-01-01", step="1h", zone="Asia/Shanghai", import_kwh=kwh), name=f"P{at}"
        )
        for at, kwh in enumerate(loads)
    ]


def test_a_site_that_departs_from_its_peers_is_named() -> None:
    for seed in range(5):
        assert list(wl.find_departures(sites(family(seed)))) == []
        loads = family(seed)
        loads[3][24 * 60 : 24 * 80] *= 0.5
        (one,) = wl.find_departures(sites(loads))
        assert (one.evidence["site"], one.evidence["up"]) == ("P3", False)
        assert one.evidence["days"] == pytest.approx(20, abs=2)
        assert one.evidence["change_share"] == pytest.approx(-0.5, abs=0.05)
        assert "P3" in one.sentence()
        assert "P3" in one.sentence("zh")


def test_days_without_readings_depart_from_nothing() -> None:
    loads = family(1)
    loads[2][24 * 30 : 24 * 60] = np.nan
    loads[4][:] = 0.0
    assert list(wl.find_departures(sites(loads))) == []


def test_too_few_sites_have_no_peers() -> None:
    with pytest.raises(wl.SiteError, match="found 3, expected at least 4"):
        wl.find_departures(sites(family(1)[:3]))


def test_what_cannot_be_judged_is_said() -> None:
    def said(kwh: np.ndarray) -> list[str]:
        found = wl.find_anomalies(sites([kwh])[0])
        assert {one.code for one in found} == {"anomaly.not_judged"}
        assert all(one.sentence() and one.sentence("zh") for one in found)
        return sorted(name for one in found for name, value in one.evidence.items() if value is True)

    load = family(3, days=120)[0]
    assert said(np.full(24 * 120, 50.0)) == ["constant"]
    assert said(np.zeros(24 * 120)) == ["unused"]
    assert said(load[: 24 * 13]) == []  # nothing at all is judged: that has a sentence of its own
    assert said(load[: 24 * 14]) == ["short"]
    holes = load.copy()
    holes[np.random.default_rng(1).random(len(holes)) < 0.4] = np.nan
    assert said(holes) == ["missing"]
