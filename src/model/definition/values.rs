//! Inline values of a file as global values of a connection.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use crate::model::component::Collection;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::component::ManagedBy;
use crate::model::definition::ConnectionVariable;
use crate::model::definition::InlineInput;
use crate::model::problem::Place;

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
            let value = normalised(found.value.as_ref()?, input)?;
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

fn known<'v>(
    variable: &'v ConnectionVariable,
    connection_type: &'v ConnectionType,
) -> impl Iterator<Item = (&'v InlineInput, &'v Input)> {
    let inputs = variable.inline().map_or(&[][..], |inline| inline.inputs.as_slice());
    inputs.iter().filter_map(|found| {
        let input = connection_type.input(found.input.as_deref()?)?;
        Some((found, input)).filter(|_| !input.is_derived())
    })
}

/// Files write most values as text; an input has its own kind.
fn normalised(value: &Value, input: &Input) -> Option<Value> {
    match input.collection {
        None => single(value, input.kind),
        Some(Collection::List) => {
            value.as_array()?.iter().map(|item| text(inner(item)?)).collect::<Option<Vec<_>>>().map(Value::from)
        }
        Some(Collection::KeyValue) => match value {
            Value::Object(entries) => entries
                .iter()
                .map(|(key, item)| Some((key.clone(), Value::from(text(item)?))))
                .collect::<Option<Map<_, _>>>(),
            value => value
                .as_array()?
                .iter()
                .map(|item| {
                    let key = item.get("name").or_else(|| item.get("key"))?;
                    Some((text(inner(key)?)?, Value::from(text(inner(item)?)?)))
                })
                .collect(),
        }
        .map(Value::Object),
    }
}

fn single(value: &Value, kind: InputKind) -> Option<Value> {
    let written = text(value)?;
    match kind {
        InputKind::Boolean => written.trim().parse().ok().map(Value::Bool),
        InputKind::Number => number(written.trim()).map(Value::Number),
        InputKind::Template => None,
        InputKind::String | InputKind::Text | InputKind::Password | InputKind::Select => Some(Value::String(written)),
    }
}

fn number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().map(Number::from).ok();
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

/// A literal inside a list: itself, or the `value` of `{type: value, value: ...}`.
fn inner(item: &Value) -> Option<&Value> {
    match item {
        Value::Object(entries) => match entries.get("type").and_then(Value::as_str) {
            None | Some("value") => entries.get("value"),
            Some(_) => None,
        },
        item => Some(item),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}
