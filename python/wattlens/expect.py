"""What a call takes: a wrong object or word is told by what was found and what was expected."""

from __future__ import annotations

from wattlens.errors import ReadingError

__all__ = ["expect", "one_of"]

_HOW = {
    "BillingQuantities": 'a Site or BillingQuantities: wl.BillingQuantities.month("2025-08", kwh={...})',
    "Bill": "a Bill, Bills or several: tariff.bill(...)",
    "Calendar": 'a Calendar: wl.Calendar.country("CN")',
    "Contract": "a Contract: wl.Contract(...)",
    "Mapping": 'a dict by date: {"2026-10-01": 35.2}',
    "PaperBill": "a PaperBill: wl.PaperBill(total=...)",
    "ProfileSettings": "ProfileSettings",
    "Readings": "Readings; make them with wattlens.read_csv, Readings.from_table or Readings.from_arrays",
    "Site": "a Site: wl.Site(readings)",
    "Tariff": "a Tariff: wl.Tariff.load(...) or wl.Tariff.from_json(...)",
}


def expect(value: object, kind: type, *, or_none: bool = False) -> None:
    """Refuse what is not of a kind; `or_none` takes None too.

    Raises
    ------
    TypeError
        What was found, and how what was expected is made.

    Examples
    --------
    >>> import wattlens as wl
    >>> expect("CN", wl.Calendar)
    Traceback (most recent call last):
    TypeError: found str 'CN', expected a Calendar: wl.Calendar.country("CN")
    """
    if not (isinstance(value, kind) or (or_none and value is None)):
        found = f"str {value!r}" if isinstance(value, str) else type(value).__name__
        raise TypeError(f"found {found}, expected {_HOW[kind.__name__]}")


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> str | None:
    """One of the words that an option takes, in any case; None is left to be found out.

    Raises
    ------
    ReadingError
        Another word; the allowed ones are listed.

    Examples
    --------
    >>> one_of("unit", "kW", ("kwh", "kw"))
    'kw'
    """
    if value is None or (isinstance(value, str) and value.lower() in allowed):
        return None if value is None else str(value).lower()
    raise ReadingError(f"found {name}={value!r}, expected one of {', '.join(map(repr, allowed))}")
