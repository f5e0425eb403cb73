//! Laying the layers: each input's effective value, where it came from, and what keeps it from being used.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::Opened;
use crate::model::values::Secrets;
use crate::model::values::Stored;
use crate::model::values::compiled::CompiledInput;
use crate::model::values::compiled::CompiledType;
use crate::model::values::destination::Guard;
use crate::model::values::lay::Laid;
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
#[derive(Clone, PartialEq)]
pub struct Effective<'a> {
    pub input: &'a Input,
    pub managed_by: ManagedBy,
    pub state: State,
    /// Absent when nothing sets it.
    pub origin: Option<Origin>,
    pub is_secret: bool,
    /// A secret's value only when its layer's secrets were given, and never while it is quarantined.
    pub value: Option<Opened>,
}

/// Opened secrets never reach a log by way of `Debug`.
impl fmt::Debug for Effective<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().map(|value| if self.is_secret { "masked".into() } else { value.clone() });
        f.debug_struct("Effective")
            .field("input", &self.input.key)
            .field("managed_by", &self.managed_by)
            .field("state", &self.state)
            .field("origin", &self.origin)
            .field("is_secret", &self.is_secret)
            .field("value", &value)
            .finish()
    }
}

/// A stored value that no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ignored {
    pub input: String,
    /// `unknown_input`, `managed_by_organization`, `kind_changed` (it became a secret, plain or derived) or
    /// `scope_changed`.
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
    CompiledType::new(layers.kind).resolve(layers, secrets)
}

impl CompiledType {
    /// Lays the layers as [`resolve`] does, with the work of reading the manifest already done. `layers.kind` must be what
    /// this was made of.
    #[must_use]
    pub fn resolve<'a>(&self, layers: &Layers<'a>, secrets: Option<(&Secrets, &Secrets)>) -> Resolution<'a> {
        debug_assert_eq!(self.inputs.len(), layers.kind.inputs.len(), "compiled of another connection type");
        let laid = Laid { compiled: self, scope: layers.scope, global: layers.global, credential: layers.credential };
        let guard = Guard::new(laid);
        let stored = |(at, input)| stored(&laid, &guard, at, input, secrets);
        let mut inputs: Vec<Effective<'a>> = layers.kind.inputs.iter().enumerate().map(stored).collect();
        for (at, compiled) in self.inputs.iter().enumerate().filter(|(_, compiled)| compiled.is_derived) {
            derive(compiled, at, &mut inputs);
        }
        Resolution { inputs, ignored: ignored(layers) }
    }
}

/// An input that layers set. A derived one is left unset here.
fn stored<'a>(
    laid: &Laid<'_>,
    guard: &Guard<'_>,
    at: usize,
    input: &'a Input,
    secrets: Option<(&Secrets, &Secrets)>,
) -> Effective<'a> {
    let compiled = &laid.compiled.inputs[at];
    let default = || compiled.default.clone().filter(|_| !compiled.is_secret || secrets.is_some()).map(Opened::from);
    let (state, origin, value) = match laid.strongest(at) {
        Some((origin, stored)) if stored.secret && guard.is_quarantined(at, origin, stored) => {
            (State::Quarantined, Some(origin), None)
        }
        Some((origin, stored)) if stored.secret => {
            let opened = secrets.map(|(global, own)| if origin == Origin::Credential { own } else { global });
            (State::Set, Some(origin), opened.and_then(|opened| opened.get(&input.key)).cloned())
        }
        Some((origin, stored)) => (State::Set, Some(origin), stored.value.clone().map(Opened::from)),
        None if compiled.default.is_some() => (State::Set, Some(Origin::Default), default()),
        None if compiled.is_needed => (State::Missing, None, None),
        None => (State::Unset, None, None),
    };
    Effective { input, managed_by: laid.manager(at), state, origin, is_secret: compiled.is_secret, value }
}

/// Computes a derived input. One that names a secret is a secret itself, and it is managed by whoever manages most
/// strictly among what it names: it must not show a customer what the customer may not see.
fn derive(compiled: &CompiledInput, at: usize, inputs: &mut [Effective<'_>]) {
    let Some(derived) = &compiled.derived else { return };
    let sources = || derived.sources.iter().map(|source| &inputs[*source]);
    let is_secret = compiled.is_secret || sources().any(|source| source.is_secret);
    let managed_by = sources().map(|source| source.managed_by).fold(inputs[at].managed_by, stricter);
    let state = if sources().any(|source| source.state == State::Quarantined) {
        State::Quarantined
    } else if derived.is_sound && sources().all(|source| source.state == State::Set) {
        State::Set
    } else if compiled.is_needed {
        State::Missing
    } else {
        State::Unset
    };
    let lookup = |name: &str| {
        let source = sources().find(|source| source.input.key == name)?;
        source.value.as_ref().map(|value| Cow::Owned(as_text(value)))
    };
    let value = match state {
        // As a URL where it makes one: a value that would move its host leaves it without a value.
        State::Set => derived.template.render(&lookup, derived.template.derived_encoding()).ok().map(Opened::from),
        _ => None,
    };
    let origin = (state == State::Set).then_some(Origin::Derived);
    inputs[at] = Effective { input: inputs[at].input, managed_by, state, origin, is_secret, value };
}

fn stricter(one: ManagedBy, other: ManagedBy) -> ManagedBy {
    let order = [ManagedBy::Organization, ManagedBy::Embedded, ManagedBy::Customer];
    order.into_iter().find(|who| [one, other].contains(who)).unwrap_or(one)
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

/// Stored values that do not count, the credential's first.
fn ignored(layers: &Layers<'_>) -> Vec<Ignored> {
    let credential = layers.credential.map(|(owner, inputs)| (Layer::Credential(owner), inputs));
    let each = credential.into_iter().chain([(Layer::Global, layers.global)]);
    let values = each.flat_map(|(layer, inputs)| inputs.iter().map(move |(key, stored)| (layer, key, stored)));
    let found = values.filter(|(_, _, stored)| stored.is_set()).filter_map(|(layer, key, stored)| {
        Some(Ignored { input: key.clone(), reason: why_ignored(layers, layer, key, stored)? })
    });
    found.collect()
}

fn why_ignored(layers: &Layers<'_>, layer: Layer, key: &str, stored: &Stored) -> Option<&'static str> {
    let Some(input) = layers.kind.input(key) else { return Some("unknown_input") };
    let who = managed_by(layers.scope, layers.global, input);
    match layer {
        Layer::Credential(owner) if !owner.fits(layers.scope) => Some("scope_changed"),
        _ if !layer_counts(layers.scope, layer, who) => Some("managed_by_organization"),
        _ if stored.secret != input.is_secret() || input.is_derived() => Some("kind_changed"),
        _ => None,
    }
}

/// What must be set before the layers can be used, and who sets it.
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
