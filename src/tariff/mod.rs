//! What electricity costs: tariffs as data, and bills in two steps, quantities and then lines.
//!
//! [`Sheet`] is the JSON of a tariff; [`Tariff`] is checked. [`component`](self) kinds charge, each in a file of
//! its own: [`Charge`]. [`measure_quantities`] measures what they bill, [`charge`] makes the lines, [`Tariff::bill`]
//! and [`Tariff::bill_site`] put them into bills.

mod account;
mod bill;
mod billable;
mod billing_periods;
mod book;
mod bounds;
mod carried;
mod change;
mod charge;
mod check;
mod compare;
mod component;
mod day_energy;
mod explanation;
mod gaps;
mod library;
mod line_group;
mod losses;
mod measuring;
mod metering;
mod meters;
mod options;
mod price_index;
mod prices;
mod quantities;
mod rate;
mod reconcile;
mod schedule;
mod schema;
mod series;
mod sheet;
mod sums;
mod tables;
#[allow(clippy::module_inception)] // the tariff itself
mod tariff;
mod triggers;
mod urdb;
mod warnings;

/// Whether a part of a tariff makes sense; else its field and the problem.
pub(crate) type Checked<T = ()> = std::result::Result<T, (String, String)>;

pub use bill::{Bill, Bills, Line, NotBilled};
pub(crate) use billable::Billable;
pub use billing_periods::BillingPeriods;
pub use book::Charged;
pub(crate) use book::to_f64;
pub use bounds::Bounds;
pub use carried::{Carried, PastPeak};
pub use change::{
    Against, Cause, ChangePart, ChangeSide, DayChange, PeriodChange, PriceChange, explain_change, explain_changes,
};
pub use charge::{Settled, charge};
pub use compare::{TariffComparison, TariffOption, WhatIf, WhatIfs, compare_tariffs, what_if};
pub use component::{
    BasicCharge, BlockLimits, Charge, CoincidentPeakCharge, ComposedEnergyCharge, Counts, Credit, CreditYearEnd,
    DemandCharge, DemandUnit, DeviationCharge, DeviationPrice, EnergyCharge, EnergySeriesCharge, EnergyTiers, Excess,
    ExcessMethod, ExportCharge, FixedCharge, IndexedPrice, LoadFactorDiscount, LookBack, MinimumBill, NetBilling,
    NetMetering, PeakWindow, Per, PowerFactorAdjustment, PowerFactorBand, PowerFactorPenalty, PricePart, Ratchet,
    ReactiveCharge, ReactiveDirection, RetailCharge, RetailPricing, RolloverYearEnd, SharedSpread, SubscribedCharge,
    Surcharge, Times, adjustment_basis_points, billed_hundredths, saturation_hundredths,
};
pub use day_energy::DayEnergy;
pub use explanation::{BillFacts, DayWindows, PeriodWindows, PeriodsInForce, Step};
pub use library::{bundled, load};
pub use line_group::LineGroup;
pub use losses::shape_factor;
pub use metering::measure_quantities;
pub(crate) use metering::measure_reactive;
pub use options::{BillingOptions, MissingReadings};
pub use price_index::PriceIndex;
pub use prices::price_findings;
pub use quantities::{BillingQuantities, DemandOrigin};
pub use rate::{Block, Rate, Tier};
pub use reconcile::{
    Compared, ComparedEnergy, Evidence, Hypothesis, NotTried, Outcome, PaperBill, PaperLine, PricedBill,
    Reconciliation, SolvedPrice, SolvedPrices, reconcile, solve_prices,
};
pub use schedule::{Clock, DayKind, Holidays, PeriodRule, Schedule, Season, TypicalDay, Window, YearDays};
pub use series::PriceSeries;
pub use sheet::{Certainty, Component, Customer, InForce, NotCarried, PriceTables, Sheet, Trigger, Version, Words};
pub use tables::PeriodTable;
pub use tariff::{Given, GivenPrice, SCHEMA, Tariff};
