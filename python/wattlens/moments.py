"""Steps and moments as a caller writes them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta

import numpy as np

from wattlens.errors import TimeError

__all__ = ["Moment", "moment_text", "step_s"]

Moment = str | date | datetime | np.datetime64

_STEP = re.compile(r"(\d*)\s*(s|sec|min|m|h|hour)s?", re.IGNORECASE)
_STEP_S = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600}


def step_s(step: str | float | timedelta) -> int:
    """Seconds of a step: `"15min"`, `"1h"`, a timedelta, or seconds.

    Raises
    ------
    TimeError
        Anything else, or a fraction of a second.

    Examples
    --------
    >>> step_s("15min"), step_s("1h"), step_s(1800)
    (900, 3600, 1800)
    """
    if isinstance(step, timedelta):
        step = step.total_seconds()
    if isinstance(step, str):
        match = _STEP.fullmatch(step.strip())
        if match:
            length = int(match[1] or 1) * _STEP_S[match[2].lower()]
            if length < 2**63:
                return length
    else:
        with suppress(TypeError, ValueError, OverflowError):
            if step == int(step) and abs(step) < 2**63:
                return int(step)
    raise TimeError(f"a step of {step!r} cannot be understood: expected e.g. '15min', '1h', 900 or a timedelta")


def moment_text(moment: Moment) -> str:
    """A date or a time as the core reads it; what has no offset is local."""
    if isinstance(moment, str):
        return moment
    if isinstance(moment, np.datetime64):
        return str(moment)
    if isinstance(moment, date):
        return moment.isoformat()
    raise TimeError(f"found {moment!r} of type {type(moment).__name__}, expected a date, a datetime or its text")
