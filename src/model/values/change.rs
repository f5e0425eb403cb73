//! A changed field, as histories tell it.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::values::Inputs;
use crate::model::values::Stored;

/// One changed field, for histories. Secrets are told as changed, never with a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HistoryChange)]
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

    /// What a new layer begins with.
    pub fn of_new(inputs: &Inputs) -> Vec<Self> {
        let of_input = |(key, stored): (&String, &Stored)| {
            let field = format!("inputs.{key}");
            let managed_by = serde_json::to_value(stored.managed_by).unwrap_or_default();
            let value = match &stored.value {
                Some(value) => Self::of(&field, Value::Null, value.clone()),
                None => stored.secret.then(|| Self::of_secret(key, false, true)),
            };
            let managed_by = Self::of(format!("{field}.managed_by"), Value::Null, managed_by);
            [managed_by, Self::of(format!("{field}.shared"), Value::Null, stored.shared), value].into_iter().flatten()
        };
        inputs.iter().flat_map(of_input).collect()
    }

    /// A secret was set, changed or cleared.
    pub(super) fn of_secret(key: &str, was_set: bool, is_set: bool) -> Self {
        let mark = |is_set: bool| is_set.then(|| Value::from("set"));
        let new = if was_set && is_set { Some(Value::from("changed")) } else { mark(is_set) };
        Self { field: format!("inputs.{key}"), old: mark(was_set), new, is_secret: true }
    }
}
