//! Promoting a tenant's integrations to another: read both, plan, apply exactly that, take it back, tell the drift.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::RunResult;
use crate::model::sync::Snapshot;
use crate::model::sync::SourceState;
use crate::model::sync::TargetState;
use crate::store;
use crate::store::conn::Conn;
use crate::store::sync::Run;
use definitions::Definitions;

mod apply;
mod definitions;
pub mod drift;
mod facts;
mod given;
mod kinds;
mod rollback;
mod state;
mod write;

/// Where a sync comes from.
#[derive(Clone)]
pub enum Source {
    /// A tenant of this deployment, and who may read it.
    Tenant(Box<Actor>),
    /// A snapshot that came from a remote or a folder, by the name that a person gave it.
    Given { name: String, snapshot: Arc<Snapshot> },
}

/// The two ends of a sync while it is planned and applied.
struct Ends {
    source: SourceState,
    /// Absent: the source was given whole.
    source_tenant: Option<TenantId>,
    target: TargetState,
    target_tenant: TenantId,
}

/// Both tenants as they were a moment ago, each at a moment of its own.
struct Early {
    source: SourceState,
    source_tenant: TenantId,
    held: facts::Held,
}

impl Early {
    /// Whether neither has moved since: what is read from here on fits what was read before.
    fn is_current(&self, c: &mut Conn, actor: &Actor) -> Result<bool> {
        Ok(self.source.revision == Some(store::tenant::revision(c, self.source_tenant)?)
            && self.held.revision == store::tenant::revision(c, actor.tenant.id)?)
    }
}

/// What came of an apply.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Applied {
    pub status: RunResult,
    /// The recorded run; absent where nothing is recorded here: for folders, and for what a remote refused.
    #[schema(value_type = Option<String>)]
    pub run: Option<SyncRunId>,
    pub plan: Plan,
}

/// A recorded sync.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RunView {
    #[schema(value_type = String, example = "syn_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: SyncRunId,
    /// The tenant, remote or folder it came from.
    pub source: String,
    pub actor: String,
    pub plan_hash: String,
    pub result: RunResult,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Instant,
    pub duration_ms: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub rolled_back_at: Option<Instant>,
    pub rolled_back_by: Option<String>,
    /// The plan that was applied, or why nothing was; absent in lists. Without references where nothing was to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub plan: Option<Value>,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            source: run.source,
            actor: run.actor,
            plan_hash: run.plan_hash,
            result: run.result,
            started_at: run.started_at,
            duration_ms: run.duration_ms,
            rolled_back_at: run.rolled_back_at,
            rolled_back_by: run.rolled_back_by,
            plan: serde_json::from_str(&run.plan).ok(),
        }
    }
}

impl App {
    /// What a sync reads of the actor's tenant: no secret, no local value, nothing of customers.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn snapshot(&self, actor: Actor) -> Result<Snapshot> {
        actor.require(Permission::SyncRead)?;
        let app = self.clone();
        self.store().read(move |c| app.read_snapshot(c, actor.tenant.id, Definitions::All)).await
    }

    /// What a sync into the actor's tenant would change. Writes nothing.
    ///
    /// # Errors
    /// `forbidden`, `invalid_snapshot`, `same_tenant`.
    pub async fn plan_sync(&self, actor: Actor, source: Source, policy: Policy) -> Result<Plan> {
        actor.require(Permission::SyncRead)?;
        check_source(&actor, &source)?;
        let early = self.read_at_once(&actor, &source).await?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let mut ends = match early {
                    Some(early) if early.is_current(c, &actor)? => app.ends_of(c, early, &actor, &policy)?,
                    _ => app.read_ends(c, &actor, &source, &policy)?,
                };
                app.checked_plan(c, &mut ends, &policy)
            })
            .await
    }

    /// Both tenants of this deployment, read on two threads. `None`: the source is none.
    async fn read_at_once(&self, actor: &Actor, source: &Source) -> Result<Option<Early>> {
        let Source::Tenant(reader) = source else { return Ok(None) };
        let (app, other, from, target) = (self.clone(), self.clone(), source.clone(), actor.tenant.id);
        let (state, held) = tokio::try_join!(
            self.store().read(move |c| app.read_source(c, &from)),
            self.store().read(move |c| other.read_held(c, target, Definitions::LeftOut)),
        )?;
        Ok(Some(Early { source: state, source_tenant: reader.tenant.id, held }))
    }

    fn ends_of(&self, c: &mut Conn, early: Early, actor: &Actor, policy: &Policy) -> Result<Ends> {
        let Early { source, source_tenant, held } = early;
        let target = self.target(c, held, actor, (&source, policy))?;
        Ok(Ends { source, source_tenant: Some(source_tenant), target, target_tenant: actor.tenant.id })
    }

    /// Both ends as they are now, without the definitions of tenants: most of them are equal, and planning compares
    /// digests.
    fn read_ends(&self, c: &mut Conn, actor: &Actor, source: &Source, policy: &Policy) -> Result<Ends> {
        let source_tenant = match source {
            Source::Tenant(reader) => Some(reader.tenant.id),
            Source::Given { .. } => None,
        };
        let source = self.read_source(c, source)?;
        let held = self.read_held(c, actor.tenant.id, Definitions::LeftOut)?;
        let target = self.target(c, held, actor, (&source, policy))?;
        Ok(Ends { source, source_tenant, target, target_tenant: actor.tenant.id })
    }

    fn read_source(&self, c: &mut Conn, source: &Source) -> Result<SourceState> {
        match source {
            Source::Tenant(actor) => Ok(SourceState {
                name: actor.tenant.key.clone(),
                revision: Some(store::tenant::revision(c, actor.tenant.id)?),
                snapshot: self.read_snapshot(c, actor.tenant.id, Definitions::LeftOut)?,
            }),
            Source::Given { name, snapshot } => {
                Ok(SourceState { name: name.clone(), revision: None, snapshot: Snapshot::clone(snapshot) })
            }
        }
    }

    /// Recorded syncs into the actor's tenant, newest first.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_syncs(&self, actor: Actor, before: Option<SyncRunId>, limit: i64) -> Result<Vec<RunView>> {
        actor.require(Permission::SyncRead)?;
        self.store()
            .read(move |c| {
                let runs = store::sync::list(c, actor.tenant.id, before, limit)?;
                Ok(runs.into_iter().map(RunView::from).collect())
            })
            .await
    }

    /// One recorded sync with its plan.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_sync(&self, actor: Actor, id: SyncRunId) -> Result<RunView> {
        actor.require(Permission::SyncRead)?;
        self.store()
            .read(move |c| {
                let run = store::sync::find(c, actor.tenant.id, id)?.ok_or_else(|| Error::not_found("sync", id))?;
                Ok(run.into())
            })
            .await
    }
}

/// A source must be readable, whole, and another than the target.
fn check_source(actor: &Actor, source: &Source) -> Result<()> {
    match source {
        Source::Tenant(reader) => {
            reader.require(Permission::SyncRead)?;
            if reader.tenant.id == actor.tenant.id {
                return Err(Error::invalid("same_tenant", "a tenant cannot be synced with itself"));
            }
            Ok(())
        }
        Source::Given { snapshot, .. } => snapshot.check(),
    }
}
