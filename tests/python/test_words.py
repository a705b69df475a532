import json
import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattlens import WattlensError, _core, words


def fields(template: str) -> list[tuple[str, str]]:
    parts = [(name, spec or "") for _, name, spec, _ in string.Formatter().parse(template) if name]
    return sorted((name, "" if "|" in spec else spec) for name, spec in parts)  # only English counts its nouns


def test_both_languages_say_the_same_with_the_same_facts() -> None:
    english, chinese = words.catalogue("en"), words.catalogue("zh")
    assert english.keys() == chinese.keys()
    assert {key: fields(text) for key, text in english.items()} == {key: fields(text) for key, text in chinese.items()}
    assert all(text.strip() == text and text for text in [*english.values(), *chinese.values()])
    assert [key for key, text in english.items() if text.count("[") != text.count("]")] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_value_has_the_unit_of_its_channel(language: words.Language) -> None:
    units = dict(_core.channel_units())
    stuck = {"intervals": 96, "hours": 24.0, "usual_intervals": None}
    for channel, unit in units.items():
        text = words.say("quality.stuck_value", language, channel=channel, value=7.5, **stuck)
        follows = {"en": " in 96", "zh": "。"}[language]
        assert f"7.50{f' {unit}' if unit else ''}{follows}" in text, text
    assert {units["voltage_l1_v"], units["current_l1_a"], units["power_kw"]} == {"V", "A", "kW"}
    assert "" in units.values()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_rule_has_its_name(language: words.Language) -> None:
    known = words.catalogue(language)
    names = [rule["name"] for rule in json.loads(_core.quality_rules())]
    assert names and [name for name in names if f"title.quality.{name}" not in known] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_code_has_a_sentence(language: words.Language) -> None:
    known = words.catalogue(language)
    assert [code for code in [*_core.finding_codes(), *_core.other_codes()] if code not in known] == []
    assert "{channel}" not in words.say("quality.all_zero", language, channels="import_kwh, export_kvarh")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_sentence_is_for_a_code_that_does_not_exist(language: words.Language) -> None:
    codes = {*_core.finding_codes(), *_core.other_codes()}
    families = {code.partition(".")[0] for code in codes}
    told = {key.partition("?")[0] for key in words.catalogue(language) if key.partition(".")[0] in families}
    assert told == codes


def test_catalogues_are_sorted_and_have_no_key_twice() -> None:
    from importlib import resources

    for language in words.LANGUAGES:
        text = resources.files("wattlens.words").joinpath(f"{language}.json").read_text(encoding="utf-8")
        pairs = json.loads(text, object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert keys == sorted(set(keys))


def test_facts_are_written_as_people_read_them() -> None:
    said = words.say(
        "quality.gap", channels="import_kwh, import_kvarh", runs=2, intervals=1234, hours=308.5, share=0.0352,
        longest_intervals=1000,
    )  # fmt: skip
    assert said == (
        "No reading in 1 234 intervals (308.5 h, 3.5 % of the time), in 2 runs; the longest has 1 000 intervals: "
        "imported energy, imported reactive energy."
    )
    assert words.say("quality.all_zero", "zh", channels="import_kwh, import_kvarh").endswith(
        "正向有功电量、正向无功电量。"
    )


def test_series_of_spans_have_names_in_words() -> None:
    name = "quality.overlap"
    facts: dict[str, Any] = {"overlaps": 1, "hours": 2, "start": None, "differing": 0}
    assert "正向有功电量示值（深谷段） 有" in words.say(name, "zh", series="import_kwh_register_deep_valley", **facts)
    assert "register of imported energy (valley)" in words.say(name, series="import_kwh_register_valley", **facts)
    assert "正向有功电量（峰段）、最大需量" in words.say(
        name, "zh", series="import_kwh_peak, maximum_demand_kw", **facts
    )
    assert "no_such_thing_peak" in words.say(name, series="no_such_thing_peak", **facts)


def test_clauses_with_an_unknown_fact_are_left_out_and_true_facts_choose_the_sentence() -> None:
    assert words.say("ingest.no_stamp", rows=3, line=None).endswith("left out.")
    assert words.say("ingest.no_stamp", rows=3, line=12).endswith("first in line 12.")
    assert (
        words.say("ingest.out_of_order", rows=5, descending=True) == "The rows run backwards in time and were sorted."
    )
    assert "5 rows" in words.say("ingest.out_of_order", rows=5, descending=False)


FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_what_is_found_out_about_every_fixture_can_be_said_in_chinese() -> None:
    chinese = words.catalogue("zh")
    lacking: set[str] = set()
    seen = 0
    for case in json.loads((FIXTURES / "corpus.json").read_text(encoding="utf-8")):
        try:
            handles = _core.read(str(FIXTURES / case["file"]), json.dumps(case["options"]), None)
        except WattlensError:
            continue  # a file that leaves something open, or that cannot be read: others test what is said of it
        for handle in handles:
            for question, answer in json.loads(handle.provenance()).items():
                seen += 1
                family = question.partition(".")[0]
                if f"provenance.{family}" not in chinese:
                    lacking.add(question)
                if family in {"clock_changes", "ends", "format", "layout", "midnight", "stamp"}:
                    key = f"provenance.{family}.{answer['value']}"
                    lacking |= {key} - chinese.keys()
                said = words.reason(answer["why"], "zh")
                # What is quoted is the file's own; what is left must be Chinese.
                own = re.sub(r'"[^"]*"', "", said)
                if answer["sure"] != "given" and not re.search(r"[\u4e00-\u9fff]", own):
                    lacking.add(said)
                if re.search(r"\b(the|is|are|of|and|not)\b", own):
                    lacking.add(said)
    assert seen > 500
    assert lacking == set()


def test_what_cannot_be_said_raises() -> None:
    with pytest.raises(LookupError, match=r"no\.such\.key"):
        words.say("no.such.key")
    with pytest.raises(LookupError, match="needs the facts line"):
        words.say("ingest.truncated_line")
    with pytest.raises(LookupError, match="fr"):
        words.say("label.kw", "fr")


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_keeps_its_size(value: float) -> None:
    text = words.number(value)
    if text == "–":
        assert not abs(value) < float("inf")
    else:
        assert float(text.replace(" ", "")) == pytest.approx(value, rel=0.006)
