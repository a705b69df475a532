"""What the core is told: JSON text of settings, contracts and quantities, also where they hold numpy's numbers."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

__all__ = ["text"]


def text(value: object) -> str:
    """JSON text of a struct, a mapping or a sequence.

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
