"""Tariffs as data: bundled or your own, checked, with dates in force, sources and certainty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path
from typing import overload

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wattlens import _core, html, wire
from wattlens.bill import Bill, Origin, Words
from wattlens.bills import Bills, BillsRecord, MissingReadings
from wattlens.errors import TariffError
from wattlens.expect import expect
from wattlens.findings import Finding, Findings
from wattlens.frames import Fold, Stamp, read_frame
from wattlens.moments import Moment, moment_text, step_s
from wattlens.problems import Problem
from wattlens.quantities import BillingQuantities, Carried, Certainty
from wattlens.readings import Readings
from wattlens.site import Contract, Site
from wattlens.table import Table

Price = Decimal | str | float

__all__ = ["InForce", "NotCarried", "Tariff", "bundled_tariffs"]


class InForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Dates in force, half-open; `until` None is open."""

    from_: date
    until: date | None = None


class NotCarried(msgspec.Struct, frozen=True):
    """A field of another format that could not be carried over into a tariff.

    `value` is what stood there as text, maybe cut; `costs` says whether a bill can differ by it; `why` gives the reason
    and what to do.
    """

    field: str
    value: str
    costs: bool
    why: Words


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
    not_carried: tuple[NotCarried, ...] = ()


def _text(source: str | Path) -> tuple[str, str]:
    """The text of a JSON file, or the source where it begins as JSON does; and what to call it in messages."""
    if isinstance(source, str) and source.lstrip().startswith(("{", "[")):
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
            raise TypeError("tariffs are made by Tariff.load, Tariff.from_json or Tariff.from_urdb")
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

    @classmethod
    def from_urdb(cls, source: str | Path, *, label: str | None = None) -> Tariff:
        """A tariff from a rate of the OpenEI Utility Rate Database (URDB), as its interface gives it.

        Prices are `rate` + `adj`; the 12 × 24 tables become schedules by months and days of the week, without
        holidays. What cannot be carried over is in `not_carried`, and every bill says how many of those it can differ
        by. Certainty is `stated`: the database names the utility's document and is not that document.

        Parameters
        ----------
        source
            A JSON file, or its text where it begins with a brace or a bracket: one rate, `{"items": [...]}`, or a list.
        label
            The rate that is meant, where there are several.

        Raises
        ------
        TariffError
            Names the field and the remedy: several rates and no label, a table that is not 12 × 24, a period without a
            rate, limits that do not rise, a price below zero, more than 10 MB.
        FileNotFoundError
            A file that is not there.

        Examples
        --------
        >>> import json
        >>> import wattlens as wl
        >>> rate = {"label": "539f", "name": "Small plant", "country": "USA", "startdate": 1735718400,
        ...         "energyratestructure": [[{"rate": 0.10, "adj": 0.02}]],
        ...         "fixedchargefirstmeter": 25, "fixedchargeunits": "$/month", "dgrules": "Net Metering"}
        >>> tariff = wl.Tariff.from_urdb(json.dumps(rate))
        >>> tariff.period_prices()
        {'energy_1': Decimal('0.12')}
        >>> [one.field for one in tariff.not_carried]
        ['dgrules']
        """
        text, origin = _text(source)
        return cls(_core.Tariff.from_urdb(text, origin, label))

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
    def not_carried(self) -> tuple[NotCarried, ...]:
        """What could not be carried over from the format that it was made from; empty for tariffs written as such."""
        return self._head.not_carried

    @property
    def missing_prices(self) -> tuple[str, ...]:
        """Energy prices that have to be given before a template bills, by the names that `with_prices` takes."""
        return tuple(self._handle.missing_prices())

    def to_json(self) -> str:
        """Its JSON."""
        return self._handle.json()

    def assume_in_force(self) -> Tariff:
        """The same tariff, billed for any date as if it were in force; every bill then says so."""
        return Tariff(self._handle.assume_in_force())

    def with_prices(self, **prices: Price | Mapping[str, Price]) -> Tariff:
        """The same tariff with these energy prices [currency/kWh], by component or part of a price.

        One price, or one a month (`{"2026-08": …}`), or one a period (`{"peak": …}`) where they are listed by period. A
        table of published monthly prices takes them by month.

        Raises
        ------
        TariffError
            A name that is no energy component and no price table of the tariff, a negative price.

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

    def with_series(
        self,
        name: str,
        prices: ArrayLike | object,
        *,
        start: Moment | None = None,
        step: str | float | timedelta | None = None,
        zone: str | None = None,
        time: str | None = None,
        column: str | None = None,
        stamp: Stamp | None = None,
        fold: Fold = "by order",
    ) -> Tariff:
        """The same tariff with the prices of a series [currency/kWh], which may be negative.

        The prices have a step of their own. Readings finer than the prices take the price that they lie in; readings
        inside which the price changes are refused when billed. Energy without a price is not billed, and the bill
        says how much.

        Parameters
        ----------
        name
            Series that a component of the tariff names; see `series_names`.
        prices
            An array, with `start`, `step` and `zone`; NaN where a price is not known. Or a frame of pandas, polars,
            pyarrow or whatever offers an Arrow stream, with `column` and `time`, read as `Readings.from_table` does.
        start, step, zone
            Of an array: start of the first interval, length of an interval, IANA zone in which `start` is local.
            Of a frame: `step` and `zone` where its stamps do not tell them.
        time, column, stamp, fold
            Of a frame: column of the stamps (the index of a pandas frame without), column of the prices, which end of
            its interval a stamp names, and how local stamps that occur twice in autumn are taken.

        Raises
        ------
        TariffError
            A name that no component has, no price, a price that is no number.
        ReadingError, TimeError
            A frame that cannot be read.

        Examples
        --------
        >>> import wattlens as wl
        >>> tariff = wl.Tariff.from_json('''{"schema": 2, "id": "spot", "name": {"en": "Spot", "zh": "现货"},
        ...     "currency": "CNY", "certainty": "stated", "source": "contract", "versions": [{
        ...         "in_force": {"from": "2026-01-01"}, "components": [{
        ...             "id": "spot", "name": {"en": "Spot", "zh": "现货"}, "source": "exchange",
        ...             "certainty": "stated",
        ...             "charge": {"energy_series": {"series": "day_ahead", "adder": "0.02"}}}]}]}''')
        >>> tariff.missing_series
        ('day_ahead',)
        >>> priced = tariff.with_series("day_ahead", [0.31, -0.05], start="2026-01-01", step="1h", zone="Asia/Shanghai")
        >>> readings = wl.Readings.from_arrays(start="2026-01-01", step="15min", zone="Asia/Shanghai",
        ...                                    import_kwh=[1.0] * 8)
        >>> priced.prices(readings).round(2).tolist()
        [0.33, 0.33, 0.33, 0.33, -0.03, -0.03, -0.03, -0.03]
        """
        if column is not None:
            if start is not None:
                raise TariffError("start is of an array of prices; a frame has its stamps in time")
            channel = {"import_kwh": column}
            step_of = None if step is None else step_s(step)
            handle = read_frame(
                prices, channel, time=time, unit="kwh", zone=zone, stamp=stamp, step_s=step_of, fold=fold, gap="error"
            )
            values = handle.values("import_kwh")
            return Tariff(self._handle.with_series(name, handle.start, handle.step_s, values))
        if start is None or step is None or zone is None:
            raise TariffError("an array of prices needs start, step and zone; a frame needs column (and time)")
        try:
            array = np.ascontiguousarray(prices, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise TariffError(f"series {name}: expected numbers: {error}") from None
        if array.ndim != 1:
            raise TariffError(f"series {name}: found {array.ndim} dimensions, expected one")
        return Tariff(self._handle.with_series(name, _core.instant(moment_text(start), zone), step_s(step), array))

    @property
    def series_names(self) -> tuple[str, ...]:
        """Price series that its components take prices from."""
        return tuple(self._handle.series_names())

    @property
    def missing_series(self) -> tuple[str, ...]:
        """Price series that have to be given before it bills readings."""
        given = msgspec.json.decode(self._handle.given())["series"]
        return tuple(name for name in self.series_names if name not in given)

    def with_event_days(self, **days: Iterable[date | str]) -> Tariff:
        """The same tariff with the days on which its triggers hold, by trigger; an empty list where there were none.

        Raises
        ------
        TariffError
            A name that is no trigger of the tariff, a date that is none.
        """
        given = msgspec.json.decode(self._handle.given())
        given["event_days"] |= {name: [str(day) for day in of_trigger] for name, of_trigger in days.items()}
        # All other days are then known to be none, whatever temperatures said before.
        given["known_days"] = {name: known for name, known in given.get("known_days", {}).items() if name not in days}
        return Tariff(self._handle.with_given(wire.text(given)))

    def with_daily_maximum(self, **celsius: Mapping[date | str, float]) -> Tariff:
        """The same tariff with the days of its triggers worked out from daily maximum temperatures [°C], by trigger.

        A trigger holds on a day when it and the days before it, as many as the trigger says, reached its temperature.
        A day without a temperature is not taken for a cool one: readings of a day of which it cannot be told are not
        billed, and the error names the day.

        Raises
        ------
        TariffError
            A name that is no trigger of the tariff, a trigger whose days are announced, a temperature that is no
            number, a date that is none.

        Examples
        --------
        >>> import wattlens as wl
        >>> template = wl.Tariff.load("cn-guangdong-two-part-1-10kv-2026-08")
        >>> hot = template.with_daily_maximum(hot_day={"2026-10-01": 35.2, "2026-10-02": 33.9})
        """
        tariff = self._handle
        for trigger, of_day in celsius.items():
            expect(of_day, Mapping)
            days = {str(day): float(value) for day, value in of_day.items()}
            for day, value in days.items():
                if not isfinite(value):
                    raise TariffError(
                        f"tariff {self.id}, {trigger}: found {value} °C on {day}, expected a temperature; leave out "
                        "what is not known"
                    )
            tariff = tariff.with_daily_maximum(trigger, wire.text(days))
        return Tariff(tariff)

    @property
    def warnings(self) -> Findings:
        """What to check before relying on it: listed prices that factors or parts contradict, and what is not verified.

        Examples
        --------
        >>> import wattlens as wl
        >>> hubei = wl.Tariff.load("cn-hubei-two-part-110kv-2026-01")
        >>> [one.evidence["period"] for one in hubei.warnings.of("tariff.absolute_price")]
        ['peak']
        """
        return Findings(msgspec.json.decode(self._handle.warnings(), type=list[Finding]), currency=self.currency)

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
            With a site: what the bills before the first one hand on, a `wattlens.quantities.Carried`: the peaks that a
            ratchet looks back on, credits, the year's sum.

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
        count = sum(one.costs for one in self.not_carried)
        carried = f"; {count} not carried over that bills can differ by" if count else ""
        missing = f", prices to be given: {', '.join(self.missing_prices)}" if self.missing_prices else ""
        return (
            f"Tariff {self.id}: {self.name.en}\n"
            f"  in force {self.in_force.from_} to {until}{assumed}; {self.certainty}{missing}{carried}\n"
            f"  {self.source}"
        )

    def _repr_html_(self) -> str:
        return html.fragment(f"<pre>{html.escape(repr(self))}</pre>")


def bundled_tariffs() -> Table:
    """The bundled tariffs: id, title, currency, dates in force, certainty, prices to be given, source, notes.

    A tariff whose certainty is `unverified` rests on periods or prices that its source does not confirm; its notes say
    which, and so does every bill made with it.

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
            "notes": ["\n".join(note.en for note in one.notes) for one in tariffs],
            "notes_zh": ["\n".join(note.zh for note in one.notes) for one in tariffs],
        }
    )
