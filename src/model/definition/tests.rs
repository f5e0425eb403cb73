//! Own files of each shape, read with three small manifests.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::model::component::Component;
use crate::model::definition::Definition;
use crate::model::definition::Reading;
use crate::model::definition::read;
use crate::model::problem::Problem;

mod fixtures;
mod hostile;
mod meaning;
mod rebinding;
mod reconciling;

fn input(key: &str, kind: &str) -> Value {
    json!({ "key": key, "label": key, "type": kind })
}

pub(super) fn components(key: &str) -> Option<Arc<Component>> {
    let connection = match key {
        "slack" => json!({ "key": "oauth2", "label": "OAuth 2.0", "auth": { "kind": "none" }, "inputs": [
            input("client_id", "string"), input("client_secret", "password"), input("scopes", "string"),
            input("token_url", "string"), input("is_user", "boolean"), input("signing_word", "password"),
        ] }),
        "aws-s3" => json!({ "key": "api_key_secret", "label": "Keys", "auth": { "kind": "none" }, "inputs": [
            input("access_key_id", "string"), input("secret_access_key", "password"), input("timeout", "number"),
            { "key": "hosts", "label": "Hosts", "collection": "list" },
        ] }),
        "archive" => json!(null),
        _ => return None,
    };
    let connections = if connection.is_null() { json!([]) } else { json!([connection]) };
    let accepts =
        if key == "archive" { json!([{ "component": "aws-s3", "connection": "api_key_secret" }]) } else { json!([]) };
    let manifest = json!({ "key": key, "label": key, "connections": connections, "accepts": accepts });
    Some(Arc::new(serde_json::from_value(manifest).unwrap()))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/definitions")
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../tests/fixtures/definitions/", $name, ".yml")))),*]
    };
}

/// The name and the text of every file.
pub(super) const FILES: &[(&str, &str)] = files![
    "broken_old",
    "broken_several",
    "broken_syntax",
    "broken_version",
    "code_native",
    "data_sources",
    "inline",
    "scoped",
    "secrets",
    "unknown",
];

pub(super) fn text_of(name: &str) -> &'static str {
    FILES.iter().find(|(known, _)| *known == name).unwrap().1
}

pub(super) fn reading(text: &str) -> Result<Reading, Vec<Problem>> {
    read(text, &components)
}

pub(super) fn definition(name: &str) -> Definition {
    reading(text_of(name)).unwrap().definition
}
