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
from wattlens.problems import Problem
from wattlens.readings import Readings

if TYPE_CHECKING:
    pass

__all__ = [
    "Contract",
    "LineLoss",
    "LowSide",
    "Site",
    "Supply",
    "Transformer",
    "shape_factor",
]

DemandBilling = Literal["capacity", "actual_demand", "contract_demand"]
Wiring = Literal["3P4W", "3P3W", "1P2W", "three_phase_four_wire", "three_phase_three_wire", "single_phase"]


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
                what = cls.__name__.lower()
                raise SiteError(f"{what}.{name}: is no field of a {what}; near names: {', '.join(near)}")
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


class Supply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, metaclass=_NamedFields):
    """How a site is connected and metered; anything may be unknown, and the rules that need it then say so.

    Attributes
    ----------
    nominal_v
        Nominal primary voltage of what the phase channels show [V]: phase to neutral, or, with three wires, between
        two phases. The standard's where it is not known and the readings are near it.
    wiring
        `3P4W` (`three_phase_four_wire`), `3P3W` (`three_phase_three_wire`, phase B is then left out) or `1P2W`
        (`single_phase`); read off the channels where it is not known.
    vector_group
        `Yyn0` or `Dyn11`, of the transformer.
    metering_side
        `high_voltage` or `low_voltage`.
    ct_ratio, pt_ratio
        Ratios of the current and voltage transformers; 1 where they are not known.
    values
        Whether voltages and currents are `primary` values or `secondary` ones; powers and energies are always primary.
    basic_current_a, maximum_current_a
        Ib and Imax of the meter's nameplate [A]: 1.5 and 6 of `1.5(6) A`.
    transformer_kva
        Rated power of the transformer [kVA]; the contract's capacity where it is not known.
    neutral_limit_share
        Largest neutral current as a share of the transformer's rated current; needed for Dyn11.
    generation
        Whether generation stands behind the meter; None is taken for none.

    Raises
    ------
    SiteError
        A name that is no field, a word or a number that makes no sense; it names the field and the remedy.

    Examples
    --------
    >>> import wattlens as wl
    >>> wl.Supply(nominal_v=220, wiring="3P4W", ct_ratio=80, basic_current_a=1.5, maximum_current_a=6)
    Supply(nominal_v=220, wiring='3P4W', ct_ratio=80, basic_current_a=1.5, maximum_current_a=6)
    """

    nominal_v: float | None = None
    wiring: Wiring | None = None
    vector_group: Literal["Yyn0", "Dyn11"] | None = None
    metering_side: Literal["high_voltage", "low_voltage"] | None = None
    ct_ratio: float | None = None
    pt_ratio: float | None = None
    values: Literal["primary", "secondary"] = "primary"
    basic_current_a: float | None = None
    maximum_current_a: float | None = None
    transformer_kva: float | None = None
    neutral_limit_share: float | None = None
    generation: bool | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            # JSON has no NaN: it would cross to the core as what is not known.
            if isinstance(value, float) and not math.isfinite(value):
                raise SiteError(f"supply.{name}: found {value}, expected a number; leave it out where it is not known")
        for problem in msgspec.json.decode(_core.supply_problems(wire.text(self)), type=tuple[Problem, ...]):
            raise SiteError(f"{problem.field}: {problem.problem}")

    def __repr__(self) -> str:
        known = ((name, getattr(self, name)) for name in self.__struct_fields__)
        said = [f"{name}={value!r}" for name, value in known if value is not None and value != "primary"]
        return f"Supply({', '.join(said)})"


class Site:
    """One supply point: readings, calendar, contract, supply.

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
    supply
        How the site is connected and metered, for `check_electrical`.

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

    __slots__ = ("_handle", "calendar", "contract", "name", "readings", "supply")
    _handle: _core.Site
    readings: Readings
    name: str | None
    calendar: Calendar
    contract: Contract
    supply: Supply

    def __init__(
        self,
        readings: Readings,
        *,
        name: str | None = None,
        calendar: Calendar | None = None,
        contract: Contract | None = None,
        supply: Supply | None = None,
    ) -> None:
        calendar = Calendar.weekends() if calendar is None else calendar
        contract = Contract() if contract is None else contract
        supply = Supply() if supply is None else supply
        expect(readings, Readings)
        expect(calendar, Calendar)
        expect(contract, Contract)
        expect(supply, Supply)
        handle = _core.Site(name, readings.handle, calendar.handle, wire.text(contract), wire.text(supply))
        values = {
            "_handle": handle, "readings": readings, "name": name, "calendar": calendar, "contract": contract,
            "supply": supply,
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
        return _rebuild, (self.readings, self.name, self.calendar, self.contract, self.supply)

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
        >>> scores = site.anomaly_scores()
        >>> len(scores), int((scores > 4).sum())
        (35040, 557)
        """
        return self._handle.anomaly_scores()

    def __repr__(self) -> str:
        name = f" {self.name}" if self.name else ""
        supply = "" if self.supply == Supply() else f"; {self.supply!r}"
        return f"Site{name}: {self.readings.summary()}\n  calendar {self.calendar.name}; {self.contract!r}{supply}"

    def _repr_html_(self) -> str:
        return html.fragment(f"<pre>{html.escape(repr(self))}</pre>")


def _rebuild(
    readings: Readings, name: str | None, calendar: Calendar, contract: Contract, supply: Supply | None = None
) -> Site:
    return Site(readings, name=name, calendar=calendar, contract=contract, supply=supply)


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
