import json
import pickle
from datetime import date

import msgspec
import numpy as np
import pytest
from reference import profile as slow

import wattlens as wl
from wattlens.load_profile import ProfileSettings


def test_a_week_worked_by_hand() -> None:
    """Five days of 8 h at 100 kW and 16 h at 10 kW, two days at 10 kW but for an hour at 20: 5 · 960 + 250 + 240 kWh.

    Without that hour the meter would have shown the same value for 56 h and be taken for stuck.
    """
    worked = [10.0] * 8 + [100.0] * 8 + [10.0] * 8
    readings = wl.Readings.from_arrays(
        start="2024-03-04", step="1h", zone="Asia/Shanghai", import_kwh=worked * 5 + [10.0] * 12 + [20.0] + [10.0] * 35
    )
    profile = wl.profile(wl.Site(readings))
    assert profile.energy.import_kwh == 5290
    assert (profile.max_kw, profile.load.min_kw, profile.load.hours) == (100, 10, 168)
    assert profile.mean_kw == pytest.approx(5290 / 168)
    assert profile.load_factor == pytest.approx(5290 / 168 / 100)
    assert profile.base_kw == 10
    assert profile.utilisation_hours is None
    assert [day.load_rate for day in profile.days] == pytest.approx([0.4] * 5 + [250 / 480, 1.0])
    assert profile.period.mean_daily_load_rate == pytest.approx((5 * 0.4 + 250 / 480 + 1) / 7)
    assert profile.period.max_daily_peak_valley_kw == 90
    assert profile.ratios.weekend_workday == pytest.approx(490 / 48 / 40)
    assert profile.power_factor is None
    assert {day.day_type for day in profile.days} == {"workday", "weekend"}
    assert profile.duration is not None
    above = {round(one.share_of_peak, 2): one.hours for one in profile.duration.hours_above}
    assert all(hours in (40, 41, 168) for hours in above.values())


def test_the_demo_year_against_its_definitions(demo: wl.Site) -> None:
    profile = wl.profile(demo)
    kwh = demo.readings["import_kwh"].tolist()
    assert profile.load_factor == pytest.approx(slow.load_factor(kwh), rel=1e-12)
    assert profile.base_kw == pytest.approx(4 * slow.quantile(kwh, 0.025), rel=1e-9)
    assert profile.peak_kw == pytest.approx(4 * slow.quantile(kwh, 0.975), rel=1e-9)
    curve = profile.duration_curve()
    assert (curve["share_of_time"][0], curve["share_of_time"][-1]) == (0, 1)
    assert np.all(np.diff(np.asarray(curve["kw"])) <= 0)
    assert curve["kw"][0] == profile.max_kw
    assert sum(day.measured_kwh or 0 for day in profile.days) == pytest.approx(profile.energy.import_kwh)
    assert sum(profile.energy.share_by_hour or ()) == pytest.approx(1)


def test_a_partial_day_gives_no_daily_minimum(demo: wl.Site) -> None:
    part = demo.readings.between("2025-03-03 09:00", "2025-03-10 15:00")
    days = wl.profile(wl.Site(part)).days
    for day in (days[0], days[-1]):
        assert not day.trusted
        assert {day.min_kw, day.min_load_rate, day.peak_valley_kw, day.kwh} == {None}
        assert day.measured_kwh is not None
    assert all(day.min_kw is not None for day in days[1:-1])


def test_windows_that_the_step_cannot_show_say_so() -> None:
    hourly = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai", import_kwh=[5.0] * 48)
    short = [window for window in wl.profile(wl.Site(hourly)).demand.windows if window.window_s < 3600]
    assert short
    assert all(window.max_kw is None and window.unknown for window in short)
    quarter = wl.Readings.from_arrays(start="2024-03-01", step="15min", zone="Asia/Shanghai", import_kwh=[5.0] * 192)
    windows = {(one.window_s, one.kind): one for one in wl.profile(wl.Site(quarter)).demand.windows}
    assert windows[900, "block"].max_kw == 20
    assert windows[900, "sliding"].max_kw is None
    assert windows[900, "sliding"].unknown


def test_a_month_with_gaps_gives_no_numbers(demo: wl.Site) -> None:
    kwh = demo.readings["import_kwh"][: 31 * 96].copy()
    kwh[: 10 * 96] = np.nan
    readings = wl.Readings.from_arrays(start="2025-01-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh)
    (month,) = wl.profile(wl.Site(readings)).months
    assert (month.trusted, month.kwh, month.load_factor) == (False, None, None)
    assert month.reason
    assert month.measured_kwh == pytest.approx(np.nansum(kwh))


def test_settings_out_of_range_are_refused(demo: wl.Site) -> None:
    with pytest.raises(wl.SiteError, match="base_quantile"):
        wl.profile(demo, settings=ProfileSettings(base_quantile=0.9))
    wide = wl.profile(demo, settings=ProfileSettings(base_quantile=0.1))
    assert (wide.base_kw or 0) > (wl.profile(demo).base_kw or 0)


def test_it_goes_round_and_every_table_exports(demo: wl.Site) -> None:
    profile = wl.profile(demo)
    assert pickle.loads(pickle.dumps(profile)) == profile
    assert msgspec.json.decode(profile.to_json(), type=wl.Profile) == profile
    assert json.loads(profile.to_json()) == json.loads(json.dumps(profile.to_dict(), default=str))
    for table in (
        profile.by_day(),
        profile.by_month(),
        profile.by_year(),
        profile.by_day_type(),
        profile.duration_curve(),
    ):
        assert table.to_polars().height == table.to_pyarrow().num_rows == len(table.to_pandas()) == len(table) > 0
        assert "kW" in table.units.values()
    assert profile.by_day().to_dict()["date"][0] == date(2025, 1, 1).isoformat()
    with pytest.raises(AttributeError):
        profile.status = "other"  # type: ignore[misc]
    assert "kWh" in repr(profile)
    assert "kWh" in profile._repr_html_()
    assert wl.profile(demo).to_json() == profile.to_json()


def test_the_duration_curve_is_drawn_from_peak_to_base() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    kwh = [10.0] * 12 + [30.0] * 12
    readings = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai", import_kwh=kwh)
    axes = wl.profile(wl.Site(readings)).plot_duration()
    drawn = np.asarray(axes.lines[0].get_ydata(), dtype=float)
    assert (drawn[0], drawn[-1]) == (30, 10)
    assert (np.diff(drawn) <= 0).all()
