//! What electricity costs: tariffs as data, and bills in two steps, quantities and then lines.

mod bill;
mod charge;
mod library;
mod model;
mod power_factor;
mod price_findings;
mod quantities;
mod schedule;

pub(crate) use bill::Billable;
pub use bill::{Bill, Bills, Line, NotBilled};
pub(crate) use charge::to_f64;
pub use charge::{Charge, charge};
pub use library::{bundled, load};
pub use model::{BasicCharge, Certainty, Component, EnergyCharge, InForce, PowerFactorAdjustment, Tariff, Words};
pub use power_factor::{adjustment_basis_points, billed_hundredths, saturation_hundredths};
pub use price_findings::price_findings;
pub(crate) use quantities::measure_reactive;
pub use quantities::{BillingQuantities, DemandOrigin, measure_quantities};
pub use schedule::{Clock, PeriodRule, Periods, Window};
