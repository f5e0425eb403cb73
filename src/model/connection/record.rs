//! The connection itself, its readiness, and its history.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ConnectionId;
use crate::ids::EventId;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::model::values::FieldChange;
use crate::model::values::Inputs;

/// A tenant's use of one connection type. Serialised only to keep what a sync prunes, secrets sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub stable_key: StableKey,
    /// Older keys that still find it.
    pub aliases: Vec<StableKey>,
    pub label: String,
    pub description: Option<String>,
    pub component: String,
    pub connection_type: String,
    pub scope: Scope,
    pub is_enabled: bool,
    /// Customers may use it in the workflows they build themselves.
    pub is_embedded: bool,
    /// Made by a sync for a reference; nothing was filled in yet.
    pub is_placeholder: bool,
    pub inputs: Inputs,
    pub sealed: Option<Vec<u8>>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// Whether a connection can be used, derived from its values and credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Something that the organization must set is missing or quarantined, or nobody authorized the account of all
    /// customers at the provider yet.
    Pending,
    Ready,
    Disabled,
}

/// One entry of a connection's history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryEntry {
    #[schema(value_type = String)]
    pub id: EventId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who did it.
    pub actor: String,
    /// What was done: `connection.created`, `credential.changed` …
    pub action: String,
    /// The connection, or which of its credentials.
    pub subject: String,
    pub changes: Vec<FieldChange>,
}

/// Where a connection is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    /// By integration key: what of it refers to the connection.
    pub integrations: BTreeMap<String, IntegrationUsage>,
    pub customer_credentials: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntegrationUsage {
    /// Slots of the draft.
    pub draft_slots: Vec<String>,
    /// Published version number and slot.
    pub published_slots: Vec<(i64, String)>,
    /// Steps of the draft, or of the latest published version.
    pub steps: Vec<String>,
}

impl Usage {
    #[must_use]
    pub fn is_used(&self) -> bool {
        !self.integrations.is_empty() || self.customer_credentials > 0
    }
}
