"""Times of every step, written as a table into docs/performance.md.

Run by `make proof` after `cargo bench`, whose estimates it reads. Import time and the wheel are measured only when
asked for; what was not measured is an en dash.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
START, END = "<!-- times -->", "<!-- end of times -->"
DASH = "–"

# What criterion calls it, what a reader calls it, and the longest it may take [ms].
STEPS: list[tuple[str, str, float | None]] = [
    ("local calendar, 1 000 000 readings", "local calendar of 1 000 000 readings", 5.0),
    (
        "local calendar with slots and day types, 1 000 000 readings",
        "the same with the slot of every reading and the type of every day",
        None,
    ),
    *(
        (f"{step}, {plant}", f"{words}, {plant}", target)
        for step, words, target in (
            ("profile", "load profile", 1.5),
            ("quality", "quality of the readings: all rules, verdict of every month", 3.0),
            ("anomaly score", "anomaly score of every interval", None),
            ("anomalies", "anomalies, all kinds", 4.0),
            ("bill", "bills", 1.0),
            ("savings", "savings", None),
            ("diagnose", "`diagnose`: all of these", 10.0),
            ("diagnosis as JSON", "its JSON", None),
        )
        for plant in ("demo", "steel")
    ),
    ("anomalies, hourly plant", "anomalies, all kinds, an hourly year", 1.0),
    ("electrical rules, 12 channels", "electrical rules, a year with voltages, currents and powers by phase", 5.0),
    ("bill, Fujian two-part, one year of quarters, none missing", "bills of four periods, demo, readings judged", 0.5),
    ("bill, Fujian two-part, one year of quarters", "the same with missing readings and bounds", None),
    (
        "bill, blocks by period and demand from URDB, one year of quarters",
        "bills of blocks by period and demand, read from URDB",
        0.8,
    ),
    ("bill, hourly prices, one year of quarters", "bills of hourly prices with missing readings and bounds", None),
    ("what if, 1 000 contracts, one year", "bills of a year under 1 000 contracts", 100.0),
    ("prices by interval, Fujian two-part", "price of every interval", None),
    ("ingest/steel", "reading the steel CSV, 35 040 rows", 15.0),
    ("ingest/long_1M_rows", "reading a long CSV, 1 051 200 rows of 10 meters", None),
    ("simulate, demo", "simulating the demo plant", None),
]


@dataclass(frozen=True)
class Sampled:
    """Times that criterion found for one step [ms]."""

    median_ms: float
    fastest_ms: float
    at: dt.date


def sampled(name: str, criterion: Path) -> Sampled | None:
    """What criterion found for the step of this name; None where it was not run."""
    # As criterion names its folders: characters that no file name takes are replaced, and 64 characters are kept.
    folders = ["".join("_" if one in '?"\\*<>:|^' else one for one in part)[:64] for part in name.split("/")]
    new = criterion.joinpath(*folders) / "new"
    if not (new / "estimates.json").exists():
        return None
    estimates = json.loads((new / "estimates.json").read_text(encoding="utf-8"))
    sample = json.loads((new / "sample.json").read_text(encoding="utf-8"))
    fastest_ns = min(took / count for took, count in zip(sample["times"], sample["iters"], strict=True))
    written = dt.datetime.fromtimestamp((new / "estimates.json").stat().st_mtime, dt.UTC)
    return Sampled(estimates["median"]["point_estimate"] / 1e6, fastest_ns / 1e6, written.date())


def import_s(runs: int = 7) -> float:
    """Time of `import wattlens` in an interpreter that has imported numpy, the median of some runs [s]."""
    took = []
    for _ in range(runs):
        command = [sys.executable, "-X", "importtime", "-c", "import numpy; import wattlens"]
        log = subprocess.run(command, check=True, capture_output=True, text=True).stderr  # noqa: S603
        rows = [line.split("|") for line in log.splitlines() if line.startswith("import time:")]
        took += [int(cumulative) / 1e6 for _, cumulative, module in rows if module == " wattlens"]
    return median(took)


def wheel() -> tuple[float, float]:
    """Time of a release build from nothing [s] and size of the wheel that it makes [MB]."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "maturin", "build", "--release", "--quiet", "--out", folder]
        start = time.monotonic()
        empty = {**os.environ, "CARGO_TARGET_DIR": str(Path(folder) / "target")}
        subprocess.run(command, check=True, cwd=ROOT, env=empty)  # noqa: S603
        took_s = time.monotonic() - start
        return took_s, max(path.stat().st_size for path in Path(folder).glob("*.whl")) / 1e6


def park() -> tuple[float, float]:
    """MB/s of reading a long CSV of 100 meters, five minutes, a year, best of three; peak memory over the result."""
    run = ["cargo", "run", "--quiet", "--release", "--example", "park", "--"]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "park.csv")
        subprocess.run([*run, "write", path, "100"], check=True, cwd=ROOT)  # noqa: S603
        told = subprocess.run([*run, "read", path, "3"], check=True, cwd=ROOT, capture_output=True, text=True).stdout  # noqa: S603
    speed, peak = re.search(r"([\d.]+) MB/s", told), re.search(r"([\d.]+) x the result", told)
    if speed is None or peak is None:
        raise RuntimeError(told)
    return float(speed[1]), float(peak[1])


def machine() -> str:
    """Cores, processor, compiler and interpreter."""
    cpu = platform.processor() or platform.machine()
    if (cpuinfo := Path("/proc/cpuinfo")).exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), cpu)
    rustc = shutil.which("rustc")
    compiler = "rustc not found"
    if rustc:
        compiler = subprocess.run([rustc, "--version"], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    return f"{os.cpu_count()} cores, {cpu}; {compiler}; CPython {platform.python_version()}; {platform.system()}"


def met(value: float | None, target: float | None) -> str:
    """Whether a figure is within its target; an en dash where there is none."""
    if value is None or target is None:
        return DASH
    return "yes" if value <= target else "**no**"


def table(criterion: Path, *, with_import: bool, with_wheel: bool, with_park: bool) -> str:
    """The table, and under it the machine and the days of the measurements."""
    rows = ["| what | target | median | fastest | within |", "|---|---|---|---|---|"]
    days = set()
    for name, words, target in STEPS:
        found = sampled(name, criterion)
        limit = f"{target:g} ms" if target else DASH
        times = (f"{found.median_ms:.2f} ms", f"{found.fastest_ms:.2f} ms") if found else (DASH, DASH)
        days |= {found.at} if found else set()
        within = met(found.median_ms if found else None, target)
        rows.append(f"| {words} | {limit} | {times[0]} | {times[1]} | {within} |")
    took_s = import_s() if with_import else None
    build_s, wheel_mb = wheel() if with_wheel else (None, None)
    for words, target, unit, value in (
        ("`import wattlens` beyond numpy", 0.15, "s", took_s),
        ("release build from nothing", 240.0, "s", build_s),
        ("wheel", 4.0, "MB", wheel_mb),
    ):
        shown = DASH if value is None else f"{value:.3g} {unit}"
        rows.append(f"| {words} | {target:g} {unit} | {shown} | {DASH} | {met(value, target)} |")
    speed, peak = park() if with_park else (None, None)
    words = "a long CSV of 10 512 000 rows, 288 MB, 100 meters"
    shown = (DASH, DASH) if speed is None else (f"{speed:.0f} MB/s", f"{peak:.2f}")
    within = (DASH, DASH) if speed is None or peak is None else (met(150, speed), met(peak, 2.5))
    rows.append(f"| reading {words} | 150 MB/s or more | {shown[0]} | {DASH} | {within[0]} |")
    words = "its peak memory over that of the result, 9 bytes a reading"
    rows.append(f"| {words} | 2.5 | {shown[1]} | {DASH} | {within[1]} |")
    dates = " to ".join(str(day) for day in sorted({min(days), max(days)})) if days else "not run"
    return "\n".join([*rows, "", f"Machine: {machine()}. Benchmarks run: {dates}."])


def main() -> None:
    """Write the table between its markers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--criterion", type=Path, default=ROOT / "target" / "criterion", help="criterion's folder")
    parser.add_argument("--import-time", action="store_true", help="measure the import too")
    parser.add_argument("--wheel", action="store_true", help="build a wheel from nothing; takes minutes")
    parser.add_argument("--park", action="store_true", help="write and read a file of 288 MB")
    asked = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    times = table(asked.criterion, with_import=asked.import_time, with_wheel=asked.wheel, with_park=asked.park)
    PAGE.write_text(f"{before}{START}\n{times}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
