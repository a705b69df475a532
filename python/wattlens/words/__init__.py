"""The words of labels and sentences, one catalogue a language, and numbers as people read them."""

from __future__ import annotations

import string
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

__all__ = ["LANGUAGES", "Language", "catalogue", "number", "placeholders", "say"]

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

    Numbers are written by `number`; a text that the catalogue has as `word.<text>` is translated; a
    list is joined; None becomes an en dash.

    Raises
    ------
    LookupError
        A key or a language that does not exist; a fact that the sentence needs and is not given.

    Examples
    --------
    >>> say("label.kw"), say("label.kw", "zh")
    ('Load', '负荷')
    """
    words = catalogue(language)
    if key not in words:
        raise LookupError(f"no words for {key!r} in language {language!r}")
    template = words[key]
    absent = placeholders(template) - facts.keys()
    if absent:
        raise LookupError(f"{key!r} needs the facts {', '.join(sorted(absent))}; found {', '.join(facts) or 'none'}")
    return template.format_map({name: _fact(value, language) for name, value in facts.items()})


def _fact(value: Any, language: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return catalogue(language)["word.yes" if value else "word.no"]
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return _JOIN[language].join(_fact(one, language) for one in value)
    return catalogue(language).get(f"word.{value}", str(value))
