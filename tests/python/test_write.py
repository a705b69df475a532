"""What is written reads back as it was, and no text becomes a formula."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wattlens as wl
from wattlens import _core, parquet

FLAGS = _core.flag_names()
ENERGY = {"quantity": "active_energy", "direction": "import", "phase": "total", "kind": "energy"}


def made(
    start: int,
    step_s: int,
    zone: str,
    channels: dict[str, tuple[list[float], list[int]]],
    **origin: Any,
) -> wl.Readings:
    packed = [(name, np.array(values), np.array(flags, np.uint8)) for name, (values, flags) in channels.items()]
    return wl.Readings(_core.Readings(start, step_s, zone, packed, json.dumps(origin)))


def series(kind: str, values: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"channel": ENERGY, "kind": kind, "period": "total", "multiplier": 40.0, "values": values} | more


def span(start: int, end: int, value: float | None, flag: str = "measured", at: int | None = None) -> dict[str, Any]:
    return {"span": {"start": start, "end": end}, "value": value, "flag": flag, "at": at}


numbers = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([0.0, -0.0, 0.1, 1e-300, 5e-324, 123456.78901234567, 1 / 3, float("nan")]),
)
names = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
    st.sampled_from(["=1+1", "'=x", "@sum", "-5", "+8", "a,b", 'q"q', "1", "NA", "true", "2024-01-01", " x ", "电表"]),
)


@st.composite
def some_readings(draw: st.DrawFn) -> wl.Readings:
    zone = draw(st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/St_Johns", "UTC", "Asia/Kathmandu"]))
    step_s = draw(st.sampled_from([60, 900, 1800, 3600]))
    # Both changes of 2024 in Berlin, and any other time.
    start = draw(st.sampled_from([1_711_846_800, 1_729_990_800, 1_700_000_100])) + draw(st.integers(0, 50)) * 60
    length = draw(st.integers(1, 12))
    channels: dict[str, tuple[list[float], list[int]]] = {}
    for name in draw(st.lists(st.sampled_from(["import_kwh", "export_kwh", "voltage_l1_v"]), unique=True, max_size=3)):
        values = draw(st.lists(numbers, min_size=length, max_size=length))
        flags = draw(st.lists(st.integers(0, len(FLAGS) - 1), min_size=length, max_size=length))
        channels[name] = (values, flags)
    day = 86_400
    spans = []
    if not channels or draw(st.booleans()):
        readings = [span(start + k * day, start + k * day, draw(numbers)) for k in range(draw(st.integers(1, 3)))]
        spans.append(series("register", [one | _known(one["value"]) for one in readings]))
        if draw(st.booleans()):
            spans.append(series("energy", [span(start, start + day, 5.5, "substituted")]))
            peak = ENERGY | {"quantity": "active_power", "direction": "net", "kind": "mean"}
            spans.append(series("maximum_demand", [span(start, start + day, 77.7, at=start + 900)], channel=peak))
            spans.append(series("register", [span(start, start, None, "missing")], period="peak"))
    sampled = [name for name in channels if name == "voltage_l1_v" and draw(st.booleans())]
    return made(start, step_s, zone, channels, meter=draw(names), spans=spans, sampled=sampled)


def _known(value: float) -> dict[str, Any]:
    return {"value": None, "flag": "missing"} if np.isnan(value) else {}


Write = Callable[[Any, Path], None]
WAYS: list[tuple[str, Write]] = [
    ("csv", lambda one, path: one.to_csv(path)),
    ("csv.gz", lambda one, path: one.to_csv(path)),
    ("parquet", lambda one, path: one.to_parquet(path)),
    ("xlsx", lambda one, path: one.to_excel(path)),
]
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(("suffix", "write"), WAYS)
@SLOW
@given(readings=some_readings())
def test_readings_read_back_as_they_were(tmp_path: Path, suffix: str, write: Write, readings: wl.Readings) -> None:
    path = tmp_path / f"copy.{suffix}"
    write(readings, path)
    back = wl.read(path)
    assert isinstance(back, wl.Readings)
    assert back == readings
    for name in readings.channels:
        # Bit for bit, also where it is the sign of a zero.
        assert back[name].tobytes() == readings[name].tobytes()
        assert back.flags(name).tolist() == readings.flags(name).tolist()
    assert back.spans == readings.spans
    assert list(back.findings) == list(readings.findings)
    assert back.provenance.items() >= readings.provenance.items()
    assert back.handle.sampled() == readings.handle.sampled()


@pytest.mark.parametrize(("suffix", "write"), WAYS)
@SLOW
@given(parts=st.lists(some_readings(), min_size=1, max_size=4), more=st.lists(names, min_size=4, max_size=4))
def test_meters_read_back_as_they_were(
    tmp_path: Path, suffix: str, write: Write, parts: list[wl.Readings], more: list[str | None]
) -> None:
    meters = wl.Meters({name or f"M{at}": part for at, (part, name) in enumerate(zip(parts, more, strict=False))})
    path = tmp_path / f"copy.{suffix}"
    write(meters, path)
    assert wl.read_meters(path) == meters


def test_polars_writes_and_reads_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readings: wl.Readings
) -> None:
    readings.to_parquet(tmp_path / "arrow.parquet")
    monkeypatch.setattr(parquet, "_pyarrow", parquet._polars)
    assert wl.read(tmp_path / "arrow.parquet") == readings
    text = _core.csv_bytes([readings.handle], several=False)
    head, _, rows = text.partition(b"\n")
    columns = rows.partition(b"\n")[0].decode().split(",")
    parquet._write_polars(head, rows, tmp_path / "polars.parquet", readings.zone, columns, ["start"], [])
    assert wl.read(tmp_path / "polars.parquet") == readings
    monkeypatch.undo()
    assert wl.read(tmp_path / "polars.parquet") == readings


def test_the_files_are_plain_to_others(tmp_path: Path, readings: wl.Readings) -> None:
    readings.to_csv(tmp_path / "a.csv")
    frame = pd.read_csv(tmp_path / "a.csv", comment="#")
    assert list(frame.columns) == ["start", "import_kwh"]
    assert frame["import_kwh"].sum() == np.nansum(readings["import_kwh"])
    assert frame["start"][0] == "2024-03-01T00:00:00+08:00"
    readings.to_parquet(tmp_path / "a.parquet")
    stamps = pl.read_parquet(tmp_path / "a.parquet")["start"]
    assert stamps.dtype.time_zone == "Asia/Shanghai"  # type: ignore[attr-defined]
    readings.to_excel(tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["readings"]
    assert [cell.value for cell in sheet[1]] == ["start", "utc_offset", "import_kwh"]
    assert [cell.value for cell in sheet[3]] == [pd.Timestamp("2024-03-01 00:15"), "+08:00", 2]


EVIL = ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "'=1"]


def test_no_text_becomes_a_formula(tmp_path: Path) -> None:
    day = wl.Readings.from_arrays(start="2024-03-01", step="1h", zone="UTC", import_kwh=[-1.5])
    meters = wl.Meters(dict.fromkeys(EVIL, day))
    meters.to_csv(tmp_path / "a.csv")
    meters.to_excel(tmp_path / "a.xlsx")
    wl.Table({"name": EVIL, "=head": [-1.0] * 6}).to_csv(tmp_path / "b.csv")
    wl.Table({"name": EVIL, "=head": [-1.0] * 6}).to_excel(tmp_path / "b.xlsx")
    for name in ("a.csv", "b.csv"):
        with (tmp_path / name).open(newline="", encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        harmful = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t")) and not _is_number(cell)]
        assert harmful == []
    for name in ("a.xlsx", "b.xlsx"):
        for sheet in openpyxl.load_workbook(tmp_path / name):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f"
                    assert not (isinstance(cell.value, str) and cell.value.startswith(("=", "+1", "-c", "@")))
    assert wl.read_meters(tmp_path / "a.csv") == meters
    assert wl.read_meters(tmp_path / "a.xlsx") == meters


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_a_file_that_was_changed_says_where(tmp_path: Path, readings: wl.Readings) -> None:
    path = tmp_path / "a.csv"
    readings.to_csv(path)
    lines = path.read_text().splitlines()

    def problem(changed: list[str], **said: Any) -> str:
        path.write_text("\n".join(changed) + "\n")
        with pytest.raises(wl.ReadingError) as caught:
            wl.read(path, **said)
        return str(caught.value)

    assert "192" in problem(lines[:-3])
    assert "cut off" in problem(lines[:-3])
    assert "line 4" in problem([*lines[:3], lines[4], lines[3], *lines[5:]])
    assert "line 3" in problem([*lines[:2], lines[2].replace(",1", ",x"), *lines[3:]])
    assert "damaged" in problem([lines[0][:50], *lines[1:]])
    assert "start" in problem([lines[0], "begin,import_kwh", *lines[2:]])
    assert "layout 9" in problem([lines[0].replace('"layout":1', '"layout":9'), *lines[1:]])
    assert "zone Asia/Shanghai, zone= says UTC" in problem(lines, zone="UTC")
    assert "does not name its meters" in problem(lines, meter="x")
    huge = lines[0].replace('"len":192', '"len":59999999')
    assert "expected 59999999" in problem([huge, *lines[1:]])
    path.write_text("\n".join(lines) + "\n")
    assert wl.read(path, zone="Asia/Shanghai") == readings


def test_nothing_half_written_is_left(tmp_path: Path, readings: wl.Readings) -> None:
    with pytest.raises(FileNotFoundError):
        readings.to_csv(tmp_path / "nowhere" / "a.csv")
    with pytest.raises(wl.ReadingError, match="no meter to be written"):
        wl.Meters({}).to_csv(tmp_path / "a.csv")
    readings.to_csv(tmp_path / "a.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_spans_only_show_and_survive() -> None:
    days = [span(k * 86_400, (k + 1) * 86_400, 27.0) for k in range(810)]
    daily = made(0, 900, "UTC", {}, spans=[series("energy", days, multiplier=1.0)])
    assert len(daily) == 0
    assert daily.present is None
    assert "810 days of import_kwh, 21 870.00 kWh" in repr(daily)
    assert "810 days of import_kwh" in daily._repr_html_()
    assert daily.spans[0].total == 21_870
    assert len(daily.spans.to_table()) == 810
    assert daily.to_table().names == ("start",)
    cut = daily.between("1970-01-03", "1970-01-06")
    assert [one.value for one in cut.spans[0].values] == [27.0] * 3
    with pytest.raises(wl.ReadingError, match="no reading between"):
        daily.between("1980-01-01", "1980-02-01")


def test_what_an_estimate_replaced_is_kept(tmp_path: Path, readings: wl.Readings) -> None:
    raw = readings.handle
    values, flags = readings["import_kwh"].copy(), readings.flags("import_kwh").copy()
    values[40:44], flags[40:44] = [1.5, 1 / 3, -0.0, 7], FLAGS.index("linear")
    origin = json.dumps({"meter": "M1"})
    made_of = _core.Readings(raw.start, raw.step_s, raw.zone, [("import_kwh", values, flags)], origin, raw)
    estimated = wl.Readings(made_of)
    for suffix, write in WAYS:
        write(estimated, tmp_path / f"copy.{suffix}")
        back = wl.read(tmp_path / f"copy.{suffix}")
        assert isinstance(back, wl.Readings)
        assert back == estimated
        kept = back.handle.raw
        assert kept is not None
        assert kept.values("import_kwh").tobytes() == raw.values("import_kwh").tobytes()
        assert kept.flags("import_kwh").tolist() == raw.flags("import_kwh").tolist()
