//! Laying the layers: each input's effective value, where it came from, and what keeps it from being used.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::template::Encoding;
use crate::model::template::Template;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::Secrets;
use crate::model::values::Stored;
use crate::model::values::destinations;
use crate::model::values::layer_counts;
use crate::model::values::managed_by;

/// The layer that an effective value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The component's default.
    Default,
    /// The connection's global value.
    Global,
    /// The credential.
    Credential,
    /// Computed from other inputs.
    Derived,
}

/// Whether an input can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Set,
    /// Not set, and not needed.
    Unset,
    /// Required and not set.
    Missing,
    /// A secret whose destination changed since it was entered: enter it again.
    Quarantined,
}

/// One input's effective value.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective<'a> {
    pub input: &'a Input,
    pub managed_by: ManagedBy,
    pub state: State,
    /// Absent when nothing sets it.
    pub origin: Option<Origin>,
    pub is_secret: bool,
    /// A secret's value only when its layer's secrets were given, and never while it is quarantined.
    pub value: Option<Value>,
}

/// A stored value that no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ignored {
    pub input: String,
    #[schema(value_type = String)]
    pub reason: &'static str,
}

/// Everything that a resolve tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution<'a> {
    /// In the manifest's order.
    pub inputs: Vec<Effective<'a>>,
    pub ignored: Vec<Ignored>,
}

impl Resolution<'_> {
    /// Whether nothing keeps it from being used.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.inputs.iter().all(|input| matches!(input.state, State::Set | State::Unset))
    }

    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        self.inputs.iter().any(|input| input.state == State::Quarantined)
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Effective<'_>> {
        self.inputs.iter().find(|input| input.input.key == key)
    }
}

/// Lays the layers. Secrets are filled in when given: of the global layer, of the credential.
#[must_use]
pub fn resolve<'a>(layers: &Layers<'a>, secrets: Option<(&Secrets, &Secrets)>) -> Resolution<'a> {
    let places = Places::new(layers);
    let mut inputs: Vec<Effective<'a>> =
        layers
            .kind
            .inputs
            .iter()
            .map(|input| {
                if input.is_derived() { derived_later(layers, input) } else { stored(layers, &places, input, secrets) }
            })
            .collect();
    derive(&mut inputs);
    Resolution { inputs, ignored: ignored(layers) }
}

/// The destinations of each layer's secrets, rendered once.
struct Places {
    global: Vec<String>,
    credential: Vec<String>,
}

impl Places {
    fn new(layers: &Layers<'_>) -> Self {
        let has_secrets = |inputs: &Inputs| inputs.values().any(|stored| stored.secret);
        let global = if has_secrets(layers.global) { destinations(layers, Layer::Global) } else { Vec::new() };
        let credential = match layers.credential {
            Some((owner, inputs)) if has_secrets(inputs) => destinations(layers, Layer::Credential(owner)),
            _ => Vec::new(),
        };
        Self { global, credential }
    }
}

fn stored<'a>(
    layers: &Layers<'a>,
    places: &Places,
    input: &'a Input,
    secrets: Option<(&Secrets, &Secrets)>,
) -> Effective<'a> {
    let who = managed_by(layers.scope, layers.global, input);
    let found = strongest(layers, input, who);
    let is_secret = input.is_secret();
    let (state, origin, value) = match found {
        Some((origin, stored)) if stored.secret => {
            let (now, opened) = match origin {
                Origin::Credential => (&places.credential, secrets.map(|(_, own)| own)),
                _ => (&places.global, secrets.map(|(global, _)| global)),
            };
            if stored.bound_to == *now {
                (State::Set, Some(origin), opened.and_then(|opened| opened.get(&input.key)).cloned())
            } else {
                (State::Quarantined, Some(origin), None)
            }
        }
        Some((origin, stored)) => (State::Set, Some(origin), stored.value.clone()),
        None => match &input.default {
            Some(default) => (State::Set, Some(Origin::Default), Some(default.clone())),
            None if input.required => (State::Missing, None, None),
            None => (State::Unset, None, None),
        },
    };
    Effective { input, managed_by: who, state, origin, is_secret, value }
}

/// The strongest layer that sets the input and counts. A secret input is only ever stored as a secret.
fn strongest<'a>(layers: &Layers<'a>, input: &Input, who: ManagedBy) -> Option<(Origin, &'a Stored)> {
    let usable =
        |stored: &&Stored| if input.is_secret() { stored.secret } else { stored.value.is_some() && !stored.secret };
    let own = layers
        .credential
        .filter(|(owner, _)| layer_counts(layers.scope, Layer::Credential(*owner), who))
        .and_then(|(_, inputs)| inputs.get(&input.key))
        .filter(usable);
    match own {
        Some(stored) => Some((Origin::Credential, stored)),
        None => layers.global.get(&input.key).filter(usable).map(|stored| (Origin::Global, stored)),
    }
}

fn derived_later<'a>(layers: &Layers<'a>, input: &'a Input) -> Effective<'a> {
    let managed_by = managed_by(layers.scope, layers.global, input);
    Effective { input, managed_by, state: State::Unset, origin: None, is_secret: input.is_secret(), value: None }
}

/// Computes the derived inputs last. One that names a secret is a secret itself.
fn derive(inputs: &mut [Effective<'_>]) {
    let known: BTreeMap<String, (State, bool, Option<String>)> =
        inputs.iter().map(|e| (e.input.key.clone(), (e.state, e.is_secret, e.value.as_ref().map(as_text)))).collect();
    for effective in inputs.iter_mut().filter(|effective| effective.input.is_derived()) {
        let Some(template) = effective.input.template.as_deref().and_then(|text| Template::parse(text).ok()) else {
            continue;
        };
        let used: Vec<_> = template.names().filter_map(|name| known.get(name)).collect();
        effective.is_secret = effective.is_secret || used.iter().any(|(_, is_secret, _)| *is_secret);
        let worst = used.iter().map(|(state, _, _)| *state);
        effective.state = if worst.clone().any(|state| state == State::Quarantined) {
            State::Quarantined
        } else if worst.clone().all(|state| state == State::Set) {
            effective.origin = Some(Origin::Derived);
            State::Set
        } else if effective.input.required {
            State::Missing
        } else {
            State::Unset
        };
        let lookup = |name: &str| known.get(name).and_then(|(_, _, value)| value.clone()).map(Cow::Owned);
        if effective.state == State::Set {
            effective.value = template.render(&lookup, Encoding::Plain).ok().map(Value::String);
        }
    }
}

/// A value as templates see it.
#[must_use]
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Stored values that do not count: the organization manages them by now, or the manifest no longer has them.
fn ignored(layers: &Layers<'_>) -> Vec<Ignored> {
    let mut found = Vec::new();
    if let Some((owner, inputs)) = layers.credential {
        for (key, stored) in inputs.iter().filter(|(_, stored)| stored.is_set()) {
            match layers.kind.input(key) {
                None => found.push(Ignored { input: key.clone(), reason: "unknown_input" }),
                Some(input) => {
                    let who = managed_by(layers.scope, layers.global, input);
                    if !layer_counts(layers.scope, Layer::Credential(owner), who) {
                        found.push(Ignored { input: key.clone(), reason: "managed_by_organization" });
                    } else if stored.secret != input.is_secret() {
                        found.push(Ignored { input: key.clone(), reason: "kind_changed" });
                    }
                }
            }
        }
    }
    for (key, stored) in layers.global.iter().filter(|(_, stored)| stored.is_set()) {
        match layers.kind.input(key) {
            None => found.push(Ignored { input: key.clone(), reason: "unknown_input" }),
            Some(input) if stored.secret != input.is_secret() => {
                found.push(Ignored { input: key.clone(), reason: "kind_changed" });
            }
            Some(_) => {}
        }
    }
    found
}

/// What must be set before a credential of `owner` can be used, and who sets it.
#[must_use]
pub fn missing(resolution: &Resolution<'_>) -> Vec<(String, ManagedBy, State)> {
    resolution
        .inputs
        .iter()
        .filter(|effective| {
            matches!(effective.state, State::Missing | State::Quarantined) && !effective.input.is_derived()
        })
        .map(|effective| (effective.input.key.clone(), effective.managed_by, effective.state))
        .collect()
}
