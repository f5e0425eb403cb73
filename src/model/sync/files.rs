//! A snapshot as a folder that people read, edit and keep in git: one YAML file per connection and integration.
//!
//! ```text
//! keyway.yaml                the format and the component pins
//! connections/<key>.yaml     definition and shared values
//! integrations/<key>.yaml    name, state, slots, and the definition
//! ```
//!
//! Same snapshot, same bytes. Other files (a README, `.git`) are left alone.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::model::sync::snapshot::ConnectionContent;
use crate::model::sync::snapshot::IntegrationContent;
use crate::model::sync::snapshot::Snapshot;
use crate::model::sync::snapshot::sort_keys;
use crate::model::yaml;

pub use read::from_files;

mod read;

/// The one folder format that is written and read.
pub const FORMAT: &str = "keyway.folder/1";
/// The file that makes a folder one of these.
pub const ROOT: &str = "keyway.yaml";

/// Path below the folder, with `/`, to the file's text.
#[must_use]
pub fn to_files(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let root = json!({"format": FORMAT, "components": to_value(&snapshot.components)});
    files.insert(ROOT.to_owned(), yaml::write(&root));
    for (key, connection) in &snapshot.connections {
        files.insert(format!("connections/{key}.yaml"), yaml::write(&connection_value(connection)));
    }
    for (key, integration) in &snapshot.integrations {
        files.insert(format!("integrations/{key}.yaml"), yaml::write(&integration_value(integration)));
    }
    files
}

fn to_value(content: &impl Serialize) -> Value {
    // These types hold only what JSON has; every map key is a string.
    serde_json::to_value(content).unwrap_or_default()
}

fn connection_value(connection: &ConnectionContent) -> Value {
    let mut value = to_value(connection);
    if let Some(inputs) = value.get_mut("inputs") {
        *inputs = sort_keys(inputs);
    }
    value
}

fn integration_value(integration: &IntegrationContent) -> Value {
    let IntegrationContent { name, description, is_published, definition, digest: _, slots } = integration;
    let mut map = Map::new();
    map.insert("name".to_owned(), name.as_str().into());
    if let Some(description) = description {
        map.insert("description".to_owned(), description.as_str().into());
    }
    map.insert("state".to_owned(), if *is_published { "published".into() } else { "draft".into() });
    if !slots.is_empty() {
        map.insert("slots".to_owned(), to_value(slots));
    }
    map.insert("definition".to_owned(), serde_json::from_str(definition).unwrap_or_default());
    Value::Object(map)
}
