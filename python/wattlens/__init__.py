"""Load profiles, anomaly flags and monthly savings from electricity meter readings."""

from wattlens import simulate
from wattlens._core import __version__
from wattlens.anomalies import find_anomalies, find_departures, price_findings
from wattlens.bill import Bill
from wattlens.bills import Bills
from wattlens.calendar import Calendar
from wattlens.comparison import compare_tariffs, what_if
from wattlens.diagnosis import Diagnosis, diagnose
from wattlens.electrical import check_electrical
from wattlens.errors import ReadingError, SiteError, TariffError, TimeError, WattlensError
from wattlens.findings import Finding, Findings
from wattlens.inspection import Inspection, inspect
from wattlens.load_profile import Profile, profile
from wattlens.meters import Meters
from wattlens.price_change import price_change
from wattlens.quantities import BillingQuantities
from wattlens.reading import read, read_csv, read_meters
from wattlens.readings import Readings
from wattlens.reconciliation import PaperBill, reconcile, solve_prices
from wattlens.savings import Savings, estimate_savings
from wattlens.site import (
    Contract,
    LineLoss,
    LowSide,
    Site,
    Supply,
    Transformer,
    shape_factor,
)
from wattlens.table import Table
from wattlens.tariff import Tariff, bundled_tariffs

__all__ = [
    "Bill",
    "BillingQuantities",
    "Bills",
    "Calendar",
    "Contract",
    "Diagnosis",
    "Finding",
    "Findings",
    "Inspection",
    "LineLoss",
    "LowSide",
    "Meters",
    "PaperBill",
    "Profile",
    "ReadingError",
    "Readings",
    "Savings",
    "Site",
    "SiteError",
    "Supply",
    "Table",
    "Tariff",
    "TariffError",
    "TimeError",
    "Transformer",
    "WattlensError",
    "__version__",
    "bundled_tariffs",
    "check_electrical",
    "compare_tariffs",
    "diagnose",
    "estimate_savings",
    "find_anomalies",
    "find_departures",
    "inspect",
    "price_change",
    "price_findings",
    "profile",
    "read",
    "read_csv",
    "read_meters",
    "reconcile",
    "shape_factor",
    "simulate",
    "solve_prices",
    "what_if",
]
