//! The prices of a tariff, found in its JSON, so that every kind of charge has its own without saying so.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::tariff::component::Charge;
use crate::tariff::sheet::Component;
use crate::tariff::tariff::Tariff;

/// Fields of a charge that hold a price.
const PRICES: &[&str] = &["adder", "price", "rate"];
/// Fields of a charge that hold a price for each of their keys.
const PRICES_BY_KEY: &[&str] = &["by_month", "by_period", "listed", "prices", "rates"];

/// One price of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PriceField {
    pub(super) version: usize,
    /// First day of that version.
    pub(super) from: Date,
    pub(super) component: String,
    /// JSON pointer into the charge.
    pointer: String,
    /// `None` where it is still to be given.
    pub(super) price: Option<Decimal>,
}

impl PriceField {
    /// The field as a tariff's author writes it: `price`, `by_period.peak`.
    pub(super) fn field(&self) -> String {
        self.pointer.split('/').skip(2).collect::<Vec<_>>().join(".")
    }

    /// The same tariff with another price here.
    pub(super) fn with(&self, tariff: &Tariff, price: Decimal) -> Option<Tariff> {
        let mut is_set = false;
        let edited = tariff.with_components(|version, components| {
            if version != self.version {
                return;
            }
            for component in components.iter_mut().filter(|one| one.id == self.component) {
                if let Some(charge) = self.set(&component.charge, price) {
                    component.charge = charge;
                    is_set = true;
                }
            }
        });
        is_set.then_some(edited)
    }

    fn set(&self, charge: &Charge, price: Decimal) -> Option<Charge> {
        let mut value = serde_json::to_value(charge).ok()?;
        *value.pointer_mut(&self.pointer)? = Value::String(price.to_string());
        serde_json::from_value(value).ok()
    }
}

/// The prices of these versions' components, in the order of the bill.
pub(super) fn price_fields(tariff: &Tariff, versions: &[usize]) -> Vec<PriceField> {
    let mut fields = Vec::new();
    for at in versions {
        let Some(version) = tariff.sheet().versions.get(*at) else { continue };
        for component in &version.components {
            let Ok(value) = serde_json::to_value(&component.charge) else { continue };
            let mut found = Vec::new();
            walk(&value, "", "", "", &mut found);
            fields.extend(found.into_iter().map(|(pointer, price)| PriceField {
                version: *at,
                from: version.in_force.from,
                component: component.id.clone(),
                pointer,
                price,
            }));
        }
    }
    fields
}

/// What a power-factor adjustment leaves out of its base; `None` for other components.
pub(super) fn power_factor_base(component: &Component) -> Option<&Vec<String>> {
    match &component.charge {
        Charge::PowerFactor(one) => Some(&one.excludes),
        _ => None,
    }
}

/// The same tariff with a component in or out of the base of a power-factor adjustment.
pub(super) fn with_power_factor_base(tariff: &Tariff, adjustment: &str, component: &str, is_in: bool) -> Tariff {
    tariff.with_components(|_, components| {
        for one in components.iter_mut().filter(|one| one.id == adjustment) {
            if let Charge::PowerFactor(power_factor) = &mut one.charge {
                power_factor.excludes.retain(|excluded| excluded != component);
                if !is_in {
                    power_factor.excludes.push(component.to_owned());
                }
            }
        }
    })
}

fn walk(value: &Value, pointer: &str, key: &str, parent: &str, found: &mut Vec<(String, Option<Decimal>)>) {
    let is_price = PRICES.contains(&key) || key.ends_with("_price") || PRICES_BY_KEY.contains(&parent);
    match value {
        Value::Object(fields) => {
            for (name, inside) in fields {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                walk(inside, &format!("{pointer}/{escaped}"), name, key, found);
            }
        }
        Value::Array(several) => {
            for (at, inside) in several.iter().enumerate() {
                walk(inside, &format!("{pointer}/{at}"), "", key, found);
            }
        }
        Value::Null if is_price => found.push((pointer.to_owned(), None)),
        Value::String(text) if is_price => {
            if let Ok(price) = text.parse() {
                found.push((pointer.to_owned(), Some(price)));
            }
        }
        Value::Number(number) if is_price => {
            if let Ok(price) = number.to_string().parse() {
                found.push((pointer.to_owned(), Some(price)));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tariff::load;

    #[test]
    fn every_price_of_the_fujian_tariff_is_found_and_can_be_set() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let fields = price_fields(&tariff, &[0]);
        let names: Vec<String> = fields.iter().map(|one| format!("{}.{}", one.component, one.field())).collect();
        assert_eq!(
            names,
            [
                "purchase.price",
                "network_and_system.price",
                "government_funds.price",
                "basic_charge.capacity_price",
                "basic_charge.demand_price"
            ]
        );
        assert_eq!(fields[0].price, Some(Decimal::new(3739, 4)));
        let other = fields[0].with(&tariff, Decimal::new(5, 1)).unwrap();
        assert_eq!(price_fields(&other, &[0])[0].price, Some(Decimal::new(5, 1)));
        assert_eq!(other.period_names(), tariff.period_names());
    }
}
