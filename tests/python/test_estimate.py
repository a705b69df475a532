"""Estimates: the slow twins, what holds of any gaps, and how later results tell of them."""

import itertools
import pickle
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from reference import estimate as twin

import wattlens as wl
from wattlens import _core, words
from wattlens.findings import Span

NAN = float("nan")


def hourly(kwh: object, start: str = "2024-03-04", zone: str = "Asia/Shanghai", **channels: object) -> wl.Readings:
    return wl.Readings.from_arrays(start=start, step="1h", zone=zone, import_kwh=kwh, **channels)  # type: ignore[arg-type]


def starts_of(readings: wl.Readings) -> list[datetime]:
    return [datetime.fromtimestamp(int(second), UTC) for second in readings.starts.astype(np.int64)]


def irregular(seed: int, length: int, gaps: int, zeros: int) -> NDArray[np.float64]:
    """Loads with gaps of many lengths, some beside zeros, some at the edges."""
    random = np.random.default_rng(seed)
    kwh = random.uniform(1, 50, length).round(2)
    for count, value in ((zeros, 0.0), (gaps, NAN)):
        for _ in range(count):
            first = int(random.integers(0, length))
            kwh[first : first + int(random.integers(1, 60 if value else 6))] = value
    for _ in range(gaps):
        first = int(random.integers(0, length))
        kwh[first : first + int(random.integers(1, 4))] = NAN
    return kwh


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("beside_outage", [False, True])
def test_lines_are_those_of_the_twin(seed: int, beside_outage: bool) -> None:
    kwh = irregular(seed, 400, gaps=14, zeros=10)
    filled = hourly(kwh).estimate("linear", linear_up_to="3h", linear_beside_outage=beside_outage)
    expected = twin.linear(kwh.tolist(), step_s=3600, up_to_s=10800, beside_outage=beside_outage)
    np.testing.assert_allclose(filled["import_kwh"], expected, rtol=1e-12)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo"])
@pytest.mark.parametrize("seed", range(3))
def test_like_days_are_those_of_the_twin(zone: str, seed: int) -> None:
    # From September to November 2017: clocks change in Berlin on 29 October, in São Paulo at midnight of the 15th.
    # China's National Day has a make-up workday on Saturday, 30 September.
    calendar = wl.Calendar.country("CN")
    kwh = irregular(seed, 24 * 70 + 7, gaps=10, zeros=3)
    kwh[200:420] = NAN
    readings = hourly(kwh, "2017-09-08 05:00", zone)
    types: dict[date, str] = {}

    def day_type(day: date) -> str:
        if day not in types:
            types[day] = calendar.day_type(day)
        return types[day]

    for choice in ({}, {"weeks": 2, "most_days": 3, "least_days": 2}):
        filled = readings.estimate("like_day", calendar=calendar, **choice)  # type: ignore[arg-type]
        names = {"weeks": "weeks", "most_days": "most", "least_days": "least"}
        told = {names[name]: value for name, value in choice.items()}
        expected = twin.like_day(starts_of(readings), kwh.tolist(), day_type=day_type, zone=zone, **told)
        np.testing.assert_allclose(filled["import_kwh"], expected, rtol=1e-12)
        assert np.isnan(kwh).sum() > filled.estimated().intervals > 0 or not np.isnan(expected).any()


gappy = st.lists(st.one_of(st.just(NAN), st.floats(0, 1e6)), min_size=24 * 8, max_size=24 * 8).map(np.array)


@given(gappy, st.sampled_from(["auto", "linear", "like_day", "scaled", "balance"]))
@settings(max_examples=40, deadline=None)
def test_what_was_measured_stays_and_what_was_filled_says_so(
    kwh: NDArray[np.float64], method: wl.estimate.Method
) -> None:
    readings = hourly(kwh)
    filled = readings.estimate(method)
    missing, flags = np.isnan(kwh), filled.flag_words("import_kwh")
    np.testing.assert_array_equal(filled["import_kwh"][~missing], kwh[~missing])
    assert set(flags[~missing]) <= {"measured"}
    assert set(flags[missing]) <= {"missing", "linear", "like_day", "scaled", "spread", "balance"}
    assert (filled["import_kwh"][missing & (flags != "missing")] >= 0).all()
    assert filled.raw == readings
    accounted = sum(int(one.evidence["intervals"]) for one in filled.findings.of("estimate"))
    assert accounted == missing.sum()
    assert filled == readings.estimate(method)
    assert filled == pickle.loads(pickle.dumps(filled))


def register(readings: wl.Readings, multiplier: float, shown: dict[int, float]) -> wl.Readings:
    """The same readings with a register that was read at the start of these intervals."""
    handle = readings.handle
    spans = [
        {
            "channel": {"quantity": "active_energy", "direction": "import", "phase": "total", "kind": "energy"},
            "kind": "register",
            "period": "total",
            "multiplier": multiplier,
            "values": [
                {"span": {"start": at, "end": at}, "value": value, "flag": "measured", "at": None}
                for at, value in ((handle.start + index * handle.step_s, value) for index, value in shown.items())
            ],
        }
    ]
    channels = [(name, handle.values(name), handle.flags(name)) for name in handle.channels]
    origin = wl.wire.text({"spans": spans})
    return wl.Readings(_core.Readings(handle.start, handle.step_s, handle.zone, channels, origin))


@given(gappy, st.sets(st.integers(0, 24 * 8), min_size=2, max_size=6), st.sampled_from([1.0, 30.0, 2000.0]))
@settings(max_examples=60, deadline=None)
def test_energy_between_register_readings_is_exact(kwh: NDArray[np.float64], read: set[int], multiplier: float) -> None:
    truth = np.where(np.isnan(kwh), 7.0, kwh)
    shown = {at: float(truth[:at].sum() / multiplier) for at in sorted(read)}
    filled = register(hourly(kwh), multiplier, shown).estimate()
    places = sorted(read)
    for start, end in itertools.pairwise(places):
        known = (shown[end] - shown[start]) * multiplier
        # Differences of a register that ran far keep as many digits as the register has.
        assert filled["import_kwh"][start:end].sum() == pytest.approx(known, rel=1e-9, abs=1e-9 * truth[:end].sum())


def test_pickles_keep_raw_findings_and_provenance() -> None:
    filled = hourly([1.0, NAN, 3.0]).estimate()
    again = pickle.loads(pickle.dumps(filled))
    assert again == filled
    assert again.raw == filled.raw
    assert np.isnan(again.raw["import_kwh"][1])
    assert again.findings == filled.findings
    assert again.provenance["estimate"].value == "auto"
    whole = hourly([1.0, 2.0])
    assert whole.raw is whole
    assert whole.estimate() == whole
    assert pickle.loads(pickle.dumps(whole)).raw == whole


def test_slices_and_resamples_take_their_originals_with_them() -> None:
    filled = hourly([1.0, NAN, 3.0, 4.0, 5.0]).estimate()
    part = filled.between("2024-03-04 00:00", "2024-03-04 03:00")
    assert np.isnan(part.raw["import_kwh"][1])
    assert part.estimated().intervals == 1
    coarse = filled.resample("2h")
    assert coarse.flag_words("import_kwh").tolist() == ["linear", "measured", "incomplete"]
    assert coarse.raw.flag_words("import_kwh").tolist()[0] == "incomplete"


def test_findings_and_stretches_are_replaced_in_their_channels() -> None:
    kwh, kvarh = [4.0, 5.0, 900.0, 7.0, 8.0], [1.0, 2.0, 3.0, 4.0, 5.0]
    readings = hourly(kwh, import_kvarh=kvarh)
    start = int(readings.starts[2].astype(np.int64))
    spike = wl.Finding(
        code="quality.stuck_value", severity="low", span=Span(start, start + 3600), kwh=None, amount=None,
        evidence={"channel": "import_kwh"},
    )  # fmt: skip
    for replace in (spike, [spike], wl.Findings([spike])):
        filled = readings.estimate(replace=replace)
        assert filled["import_kwh"].tolist() == [4.0, 5.0, 6.0, 7.0, 8.0]
        assert filled.raw["import_kwh"][2] == 900.0
        assert filled["import_kvarh"].tolist() == kvarh
    both = readings.estimate(replace=("2024-03-04 02:00", "2024-03-04 03:00"))
    assert both["import_kwh"][2] == 6.0
    assert both.flag_words("import_kvarh")[2] == "linear"
    left = readings.estimate("balance", replace=[("2024-03-04 02:00", "2024-03-04 03:00")])
    assert np.isnan(left["import_kwh"][2])
    assert left.raw["import_kwh"][2] == 900.0
    assert left.findings.of("estimate.left")[0].evidence["reason"] == "no_parent"


def test_parent_less_siblings() -> None:
    meter, parent, sibling = hourly([NAN, NAN, 3.0]), hourly([10.0, 10.0, 10.0]), hourly([4.0, 11.0, 1.0])
    filled = meter.estimate("balance", parent=parent, siblings=[sibling])
    assert filled["import_kwh"][0] == 6.0
    assert filled.flag_words("import_kwh").tolist() == [
        "balance",
        "missing",
        "measured",
    ]


def test_calls_that_make_no_sense_say_what_to_pass() -> None:
    readings = hourly([1.0, NAN, 3.0])
    with pytest.raises(wl.ReadingError, match="'like_day'"):
        readings.estimate("cubic")  # type: ignore[arg-type]
    with pytest.raises(wl.ReadingError, match="parent="):
        readings.estimate(siblings=[readings])
    with pytest.raises(wl.SiteError, match=r"most_days.*found 2, expected least_days, which is 3"):
        readings.estimate(most_days=2)
    with pytest.raises(wl.ReadingError, match="weeks"):
        readings.estimate(weeks=1.5)  # type: ignore[arg-type]
    with pytest.raises(wl.ReadingError, match="pair of start and end"):
        readings.estimate(replace=["2024-03-04"])  # type: ignore[list-item]
    with pytest.raises(wl.SiteError, match=r"estimate\.parent.*900 s"):
        readings.estimate(
            parent=wl.Readings.from_arrays(start="2024-03-04", step="15min", zone="UTC", import_kwh=[1.0])
        )
    with pytest.raises(TypeError, match="Calendar"):
        readings.estimate(calendar="CN")  # type: ignore[arg-type]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_findings_say_it_in_words(language: words.Language) -> None:
    kwh = np.full(24 * 30, 5.0)
    kwh[30:40], kwh[50] = NAN, NAN
    readings = register(hourly(kwh), 1.0, {0: 0.0, 24 * 30: 100.0})
    said = [one.sentence(language) for one in readings.estimate().findings.of("estimate")]
    assert len(said) == 3
    assert [one for one in said if "{" in one or "None" in one or "_" in one] == []
    if language == "en":
        assert said[0] == (
            "imported energy: 1 interval in 1 gap (0.1 % of the time) filled on a straight line, 5 kWh. "
            "The originals are kept."
        )
    left = hourly([NAN, 1.0]).estimate().findings.of("estimate.left")
    assert words.say("word.too_few_like_days", language) in left[0].sentence(language)


def test_later_results_tell_how_much_rests_on_estimates(fujian: wl.Tariff, demo: wl.Site) -> None:
    readings = demo.readings
    gap = int((readings.flag_words("import_kwh") == "missing").sum())
    day = ("2025-03-12", "2025-03-13")
    filled = readings.estimate("like_day", calendar=demo.calendar, replace=[day])
    estimated = filled.estimated()
    assert estimated.intervals == 96 + gap
    assert estimated.total > 0
    site = wl.Site(filled, name="Demo", calendar=demo.calendar, contract=demo.contract)
    diagnosis = wl.diagnose(site, fujian)
    assert diagnosis.bills is not None
    assert diagnosis.savings is not None
    assert diagnosis.record.site.estimated_kwh == pytest.approx(estimated.total)
    assert diagnosis.record.site.estimated_share == estimated.share
    assert diagnosis.profile.completeness[0].estimated_share == pytest.approx(estimated.share)
    by_month = [bill.quantities.estimated_kwh for bill in diagnosis.bills]
    assert sum(by_month) == pytest.approx(estimated.total)
    assert by_month[2] > 0
    march = next(bill for bill in diagnosis.bills if bill.quantities.estimated_kwh > 0)
    assert any("estimated, not measured" in note for note in march.notes())
    assert all(
        any(one.code == "readings.estimated" for one in measure.assumptions) for measure in diagnosis.savings.measures
    )
    assert "estimated" in diagnosis.summary()
    assert "估算" in diagnosis.to_html(language="zh")
    assert "estimated" in repr(filled)
    # Without an estimate nothing of it is said.
    plain = wl.diagnose(demo, fujian)
    assert "estimated" not in plain.summary()
    assert plain.record.site.estimated_kwh == 0
    assert plain.savings is not None
    assert all(one.code != "readings.estimated" for found in plain.savings.measures for one in found.assumptions)
