"""The words of labels and sentences, one catalogue a language, and numbers as people read them."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

from wattlens import _core

__all__ = ["LANGUAGES", "Language", "catalogue", "known", "number", "placeholders", "reason", "say"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_JOIN = {"en": ", ", "zh": "、"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every key of a language with its words.

    Raises
    ------
    LookupError
        A language without a catalogue.
    """
    if language not in LANGUAGES:
        raise LookupError(f"no words in language {language!r}; expected one of {', '.join(LANGUAGES)}")
    text = resources.files(__name__).joinpath(f"{language}.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, str])


def placeholders(template: str) -> set[str]:
    """Names of the facts that a sentence needs.

    Examples
    --------
    >>> sorted(placeholders("{kwh} kWh on {date}"))
    ['date', 'kwh']
    """
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def number(value: float, digits: int | None = None) -> str:
    """A number with spaces between thousands.

    Parameters
    ----------
    value
        The number; an infinite or undefined one becomes an en dash.
    digits
        Decimals. Without it: one from 100 up, two from 1 up, else three significant digits; whole
        numbers have none.

    Examples
    --------
    >>> number(959636.71), number(0.17424), number(35040), number(12.3, 2)
    ('959 636.7', '0.174', '35 040', '12.30')
    """
    if value != value or value in (float("inf"), float("-inf")):
        return "–"
    if digits is not None:
        text = f"{value:,.{digits}f}"
    elif value == int(value) and abs(value) < 1e15:
        text = f"{int(value):,}"
    elif abs(value) >= 1:
        text = f"{value:,.{1 if abs(value) >= 100 else 2}f}"
    else:
        text = f"{value:.3g}"
    return text.replace(",", " ")


def say(key: str, language: str = "en", **facts: Any) -> str:
    """The words of a key, with its facts in place.

    In a catalogue, `{kwh}` is a fact: a number is written by `number` (`{kwh:.0}` with that many decimals,
    `{share:%}` as per cent, `{year:year}` as it is), a text that the catalogue has as `word.<text>` is
    translated, as is the name of a series of spans, a list is joined, None is an en dash; `{channel:unit}` is
    the unit of a channel, left out with the space before it where the channel has none. A clause in square
    brackets is left out where one of its facts is None or not given. `key?fact` is said instead of `key` where
    that fact is true.

    Raises
    ------
    LookupError
        A key or a language that does not exist; a fact that the sentence needs and is not given.

    Examples
    --------
    >>> say("label.kw"), say("label.kw", "zh")
    ('Load', '负荷')
    >>> say("quality.duplicate", rows=2, start="2024-01-01 00:15", line=7, equal=True)
    '2 rows for an interval that another row has already, with the same values, first at 2024-01-01 00:15 (line 7).'
    """
    words = catalogue(language)
    variants = (f"{key}?{name}" for name, value in facts.items() if value is True)
    chosen = next((variant for variant in variants if variant in words), key)
    if chosen not in words:
        raise LookupError(f"no words for {key!r} in language {language!r}")
    template = _CLAUSE.sub(lambda clause: _clause(clause[1], facts), words[chosen])
    template = _UNIT.sub(lambda unit: unit[0] if _unit(facts.get(unit[1])) else "", template)
    absent = placeholders(template) - facts.keys()
    if absent:
        raise LookupError(f"{key!r} needs the facts {', '.join(sorted(absent))}; found {', '.join(facts) or 'none'}")
    return _Words(language).vformat(template, (), facts)


def known(key: str, language: str = "en") -> str | None:
    """The words of a key without facts, or None where the catalogue has none."""
    return catalogue(language).get(key)


def reason(why: str, language: str = "en") -> str:
    """Why a reader took something for so, in words; as it is where the catalogue does not have it.

    Readers write English. The catalogue has it as `why.<what they write>`, with names in braces for what changes, and
    parts that semicolons join stand alone.

    Examples
    --------
    >>> reason("counted", "zh")
    '计数'
    """
    if language == "en":
        return why
    whole = _part(why, language)
    if whole != why:
        return whole
    return "；".join(_part(part, language) for part in why.split("; "))


def _part(why: str, language: str) -> str:
    words = catalogue(language)
    if f"why.{why}" in words:
        return words[f"why.{why}"]
    for key, pattern in _patterns(language):
        match = pattern.fullmatch(why)
        if match:
            facts = {name: _part(fact, language) for name, fact in match.groupdict().items()}
            return _Words(language).vformat(words[key], (), facts)
    return why


@cache
def _patterns(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """Reasons with facts in them, as patterns; the one with most words of its own first."""
    found = []
    for key in catalogue(language):
        if key.startswith("why.") and "{" in key:
            parts = re.split(r"\{(\w+)\}", key.removeprefix("why."))
            pattern = "".join(
                f"(?P<{part}>(?:(?!; ).)+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
            )
            found.append((sum(map(len, parts[::2])), key, re.compile(pattern)))
    return [(key, pattern) for _, key, pattern in sorted(found, key=lambda one: -one[0])]


_CLAUSE = re.compile(r"\[([^\[\]]*)\]")
_UNIT = re.compile(r" \{(\w+):unit\}")


def _unit(channel: object) -> str:
    return _channel_units().get(str(channel), "")


@cache
def _channel_units() -> dict[str, str]:
    return dict(_core.channel_units())


def _clause(clause: str, facts: Mapping[str, Any]) -> str:
    return clause if all(facts.get(name) is not None for name in placeholders(clause)) else ""


class _Words(string.Formatter):
    """Writes facts in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        words = catalogue(self.language)
        if value is None:
            return "–"
        if isinstance(value, list | tuple):
            return _JOIN[self.language].join(self.format_field(one, format_spec) for one in value)
        if isinstance(value, bool):
            return words["word.yes" if value else "word.no"]
        if format_spec == "year":
            return str(value)
        if format_spec == "unit":
            return _unit(value)
        if isinstance(value, int | float):
            if format_spec == "%":
                return f"{number(value * 100, 1 if value == 0 or abs(value) >= 0.001 else None)} %"
            if "|" in format_spec:
                one, many = format_spec.split("|")
                return f"{number(value)} {one if value == 1 else many}"
            return number(value, int(format_spec[1:]) if format_spec else None)
        told = [_name(part, words) for part in str(value).split(", ")]
        return str(value) if None in told else _JOIN[self.language].join(part or "" for part in told)


_PERIODS = ("sharp", "peak", "flat", "valley", "deep_valley")


def _name(name: str, words: Mapping[str, str]) -> str | None:
    """A name in words, also of a series of spans: `import_kwh_register_peak`. None where it has none."""
    if f"word.{name}" in words:
        return words[f"word.{name}"]
    if name.endswith("_register"):
        channel = _name(name.removesuffix("_register"), words)
        return channel and words["word.of_register"].format(channel=channel)
    period = next((one for one in reversed(_PERIODS) if name.endswith(f"_{one}")), None)
    series = period and _name(name.removesuffix(f"_{period}"), words)
    return series and words["word.of_period"].format(name=series, period=words[f"word.{period}"])
