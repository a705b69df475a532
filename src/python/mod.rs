//! The Python extension module `wattlens._core`: handles, arrays, Arrow tables, and JSON for every other result.
//!
//! This layer imports all the others and none imports it. It holds no formula; what it returns as JSON
//! becomes typed, frozen classes in the Python package.

mod arrow;
mod calendar;
mod errors;
mod market;
mod meters;
mod reading;
mod readings;
mod rows;
mod simulate;
mod site;
mod table;
mod tariff;

#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::arrow::arrow_stream;
    #[pymodule_export]
    use super::calendar::Calendar;
    #[pymodule_export]
    use super::market::{compare_tariffs, explain_change, explain_changes, what_if};
    #[pymodule_export]
    use super::meters::{coincidence, csv_bytes, difference, harmless, join, sum_of, write_csv_file};
    #[pymodule_export]
    use super::reading::{formats, inspect, inspect_bytes, read, read_bytes};
    #[pymodule_export]
    use super::readings::Readings;
    #[pymodule_export]
    use super::simulate::{demo_plant, random_faults, simulate_plant};
    #[pymodule_export]
    use super::site::Site;
    #[pymodule_export]
    use super::tariff::Tariff;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    /// Every channel's name and the symbol of its unit, in their order.
    #[pyfunction]
    fn channel_units() -> Vec<(&'static str, &'static str)> {
        crate::readings::Channel::every().map(|channel| (channel.name(), channel.unit())).collect()
    }

    /// The words of the flags, by number.
    #[pyfunction]
    fn flag_names() -> Vec<&'static str> {
        crate::readings::Flag::ALL.map(crate::readings::Flag::name).to_vec()
    }

    /// Version of the IANA time zone data in use.
    #[pyfunction]
    fn tzdb_version() -> &'static str {
        crate::time::tzdb_version()
    }

    /// Every code that a finding can have.
    #[pyfunction]
    fn finding_codes() -> Vec<&'static str> {
        crate::finding::CODES.to_vec()
    }

    /// Every other code that has words: tasks, needs, measures, assumptions and reasons of verdicts.
    #[pyfunction]
    fn other_codes() -> Vec<String> {
        let kinds: [(&str, &[&str]); 4] = [
            ("task", crate::finding::TASKS),
            ("needs", crate::finding::NEEDS),
            ("measure", crate::measure::MEASURES),
            ("assumption", crate::measure::ASSUMPTIONS),
        ];
        let reasons = crate::quality::REASONS.iter().map(|code| (*code).to_owned());
        let told = kinds.iter().flat_map(|(kind, codes)| codes.iter().map(move |code| format!("{kind}.{code}")));
        told.chain(reasons).collect()
    }

    /// Every rule of quality as JSON: name, what it looks at, source, its numbers with their sources, codes.
    #[pyfunction]
    fn quality_rules() -> PyResult<String> {
        let rules: Vec<_> = crate::quality::RULES
            .iter()
            .map(|rule| {
                let numbers: std::collections::BTreeMap<_, _> =
                    rule.numbers.iter().map(|number| (number.name, number.source)).collect();
                serde_json::json!({
                    "name": rule.name, "looks_at": rule.looks_at, "source": rule.source, "numbers": numbers,
                    "codes": rule.codes,
                })
            })
            .collect();
        super::errors::json(&rules)
    }

    /// Ids of the bundled tariffs.
    #[pyfunction]
    fn bundled_tariffs() -> Vec<&'static str> {
        crate::tariff::bundled()
    }

    /// The quantities of several meters as one, as JSON.
    #[pyfunction]
    fn sum_of_quantities(meters: &str) -> PyResult<String> {
        let meters: Vec<crate::tariff::BillingQuantities> = super::errors::from_json("quantities", meters)?;
        super::errors::json(&crate::tariff::BillingQuantities::sum(&meters)?)
    }

    /// A share of quantities, as JSON.
    #[pyfunction]
    fn share_of_quantities(quantities: &str, share: f64) -> PyResult<String> {
        let quantities: crate::tariff::BillingQuantities = super::errors::from_json("quantities", quantities)?;
        super::errors::json(&quantities.share(share)?)
    }

    /// Load-shape factor of apparent powers; `None` without load.
    #[pyfunction]
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn shape_factor(kva: numpy::PyReadonlyArray1<'_, f64>) -> Option<f64> {
        crate::tariff::shape_factor(&kva.as_array().to_vec())
    }

    /// Everything wrong or odd in a contract, as JSON.
    #[pyfunction]
    fn contract_problems(contract: &str) -> PyResult<String> {
        let contract: crate::site::Contract = super::errors::from_json("contract", contract)?;
        super::errors::json(&contract.problems())
    }

    /// Everything wrong in a supply, as JSON.
    #[pyfunction]
    fn supply_problems(supply: &str) -> PyResult<String> {
        let supply: crate::site::Supply = super::errors::from_json("supply", supply)?;
        super::errors::json(&supply.problems())
    }

    /// Every electrical rule as JSON: name, code, what it looks at, names of its figures.
    #[pyfunction]
    fn electrical_rules() -> PyResult<String> {
        let rules: Vec<_> = crate::electrical::RULES
            .iter()
            .map(|rule| {
                serde_json::json!({
                    "name": rule.name, "code": rule.code, "looks_at": rule.looks_at, "figures": rule.figures,
                })
            })
            .collect();
        super::errors::json(&rules)
    }

    /// UTC seconds of a date, a local date and time, or one with its offset.
    #[pyfunction]
    fn instant(text: &str, zone: &str) -> PyResult<i64> {
        Ok(super::rows::instant(text, &crate::time::Zone::named(zone)?)?)
    }

    /// Up to three candidates that are like a name, best first.
    #[pyfunction]
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn near_names(name: &str, candidates: Vec<String>) -> Vec<String> {
        crate::error::nearest(name, candidates.iter().map(String::as_str))
    }
}
