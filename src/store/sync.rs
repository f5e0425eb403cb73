//! Records of syncs, and what they pruned.

use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::EventId;
use crate::ids::SyncRunId;
use crate::ids::TenantId;
use crate::model::sync::RunResult;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::pruned_rows;
use crate::store::schema::sync_runs;
use crate::store::types::At;

/// One sync into a tenant.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: SyncRunId,
    pub source: String,
    pub actor: String,
    pub plan_hash: String,
    pub result: RunResult,
    /// JSON; empty in lists.
    pub plan: String,
    /// JSON; empty in lists.
    pub undo: String,
    pub started_at: Instant,
    pub duration_ms: i64,
    pub rolled_back_at: Option<Instant>,
    pub rolled_back_by: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sync_runs)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: SyncRunId,
    tenant_id: TenantId,
    source: String,
    actor: String,
    plan_hash: String,
    result: String,
    plan: String,
    undo: String,
    started_at: At,
    duration_ms: i64,
    rolled_back_at: Option<At>,
    rolled_back_by: Option<String>,
}

impl TryFrom<Row> for Run {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            source: row.source,
            actor: row.actor,
            plan_hash: row.plan_hash,
            result: result_of(&row.result)?,
            plan: row.plan,
            undo: row.undo,
            started_at: row.started_at.0,
            duration_ms: row.duration_ms,
            rolled_back_at: row.rolled_back_at.map(|at| at.0),
            rolled_back_by: row.rolled_back_by,
        })
    }
}

fn result_of(word: &str) -> Result<RunResult> {
    RunResult::parse(word).ok_or_else(|| Error::bug(format!("the result of a sync is `{word}`")))
}

pub fn insert(c: &mut Conn, tenant: TenantId, run: &Run) -> Result<()> {
    let row = Row {
        id: run.id,
        tenant_id: tenant,
        source: run.source.clone(),
        actor: run.actor.clone(),
        plan_hash: run.plan_hash.clone(),
        result: run.result.as_str().to_owned(),
        plan: run.plan.clone(),
        undo: run.undo.clone(),
        started_at: At(run.started_at),
        duration_ms: run.duration_ms,
        rolled_back_at: run.rolled_back_at.map(At),
        rolled_back_by: run.rolled_back_by.clone(),
    };
    on!(c, db => diesel::insert_into(sync_runs::table).values(&row).execute(db))?;
    Ok(())
}

pub fn find(c: &mut Conn, tenant: TenantId, id: SyncRunId) -> Result<Option<Run>> {
    let row: Option<Row> = on!(c, db => sync_runs::table
        .filter(sync_runs::tenant_id.eq(tenant))
        .filter(sync_runs::id.eq(id))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(Run::try_from).transpose()
}

/// The newest one that wrote something and was not rolled back.
pub fn find_newest(c: &mut Conn, tenant: TenantId) -> Result<Option<Run>> {
    let row: Option<Row> = on!(c, db => sync_runs::table
        .filter(sync_runs::tenant_id.eq(tenant))
        .filter(sync_runs::result.eq(RunResult::Done.as_str()))
        .filter(sync_runs::rolled_back_at.is_null())
        .order(sync_runs::id.desc())
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(Run::try_from).transpose()
}

/// Newest first, before `before`; without plans, which may be long.
pub fn list(c: &mut Conn, tenant: TenantId, before: Option<SyncRunId>, limit: i64) -> Result<Vec<Run>> {
    type Short = (SyncRunId, String, String, String, String, At, i64, Option<At>, Option<String>);
    let rows: Vec<Short> = on!(c, db => {
        let mut query = sync_runs::table
            .filter(sync_runs::tenant_id.eq(tenant))
            .order(sync_runs::id.desc())
            .limit(limit)
            .select((
                sync_runs::id,
                sync_runs::source,
                sync_runs::actor,
                sync_runs::plan_hash,
                sync_runs::result,
                sync_runs::started_at,
                sync_runs::duration_ms,
                sync_runs::rolled_back_at,
                sync_runs::rolled_back_by,
            ))
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(sync_runs::id.lt(before));
        }
        query.load(db)
    })?;
    let run =
        |(id, source, actor, plan_hash, result, started_at, duration_ms, rolled_back_at, rolled_back_by): Short| {
            Ok(Run {
                id,
                source,
                actor,
                plan_hash,
                result: result_of(&result)?,
                plan: String::new(),
                undo: String::new(),
                started_at: started_at.0,
                duration_ms,
                rolled_back_at: rolled_back_at.map(|at| at.0),
                rolled_back_by,
            })
        };
    rows.into_iter().map(run).collect()
}

pub fn mark_rolled_back(c: &mut Conn, tenant: TenantId, id: SyncRunId, by: &str, now: Instant) -> Result<()> {
    on!(c, db => diesel::update(sync_runs::table)
        .filter(sync_runs::tenant_id.eq(tenant))
        .filter(sync_runs::id.eq(id))
        .set((sync_runs::rolled_back_at.eq(At(now)), sync_runs::rolled_back_by.eq(by)))
        .execute(db))?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = pruned_rows)]
#[diesel(treat_none_as_default_value = false)]
struct PrunedRow<'a> {
    id: EventId,
    tenant_id: TenantId,
    sync_run_id: SyncRunId,
    noun: &'a str,
    content: &'a str,
    purge_after: At,
}

/// Keeps what a sync pruned until `purge_after`: nouns with their content.
pub fn keep_pruned(
    c: &mut Conn,
    tenant: TenantId,
    run: SyncRunId,
    pruned: &[(&'static str, String)],
    purge_after: Instant,
) -> Result<()> {
    for chunk in pruned.chunks(1000) {
        let rows: Vec<PrunedRow<'_>> = chunk
            .iter()
            .map(|(noun, content)| PrunedRow {
                id: EventId::new(),
                tenant_id: tenant,
                sync_run_id: run,
                noun,
                content,
                purge_after: At(purge_after),
            })
            .collect();
        on!(c, db => diesel::insert_into(pruned_rows::table).values(&rows).execute(db))?;
    }
    Ok(())
}

/// Forgets what a sync pruned, once it was brought back.
pub fn delete_pruned(c: &mut Conn, tenant: TenantId, run: SyncRunId) -> Result<()> {
    on!(c, db => diesel::delete(pruned_rows::table)
        .filter(pruned_rows::tenant_id.eq(tenant))
        .filter(pruned_rows::sync_run_id.eq(run))
        .execute(db))?;
    Ok(())
}

/// What a sync pruned and still can be brought back at `now`.
pub fn list_pruned(
    c: &mut Conn,
    (tenant, run): (TenantId, SyncRunId),
    noun: &str,
    now: Instant,
) -> Result<Vec<String>> {
    Ok(on!(c, db => pruned_rows::table
        .filter(pruned_rows::tenant_id.eq(tenant))
        .filter(pruned_rows::sync_run_id.eq(run))
        .filter(pruned_rows::noun.eq(noun))
        .filter(pruned_rows::purge_after.gt(At(now)))
        .order(pruned_rows::id)
        .select(pruned_rows::content)
        .load(db))?)
}

/// Forgets what can no longer be brought back.
pub fn purge(c: &mut Conn, now: Instant) -> Result<usize> {
    Ok(on!(c, db => diesel::delete(pruned_rows::table).filter(pruned_rows::purge_after.le(At(now))).execute(db))?)
}
