//! Inline values of a file as global values of a connection.

use std::collections::BTreeMap;
use std::collections::HashSet;

use serde_json::Value;

use crate::model::component::Collection;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::definition::ConnectionVariable;
use crate::model::definition::InlineInput;
use crate::model::problem::Place;
use crate::model::values::normalise::Wrong;
use crate::model::values::normalise::normalise;

/// The values that a new connection made for this variable starts with, by the manifest's input: neither secrets nor
/// examples, each in the form of its input's kind. What has not that form is left out.
#[must_use]
pub fn proposed_values(
    variable: &ConnectionVariable,
    connection_type: &ConnectionType,
) -> BTreeMap<String, (Value, Option<ManagedBy>)> {
    known(variable, connection_type)
        .filter(|(found, _)| !found.is_example)
        .filter_map(|(found, input)| {
            let value = stored(found.value.as_ref()?, input).ok()??;
            Some((input.key.clone(), (value, found.managed_by)))
        })
        .collect()
}

/// Who manages each input, where the file says so; also of inputs without a value, and of secrets.
#[must_use]
pub fn proposed_managers(
    variable: &ConnectionVariable,
    connection_type: &ConnectionType,
) -> BTreeMap<String, ManagedBy> {
    known(variable, connection_type).filter_map(|(found, input)| Some((input.key.clone(), found.managed_by?))).collect()
}

/// An inline value that an existing connection has otherwise. Never of a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub input: String,
    pub in_file: Value,
    pub existing: Option<Value>,
    /// Where the file says so.
    pub place: Place,
}

/// Inline values that differ from those of an existing connection: they stay in the file, and are reported.
#[must_use]
pub fn differences(
    variable: &ConnectionVariable,
    connection_type: &ConnectionType,
    existing: &BTreeMap<String, Value>,
) -> Vec<Difference> {
    let proposed = proposed_values(variable, connection_type);
    known(variable, connection_type)
        .filter_map(|(found, input)| {
            let (in_file, _) = proposed.get(&input.key)?;
            let existing = existing.get(&input.key);
            if existing == Some(in_file) {
                return None;
            }
            Some(Difference {
                input: input.key.clone(),
                in_file: in_file.clone(),
                existing: existing.cloned(),
                place: found.place,
            })
        })
        .collect()
}

/// The inputs that the manifest knows, each once: where a file names one twice, the first counts.
fn known<'v>(
    variable: &'v ConnectionVariable,
    connection_type: &'v ConnectionType,
) -> impl Iterator<Item = (&'v InlineInput, &'v Input)> {
    let inputs = variable.inline().map_or(&[][..], |inline| inline.inputs.as_slice());
    let mut seen = HashSet::new();
    inputs.iter().filter_map(move |found| {
        let input = connection_type.input(found.input.as_deref()?)?;
        Some((found, input)).filter(|_| !input.is_derived() && seen.insert(input.key.as_str()))
    })
}

/// A literal of a file as an input stores it. Files write most values as text, and collections as lists of
/// `{name, type: value, value}`.
pub(super) fn stored(value: &Value, input: &Input) -> Result<Option<Value>, Wrong> {
    let plain = match (input.collection, value) {
        (Some(Collection::List), Value::Array(items)) => items.iter().map(|item| inner(item).clone()).collect(),
        (Some(Collection::KeyValue), Value::Array(items)) => Value::Object(items.iter().filter_map(named).collect()),
        _ => value.clone(),
    };
    normalise(input, &plain)
}

fn named(item: &Value) -> Option<(String, Value)> {
    let name = inner(item.get("name").or_else(|| item.get("key"))?);
    Some((name.as_str()?.to_owned(), inner(item).clone()))
}

/// A literal inside a list: itself, or the `value` of `{type: value, value: ...}`.
fn inner(item: &Value) -> &Value {
    match (item.get("type").and_then(Value::as_str), item.get("value")) {
        (None | Some("value"), Some(value)) => value,
        _ => item,
    }
}
