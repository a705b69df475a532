"""What deviates from how a site usually behaves, and a site that departs from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from wattlens import _core, wire
from wattlens.errors import SiteError
from wattlens.expect import expect
from wattlens.findings import Finding, Findings
from wattlens.site import Site

if TYPE_CHECKING:
    from wattlens.tariff import Tariff

__all__ = ["find_anomalies", "find_departures", "price_findings"]


def find_anomalies(
    site: Site,
    tariff: Tariff | None = None,
    *,
    budget_per_month: float | None = None,
    limits: Mapping[str, float] | None = None,
    expected_kw: tuple[ArrayLike, ArrayLike] | None = None,
) -> Findings:
    """What deviates from how the site usually behaves, the gravest first.

    Behaviour is judged against a robust seasonal expectation: day type × time of day, median and
    median absolute deviation, with a level that follows slowly. Missing readings and estimates are never
    flagged. Each finding has a name, a span, a severity, a confidence and its energy; its evidence has what was
    observed and expected, and under `others` the names that fit as well. `Findings.explain` draws one,
    `Finding.meaning` and `Finding.look_first` say what it may be and where to look first.

    Severity is critical from seven, high from one and medium from a quarter of a median worked day's energy, or where
    the deviation is as large as the median load. Confidence is a half at the limits and more the farther beyond; it
    ranks and is no probability.

    Parameters
    ----------
    site
        The site.
    tariff
        Gives each finding with excess energy its money, at the prices of those hours. Less energy
        than expected is never a saving.
    budget_per_month
        Most events a month, the strongest ones; how many were left out is a finding of its own. None is no ceiling.
    limits
        Other limits than the defaults, by name: `short_z`, `sustained_z`, `min_size_share`, `min_energy_share`,
        `night_base_rise`, `night_base_nights`.
    expected_kw
        Another expectation, such as a fitted baseline: load and its ordinary spread in every interval [kW], NaN where
        nothing is expected.

    Raises
    ------
    SiteError
        A limit that does not exist or has no meaning; an expectation of another length than the readings.

    Examples
    --------
    >>> import wattlens as wl
    >>> for finding in wl.find_anomalies(wl.simulate.demo_site()):
    ...     print(finding.severity, finding.code, round(finding.kwh or 0))
    high anomaly.stuck_value 14023
    high anomaly.night_base_rise 12578
    medium anomaly.work_on_holiday 6988
    low anomaly.spike 162
    low anomaly.left_on_overnight 1494
    """
    from wattlens.tariff import Tariff

    expect(site, Site)
    expect(tariff, Tariff, or_none=True)
    settings = dict(limits or {})
    if budget_per_month is not None:
        settings["budget_per_month"] = budget_per_month
    expected = None
    if expected_kw is not None:
        load, spread = (np.ascontiguousarray(one, dtype=np.float64).ravel() for one in expected_kw)
        count = len(site.readings.starts)
        if (len(load), len(spread)) != (count, count):
            raise SiteError(f"expected_kw: found {len(load)} and {len(spread)} values, expected {count}, one a reading")
        expected = (load, spread)
    text = site.handle.anomalies(wire.text(settings), tariff.handle if tariff else None, expected)
    return Findings(
        msgspec.json.decode(text, type=list[Finding]),
        zone=site.readings.zone,
        site=site,
        currency=tariff.currency if tariff else None,
    )


def find_departures(sites: Sequence[Site]) -> Findings:
    """Sites whose energy departs from that of the others for a week or more.

    Every day is taken as a share of the site's own median day of that kind and compared with the median share of
    the other sites on that date, so that a season, a holiday or a heat wave that all of them have is nobody's own. It
    takes four sites and two weeks of days that they share.

    Raises
    ------
    SiteError
        Fewer than four sites: there are no peers to compare with.

    Examples
    --------
    >>> import numpy as np
    >>> import wattlens as wl
    >>> def site(name, more):
    ...     kwh = np.full(24 * 84, 50.0)
    ...     kwh[24 * 63:] *= more
    ...     readings = wl.Readings.from_arrays(start="2024-01-01", step="1h", zone="UTC", import_kwh=kwh)
    ...     return wl.Site(readings, name=name)
    >>> found = wl.find_departures([site("A", 1), site("B", 1), site("C", 1.5), site("D", 1), site("E", 1)])
    >>> [(one.evidence["site"], round(one.evidence["change_share"], 2), one.evidence["days"]) for one in found]
    [('C', 0.5, 21)]
    """
    several = list(sites)
    for site in several:
        expect(site, Site)
    if len(several) < 4:
        raise SiteError(f"sites: found {len(several)}, expected at least 4, so that each has three peers")
    found = msgspec.json.decode(
        _core.Site.departures([site.handle for site in several]), type=list[tuple[int, Finding]]
    )
    named = [
        msgspec.structs.replace(one, evidence=one.evidence | {"site": one.evidence["site"] or str(place)})
        for place, one in found
    ]
    return Findings(named, zone=several[0].readings.zone)


def price_findings(findings: Findings, site: Site, tariff: Tariff) -> Findings:
    """The same findings with the money that their excess energy costs under a tariff.

    Raises
    ------
    TariffError
        A template whose prices are still to be given; readings too coarse for the tariff's periods.

    Examples
    --------
    >>> import wattlens as wl
    >>> site = wl.simulate.demo_site()
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08").assume_in_force()
    >>> priced = wl.price_findings(wl.find_anomalies(site), site, tariff)
    >>> priced[1].code, priced[1].amount
    ('anomaly.night_base_rise', 4930.78)
    """
    from wattlens.tariff import Tariff

    expect(site, Site)
    expect(tariff, Tariff)
    text = site.handle.price_findings(wire.text(list(findings)), tariff.handle)
    return Findings(
        msgspec.json.decode(text, type=list[Finding]),
        zone=site.readings.zone,
        site=site,
        currency=tariff.currency,
    )
