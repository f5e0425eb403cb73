//! What the audit log tells of an action.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

/// One action: stable word dotted by noun, whom it concerned, and what else is worth knowing; never a secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    pub action: Cow<'static, str>,
    pub subject: String,
    pub detail: Value,
}

impl Event {
    pub fn new(action: &'static str, subject: impl Into<String>, detail: Value) -> Self {
        Self { action: Cow::Borrowed(action), subject: subject.into(), detail }
    }
}
