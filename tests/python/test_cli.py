from pathlib import Path

import pytest

from wattlens.cli import main


def test_read_says_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plant.csv"
    path.write_text("time,kWh\n2024-03-01 00:00,5\n2024-03-01 00:15,6\n", encoding="utf-8")
    assert main(["read", str(path), "--zone", "Asia/Shanghai"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 readings, 15 min")
    assert "zone: Asia/Shanghai (given)" in out


def test_errors_go_to_stderr_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "nowhere.csv"]) == 2
    assert capsys.readouterr().err.startswith("wattlens: cannot read nowhere.csv")


def test_the_version_names_the_zone_data(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert "time zones 20" in capsys.readouterr().out
