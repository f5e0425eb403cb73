//! What the audit log tells of an action.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::EventId;

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Entry {
    #[schema(value_type = String, example = "evt_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: EventId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who did it.
    #[schema(example = "owner@example.com")]
    pub actor: String,
    /// What was done, dotted by noun.
    #[schema(example = "customer.created")]
    pub action: String,
    /// Whom or what it concerned.
    #[schema(example = "acme-42")]
    pub subject: String,
    /// What else is worth knowing.
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// Which entries a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of the actor's name; case does not count.
    pub actor: Option<String>,
    /// An action, or the noun before its dot.
    pub action: Option<String>,
    /// Part of whom or what it concerned; case does not count.
    pub subject: Option<String>,
    pub since: Option<Instant>,
    /// Not included itself.
    pub until: Option<Instant>,
}

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
