//! Values as people type them: how an input is entered, and its texts from and to what is stored.

use serde_json::Value;

use crate::model::component::Collection;
use crate::model::component::Input;
use crate::model::component::InputKind;
use crate::model::values::resolve::as_text;

/// How an input is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    Line,
    /// Several lines; of a list one item each, of a map `name=value`.
    Lines,
    Secret,
    Number,
    Switch,
    /// Value and label.
    Choice(Vec<(String, String)>),
}

#[must_use]
pub fn shape(input: &Input) -> Shape {
    match (input.is_secret(), input.collection, input.kind) {
        (true, ..) => Shape::Secret,
        (_, Some(_), _) | (_, _, InputKind::Text) => Shape::Lines,
        (_, _, InputKind::Boolean) => Shape::Switch,
        (_, _, InputKind::Number) => Shape::Number,
        (_, _, InputKind::Select) => {
            let choice = |option: &crate::model::component::Choice| {
                (option.value.clone(), option.label.clone().unwrap_or_else(|| option.value.clone()))
            };
            Shape::Choice(input.options.iter().map(choice).collect())
        }
        _ => Shape::Line,
    }
}

/// A value as it stands in its field.
#[must_use]
pub fn text_of(input: &Input, value: &Value) -> String {
    match (input.collection, value) {
        (Some(Collection::List), Value::Array(items)) => items.iter().map(as_text).collect::<Vec<_>>().join("\n"),
        (Some(Collection::KeyValue), Value::Object(entries)) => {
            entries.iter().map(|(name, value)| format!("{name}={}", as_text(value))).collect::<Vec<_>>().join("\n")
        }
        _ => as_text(value),
    }
}

/// A field's text as the value that it means.
#[must_use]
pub fn value_of(input: &Input, text: &str) -> Value {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    match input.collection {
        Some(Collection::List) => Value::Array(lines().map(Value::from).collect()),
        Some(Collection::KeyValue) => {
            let pair = |line: &str| {
                let (name, value) = line.split_once('=').unwrap_or((line, ""));
                (name.trim().to_owned(), Value::from(value.trim()))
            };
            Value::Object(lines().map(pair).collect())
        }
        None => Value::from(text.replace("\r\n", "\n")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shown_means_what_is_stored() {
        let list = Input { collection: Some(Collection::List), ..Input::default() };
        let map = Input { collection: Some(Collection::KeyValue), ..Input::default() };
        for (input, value, text) in [
            (&Input::default(), json!("a"), "a"),
            (&list, json!(["a", "b"]), "a\nb"),
            (&map, json!({ "a": "1=2", "b": "" }), "a=1=2\nb="),
        ] {
            assert_eq!(text_of(input, &value), text);
            assert_eq!(value_of(input, text), value);
        }
        assert_eq!(value_of(&list, " a \r\n\r\nb"), json!(["a", "b"]));
        assert_eq!(value_of(&Input::default(), "a\r\nb"), json!("a\nb"));
    }
}
