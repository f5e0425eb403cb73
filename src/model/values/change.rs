//! A changed field, as histories tell it.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

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

    /// A secret was set, changed or cleared.
    pub(super) fn of_secret(key: &str, was_set: bool, is_set: bool) -> Self {
        let mark = |is_set: bool| is_set.then(|| Value::from("set"));
        let new = if was_set && is_set { Some(Value::from("changed")) } else { mark(is_set) };
        Self { field: format!("inputs.{key}"), old: mark(was_set), new, is_secret: true }
    }
}
