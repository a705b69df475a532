"""Findings: anything odd, dangerous or costly, with its evidence and its sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, overload
from zoneinfo import ZoneInfo

import msgspec

from wattlens import html, words
from wattlens.errors import ReadingError
from wattlens.table import Frames, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from wattlens.figures import Figure
    from wattlens.site import Site

__all__ = ["Finding", "Findings", "NotDone", "Span"]

Severity = Literal["info", "low", "medium", "high", "critical"]


class Span(msgspec.Struct, frozen=True):
    """A half-open stretch of instants, UTC seconds."""

    start: int
    end: int


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One observation about a site's readings, behaviour or costs.

    Attributes
    ----------
    code
        Stable dotted code, e.g. `quality.gap`.
    severity
        `info`, `low`, `medium`, `high` or `critical`.
    span
        When; None where it concerns everything.
    evidence
        The facts that its sentence is made of.
    kwh
        Energy above (positive) or below what was expected [kWh]; None where unknown.
    confidence
        How sure it is that it is there and rightly named, 0 to 1: it ranks and is no probability. None where its rule
        has no measure of it.
    amount
        What the excess energy costs, in the tariff's currency; None without a tariff.
    excess_kwh
        Excess energy of single intervals, as (start, kWh).
    """

    code: str
    severity: Severity
    span: Span | None
    evidence: dict[str, Any]
    kwh: float | None
    amount: float | None
    confidence: float | None = None
    excess_kwh: tuple[tuple[int, float], ...] = ()

    def sentence(self, language: str = "en") -> str:
        """What it says, in words."""
        return words.say(self.code, language, **self.evidence)

    def meaning(self, language: str = "en") -> str | None:
        """What it may mean, in words; None where its rule says all."""
        return words.known(f"meaning.{self.code}", language)

    def look_first(self, language: str = "en") -> str | None:
        """What to look at first on site, in words; None where its rule says all."""
        return words.known(f"look_first.{self.code}", language)


class NotDone(msgspec.Struct, frozen=True):
    """Something that was asked for and could not be done, and what it would need."""

    task: str
    needs: str

    def sentence(self, language: words.Language = "en") -> str:
        """What it says, in words."""
        return words.say(
            "label.not_done",
            language,
            task=words.say(f"task.{self.task}", language),
            needs=words.say(f"needs.{self.needs}", language),
        )


class Findings(Sequence[Finding], Frames):
    """Findings in the order of the call that made them, with the zone that their stamps are shown in.

    Examples
    --------
    >>> late = Finding(code="ingest.truncated_line", severity="low", span=None, kwh=None, amount=None,
    ...                evidence={"line": 96})
    >>> Findings([late])
    1 finding
    low       –                 ingest.truncated_line: The last line (96) is cut off and was left out.
    """

    __slots__ = ("_items", "currency", "site", "zone")

    def __init__(
        self,
        items: Iterable[Finding] = (),
        *,
        zone: str | None = None,
        site: Site | None = None,
        currency: str | None = None,
    ) -> None:
        self._items = tuple(items)
        self.zone = zone
        self.site = site
        self.currency = currency

    def _with(self, items: Iterable[Finding]) -> Findings:
        return Findings(items, zone=self.zone, site=self.site, currency=self.currency)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...
    def __getitem__(self, index: int | slice) -> Finding | Findings:
        if isinstance(index, slice):
            return self._with(self._items[index])
        return self._items[index]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Findings) and (self._items, self.zone) == (other._items, other.zone)

    def __hash__(self) -> int:
        return hash((tuple(item.code for item in self._items), self.zone))

    def of(self, code: str) -> Findings:
        """Those whose code is `code` or begins with it and a dot: `of("quality")`."""
        return self._with(item for item in self._items if item.code == code or item.code.startswith(code + "."))

    def to_table(self, language: str = "en") -> Table:
        """One row a finding: code, severity, start, end, confidence, kwh, amount, and the sentence."""
        spans = [item.span for item in self._items]
        return Table(
            {
                "code": [item.code for item in self._items],
                "severity": [item.severity for item in self._items],
                "start": [span and span.start for span in spans],
                "end": [span and span.end for span in spans],
                "confidence": [item.confidence for item in self._items],
                "kwh": [item.kwh for item in self._items],
                "amount": [item.amount for item in self._items],
                "sentence": [item.sentence(language) for item in self._items],
            },
            units={"kwh": "kWh"} | ({"amount": self.currency} if self.currency else {}),
            zones={"start": self.zone or "UTC", "end": self.zone or "UTC"},
        )

    def to_json(self) -> str:
        """All of them as a JSON list, with the evidence."""
        return msgspec.json.encode(self._items).decode()

    def to_dict(self) -> dict[str, Any]:
        """All of them as plain Python, under `findings`."""
        return {"findings": msgspec.to_builtins(self._items), "currency": self.currency, "zone": self.zone}

    def figure(self, language: words.Language = "en") -> Figure:
        """Load and expected load with the stretches of each kind of finding.

        Raises
        ------
        ReadingError
            Findings without a site have no load to be drawn on.
        """
        from wattlens.figures.charts import load_curve

        if self.site is None:
            raise ReadingError("these findings belong to no site: take those of find_anomalies or diagnose")
        spans: dict[str, list[tuple[float, float]]] = {}
        for item in self._items:
            if item.span is not None and item.code.startswith(("anomaly.", "quality.")):
                label = words.say(f"title.{item.code}", language)
                spans.setdefault(label, []).append((item.span.start, item.span.end))
        return load_curve(
            self.site.readings.starts.astype(float),
            self.site.load_kw(),
            zone=self.site.readings.zone,
            expected_kw=self.site.expected_kw()[0],
            spans=spans,
            language=language,
        )

    def explain(self, finding: Finding, language: words.Language = "en") -> Figure:
        """Load around one finding, what was expected, and the band in which it ordinarily stays.

        The band is the expectation plus and minus three of its spreads, not below zero where the load is not. A day
        or the length of the finding, whichever is more, is shown before and after it, at most two weeks.

        Raises
        ------
        ReadingError
            A finding without a span, or findings without a site: there is no load to be drawn.

        Examples
        --------
        >>> import wattlens as wl
        >>> found = wl.find_anomalies(wl.simulate.demo_site())
        >>> found.explain(found.of("anomaly.spike")[0]).title
        'Spike: 2025-03-12 14:00'
        """
        from wattlens.figures.charts import explained_load

        if self.site is None:
            raise ReadingError("these findings belong to no site: take those of find_anomalies or diagnose")
        if finding.span is None:
            raise ReadingError(f"{finding.code}: found no span, expected a finding of a time")
        expected_kw, scale_kw = self.site.expected_kw()
        return explained_load(
            self.site.readings.starts.astype(float),
            self.site.load_kw(),
            expected_kw,
            scale_kw,
            (finding.span.start, finding.span.end),
            zone=self.site.readings.zone,
            title=f"{words.say(f'title.{finding.code}', language)}: {self._when(finding)}",
            note=finding.sentence(language),
            language=language,
        )

    def plot(self, ax: Axes | None = None, *, language: words.Language = "en") -> Axes:
        """`figure` as matplotlib Axes."""
        from wattlens.figures.mpl import drawable_language

        return self.figure(drawable_language(language)).plot(ax)

    def _when(self, finding: Finding) -> str:
        if finding.span is None:
            return "–"
        zone = ZoneInfo(self.zone) if self.zone else UTC
        return f"{datetime.fromtimestamp(finding.span.start, zone):%Y-%m-%d %H:%M}"

    def _cost(self, finding: Finding) -> str:
        kwh = "" if finding.kwh is None else f" [{words.number(finding.kwh, 0)} kWh]"
        if finding.amount is None:
            return kwh
        return f"{kwh[:-1]}, {finding.amount:,.2f} {self.currency}]"

    def __repr__(self) -> str:
        lines = (
            f"{item.severity:<8}  {self._when(item):<16}  {item.code}: {item.sentence()}{self._cost(item)}"
            for item in self._items[:20]
        )
        more = [f"… and {len(self) - 20} more"] if len(self) > 20 else []
        return "\n".join([self._head(), *lines, *more])

    def _repr_html_(self) -> str:
        # A column in which nothing is known says nothing.
        kwh, amount = (any(getattr(one, name) is not None for one in self._items) for name in ("kwh", "amount"))
        money = f"amount [{self.currency}]" if self.currency else "amount"
        heads = ["severity", "start", "code", "sentence", *["energy [kWh]"] * kwh, *[money] * amount]
        rows = [
            [
                item.severity,
                self._when(item),
                item.code,
                item.sentence(),
                *["–" if item.kwh is None else words.number(item.kwh, 0)] * kwh,
                *["–" if item.amount is None else f"{item.amount:,.2f}"] * amount,
            ]
            for item in self._items[:50]
        ]
        body = html.table(heads, rows, numeric=[False] * 4 + [True] * (kwh + amount)) if rows else ""
        return html.fragment(f"<b>{html.escape(self._head())}</b>{body}{self._more()}")

    def _head(self) -> str:
        head = "1 finding" if len(self) == 1 else f"{len(self)} findings"
        if self.site is not None and self.site.readings.is_simulated:
            head += f" ({words.say('label.simulated')})"
        return head

    def _more(self) -> str:
        return f"<small>… and {len(self) - 50} more</small>" if len(self) > 50 else ""
