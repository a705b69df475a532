//! The tariff while it is put together.

use super::fields::{Fields, words};
use super::head::Head;
use crate::tariff::component::Charge;
use crate::tariff::schedule::Schedule;
use crate::tariff::sheet::{Certainty, Component, Sheet, Version, Words};
use crate::tariff::tariff::SCHEMA;

pub(super) struct Draft<'a> {
    pub(super) fields: Fields<'a>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) components: Vec<Component>,
    pub(super) notes: Vec<Words>,
    /// Where the rate comes from, with its document, and the record alone.
    pub(super) source: String,
    pub(super) record: String,
    /// How certain a price is that the rate states.
    pub(super) certainty: Certainty,
}

impl<'a> Draft<'a> {
    pub(super) fn new(fields: Fields<'a>) -> Self {
        Self {
            fields,
            schedules: Vec::new(),
            components: Vec::new(),
            notes: Vec::new(),
            source: String::new(),
            record: String::new(),
            certainty: Certainty::Stated,
        }
    }

    /// One more component, from a field of the file.
    pub(super) fn add(&mut self, id: &str, name: Words, field: &str, charge: Charge) {
        let source = self.source_of(field);
        let certainty = self.certainty;
        self.components.push(Component { id: id.to_owned(), name, charge, source, certainty });
    }

    /// The last component rests on an assumption as well, which the note says.
    pub(super) fn assume(&mut self, en: impl Into<String>, zh: impl Into<String>) {
        if let Some(last) = self.components.last_mut() {
            last.certainty = last.certainty.max(Certainty::Assumed);
        }
        self.notes.push(words(en, zh));
    }

    /// The record with a field, which is where a price stands.
    pub(super) fn source_of(&self, field: &str) -> String {
        format!("{}, {field}", self.record)
    }

    pub(super) fn sheet(self, head: Head) -> Sheet {
        let certainty = self.components.iter().map(|one| one.certainty).max().unwrap_or(self.certainty);
        Sheet {
            schema_address: None,
            schema: SCHEMA,
            id: head.id,
            name: head.name,
            utility: head.utility,
            currency: head.currency,
            customer: head.customer,
            certainty,
            source: self.source,
            notes: self.notes,
            not_carried: self.fields.not_carried,
            triggers: Vec::new(),
            price_tables: crate::tariff::PriceTables::new(),
            versions: vec![Version {
                in_force: head.in_force,
                source: None,
                schedules: self.schedules,
                components: self.components,
            }],
        }
    }
}
