import pickle
from pathlib import Path

import pytest

import wattlens as wl


@pytest.mark.parametrize("error", [wl.ReadingError, wl.TimeError, wl.TariffError, wl.SiteError])
def test_errors_are_ours_and_value_errors_and_pickle(error: type[wl.WattlensError]) -> None:
    assert issubclass(error, wl.WattlensError)
    assert issubclass(error, ValueError)
    again = pickle.loads(pickle.dumps(error("found 1, expected 2")))
    assert type(again) is error
    assert str(again) == "found 1, expected 2"


def test_files_that_cannot_be_opened_raise_as_python_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        wl.read_csv(tmp_path / "nowhere.csv")
    with pytest.raises(OSError, match="cannot read"):
        wl.read_csv(tmp_path)


def test_near_zones_are_named() -> None:
    with pytest.raises(wl.TimeError, match="Asia/Shanghai"):
        wl.Readings.from_arrays(start="2024-01-01", step="15min", zone="Asia/Shanghi", import_kwh=[1.0])
