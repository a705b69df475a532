"""What the tests share."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import wattlens as wl


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """The folder of real readings; tests that need it are skipped, with the reason, where it is not named."""
    folder = os.environ.get("WATTLENS_DATA")
    if not folder:
        pytest.skip("WATTLENS_DATA does not name the folder of real readings")
    return Path(folder)


@pytest.fixture
def readings() -> wl.Readings:
    """Two days at a quarter of an hour in Shanghai with one gap of an hour: 1 kWh, 2 kWh, ..."""
    kwh = np.arange(1.0, 193.0)
    kwh[40:44] = np.nan
    return wl.Readings.from_arrays(start="2024-03-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh)


@pytest.fixture(scope="session")
def decreed(real_folder: Path) -> dict[str, bool]:
    """Date to day off (True) or make-up workday (False), as decreed for 2018 to 2026."""
    days: dict[str, bool] = {}
    for path in sorted((real_folder / "holiday_cn").glob("*.json")):
        for day in json.loads(path.read_text(encoding="utf-8"))["days"]:
            days[day["date"]] = day["isOffDay"]
    return days


@pytest.fixture(scope="session")
def fujian() -> wl.Tariff:
    """The bundled tariff of Xiamen, billed as if it were in force."""
    return wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()


@pytest.fixture(scope="session")
def demo() -> wl.Site:
    """The demo plant, simulated."""
    return wl.simulate.demo_site()


@pytest.fixture(scope="session")
def diagnosis(demo: wl.Site, fujian: wl.Tariff) -> wl.Diagnosis:
    """The demo plant with money."""
    return wl.diagnose(demo, fujian)
