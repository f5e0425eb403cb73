//! Connection types and edits for the tests of values.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::error::FieldError;
use crate::model::component::ConnectionType;
use crate::model::connection::Scope;
use crate::model::values::Edit;
use crate::model::values::Edited;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::OwnerKind;
use crate::model::values::Secrets;
use crate::model::values::Side;
use crate::model::values::apply_edits;
use crate::model::values::edit::Context;

pub(super) fn kind(mut json: Value) -> ConnectionType {
    for input in json["inputs"].as_array_mut().unwrap() {
        input["label"] = input["key"].clone();
    }
    json["key"] = "main".into();
    json["label"] = "Main".into();
    serde_json::from_value(json).unwrap()
}

/// A shop: the customer's own subdomain, the organization's app, a token URL that may be replaced.
pub(super) fn shop() -> ConnectionType {
    kind(json!({
        "inputs": [
            { "key": "shop", "required": true, "managed_by": "customer" },
            { "key": "client_id", "required": true, "managed_by": "organization" },
            { "key": "client_secret", "type": "password", "required": true, "managed_by": "organization" },
            { "key": "token_url", "default": "https://login.shops.example/token", "managed_by": "organization" },
            { "key": "api_key", "type": "password" },
            { "key": "region", "default": "eu" },
            { "key": "home", "type": "template", "template": "https://{{shop}}.shops.example" },
            { "key": "signed", "type": "template", "template": "{{client_id}}:{{client_secret}}" },
            { "key": "session", "managed_by": "embedded" },
        ],
        "base_url": "{{home}}/v1",
        "headers": { "X-Key": "{{api_key}}" },
        "auth": { "kind": "oauth2_client_credentials", "token_url": "{{token_url}}" },
    }))
}

/// One layer with its opened secrets.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Held {
    pub(super) inputs: Inputs,
    pub(super) secrets: Secrets,
}

impl Held {
    pub(super) fn take(&mut self, edited: Edited) {
        self.inputs = edited.inputs;
        for (key, secret) in edited.secrets {
            match secret {
                Some(secret) => self.secrets.insert(key, secret),
                None => self.secrets.remove(&key),
            };
        }
    }
}

/// A connection and one credential of each owner.
#[derive(Clone)]
pub(super) struct World {
    pub(super) kind: ConnectionType,
    pub(super) scope: Scope,
    pub(super) global: Held,
    pub(super) credentials: BTreeMap<&'static str, (OwnerKind, Held)>,
}

#[expect(clippy::needless_pass_by_value, reason = "tests write the values in place")]
impl World {
    pub(super) fn new(kind: ConnectionType, scope: Scope) -> Self {
        let credentials = OwnerKind::ALL.map(|owner| (owner.as_str(), (owner, Held::default()))).into();
        Self { kind, scope, global: Held::default(), credentials }
    }

    pub(super) fn held(&self, layer: Layer) -> &Held {
        match layer {
            Layer::Global => &self.global,
            Layer::Credential(owner) => &self.credentials[owner.as_str()].1,
        }
    }

    pub(super) fn layers(&self, layer: Layer) -> Layers<'_> {
        let credential = match layer {
            Layer::Global => None,
            Layer::Credential(owner) => Some((owner, &self.held(layer).inputs)),
        };
        Layers { kind: &self.kind, scope: self.scope, global: &self.global.inputs, credential }
    }

    pub(super) fn try_edit(
        &self,
        side: Side,
        layer: Layer,
        edits: &BTreeMap<String, Edit>,
    ) -> Result<Edited, Vec<FieldError>> {
        let context = Context {
            kind: &self.kind,
            scope: self.scope,
            side,
            layer,
            global: &self.global.inputs,
            current: &self.held(layer).inputs,
        };
        apply_edits(&context, edits)
    }

    pub(super) fn edit(
        &mut self,
        side: Side,
        layer: Layer,
        edits: &BTreeMap<String, Edit>,
    ) -> Result<Edited, Vec<FieldError>> {
        let edited = self.try_edit(side, layer, edits)?;
        let held = match layer {
            Layer::Global => &mut self.global,
            Layer::Credential(owner) => &mut self.credentials.get_mut(owner.as_str()).unwrap().1,
        };
        held.take(edited.clone());
        Ok(edited)
    }

    /// Types values as the organization, and tells of the changes.
    pub(super) fn set(&mut self, layer: Layer, values: Value) -> Edited {
        self.edit(Side::Organization, layer, &edits(&values)).unwrap()
    }

    /// Types values as somebody who is refused, and gives each field and code.
    pub(super) fn refused(&self, side: Side, layer: Layer, values: Value) -> Vec<(String, &'static str)> {
        let wrong = self.try_edit(side, layer, &edits(&values)).unwrap_err();
        wrong.into_iter().map(|error| (error.field, error.code)).collect()
    }

    /// `state origin value` of one input, with all secrets opened.
    pub(super) fn shown(&self, layer: Layer, key: &str) -> String {
        let none = Secrets::new();
        let own = if layer == Layer::Global { &none } else { &self.held(layer).secrets };
        let layers = self.layers(layer);
        let resolution = crate::model::values::resolve(&layers, Some((&self.global.secrets, own)));
        let found = resolution.get(key).unwrap();
        let origin = found.origin.map_or("-".to_owned(), |origin| format!("{origin:?}").to_lowercase());
        let value = found.value.as_deref().map_or("-".to_owned(), ToString::to_string);
        format!("{} {origin} {}", format!("{:?}", found.state).to_lowercase(), value.trim_matches('"'))
    }
}

pub(super) fn edits(values: &Value) -> BTreeMap<String, Edit> {
    values.as_object().unwrap().iter().map(|(key, value)| (key.clone(), Edit::of_value(value.clone()))).collect()
}
