"""Anything may come in: only wattlens' own errors go out, and nothing hangs."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wattlens as wl

FEW = settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
CLEAN = "time,kWh,kvarh\n" + "".join(
    f"2024-03-01 {h:02}:{m:02},{h + m},{m}\n" for h in range(6) for m in (0, 15, 30, 45)
)
SHEET = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").to_json()
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]

lines = st.lists(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["time", "kWh", "日期", "1", "-1", "1,5", "1e999", "nan", "24:00", "2024-02-30", "01/02/2024", ""]
            ),
            st.datetimes(datetime(1890, 1, 1), datetime(2210, 1, 1)).map(str),
            st.text(max_size=8),
        ),
        max_size=4,
    ).map(",".join),
    max_size=8,
).map("\n".join)


def read(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with suppress(wl.WattlensError, OSError):
        readings = wl.read_csv(path, zone="Asia/Shanghai")
        assert len(readings) > 0 or readings.spans  # days alone have no intervals
        assert len(readings.findings.to_table("zh")) == len(readings.findings)
        assert repr(readings)


@FEW
@given(st.one_of(st.binary(max_size=400), lines.map(str.encode)))
def test_arbitrary_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    read(tmp_path / "any.csv", content)


@FEW
@given(at=st.integers(0, len(CLEAN) - 1), cut=st.integers(0, 12), put=st.binary(max_size=6))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, at: int, cut: int, put: bytes) -> None:
    whole = CLEAN.encode()
    read(tmp_path / "damaged.csv", whole[:at] + put + whole[at + cut :])


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@FEW
@given(st.dictionaries(st.sampled_from([*json.loads(SHEET), "x"]), anything))
def test_anything_like_json_is_a_tariff_or_refused(sheet: dict[str, Any]) -> None:
    with suppress(wl.WattlensError):
        wl.Tariff.from_json(json.dumps(sheet))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


@FEW
@given(st.sampled_from(places(json.loads(SHEET))[1:]), anything)
def test_a_damaged_tariff_is_a_tariff_or_refused(place: tuple[Any, ...], put: Any) -> None:
    sheet = json.loads(SHEET)
    node = sheet
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = put
    quantities = wl.BillingQuantities.month("2025-08", kwh={"peak": 100.0}, import_kvarh=10.0, demand_kw=9.0)
    contract = wl.Contract(capacity_kva=100, demand_billing="capacity", power_factor_standard=0.9)
    with suppress(wl.WattlensError):
        tariff = wl.Tariff.from_json(json.dumps(sheet))
        bill = tariff.bill(quantities, contract)
        assert bill.total == sum(line.amount for line in bill.lines)
        repr(bill)


stamps = st.lists(
    st.one_of(
        st.datetimes(datetime(2024, 3, 30), datetime(2024, 4, 2)),
        st.integers(0, 400).map(lambda quarter: datetime(2024, 10, 26) + timedelta(minutes=15 * quarter)),
    ),
    min_size=1,
    max_size=30,
)


@FEW
@given(data=st.data(), times=stamps, zone=st.sampled_from(ZONES), aware=st.booleans(), text=st.booleans())
def test_arbitrary_frames_are_read_or_refused(
    data: st.DataObject, times: list[datetime], zone: str, *, aware: bool, text: bool
) -> None:
    kwh = data.draw(st.lists(st.one_of(st.floats(), st.none()), min_size=len(times), max_size=len(times)))
    moments: list[Any] = [moment.replace(microsecond=0) for moment in times]
    if aware:
        moments = [moment.replace(tzinfo=UTC) for moment in moments]
    if text:
        moments = [moment.isoformat() for moment in moments]
    told: dict[str, Any] = {"time": "ts", "import_kwh": "kwh", "zone": zone}
    made = []
    for frame in (
        pl.DataFrame({"ts": moments, "kwh": pl.Series(kwh, dtype=pl.Float64)}),
        pd.DataFrame({"ts": moments, "kwh": pd.array(kwh, dtype="object")}).astype({"kwh": float}),
    ):
        before = frame.clone() if isinstance(frame, pl.DataFrame) else frame.copy(deep=True)
        with suppress(wl.WattlensError):
            made.append(wl.Readings.from_table(frame, **told))
        assert frame.equals(before)  # type: ignore[arg-type]
    for readings in made:
        assert len(readings.findings.to_table("zh")) == len(readings.findings)
        if readings.channels:  # rows a day and more apart have no axis
            values = readings["import_kwh"]
            np.testing.assert_array_equal(np.isnan(values), readings.flags("import_kwh") == 1)
            assert not np.isinf(values).any()
        wl.diagnose(wl.Site(readings))
    if len(made) == 2:
        assert made[0] == made[1]


@FEW
@given(
    order=st.permutations(range(40)),
    holes=st.sets(st.integers(1, 38), max_size=15),
    zone=st.sampled_from(ZONES),
    first=st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
)
def test_the_order_of_rows_does_not_matter(order: list[int], holes: set[int], zone: str, first: datetime) -> None:
    begin = first.replace(microsecond=0, second=0, minute=0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    rows = [{"ts": begin + timedelta(minutes=15 * row), "kwh": row * 1.25} for row in range(40) if row not in holes]
    told: dict[str, Any] = {"time": "ts", "import_kwh": "kwh", "zone": zone, "stamp": "start", "step": "15min"}
    upright = wl.Readings.from_table(pl.DataFrame(rows), **told)
    shuffled = [rows[at] for at in sorted(range(len(rows)), key=lambda row: order[row])]
    mixed = wl.Readings.from_table(pl.DataFrame(shuffled), **told)
    assert (mixed.start, len(mixed)) == (upright.start, len(upright))
    np.testing.assert_array_equal(mixed["import_kwh"], upright["import_kwh"])
    assert np.nansum(mixed["import_kwh"]) == sum(row["kwh"] for row in rows)  # type: ignore[misc]


@settings(max_examples=25, deadline=None)
@given(
    kwh=st.lists(st.sampled_from([0.0, 0.01, 3.33, 12.5, 250.0]), min_size=31, max_size=31),
    kvarh=st.sampled_from([0.0, 1.0, 7.5]),
    capacity=st.sampled_from([50.0, 315.0, 1000.0]),
    mode=st.sampled_from(["capacity", "actual_demand", "contract_demand"]),
)
def test_a_bill_is_the_sum_of_its_lines(kwh: list[float], kvarh: float, capacity: float, mode: Any) -> None:
    readings = wl.Readings.from_arrays(
        start="2025-08-01",
        step="15min",
        zone="Asia/Shanghai",
        import_kwh=np.repeat(kwh, 96),
        import_kvarh=[kvarh] * 2976,
    )
    contract = wl.Contract(
        capacity_kva=capacity, demand_billing=mode, contract_demand_kw=capacity / 2, power_factor_standard=0.9
    )
    (bill,) = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").bill(wl.Site(readings, contract=contract))
    assert bill.total == sum(line.amount for line in bill.lines)
    assert bill.quantities.total_kwh == pytest.approx(sum(kwh) * 96)
