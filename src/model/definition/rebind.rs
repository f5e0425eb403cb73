//! Other connections for a definition: a file that names what its slots are bound to, and steps switched to another.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::fmt;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::model::definition::Definition;
use crate::model::definition::VariableKind;
use crate::model::definition::proposal::Taken;
use crate::model::definition::secrets::child;
use crate::model::names::short_digest;

/// The document as a file for another tenant. A variable that is bound to another stable key than the one its file
/// would propose names its key (`useScopedConfigVar`); its inline connection and inputs are left out.
#[must_use]
pub fn export(definition: &Definition, bindings: &BTreeMap<String, String>) -> Value {
    let mut bound: BTreeMap<&str, &str> = BTreeMap::new();
    let mut taken = Taken::default();
    for variable in &definition.variables {
        let binding = bindings.get(&variable.key);
        match &variable.kind {
            VariableKind::Scoped { stable_key } => {
                if let Some(binding) = binding.filter(|binding| *binding != stable_key) {
                    bound.insert(&variable.key, binding);
                }
            }
            VariableKind::Inline(inline) => {
                // Those that leave the inline form take no key any more: the next of the type becomes the first.
                let proposed = taken.propose(inline, &variable.key);
                match binding.filter(|binding| **binding != proposed) {
                    Some(binding) => drop(bound.insert(&variable.key, binding)),
                    None => taken.take(&proposed),
                }
            }
        }
    }
    let mut document = definition.document.clone();
    let variables = document.get_mut("requiredConfigVars").and_then(Value::as_array_mut);
    for entry in variables.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(stable_key) = entry.get("key").and_then(Value::as_str).and_then(|key| bound.get(key)) {
            *entry = scoped(entry, stable_key);
        }
    }
    document
}

/// The same variable, naming a stable key in the place of its connection.
fn scoped(entry: &Map<String, Value>, stable_key: &str) -> Map<String, Value> {
    let has_connection = entry.contains_key("connection");
    let mut scoped = Map::new();
    for (name, value) in entry {
        match name.as_str() {
            "connection" => drop(scoped.insert("useScopedConfigVar".to_owned(), stable_key.into())),
            "useScopedConfigVar" if has_connection => {}
            "useScopedConfigVar" => drop(scoped.insert(name.clone(), stable_key.into())),
            "inputs" if has_connection => {}
            _ => drop(scoped.insert(name.clone(), value.clone())),
        }
    }
    scoped
}

/// What a step is switched to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A connection variable of the definition.
    Variable(String),
    /// A connection of the tenant: its variable is found by stable key, or added under a key made from `label`.
    Connection { label: String, stable_key: String },
}

/// One input that changes what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path of the step or data source.
    pub path: String,
    pub input: String,
    pub before: Option<String>,
    pub after: String,
}

/// A document after a switch.
#[derive(Debug, Clone, PartialEq)]
pub struct Switched {
    pub document: Value,
    /// The key of the variable that is used now.
    pub variable: String,
    pub is_variable_new: bool,
    /// In variable keys. Empty when the step used that variable before.
    pub changes: Vec<Change>,
}

/// Why a switch cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchError {
    NoStep {
        path: String,
    },
    /// The step has no such input, or its value is no connection.
    NotAConnection {
        path: String,
        input: String,
    },
    NoVariable {
        variable: String,
    },
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStep { path } => write!(f, "the integration has no step `{path}`"),
            Self::NotAConnection { path, input } => write!(f, "input `{input}` of `{path}` takes no connection"),
            Self::NoVariable { variable } => write!(f, "the integration has no connection variable `{variable}`"),
        }
    }
}

impl std::error::Error for SwitchError {}

/// Switches one input of one step, or of one data source, to another connection. The caller checks that the step
/// takes a connection of that type.
///
/// # Errors
/// [`SwitchError`] says what there is not.
pub fn switch_step(definition: &Definition, path: &str, input: &str, to: &Target) -> Result<Switched, SwitchError> {
    let pointer = pointer(definition, path, input)?;
    let mut document = definition.document.clone();
    let (variable, is_variable_new) = match to {
        Target::Variable(key) if definition.variable(key).is_some() => (key.clone(), false),
        Target::Variable(key) => return Err(SwitchError::NoVariable { variable: key.clone() }),
        Target::Connection { label, stable_key } => variable_of(definition, &mut document, label, stable_key),
    };
    let not_a_connection = || SwitchError::NotAConnection { path: path.to_owned(), input: input.to_owned() };
    let place = document.pointer_mut(&pointer).ok_or_else(not_a_connection)?;
    let before = place.as_str().filter(|key| !key.is_empty()).map(str::to_owned);
    let mut changes = Vec::new();
    if before.as_deref() != Some(variable.as_str()) {
        *place = Value::String(variable.clone());
        changes.push(Change { path: path.to_owned(), input: input.to_owned(), before, after: variable.clone() });
    }
    Ok(Switched { document, variable, is_variable_new, changes })
}

/// What switching a whole slot from one connection to another changes, in stable keys. The document stays as it is:
/// all these inputs name the variable, and the variable's slot is what is bound anew.
#[must_use]
pub fn switch_slot(definition: &Definition, variable: &str, before: Option<&str>, after: &str) -> Vec<Change> {
    if before == Some(after) {
        return Vec::new();
    }
    definition
        .uses()
        .filter(|(_, used)| used.variable == variable)
        .map(|(path, used)| Change {
            path,
            input: used.input.clone(),
            before: before.map(str::to_owned),
            after: after.to_owned(),
        })
        .collect()
}

/// Where the variable's name stands in the document.
fn pointer(definition: &Definition, path: &str, input: &str) -> Result<String, SwitchError> {
    let step = definition.steps.iter().find(|step| step.path == path).map(|step| (&step.connections, &step.pointer));
    let source = || {
        let found = definition.data_sources.iter().find(|source| source.path() == path);
        found.map(|source| (&source.connections, &source.pointer))
    };
    let (uses, pointer) = step.or_else(source).ok_or_else(|| SwitchError::NoStep { path: path.to_owned() })?;
    if let Some(used) = uses.iter().find(|used| used.input == input) {
        return Ok(used.pointer.clone());
    }
    // A connection input that names nothing yet.
    let pointer = child(&child(pointer, "inputs"), input);
    let found = definition.document.pointer(&pointer);
    let names_nothing = |found: &Value| {
        let value = found.get("value").and_then(Value::as_str);
        found.get("type").and_then(Value::as_str) == Some("configVar") && value == Some("")
    };
    match found {
        Some(found) if names_nothing(found) => Ok(child(&pointer, "value")),
        _ => Err(SwitchError::NotAConnection { path: path.to_owned(), input: input.to_owned() }),
    }
}

/// The variable that names this stable key; added at the end when there is none.
fn variable_of(definition: &Definition, document: &mut Value, label: &str, stable_key: &str) -> (String, bool) {
    let is_it = |kind: &VariableKind| matches!(kind, VariableKind::Scoped { stable_key: key } if key == stable_key);
    if let Some(variable) = definition.variables.iter().find(|variable| is_it(&variable.kind)) {
        return (variable.key.clone(), false);
    }
    if !document.get("requiredConfigVars").is_some_and(Value::is_array) {
        document["requiredConfigVars"] = json!([]);
    }
    let list = document.get_mut("requiredConfigVars").and_then(Value::as_array_mut);
    let Some(list) = list else { return (label.to_owned(), false) };
    let taken: HashSet<&str> = list.iter().filter_map(|entry| entry.get("key")?.as_str()).collect();
    let candidates = [label.to_owned(), format!("{label} ({stable_key})")];
    let free = candidates.into_iter().find(|key| !key.is_empty() && !taken.contains(key.as_str()));
    let key = free.unwrap_or_else(|| format!("{label} ({stable_key}, {})", short_digest(stable_key)));
    list.push(json!({ "key": key, "dataType": "connection", "useScopedConfigVar": stable_key }));
    (key, true)
}
