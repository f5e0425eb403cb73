//! What a plan says: for people to read, for programs to act on, and for a hash that proves it is still the same.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::component::ManagedBy;
use crate::model::sync::Policy;
use crate::model::sync::snapshot::canonical_json;
use crate::model::sync::snapshot::digest_of;

/// What a sync would do, and why it can or cannot. Lists are ordered by kind, then key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncPlan)]
pub struct Plan {
    pub source: End,
    pub target: End,
    pub policy: Policy,
    pub outcome: Outcome,
    pub summary: Summary,
    /// Components, connections, integrations; creates and updates before deletes.
    pub changes: Vec<Change>,
    /// Every slot of every synced integration, exactly once.
    pub references: Vec<Reference>,
    /// What keeps the plan from being applied. Not empty: nothing is written.
    pub blockers: Vec<Blocker>,
    pub warnings: Vec<Warning>,
    /// Matched connections that differ and are not changed.
    pub differences: Vec<Difference>,
    /// What one side has and the sync does not touch.
    pub left_alone: Vec<LeftAlone>,
    /// What people must do afterwards.
    pub todo: Vec<Todo>,
    /// Of everything above that decides what would be written, and of the target's revision; no times. Equal hashes:
    /// the same writes onto the same target.
    pub hash: String,
}

/// One end of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncEnd)]
pub struct End {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    pub is_production: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncOutcome)]
pub enum Outcome {
    #[default]
    Nothing,
    Changes,
    Blocked,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncSummary)]
pub struct Summary {
    pub created: usize,
    pub updated: usize,
    pub renamed: usize,
    pub deleted: usize,
    pub placeholders: usize,
    /// Integrations of the source that the target already has exactly so.
    pub unchanged_integrations: usize,
    pub references: usize,
    pub blocked_references: usize,
    pub blockers: usize,
    pub warnings: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncKind)]
pub enum Kind {
    Component,
    Connection,
    Integration,
}

impl Kind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Connection => "connection",
            Self::Integration => "integration",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncAction)]
pub enum Action {
    Create,
    /// A connection made from the source's definition, to be filled in.
    Placeholder,
    /// Before updates, which go by the new key.
    Rename,
    Update,
    Delete,
}

/// One object that would change. A connection that is renamed and updated stands twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncChange)]
pub struct Change {
    pub kind: Kind,
    /// The key that the target has now; for something new, the key it gets.
    pub key: String,
    pub action: Action,
    /// Of a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_key: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Further changed fields that are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_fields: usize,
    pub reason: String,
    /// Of the whole content that would be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// One field: `label`, `inputs.region.value`, `definition.flows[Main].steps[Fetch].inputs.path.value`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncFieldChange)]
pub struct FieldChange {
    pub field: String,
    /// Absent: it was not there. Long values are shortened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// Absent: it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// One slot of one synced integration, and the connection it finds in the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reference {
    pub integration: String,
    /// The config variable.
    pub slot: String,
    /// What the source's slot names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_key: Option<String>,
    /// What the target's slot will name: a current key after the sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_key: Option<String>,
    pub outcome: ReferenceOutcome,
    pub is_blocking: bool,
    /// Absent when the keys are simply equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceOutcome {
    Matched,
    ByAlias,
    Mapped,
    Placeholder,
    Missing,
    Ambiguous,
    WrongComponent,
    WrongType,
    WrongScope,
    /// The source's slot names no connection.
    Unbound,
}

/// Why the plan cannot be applied. One per cause, however many references share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocker {
    pub code: BlockerCode,
    /// The key it is about; `integration/slot` for an unbound slot.
    pub subject: String,
    pub message: String,
    pub advice: String,
    /// The first references concerned, `integration/slot`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
    /// How many references are concerned.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uses: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockerCode {
    MissingConnection,
    Ambiguous,
    /// Another component or another connection type.
    WrongType,
    WrongScope,
    /// The target's deployment has no such component.
    UnknownComponent,
    /// The target's deployment has the component, but not that version and digest.
    ComponentDiffers,
    EditedDraft,
    WouldQuarantine,
    UnboundSlot,
    /// The left side of a map names nothing in the source, or nothing that a synced integration uses.
    UnusedMap,
    /// The right side of a map names nothing in the target.
    UnknownMapTarget,
}

/// Worth a look; never keeps the plan from being applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncWarning)]
pub struct Warning {
    pub code: WarningCode,
    /// The target's key it is about.
    pub subject: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uses: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    PendingValues,
    PendingAuthorization,
    NoTestCredential,
    ScopeShortfall,
    DisabledConnection,
    ScopeDiffers,
    /// Not needed by the sync, and the target's deployment does not know it.
    ComponentNotKnown,
    ComponentDowngrade,
    DraftOverwritten,
    Unpublished,
    Quarantine,
    /// Not pruned, because something uses it.
    StillUsed,
    /// Not renamed, because the key belongs to another connection.
    KeyTaken,
}

/// A matched connection that differs and stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    pub source_key: String,
    pub target_key: String,
    /// `old` is the target's, `new` the source's.
    pub fields: Vec<FieldChange>,
    pub reason: String,
}

/// Something that only one side has, and that the sync does not touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftAlone {
    pub kind: Kind,
    pub key: String,
    pub side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncSide)]
pub enum Side {
    Source,
    Target,
}

/// What somebody must do after the sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Todo {
    pub code: TodoCode,
    pub connection: String,
    pub message: String,
    /// The inputs to set, when they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<TodoInput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoCode {
    FillPlaceholder,
    EnterSecretsAgain,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TodoInput {
    pub input: String,
    /// Who sets it.
    pub who: ManagedBy,
    pub is_secret: bool,
}

impl Plan {
    /// Whether there is something to do and whether it can be done; the exit code of the command follows it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Fills outcome, summary and hash from the rest.
    pub(super) fn finish(&mut self, unchanged_integrations: usize) {
        self.outcome = match (self.blockers.is_empty(), self.changes.is_empty()) {
            (false, _) => Outcome::Blocked,
            (true, false) => Outcome::Changes,
            (true, true) => Outcome::Nothing,
        };
        let count = |action| self.changes.iter().filter(|change| change.action == action).count();
        self.summary = Summary {
            created: count(Action::Create),
            updated: count(Action::Update),
            renamed: count(Action::Rename),
            deleted: count(Action::Delete),
            placeholders: count(Action::Placeholder),
            unchanged_integrations,
            references: self.references.len(),
            blocked_references: self.references.iter().filter(|reference| reference.is_blocking).count(),
            blockers: self.blockers.len(),
            warnings: self.warnings.len(),
        };
        self.hash = self.compute_hash();
    }

    /// Warnings, differences and what is left alone do not decide what is written, so they are not hashed. Neither are
    /// plain matches: what they bind is in the digest of each integration that is written.
    fn compute_hash(&self) -> String {
        let Self { target, policy, changes, references, blockers, .. } = self;
        let references: Vec<&Reference> =
            references.iter().filter(|reference| reference.outcome != ReferenceOutcome::Matched).collect();
        digest_of(&canonical_json(&(&target.name, target.revision, policy, changes, references, blockers)))
    }
}
