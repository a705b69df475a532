//! A percentage of other lines: a tax, a levy, a discount.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place, check_percent};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry};

/// A percentage of the rounded lines before it. A tax on taxes stands after them; one that is not, names its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Surcharge {
    /// Percent; a discount is negative.
    pub percent: Decimal,
    /// Components whose lines are the base; all before it where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// Components that are left out of the base.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
}

impl Kind for Surcharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        check_percent(self.percent).map_err(|problem| ("percent".to_owned(), problem))?;
        if !self.of.is_empty() && !self.excludes.is_empty() {
            return Err(("excludes".to_owned(), "found with `of`; give one of them".to_owned()));
        }
        if place.before.is_empty() {
            return Err(("percent".to_owned(), "no component stands before it; put it after what it is of".to_owned()));
        }
        place.check_components("of", &self.of)?;
        place.check_components("excludes", &self.excludes)
    }

    fn charge<'a>(&'a self, _: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let names = |list: &[String], id: &str| list.iter().any(|name| name == id);
        let base = book.sum(|id| (self.of.is_empty() || names(&self.of, id)) && !names(&self.excludes, id));
        book.add(Entry::new("surcharge.percent", base, "currency", self.percent / Decimal::ONE_HUNDRED));
        Ok(())
    }
}
