//! Inputs as text: what somebody typed becomes the node of the file, and what was not changed stays as it was written.

use serde_json::Value;
use serde_json::json;

use crate::model::definition::Definition;
use crate::model::definition::edit::EditError;
use crate::model::definition::edit::InputText;
use crate::model::definition::edit::Result;
use crate::model::definition::outline::Form;
use crate::model::definition::outline::input as view;
use crate::model::definition::outline::text;
use crate::model::yaml;

/// Longer inputs come with files.
const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Writes an input into a step's inputs.
pub(super) fn write(
    definition: &Definition,
    inputs: &mut serde_json::Map<String, Value>,
    (name, typed): (&str, &InputText),
) -> Result<()> {
    let before = inputs.get(name).map(|node| view(name, node, names_connection(definition, node)));
    if let Some(before) = &before {
        if before.form == Some(typed.form) && before.text == typed.text {
            return Ok(());
        }
        if before.is_connection {
            let message = format!("`{name}` is the step's connection: switch the step to another one instead");
            return Err(EditError::new("is_connection", message).of(name));
        }
    } else if typed.text.is_empty() {
        return Ok(());
    }
    let value = value(definition, (name, typed), inputs.get(name))?;
    match inputs.get_mut(name).filter(|node| node.get("type").is_some()).and_then(Value::as_object_mut) {
        Some(node) => {
            node.insert("type".to_owned(), typed.form.in_file().into());
            node.insert("value".to_owned(), value);
        }
        None => drop(inputs.insert(name.to_owned(), json!({ "type": typed.form.in_file(), "value": value }))),
    }
    Ok(())
}

fn names_connection(definition: &Definition, node: &Value) -> bool {
    text(node, "type") == Some("configVar")
        && text(node, "value").is_some_and(|variable| definition.variable(variable).is_some())
}

fn value(definition: &Definition, (name, typed): (&str, &InputText), before: Option<&Value>) -> Result<Value> {
    let refused = |code, message: String| Err(EditError::new(code, message).of(name));
    if typed.text.len() > MAX_TEXT_BYTES {
        return refused("too_long", format!("at most {} KiB can be typed here", MAX_TEXT_BYTES / 1024));
    }
    if typed.text.contains('\0') {
        return refused("nul_character", "take the NUL character out".to_owned());
    }
    match typed.form {
        Form::Structure if typed.text.trim().is_empty() => Ok(json!([])),
        Form::Structure => match yaml::read(&typed.text) {
            Ok(node) => Ok(node.to_value()),
            Err(problem) => refused("not_yaml", format!("line {}: {}", problem.line, problem.message)),
        },
        Form::Variable if definition.variable(&typed.text).is_some() => {
            refused("is_connection", format!("`{}` is a connection: choose it as the step's connection", typed.text))
        }
        Form::Variable if !typed.text.is_empty() && !has_variable(definition, &typed.text) => {
            refused("no_such_variable", format!("the integration has no variable `{}`", typed.text))
        }
        // A number stays one as long as a number is typed.
        Form::Value => match before.and_then(|node| node.get("value")) {
            Some(Value::Number(_) | Value::Bool(_)) => match serde_json::from_str(&typed.text) {
                Ok(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value),
                _ => Ok(Value::String(typed.text.clone())),
            },
            _ => Ok(Value::String(typed.text.clone())),
        },
        _ => Ok(Value::String(typed.text.clone())),
    }
}

fn has_variable(definition: &Definition, key: &str) -> bool {
    let listed = definition.document.get("requiredConfigVars").and_then(Value::as_array);
    listed.into_iter().flatten().any(|variable| text(variable, "key") == Some(key))
}
