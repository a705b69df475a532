import pickle
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import wattlens as wl


@pytest.fixture
def table() -> wl.Table:
    return wl.Table(
        {
            "start": [0, 3600, None],
            "kwh": [1.5, None, 2.5],
            "days": [31, None, 30],
            "count": np.array([1, 2, 3]),
            "whole": [True, None, False],
            "sure": [True, False, False],
            "name": ["<b>", None, "负荷"],
        },
        units={"kwh": "kWh"},
        zones={"start": "Asia/Shanghai"},
    )


ROWS = {
    "start": [datetime(1970, 1, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai")), datetime(1970, 1, 1, 1, tzinfo=UTC), None],
    "kwh": [1.5, None, 2.5],
    "days": [31, None, 30],
    "count": [1, 2, 3],
    "whole": [True, None, False],
    "sure": [True, False, False],
    "name": ["<b>", None, "负荷"],
}


def test_every_way_out_gives_the_same_rows(table: wl.Table) -> None:
    assert table.to_dict() == ROWS
    assert table.to_polars().to_dict(as_series=False) == ROWS
    assert table.to_pyarrow().to_pydict() == ROWS
    frame = table.to_pandas()
    assert {name: [None if pd.isna(v) else v for v in frame[name]] for name in frame} == ROWS
    assert str(frame["start"].dt.tz) == "Asia/Shanghai"
    assert table.to_polars().schema["start"] == pl.Datetime("ms", "Asia/Shanghai")


def test_arrow_readers_take_it_as_it_is(table: wl.Table) -> None:
    import duckdb

    arrow = pa.table(table)  # noqa: F841 (DuckDB sees it by name)
    found = duckdb.sql("select sum(kwh), count(days) from arrow")
    assert found is not None
    assert found.fetchall() == [(4.0, 2)]
    assert pl.DataFrame(table)["kwh"].null_count() == 1


def test_it_looks_like_a_table_and_escapes_names(table: wl.Table) -> None:
    assert repr(table).splitlines()[1].split() == ["1970-01-01", "08:00", "1.50", "31", "1", "True", "True", "<b>"]
    markup = table._repr_html_()
    assert "&lt;b&gt;" in markup
    assert "<b>" not in markup
    assert "script" not in markup
    long = repr(wl.Table({"at": range(100)}))
    assert len(long.splitlines()) == 15
    assert "(100 rows)" in long


def test_it_is_never_changed_and_pickles(table: wl.Table) -> None:
    assert pickle.loads(pickle.dumps(table)) == table
    with pytest.raises(ValueError, match="read-only"):
        table["count"][0] = 7  # type: ignore[index]
    with pytest.raises(AttributeError):
        table.units = {}  # type: ignore[misc]
    source = np.ones(3)
    made = wl.Table({"kw": source})
    source[0] = 5
    assert made.to_dict() == {"kw": [1.0, 1.0, 1.0]}


def test_wrong_columns_are_named(table: wl.Table) -> None:
    with pytest.raises(wl.ReadingError, match="kwh"):
        table["kWhh"]
    with pytest.raises(wl.ReadingError, match="different lengths"):
        wl.Table({"a": [1], "b": [1, 2]})


def test_an_empty_table_is_a_table() -> None:
    empty = wl.Table({"kwh": np.zeros(0), "name": []})
    assert (len(empty), empty.to_polars().shape) == (0, (0, 2))
    assert "(0 rows)" in repr(empty)
