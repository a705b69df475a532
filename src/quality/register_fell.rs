//! Registers that run backwards: `quality.register_fell` for each reading of a register that is lower than the one before,
//! beside what the reader found about registers (`register.…`, passed through, and not said twice).
//!
//! A rollover is told from a reset, a replacement or a backward run: the register stood above `full_share` of 10 to the
//! power of its digits, and what it then counted is at most `plausible` times its largest other difference. Info for a
//! rollover, else high. Of more than `most` falls the first have a Finding, and the last says how many `others` there are.
//! Evidence: `series`, `before`, `after`, `rollover`, `digits` (null where it is none), `counted` (in the register's unit,
//! null where it is none), `start` (local), `others`.

use super::local_text;
use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::{SpanKind, SpanSeries, SpanValue};

const FULL_SHARE: Number =
    Number::share("full_share", 0.9, "share of 10^digits from which a register is about to roll over (engineering)");
const PLAUSIBLE: Number = Number::new(
    "plausible",
    1.5,
    "counted over the rollover at most, as a multiple of the largest other difference (engineering)",
);
/// Registers have five digits at least; four with a decimal (engineering).
const FEWEST_DIGITS: f64 = 4.0;
const MOST: Number =
    Number { lowest: 1.0, ..Number::new("most", 20.0, "falls with a Finding of their own (engineering)") };

pub(super) const RULE: Rule = Rule {
    name: "register_fell",
    looks_at: "readings of registers that are lower than the one before",
    on: true,
    numbers: &[FULL_SHARE, PLAUSIBLE, MOST],
    source: "rollover and reset rule of meter-data systems",
    codes: &["quality.register_fell", "register."],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let registers = || prepared.readings().spans().0.iter().filter(|series| series.kind == SpanKind::Register);
    if registers().next().is_none() {
        return Err("readings.registers");
    }
    Ok(registers().flat_map(|series| of_series(prepared, series, numbers)).collect())
}

fn of_series(prepared: &Prepared<'_>, series: &SpanSeries, numbers: &Numbers) -> Vec<Finding> {
    let there: Vec<&SpanValue> = series.values.iter().filter(|one| !one.value.is_nan()).collect();
    let largest = there.windows(2).map(|pair| pair[1].value - pair[0].value).fold(0.0, f64::max);
    let is_told = |start: i64, end: i64| {
        let about = prepared.readings().findings().iter().filter(|one| one.code.starts_with("register."));
        about.filter_map(|one| one.span).any(|span| span.start <= end && span.end >= start)
    };
    let falls = there.windows(2).filter(|pair| pair[1].value < pair[0].value);
    let mut falls: Vec<_> = falls.filter(|pair| !is_told(pair[0].span.start, pair[1].span.end)).collect();
    let others = falls.split_off(falls.len().min(numbers.get(&MOST) as usize)).len();
    let last = falls.len().saturating_sub(1);
    let finding = |(at, pair): (usize, &&[&SpanValue])| {
        let (before, after) = (pair[0], pair[1]);
        let digits = before.value.max(1.0).log10().floor() + 1.0;
        let full = 10f64.powf(digits);
        let counted = after.value + full - before.value;
        let rollover = digits >= FEWEST_DIGITS
            && before.value > numbers.get(&FULL_SHARE) * full
            && counted <= numbers.get(&PLAUSIBLE) * largest;
        Finding::new("quality.register_fell", if rollover { Severity::Info } else { Severity::High })
            .at(before.span.start, after.span.end)
            .with("series", series.name())
            .with("before", before.value)
            .with("after", after.value)
            .with("start", local_text(prepared.axis(), after.span.end))
            .with("rollover", rollover)
            .with("digits", rollover.then_some(digits))
            .with("counted", rollover.then_some(counted))
            .with("others", (at == last && others > 0).then_some(others))
    };
    falls.iter().enumerate().map(finding).collect()
}
