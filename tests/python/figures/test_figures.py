import re
import warnings
import zlib
from base64 import b64decode
from datetime import datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattlens.figures import Axis, Band, Bars, Figure, Heat, Line, Points
from wattlens.figures.charts import (
    DayShape,
    SpanLine,
    carpet,
    day_shapes,
    duration_curve,
    load_curve,
    monthly_bars,
    span_columns,
)  # fmt: skip
from wattlens.figures.envelope import block_means, envelope
from wattlens.figures.mpl import drawable_language
from wattlens.figures.palette import HEAT, MISSING, heat_map
from wattlens.figures.ticks import nice, ticks

mpl.use("Agg")
BERLIN = ZoneInfo("Europe/Berlin")
DAY = np.linspace(0, 400, 96)


def has_chinese_font() -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return drawable_language("zh") == "zh"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


FIGURES = {
    "carpet": carpet(
        np.where(np.arange(960).reshape(10, 96) == 5, np.nan, 3.0), start=0, end=864_000, zone="UTC", language="zh"
    ),
    "day shapes": day_shapes([DayShape("workday <b>", DAY, DAY * 0.5, DAY * 1.5), DayShape("weekend", DAY / 2)]),
    "duration": duration_curve(np.linspace(0, 1, 35_040), np.linspace(600, 10, 35_040)),
    "bars": monthly_bars(
        ["2024-01", "2024-02"], {"energy & more": [5.0, np.nan], "rebate": [-1.0, -2.0]}, label="Bill", unit="yuan",
        note="prices assumed",
    ),
    "curve": load_curve(
        np.arange(672) * 900.0, np.tile(DAY, 7), zone="UTC", expected_kw=np.tile(DAY, 7) * 0.9,
        spans={"spike": [(0, 9000)]},
    ),
    "nothing": load_curve([], [], zone="UTC"),
    "all missing": load_curve([0, 900], [np.nan, np.nan], zone="UTC"),
    "one value": load_curve([0.0], [5.0], zone="UTC"),
    "no day": carpet(np.full((2, 96), np.nan), start=0, end=172_800, zone="UTC"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_svg_is_well_formed_and_self_contained(name: str) -> None:
    svg = FIGURES[name].to_svg()
    root = ET.fromstring(svg)
    links = [value for element in root.iter() for key, value in element.attrib.items() if key.endswith("href")]
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert "nan" not in re.sub(r'href="[^"]*"', "", svg)
    assert "<script" not in svg
    assert len(svg) < 60_000


@pytest.mark.parametrize("name", FIGURES)
def test_matplotlib_draws_the_same_figure(name: str) -> None:
    import matplotlib.pyplot as plt

    figure = FIGURES[name]
    if any("\u4e00" <= letter <= "\u9fff" for letter in figure.to_svg()) and not has_chinese_font():
        pytest.skip("no Chinese font is installed")
    axes = figure.plot()
    assert axes.get_title(loc="left") == figure.title
    assert axes.get_ylabel() == figure.y.title
    axes.figure.canvas.draw()
    plt.close("all")
    _, given_axes = plt.subplots()
    assert figure.plot(ax=given_axes) is given_axes
    plt.close("all")


def test_texts_are_escaped_and_stay_texts() -> None:
    svg = FIGURES["day shapes"].to_svg()
    assert "workday &lt;b&gt;" in svg
    assert "负荷热力图（日期 × 时刻）" in FIGURES["carpet"].to_svg()
    assert "energy &amp; more" in FIGURES["bars"].to_svg()


def test_stacked_bars_reach_the_sum_of_each_sign() -> None:
    bars = Bars((("a", np.array([1.0, 2.0])), ("b", np.array([3.0, -4.0])), ("c", np.array([np.nan, 1.0]))))
    assert Figure("", Axis(), Axis(), (bars,)).limits()[1] == (-4.0, 4.0)


def test_the_heat_map_is_a_png_of_its_values() -> None:
    image = b64decode(heat_map(np.array([[0.0, 1.0], [np.nan, 0.5]]), 0.0, 1.0).partition(",")[2])
    palette = image[image.index(b"PLTE") + 4 :][:768]
    assert palette[:3].hex() == MISSING[1:]
    assert palette[3:].hex() == HEAT.tobytes().hex()
    length = int.from_bytes(image[image.index(b"IDAT") - 4 : image.index(b"IDAT")])
    rows = zlib.decompress(image[image.index(b"IDAT") + 4 :][:length])
    # A zero before each row; row 0 is the lowest, so it comes last. 0 is missing, 1 to 255 the shades.
    assert list(rows) == [0, 0, 128, 0, 1, 255]


def test_zero_is_the_first_colour_where_values_come_near_it() -> None:
    assert Heat(np.array([[10.0, 100.0]]), (0, 1), (0, 1)).reach() == (0.0, 100.0)
    assert Heat(np.array([[90.0, 100.0]]), (0, 1), (0, 1)).reach() == (90.0, 100.0)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=900), st.integers(5, 60))
def test_an_envelope_keeps_every_pixels_reach(values: list[float], pixels: int) -> None:
    y = np.array(values)
    x = np.arange(len(y), dtype=float)
    short_x, short_y = envelope(x, y, pixels)
    assert len(short_x) <= max(len(y), 4 * pixels)
    assert len(short_x) == len(short_y)
    assert (np.diff(short_x) >= 0).all()
    if np.isfinite(y).any():
        assert np.nanmax(short_y) == np.nanmax(y)
        assert np.nanmin(short_y) == np.nanmin(y)
    else:
        assert np.isnan(short_y).all()


def test_an_envelope_breaks_at_a_gap() -> None:
    y = np.ones(10_000)
    y[4000:6000] = np.nan
    _, short = envelope(np.arange(10_000.0), y, 100)
    assert np.isnan(short).sum() == pytest.approx(80, abs=8)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.integers(2, 12))
def test_nice_numbers_are_even_and_inside(low: float, span: float, count: int) -> None:
    found = nice(low, low + span, count)
    assert all(low - 1e-6 * span <= value <= low + span + 1e-6 * max(span, abs(low)) for value in found)
    assert len(found) <= 2 * count + 1


def test_ticks_of_time_stand_at_local_midnights_and_months() -> None:
    year = ticks(Axis(kind="time", zone="Europe/Berlin"), at("2024-01-01"), at("2025-01-01"), 13)
    assert [text for _, text in year][:3] == ["2024-01", "02", "03"]
    assert year[-1] == (at("2025-01-01"), "2025-01")
    assert year[6][0] == at("2024-07-01")
    week = ticks(Axis(kind="time", zone="Europe/Berlin"), at("2024-03-28"), at("2024-04-03"), 8)
    assert [text for _, text in week] == ["2024-03-28", "03-29", "03-30", "03-31", "04-01", "04-02", "04-03"]
    assert week[4][0] == at("2024-04-01")
    day = ticks(Axis(kind="time", zone="Europe/Berlin"), at("2024-03-28"), at("2024-03-29"), 8)
    assert [text for _, text in day][:2] == ["03-28 00:00", "06:00"] or [text for _, text in day][1] == "03:00"


def test_a_long_span_has_ticks_at_round_years() -> None:
    decades = ticks(Axis(kind="time"), at("1995-05-01"), at("2025-05-01"), 10)
    assert 3 <= len(decades) <= 10
    assert all(text.endswith("-01") for _, text in decades)


def test_a_line_keeps_its_gap() -> None:
    line = Line(np.arange(5.0), np.array([1, 2, np.nan, 4, 5.0]))
    svg = Figure("", Axis(), Axis(), (line,)).to_svg()
    path = re.search(r'<path d="([^"]*)"', svg)
    assert path is not None
    assert path[1].count("M") == 2


def test_what_covers_everything_marks_nothing_and_long_curves_have_no_second_line() -> None:
    x, kw = np.arange(960) * 900.0, np.tile(DAY, 10)
    spans = {"all": [(0.0, 864_000.0)], "an hour": [(3600.0, 7200.0)]}
    short = load_curve(x, kw, zone="UTC", expected_kw=kw, spans=spans).to_svg()
    assert "an hour" in short
    assert ">all<" not in short
    assert "Expected load" in short
    year = load_curve(np.arange(35_040) * 900.0, np.tile(DAY, 365), zone="UTC", expected_kw=np.tile(DAY, 365))
    assert "Expected load" not in year.to_svg()


def test_a_long_legend_leaves_the_plot_its_width() -> None:
    import matplotlib.pyplot as plt

    parts = {f"a charge with quite a long name, number {at}": np.arange(1.0, 13.0) for at in range(6)}
    ax = monthly_bars([f"2025-{month:02d}" for month in range(1, 13)], parts, label="Amount", unit="CNY").plot()
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    assert legend is not None
    assert ax.get_position().width > 0.8
    assert legend.get_window_extent().width < ax.figure.bbox.width
    plt.close(ax.figure)  # type: ignore[arg-type]


def test_a_carpet_of_minutes_is_small_and_keeps_its_means() -> None:
    kw = np.random.default_rng(1).uniform(0, 500, (365, 1440))
    kw[:, 600:620] = np.nan
    figure = carpet(kw, start=0, end=365 * 86_400, zone="UTC")
    (heat,) = (mark for mark in figure.marks if isinstance(mark, Heat))
    assert heat.values.shape == (144, 365)
    np.testing.assert_allclose(heat.values[3], kw[:, 30:40].mean(axis=1))
    assert np.isnan(heat.values[60:62]).all()
    assert len(figure.to_svg()) < 200_000


@given(st.integers(1, 40), st.integers(1, 40))
def test_means_of_blocks_are_those_of_their_members(length: int, most: int) -> None:
    values = np.where(np.arange(length) % 5 == 2, np.nan, np.arange(length, dtype=float))
    means = block_means(values, 0, most)
    together = -(-length // most)
    blocks = [values[at : at + together] for at in range(0, length, together)]
    assert len(means) == len(blocks) <= most
    for mean, block in zip(means, blocks, strict=True):
        known = block[np.isfinite(block)]
        assert np.isnan(mean) if not len(known) else mean == pytest.approx(known.mean())


def test_spans_are_columns_as_wide_as_their_time_and_apart_where_nothing_is_known() -> None:
    # Days 0 and 1, nothing on day 2, then a stretch of two days.
    day = 86_400.0
    line = SpanLine("energy", [0, day, 3 * day], [day, 2 * day, 5 * day], [10.0, 20.0, 30.0])
    figure = span_columns([line], label="Energy", unit="kWh", zone="UTC")
    (band,) = (mark for mark in figure.marks if isinstance(mark, Band))
    known = np.isfinite(band.high)
    assert band.x[known].tolist() == [0, day, day, day, 2 * day, 3 * day, 5 * day, 5 * day]
    assert band.high[known].tolist() == [10, 10, 10, 20, 20, 30, 30, 30]
    assert band.x[~known].tolist() == [2 * day]
    assert figure.limits()[1] == (0.0, 30.0)
    ET.fromstring(figure.to_svg())


def test_registers_are_points_that_a_line_joins() -> None:
    register = SpanLine("register", [0.0, 86_400.0], [0.0, 86_400.0], [6342.8, 7654.9])
    figure = span_columns([register], label="Register", unit="kWh", zone="UTC", language="zh")
    assert [type(mark) for mark in figure.marks] == [Line, Points]
    assert figure.limits()[1] == (6342.8, 7654.9)
