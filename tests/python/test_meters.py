"""Several meters: a mapping, its sums and peaks, its masks and tables."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import wattlens as wl

NAN = float("nan")


def meter(*kwh: float, start: str = "2024-03-01", step: str = "1h", zone: str = "Asia/Shanghai") -> wl.Readings:
    return wl.Readings.from_arrays(start=start, step=step, zone=zone, import_kwh=kwh)


@pytest.fixture
def meters() -> wl.Meters:
    return wl.Meters({"main": meter(100, 90, NAN), "hall 2": meter(30, 45, 5), "hall 1": meter(60, 50, 5)})


def test_it_is_a_frozen_mapping_in_order(meters: wl.Meters) -> None:
    assert list(meters) == ["hall 1", "hall 2", "main"]
    assert meters["main"].meter == "main"
    assert "hall 1" in meters
    assert "hall 9" not in meters
    assert meters.get("hall 9") is None
    with pytest.raises(KeyError, match="hall 1"):
        meters["hall 11"]
    with pytest.raises(AttributeError, match="never changed"):
        meters.unread = {}
    with pytest.raises(TypeError, match="expected Readings"):
        wl.Meters({"a": 5})  # type: ignore[dict-item]
    assert pickle.loads(pickle.dumps(meters)) == meters
    assert wl.Meters(dict(meters)) == meters
    assert wl.Meters({}) != meters


def test_what_is_missing_in_one_is_missing_in_the_sum(meters: wl.Meters) -> None:
    total = meters.sum()
    assert np.array_equal(total["import_kwh"], [190, 185, NAN], equal_nan=True)
    assert total.flags("import_kwh").tolist() == [0, 0, 1]
    assert total.provenance["meters"].value == "hall 1 + hall 2 + main"


def test_axes_that_differ_are_united() -> None:
    late = wl.Meters({"a": meter(1, 2), "b": meter(10, 20, start="2024-03-01 01:00")})
    total = late.sum()
    assert np.array_equal(total["import_kwh"], [NAN, 12, NAN], equal_nan=True)
    # The parent's axis is that of a difference.
    assert np.array_equal(late.difference("b")["import_kwh"], [8, NAN], equal_nan=True)
    with pytest.raises(wl.ReadingError, match="3600 s and 900 s; resample"):
        wl.Meters({"a": meter(1), "b": meter(1, step="15min")}).sum()
    with pytest.raises(wl.ReadingError, match="zones Asia/Shanghai and UTC"):
        wl.Meters({"a": meter(1), "b": meter(1, zone="UTC")}).sum()
    with pytest.raises(wl.ReadingError):
        wl.Meters({}).sum()


def test_a_difference_keeps_its_sign(meters: wl.Meters) -> None:
    rest = meters.difference("main")
    assert np.array_equal(rest["import_kwh"], [10, -5, NAN], equal_nan=True)
    assert meters.difference("main", ["hall 1"])["import_kwh"].tolist()[:2] == [40, 40]
    assert meters.difference("main", "hall 1") == meters.difference("main", ["hall 1"])
    with pytest.raises(wl.ReadingError, match="no meter 'hall 3'"):
        meters.difference("main", ["hall 3"])
    with pytest.raises(wl.ReadingError, match="no child"):
        meters.difference("main", [])


def test_a_channel_that_only_some_have_is_named() -> None:
    both = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="Asia/Shanghai", import_kwh=[1], export_kwh=[2])
    total = wl.Meters({"a": both, "b": meter(5)}).sum()
    assert total.channels == ("import_kwh",)
    assert total.provenance["left_out"].value == "export_kwh"
    with pytest.raises(wl.ReadingError, match="export_kwh is there in 1 of 2 meters"):
        wl.Meters({"a": both, "b": meter(5)}).sum("export_kwh")


def test_a_sum_of_simulated_readings_is_simulated() -> None:
    site = wl.simulate.demo_site().readings
    assert wl.Meters({"a": site, "b": site}).sum().is_simulated


def test_peaks_that_coincide_and_peaks_that_do_not(meters: wl.Meters) -> None:
    together = wl.Meters({"a": meter(1, 9, 1), "b": meter(2, 8, 2)}).coincidence()
    assert (together.factor, together.peak_kw) == (1.0, 17.0)
    apart = wl.Meters({"day": meter(30, 10), "night": meter(10, 20)}).coincidence()
    assert apart.factor == 0.8
    assert [one.share for one in apart.meters] == [0.75, 0.25]
    assert "coincidence 0.800: 40 kW at 2024-03-01 00:00 Asia/Shanghai" in repr(apart)
    assert apart.to_table()["meter"] == ("day", "night")
    partly = meters.coincidence()
    assert (partly.intervals, partly.all_intervals) == (2, 3)
    assert "from 2 of 3 intervals" in partly._repr_html_()
    none = wl.Meters({"a": meter(1), "b": meter(1, start="2024-03-02")}).coincidence()
    assert none.factor is None
    assert none.peak_kw is None
    assert "no coincidence" in repr(none)


def test_names_can_be_masked(tmp_path: Path) -> None:
    (tmp_path / "ACCOUNT-4711.csv").write_text("time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n2024-03-01 00:15,7\n")
    (tmp_path / "ACCOUNT-4712.csv").write_text("time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n")
    meters = wl.read_meters(tmp_path, zone="Asia/Shanghai").masked()
    assert list(meters) == ["M001", "M002"]
    for readings in meters.values():
        assert "471" not in repr(readings)
        assert "471" not in readings.handle.origin()
    assert len(meters["M001"].findings) >= 1
    meters.to_csv(tmp_path / "masked.csv")
    assert "471" not in (tmp_path / "masked.csv").read_text()


def test_a_long_table_has_all_of_them(meters: wl.Meters) -> None:
    frame = meters.to_polars()
    assert frame.shape == (9, 3)
    assert frame.filter(pl.col("meter") == "hall 2")["import_kwh"].to_list() == [30, 45, 5]
    assert frame["import_kwh"].null_count() == 1
    assert str(frame["start"].dtype.time_zone) == "Asia/Shanghai"  # type: ignore[attr-defined]
    assert len(meters.to_pandas()) == 9
    assert meters.to_pyarrow().num_rows == 9


def test_they_show_themselves(meters: wl.Meters) -> None:
    assert repr(meters).startswith("3 meters\n")
    assert "hall 1" in meters._repr_html_()
    assert repr(wl.Meters({})) == "0 meters"
    assert meters.overview().to_dict()["present"][0] == 100
