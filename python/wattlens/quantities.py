"""What a bill is made from: energy by period, reactive energy, demand, what the bills before hand on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from wattlens import _core, wire
from wattlens.errors import TariffError

__all__ = ["BillingQuantities", "Carried", "Certainty", "PastPeak"]

Certainty = Literal["proved", "stated", "assumed", "unverified"]


class PastPeak(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """The highest demand of an earlier bill, as it was measured.

    Of every component where it names none, of the whole bill where it names no period; the bill ran to before
    `until`, a month after `from_` where left out.
    """

    from_: date
    until: date | None = None
    component: str | None = None
    period: str | None = None
    demand: float


class Carried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a bill takes over from the bills before it: peaks, credits, the year's sum so far, unrounded.

    `until` is the first day after those bills; a bill that begins on another day knows neither credits nor sum.
    """

    until: date | None = None
    peaks: tuple[PastPeak, ...] = ()
    credit: dict[str, Decimal] = {}
    credit_kwh: dict[str, Decimal] = {}
    year_to_date: dict[str, Decimal] = {}


class BillingQuantities(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What a bill is made from: measured from readings, or entered from registers or a paper bill.

    Attributes
    ----------
    from_, until
        First date, and first date after.
    kwh, other_kwh
        Imported energy by period of the tariff's first schedule, and of further schedules that price energy [kWh].
    export_kwh
        Exported energy by period of the first schedule [kWh]; empty where not measured.
    import_kvarh, export_kvarh
        Reactive energy from and to the grid [kvarh]; None where not measured.
    power_factor_kwh
        Active energy of the intervals that have reactive readings too [kWh]; None takes all of `kwh`.
    demand_kw, demand_at, demand_origin
        Maximum demand [kW], the start of its interval [UTC seconds], and whether it was read from fixed
        blocks, a sliding window, the meter's register, or entered.
    by_component
        What single components bill beyond energy by period: by component, then by period or `all`.
    periods_certainty
        How certain it is which period a time belongs to; None where the energy was entered by period.
    missing_share, missing_h
        Share of the readings that is missing, 0 to 1; hours without a reading by period.
    estimated_kwh
        Part of `kwh` that rests on estimates [kWh].
    loss_kwh, loss_kvarh
        Transformer and line losses that are in `kwh` and in `import_kvarh`; None where none were added.
    carried
        What the bills before hand on.
    parts
        The same by version of the tariff, where the dates span a change.

    Examples
    --------
    >>> import wattlens as wl
    >>> quantities = wl.BillingQuantities.month("2025-08", kwh={"flat": 1000.0}, import_kvarh=300.0)
    >>> quantities.until
    datetime.date(2025, 9, 1)
    """

    from_: date
    until: date
    kwh: dict[str, float] = {}
    other_kwh: dict[str, float] = {}
    export_kwh: dict[str, float] = {}
    import_kvarh: float | None = None
    export_kvarh: float | None = None
    power_factor_kwh: float | None = None
    demand_kw: float | None = None
    demand_at: int | None = None
    demand_origin: Literal["block", "sliding", "register", "entered"] | None = None
    by_component: dict[str, dict[str, float]] = {}
    missing_share: float = 0.0
    missing_h: dict[str, float] = {}
    estimated_kwh: float = 0.0
    loss_kwh: float | None = None
    loss_kvarh: float | None = None
    periods_certainty: Certainty | None = None
    carried: Carried = Carried()
    parts: tuple[BillingQuantities, ...] = ()

    @classmethod
    def sum(cls, meters: Iterable[BillingQuantities]) -> BillingQuantities:
        """The quantities of several meters of one supply point as one, to be billed together.

        Energies, reactive energies and losses add, and so do demands: each incoming line's own maximum is
        billed. For a coincident demand, add the readings and bill once. What one meter has not measured, the sum
        does not have.

        Raises
        ------
        SiteError
            No meter; other dates, or another split at changes of the tariff, than the first.

        Examples
        --------
        >>> import wattlens as wl
        >>> lines = [wl.BillingQuantities.month("2025-08", kwh={"flat": kwh}, demand_kw=kwh / 20) for kwh in (8e3, 4e3)]
        >>> both = wl.BillingQuantities.sum(lines)
        >>> both.kwh, both.demand_kw
        ({'flat': 12000.0}, 600.0)
        """
        return msgspec.json.decode(_core.sum_of_quantities(wire.text(list(meters))), type=cls)

    def share(self, share: float) -> BillingQuantities:
        """A share of the quantities of a common meter, 0 to 1.

        Raises
        ------
        SiteError
            A share that is not between 0 and 1.

        Examples
        --------
        >>> import wattlens as wl
        >>> wl.BillingQuantities.month("2025-08", kwh={"flat": 1000.0}).share(0.4).kwh
        {'flat': 400.0}
        """
        return msgspec.json.decode(_core.share_of_quantities(wire.text(self), share), type=BillingQuantities)

    @classmethod
    def month(
        cls,
        month: str,
        *,
        kwh: Mapping[str, float],
        import_kvarh: float | None = None,
        export_kvarh: float | None = None,
        demand_kw: float | None = None,
    ) -> BillingQuantities:
        """Quantities of a calendar month, as a paper bill gives them.

        Raises
        ------
        TariffError
            A month that is not written `2025-08`.
        """
        try:
            first = date.fromisoformat(f"{month}-01")
            until = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        except ValueError:
            raise TariffError(f"found month {month!r}, expected e.g. '2025-08'") from None
        return cls(
            from_=first,
            until=until,
            kwh=dict(kwh),
            import_kvarh=import_kvarh,
            export_kvarh=export_kvarh,
            demand_kw=demand_kw,
            demand_origin=None if demand_kw is None else "entered",
        )

    @property
    def total_kwh(self) -> float:
        """All imported energy [kWh]."""
        return sum(self.kwh.values())
