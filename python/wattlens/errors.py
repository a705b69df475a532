"""What a call that makes no sense raises; odd readings are findings instead."""

__all__ = ["ReadingError", "SiteError", "TariffError", "TimeError", "WattlensError"]


class WattlensError(Exception):
    """A call that makes no sense; the message says what was found, what was expected and where."""


class ReadingError(WattlensError, ValueError):
    """A file or a table of readings that cannot be understood."""


class TimeError(WattlensError, ValueError):
    """A zone, a step, a stamp or a calendar that cannot be used."""


class TariffError(WattlensError, ValueError):
    """A tariff that cannot be used."""


class SiteError(WattlensError, ValueError):
    """A contract or a setting that makes no sense, or lacks what a call needs."""
