import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import wattlens as wl
from wattlens.moments import step_s

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_what_went_in_is_there(readings: wl.Readings) -> None:
    assert len(readings) == 192
    assert readings.start == datetime(2024, 3, 1, tzinfo=SHANGHAI)
    assert readings.end == datetime(2024, 3, 3, tzinfo=SHANGHAI)
    assert readings.step == timedelta(minutes=15)
    assert (readings.zone, readings.channels) == ("Asia/Shanghai", ("import_kwh",))
    assert readings["import_kwh"][191] == 192
    assert np.flatnonzero(np.isnan(readings["import_kwh"])).tolist() == [40, 41, 42, 43]
    assert np.flatnonzero(readings.flags("import_kwh")).tolist() == [40, 41, 42, 43]
    # 1 + … + 192 without 41 + 42 + 43 + 44.
    assert repr(readings) == (
        "192 readings, 15 min, 2024-03-01 00:00 … 2024-03-03 00:00 Asia/Shanghai, 97.9 % present, import_kwh 18 358 kWh"
    )
    assert "18 358 kWh" in readings._repr_html_().replace("\u202f", " ")
    with pytest.raises(wl.ReadingError, match="was not measured; the readings have import_kwh"):
        readings["export_kwh"]
    with pytest.raises(wl.ReadingError, match="no such channel"):
        readings["kwh"]


def test_nothing_can_be_changed(readings: wl.Readings) -> None:
    with pytest.raises(ValueError, match="read-only"):
        readings["import_kwh"][0] = 7
    with pytest.raises(AttributeError):
        readings.zone = "UTC"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(readings)) == readings


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-03-02", "2024-03-03"),
        (date(2024, 3, 2), date(2024, 3, 3)),
        (datetime(2024, 3, 2), datetime(2024, 3, 3)),
        (datetime(2024, 3, 1, 16, tzinfo=UTC), "2024-03-02T16:00Z"),
        ("2024-03-02T00:00+08:00", "2024-03-03 00:00"),
    ],
)
def test_between_takes_local_moments(readings: wl.Readings, start: Any, end: Any) -> None:
    part = readings.between(start, end)
    assert (part.start, len(part)) == (datetime(2024, 3, 2, tzinfo=SHANGHAI), 96)
    assert part["import_kwh"][0] == 97


def test_between_without_a_reading_raises(readings: wl.Readings) -> None:
    with pytest.raises(wl.ReadingError, match="no reading between"):
        readings.between("2025-01-01", "2025-02-01")
    with pytest.raises(wl.ReadingError, match="2024-03-01"):
        readings.between("1 March", "2 March")


def test_resample_conserves_and_marks(readings: wl.Readings) -> None:
    hourly = readings.resample("1h")
    assert len(hourly) == 48
    assert np.nansum(hourly["import_kwh"]) == np.nansum(readings["import_kwh"])
    assert np.isnan(hourly["import_kwh"][10])
    halves = readings.resample("3h").flags("import_kwh")
    assert np.flatnonzero(halves).tolist() == [3]
    assert halves[3] == 3
    with pytest.raises(wl.ReadingError, match="multiple of 900 s"):
        readings.resample("10min")


def test_steps() -> None:
    assert [step_s(step) for step in ("1h", "30 min", "900s", 60, 300.0, timedelta(minutes=5))] == [
        3600, 1800, 900, 60, 300, 300,
    ]  # fmt: skip
    for wrong in ("quarter", "1d", 0.5, float("nan"), float("inf"), None, "9" * 30 + "h"):
        with pytest.raises(wl.TimeError, match="cannot be understood"):
            step_s(wrong)  # type: ignore[arg-type]
    with pytest.raises(wl.TimeError, match="part of a day"):
        wl.Readings.from_arrays(start="2024-03-01", step="7min", zone="UTC", import_kwh=[1.0])


def test_day_matrix_and_carpet(readings: wl.Readings) -> None:
    matrix = readings.day_matrix()
    assert matrix.shape == (2, 96)
    assert matrix[1, 0] == 97 * 4
    assert np.isnan(matrix[0, 40:44]).all()
    assert readings.carpet(language="zh").to_svg().startswith("<svg")


def test_the_table_holds_the_readings(readings: wl.Readings) -> None:
    frame = readings.to_table().to_polars()
    assert frame["start"][0] == datetime(2024, 3, 1, tzinfo=SHANGHAI)
    assert frame["import_kwh"].null_count() == 4
    assert pl.DataFrame(readings).equals(frame)
    again = wl.Readings.from_table(frame, time="start", import_kwh="import_kwh", stamp="start")
    np.testing.assert_array_equal(again["import_kwh"], readings["import_kwh"])
    assert again.zone == "Asia/Shanghai"
    assert again.provenance["zone"].why == "the stamps' zone"


TEXTS = ["2024-03-01 00:00", "2024-03-01 00:15", "2024-03-01 00:30", "2024-03-01 01:00"]
NAIVE = [datetime.fromisoformat(text) for text in TEXTS]
AWARE = [moment.replace(tzinfo=SHANGHAI) for moment in NAIVE]
KWH = [1.0, None, 3.0, 5.0]
TOLD: dict[str, Any] = {"time": "ts", "import_kwh": "kwh", "zone": "Asia/Shanghai", "stamp": "start"}


def polars(stamps: Any) -> pl.DataFrame:
    return pl.DataFrame({"ts": stamps, "kwh": KWH})


def pandas(stamps: Any) -> pd.DataFrame:
    return pd.DataFrame({"ts": stamps, "kwh": KWH})


def arrow(stamps: Any, kind: pa.DataType, numbers: pa.DataType | None = None) -> pa.Table:
    return pa.table({"ts": pa.array(stamps, kind), "kwh": pa.array(KWH, pa.float64()).cast(numbers or pa.float64())})


def batches() -> pa.Table:
    whole = arrow(NAIVE, pa.timestamp("ms"))
    return pa.concat_tables([whole[:1], whole[1:1], whole[1:]])


FRAMES: dict[str, Callable[[], Any]] = {
    "polars naive": lambda: polars(NAIVE),
    "polars aware": lambda: polars(AWARE),
    "polars text": lambda: polars(TEXTS),
    "polars categorical": lambda: polars(pl.Series(TEXTS, dtype=pl.Categorical)),
    "polars float32": lambda: polars(NAIVE).with_columns(pl.col("kwh").cast(pl.Float32)),
    "polars decimal": lambda: polars(NAIVE).with_columns(pl.col("kwh").cast(pl.Decimal(9, 3))),
    "pandas naive": lambda: pandas(NAIVE),
    "pandas aware": lambda: pandas(AWARE),
    "pandas utc": lambda: pandas(pd.DatetimeIndex(AWARE).tz_convert("UTC")),
    "pandas ns": lambda: pandas(pd.DatetimeIndex(NAIVE).as_unit("ns")),
    "pandas s": lambda: pandas(pd.DatetimeIndex(NAIVE).as_unit("s")),
    "pandas text": lambda: pandas(TEXTS),
    "pandas category": lambda: pandas(pd.Categorical(TEXTS)),
    "pandas Int64": lambda: pandas(NAIVE).astype({"kwh": "Int64"}),
    "arrow batches": batches,
    "arrow s": lambda: arrow(NAIVE, pa.timestamp("s")),
    "arrow ns": lambda: arrow(NAIVE, pa.timestamp("ns")),
    "arrow zone": lambda: arrow(AWARE, pa.timestamp("us", "Asia/Shanghai")),
    "arrow offset": lambda: arrow(AWARE, pa.timestamp("us", "+08:00")),
    "arrow string": lambda: arrow(TEXTS, pa.string()),
    "arrow large_string": lambda: arrow(TEXTS, pa.large_string()),
    "arrow string_view": lambda: arrow(TEXTS, pa.string_view()),
    "arrow dictionary": lambda: arrow(TEXTS, pa.dictionary(pa.int8(), pa.string())),
    "arrow int": lambda: arrow(NAIVE, pa.timestamp("s"), pa.int16()),
    "arrow decimal": lambda: arrow(NAIVE, pa.timestamp("s"), pa.decimal128(9, 2)),
}


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_gives_the_same_readings(name: str) -> None:
    readings = wl.Readings.from_table(FRAMES[name](), **TOLD)
    np.testing.assert_array_equal(readings["import_kwh"], [1, np.nan, 3, np.nan, 5])
    assert readings.start == AWARE[0]
    assert readings.provenance["step"].value


def test_duckdb_relations_are_frames() -> None:
    import duckdb

    frame = polars(NAIVE)  # noqa: F841 (DuckDB sees it by name)
    readings = wl.Readings.from_table(duckdb.sql("select * from frame"), **TOLD)
    np.testing.assert_array_equal(readings["import_kwh"], [1, np.nan, 3, np.nan, 5])


def test_the_index_of_a_pandas_frame_holds_the_stamps_and_the_frame_is_not_changed() -> None:
    frame = pandas(NAIVE).set_index("ts")
    before = frame.copy(deep=True)
    readings = wl.Readings.from_table(frame, import_kwh="kwh", zone="Asia/Shanghai", stamp="start")
    assert np.nansum(readings["import_kwh"]) == 9
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("make", [pandas, polars])
def test_a_wrong_column_is_met_with_near_names(make: Callable[[Any], Any]) -> None:
    with pytest.raises(wl.ReadingError, match=r"kWhs.*near names: kwh"):
        wl.Readings.from_table(make(NAIVE), **TOLD | {"import_kwh": "kWhs"})
    with pytest.raises(wl.ReadingError, match="the table has ts, kwh"):
        wl.Readings.from_table(make(NAIVE), **TOLD | {"time": "Zeitpunkt!"})


@pytest.mark.parametrize("make", [pandas, polars])
def test_bad_columns_are_named(make: Callable[[Any], Any]) -> None:
    with pytest.raises(wl.ReadingError, match="expected numbers"):
        wl.Readings.from_table(make(NAIVE), **TOLD | {"import_kwh": "ts"})
    with pytest.raises(wl.ReadingError, match="row 2 has no stamp"):
        wl.Readings.from_table(make([*NAIVE[:2], None, NAIVE[3]]), **TOLD)
    with pytest.raises(wl.ReadingError, match="row 1 has a fraction of a second"):
        wl.Readings.from_table(make([NAIVE[0], NAIVE[1].replace(microsecond=5), *NAIVE[2:]]), **TOLD)
    with pytest.raises(wl.ReadingError, match="expected timestamps or text"):
        wl.Readings.from_table(make([1, 2, 3, 4]), **TOLD)


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(wl.ReadingError, match="found dict"):
        wl.Readings.from_table({"ts": TEXTS}, **TOLD)
    with pytest.raises(wl.ReadingError, match="collect"):
        wl.Readings.from_table(polars(NAIVE).lazy(), **TOLD)
    with pytest.raises(wl.ReadingError, match="no column is named"):
        wl.Readings.from_table(polars(NAIVE), time="ts", zone="Asia/Shanghai")
    with pytest.raises(wl.ReadingError, match="Pass time="):
        wl.Readings.from_table(polars(NAIVE), import_kwh="kwh", zone="Asia/Shanghai")
    with pytest.raises(wl.WattlensError, match="zone="):
        wl.Readings.from_table(polars(NAIVE), time="ts", import_kwh="kwh")


def test_power_becomes_energy() -> None:
    readings = wl.Readings.from_table(polars(NAIVE), **TOLD, unit="kw")
    np.testing.assert_array_equal(readings["import_kwh"], [0.25, np.nan, 0.75, np.nan, 1.25])


def test_the_repeated_hour_is_told_apart_by_order() -> None:
    stamps = [datetime(2024, 10, 27, hour, 0) for hour in (0, 1, 2, 2, 3, 4)]
    frame = pl.DataFrame({"ts": stamps, "kwh": [1.0, 2, 3, 4, 5, 6]})
    readings = wl.Readings.from_table(frame, time="ts", import_kwh="kwh", zone="Europe/Berlin", stamp="start")
    assert readings["import_kwh"].tolist() == [1, 2, 3, 4, 5, 6]
    assert readings.end - readings.start == timedelta(hours=6) - timedelta(hours=1)  # wall-clock difference
    with pytest.raises(wl.WattlensError, match="2024-10-27"):
        wl.Readings.from_table(frame, time="ts", import_kwh="kwh", zone="Europe/Berlin", stamp="start", fold="error")


def test_odd_rows_are_findings_with_sentences() -> None:
    frame = pl.DataFrame({"ts": [*NAIVE, NAIVE[2]], "kwh": [*KWH, 4.0]})
    findings = wl.Readings.from_table(frame, **TOLD).findings
    assert [finding.code for finding in findings.of("quality")] == ["quality.duplicate"]
    for language in ("en", "zh"):
        assert all(len(finding.sentence(language)) > 10 for finding in findings)
        assert findings.to_table(language).to_polars().shape == (len(findings), 8)
    assert "quality.duplicate" in repr(findings)
    assert "quality.duplicate" in findings._repr_html_()


def test_a_real_plant(real_folder: Path) -> None:
    (path,) = (real_folder / "steel_kr").glob("*.csv")
    readings = wl.read_csv(path, zone="Asia/Seoul")
    assert len(readings) == 35_040
    assert not np.isnan(readings["import_kwh"]).any()
    assert round(float(readings["import_kwh"].sum()), 1) == 959_636.7
    assert readings["import_kwh"].max() * 4 == pytest.approx(628.72)
    assert "ingest.midnight_of_same_date" in {finding.code for finding in readings.findings}
    assert all(finding.sentence("zh") for finding in readings.findings)
    assert pickle.loads(pickle.dumps(readings)) == readings


def test_masked_values_are_missing_and_numpy_moments_are_moments() -> None:
    kwh = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False])
    readings = wl.Readings.from_arrays(
        start=np.datetime64("2024-03-01T08:00"), step="15min", zone="Asia/Shanghai", import_kwh=kwh
    )
    np.testing.assert_array_equal(readings["import_kwh"], [1, np.nan, 3])
    assert readings.start == datetime(2024, 3, 1, 8, tzinfo=SHANGHAI)
    with pytest.raises(wl.TimeError, match="expected a date"):
        wl.Readings.from_arrays(start=7, step="15min", zone="UTC", import_kwh=[1.0])  # type: ignore[arg-type]
