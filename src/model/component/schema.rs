//! The JSON Schema of manifests, generated from the types, and the canonical form that digests are taken of.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use serde_json::Map;
use serde_json::Value;

use crate::model::component::Component;

/// Names the schema; nothing is served there.
const ID: &str = "https://keyway.invalid/schemas/component.json";

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut generated = schemars::schema_for!(Component).to_value();
    if let Value::Object(schema) = &mut generated {
        schema.insert("$id".into(), ID.into());
        schema.insert("title".into(), "Keyway component manifest".into());
    }
    generated
});

/// The schema (JSON Schema 2020-12) of a component manifest; editors complete and check with it.
#[must_use]
pub fn schema() -> Value {
    SCHEMA.clone()
}

/// The same without a copy.
pub(crate) fn schema_ref() -> &'static Value {
    &SCHEMA
}

impl Component {
    /// The manifest as JSON with sorted keys and without defaults: equal manifests have equal bytes.
    #[must_use]
    pub fn to_canonical_json(&self) -> String {
        // The types hold nothing that JSON cannot: text keys and finite numbers only.
        serde_json::to_value(self).map(sorted).unwrap_or_default().to_string()
    }

    /// `sha256:<hex>` of the canonical JSON.
    #[must_use]
    pub fn digest(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.to_canonical_json().as_bytes());
        hash.as_ref().iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
