//! The JSON Schema of a tariff, made from the types, for editors.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::sheet::Sheet;
use super::tariff::{SCHEMA, Tariff};

impl Tariff {
    /// The JSON Schema (draft 07) of a tariff, for editors that complete and check while a tariff is written.
    ///
    /// It knows fields, types, allowed words and their meaning. What depends on several fields — whether the periods
    /// tile the day, whether a name exists — is told by [`Tariff::problems`].
    ///
    /// ```
    /// let schema = wattlens::tariff::Tariff::json_schema();
    /// assert_eq!(schema["title"], "wattlens tariff");
    /// assert_eq!(schema["properties"]["schema"]["const"], 2);
    /// ```
    #[must_use]
    pub fn json_schema() -> Value {
        // Editors show the description of what stands in place better than that of what is referred to.
        let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
        let mut schema: Schema = settings.into_generator().into_root_schema_for::<Sheet>();
        if let Some(version) = schema.pointer_mut("/properties/schema") {
            version["const"] = SCHEMA.into();
        }
        let mut schema = schema.to_value();
        tidy(&mut schema);
        schema
    }
}

/// Docstrings as plain text: no escapes of brackets, no links of Rust, no breaks of lines.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if name == "description" => *text = plain(text),
                    _ => tidy(field),
                }
            }
            // The formats of Rust's integers mean nothing to an editor, which warns of them.
            let is_foreign = |format: &Value| {
                format.as_str().is_some_and(|format| {
                    format.starts_with("uint") || format.starts_with("int") || matches!(format, "double" | "float")
                })
            };
            if fields.get("format").is_some_and(is_foreign) {
                fields.remove("format");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn plain(text: &str) -> String {
    let text = text.replace("\\[", "[").replace("\\]", "]").replace("[`", "`").replace("`]", "`");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
