import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

import wattlens as wl
from wattlens import html, words
from wattlens.report.pen import Pen, money

FUJIAN = "cn-fujian-two-part-1-10kv-2025-08"
VOID = {"meta", "br", "line", "rect", "image", "path", "circle"}


class Reader(HTMLParser):
    """Checks that tags close in order, and keeps what the tests ask about."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts).replace("\u202f", " "))


@pytest.fixture(scope="module")
def demo() -> wl.Diagnosis:
    return wl.diagnose(wl.simulate.demo_site(), wl.Tariff.load(FUJIAN).assume_in_force())


def site_of(kwh: ArrayLike) -> wl.Site:
    readings = wl.Readings.from_arrays(start="2025-08-01", step="15min", zone="Asia/Shanghai", import_kwh=kwh)
    return wl.Site(readings, name="Plant")


def assert_self_contained(page: str) -> Reader:
    reader = Reader(page)
    assert not [tag for tag, _ in reader.tags if tag in {"script", "link", "iframe", "img", "object"}]
    for tag, attributes in reader.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in {"href", "src", "xlink:href"}:
                assert (value or "").startswith("data:image/png;base64,"), (tag, name)
    assert not re.search(r"url\(|@import", page)
    assert "https://" not in page
    assert set(re.findall(r"http://[^\"]*", page)) <= {"http://www.w3.org/2000/svg"}
    return reader


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_page_stands_alone(demo: wl.Diagnosis, language: words.Language) -> None:
    page = demo.to_html(language=language)
    reader = assert_self_contained(page)
    root = next(attributes for tag, attributes in reader.tags if tag == "html")
    assert root["lang"] == {"en": "en", "zh": "zh-Hans"}[language]
    assert ("meta", {"charset": "utf-8"}) in reader.tags
    assert len(page.encode()) < 1_000_000
    assert sum(tag == "svg" for tag, _ in reader.tags) == 6
    assert "@page{size:A4" in page
    assert "thead{display:table-header-group}" in page


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_key_stands_in_place_of_its_words(demo: wl.Diagnosis, language: words.Language) -> None:
    text = Reader(demo.to_html(language=language)).text
    families = {key.partition(".")[0] for key in words.catalogue(language)}
    keys = re.findall(rf"\b(?:{'|'.join(families)})\.[a-z_]+\b", text)
    assert keys == []
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", text)


def test_the_chinese_page_is_chinese(demo: wl.Diagnosis) -> None:
    headings = re.findall(r"<h[23]>(.*?)</h[23]>", demo.to_html(language="zh"))
    assert len(headings) > 15
    assert [one for one in headings if not re.search(r"[\u4e00-\u9fff]", one)] == []


def test_the_order_is_that_of_an_engineer(demo: wl.Diagnosis) -> None:
    headings = re.findall(r"<h2>(.*?)</h2>", demo.to_html())
    assert headings == [
        "In short", "Readings and completeness", "Load profile", "Findings", "Bills", "Savings",
        "What could not be done", "Settings and versions",
    ]  # fmt: skip


def test_the_numbers_on_the_page_are_those_of_the_results(demo: wl.Diagnosis) -> None:
    assert demo.bills is not None
    assert demo.savings is not None
    text = Reader(demo.to_html()).text
    assert "SIMULATED" in text
    assert f"{money(demo.bills.total)}" in text
    for bill in demo.bills:
        assert money(bill.total) in text
    for line in demo.bills[-1].lines:
        assert money(line.amount) in text
    for one in demo.savings.measures:
        assert one.title() in text
        assert money(one.a_month.central, 0) in text
        assert all(assumption.sentence() in text for assumption in one.assumptions)
    stacked = demo.savings.stacked_a_month
    assert f"{money(stacked.central, 0)} ({money(stacked.low, 0)} … {money(stacked.high, 0)})" in text
    for finding in demo.findings:
        assert finding.sentence()[1:] in text
    assert words.number(demo.profile.energy.import_kwh or 0, 0) in text


def test_all_three_measures_save_at_the_demo_plant(demo: wl.Diagnosis) -> None:
    assert demo.savings is not None
    central = {one.code: one.a_month.central for one in demo.savings.measures}
    assert central.keys() == {"demand_mode", "power_factor", "off_hours"}
    assert all(amount > 0 for amount in central.values())


def test_the_groups_of_a_month_add_up_to_its_bill(demo: wl.Diagnosis) -> None:
    """The three columns of charges, as printed, sum to the bill, as printed."""
    page = demo.to_html()
    assert demo.bills is not None
    for bill in demo.bills:
        rows = re.findall(rf'<tr><td><span class="w">{bill.label}</span></td>(.*?)</tr>', page)
        printed = [re.findall(r">(-?[\d ]+\.\d\d)<", row) for row in rows]
        charges = next(row for row in printed if money(bill.total) in row)
        *parts, total = (Decimal(amount.replace(" ", "")) for amount in charges[-4:])
        assert sum(parts) == total == bill.total


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_others_wrote_is_escaped(language: words.Language) -> None:
    hostile = "<script>alert(1)</script>\"'&<b>"
    readings = wl.Readings.from_arrays(start="2025-08-01", step="15min", zone="Asia/Shanghai", import_kwh=[1.0] * 96)
    contract = wl.Contract(capacity_kva=100, demand_billing="capacity", power_factor_standard=0.9)
    calendar = wl.Calendar(holidays={"2025-08-01": hostile}, name=hostile)
    diagnosis = wl.diagnose(wl.Site(readings, name=hostile, calendar=calendar, contract=contract))
    for page in (diagnosis.to_html(language=language), diagnosis._repr_html_()):
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        Reader(page)
    assert hostile in Reader(diagnosis.to_html(language=language)).text


DAY = np.r_[np.full(32, 5.0), np.full(40, 40.0), np.full(24, 5.0)]
MONTH = np.tile(DAY, 31)
LACKING = {
    "no tariff": (site_of(MONTH), False),
    "no kvarh": (site_of(MONTH), True),
    "all missing": (site_of(np.full(96, np.nan)), True),
    "all zero": (site_of(np.zeros(96)), True),
    "one reading": (site_of([5.0]), True),
    "one day": (site_of(DAY), True),
    "no energy": (
        wl.Site(
            wl.Readings.from_arrays(start="2025-08-01", step="15min", zone="Asia/Shanghai", import_kvarh=[1.0] * 96)
        ),
        True,
    ),
    "gaps": (site_of(np.where(np.arange(len(MONTH)) % 7 == 0, np.nan, MONTH)), True),
}


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("lacking", LACKING)
def test_what_is_lacking_leaves_the_rest(lacking: str, language: words.Language) -> None:
    site, has_tariff = LACKING[lacking]
    diagnosis = wl.diagnose(site, wl.Tariff.load(FUJIAN) if has_tariff else None)
    text = assert_self_contained(diagnosis.to_html(language=language)).text
    assert "nan" not in text.lower().replace("finance", "")
    for one in diagnosis.not_done:
        assert one.sentence(language) in text
    summary = diagnosis.summary(language)
    assert all(one.sentence(language) in summary for one in diagnosis.not_done)
    assert len(diagnosis._repr_html_()) < 400_000
    if lacking in {"no tariff", "no energy"}:
        assert words.say("report.without_tariff", language) in text
    if lacking in {"all missing", "one day", "gaps", "no energy"}:
        assert "CNY/kWh" not in summary


def test_the_share_that_is_present_is_that_of_the_period_that_was_read() -> None:
    assert "100 % of the readings are present" in wl.diagnose(LACKING["one day"][0]).summary()
    gaps = wl.diagnose(LACKING["gaps"][0]).summary()
    # Every seventh of 2 976 intervals, the first among them, is missing: 426, which leaves 85.7 %.
    assert "85.7 % of the readings are present" in gaps


def test_absent_numbers_are_dashes_with_their_reason() -> None:
    text = Reader(wl.diagnose(LACKING["all missing"][0]).to_html()).text
    assert "Highest load–every value is missing" in text
    assert "Power factor as billed–every value is missing" in text
    assert "0.0 kW" not in text


def test_the_body_is_a_shorter_page_without_its_frame(demo: wl.Diagnosis) -> None:
    body = demo._repr_html_()
    reader = assert_self_contained(body)
    assert not {tag for tag, _ in reader.tags} & {"html", "body", "head", "meta"}
    assert len(body.encode()) < 200_000
    assert len(body) < len(demo.to_html())


def test_a_page_is_written_where_it_is_asked_for(demo: wl.Diagnosis, tmp_path: Path) -> None:
    path = tmp_path / "报告.html"
    page = demo.to_html(path, language="zh")
    assert path.read_text(encoding="utf-8") == page


def test_the_summary_fits_a_terminal(demo: wl.Diagnosis) -> None:
    for language in words.LANGUAGES:
        lines = demo.summary(language).splitlines()
        assert 25 <= len(lines) <= 45
    assert "2025-11: 0.694 % of the readings are missing" in demo.summary()
    assert repr(demo) == demo.summary()


def test_columns_of_the_summary_are_aligned_in_both_languages(demo: wl.Diagnosis) -> None:
    from wattlens.report.terminal import _width

    for language in words.LANGUAGES:
        ends = set()
        for line in demo.summary(language).splitlines():
            match = re.match(r"  \S.*? {2,}(\S.*? (?:kWh|kW|CNY))(?=  |$)", line)
            if match:
                ends.add(_width(line[: match.end()]))
        assert len(ends) == 1


def test_spans_are_said_shortly() -> None:
    pen = Pen("en", "Asia/Shanghai")
    at = {
        text: int(np.datetime64(text).astype("datetime64[s]").astype(np.int64)) - 8 * 3600
        for text in ("2025-03-01T00:00", "2025-03-02T00:00", "2025-03-03T00:00", "2025-03-03T09:30")
    }
    first, second, third, late = at.values()
    assert pen.span(wl.findings.Span(first, second)) == "2025-03-01"
    assert pen.span(wl.findings.Span(first, third)) == "2025-03-01 … 2025-03-02"
    assert pen.span(wl.findings.Span(third, late)) == "2025-03-03 00:00–09:30"
    assert pen.span(wl.findings.Span(second, late)) == "2025-03-02 00:00 … 2025-03-03 09:30"
    assert pen.span(None) == "–"


def test_only_what_is_whole_is_called_so() -> None:
    pen = Pen("en", "UTC")
    assert [pen.percent(share) for share in (None, 0, 0.00001, 0.5, 0.99999, 1)] == [
        "–", "0 %", "0.1 %", "50.0 %", "99.9 %", "100 %",
    ]  # fmt: skip


def test_money_is_exact() -> None:
    assert money(Decimal("12345678901234567.89")) == "12 345 678 901 234 567.89"
    assert money(Decimal("-0.001")) == "0.00"
    assert money(Decimal("-1234.5")) == "-1 234.50"


def test_a_whole_table_of_values_has_units_and_dashes() -> None:
    text = html.of_table(wl.Table({"a<b": [1.5, None]}, units={"a<b": "kWh"}))
    assert '<th class="n">a&lt;b [kWh]</th>' in text
    assert '<td class="n">–</td>' in text


def test_the_bills_show_themselves_in_a_notebook(demo: wl.Diagnosis) -> None:
    assert demo.bills is not None
    assert_self_contained(demo.bills._repr_html_())


def test_the_json_is_what_the_page_is_made_of(demo: wl.Diagnosis) -> None:
    again = wl.Diagnosis(demo.site, demo.tariff, json.dumps(demo.to_dict()))
    assert again.to_html() == demo.to_html()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_data_page_says_what_can_be_trusted(demo: wl.Diagnosis, language: words.Language) -> None:
    page = demo.to_html(language=language)
    text = Reader(page).text
    quality = demo.quality
    assert quality.verdicts == demo.verdicts
    assert page.count('<span class="verdict') == 3 * len(quality.verdicts) == 36
    for month in quality.verdicts:
        assert month.why(language) in text
    assert quality.heading(language) in text
    for rule in quality.rules:
        assert rule.title(language) in text
    for one in quality.not_run:
        assert words.say(f"title.{one.task}", language) in text
        assert words.say(f"needs.{one.needs}", language) in text
    assert words.say("figure.gap_map", language) in text
    assert words.say("report.estimates", language) not in text


def test_how_the_file_was_read_says_how_sure_it_is(tmp_path: Path) -> None:
    path = tmp_path / "电量.csv"
    rows = [f"2025-03-{1 + k // 96:02} {k % 96 // 4:02}:{k % 4 * 15:02},{k % 7 + 1}" for k in range(960)]
    path.write_text("\n".join(["时间,正向有功电量(kWh)", *rows, rows[-1]]), encoding="gb18030")
    diagnosis = wl.diagnose(wl.Site(wl.read_csv(path, zone="Asia/Shanghai")))
    chinese = Reader(diagnosis.to_html(language="zh")).text
    assert "时区Asia/Shanghai◆ 已指定" in chinese
    assert "编码gb18030● 确定非 UTF-8，为有效的 GB18030" in chinese
    assert "步长900 s◐ 很可能时标间最常见的间隔" in chinese
    assert "时标表示时段的起点◐ 很可能时标自" in chinese
    assert words.say("report.found_reading", "zh") in chinese
    assert words.say("title.quality.duplicate", "zh") in chinese
    english = Reader(diagnosis.to_html()).text
    assert "Time zoneAsia/Shanghai◆ given" in english
    assert "Encodinggb18030● certainthe bytes are not UTF-8 but valid GB18030" in english


def test_estimated_values_are_told_by_method() -> None:
    readings = site_of(MONTH).readings
    flags = readings.flags("import_kwh").copy()
    flags[:31] = 4  # substituted by the source
    flags[31:124] = 5  # on a line
    packed = [("import_kwh", np.array(readings["import_kwh"]), flags)]
    core = wl._core.Readings(readings.handle.start, 900, readings.zone, packed, "{}")
    diagnosis = wl.diagnose(wl.Site(wl.Readings(core)))
    text = Reader(diagnosis.to_html()).text
    # 31 and 93 of 2 976 are 1.04 % and 3.125 %.
    assert "imported energyestimated by the source311.0 %" in text
    assert "imported energyestimated on a line933.1 %" in text
    assert "124 intervals" in text
    assert diagnosis.quality.estimated_share == 124 / 2976


def test_reasons_are_translated_where_they_come_from_a_fixed_set() -> None:
    assert words.reason("counted", "zh") == "计数"
    assert words.reason("13/01/2018 can only be day, month, year", "zh") == "13/01/2018 只能是日/月/年"
    two = "365 rows of 00:00 follow the last stamp of the same date; each is moved to the next date"
    assert words.reason(two, "zh") == "365 行 00:00 排在同日最后一个时标之后；均移到次日"
    assert words.reason(two) == two
    assert words.reason("as the moon was full", "zh") == "as the moon was full"


def test_a_real_plant(real_folder: Path) -> None:
    readings = wl.read_csv(real_folder / "steel_kr" / "steel_kr_2018_15min.csv", zone="Asia/Seoul")
    contract = wl.Contract(capacity_kva=1000, demand_billing="capacity", power_factor_standard=0.90)
    site = wl.Site(readings, name="钢厂", calendar=wl.Calendar.country("KR"), contract=contract)
    diagnosis = wl.diagnose(site, wl.Tariff.load(FUJIAN).assume_in_force())
    text = assert_self_contained(diagnosis.to_html(language="zh")).text
    for expected in ("959 637 kWh", "628.7 kW", "0.174", "0.8509", "0.9029", "当日 00:00", "表头注明"):
        assert expected in text
    assert "SIMULATED" not in text
    assert len(diagnosis.to_html().encode()) < 1_000_000
