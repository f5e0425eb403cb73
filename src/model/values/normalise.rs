//! A typed value to the form it is stored in, checked against its input.

use regex::Regex;
use serde_json::Map;
use serde_json::Value;

use crate::model::component::Collection;
use crate::model::component::Input;
use crate::model::component::InputKind;

/// Longest value of one input, in bytes of JSON.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// What is wrong with a value: a stable word and a sentence that never holds the value.
pub type Wrong = (&'static str, String);

/// The value as it is stored; `None` when it is blank.
///
/// # Errors
/// When the value does not fit the input.
pub fn normalise(input: &Input, value: &Value) -> Result<Option<Value>, Wrong> {
    if value.is_null() {
        return Ok(None);
    }
    if serde_json::to_string(value).map_or(0, |text| text.len()) > MAX_VALUE_BYTES {
        return Err(("too_long", format!("a value has at most {MAX_VALUE_BYTES} bytes")));
    }
    match input.collection {
        None => one(input, value),
        Some(Collection::List) => match value {
            Value::Array(items) => {
                let items: Vec<Value> =
                    items.iter().filter_map(|item| one(input, item).transpose()).collect::<Result<_, _>>()?;
                Ok((!items.is_empty()).then_some(Value::Array(items)))
            }
            Value::String(text) if text.trim().is_empty() => Ok(None),
            _ => Err(("wrong_type", "a list of values is expected".to_owned())),
        },
        Some(Collection::KeyValue) => match value {
            Value::Object(entries) => {
                let mut out = Map::new();
                for (key, item) in entries {
                    let key = key.trim();
                    if key.is_empty() || key.chars().any(char::is_control) {
                        return Err(("wrong_name", "each value needs a name without control characters".to_owned()));
                    }
                    if let Some(item) = one(input, item)? {
                        out.insert(key.to_owned(), item);
                    }
                }
                Ok((!out.is_empty()).then_some(Value::Object(out)))
            }
            Value::String(text) if text.trim().is_empty() => Ok(None),
            _ => Err(("wrong_type", "an object of names and values is expected".to_owned())),
        },
    }
}

fn one(input: &Input, value: &Value) -> Result<Option<Value>, Wrong> {
    let wrong = |expected: &str| Err(("wrong_type", format!("{expected} is expected")));
    match (input.kind, value) {
        (kind, Value::String(text)) if text.is_empty() || (is_one_line(kind) && text.trim().is_empty()) => Ok(None),
        (InputKind::Boolean, Value::Bool(_)) | (InputKind::Number, Value::Number(_)) => Ok(Some(value.clone())),
        (InputKind::Boolean, Value::String(text)) => match text.trim().to_lowercase().as_str() {
            "true" => Ok(Some(Value::Bool(true))),
            "false" => Ok(Some(Value::Bool(false))),
            _ => wrong("true or false"),
        },
        (InputKind::Boolean, _) => wrong("true or false"),
        (InputKind::Number, Value::String(text)) => match number(text.trim()) {
            Some(number) => Ok(Some(number)),
            None => wrong("a number"),
        },
        (InputKind::Number, _) => wrong("a number"),
        (InputKind::Template, _) => Err(("derived", "it is derived from other inputs".to_owned())),
        (_, Value::String(text)) => text_value(input, text).map(Some),
        (
            InputKind::String | InputKind::Text | InputKind::Password | InputKind::Select,
            Value::Bool(_) | Value::Number(_),
        ) => text_value(input, &value.to_string()).map(Some),
        _ => wrong("text"),
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
}

/// A password may hold anything, and a text several lines.
fn is_one_line(kind: InputKind) -> bool {
    !matches!(kind, InputKind::Text | InputKind::Password)
}

fn text_value(input: &Input, text: &str) -> Result<Value, Wrong> {
    let one_line = is_one_line(input.kind);
    // Pasted values come with blanks around them; inside a key they would never be meant.
    let text = if one_line { text.trim() } else { text };
    if one_line && text.chars().any(char::is_control) {
        return Err(("control_character", "line breaks and other control characters cannot stand here".to_owned()));
    }
    if text.contains('\0') {
        return Err(("control_character", "the character NUL cannot stand here".to_owned()));
    }
    if input.kind == InputKind::Select && !input.options.iter().any(|option| option.value == text) {
        let options: Vec<_> = input.options.iter().map(|option| option.value.as_str()).collect();
        return Err(("not_an_option", format!("one of {} is expected", options.join(", "))));
    }
    if let Some(pattern) = &input.pattern
        && !matches_whole(pattern, text)
    {
        let like = input.example.as_deref().or(input.placeholder.as_deref());
        let hint = like.map_or_else(String::new, |example| format!(", for example `{example}`"));
        return Err(("pattern", format!("it does not have the expected form{hint}")));
    }
    Ok(Value::String(text.to_owned()))
}

/// Whether the whole text matches. A pattern that does not compile refuses everything: its manifest was checked.
fn matches_whole(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(kind: InputKind) -> Input {
        Input { key: "x".to_owned(), kind, ..Input::default() }
    }

    #[test]
    fn text_becomes_the_kind_that_the_input_has() {
        for (kind, typed, stored) in [
            (InputKind::Number, json!("22"), Some(json!(22))),
            (InputKind::Number, json!("2.5"), Some(json!(2.5))),
            (InputKind::Boolean, json!("True"), Some(json!(true))),
            (InputKind::String, json!(" a "), Some(json!("a"))),
            (InputKind::Password, json!(" a "), Some(json!(" a "))),
            (InputKind::String, json!(""), None),
            (InputKind::String, json!("  "), None),
            (InputKind::Password, json!("  "), Some(json!("  "))),
            (InputKind::String, json!(null), None),
            (InputKind::String, json!(7), Some(json!("7"))),
        ] {
            assert_eq!(normalise(&input(kind), &typed).unwrap(), stored, "{typed}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_without_its_value() {
        let select = Input {
            options: vec![crate::model::component::Choice { value: "eu".to_owned(), label: None }],
            ..input(InputKind::Select)
        };
        let pattern = Input { pattern: Some("[a-z]+".to_owned()), ..input(InputKind::String) };
        for (input, typed, code) in [
            (input(InputKind::Number), json!("canary"), "wrong_type"),
            (input(InputKind::Boolean), json!("canary"), "wrong_type"),
            (input(InputKind::String), json!("canary\nx"), "control_character"),
            (input(InputKind::String), json!(["canary"]), "wrong_type"),
            (input(InputKind::Template), json!("canary"), "derived"),
            (select, json!("canary"), "not_an_option"),
            (pattern, json!("canary-7"), "pattern"),
        ] {
            let (found, message) = normalise(&input, &typed).unwrap_err();
            assert_eq!(found, code);
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn collections_keep_their_shape() {
        let list = Input { collection: Some(Collection::List), ..input(InputKind::Number) };
        assert_eq!(normalise(&list, &json!(["1", 2])).unwrap(), Some(json!([1, 2])));
        assert!(normalise(&list, &json!("1")).is_err());
        let map = Input { collection: Some(Collection::KeyValue), ..input(InputKind::String) };
        assert_eq!(normalise(&map, &json!({"a": "b", "c": ""})).unwrap(), Some(json!({"a": "b"})));
        assert!(normalise(&map, &json!(["a"])).is_err());
        assert_eq!(normalise(&map, &json!({"a\r\nb": "c"})).unwrap_err().0, "wrong_name");
    }
}
