//! Two tenants that a person can picture: `dev` builds integrations, `prod` has its own accounts.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::sync::ConnectionContent;
use crate::model::sync::ConnectionFacts;
use crate::model::sync::InputContent;
use crate::model::sync::IntegrationContent;
use crate::model::sync::KnownComponent;
use crate::model::sync::KnownType;
use crate::model::sync::Pin;
use crate::model::sync::RequiredInput;
use crate::model::sync::SlotContent;
use crate::model::sync::Snapshot;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;

pub(crate) fn connection(component: &str, connection_type: &str, label: &str) -> ConnectionContent {
    ConnectionContent {
        label: label.to_owned(),
        description: None,
        component: component.to_owned(),
        connection_type: connection_type.to_owned(),
        scope: Scope::Customer,
        is_enabled: true,
        is_embedded: false,
        aliases: BTreeSet::new(),
        inputs: BTreeMap::new(),
    }
}

pub(crate) fn with_value(mut content: ConnectionContent, input: &str, value: Value) -> ConnectionContent {
    content.inputs.insert(input.to_owned(), InputContent { value: Some(value), ..InputContent::default() });
    content
}

pub(crate) fn with_alias(mut content: ConnectionContent, alias: &str) -> ConnectionContent {
    content.aliases.insert(alias.to_owned());
    content
}

pub(crate) fn slot(component: &str, connection_type: &str, key: &str) -> SlotContent {
    SlotContent {
        component: Some(component.to_owned()),
        connection_type: Some(connection_type.to_owned()),
        stable_key: Some(key.to_owned()),
        ..SlotContent::default()
    }
}

pub(crate) fn integration(name: &str, is_published: bool, slots: &[(&str, SlotContent)]) -> IntegrationContent {
    let mut content = IntegrationContent {
        name: name.to_owned(),
        description: None,
        is_published,
        definition: "".into(),
        digest: String::new(),
        slots: slots.iter().map(|(name, slot)| ((*name).to_owned(), slot.clone())).collect(),
    };
    define(&mut content, "/orders");
    content
}

/// Gives the integration a flow whose one step calls `path`.
pub(crate) fn define(content: &mut IntegrationContent, path: &str) {
    let step = json!({"name": "Fetch", "inputs": {"path": {"type": "value", "value": path}}});
    content.set_definition(&json!({"name": content.name, "flows": [{"name": "Main", "steps": [step]}]}));
}

pub(crate) fn known(version: u32, connection_type: &str, required: &[(&str, ManagedBy, bool)]) -> KnownComponent {
    let required = required
        .iter()
        .map(|(key, managed_by, is_secret)| RequiredInput {
            key: (*key).to_owned(),
            managed_by: *managed_by,
            is_secret: *is_secret,
        })
        .collect();
    let needs_authorization = connection_type == "oauth2";
    let kind = KnownType { destinations: format!("places-{version}"), required, needs_authorization };
    KnownComponent { pin: pin(version), connection_types: BTreeMap::from([(connection_type.to_owned(), kind)]) }
}

pub(crate) fn pin(version: u32) -> Pin {
    Pin { version, digest: format!("{version}{version}{version}") }
}

/// `dev` has two integrations and three connections (one unused); `prod` has everything that they need.
pub(crate) fn tenants() -> (SourceState, TargetState) {
    let mut snapshot = Snapshot::default();
    for component in ["shopify", "slack"] {
        snapshot.components.insert(component.to_owned(), pin(1));
    }
    let slack = with_value(connection("slack", "oauth2", "Slack"), "scopes", json!("chat:write"));
    snapshot.connections.insert("slack-oauth2".to_owned(), slack);
    snapshot.connections.insert("shopify-api-key".to_owned(), connection("shopify", "api_key", "Shop"));
    snapshot.connections.insert("slack-oauth2-old".to_owned(), connection("slack", "oauth2", "Old Slack"));
    let orders =
        [("Shop", slot("shopify", "api_key", "shopify-api-key")), ("Chat", slot("slack", "oauth2", "slack-oauth2"))];
    snapshot.integrations.insert("orders".to_owned(), integration("Orders", true, &orders));
    let alerts = [("Chat", slot("slack", "oauth2", "slack-oauth2"))];
    snapshot.integrations.insert("alerts".to_owned(), integration("Alerts", false, &alerts));
    let source = SourceState { name: "dev".to_owned(), revision: Some(12), snapshot };

    let mut snapshot = source.snapshot.clone();
    snapshot.connections.remove("slack-oauth2-old");
    let known_components = BTreeMap::from([
        ("shopify".to_owned(), vec![known(1, "api_key", SHOPIFY), known(2, "api_key", SHOPIFY)]),
        ("slack".to_owned(), vec![known(1, "oauth2", SLACK)]),
    ]);
    let facts = snapshot.connections.keys().map(|key| (key.clone(), filled())).collect();
    let target = TargetState {
        name: "prod".to_owned(),
        revision: 40,
        is_production: true,
        snapshot,
        facts,
        known_components,
        ..TargetState::default()
    };
    (source, target)
}

const SHOPIFY: &[(&str, ManagedBy, bool)] =
    &[("shop", ManagedBy::Customer, false), ("api_key", ManagedBy::Customer, true)];
const SLACK: &[(&str, ManagedBy, bool)] =
    &[("client_id", ManagedBy::Organization, false), ("client_secret", ManagedBy::Organization, true)];

fn filled() -> ConnectionFacts {
    ConnectionFacts {
        holds_secrets: true,
        fill: "1".to_owned(),
        destination_inputs: BTreeSet::from(["base_url".to_owned()]).into(),
        local_inputs: BTreeSet::from(["client_id".to_owned()]).into(),
        ..ConnectionFacts::default()
    }
}
