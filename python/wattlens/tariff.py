"""Tariffs as data: bundled or your own, checked, with dates in force, sources and certainty."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from wattlens import _core, html, wire
from wattlens.bill import Bill, BillingQuantities, Bills, BillsRecord, Certainty, Words
from wattlens.errors import TariffError
from wattlens.expect import expect
from wattlens.readings import Readings
from wattlens.site import Contract, Site
from wattlens.table import Table

__all__ = ["InForce", "Tariff", "bundled_tariffs"]


class InForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Dates in force, half-open; `until` None is open."""

    from_: date
    until: date | None = None


class _Head(msgspec.Struct, frozen=True):
    id: str
    name: Words
    currency: str
    in_force: InForce
    certainty: Certainty
    source: str
    notes: tuple[Words, ...] = ()


class Tariff:
    """A checked tariff.

    Load a bundled one by its id, or your own from JSON. A tariff bills only the dates it is in force for,
    unless `assume_in_force` says to bill as if it were; every bill then says so.

    Examples
    --------
    >>> import wattlens as wl
    >>> tariff = wl.Tariff.load("cn-fujian-two-part-1-10kv-2025-08")
    >>> tariff.prices()["peak"]
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
        if isinstance(source, str) and source.lstrip().startswith("{"):
            return cls(_core.Tariff(source, "JSON text", False))  # noqa: FBT003
        path = Path(source)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise TariffError(f"tariff {path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
        return cls(_core.Tariff(text, str(path), False))  # noqa: FBT003

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
        """Dates in force."""
        return self._head.in_force

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

    def with_prices(self, **prices: Decimal | str | float) -> Tariff:
        """The same tariff with these energy prices [currency/kWh], by component.

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
        texts = {name: str(price) for name, price in prices.items()}
        for name, price in texts.items():
            try:
                Decimal(price)
            except InvalidOperation:
                raise TariffError(f"tariff {self.id}, {name}: found {price!r}, expected a price") from None
        return Tariff(self._handle.with_prices(wire.text(texts)))

    def prices(self) -> dict[str, Decimal]:
        """Price of one more kWh in each period [currency/kWh]: the sum of the energy components.

        Raises
        ------
        TariffError
            A template whose prices are still to be given.
        """
        return {period: Decimal(price) for period, price in self._handle.period_prices()}

    def interval_prices(self, readings: Readings) -> NDArray[np.float64]:
        """Price of one more kWh in every interval of the readings [currency/kWh].

        Raises
        ------
        TariffError
            A template whose prices are still to be given; readings too coarse for the tariff's periods.
        """
        expect(readings, Readings)
        return self._handle.interval_prices(readings.handle)

    @overload
    def bill(self, what: Site) -> Bills: ...
    @overload
    def bill(self, what: BillingQuantities, contract: Contract) -> Bill: ...
    def bill(self, what: Site | BillingQuantities, contract: Contract | None = None) -> Bills | Bill:
        """The bills of a site, one a calendar month, or the bill of entered quantities.

        A month that the readings do not cover whole, of which more than 5 % of the readings are
        missing, or whose imported energy is negative is not billed, and `not_billed` says so. Below that
        the measured energy is billed, and the bill names the share that is missing: it is then a lower bound.

        Parameters
        ----------
        what
            A site, or quantities.
        contract
            With quantities: the contract.

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
            record = msgspec.json.decode(what.handle.bills(self._handle), type=BillsRecord)
            return Bills(record, simulated=what.readings.is_simulated)
        expect(what, BillingQuantities)
        expect(contract, Contract, or_none=True)
        text = self._handle.bill(wire.text(what), wire.text(contract or Contract()))
        return msgspec.json.decode(text, type=Bill)

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
