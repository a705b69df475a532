"""How the values of one diagnosis are written in one language: with units, and an en dash where unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from wattlens import html
from wattlens.findings import Finding, Span
from wattlens.savings import Range
from wattlens.words import Language, catalogue, number, say

__all__ = ["ABSENT", "Pen", "money"]

ABSENT = "–"


def money(amount: Decimal, digits: int = 2) -> str:
    """An exact amount with its decimals and spaces between thousands.

    Examples
    --------
    >>> from decimal import Decimal
    >>> money(Decimal("-1234.50")), money(Decimal("1234.50"), 0)
    ('-1 234.50', '1 234')
    """
    text = f"{amount:,.{digits}f}".replace(",", " ")
    return text if text.strip("-0. ") else text.lstrip("-")


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes the texts of one report.

    Attributes
    ----------
    language
        `en` or `zh`.
    zone
        IANA zone in which stamps are written.
    """

    language: Language
    zone: str

    def say(self, key: str, **facts: Any) -> str:
        """The words of a key."""
        return say(key, self.language, **facts)

    def word(self, name: str | None, family: str = "word") -> str:
        """A name in words where the catalogue has it, else as it is."""
        if name is None:
            return ABSENT
        return catalogue(self.language).get(f"{family}.{name}", name)

    def heads(self, *labels: str) -> list[str]:
        """Heads of columns: names of labels, each with a unit after a bar: `kwh|kWh`."""
        parts = (label.partition("|") for label in labels)
        return [self.say(f"label.{name}") + (f" [{unit}]" if unit else "") for name, _, unit in parts]

    def number(self, value: float | None, digits: int | None = None, unit: str = "") -> str:
        """A number with its unit."""
        return ABSENT if value is None else f"{number(value, digits)} {unit}".rstrip()

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share as per cent; only what is whole is called 100 %, only what is nothing 0 %."""
        if share is None:
            return ABSENT
        least = 10.0**-digits
        if 0 < share < 1:
            return f"{number(min(max(share * 100, least), 100 - least), digits)} %"
        return f"{number(share * 100, 0 if share in {0, 1} else digits)} %"

    def amount(self, amount: float | Decimal | None) -> str:
        """An amount of money without its currency."""
        return ABSENT if amount is None else money(Decimal(str(amount)))

    def range(self, value: Range) -> str:
        """`central (low … high)`, whole units of the currency."""
        low, central, high = (money(one, 0) for one in (value.low, value.central, value.high))
        return f"{central} ({low} … {high})"

    def moment(self, seconds: int) -> datetime:
        """An instant, local."""
        return datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(self.zone))

    def stamp(self, seconds: int | None) -> str:
        """Local date and time to the minute."""
        return ABSENT if seconds is None else f"{self.moment(seconds):%Y-%m-%d %H:%M}"

    def clock(self, hours: float | None) -> str:
        """Hours since midnight as a time of day."""
        if hours is None:
            return ABSENT
        minutes = round(hours * 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    def span(self, span: Span | None) -> str:
        """A stretch of time, as short as it can be said: days where it is whole days."""
        if span is None:
            return ABSENT
        start, end = self.moment(span.start), self.moment(span.end)
        if (start.hour, start.minute, end.hour, end.minute) == (0, 0, 0, 0):
            last = end - timedelta(days=1)
            return f"{start:%Y-%m-%d}" + ("" if last.date() <= start.date() else f" … {last:%Y-%m-%d}")
        if start.date() == end.date():
            return f"{start:%Y-%m-%d} {start:%H:%M}–{end:%H:%M}"
        return f"{start:%Y-%m-%d %H:%M} … {end:%Y-%m-%d %H:%M}"

    def joined(self, names: Iterable[str]) -> str:
        """A list as the language writes it."""
        return ("、" if self.language == "zh" else ", ").join(names)

    def heading(self, key: str, level: int = 2) -> str:
        """A heading."""
        return f"<h{level}>{html.text(self.say(key))}</h{level}>"

    def paragraph(self, key: str, **facts: Any) -> str:
        """A paragraph that leads to what stands below it."""
        return f'<p class="lead">{html.text(self.say(key, **facts))}</p>'

    def sentence(self, finding: Finding) -> str:
        """What a finding says, with a capital at its beginning."""
        said = finding.sentence(self.language)
        return said[:1].upper() + said[1:]

    def items(self, texts: Sequence[str]) -> str:
        """A list, nothing where there is none."""
        return f"<ul>{''.join(f'<li>{html.text(one)}</li>' for one in texts)}</ul>" if texts else ""
