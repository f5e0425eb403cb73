//! Edits of one layer: checked against who may set what, normalised, and told as a history would tell them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::error::FieldError;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::problem::nearest;
use crate::model::values::FieldChange;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::Layers;
use crate::model::values::Opened;
use crate::model::values::Side;
use crate::model::values::Stored;
use crate::model::values::destination_inputs;
use crate::model::values::destinations;
use crate::model::values::managed_by;
use crate::model::values::may_see;
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
#[derive(Clone, Default, PartialEq)]
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

/// A typed value may be a secret: it never reaches a log by way of `Debug`.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.value {
            Change::Keep => "Keep",
            Change::Clear => "Clear",
            Change::Set(_) => "Set(masked)",
        };
        f.debug_struct("Edit")
            .field("value", &value)
            .field("managed_by", &self.managed_by)
            .field("shared", &self.shared)
            .finish()
    }
}

/// A layer after its edits.
#[derive(Clone, PartialEq)]
pub struct Edited {
    pub inputs: Inputs,
    /// Secrets to seal (`Some`) or drop (`None`); the others stay.
    pub secrets: BTreeMap<String, Option<Opened>>,
    pub changes: Vec<FieldChange>,
}

impl fmt::Debug for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets: Vec<&String> = self.secrets.keys().collect();
        f.debug_struct("Edited")
            .field("inputs", &self.inputs)
            .field("secrets", &secrets)
            .field("changes", &self.changes)
            .finish()
    }
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
        let done = match context.kind.input(key) {
            Some(input) => settings(context, input, edit, &mut edited),
            None => unknown(context, key, edit, &mut edited),
        };
        wrong.extend(done.err());
    }
    let global = if context.layer == Layer::Global { edited.inputs.clone() } else { context.global.clone() };
    for (key, edit) in edits {
        if let Some(input) = context.kind.input(key) {
            wrong.extend(value(context, &global, input, edit, &mut edited).err());
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    edited.inputs.retain(|key, stored| !stored.is_empty() || !edits.contains_key(key));
    bind(context, &mut edited);
    Ok(edited)
}

/// An input that the manifest does not have is refused. What is still stored of one that it once had can be cleared.
fn unknown(context: &Context<'_>, key: &str, edit: &Edit, edited: &mut Edited) -> Result<(), FieldError> {
    let clears = *edit == Edit { value: Change::Clear, ..Edit::default() };
    if let Some(stored) = edited.inputs.get(key).filter(|_| clears && context.side == Side::Organization) {
        if stored.secret {
            edited.secrets.insert(key.to_owned(), None);
        }
        // Whether the old value was a secret is no longer known: it is told as one.
        edited.changes.extend(stored.is_set().then(|| FieldChange::of_secret(key, true, false)));
        edited.inputs.remove(key);
        return Ok(());
    }
    let seen = |input: &&Input| may_see(context.side, context.scope, managed_by(context.scope, context.global, input));
    let keys = || context.kind.inputs.iter().filter(seen).map(|input| input.key.as_str());
    let help = match nearest(key, keys()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has {}", keys().collect::<Vec<_>>().join(", ")),
    };
    let message = format!("`{}` has no such input; {help}", context.kind.key);
    Err(FieldError::new(format!("inputs.{key}"), "unknown_input", message))
}

/// Who manages the input, and whether its value travels.
fn settings(context: &Context<'_>, input: &Input, edit: &Edit, edited: &mut Edited) -> Result<(), FieldError> {
    if edit.managed_by == Change::Keep && edit.shared == Change::Keep {
        return Ok(());
    }
    let field = |name: &str| format!("inputs.{}.{name}", input.key);
    if context.layer != Layer::Global || context.side != Side::Organization {
        let name = if edit.managed_by == Change::Keep { "shared" } else { "managed_by" };
        let message = "this is decided on the connection, by the organization";
        return Err(FieldError::new(field(name), "not_settable", message));
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
        Change::Clear | Change::Set(Value::Null) => None,
        Change::Set(value) => Some(value),
    };
    if input.is_derived() {
        // A value from before the input became derived may go.
        if typed.is_none() && context.side == Side::Organization {
            clear(input, edited);
            return Ok(());
        }
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
    match (input.is_secret(), new) {
        // A form shows a secret as blank: blank means that nobody typed.
        (true, None) if typed.is_some() => {}
        (_, None) => clear(input, edited),
        (true, Some(new)) => store_secret(context, input, new, edited),
        (false, Some(new)) => store_plain(input, new, edited),
    }
    Ok(())
}

fn clear(input: &Input, edited: &mut Edited) {
    let Some(stored) = edited.inputs.get_mut(&input.key).filter(|stored| stored.is_set()) else { return };
    if stored.secret || input.is_secret() {
        edited.changes.push(FieldChange::of_secret(&input.key, true, false));
        edited.secrets.insert(input.key.clone(), None);
    } else {
        let old = stored.value.take().unwrap_or_default();
        edited.changes.extend(FieldChange::of(format!("inputs.{}", input.key), old, Value::Null));
    }
    *stored = settings_of(stored);
}

fn store_secret(context: &Context<'_>, input: &Input, new: Value, edited: &mut Edited) {
    let stored = edited.inputs.entry(input.key.clone()).or_default();
    edited.changes.push(FieldChange::of_secret(&input.key, stored.is_set(), true));
    let times = stored.entered + u32::from(destination_inputs(context.kind).contains(&input.key));
    *stored = Stored { secret: true, entered: times, ..settings_of(stored) };
    edited.secrets.insert(input.key.clone(), Some(new.into()));
}

fn store_plain(input: &Input, new: Value, edited: &mut Edited) {
    let stored = edited.inputs.entry(input.key.clone()).or_default();
    if stored.secret {
        edited.secrets.insert(input.key.clone(), None);
        edited.changes.push(FieldChange::of_secret(&input.key, true, false));
    }
    let old = stored.value.take().filter(|_| !stored.secret).unwrap_or_default();
    edited.changes.extend(FieldChange::of(format!("inputs.{}", input.key), old, new.clone()));
    *stored = Stored { value: Some(new), ..settings_of(stored) };
}

/// What stays when a value goes.
fn settings_of(stored: &Stored) -> Stored {
    Stored { managed_by: stored.managed_by, shared: stored.shared, entered: stored.entered, ..Stored::default() }
}

/// Secrets that were typed now are meant for where the layers point now.
fn bind(context: &Context<'_>, edited: &mut Edited) {
    let typed: Vec<&String> =
        edited.secrets.iter().filter(|(_, secret)| secret.is_some()).map(|(key, _)| key).collect();
    if typed.is_empty() {
        return;
    }
    let (kind, scope) = (context.kind, context.scope);
    let layers = match context.layer {
        Layer::Global => Layers { kind, scope, global: &edited.inputs, credential: None },
        Layer::Credential(owner) => {
            Layers { kind, scope, global: context.global, credential: Some((owner, &edited.inputs)) }
        }
    };
    let places = destinations(&layers, context.layer);
    for key in typed {
        if let Some(stored) = edited.inputs.get_mut(key) {
            stored.bound_to.clone_from(&places);
        }
    }
}
