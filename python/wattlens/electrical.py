"""What endangers a site: rules on voltages, currents, powers and equipment, under the limits of a standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from wattlens import html, wire
from wattlens.expect import expect
from wattlens.findings import Finding, Findings, NotDone
from wattlens.site import Site
from wattlens.table import Table
from wattlens.words import Language, say

__all__ = ["Electrical", "Figure", "Limits", "StandardUsed", "check_electrical"]

Mark = Literal["seen", "recalled", "engineering", "suggested"]


class Figure(msgspec.Struct, frozen=True):
    """A number of a rule: its unit, where it comes from, and how sure it is.

    `mark` is `seen` in a source, `recalled` and not verified, `engineering`, or `suggested`.
    """

    value: float
    unit: str
    source: str
    mark: Mark


class Limits(msgspec.Struct, frozen=True):
    """A rule of a standard: its switch, the severities of a warning and an alarm, and its figures by name."""

    on: bool
    warning: str
    alarm: str
    figures: dict[str, Figure]


class StandardUsed(msgspec.Struct, frozen=True):
    """The standard that was used, and what a user changed of it."""

    name: str
    version: str
    title: str
    changed: tuple[str, ...]


class _Record(msgspec.Struct, frozen=True):
    """The JSON of the electrical rules."""

    standard: StandardUsed
    rules: dict[str, Limits]
    findings: tuple[Finding, ...]
    not_run: tuple[NotDone, ...]


class Electrical(Findings):
    """What the electrical rules found, the gravest first; and beside it the limits, and the rules that did not run.

    Made by `check_electrical`.
    """

    __slots__ = ("_json", "_record")
    _json: str
    _record: _Record

    def __init__(self, text: str, site: Site) -> None:
        record = msgspec.json.decode(text, type=_Record)
        super().__init__(record.findings, zone=site.readings.zone, site=site)
        self._json, self._record = text, record

    def __reduce__(self) -> tuple[type[Electrical], tuple[str, Site | None]]:
        return Electrical, (self._json, self.site)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Electrical):
            return (self._record, self.zone) == (other._record, other.zone)
        return super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()

    @property
    def standard(self) -> StandardUsed:
        """Name and version of the standard, and which figures were changed."""
        return self._record.standard

    @property
    def rules(self) -> dict[str, Limits]:
        """Every rule by name, with its figures as they were used."""
        return self._record.rules

    @property
    def not_run(self) -> tuple[NotDone, ...]:
        """The rules that did not run, and what they need."""
        return self._record.not_run

    def limits_table(self) -> Table:
        """One row a figure: rule, figure, value, unit, source, mark."""
        rows = [(rule, name, one) for rule, limits in self.rules.items() for name, one in limits.figures.items()]
        columns: dict[str, Any] = {
            "rule": [rule for rule, _, _ in rows],
            "figure": [name for _, name, _ in rows],
            "value": [one.value for _, _, one in rows],
            "unit": [one.unit for _, _, one in rows],
            "source": [one.source for _, _, one in rows],
            "mark": [one.mark for _, _, one in rows],
        }
        return Table(columns)

    def to_json(self) -> str:
        """All of it as JSON: standard, rules with figures, findings, rules not run."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain Python."""
        return wire.plain(self._json)

    def heading(self, language: Language = "en") -> str:
        """Standard, how many rules ran, how many did not."""
        one, idle = self.standard, len(self.not_run)
        changed = list(one.changed) or None
        facts = {"name": one.name, "version": one.version, "ran": len(self.rules) - idle, "not_run": idle}
        return say("label.electrical_rules", language, changed=changed, **facts)

    def __repr__(self) -> str:
        lines = [self.heading(), super().__repr__()]
        if self.not_run:
            asked = ", ".join(dict.fromkeys(say(f"needs.{one.needs}") for one in self.not_run))
            lines.append(say("label.rules_need", needs=asked))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        idle = "".join(f"<li>{html.text(one.sentence())}</li>" for one in self.not_run)
        not_run = f"<details><summary>{html.text(say('label.rules_not_run'))}</summary><ul>{idle}</ul></details>"
        return html.fragment(f"<b>{html.escape(self.heading())}</b>{super()._repr_html_()}{not_run if idle else ''}")


def check_electrical(
    site: Site,
    *,
    standard: Literal["cn", "eu", "us"] = "cn",
    limits: Mapping[str, float] | None = None,
    off: Iterable[str] = (),
) -> Electrical:
    """What endangers a site by its readings: voltage, current, wiring, transformer, power factor, the meter itself.

    Missing intervals are never flagged and end an event. One interval beyond a limit warns, two on end alarm, where
    the standard says nothing else; an event ends beyond a limit of its own. Currents are judged by their amount.
    Signs of theft are indicators and no proof.

    Parameters
    ----------
    site
        The site; its `supply` tells voltage, wiring, ratings and ratios. A rule that lacks something is in `not_run`.
    standard
        Limits of China (`cn`), Europe (`eu`) or the United States (`us`). Every figure has its source and how sure it
        is: see `Electrical.limits_table`.
    limits
        Figures that differ from the standard, by `rule.figure`; shares as 0.78, not 78.
    off
        Rules that do not run.

    Raises
    ------
    SiteError
        A standard, rule or figure that does not exist, with near names; a value without a meaning.

    Examples
    --------
    >>> import wattlens as wl
    >>> found = wl.check_electrical(wl.simulate.demo_site(), limits={"over_voltage.begins_above_share": 1.25})
    >>> found.standard.name, found.standard.changed
    ('cn', ('over_voltage.begins_above_share',))
    >>> found.not_run[0].task, found.not_run[0].needs
    ('electrical.interruption', 'readings.voltage')
    """
    expect(site, Site)
    settings = {"standard": standard, "limits": dict(limits or {}), "off": list(off)}
    return Electrical(site.handle.check_electrical(wire.text(settings)), site)
