"""One site end to end: completeness, profile, findings, bills, savings, and what could not be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec

from wattlens import html
from wattlens.bill import Origin
from wattlens.bills import Bills, BillsRecord
from wattlens.expect import expect
from wattlens.findings import Finding, Findings, NotDone, Span
from wattlens.load_profile import Profile
from wattlens.quality import Completeness, MonthVerdict, Quality
from wattlens.readings import Detected
from wattlens.savings import Savings
from wattlens.site import Contract, Site
from wattlens.tariff import Tariff
from wattlens.words import Language

__all__ = ["Diagnosis", "diagnose"]


class SiteSummary(msgspec.Struct, frozen=True):
    """What is known of the site that was diagnosed."""

    name: str | None
    span: Span
    step_s: int
    readings: int
    zone: str
    channels: tuple[str, ...]
    calendar: str
    contract: Contract
    simulated: bool
    estimated_share: float
    estimated_kwh: float
    provenance: dict[str, Detected]


class Record(msgspec.Struct, frozen=True):
    """The JSON of a diagnosis."""

    schema: int
    wattlens: str
    tzdb: str
    settings: dict[str, Any]
    site: SiteSummary
    completeness: tuple[Completeness, ...]
    verdicts: tuple[MonthVerdict, ...]
    profile: Profile
    findings: tuple[Finding, ...]
    bills: BillsRecord | None
    savings: Savings | None
    not_done: tuple[NotDone, ...]


class Diagnosis:
    """A diagnosis: what one site's readings say, in numbers, words, pictures and money.

    Attributes
    ----------
    site
        The site that was diagnosed.
    tariff
        The tariff, or None; then there is no money.
    profile
        Load profile.
    findings
        The gravest first.
    bills, savings
        None without a tariff.
    quality
        Findings of the readings, the rules behind them, and the gap map.
    completeness, verdicts
        How much of each month is there, and what it is good for.
    not_done
        What could not be done, and what it would need.

    Examples
    --------
    >>> import wattlens as wl
    >>> diagnosis = wl.diagnose(wl.simulate.demo_site())
    >>> diagnosis.bills is None, [one.needs for one in diagnosis.not_done]
    (True, ['tariff', 'tariff', 'tariff'])
    """

    __slots__ = ("_json", "_quality", "_record", "bills", "findings", "profile", "savings", "site", "tariff")
    _json: str
    _quality: Quality | None
    _record: Record
    site: Site
    tariff: Tariff | None
    profile: Profile
    findings: Findings
    bills: Bills | None
    savings: Savings | None

    def __init__(self, site: Site, tariff: Tariff | None, text: str) -> None:
        record = msgspec.json.decode(text, type=Record)
        zone = site.readings.zone
        currency = tariff.currency if tariff else None
        simulated = record.site.simulated
        origin = Origin(tariff, zone, site.calendar) if tariff else None
        values: dict[str, object] = {
            "_json": text,
            "_quality": None,
            "_record": record,
            "site": site,
            "tariff": tariff,
            "profile": msgspec.structs.replace(record.profile, zone=zone, simulated=simulated),
            "findings": Findings(record.findings, zone=zone, site=site, currency=currency),
            "bills": None if record.bills is None else Bills(record.bills, simulated=simulated, origin=origin),
            "savings": record.savings and msgspec.structs.replace(record.savings, simulated=simulated),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Diagnosis is never changed: cannot set {name}")

    def __reduce__(self) -> tuple[type[Diagnosis], tuple[Site, Tariff | None, str]]:
        return Diagnosis, (self.site, self.tariff, self._json)

    @property
    def record(self) -> Record:
        """Everything, as it stands in the JSON."""
        return self._record

    @property
    def quality(self) -> Quality:
        """What can be trusted in the readings: findings, rules, and a verdict a month."""
        if self._quality is None:
            object.__setattr__(self, "_quality", self.site.readings.quality(contract=self.site.contract))
        return cast("Quality", self._quality)

    @property
    def completeness(self) -> tuple[Completeness, ...]:
        """How much of each month is there."""
        return self._record.completeness

    @property
    def verdicts(self) -> tuple[MonthVerdict, ...]:
        """What each month is good for, and why not; a month that is unusable for bills has none."""
        return self._record.verdicts

    @property
    def not_done(self) -> tuple[NotDone, ...]:
        """What could not be done, and what it would need."""
        return self._record.not_done

    def to_json(self) -> str:
        """Everything as JSON, with the version of its schema, of wattlens and of the time zone data."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python."""
        return dict(msgspec.json.decode(self._json))

    def to_html(self, path: str | Path | None = None, *, language: Language = "en") -> str:
        """One self-contained page: inline pictures, no network, readable printed on A4.

        Parameters
        ----------
        path
            Where to write it; without it the page is only returned.
        language
            `en` or `zh`.
        """
        from wattlens.report import page

        text = page(self, language)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def summary(self, language: Language = "en") -> str:
        """The diagnosis as plain text, for a terminal."""
        from wattlens.report import summary

        return summary(self, language)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        from wattlens.report import body

        return html.fragment(body(self, "en"))


def diagnose(site: Site, tariff: Tariff | None = None) -> Diagnosis:
    """Diagnose one site: profile, findings, and with a tariff bills and savings.

    Works with whatever is there; what it could not do is in `not_done`, with what it would need.

    Raises
    ------
    TariffError
        A tariff that cannot bill these readings: dates outside those in force, prices to be given,
        readings too coarse for its periods.

    Examples
    --------
    >>> import wattlens as wl
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    >>> diagnosis = wl.diagnose(wl.simulate.demo_site(), tariff)
    >>> len(diagnosis.bills), len(diagnosis.findings.of("anomaly.spike")), diagnosis.not_done
    (12, 1, ())
    """
    expect(site, Site)
    expect(tariff, Tariff, or_none=True)
    return Diagnosis(site, tariff, site.handle.diagnose(tariff.handle if tariff else None))
