import json
import os
from pathlib import Path

import pytest

from wattlens.cli import main

FUJIAN = "cn-fujian-two-part-1-10kv-2025-08"


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """August 2025 in Xiamen: 40 kWh a quarter of an hour from 8 to 18, else 5."""
    rows = ["time,kWh"]
    for day in range(1, 32):
        for slot in range(96):
            kwh = 40 if 32 <= slot < 72 else 5
            rows.append(f"2025-08-{day:02d} {slot // 4:02d}:{slot % 4 * 15:02d},{kwh}")
    path = tmp_path / "plant.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def test_read_says_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plant.csv"
    path.write_text("time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n", encoding="utf-8")
    assert run("read", path, "--zone", "Asia/Shanghai") == 0
    out = capsys.readouterr().out
    assert out.startswith("2 readings, 15 min")
    assert "zone: Asia/Shanghai (given)" in out


def test_errors_go_to_stderr_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", "nowhere.csv") == 2
    assert capsys.readouterr().err.startswith("wattlens: cannot read nowhere.csv")


def test_the_version_names_the_zone_data(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run("--version")
    assert "time zones 20" in capsys.readouterr().out


def test_diagnose_prints_the_summary_and_writes_page_and_json(
    plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, record = tmp_path / "page.html", tmp_path / "record.json"
    status = run(
        "diagnose", plant, "--zone", "Asia/Shanghai", "--stamp", "start", "--country", "cn", "--tariff", FUJIAN,
        "--capacity-kva", 500, "--demand-billing", "actual_demand", "--power-factor-standard", 0.9,
        "--name", "工厂", "--language", "zh", "-o", page, "--json", record,
    )  # fmt: skip
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    # 31 days of 40 quarter hours at 40 kWh and 56 at 5 kWh.
    assert "58 280 kWh" in captured.out
    assert captured.out.startswith("工厂 · 2025-08-01 … 2025-08-31")
    written = page.read_text(encoding="utf-8")
    assert 'lang="zh-Hans"' in written
    decoded = json.loads(record.read_text(encoding="utf-8"))
    assert decoded["profile"]["energy"]["import_kwh"] == 58_280
    contract = decoded["site"]["contract"]
    assert (contract["capacity_kva"], contract["demand_billing"]) == (500, "actual_demand")
    assert decoded["bills"]["bills"][0]["assumed_in_force"] is False


def test_a_capacity_alone_is_billed_by_capacity_and_says_so(
    plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "record.json"
    arguments = ("diagnose", plant, "--zone", "Asia/Shanghai", "--tariff", FUJIAN, "--capacity-kva", 500)
    assert run(*arguments, "--json", record) == 0
    assert "by capacity" in capsys.readouterr().err
    assert json.loads(record.read_text(encoding="utf-8"))["site"]["contract"]["demand_billing"] == "capacity"


def test_prices_complete_a_template(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = ("diagnose", plant, "--zone", "Asia/Shanghai", "--tariff", "cn-fujian-two-part-1-10kv-2026-08")
    prices = ("--price", "purchase=0.38", "--price", "line_loss=0.013", "--price", "system=0.08")
    assert run(*template, "--assume-in-force") == 2
    assert "purchase" in capsys.readouterr().err
    assert run(*template, *prices) == 2
    assert "2025-08" in capsys.readouterr().err
    assert run(*template, *prices, "--assume-in-force") == 0
    assert "as if cn-fujian-two-part-1-10kv-2026-08 were in force" in capsys.readouterr().out


def test_a_tariff_of_ones_own(plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("tariffs", "example-flat") == 0
    own = tmp_path / "own.json"
    own.write_text(capsys.readouterr().out.replace("0.65", "0.5"), encoding="utf-8")
    assert run("diagnose", plant, "--zone", "Asia/Shanghai", "--tariff", own) == 0
    assert "29 140.00 CNY" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tariff", "cn-fujian"], "near ids"),
        (["--tariff", "nowhere.json"], "nowhere.json"),
        (["--price", "purchase=1"], "need --tariff"),
        (["--tariff", FUJIAN, "--price", "purchase"], "purchase=0.38"),
        (["--tariff", FUJIAN, "--price", "purchase=cheap"], "cheap"),
        (["--demand-billing", "capacity"], "capacity_kva"),
        (["--country", "XX"], "XX"),
        (["--import-kwh", "kwhh"], "kwhh"),
        (["--provisional"], "--provisional needs --country"),
        (["--date-order", "dmy", "--unit", "kwhs"], "--unit 'kwhs', expected one of"),
    ],
)
def test_what_makes_no_sense_is_named(
    plant: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run("diagnose", plant, "--zone", "Asia/Shanghai", *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("wattlens: ")
    assert message in error


def test_hints_are_spelled_as_flags(plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def error(*arguments: object) -> str:
        assert run(*arguments) == 2
        return capsys.readouterr().err

    assert "pass --zone" in error("read", plant)
    ambiguous = tmp_path / "ambiguous.csv"
    ambiguous.write_text("time,kWh\n" + "".join(f"01/02/2024 {hour:02}:00,1\n" for hour in range(24)))
    assert 'Pass --date-order "dmy" or "mdy"' in error("read", ambiguous, "--zone", "UTC")
    single = tmp_path / "single.csv"
    single.write_text("time,kWh\n2024-03-01 00:00,5\n")
    assert "--step 900" in error("read", single, "--zone", "UTC")
    assert run("read", single, "--zone", "UTC", "--step", 900) == 0
    twice = tmp_path / "twice.csv"
    twice.write_text("time,import kWh,Import_kWh\n2024-03-01 00:00,5,6\n2024-03-01 00:15,5,6\n")
    assert '--import-kwh "import kWh"' in error("read", twice, "--zone", "UTC")
    late = error("diagnose", plant, "--zone", "Asia/Shanghai", "--tariff", "cn-fujian-two-part-1-10kv-2026-08")
    assert "--price name=value" in late
    assert "with_prices" not in late


def test_the_page_is_written_into_a_new_folder(plant: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "folder" / "page.html"
    assert run("diagnose", plant, "--zone", "Asia/Shanghai", "-o", page) == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_tariffs_lists_what_is_bundled(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("tariffs") == 0
    out = capsys.readouterr().out
    assert FUJIAN in out
    assert "in force from 2025-08-01 until before 2025-09-01" in out
    assert "prices to be given: purchase, line_loss, system" in out
    assert run("tariffs", FUJIAN) == 0
    assert json.loads(capsys.readouterr().out)["id"] == FUJIAN


def test_the_demo_writes_a_page_in_each_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "report.html"
    assert run("demo", "-o", page) == 0
    out = capsys.readouterr().out
    assert "SIMULATED" in out
    assert 'lang="en"' in page.read_text(encoding="utf-8")
    assert 'lang="zh-Hans"' in (page.parent / "report.zh.html").read_text(encoding="utf-8")


def test_a_reader_that_leaves_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        assert run("tariffs") == 0


def test_inspect_says_what_to_pass_and_read_writes_what_reads_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plant.csv"
    path.write_text("time,kWh\n2024-03-01 00:15,5\n2024-03-01 00:30,6\n2024-03-01 00:45,7\n", encoding="utf-8")
    assert main(["inspect", str(path)]) == 0
    assert "? pass zone=:" in capsys.readouterr().out
    assert main(["inspect", str(path), "--zone", "Asia/Shanghai", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["open"] == []
    for suffix in ("csv", "csv.gz", "parquet", "xlsx"):
        copy = str(tmp_path / f"copy.{suffix}")
        assert main(["read", str(path), "--zone", "Asia/Shanghai", "-o", copy]) == 0
        assert main(["read", copy]) == 0
        assert capsys.readouterr().out.count("import_kwh 18 kWh") == 2
    assert main(["read", str(path), "--zone", "Asia/Shanghai", "-o", "copy.doc"]) == 2
    assert "ends in .csv" in capsys.readouterr().err


def test_a_folder_is_read_and_one_of_its_meters_is_diagnosed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hall 1", "hall 2"):
        text = "time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n2024-03-01 00:30,7\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    assert main(["read", str(tmp_path), "--zone", "Asia/Shanghai"]) == 0
    assert capsys.readouterr().out.startswith("2 meters")
    assert main(["diagnose", str(tmp_path), "--zone", "Asia/Shanghai"]) == 2
    assert "holds 2 meters: hall 1, hall 2; choose one with --meter" in capsys.readouterr().err
    assert main(["diagnose", str(tmp_path), "--zone", "Asia/Shanghai", "--meter", "hall 2"]) == 0
