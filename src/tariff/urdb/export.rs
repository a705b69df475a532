//! What exported energy is worth.

use serde_json::Value;

use super::draft::Draft;
use super::energy::Sells;
use super::fields::{Field, plain_text, words};
use crate::tariff::component::{Charge, Credit, ExportCharge, NetBilling};

/// Makes the prices of exported energy a component, and takes the rules for exports.
pub(super) fn read(draft: &mut Draft<'_>, sells: Sells) {
    let has_price = sells.values().any(Option::is_some);
    if has_price {
        let is_whole = sells.values().all(Option::is_some);
        let by_period = sells.into_iter().map(|(period, price)| (period, price.unwrap_or_default())).collect();
        let charge = NetBilling { by_period, credit: Credit::Paid, ..NetBilling::default() };
        let charge = Charge::Export(ExportCharge::NetBilling(charge));
        draft.add("export", words("Exported energy", "上网电量"), "sell of energyratestructure", charge);
        draft.assume(
            "Each exported kWh is paid its period's `sell` price by the bill that has it, beside any minimum; the database \
             does not say when credits are paid.",
            "上网电量按所在时段的 sell 价格在当期账单中支付，不计入最低收费；数据库未说明结算时间。",
        );
        if !is_whole {
            draft.assume(
                "Periods without a `sell` price pay nothing for exports.",
                "没有 sell 价格的时段，上网电量不付费。",
            );
        }
    }
    for name in ["dgrules", "usenetmetering"] {
        let Some(Field { written, value }) = draft.fields.take(name) else { continue };
        let text = plain_text(&value);
        let rule = text.to_lowercase();
        if matches!(rule.as_str(), "false" | "none" | "no") || has_price && rule.starts_with("net billing") {
            draft.notes.push(words(format!("{written}: {text}"), format!("{written}：{text}")));
            continue;
        }
        let why = words(
            "rules for exported energy without their terms (what rolls over, what is paid at the year's end); add an `export` \
             charge where the site exports",
            "上网电量规则，但无具体条款（如何结转、年末如何结算）；如有上网电量，请补充 export 收费项。",
        );
        draft.fields.list(written, &Value::String(text), true, why);
    }
}
