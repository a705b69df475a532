"""A seeded simulator of a factory: demo, fixture, and ground truth. Its readings say that they are simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from wattlens import _core, wire
from wattlens.calendar import Calendar
from wattlens.expect import expect
from wattlens.readings import Readings
from wattlens.site import Contract, Site, Supply

__all__ = ["Fault", "Simulation", "Truth", "demo_site", "plant", "random_faults"]

FaultKind = Literal[
    "spike", "drop", "stuck_value", "gap", "zero_run", "unusual_hours", "night_base_rise", "work_on_holiday"
]
# Of voltages and currents; they need a plant with `electrical`.
ElectricalFaultKind = Literal[
    "loss_of_voltage",
    "phase_failure",
    "current_transformer_open",
    "current_transformer_reversed",
    "current_transformer_shunted",
    "phases_swapped",
    "wrong_ratio",
    "over_voltage",
    "under_voltage",
    "voltage_unbalance",
    "over_current",
    "transformer_overload",
    "reverse_power",
    "neutral_current",
]
Phase = Literal["l1", "l2", "l3"]


class Fault(msgspec.Struct, frozen=True):
    """Something that goes wrong.

    Attributes
    ----------
    kind
        What.
    start
        UTC seconds.
    length_s
        Length [s].
    size
        Spike, unusual hours, night-base rise: load added [kW]. Drop: share of the load lost. Work on a
        holiday: share of a full workday's production. The meter's own faults have none. Loss of voltage:
        share of the voltage left, up to 0.6. Shunted transformer: share of the current that is seen. Wrong
        ratio: factor of the powers. Over- and under-voltage: factor of the voltages. Voltage unbalance:
        distance of two phases as a share. Over-current: share of the meter's maximum current. Overload and
        neutral current: share of the transformer's rating. Reverse power: share of the ordinary power.
    phase
        Of an electrical fault, `l1` where none is given; of swapped phases the one that is still right.
    """

    kind: FaultKind | ElectricalFaultKind
    start: int
    length_s: int
    size: float = 0.0
    phase: Phase | None = None


class Truth(msgspec.Struct, frozen=True):
    """What a fault did: its span [UTC seconds], the energy it added [kWh], None for a gap, and its phase."""

    kind: FaultKind | ElectricalFaultKind
    start: int
    end: int
    kwh: float | None
    phase: Phase | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """Simulated readings, the truth of their faults, and the outdoor temperature [°C] of every interval.

    `supply` is what the simulated meter and transformer are, for a `Site`; None without voltages and currents.
    """

    readings: Readings
    truth: tuple[Truth, ...]
    temperature_celsius: NDArray[np.float64]
    supply: Supply | None = None


def plant(*, calendar: Calendar | None = None, faults: Sequence[Fault] = (), **settings: Any) -> Simulation:
    """Simulate a plant; the same settings give the same readings, bit for bit.

    Parameters
    ----------
    calendar
        Holidays are off, make-up workdays worked, and the Spring Festival shuts the plant down for longer
        than its statutory days. Without it every week is alike.
    faults
        What goes wrong; they must not overlap.
    **settings
        Of the plant: `seed`, `first` (date), `days`, `step_s`, `zone`, `base_kw`, `production_kw`, `shifts`,
        `capacitor_kvar` and others; the default is a two-shift machine works on 1250 kVA in 2025.
        `electrical`, a mapping that may be empty, adds voltages, currents, powers and power factors of the
        phases: `nominal_v` (220), `phase_shares`, `voltage_noise`, `voltage_drop_share`, `ct_ratio` and others.

    Raises
    ------
    SiteError
        A setting that is unknown or has no meaning, by name.

    Examples
    --------
    >>> import wattlens as wl
    >>> simulation = wl.simulate.plant(seed=7, days=14)
    >>> simulation.readings.provenance["source"].value
    'simulated'

    A phase's current transformer the wrong way round, and what the electrical rules say:

    >>> fault = wl.simulate.Fault("current_transformer_reversed", 1_736_000_100, 3 * 86_400, phase="l2")
    >>> simulation = wl.simulate.plant(days=14, electrical={}, faults=[fault])
    >>> found = wl.check_electrical(wl.Site(simulation.readings, supply=simulation.supply))
    >>> [one.evidence["phase"] for one in found if one.code == "electrical.ct_reversed"]
    ['phase_l2']
    """
    readings, truth, celsius, supply = _core.simulate_plant(
        wire.text(settings), _handle(calendar), wire.text(list(faults))
    )
    return Simulation(
        Readings(readings),
        msgspec.json.decode(truth, type=tuple[Truth, ...]),
        celsius,
        None if supply is None else msgspec.json.decode(supply, type=Supply),
    )


def random_faults(
    fault_seed: int,
    kinds: Sequence[FaultKind | ElectricalFaultKind],
    *,
    calendar: Calendar | None = None,
    **settings: Any,
) -> tuple[Fault, ...]:
    """One fault of each kind, of random size and place, at least a day apart.

    Parameters
    ----------
    fault_seed
        Of the faults; `seed` among the settings is the plant's.
    kinds
        What goes wrong.
    calendar, **settings
        As of `plant`; faults are placed where they mean something, such as a worked holiday on a holiday.

    Raises
    ------
    SiteError
        A setting without a meaning, or no room for the faults.

    Examples
    --------
    >>> import wattlens as wl
    >>> faults = wl.simulate.random_faults(3, ["spike", "gap"], seed=7, days=60)
    >>> sorted(fault.kind for fault in faults)
    ['gap', 'spike']
    """
    encode = msgspec.json.encode
    text = _core.random_faults(fault_seed, encode(settings).decode(), _handle(calendar), encode(list(kinds)).decode())
    return msgspec.json.decode(text, type=tuple[Fault, ...])


def _handle(calendar: Calendar | None) -> _core.Calendar:
    expect(calendar, Calendar, or_none=True)
    return (calendar or Calendar.weekends()).handle


def demo_site() -> Site:
    """The demo plant: a simulated year 2025 of a two-shift factory in China, with a handful of faults."""
    settings, faults = _core.demo_plant()
    decoded: dict[str, Any] = msgspec.json.decode(settings)
    calendar = Calendar.country("CN")
    simulation = plant(calendar=calendar, faults=msgspec.json.decode(faults, type=list[Fault]), **decoded)
    contract = Contract(capacity_kva=decoded["capacity_kva"], demand_billing="capacity", power_factor_standard=0.90)
    return Site(simulation.readings, name="Demo plant (simulated)", calendar=calendar, contract=contract)
