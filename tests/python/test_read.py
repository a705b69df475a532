"""One door for every file: what it gives, which files it takes, how it is stopped."""

from __future__ import annotations

import _thread
import datetime as dt
import gzip
import inspect
import signal
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

import wattlens as wl
from wattlens import excel, parquet

ZONE = "Asia/Shanghai"


def one(path: Path, **said: Any) -> wl.Readings:
    readings = wl.read(path, **said)
    assert isinstance(readings, wl.Readings)
    return readings


def text(start: str, values: list[float], step_min: int = 15, head: str = "time,kWh") -> str:
    first = dt.datetime.fromisoformat(start)
    rows = [f"{first + dt.timedelta(minutes=step_min * k)},{value}" for k, value in enumerate(values)]
    return "\n".join([head, *rows, ""])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hall 2.csv").write_text(text("2024-03-01", [1.0, 2.0, 3.0, 4.0]))
    (tmp_path / "hall 1.csv").write_text(text("2024-03-01", [10.0, 20.0, 30.0, 40.0]))
    (tmp_path / "notes.md").write_text("no readings")
    return tmp_path


def test_a_file_with_one_meter_is_readings_and_a_folder_is_meters(folder: Path) -> None:
    one = wl.read(folder / "hall 1.csv", zone=ZONE)
    assert isinstance(one, wl.Readings)
    assert one.meter is None
    many = wl.read(folder, zone=ZONE)
    assert isinstance(many, wl.Meters)
    assert list(many) == ["hall 1", "hall 2"]
    assert many["hall 1"]["import_kwh"].tolist() == [10, 20, 30, 40]
    assert many["hall 1"].provenance["meter"].sure == "assumed"
    assert many["hall 1"].provenance["file"].value == "hall 1.csv"
    for same in (folder / "*.csv", str(folder / "hall*"), [folder / "hall 2.csv", folder / "hall 1.csv"]):
        assert wl.read(same, zone=ZONE) == many
    assert list(wl.read_meters(folder / "hall 1.csv", zone=ZONE)) == ["hall 1"]
    picked = wl.read(folder, meter="hall 2", zone=ZONE)
    assert picked["import_kwh"].tolist() == [1, 2, 3, 4]


def test_what_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        wl.read(folder / "nowhere.csv", zone=ZONE)
    with pytest.raises(FileNotFoundError, match="no file fits the pattern"):
        wl.read(folder / "*.xml", zone=ZONE)
    empty = folder / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match="no file of readings"):
        wl.read(empty, zone=ZONE)
    with pytest.raises(wl.ReadingError, match=r"no meter 'hall 3' among 2.*hall 1"):
        wl.read(folder, meter="hall 3", zone=ZONE)
    with pytest.raises(wl.ReadingError, match="does not name its meters"):
        wl.read(folder / "hall 1.csv", meter="hall 1", zone=ZONE)
    with pytest.raises(TypeError, match="expected a path"):
        wl.read(7, zone=ZONE)  # type: ignore[call-overload]


def test_keywords_are_shown_and_checked(folder: Path) -> None:
    assert {"zone", "meter", "synonyms", "progress"} <= set(inspect.signature(wl.read).parameters)
    assert "zone" in inspect.signature(wl.inspect).parameters
    with pytest.raises(TypeError, match="unknown keyword 'zonee'; near ones: zone"):
        wl.read(folder / "hall 1.csv", zonee=ZONE)  # type: ignore[call-overload]
    with pytest.raises(wl.ReadingError, match="found power='peak', expected one of 'mean', 'sample'"):
        wl.read(folder / "hall 1.csv", zone=ZONE, power="peak")  # type: ignore[call-overload]
    with pytest.raises(wl.ReadingError, match="import_kwh is given twice"):
        wl.read(folder / "hall 1.csv", zone=ZONE, import_kwh="kWh", columns={"import_kwh": "kWh"})
    with pytest.raises(wl.ReadingError, match="expected 'raise' or 'report'"):
        wl.read(folder, zone=ZONE, errors="ignore")  # type: ignore[call-overload]


def test_months_of_one_meter_become_one(tmp_path: Path) -> None:
    # The name of the meter is in a column; January ends where February begins.
    for name, start in (("b", "2024-01-31 23:30"), ("a", "2024-02-01 00:00")):
        rows = text(start, [1.0, 2.0], head="time,kWh").splitlines()
        lines = ["meter," + rows[0], *("M7," + row for row in rows[1:])]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    meters = wl.read_meters(tmp_path, zone=ZONE)
    assert list(meters) == ["M7"]
    assert meters["M7"]["import_kwh"].tolist() == [1, 2, 1, 2]
    assert meters["M7"].provenance["file"].value == "a.csv; b.csv"
    assert meters["M7"].provenance["parts"].value == "2"


def test_parts_that_differ_are_flagged_and_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    values = {"a": [1.0, 2.0, 3.0], "b": [2.0, 9.0, 4.0]}
    for name, start in (("a", "2024-03-01 00:00"), ("b", "2024-03-01 00:15")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "M7.csv").write_text(text(start, values[name]))
    readings = wl.read_meters(tmp_path / "*/M7.csv", zone=ZONE, stamp="start")["M7"]
    assert readings["import_kwh"].tolist() == [1, 2, 3, 4]
    assert readings.flags("import_kwh").tolist() == [0, 0, 2, 0]
    (found,) = [finding for finding in readings.findings if finding.code == "readings.overlap"]
    assert found.sentence().startswith("Parts of the readings overlap and differ in imported energy for 1 value;")
    assert "1 个数值不一致" in found.sentence("zh")
    (tmp_path / "b" / "M7.csv").write_text(text("2024-04-01", [1.0, 2.0, 3.0], step_min=60))
    with pytest.raises(wl.ReadingError, match=r"meter 'M7' of M7.csv: .*900 s and 3600 s"):
        wl.read_meters(tmp_path / "*/M7.csv", zone=ZONE)


def test_files_that_cannot_be_read_are_an_error_or_are_reported(folder: Path) -> None:
    (folder / "broken.csv").write_text("what,ever\n1,2\n")
    with pytest.raises(wl.ReadingError, match=r"broken.csv"):
        wl.read(folder, zone=ZONE)
    meters = wl.read(folder, zone=ZONE, errors="report")
    assert isinstance(meters, wl.Meters)
    assert list(meters) == ["hall 1", "hall 2"]
    assert [Path(file).name for file in meters.unread] == ["broken.csv"]
    assert "2 meters, 1 file not read" in repr(meters)
    assert "broken.csv" in meters._repr_html_()
    with pytest.raises(wl.ReadingError, match="none of 1 files can be read"):
        wl.read([folder / "broken.csv"], zone=ZONE, errors="report")


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "hall 1.csv.gz"
    path.write_bytes(gzip.compress(text("2024-03-01", [1.0, 2.0]).encode()))
    assert list(wl.read_meters(path, zone=ZONE)) == ["hall 1"]


def book(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)


STAMPS = [dt.datetime(2024, 2, 29, 23, 30) + dt.timedelta(minutes=15 * k) for k in range(4)]
LONG: list[list[Any]] = [["数据时间", "用电量(kWh)"], *([stamp, 1.5 * k] for k, stamp in enumerate(STAMPS))]


@pytest.mark.parametrize("package", ["python-calamine", "openpyxl"])
def test_a_workbook_is_read_as_its_table(tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if package == "openpyxl":
        monkeypatch.setattr(excel, "_workbook", excel._openpyxl)
    path = tmp_path / "plant.xlsx"
    book(path, {"说明": [["制表人", "某某"]], "负荷": LONG, "空": []})
    readings = wl.read(path, zone=ZONE)
    assert isinstance(readings, wl.Readings)
    assert readings["import_kwh"].tolist() == [0, 1.5, 3, 4.5]
    assert f"{readings.start:%Y-%m-%d %H:%M}" == "2024-02-29 23:30"
    sheet = readings.provenance["sheet"]
    assert (sheet.value, sheet.sure) == ("负荷", "likely")
    assert "说明" in sheet.why
    assert wl.read(path, zone=ZONE, sheet="负荷") == readings
    assert wl.read(path, zone=ZONE, sheet=1) == readings
    assert wl.inspect(path).found["sheet"].value == "负荷"
    with pytest.raises(wl.ReadingError, match=r"no sheet '负'; the workbook has '负荷'|no sheet '负'"):
        wl.read(path, zone=ZONE, sheet="负")


def test_sheets_that_cannot_be_told_apart_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "plant.xlsx"
    book(path, {"one": LONG, "two": LONG})
    with pytest.raises(wl.ReadingError, match="2 sheets look like readings; pass sheet= with one of 'one', 'two'"):
        wl.read(path, zone=ZONE)
    book(path, {"one": [["x"]], "two": [["y"]]})
    with pytest.raises(wl.ReadingError, match="no sheet looks like readings"):
        wl.read(path, zone=ZONE)
    book(path, {"one": []})
    with pytest.raises(wl.ReadingError, match="every sheet is empty"):
        wl.read(path, zone=ZONE)
    (tmp_path / "a.csv").write_text(text("2024-03-01", [1.0, 2.0]))
    with pytest.raises(wl.ReadingError, match="is no workbook"):
        wl.read(tmp_path / "a.csv", zone=ZONE, sheet="one")


def packed(path: Path, entries: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)


def test_workbooks_that_unpack_to_absurd_size_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.xlsx"
    monkeypatch.setattr(excel, "_LARGEST", 10 << 20)
    packed(bomb, {"xl/worksheets/sheet1.xml": b"0" * (20 << 20)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(wl.ReadingError, match="unpacks to more than 10 MiB"):
        wl.read(bomb, zone=ZONE)
    # The header may claim less than there is.
    content = bytearray(bomb.read_bytes())
    claimed = (20 << 20).to_bytes(4, "little")
    assert content.count(claimed) == 2
    bomb.write_bytes(content.replace(claimed, (100).to_bytes(4, "little")))
    with pytest.raises(wl.ReadingError, match="unpacks to more than 10 MiB"):
        wl.read(bomb, zone=ZONE)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({"xl/worksheets/sheet1.xml": b'<c r="A1"/><c r="XFD1048576"/>'}, "reaches to row 1048576 and column 16384"),
        ({"content.xml": b'<table:table-row table:number-rows-repeated="999999999">'}, "rows repeated 999999999"),
        ({f"{k}.xml": b"" for k in range(10_001)}, "10001 entries"),
        ({"xl/workbook.xml": b"<"}, "cannot be opened"),
    ],
)
def test_workbooks_with_absurd_extent_are_refused(tmp_path: Path, entries: dict[str, bytes], problem: str) -> None:
    packed(tmp_path / "bomb.xlsx", entries)
    with pytest.raises(wl.ReadingError, match=problem):
        wl.read(tmp_path / "bomb.xlsx", zone=ZONE)


def frame(**more: Any) -> pl.DataFrame:
    stamps = [dt.datetime(2024, 3, 1) + dt.timedelta(minutes=15 * k) for k in range(4)]
    return pl.DataFrame({"ts": stamps, "kWh": [0.1, None, 1e-7, 12345.678901234567], **more})


@pytest.mark.parametrize("package", ["pyarrow", "polars"])
def test_parquet_is_read_as_its_table(tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if package == "polars":
        monkeypatch.setattr(parquet, "_pyarrow", parquet._polars)
    path = tmp_path / "plant.parquet"
    frame().write_parquet(path)
    readings = one(path, zone=ZONE, time="ts")
    assert np.array_equal(readings["import_kwh"], [0.1, np.nan, 1e-7, 12345.678901234567], equal_nan=True)
    # Stamps with the zone of a place say which zone it is; those of UTC do not.
    frame().with_columns(pl.col("ts").dt.replace_time_zone(ZONE)).write_parquet(path)
    zoned = one(path, time="ts")
    assert zoned == readings
    assert zoned.provenance["zone"].why == "the stamps' zone"
    frame().with_columns(pl.col("ts").dt.replace_time_zone("UTC")).write_parquet(path)
    with pytest.raises(wl.ReadingError, match="zone="):
        wl.read(path, time="ts")
    frame().with_columns(pl.col("ts") + pl.duration(milliseconds=5)).write_parquet(path)
    with pytest.raises(wl.ReadingError, match=r"would lose data|fractions of a second"):
        wl.read(path, zone=ZONE, time="ts")
    frame(nested=[[1], [2], [3], [4]]).write_parquet(path)
    with pytest.raises(wl.ReadingError, match="expected stamps, numbers and text"):
        wl.read(path, zone=ZONE, time="ts")


def test_parquet_of_dictionaries_and_decimals(tmp_path: Path) -> None:
    table = frame().to_arrow().select(["ts"])
    table = table.append_column("kWh", pa.array([1, 2, None, 4]).cast(pa.decimal128(30, 3)))
    table = table.append_column("note", pa.array(["a", "b", "a", "b"]).dictionary_encode())
    pq.write_table(table, tmp_path / "plant.parquet")
    readings = one(tmp_path / "plant.parquet", zone=ZONE, time="ts")
    assert np.array_equal(readings["import_kwh"], [1, 2, np.nan, 4], equal_nan=True)


def test_damaged_parquet_says_so(tmp_path: Path) -> None:
    (tmp_path / "plant.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(wl.ReadingError, match="the Parquet file cannot be read"):
        wl.read(tmp_path / "plant.parquet", zone=ZONE)


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year and a half of minutes: about 20 MB, seconds of work for a debug build."""
    path = tmp_path_factory.mktemp("big") / "big.csv"
    stamps = np.datetime64("2023-01-01") + np.arange(800_000) * np.timedelta64(60, "s")
    lines = [f"{str(stamp).replace('T', ' ')},1.5" for stamp in stamps]
    path.write_text("time,kWh\n" + "\n".join(lines) + "\n")
    return path


def test_ctrl_c_stops_the_reading(big: Path) -> None:
    # A process that was started in the background may ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        # On a busy machine the interrupt may come when the reading is over: then it is tried again.
        for attempt in range(20):
            thread = threading.Timer(0.02 / (attempt + 1), _thread.interrupt_main)
            done = False
            try:
                thread.start()
                wl.read(big, zone="UTC", progress=False)
                done = True
                thread.join()
            except KeyboardInterrupt:
                if not done:
                    return
        pytest.fail("twenty readings went on to their end")
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_bar_is_shown_where_it_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wl.read(folder, zone=ZONE, progress=True)
    assert "reading: 100%" in capsys.readouterr().err
    wl.read(folder, zone=ZONE)  # no terminal here
    assert capsys.readouterr().err == ""


def test_an_error_of_the_progress_stops_the_reading(big: Path) -> None:
    def refuse(_: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        wl._core.read(big, '{"zone":"UTC"}', refuse)


def test_other_threads_run_and_hear_of_the_progress(big: Path) -> None:
    ticks = 0
    seen: list[int] = []
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    began = time.monotonic()
    readings = wl._core.read(big, '{"zone":"UTC"}', seen.append)
    took = time.monotonic() - began
    done.set()
    thread.join()
    assert len(readings[0]) == 800_000
    assert ticks > took / 0.005 / 10
    assert seen == sorted(seen)
    assert 0 < seen[-1] <= big.stat().st_size
