//! Tenant sync: what would change when one tenant's integrations are promoted to another, by stable key. Pure.
//!
//! [`plan()`] compares a [`SourceState`] with a [`TargetState`] under a [`Policy`]; [`Plan::writes`] lists the typed
//! writes; [`apply`] is the in-memory reference of what the store does with them; [`Undo`] takes a sync back.
//!
//! Decisions that a reader would otherwise have to guess:
//!
//! * **Component pins** of the source are mirrored. A pin that the target's deployment does not know blocks when a slot
//!   or a new connection needs it, else it is a warning and stays as it is.
//! * **Connections** are created for references only. A source connection that no slot of a synced integration uses is
//!   left alone and listed.
//! * **A matched connection** keeps everything of its own. With `update_connections` its shared values (and its name,
//!   when the source renamed it and the target still has the older key) follow the source; label, description, switches
//!   and who manages an input never do: they are listed as differences. A value that is local in the target is never touched.
//! * **A rename** happens only when the target still has a key that the source left behind. When the target itself
//!   moved on, its newer key stays and the reference matches by alias.
//! * **Wrong scope** blocks: it would change whose credentials are used. Mapping the key explicitly (`a=a` too) accepts it.
//! * **A map** wins over any match, and one that does nothing is a blocker: it is a typing error more often than not.
//! * **Prune** deletes target integrations that the source lacks, then target connections that the source lacks, that
//!   no remaining integration refers to and that nothing else uses.
//! * **The state is mirrored**: a source that has only a draft makes a published target a draft again, with a warning.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::component::ManagedBy;

pub use drift::Drift;
pub use drift::drift;
pub use mirror::mirror;
pub use plan::Plan;
pub use planner::plan;
pub use run::RunResult;
pub use snapshot::ConnectionContent;
pub use snapshot::InputContent;
pub use snapshot::IntegrationContent;
pub use snapshot::Pin;
pub use snapshot::SlotContent;
pub use snapshot::Snapshot;
pub use undo::Undo;
pub use undo::rollback;
pub use undo::undo_of;
pub use write::Write;
pub use write::apply;
pub use write::apply_to;

mod diff;
pub mod drift;
pub mod files;
mod matching;
mod mirror;
pub mod plan;
mod planner;
pub mod run;
pub mod snapshot;
pub mod undo;
pub mod write;

#[cfg(test)]
pub(crate) mod tests;

/// Where a sync comes from: a tenant here, a remote, or a folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceState {
    /// As the person named it: a tenant's key, a URL, a folder.
    pub name: String,
    /// The tenant's revision when it was read; a folder has none.
    pub revision: Option<i64>,
    pub snapshot: Snapshot,
}

/// Where a sync goes, with what only the target knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetState {
    pub name: String,
    pub revision: i64,
    pub is_production: bool,
    pub snapshot: Snapshot,
    /// By current stable key. A connection without facts counts as ready, tested and empty.
    pub facts: BTreeMap<String, ConnectionFacts>,
    /// Integrations whose draft was edited in the target since it was last imported or synced: by key, who did it last.
    pub edited_drafts: BTreeMap<String, String>,
    /// What the target's deployment can pin, by component key.
    pub known_components: BTreeMap<String, Vec<KnownComponent>>,
}

/// What the target knows of one of its connections besides its content. Never travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// Values that somebody must set are missing.
    pub is_pending: bool,
    /// Somebody must complete an authorization at the provider.
    pub needs_authorization: bool,
    pub has_test_credential: bool,
    /// A secret is stored, in a global value or any credential.
    pub holds_secrets: bool,
    /// Inputs that decide where secrets are sent.
    pub destination_inputs: Arc<BTreeSet<String>>,
    /// Inputs whose global value is the target's own, set or not.
    pub local_inputs: Arc<BTreeSet<String>>,
    /// OAuth scopes that the connection asks for or was granted; `None` when it cannot be known.
    pub granted_scopes: Option<BTreeSet<String>>,
    /// An opaque mark that differs whenever a local value, a secret or a credential of any owner was written;
    /// empty while nothing was ever filled in.
    pub fill: String,
    /// Instances, workflows or older published versions use it: never pruned.
    pub is_used_elsewhere: bool,
}

impl Default for ConnectionFacts {
    fn default() -> Self {
        Self {
            is_pending: false,
            needs_authorization: false,
            has_test_credential: true,
            holds_secrets: false,
            destination_inputs: Arc::default(),
            local_inputs: Arc::default(),
            granted_scopes: None,
            fill: String::new(),
            is_used_elsewhere: false,
        }
    }
}

/// One component version that the target's deployment can pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownComponent {
    pub pin: Pin,
    pub connection_types: BTreeMap<String, KnownType>,
}

/// What planning needs of a connection type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownType {
    /// A mark of every template and default that decides where secrets are sent: when it differs between two pins,
    /// moving from one to the other may quarantine secrets.
    pub destinations: String,
    /// Inputs that must be set and have no default.
    pub required: Vec<RequiredInput>,
    /// Somebody completes an authorization at the provider.
    pub needs_authorization: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredInput {
    pub key: String,
    /// Who sets it unless the connection says otherwise.
    pub managed_by: ManagedBy,
    pub is_secret: bool,
}

/// What a plan may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// What happens to a reference whose connection the target lacks.
    pub on_missing: OnMissing,
    /// Source key (current, alias, or merely wanted by a slot) to target key (current or alias).
    pub map: BTreeMap<String, String>,
    /// Delete what the source lacks.
    pub prune: bool,
    /// Let shared values of matched connections follow the source.
    pub update_connections: bool,
    /// Replace drafts that somebody edited in the target.
    pub overwrite_drafts: bool,
    /// Accept that secrets must be entered again because the place they are sent to changes.
    pub allow_quarantine: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMissing {
    /// Block.
    #[default]
    Fail,
    /// Create the connection from the source's definition, to be filled in.
    Placeholder,
}
