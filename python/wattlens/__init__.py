"""Load profiles, anomaly flags and monthly savings from electricity meter readings."""

from wattlens import simulate
from wattlens._core import __version__
from wattlens.calendar import Calendar
from wattlens.diagnosis import Diagnosis, diagnose
from wattlens.errors import ReadingError, SiteError, TariffError, TimeError, WattlensError
from wattlens.findings import Finding, Findings
from wattlens.load_profile import Profile, profile
from wattlens.readings import Readings, read_csv
from wattlens.savings import Savings, estimate_savings
from wattlens.site import Contract, Site, find_anomalies, price_findings
from wattlens.table import Table
from wattlens.tariff import Bill, BillingQuantities, Bills, Tariff, bundled_tariffs

__all__ = [
    "Bill",
    "BillingQuantities",
    "Bills",
    "Calendar",
    "Contract",
    "Diagnosis",
    "Finding",
    "Findings",
    "Profile",
    "ReadingError",
    "Readings",
    "Savings",
    "Site",
    "SiteError",
    "Table",
    "Tariff",
    "TariffError",
    "TimeError",
    "WattlensError",
    "__version__",
    "bundled_tariffs",
    "diagnose",
    "estimate_savings",
    "find_anomalies",
    "price_findings",
    "profile",
    "read_csv",
    "simulate",
]
