"""Load profiles, anomaly flags and monthly savings from electricity meter readings."""

from wattlens._core import __version__
from wattlens.calendar import Calendar
from wattlens.errors import ReadingError, SiteError, TariffError, TimeError, WattlensError
from wattlens.findings import Finding, Findings
from wattlens.readings import Readings, read_csv
from wattlens.table import Table

__all__ = [
    "Calendar",
    "Finding",
    "Findings",
    "ReadingError",
    "Readings",
    "SiteError",
    "Table",
    "TariffError",
    "TimeError",
    "WattlensError",
    "__version__",
    "read_csv",
]
