//! The last live test of each credential.

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
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
use crate::ids::ConnectionId;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::credential::Check;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::connections;
use crate::store::schema::credential_checks;
use crate::store::schema::credentials;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = credential_checks)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    credential_id: CredentialId,
    tenant_id: TenantId,
    checked_at: At,
    outcome: String,
    message: String,
    next_check_at: Option<At>,
}

impl From<Row> for Check {
    fn from(row: Row) -> Self {
        Self {
            checked_at: row.checked_at.0,
            outcome: row.outcome,
            message: row.message,
            next_check_at: row.next_check_at.map(|at| at.0),
        }
    }
}

pub fn put(c: &mut Conn, tenant: TenantId, credential: CredentialId, check: &Check) -> Result<()> {
    let row = Row {
        credential_id: credential,
        tenant_id: tenant,
        checked_at: At(check.checked_at),
        outcome: check.outcome.clone(),
        message: check.message.clone(),
        next_check_at: check.next_check_at.map(At),
    };
    on!(c, db => diesel::insert_into(credential_checks::table)
        .values(&row)
        .on_conflict(credential_checks::credential_id)
        .do_update()
        .set(&row)
        .execute(db))?;
    Ok(())
}

pub fn find(c: &mut Conn, tenant: TenantId, credential: CredentialId) -> Result<Option<Check>> {
    let row: Option<Row> = on!(c, db => credential_checks::table
        .filter(credential_checks::tenant_id.eq(tenant).and(credential_checks::credential_id.eq(credential)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    Ok(row.map(Check::from))
}

/// Of every credential of a connection that has one.
pub fn list_of_connection(
    c: &mut Conn,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Vec<(CredentialId, Check)>> {
    let rows: Vec<Row> = on!(c, db => credential_checks::table
        .inner_join(credentials::table.on(credentials::id.eq(credential_checks::credential_id)))
        .filter(credential_checks::tenant_id.eq(tenant).and(credentials::connection_id.eq(connection)))
        .order(credential_checks::credential_id)
        .select(Row::as_select())
        .load(db))?;
    Ok(rows.into_iter().map(|row| (row.credential_id, row.into())).collect())
}

/// Credentials whose scheduled check is due, the longest due first.
pub fn list_due(c: &mut Conn, now: Instant, limit: i64) -> Result<Vec<(TenantId, CredentialId)>> {
    Ok(on!(c, db => credential_checks::table
        .inner_join(credentials::table.on(credentials::id.eq(credential_checks::credential_id)))
        .inner_join(connections::table.on(connections::id.eq(credentials::connection_id)))
        .filter(credential_checks::next_check_at.le(At(now)))
        .filter(credentials::status.eq_any(["active", "error"]).and(connections::is_enabled.eq(true)))
        .order(credential_checks::next_check_at)
        .limit(limit)
        .select((credential_checks::tenant_id, credential_checks::credential_id))
        .load(db))?)
}

/// Takes due checks for one process until `until`: the same are due again then, should it not come to its end.
pub fn take_due(c: &mut Conn, now: Instant, until: Instant, limit: i64) -> Result<Vec<(TenantId, CredentialId)>> {
    let mut taken = Vec::new();
    for (tenant, credential) in list_due(c, now, limit)? {
        // Another process may have listed the same.
        let changed = on!(c, db => diesel::update(credential_checks::table)
            .filter(credential_checks::tenant_id.eq(tenant).and(credential_checks::credential_id.eq(credential)))
            .filter(credential_checks::next_check_at.le(At(now)))
            .set(credential_checks::next_check_at.eq(Some(At(until))))
            .execute(db))?;
        if changed == 1 {
            taken.push((tenant, credential));
        }
    }
    Ok(taken)
}

/// Nothing could be tested: it is looked at again later.
pub fn postpone(c: &mut Conn, tenant: TenantId, credential: CredentialId, until: Instant) -> Result<()> {
    on!(c, db => diesel::update(credential_checks::table)
        .filter(credential_checks::tenant_id.eq(tenant).and(credential_checks::credential_id.eq(credential)))
        .set(credential_checks::next_check_at.eq(Some(At(until))))
        .execute(db))?;
    Ok(())
}
