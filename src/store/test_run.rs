//! Test runs of integrations. Whoever runs one holds a lease on it, in the database's time: a run whose lease ran out is
//! nobody's any more.

use chrono::TimeDelta;
use diesel::BoolExpressionMethods as _;
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
use crate::ids::IntegrationId;
use crate::ids::TenantId;
use crate::ids::TestRunId;
use crate::model::test_run::RunStatus;
use crate::model::test_run::TestRun;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::dialect;
use crate::store::schema::test_runs;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = test_runs)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: TestRunId,
    tenant_id: TenantId,
    integration_id: IntegrationId,
    actor: String,
    status: String,
    steps: String,
    started_at: At,
    ended_at: Option<At>,
    leased_until: Option<At>,
}

impl TryFrom<Row> for TestRun {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            integration_id: row.integration_id,
            actor: row.actor,
            status: RunStatus::parse(&row.status).ok_or_else(|| Error::bug("a test run has an unknown status"))?,
            steps: serde_json::from_str(&row.steps).map_err(Error::internal)?,
            started_at: row.started_at.0,
            ended_at: row.ended_at.map(|at| at.0),
        })
    }
}

/// Begins a run under a lease.
pub fn insert(c: &mut Conn, tenant: TenantId, run: &TestRun, lease: TimeDelta) -> Result<()> {
    let leased_until = dialect::now(c)? + lease;
    let row = Row {
        id: run.id,
        tenant_id: tenant,
        integration_id: run.integration_id,
        actor: run.actor.clone(),
        status: run.status.as_str().to_owned(),
        steps: serde_json::to_string(&run.steps).map_err(Error::internal)?,
        started_at: At(run.started_at),
        ended_at: run.ended_at.map(At),
        leased_until: Some(At(leased_until)),
    };
    on!(c, db => diesel::insert_into(test_runs::table).values(&row).execute(db))?;
    Ok(())
}

/// Writes how far a run is. What became of it is told with its end, and the lease ends with it too. `false`: it was
/// declared interrupted meanwhile.
pub fn update(c: &mut Conn, tenant: TenantId, run: &TestRun) -> Result<bool> {
    let status = if run.ended_at.is_some() { run.status } else { RunStatus::Running };
    let steps = serde_json::to_string(&run.steps).map_err(Error::internal)?;
    let changed = on!(c, db => diesel::update(test_runs::table)
        .filter(test_runs::tenant_id.eq(tenant).and(test_runs::id.eq(run.id)))
        .filter(test_runs::status.eq(RunStatus::Running.as_str()))
        .set((
            test_runs::status.eq(status.as_str()),
            test_runs::steps.eq(&steps),
            test_runs::ended_at.eq(run.ended_at.map(At)),
        ))
        .execute(db))?;
    if changed == 1 && run.ended_at.is_some() {
        on!(c, db => diesel::update(test_runs::table)
            .filter(test_runs::tenant_id.eq(tenant).and(test_runs::id.eq(run.id)))
            .set(test_runs::leased_until.eq(None::<At>))
            .execute(db))?;
    }
    Ok(changed == 1)
}

/// Holds on to a run that is under way. `false`: it is over, or was declared interrupted.
pub fn renew(c: &mut Conn, tenant: TenantId, id: TestRunId, lease: TimeDelta) -> Result<bool> {
    let until = dialect::now(c)? + lease;
    let changed = on!(c, db => diesel::update(test_runs::table)
        .filter(test_runs::tenant_id.eq(tenant).and(test_runs::id.eq(id)))
        .filter(test_runs::status.eq(RunStatus::Running.as_str()))
        .set(test_runs::leased_until.eq(At(until)))
        .execute(db))?;
    Ok(changed == 1)
}

/// Declares interrupted whatever nobody holds any more; how many runs there were. `now`: of their end, as it is shown.
pub fn interrupt_lost(c: &mut Conn, now: Instant) -> Result<usize> {
    let by = dialect::now(c)?;
    Ok(on!(c, db => diesel::update(test_runs::table)
        .filter(test_runs::leased_until.le(At(by)))
        .filter(test_runs::status.eq(RunStatus::Running.as_str()))
        .set((
            test_runs::status.eq(RunStatus::Interrupted.as_str()),
            test_runs::ended_at.eq(At(now)),
            test_runs::leased_until.eq(None::<At>),
        ))
        .execute(db))?)
}

pub fn find(c: &mut Conn, tenant: TenantId, integration: IntegrationId, id: TestRunId) -> Result<Option<TestRun>> {
    let row: Option<Row> = on!(c, db => test_runs::table
        .filter(test_runs::tenant_id.eq(tenant))
        .filter(test_runs::integration_id.eq(integration))
        .filter(test_runs::id.eq(id))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    row.map(TestRun::try_from).transpose()
}

/// Newest first, before `before`.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    integration: IntegrationId,
    before: Option<TestRunId>,
    limit: i64,
) -> Result<Vec<TestRun>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = test_runs::table
            .filter(test_runs::tenant_id.eq(tenant))
            .filter(test_runs::integration_id.eq(integration))
            .order(test_runs::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(test_runs::id.lt(before));
        }
        query.load(db)
    })?;
    rows.into_iter().map(TestRun::try_from).collect()
}
