//! What electricity costs: tariffs as data, and bills in two steps, quantities and then lines.
//!
//! [`Sheet`] is the JSON of a tariff; [`Tariff`] is checked. [`component`](self) kinds charge, each in a file of
//! its own: [`Charge`]. [`measure_quantities`] measures what they bill, [`charge`] makes the lines, [`Tariff::bill`]
//! and [`Tariff::bill_site`] put them into bills.

mod account;
mod bill;
mod book;
mod carried;
mod charge;
mod check;
mod component;
mod library;
mod measuring;
mod options;
mod prices;
mod quantities;
mod rate;
mod schedule;
mod schema;
mod series;
mod sheet;
#[allow(clippy::module_inception)] // the tariff itself
mod tariff;

/// Whether a part of a tariff makes sense; else its field and the problem.
pub(crate) type Checked<T = ()> = std::result::Result<T, (String, String)>;

pub(crate) use bill::Billable;
pub use bill::{Bill, Bills, Line, NotBilled};
pub use book::Charged;
pub(crate) use book::to_f64;
pub use carried::{Carried, PastPeak};
pub use charge::{Settled, charge};
pub use component::{
    BasicCharge, Charge, DemandCharge, DemandUnit, EnergyCharge, FixedCharge, LoadFactorDiscount, Per,
    PowerFactorAdjustment, Times, adjustment_basis_points, billed_hundredths, saturation_hundredths,
};
pub use library::{bundled, load};
pub use options::{BillingOptions, MissingReadings};
pub use prices::price_findings;
pub(crate) use quantities::measure_reactive;
pub use quantities::{BillingPeriods, BillingQuantities, DemandOrigin, measure_quantities};
pub use rate::{Block, Rate, Tier};
pub use schedule::{Clock, DayKind, Holidays, PeriodRule, Schedule, Season, TypicalDay, Window, YearDays};
pub use series::PriceSeries;
pub use sheet::{Certainty, Component, Customer, InForce, Sheet, Trigger, Version, Words};
pub use tariff::{Given, GivenPrice, SCHEMA, Tariff};
