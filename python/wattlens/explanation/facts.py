"""What the core says of a bill beside its lines: steps of the arithmetic, windows of the periods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from wattlens import wire
from wattlens.bill import Bill, Origin, Words
from wattlens.quantities import Certainty

__all__ = ["BillFacts", "DayWindows", "PeriodsInForce", "Sheet", "Step", "facts_of", "sheet_of"]


class Step(msgspec.Struct, frozen=True):
    """One step of the arithmetic that leads to a component's lines."""

    code: str
    component: str
    dates: tuple[date, date] | None
    facts: dict[str, Any]


class PeriodWindows(msgspec.Struct, frozen=True):
    """The windows of one period on some days, `10:00-12:00`."""

    period: str
    windows: tuple[str, ...]


class DayWindows(msgspec.Struct, frozen=True):
    """Days that have the same windows."""

    dates: tuple[date, ...]
    periods: tuple[PeriodWindows, ...]


class PeriodsInForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A schedule on the dates of a bill."""

    schedule: str
    from_: date
    until: date
    source: str | None
    factors: dict[str, Decimal]
    lacks_calendar: bool
    days: tuple[DayWindows, ...]


class BillFacts(msgspec.Struct, frozen=True):
    """What stands behind a bill's lines."""

    steps: tuple[Step, ...]
    periods: tuple[PeriodsInForce, ...]


class Customer(msgspec.Struct, frozen=True):
    """Whom a tariff is for."""

    class_: Words | None = msgspec.field(default=None, name="class")
    voltage: str | None = None


class InForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Dates in force, half-open."""

    from_: date
    until: date | None = None


class Version(msgspec.Struct, frozen=True):
    """One version of a tariff."""

    in_force: InForce
    source: str | None = None


class Sheet(msgspec.Struct, frozen=True):
    """The head of a tariff."""

    id: str
    name: Words
    currency: str
    certainty: Certainty
    source: str
    versions: tuple[Version, ...]
    utility: Words | None = None
    customer: Customer = Customer()
    notes: tuple[Words, ...] = ()

    def documents(self, bill: Bill) -> list[str]:
        """The tariff's source, and those of the versions that the bill touches."""
        first, until = bill.quantities.from_, bill.quantities.until
        touched = [
            version.source
            for version in self.versions
            if version.in_force.from_ < until and (version.in_force.until is None or version.in_force.until > first)
        ]
        return list(dict.fromkeys([self.source, *(source for source in touched if source)]))


def facts_of(bill: Bill, origin: Origin) -> BillFacts:
    """What stands behind the lines of a bill."""
    calendar = origin.calendar.handle if origin.calendar else None
    text = origin.tariff.handle.explain(wire.text(bill.quantities), wire.text(bill.contract), calendar)
    return msgspec.json.decode(text, type=BillFacts)


def sheet_of(origin: Origin) -> Sheet:
    """The head of the tariff that a bill was made with."""
    return msgspec.json.decode(origin.tariff.to_json(), type=Sheet)
