//! Bundled Chinese tariffs, put together from tables: network prices of the provinces, periods, and price tables.
//!
//! One sheet a province, structure and voltage would be a hundred files that differ in two numbers; the tables hold
//! each number once, with its document, and [`sheets`] makes the sheets that users read.

mod tables;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use self::tables::{Hubei, HubeiClass, Periods, Province, SinglePart, Tables, Vocabulary};
use crate::tariff::component::{
    BasicCharge, Charge, ComposedEnergyCharge, EnergyCharge, LoadFactorDiscount, PowerFactorAdjustment, PricePart,
};
use crate::tariff::schedule::Schedule;
use crate::tariff::sheet::{Certainty, Component, Customer, InForce, Sheet, Version, Words};
use crate::tariff::tariff::SCHEMA;

/// The document of the network prices.
const NETWORK_SOURCE: &str = "发改价格〔2026〕1077号 annex 1 (public transcription)";
/// First date of the network prices.
const NETWORK_FROM: Date = date(2026, 8, 1);
/// First date of the month of which the notes on periods are known.
const PERIODS_FROM: Date = date(2025, 11, 1);
/// Position of 1-10(20) kV among the voltage classes, the lowest that two-part users have.
const LOWEST_TWO_PART: usize = 1;
/// Parts of an agency user's energy price.
const PARTS: [&str; 5] = ["purchase", "line_loss", "network", "system", "government_funds"];

/// What one sheet is made from.
struct Making<'a> {
    words: &'a Vocabulary,
    province: &'a Province,
    periods: Option<&'a Periods>,
    factors: &'a BTreeMap<String, Decimal>,
    /// Prices that are known, by part; the others are left open.
    prices: BTreeMap<&'static str, Decimal>,
    /// Where a known price comes from.
    source: &'a str,
}

/// The Chinese sheets, by id; an error names what in the tables does not hold together.
pub(super) fn sheets() -> Result<Vec<Sheet>, String> {
    let Tables { words, provinces, periods, hubei } = &Tables::read()?;
    let none = BTreeMap::new();
    let from_network = InForce { from: NETWORK_FROM, until: None };
    let mut sheets = Vec::new();
    for province in provinces {
        let periods = periods.iter().find(|one| one.province == province.id);
        let making = |factors, prices| Making { words, province, periods, factors, prices, source: NETWORK_SOURCE };
        let funds = || province.government_funds.map(|price| ("government_funds", price));
        let with_network = |network: Option<&Decimal>| {
            network.map(|price| ("network", *price)).into_iter().chain(funds()).collect::<BTreeMap<_, _>>()
        };
        let two_part = periods.map_or(&none, |one| &one.two_part);
        for (at, prices) in province.demand.iter().zip(&province.capacity).enumerate() {
            if let (Some(demand), Some(capacity)) = prices {
                let making = making(two_part, with_network(province.two_part_energy.get(at)));
                let basic = (*demand, *capacity);
                sheets.push(making.of_voltage(LOWEST_TWO_PART + at, from_network, Some(basic)));
            }
        }
        for (at, price) in province.single_part_energy.iter().enumerate() {
            sheets.push(making(two_part, with_network(Some(price))).of_voltage(at, from_network, None));
        }
        for class in periods.iter().flat_map(|one| &one.single_part) {
            sheets.push(making(&class.factors, BTreeMap::new()).of_class(class));
        }
    }
    let province = provinces.iter().find(|one| one.id == "hubei").ok_or("no province is named hubei")?;
    let periods = periods.iter().find(|one| one.province == "hubei").ok_or("no periods are of hubei")?;
    sheets.extend(hubei.classes.iter().map(|class| hubei_sheet(words, province, periods, hubei, class)));
    Ok(sheets)
}

impl Making<'_> {
    /// The tariff of a voltage class; two-part with the prices of demand and capacity, else single-part.
    fn of_voltage(&self, voltage: usize, in_force: InForce, basic: Option<(Decimal, Decimal)>) -> Sheet {
        let structure = if basic.is_some() { "two-part" } else { "single-part" };
        let month = in_force.from.strftime("%Y-%m");
        let (id, en, zh) = self.words.voltages.get(voltage).map_or_else(
            || (String::new(), String::new(), String::new()),
            |one| (one.id.clone(), one.en.clone(), one.zh.clone()),
        );
        let id = format!("cn-{}-{structure}-{id}-{month}", self.province.id);
        self.sheet(id, &Words { en, zh }, in_force, basic)
    }

    /// The tariff of single-part users whose network price is not known.
    fn of_class(&self, class: &SinglePart) -> Sheet {
        let month = PERIODS_FROM.strftime("%Y-%m");
        let id = format!("cn-{}-single-part-{}-{month}", self.province.id, class.id);
        let mut sheet = self.sheet(id, &class.voltage, InForce { from: PERIODS_FROM, until: None }, None);
        sheet.customer.capacity_kva = class.capacity_kva;
        sheet
    }

    fn sheet(&self, id: String, voltage: &Words, in_force: InForce, basic: Option<(Decimal, Decimal)>) -> Sheet {
        let words = self.words;
        let structure = if basic.is_some() { &words.two_part } else { &words.single_part };
        let Words { en, zh } = &self.province.name;
        let (year, month) = (in_force.from.year(), in_force.from.month());
        let since = match in_force.until {
            None => Words {
                en: format!("from {year}-{month:02} (template)"),
                zh: format!("{year}年{month}月起（模板）"),
            },
            Some(_) => Words { en: in_force.from.strftime("%B %Y").to_string(), zh: format!("{year}年{month}月") },
        };
        let mut components = self.energy();
        let mut notes = vec![];
        let mut note = |key: &str| notes.extend(words.notes.get(key).cloned());
        note("template");
        match self.periods {
            Some(_) => ["state", "market"].into_iter().for_each(&mut note),
            None => note("one_price"),
        }
        if self.is_listed() {
            note("listed");
        }
        if basic.is_some() || self.prices.contains_key("network") {
            note("transcription");
        }
        if let Some((demand, capacity)) = basic {
            note("load_factor");
            components.push(self.basic_charge(demand, capacity, NETWORK_SOURCE, false));
        }
        components.push(self.power_factor());
        notes.extend(self.periods.iter().flat_map(|one| one.notes.clone()));
        let source = match self.periods {
            Some(periods) if basic.is_some() || self.prices.contains_key("network") => {
                format!("{NETWORK_SOURCE}; periods of {}", periods.source)
            }
            Some(periods) => format!("periods of {}", periods.source),
            None => NETWORK_SOURCE.to_owned(),
        };
        Sheet {
            name: Words {
                en: format!("{en}, {}, {}, {}", structure.en, voltage.en, since.en),
                zh: format!("{zh}{} {} {}", structure.zh, voltage.zh, since.zh),
            },
            customer: Customer {
                class: Some(structure.clone()),
                voltage: Some(voltage.en.clone()),
                capacity_kva: basic.map(|_| (Some(100.0), None)),
                demand_kw: None,
            },
            source,
            notes,
            triggers: self.periods.map(|one| one.triggers.clone()).unwrap_or_default(),
            ..self.bare(id, in_force, components)
        }
    }

    /// A sheet with one version, as certain as the least certain thing in it.
    fn bare(&self, id: String, in_force: InForce, components: Vec<Component>) -> Sheet {
        let schedules: Vec<Schedule> = self.schedule().into_iter().collect();
        let certainties = components.iter().map(|one| one.certainty).chain(schedules.iter().map(|one| one.certainty));
        Sheet {
            schema_address: None,
            schema: SCHEMA,
            id,
            name: Words::default(),
            utility: None,
            currency: "CNY".to_owned(),
            customer: Customer::default(),
            certainty: certainties.max().unwrap_or(Certainty::Stated),
            source: String::new(),
            notes: Vec::new(),
            not_carried: Vec::new(),
            triggers: Vec::new(),
            price_tables: crate::tariff::PriceTables::new(),
            versions: vec![Version { in_force, source: None, schedules, components }],
        }
    }

    fn schedule(&self) -> Option<Schedule> {
        self.periods.map(|periods| Schedule {
            id: "time_of_use".to_owned(),
            base: periods.base.clone(),
            rest: periods.rest.clone(),
            overlays: periods.overlays.clone(),
            factors: self.factors.clone(),
            source: periods.source.clone(),
            certainty: periods.certainty,
        })
    }

    /// Whether the price of every period has to be given, because the note has no factors.
    fn is_listed(&self) -> bool {
        self.periods.is_some() && self.factors.is_empty()
    }

    fn floats(&self, part: &str) -> bool {
        self.periods.is_some_and(|periods| periods.floats.iter().any(|one| one == part))
    }

    /// Where a part's price comes from: the document of a known one, else the month's table.
    fn source_of(&self, part: &str) -> String {
        match part {
            _ if !self.prices.contains_key(part) => "published monthly".to_owned(),
            "government_funds" if self.source == NETWORK_SOURCE => {
                format!("provincial notice of the agency purchase price, {}", self.province.name.en)
            }
            _ => self.source.to_owned(),
        }
    }

    /// What charges for energy: a component a part; one price a period where it is listed or rounded as a whole.
    fn energy(&self) -> Vec<Component> {
        let digits = self.periods.and_then(|periods| periods.price_digits);
        if !self.is_listed() && digits.is_none() {
            let component = |part: &str| {
                let price = self.prices.get(part).copied();
                let floats = self.floats(part);
                let charge = Charge::Energy(EnergyCharge { price, floats, ..EnergyCharge::default() });
                // What floats rests on the factors of the note.
                let factors = self.periods.filter(|_| floats).map_or(Certainty::Stated, |one| one.certainty);
                self.component(part, charge, self.source_of(part), factors)
            };
            return PARTS.into_iter().map(component).collect();
        }
        let told: &[&str] = if self.is_listed() { &["government_funds"] } else { &PARTS };
        let rules = self.periods.iter().flat_map(|one| one.base.iter().chain(&one.overlays)).map(|rule| &rule.period);
        let names = rules.chain(self.periods.iter().flat_map(|one| &one.rest));
        let listed = names.filter(|_| self.is_listed()).map(|period| (period.clone(), None)).collect();
        let charge = ComposedEnergyCharge {
            parts: told.iter().map(|part| self.part(part)).collect(),
            has_other_parts: self.is_listed(),
            listed,
            price_digits: digits,
            schedule: None,
        };
        let certainty = self.periods.map_or(Certainty::Stated, |one| one.certainty);
        vec![self.component("energy", Charge::ComposedEnergy(charge), "published monthly".to_owned(), certainty)]
    }

    fn part(&self, part: &str) -> PricePart {
        PricePart {
            id: part.to_owned(),
            name: self.name_of(part),
            price: self.prices.get(part).copied(),
            by_month: BTreeMap::new(),
            floats: self.floats(part),
            source: Some(self.source_of(part)),
        }
    }

    fn name_of(&self, component: &str) -> Words {
        self.words.components.get(component).cloned().unwrap_or_default()
    }

    fn component(&self, id: &str, charge: Charge, source: String, certainty: Certainty) -> Component {
        Component { id: id.to_owned(), name: self.name_of(id), charge, source, certainty }
    }

    /// The basic charge; `discount` tells whether 发改价格〔2023〕526号 lowers the demand price at a high load factor.
    fn basic_charge(&self, demand: Decimal, capacity: Decimal, source: &str, discount: bool) -> Component {
        let charge = BasicCharge {
            capacity_price: capacity,
            capacity_certainty: Certainty::Stated,
            demand_price: demand,
            demand_certainty: Certainty::Stated,
            contract_floor_share: Decimal::new(40, 2),
            overrun_share: Decimal::new(105, 2),
            overrun_factor: Decimal::TWO,
            demand_window_s: 900,
            load_factor_discount: Some(LoadFactorDiscount {
                kwh_per_kva: Decimal::from(260),
                factor: Decimal::new(90, 2),
                applies: discount,
                certainty: if discount { Certainty::Stated } else { Certainty::Unverified },
            }),
        };
        let source = format!("{source}; 发改办价格〔2016〕1583号, 发改价格〔2018〕500号");
        self.component("basic_charge", Charge::Basic(charge), source, Certainty::Stated)
    }

    fn power_factor(&self) -> Component {
        let charge = PowerFactorAdjustment { excludes: vec!["government_funds".to_owned()] };
        let source = "〔83〕水电财字第215号".to_owned();
        self.component("power_factor_adjustment", Charge::PowerFactor(charge), source, Certainty::Stated)
    }
}

/// A class of the price table of Hubei: every price of the month is known, and listed by period.
fn hubei_sheet(words: &Vocabulary, province: &Province, periods: &Periods, hubei: &Hubei, class: &HubeiClass) -> Sheet {
    let prices = [
        ("purchase", hubei.purchase),
        ("line_loss", hubei.line_loss),
        ("network", class.network),
        ("system", hubei.system),
        ("government_funds", hubei.government_funds),
    ];
    let making = Making {
        words,
        province,
        periods: Some(periods),
        factors: &periods.two_part,
        prices: prices.into(),
        source: &hubei.source,
    };
    let basic = class.demand.zip(class.capacity);
    let in_force = InForce { from: date(2026, 1, 1), until: Some(date(2026, 2, 1)) };
    let sheet = making.of_voltage(class.voltage, in_force, basic);
    let listed = ["sharp", "peak", "flat", "valley"].map(str::to_owned).into_iter().zip(class.listed.map(Some));
    let charge = ComposedEnergyCharge {
        parts: PARTS.iter().map(|part| making.part(part)).collect(),
        listed: listed.collect(),
        ..ComposedEnergyCharge::default()
    };
    let energy = Charge::ComposedEnergy(charge);
    let mut components = vec![making.component("energy", energy, hubei.source.clone(), Certainty::Stated)];
    components.extend(basic.map(|(demand, capacity)| making.basic_charge(demand, capacity, &hubei.source, true)));
    components.push(making.power_factor());
    Sheet {
        name: sheet.name,
        customer: sheet.customer,
        source: format!("{}; periods of {}", hubei.source, periods.source),
        notes: hubei.notes.iter().chain(&periods.notes).cloned().collect(),
        ..making.bare(sheet.id, in_force, components)
    }
}
