//! A Finding: anything odd, dangerous or costly, with its evidence.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How much a Finding matters, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; nothing to do.
    Info,
    /// Look at it when there is time.
    Low,
    /// Look at it.
    Medium,
    /// Act on it.
    High,
    /// Act on it today.
    Critical,
}

/// A half-open stretch of instants, UTC seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First instant.
    pub start: i64,
    /// First instant after it.
    pub end: i64,
}

/// One observation about a site's readings, behaviour or costs.
///
/// The sentence for it is made from `code` and `evidence` by a catalogue of words, one a language.
///
/// ```
/// use wattlens::finding::{Finding, Severity};
/// let gap = Finding::new("quality.gap", Severity::Low).at(0, 3600).with("intervals", 4);
/// assert_eq!(gap.evidence["intervals"], 4);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable dotted code, one of [`CODES`].
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// When; `None` where it concerns everything.
    pub span: Option<Span>,
    /// The facts, ready for JSON and for the sentence.
    pub evidence: Map<String, Value>,
    /// Energy above (positive) or below (negative) what was expected \[kWh\]; `None` where unknown.
    pub kwh: Option<f64>,
    /// How sure it is that it is there and rightly named, from 0 to 1; it ranks and is no probability. `None` where its
    /// rule has no measure of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Money that the excess energy costs, in the tariff's currency; `None` without a tariff, and
    /// for less energy than expected, which is never a saving.
    pub amount: Option<f64>,
    /// Excess energy of single intervals `(start, kWh)`, from which the money is worked out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess_kwh: Vec<(i64, f64)>,
}

impl Finding {
    /// A Finding without span, evidence or energy yet.
    #[must_use]
    pub fn new(code: &str, severity: Severity) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is not in CODES");
        Self {
            code: code.to_owned(),
            severity,
            span: None,
            evidence: Map::new(),
            kwh: None,
            confidence: None,
            amount: None,
            excess_kwh: Vec::new(),
        }
    }

    /// The same over `[start, end)`.
    #[must_use]
    pub fn at(mut self, start: i64, end: i64) -> Self {
        self.span = Some(Span { start, end });
        self
    }

    /// The same with one more fact. A number that is not finite becomes null.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(key.to_owned(), value.into());
        self
    }

    /// The same with its energy.
    #[must_use]
    pub fn kwh(mut self, kwh: f64) -> Self {
        self.kwh = kwh.is_finite().then_some(kwh);
        self
    }
}

/// Something that was asked for and could not be done, and what it would need.
///
/// Codes, not sentences: `task` is one of [`TASKS`], `needs` one of [`NEEDS`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotDone {
    /// What could not be done, e.g. `bill.power_factor`.
    pub task: String,
    /// What it would need, e.g. `readings.import_kvarh`.
    pub needs: String,
}

impl NotDone {
    /// A task and what it needs.
    #[must_use]
    pub fn new(task: &str, needs: &str) -> Self {
        debug_assert!(TASKS.contains(&task), "{task} is not in TASKS");
        debug_assert!(NEEDS.contains(&needs), "{needs} is not in NEEDS");
        Self { task: task.to_owned(), needs: needs.to_owned() }
    }
}

/// Every task that a [`NotDone`] can name.
pub const TASKS: &[&str] = &[
    "bill",
    "bill.basic_charge",
    "bill.coincident_peak",
    "bill.demand_charge",
    "bill.deviation",
    "bill.energy",
    "bill.excess_power",
    "bill.export",
    "bill.fixed_charge",
    "bill.load_factor_discount",
    "bill.losses",
    "bill.minimum",
    "bill.power_factor",
    "bill.power_factor_penalty",
    "bill.ratchet",
    "bill.reactive",
    "bill.subscribed_power",
    "day_types.holidays",
    "electrical.all_phase_loss",
    "electrical.clock_error",
    "electrical.ct_reversed",
    "electrical.current_break",
    "electrical.current_unbalance",
    "electrical.demand_over_limit",
    "electrical.energy_balance",
    "electrical.interruption",
    "electrical.loss_of_current",
    "electrical.loss_of_voltage",
    "electrical.low_power_factor",
    "electrical.neutral_above_phase",
    "electrical.neutral_current",
    "electrical.over_compensation",
    "electrical.over_current",
    "electrical.over_voltage",
    "electrical.overload",
    "electrical.phase_failure",
    "electrical.phase_sum",
    "electrical.phases_swapped",
    "electrical.power_cancelled",
    "electrical.power_factor_event",
    "electrical.power_identity",
    "electrical.reverse_power",
    "electrical.runaway_meter",
    "electrical.stopped_meter",
    "electrical.sustained_drop",
    "electrical.transformer_heavy",
    "electrical.transformer_light",
    "electrical.transformer_over",
    "electrical.under_voltage",
    "electrical.voltage_deviation",
    "electrical.voltage_qualification",
    "electrical.voltage_unbalance",
    "electrical.voltage_unbalance_event",
    "electrical.wrong_ratio",
    "findings.amount",
    "profile.operating_hours",
    "profile.power_factor",
    "quality.all_missing",
    "quality.all_zero",
    "quality.balance",
    "quality.clock_drift",
    "quality.consecutive",
    "quality.duplicate",
    "quality.gap",
    "quality.high_low",
    "quality.historical_maximum",
    "quality.implausible",
    "quality.interval_size",
    "quality.multiplier_step",
    "quality.negative_import",
    "quality.overlap",
    "quality.placeholder",
    "quality.power_factor_identity",
    "quality.prolonged_estimation",
    "quality.reactive_ratio",
    "quality.reactive_without_active",
    "quality.register_fell",
    "quality.sibling_channels",
    "quality.single_reading",
    "quality.spike",
    "quality.stuck_value",
    "quality.sum_check",
    "quality.tariff_registers",
    "quality.usage_change",
    "quality.zero_month",
    "quality.zero_run",
    "savings",
    "savings.demand_mode",
    "savings.off_hours",
    "savings.power_factor",
];

/// Everything that a [`NotDone`] can need.
pub const NEEDS: &[&str] = &[
    "bills.before",
    "bills.year",
    "calendar",
    "carried.peaks",
    "contract.capacity_kva",
    "contract.contract_demand_kw",
    "contract.contracted_kwh",
    "contract.demand_billing",
    "contract.power_factor_standard",
    "contract.shape_factor",
    "contract.subscribed_kw",
    "electrical.switched_on",
    "quality.switched_on",
    "quantities.calendar_month",
    "readings.active_energy",
    "readings.apparent_power",
    "readings.closed_hours",
    "readings.current",
    "readings.demand",
    "readings.every_interval",
    "readings.export_kvarh",
    "readings.export_kwh",
    "readings.four_months",
    "readings.import_kvarh",
    "readings.import_kwh",
    "readings.intervals",
    "readings.neutral_current",
    "readings.phase_power",
    "readings.power_factor",
    "readings.registers",
    "readings.same_axis",
    "readings.several_channels",
    "readings.spans",
    "readings.tariff_registers",
    "readings.total_power",
    "readings.two_months",
    "readings.voltage",
    "readings.weeks",
    "readings.weeks_before_and_after",
    "readings.whole_month",
    "subject.children",
    "supply.basic_current_a",
    "supply.maximum_current_a",
    "supply.neutral_limit_share",
    "supply.no_generation",
    "supply.nominal_v",
    "supply.three_phases",
    "supply.transformer_kva",
    "tariff",
    "tariff.basic_charge",
    "tariff.period_price",
    "tariff.power_factor",
    "tariff.price_series",
];

/// Every code that a Finding can have. The catalogues of words are checked against this list.
pub const CODES: &[&str] = &[
    "anomaly.clock_shift",
    "anomaly.departs_from_peers",
    "anomaly.dip",
    "anomaly.drift",
    "anomaly.early_shutdown",
    "anomaly.flat_run",
    "anomaly.gap_catch_up",
    "anomaly.left_on_overnight",
    "anomaly.level_shift",
    "anomaly.missed_start_up",
    "anomaly.new_maximum_demand",
    "anomaly.night_base_rise",
    "anomaly.no_production",
    "anomaly.not_judged",
    "anomaly.outage",
    "anomaly.over_budget",
    "anomaly.phase_lost",
    "anomaly.ratio_change",
    "anomaly.register_glitch",
    "anomaly.spike",
    "anomaly.stuck_value",
    "anomaly.transformer_reversed",
    "anomaly.unusual_shape",
    "anomaly.weekend_running",
    "anomaly.work_on_holiday",
    "calendar.provisional",
    "electrical.all_phase_loss",
    "electrical.clock_error",
    "electrical.ct_reversed",
    "electrical.current_break",
    "electrical.current_unbalance",
    "electrical.demand_over_limit",
    "electrical.energy_balance",
    "electrical.interruption",
    "electrical.loss_of_current",
    "electrical.loss_of_voltage",
    "electrical.low_power_factor",
    "electrical.neutral_above_phase",
    "electrical.neutral_current",
    "electrical.over_compensation",
    "electrical.over_current",
    "electrical.over_voltage",
    "electrical.overload",
    "electrical.phase_failure",
    "electrical.phase_sum",
    "electrical.phases_swapped",
    "electrical.power_cancelled",
    "electrical.power_factor_event",
    "electrical.power_identity",
    "electrical.reverse_power",
    "electrical.runaway_meter",
    "electrical.stopped_meter",
    "electrical.sustained_drop",
    "electrical.transformer_heavy",
    "electrical.transformer_light",
    "electrical.transformer_over",
    "electrical.under_voltage",
    "electrical.voltage_deviation",
    "electrical.voltage_qualification",
    "electrical.voltage_unbalance",
    "electrical.voltage_unbalance_event",
    "electrical.wrong_ratio",
    "estimate.filled",
    "estimate.left",
    "estimate.registers_disagree",
    "ingest.autumn_hour_once",
    "ingest.columns_ambiguous",
    "ingest.day_stamp_moved",
    "ingest.direction_assumed",
    "ingest.energy_from_samples",
    "ingest.gap_stamp_skipped",
    "ingest.invalid_record",
    "ingest.means_left_out",
    "ingest.meter_name_rounded",
    "ingest.meter_not_named",
    "ingest.midnight_of_same_date",
    "ingest.multiplier_change",
    "ingest.multiplier_unclear",
    "ingest.no_stamp",
    "ingest.not_a_register",
    "ingest.note_rows",
    "ingest.odd_interval",
    "ingest.off_grid",
    "ingest.other_step",
    "ingest.out_of_order",
    "ingest.period_open",
    "ingest.register_date_assumed",
    "ingest.register_disagrees",
    "ingest.registers_unclear",
    "ingest.repeated_day",
    "ingest.repeated_header",
    "ingest.spring_hour_zero_filled",
    "ingest.stamp_assumed",
    "ingest.substituted",
    "ingest.sum_disagrees",
    "ingest.summary_columns",
    "ingest.summary_rows",
    "ingest.truncated_line",
    "ingest.unknown_item",
    "ingest.unknown_status",
    "ingest.unread_channel",
    "ingest.values_beyond_day",
    "quality.all_missing",
    "quality.all_zero",
    "quality.balance",
    "quality.clock_drift",
    "quality.clones",
    "quality.consecutive",
    "quality.duplicate",
    "quality.gap",
    "quality.high_low",
    "quality.historical_maximum",
    "quality.implausible",
    "quality.interval_size",
    "quality.multiplier_step",
    "quality.negative_import",
    "quality.overlap",
    "quality.placeholder",
    "quality.power_factor_identity",
    "quality.prolonged_estimation",
    "quality.reactive_ratio",
    "quality.reactive_without_active",
    "quality.register_fell",
    "quality.sibling_channels",
    "quality.single_reading",
    "quality.spike",
    "quality.stuck_value",
    "quality.sum_check",
    "quality.tariff_registers",
    "quality.usage_change",
    "quality.zero_month",
    "quality.zero_run",
    "readings.overlap",
    "register.differing",
    "register.frozen",
    "register.long_interval",
    "register.multiplier_change",
    "register.odd_reading",
    "register.reset",
    "register.reverse",
    "register.rollover",
    "register.runaway",
    "tariff.absolute_price",
    "tariff.unverified",
];
