//! Columns that sum the meters of a row up: known by their names, checked by arithmetic.

use crate::finding::{Finding, Severity};

/// Rows that are checked.
const CHECKED: usize = 10_000;
/// This share of them must agree.
const NEARLY_ALL: f64 = 0.95;
/// A summary is rounded when it is written.
const RELATIVE: f64 = 1e-3;
const ABSOLUTE: f64 = 0.006;

/// What a summary column says of the meters of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    Sum,
    Mean,
    Median,
    Minimum,
    Maximum,
    Deviation,
    Variance,
}

const NAMES: &[(Statistic, &[&str])] = &[
    (Statistic::Sum, &["total", "sum", "all", "合计", "总计", "总和", "小计", "求和"]),
    (Statistic::Mean, &["mean", "average", "avg", "平均", "平均值", "均值"]),
    (Statistic::Median, &["median", "med", "中位数"]),
    (Statistic::Minimum, &["min", "minimum", "最小", "最小值"]),
    (Statistic::Maximum, &["max", "maximum", "最大", "最大值"]),
    (Statistic::Deviation, &["std", "stdev", "sd", "standarddeviation", "标准差"]),
    (Statistic::Variance, &["var", "variance", "方差"]),
];

impl Statistic {
    /// The statistic that a header names, its unit aside.
    pub(super) fn of(header: &str) -> Option<Self> {
        let name = crate::ingest::heading::split(header).into_iter().find_map(|(base, unit)| unit.and(Some(base)));
        [Some(header.to_owned()), name].into_iter().flatten().find_map(|name| {
            let plain: String = name.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(statistic, _)| *statistic)
        })
    }

    /// The statistic of a row, of a sample and of the whole where these differ.
    fn values(self, sorted: &[f64]) -> [f64; 2] {
        let count = sorted.len() as f64;
        let sum: f64 = sorted.iter().sum();
        let mean = sum / count;
        let squares: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
        let middle = sorted.len() / 2;
        let at = |at: usize| sorted.get(at).copied().unwrap_or(f64::NAN);
        match self {
            Self::Sum => [sum; 2],
            Self::Mean => [mean; 2],
            Self::Median if sorted.len().is_multiple_of(2) => [(at(middle.wrapping_sub(1)) + at(middle)) / 2.0; 2],
            Self::Median => [at(middle); 2],
            Self::Minimum => [at(0); 2],
            Self::Maximum => [at(sorted.len().wrapping_sub(1)); 2],
            Self::Deviation => [(squares / (count - 1.0)).sqrt(), (squares / count).sqrt()],
            Self::Variance => [squares / (count - 1.0), squares / count],
        }
    }
}

/// The summary columns of a table.
pub(super) struct Summaries {
    columns: Vec<Summary>,
    rows: usize,
    sorted: Vec<f64>,
}

struct Summary {
    name: String,
    statistic: Option<Statistic>,
    checked: usize,
    agreeing: usize,
}

impl Summaries {
    /// The columns of these names.
    pub(super) fn new(names: Vec<String>) -> Self {
        let columns =
            names.into_iter().map(|name| Summary { statistic: Statistic::of(&name), name, checked: 0, agreeing: 0 });
        Self { columns: columns.collect(), rows: 0, sorted: Vec::new() }
    }

    /// Compares the summaries of a row with its meters; a row in which a meter is missing says nothing.
    pub(super) fn check(&mut self, meters: &[f64], sums: &[f64]) {
        if self.columns.is_empty() || self.rows >= CHECKED || meters.iter().any(|value| !value.is_finite()) {
            return;
        }
        self.rows += 1;
        self.sorted.clear();
        self.sorted.extend_from_slice(meters);
        self.sorted.sort_unstable_by(f64::total_cmp);
        for (summary, found) in self.columns.iter_mut().zip(sums).filter(|(_, found)| found.is_finite()) {
            let Some(statistic) = summary.statistic else { continue };
            let near = |expected: f64| (expected - found).abs() <= ABSOLUTE + RELATIVE * expected.abs();
            summary.checked += 1;
            summary.agreeing += usize::from(statistic.values(&self.sorted).into_iter().any(near));
        }
    }

    /// The Finding that these columns are no meters; `None` where there are none.
    pub(super) fn finding(&self) -> Option<Finding> {
        let names = |pass: &dyn Fn(&Summary) -> bool| {
            let names: Vec<&str> =
                self.columns.iter().filter(|summary| pass(summary)).map(|summary| summary.name.as_str()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let agrees = |summary: &Summary| summary.agreeing as f64 >= NEARLY_ALL * summary.checked as f64;
        let all = names(&|_| true)?;
        let differing = names(&|summary| !agrees(summary));
        let severity = if differing.is_some() { Severity::Low } else { Severity::Info };
        Some(
            Finding::new("ingest.summary_columns", severity)
                .with("columns", all)
                .with("count", self.columns.len())
                .with("rows", self.rows)
                .with("differing", differing),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_known_and_checked() {
        let names = ["Total", "mean", "median", "std", "var (kWh)", "最小值", "max"];
        let statistics: Vec<Statistic> = names.iter().filter_map(|name| Statistic::of(name)).collect();
        assert_eq!(statistics.len(), names.len());
        assert_eq!(Statistic::of("Total_plant_7"), None);
        let mut summaries = Summaries::new(names.map(str::to_owned).to_vec());
        // 1, 2, 6: sum 9, mean 3, median 2; squares 4 + 1 + 9 = 14: variance 7 of a sample, 4.667 of the whole.
        summaries.check(&[6.0, 1.0, 2.0], &[9.0, 3.0, 2.0, 2.646, 4.667, 1.0, 6.0]);
        summaries.check(&[6.0, 1.0, f64::NAN], &[7.0; 7]);
        let finding = summaries.finding().unwrap();
        assert_eq!((finding.evidence["count"].as_u64(), finding.evidence["rows"].as_u64()), (Some(7), Some(1)));
        assert!(finding.evidence["differing"].is_null());
        summaries.check(&[6.0, 1.0, 2.0], &[12.0, 3.0, 2.0, 2.646, 4.667, 1.0, 6.0]);
        assert_eq!(summaries.finding().unwrap().evidence["differing"], "Total");
        assert!(Summaries::new(Vec::new()).finding().is_none());
    }
}
