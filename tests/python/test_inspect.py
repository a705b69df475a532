"""What reading would do, without doing it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import wattlens as wl

QUARTERS = "2024-03-01 00:15,5\n2024-03-01 00:30,6\n2024-03-01 00:45,7\n"


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    path = tmp_path / "plant.csv"
    path.write_text(f"time,kWh\n{QUARTERS}")
    return path


def test_what_cannot_be_known_is_asked_for_and_the_rest_is_told(plant: Path) -> None:
    found = wl.inspect(plant)
    assert [(one.keyword, one.taken) for one in found.open] == [("zone", "UTC")]
    assert found.found["zone"].sure == "assumed"
    assert (found.found["step"].value, found.found["encoding"].value) == ("900 s", "utf-8")
    (meter,) = found.meters
    assert [(one.channel, one.column, one.unit) for one in meter.channels] == [("import_kwh", "kWh", "kWh")]
    assert not found.is_cut
    assert found.looked_at_bytes == plant.stat().st_size


def test_it_tells_what_read_then_does(plant: Path) -> None:
    found = wl.inspect(plant, zone="Asia/Shanghai")
    assert not found.open
    readings = wl.read(plant, zone="Asia/Shanghai")
    assert isinstance(readings, wl.Readings)
    assert found.found == readings.provenance
    assert found.meters[0].start == readings.handle.start
    assert list(found.findings) == list(readings.findings)


def test_all_answers_of_it_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "plant.csv"
    path.write_text("time,kWh\n01/02/2024 00:00,1\n01/02/2024 00:15,2\n01/02/2024 00:30,2\n")
    found = wl.inspect(path)
    assert [one.keyword for one in found.open] == ["date_order", "zone"]
    with pytest.raises(wl.ReadingError):
        wl.read(path, zone="Asia/Shanghai")
    readings = wl.read(path, zone="Asia/Shanghai", date_order="mdy")
    assert isinstance(readings, wl.Readings)
    assert f"{readings.start:%Y-%m-%d}" == "2024-01-02"


def test_an_error_is_an_open_question_and_what_was_found_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "plant.csv"
    path.write_text("what;ever\n1;2\n3;4\n")
    found = wl.inspect(path)
    assert found.open
    assert found.meters == ()
    assert found.found["format"].value == "csv"
    assert {"encoding", "delimiter", "header_line"} <= found.found.keys()


def test_it_shows_itself(plant: Path) -> None:
    found = wl.inspect(plant)
    shown = repr(found)
    assert "? pass zone=:" in shown
    assert "import_kwh ← 'kWh' [kWh]" in shown
    assert "<table" in found._repr_html_()
    plain = found.to_dict()
    assert json.loads(json.dumps(plain)) == json.loads(found.to_json())
    assert plain["found"]["stamp"]["value"] == "end"
    assert found.to_table().names == ("question", "value", "sure", "why")


def test_a_file_that_wattlens_wrote_is_told_by_its_first_line(tmp_path: Path, readings: wl.Readings) -> None:
    path = tmp_path / "own.csv"
    readings.to_csv(path)
    found = wl.inspect(path)
    assert (found.found["format"].value, found.open) == ("wattlens", ())
    assert found.meters[0].rows == len(readings)


def test_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    row = "2024-03-01 00:00,5\n"
    path.write_text("time,kWh\n" + QUARTERS + row * 200_000)
    assert path.stat().st_size > 3 << 20
    found = wl.inspect(path, zone="UTC")
    assert found.is_cut
    assert found.looked_at_bytes == 2 << 20


def test_what_makes_no_sense_is_refused(tmp_path: Path, plant: Path) -> None:
    with pytest.raises(FileNotFoundError):
        wl.inspect(tmp_path / "nowhere.csv")
    (tmp_path / "other.csv").write_text("x")
    with pytest.raises(wl.ReadingError, match="is not one file; inspect one of 2"):
        wl.inspect(tmp_path)
    with pytest.raises(wl.ReadingError, match='unknown format "cvs"; expected csv'):
        wl.inspect(plant, format="cvs")
    with pytest.raises(TypeError, match="unknown keyword"):
        wl.inspect(plant, delimeter=";")  # type: ignore[call-arg]
