//! An integration: its versions, and the slots through which each version reaches connections.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::ConnectionId;
use crate::ids::IntegrationId;
use crate::ids::VersionId;
use crate::model::connection::Scope;

/// An integration of a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Integration {
    pub id: IntegrationId,
    /// The same in every tenant.
    pub key: String,
    pub name: String,
    /// Of the newest published version; 0: there is only a draft.
    pub published_number: i64,
    /// Who changed the draft here since it was made, synced or published.
    pub draft_edited_by: Option<String>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The draft, or a published version that never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub id: VersionId,
    pub integration_id: IntegrationId,
    /// 0: the draft.
    pub number: i64,
    /// JSON text in file order; secrets blanked.
    pub definition: String,
    pub digest: String,
    pub created_by: String,
    pub created_at: Instant,
}

/// The draft's number.
pub const DRAFT: i64 = 0;

/// What a version asks of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Key of the connection variable in the definition.
    pub variable: String,
    /// Absent: only a stable key is known of it.
    pub component: Option<String>,
    pub connection_type: Option<String>,
    /// The scope that the definition proposes.
    pub scope: Option<Scope>,
    pub required_scopes: Vec<String>,
    /// Drafts bind by id.
    pub connection_id: Option<ConnectionId>,
    /// Published versions hold the key; so do slots whose connection is not here yet.
    pub stable_key: Option<String>,
    /// A person chose another connection than the definition proposes.
    pub is_rebound: bool,
}

/// How a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    Bound,
    /// It names a stable key that no connection here has.
    Missing,
    /// Nothing is chosen.
    Unbound,
    /// Its component is not known here.
    UnknownComponent,
}
