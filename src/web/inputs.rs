//! Inputs of connections and credentials as bodies give them. They are read by hand: what a parser says of a wrong value
//! repeats it, and it may be a secret.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::model::component::ManagedBy;
use crate::model::problem::nearest;
use crate::model::values::Edit;
use crate::model::values::edit::Change;

/// What may stand in one input.
const MEMBERS: [&str; 3] = ["value", "managed_by", "shared"];

/// What happens to one input: what is absent stays, `null` clears. A blank text keeps a secret and clears anything else.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InputEdit)]
#[expect(dead_code, reason = "it documents what is read by hand")]
pub struct InputBody {
    /// Text, number, boolean, list of texts or object of texts, as the input's kind asks.
    #[schema(required = false)]
    value: Value,
    /// Who sets the input; on connections only. `null`: as the manifest says.
    #[schema(required = false)]
    managed_by: Option<ManagedBy>,
    /// Whether the value travels with a sync; on connections only. `null`: as the manifest says.
    #[schema(required = false)]
    shared: Option<bool>,
}

/// The inputs of a body, by key.
#[derive(Default)]
pub struct InputsBody(Option<Value>);

impl<'de> Deserialize<'de> for InputsBody {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Value::deserialize(d).map(|value| Self(Some(value)))
    }
}

impl InputsBody {
    /// # Errors
    /// `invalid_fields`: every input that is not what an input looks like.
    pub fn edits(self) -> Result<BTreeMap<String, Edit>> {
        let inputs = match self.0 {
            None => return Ok(BTreeMap::new()),
            Some(Value::Object(inputs)) => inputs,
            Some(_) => {
                return refused(vec![wrong("inputs".to_owned(), "an object: each input's key and what happens to it")]);
            }
        };
        let (mut edits, mut errors) = (BTreeMap::new(), Vec::new());
        for (key, value) in inputs {
            match edit(&key, value) {
                Ok(edit) => drop(edits.insert(key, edit)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(edits) } else { refused(errors) }
    }
}

fn refused<T>(errors: Vec<FieldError>) -> Result<T> {
    Err(Error::of_fields(errors).unwrap_or_else(|| Error::bug("no wrong field")))
}

fn wrong(field: String, what: &str) -> FieldError {
    FieldError::new(field, "malformed_input", format!("give {what}"))
}

fn edit(key: &str, value: Value) -> Result<Edit, FieldError> {
    let field = format!("inputs.{key}");
    let Value::Object(members) = value else {
        return Err(wrong(field, "an object such as {\"value\": \"…\"}"));
    };
    let mut edit = Edit::default();
    for (name, value) in members {
        match name.as_str() {
            "value" => edit.value = change(Some(value)),
            "managed_by" => {
                edit.managed_by = read(value, || {
                    wrong(format!("{field}.managed_by"), "`organization`, `customer`, `embedded` or null")
                })?
            }
            "shared" => edit.shared = read(value, || wrong(format!("{field}.shared"), "true, false or null"))?,
            _ => {
                let near = nearest(&name, MEMBERS).map(|near| format!("did you mean `{near}`?"));
                let help = near.unwrap_or_else(|| format!("it has {}", MEMBERS.join(", ")));
                return Err(FieldError::new(field, "unknown_field", format!("an input has no `{name}`; {help}")));
            }
        }
    }
    Ok(edit)
}

fn change(value: Option<Value>) -> Change<Value> {
    match value {
        None => Change::Keep,
        Some(Value::Null) => Change::Clear,
        Some(value) => Change::Set(value),
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Value, wrong: impl Fn() -> FieldError) -> Result<Change<T>, FieldError> {
    match serde_json::from_value::<Option<T>>(value) {
        Ok(Some(value)) => Ok(Change::Set(value)),
        Ok(None) => Ok(Change::Clear),
        // The parser's words repeat the value.
        Err(_) => Err(wrong()),
    }
}

/// For fields that tell `null` from being absent.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edits(body: Value) -> Result<BTreeMap<String, Edit>> {
        InputsBody(Some(body)).edits()
    }

    #[test]
    fn absent_null_and_blank_differ() {
        let edits = edits(json!({
            "kept": {},
            "cleared": { "value": null, "shared": null },
            "blank": { "value": "" },
            "set": { "value": ["a"], "managed_by": "customer", "shared": false },
        }));
        let edits = edits.unwrap();
        assert_eq!(edits["kept"], Edit::default());
        assert_eq!(edits["cleared"], Edit { value: Change::Clear, shared: Change::Clear, ..Edit::default() });
        assert_eq!(edits["blank"], Edit { value: Change::Set(json!("")), ..Edit::default() });
        let set = Edit {
            value: Change::Set(json!(["a"])),
            managed_by: Change::Set(ManagedBy::Customer),
            shared: Change::Set(false),
        };
        assert_eq!(edits["set"], set);
    }

    #[test]
    fn wrong_shapes_are_told_without_their_values() {
        let told = |body: Value| {
            let error = edits(body).unwrap_err();
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
            error
                .fields
                .into_iter()
                .map(|field| format!("{} {}: {}", field.field, field.code, field.message))
                .collect::<Vec<_>>()
                .join("\n")
        };
        insta::assert_snapshot!(told(json!("planted")), @"inputs malformed_input: give an object: each input's key and what happens to it");
        insta::assert_snapshot!(told(json!({ "a": "planted", "b": { "value": 1 }, "c": ["planted"] })), @r#"
        inputs.a malformed_input: give an object such as {"value": "…"}
        inputs.c malformed_input: give an object such as {"value": "…"}
        "#);
        insta::assert_snapshot!(told(json!({ "a": { "shared": "planted" }, "b": { "managed_by": "planted" } })), @"
        inputs.a.shared malformed_input: give true, false or null
        inputs.b.managed_by malformed_input: give `organization`, `customer`, `embedded` or null
        ");
        insta::assert_snapshot!(told(json!({ "a": { "vlaue": "planted" }, "b": { "colour": "planted" } })), @"
        inputs.a unknown_field: an input has no `vlaue`; did you mean `value`?
        inputs.b unknown_field: an input has no `colour`; it has value, managed_by, shared
        ");
    }
}
