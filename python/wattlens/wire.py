"""JSON, the form in which results and settings cross between the core, Python and files."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

__all__ = ["Result", "plain", "text"]


class Result(msgspec.Struct, frozen=True):
    """A result: never changed, and the same as JSON and as plain Python."""

    def to_json(self) -> str:
        """All of it as JSON; what cannot be known is null, money is decimal text."""
        return text(self)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain Python."""
        return dict(msgspec.to_builtins(self))


def text(value: object) -> str:
    """JSON text of a struct, a mapping or a sequence, also where it holds numpy's numbers.

    Examples
    --------
    >>> text({"kwh": np.float64(1.5), "days": np.int64(3)})
    '{"kwh":1.5,"days":3}'
    """
    return msgspec.json.encode(value, enc_hook=_plain).decode()


def _plain(value: Any) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"found {value!r} of type {type(value).__name__}, expected a number, a text or a date")


def plain(json: str) -> dict[str, Any]:
    """A JSON object as plain Python.

    Examples
    --------
    >>> plain('{"zone": "UTC"}')
    {'zone': 'UTC'}
    """
    return dict(msgspec.json.decode(json))
