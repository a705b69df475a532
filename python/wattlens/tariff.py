"""Tariffs as data: bundled or your own, checked, with dates in force, sources and certainty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from wattlens import _core, html, wire
from wattlens.bill import (
    Bill,
    BillingQuantities,
    Bills,
    BillsRecord,
    Carried,
    Certainty,
    MissingReadings,
    Origin,
    Words,
)
from wattlens.errors import TariffError
from wattlens.expect import expect
from wattlens.problems import Problem
from wattlens.readings import Readings
from wattlens.site import Contract, Site
from wattlens.table import Table

Price = Decimal | str | float

__all__ = ["InForce", "Tariff", "bundled_tariffs"]


class InForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Dates in force, half-open; `until` None is open."""

    from_: date
    until: date | None = None


class _Version(msgspec.Struct, frozen=True):
    in_force: InForce


class _Head(msgspec.Struct, frozen=True):
    id: str
    name: Words
    currency: str
    versions: tuple[_Version, ...]
    certainty: Certainty
    source: str
    notes: tuple[Words, ...] = ()


def _text(source: str | Path) -> tuple[str, str]:
    """The JSON text of a tariff, and where it is from."""
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return source, "JSON text"
    path = Path(source)
    try:
        return path.read_text(encoding="utf-8-sig"), str(path)
    except UnicodeDecodeError as error:
        raise TariffError(f"tariff {path}: not UTF-8 text: {error.reason} at byte {error.start}") from None


class Tariff:
    """A checked tariff.

    Load a bundled one by its id, or your own from JSON. A tariff bills only the dates it is in force for,
    unless `assume_in_force` says to bill as if it were; every bill then says so.

    Examples
    --------
    >>> import wattlens as wl
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08")
    >>> tariff.period_prices()["peak"]
    Decimal('0.801031')
    >>> bill = tariff.bill(
    ...     wl.BillingQuantities.month("2025-08", kwh={"sharp": 27531, "peak": 81516, "flat": 104580, "valley": 77487},
    ...                                import_kvarh=36472, export_kvarh=8051),
    ...     wl.Contract(capacity_kva=1260, demand_billing="capacity", power_factor_standard=0.90))
    >>> bill.total
    Decimal('207711.22')
    """

    __slots__ = ("_handle", "_head")
    _handle: _core.Tariff
    _head: _Head

    def __init__(self, handle: _core.Tariff) -> None:
        if not isinstance(handle, _core.Tariff):
            raise TypeError("tariffs are made by Tariff.load or Tariff.from_json")
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_head", msgspec.json.decode(handle.json(), type=_Head))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Tariff is never changed: cannot set {name}")

    def __reduce__(self) -> tuple[type[Tariff], tuple[_core.Tariff]]:
        return Tariff, (self._handle,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tariff) and self._handle == other._handle

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def load(cls, id: str) -> Tariff:  # noqa: A002 - the field's name
        """A bundled tariff.

        Raises
        ------
        TariffError
            An id that is not bundled; near ids are listed.
        """
        return cls(_core.Tariff.load(id))

    @classmethod
    def from_json(cls, source: str | Path) -> Tariff:
        """A tariff from a JSON file, or from its text where `source` begins with a brace.

        Raises
        ------
        TariffError
            Names the field and the remedy: unknown fields, gaps and overlaps of periods, negative prices.
        FileNotFoundError
            A file that is not there.
        """
        text, origin = _text(source)
        return cls(_core.Tariff(text, origin, "{}"))

    @staticmethod
    def check(source: str | Path) -> tuple[Problem, ...]:
        """All that is wrong with the JSON of a tariff and, where nothing is, all that is odd; empty for a sound one.

        Each has its field and its place. What does not depend on each other is told at once.

        Raises
        ------
        FileNotFoundError
            A file that is not there.

        Examples
        --------
        >>> import wattlens as wl
        >>> text = wl.Tariff.load("example-flat").to_json().replace("currency", "curency")
        >>> print(wl.Tariff.check(text)[0].field)
        curency
        """
        return msgspec.json.decode(_core.Tariff.problems(_text(source)[0]), type=tuple[Problem, ...])

    @staticmethod
    def json_schema() -> str:
        """The JSON Schema of tariffs, for editors; the package ships it as `tariff.schema.json`."""
        return msgspec.json.format(_core.Tariff.json_schema(), indent=2)

    @property
    def handle(self) -> _core.Tariff:
        """The core's handle."""
        return self._handle

    @property
    def id(self) -> str:
        """Id."""
        return self._head.id

    @property
    def name(self) -> Words:
        """Title."""
        return self._head.name

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return self._head.currency

    @property
    def in_force(self) -> InForce:
        """From the first version to the end of the last; versions can leave time between them."""
        versions = self._head.versions
        return InForce(versions[0].in_force.from_, versions[-1].in_force.until)

    @property
    def certainty(self) -> Certainty:
        """How certain its prices are."""
        return self._head.certainty

    @property
    def source(self) -> str:
        """Where it comes from."""
        return self._head.source

    @property
    def notes(self) -> tuple[Words, ...]:
        """What a user has to know."""
        return self._head.notes

    @property
    def missing_prices(self) -> tuple[str, ...]:
        """Energy prices that have to be given before a template bills."""
        return tuple(self._handle.missing_prices())

    def to_json(self) -> str:
        """Its JSON."""
        return self._handle.json()

    def assume_in_force(self) -> Tariff:
        """The same tariff, billed for any date as if it were in force; every bill then says so."""
        return Tariff(self._handle.assume_in_force())

    def with_prices(self, **prices: Price | Mapping[str, Price]) -> Tariff:
        """The same tariff with these energy prices [currency/kWh], by component: one, or one a month or period.

        Raises
        ------
        TariffError
            A name that is no energy component of the tariff, a negative price.

        Examples
        --------
        >>> import wattlens as wl
        >>> template = wl.Tariff.load("cn-fujian-two-part-1-10kv-2026-08")
        >>> template.missing_prices
        ('purchase', 'line_loss', 'system')
        >>> template.with_prices(purchase="0.38", line_loss="0.013", system="0.08").missing_prices
        ()
        """

        def text(name: str, price: Price) -> str:
            try:
                return str(Decimal(str(price)))
            except InvalidOperation:
                raise TariffError(f"tariff {self.id}, {name}: found {price!r}, expected a price") from None

        texts = {
            name: {key: text(name, one) for key, one in price.items()}
            if isinstance(price, Mapping)
            else text(name, price)
            for name, price in prices.items()
        }
        return Tariff(self._handle.with_prices(wire.text(texts)))

    def with_event_days(self, **days: Iterable[date | str]) -> Tariff:
        """The same tariff with the days on which its triggers hold, by trigger; an empty list where there were none.

        Raises
        ------
        TariffError
            A name that is no trigger of the tariff, a date that is none.
        """
        given = msgspec.json.decode(self._handle.given())
        given["event_days"] |= {name: [str(day) for day in of_trigger] for name, of_trigger in days.items()}
        return Tariff(self._handle.with_given(wire.text(given)))

    @property
    def needs(self) -> tuple[str, ...]:
        """What its charges can need of a contract and of readings, as codes."""
        return tuple(self._handle.needs())

    def period_prices(self) -> dict[str, Decimal]:
        """Price of one more kWh in each period [currency/kWh]: what the components charge for energy.

        Raises
        ------
        TariffError
            A template whose prices are still to be given.
        """
        return {period: Decimal(price) for period, price in self._handle.period_prices()}

    def prices(self, what: Site | Readings) -> NDArray[np.float64]:
        """Price of one more kWh in every interval [currency/kWh].

        What the components charge for energy at the interval's period, prices in blocks at the block that the month
        has reached; demand, power factor and shares of other lines are not in it. NaN where a price series has none.
        Readings alone have no holidays.

        Raises
        ------
        TariffError
            A template whose prices are still to be given; readings too coarse for the tariff's periods.
        """
        if isinstance(what, Site):
            return self._handle.prices(what.handle)
        expect(what, Readings)
        return self._handle.prices(Site(what).handle)

    @overload
    def bill(
        self,
        what: Site,
        *,
        reading_dates: Iterable[date | str] | None = None,
        missing: MissingReadings | None = None,
        carried: Carried | None = None,
    ) -> Bills: ...
    @overload
    def bill(self, what: BillingQuantities, contract: Contract) -> Bill: ...
    def bill(
        self,
        what: Site | BillingQuantities,
        contract: Contract | None = None,
        *,
        reading_dates: Iterable[date | str] | None = None,
        missing: MissingReadings | None = None,
        carried: Carried | None = None,
    ) -> Bills | Bill:
        """The bills of a site, one a billing period, or the bill of entered quantities.

        A period that the readings do not cover whole, or whose imported energy is negative or unsound, is not
        billed, and `not_billed` says so. Of missing readings every bill names the share and what it can come to.

        Parameters
        ----------
        what
            A site, or quantities.
        contract
            With quantities: the contract.
        reading_dates
            With a site: meter-reading dates; a bill runs from each to before the next. Calendar months without.
        missing
            With a site: what a bill does about missing readings. `bounds`: what was measured is billed, and
            `Bill.bounds` says what the bill can be. `refuse`: a period with any missing reading is not billed.
            `proportional`: a missing reading counts as the mean of those in the same period of the schedule, and
            `estimated_kwh` says how much rests on it. Without a policy it is `bounds`, and a period of which more
            than 5 % is missing is not billed; a named policy bills it.
        carried
            With a site: what the bills before the first one hand on.

        Raises
        ------
        TariffError
            Dates outside those in force; prices still to be given; a period that the tariff does not
            have; readings too coarse for its periods.
        SiteError
            A contract without what its billing mode needs.
        """
        if isinstance(what, Site):
            if contract is not None:
                raise TypeError("a Site has its own contract; give a contract only with BillingQuantities")
            options: dict[str, object] = {"missing": missing, "carried": carried or Carried()}
            if reading_dates is not None:
                options["periods"] = {"reading_dates": [str(day) for day in reading_dates]}
            text = self._handle.bill_site(what.handle, wire.text(options))
            record = msgspec.json.decode(text, type=BillsRecord)
            origin = Origin(self, what.readings.zone, what.calendar)
            return Bills(record, simulated=what.readings.is_simulated, origin=origin)
        expect(what, BillingQuantities)
        expect(contract, Contract, or_none=True)
        text = self._handle.bill(wire.text(what), wire.text(contract or Contract()))
        return msgspec.json.decode(text, type=Bill).made_with(Origin(self))

    def __repr__(self) -> str:
        until = f"before {self.in_force.until}" if self.in_force.until else "open"
        assumed = ", billed as if in force" if self._handle.is_assumed_in_force else ""
        missing = f", prices to be given: {', '.join(self.missing_prices)}" if self.missing_prices else ""
        return (
            f"Tariff {self.id}: {self.name.en}\n"
            f"  in force {self.in_force.from_} to {until}{assumed}; {self.certainty}{missing}\n"
            f"  {self.source}"
        )

    def _repr_html_(self) -> str:
        return html.fragment(f"<pre>{html.escape(repr(self))}</pre>")


def bundled_tariffs() -> Table:
    """The bundled tariffs: id, title, currency, dates in force, certainty, source.

    Examples
    --------
    >>> import wattlens as wl
    >>> "cn-fujian-two-part-1-10kv-2025-08" in wl.bundled_tariffs().to_dict()["id"]
    True
    """
    tariffs = [Tariff.load(id) for id in _core.bundled_tariffs()]  # noqa: A001
    return Table(
        {
            "id": [one.id for one in tariffs],
            "name": [one.name.en for one in tariffs],
            "name_zh": [one.name.zh for one in tariffs],
            "currency": [one.currency for one in tariffs],
            "from": [one.in_force.from_.isoformat() for one in tariffs],
            "until": [one.in_force.until.isoformat() if one.in_force.until else None for one in tariffs],
            "certainty": [one.certainty for one in tariffs],
            "prices_to_give": [", ".join(one.missing_prices) or None for one in tariffs],
            "source": [one.source for one in tariffs],
        }
    )
