//! Edits of one layer: checked against who may set what, normalised, and told as a history would tell them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::FieldError;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::problem::nearest;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::Side;
use crate::model::values::Stored;
use crate::model::values::destinations;
use crate::model::values::managed_by;
use crate::model::values::normalise::normalise;
use crate::model::values::set_refusal;

/// What happens to one thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

/// What happens to one input of a layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edit {
    /// A blank text keeps a secret and clears anything else.
    pub value: Change<Value>,
    pub managed_by: Change<ManagedBy>,
    pub shared: Change<bool>,
}

impl Edit {
    /// The edit that a typed value means: `null` clears.
    #[must_use]
    pub fn of_value(value: Value) -> Self {
        let value = if value.is_null() { Change::Clear } else { Change::Set(value) };
        Self { value, ..Self::default() }
    }
}

/// One changed field, for histories. Secrets are told as changed, never with a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// `label`, or `inputs.<key>`, or `inputs.<key>.managed_by`.
    pub field: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
    /// A secret: `old` and `new` say only whether there was and is one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_secret: bool,
}

impl FieldChange {
    /// A change of a plain field; `None` when nothing changed.
    pub fn of(field: impl Into<String>, old: impl Into<Value>, new: impl Into<Value>) -> Option<Self> {
        let (old, new) = (old.into(), new.into());
        let some = |value: Value| (!value.is_null()).then_some(value);
        (old != new).then(|| Self { field: field.into(), old: some(old), new: some(new), is_secret: false })
    }

    fn of_secret(key: &str, was_set: bool, is_set: bool) -> Self {
        let mark = |is_set: bool| is_set.then(|| Value::from("set"));
        let new = if was_set && is_set { Some(Value::from("changed")) } else { mark(is_set) };
        Self { field: format!("inputs.{key}"), old: mark(was_set), new, is_secret: true }
    }
}

/// A layer after its edits.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    pub inputs: Inputs,
    /// Secrets to seal (`Some`) or drop (`None`); the others stay.
    pub secrets: BTreeMap<String, Option<Value>>,
    pub changes: Vec<FieldChange>,
}

/// The layer that is edited and what stands around it.
pub struct Context<'a> {
    pub kind: &'a ConnectionType,
    pub scope: Scope,
    pub side: Side,
    pub layer: Layer,
    /// The global layer as it stands (for a credential's edits; the global layer's own edits start from `current`).
    pub global: &'a Inputs,
    /// The edited layer as it stands.
    pub current: &'a Inputs,
}

/// Applies all edits or none.
///
/// # Errors
/// Every wrong field, named `inputs.<key>`.
pub fn apply(context: &Context<'_>, edits: &BTreeMap<String, Edit>) -> Result<Edited, Vec<FieldError>> {
    let mut edited = Edited { inputs: context.current.clone(), secrets: BTreeMap::new(), changes: Vec::new() };
    let mut wrong = Vec::new();
    // Who manages what may change in the same edit, and decides whether the values may be set.
    for (key, edit) in edits {
        match known(context.kind, key) {
            Ok(input) => {
                settings(context, input, edit, &mut edited).map_err(|error| wrong.push(error)).unwrap_or_default()
            }
            Err(error) => wrong.push(error),
        }
    }
    let global = if context.layer == Layer::Global { edited.inputs.clone() } else { context.global.clone() };
    for (key, edit) in edits {
        if let Some(input) = context.kind.input(key)
            && let Err(error) = value(context, &global, input, edit, &mut edited)
        {
            wrong.push(error);
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    edited.inputs.retain(|_, stored| !stored.is_empty());
    bind(context, &mut edited);
    Ok(edited)
}

fn known<'a>(kind: &'a ConnectionType, key: &str) -> Result<&'a Input, FieldError> {
    kind.input(key).ok_or_else(|| {
        let keys = || kind.inputs.iter().map(|input| input.key.as_str());
        let help = match nearest(key, keys()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", keys().collect::<Vec<_>>().join(", ")),
        };
        FieldError::new(format!("inputs.{key}"), "unknown_input", format!("`{}` has no such input; {help}", kind.key))
    })
}

/// Who manages the input, and whether its value travels.
fn settings(context: &Context<'_>, input: &Input, edit: &Edit, edited: &mut Edited) -> Result<(), FieldError> {
    if edit.managed_by == Change::Keep && edit.shared == Change::Keep {
        return Ok(());
    }
    let field = |name: &str| format!("inputs.{}.{name}", input.key);
    if context.layer != Layer::Global || context.side != Side::Organization {
        let message = "this is decided on the connection, by the organization";
        return Err(FieldError::new(field("managed_by"), "not_settable", message));
    }
    if edit.shared == Change::Set(true) && input.is_secret() {
        return Err(FieldError::new(field("shared"), "secret_not_shared", "a secret never leaves its tenant"));
    }
    if context.scope != Scope::Customer && matches!(edit.managed_by, Change::Set(who) if who != ManagedBy::Organization)
    {
        let message = format!("with the scope {} the organization manages every input", context.scope);
        return Err(FieldError::new(field("managed_by"), "managed_by_organization", message));
    }
    let stored = edited.inputs.entry(input.key.clone()).or_default();
    let before = (stored.managed_by, stored.shared);
    put(&mut stored.managed_by, &edit.managed_by);
    put(&mut stored.shared, &edit.shared);
    let word = |who: Option<ManagedBy>| serde_json::to_value(who).unwrap_or_default();
    edited.changes.extend(FieldChange::of(field("managed_by"), word(before.0), word(stored.managed_by)));
    edited.changes.extend(FieldChange::of(field("shared"), before.1, stored.shared));
    Ok(())
}

fn put<T: Clone>(slot: &mut Option<T>, change: &Change<T>) {
    match change {
        Change::Keep => {}
        Change::Clear => *slot = None,
        Change::Set(value) => *slot = Some(value.clone()),
    }
}

fn value(
    context: &Context<'_>,
    global: &Inputs,
    input: &Input,
    edit: &Edit,
    edited: &mut Edited,
) -> Result<(), FieldError> {
    let field = || format!("inputs.{}", input.key);
    let typed = match &edit.value {
        Change::Keep => return Ok(()),
        Change::Clear => None,
        Change::Set(Value::String(text)) if text.is_empty() && input.is_secret() => return Ok(()),
        Change::Set(value) => Some(value),
    };
    if input.is_derived() {
        return Err(FieldError::new(field(), "derived", "it is derived from other inputs"));
    }
    let who = managed_by(context.scope, global, input);
    let refusal = set_refusal(context.side, context.scope, context.layer, who);
    // What no longer counts may still be cleared by those who could have set it.
    if let Some(reason) = refusal.filter(|_| typed.is_some() || context.side != Side::Organization) {
        return Err(FieldError::new(field(), "not_settable", reason));
    }
    let new = match typed {
        Some(value) => normalise(input, value).map_err(|(code, message)| FieldError::new(field(), code, message))?,
        None => None,
    };
    if input.is_secret() {
        store_secret(input, new, edited);
    } else {
        let stored = edited.inputs.entry(input.key.clone()).or_default();
        let change =
            FieldChange::of(field(), stored.value.clone().unwrap_or_default(), new.clone().unwrap_or_default());
        edited.changes.extend(change);
        if stored.secret {
            edited.secrets.insert(input.key.clone(), None);
        }
        *stored = Stored { value: new, managed_by: stored.managed_by, shared: stored.shared, ..Stored::default() };
    }
    Ok(())
}

fn store_secret(input: &Input, new: Option<Value>, edited: &mut Edited) {
    let stored = edited.inputs.entry(input.key.clone()).or_default();
    let (was_set, is_set) = (stored.secret, new.is_some());
    if !was_set && !is_set && stored.value.is_none() {
        return;
    }
    edited.changes.push(FieldChange::of_secret(&input.key, was_set, is_set));
    *stored = Stored { secret: is_set, managed_by: stored.managed_by, shared: stored.shared, ..Stored::default() };
    edited.secrets.insert(input.key.clone(), new);
}

/// Secrets that were typed now are meant for where the layers point now.
fn bind(context: &Context<'_>, edited: &mut Edited) {
    let typed: Vec<String> =
        edited.secrets.iter().filter(|(_, secret)| secret.is_some()).map(|(key, _)| key.clone()).collect();
    if typed.is_empty() {
        return;
    }
    let inputs = edited.inputs.clone();
    let layers = match context.layer {
        Layer::Global => Layers { kind: context.kind, scope: context.scope, global: &inputs, credential: None },
        Layer::Credential(owner) => Layers {
            kind: context.kind,
            scope: context.scope,
            global: context.global,
            credential: Some((owner, &inputs)),
        },
    };
    let places = destinations(&layers, context.layer);
    for key in typed {
        if let Some(stored) = edited.inputs.get_mut(&key) {
            stored.bound_to.clone_from(&places);
        }
    }
}
