import struct
import zlib
from base64 import b64decode
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import wattlens as wl
from wattlens import _core, words
from wattlens.figures import Figure, Lane, States
from wattlens.figures.gap_map import STATES, Times, gap_map
from wattlens.figures.palette import FLAGS, state_map

mpl.use("Agg")
MEASURED, MISSING, LINEAR = (STATES.index(name) for name in ("measured", "missing", "linear"))


def times_of(start: str, count: int, *, zone: str = "Asia/Shanghai", step: str = "15min") -> Times:
    handle = wl.Readings.from_arrays(start=start, step=step, zone=zone, import_kwh=np.ones(count)).handle
    return Times(handle.start, handle.step_s, np.array(handle.midnights()), handle.slots(), zone)


def states_of(figure: Figure) -> States:
    (found,) = (mark for mark in figure.marks if isinstance(mark, States))
    return found


def whole(count: int) -> NDArray[np.uint8]:
    return np.full(count, MEASURED, np.uint8)


def test_every_flag_has_a_state_a_colour_and_words() -> None:
    assert {*_core.flag_names(), "flagged"} == {*STATES} == {*FLAGS}
    for language in words.LANGUAGES:
        said = [words.say(f"flag.{name}", language) for name in STATES]
        assert len({*said}) == len(said)
    assert len({*FLAGS.values()}) == len(FLAGS)


def luminance(shade: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = (int(shade[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_what_is_missing_can_be_told_without_colours() -> None:
    dark, light = luminance(FLAGS["missing"]), luminance(FLAGS["measured"])
    assert (light + 0.05) / (dark + 0.05) > 3


def test_one_channel_is_shown_by_day_and_time_of_day() -> None:
    # Three days of 96 quarters; missing: the second day from 06:00 to 07:00.
    states = whole(288)
    states[96 + 24 : 96 + 28] = MISSING
    figure = gap_map({"energy": states}, times_of("2024-03-01", 288))
    shown = states_of(figure)
    assert shown.places.shape == (96, 3)
    assert np.argwhere(shown.places == MISSING + 1).tolist() == [[24, 1], [25, 1], [26, 1], [27, 1]]
    assert (shown.places == MEASURED + 1).sum() == 284
    assert [label for label, _ in shown.states if label] == ["measured 284", "missing 4"]
    assert shown.y_edges == (0.0, 24.0)


def test_the_hour_that_clocks_skip_is_nothing_and_the_one_they_repeat_keeps_the_gravest() -> None:
    # 31 March 2024 has no 02:00 in Berlin; 27 October has it twice, here as intervals 2 (measured) and 3 (missing).
    spring = states_of(gap_map({"energy": whole(23)}, times_of("2024-03-31", 23, zone="Europe/Berlin", step="1h")))
    assert np.argwhere(spring.places == 0).tolist() == [[2, 0]]
    states = whole(25)
    states[3] = MISSING
    autumn = states_of(gap_map({"energy": states}, times_of("2024-10-27", 25, zone="Europe/Berlin", step="1h")))
    assert np.argwhere(autumn.places == MISSING + 1).tolist() == [[2, 0]]
    assert (autumn.places == 0).sum() == 0


def test_a_partial_first_day_has_nothing_before_its_first_reading() -> None:
    shown = states_of(gap_map({"energy": whole(6)}, times_of("2024-03-01 18:00", 6, step="1h")))
    assert (shown.places[:18] == 0).all()
    assert (shown.places[18:] == MEASURED + 1).all()


def test_ten_years_lose_no_single_reading() -> None:
    states = whole(3653 * 24)
    states[50_000] = MISSING
    figure = gap_map({"energy": states}, times_of("2015-01-01", len(states), step="1h"))
    shown = states_of(figure)
    assert shown.places.shape == (24, 366)  # ten days a column
    assert (shown.places == MISSING + 1).sum() == 1
    assert "10 days" in figure.note
    both = gap_map({"energy": states, "reactive": whole(len(states))}, times_of("2015-01-01", len(states), step="1h"))
    assert (states_of(both).places == MISSING + 1).sum() == 1


def test_a_row_shows_the_share_of_each_day() -> None:
    # 100 days of 24 hours; of the third, 12 hours are missing and 6 estimated: 10 and 5 of 20 lines.
    first, second = whole(2400), whole(2400)
    first[48:60], first[60:66] = MISSING, LINEAR
    second[:] = MISSING
    figure = gap_map({"a": first, "b": second}, times_of("2024-01-01", 2400, step="1h"))
    places = states_of(figure).places
    assert figure.y.categories == ("b", "a")  # the first channel is the highest row
    below, between, above = places[:20], places[20:26], places[26:]
    assert (below == MISSING + 1).all()
    assert (between == 0).all()
    assert above[:, 2].tolist() == [MISSING + 1] * 10 + [LINEAR + 1] * 5 + [MEASURED + 1] * 5
    assert (np.delete(above, 2, axis=1) == MEASURED + 1).all()


@given(st.lists(st.integers(0, len(STATES) - 1), min_size=1, max_size=900), st.integers(1, 3))
def test_no_state_is_ever_hidden(states: list[int], channels: int) -> None:
    values = np.array(states, np.uint8)
    shown = states_of(gap_map({str(at): values for at in range(channels)}, times_of("2024-01-01", len(values))))
    assert {*np.unique(shown.places).tolist()} - {0} == {state + 1 for state in states}


def test_lanes_stand_below_the_map_with_the_gravest_on_top() -> None:
    lanes = {"Gap": {"high": [(0.0, 1.0)], "low": [(2.0, 3.0)]}, "Spike": {"low": [(4.0, 5.0)]}}
    for channels in (["a"], ["a", "b"]):
        figure = gap_map({name: whole(96) for name in channels}, times_of("2024-01-01", 96), lanes=lanes)
        found = [mark for mark in figure.marks if isinstance(mark, Lane)]
        assert [mark.label for mark in found] == ["finding, low", "finding, high", ""]
        assert found[0].y == found[1].y > found[2].y
        assert all(mark.y + mark.height / 2 <= states_of(figure).y_edges[0] for mark in found)
        low, high = figure.limits()[1]
        assert low < found[2].y - found[2].height / 2 < high
    assert gap_map({"a": whole(96)}, times_of("2024-01-01", 96), lanes=lanes).y.more[0][1] == "Gap"


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("channels", [1, 4])
def test_it_is_drawn_as_svg_and_by_matplotlib(channels: int, language: words.Language) -> None:
    import matplotlib.pyplot as plt

    states = whole(96 * 90)
    for place in range(len(STATES)):
        states[place * 500 : place * 500 + 90] = place
    # A machine without a Chinese font draws the English picture all the same.
    name = "电量" if language == "zh" else "energy"
    named = {f"{name} <{at}>": states for at in range(channels)}
    figure = gap_map(
        named, times_of("2024-01-01", len(states)), lanes={"spike": {"high": [(1.71e9, 1.711e9)]}}, language=language
    )
    svg = figure.to_svg()
    root = ET.fromstring(svg)
    texts = ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]
    assert {*named, "spike"} <= {*texts}
    assert all(any(words.say(f"flag.{name}", language) in text for text in texts) for name in STATES)
    assert len(svg) < 60_000
    if language == "en":
        axes = figure.plot()
        axes.figure.canvas.draw()
        labels = axes.get_legend_handles_labels()[1]
        assert sum(label.startswith("missing") for label in labels) == 1
        assert "spike" in [label.get_text() for label in axes.get_yticklabels()]
        plt.close("all")


def test_the_picture_of_states_is_a_png_with_a_clear_first_colour() -> None:
    image = b64decode(state_map(np.array([[0, 1], [2, 1]], np.uint8), ["#010203", "#aabbcc"]).partition(",")[2])
    assert image[image.index(b"PLTE") + 4 :][:9].hex() == "000000010203aabbcc"
    assert image[image.index(b"tRNS") + 4 :][:1] == b"\0"
    assert struct.unpack(">II", image[image.index(b"IHDR") + 4 :][:8]) == (2, 2)
    length = int.from_bytes(image[image.index(b"IDAT") - 4 : image.index(b"IDAT")])
    # A zero before each row; row 0 is the lowest, so it comes last.
    assert list(zlib.decompress(image[image.index(b"IDAT") + 4 :][:length])) == [0, 2, 1, 0, 0, 1]
