//! Applying a plan: lock both tenants, plan again, write exactly that, or nothing.

use std::time::Instant as Stopwatch;

use serde_json::json;

use crate::app::App;
use crate::app::By;
use crate::app::sync::Applied;
use crate::app::sync::Ends;
use crate::app::sync::Source;
use crate::app::sync::check_source;
use crate::app::sync::write::Direction;
use crate::app::sync::write::Writer;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::actor::Actor;
use crate::model::audit::Event;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::RunResult;
use crate::model::sync::Undo;
use crate::model::sync::plan::Outcome;
use crate::model::sync::undo_of;
use crate::store;
use crate::store::conn::Conn;
use crate::store::sync::Run;

impl App {
    /// Syncs into the actor's tenant, and records it whatever came of it. `expected_hash`: of the plan that a person saw; another one is stale.
    ///
    /// # Errors
    /// `forbidden`, `invalid_snapshot`, `same_tenant`. Blocked and stale plans are answers, not errors.
    pub async fn apply_sync(
        &self,
        actor: Actor,
        source: Source,
        policy: Policy,
        expected_hash: Option<String>,
    ) -> Result<Applied> {
        actor.require_sync_apply()?;
        check_source(&actor, &source)?;
        let (app, now, begun) = (self.clone(), self.clock().now(), Stopwatch::now());
        let by = actor.clone();
        let applied = self
            .store()
            .write_if(move |tx| {
                let mut tenants = vec![actor.tenant.id];
                if let Source::Tenant(reader) = &source {
                    tenants.push(reader.tenant.id);
                }
                store::dialect::lock_tenants(tx, &tenants)?;
                if policy.prune {
                    store::dialect::lock_connections(tx, actor.tenant.id)?;
                }
                let mut ends = app.read_ends(tx, &actor, &source, &policy)?;
                let plan = app.checked_plan(tx, &mut ends, &policy)?;
                let is_stale = expected_hash.is_some_and(|hash| hash != plan.hash);
                let refused = match plan.outcome() {
                    _ if is_stale => Some(RunResult::Stale),
                    Outcome::Blocked => Some(RunResult::Blocked),
                    Outcome::Nothing => Some(RunResult::Nothing),
                    Outcome::Changes => None,
                };
                if let Some(status) = refused {
                    return Ok((false, Applied { status, run: None, plan }));
                }
                let run = app.write_plan(tx, By::new(&actor, now), (&ends, &plan), begun)?;
                Ok((true, Applied { status: RunResult::Done, run: Some(run), plan }))
            })
            .await?;
        if applied.status == RunResult::Done {
            return Ok(applied);
        }
        let record = refused_run(&by, &applied, now, begun)?;
        let run = record.id;
        // A transaction of its own: the one before wrote nothing, and must not.
        self.store().write(move |tx| store::sync::insert(tx, by.tenant.id, &record)).await?;
        Ok(Applied { run: Some(run), ..applied })
    }

    fn write_plan(
        &self,
        tx: &mut Conn,
        by: By<'_>,
        (ends, plan): (&Ends, &Plan),
        begun: Stopwatch,
    ) -> Result<SyncRunId> {
        let Ends { source, target, .. } = ends;
        let (By { actor, now }, tenant) = (by, by.tenant());
        let run = SyncRunId::new();
        let writes = plan.writes(source, target);
        let undo = undo_of(&writes, target);
        store::tenant::bump_revision(tx, tenant)?;
        store::sync::purge(tx, now)?;
        let pruned = Writer::new((self, actor), tx, run, (now, Direction::Forward))?.run(tx, writes)?;
        let record = Run {
            id: run,
            source: source.name.clone(),
            actor: actor.name(),
            plan_hash: plan.hash.clone(),
            result: RunResult::Done,
            plan: serde_json::to_string(plan).map_err(Error::internal)?,
            undo: serde_json::to_string(&undo).map_err(Error::internal)?,
            started_at: now,
            duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
            rolled_back_at: None,
            rolled_back_by: None,
        };
        store::sync::insert(tx, tenant, &record)?;
        let keep = self.retention().pruned;
        if !keep.is_zero() {
            // What it pruned refers to the run.
            store::sync::keep_pruned(tx, tenant, run, &pruned, now + keep)?;
        }
        let detail = json!({ "run": run, "source": source.name, "plan": plan.hash });
        let event = Event::new("sync.applied", run.to_string(), detail);
        store::audit::append(tx, Some(tenant), &actor.name(), &event, now)?;
        Ok(run)
    }
}

/// The record of a sync that wrote nothing.
fn refused_run(by: &Actor, applied: &Applied, now: Instant, begun: Stopwatch) -> Result<Run> {
    let plan = match applied.status {
        // A job that syncs every hour would keep thousands of references that are all as they should be.
        RunResult::Nothing => Plan { references: Vec::new(), ..applied.plan.clone() },
        _ => applied.plan.clone(),
    };
    Ok(Run {
        id: SyncRunId::new(),
        source: plan.source.name.clone(),
        actor: by.name(),
        plan_hash: plan.hash.clone(),
        result: applied.status,
        plan: serde_json::to_string(&plan).map_err(Error::internal)?,
        undo: serde_json::to_string(&Undo::default()).map_err(Error::internal)?,
        started_at: now,
        duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        rolled_back_at: None,
        rolled_back_by: None,
    })
}
