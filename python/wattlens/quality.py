"""What can be trusted in readings: findings, the rules behind them, and a verdict a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from wattlens import _core, html, wire, words
from wattlens.errors import ReadingError
from wattlens.expect import expect
from wattlens.findings import Finding, Findings, NotDone
from wattlens.table import Table
from wattlens.words import Language, number, say

if TYPE_CHECKING:
    from wattlens.figures import Figure
    from wattlens.readings import Readings
    from wattlens.site import Contract

__all__ = [
    "PURPOSES",
    "Completeness",
    "Fitness",
    "MonthVerdict",
    "Quality",
    "Reason",
    "Rule",
    "RuleSet",
    "Verdict",
    "check",
]

Verdict = Literal["complete", "usable", "unusable"]
PURPOSES = ("billing", "profile", "baselines")
_VERDICTS: tuple[Verdict, ...] = ("complete", "usable", "unusable")
_MONTHS_SHOWN = 24
_MONTHS_IN_REPR = 8
_FINDINGS_IN_REPR = 8
_WIDTH = 116


class RuleSet(msgspec.Struct, frozen=True):
    """The rules that were used: name, version, and those whose settings were changed."""

    name: str
    version: str
    changed: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True):
    """A rule that ran.

    Attributes
    ----------
    name
        Key of the settings; its findings have the codes `codes`.
    looks_at
        What it looks at.
    source
        Where it comes from.
    settings
        Its numbers as they were used; the unit is in the name.
    sources
        What each number does and where its default comes from.
    """

    name: str
    looks_at: str
    source: str
    settings: dict[str, float]
    sources: dict[str, str]
    codes: tuple[str, ...]

    def title(self, language: Language = "en") -> str:
        """Its name in words."""
        return words.catalogue(language).get(f"title.quality.{self.name}", self.name.replace("_", " "))


class Reason(msgspec.Struct, frozen=True):
    """Why a month is not complete."""

    code: str
    facts: dict[str, Any]

    def sentence(self, language: Language = "en") -> str:
        """What it says, in words."""
        facts = self.facts
        if "finding" in facts:
            facts = facts | {"finding": say(f"title.{facts['finding']}", language)}
        return say(self.code, language, **facts)


class Fitness(msgspec.Struct, frozen=True):
    """What a month is good for: `complete`, `usable` or `unusable`, and everything that keeps it from `complete`."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


class MonthVerdict(msgspec.Struct, frozen=True):
    """A local month: intervals expected, present, estimated and sound, and what they are good for.

    `sound` intervals are present and doubted by no rule; `estimated_share` is of those that are present.
    """

    label: str
    start: int
    end: int
    expected: int
    present: int
    estimated: int
    sound: int
    estimated_share: float
    billing: Fitness
    profile: Fitness
    baselines: Fitness

    def reasons(self, language: Language = "en") -> list[str]:
        """What keeps it from complete, each sentence once."""
        fitness: Iterable[Fitness] = (self.billing, self.profile, self.baselines)
        return list(dict.fromkeys(one.sentence(language) for purpose in fitness for one in purpose.reasons))

    def why(self, language: Language = "en") -> str:
        """The reasons in one text; empty where every verdict is complete."""
        return ("" if language == "zh" else " ").join(self.reasons(language))


class Completeness(msgspec.Struct, frozen=True):
    """How much of a month is there: `complete`, `usable` (95 % or more) or `unusable`."""

    label: str
    start: int
    end: int
    expected: int
    present: int
    share: float
    longest_gap_intervals: int
    whole: bool
    verdict: str
    estimated: int = 0


class Record(msgspec.Struct, frozen=True):
    """The JSON of a quality."""

    rule_set: RuleSet
    settings: dict[str, dict[str, Any]]
    findings: tuple[Finding, ...]
    not_run: tuple[NotDone, ...]
    verdicts: tuple[MonthVerdict, ...]
    completeness: tuple[Completeness, ...]


class Quality(Findings):
    """What the reader and the rules found in readings, and what each month is good for.

    It is the `Findings`, the gravest first, and has beside them what they rest on. Nothing in the readings was changed.

    Examples
    --------
    >>> import wattlens as wl
    >>> quality = wl.simulate.demo_site().readings.quality()
    >>> [one.code for one in quality]
    ['quality.stuck_value', 'quality.stuck_value', 'quality.gap']
    >>> quality.verdicts[10].label, quality.verdicts[10].billing.verdict
    ('2025-11', 'usable')
    """

    __slots__ = ("_json", "_record", "readings")
    _json: str
    _record: Record

    def __init__(self, text: str, readings: Readings) -> None:
        record = msgspec.json.decode(text, type=Record)
        super().__init__(record.findings, zone=readings.zone)
        self._json, self._record, self.readings = text, record, readings

    def __reduce__(self) -> tuple[type[Quality], tuple[str, Readings]]:
        return Quality, (self._json, self.readings)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Quality):
            return (self._record, self.zone) == (other._record, other.zone)
        return super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()

    @property
    def findings(self) -> Findings:
        """The findings alone."""
        return Findings(self, zone=self.zone)

    @property
    def rule_set(self) -> RuleSet:
        """Name and version of the rules, and which were changed."""
        return self._record.rule_set

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that ran, with their numbers and sources."""
        known = msgspec.json.decode(_core.quality_rules(), type=tuple[_KnownRule, ...])
        idle = {one.task for one in self.not_run}
        ran = (rule for rule in known if f"quality.{rule.name}" not in idle)
        return tuple(rule.with_settings(self._record.settings.get(rule.name, {})) for rule in ran)

    @property
    def not_run(self) -> tuple[NotDone, ...]:
        """The rules that did not run, and what they need."""
        return self._record.not_run

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Every switch and number of the rules, and the limits of the verdict under `verdict`."""
        return self._record.settings

    @property
    def verdicts(self) -> tuple[MonthVerdict, ...]:
        """What each month is good for, by its imported energy; empty where that was not measured."""
        return self._record.verdicts

    @property
    def completeness(self) -> tuple[Completeness, ...]:
        """How much of the imported energy is there, by month and in all (`all`)."""
        return self._record.completeness

    @property
    def estimated_share(self) -> float | None:
        """Share of the imported energy's intervals with a value that rest on an estimate; None where there is none."""
        present = sum(month.present for month in self.verdicts)
        return sum(month.estimated for month in self.verdicts) / present if present else None

    def counts(self, purpose: str) -> dict[Verdict, int]:
        """How many months have each verdict for `billing`, `profile` or `baselines`."""
        found = [self._fitness(month, purpose).verdict for month in self.verdicts]
        return {verdict: found.count(verdict) for verdict in _VERDICTS}

    @staticmethod
    def _fitness(month: MonthVerdict, purpose: str) -> Fitness:
        fitness: Fitness = getattr(month, purpose)
        return fitness

    def verdict_table(self, language: Language = "en") -> Table:
        """One row a month: shares present and estimated [%], the three verdicts, and the reasons in words."""
        months = self.verdicts
        columns: dict[str, Any] = {
            "month": [month.label for month in months],
            "present": [100 * month.present / max(month.expected, 1) for month in months],
            "estimated": [100 * month.estimated_share for month in months],
        }
        columns |= {name: [self._fitness(month, name).verdict for month in months] for name in PURPOSES}
        columns["reasons"] = [month.why(language) for month in months]
        return Table(columns, units={"present": "%", "estimated": "%"})

    def to_json(self) -> str:
        """All of it as JSON: findings, verdicts, completeness, rule set, settings, rules not run."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain Python."""
        return dict(msgspec.json.decode(self._json))

    def figure(self, language: Language = "en") -> Figure:
        """Gap map: what is there, missing, estimated or doubted by a rule, and below it when rules found something.

        Raises
        ------
        ReadingError
            Readings that have no channel with a regular step.
        """
        from wattlens.figures.gap_map import Times, gap_map

        readings = self.readings
        if not readings.channels:
            raise ReadingError("a gap map needs a channel with a regular step; these readings have registers alone")
        handle = readings.handle
        times = Times(handle.start, handle.step_s, np.array(handle.midnights()), handle.slots(), readings.zone)
        states = {say(f"label.{name}", language): self._states(name) for name in readings.channels}
        lanes: dict[str, dict[str, list[tuple[float, float]]]] = {}
        for one in self:
            # What was estimated is in the map itself.
            if one.span is not None and not one.code.startswith("estimate."):
                by_severity = lanes.setdefault(say(f"title.{one.code}", language), {})
                by_severity.setdefault(one.severity, []).append((one.span.start, one.span.end))
        return gap_map(states, times, lanes=lanes, language=language)

    def _states(self, channel: str) -> NDArray[np.uint8]:
        """State of every interval: its flag, or that a rule doubts the very value."""
        from wattlens.figures.gap_map import STATES

        readings = self.readings
        states = np.array([STATES.index(name) for name in _core.flag_names()], np.uint8)[readings.flags(channel)]
        start, step_s = readings.handle.start, readings.handle.step_s
        for one in self:
            named = str(one.evidence.get("channel") or one.evidence.get("channels") or "").split(", ")
            if one.span is None or channel not in named:
                continue
            first, last = (one.span.start - start) // step_s, (one.span.end - start) // step_s
            # A finding about some intervals of a longer time does not say which.
            if one.evidence.get("intervals") == last - first:
                part = states[max(first, 0) : last]
                part[part <= STATES.index("sampled")] = STATES.index("flagged")
        return states

    def _head(self) -> str:
        simulated = f" ({say('label.simulated')})" if self.readings.is_simulated else ""
        return super()._head() + simulated

    def _marks(self, month: MonthVerdict, language: Language) -> list[str]:
        return [html.verdict(self._fitness(month, name).verdict, language) for name in PURPOSES]

    def verdict_html(self, language: Language = "en") -> str:
        """The verdict of every month as an HTML table; of many months, of those that are not complete."""
        months = [month for month in self.verdicts if len(self.verdicts) <= _MONTHS_SHOWN or month.reasons()]
        rows = [
            [
                month.label,
                _percent(month.present / max(month.expected, 1)),
                _percent(month.estimated_share),
                *self._marks(month, language),
                month.why(language),
            ]
            for month in months[:_MONTHS_SHOWN]
        ]
        names = ("month", "complete_percent", "estimated_share", *PURPOSES, "why")
        heads = [say(f"label.{name}", language) for name in names]
        rest = len(self.verdicts) - len(rows)
        more = html.escape(say("label.more_months", language, months=rest)) if rest else ""
        return html.table(heads, rows, numeric=[False, True, True, *[False] * 4]) + (
            f"<small>{more}</small>" if more else ""
        )

    def heading(self, language: Language = "en") -> str:
        """Rule set and version, how many rules ran, how many did not."""
        facts = {"name": self.rule_set.name, "version": self.rule_set.version, "not_run": len(self.not_run)}
        return say(
            "label.rule_set", language, ran=len(self.rules), changed=list(self.rule_set.changed) or None, **facts
        )

    def in_short(self, language: Language = "en") -> list[str]:
        """How many months have each verdict, one line a purpose; nothing where import energy was not measured."""
        if not self.verdicts:
            return []
        return [
            say("label.months_of_verdict", language, purpose=say(f"label.{name}", language), **self.counts(name))
            for name in PURPOSES
        ]

    def __repr__(self) -> str:
        lines = [self.heading(), *(f"  {line}" for line in self.in_short())]
        lacking = [month for month in self.verdicts if month.reasons()]
        for month in lacking[:_MONTHS_IN_REPR]:
            marks = " ".join(html.SYMBOLS[self._fitness(month, name).verdict] for name in PURPOSES)
            lines.append(_cut(f"  {month.label}  {marks}  {month.why()}"))
        if len(lacking) > _MONTHS_IN_REPR:
            lines.append(f"  {say('label.more_months_lacking', months=len(lacking) - _MONTHS_IN_REPR)}")
        lines.append(self._head())
        lines += [
            _cut(f"  {one.severity:<6}  {self._when(one):<16}  {one.code}: {one.sentence()}")
            for one in self[:_FINDINGS_IN_REPR]
        ]
        if len(self) > _FINDINGS_IN_REPR:
            lines.append(f"  … and {len(self) - _FINDINGS_IN_REPR} more")
        if self.not_run:
            asked = ", ".join(dict.fromkeys(say(f"needs.{one.needs}") for one in self.not_run))
            lines.append(_cut(say("label.rules_need", needs=asked)))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        picture = f"<div>{self.figure().to_svg()}</div>" if self.readings.channels else ""
        verdicts = self.verdict_html() if self.verdicts else ""
        idle = "".join(f"<li>{html.text(one.sentence())}</li>" for one in self.not_run)
        not_run = f"<details><summary>{html.text(say('label.rules_not_run'))}</summary><ul>{idle}</ul></details>"
        return html.fragment(
            f"<b>{html.escape(self.heading())}</b>{verdicts}{picture}{super()._repr_html_()}{not_run if idle else ''}"
        )


class _KnownRule(msgspec.Struct, frozen=True):
    """A rule as the core lists it."""

    name: str
    looks_at: str
    source: str
    numbers: dict[str, str]
    codes: tuple[str, ...]

    def with_settings(self, settings: Mapping[str, Any]) -> Rule:
        used = {name: float(settings[name]) for name in self.numbers if name in settings}
        return Rule(self.name, self.looks_at, self.source, used, self.numbers, self.codes)


def _percent(share: float) -> str:
    """A share that is only called 100 % or 0 % where it is."""
    shown = min(max(share * 100, 0.1), 99.9) if 0 < share < 1 else share * 100
    return f"{number(shown, 1 if 0 < share < 1 else 0)} %"


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def check(
    readings: Readings,
    *,
    contract: Contract | None,
    settings: Mapping[str, Any] | None,
    history: Readings | None,
    parent: Readings | None,
    children: tuple[Readings, ...],
) -> Quality:
    """See `Readings.quality`."""
    from wattlens.readings import Readings
    from wattlens.site import Contract

    expect(contract, Contract, or_none=True)
    for one in (history, parent):
        expect(one, Readings, or_none=True)
    for one in children:
        expect(one, Readings)
    text = readings.handle.check_quality(
        wire.text(dict(settings or {})),
        capacity_kva=None if contract is None else contract.capacity_kva,
        contract_demand_kw=None if contract is None else contract.contract_demand_kw,
        earlier=None if history is None else history.handle,
        parent=None if parent is None else parent.handle,
        children=[one.handle for one in children],
    )
    return Quality(text, readings)
