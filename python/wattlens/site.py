"""A site: the readings of one supply point and what else is known of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wattlens import _core, html, wire
from wattlens.calendar import Calendar
from wattlens.errors import SiteError
from wattlens.expect import expect
from wattlens.findings import Finding, Findings
from wattlens.problems import Problem
from wattlens.readings import Readings

if TYPE_CHECKING:
    from wattlens.tariff import Tariff

__all__ = ["Contract", "LineLoss", "LowSide", "Site", "Transformer", "find_anomalies", "price_findings", "shape_factor"]

DemandBilling = Literal["capacity", "actual_demand", "contract_demand"]


class Transformer(msgspec.Struct, frozen=True, kw_only=True):
    """A transformer by its nameplate: rated power, no-load and load loss, no-load current, impedance."""

    capacity_kva: float
    no_load_loss_kw: float
    load_loss_kw: float
    no_load_current_percent: float
    impedance_percent: float


class LineLoss(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Losses of a line: an agreed `share`, or the resistance of one conductor of three and the voltage between."""

    share: float | None = None
    resistance_ohm: float | None = None
    voltage_kv: float | None = None


class LowSide(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is lost between the supply point and a meter on the low-voltage side, and is billed with the energy.

    Attributes
    ----------
    transformer, line
        What is lost on; at least one.
    joins
        Period of the tariff's first schedule that the losses join, or `allocated` to all in proportion.
    shape_factor
        Load-shape factor K for entered quantities; intervals tell the losses without.

    Examples
    --------
    >>> import wattlens as wl
    >>> low_side = wl.LowSide(transformer=wl.Transformer(
    ...     capacity_kva=1000, no_load_loss_kw=1.0, load_loss_kw=10.0, no_load_current_percent=1.0,
    ...     impedance_percent=5.0), shape_factor=1.2)
    >>> quantities = wl.BillingQuantities.month("2025-08", kwh={"all": 100000.0})
    >>> bill = wl.Tariff.load("example-flat").bill(quantities, wl.Contract(low_side=low_side))
    >>> round(bill.quantities.loss_kwh)
    996
    """

    transformer: Transformer | None = None
    line: LineLoss | None = None
    joins: str = "allocated"
    shape_factor: float | None = None


class _NamedFields(msgspec.StructMeta):
    """Structs that tell a name that they do not have by the names near it."""

    def __call__(cls, *args: Any, **fields: Any) -> Any:  # noqa: N805 - of a metaclass
        for name in fields:
            if name not in cls.__struct_fields__:
                near = _core.near_names(name, list(cls.__struct_fields__)) or list(cls.__struct_fields__)
                raise SiteError(f"contract.{name}: is no field of a contract; near names: {', '.join(near)}")
        return super().__call__(*args, **fields)


class Contract(msgspec.Struct, frozen=True, kw_only=True, metaclass=_NamedFields):
    """What the supply contract says; anything may be unknown.

    Attributes
    ----------
    capacity_kva
        Transformers plus high-voltage motors [kVA].
    demand_billing
        How the basic charge is billed: `capacity`, `actual_demand` or `contract_demand`.
    contract_demand_kw
        Contract demand [kW].
    power_factor_standard
        0.90, 0.85 or 0.80.
    overrun_rule
        How the part above 105 % of the contract demand is billed; the official wording can be read
        both ways. `A`: 1.05 C plus twice the part above it; `B`: C plus twice that part.
    load_factor_discount
        Whether the lower demand price at a high load factor holds; None leaves it to the tariff.
    low_side
        What is lost before a meter on the low-voltage side; None where the meter stands at the supply point.
    subscribed_kw
        Subscribed power by period of the tariff [kW], where the tariff bills it.
    contracted_kwh
        Energy that a market user contracted for, by month (`"2026-08"`) [kWh].

    Raises
    ------
    SiteError
        A name that is no field, a number that makes no sense, a billing mode without what it needs.

    Examples
    --------
    >>> import wattlens as wl
    >>> wl.Contract(capacity_kva=1250, demand_billing="capacity", power_factor_standard=0.90)
    Contract(1 250 kVA, billed by capacity, power-factor standard 0.90)
    """

    capacity_kva: float | None = None
    demand_billing: DemandBilling | None = None
    contract_demand_kw: float | None = None
    power_factor_standard: float | None = None
    overrun_rule: Literal["A", "B"] = "A"
    load_factor_discount: bool | None = None
    low_side: LowSide | None = None
    subscribed_kw: dict[str, float] = {}
    contracted_kwh: dict[str, float] = {}

    def __post_init__(self) -> None:
        # JSON has no NaN: it would cross to the core as what is not known.
        for name in ("capacity_kva", "contract_demand_kw", "power_factor_standard"):
            value = getattr(self, name)
            if isinstance(value, float) and not math.isfinite(value):
                raise SiteError(
                    f"contract.{name}: found {value}, expected a number; leave it out where it is not known"
                )
        for problem in self.check():
            if problem.is_error:
                raise SiteError(f"{problem.field}: {problem.problem}")

    def check(self) -> tuple[Problem, ...]:
        """What is odd: a contract demand that the transformers cannot carry. What is wrong is refused when it is made.

        Examples
        --------
        >>> import wattlens as wl
        >>> print(wl.Contract(capacity_kva=630, contract_demand_kw=800).check()[0].field)
        contract.contract_demand_kw
        """
        return msgspec.json.decode(_core.contract_problems(wire.text(self)), type=tuple[Problem, ...])

    def __repr__(self) -> str:
        from wattlens.words import number

        parts = []
        if self.capacity_kva is not None:
            parts.append(f"{number(self.capacity_kva)} kVA")
        if self.demand_billing is not None:
            parts.append(f"billed by {self.demand_billing.replace('_', ' ')}")
        if self.contract_demand_kw is not None:
            parts.append(f"contract {number(self.contract_demand_kw)} kW")
        if self.subscribed_kw:
            parts.append("subscribed " + ", ".join(f"{key} {number(kw)} kW" for key, kw in self.subscribed_kw.items()))
        if self.power_factor_standard is not None:
            parts.append(f"power-factor standard {self.power_factor_standard:.2f}")
        if self.contracted_kwh:
            parts.append(
                f"contracted {number(sum(self.contracted_kwh.values()))} kWh in {len(self.contracted_kwh)} months"
            )
        if self.low_side is not None:
            parts.append("metered on the low-voltage side")
        return f"Contract({', '.join(parts) or 'nothing known'})"


class Site:
    """One supply point: readings, calendar, contract.

    Parameters
    ----------
    readings
        What was measured.
    name
        For reports.
    calendar
        Day types; without it Saturday and Sunday are weekend and no day is a holiday.
    contract
        What the supply contract says.

    Raises
    ------
    SiteError
        A contract that makes no sense, or lacks what its billing mode needs.
    TimeError
        A calendar that does not speak for the years of the readings.

    Examples
    --------
    >>> import wattlens as wl
    >>> readings = wl.Readings.from_arrays(start="2024-03-01", step="15min", zone="Asia/Shanghai",
    ...                                    import_kwh=[5.0] * 96)
    >>> wl.Site(readings, name="Plant A")
    Site Plant A: 96 readings, 15 min, 2024-03-01 00:00 … 2024-03-02 00:00 Asia/Shanghai, 100 % present
      calendar weekends only; Contract(nothing known)
    """

    __slots__ = ("_handle", "calendar", "contract", "name", "readings")
    _handle: _core.Site
    readings: Readings
    name: str | None
    calendar: Calendar
    contract: Contract

    def __init__(
        self,
        readings: Readings,
        *,
        name: str | None = None,
        calendar: Calendar | None = None,
        contract: Contract | None = None,
    ) -> None:
        calendar = Calendar.weekends() if calendar is None else calendar
        contract = Contract() if contract is None else contract
        expect(readings, Readings)
        expect(calendar, Calendar)
        expect(contract, Contract)
        handle = _core.Site(name, readings.handle, calendar.handle, wire.text(contract))
        values = {
            "_handle": handle, "readings": readings, "name": name, "calendar": calendar, "contract": contract,
        }  # fmt: skip
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Site is never changed: cannot set {name}")

    @property
    def handle(self) -> _core.Site:
        """The core's handle."""
        return self._handle

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _rebuild, (self.readings, self.name, self.calendar, self.contract)

    def load_kw(self) -> NDArray[np.float64]:
        """Mean power of the imported energy in every interval [kW]; NaN where missing."""
        return self._handle.load_kw()

    def expected_kw(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expected load of every interval and its robust scale [kW]; NaN where it cannot be said."""
        return self._handle.expected()

    def anomaly_scores(self) -> NDArray[np.float64]:
        """How far every interval is from ordinary, to rank by: from 0, flagged above 4.

        Ordinary is the median of the same time of day on the same kind of day (worked, Saturday, other days off) over
        the whole time, with a spread of its own. Signed means over seven and 25 hours, single hours and values that do
        not move each count. 0 where a reading is missing, and where nothing can be said: fewer than two weeks of days,
        or no load. It names no cause; `find_anomalies` does.

        Examples
        --------
        >>> import wattlens as wl
        >>> site = wl.simulate.demo_site()
        >>> int(site.anomaly_scores().argmax()) == int(site.load_kw().argmax())  # the spike in March
        True
        """
        return self._handle.anomaly_scores()

    def __repr__(self) -> str:
        name = f" {self.name}" if self.name else ""
        return f"Site{name}: {self.readings.summary()}\n  calendar {self.calendar.name}; {self.contract!r}"

    def _repr_html_(self) -> str:
        return html.fragment(f"<pre>{html.escape(repr(self))}</pre>")


def _rebuild(readings: Readings, name: str | None, calendar: Calendar, contract: Contract) -> Site:
    return Site(readings, name=name, calendar=calendar, contract=contract)


def shape_factor(kva: ArrayLike) -> float | None:
    """Load-shape factor K of apparent powers at even steps, for `LowSide`: n·Σ S² / (Σ S)²; None without load.

    An even load has 1. NaN is left out.

    Examples
    --------
    >>> import wattlens as wl
    >>> wl.shape_factor([500, 500, 0, 0])
    2.0
    """
    return _core.shape_factor(np.asarray(kva, dtype=np.float64).ravel())


def find_anomalies(site: Site, tariff: Tariff | None = None) -> Findings:
    """What deviates from how the site usually behaves, the gravest first.

    Behaviour is judged against a robust seasonal expectation: day type × time of day, median and
    median absolute deviation, with a level that follows slowly. Missing readings and stuck values are never
    flagged; those are in `Readings.quality`, and `diagnose` gives both.

    Parameters
    ----------
    site
        The site.
    tariff
        Gives each finding with excess energy its money, at the prices of those hours. Less energy
        than expected is never a saving.

    Examples
    --------
    >>> import wattlens as wl
    >>> for finding in wl.find_anomalies(wl.simulate.demo_site()):
    ...     print(finding.code, round(finding.kwh))
    anomaly.night_base_rise 12579
    anomaly.work_on_holiday 6986
    anomaly.spike 161
    anomaly.unusual_hours 1494
    """
    from wattlens.tariff import Tariff

    expect(site, Site)
    expect(tariff, Tariff, or_none=True)
    text = site.handle.anomalies(tariff.handle if tariff else None)
    return Findings(
        msgspec.json.decode(text, type=list[Finding]),
        zone=site.readings.zone,
        site=site,
        currency=tariff.currency if tariff else None,
    )


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
    >>> priced[0].code, priced[0].amount
    ('anomaly.night_base_rise', 4930.89)
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
