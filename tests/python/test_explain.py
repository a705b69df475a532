import json
import pickle
import re
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

import wattlens as wl
from wattlens import words
from wattlens.cli import main
from wattlens.explanation.blocks import exact

FUJIAN = "cn-fujian-two-part-1-10kv-2025-08"
COMPONENTS = Path(__file__).parents[2] / "src" / "tariff" / "component"


class Reader(HTMLParser):
    """Checks that tags close in order, and keeps tags and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _ in attrs)
        self.tags.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts).replace("\u202f", " "))


def bill_of(contract: wl.Contract, **quantities: Any) -> wl.Bill:
    kwh = {"sharp": 32719, "peak": 86671, "flat": 101769, "valley": 42436}
    given = {"import_kvarh": 52110, "export_kvarh": 9570} | quantities
    return wl.Tariff.load(FUJIAN).bill(wl.BillingQuantities.month("2025-08", kwh=kwh, **given), contract)


@pytest.fixture(scope="module")
def site_a() -> wl.Bill:
    """The quantities of a published bill."""
    return bill_of(wl.Contract(capacity_kva=1130, demand_billing="capacity", power_factor_standard=0.90))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_every_line_is_there_as_quantity_times_price(site_a: wl.Bill) -> None:
    text = str(site_a.explain())
    for line in site_a.lines:
        assert exact(line.quantity) in text
        assert exact(line.amount, 2) in text
        assert exact(line.amount_unrounded) in text
        assert words.say(f"rule.{line.rule}") in plain(text)
        assert line.source in plain(text)
    assert "86 671 kWh × 0.590762 CNY/kWh =" in text
    assert "1 130 kVA × 25 CNY/kVA =" in text
    assert "% =" in text
    # 0.3739 × 1.58, and four periods of one price stand together with their sum.
    assert "peak: 0.3739 × factor 1.58 = 0.590762 CNY/kWh." in text
    together = sum((line.amount for line in site_a.lines if line.component == "purchase"), Decimal(0))
    assert f"Agency purchase price (purchase)  {exact(together, 2)}" in text


def test_the_power_factor_step_by_step(site_a: wl.Bill) -> None:
    # 52 110 + 9 570 = 61 680 kvarh; √(263 595² + 61 680²) = 270 715.25; 263 595 / 270 715.25 = 0.973698 → 0.97.
    text = plain(str(site_a.explain()))
    assert "52 110 from the grid + 9 570 to the grid = 61 680 kvarh" in text
    assert "263 595 ÷ 270 715.25 = 0.973698, rounded half-up to 0.97." in text
    assert "Standard 0.90: at a power factor of 0.97 the table gives -0.75 %." in text
    # The base is the sum of the rounded lines in it: 117 144.62 + 48 132.51 + 28 250.00.
    assert "Basic charge 28 250.00 = 193 527.13 CNY; left out: Government funds and surcharges." in text


@pytest.mark.parametrize(("rule", "inside"), [("A", 735), ("B", 700)])
def test_the_contract_demand_step_by_step(rule: Any, inside: int) -> None:
    contract = wl.Contract(
        capacity_kva=1130, demand_billing="contract_demand", contract_demand_kw=700, overrun_rule=rule,
        power_factor_standard=0.90,
    )  # fmt: skip
    text = plain(str(bill_of(contract, demand_kw=820).explain()))
    # 263 595 kWh / 1 130 kVA = 233.27 < 260; floor 0.4 × 1 130 = 452; edge 1.05 × 700 = 735; above it 85.
    assert "= 233.27 kWh a kVA and month, less than 260" in text
    assert "40 % × 1 130 kVA = 452 kW. Agreed are 700 kW; billed as 700 kW." in text
    assert "105 % × 700 kW = 735 kW; the maximum demand is 820 kW." in text
    assert f"Reading {rule} of the overrun rule" in text
    assert f"{inside} kW × 40 CNY/kW =" in text
    assert "85 kW × 80 CNY/kW =" in text


def test_windows_demand_and_gaps_are_those_of_the_bill() -> None:
    readings = wl.simulate.demo_site().readings
    tariff = wl.Tariff.load(FUJIAN).assume_in_force()
    bills = tariff.bill(wl.Site(readings))
    by_label = {bill.label: bill for bill in bills}
    winter, summer = str(by_label["2025-01"].explain()), str(by_label["2025-07"].explain())
    assert "sharp" not in winter.split("Lines\n")[0]
    assert re.search(r"sharp +11:00–12:00, 17:00–18:00 +1\.80", summer)
    assert re.search(r"peak +10:00–12:00, 15:00–20:00, 21:00–22:00 +1\.58", winter)
    bill = by_label["2025-07"]
    assert bill.quantities.demand_at is not None
    # The start of the interval on the clock of the meter.
    assert re.search(r"Maximum demand +[\d. ]+ kW, 2025-07-\d\d \d\d:\d\d, highest mean of fixed blocks", summer)
    missing = bill.quantities.missing_share
    assert (f"{100 * missing:.2f} %" in summer) or missing == 0


def test_days_of_a_week_tell_the_windows_apart() -> None:
    sheet = json.loads(wl.Tariff.load(FUJIAN).to_json())
    schedule = sheet["versions"][0]["schedules"][0]
    schedule["overlays"] = [{"period": "valley", "days": ["weekend", "holiday"], "windows": ["00:00-24:00"]}]
    schedule["factors"].pop("sharp")
    tariff = wl.Tariff.from_json(json.dumps(sheet))
    quantities = wl.BillingQuantities.month("2025-08", kwh={"valley": 1000, "peak": 1000}, import_kvarh=0)
    text = plain(str(tariff.bill(quantities, wl.Contract()).explain()))
    assert "Mon–Fri: 00:00–08:00; Sat, Sun: 00:00–24:00" in text
    assert "Holidays of these days are not known" in text


def test_what_is_absent_is_named_with_what_it_needs() -> None:
    bill = bill_of(wl.Contract())
    text = plain(str(bill.explain()))
    for one in bill.not_done:
        assert one.sentence() in text
    assert "Nothing: every charge" not in text
    assert "Nothing: every charge of the tariff is billed." in plain(
        str(bill_of(wl.Contract(capacity_kva=1130, demand_billing="capacity", power_factor_standard=0.9)).explain())
    )


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_page_is_sound_and_has_no_script(site_a: wl.Bill, language: words.Language, tmp_path: Path) -> None:
    path = tmp_path / "bill.html"
    site_a.explain(language).to_html(path)
    page = path.read_text(encoding="utf-8")
    read = Reader(page)
    assert "script" not in read.tags
    assert not re.search(r"https?://|javascript:", page)
    assert exact(site_a.total, 2) in read.text
    for line in site_a.lines:
        assert line.name.in_(language) in read.text
    assert not re.search(r"\b(rule|step|explain|label|word)\.[a-z_]+", read.text)
    if language == "zh":
        # Sources are quoted in the language of the tariff; what the page itself says is Chinese.
        quoted = {line.source for line in site_a.lines} | {wl.Tariff.load(FUJIAN).source}
        own = read.text
        for source in quoted:
            own = own.replace(source, "")
        assert not re.search(r"\b(the|and|of|billed|price)\b", own)
    notebook = site_a.explain(language)._repr_html_()
    assert "<script" not in notebook
    assert notebook.startswith('<div class="wattlens">')


def test_texts_of_a_tariff_are_escaped() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
    sheet = json.loads(wl.Tariff.load("example-flat").to_json())
    sheet["name"] = {"en": evil, "zh": evil}
    sheet["source"] = evil
    sheet["utility"] = {"en": evil, "zh": evil}
    sheet["customer"] = {"class": {"en": evil, "zh": evil}, "voltage": evil}
    sheet["notes"] = [{"en": evil, "zh": evil}]
    sheet["versions"][0]["source"] = evil
    component = sheet["versions"][0]["components"][0]
    component["name"] = {"en": evil, "zh": evil}
    component["source"] = evil
    quantities = wl.BillingQuantities.month("2025-08", kwh={"all": 1000})
    bill = wl.Tariff.from_json(json.dumps(sheet)).bill(quantities, wl.Contract())
    for language in words.LANGUAGES:
        page = bill.explain(language)._repr_html_()
        assert "<script" not in page
        assert "<img" not in page
        assert page.count("&lt;script&gt;") >= 7
    paper = wl.PaperBill(1, lines={evil: 1})
    found = wl.reconcile(bill, paper).html()
    assert "<script" not in found
    assert "<img" not in found


def test_a_bill_read_from_json_needs_its_tariff(site_a: wl.Bill) -> None:
    again = msgspec.json.decode(site_a.to_json(), type=wl.Bill)
    assert again == site_a
    with pytest.raises(wl.TariffError, match="explain\\(tariff="):
        again.explain()
    with pytest.raises(wl.TariffError, match="example-flat"):
        again.explain(tariff=wl.Tariff.load("example-flat"))
    assert str(again.explain(tariff=wl.Tariff.load(FUJIAN))) == str(site_a.explain())
    copied = pickle.loads(pickle.dumps(site_a))
    assert copied == site_a
    assert str(copied.explain("zh")) == str(site_a.explain("zh"))


def test_a_bill_across_a_change_shows_both_versions() -> None:
    sheet = json.loads(wl.Tariff.load(FUJIAN).to_json())
    first = sheet["versions"][0]
    later = json.loads(json.dumps(first))
    first["in_force"] = {"from": "2025-08-01", "until": "2025-08-16"}
    later["in_force"] = {"from": "2025-08-16"}
    later["schedules"][0]["factors"]["peak"] = "1.50"
    later["source"] = "a later notice"
    sheet["versions"] = [first, later]
    tariff = wl.Tariff.from_json(json.dumps(sheet))
    whole = wl.BillingQuantities.month("2025-08", kwh={"peak": 3000.0}, import_kvarh=500)
    parts = [
        wl.BillingQuantities(from_=date(2025, 8, 1), until=date(2025, 8, 16), kwh={"peak": 1000.0}),
        wl.BillingQuantities(from_=date(2025, 8, 16), until=date(2025, 9, 1), kwh={"peak": 2000.0}),
    ]
    bill = tariff.bill(msgspec.structs.replace(whole, parts=tuple(parts)), wl.Contract(power_factor_standard=0.9))
    text = plain(str(bill.explain()))
    assert "a later notice" in text
    assert "2025-08-01 … 2025-08-15: peak: 0.3739 × factor 1.58 = 0.590762" in text
    assert "2025-08-16 … 2025-08-31: peak: 0.3739 × factor 1.50 = 0.56085" in text.replace("1.5 =", "1.50 =")
    # Each part's base is its own: 590.76 + 182.60, and 1 121.70 + 365.20.
    assert "590.76 + Network, line loss and system operation 182.60 = 773.36 CNY" in text
    assert "121.70 + Network, line loss and system operation 365.20 = 1 486.90 CNY" in text


def rule_literals() -> dict[str, str]:
    """Rule codes in the source of the components, with the file of each.

    They are what an entry is made with, and the dotted literals that begin as one of those, as a file, or as a rule
    that has words; those of fields, steps and what is needed begin otherwise or stand in functions of their own.
    """
    found: dict[str, str] = {}
    sources = {}
    for path in sorted(COMPONENTS.glob("*.rs")):
        source = path.read_text(encoding="utf-8").split("#[cfg(test)]\nmod tests")[0]
        source = re.sub(r"^\s*//.*$", "", source, flags=re.MULTILINE)
        source = re.sub(r"    fn (check|steps|needs|lacks)\(.*?\n    }\n", "", source, flags=re.DOTALL)
        found |= dict.fromkeys(re.findall(r'Entry::new\(\s*"([^"]+)"', source), path.name)
        sources[path.stem] = source
    worded = [key.removeprefix("rule.") for key in words.catalogue("en") if key.startswith("rule.")]
    heads = {one.partition(".")[0] for one in [*found, *worded, *sources]}
    for stem, source in sources.items():
        found |= {stem: f"{stem}.rs"} if f'"{stem}"' in source else {}
        dotted = re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)+)"', source)
        found |= {one: f"{stem}.rs" for one in dotted if one.partition(".")[0] in heads}
    return found


def test_every_rule_of_the_source_has_words_in_both_languages() -> None:
    rules = rule_literals()
    assert {"energy.floating", "fixed.month", "power_factor", "basic.overrun", "demand"} <= rules.keys()
    for language in words.LANGUAGES:
        known = words.catalogue(language)
        assert {rule: name for rule, name in rules.items() if f"rule.{rule}" not in known} == {}
    for rule in rules:
        english, chinese = (words.catalogue(language)[f"rule.{rule}"] for language in words.LANGUAGES)
        assert words.placeholders(english) == words.placeholders(chinese)
        assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_no_words_are_for_a_rule_that_does_not_exist() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in COMPONENTS.glob("*.rs"))
    rules = [key.removeprefix("rule.") for key in words.catalogue("en") if key.startswith("rule.")]
    assert [rule for rule in rules if f'"{rule}"' not in source] == []


def test_every_step_of_the_source_has_words_in_both_languages() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in COMPONENTS.glob("*.rs"))
    steps = set(re.findall(r'Step::new\("([^"]+)"', source))
    steps |= set(re.findall(r'=> "(basic\.(?:load_factor|no_overrun|overrun)_?\w*)"', source))
    assert len(steps) >= 10
    for language in words.LANGUAGES:
        assert [step for step in steps if f"step.{step}" not in words.catalogue(language)] == []


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, page = tmp_path / "plant.csv", tmp_path / "out" / "bill.html"
    wl.simulate.demo_site().readings.to_csv(file)
    said = [
        "bill", str(file), "--zone", "Asia/Shanghai", "--tariff", FUJIAN, "--assume-in-force", "--capacity-kva", "1600",
        "--demand-billing", "capacity", "--power-factor-standard", "0.9", "--explain", str(page),
    ]  # fmt: skip
    assert main([*said, "--month", "2025-08", "--language", "zh"]) == 0
    assert str(page) in capsys.readouterr().out
    assert "电费账单 2025-08" in page.read_text(encoding="utf-8")
    assert main([*said, "--month", "1999-01"]) == 2
    assert "2025-08" in capsys.readouterr().err
    assert main(["bill", str(file), "--zone", "Asia/Shanghai"]) == 2


def test_exact_numbers_keep_all_their_digits() -> None:
    assert exact(Decimal("-0.5")) == "-0.5"
    assert exact(Decimal("0.02766875")) == "0.02766875"
    assert exact(Decimal("1234567.100"), 2) == "1 234 567.10"
    assert exact("0E-7") == "0"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium to print with")
def test_the_page_prints_on_a_few_sheets_of_a4(site_a: wl.Bill, tmp_path: Path) -> None:
    page, printed = tmp_path / "bill.html", tmp_path / "bill.pdf"
    site_a.explain("zh").to_html(page)
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={printed}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pages = re.findall(rb"/Type\s*/Page\b", printed.read_bytes())
    assert 1 <= len(pages) <= 3
