//! What stands around the prices: names, dates, customers, sources, and what nothing else has taken.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::draft::Draft;
use super::fields::{Field, Fields, cut, holds_a_number, plain_text, shown, words};
use crate::error::Result;
use crate::tariff::sheet::{Certainty, Customer, InForce, Words};

/// Countries of the database that pay in US dollars: the states and territories.
const DOLLAR: &[&str] = &["USA", "ASM", "GUM", "MNP", "PRI", "VIR"];
/// ISO 4217 code where no currency is known.
const NO_CURRENCY: &str = "XXX";
/// First date of a rate that does not say since when it holds.
const LONG_AGO: Date = Date::constant(1900, 1, 1);
/// Longest id of a sheet and longest note.
const MOST_OF_ID: usize = 60;
const MOST_OF_NOTE: usize = 2000;

/// Fields that describe a rate and are kept in a note.
const DESCRIPTIVE: &[&str] = &[
    "approved",
    "basicinformationcomments",
    "country",
    "demandcomments",
    "description",
    "eiaid",
    "energycomments",
    "is_default",
    "label",
    "latest_update",
    "peakkwcapacityhistory",
    "peakkwhusagehistory",
    "peakkwhusagemax",
    "peakkwhusagemin",
    "phasewiring",
    "revisions",
    "sector",
    "servicetype",
    "sourceparent",
    "supersedes",
    "uri",
];
/// Fields that say nothing without another, which is absent.
const COMPANIONS: &[&str] = &[
    "coincidentrateschedule",
    "coincidentrateunit",
    "demandrateunit",
    "demandunits",
    "demandweekdayschedule",
    "demandweekendschedule",
    "energyweekdayschedule",
    "energyweekendschedule",
    "flatdemandmonths",
    "flatdemandunit",
];

/// What stands around the prices.
pub(super) struct Head {
    pub(super) id: String,
    pub(super) name: Words,
    pub(super) utility: Option<Words>,
    pub(super) currency: String,
    pub(super) customer: Customer,
    pub(super) in_force: InForce,
    /// Descriptive fields as they were found.
    described: Vec<(String, String)>,
}

/// Takes what stands around the prices, first of all: every component names its source.
///
/// # Errors
/// Dates that are none, an end before the start.
pub(super) fn read(draft: &mut Draft<'_>) -> Result<Head> {
    let fields = &mut draft.fields;
    let described = |fields: &mut Fields<'_>, name: &&str| {
        let Field { written, value } = fields.take(name)?;
        let value = value.get("$oid").unwrap_or(&value).clone();
        Some(((*name).to_owned(), written, value))
    };
    let described: Vec<(String, String, Value)> =
        DESCRIPTIVE.iter().filter_map(|name| described(fields, name)).collect();
    let said = |name: &str| described.iter().find(|(known, ..)| known == name).map(|(_, _, value)| plain_text(value));
    let (label, utility) = (said("label"), fields.text("utility"));
    let name = fields.text("name").or_else(|| label.clone()).unwrap_or_else(|| "rate without a name".to_owned());
    let id = slug(&label.clone().unwrap_or_else(|| format!("{} {name}", utility.as_deref().unwrap_or_default())));
    let document = fields.text("source").or_else(|| said("sourceparent")).or_else(|| said("uri"));
    let in_force = read_dates(fields)?;
    let customer = Customer {
        class: class(said("sector").as_deref(), said("servicetype").as_deref()),
        voltage: read_voltage(fields)?,
        demand_kw: read_demands(fields)?,
        ..Customer::default()
    };
    let currency = read_currency(draft, said("country"));
    let of_label = label.map(|label| format!(", rate {label}")).unwrap_or_default();
    let document = document.map(|document| format!(" ({})", cut(&document, MOST_OF_NOTE))).unwrap_or_default();
    draft.record = format!("OpenEI Utility Rate Database{of_label}");
    draft.source = format!("{}{document}", draft.record);
    draft.notes.push(words(
        "From a published rate database, not from the utility's own document: compare with that before you rely on it. \
         The database's tables know no holidays.",
        "取自公开的电价数据库，并非电力公司的原始文件；使用前请与原始文件核对。该数据库的时段表不含节假日。",
    ));
    if said("approved").as_deref() == Some("false") {
        draft.certainty = Certainty::Unverified;
        draft.notes.push(words("The database's editors have not approved this rate.", "该电价尚未经数据库编辑核准。"));
    }
    if in_force.from == LONG_AGO {
        draft.notes.push(words(
            "The rate does not say since when it is in force; it is billed for any earlier date too.",
            "该电价未注明生效日期；此前任何日期也按此计费。",
        ));
    }
    match said("servicetype").as_deref() {
        Some("Delivery") => draft.notes.push(words(
            "Delivery only: the energy itself is bought elsewhere and is not in the bill.",
            "仅含输配电服务，电能本身另行购买，不在账单内。",
        )),
        Some("Energy") => draft.notes.push(words(
            "Energy only: delivery is billed elsewhere and is not in the bill.",
            "仅含电能，输配电服务另行计费，不在账单内。",
        )),
        _ => {}
    }
    Ok(Head {
        id,
        name: words(name.clone(), name),
        utility: utility.map(|utility| words(utility.clone(), utility)),
        currency,
        customer,
        in_force,
        described: described.into_iter().map(|(name, written, value)| (written, described_as(&name, &value))).collect(),
    })
}

/// A descriptive field as text; of revisions their number, since they can name their editors.
fn described_as(name: &str, value: &Value) -> String {
    match value.as_array().filter(|_| name == "revisions") {
        Some(revisions) => revisions.len().to_string(),
        None => plain_text(value),
    }
}

/// Notes of the descriptive fields, and the list of all that nothing has taken. Last of all.
pub(super) fn read_notes(draft: &mut Draft<'_>, head: &Head) {
    let is_comment = |name: &str| {
        let name = name.to_lowercase();
        name.ends_with("comments") || name == "description"
    };
    for (name, text) in head.described.iter().filter(|(name, _)| is_comment(name)) {
        let text = cut(text, MOST_OF_NOTE);
        draft.notes.push(words(format!("{name}: {text}"), format!("{name}：{text}")));
    }
    let record: Vec<String> = head
        .described
        .iter()
        .filter(|(name, _)| !is_comment(name))
        .map(|(name, text)| format!("{name} {}", cut(text, MOST_OF_NOTE)))
        .collect();
    if !record.is_empty() {
        let record = record.join("; ");
        draft.notes.push(words(format!("Record: {record}"), format!("数据库记录：{record}")));
    }
    for Field { written, value } in draft.fields.rest() {
        let name = written.to_lowercase();
        let (costs, why) = if COMPANIONS.contains(&name.as_str()) {
            (false, words("the field that it goes with is absent", "与之对应的字段不存在。"))
        } else if name.ends_with("attrs") || name.ends_with("keyvals") {
            let why = words(
                "further attributes in free words; they can be charges, add those by hand beside the bill",
                "自由文字的附加属性，可能含收费项；请在账单之外另计。",
            );
            (true, why)
        } else {
            (holds_a_number(&value), words("a field that this version does not know", "本版本不认识的字段。"))
        };
        draft.fields.list(written, &value, costs, why);
    }
}

fn read_currency(draft: &mut Draft<'_>, country: Option<String>) -> String {
    match country {
        Some(country) if !DOLLAR.contains(&country.to_uppercase().as_str()) => {
            let why = words(
                "the database has no currencies; set the currency of this country",
                "数据库未注明货币；请填写该国货币。",
            );
            draft.fields.list("country", &Value::String(country), false, why);
            NO_CURRENCY.to_owned()
        }
        _ => "USD".to_owned(),
    }
}

/// Lower case with dashes.
fn slug(text: &str) -> String {
    let mut slug = "urdb".to_owned();
    for part in text.split(|one: char| !one.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        if slug.len() + part.len() >= MOST_OF_ID {
            break;
        }
        slug.push('-');
        slug.push_str(&part.to_ascii_lowercase());
    }
    slug
}

fn class(sector: Option<&str>, service: Option<&str>) -> Option<Words> {
    let known = |text: &str| match text {
        "Residential" => "居民",
        "Commercial" => "商业",
        "Industrial" => "工业",
        "Lighting" => "照明",
        "Bundled" => "电能与输配电一体",
        "Delivery" => "仅输配电",
        "Energy" => "仅电能",
        _ => "",
    };
    let both: Vec<&str> = sector.into_iter().chain(service).collect();
    let chinese = |text: &&str| if known(text).is_empty() { (*text).to_owned() } else { known(text).to_owned() };
    let zh: Vec<String> = both.iter().map(chinese).collect();
    (!both.is_empty()).then(|| words(both.join(", "), zh.join("，")))
}

fn read_voltage(fields: &mut Fields<'_>) -> Result<Option<String>> {
    let category = fields.text("voltagecategory");
    let (lowest, highest) = (fields.amount("voltageminimum")?, fields.amount("voltagemaximum")?);
    let span = match (lowest.filter(|volts| !volts.is_zero()), highest.filter(|volts| !volts.is_zero())) {
        (Some(lowest), Some(highest)) => Some(format!("{}-{} V", lowest.normalize(), highest.normalize())),
        (Some(lowest), None) => Some(format!("from {} V", lowest.normalize())),
        (None, Some(highest)) => Some(format!("up to {} V", highest.normalize())),
        (None, None) => None,
    };
    let both: Vec<String> = category.into_iter().chain(span).collect();
    Ok((!both.is_empty()).then(|| both.join(", ")))
}

fn read_demands(fields: &mut Fields<'_>) -> Result<Option<(Option<f64>, Option<f64>)>> {
    let mut limit = |name: &str| -> Result<Option<f64>> {
        Ok(fields.amount(name)?.filter(|kw| !kw.is_zero()).map(crate::tariff::to_f64))
    };
    let limits = (limit("peakkwcapacitymin")?, limit("peakkwcapacitymax")?);
    Ok((limits != (None, None)).then_some(limits))
}

fn read_dates(fields: &mut Fields<'_>) -> Result<InForce> {
    let end_written = fields.written("enddate");
    let from = read_date(fields, "startdate")?.unwrap_or(LONG_AGO);
    let last = read_date(fields, "enddate")?;
    if let Some(last) = last.filter(|last| *last < from) {
        let problem = format!("the rate ends on {last}, before it starts on {from}; correct one of the dates");
        return Err(fields.wrong(&end_written, problem));
    }
    Ok(InForce { from, until: last.and_then(|last| last.tomorrow().ok()) })
}

/// The date nearest to an instant: midnight of the editor's zone, or of another one, as seconds since 1970 or as a
/// text of the database.
fn read_date(fields: &mut Fields<'_>, name: &str) -> Result<Option<Date>> {
    const DAY_S: i64 = 86_400;
    let Some(Field { written, value }) = fields.take(name) else { return Ok(None) };
    let inner = value.get("$date").unwrap_or(&value);
    let is_wrapped = value.get("$date").is_some();
    let seconds = match inner {
        // The database counts milliseconds.
        Value::Number(number) if is_wrapped => number.as_f64().map(|one| one / 1000.0),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text
            .parse::<Timestamp>()
            .ok()
            .map(|instant| instant.as_second() as f64)
            .or_else(|| text.parse::<Date>().ok().map(|date| (crate::time::days_since_epoch(date) * DAY_S) as f64)),
        _ => None,
    };
    let days = seconds.map(|seconds| (seconds / DAY_S as f64).round());
    let date = days
        .filter(|days| days.abs() < 1e6)
        .and_then(|days| Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(days as i64)).ok());
    match date.filter(|date| (1900..2200).contains(&date.year())) {
        Some(date) => Ok(Some(date)),
        None => {
            let problem = format!(
                "found {}, expected seconds since 1970-01-01 between the years 1900 and 2200, such as 1735718400",
                shown(&value)
            );
            Err(fields.wrong(&written, problem))
        }
    }
}
