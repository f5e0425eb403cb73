//! Who may ask a provider for new tokens of a credential: one process at a time over all nodes, in the database's time.
//!
//! A lease that ran out can be taken by another process, with a larger fence; the intent tells it what the one before sent
//! and until when an answer may still come.

use chrono::TimeDelta;
use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::AsChangeset;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::dialect;
use crate::store::schema::refresh_leases;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = refresh_leases)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    credential_id: CredentialId,
    tenant_id: TenantId,
    fence: i64,
    holder: Option<String>,
    leased_until: Option<At>,
    intent_generation: Option<i64>,
    intent_deadline: Option<At>,
    failures: i64,
    next_attempt_at: Option<At>,
    last_error: Option<String>,
}

/// Tokens that were sent to the provider, by a process that told of no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intent {
    pub generation: i64,
    /// How long an answer may still come; until then nobody asks again.
    pub time_left: TimeDelta,
}

/// The right to ask, until it runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub tenant: TenantId,
    pub credential: CredentialId,
    pub fence: i64,
    /// What the holder before left behind.
    pub intent: Option<Intent>,
    /// Failed attempts in a row.
    pub failures: i64,
}

/// What came of asking for the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acquired {
    Taken(Lease),
    /// Another process has it.
    Held,
}

/// What is known of the renewals of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub failures: i64,
    pub next_attempt_at: Option<Instant>,
    pub last_error: Option<String>,
}

/// Takes the lease if it is free or ran out.
pub fn acquire(
    c: &mut Conn,
    (tenant, credential): (TenantId, CredentialId),
    holder: &str,
    ttl: TimeDelta,
) -> Result<Acquired> {
    let free = Row {
        credential_id: credential,
        tenant_id: tenant,
        fence: 0,
        holder: None,
        leased_until: None,
        intent_generation: None,
        intent_deadline: None,
        failures: 0,
        next_attempt_at: None,
        last_error: None,
    };
    on!(c, db => diesel::insert_into(refresh_leases::table).values(&free).on_conflict_do_nothing().execute(db))?;
    dialect::lock_lease(c, credential)?;
    let now = dialect::now(c)?;
    let row: Row = on!(c, db => refresh_leases::table.find(credential).select(Row::as_select()).first(db))?;
    if row.holder.is_some() && row.leased_until.is_some_and(|until| until.0 > now) {
        return Ok(Acquired::Held);
    }
    let fence = row.fence + 1;
    on!(c, db => diesel::update(refresh_leases::table.find(credential))
        .set((
            refresh_leases::fence.eq(fence),
            refresh_leases::holder.eq(holder),
            refresh_leases::leased_until.eq(At(now + ttl)),
        ))
        .execute(db))?;
    let intent = row
        .intent_generation
        .zip(row.intent_deadline)
        .map(|(generation, deadline)| Intent { generation, time_left: deadline.0 - now });
    Ok(Acquired::Taken(Lease { tenant, credential, fence, intent, failures: row.failures }))
}

/// Writes down what is about to be sent. `false`: the lease went to another process.
pub fn intend(c: &mut Conn, lease: &Lease, generation: i64, within: TimeDelta) -> Result<bool> {
    let deadline = dialect::now(c)? + within;
    let changed = on!(c, db => diesel::update(refresh_leases::table)
        .filter(refresh_leases::credential_id.eq(lease.credential).and(refresh_leases::fence.eq(lease.fence)))
        .set((
            refresh_leases::intent_generation.eq(generation),
            refresh_leases::intent_deadline.eq(At(deadline)),
        ))
        .execute(db))?;
    Ok(changed == 1)
}

/// Holds on to the lease while the provider is slow. `false`: it went to another process.
pub fn renew(c: &mut Conn, lease: &Lease, ttl: TimeDelta) -> Result<bool> {
    let until = dialect::now(c)? + ttl;
    let changed = on!(c, db => diesel::update(refresh_leases::table)
        .filter(refresh_leases::credential_id.eq(lease.credential).and(refresh_leases::fence.eq(lease.fence)))
        .set(refresh_leases::leased_until.eq(At(until)))
        .execute(db))?;
    Ok(changed == 1)
}

/// Gives the lease back after an answer, whatever it was: nothing is under way any more.
pub fn finish(c: &mut Conn, lease: &Lease) -> Result<()> {
    on!(c, db => diesel::update(refresh_leases::table)
        .filter(refresh_leases::credential_id.eq(lease.credential).and(refresh_leases::fence.eq(lease.fence)))
        .set((
            refresh_leases::holder.eq(None::<String>),
            refresh_leases::leased_until.eq(None::<At>),
            refresh_leases::intent_generation.eq(None::<i64>),
            refresh_leases::intent_deadline.eq(None::<At>),
            refresh_leases::failures.eq(0),
            refresh_leases::next_attempt_at.eq(None::<At>),
            refresh_leases::last_error.eq(None::<String>),
        ))
        .execute(db))?;
    Ok(())
}

/// Gives the lease back after a failure. `is_answered`: the provider surely did not act on what was sent.
pub fn fail(c: &mut Conn, lease: &Lease, (error, is_answered): (&str, bool), next: Option<Instant>) -> Result<()> {
    on!(c, db => diesel::update(refresh_leases::table)
        .filter(refresh_leases::credential_id.eq(lease.credential).and(refresh_leases::fence.eq(lease.fence)))
        .set((
            refresh_leases::holder.eq(None::<String>),
            refresh_leases::leased_until.eq(None::<At>),
            refresh_leases::failures.eq(refresh_leases::failures + 1),
            refresh_leases::next_attempt_at.eq(next.map(At)),
            refresh_leases::last_error.eq(error),
        ))
        .execute(db))?;
    if is_answered { forget_intent(c, lease) } else { Ok(()) }
}

/// Gives the lease back untouched: somebody else was faster, or an answer may still come.
pub fn release(c: &mut Conn, lease: &Lease) -> Result<()> {
    on!(c, db => diesel::update(refresh_leases::table)
        .filter(refresh_leases::credential_id.eq(lease.credential).and(refresh_leases::fence.eq(lease.fence)))
        .set((refresh_leases::holder.eq(None::<String>), refresh_leases::leased_until.eq(None::<At>)))
        .execute(db))?;
    Ok(())
}

fn forget_intent(c: &mut Conn, lease: &Lease) -> Result<()> {
    on!(c, db => diesel::update(refresh_leases::table)
        .filter(refresh_leases::credential_id.eq(lease.credential).and(refresh_leases::fence.eq(lease.fence)))
        .set((
            refresh_leases::intent_generation.eq(None::<i64>),
            refresh_leases::intent_deadline.eq(None::<At>),
        ))
        .execute(db))?;
    Ok(())
}

/// New tokens came by another way (somebody authorized again): what was under way does not count any more.
pub fn reset(c: &mut Conn, tenant: TenantId, credential: CredentialId) -> Result<()> {
    on!(c, db => diesel::update(refresh_leases::table)
        .filter(refresh_leases::tenant_id.eq(tenant).and(refresh_leases::credential_id.eq(credential)))
        .set((
            refresh_leases::intent_generation.eq(None::<i64>),
            refresh_leases::intent_deadline.eq(None::<At>),
            refresh_leases::failures.eq(0),
            refresh_leases::next_attempt_at.eq(None::<At>),
            refresh_leases::last_error.eq(None::<String>),
        ))
        .execute(db))?;
    Ok(())
}

pub fn find(c: &mut Conn, tenant: TenantId, credential: CredentialId) -> Result<Option<State>> {
    let row: Option<Row> = on!(c, db => refresh_leases::table
        .filter(refresh_leases::tenant_id.eq(tenant).and(refresh_leases::credential_id.eq(credential)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    Ok(row.map(|row| State {
        failures: row.failures,
        next_attempt_at: row.next_attempt_at.map(|at| at.0),
        last_error: row.last_error,
    }))
}
