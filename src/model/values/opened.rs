//! Opened values: wiped from memory when nobody needs them any more.

use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroize as _;

/// A value that may be a secret. Texts in it are overwritten when it is dropped, and `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Opened(Value);

impl Deref for Opened {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for Opened {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<String> for Opened {
    fn from(text: String) -> Self {
        Self(Value::String(text))
    }
}

impl PartialEq<Value> for Opened {
    fn eq(&self, other: &Value) -> bool {
        self.0 == *other
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("masked")
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Numbers and switches are no secrets worth the name.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_in_it_is_wiped_and_none_is_shown() {
        let mut value = json!({ "a": "one", "b": ["two", { "c": "three" }], "d": 4, "e": true });
        assert_eq!(format!("{:?}", Opened::from(value.clone())), "masked");
        wipe(&mut value);
        assert_eq!(value, json!({ "a": "", "b": ["", { "c": "" }], "d": 4, "e": true }));
    }
}
