"""What is wrong or odd in what a user wrote: a tariff, a contract."""

from __future__ import annotations

import msgspec

__all__ = ["Problem"]


class Problem(msgspec.Struct, frozen=True):
    """One problem, with its place.

    Attributes
    ----------
    problem
        What was found, what was expected, and the remedy.
    field
        Path of the field, e.g. `versions[0].components[2].charge.energy.price`; None where it is the whole.
    line, column
        From 1, where it stands in a text.
    is_error
        Whether it cannot be used like that; otherwise it is odd, and can.
    """

    problem: str
    field: str | None = None
    line: int | None = None
    column: int | None = None
    is_error: bool = True

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}, column {self.column}: "
        return f"{place}{self.field}: {self.problem}" if self.field else f"{place}{self.problem}"
